"""Schemas of the tables: fixed, described, and the same in every file."""

import json
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dataset_rows import run_row

from transforms.tables import schemas
from transforms.tables.columns import ABOUT_TABLES, about_column
from transforms.tables.schemas import TABLES, empty_file, record_of, schema_json, schema_of

# Name, type, and ? where it may be null. A column is only ever added, at the end, and may be null.
GOLDEN = {
    "articles": """article_id string; external_id string?; source_id string; url string?; canonical_url string?;
        title string; text string; text_kind string; lang string; lang_confidence double; published_at time?;
        published_raw string?; date_flags list; collected_at time; content_hash string; revision int64;
        word_count int64; relevant bool; actors list; complaint_codes list; polarity double?; subjectivity double?;
        sentiment_engine string; analysis_version string; run_id string; text_method string?; ingest_mode string?""",
    "mentions": """mention_id string; article_id string; revision int64; actor_id string; kind string; field string;
        surface string; start_char int64; end_char int64; sentence string; sentence_start int64; sentence_end int64;
        polarity double?; sentiment_engine string; lang string; published_at time?; analysis_version string;
        run_id string""",
    "complaints": """complaint_id string; article_id string; revision int64; code string; family string;
        status string; field string; evidence string; start_char int64; end_char int64; sentence string;
        actor_ids list; speaker_kind string; speaker string?; target string; method string; confidence double;
        lang string; published_at time?; analysis_version string; run_id string""",
    "quotes": """quote_id string; article_id string; revision int64; field string; surface string; start_char int64;
        end_char int64; speaker_kind string; speaker string?; actor_ids list; lang string; published_at time?;
        analysis_version string; run_id string""",
    "demands": """demand_id string; article_id string; revision int64; code string; field string; evidence string;
        start_char int64; end_char int64; sentence string; method string; confidence double; lang string;
        published_at time?; analysis_version string; run_id string""",
    "places": """place_mention_id string; article_id string; revision int64; place_id string; name string; kind string;
        country string; iso_3166_2 string; field string; surface string; start_char int64; end_char int64;
        lang string; published_at time?; analysis_version string; run_id string""",
    "people": """person_id string; article_id string; revision int64; source_id string; finding_table string;
        finding_id string; field string; surface string; start_char int64; end_char int64; speaker_kind string;
        lang string; published_at time?; analysis_version string; run_id string""",
    "sightings": """sighting_id string; article_id string; source_id string; external_id string?; url string?;
        canonical_url string?; collected_at time; run_id string""",
    "stories": """article_id string; story_id string; similarity double; is_head bool; linked_at time; run_id string;
        source_id string; first_seen time""",
    "daily": """source_id string; lang string; level string; actor_id string?; code string?; status string?;
        articles int64; stories int64; mentions int64; complaints int64; mean_polarity double?; run_id string""",
    "forgotten": "forgotten_id string; kind string; words int64; forgotten_at time; run_id string",
    "fetches": """fetch_id string; source_id string; url string; fetched_at time; status int64?; outcome string;
        reason string?; items int64; new_items int64; bytes int64; etag string?; last_modified string?;
        next_check_at time; run_id string; feed_state string?; newest_at time?""",
    "failures": """failure_id string; source_id string?; place string; step string; reason string; message string;
        occurred_at time; run_id string; item_id string?; item_ref string?; item string?""",
    "retries": """item_id string; source_id string?; outcome string; reason string?; message string?; retried_at time;
        run_id string""",
    "runs": """run_id string; started_at time; finished_at time; outcome string; exit_code int64; documents int64;
        new_articles int64; revisions int64; relevant int64; mentions int64; complaints int64; failures int64;
        rejected map int64; versions map string; configuration_hash string; ingest_mode string?""",
}
SHORT = {
    "timestamp[us, tz=UTC]": "time",
    "list<element: string not null>": "list",
    "map<string, int64>": "map int64",
    "map<string, string>": "map string",
}


@pytest.mark.parametrize("table", TABLES)
def test_schemas_do_not_change_by_accident(table: str) -> None:
    told = [f"{one.name} {SHORT.get(str(one.type), one.type)}{'?' * one.nullable}" for one in schema_of(table)]
    golden = [" ".join(column.split()) for column in GOLDEN[table].split(";")]
    assert told[: len(golden)] == golden
    assert all(column.endswith("?") for column in told[len(golden) :])


def test_every_table_is_golden() -> None:
    assert set(GOLDEN) <= set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_described(table: str) -> None:
    known = json.loads(schema_json(table))
    assert known["about"] == ABOUT_TABLES[table]
    assert known["partition"]["about"]
    assert [one["name"] for one in known["columns"]] == schema_of(table).names
    assert all(one["about"] for one in known["columns"])


def test_a_column_that_nobody_described_is_an_error() -> None:
    with pytest.raises(KeyError):
        about_column("articles", "nothing")


@pytest.mark.parametrize("table", TABLES)
def test_a_file_gives_back_the_schema(table: str) -> None:
    read = pq.ParquetFile(pa.BufferReader(empty_file(table))).schema_arrow
    assert read.equals(schema_of(table))
    assert read.metadata == schema_of(table).metadata


def test_types_without_a_column_type_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Odd:
        either: int | str

    @dataclass
    class Worse:
        anything: bytes

    for record in (Odd, Worse):
        monkeypatch.setattr(schemas, "TABLES", {record.__name__: record})
        with pytest.raises(TypeError, match="column"):
            schema_of(record.__name__)


def test_a_stored_row_is_its_record_again() -> None:
    run = run_row("r1")
    row = {name: getattr(run, name) for name in schema_of("runs").names}
    assert record_of("runs", {**row, "rejected": list(run.rejected), "versions": list(run.versions)}) == run
    del row["configuration_hash"]
    assert record_of("runs", row).configuration_hash is None

"""Each table opens by its folder alone in the tools that people use, with the same content."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from running import ROOT, rows, run_here, write_jsonl

from transforms.tables.schemas import TABLES, schema_of

WITH_ROWS = ("articles", "mentions", "complaints", "sightings", "failures", "runs")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readers")
    # The first run has no date at all: a column that is null in a whole file must keep its type.
    write_jsonl(folder / "a.jsonl", [{"id": 1, "title": "T", "text": "Mothers of soldiers wrote a letter."}])
    assert run_here(folder / "out", [folder / "a.jsonl", folder / "missing.txt"]) == 0
    assert run_here(folder / "out", [ROOT / "seeds/articles/*.jsonl"]) == 0
    return folder / "out"


@pytest.mark.parametrize("table", WITH_ROWS)
def test_same_rows_in_duckdb_polars_and_pandas(out: Path, table: str) -> None:
    folder = out / "tables" / table
    number = len(rows(out, table))
    assert number
    names = {*schema_of(table).names, "dt"}
    in_duckdb = duckdb.read_parquet(f"{folder}/*/*.parquet", hive_partitioning=True)
    assert (set(in_duckdb.columns), len(in_duckdb.to_arrow_table())) == (names, number)
    in_polars = pl.read_parquet(folder)
    assert (set(in_polars.columns), in_polars.height) == (names, number)
    in_pandas = pd.read_parquet(folder)
    assert (set(in_pandas.columns), len(in_pandas)) == (names, number)


def test_values_agree(out: Path) -> None:
    folder = out / "tables" / "mentions"
    table = duckdb.read_parquet(f"{folder}/*/*.parquet")
    expected = table.aggregate("actor_id, count(*), sum(start_char)").order("actor_id").fetchall()
    frame = pl.read_parquet(folder).group_by("actor_id").agg(pl.len(), pl.col("start_char").sum()).sort("actor_id")
    assert frame.rows() == expected
    grouped = pd.read_parquet(folder).groupby("actor_id")["start_char"].agg(["size", "sum"]).sort_index()
    assert [(name, int(a), int(b)) for name, a, b in grouped.itertuples()] == expected


@pytest.mark.parametrize("table", sorted(TABLES))
def test_only_parquet_of_one_schema_one_level_deep(out: Path, table: str) -> None:
    folder = out / "tables" / table
    schemas: set[Any] = set()
    for path in folder.rglob("*"):
        relative = path.relative_to(folder).parts
        assert len(relative) <= 2
        assert relative[0].startswith("dt=")
        if path.is_file():
            assert path.suffix == ".parquet"
            schemas.add(str(pq.read_schema(path).remove_metadata()))
            assert "dt" not in pq.read_schema(path).names
            assert pq.read_schema(path).names == schema_of(table).names
    assert len(schemas) <= 1


def test_timestamps_are_utc_microseconds() -> None:
    for table in TABLES:
        for column in schema_of(table):
            if column.name.endswith("_at"):
                assert str(column.type) == "timestamp[us, tz=UTC]", f"{table}.{column.name}"


LEAST = {
    "articles": "article_id external_id source_id url canonical_url title text text_kind lang lang_confidence "
    "published_at published_raw date_flags collected_at content_hash revision word_count relevant actors "
    "complaint_codes polarity subjectivity sentiment_engine analysis_version run_id",
    "mentions": "mention_id article_id revision actor_id kind field surface start_char end_char sentence "
    "sentence_start sentence_end polarity sentiment_engine lang published_at analysis_version run_id",
    "fetches": "fetch_id source_id url fetched_at status outcome reason items new_items bytes etag last_modified "
    "next_check_at run_id",
    "failures": "failure_id source_id place step reason message occurred_at run_id",
    "complaints": "complaint_id article_id revision code family status field evidence start_char end_char sentence "
    "actor_ids speaker_kind speaker target method confidence lang published_at analysis_version run_id",
    "runs": "run_id started_at finished_at outcome exit_code documents new_articles revisions relevant mentions "
    "complaints failures rejected",
}


@pytest.mark.parametrize("table", sorted(LEAST))
def test_promised_columns_are_there(table: str) -> None:
    assert set(LEAST[table].split()) <= set(schema_of(table).names)

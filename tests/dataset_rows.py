"""Rows and runs of small datasets, as the tests of the dataset need them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.dataset.commit import begin_run, next_run_id, publish, roll_forward
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.publish_run import publish_run
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.ids import content_hash, stable_id
from transforms.tables.records import Article, Complaint, Failure, Fetch, Mention, Run, Sighting
from transforms.tables.schemas import TABLES, schema_of
from transforms.tables.shard_writer import ShardWriter, StagedFile

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
VERSION = "0123456789ab"


def article(number: int, revision: int = 0, text: str | None = None, at: datetime = NOW, **changes: Any) -> Article:
    """Return revision `revision` of the article `number` of the source `paper`."""
    title, body = f"Title {number}", text if text is not None else f"Матери {number}, revision {revision}."
    built = Article(
        article_id=stable_id("article", number),
        external_id=f"guid-{number}",
        source_id="paper",
        url=f"https://paper.example/{number}?from=feed",
        canonical_url=f"https://paper.example/{number}",
        title=title,
        text=body,
        text_kind="full",
        lang="ru",
        lang_confidence=0.99,
        published_at=at - timedelta(hours=5),
        published_raw=None,
        date_flags=(),
        collected_at=at,
        content_hash=content_hash(title, body),
        revision=revision,
        word_count=4,
        relevant=True,
        actors=("mothers",),
        complaint_codes=("SUP.EQUIP",),
        polarity=None,
        subjectivity=None,
        sentiment_engine="none",
        analysis_version=VERSION,
        run_id="",
    )
    return replace(built, **changes)


def mention(of: Article) -> Mention:
    """Return the mention of the first word of the text of `of`."""
    return Mention(
        mention_id=stable_id("mention", of.article_id, of.revision),
        article_id=of.article_id,
        revision=of.revision,
        actor_id="mothers",
        kind="collective",
        field="text",
        surface=of.text[:6],
        start_char=0,
        end_char=6,
        sentence=of.text,
        sentence_start=0,
        sentence_end=len(of.text),
        polarity=-0.5,
        sentiment_engine="none",
        lang=of.lang,
        published_at=of.published_at,
        analysis_version=of.analysis_version,
        run_id=of.run_id,
    )


def complaint(of: Article, actors: tuple[str, ...] = ("mothers",)) -> Complaint:
    """Return a complaint that is the whole text of `of`."""
    return Complaint(
        complaint_id=stable_id("complaint", of.article_id, of.revision),
        article_id=of.article_id,
        revision=of.revision,
        code="SUP.EQUIP",
        family="SUP",
        status="asserted",
        field="text",
        evidence=of.text,
        start_char=0,
        end_char=len(of.text),
        sentence=of.text,
        actor_ids=actors,
        speaker_kind="relative",
        speaker=None,
        target="army",
        method="rule-1",
        confidence=0.9,
        lang=of.lang,
        published_at=of.published_at,
        analysis_version=of.analysis_version,
        run_id=of.run_id,
    )


def sighting(of: Article, source_id: str | None = None, external_id: str | None = None) -> Sighting:
    """Return the sighting of `of` in its own source, or of its address in another."""
    source = source_id or of.source_id
    external = of.external_id if source_id is None else external_id
    return Sighting(
        sighting_id=stable_id("sighting", of.article_id, source),
        article_id=of.article_id,
        source_id=source,
        external_id=external,
        url=of.url,
        canonical_url=of.canonical_url,
        collected_at=of.collected_at,
        run_id=of.run_id,
    )


def fetch(source_id: str, at: datetime = NOW, feed_state: str | None = '{"etag": "1"}', **changes: Any) -> Fetch:
    """Return a poll of `source_id` that brought one new item."""
    built = Fetch(
        fetch_id=stable_id("fetch", source_id, at.isoformat()),
        source_id=source_id,
        url=f"https://{source_id}.example/feed",
        fetched_at=at,
        status=200,
        outcome="new",
        reason=None,
        items=3,
        new_items=1,
        bytes=512,
        etag='"1"',
        last_modified=None,
        next_check_at=at + timedelta(hours=1),
        run_id="",
        feed_state=feed_state,
    )
    return replace(built, **changes)


def failure(at: datetime = NOW) -> Failure:
    """Return the dead letter of a broken line."""
    return Failure(stable_id("failure", 1), None, "seeds/a.jsonl:3", "parse", "bad_json", "no JSON", at, "", "s0")


def run_row(run_id: str, at: datetime = NOW) -> Run:
    """Return the row of a run that read one document."""
    return Run(
        run_id=run_id,
        started_at=at,
        finished_at=at,
        outcome="completed",
        exit_code=0,
        documents=1,
        new_articles=1,
        revisions=0,
        relevant=1,
        mentions=1,
        complaints=1,
        failures=0,
        rejected=(("seen_before", 2),),
        versions=(("picket", "0.1.0"),),
        configuration_hash="abc",
    )


def stage(out: Path, run_id: str, articles: Iterable[Article], fetches: Iterable[Fetch] = ()) -> list[StagedFile]:
    """Stage `articles` with their findings in two shards, `fetches` and a row of `runs`; return the files."""
    staging = Layout(out).run_staging(run_id)
    written = [replace(one, run_id=run_id) for one in articles]
    staged = []
    for shard in (0, 1):
        writer = ShardWriter(staging, run_id, f"s{shard}", {"picket.version": "0.1.0"})
        for one in written[shard::2]:
            writer.add("articles", one)
            writer.add("mentions", mention(one), one.collected_at)
            writer.add("complaints", complaint(one), one.collected_at)
            writer.add("sightings", sighting(one))
        staged += writer.close()
    writer = ShardWriter(staging, run_id, "run", {})
    for poll in fetches:
        writer.add("fetches", replace(poll, run_id=run_id))
    writer.add("runs", run_row(run_id))
    return staged + writer.close()


def commit_run(
    out: Path,
    articles: Iterable[Article],
    fetches: Iterable[Fetch] = (),
    now: datetime = NOW,
    storage: Storage = LOCAL,
) -> str:
    """Do a whole run that brings `articles` and `fetches`; return its id."""
    with hold_dataset(out, now):
        roll_forward(out, storage)
        run_id = next_run_id(out, now)
        begin_run(out, run_id, now)
        publish(out, run_id, stage(out, run_id, articles, fetches), storage=storage)
    return run_id


def commit_rows(out: Path, found: Iterable[Article | Sighting], now: datetime = NOW) -> str:
    """Commit articles and sightings as they are, without findings; return the id of the run."""
    with hold_dataset(out, now):
        roll_forward(out)
        run_id = next_run_id(out, now)
        begin_run(out, run_id, now)
        writer = ShardWriter(Layout(out).run_staging(run_id), run_id, "s0", {})
        for row in found:
            table = "articles" if isinstance(row, Article) else "sightings"
            writer.add(table, replace(row, run_id=run_id), row.collected_at)
        publish(out, run_id, writer.close())
    return run_id


def full_run(out: Path, articles: Iterable[Article], now: datetime = NOW, storage: Storage = LOCAL) -> str:
    """Do a whole run that links its articles to stories and counts the days that it changes; return its id."""
    with hold_dataset(out, now):
        roll_forward(out, storage)
        run_id = next_run_id(out, now)
        begin_run(out, run_id, now)
        publish_run(out, run_id, stage(out, run_id, articles), now, storage=storage)
    return run_id


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    """Return all published rows of `table`, sorted, without the columns that tell which run wrote them."""
    paths = sorted((Layout(out).tables / table).glob("dt=*/*.parquet"))
    # A file of an earlier release lacks the columns that came later: they read as null.
    taken = [schema_of(table).empty_table(), *(pq.ParquetFile(path).read() for path in paths)]
    found = pa.concat_tables(taken, promote_options="default").to_pylist() if paths else []
    return sorted(({**row, "run_id": ""} for row in found), key=repr)


def all_rows(out: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table."""
    return {table: rows(out, table) for table in TABLES}

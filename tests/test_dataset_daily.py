"""Table `daily`: after every run the same as if all of it were counted at once, by other means."""

import os
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from dataset_faults import FaultyStorage, Killed
from dataset_rows import NOW, all_rows, article, complaint, full_run, mention, stage
from story_set import stories

from pipeline.views import views_sql, write_views
from transforms.dataset.commit import begin_run, next_run_id
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.publish_run import publish_run
from transforms.dataset.recovery import roll_forward
from transforms.tables.records import Article
from transforms.tables.shard_writer import ShardWriter

PROVE = bool(os.environ.get("PICKET_PROVE"))

# What `daily` holds, asked of the tables in one question.
RECOUNT = """
WITH story AS (
    SELECT article_id, arg_max(story_id, run_id) AS story_id FROM stories GROUP BY ALL
), a AS (
    SELECT l.*, coalesce(CAST(l.published_at AS DATE), l.dt) AS day, coalesce(s.story_id, l.article_id) AS story
    FROM latest l LEFT JOIN story s USING (article_id)
), m AS (
    SELECT article_id, revision, actor_id, count(*) AS n FROM mentions GROUP BY ALL
), c AS (
    SELECT article_id, revision, code, status, actor_id, count(*) AS n
    FROM (SELECT DISTINCT complaint_id, article_id, revision, code, status,
        unnest(CASE WHEN len(actor_ids) = 0 THEN [NULL] ELSE actor_ids END) AS actor_id FROM complaints)
    GROUP BY ALL
), totals AS (
    SELECT a.article_id, a.revision,
        coalesce((SELECT sum(n) FROM m WHERE m.article_id = a.article_id AND m.revision = a.revision), 0) AS mentions,
        (SELECT count(*) FROM complaints k WHERE k.article_id = a.article_id AND k.revision = a.revision) AS complaints
    FROM a
), cells AS (
    SELECT article_id, revision, 'all' AS level, NULL AS actor_id, NULL AS code, NULL AS status, mentions, complaints
    FROM totals
    UNION ALL
    SELECT article_id, revision, 'relevant', NULL, NULL, NULL, mentions, complaints
    FROM totals JOIN a USING (article_id, revision) WHERE relevant
    UNION ALL
    SELECT article_id, revision, 'actor', actor_id, NULL, NULL, sum(mentioned), sum(complained) FROM (
        SELECT article_id, revision, actor_id, n AS mentioned, 0 AS complained FROM m
        UNION ALL SELECT article_id, revision, actor_id, 0, n FROM c WHERE actor_id IS NOT NULL) GROUP BY ALL
    UNION ALL
    SELECT k.article_id, k.revision, 'code', NULL, k.code, k.status, any_value(t.mentions), count(*)
    FROM complaints k JOIN totals t USING (article_id, revision) GROUP BY ALL
    UNION ALL
    SELECT c.article_id, c.revision, 'actor_code', c.actor_id, c.code, c.status,
        coalesce(any_value(m.n), 0), sum(c.n)
    FROM c LEFT JOIN m ON m.article_id = c.article_id AND m.revision = c.revision AND m.actor_id = c.actor_id
    GROUP BY ALL
)
SELECT a.day, a.source_id, a.lang, level, actor_id, code, status, count(*), count(DISTINCT story),
    sum(mentions)::BIGINT, sum(cells.complaints)::BIGINT, round(avg(polarity), 6)
FROM cells JOIN a USING (article_id, revision) GROUP BY ALL ORDER BY ALL
"""
COUNTED = """
SELECT dt, source_id, lang, level, actor_id, code, status, articles, stories, mentions, complaints, mean_polarity
FROM daily ORDER BY ALL
"""


def asked(out: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    write_views(out)
    connection.execute(views_sql(out))
    found: list[tuple[Any, ...]] = connection.sql(sql).fetchall()
    return found


def assert_counted(out: Path) -> None:
    counted, expected = asked(out, COUNTED), asked(out, RECOUNT)
    assert [row[:11] for row in counted] == [row[:11] for row in expected]
    for mine, other in zip(counted, expected, strict=True):
        assert mine[11] == pytest.approx(other[11], abs=2e-6)
    for path in (Layout(out).tables / "daily").rglob("*.parquet"):
        assert path.name == "daily.parquet"


def random_article(rng: random.Random, number: int, revision: int) -> Article:
    told = list(stories(4, seed=9))
    copy = told[rng.randrange(len(told))]
    published = NOW - timedelta(hours=rng.randint(0, 100)) if rng.random() < 0.9 else None
    return article(
        number,
        revision,
        copy.text + f" {number} {revision}",
        NOW + timedelta(hours=rng.randint(0, 60)),
        source_id=f"paper{number % 2}",
        lang=("ru", "uk")[number % 2],
        published_at=published,
        relevant=rng.random() < 0.5,
        polarity=round(rng.uniform(-1, 1), 3) if rng.random() < 0.7 else None,
    )


def run_with_findings(out: Path, articles: Sequence[Article], rng: random.Random) -> None:
    """Do a run whose articles have from none to three mentions and complaints each."""
    with hold_dataset(out):
        roll_forward(out)
        run_id = next_run_id(out, NOW)
        begin_run(out, run_id, NOW)
        writer = ShardWriter(Layout(out).run_staging(run_id), run_id, "s0", {})
        for one in articles:
            writer.add("articles", replace(one, run_id=run_id))
            for number in range(rng.randint(0, 3)):
                found = replace(mention(one), mention_id=f"m{number}", actor_id=rng.choice("abc"), run_id=run_id)
                writer.add("mentions", found, one.collected_at)
            for number in range(rng.randint(0, 3)):
                actors = tuple(rng.sample("abc", rng.randint(0, 2)))
                complained = replace(
                    complaint(one, actors),
                    complaint_id=f"{one.article_id}-{one.revision}-{number}",
                    code=rng.choice(["SUP.EQUIP", "FATE.MISSING"]),
                    run_id=run_id,
                )
                writer.add("complaints", complained, one.collected_at)
        publish_run(out, run_id, writer.close(), NOW)


@pytest.mark.parametrize("seed", range(20 if PROVE else 2))
def test_days_are_right_after_every_run(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a repeatable test
    revisions: dict[int, int] = {}
    for _ in range(5):
        articles = []
        for number in rng.sample(range(40), 12):
            revisions[number] = revisions.get(number, -1) + 1
            articles.append(random_article(rng, number, revisions[number]))
        run_with_findings(tmp_path, articles, rng)
        assert_counted(tmp_path)


def test_a_revision_moves_an_article_to_another_day(tmp_path: Path) -> None:
    full_run(tmp_path, [article(1)])
    assert {row[0] for row in asked(tmp_path, COUNTED)} == {NOW.date()}
    moved = NOW - timedelta(days=2)
    full_run(tmp_path, [article(1, 1, published_at=moved)])
    assert {row[0] for row in asked(tmp_path, COUNTED)} == {moved.date()}
    assert_counted(tmp_path)
    folders = [path.name for path in (Layout(tmp_path).tables / "daily").iterdir() if any(path.iterdir())]
    assert folders == [f"dt={moved.date()}"]
    full_run(tmp_path, [article(1, 2, published_at=NOW)])
    assert_counted(tmp_path)


def test_a_link_changes_the_day_of_an_earlier_copy(tmp_path: Path) -> None:
    first, copy = list(stories(1))[:2]
    full_run(tmp_path, [article(5, text=first.text), article(6)])
    late = NOW + timedelta(days=1)
    full_run(tmp_path, [article(1, text=copy.text, at=late, published_at=NOW - timedelta(days=1))])
    assert_counted(tmp_path)
    (row,) = asked(tmp_path, f"SELECT articles, stories FROM daily WHERE level = 'all' AND dt = '{NOW.date()}'")  # noqa: S608 - our own date
    assert row == (2, 2)


def test_days_far_away(tmp_path: Path) -> None:
    ends = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)]
    full_run(tmp_path, [article(number, published_at=at) for number, at in enumerate([*ends, None])])
    assert_counted(tmp_path)


def test_years_are_counted_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transforms.dataset.daily.DAYS_AT_ONCE", 2)
    full_run(tmp_path, [article(number, published_at=NOW - timedelta(days=number)) for number in range(7)])
    assert_counted(tmp_path)


def test_nothing_new_changes_no_day(tmp_path: Path) -> None:
    full_run(tmp_path, [article(1)])
    before = all_rows(tmp_path)["daily"]
    full_run(tmp_path, [])
    assert all_rows(tmp_path)["daily"] == before


def test_a_reader_without_a_lock_never_misses_a_day(tmp_path: Path) -> None:
    full_run(tmp_path, [article(1)])
    path = next((Layout(tmp_path).tables / "daily").rglob("*.parquet"))
    with path.open("rb") as held:
        full_run(tmp_path, [article(2)])
        old = pq.ParquetFile(held).read()
    new = pq.ParquetFile(path).read()
    assert (max(old["articles"].to_pylist()), max(new["articles"].to_pylist())) == (1, 2)


def test_a_commit_tried_again_halfway_publishes_all_that_was_prepared(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    copies = [article(number, text=told.text) for number, told in enumerate(list(stories(1))[:2])]
    full_run(whole, copies)
    with hold_dataset(cut):
        roll_forward(cut)
        run_id = next_run_id(cut, NOW)
        begin_run(cut, run_id, NOW)
        staged = stage(cut, run_id, copies)
        with pytest.raises(Killed):
            publish_run(cut, run_id, staged, NOW, storage=FaultyStorage(30, Killed()))
        # The worker is dead; the bundle is done again by another one, which finds files already moved.
        publish_run(cut, run_id, staged, NOW)
        publish_run(cut, run_id, staged, NOW)
    assert all_rows(cut) == all_rows(whole)
    assert all_rows(cut)["stories"] != []


def test_a_replaced_day_survives_any_cut(tmp_path: Path) -> None:
    first, counted, whole = tmp_path / "first", tmp_path / "counted", tmp_path / "whole"
    storage = FaultyStorage(-1, Killed())
    full_run(first, [article(1)])
    before = all_rows(first)
    for out in (counted, whole):
        shutil.copytree(first, out)
    full_run(counted, [article(2)], storage=storage)
    full_run(whole, [article(2)])
    for at in range(0, storage.count, 1 if PROVE else 9):
        for fault in (Killed(), OSError(28, "No space left on device")):
            out = tmp_path / f"cut{at}{type(fault).__name__}"
            shutil.copytree(first, out)
            try:
                full_run(out, [article(2)], storage=FaultyStorage(at, fault))
            except type(fault):
                if isinstance(fault, OSError):
                    assert all_rows(out) == before
                with hold_dataset(out):
                    roll_forward(out)
            if len(all_rows(out)["articles"]) == 1:
                full_run(out, [article(2)])
            assert all_rows(out) == all_rows(whole), f"operation {at}"

"""The index: what it answers, and that it is a function of the tables alone."""

import random
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dataset_rows import NOW, article, commit_rows, commit_run, fetch, sighting

from transforms.dataset.absorb import absorb
from transforms.dataset.index import Index
from transforms.dataset.layout import Layout
from transforms.dataset.recovery import DatasetDamaged, rebuild
from transforms.dataset.state_file import StateDamaged, open_state, transaction
from transforms.tables.identity import identity_keys
from transforms.tables.ids import stable_id
from transforms.tables.records import Article, Sighting
from transforms.tables.shard_writer import ShardWriter


def opened(out: Path) -> Index:
    return Index.open(Layout(out).state_file)


def own_key(number: int) -> str:
    return identity_keys("paper", f"guid-{number}", None, None).own


def test_what_is_known(tmp_path: Path) -> None:
    first, edited = article(1), article(1, 1)
    commit_run(tmp_path, [first, article(2)], [fetch("paper")])
    commit_run(tmp_path, [edited])
    index = opened(tmp_path)
    link = identity_keys("other", "x", first.canonical_url, None).link
    assert link is not None
    nobody = stable_id("item", "nobody")
    assert index.resolve([own_key(1), link, nobody]) == {own_key(1): first.article_id, link: first.article_id}
    known = index.known([first.article_id, nobody])
    assert set(known) == {first.article_id}
    entry = known[first.article_id]
    assert (entry.source_id, entry.revision, entry.last_hash) == ("paper", 1, edited.content_hash)
    assert entry.hashes == {first.content_hash, edited.content_hash}
    assert index.feed_states() == {"paper": '{"etag": "1"}'}
    assert index.resolve([]) == {}
    index.close()


def test_many_at_once(tmp_path: Path) -> None:
    commit_run(tmp_path, [article(number) for number in range(1200)])
    index = opened(tmp_path)
    assert len(index.resolve([own_key(number) for number in range(1500)])) == 1200
    assert len(index.known([article(number).article_id for number in range(1500)])) == 1200
    index.close()


def test_an_id_that_is_none_is_refused(tmp_path: Path) -> None:
    commit_run(tmp_path, [article(1)])
    index = opened(tmp_path)
    for text in ("abc", "zz" * 12, "ab" * 13, ""):
        with pytest.raises(ValueError, match=r"id|hex"):
            index.resolve([text])
    index.close()


def test_a_poll_without_state_keeps_the_last_one(tmp_path: Path) -> None:
    commit_run(tmp_path, [], [fetch("paper", feed_state='{"n": 1}'), fetch("radio", feed_state=None)])
    later = NOW + timedelta(hours=1)
    commit_run(tmp_path, [], [fetch("paper", later, feed_state=None)], now=later)
    index = opened(tmp_path)
    assert index.feed_states() == {"paper": '{"n": 1}'}
    index.close()


def test_items_without_id_and_address_stay_apart(tmp_path: Path) -> None:
    bare = [
        article(number, external_id=None, url=None, canonical_url=None, text=f"text {number}") for number in range(3)
    ]
    commit_run(tmp_path, bare)
    index = opened(tmp_path)
    keys = [identity_keys("paper", None, None, one.content_hash).own for one in bare]
    assert index.resolve(keys) == {key: one.article_id for key, one in zip(keys, bare, strict=True)}
    assert index.resolve([identity_keys("paper", None, None, None).own]) == {}
    index.close()


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    paths = []
    rows = [article(number % 7, number // 7) for number in range(21)]
    for number, one in enumerate(rows):
        writer = ShardWriter(tmp_path / str(number), "r", "s", {})
        writer.add("articles", one)
        # Two articles that claim one address: whichever comes first, the index is the same.
        claimed = replace(sighting(one, "radio", f"r{number}"), canonical_url="https://both.example/x")
        writer.add("sightings", claimed)
        writer.add("fetches", fetch("paper", NOW + timedelta(minutes=number), f'{{"n": {number}}}'))
        paths += [(file.table, Path(file.staged_path)) for file in writer.close()]
    made = set()
    for seed in range(5):
        random.Random(seed).shuffle(paths)  # noqa: S311 - a test order
        state = open_state(tmp_path / f"state{seed}", create=True)
        with transaction(state):
            absorb(state, paths)
        made.add(repr(everything(state)))
        state.close()
    assert len(made) == 1


def test_one_commit_at_a_time_or_all_at_once(tmp_path: Path) -> None:
    for revision in range(3):
        commit_run(tmp_path, [article(number, revision) for number in range(5 + revision)])
    kept = repr(everything(sqlite3.connect(Layout(tmp_path).state_file)))
    rebuild(tmp_path)
    assert repr(everything(sqlite3.connect(Layout(tmp_path).state_file))) == kept


@pytest.mark.parametrize("smaller", [1, 2])
def test_the_article_of_an_item_goes_before_a_sighting_by_it(tmp_path: Path, smaller: int) -> None:
    """An aggregator shows one id under two addresses: under that of another's article, and under its own."""
    ids = sorted((stable_id("a"), stable_id("b")))
    theirs, own = ids if smaller == 1 else reversed(ids)
    other = article(1, article_id=theirs)
    mine = article(2, article_id=own, source_id="hub", external_id="x")
    seen = sighting(other, "hub", "x")
    key = identity_keys("hub", "x", None, None).own
    orders: list[list[list[Article | Sighting]]] = [
        [[other, mine, seen]],
        [[other, seen], [mine]],
        [[mine], [other, seen]],
    ]
    for number, batches in enumerate(orders):
        out = tmp_path / str(number)
        for batch in batches:
            commit_rows(out, batch)
        for again in (False, True):
            if again:
                rebuild(out)
            index = opened(out)
            assert index.resolve([key]) == {key: own}, (number, again)
            index.close()


def everything(state: sqlite3.Connection) -> list[list[tuple[Any, ...]]]:
    questions = (
        "SELECT * FROM keys ORDER BY key",
        "SELECT article, source_id, revision, hashes FROM articles JOIN sources USING (source) ORDER BY article",
        "SELECT * FROM feeds ORDER BY source_id",
        "SELECT * FROM files ORDER BY name_of_table, dt, name",
    )
    return [state.execute(question).fetchall() for question in questions]


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    commit_run(tmp_path, [article(1)])
    victim = next((Layout(tmp_path).tables / "articles").rglob("*.parquet"))
    victim.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DatasetDamaged, match=victim.name):
        rebuild(tmp_path)


def test_a_table_of_an_earlier_release_is_absorbed(tmp_path: Path) -> None:
    commit_run(tmp_path, [article(1)])
    path = next((Layout(tmp_path).tables / "articles").rglob("*.parquet"))
    table = pq.ParquetFile(path).read()
    pq.write_table(table.select([name for name in table.column_names if name != "analysis_version"]), path)
    rebuild(tmp_path)
    index = opened(tmp_path)
    assert set(index.known([article(1).article_id])) == {article(1).article_id}
    index.close()
    assert isinstance(table, pa.Table)


def test_a_missing_or_foreign_state_is_damage(tmp_path: Path) -> None:
    with pytest.raises(StateDamaged, match="missing"):
        Index.open(tmp_path / "nothing.sqlite")
    foreign = sqlite3.connect(tmp_path / "foreign.sqlite")
    foreign.execute("CREATE TABLE t (x)")
    foreign.close()
    for name, data in (("foreign.sqlite", None), ("text.sqlite", b"hello " * 1000), ("empty.sqlite", b"")):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(StateDamaged):
            Index.open(tmp_path / name)
        with pytest.raises(StateDamaged):
            open_state(tmp_path / name)


def test_nobody_writes_through_the_index(tmp_path: Path) -> None:
    commit_run(tmp_path, [article(1)])
    index = opened(tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        index._state.execute("DELETE FROM keys")
    index.close()

"""Forgetting: an article, a source or a name leaves no trace in any table, and does not come in again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.dataset import journal
from transforms.dataset.absorb import PublishedFile, day_of
from transforms.dataset.commit import publish
from transforms.dataset.daily import stage_daily
from transforms.dataset.forget_rows import Forgetting, Texts
from transforms.dataset.layout import Layout
from transforms.dataset.recovery import rebuild
from transforms.dataset.rewrite import in_todays_schema, open_staged
from transforms.dataset.state_file import open_state, read_state, transaction
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.identity import identity_keys
from transforms.tables.masking import count_words, forget_names, forgotten_item, forgotten_source, mask_names
from transforms.tables.shard_writer import ShardWriter, StagedFile
from transforms.tables.upkeep_records import Forgotten

SHARD = "forget"
PEOPLE = "people"
_LEFT_ALONE = ("daily", "forgotten")  # counts are made anew; hashes hold nothing to forget
_IDENTITY = ("article_id", "source_id", "external_id", "canonical_url")


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """What to forget: articles by id, sources by id, names of persons with each form that they occur in.

    `people_table` removes the whole restricted table, and nothing is remembered of it.
    """

    article_ids: tuple[str, ...] = ()
    source_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    people_table: bool = False


@dataclass(frozen=True, slots=True)
class ForgetResult:
    """What was done: rows that went and files that were written anew, by table."""

    removed: tuple[tuple[str, int], ...]
    rewritten: tuple[tuple[str, int], ...]


def forget(
    out: Path | str, run_id: str, request: ForgetRequest, at: datetime, storage: Storage = LOCAL
) -> ForgetResult:
    """Remove what `request` names from all tables of the dataset at `out`, in one commit of `run_id`.

    The caller holds the dataset and has begun `run_id`. Items, sources and names are remembered as hashes, so that a
    feed does not bring them back. Raises ValueError for a name that is none, and what `publish` raises.
    """
    layout = Layout(out)
    with closing(read_state(layout.state_file)) as state:
        published = [one for one in journal.published_files(state) if one.table not in _LEFT_ALONE]
    by_source = _articles_of(layout, published, request.source_ids)
    work = Forgetting(by_source | frozenset(request.article_ids), frozenset(request.source_ids), request.names)
    keys, days = _learn(layout, published, work)
    staged: list[StagedFile] = []
    gone: list[PublishedFile] = []
    for number, file in enumerate(published):
        whole = request.people_table and file.table == PEOPLE
        if file.table == "stories" or not (whole or _changes(layout, file, work)):
            continue
        staged += [] if whole else _rewrite(layout, run_id, file, f"{run_id}-f{number}.parquet", work)
        gone.append(file)
    stories = [one for one in published if one.table == "stories"]
    if any(_changes(layout, one, work) for one in stories):
        staged += _relink(layout, run_id, stories, work)
        gone += stories
    removed = _removed_rows(staged, gone)
    daily = stage_daily(out, run_id, staged, gone, days)
    staged += [*daily.staged, *_remember(layout, run_id, request, keys, at)]
    publish(out, run_id, staged, removed=[*gone, *daily.removed], renews=True, storage=storage)
    # A run may leave what it replaced to the next start; here it is the very thing that has to go.
    storage.delete(layout.run_staging(run_id))
    if request.people_table:
        storage.delete(layout.tables / PEOPLE)
    _mask_journal(layout, work)
    rebuild(out, storage)
    rewritten: dict[str, int] = defaultdict(int)
    for one in (file for file in gone if not (request.people_table and file.table == PEOPLE)):
        rewritten[one.table] += 1
    return ForgetResult(tuple(sorted(removed.items())), tuple(sorted(rewritten.items())))


def _articles_of(layout: Layout, published: Sequence[PublishedFile], source_ids: Sequence[str]) -> frozenset[str]:
    if not source_ids:
        return frozenset()
    rows = _rows(layout, published, "articles", ("article_id", "source_id"))
    return frozenset(row["article_id"] for row in rows if row["source_id"] in source_ids)


def _learn(layout: Layout, published: Sequence[PublishedFile], work: Forgetting) -> tuple[set[str], set[int]]:
    """Return the identity keys that must not come in again, and the days whose counts change; fill in `work`."""
    keys: set[str] = set()
    days: set[int] = set()
    columns = (*_IDENTITY, "revision", "title", "text", "url", "content_hash", "published_at", "collected_at")
    for row in _rows(layout, published, "articles", columns):
        if row["article_id"] in work.article_ids:
            work.keys |= _keys(row, row["content_hash"])
            work.places |= {row["url"], row["canonical_url"]} - {None}
            work.marks |= {row["external_id"] or "", row["title"]}
            days.add(day_of(row["published_at"], row["collected_at"]))
        elif work.names:
            _learn_masks(row, work, keys)
    for row in _rows(layout, published, "sightings", _IDENTITY):
        if row["article_id"] in work.article_ids:
            work.keys |= _keys(row, None) if row["external_id"] or row["canonical_url"] else set()
    return keys | work.keys, days


def _learn_masks(row: dict[str, Any], work: Forgetting, keys: set[str]) -> None:
    before = {"title": row["title"], "text": row["text"]}
    after = {name: mask_names(text, work.hashes) for name, text in before.items()}
    if after != before:
        work.masked[row["article_id"], row["revision"]] = Texts(before, after)
    identity = (row["external_id"] or "", row["canonical_url"] or "")
    if any(mask_names(one, work.hashes) != one for one in identity):
        keys |= _keys(row, row["content_hash"])  # masked, its address leads here no more


def _keys(row: dict[str, Any], content: str | None) -> set[str]:
    keys = identity_keys(row["source_id"], row["external_id"], row["canonical_url"], content)
    return {key for key in (keys.own, keys.link) if key}


def _rows(
    layout: Layout, published: Iterable[PublishedFile], table: str, columns: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for file in published:
        if file.table == table:
            with pq.ParquetFile(layout.published(file.table, file.dt, file.name)) as opened:
                for batch in opened.iter_batches(columns=list(columns)):
                    yield from batch.to_pylist()


def _groups(layout: Layout, file: PublishedFile) -> Iterator[pa.Table]:
    with pq.ParquetFile(layout.published(file.table, file.dt, file.name)) as opened:
        for number in range(opened.num_row_groups):
            yield in_todays_schema(file.table, opened.read_row_group(number))


def _changes(layout: Layout, file: PublishedFile, work: Forgetting) -> bool:
    return any(work.apply(file.table, rows) is not rows for rows in _groups(layout, file))


def _rewrite(layout: Layout, run_id: str, file: PublishedFile, name: str, work: Forgetting) -> list[StagedFile]:
    """Stage what stays of `file`, row group by row group, in its order; nothing where no row stays."""
    place = PublishedFile(file.table, file.dt, name, 0, 0)
    with open_staged(layout, run_id, place) as writer:
        for rows in _groups(layout, file):
            writer.add(work.apply(file.table, rows))
    return writer.staged


def _relink(layout: Layout, run_id: str, files: Sequence[PublishedFile], work: Forgetting) -> list[StagedFile]:
    """Stage table `stories` without what goes: a story that lost its id or its head gets another, one alone is none."""
    kept = [row for file in files for rows in _groups(layout, file) for row in work.apply("stories", rows).to_pylist()]
    last = {row["article_id"]: row for row in sorted(kept, key=lambda row: row["run_id"])}
    members: dict[str, list[str]] = defaultdict(list)
    for article_id, row in last.items():
        members[row["story_id"]].append(article_id)
    writer = ShardWriter(layout.run_staging(run_id), run_id, SHARD, {})
    for group in members.values():
        head = min(group, key=lambda one: (last[one]["first_seen"], one))
        for article_id in group if len(group) > 1 else ():
            row = {**last[article_id], "story_id": min(group), "is_head": article_id == head}
            writer.add("stories", row)
    return writer.close()


def _remember(
    layout: Layout, run_id: str, request: ForgetRequest, keys: Iterable[str], at: datetime
) -> list[StagedFile]:
    rows = [Forgotten(forgotten_item(key), "item", 0, at, run_id) for key in sorted(keys)]
    rows += [Forgotten(forgotten_source(one), "source", 0, at, run_id) for one in sorted(set(request.source_ids))]
    for name in request.names:
        (hashed,) = forget_names([name]).hashes
        rows.append(Forgotten(hashed, "name", count_words(name), at, run_id))
    writer = ShardWriter(layout.run_staging(run_id), run_id, f"{SHARD}-record", {})
    for row in rows:
        writer.add("forgotten", row)
    return writer.close()


def _mask_journal(layout: Layout, work: Forgetting) -> None:
    """Mask names in what is noted of runs that failed: it is carried over into the new index."""
    with closing(open_state(layout.state_file)) as state, transaction(state):
        for run in journal.journalled_runs(state):
            journal.end_run(state, [run.run_id], run.state, mask_names(run.message or "", work.hashes) or None)


def _removed_rows(staged: Sequence[StagedFile], gone: Sequence[PublishedFile]) -> dict[str, int]:
    rows: dict[str, int] = defaultdict(int)
    for old in gone:
        rows[old.table] += old.rows
    for new in staged:
        rows[new.table] -= new.rows
    return {table: number for table, number in rows.items() if number}

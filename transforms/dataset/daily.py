"""Table `daily`: every day that a run changes is counted anew, from what is published and what the run brings."""

import itertools
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from transforms.dataset import journal
from transforms.dataset.absorb import PublishedFile, day_of
from transforms.dataset.index import Index
from transforms.dataset.layout import Layout
from transforms.dataset.rewrite import stage_table
from transforms.dataset.state_file import read_state
from transforms.tables.schemas import schema_of
from transforms.tables.shard_writer import StagedFile

TABLE = "daily"
NAME = "daily.parquet"  # the same in every run: a day is replaced by one rename
DAYS_AT_ONCE = 366  # days counted together; a backfill of years is counted year by year
GAP_DAYS = 31  # days between two that change from which they are counted apart: what lies between is not read
BATCH_ROWS = 20_000  # articles in memory at a time: some 10 MB
DIGITS = 6  # of a mean: more would depend on the order of adding

_ARTICLE = ("article_id", "revision", "source_id", "lang", "relevant", "polarity", "published_at", "collected_at")
_MENTION = ("article_id", "revision", "actor_id")
_COMPLAINT = ("article_id", "revision", "code", "status", "actor_ids")
_EPOCH = date(1970, 1, 1)

Version = tuple[str, int]  # article id and revision
Cell = tuple[str, str, str, str | None, str | None, str | None]  # source, language, level, actor, code, status


@dataclass(slots=True)
class _Count:
    articles: int = 0
    mentions: int = 0
    complaints: int = 0
    singles: int = 0  # stories of one article
    stories: set[str] = field(default_factory=set)  # those with copies
    polarities: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass(frozen=True, slots=True)
class DailyChange:
    """Days counted anew: files to put into place, and files of days that have no article any more."""

    staged: tuple[StagedFile, ...]
    removed: tuple[PublishedFile, ...]


def stage_daily(
    out: Path | str,
    run_id: str,
    staged: Sequence[StagedFile],
    removed: Sequence[PublishedFile] = (),
    more_days: Iterable[int] = (),
) -> DailyChange:
    """Count the days that the `staged` files of a run change, and stage them. Raises OSError where the disk is full.

    `removed` are published files that count no more, `more_days` days (from 1970) that change for another reason.
    The day of an article is that of its publication, else of its collection; its last revision counts.
    """
    layout = Layout(out)
    with closing(read_state(layout.state_file)) as state:
        index = Index(state)
        published = journal.published_files(state)
        counting = [one for one in published if one not in set(removed)]
        brought = _Brought.of(staged)
        days = sorted({*_changed_days(index, brought), *more_days})
        put: list[StagedFile] = []
        for some in _spans(days):
            near = journal.files_between(state, some[0], some[-1])
            files = [one for one in counting if (one.table, one.dt, one.name) in near]
            counted = _count(layout, index, brought, files, staged, some)
            put += [_stage(layout, run_id, day, counted[day]) for day in some if day in counted]
    dates = {one.dt for one in put}
    gone = [one for one in published if one.table == TABLE and one.dt in {_iso(day) for day in days} - dates]
    return DailyChange(tuple(put), tuple(gone))


@dataclass(frozen=True, slots=True)
class _Brought:
    """What a run brings: the last revision and day of its articles, days of all revisions, and new story ids."""

    last: Mapping[str, tuple[int, int]]
    days: frozenset[int]
    stories: Mapping[str, str]

    @classmethod
    def of(cls, staged: Sequence[StagedFile]) -> "_Brought":
        last: dict[str, tuple[int, int]] = {}
        days = set()
        stories: dict[str, tuple[str, str]] = {}
        for article_id, revision, published, collected in _rows(
            staged, "articles", ("article_id", "revision", "published_at", "collected_at")
        ):
            day = day_of(published, collected)
            days.add(day)
            last[article_id] = max(last.get(article_id, (-1, 0)), (revision, day))
        for article_id, story_id, run_id in _rows(staged, "stories", ("article_id", "story_id", "run_id")):
            stories[article_id] = max(stories.get(article_id, ("", "")), (run_id, story_id))
        return cls(last, frozenset(days), {article_id: story_id for article_id, (_, story_id) in stories.items()})


def _changed_days(index: Index, brought: _Brought) -> list[int]:
    """Return the days of all articles that are new, revised (also the day before the revision) or linked anew."""
    touched = sorted({*brought.last, *brought.stories})
    return sorted({*brought.days, *(day for _, day in index.revisions(touched).values())})


def _spans(days: Sequence[int]) -> Iterator[list[int]]:
    """Yield the days in groups that lie near each other."""
    group: list[int] = []
    for day in days:
        if group and (day - group[-1] > GAP_DAYS or len(group) == DAYS_AT_ONCE):
            yield group
            group = []
        group.append(day)
    if group:
        yield group


def _count(
    layout: Layout,
    index: Index,
    brought: _Brought,
    published: Sequence[PublishedFile],
    staged: Sequence[StagedFile],
    days: Sequence[int],
) -> dict[int, dict[Cell, _Count]]:
    paths = {
        table: [str(layout.published(one.table, one.dt, one.name)) for one in published if one.table == table]
        + [one.staged_path for one in staged if one.table == table]
        for table in ("articles", "mentions", "complaints")
    }
    wanted = frozenset(days)
    mentions: dict[Version, Counter[str]] = defaultdict(Counter)
    for article_id, revision, actor_id in _select("mentions", paths, _MENTION, days):
        mentions[article_id, revision][actor_id] += 1
    complaints: dict[Version, list[tuple[str, str, tuple[str, ...]]]] = defaultdict(list)
    for article_id, revision, code, status, actor_ids in _select("complaints", paths, _COMPLAINT, days):
        complaints[article_id, revision].append((code, status, tuple(actor_ids)))
    counts: dict[int, dict[Cell, _Count]] = defaultdict(lambda: defaultdict(_Count))
    articles = (row for row in _select("articles", paths, _ARTICLE, days) if day_of(row[6], row[7]) in wanted)
    while batch := list(itertools.islice(articles, BATCH_ROWS)):
        ids = [row[0] for row in batch]
        held = index.revisions(ids)
        stories = index.stories(ids)
        for row in batch:
            article_id, revision = row[:2]
            last = max(source[article_id][0] for source in (held, brought.last) if article_id in source)
            if revision == last:
                story = brought.stories.get(article_id) or stories.get(article_id)
                found = (mentions.get(row[:2], Counter()), complaints.get(row[:2], []))
                _add_article(counts[day_of(row[6], row[7])], row, story, *found)
    return counts


def _add_article(
    day: dict[Cell, _Count],
    row: tuple[Any, ...],
    story: str | None,
    mentions: Counter[str],
    complaints: Sequence[tuple[str, str, tuple[str, ...]]],
) -> None:
    """Count one article in each cell that it belongs to; `story` is None where it has no copy."""
    _, _, source_id, lang, relevant, polarity, _, _ = row
    cells: dict[tuple[str, str | None, str | None, str | None], tuple[int, int]] = {}
    total = mentions.total()
    cells["all", None, None, None] = (total, len(complaints))
    if relevant:
        cells["relevant", None, None, None] = (total, len(complaints))
    by_actor = Counter(actor for _, _, actors in complaints for actor in set(actors))
    for actor in {*mentions, *by_actor}:
        cells["actor", actor, None, None] = (mentions[actor], by_actor[actor])
    for (code, status), number in Counter((code, status) for code, status, _ in complaints).items():
        cells["code", None, code, status] = (total, number)
    pairs = Counter((actor, code, status) for code, status, actors in complaints for actor in _named(actors))
    for (one, code, status), number in pairs.items():
        cells["actor_code", one, code, status] = (mentions[one] if one else 0, number)
    for cell, (mentioned, complained) in cells.items():
        count = day[source_id, lang, *cell]
        count.articles += 1
        count.mentions += mentioned
        count.complaints += complained
        if story is None:
            count.singles += 1
        else:
            count.stories.add(story)
        if polarity is not None:
            count.polarities.append(polarity)


def _named(actors: Sequence[str]) -> list[str | None]:
    return [*dict.fromkeys(actors)] or [None]


def _stage(layout: Layout, run_id: str, day: int, cells: Mapping[Cell, _Count]) -> StagedFile:
    rows = [
        {
            **dict(zip(("source_id", "lang", "level", "actor_id", "code", "status"), cell, strict=True)),
            "articles": count.articles,
            "stories": count.singles + len(count.stories),
            "mentions": count.mentions,
            "complaints": count.complaints,
            "mean_polarity": round(math.fsum(count.polarities) / len(count.polarities), DIGITS)
            if count.polarities
            else None,
            "run_id": run_id,
        }
        for cell, count in cells.items()
    ]
    schema = schema_of(TABLE)
    table = pa.Table.from_arrays(
        [pa.array([row[one.name] for row in rows], type=one.type) for one in schema], schema=schema
    )
    return stage_table(layout, run_id, PublishedFile(TABLE, _iso(day), NAME, 0, 0), table)


def _select(
    table: str, paths: Mapping[str, Sequence[str]], columns: Sequence[str], days: Sequence[int]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `table` whose articles may be of `days`: between the first and the last of them."""
    if not paths[table]:
        return
    schema = schema_of(table)
    first = datetime.combine(_date(days[0]), datetime.min.time(), UTC)
    last = datetime.combine(_date(days[-1]), datetime.max.time(), UTC)
    at = ds.field("published_at")
    undated = at.is_null() & (ds.field("dt") >= _iso(days[0])) & (ds.field("dt") <= _iso(days[-1]))
    source = ds.dataset(
        list(paths[table]),
        schema=schema.append(pa.field("dt", pa.string())),
        format="parquet",
        partitioning=ds.partitioning(pa.schema([("dt", pa.string())]), flavor="hive"),
    )
    told = ((at >= first) & (at <= last)) | undated
    # What is read ahead lies in memory: of many files, a gigabyte.
    scanner = source.scanner(
        columns=list(columns), filter=told, batch_size=BATCH_ROWS, batch_readahead=1, fragment_readahead=1
    )
    for batch in scanner.to_batches():
        yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


def _rows(staged: Iterable[StagedFile], table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for file in staged:
        if file.table == table:
            for batch in ds.dataset(file.staged_path, format="parquet").to_batches(columns=list(columns)):
                yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)


def _iso(day: int) -> str:
    return _date(day).isoformat()

"""Deriving the index from published files: the same code after each commit and for an index that was lost."""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from transforms.dataset.index import pack_id, unpack_id
from transforms.tables.identity import identity_keys

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ANY_DAY = (-(10**7), 10**7)

BATCH_ROWS = 20_000  # rows read at a time: some 10 MB

# Gathered first and moved in order of their keys: 5 million rows in random order would touch a page each.
_GATHER = (
    "CREATE TEMP TABLE new_keys (key BLOB NOT NULL, article BLOB NOT NULL, owned INTEGER NOT NULL)",
    "CREATE TEMP TABLE new_rows (article BLOB, revision INTEGER, source TEXT, day INTEGER, hash BLOB)",
    "CREATE TEMP TABLE new_versions (article BLOB, revision INTEGER, source INTEGER, day INTEGER, hash BLOB,"
    " PRIMARY KEY (article, revision)) WITHOUT ROWID",
)
_MOVE = (
    # Where two articles claim one key, a row of `articles` goes before a mere sighting of another source's article, or
    # an edit of the one would be taken for the other's; then the smaller id has it. So the index depends on the rows
    # alone, not on their order.
    "INSERT INTO keys SELECT key, min(article), owned FROM new_keys"
    " WHERE (key, owned) IN (SELECT key, max(owned) FROM new_keys GROUP BY key) GROUP BY key ORDER BY key"
    " ON CONFLICT (key) DO UPDATE SET article = excluded.article, owned = excluded.owned"
    " WHERE excluded.owned > keys.owned OR (excluded.owned = keys.owned AND excluded.article < keys.article)",
    "INSERT OR IGNORE INTO sources (source_id) SELECT DISTINCT source FROM new_rows ORDER BY source",
    "INSERT OR IGNORE INTO new_versions SELECT article, revision, sources.source, day, hash"
    " FROM new_rows JOIN sources ON source_id = new_rows.source ORDER BY article, revision, hash",
)
_DROP = ("DROP TABLE new_keys", "DROP TABLE new_rows", "DROP TABLE new_versions")
_KEEP_VERSIONS = """
INSERT INTO articles VALUES (?, ?, ?, ?, ?)
ON CONFLICT (article) DO UPDATE SET revision = excluded.revision, day = excluded.day, hashes = excluded.hashes
"""
# Run ids grow with each run whatever the clock does, so the last poll is that of the last run.
_KEEP_FEED = """
INSERT INTO feeds VALUES (?, ?, ?, ?, ?)
ON CONFLICT (source_id) DO UPDATE SET
    run_id = excluded.run_id, fetched_at = excluded.fetched_at, fetch_id = excluded.fetch_id,
    feed_state = excluded.feed_state
WHERE (excluded.run_id, excluded.fetched_at, excluded.fetch_id) > (run_id, fetched_at, fetch_id)
"""
# The last row of an article counts; a run that commits in slices replaces its own.
_KEEP_STORY = """
INSERT INTO stories VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (article) DO UPDATE SET
    story = excluded.story, source_id = excluded.source_id, first_seen = excluded.first_seen,
    similarity = excluded.similarity, is_head = excluded.is_head, run_id = excluded.run_id
WHERE excluded.run_id >= run_id
"""
_STORY = ("article_id", "story_id", "source_id", "first_seen", "similarity", "is_head", "run_id")
_ARTICLE = (
    "article_id",
    "revision",
    "source_id",
    "external_id",
    "canonical_url",
    "content_hash",
    "published_at",
    "collected_at",
)
_SIGHTING = ("article_id", "source_id", "external_id", "canonical_url")
_FETCH = ("source_id", "run_id", "fetched_at", "fetch_id", "feed_state")


DATED = ("articles", "mentions", "complaints")  # tables whose rows belong to a day of publication


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file in the tables: `tables/<table>/dt=<dt>/<name>`."""

    table: str
    dt: str
    name: str
    rows: int
    bytes: int


def absorb(state: sqlite3.Connection, files: Iterable[tuple[str, Path]]) -> None:
    """Bring what the next run needs of `files` (table, path) into the index, within the caller's transaction.

    Raises OSError if a file cannot be read, ArrowInvalid if one is damaged.
    """
    for statement in _GATHER:
        state.execute(statement)
    for table, path in files:
        if table in DATED:
            _note_days(state, table, path)
        if table == "articles":
            _gather_articles(state, path)
        elif table == "sightings":
            _gather_sightings(state, path)
        elif table == "fetches":
            _absorb_fetches(state, path)
        elif table == "stories":
            _absorb_stories(state, path)
        elif table == "forgotten":
            for rows in _batches(path, ("forgotten_id", "kind", "words")):
                forgotten = [(pack_id(row[0]), *row[1:]) for row in rows]
                state.executemany("INSERT OR IGNORE INTO forgotten VALUES (?, ?, ?)", forgotten)
    for statement in _MOVE:
        state.execute(statement)
    state.executemany(_KEEP_VERSIONS, _versions(state))
    for statement in _DROP:
        state.execute(statement)


def find_doubled(state: sqlite3.Connection, paths: Iterable[Path]) -> tuple[str, int] | None:
    """Return an article and revision of the `articles` files at `paths` that the dataset holds, or that come twice."""
    state.execute("CREATE TEMP TABLE offered (article BLOB, revision INTEGER, PRIMARY KEY (article, revision))")
    try:
        for path in paths:
            for rows in _batches(path, ("article_id", "revision")):
                for article_id, revision in rows:
                    try:
                        state.execute("INSERT INTO offered VALUES (?, ?)", (pack_id(article_id), revision))
                    except sqlite3.IntegrityError:
                        return article_id, revision
        held = state.execute(
            "SELECT o.article, o.revision FROM offered o JOIN articles a ON a.article = o.article"
            " WHERE o.revision <= a.revision LIMIT 1"
        ).fetchone()
        return (unpack_id(held[0]), held[1]) if held else None
    finally:
        state.execute("DROP TABLE offered")


def _note_days(state: sqlite3.Connection, table: str, path: Path) -> None:
    """Write down between which days the articles of a file were published (else collected)."""
    dt = path.parent.name.removeprefix("dt=")
    collected = (date.fromisoformat(dt) - _EPOCH.date()).days
    first, last = collected, collected
    metadata = pq.read_metadata(path)
    for group in range(metadata.num_row_groups):
        # Lists are no column of their own in the file, so the place is looked for by name.
        columns = (metadata.row_group(group).column(one) for one in range(metadata.num_columns))
        told = next((one.statistics for one in columns if one.path_in_schema == "published_at"), None)
        if told is None or not told.has_min_max:
            if told is None or told.null_count != metadata.row_group(group).num_rows:
                first, last = _ANY_DAY  # another tool's file: it may hold any
            continue  # all null: they count under the day of collection
        first, last = min(first, day_of(told.min, told.min)), max(last, day_of(told.max, told.max))
    state.execute("INSERT OR REPLACE INTO file_days VALUES (?, ?, ?, ?, ?)", (table, dt, path.name, first, last))


def _gather_articles(state: sqlite3.Connection, path: Path) -> None:
    for rows in _batches(path, _ARTICLE):
        keys: list[tuple[bytes, bytes, bool]] = []
        versions = []
        for article_id, revision, source_id, external_id, canonical_url, content, published, collected in rows:
            article = pack_id(article_id)
            keys += _keys(article, source_id, external_id, canonical_url, content, owned=True)
            versions.append((article, revision, source_id, day_of(published, collected), pack_id(content)))
        state.executemany("INSERT INTO new_keys VALUES (?, ?, ?)", keys)
        state.executemany("INSERT INTO new_rows VALUES (?, ?, ?, ?, ?)", versions)


def _gather_sightings(state: sqlite3.Connection, path: Path) -> None:
    for rows in _batches(path, _SIGHTING):
        keys: list[tuple[bytes, bytes, bool]] = []
        for article_id, source_id, external_id, canonical_url in rows:
            # Without an id and an address it was recognised by its content, which the article's own row tells.
            if external_id or canonical_url:
                keys += _keys(pack_id(article_id), source_id, external_id, canonical_url, None, owned=False)
        state.executemany("INSERT INTO new_keys VALUES (?, ?, ?)", keys)


def _keys(
    article: bytes,
    source_id: str,
    external_id: str | None,
    canonical_url: str | None,
    content: str | None,
    *,
    owned: bool,
) -> list[tuple[bytes, bytes, bool]]:
    """Return the keys that a row claims for its article: `owned` where it is a row of `articles`."""
    keys = identity_keys(source_id, external_id, canonical_url, content)
    return [(pack_id(key), article, owned) for key in (keys.own, keys.link) if key]


def _absorb_fetches(state: sqlite3.Connection, path: Path) -> None:
    for rows in _batches(path, _FETCH):
        polls = [(*row[:2], microseconds(row[2]), *row[3:]) for row in rows if row[4] is not None]
        state.executemany(_KEEP_FEED, polls)


def _absorb_stories(state: sqlite3.Connection, path: Path) -> None:
    for rows in _batches(path, _STORY):
        members = [(pack_id(row[0]), pack_id(row[1]), row[2], microseconds(row[3]), *row[4:]) for row in rows]
        state.executemany(_KEEP_STORY, members)


def day_of(published_at: datetime | None, collected_at: datetime) -> int:
    """Return the day of an article, counted from 1970: that of its publication, else of its collection."""
    return ((published_at or collected_at) - _EPOCH).days


def microseconds(at: datetime) -> int:
    """Return a time as the index keeps it: whole microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def _versions(state: sqlite3.Connection) -> Iterator[tuple[bytes, int, int, int, bytes]]:
    """Yield article, source, last revision, its day, and packed hashes of each article with new versions."""
    rows = state.execute("SELECT article, source, revision, day, hash FROM new_versions ORDER BY article, revision")
    question = "SELECT source, revision, day, hashes FROM articles WHERE article = ?"
    for article, versions in itertools.groupby(rows, key=itemgetter(0)):
        held = state.execute(question, (article,)).fetchone()
        source, last, day, hashes = held or (0, -1, 0, b"")  # SQLite numbers sources from 1
        for _, own_source, revision, own_day, content in versions:
            source = source or own_source
            if revision > last:  # else the dataset holds it already, under this number
                last, day, hashes = revision, own_day, hashes + content
        yield article, source, last, day, hashes


def _batches(path: Path, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
            taken = [batch.column(name).to_pylist() for name in columns]
            yield list(zip(*taken, strict=True))

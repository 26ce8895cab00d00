"""Signatures and stories in the index: what a run needs to know of earlier articles to link its own to them."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from transforms.dataset.absorb import microseconds
from transforms.dataset.index import pack_id, unpack_id
from transforms.dataset.layout import Layout
from transforms.stories.candidates import SharedBands
from transforms.stories.linking import Copy, Membership
from transforms.stories.signatures import Signature, sign

BATCH_ROWS = 2_000  # texts in memory at a time: some 10 MB
BATCH_SIGNATURES = 20_000  # signatures in memory at a time: some 10 MB
MICROSECONDS_PER_DAY = 86_400_000_000
_QUESTION = 500  # ids in one question to SQLite
_COLUMNS = ("article_id", "revision", "source_id", "title", "text", "published_at", "collected_at")


@dataclass(frozen=True, slots=True)
class SignedArticle:
    """One revision of an article with its signature; `collected` is the day of its collection, counted from 1970."""

    copy: Copy
    revision: int
    collected: int
    signature: Signature


def sign_file(path: Path) -> Iterator[list[SignedArticle]]:
    """Yield the articles of a Parquet file with their signatures, batch by batch."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=list(_COLUMNS)):
            rows = list(zip(*(batch.column(name).to_pylist() for name in _COLUMNS), strict=True))
            signatures = sign([(row[3], row[4]) for row in rows])
            yield [_signed(row, signature) for row, signature in zip(rows, signatures, strict=True)]


def catch_up(state: sqlite3.Connection, layout: Layout, since: date) -> None:
    """Sign the published articles collected `since` then that have no signature yet, and forget older signatures.

    The signatures hold nothing that the texts don't: lost, they come back here. Within the caller's transaction.
    """
    state.execute("DELETE FROM signatures WHERE collected < ?", (_day(since),))
    state.execute("DELETE FROM signed_files WHERE dt < ?", (since.isoformat(),))
    unsigned = state.execute(
        "SELECT dt, name FROM files WHERE name_of_table = 'articles' AND dt >= ?"
        " EXCEPT SELECT dt, name FROM signed_files",
        (since.isoformat(),),
    ).fetchall()
    for dt, name in unsigned:
        for signed in sign_file(layout.published("articles", dt, name)):
            _keep(state, signed)
        state.execute("INSERT INTO signed_files VALUES (?, ?)", (dt, name))


def signed_between(
    state: sqlite3.Connection, first: int, last: int, near: SharedBands | None = None
) -> Iterator[SignedArticle]:
    """Yield the signatures of articles published (else collected) between two times in µs; with `near` only those."""
    rows = state.execute(
        "SELECT article, revision, source_id, at, collected, size, digest FROM signatures WHERE at BETWEEN ? AND ?",
        (first, last),
    )
    while batch := rows.fetchmany(BATCH_SIGNATURES):
        digests = np.frombuffer(b"".join(row[6] for row in batch), dtype="<u2").reshape(len(batch), -1)
        kept = near.of(digests) if near else np.ones(len(batch), dtype=np.bool_)
        for place in np.flatnonzero(kept):
            article, revision, source_id, at, collected, size, digest = batch[place]
            copy = Copy(unpack_id(article), source_id, at)
            yield SignedArticle(copy, revision, collected, Signature(np.frombuffer(digest, dtype="<u2"), size))


def copies_of(state: sqlite3.Connection, article_ids: Iterable[str], first: int, last: int) -> Iterator[Copy]:
    """Yield all revisions of articles that were published (else collected) between two times in µs."""
    for batch in _batched(article_ids):
        question = (
            "SELECT article, source_id, at FROM signatures"  # noqa: S608 - marks only
            f" WHERE article IN ({_marks(batch)}) AND at BETWEEN ? AND ?"
        )
        for article, source_id, at in state.execute(question, [*batch, first, last]):
            yield Copy(unpack_id(article), source_id, at)


def memberships(state: sqlite3.Connection, article_ids: Iterable[str]) -> list[Membership]:
    """Return the memberships of all articles that share a story with one of `article_ids`."""
    stories = set()
    for batch in _batched(article_ids):
        question = f"SELECT DISTINCT story FROM stories WHERE article IN ({_marks(batch)})"  # noqa: S608 - marks only
        stories |= {unpack_id(story) for (story,) in state.execute(question, batch)}
    found = []
    for batch in _batched(stories):
        question = (
            "SELECT article, story, source_id, first_seen, similarity, is_head FROM stories"  # noqa: S608 - marks only
            f" WHERE story IN ({_marks(batch)})"
        )
        for article, story, source_id, first_seen, similarity, is_head in state.execute(question, batch):
            copy = Copy(unpack_id(article), source_id, first_seen)
            found.append(Membership(copy, unpack_id(story), similarity, bool(is_head)))
    return found


def _signed(row: tuple[Any, ...], signature: Signature) -> SignedArticle:
    article_id, revision, source_id, _, _, published_at, collected_at = row
    copy = Copy(article_id, source_id, microseconds(published_at or collected_at))
    return SignedArticle(copy, revision, microseconds(collected_at) // MICROSECONDS_PER_DAY, signature)


def _keep(state: sqlite3.Connection, signed: Iterable[SignedArticle]) -> None:
    rows = [
        (
            pack_id(one.copy.article_id),
            one.revision,
            one.copy.source_id,
            one.copy.at,
            one.collected,
            one.signature.size,
            one.signature.digest.astype("<u2").tobytes(),
        )
        for one in signed
    ]
    state.executemany("INSERT OR IGNORE INTO signatures VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _batched(ids: Iterable[str]) -> Iterator[list[bytes]]:
    packed = [pack_id(one) for one in sorted(ids)]
    for start in range(0, len(packed), _QUESTION):
        yield packed[start : start + _QUESTION]


def _marks(batch: list[bytes]) -> str:
    return ",".join("?" * len(batch))


def _day(day: date) -> int:
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC)) // MICROSECONDS_PER_DAY

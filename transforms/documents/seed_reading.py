"""Shards of seed files read as references to their documents."""

import codecs
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from transforms.documents.line_ranges import read_lines
from transforms.documents.record_files import Found, read_csv, read_parquet
from transforms.documents.seed_files import STREAMED, SeedPiece, SeedProblem, SeedShard, failure_of, read_body
from transforms.documents.telegram_export import read_export
from transforms.documents.warc import read_pages
from transforms.tables.dead_letters import unexpected
from transforms.tables.ids import stable_id
from transforms.tables.records import DocumentRef, Failure, Unreadable

MAX_LINE = 16 * 1024 * 1024  # bytes of one JSON line: the longest text, all of it escaped, with room for markup


def iterate_shard(
    shard: SeedShard, spool_dir: str | Path, run_id: str, collected_at: datetime
) -> Iterator[DocumentRef | Failure]:
    """Yield a reference to each document of `shard`, and a failure for what can't be read.

    Never holds a whole large file. Documents that don't lie in a file by themselves (entries of feeds, rows of tables,
    pages of archives) are written to `spool_dir`. Raises OSError when that can't be written.
    """
    for piece in shard.pieces:
        whole = _reference(shard.shard, piece, collected_at)
        try:
            for found in _documents(whole, piece, Path(spool_dir)):
                yield failure_of(found, run_id, collected_at, whole.shard) if isinstance(found, SeedProblem) else found
        except OSError as error:
            if error.filename != piece.path:
                raise  # a full disk fails the run
            yield failure_of(_problem(whole, "unreadable_file", str(error.strerror)), run_id, collected_at, whole.shard)
        except Exception as error:  # the promise to go on: what nobody foresaw in one file becomes a dead letter
            fault = unexpected(error)
            yield failure_of(_problem(whole, fault.reason, fault.message), run_id, collected_at, whole.shard)


def _documents(whole: DocumentRef, piece: SeedPiece, spool: Path) -> Iterator[DocumentRef | SeedProblem]:
    if piece.kind == "jsonl":
        return _lines(whole, piece)
    if piece.kind == "feed":
        return _entries(whole, piece, spool)
    if piece.kind in STREAMED:
        return _spooled(whole, piece, spool, _streamed(piece))
    return iter((replace(whole, external_id=piece.identity),))


def _streamed(piece: SeedPiece) -> Iterator[Found]:
    if piece.kind == "csv":
        return read_csv(piece.path, piece.table, packed=piece.packed)
    if piece.kind == "parquet":
        return read_parquet(piece.path, piece.table, packed=piece.packed)
    if piece.kind == "telegram":
        return read_export(piece.path, packed=piece.packed)
    return read_pages(piece.path, packed=piece.packed)


def _lines(whole: DocumentRef, piece: SeedPiece) -> Iterator[DocumentRef | SeedProblem]:
    empty = piece.lines.start == 0
    for line in read_lines(piece.path, piece.lines, MAX_LINE):
        place = f"{piece.place}:{line.number}"
        if line.body is None:
            empty = False
            yield _problem(replace(whole, place=place), "too_large", f"the line has more than {MAX_LINE} bytes")
        elif line.body and not line.body.isspace() and line.body != codecs.BOM_UTF8:
            empty = False
            yield replace(whole, place=place, start=line.start, length=len(line.body))
    if empty and piece.lines.stop == os.path.getsize(piece.path):
        yield _problem(whole, "empty_file", "has no lines but empty ones")


def _entries(whole: DocumentRef, piece: SeedPiece, spool: Path) -> Iterator[DocumentRef | SeedProblem]:
    from transforms.feeds.parse import parse_feed
    from transforms.feeds.spool import write_spool

    feed = parse_feed(read_body(whole), None, None)
    if isinstance(feed, Unreadable):
        yield _problem(whole, feed.reason, feed.message)
        return
    path = _spool_path(whole, piece, spool)
    for number, (start, length) in enumerate(write_spool(path, feed.entries), 1):
        place = f"{piece.place}#entry {number}"
        yield replace(whole, path=str(path), start=start, length=length, kind="entry", place=place)


def _spooled(
    whole: DocumentRef, piece: SeedPiece, spool: Path, items: Iterator[Found]
) -> Iterator[DocumentRef | SeedProblem]:
    """Write what was found to the spool, records as JSON lines and pages as they are, and yield where each lies."""
    path = _spool_path(whole, piece, spool)
    start = 0
    empty = True
    with open(path, "wb") as file:
        for found in items:
            empty = False
            ref = replace(whole, place=piece.place + found.place)
            if isinstance(found.content, Unreadable):
                yield _problem(ref, found.content.reason, found.content.message)
                continue
            page = isinstance(found.content, bytes)
            body = found.content if isinstance(found.content, bytes) else _json_line(found.content)
            file.write(body + b"\n")
            # References are read by other steps, perhaps before this file is closed.
            file.flush()
            source_id = found.source_id or whole.source_id
            ref = replace(ref, path=str(path), start=start, length=len(body), source_id=source_id, url=found.url)
            yield replace(ref, kind="html" if page else "message" if piece.kind == "telegram" else "jsonl")
            start += len(body) + 1
    if empty:
        yield _problem(whole, "empty_file", "holds no documents")


def _json_line(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _spool_path(whole: DocumentRef, piece: SeedPiece, spool: Path) -> Path:
    spool.mkdir(parents=True, exist_ok=True)
    return spool / f"{whole.shard}-{stable_id('piece', piece.rank, piece.identity)[:12]}.spool"


def _problem(ref: DocumentRef, reason: str, message: str) -> SeedProblem:
    return SeedProblem(ref.place, ref.source_id, reason, message)


def _reference(shard: str, piece: SeedPiece, at: datetime) -> DocumentRef:
    """Return the reference to the whole of the file that `piece` is of."""
    return DocumentRef(
        shard=shard,
        path=piece.path,
        start=0,
        length=piece.lines.stop,
        kind=piece.kind,
        source_id=piece.source_id,
        place=piece.place,
        collected_at=at,
        rank=piece.rank,
    )

"""Seed files found by globs and planned into shards, each of which one worker reads."""

import glob
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from transforms.documents.line_ranges import LineRange, cut_into_ranges
from transforms.documents.markup import tidy_line
from transforms.documents.record_files import DEFAULT_FORMAT, TAB_SEPARATED, TableFormat
from transforms.documents.telegram_export import is_telegram_export
from transforms.documents.unpacking import encoding_of_lines, to_utf8, unpack_gzip
from transforms.tables.ids import stable_id
from transforms.tables.records import DocumentRef, Failure, Unreadable

STEP = "read"

SHARD_BYTES = 8 * 1024 * 1024  # of input in one shard: some 8,000 articles, 10 s of work
SHARD_FILES = 500  # in one shard: opening them takes longer than reading
MAX_DOCUMENT = 16 * 1024 * 1024  # bytes of a text or page
MAX_FEED = 64 * 1024 * 1024  # bytes of a stored feed, which is parsed as a whole

# A name's ending → what the file holds. A `.json` is a stored feed or an export of Telegram: its content tells.
KINDS = {
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".warc": "warc",
    ".rss": "feed",
    ".rdf": "feed",
    ".atom": "feed",
    ".xml": "feed",
    ".json": "feed",
}
# Kinds that are read as a whole, from their first byte to their last, packed or not.
STREAMED = frozenset(("csv", "parquet", "warc", "telegram"))
_WILDCARDS = "*?["
_ESCAPED = re.compile(r"\[([*?[])\]")  # what `glob.escape` makes of a mark that stands for itself


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file to read. `place` is its name as people gave it, `identity` its path relative to its glob's fixed part."""

    path: str
    place: str
    identity: str
    kind: str
    source_id: str
    packed: bool
    table: TableFormat = DEFAULT_FORMAT


@dataclass(frozen=True, slots=True)
class SeedProblem:
    """What can't be read before the run starts: `place` is a file or a glob."""

    place: str
    source_id: str | None
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class SeedPiece:
    """A file, or a range of one: `path` is where its bytes lie, which for a packed file is the spool."""

    path: str
    place: str
    identity: str
    kind: str
    source_id: str
    lines: LineRange
    rank: int
    packed: bool = False  # still: what is streamed is unpacked while it is read
    table: TableFormat = DEFAULT_FORMAT


@dataclass(frozen=True, slots=True)
class SeedShard:
    """A unit of input: what one worker reads and one staged file holds. `size` is in bytes."""

    shard: str
    pieces: tuple[SeedPiece, ...]
    size: int


def failure_of(problem: SeedProblem, run_id: str, occurred_at: datetime, shard: str = "") -> Failure:
    """Return the row of `failures` of a seed file that can't be read."""
    return Failure(
        failure_id=stable_id("failure", problem.source_id, problem.place, STEP, problem.reason),
        source_id=problem.source_id,
        place=problem.place,
        step=STEP,
        reason=problem.reason,
        message=problem.message,
        occurred_at=occurred_at,
        run_id=run_id,
        shard=shard,
    )


# --- finding --------------------------------------------------------------------------------------------------------


def find_seed_files(
    globs: Iterable[str],
    exclude: Iterable[str] = (),
    *,
    no_feeds: bool = False,
    formats: Sequence[TableFormat] = (),
) -> tuple[list[SeedFile], list[SeedProblem]]:
    """Return the files that `globs` match (paths, folders or patterns with `**`), sorted within each, each file once.

    A glob that matches nothing is a `missing_file`, a file with an unknown ending an `unknown_format`. Files that
    `exclude` matches, or that lie below a folder in it, are left out; so are stored feeds with `no_feeds`.
    `formats` say how tables are laid out: the first one that matches a file's name counts.
    """
    patterns = list(exclude)
    # A folder is left out by its name: a dataset in it may have many files.
    folders = tuple(os.path.join(os.path.realpath(one), "") for one in patterns if os.path.isdir(one))
    others = [one for one in patterns if not os.path.isdir(one)]
    left_out = {os.path.realpath(path) for pattern in others for path, _ in _matches(pattern)}
    files: list[SeedFile] = []
    problems: list[SeedProblem] = []
    seen: set[str] = set()
    for pattern in globs:
        matches = _matches(pattern)
        if not matches:
            problems.append(SeedProblem(_told(pattern), None, "missing_file", "no file is there"))
        for path, identity in matches:
            real = os.path.realpath(path)
            if real in seen or real in left_out or real.startswith(folders):
                continue
            seen.add(real)
            file = _seed_file(path, identity, formats)
            if isinstance(file, SeedProblem):
                problems.append(file)
            elif not (no_feeds and file.kind == "feed"):
                files.append(file)
    return files, problems


def _matches(pattern: str) -> list[tuple[str, str]]:
    """Return the files of one glob with their paths relative to its fixed part, sorted by these."""
    if os.path.isdir(pattern):
        root, found = pattern, glob.glob(os.path.join(glob.escape(pattern), "**"), recursive=True)
    elif os.path.lexists(pattern) or not any(mark in pattern for mark in _WILDCARDS):
        root, found = os.path.dirname(pattern), [pattern] if os.path.lexists(pattern) else []
    else:
        root, found = _fixed_part(pattern), glob.glob(pattern, recursive=True)
    names = {
        path: _told(os.path.relpath(path, root or ".")).replace(os.sep, "/")
        for path in found
        if not os.path.isdir(path)
    }
    return sorted(names.items(), key=lambda item: item[1])


def _fixed_part(pattern: str) -> str:
    """Return the longest leading folder of `pattern` that has no wildcard."""
    parts = pattern.split(os.sep)
    fixed = next(
        index for index, part in enumerate(parts) if any(mark in _ESCAPED.sub("", part) for mark in _WILDCARDS)
    )
    root = _ESCAPED.sub(r"\1", os.sep.join(parts[:fixed]))
    return root or (os.sep if pattern.startswith(os.sep) else "")


def _told(path: str) -> str:
    """Return a path as text that can be stored: names of old archives are not always Unicode."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _seed_file(path: str, identity: str, formats: Sequence[TableFormat]) -> SeedFile | SeedProblem:
    name = os.path.basename(path)
    packed = name.lower().endswith(".gz")
    stem, ending = os.path.splitext(name[:-3] if packed else name)
    source_id = tidy_line(_told(stem)) or "seed"
    kind = KINDS.get(ending.lower())
    if kind is None:
        known = " ".join(KINDS)
        return SeedProblem(
            _told(path), source_id, "unknown_format", f"the name ends in none of {known} (or these with .gz)"
        )
    if ending.lower() == ".json" and os.path.isfile(path) and is_telegram_export(path, packed=packed):
        kind = "telegram"
    table = next((one for one in formats if fnmatchcase(name, one.match)), DEFAULT_FORMAT)
    if ending.lower() == ".tsv" and table is DEFAULT_FORMAT:
        table = TAB_SEPARATED
    return SeedFile(path, _told(path), identity, kind, source_id, packed, table)


# --- planning -------------------------------------------------------------------------------------------------------


def plan_shards(
    files: Sequence[SeedFile], spool_dir: str | Path, first_rank: int = 0
) -> tuple[list[SeedShard], list[SeedProblem]]:
    """Return the shards of `files`, and what can't be read of them; packed files are unpacked into `spool_dir`.

    Ids of shards depend on relative paths and offsets alone. Ranks count the files from `first_rank`. Raises OSError
    when the spool can't be written.
    """
    shards = _Packing()
    problems: list[SeedProblem] = []
    for rank, file in enumerate(files, first_rank):
        pieces = _pieces(file, Path(spool_dir), rank)
        if isinstance(pieces, Unreadable):
            problems.append(SeedProblem(file.place, file.source_id, pieces.reason, pieces.message))
        else:
            for piece in pieces:
                shards.add(piece)
    return shards.close(), problems


class _Packing:
    """Collects pieces into shards in their order, small ones together."""

    def __init__(self) -> None:
        self._shards: list[SeedShard] = []
        self._ids: dict[str, int] = {}
        self._open: list[SeedPiece] = []
        self._size = 0

    def add(self, piece: SeedPiece) -> None:
        size = piece.lines.stop - piece.lines.start
        if self._open and (self._size + size > SHARD_BYTES or len(self._open) >= SHARD_FILES):
            self._finish()
        self._open.append(piece)
        self._size += size

    def close(self) -> list[SeedShard]:
        if self._open:
            self._finish()
        return self._shards

    def _finish(self) -> None:
        parts = (f"{piece.identity}:{piece.lines.start}:{piece.lines.stop}" for piece in self._open)
        name = "seed-" + stable_id("seed_shard", *parts)[:12]
        # Files of one name in two folders, each given by its own path.
        times = self._ids[name] = self._ids.get(name, 0) + 1
        self._shards.append(SeedShard(name if times == 1 else f"{name}-{times}", tuple(self._open), self._size))
        self._open, self._size = [], 0


def _pieces(file: SeedFile, spool: Path, rank: int) -> list[SeedPiece] | Unreadable:
    path = _readable_path(file, spool, rank)
    if isinstance(path, Unreadable):
        return path
    size = os.path.getsize(path)
    if size == 0:
        return Unreadable("empty_file", "has no bytes")
    if file.kind in STREAMED:
        return [_piece(file, path, LineRange(0, size, 0), rank)]
    if file.kind == "jsonl":
        return [_piece(file, path, part, rank) for part in cut_into_ranges(path, size, SHARD_BYTES)]
    most = MAX_FEED if file.kind == "feed" else MAX_DOCUMENT
    if size > most:
        return Unreadable("too_large", f"has {size} bytes, more than {most}")
    return [_piece(file, path, LineRange(0, size, 0), rank)]


def _readable_path(file: SeedFile, spool: Path, rank: int) -> str | Unreadable:
    """Return where the bytes of `file` can be read in ranges: itself, or what was unpacked or re-encoded of it."""
    path = os.path.abspath(file.path)
    if not os.path.isfile(path) or not os.access(path, os.R_OK):
        return Unreadable("unreadable_file", "may not be read" if os.path.isfile(path) else "is no file")
    trouble = None
    if file.packed and file.kind not in STREAMED:
        target = _spool_path(spool, rank, file, "unpacked")
        trouble = unpack_gzip(path, target)
        path = str(target)
    encoding = encoding_of_lines(path) if file.kind == "jsonl" and not trouble else None
    if encoding:
        target = _spool_path(spool, rank, file, "utf8")
        trouble = to_utf8(path, target, encoding)
        path = str(target)
    return trouble or path


def _piece(file: SeedFile, path: str, lines: LineRange, rank: int) -> SeedPiece:
    packed = file.packed and file.kind in STREAMED
    return SeedPiece(path, file.place, file.identity, file.kind, file.source_id, lines, rank, packed, file.table)


def _spool_path(spool: Path, rank: int, file: SeedFile, purpose: str) -> Path:
    spool.mkdir(parents=True, exist_ok=True)
    return spool / f"seed-{stable_id('seed', rank, file.identity)[:12]}.{purpose}"


# --- reading again --------------------------------------------------------------------------------------------------


def read_body(ref: DocumentRef) -> bytes:
    """Return the bytes that `ref` points to. Raises OSError if they are no longer there."""
    descriptor = os.open(ref.path, os.O_RDONLY)
    try:
        body = os.pread(descriptor, ref.length, ref.start)
    finally:
        os.close(descriptor)
    if len(body) < ref.length:
        raise OSError(f"{ref.place}: the file is shorter than it was when the run began")
    return body

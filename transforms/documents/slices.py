"""Seeds of a run cut into slices of so many documents, each of which is read, analysed and committed by itself."""

import itertools
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from transforms.documents.seed_files import STREAMED, SeedPiece, SeedShard
from transforms.documents.seed_reading import iterate_shard
from transforms.tables.records import DocumentRef, Failure

FOLDER = "parts"  # of the spool: what was listed of shards that hold more than one slice
BYTES_PER_ENTRY = 500  # of a stored feed: the shortest entries of real feeds
# Of a table, an archive or an export: no document is shorter. What is packed shrinks to a fifth.
BYTES_PER_ROW = 100
PACKED_BYTES_PER_ROW = 20
PARTS = 4  # in which a slice of a single shard is listed, so that several processes share it
_BLOCK = 1024 * 1024  # bytes read at once


@dataclass(frozen=True, slots=True)
class SeedPart:
    """Some of the documents of a shard that holds too many for one slice, listed in the file at `path`."""

    shard: str
    path: str


@dataclass(frozen=True, slots=True)
class Slice:
    """What one commit of a run reads. `last` is true for the last one, which is the only one of a small run."""

    number: int
    seeds: tuple[SeedShard | SeedPart, ...]
    last: bool


def cut_into_slices(
    shards: Sequence[SeedShard], most: int, spool_dir: str, run_id: str, collected_at: datetime
) -> Iterator[Slice]:
    """Yield the slices of `shards` in their order, each of at most about `most` documents; one without shards.

    What a slice holds is found out only when it is asked for. Raises OSError when the spool can't be written.
    """
    groups = _grouped(_sized(shards, most, spool_dir, run_id, collected_at), most)
    ahead = next(groups, ())
    for number in itertools.count():
        seeds, following = ahead, next(groups, None)
        yield Slice(number, seeds, following is None)
        if following is None:
            return
        ahead = following


def read_part(part: SeedPart) -> Iterator[DocumentRef | Failure]:
    """Yield what `part` lists. Raises OSError."""
    with open(part.path, "rb") as file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301 - written by this run, below its own staging folder
            except EOFError:
                return


def most_documents(shard: SeedShard) -> int:
    """Return how many documents `shard` holds at most, about. Raises OSError where its lines can't be counted."""
    return sum(_most_of_piece(piece) for piece in shard.pieces)


def _most_of_piece(piece: SeedPiece) -> int:
    size = piece.lines.stop - piece.lines.start
    if piece.kind == "jsonl":
        return _count_lines(piece)
    if piece.kind == "feed":
        return 1 + size // BYTES_PER_ENTRY
    if piece.kind in STREAMED:
        return 1 + size // (PACKED_BYTES_PER_ROW if piece.packed else BYTES_PER_ROW)
    return 1


def _count_lines(piece: SeedPiece) -> int:
    count, left = 1, piece.lines.stop - piece.lines.start
    with open(piece.path, "rb") as file:
        file.seek(piece.lines.start)
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            count += block.count(b"\n")
            left -= len(block)
    return count


def _grouped(
    sized: Iterator[tuple[SeedShard | SeedPart, int]], most: int
) -> Iterator[tuple[SeedShard | SeedPart, ...]]:
    group: list[SeedShard | SeedPart] = []
    total = 0
    for one, size in sized:
        if group and total + size > most:
            yield tuple(group)
            group, total = [], 0
        group.append(one)
        total += size
    if group:
        yield tuple(group)


def _sized(
    shards: Sequence[SeedShard], most: int, spool_dir: str, run_id: str, collected_at: datetime
) -> Iterator[tuple[SeedShard | SeedPart, int]]:
    for shard in shards:
        try:
            size = most_documents(shard)
        except OSError:
            size = 0  # it is gone since the run was planned: the step that reads it tells
        if size <= most:
            yield shard, size
            continue
        items = iterate_shard(shard, spool_dir, run_id, collected_at)
        for number in itertools.count():
            some = list(itertools.islice(items, max(1, most // PARTS)))
            if not some:
                break
            yield _write_part(f"{shard.shard}-{number}", some, Path(spool_dir)), len(some)


def _write_part(name: str, items: Sequence[DocumentRef | Failure], spool: Path) -> SeedPart:
    path = spool / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        for item in items:
            # A shard's rows lie in one file of each table; parts of it are published one after the other.
            pickle.dump(replace(item, shard=name), file)
    return SeedPart(name, str(path))

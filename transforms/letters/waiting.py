"""Dead letters that wait to be tried again: found in the tables, and laid out as documents of a run."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from transforms.dataset.layout import Layout
from transforms.letters.item import KEPT, restore, state_of
from transforms.tables.records import DocumentRef

LETTERS_PER_SHARD = 500  # some seconds of work for one worker
BATCH_ROWS = 200  # rows with items in memory at a time: 50 MB at most
SPOOL = "letters.spool"

RESOLVED = ("read", "rejected")  # outcomes of a retry after which nothing is left to do


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter that is open: why it failed last, and whether its item is kept."""

    item_id: str
    source_id: str | None
    place: str
    reason: str
    state: str | None  # a `transforms.letters.item.ItemState`


@dataclass(frozen=True, slots=True)
class LetterShard:
    """Letters that one worker tries: `path` is a file of references, one JSON line each."""

    shard: str
    path: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The open letters of a dataset, by whether they can be tried, and failures that were no document at all."""

    letters: tuple[Letter, ...]
    without_item: tuple[Letter, ...]
    no_documents: int

    def missing(self) -> dict[str, int]:
        """Return the numbers of letters without an item, by why it is not there."""
        return dict(sorted(Counter(one.state or "unknown" for one in self.without_item).items()))


def items_by_state(out: Path | str) -> dict[str, frozenset[str]]:
    """Return the ids of all items that the dataset at `out` knows, by their ItemState."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in _rows(out, "failures", ("item_id", "item_ref")):
        state = state_of(row["item_ref"])
        if row["item_id"] and state:
            found[state].add(row["item_id"])
    return {state: frozenset(ids) for state, ids in found.items()}


def find_waiting(out: Path | str) -> Waiting:
    """Return the open letters of the dataset at `out`: those whose last failure no retry has answered since."""
    failed: dict[str, dict[str, Any]] = {}
    kept: set[str] = set()
    no_documents = 0
    for row in _rows(out, "failures", ("item_id", "source_id", "place", "reason", "item_ref", "run_id")):
        item_id = row["item_id"]
        if item_id is None:
            no_documents += row["item_ref"] is None
            continue
        if state_of(row["item_ref"]) == KEPT:
            kept.add(item_id)
        if item_id not in failed or row["run_id"] >= failed[item_id]["run_id"]:
            failed[item_id] = row
    for row in _rows(out, "retries", ("item_id", "outcome", "reason", "run_id")):
        last = failed.get(row["item_id"])
        if last is None or row["run_id"] < last["run_id"]:
            continue
        failed[row["item_id"]] = {**last, "run_id": row["run_id"], "reason": row["reason"], "outcome": row["outcome"]}
    letters = [
        Letter(key, row["source_id"], row["place"], row["reason"], KEPT if key in kept else state_of(row["item_ref"]))
        for key, row in sorted(failed.items(), key=lambda pair: (pair[1]["place"], pair[0]))
        if row.get("outcome") not in RESOLVED
    ]
    return Waiting(
        tuple(one for one in letters if one.state == KEPT),
        tuple(one for one in letters if one.state != KEPT),
        no_documents,
    )


def lay_out_letters(out: Path | str, letters: Iterable[Letter], spool: Path) -> list[LetterShard]:
    """Write the items of `letters` below `spool`, and return the shards of their references, the oldest first.

    An item is the document that it was: with its own time of collection. Raises OSError when the spool can't be
    written.
    """
    wanted = {one.item_id for one in letters}
    placed: list[tuple[DocumentRef, int]] = []
    spool.mkdir(parents=True, exist_ok=True)
    target = spool / SPOOL
    with open(target, "wb") as file:
        for ref, body in _items(out, wanted):
            placed.append((ref, file.tell()))
            file.write(body + b"\n")
    # The order in which they first came: versions of one article must follow one another.
    placed.sort(key=lambda one: (one[0].collected_at, one[0].rank, one[0].start, one[0].place, one[0].retried or ""))
    refs = [replace(ref, path=str(target), start=start, rank=rank) for rank, (ref, start) in enumerate(placed)]
    return list(_shards(refs, spool))


def read_shard(shard: LetterShard) -> Iterator[DocumentRef]:
    """Yield the references of a shard. Raises OSError if it is no longer there."""
    with open(shard.path, encoding="utf-8") as file:
        for line in file:
            told = json.loads(line)
            yield DocumentRef(**{**told, "collected_at": datetime.fromisoformat(told["collected_at"])})


def _items(out: Path | str, wanted: set[str]) -> Iterator[tuple[DocumentRef, bytes]]:
    left = set(wanted)
    for row in _rows(out, "failures", ("item_id", "source_id", "place", "item_ref", "item")):
        if row["item"] is None or row["item_id"] not in left:
            continue
        restored = restore(row)
        if restored is not None:
            left.discard(row["item_id"])
            yield restored


def _shards(refs: Sequence[DocumentRef], spool: Path) -> Iterator[LetterShard]:
    for number, first in enumerate(range(0, len(refs), LETTERS_PER_SHARD)):
        shard = f"retry-{number:05d}"
        path = spool / f"{shard}.jsonl"
        with open(path, "w", encoding="utf-8") as file:
            for ref in refs[first : first + LETTERS_PER_SHARD]:
                line = {**asdict(ref), "shard": shard, "collected_at": ref.collected_at.isoformat()}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        yield LetterShard(shard, str(path))


def _rows(out: Path | str, table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield rows of all published files of a table; columns that an earlier release did not write are None."""
    for path in sorted((Layout(out).tables / table).glob("dt=*/*.parquet")):
        with pq.ParquetFile(path) as file:
            there = [name for name in columns if name in file.schema_arrow.names]
            for batch in file.iter_batches(BATCH_ROWS, columns=there):
                for row in batch.to_pylist():
                    yield {name: row.get(name) for name in columns}

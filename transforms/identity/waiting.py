"""Documents that wait for the last slice of a run, kept in its spool."""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from transforms.identity.decide import Candidate

FOLDER = "waiting"


def keep_waiting(spool: str, number: int, candidates: Sequence[Candidate]) -> None:
    """Keep what waits of slice `number`. Raises OSError."""
    if not candidates:
        return
    path = Path(spool) / FOLDER / f"{number:05d}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(list(candidates)))


def waiting_files(spool: str) -> list[str]:
    """Return the files of what waits, in the order of slices."""
    return [str(path) for path in sorted((Path(spool) / FOLDER).glob("*"))]


def read_waiting(path: str) -> Iterator[Candidate]:
    """Yield what waits, by the shards of its own that the last slice writes it to. Raises OSError."""
    for one in pickle.loads(Path(path).read_bytes()):  # noqa: S301 - written by this run, below its own staging folder
        yield replace(one, ref=replace(one.ref, shard=f"{one.ref.shard}-waited"))

"""How far a run is, told by workers in small files that the command line reads while the graph runs."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

FOLDER = "progress"
WRITE_EVERY = 0.5  # seconds between two writes of one worker: a person reads no faster


class Progress:
    """The numbers of one shard; losing them harms nothing."""

    def __init__(self, staging: str, shard: str) -> None:
        self._path = Path(staging) / FOLDER / f"{shard}.json"
        self._numbers = {"documents": 0, "relevant": 0, "findings": 0}
        self._written = 0.0

    def add(self, relevant: bool, findings: int) -> None:
        """Count one analysed document."""
        self._numbers["documents"] += 1
        self._numbers["relevant"] += relevant
        self._numbers["findings"] += findings
        if time.monotonic() - self._written > WRITE_EVERY:
            self.close()

    def close(self) -> None:
        """Write the numbers."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._numbers), encoding="utf-8")
        self._written = time.monotonic()


def read_progress(staging: str) -> Mapping[str, int]:
    """Return the sums over all shards; a file in the making counts as nothing."""
    sums: dict[str, int] = {"documents": 0, "relevant": 0, "findings": 0}
    for path in Path(staging).glob(f"{FOLDER}/*.json"):
        try:
            numbers = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        for name in sums:
            sums[name] += int(numbers.get(name, 0))
    return sums

"""What the slices of a run did so far, carried from one to the next: the row of `runs` tells of all of them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from transforms.tables.shard_writer import StagedFile

HELD_TABLES = ("failures",)  # published with a run's last slice: a run that is cut short reads what failed once more
_FILE = "slice.json"  # in the run's staging folder


@dataclass(frozen=True, slots=True)
class SliceTotals:
    """Files that were staged (published but those of HELD_TABLES), tallies, unexpected errors, and broken articles.

    `broken` are the ids of articles of which a version failed unexpectedly: later versions wait for it.
    """

    files: tuple[StagedFile, ...] = ()
    tallies: tuple[tuple[tuple[str, str], int], ...] = ()
    errors: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    def plus(
        self,
        files: Sequence[StagedFile],
        tallies: Mapping[tuple[str, str], int],
        errors: Sequence[str],
        broken: Sequence[str],
    ) -> "SliceTotals":
        """Return the totals with what one more slice did."""
        sums = Counter(dict(self.tallies))
        sums.update(tallies)
        return SliceTotals(
            (*self.files, *files),
            tuple(sorted(sums.items())),
            (*self.errors, *errors),
            tuple(sorted({*self.broken, *broken})),
        )

    def held(self) -> list[StagedFile]:
        """Return the files that wait for the last slice."""
        return [one for one in self.files if one.table in HELD_TABLES]

    def write(self, staging: str) -> None:
        """Leave the totals in the run's staging folder. Raises OSError."""
        data = json.dumps(asdict(self), ensure_ascii=False)
        (Path(staging) / _FILE).write_text(data, encoding="utf-8")

    @classmethod
    def read(cls, staging: str) -> "SliceTotals":
        """Return what `write` left. Raises OSError."""
        told = json.loads((Path(staging) / _FILE).read_text(encoding="utf-8"))
        return cls(
            tuple(StagedFile(**one) for one in told["files"]),
            tuple(((kind, key), number) for (kind, key), number in told["tallies"]),
            tuple(told["errors"]),
            tuple(told["broken"]),
        )


@dataclass(frozen=True, slots=True)
class SliceFacts:
    """Which slice of its run a commit is, and what the slices `before` it did."""

    number: int = 0
    last: bool = True
    before: SliceTotals = SliceTotals()

    def commit_id(self, run_id: str) -> str:
        """Return the id of the commit: that of the run where it has no other."""
        return run_id if self.last and not self.number else f"{run_id}-s{self.number:05d}"


ONLY_SLICE = SliceFacts()

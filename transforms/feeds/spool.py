"""The spool: entries of feeds on disk, one JSON line each, so that bodies are never shuffled."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import Any

from transforms.tables.records import FeedEntry

_NAMES = tuple(field.name for field in fields(FeedEntry))
_EMPTY: dict[str, Any] = {name: None for name in _NAMES if name != "edited"}


class SpoolFault(OSError):
    """The spool can't be written: the disk is full or not ours."""


class SpoolWriter:
    """Appends entries to one new file at `path`. Raises SpoolFault when the disk does not take them."""

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "wb")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise SpoolFault(*error.args) from error
        self._end = 0

    def add(self, entry: FeedEntry) -> tuple[int, int]:
        """Write `entry` and return start and length of its line in bytes, the line end left out."""
        values = {name: value for name, value in asdict(entry).items() if value not in (None, False)}
        line = json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
        try:
            self._file.write(line + b"\n")
        except OSError as error:
            raise SpoolFault(*error.args) from error
        start, self._end = self._end, self._end + len(line) + 1
        return start, len(line)

    def close(self) -> None:
        """Give all to the file system."""
        try:
            self._file.close()
        except OSError as error:
            raise SpoolFault(*error.args) from error

    def __enter__(self) -> "SpoolWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_spool(path: Path | str, entries: Iterable[FeedEntry]) -> list[tuple[int, int]]:
    """Write `entries` to a new spool file at `path`; return start and length of each line in bytes."""
    with SpoolWriter(path) as spool:
        return [spool.add(entry) for entry in entries]


def read_entry(line: bytes) -> FeedEntry:
    """Return the entry in one `line` of a spool. Raises ValueError where it is none."""
    values = json.loads(line)
    if not isinstance(values, dict):
        raise ValueError("not a spooled entry")
    known: dict[str, Any] = {name: values[name] for name in _NAMES if name in values}
    return FeedEntry(**{**_EMPTY, **known})

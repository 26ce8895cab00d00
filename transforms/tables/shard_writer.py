"""Writing the rows of one shard of a run to staged Parquet files, strictly and with flat memory."""

import itertools
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.tables.restricted import make_place
from transforms.tables.schemas import SPECS, schema_of

ROW_GROUP_CHARACTERS = 16_000_000  # of text in one row group: bounds memory at about 100 MB while it is written
ROW_GROUP_ROWS = 100_000  # rows in one row group where they hold little text
COMPRESSION = "zstd"
COMPRESSION_LEVEL = 3  # zstd's own default: higher ones halve the speed for 3 % of size on news
FOLDER = "tables"  # within the staging folder of a run

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,150}")
_attempt = itertools.count()

Row = Any  # an instance of the table's record type, or a mapping with exactly its columns


class InvalidRow(ValueError):
    """A row that does not fit its table; the message names table and column."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One finished Parquet file that waits to be published as `tables/<table>/dt=<dt>/<name>`."""

    table: str
    dt: str  # YYYY-MM-DD
    staged_path: str
    name: str
    rows: int
    bytes: int


class ShardWriter:
    """Writes rows of any table into files named after run and shard: writing a shard again overwrites it.

    As a context manager it removes what it wrote if the block fails.
    """

    def __init__(self, staging: Path | str, run_id: str, shard: str, metadata: Mapping[str, str]) -> None:
        """Write below `staging`, the folder of the run. `metadata` goes into each file. Raises ValueError for names."""
        for part in (run_id, shard):
            if not _NAME.fullmatch(part) or ".." in part:
                raise ValueError(f"{part!r} cannot be part of a file name")
        self._staging = Path(staging)
        self._name = f"{run_id}-{shard}.parquet"
        self._metadata = {**metadata, "picket.run_id": run_id, "picket.shard": shard}
        self._files: dict[tuple[str, str], _PartFile] = {}

    def add(self, table: str, row: Row, at: datetime | None = None) -> None:
        """Add `row` to `table` under the UTC date of `at`, by default of the column that dates the table.

        Raises InvalidRow for an unknown or missing column, a wrong type, a null or a text that cannot be stored.
        """
        cells = _cells(table, row)
        dated_by = SPECS[table].dated_by
        when = at if at is not None else cells[_position(table, dated_by)] if dated_by else None
        if when is None:
            raise InvalidRow(f"{table}: the time that dates the row is missing")
        if when.utcoffset() is None:
            raise InvalidRow(f"{table}: the time that dates the row has no time zone")
        dt = when.astimezone(UTC).date().isoformat()
        part = self._files.get((table, dt))
        if part is None:
            target = self._staging / FOLDER / table / f"dt={dt}" / self._name
            part = self._files[table, dt] = _PartFile(table, target, self._metadata)
        part.add(cells)

    def close(self) -> list[StagedFile]:
        """Finish all files and return them, by table and date."""
        staged = []
        for (table, dt), part in sorted(self._files.items()):
            size = part.close()
            staged.append(StagedFile(table, dt, str(part.target), self._name, part.rows, size))
        self._files = {}
        return staged

    def abort(self) -> None:
        """Remove everything that is not closed."""
        for part in self._files.values():
            part.abort()
        self._files = {}

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.abort()


class _PartFile:
    """One file in the making. It gets its name only when whole, so that a second attempt never sees half of it."""

    def __init__(self, table: str, target: Path, metadata: Mapping[str, str]) -> None:
        self.table = table
        self.target = target
        self.rows = 0
        self._schema = schema_of(table).with_metadata({**schema_of(table).metadata, **metadata})
        self._unfinished = target.with_name(f".{target.name}.{os.getpid()}.{next(_attempt)}")
        self._writer: pq.ParquetWriter | None = None
        self._rows: list[list[Any]] = []
        self._characters = 0
        self._order = itemgetter(*(_position(table, name) for name in SPECS[table].sorted_by))
        self._texts = [i for i, column in enumerate(self._schema) if column.type == pa.string()]

    def add(self, cells: list[Any]) -> None:
        self._rows.append(cells)
        self._characters += sum(len(cells[i]) for i in self._texts if cells[i] is not None)
        if self._characters >= ROW_GROUP_CHARACTERS or len(self._rows) >= ROW_GROUP_ROWS:
            self._flush()

    def close(self) -> int:
        """Finish the file, give it its name, and return its size in bytes."""
        self._flush()
        if self._writer is not None:
            self._writer.close()
        os.replace(self._unfinished, self.target)
        return self.target.stat().st_size

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._unfinished.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._rows:
            return
        self._rows.sort(key=self._order)
        columns = [
            _array(self.table, column, values)
            for column, values in zip(self._schema, zip(*self._rows, strict=True), strict=True)
        ]
        if self._writer is None:
            make_place(self._unfinished, SPECS[self.table].restricted)
            self._writer = pq.ParquetWriter(
                self._unfinished,
                self._schema,
                compression=COMPRESSION,
                compression_level=COMPRESSION_LEVEL,
                write_page_index=True,
            )
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema), row_group_size=len(self._rows))
        self.rows += len(self._rows)
        self._rows = []
        self._characters = 0


def _cells(table: str, row: Row) -> list[Any]:
    names = schema_of(table).names
    if isinstance(row, SPECS[table].record):
        values = [getattr(row, name) for name in names]
    elif isinstance(row, Mapping):
        unknown, missing = sorted(set(row) - set(names)), [name for name in names if name not in row]
        if unknown or missing:
            raise InvalidRow(f"{table}: {'unknown' if unknown else 'missing'} column {(unknown or missing)[0]}")
        values = [row[name] for name in names]
    else:
        raise InvalidRow(f"{table}: a {type(row).__name__} is not a row of this table")
    for column, value in zip(schema_of(table), values, strict=True):
        if value is None:
            if not column.nullable:
                raise InvalidRow(f"{table}.{column.name}: null where every row must have a value")
        elif (wrong := _CHECKS[column.type.id](value)) is not None:
            raise InvalidRow(f"{table}.{column.name}: {wrong}")
    return values


def _array(table: str, column: pa.Field, values: tuple[Any, ...]) -> pa.Array:
    try:
        return pa.array(values, type=column.type)
    except (pa.ArrowException, UnicodeError, ValueError, TypeError, OverflowError) as error:
        raise InvalidRow(f"{table}.{column.name}: {error}") from error


def _position(table: str, name: str | None) -> int:
    return int(schema_of(table).get_field_index(name))


def _check_text(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"{type(value).__name__} where text is expected"
    try:
        value.isascii() or value.encode()
    except UnicodeEncodeError:
        return "text with a lone surrogate, which is no Unicode text"
    return None


def _check_whole(value: Any) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"{type(value).__name__} where a whole number is expected"
    return None if -(2**63) <= value < 2**63 else "a whole number of more than 64 bits"


def _check_number(value: Any) -> str | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return f"{type(value).__name__} where a number is expected"
    return None if math.isfinite(value) else f"{value} is not a finite number"


def _check_truth(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"{type(value).__name__} where true or false is expected"


def _check_time(value: Any) -> str | None:
    if not isinstance(value, datetime):
        return f"{type(value).__name__} where a time is expected"
    return "a time without a time zone" if value.utcoffset() is None else None


def _check_list(value: Any) -> str | None:
    if not isinstance(value, (tuple, list)):
        return f"{type(value).__name__} where a list is expected"
    return next((f"in a list: {wrong}" for item in value if (wrong := _check_text(item))), None)


def _check_map(value: Any) -> str | None:
    if not isinstance(value, (tuple, list)):
        return f"{type(value).__name__} where pairs are expected"
    if any(not isinstance(pair, tuple) or len(pair) != 2 or pair[1] is None for pair in value):  # noqa: PLR2004 - a pair has two
        return "something that is no pair of key and value"
    if len({pair[0] for pair in value}) < len(value):
        return "a key that occurs twice"
    return next((f"in a key: {wrong}" for key, _ in value if (wrong := _check_text(key))), None)


_CHECKS: Mapping[int, Callable[[Any], str | None]] = {
    pa.string().id: _check_text,
    pa.int64().id: _check_whole,
    pa.float64().id: _check_number,
    pa.bool_().id: _check_truth,
    pa.timestamp("us", tz="UTC").id: _check_time,
    pa.list_(pa.string()).id: _check_list,
    pa.map_(pa.string(), pa.string()).id: _check_map,
}

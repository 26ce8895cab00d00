"""Tables read as seed records: CSV in a declared dialect, and Parquet with a map of columns."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from transforms.documents.encodings import detect_cyrillic
from transforms.documents.streams import GZIP_FAULTS, gzip_fault, open_stream
from transforms.tables.records import Unreadable

RECORD_KEYS = ("id", "title", "text", "url", "lang", "published", "source")
MAX_FIELD = 16 * 1024 * 1024  # characters of one field: what a quote that never closes may swallow
MAX_COLUMNS_TOLD = 20  # names of columns in a message
BATCH_ROWS = 256  # rows of Parquet in memory at a time
_HEAD = 1024 * 1024  # bytes at the start of a file that tell its encoding
_OTHER_DELIMITERS = (";", "\t", "|")


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How the tables are laid out whose names match the glob `match`.

    `columns` maps keys of a seed record to names of columns, or to their numbers from 1 where the table has no header.
    Keys that aren't mapped are columns of their own name. `encoding` None means: found out.
    """

    match: str = "*"
    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    encoding: str | None = None
    columns: tuple[tuple[str, str | int], ...] = ()


DEFAULT_FORMAT = TableFormat()
TAB_SEPARATED = TableFormat(delimiter="\t")


@dataclass(frozen=True, slots=True)
class Found:
    """A record, a page, or why there is none; `place` is what follows the file's name, `source_id` its own source."""

    place: str
    content: Mapping[str, object] | bytes | Unreadable
    source_id: str | None = None
    url: str | None = None


def read_csv(path: str, table: TableFormat, *, packed: bool = False) -> Iterator[Found]:
    """Yield each row of a CSV file as a record, with the line that it starts in. Raises OSError.

    Without a declared format another delimiter than the comma is taken only if the header proves it.
    """
    encoding = table.encoding or _encoding(path, packed=packed)
    with open_stream(path, packed=packed) as stream:
        try:
            yield from _rows(io.TextIOWrapper(stream, encoding=encoding, newline=""), table)
        except GZIP_FAULTS as error:
            yield Found("", gzip_fault(error))
        except (UnicodeDecodeError, LookupError) as error:
            yield Found("", Unreadable("bad_encoding", f"can't be read as {encoding}: {error}"))


def _rows(stream: io.TextIOWrapper, table: TableFormat) -> Iterator[Found]:
    # One setting of the whole process, always set to the same.
    csv.field_size_limit(MAX_FIELD)
    first = stream.readline(MAX_FIELD) if table.header else ""
    if table.header and not first.strip("\ufeff \r\n"):
        return
    delimiter = table.delimiter
    if table is DEFAULT_FORMAT:
        delimiter = next((one for one in (delimiter, *_OTHER_DELIMITERS) if _keys_of(first, one)), delimiter)
    names = _split(first, delimiter, table.quote)
    places = _places(names, table)
    if isinstance(places, Unreadable):
        yield Found("", places)
        return
    rows = csv.reader(stream, delimiter=delimiter, quotechar=table.quote)
    line = int(table.header)
    while True:
        place = f":{line + rows.line_num + 1}"
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Found(place, Unreadable("bad_csv", f"can't be read any further: {error}"))
            return
        if any(row):
            yield Found(place, _record(row, places, len(names)))


def _record(row: Sequence[str], places: Mapping[str, int], width: int) -> dict[str, object] | Unreadable:
    if width and len(row) > width:
        return Unreadable("bad_record", f"has {len(row)} fields, and the header {width}")
    return {key: row[index] for key, index in places.items() if index < len(row)}


def _split(line: str, delimiter: str, quote: str) -> list[str]:
    cells = next(csv.reader([line.lstrip("\ufeff")], delimiter=delimiter, quotechar=quote), [])
    return [cell.strip() for cell in cells]


def _keys_of(line: str, delimiter: str) -> bool:
    return not {"title", "text"}.isdisjoint(name.lower() for name in _split(line, delimiter, '"'))


def _places(names: Sequence[str], table: TableFormat) -> dict[str, int] | Unreadable:
    """Return the index of each key's column, or why the columns do not make records."""
    lowered = {name.lower(): index for index, name in reversed(list(enumerate(names)))}
    places: dict[str, int] = {}
    wanted = {key: key for key in RECORD_KEYS} if table.header else {}
    for key, column in {**wanted, **dict(table.columns)}.items():
        index = column - 1 if isinstance(column, int) else lowered.get(column.lower())
        if index is not None:
            places[key] = index
        elif (key, column) in table.columns:
            return Unreadable("bad_columns", f"has no column {column}; it has {_told(names)}")
    if "title" not in places and "text" not in places:
        return Unreadable("bad_columns", f"has no column title or text; it has {_told(names)}: map them in the profile")
    return places


def _told(names: Sequence[str]) -> str:
    return ", ".join(names[:MAX_COLUMNS_TOLD])[:1000] or "no header"


def _encoding(path: str, *, packed: bool) -> str:
    with open_stream(path, packed=packed) as stream:
        try:
            head = stream.read(_HEAD)
        except GZIP_FAULTS:
            return "utf-8"  # reading on meets the same fault, and tells it
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return detect_cyrillic(head) or "utf-8-sig"
    return "utf-8-sig"


# --- Parquet --------------------------------------------------------------------------------------------------------


def read_parquet(path: str, table: TableFormat, *, packed: bool = False) -> Iterator[Found]:
    """Yield each row of a Parquet file as a record, with its number from 1. Raises OSError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if packed:
        yield Found("", Unreadable("unknown_format", "a Parquet file inside gzip can't be read in parts: unpack it"))
        return
    with open(path, "rb") as stream:
        try:
            file = pq.ParquetFile(stream)
            names = file.schema_arrow.names
            places = _places(names, table)
            if isinstance(places, Unreadable):
                yield Found("", places)
                return
            columns = [names[index] for index in places.values()]
            number = 0
            for batch in file.iter_batches(BATCH_ROWS, columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield Found(f"#row {number}", {key: _plain(row[names[index]]) for key, index in places.items()})
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno:
                raise  # of the disk, not of the file's content
            yield Found("", Unreadable("bad_parquet", f"is no whole Parquet file: {error}"[:500]))


def _plain(value: Any) -> object:
    """Return a cell as JSON has it; what it has no form for stays a type that the record's reader refuses."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None or isinstance(value, (str, int, float)):
        return value
    return [type(value).__name__]

"""`picket query`: the tables and views of a dataset in SQL, as a table, CSV or JSON lines."""

import csv
import json
import os
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from pipeline.views import VIEWS, views_sql, write_views
from transforms.dataset.layout import Layout
from transforms.dataset.lock import DatasetBusy, reading
from transforms.tables.schemas import OPEN_TABLES

FORMATS = ("table", "csv", "json")
BATCH_ROWS = 2_000  # rows fetched at a time
TABLE_ROWS = 1_000  # rows of an aligned table: its widths need them all at once
CELL_WIDTH = 60  # columns of the terminal that one cell may take
EXIT_FINE = 0
EXIT_USAGE = 2

# What moves the cursor, hides text or turns its direction: shown as its code.
_UNSAFE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # also the wide forms, which some sheets take

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",  # a question must not download anything
    "python_enable_replacements": "false",  # names in a question are tables, never variables of this program
    "TimeZone": "UTC",
}

EXAMPLES = (
    "SELECT actor_id, count(*) AS mentions FROM mentions GROUP BY ALL ORDER BY mentions DESC",
    "SELECT lang, code, evidence FROM complaints WHERE status = 'asserted' LIMIT 10",
    "SELECT * FROM complaints_by_actor WHERE actor_id IS NOT NULL",
    "SELECT day, sum(mentions) AS mentions FROM mentions_daily GROUP BY day ORDER BY day",
    "SELECT source_id, last_poll, last_outcome, new_items FROM feed_health",
)


class QueryError(Exception):
    """A query that cannot be answered; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns of an answer and its rows, batch by batch, read while the query runs."""

    columns: tuple[str, ...]
    batches: Iterator[list[tuple[Any, ...]]]


def ask(out: Path | str, sql: str | None, output: str = "table") -> int:
    """Answer `sql` on stdout in the format `output`; without `sql`, show what can be asked. Return the exit code."""
    if output not in FORMATS:
        print(f"unknown format {output!r}: one of {', '.join(FORMATS)}", file=sys.stderr)
        return EXIT_USAGE
    try:
        if sql is None:
            sys.stdout.write(examples())
            return EXIT_FINE
        with run_query(out, sql) as answer:
            write_answer(answer, output, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`| head`) has enough. What Python flushes at its end must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (QueryError, DatasetBusy) as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    return EXIT_FINE


@contextmanager
def run_query(out: Path | str, sql: str) -> Iterator[Answer]:
    """Answer `sql` over the dataset at `out`; commits wait until the block ends. Raises QueryError, DatasetBusy."""
    import duckdb

    if not Layout(out).state.is_dir():
        raise QueryError(f"there is no dataset in {out}; `picket run` makes one")
    with reading(out):
        connection = duckdb.connect(config=SETTINGS)
        try:
            # Without a database file DuckDB would put what does not fit into memory into the current folder.
            connection.execute("SET temp_directory = ?", [tempfile.gettempdir()])
            _make_views(out, connection)
            result = connection.sql(sql)
            yield Answer(tuple(result.columns), _batches(result)) if result is not None else Answer((), iter(()))
        except duckdb.Error as error:
            raise QueryError(_one_line(str(error))) from error
        finally:
            connection.close()


def write_answer(answer: Answer, output: str, stream: TextIO) -> None:
    """Write `answer` to `stream` as `table`, `csv` or `json` (one object a line)."""
    if not answer.columns:
        return
    if output == "csv":
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([formula_safe(name) for name in answer.columns])
        for batch in answer.batches:
            writer.writerows([_csv_cell(cell) for cell in row] for row in batch)
    elif output == "json":
        for batch in answer.batches:
            for row in batch:
                stream.write(json_line(dict(zip(answer.columns, row, strict=True))) + "\n")
    else:
        _write_table(answer, stream)


def examples() -> str:
    """Return what can be asked, for a person."""
    lines = ["Tables (each row's day of collection is `dt`):"]
    lines += [f"  {name}" for name in OPEN_TABLES]
    lines += ["", "Views:"]
    lines += [f"  {view.name:<20} {view.about}" for view in VIEWS]
    lines.append(f"  {'code_mapping':<20} the codes in the terms of other schemes, with the quality of the match")
    lines += ["", "Examples:"]
    lines += [f'  picket query "{example}"' for example in EXAMPLES]
    return "\n".join(lines) + "\n"


def printable(text: str) -> str:
    """Return `text` in one line and without characters that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    spaced = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return "".join(c if unicodedata.category(c) not in _UNSAFE else _code(c) for c in spaced)


def formula_safe(text: str) -> str:
    """Return `text` so that a spreadsheet takes it for text, and a terminal obeys nothing in it."""
    marked = f"'{text}" if text.startswith(_FORMULA) else text
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in _UNSAFE else _code(c) for c in marked)


def json_line(row: dict[str, Any]) -> str:
    """Return `row` as one line of JSON without characters that a terminal would obey."""
    text = json.dumps(row, ensure_ascii=False, default=_plain)
    return text if text.isascii() else "".join(c if unicodedata.category(c) not in _UNSAFE else _u(c) for c in text)


def _make_views(out: Path | str, connection: Any) -> None:
    try:
        write_views(out)  # a release that knows more columns than the last run's brings its own
    except OSError as error:
        if not (Layout(out).meta / "views.sql").is_file():
            raise QueryError(f"the views cannot be written: {error}") from error
    connection.execute(views_sql(out))


def _batches(result: Any) -> Iterator[list[tuple[Any, ...]]]:
    # Through Arrow: DuckDB's own conversion of times needs a library that it does not install.
    # The older name of the same call is all that DuckDB 1 has.
    reader = getattr(result, "to_arrow_reader", None) or result.fetch_record_batch
    for batch in reader(BATCH_ROWS):
        columns = [column.to_pylist() for column in batch.columns]
        yield list(zip(*columns, strict=True))


def _write_table(answer: Answer, stream: TextIO) -> None:
    rows: list[list[str]] = []
    numeric = [True] * len(answer.columns)
    more = False
    for batch in answer.batches:
        for row in batch:
            if len(rows) == TABLE_ROWS:
                more = True
                break
            rows.append([_table_cell(cell) for cell in row])
            numeric = [
                n and (cell is None or (isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool)))
                for n, cell in zip(numeric, row, strict=True)
            ]
        if more:
            break
    header = [printable(name) for name in answer.columns]
    limit = max(CELL_WIDTH, shutil.get_terminal_size().columns // len(header) - 2)
    lines = [[_cut(cell, limit) for cell in line] for line in [header, *rows]]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        stream.write("  ".join(_padded(*one) for one in zip(line, widths, numeric, strict=True)).rstrip() + "\n")
    stream.flush()
    if more:
        print(f"The first {TABLE_ROWS} rows; all of them with --format csv or json.", file=sys.stderr)


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if right else cell + space


def _cut(cell: str, limit: int) -> str:
    if _width(cell) <= limit:
        return cell
    kept, used = "", 0
    for character in cell:
        used += _width(character)
        if used >= limit:
            break
        kept += character
    return kept + "…"


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _table_cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return printable(_text(value))


def _csv_cell(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, Decimal)):
        return value
    return formula_safe(_text(value))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds" if value.microsecond else "seconds")
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return value if isinstance(value, str) else str(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def _code(character: str) -> str:
    return f"\\x{ord(character):02x}" if ord(character) <= 0xFF else f"\\u{ord(character):04x}"  # noqa: PLR2004 - one byte


def _u(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _one_line(message: str) -> str:
    first: Iterable[str] = message.split("\n\nLINE ", maxsplit=1)[0].splitlines()
    return printable(" ".join(line.strip() for line in first if line.strip()))


__all__: Sequence[str] = ("QueryError", "ask", "examples", "run_query", "write_answer")

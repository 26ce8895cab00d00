"""`picket export`: a table, a view or a query of a dataset as one CSV or JSON lines file."""

import os
import sys
from pathlib import Path

from pipeline.query import EXIT_FINE, EXIT_USAGE, Answer, QueryError, run_query, write_answer
from pipeline.views import VIEWS
from transforms.dataset.lock import DatasetBusy
from transforms.tables.schemas import OPEN_TABLES, TABLES

FORMATS = {"csv": "csv", "jsonl": "json"}  # the ending of a file → the format of the answer
EXIT_CRASH = 1


def export(out: Path | str, what: str, target: Path | None, output: str = "csv") -> int:
    """Write `what` (a table, a view, or a query) to `target`, or to stdout, and return the exit code.

    Text in CSV is safe to open in a spreadsheet: what would be a formula begins with an apostrophe. A file appears
    only when it is whole.
    """
    if output not in FORMATS:
        print(f"unknown format {output!r}: one of {', '.join(FORMATS)}", file=sys.stderr)
        return EXIT_USAGE
    try:
        with run_query(out, _question(what)) as answer:
            if not answer.columns:
                raise QueryError("this has no answer to export")
            if target is None:
                write_answer(answer, FORMATS[output], sys.stdout)
                sys.stdout.flush()
            else:
                _write_whole(answer, FORMATS[output], target)
    except (QueryError, DatasetBusy) as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"{target} cannot be written: {error.strerror}", file=sys.stderr)
        return EXIT_CRASH
    return EXIT_FINE


def _question(what: str) -> str:
    if what in TABLES and what not in OPEN_TABLES:
        raise QueryError(f"table {what} is restricted: it is not exported")
    names = {*OPEN_TABLES, *(view.name for view in VIEWS)}
    return f"SELECT * FROM {what}" if what in names else what  # noqa: S608 - a name of ours, or the user's own query


def _write_whole(answer: Answer, output: str, target: Path) -> None:
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as stream:
            write_answer(answer, output, stream)
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)

"""`picket schema`: what every table and column means, generated from the record types."""

import json
import sys
from collections.abc import Iterator

from pipeline.views import VIEWS
from transforms.tables.schemas import SCHEMA_VERSION, TABLES, described

FORMATS = ("text", "json", "markdown")
EXIT_FINE = 0
EXIT_USAGE = 2


def show_schema(table: str | None, output: str = "text") -> int:
    """Print the schema of `table`, or of all, on stdout as `text`, `json` or `markdown`; return the exit code."""
    if output not in FORMATS:
        print(f"unknown format {output!r}: one of {', '.join(FORMATS)}", file=sys.stderr)
        return EXIT_USAGE
    if table is not None and table not in TABLES:
        print(f"unknown table {table!r}: one of {', '.join(TABLES)}", file=sys.stderr)
        return EXIT_USAGE
    sys.stdout.write(data_dictionary([table] if table else list(TABLES), output))
    return EXIT_FINE


def data_dictionary(tables: list[str], output: str) -> str:
    """Return the schemas of `tables` as `text`, `json` or `markdown`; the last with the views."""
    if output == "json":
        known = {"schema_version": SCHEMA_VERSION, "tables": [described(table) for table in tables]}
        return json.dumps(known, ensure_ascii=False, indent=2) + "\n"
    lines = _markdown(tables) if output == "markdown" else _text(tables)
    return "\n".join(lines) + "\n"


def _text(tables: list[str]) -> Iterator[str]:
    for number, table in enumerate(tables):
        known = described(table)
        if number:
            yield ""
        yield f"{table}: {known['about']}"
        yield f"  {'dt':<20}{'date':<12}{known['partition']['about']} (the folder)"
        for column in known["columns"]:
            kind = column["type"] + ("?" if column["nullable"] else "")
            yield f"  {column['name']:<20}{kind:<12}{column['about']}"


def _markdown(tables: list[str]) -> Iterator[str]:
    yield f"# Tables (schema version {SCHEMA_VERSION})"
    for table in tables:
        known = described(table)
        yield from ("", f"## {table}", "", known["about"], "")
        yield from ("| column | type | null | meaning |", "|---|---|---|---|")
        yield f"| `dt` | date | no | {known['partition']['about']} The name of the folder. |"
        for column in known["columns"]:
            null = "yes" if column["nullable"] else "no"
            yield f"| `{column['name']}` | {column['type']} | {null} | {_cell(column['about'])} |"
    if len(tables) == len(TABLES):
        yield from ("", "# Views", "", "| view | what it holds |", "|---|---|")
        yield from (f"| `{view.name}` | {_cell(view.about)} |" for view in VIEWS)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

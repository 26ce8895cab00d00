"""Arrow schemas of the tables, derived from the record types."""

import json
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.tables.columns import ABOUT_TABLES, about_column, about_partition
from transforms.tables.records import (
    Article,
    Complaint,
    Daily,
    Demand,
    Failure,
    Fetch,
    Mention,
    PlaceMention,
    Quote,
    Run,
    Sighting,
    Story,
)
from transforms.tables.restricted import Person
from transforms.tables.upkeep_records import Forgotten, Retry

SCHEMA_VERSION = 2  # raised when a column is added; columns are only ever added, and new ones are nullable


@dataclass(frozen=True, slots=True)
class TableSpec:
    """How a table is laid out: its row type, the column whose UTC date is `dt`, and the order of rows in a file.

    `dated_by` is None where the date is another record's: findings lie with their article. `clustered_by` is the order
    within a compacted file, which lets a reader leave out what it does not ask for; `looked_up_by` are the columns
    that get a filter there, for questions about one value. A `restricted` table is its owner's alone: no view, export
    or report shows it.
    """

    record: type
    dated_by: str | None
    sorted_by: tuple[str, ...]
    clustered_by: tuple[str, ...] = ()
    looked_up_by: tuple[str, ...] = ()
    restricted: bool = False


SPECS: Mapping[str, TableSpec] = {
    "articles": TableSpec(
        Article,
        "collected_at",
        ("article_id", "revision"),
        ("published_at", "article_id", "revision"),
        ("article_id", "external_id", "canonical_url"),
    ),
    "mentions": TableSpec(
        Mention,
        None,
        ("article_id", "revision", "field", "start_char", "mention_id"),
        ("actor_id", "published_at", "article_id", "revision", "mention_id"),
        ("article_id",),
    ),
    "complaints": TableSpec(
        Complaint,
        None,
        ("article_id", "revision", "field", "start_char", "complaint_id"),
        ("code", "published_at", "article_id", "revision", "complaint_id"),
        ("article_id",),
    ),
    "quotes": TableSpec(
        Quote,
        None,
        ("article_id", "revision", "field", "start_char", "quote_id"),
        ("published_at", "article_id", "revision", "quote_id"),
        ("article_id",),
    ),
    "demands": TableSpec(
        Demand,
        None,
        ("article_id", "revision", "field", "start_char", "demand_id"),
        ("code", "published_at", "article_id", "revision", "demand_id"),
        ("article_id",),
    ),
    "places": TableSpec(
        PlaceMention,
        None,
        ("article_id", "revision", "field", "start_char", "place_mention_id"),
        ("iso_3166_2", "published_at", "article_id", "revision", "place_mention_id"),
        ("article_id",),
    ),
    "people": TableSpec(
        Person,
        None,
        ("article_id", "revision", "field", "start_char", "person_id"),
        ("published_at", "article_id", "revision", "person_id"),
        ("article_id",),
        restricted=True,
    ),
    "sightings": TableSpec(Sighting, "collected_at", ("article_id", "sighting_id"), looked_up_by=("article_id",)),
    "stories": TableSpec(
        Story, "linked_at", ("article_id",), ("story_id", "article_id", "run_id"), ("article_id", "story_id")
    ),
    "daily": TableSpec(Daily, None, ("source_id", "lang", "level", "actor_id", "code", "status")),
    "forgotten": TableSpec(Forgotten, "forgotten_at", ("kind", "forgotten_id")),
    "fetches": TableSpec(Fetch, "fetched_at", ("source_id", "fetched_at", "fetch_id")),
    "failures": TableSpec(Failure, "occurred_at", ("step", "place", "failure_id")),
    "retries": TableSpec(Retry, "retried_at", ("item_id",)),
    "runs": TableSpec(Run, "started_at", ("run_id",)),
}
TABLES: Mapping[str, type] = {name: spec.record for name, spec in SPECS.items()}
# Those that views, exports and reports may show.
OPEN_TABLES = tuple(name for name, spec in SPECS.items() if not spec.restricted)

_PLAIN: Mapping[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us", tz="UTC"),
}


@cache
def schema_of(table: str) -> pa.Schema:
    """Return the Arrow schema of `table`, without `dt`. Raises KeyError for an unknown table, TypeError for a type."""
    record = TABLES[table]
    hints = get_type_hints(record)
    columns = [_column(item.name, hints[item.name]) for item in fields(record) if item.metadata.get("stored", True)]
    return pa.schema(columns, metadata={"picket.table": table, "picket.schema_version": str(SCHEMA_VERSION)})


def record_of(table: str, row: Mapping[str, Any]) -> Any:
    """Return a stored `row` of `table` as its record; columns that an earlier release did not write are None."""
    values = {one.name: row.get(one.name) for one in schema_of(table)}
    return TABLES[table](**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def described(table: str) -> dict[str, Any]:
    """Return the schema of `table` as plain values: columns in order, with type, nullability and meaning."""
    columns = [
        {
            "name": one.name,
            "type": _type_name(one.type),
            "nullable": one.nullable,
            "about": about_column(table, one.name),
        }
        for one in schema_of(table)
    ]
    return {
        "table": table,
        "about": ABOUT_TABLES[table],
        "schema_version": SCHEMA_VERSION,
        "partition": {"name": "dt", "type": "date", "about": about_partition(table)},
        "columns": columns,
    }


def schema_json(table: str) -> str:
    """Return the schema of `table` as JSON."""
    return json.dumps(described(table), ensure_ascii=False, indent=2) + "\n"


def _type_name(kind: pa.DataType) -> str:
    """Return the name of a column type as people who query say it."""
    if pa.types.is_list(kind):
        return f"{kind.value_type} list"
    if pa.types.is_map(kind):
        return f"{kind.item_type} map"
    return "timestamp" if pa.types.is_timestamp(kind) else str(kind)


def empty_file(table: str) -> bytes:
    """Return a Parquet file of `table` without rows."""
    sink = pa.BufferOutputStream()
    pq.write_table(schema_of(table).empty_table(), sink)
    return bytes(sink.getvalue())


def _column(name: str, hint: Any) -> pa.Field:
    nullable = False
    if get_origin(hint) in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        nullable = len(options) < len(get_args(hint))
        if len(options) != 1:
            raise TypeError(f"column {name}: {hint} is more than one type")
        hint = options[0]
    return pa.field(name, _arrow_type(name, hint), nullable)


def _arrow_type(name: str, hint: Any) -> pa.DataType:
    if get_origin(hint) is Literal:
        return pa.string()
    if get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,):
        element = get_args(hint)[0]
        if get_origin(element) is tuple:
            key, value = get_args(element)
            return pa.map_(_PLAIN[key], pa.field("value", _PLAIN[value], nullable=False))
        # Parquet's own name for what a list holds: any other is lost on the way through a file.
        return pa.list_(pa.field("element", _PLAIN[element], nullable=False))
    if hint not in _PLAIN:
        raise TypeError(f"column {name}: {hint} has no column type")
    return _PLAIN[hint]

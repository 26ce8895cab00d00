"""Writing published rows anew: whole Arrow tables into one staged file, sorted and filtered for readers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.dataset.absorb import PublishedFile
from transforms.dataset.layout import Layout
from transforms.tables.restricted import make_place
from transforms.tables.schemas import SPECS, schema_of
from transforms.tables.shard_writer import COMPRESSION, StagedFile

COMPRESSION_LEVEL = 9  # written once and read often: 10 % smaller than level 3, at a third of its speed
ROW_GROUP_BYTES = 32 * 1024 * 1024  # uncompressed bytes of a row group: what a reader must unpack at least
MIN_GROUP_ROWS = 1_000
MAX_GROUP_ROWS = 122_880  # DuckDB's own size of a row group
FALSE_POSITIVES = 0.01  # of the filters: 10 bits a value


def read_published(layout: Layout, file: PublishedFile) -> pa.Table:
    """Return the rows of a published file in today's schema."""
    with pq.ParquetFile(layout.published(file.table, file.dt, file.name)) as opened:
        return in_todays_schema(file.table, opened.read())


def in_todays_schema(table: str, rows: pa.Table) -> pa.Table:
    """Return `rows`, perhaps of an earlier release, in the schema of today: columns that they lack are null."""
    schema = schema_of(table)
    columns = [
        rows.column(one.name).cast(one.type) if one.name in rows.column_names else pa.nulls(len(rows), one.type)
        for one in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


class StagedTable:
    """A staged file that grows table by table, each a row group; `staged` describes it once it is whole."""

    def __init__(self, layout: Layout, run_id: str, place: PublishedFile) -> None:
        self._place = place
        self._target = layout.staged(run_id, place.table, place.dt, place.name)
        self._metadata = {b"picket.run_id": run_id.encode()}
        self._rows = 0
        self._writer: pq.ParquetWriter | None = None
        self.staged: list[StagedFile] = []

    def add(self, rows: pa.Table) -> None:
        """Add `rows` as they are ordered."""
        if not len(rows):
            return
        if self._writer is None:
            make_place(self._target, SPECS[self._place.table].restricted)
            schema = rows.schema.with_metadata({**(rows.schema.metadata or {}), **self._metadata})
            self._writer = pq.ParquetWriter(
                self._target,
                schema,
                compression=COMPRESSION,
                compression_level=COMPRESSION_LEVEL,
                write_page_index=True,
                bloom_filter_options=_filters(self._place.table, len(rows)),
            )
        self._writer.write_table(rows, row_group_size=len(rows))
        self._rows += len(rows)

    def close(self) -> None:
        """Finish the file; without rows there is none."""
        if self._writer is not None:
            self._writer.close()
            size = self._target.stat().st_size
            place = self._place
            self.staged = [StagedFile(place.table, place.dt, str(self._target), place.name, self._rows, size)]


@contextmanager
def open_staged(layout: Layout, run_id: str, place: PublishedFile) -> Iterator[StagedTable]:
    """Stage a file piece by piece; it is whole when the block ends."""
    file = StagedTable(layout, run_id, place)
    yield file
    file.close()


def stage_table(layout: Layout, run_id: str, place: PublishedFile, rows: pa.Table) -> StagedFile:
    """Stage `rows`, sorted for readers, as the published file `place`, and return its descriptor."""
    spec = SPECS[place.table]
    order: Sequence[str] = spec.clustered_by or spec.sorted_by
    ordered = rows.sort_by([(name, "ascending") for name in order])
    target = layout.staged(run_id, place.table, place.dt, place.name)
    make_place(target, spec.restricted)
    _write(target, ordered, run_id, place.table)
    return StagedFile(place.table, place.dt, str(target), place.name, len(rows), target.stat().st_size)


def _write(target: Path, rows: pa.Table, run_id: str, table: str) -> None:
    per_group = int(len(rows) * ROW_GROUP_BYTES / max(rows.nbytes, 1))
    per_group = min(max(per_group, MIN_GROUP_ROWS), MAX_GROUP_ROWS)
    metadata = {**(rows.schema.metadata or {}), b"picket.run_id": run_id.encode()}
    pq.write_table(
        rows.replace_schema_metadata(metadata),
        target,
        row_group_size=per_group,
        compression=COMPRESSION,
        compression_level=COMPRESSION_LEVEL,
        write_page_index=True,
        bloom_filter_options=_filters(table, min(len(rows), per_group)),
    )


def _filters(table: str, rows: int) -> dict[str, dict[str, float]] | None:
    return {name: {"ndv": max(rows, 1), "fpp": FALSE_POSITIVES} for name in SPECS[table].looked_up_by} or None

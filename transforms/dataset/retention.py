"""Retention: days of polls and dead letters that nobody asks for any more go; what the next run needs stays."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from transforms.dataset import journal
from transforms.dataset.absorb import PublishedFile
from transforms.dataset.commit import publish
from transforms.dataset.layout import Layout
from transforms.dataset.rewrite import read_published, stage_table
from transforms.dataset.state_file import read_state
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.shard_writer import StagedFile

TABLES = ("fetches", "failures")  # articles and findings are kept; what was found is the dataset


def retain(out: Path | str, run_id: str, before: Mapping[str, date], storage: Storage = LOCAL) -> int:
    """Remove the rows of tables whose day lies `before` the given one, in one commit; return the number of rows.

    The last poll of each source that left a state stays: the next run reads the validators from it. The caller holds
    the dataset and has begun `run_id`. Raises ValueError for a table that is not in TABLES, and what `publish` raises.
    """
    if unknown := sorted(set(before) - set(TABLES)):
        raise ValueError(f"table {unknown[0]} is not thinned out; only {' and '.join(TABLES)} are")
    layout = Layout(out)
    with closing(read_state(layout.state_file)) as state:
        published = journal.published_files(state)
        kept = [row[0] for row in state.execute("SELECT fetch_id FROM feeds")]
    old = [one for one in published if one.table in before and one.dt < before[one.table].isoformat()]
    staged: list[StagedFile] = []
    gone: list[PublishedFile] = []
    for number, file in enumerate(old):
        rows = _kept_rows(layout, file, kept)
        if rows is not None and len(rows) == file.rows:
            continue
        gone.append(file)
        if rows is not None and len(rows):
            place = PublishedFile(file.table, file.dt, f"{run_id}-k{number}.parquet", 0, 0)
            staged.append(stage_table(layout, run_id, place, rows))
    publish(out, run_id, staged, removed=gone, storage=storage)
    return sum(one.rows for one in gone) - sum(one.rows for one in staged)


def _kept_rows(layout: Layout, file: PublishedFile, kept: Sequence[str]) -> pa.Table | None:
    if file.table != "fetches":
        return None
    rows = read_published(layout, file)
    return rows.filter(pc.is_in(rows.column("fetch_id"), pa.array(kept, pa.string())))

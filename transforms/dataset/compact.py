"""Compaction: many small files of one day become one, so that a dataset of hourly runs stays quick to read."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.dataset import journal
from transforms.dataset.absorb import PublishedFile
from transforms.dataset.commit import publish
from transforms.dataset.layout import Layout
from transforms.dataset.rewrite import read_published, stage_table
from transforms.dataset.state_file import read_state
from transforms.dataset.storage import LOCAL, Storage

SMALL_BYTES = 64 * 1024 * 1024  # files from this size on are left alone
MIN_FILES = 4  # small files of one day that are worth writing anew
GROUP_BYTES = 256 * 1024 * 1024  # uncompressed bytes that one compaction holds in memory


@dataclass(frozen=True, slots=True)
class Compaction:
    """What a compaction did: files before and after, and the number of days of tables that it touched."""

    before: int
    after: int
    days: int


def compact(out: Path | str, run_id: str, min_files: int = MIN_FILES, storage: Storage = LOCAL) -> Compaction:
    """Write small files of the dataset at `out` anew, in one commit of `run_id` per day of a table.

    The caller holds the dataset and has begun `run_id`. Cut off at any moment, it is carried on by the next start.
    Raises what `publish` raises.
    """
    layout = Layout(out)
    with closing(read_state(layout.state_file)) as state:
        published = journal.published_files(state)
    plans = list(_plans(layout, published, min_files))
    after = 0
    for number, group in enumerate(plans):
        place = PublishedFile(group[0].table, group[0].dt, f"{run_id}-c{number}.parquet", 0, 0)
        rows = pa.concat_tables([read_published(layout, one) for one in group])
        staged = stage_table(layout, run_id, place, rows)
        commit_id = f"{run_id}-c{number}"
        publish(out, run_id, [staged], removed=group, commit_id=commit_id, last=False, storage=storage)
        after += 1
    publish(out, run_id, [], commit_id=f"{run_id}-end", storage=storage)
    days = len({(group[0].table, group[0].dt) for group in plans})
    return Compaction(sum(len(group) for group in plans), after, days)


def _plans(layout: Layout, published: Sequence[PublishedFile], min_files: int) -> Iterator[list[PublishedFile]]:
    days: dict[tuple[str, str], list[PublishedFile]] = defaultdict(list)
    for file in published:
        if file.bytes < SMALL_BYTES:
            days[file.table, file.dt].append(file)
    for _, files in sorted(days.items()):
        if len(files) >= min_files:
            yield from (group for group in _groups(layout, files) if len(group) > 1)


def _groups(layout: Layout, files: Sequence[PublishedFile]) -> Iterator[list[PublishedFile]]:
    group: list[PublishedFile] = []
    size = 0
    for file in files:
        unpacked = _unpacked_bytes(layout, file)
        if group and size + unpacked > GROUP_BYTES:
            yield group
            group, size = [], 0
        group.append(file)
        size += unpacked
    yield group


def _unpacked_bytes(layout: Layout, file: PublishedFile) -> int:
    metadata = pq.read_metadata(layout.published(file.table, file.dt, file.name))
    return sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))

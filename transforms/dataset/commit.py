"""The commit: all files of a run appear in the tables, and the index moves with them, or nothing happens.

States of a commit: unknown → `prepared` (all files staged and safe; from here it is carried out, by this run or by
the next start) → files put into place → `committed` (index and journal moved in one transaction) → staging removed.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.dataset import journal
from transforms.dataset.absorb import PublishedFile, find_doubled
from transforms.dataset.journal import Change, PreparedCommit, UnfinishedRun
from transforms.dataset.layout import Layout
from transforms.dataset.lock import COMMIT_WAIT_SECONDS, moving_files
from transforms.dataset.moves import IncompleteCommit, carry_out, clean_up, places_of
from transforms.dataset.recovery import Recovery, roll_forward
from transforms.dataset.state_file import open_state, read_state, transaction
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.schemas import TABLES
from transforms.tables.shard_writer import StagedFile

_DT = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]*\.parquet")
_RUN_ID = "%Y%m%dT%H%M%SZ"


class DoubledRows(Exception):
    """A run would publish a revision that the dataset holds already; the message names it."""


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What a commit put into the tables: files, and rows by table."""

    commit_id: str
    files: int
    bytes: int
    rows: tuple[tuple[str, int], ...]


def next_run_id(out: Path | str, now: datetime) -> str:
    """Return an id for a run that starts `now`, after those of all earlier runs even if the clock went backwards."""
    path = Layout(out).state_file
    run_id = now.strftime(_RUN_ID)
    if not path.exists():
        return run_id
    with closing(open_state(path)) as state:
        latest = journal.latest_run(state)
    if run_id > latest:
        return run_id
    try:
        last = datetime.strptime(latest.partition("-")[0], _RUN_ID)  # noqa: DTZ007 - only counted up and written again
        return (last + timedelta(seconds=1)).strftime(_RUN_ID)
    except ValueError:
        return f"{latest}.1"


def begin_run(out: Path | str, run_id: str, started_at: datetime | None = None) -> None:
    """Let `run_id`, and no other run, commit from now on. The caller holds the dataset, and has rolled it forward.

    Raises ValueError where `run_id` does not sort after all earlier ones, OSError where it cannot be written down.
    """
    layout = Layout(out)
    with closing(open_state(layout.state_file)) as state, transaction(state):
        journal.fence(state, run_id, started_at)


def fail_run(out: Path | str, run_id: str, message: str) -> None:
    """Write down that `run_id` ended without a commit, for `status`. Raises OSError where that cannot be written."""
    with closing(open_state(Layout(out).state_file)) as state, transaction(state):
        journal.end_run(state, [run_id], "failed", message)
        journal.fence(state, None, None)


def unfinished_runs(out: Path | str) -> list[UnfinishedRun]:
    """Return the runs that have no row in `runs`: failed, killed, or under way. Raises StateDamaged."""
    with closing(read_state(Layout(out).state_file)) as state:
        return journal.journalled_runs(state)


def publish(
    out: Path | str,
    run_id: str,
    staged: Sequence[StagedFile],
    *,
    removed: Sequence[PublishedFile] = (),
    commit_id: str | None = None,
    last: bool = True,
    renews: bool = False,
    storage: Storage = LOCAL,
    wait_seconds: float = COMMIT_WAIT_SECONDS,
) -> CommitResult:
    """Commit the `staged` files of `run_id`; asking again for the same commit changes nothing.

    `removed` are published files whose rows the staged ones hold instead. A run that commits in slices names each
    `commit_id` and marks its last. One that `renews` takes rows away; the caller, or else the next start, rebuilds the
    index then. Raises, with the dataset as it was: Fenced where another run has begun, DoubledRows
    where rows are there already, DatasetBusy where readers do not let go, OSError where the disk is full.
    """
    layout = Layout(out)
    commit = PreparedCommit(commit_id or run_id, run_id, last, _changes(staged, removed), renews)
    with moving_files(layout.root, wait_seconds), closing(open_state(layout.state_file)) as state:
        known = journal.commit_state(state, commit.commit_id)
        if known is None:
            _prepare(state, layout, commit, storage)
        elif known == "prepared":
            # Tried again after a worker died on the way: what was prepared counts, not what is staged once more.
            commit = next(one for one in journal.prepared_commits(state) if one.commit_id == commit.commit_id)
        if known != "committed":
            try:
                carry_out(state, layout, commit, storage)
            except (OSError, pa.ArrowException):
                _withdraw(state, layout, commit, storage)
                raise
        clean_up(layout, commit, storage)
    return _result(commit)


def _changes(staged: Sequence[StagedFile], removed: Sequence[PublishedFile]) -> tuple[Change, ...]:
    changes = {Change("put", PublishedFile(one.table, one.dt, one.name, one.rows, one.bytes)) for one in staged}
    changes |= {Change("remove", one) for one in removed}
    for change in changes:
        file = change.file
        if file.table not in TABLES or not _DT.fullmatch(file.dt) or not _NAME.fullmatch(file.name):
            raise ValueError(f"{file.table}/dt={file.dt}/{file.name} is no place in a dataset")
    # What is put comes first: for a reader without a lock, rows are there twice for a moment and never missing.
    return tuple(sorted(changes, key=lambda one: (one.kind, one.file.table, one.file.dt, one.file.name)))


def _prepare(state: sqlite3.Connection, layout: Layout, commit: PreparedCommit, storage: Storage) -> None:
    staged = [places_of(layout, commit, one)[0] for one in commit.changes if one.kind == "put"]
    for path in staged:
        if not storage.exists(path):
            raise IncompleteCommit(f"{path} was staged and is gone")
        pq.read_metadata(path)  # a file that cannot be read stops the run here, where nothing is prepared
    journal.check_fence(state, commit.run_id)
    _check_new(state, layout, commit)
    storage.sync(staged)
    storage.sync(sorted({path.parent for path in staged}))
    manifest = layout.manifest(commit.run_id, commit.commit_id)
    try:
        storage.write(manifest, commit.as_json())
        with transaction(state):
            journal.check_fence(state, commit.run_id)
            journal.record_prepared(state, commit)
    except (OSError, journal.Fenced):
        with suppress(OSError):
            storage.delete(manifest)
        raise


def _check_new(state: sqlite3.Connection, layout: Layout, commit: PreparedCommit) -> None:
    articles = [one for one in commit.changes if one.file.table == "articles"]
    if any(one.kind == "remove" for one in articles):
        return  # rows that are published already are written anew
    doubled = find_doubled(state, (places_of(layout, commit, one)[0] for one in articles))
    if doubled:
        raise DoubledRows(f"revision {doubled[1]} of article {doubled[0]} would be published twice")


def _withdraw(state: sqlite3.Connection, layout: Layout, commit: PreparedCommit, storage: Storage) -> None:
    # If even this cannot be written, the commit stays prepared and the next start carries it out: whole, either way.
    with suppress(OSError):
        with transaction(state):
            journal.withdraw(state, commit.commit_id)
        storage.delete(layout.manifest(commit.run_id, commit.commit_id))


def _result(commit: PreparedCommit) -> CommitResult:
    files = [one.file for one in commit.changes if one.kind == "put"]
    rows: Counter[str] = Counter()
    for file in files:
        rows[file.table] += file.rows
    return CommitResult(commit.commit_id, len(files), sum(file.bytes for file in files), tuple(sorted(rows.items())))


__all__ = [
    "CommitResult",
    "DoubledRows",
    "IncompleteCommit",
    "Recovery",
    "begin_run",
    "fail_run",
    "next_run_id",
    "publish",
    "roll_forward",
    "unfinished_runs",
]

"""What happens at the start of a run: commits are finished, dead runs cleared away, a lost index is rebuilt."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.dataset import journal
from transforms.dataset.absorb import PublishedFile, absorb
from transforms.dataset.journal import PreparedCommit
from transforms.dataset.layout import MANIFEST_ENDING, Layout
from transforms.dataset.lock import COMMIT_WAIT_SECONDS, moving_files
from transforms.dataset.moves import IncompleteCommit, carry_out, clean_up, has_begun, put_back
from transforms.dataset.state_file import StateDamaged, is_sound, open_state, transaction
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.schemas import TABLES

RecoveryKind = Literal["finished_commit", "withdrew_commit", "rebuilt_index", "killed_run", "removed_staging"]


class DatasetDamaged(Exception):
    """A published file cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """One thing that was set right at the start: what was done, and to which run or to what extent."""

    kind: RecoveryKind
    detail: str


def roll_forward(
    out: Path | str, storage: Storage = LOCAL, wait_seconds: float = COMMIT_WAIT_SECONDS
) -> list[Recovery]:
    """Bring the dataset to rest before a run begins, and return what had to be done. The caller holds the dataset.

    Nobody may commit afterwards until `begin_run`. Raises OSError where the disk is full (the next start tries again),
    DatasetDamaged where the index has to be rebuilt and a table cannot be read.
    """
    layout = Layout(out)
    with moving_files(layout.root, wait_seconds):
        state, lost = _open(layout, storage)
        try:
            with transaction(state):
                journal.fence(state, None, None)
                for commit in _unknown_commits(state, layout, storage, everything=lost):
                    journal.record_prepared(state, commit)
            done = [_finish(state, layout, commit, storage) for commit in journal.prepared_commits(state)]
            differs = [_place(file) for file in journal.published_files(state)] != list_published(layout, storage)
            if differs or journal.is_stale(state):
                state.close()
                done.append(Recovery("rebuilt_index", f"{rebuild(out, storage)} files"))
                state = open_state(layout.state_file)
            return done + _clear_dead_runs(state, layout, storage)
        finally:
            state.close()


def rebuild(out: Path | str, storage: Storage = LOCAL) -> int:
    """Derive the index anew from the tables, and return the number of files read. The caller holds the dataset.

    The old state file is replaced only when the new one is whole. Raises DatasetDamaged, OSError.
    """
    layout = Layout(out)
    files = [_described(layout, *place) for place in list_published(layout, storage)]
    unfinished = layout.state_file.with_suffix(".new")
    _delete_state(unfinished, storage)
    with closing(open_state(unfinished, create=True)) as state, transaction(state):
        try:
            absorb(state, [(file.table, layout.published(*_place(file))) for file, _ in files])
        except pa.ArrowException as error:
            raise DatasetDamaged(f"a published file cannot be read: {error}") from error
        journal.record_files(state, (file for file, _ in files))
        _carry_over_runs(layout, state, [run_id for _, run_id in files])
    _delete_state(layout.state_file, storage)
    storage.put(unfinished, layout.state_file)
    storage.sync([layout.state])
    return len(files)


def list_published(layout: Layout, storage: Storage) -> list[tuple[str, str, str]]:
    """Return table, date and name of every published file, sorted."""
    found = []
    for table in sorted(TABLES):
        for path in storage.files(layout.tables / table):
            folder, _, name = path.rpartition("/")
            if folder.startswith("dt=") and "/" not in folder and name.endswith(".parquet") and name[0] != ".":
                found.append((table, folder.removeprefix("dt="), name))
    return sorted(found)


def _open(layout: Layout, storage: Storage) -> tuple[sqlite3.Connection, bool]:
    """Open the state, or an empty one where it is lost, and return whether it is."""
    with suppress(StateDamaged):
        state = open_state(layout.state_file)
        if _is_trusted(state):
            return state, False
        state.close()
    _delete_state(layout.state_file, storage)
    return open_state(layout.state_file, create=True), True


def _is_trusted(state: sqlite3.Connection) -> bool:
    # What ended the last run badly may have hit this file as well, or have been this file: then all of it is read.
    try:
        unfinished = {run.run_id for run in journal.journalled_runs(state)}
        return journal.latest_run(state) not in unfinished or is_sound(state)
    except sqlite3.DatabaseError:
        return False


def _unknown_commits(
    state: sqlite3.Connection, layout: Layout, storage: Storage, everything: bool
) -> list[PreparedCommit]:
    """Return the commits under way that the state does not tell of: it was lost, or is an older copy.

    With `everything` also those of which no file is in place yet.
    """
    found = []
    for path in storage.files(layout.staging):
        if path.count("/") != 1 or not path.endswith(MANIFEST_ENDING):
            continue
        # A manifest is written whole; one that cannot be read is none of ours.
        with suppress(ValueError, KeyError, TypeError):
            commit = PreparedCommit.from_json(storage.read(layout.staging / path))
            known = journal.commit_state(state, commit.commit_id) is not None
            if not known and (everything or has_begun(layout, commit, storage)):
                found.append(commit)
    return found


def _finish(state: sqlite3.Connection, layout: Layout, commit: PreparedCommit, storage: Storage) -> Recovery:
    kind: RecoveryKind = "finished_commit"
    try:
        carry_out(state, layout, commit, storage)
    except IncompleteCommit:
        # Somebody removed staged files: without the rest of its run no file may stay. The items come in again.
        put_back(layout, commit, storage)
        with transaction(state):
            journal.withdraw(state, commit.commit_id)
        kind = "withdrew_commit"
    except pa.ArrowException as error:
        raise DatasetDamaged(f"a staged file of run {commit.run_id} cannot be read: {error}") from error
    clean_up(layout, commit, storage)
    return Recovery(kind, commit.commit_id)


def _clear_dead_runs(state: sqlite3.Connection, layout: Layout, storage: Storage) -> list[Recovery]:
    killed = [run.run_id for run in journal.journalled_runs(state) if run.state == "running"]
    if killed:
        with transaction(state):
            journal.end_run(state, killed, "killed", None)
    done = [Recovery("killed_run", run_id) for run_id in killed]
    leftovers = sorted({path.partition("/")[0] for path in storage.files(layout.staging)})
    storage.delete(layout.staging)
    return done + [Recovery("removed_staging", run_id) for run_id in leftovers]


def _described(layout: Layout, table: str, dt: str, name: str) -> tuple[PublishedFile, str]:
    path = layout.published(table, dt, name)
    try:
        with pq.ParquetFile(path) as file:
            metadata = file.metadata
    except pa.ArrowException as error:
        raise DatasetDamaged(f"{path} cannot be read: {error}") from error
    run_id = (metadata.metadata or {}).get(b"picket.run_id", b"").decode()
    return PublishedFile(table, dt, name, metadata.num_rows, path.stat().st_size), run_id


def _carry_over_runs(layout: Layout, state: sqlite3.Connection, run_ids: Iterable[str]) -> None:
    """Keep what the old state can still tell: the runs that did not commit, and the last run's id."""
    latest = max(run_ids, default="")
    with suppress(StateDamaged, sqlite3.DatabaseError), closing(open_state(layout.state_file)) as old:
        runs = [(one.run_id, one.started_at, one.state, one.message) for one in journal.journalled_runs(old)]
        latest = max(latest, journal.latest_run(old))
        state.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", runs)
    journal.record_latest_run(state, latest)


def _delete_state(path: Path, storage: Storage) -> None:
    # A journal that outlives its database would be played into the next one of that name.
    for suffix in ("", "-journal", "-wal", "-shm"):
        storage.delete(path.with_name(path.name + suffix))


def _place(file: PublishedFile) -> tuple[str, str, str]:
    return (file.table, file.dt, file.name)

"""Carrying out a prepared commit, step by step, so that any crash can go on from where it stood."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from transforms.dataset import journal
from transforms.dataset.absorb import absorb
from transforms.dataset.journal import Change, PreparedCommit
from transforms.dataset.layout import Layout
from transforms.dataset.state_file import transaction
from transforms.dataset.storage import Storage
from transforms.tables.schemas import SPECS


class IncompleteCommit(Exception):
    """A file of a prepared commit is neither staged nor in place; the message names it."""


def carry_out(state: sqlite3.Connection, layout: Layout, commit: PreparedCommit, storage: Storage) -> None:
    """Take a prepared commit from wherever it stands to `committed`.

    Raises OSError or ArrowException, with all files back in staging, and IncompleteCommit, with nothing moved.
    """
    _check_complete(layout, commit, storage)
    try:
        for change in commit.changes:
            _apply(layout, commit, change, storage)
        storage.sync(_folders(layout, commit))
        with transaction(state):
            absorb(state, [(one.file.table, _target(layout, one)) for one in commit.changes if one.kind == "put"])
            journal.record_committed(state, commit)
    except (OSError, pa.ArrowException):
        put_back(layout, commit, storage)
        raise


def put_back(layout: Layout, commit: PreparedCommit, storage: Storage) -> None:
    """Undo what was done of the moves of a commit that is not committed."""
    for change in commit.changes:
        staged, target, kept = places_of(layout, commit, change)
        if change.kind == "put" and not storage.exists(staged) and storage.exists(target):
            storage.put(target, staged)
        if storage.exists(kept) and not storage.exists(target):
            storage.put(kept, target)


def has_begun(layout: Layout, commit: PreparedCommit, storage: Storage) -> bool:
    """Return whether any file of a commit is in place."""
    places = [places_of(layout, commit, one) for one in commit.changes if one.kind == "put"]
    return any(storage.exists(target) and not storage.exists(staged) for staged, target, _ in places)


def clean_up(layout: Layout, commit: PreparedCommit, storage: Storage) -> None:
    """Remove what a committed or withdrawn commit leaves in staging; what cannot go now goes at the next start."""
    with suppress(OSError):
        storage.delete(layout.manifest(commit.run_id, commit.commit_id))
        if commit.last:
            storage.delete(layout.run_staging(commit.run_id))
        else:
            # The next commit of the run may replace the same files: what it would put back must not be older.
            storage.delete(layout.replaced(commit.run_id, commit.commit_id))


def _check_complete(layout: Layout, commit: PreparedCommit, storage: Storage) -> None:
    for change in commit.changes:
        staged, target, _ = places_of(layout, commit, change)
        if change.kind == "put" and not storage.exists(staged) and not storage.exists(target):
            raise IncompleteCommit(f"{target} is neither staged nor published")


def _apply(layout: Layout, commit: PreparedCommit, change: Change, storage: Storage) -> None:
    staged, target, kept = places_of(layout, commit, change)
    if change.kind == "remove":
        if storage.exists(target):
            storage.put(target, kept)
    elif storage.exists(staged):
        if SPECS[change.file.table].restricted:
            storage.restrict(layout.tables / change.file.table)
        if storage.exists(target) and not storage.exists(kept):
            storage.keep(target, kept)
        storage.put(staged, target)


def places_of(layout: Layout, commit: PreparedCommit, change: Change) -> tuple[Path, Path, Path]:
    file = change.file
    return (
        layout.staged(commit.run_id, file.table, file.dt, file.name),
        _target(layout, change),
        layout.replaced(commit.run_id, commit.commit_id) / file.table / f"dt={file.dt}" / file.name,
    )


def _target(layout: Layout, change: Change) -> Path:
    return layout.published(change.file.table, change.file.dt, change.file.name)


def _folders(layout: Layout, commit: PreparedCommit) -> list[Path]:
    folders = {_target(layout, one).parent for one in commit.changes}
    return sorted(folders | {folder.parent for folder in folders} | {layout.tables, layout.root} if folders else [])

"""The journal of a dataset: which run may commit, which commit is under way, which files are published."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from transforms.dataset.absorb import PublishedFile

RunState = Literal["running", "committed", "failed", "killed"]
ChangeKind = Literal["put", "remove"]


class Fenced(Exception):
    """The run is not, or no longer, the one that may commit; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file that a commit puts into place or removes."""

    kind: ChangeKind
    file: PublishedFile


@dataclass(frozen=True, slots=True)
class PreparedCommit:
    """A commit whose files are all staged and safe. `last` is true for the last commit of its run.

    One that `renews` the index takes rows away, which the index cannot follow: it is derived anew.
    """

    commit_id: str
    run_id: str
    last: bool
    changes: tuple[Change, ...]
    renews: bool = False

    def as_json(self) -> bytes:
        """Return the manifest that stands in for the journal where the state is lost."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "PreparedCommit":
        """Read what `as_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        known = json.loads(data)
        changes = tuple(Change(one["kind"], PublishedFile(**one["file"])) for one in known["changes"])
        return cls(known["commit_id"], known["run_id"], known["last"], changes, known["renews"])


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A run that did not commit: killed, or failed with `message`; or one that is under way."""

    run_id: str
    started_at: str
    state: RunState
    message: str | None


def fence(state: sqlite3.Connection, run_id: str | None, started_at: datetime | None) -> None:
    """Let `run_id` (or nobody) commit from now on. Raises ValueError for an id not after all earlier ones."""
    # A commit that was carried out is asked for again only by a retry within its own run.
    state.execute("DELETE FROM commits WHERE state = 'committed'")
    if run_id is not None:
        latest = latest_run(state)
        if run_id <= latest:
            raise ValueError(f"run id {run_id!r} does not come after {latest!r}; next_run_id gives one that does")
        state.execute(
            "INSERT INTO runs VALUES (?, ?, 'running', NULL)", (run_id, started_at and started_at.isoformat())
        )
        record_latest_run(state, run_id)
    state.execute("INSERT OR REPLACE INTO settings VALUES ('current_run', ?)", (run_id or "",))


def latest_run(state: sqlite3.Connection) -> str:
    """Return the id of the last run that began, or an empty text."""
    row = state.execute("SELECT value FROM settings WHERE name = 'latest_run'").fetchone()
    return str(row[0]) if row else ""


def record_latest_run(state: sqlite3.Connection, run_id: str) -> None:
    """Write down that `run_id` has begun: later ids come after it."""
    state.execute("INSERT OR REPLACE INTO settings VALUES ('latest_run', ?)", (max(run_id, latest_run(state)),))


def check_fence(state: sqlite3.Connection, run_id: str) -> None:
    """Raises Fenced unless `run_id` is the run that may commit."""
    row = state.execute("SELECT value FROM settings WHERE name = 'current_run'").fetchone()
    if not row or row[0] != run_id:
        raise Fenced(f"run {run_id} may not commit: it is not the run that holds the dataset")


def commit_state(state: sqlite3.Connection, commit_id: str) -> str | None:
    """Return `prepared`, `committed`, or None for a commit that the journal does not know."""
    row = state.execute("SELECT state FROM commits WHERE commit_id = ?", (commit_id,)).fetchone()
    return row[0] if row else None


def record_prepared(state: sqlite3.Connection, commit: PreparedCommit) -> None:
    """Write down a commit that is ready to be carried out."""
    state.execute(
        "INSERT OR REPLACE INTO commits VALUES (?, ?, 'prepared', ?, ?)",
        (commit.commit_id, commit.run_id, commit.last, commit.renews),
    )
    state.executemany(
        "INSERT OR REPLACE INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(commit.commit_id, one.kind, *_row(one.file)) for one in commit.changes],
    )


def record_committed(state: sqlite3.Connection, commit: PreparedCommit) -> None:
    """Write down that a commit was carried out; its changes stay known as the list of published files."""
    record_files(state, (one.file for one in commit.changes if one.kind == "put"))
    state.executemany(
        "DELETE FROM files WHERE name_of_table = ? AND dt = ? AND name = ?",
        [_row(one.file)[:3] for one in commit.changes if one.kind == "remove"],
    )
    state.execute(
        "INSERT OR REPLACE INTO commits VALUES (?, ?, 'committed', ?, ?)",
        (commit.commit_id, commit.run_id, commit.last, commit.renews),
    )
    state.executemany(
        "DELETE FROM file_days WHERE name_of_table = ? AND dt = ? AND name = ?",
        [_row(one.file)[:3] for one in commit.changes if one.kind == "remove"],
    )
    state.execute("DELETE FROM changes WHERE commit_id = ?", (commit.commit_id,))
    if commit.renews:
        state.execute("INSERT OR REPLACE INTO settings VALUES ('index', 'stale')")
    if commit.last:
        # What the run did is a row of `runs`; the journal keeps only those that have none.
        state.execute("DELETE FROM runs WHERE run_id = ?", (commit.run_id,))


def withdraw(state: sqlite3.Connection, commit_id: str) -> None:
    """Forget a commit that was prepared and not carried out."""
    state.execute("DELETE FROM commits WHERE commit_id = ?", (commit_id,))
    state.execute("DELETE FROM changes WHERE commit_id = ?", (commit_id,))


def prepared_commits(state: sqlite3.Connection) -> list[PreparedCommit]:
    """Return the commits that wait to be carried out, in the order of their ids."""
    question = "SELECT commit_id, run_id, last, renews FROM commits WHERE state = 'prepared' ORDER BY commit_id"
    return [
        PreparedCommit(commit_id, run_id, bool(last), _changes(state, commit_id), bool(renews))
        for commit_id, run_id, last, renews in state.execute(question).fetchall()
    ]


def is_stale(state: sqlite3.Connection) -> bool:
    """Return whether rows were taken away that the index still knows of."""
    return state.execute("SELECT 1 FROM settings WHERE name = 'index' AND value = 'stale'").fetchone() is not None


def _changes(state: sqlite3.Connection, commit_id: str) -> tuple[Change, ...]:
    question = (
        "SELECT kind, name_of_table, dt, name, rows, bytes FROM changes WHERE commit_id = ?"
        " ORDER BY kind, name_of_table, dt, name"
    )
    return tuple(Change(kind, PublishedFile(*row)) for kind, *row in state.execute(question, (commit_id,)))


def record_files(state: sqlite3.Connection, files: Iterable[PublishedFile]) -> None:
    """Write down that `files` are published and absorbed."""
    state.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", [_row(file) for file in files])


def published_files(state: sqlite3.Connection) -> list[PublishedFile]:
    """Return all files that are published, sorted."""
    return [PublishedFile(*row) for row in state.execute("SELECT * FROM files ORDER BY name_of_table, dt, name")]


def files_between(state: sqlite3.Connection, first_day: int, last_day: int) -> set[tuple[str, str, str]]:
    """Return table, date and name of the files that may hold an article of those days, counted from 1970."""
    question = "SELECT name_of_table, dt, name FROM file_days WHERE first_day <= ? AND last_day >= ?"
    return set(state.execute(question, (last_day, first_day)))


def end_run(state: sqlite3.Connection, run_ids: Sequence[str], how: RunState, message: str | None) -> None:
    """Write down how runs that did not commit ended."""
    state.executemany(
        "UPDATE runs SET state = ?, message = ? WHERE run_id = ?", [(how, message, run_id) for run_id in run_ids]
    )


def journalled_runs(state: sqlite3.Connection) -> list[UnfinishedRun]:
    """Return the runs that have no row in `runs`, in order."""
    return [UnfinishedRun(*row) for row in state.execute("SELECT * FROM runs ORDER BY run_id")]


def _row(file: PublishedFile) -> tuple[str, str, str, int, int]:
    return (file.table, file.dt, file.name, file.rows, file.bytes)

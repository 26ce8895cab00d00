"""The SQLite file of a dataset: opening, versions, transactions."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

APPLICATION = 0x7069636B  # "pick": tells a file of ours from any other SQLite file
VERSION = 6  # another version is rebuilt from the tables, not converted
BUSY_SECONDS = 60.0  # readers wait this long for the moment of a commit

_TABLES = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, started_at TEXT, state TEXT NOT NULL, message TEXT
) WITHOUT ROWID;
CREATE TABLE commits (
    commit_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, state TEXT NOT NULL, last INTEGER NOT NULL,
    renews INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE changes (
    commit_id TEXT, kind TEXT, name_of_table TEXT, dt TEXT, name TEXT, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (commit_id, kind, name_of_table, dt, name)
) WITHOUT ROWID;
CREATE TABLE files (
    name_of_table TEXT, dt TEXT, name TEXT, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (name_of_table, dt, name)
) WITHOUT ROWID;
CREATE TABLE file_days (
    name_of_table TEXT, dt TEXT, name TEXT, first_day INTEGER NOT NULL, last_day INTEGER NOT NULL,
    PRIMARY KEY (name_of_table, dt, name)
) WITHOUT ROWID;
CREATE TABLE keys (key BLOB PRIMARY KEY, article BLOB NOT NULL, owned INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    article BLOB PRIMARY KEY, source INTEGER NOT NULL, revision INTEGER NOT NULL, day INTEGER NOT NULL,
    hashes BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE sources (source INTEGER PRIMARY KEY, source_id TEXT NOT NULL UNIQUE);
CREATE TABLE feeds (
    source_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, fetched_at INTEGER NOT NULL, fetch_id TEXT NOT NULL,
    feed_state TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE stories (
    article BLOB PRIMARY KEY, story BLOB NOT NULL, source_id TEXT NOT NULL, first_seen INTEGER NOT NULL,
    similarity REAL NOT NULL, is_head INTEGER NOT NULL, run_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX members ON stories (story);
CREATE TABLE signatures (
    article BLOB, revision INTEGER, source_id TEXT NOT NULL, at INTEGER NOT NULL, collected INTEGER NOT NULL,
    size INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (article, revision)
) WITHOUT ROWID;
CREATE INDEX signatures_at ON signatures (at);
CREATE TABLE forgotten (
    forgotten_id BLOB PRIMARY KEY, kind TEXT NOT NULL, words INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE signed_files (dt TEXT, name TEXT, PRIMARY KEY (dt, name)) WITHOUT ROWID;
"""


# What SQLite says of the disk is said as the operating system would: a caller handles one kind of error.
_DISK_ERRORS = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}


class StateDamaged(Exception):
    """The state file cannot be read; it can be rebuilt from the tables."""


def open_state(path: Path, create: bool = False) -> sqlite3.Connection:
    """Open the state file for writing. Raises StateDamaged if it is missing (unless `create`), broken or foreign.

    A rollback journal, not WAL: at rest the state is one file, and read-only workers need no shared memory.
    """
    if not create and not path.exists():
        raise StateDamaged(f"{path} is missing")
    state = _connect(path, "rwc" if create else "rw")
    try:
        state.execute("PRAGMA synchronous = EXTRA")
        if create and not state.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            _create(state)
        _check(state, path)
    except sqlite3.DatabaseError as error:
        state.close()
        if isinstance(error, sqlite3.OperationalError):
            raise
        raise StateDamaged(f"{path} cannot be read: {error}") from error
    except StateDamaged:
        state.close()
        raise
    return state


def read_state(path: Path) -> sqlite3.Connection:
    """Open the state file read-only. Raises StateDamaged if it is missing, broken or foreign."""
    if not path.exists():
        raise StateDamaged(f"{path} is missing")
    state = _connect(path, "ro")
    try:
        _check(state, path)
    except sqlite3.DatabaseError as error:
        state.close()
        raise StateDamaged(f"{path} cannot be read: {error}") from error
    except StateDamaged:
        state.close()
        raise
    return state


def is_sound(state: sqlite3.Connection) -> bool:
    """Return whether the whole state file can be read (some seconds for millions of articles)."""
    try:
        return [row[0] for row in state.execute("PRAGMA quick_check(1)")] == ["ok"]
    except sqlite3.DatabaseError:
        return False


@contextmanager
def transaction(state: sqlite3.Connection) -> Iterator[None]:
    """Do all of the block, durably, or nothing of it. Raises OSError where the disk is full or cannot be written."""
    try:
        state.execute("BEGIN IMMEDIATE")
        yield
        state.execute("COMMIT")
    except sqlite3.OperationalError as error:
        _roll_back(state)
        number = _DISK_ERRORS.get(error.sqlite_errorcode & 0xFF)  # the low byte of an extended code is its kind
        if number is None:
            raise
        raise OSError(number, f"the state of the dataset cannot be written: {error}") from error
    except BaseException:
        _roll_back(state)
        raise


def _roll_back(state: sqlite3.Connection) -> None:
    if state.in_transaction:
        state.execute("ROLLBACK")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    name = path.absolute().as_uri()
    return sqlite3.connect(
        f"{name}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False
    )


def _create(state: sqlite3.Connection) -> None:
    state.executescript(
        f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; {_TABLES} COMMIT;"
    )


def _check(state: sqlite3.Connection, path: Path) -> None:
    application = state.execute("PRAGMA application_id").fetchone()[0]
    version = state.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION or version != VERSION:
        raise StateDamaged(f"{path} is of another kind or version ({application:#x}, {version})")

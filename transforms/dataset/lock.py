"""Locks of a dataset: one run writes, and readers see whole commits only."""

import fcntl
import json
import os
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from transforms.dataset.layout import Layout

COMMIT_WAIT_SECONDS = 600.0  # a commit waits this long for readers; after that it stays prepared for the next start
_POLL_SECONDS = 0.02
_MAX_HOLDER_BYTES = 4_096

_held: "weakref.WeakSet[_LockFile]" = weakref.WeakSet()


class DatasetHeld(Exception):
    """Another run holds the dataset; the message is one plain line."""


class DatasetBusy(Exception):
    """Readers held the dataset for longer than a commit may wait; the message is one plain line."""


class _LockFile:
    """An open lock file. The lock goes when the descriptor closes, whatever happens to the process."""

    def __init__(self, path: Path, flags: int) -> None:
        self.descriptor = os.open(path, flags | os.O_CLOEXEC, 0o644)
        _held.add(self)

    def take(self, operation: int) -> bool:
        try:
            fcntl.flock(self.descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def _close_in_child() -> None:
    # A forked child shares the lock: alive after its parent was killed, it would hold the dataset.
    for lock in list(_held):
        lock.close()


os.register_at_fork(after_in_child=_close_in_child)


@contextmanager
def hold_dataset(out: Path | str, started_at: datetime | None = None) -> Iterator[None]:
    """Hold the dataset at `out` for one run. Raises DatasetHeld at once if another process does."""
    layout = Layout(out)
    layout.state.mkdir(parents=True, exist_ok=True)
    lock = _LockFile(layout.run_lock, os.O_RDWR | os.O_CREAT)
    try:
        if not lock.take(fcntl.LOCK_EX):
            raise DatasetHeld(f"the dataset {out} is held by another run{_holder(layout.run_lock)}")
        # Who holds it is told for convenience: a disk too full for one line must not decide about the run here.
        with suppress(OSError):
            os.ftruncate(lock.descriptor, 0)
            known = {"pid": os.getpid(), "started": started_at and f"{started_at:%Y-%m-%d %H:%M:%S %Z}"}
            os.pwrite(lock.descriptor, json.dumps(known).encode(), 0)
        yield
    finally:
        lock.close()


def _holder(path: Path) -> str:
    try:
        with path.open("rb") as file:
            known = json.loads(file.read(_MAX_HOLDER_BYTES))
        started = str(known["started"] or "")[:40]
        since = f", started {started}" if started and started.isprintable() else ""
        return f" (process {int(known['pid'])}{since})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # the holder has not written its line yet


@contextmanager
def moving_files(out: Path | str, wait_seconds: float = COMMIT_WAIT_SECONDS) -> Iterator[None]:
    """Hold off readers and other commits while files are moved. Raises DatasetBusy after `wait_seconds`."""
    layout = Layout(out)
    layout.state.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_seconds
    gate = _LockFile(layout.commit_gate, os.O_RDWR | os.O_CREAT)
    lock = _LockFile(layout.commit_lock, os.O_RDWR | os.O_CREAT)
    try:
        for one in (gate, lock):
            if not _wait(one, fcntl.LOCK_EX, deadline):
                raise DatasetBusy(f"readers or another commit held {out} for more than {wait_seconds:g} s")
        yield
    finally:
        lock.close()
        gate.close()


@contextmanager
def reading(out: Path | str, wait_seconds: float = COMMIT_WAIT_SECONDS) -> Iterator[None]:
    """Hold off commits while tables are read. Raises DatasetBusy if one takes longer than `wait_seconds`."""
    layout = Layout(out)
    deadline = time.monotonic() + wait_seconds
    gate, lock = _open_for_reading(layout.commit_gate), _open_for_reading(layout.commit_lock)
    try:
        if gate and not _wait(gate, fcntl.LOCK_SH, deadline):
            raise DatasetBusy(f"a commit held {out} for more than {wait_seconds:g} s")
        if lock and not _wait(lock, fcntl.LOCK_SH, deadline):
            raise DatasetBusy(f"a commit held {out} for more than {wait_seconds:g} s")
        if gate:
            gate.close()
        yield
    finally:
        for one in (gate, lock):
            if one:
                one.close()


def _open_for_reading(path: Path) -> _LockFile | None:
    for flags in (os.O_RDONLY, os.O_RDONLY | os.O_CREAT):
        with suppress(OSError):
            return _LockFile(path, flags)
    return None  # a copy on a read-only disk, or no dataset: nobody commits there


def _wait(lock: _LockFile, operation: int, deadline: float) -> bool:
    while not lock.take(operation):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True

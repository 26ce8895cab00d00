"""Locks: one run at a time, none held up by the dead, and commits that wait for readers."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dataset_rows import NOW

from transforms.dataset.layout import Layout
from transforms.dataset.lock import DatasetBusy, DatasetHeld, hold_dataset, moving_files, reading

HOLD = """
import sys, time
from datetime import UTC, datetime
from transforms.dataset import lock
with getattr(lock, {name!r})({out!r}):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(out: Path, name: str) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lock `name` until the block ends."""
    program = [sys.executable, "-c", HOLD.format(name=name, out=str(out))]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_held_dataset_is_refused_in_one_plain_line(tmp_path: Path) -> None:
    with hold_dataset(tmp_path, NOW), pytest.raises(DatasetHeld) as caught, hold_dataset(tmp_path, NOW):
        pass
    assert str(caught.value) == (
        f"the dataset {tmp_path} is held by another run (process {os.getpid()}, started 2026-03-01 12:00:00 UTC)"
    )
    with hold_dataset(tmp_path, NOW):
        pass  # free again


@pytest.mark.parametrize("line", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1, "started": "\\u001b[2J"}', "\udcff"])
def test_a_strange_lock_file_does_not_matter(tmp_path: Path, line: str) -> None:
    with hold_dataset(tmp_path):
        Layout(tmp_path).run_lock.write_bytes(line.encode("utf-8", "surrogateescape"))
        with pytest.raises(DatasetHeld) as caught, hold_dataset(tmp_path):
            pass
    assert str(caught.value).isprintable()


def test_a_killed_holder_holds_nobody_up(tmp_path: Path) -> None:
    with holder(tmp_path, "hold_dataset") as process:
        with pytest.raises(DatasetHeld, match=f"process {process.pid}"), hold_dataset(tmp_path):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        with hold_dataset(tmp_path):
            pass


def _sleep() -> None:
    time.sleep(60)


def _free_soon(out: Path) -> bool:
    # A child lets go of the lock as the first thing that it does, which may be a moment after it was started.
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with hold_dataset(out):
                return True
        except DatasetHeld:
            time.sleep(0.01)
    return False


def test_children_do_not_inherit_the_lock(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    with hold_dataset(tmp_path):
        forked = context.Process(target=_sleep)
        forked.start()
        started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    try:
        assert _free_soon(tmp_path)
        assert forked.is_alive()
        assert started.poll() is None
    finally:
        forked.kill()
        started.kill()
        forked.join()
        started.wait()


def test_many_start_at_once_and_one_works(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from transforms.dataset.lock import DatasetHeld, hold_dataset\n"
        "try:\n"
        f"    with hold_dataset({str(tmp_path)!r}):\n"
        "        time.sleep(1.5)\n"
        "except DatasetHeld:\n"
        "    sys.exit(75)\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(4)]
    assert sorted(process.wait() for process in started) == [0, 75, 75, 75]


def test_readers_share_and_a_commit_waits_for_them(tmp_path: Path) -> None:
    with moving_files(tmp_path):
        pass
    with holder(tmp_path, "reading") as process, reading(tmp_path):
        with pytest.raises(DatasetBusy, match="readers"), moving_files(tmp_path, wait_seconds=0.1):
            pass
        process.kill()
    with moving_files(tmp_path, wait_seconds=5):
        pass


def test_readers_wait_for_a_commit(tmp_path: Path) -> None:
    with holder(tmp_path, "moving_files") as process:
        with pytest.raises(DatasetBusy, match="a commit"), reading(tmp_path, wait_seconds=0.1):
            pass
        process.kill()
        with reading(tmp_path, wait_seconds=5):
            pass


def test_a_waiting_commit_goes_before_new_readers(tmp_path: Path) -> None:
    with moving_files(tmp_path):
        pass
    program = f"from transforms.dataset.lock import moving_files\nwith moving_files({str(tmp_path)!r}): print('moved')"
    with reading(tmp_path):
        waiting = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 20
        refused = False
        while not refused and time.monotonic() < deadline:
            try:
                with reading(tmp_path, wait_seconds=0):
                    time.sleep(0.02)
            except DatasetBusy:
                refused = True
    assert refused
    assert waiting.communicate(timeout=20)[0] == "moved\n"


def test_reading_needs_no_dataset_and_no_permission_to_write(tmp_path: Path) -> None:
    with reading(tmp_path / "nothing"):
        assert not (tmp_path / "nothing").exists()
    Layout(tmp_path).state.mkdir()
    Layout(tmp_path).state.chmod(0o500)
    try:
        with reading(tmp_path):
            pass
    finally:
        Layout(tmp_path).state.chmod(0o700)

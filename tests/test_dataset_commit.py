"""The commit: wherever it is cut off, the next start brings the dataset to where an undisturbed one is."""

import dataclasses
import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dataset_faults import FaultyStorage, Killed
from dataset_rows import NOW, all_rows, article, commit_run, fetch, rows, stage

from transforms.dataset import moves, state_file
from transforms.dataset.commit import (
    DoubledRows,
    begin_run,
    next_run_id,
    publish,
    roll_forward,
)
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.moves import IncompleteCommit
from transforms.dataset.recovery import Recovery

FIRST = [article(number) for number in range(4)]
SECOND = [article(1, 1), article(2, 1), *(article(number) for number in range(4, 8))]
POLLS = [fetch("paper", feed_state='{"poll": 1}')], [fetch("paper", feed_state='{"poll": 2}'), fetch("radio")]

STEP = 1 if os.environ.get("PICKET_PROVE") else 5  # `make prove` fails every operation, `make test` one in five


@contextmanager
def faulty_transactions(monkeypatch: pytest.MonkeyPatch, at: int, fault: BaseException, after: bool) -> Iterator[None]:
    """Raise `fault` before (or after) the commit of the transaction number `at` within the block."""
    count = 0
    honest = state_file.transaction

    @contextmanager
    def transaction(state: sqlite3.Connection) -> Iterator[None]:
        nonlocal count
        number, count = count, count + 1
        with honest(state):
            yield
            if number == at and not after:
                raise fault
        if number == at:
            raise fault

    with monkeypatch.context() as patch:
        patch.setattr(moves, "transaction", transaction)
        patch.setattr("transforms.dataset.commit.transaction", transaction)
        yield


def started(out: Path) -> str:
    """Begin a run that brings SECOND, and return its id."""
    roll_forward(out)
    run_id = next_run_id(out, NOW)
    begin_run(out, run_id, NOW)
    return run_id


def index_of(out: Path) -> list[list[tuple[Any, ...]]]:
    """Return what the index holds, without what depends on the run."""
    state = sqlite3.connect(Layout(out).state_file)
    questions = [
        "SELECT key, article FROM keys ORDER BY key",
        "SELECT article, source_id, revision, hashes FROM articles JOIN sources USING (source) ORDER BY article",
        "SELECT source_id, fetched_at, fetch_id, feed_state FROM feeds ORDER BY source_id",
    ]
    found = [state.execute(question).fetchall() for question in questions]
    state.close()
    return found


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A dataset with one run in it."""
    out = tmp_path / "out"
    commit_run(out, FIRST, POLLS[0])
    return out


@pytest.fixture
def undisturbed(tmp_path: Path) -> Path:
    """What the dataset must be after the second run."""
    out = tmp_path / "undisturbed"
    commit_run(out, FIRST, POLLS[0])
    commit_run(out, SECOND, POLLS[1])
    return out


def assert_same(out: Path, other: Path) -> None:
    assert all_rows(out) == all_rows(other)
    assert index_of(out) == index_of(other)
    assert_only_parquet(out)


def assert_only_parquet(out: Path) -> None:
    layout = Layout(out)
    for path in layout.tables.rglob("*"):
        if path.is_file():
            assert path.suffix == ".parquet"
            assert len(path.relative_to(layout.tables).parts) == 3


def finish(out: Path) -> list[Recovery]:
    """Start over after a fault: roll forward, and bring SECOND once more if it is not there yet."""
    with hold_dataset(out):
        done = roll_forward(out)
    assert not Layout(out).staging.exists()
    if not any(row["revision"] == 1 for row in rows(out, "articles")):
        commit_run(out, SECOND, POLLS[1])
    return done


def count_operations(tmp_path: Path) -> int:
    out = tmp_path / "counted"
    commit_run(out, FIRST, POLLS[0])
    storage = FaultyStorage(-1, Killed())
    run_id = started(out)
    publish(out, run_id, stage(out, run_id, SECOND, POLLS[1]), storage=storage)
    return storage.count


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", [Killed(), OSError(errno.ENOSPC, "No space left on device")])
def test_every_file_operation_may_fail(tmp_path: Path, undisturbed: Path, fault: BaseException, after: bool) -> None:
    operations = count_operations(tmp_path)
    assert operations > 20
    first = tmp_path / "first"
    commit_run(first, FIRST, POLLS[0])
    before, index_before = all_rows(first), index_of(first)
    for at in range(0, operations, STEP):
        out = tmp_path / f"at{at}"
        shutil.copytree(first, out)
        run_id = started(out)
        staged = stage(out, run_id, SECOND, POLLS[1])
        storage = FaultyStorage(at, fault, after)
        committed = False
        try:
            publish(out, run_id, staged, storage=storage)
            committed = True  # what cannot be cleared away after the commit harms nothing
        except type(fault):
            pass
        if isinstance(fault, OSError) and not committed:
            assert all_rows(out) == before, f"operation {at}"
            assert index_of(out) == index_before
        finish(out)
        assert_same(out, undisturbed)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("fault", [Killed(), OSError(errno.ENOSPC, "No space left on device")])
def test_every_transaction_may_fail(
    base: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, at: int, after: bool
) -> None:
    run_id = started(base)
    staged = stage(base, run_id, SECOND, POLLS[1])
    with faulty_transactions(monkeypatch, at, fault, after), pytest.raises(type(fault)):
        publish(base, run_id, staged)
    done = finish(base)
    kinds = {one.kind for one in done}
    if isinstance(fault, Killed) and (at, after) in {(0, True), (1, False)}:
        assert "finished_commit" in kinds
    assert_same(base, undisturbed)


def test_publishing_twice_changes_nothing(base: Path, undisturbed: Path) -> None:
    run_id = started(base)
    staged = stage(base, run_id, SECOND, POLLS[1])
    first = publish(base, run_id, staged)
    # A bundle that Beam tries again stages and publishes once more.
    again = publish(base, run_id, stage(base, run_id, SECOND, POLLS[1]))
    assert first == again
    assert dict(first.rows)["articles"] == 6
    assert_same(base, undisturbed)
    assert not Layout(base).run_staging(run_id).exists()


def test_slices_of_a_run_are_commits_of_their_own(base: Path, undisturbed: Path) -> None:
    run_id = started(base)
    everything = stage(base, run_id, SECOND, POLLS[1])
    publish(base, run_id, everything[:3], commit_id=f"{run_id}-000", last=False)
    assert Layout(base).run_staging(run_id).is_dir()
    publish(base, run_id, everything[3:], commit_id=f"{run_id}-001")
    assert_same(base, undisturbed)


def test_staged_files_that_vanished_are_an_error(base: Path) -> None:
    before = all_rows(base)
    run_id = started(base)
    staged = stage(base, run_id, SECOND, POLLS[1])
    Path(staged[0].staged_path).unlink()
    with pytest.raises(IncompleteCommit, match=staged[0].name):
        publish(base, run_id, staged)
    assert all_rows(base) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("table", "../tables"),
        ("table", "no"),
        ("dt", "2026-1-1"),
        ("dt", "../x"),
        ("name", "../a.parquet"),
        ("name", "a"),
    ],
)
def test_places_outside_the_tables_are_refused(base: Path, field: str, value: Any) -> None:
    run_id = started(base)
    staged = stage(base, run_id, SECOND)
    with pytest.raises(ValueError, match="no place"):
        publish(base, run_id, [dataclasses.replace(staged[0], **{field: value})])


KILL = """
import os, signal, sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from dataset_faults import FaultyStorage
from test_dataset_commit import SECOND, POLLS, started
from dataset_faults import FaultyStorage, Killed
from dataset_rows import stage
from transforms.dataset.commit import publish
from transforms.dataset.lock import hold_dataset
class KillingStorage(FaultyStorage):
    def do(self, operation):
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1
        return operation()
out = Path({out!r})
with hold_dataset(out):
    run_id = started(out)
    publish(out, run_id, stage(out, run_id, SECOND, POLLS[1]), storage=KillingStorage({at}, ValueError()))
"""


@pytest.mark.parametrize("share", [0.1, 0.4, 0.6, 0.8])
def test_a_killed_process(base: Path, undisturbed: Path, tmp_path: Path, share: float) -> None:
    at = int(count_operations(tmp_path) * share)
    program = KILL.format(tests=str(Path(__file__).parent), out=str(base), at=at)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    finish(base)
    assert_same(base, undisturbed)


def test_rows_that_are_there_already_are_refused(base: Path) -> None:
    before = all_rows(base)
    for doubled in ([article(1, 0)], [article(9), article(9)]):
        run_id = started(base)
        with pytest.raises(DoubledRows, match=doubled[0].article_id):
            publish(base, run_id, stage(base, run_id, doubled))
    assert all_rows(base) == before


def test_a_staged_file_that_cannot_be_read_stops_the_run(base: Path) -> None:
    before = all_rows(base)
    run_id = started(base)
    staged = stage(base, run_id, SECOND)
    Path(staged[1].staged_path).write_bytes(b"PAR1")
    with pytest.raises(pa.ArrowInvalid):
        publish(base, run_id, staged)
    assert all_rows(base) == before
    finish(base)

"""What a start does after trouble: commits cut off, a state lost, runs killed, a clock that went backwards."""

import errno
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from dataset_faults import FaultyStorage, Killed
from dataset_rows import NOW, all_rows, article, commit_run, fetch, stage
from test_dataset_commit import FIRST, POLLS, SECOND, STEP, assert_same, count_operations, finish, index_of, started

from transforms.dataset.commit import (
    begin_run,
    fail_run,
    next_run_id,
    publish,
    roll_forward,
    unfinished_runs,
)
from transforms.dataset.index import Index
from transforms.dataset.journal import Fenced
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.moves import IncompleteCommit
from transforms.dataset.recovery import Recovery


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


@pytest.mark.parametrize("at", range(0, 40, STEP * 2))
def test_a_second_crash_while_rolling_forward(base: Path, undisturbed: Path, tmp_path: Path, at: int) -> None:
    run_id = started(base)
    storage = FaultyStorage(count_operations(tmp_path) // 2, Killed())
    with pytest.raises(Killed):
        publish(base, run_id, stage(base, run_id, SECOND, POLLS[1]), storage=storage)
    again = FaultyStorage(at, Killed())
    try:
        roll_forward(base, again)
    except Killed:
        assert again.count > at
    finish(base)
    assert_same(base, undisturbed)


def test_a_disk_still_full_at_the_next_start_changes_nothing(base: Path, undisturbed: Path, tmp_path: Path) -> None:
    before = all_rows(base)
    run_id = started(base)
    half = count_operations(tmp_path) // 2
    with pytest.raises(Killed):
        publish(base, run_id, stage(base, run_id, SECOND, POLLS[1]), storage=FaultyStorage(half, Killed()))
    assert all_rows(base) != before  # half of it is in place
    with pytest.raises(OSError, match="No space"):
        roll_forward(base, FaultyStorage(3, OSError(errno.ENOSPC, "No space left on device")))
    assert all_rows(base) == before
    assert [one.kind for one in finish(base)][:1] == ["finished_commit"]
    assert_same(base, undisturbed)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("loss", ["deleted", "garbage", "empty", "truncated", "older"])
def test_state_lost_in_the_middle_of_a_commit(
    base: Path, undisturbed: Path, tmp_path: Path, share: float, loss: str
) -> None:
    state = Layout(base).state_file
    older = state.read_bytes()
    run_id = started(base)
    at = int(count_operations(tmp_path) * share)
    with pytest.raises(Killed):
        publish(base, run_id, stage(base, run_id, SECOND, POLLS[1]), storage=FaultyStorage(at, Killed()))
    lose(state, loss, older)
    finish(base)
    assert_same(base, undisturbed)


def lose(state: Path, loss: str, older: bytes) -> None:
    if loss == "deleted":
        state.unlink()
    elif loss == "truncated":
        os.truncate(state, state.stat().st_size // 2)
    else:
        state.write_bytes({"garbage": b"not a database" * 1000, "empty": b"", "older": older}[loss])


@pytest.mark.parametrize("loss", ["deleted", "garbage", "empty", "truncated", "older"])
def test_state_lost_at_rest_is_rebuilt(base: Path, undisturbed: Path, loss: str) -> None:
    older = Layout(base).state_file.read_bytes()
    commit_run(base, SECOND, POLLS[1])
    lose(Layout(base).state_file, loss, older)
    with hold_dataset(base):
        assert [one.kind for one in roll_forward(base)] == ["rebuilt_index"]
    assert_same(base, undisturbed)
    assert next_run_id(base, NOW) > max(run["run_id"] for run in raw_runs(base))


def raw_runs(out: Path) -> list[dict[str, Any]]:
    paths = (Layout(out).tables / "runs").rglob("*.parquet")
    return [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]


def test_files_removed_by_hand_are_forgotten(base: Path) -> None:
    commit_run(base, SECOND, POLLS[1])
    (victim,) = {path for path in (Layout(base).tables / "articles").rglob("*.parquet") if "01Z-s0" in path.name}
    victim.unlink()
    with hold_dataset(base):
        assert "rebuilt_index" in [one.kind for one in roll_forward(base)]
    index = Index.open(Layout(base).state_file)
    assert index.known([article(4).article_id]) == {}
    assert index.known([article(5).article_id]) != {}
    index.close()


def test_an_orphan_of_a_dead_run_cannot_commit(base: Path) -> None:
    before = all_rows(base)
    orphan = started(base)
    staged = stage(base, orphan, SECOND, POLLS[1])
    with hold_dataset(base):
        # Its driver is dead: the lock is free, and another run begins.
        assert Recovery("killed_run", orphan) in roll_forward(base)
        with pytest.raises((Fenced, IncompleteCommit)):
            publish(base, orphan, staged)
        late = stage(base, orphan, SECOND, POLLS[1])
        with pytest.raises(Fenced, match=orphan):
            publish(base, orphan, late)
        run_id = next_run_id(base, NOW)
        begin_run(base, run_id, NOW)
        with pytest.raises(Fenced):
            publish(base, orphan, late)
    assert all_rows(base) == before


def test_run_ids_grow_whatever_the_clock_does(tmp_path: Path) -> None:
    out = tmp_path / "out"
    future = NOW.replace(year=2030)
    first = commit_run(out, FIRST[:1], [fetch("paper", future, '{"poll": 1}')], now=future)
    second = commit_run(out, FIRST[1:2], [fetch("paper", NOW, '{"poll": 2}')], now=NOW)
    third = commit_run(out, FIRST[2:3], now=NOW)
    assert first < second < third
    with hold_dataset(out), pytest.raises(ValueError, match="does not come after"):
        begin_run(out, first, NOW)
    index = Index.open(Layout(out).state_file)
    assert index.feed_states() == {"paper": '{"poll": 2}'}  # the later run's, though its clock was behind
    index.close()
    Layout(out).state_file.unlink()
    with hold_dataset(out):
        roll_forward(out)
        assert next_run_id(out, NOW) > third
    index = Index.open(Layout(out).state_file)
    assert index.feed_states() == {"paper": '{"poll": 2}'}
    index.close()


def test_runs_that_did_not_commit_are_told(base: Path) -> None:
    killed = started(base)
    with hold_dataset(base):
        roll_forward(base)
        failed = next_run_id(base, NOW)
        begin_run(base, failed, NOW)
        fail_run(base, failed, "the disk is full")
        with pytest.raises(Fenced):
            publish(base, failed, stage(base, failed, SECOND))
    told = {run.run_id: (run.state, run.message) for run in unfinished_runs(base)}
    assert told == {killed: ("killed", None), failed: ("failed", "the disk is full")}


def test_a_prepared_commit_that_lost_files_is_withdrawn_whole(base: Path, tmp_path: Path, undisturbed: Path) -> None:
    before = all_rows(base)
    run_id = started(base)
    staged = stage(base, run_id, SECOND, POLLS[1])
    half = count_operations(tmp_path) // 2
    with pytest.raises(Killed):
        publish(base, run_id, staged, storage=FaultyStorage(half, Killed()))
    left = next(Path(one.staged_path) for one in staged if Path(one.staged_path).exists())
    left.unlink()
    with hold_dataset(base):
        assert Recovery("withdrew_commit", run_id) in roll_forward(base)
    assert all_rows(base) == before
    finish(base)
    assert_same(base, undisturbed)


def test_damage_deep_inside_the_state_is_found_after_a_run_that_failed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    commit_run(out, [article(number) for number in range(400)])
    kept = index_of(out)
    state = Layout(out).state_file
    data = bytearray(state.read_bytes())
    data[-8192:] = b"\xff" * 8192
    state.write_bytes(data)
    with hold_dataset(out):
        run_id = started(out)
        fail_run(out, run_id, "database disk image is malformed")
        assert "rebuilt_index" in [one.kind for one in roll_forward(out)]
    assert index_of(out) == kept

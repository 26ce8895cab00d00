"""A retry that is killed or finds the disk full is carried on by the next one: nothing is doubled, nothing lost."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from running import ROOT, dataset, run_here, write_jsonl
from test_retry import fail, last_run, open_failures, try_again

from transforms.dataset import commit

GOOD = {"id": "good", "title": "Fine", "text": "Mothers of soldiers wrote a letter."}
# What lies on disk when the process is killed: the documents laid out, the rows staged, the commit prepared.
MOMENTS = ["staging/*/spool/retry-*.jsonl", "staging/*/tables/articles/*/*.parquet", "staging/*/*.commit.json"]


@pytest.fixture
def failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset with letters that can be read now, and one that cannot."""
    bad = [{"id": f"b{n}", "title": "Broken", "text": f"Wives of mobilised men wait: explode {n}."} for n in range(3)]
    path = write_jsonl(tmp_path / "seeds.jsonl", [*({**GOOD, "id": f"g{n}"} for n in range(5)), *bad])
    path.write_text(path.read_text() + "{broken\n")
    with monkeypatch.context() as patch:
        fail(patch)
        assert run_here(tmp_path / "out", [path]) == 0
    path.unlink()
    return tmp_path / "out"


def copy(out: Path, name: str) -> Path:
    target = out.with_name(name)
    subprocess.run(["cp", "-a", str(out), str(target)], check=True)
    return target


def kill_when(out: Path, pattern: str) -> bool:
    """Start a retry and kill it once a file is there; return whether it was still at work."""
    command = [sys.executable, "-m", "pipeline", "retry", "--out", str(out)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE)
    while process.poll() is None and not list(out.glob(pattern)):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def test_killed_at_each_stage(failed: Path) -> None:
    whole = copy(failed, "whole")
    assert try_again(whole) == 0
    expected = dataset(whole, ["runs"])
    cut = 0
    for number, pattern in enumerate(MOMENTS):
        out = copy(failed, f"cut{number}")
        cut += kill_when(out, pattern)
        assert try_again(out) == 0
        assert dataset(out, ["runs"]) == expected, pattern
        assert [row[:2] for row in open_failures(out)] == [("seeds.jsonl:9", "bad_json")]
    assert cut, "every kill came after the end: nothing was shown"


def test_a_full_disk_leaves_all_as_it_was(
    failed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dataset(failed)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(commit, "carry_out", full)
        assert try_again(failed) == 1
    assert "No space left" in capsys.readouterr().err
    assert dataset(failed) == before
    assert try_again(failed) == 0
    assert (last_run(failed)["new_articles"], last_run(failed)["failures"]) == (3, 1)

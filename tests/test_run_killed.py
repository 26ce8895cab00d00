"""A run that is killed at any moment leaves a dataset that the next run completes, row for row."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import ROOT, dataset, run_here

from pipeline.worker import WATCH_SECONDS

KILLS = 20 if "PICKET_PROVE" in os.environ else 3  # `make prove` runs the full count
SEED = 4
SEEDS = [ROOT / "seeds/articles/*.txt", ROOT / "seeds/articles/*.jsonl", ROOT / "seeds/feeds/*"]


def command(out: Path, workers: int) -> list[str]:
    profile = out.parent / "profile.yaml"
    profile.write_text(f"workers: {workers}\n")
    seeds = [part for seed in SEEDS for part in ("--seeds", str(seed))]
    return [sys.executable, "-m", "pipeline", "run", "--config", str(profile), *seeds, "--out", str(out)]


def lasting(out: Path, workers: int) -> float:
    before = time.monotonic()
    subprocess.run(command(out, workers), check=True, capture_output=True, cwd=ROOT)
    return time.monotonic() - before


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_random_moments_then_run_once_more(tmp_path: Path, workers: int) -> None:
    undisturbed = tmp_path / "undisturbed"
    seconds = lasting(undisturbed, workers)
    expected = dataset(undisturbed, ["runs"])
    dice = random.Random(SEED)  # noqa: S311 - moments, not secrets
    published = 0
    for number in range(KILLS):
        out = tmp_path / f"killed-{number}"
        process = subprocess.Popen(command(out, workers), cwd=ROOT, stderr=subprocess.DEVNULL)
        # Half of the kills fall into the last part, where files are written and moved.
        share = dice.uniform(0.2, 0.6) if number % 2 else dice.uniform(0.6, 1.0)
        time.sleep(seconds * share)
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(2 * WATCH_SECONDS)  # the workers of the killed run end by themselves
        published += bool(list(out.glob("tables/articles/dt=*/*.parquet")))
        assert run_here(out, SEEDS) == 0
        assert dataset(out, ["runs"]) == expected, f"killed after {share:.0%} of {seconds:.1f} s"
        assert list((out / "staging").iterdir()) == []
    assert published < KILLS, "every kill came after the end: nothing was shown"

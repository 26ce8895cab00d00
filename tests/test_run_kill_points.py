"""The command line killed at each file operation and at random moments, and started twice: nothing lost or doubled."""

import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from forked_program import count_operations, run, start
from running import dataset, rows, write_jsonl
from test_run_slices import latest

PROVE = "PICKET_PROVE" in os.environ  # `make test` runs about a twentieth
STEP = 1 if PROVE else 40
MOMENTS = 40 if PROVE else 2
ROUNDS = 25 if PROVE else 1  # of each case
SEED = 9
HELD = 75
SLICED = "slice_documents: 9\n"


def records(edited: bool) -> list[dict[str, Any]]:
    """Return documents of two sources, partly copies of each other; later ones are edited or new."""
    made: list[dict[str, Any]] = []
    for number in range(12 if edited else 8):
        text = f"Mothers of conscripts wrote letter {number} because their sons had no equipment. " * (1 + number % 2)
        text += "Corrected." if edited and number % 3 == 0 else ""
        one = {"id": number, "title": f"Letter {number}", "text": text, "source": "paper"}
        made.append({**one, "published": f"2024-05-0{1 + number % 4}", "url": f"https://paper.example/{number}"})
        if number % 2:
            made.append({**made[-1], "source": "hub", "id": f"h{number}", "url": f"https://hub.example/{number}"})
    return made


class Case:
    """A dataset with one run in it, the command of a second run, and what the tables are after that."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.folder = folder
        self.base = folder / "base"
        self.seeds = folder / "seeds"
        self.seeds.mkdir()
        (folder / "profile.yaml").write_text(f"workers: 1\n{profile}")
        write_jsonl(self.seeds / "a.jsonl", records(edited=False))
        (self.seeds / "broken.jsonl").write_text("no json\n")
        assert run(self.command(self.base)) == 0
        write_jsonl(self.seeds / "a.jsonl", records(edited=True))
        (self.seeds / "b.txt").write_text("Title\n\nWives of soldiers wrote.")
        undisturbed = self.begun("undisturbed")
        before = time.monotonic()
        self.operations = count_operations(self.command(undisturbed), folder)
        self.seconds = time.monotonic() - before
        self.expected = told(undisturbed)

    def command(self, out: Path) -> list[str]:
        return ["run", "--config", str(self.folder / "profile.yaml"), "--seeds", str(self.seeds), "--out", str(out)]

    def begun(self, name: str) -> Path:
        out = self.folder / name
        shutil.copytree(self.base, out)
        return out

    def check_next_run(self, out: Path, when: str) -> None:
        assert run(self.command(out)) == 0, when
        assert told(out) == self.expected, when
        assert list((out / "staging").iterdir() if (out / "staging").exists() else []) == []
        shutil.rmtree(out)


def told(out: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what the tables say: of failures and stories the last word, since runs that are cut short say theirs."""
    tables = latest(dataset(out, ["runs"]))
    for table, key in (("failures", "failure_id"), ("stories", "article_id")):
        last = {row[key]: row["run_id"] for row in sorted(rows(out, table), key=lambda row: str(row["run_id"]))}
        kept = [row for row in rows(out, table) if row["run_id"] == last[row[key]]]
        assert len(kept) == len(last), table
        tables[table] = sorted(({"key": row[key], **_told_of(row)} for row in kept), key=lambda row: str(row["key"]))
    return tables


def _told_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("reason", "place", "story_id", "similarity", "is_head") if name in row}


@pytest.fixture(scope="module", params=["", SLICED], ids=["whole", "sliced"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("case"), request.param)


def test_killed_at_each_operation(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    assert case.operations > 60
    points = range(STEP // 2, case.operations, STEP)
    for at in points:
        out = case.begun(f"at{at}")
        assert run(case.command(out), at) == -signal.SIGKILL
        case.check_next_run(out, f"operation {at}")
    if PROVE:
        with capsys.disabled():
            print(f"\nkilled at each of {len(points)} operations of a run that takes {case.seconds:.1f} s")


def test_killed_at_any_moment(case: Case) -> None:
    moments = random.Random(SEED)  # noqa: S311 - a repeatable test
    killed = 0
    for number in range(MOMENTS):
        out = case.begun(f"moment{number}")
        process = start(case.command(out))
        share = moments.uniform(0.1, 1.0)
        time.sleep(case.seconds * share)
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        case.check_next_run(out, f"after {share:.0%} of {case.seconds:.1f} s")
    assert killed


def test_two_started_together(case: Case) -> None:
    for number in range(ROUNDS):
        out = case.begun(f"round{number}")
        moment = time.time() + 0.2
        pair = [start(case.command(out), moment=moment) for _ in range(2)]
        for process in pair:
            process.join()
        assert sorted(process.exitcode or 0 for process in pair) == [0, HELD], f"round {number}"
        assert told(out) == case.expected
        assert len(rows(out, "runs")) == 2
        shutil.rmtree(out)

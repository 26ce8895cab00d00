"""Several processes: a worker that dies ends the run, and odd places of code, seeds and profiles do no harm."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from running import ROOT, picket, rows, run_here, write_jsonl

GOOD = {"id": "1", "title": "Fine", "text": "Mothers of conscripts wrote a letter."}


def workers_of(parent: int) -> list[int]:
    told = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    table = [line.split(None, 2) for line in told.splitlines()[1:]]
    family = {parent}
    for _ in range(3):  # the shell between stands in the way
        family |= {int(pid) for pid, ppid, _ in table if int(ppid) in family}
    return [
        int(pid) for pid, _, args in table if int(pid) in family and "pipeline.worker" in args and " -c " not in args
    ]


def test_a_worker_that_dies_ends_the_run(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "s.jsonl", [{**GOOD, "id": n, "text": f"{GOOD['text']} {n} " * 30} for n in range(9000)]
    )
    (tmp_path / "p.yaml").write_text("workers: 2\n")
    command = [sys.executable, "-m", "pipeline", "run", "--config", "p.yaml", "--seeds", str(path), "--out", "out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (found := workers_of(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(found[-1], signal.SIGKILL)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1, told
    assert "a worker process died" in told
    assert "Traceback" not in told


def test_a_folder_that_looks_like_our_code_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "__init__.py").write_text("raise SystemExit('not ours')\n")
    (tmp_path / "random.py").write_text("raise SystemExit('not ours')\n")
    write_jsonl(tmp_path / "s.jsonl", [GOOD])
    (tmp_path / "p.yaml").write_text("workers: 2\nseeds: s.jsonl\nout: out\n")
    command = [sys.executable, "-P", "-m", "pipeline", "run", "--config", "p.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(rows(tmp_path / "out", "articles")) == 1


def test_names_that_are_no_unicode_and_pipes_are_told_and_stop_nothing(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    write_jsonl(seeds / "good.jsonl", [GOOD])
    for name in (b"b\xff.xyz", b"a\xff.txt"):
        with open(os.path.join(os.fsencode(seeds), name), "wb") as file:
            file.write(b"Title\nText of a file with an old name.")
    os.mkfifo(seeds / "pipe.json")
    assert run_here(tmp_path / "out", [seeds]) == 0
    assert {row["external_id"] for row in rows(tmp_path / "out", "articles")} == {"1", "a\\xff.txt"}
    assert {row["reason"] for row in rows(tmp_path / "out", "failures")} == {"unknown_format", "unreadable_file"}


def test_a_profile_in_a_folder_with_brackets_finds_its_seeds(tmp_path: Path) -> None:
    folder = tmp_path / "watch[1]"
    (folder / "deep").mkdir(parents=True)
    write_jsonl(folder / "s.jsonl", [GOOD])
    (folder / "deep" / "t.txt").write_text("Title\nText")
    (folder / "p.yaml").write_text("seeds: ['*.jsonl', '**/*.txt']\nout: out\n")
    assert picket("run", "--config", str(folder / "p.yaml")).returncode == 0
    assert {row["external_id"] for row in rows(folder / "out", "articles")} == {"1", "deep/t.txt"}
    assert rows(folder / "out", "failures") == []


def test_terminal_codes_in_a_name_are_not_shown_by_a_dry_run(tmp_path: Path) -> None:
    (tmp_path / "e\x1b[31mvil.txt").write_text("x")
    done = picket("run", "--seeds", str(tmp_path), "--out", str(tmp_path / "out"), "--dry-run")
    assert "\x1b" not in done.stdout + done.stderr

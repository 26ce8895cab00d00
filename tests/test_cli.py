"""The command line: what it prints where, and its exit codes."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import ROOT, picket, rows, write_jsonl

from pipeline.runner_names import UnknownRunner, check_runner
from transforms.dataset.lock import hold_dataset

GOOD = {"id": "1", "title": "Fine", "text": "Mothers of conscripts said their sons were sent without training."}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = tmp_path_factory.mktemp("demo")
    return picket("run", cwd=folder), folder


def test_demo_finds_something_in_three_languages_and_says_what_next(
    demo: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, folder = demo
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    for name in ("English", "Russian", "Ukrainian"):
        line = next(line for line in done.stderr.splitlines() if line.startswith(name))
        assert all(int(number) > 0 for number in line.split()[1:]), line
    assert "picket query" in done.stderr
    assert "\r" not in done.stderr  # no progress line where nobody watches
    assert {row["lang"] for row in rows(folder / "picket-data", "complaints")} == {"en", "ru", "uk"}
    assert rows(folder / "picket-data", "fetches") == []


def test_what_the_summary_suggests_works(demo: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    done, folder = demo
    suggested = [line.strip() for line in done.stderr.splitlines() if line.startswith("  picket ")]
    assert len(suggested) >= 2
    for line in suggested:
        arguments = re.findall(r'"[^"]*"|\S+', line)[1:]
        again = picket(*(argument.strip('"') for argument in arguments), cwd=folder)
        assert again.returncode == 0, again.stderr
        assert again.stdout


def test_json_is_data_on_stdout(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "s.jsonl", [GOOD])
    done = picket("run", "--seeds", str(path), "--no-feeds", "--out", str(tmp_path / "out"), "--json")
    told = json.loads(done.stdout)
    assert told["run"]["documents"] == 1
    assert told["by_language"]["en"]["relevant"] == 1
    assert done.stderr == ""


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "s.jsonl", [GOOD])
    done = picket("run", "--seeds", str(path), "--no-feeds", "--out", str(tmp_path / "out"), "--dry-run", "--json")
    assert done.returncode == 0
    assert [seed["file"] for seed in json.loads(done.stdout)["seeds"]] == [str(path)]
    assert not (tmp_path / "out").exists()


def test_no_feeds_leaves_stored_feeds_out(tmp_path: Path) -> None:
    done = picket("run", "--no-feeds", "--dry-run", "--json", cwd=tmp_path)
    kinds = {seed["kind"] for seed in json.loads(done.stdout)["seeds"]}
    assert kinds == {"text", "html", "jsonl"}


@pytest.mark.parametrize(
    "arguments", [["run", "--nonsense"], ["run", "stray"], ["nonsense"], ["query", "--format", "xml", "SELECT 1"]]
)
def test_wrong_usage_leaves_with_2(arguments: list[str], tmp_path: Path) -> None:
    assert picket(*arguments, cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seedz: []\n", "p.yaml:1:1: seedz: unknown key"),
        ("sources: none.yaml\n", "p.yaml:1:1: sources: no such file or folder"),
        ("workers: [1\n", "p.yaml:2:1"),
    ],
)
def test_bad_configuration_leaves_with_78_and_names_the_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(text)
    done = picket("run", "--config", "p.yaml", cwd=tmp_path)
    assert done.returncode == 78
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "picket-data").exists()


def test_a_broken_registry_stops_the_run_before_it_starts(tmp_path: Path) -> None:
    registry = (ROOT / "configs/actors.yaml").read_text(encoding="utf-8")
    (tmp_path / "relatives.yaml").write_text((ROOT / "configs/relatives.yaml").read_text(encoding="utf-8"))
    (tmp_path / "actors.yaml").write_text(registry + "\nextra: 1\n", encoding="utf-8")
    (tmp_path / "p.yaml").write_text("actors: actors.yaml\n")
    done = picket("run", "--config", "p.yaml", cwd=tmp_path)
    assert done.returncode == 78
    assert re.search(r"actors\.yaml:\d+:1: extra: unknown key", done.stderr)
    assert not (tmp_path / "picket-data").exists()


def test_a_held_dataset_leaves_with_75_in_one_plain_line(tmp_path: Path) -> None:
    from pipeline.clock import utc_now

    path = write_jsonl(tmp_path / "s.jsonl", [GOOD])
    with hold_dataset(tmp_path / "out", utc_now()):
        done = picket("run", "--seeds", str(path), "--no-feeds", "--out", str(tmp_path / "out"))
    assert done.returncode == 75
    assert len(done.stderr.strip().splitlines()) == 1
    assert "held by another run" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_leaves_with_130_and_publishes_nothing(number: signal.Signals, tmp_path: Path) -> None:
    records = [{**GOOD, "id": n, "text": f"{GOOD['text']} {n} " * 20} for n in range(20_000)]
    path = write_jsonl(tmp_path / "s.jsonl", records)
    command = [sys.executable, "-m", "pipeline", "run", "--seeds", str(path), "--no-feeds", "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("out/staging/*/progress/*")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Interrupted" in told
    assert not list(tmp_path.glob("out/tables/**/*.parquet"))


def test_options_of_beam_come_after_two_dashes(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "s.jsonl", [GOOD])
    done = picket("run", "--seeds", str(path), "--out", str(tmp_path / "out"), "--", "--direct_num_workers=2")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("option", [["--runner=NoSuchRunner"], ["--runner", "Flink2"], ["--runner=no.such.Runner"]])
def test_an_unknown_runner_is_told_before_anything_is_touched(option: list[str], tmp_path: Path) -> None:
    done = picket("run", "--no-feeds", "--out", "out", "--", *option, cwd=tmp_path)
    assert done.returncode == 2
    assert "FlinkRunner" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_runners_that_beam_knows() -> None:
    for options in (["--runner=FlinkRunner"], ["--runner", "fnapirunner"], ["--runner=prism"], ["--streaming"], []):
        check_runner(options)
    check_runner(["--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"])
    for options in (["--runner="], ["--runner"], ["--runner=apache_beam.NoRunner"], ["--runner=.."]):
        with pytest.raises(UnknownRunner):
            check_runner(options)


@pytest.mark.parametrize("arguments", [["run", "--no-feeds"], ["run", "--no-feeds", "--json"], ["schema"], ["query"]])
def test_a_reader_that_goes_away_is_no_error(arguments: list[str], tmp_path: Path) -> None:
    line = shlex.join([sys.executable, "-m", "pipeline", *arguments])
    script = f"{line} 2>&1 | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("command", ["run", "query", "retry"])
def test_interrupted_while_it_loads(command: str, tmp_path: Path) -> None:
    # Says when our code has begun: before that, Python itself is starting.
    program = "import sys; print('begun', flush=True); from pipeline.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, command, "--out", "out"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.15)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in told
    assert not (tmp_path / "out").exists()


def test_readme_tells_the_options_of_run() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = picket("run", "--help").stdout
    for option in re.findall(r"--[a-z-]+", told):
        if option != "--help":
            assert option in readme, option

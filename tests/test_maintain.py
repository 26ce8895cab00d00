"""Compaction, forgetting and reanalysis through the command line's own functions, and what the next run makes of it."""

from pathlib import Path

import pytest
from running import dataset, picket, rows, run_here, timeless, write_jsonl

from pipeline.config import Profile
from pipeline.maintain import compact_dataset, forget_things, reanalyse, retain_recent
from pipeline.plan import Request
from transforms.dataset.forget import ForgetRequest

RECORDS = [
    {
        "id": "1",
        "title": "Letter",
        "text": "Mothers of conscripts said their sons were sent to the front.",
        "source": "a",
    },
    {"id": "2", "title": "Talk", "text": "Wives of mobilised men, said Vera Lugovaya, get no answers.", "source": "b"},
    {"id": "3", "title": "News", "text": "The bridge over the river is closed for repair.", "source": "b"},
]


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "s.jsonl", RECORDS)


def test_compaction_keeps_every_row(tmp_path: Path, seeds: Path) -> None:
    out = tmp_path / "out"
    for number in range(1, len(RECORDS) + 1):
        write_jsonl(seeds, RECORDS[:number])
        assert run_here(out, [seeds]) == 0
    before = dataset(out)
    assert compact_dataset(out) == 0
    assert dataset(out) == before
    assert run_here(out, [seeds]) == 0
    assert timeless(rows(out, "articles")) == before["articles"]


def test_a_name_is_masked_and_does_not_come_back(tmp_path: Path, seeds: Path) -> None:
    out = tmp_path / "out"
    assert run_here(out, [seeds]) == 0
    assert forget_things(out, ForgetRequest(names=("Vera Lugovaya",))) == 0
    changed = [*RECORDS, {"id": "4", "title": "Vera Lugovaya", "text": "Wives of soldiers met. Vera Lugovaya spoke."}]
    changed[1] = {**RECORDS[1], "text": "Vera Lugovaya asks again, with other wives of mobilised men."}
    write_jsonl(seeds, changed)
    assert run_here(out, [seeds]) == 0
    for path in out.rglob("*"):
        if path.is_file():
            assert b"Lugovaya" not in path.read_bytes(), path
    texts = {(row["article_id"], row["revision"]): row for row in rows(out, "articles")}
    assert len(texts) == 5
    for row in rows(out, "mentions"):
        article = texts[row["article_id"], row["revision"]]
        assert article[row["field"]][row["start_char"] : row["end_char"]] == row["surface"]


def test_a_source_and_an_article_do_not_come_back(tmp_path: Path, seeds: Path) -> None:
    out = tmp_path / "out"
    assert run_here(out, [seeds]) == 0
    (article,) = [row["article_id"] for row in rows(out, "articles") if row["external_id"] == "1"]
    assert forget_things(out, ForgetRequest(article_ids=(article,), source_ids=("b",))) == 0
    assert rows(out, "articles") == []
    assert run_here(out, [seeds]) == 0
    assert rows(out, "articles") == []
    last = max(rows(out, "runs"), key=lambda row: str(row["run_id"]))
    assert dict(last["rejected"]) == {"forgotten": 3}


def test_a_new_analysis_replaces_findings_and_doubles_nothing(tmp_path: Path, seeds: Path) -> None:
    out = tmp_path / "out"
    rules = Profile(out=out, seeds=(str(seeds),), model=None)
    assert run_here(out, [seeds], model=None) == 0
    with_rules = dataset(out, ["runs", "daily"])
    full = Profile(out=out)
    assert reanalyse(Request(full, no_feeds=True), None) == 0
    versions = {row["analysis_version"] for table in ("articles", "mentions", "complaints") for row in rows(out, table)}
    assert len(versions) == 1
    assert len(rows(out, "articles")) == len(RECORDS)
    assert reanalyse(Request(rules, no_feeds=True), None) == 0
    assert dataset(out, ["runs", "daily"]) == with_rules
    assert run_here(out, [seeds], model=None) == 0
    assert len(rows(out, "articles")) == len(RECORDS)


def test_old_polls_and_failures_go(tmp_path: Path, seeds: Path) -> None:
    out = tmp_path / "out"
    assert run_here(out, [seeds, tmp_path / "nothing.txt"]) == 0
    assert retain_recent(out, 30) == 0
    assert len(rows(out, "failures")) == 1


def test_wrong_requests_are_told(tmp_path: Path) -> None:
    for arguments in (
        ["forget"],
        ["forget", "--name", "..."],
        ["retain", "--days", "0"],
        ["reanalyse", "--since", "soon"],
    ):
        done = picket(*arguments, "--out", str(tmp_path / "out"), cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr

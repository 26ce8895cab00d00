"""The same questions give the same numbers in DuckDB, Polars, pandas and, in `make spark` and `make prove`, Spark."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dataset_rows import NOW, article, commit_run, failure, fetch, full_run
from snippet_answers import VIEWS, answers, comparable
from story_set import stories

from pipeline.query import run_query
from pipeline.views import write_views
from transforms.dataset.commit import begin_run, next_run_id, publish
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.letters.waiting import find_waiting
from transforms.tables.ids import stable_id
from transforms.tables.records import Failure
from transforms.tables.shard_writer import ShardWriter
from transforms.tables.upkeep_records import Retry, RetryOutcome

# Spark needs a JVM and 400 MB of its own: `make spark` and `make prove` install it.
TOOLS = ["with_polars.py", "with_pandas.py", *(["with_spark.py"] if os.environ.get("PICKET_SPARK") else [])]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with copies, revisions, missing dates, null polarity and failing feeds."""
    folder = tmp_path_factory.mktemp("dataset")
    told = list(stories(4))
    articles = [
        article(number, text=one.text, source_id=f"paper{number % 3}", lang=("ru", "uk")[number % 2])
        for number, one in enumerate(told)
    ]
    full_run(folder, articles)
    later = NOW + timedelta(days=1)
    undated = article(50, at=later, published_at=None, text_kind="summary", relevant=False)
    full_run(folder, [article(0, 1, "Новый текст.", later, source_id="paper0"), undated], later)
    commit_run(folder, [], [fetch("paper0"), fetch("paper1", outcome="failed")])
    commit_run(folder, [], [fetch("paper0", later, outcome="unchanged", new_items=0)], later)
    much_later = NOW + timedelta(days=4)
    commit_run(folder, [], [fetch("paper1", much_later, outcome="refused", new_items=0)], much_later)
    commit_rows(folder, [("failures", letter(number)) for number in range(4)])
    commit_rows(folder, [("failures", letter(0, message="again")), ("retries", answer(1, "read"))])
    commit_rows(folder, [("retries", answer(0, "rejected")), ("retries", answer(2, "failed"))])
    commit_rows(folder, [("failures", letter(1)), ("failures", replace(failure(), item_id=None))])
    write_views(folder)
    return folder


def letter(number: int, **changes: Any) -> Failure:
    """Return the dead letter of an item, which is kept for even numbers."""
    item, state = (f"{{broken {number}", "kept") if number % 2 == 0 else (None, "too_large")
    built = replace(failure(), item_id=stable_id("item", number), item=item, place=f"a.jsonl:{number}")
    return replace(built, item_ref=json.dumps({"state": state}), **changes)


def answer(number: int, outcome: RetryOutcome) -> Retry:
    reason = {"read": None, "rejected": "seen_before", "failed": "empty_record"}[outcome]
    return Retry(stable_id("item", number), None, outcome, reason, None, NOW, "")


def commit_rows(out: Path, added: list[tuple[str, Any]]) -> None:
    with hold_dataset(out, NOW):
        run_id = next_run_id(out, NOW)
        begin_run(out, run_id, NOW)
        writer = ShardWriter(Layout(out).run_staging(run_id), run_id, "s0", {})
        for table, row in added:
            writer.add(table, replace(row, run_id=run_id))
        publish(out, run_id, writer.close())


def test_open_failures_are_those_that_no_later_retry_answered(out: Path) -> None:
    with run_query(out, "SELECT place, reason, times, retryable FROM open_failures") as answered:
        found = [row for batch in answered.batches for row in batch]
    assert found == [
        ("a.jsonl:1", "bad_json", 2, False),
        ("a.jsonl:2", "empty_record", 1, True),
        ("a.jsonl:3", "bad_json", 1, False),
    ]
    waiting = find_waiting(out)
    assert [(one.place, one.reason) for one in waiting.letters] == [("a.jsonl:2", "empty_record")]
    assert [one.place for one in waiting.without_item] == [place for place, _, _, kept in found if not kept]
    assert waiting.no_documents == 1


@pytest.mark.parametrize("tool", TOOLS)
def test_the_same_numbers(out: Path, tool: str) -> None:
    path = Layout(out).meta / "queries" / tool
    if tool == "with_spark.py":
        program = [sys.executable, str(Path(__file__).parent / "snippet_answers.py"), str(path)]
        done = subprocess.run(program, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
    else:
        found = answers(path)
    for name, columns in VIEWS.items():
        with run_query(out, f"SELECT {columns} FROM {name}") as answer:  # noqa: S608 - our own names
            expected = comparable([list(row) for batch in answer.batches for row in batch])
        assert expected, name
        assert found[name] == expected, name


@pytest.mark.parametrize("tool", ["with_polars.py", "with_pandas.py"])
def test_tables_without_files(tmp_path: Path, tool: str) -> None:
    write_views(tmp_path)
    found = answers(Layout(tmp_path).meta / "queries" / tool)
    assert found == {name: [] for name in VIEWS}

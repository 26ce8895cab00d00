"""The same questions give the same numbers in DuckDB, Polars, pandas and, in `make prove`, Spark."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from dataset_rows import NOW, article, commit_run, fetch, full_run
from snippet_answers import VIEWS, answers, comparable
from story_set import stories

from pipeline.query import run_query
from pipeline.views import write_views
from transforms.dataset.layout import Layout

# Spark needs a JVM and 400 MB of its own: `make prove` installs it and says so.
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
    write_views(folder)
    return folder


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

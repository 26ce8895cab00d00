"""`picket export` and `picket schema`: files that open elsewhere, and a dictionary of all that is in them."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from dataset_rows import NOW, article, commit_run

from pipeline.data_dictionary import data_dictionary, show_schema
from pipeline.export import export
from pipeline.views import VIEWS
from transforms.tables.columns import about_column
from transforms.tables.schemas import TABLES, schema_of

HOSTILE = ("=1+1", "+7 900", "-x", "@name", "\t=1", "＝1", 'quote " and, comma', "line\nbreak", "plain")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A dataset whose titles would be formulas."""
    folder = tmp_path / "out"
    commit_run(folder, [article(number, title=title) for number, title in enumerate(HOSTILE)])
    return folder


def test_csv_is_safe_and_whole(out: Path, tmp_path: Path) -> None:
    target = tmp_path / "articles.csv"
    assert export(out, "articles", target) == 0
    with target.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    titles = [row["title"] for row in sorted(rows, key=lambda row: row["external_id"])]
    assert titles == [f"'{title}" if title[0] in "=+-@\t＝" else title for title in HOSTILE]
    assert list(rows[0]) == [*schema_of("articles").names, "dt"]
    assert rows[0]["actors"] == '["mothers"]'
    assert len(pd.read_csv(target)) == len(HOSTILE)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["articles.csv"]


def test_json_lines_keep_the_text(out: Path, tmp_path: Path) -> None:
    target = tmp_path / "articles.jsonl"
    assert export(out, "articles", target, "jsonl") == 0
    rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert sorted(row["title"] for row in rows) == sorted(HOSTILE)
    assert {row["collected_at"] for row in rows} == {NOW.isoformat()}


def test_views_and_queries(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(out, "mentions_daily", None) == 0
    assert capsys.readouterr().out.startswith("day,source_id,lang,actor_id,articles,stories,mentions,mean_polarity\n")
    assert export(out, "SELECT count(*) AS n FROM articles", None, "jsonl") == 0
    assert capsys.readouterr().out == f'{{"n": {len(HOSTILE)}}}\n'


def test_what_cannot_be_exported(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(out, "nothing", None) == 2
    assert export(out, "", None) == 2
    assert export(out, "articles", None, "xlsx") == 2
    assert export(tmp_path / "none", "articles", None) == 2
    assert export(out, "articles", tmp_path / "no" / "folder.csv") == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 5
    target = tmp_path / "kept.csv"
    target.write_text("before", encoding="utf-8")
    assert export(out, "SELECT error('late') FROM articles", target) == 2
    assert target.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["kept.csv"]


def test_the_dictionary_tells_of_every_column(capsys: pytest.CaptureFixture[str]) -> None:
    for output in ("text", "markdown", "json"):
        assert show_schema(None, output) == 0
        shown = capsys.readouterr().out
        assert shown == data_dictionary(list(TABLES), output)
        for table in TABLES:
            for name in schema_of(table).names:
                assert about_column(table, name).replace('"', '\\"' if output == "json" else '"') in shown
    assert all(f"| `{view.name}` |" in data_dictionary(list(TABLES), "markdown") for view in VIEWS)


def test_one_table_and_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_schema("runs", "text") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("runs: One row for each run that committed.\n  dt ")
    assert "rejected            int64 map   " in shown
    assert show_schema("nothing", "text") == 2
    assert show_schema("runs", "xml") == 2
    assert capsys.readouterr().err.count("\n") == 2

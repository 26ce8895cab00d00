"""`picket query`: every view answers, whatever the tables hold, and nothing from outside reaches the terminal."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from dataset_rows import NOW, article, commit_run, fetch, full_run

from pipeline.query import (
    EXAMPLES,
    QueryError,
    ask,
    examples,
    formula_safe,
    json_line,
    printable,
    run_query,
    write_answer,
)
from pipeline.views import VIEWS, write_views
from transforms.dataset.layout import Layout
from transforms.dataset.lock import DatasetBusy, moving_files
from transforms.tables.schemas import OPEN_TABLES, schema_of


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A dataset with two runs: three articles, one edited, and polls of two feeds."""
    folder = tmp_path / "out"
    commit_run(folder, [article(number) for number in range(3)], [fetch("paper"), fetch("radio", outcome="failed")])
    later = NOW + timedelta(days=1)
    edited = article(1, 1, text="Матери снова пишут.", at=later)
    commit_run(folder, [edited], [fetch("paper", later, outcome="unchanged", new_items=0)], now=later)
    return folder


def answer(out: Path, sql: str) -> list[tuple[Any, ...]]:
    with run_query(out, sql) as found:
        return [row for batch in found.batches for row in batch]


@pytest.mark.parametrize("name", [*OPEN_TABLES, *(view.name for view in VIEWS)])
def test_every_view_answers_also_without_files(tmp_path: Path, name: str) -> None:
    Layout(tmp_path).state.mkdir()
    assert answer(tmp_path, f"SELECT * FROM {name}") == []  # noqa: S608 - our own names
    if name in OPEN_TABLES:
        with run_query(tmp_path, f"SELECT * FROM {name}") as found:  # noqa: S608 - our own names
            assert found.columns == (*schema_of(name).names, "dt")


def test_views_count(out: Path) -> None:
    first, last = NOW.date(), (NOW + timedelta(days=1)).date()
    assert answer(out, "SELECT count(*), count(DISTINCT article_id) FROM articles") == [(4, 3)]
    assert sorted(answer(out, "SELECT revision FROM latest")) == [(0,), (0,), (1,)]
    assert answer(out, "SELECT * FROM mentions_daily") == [
        (first, "paper", "ru", "mothers", 2, 2, 2, -0.5),
        (last, "paper", "ru", "mothers", 1, 1, 1, -0.5),
    ]
    assert answer(out, "SELECT * FROM complaints_by_actor") == [
        ("mothers", "SUP", "SUP.EQUIP", "asserted", "ru", 3, 3, 3)
    ]
    health = "SELECT source_id, polls, failed_polls, last_outcome, new_items, last_success FROM feed_health"
    assert answer(out, health) == [
        ("paper", 2, 0, "unchanged", 1, NOW + timedelta(days=1)),
        ("radio", 1, 1, "failed", 1, None),
    ]


def test_stories_count_once(tmp_path: Path) -> None:
    text = " ".join(f"Слово{number} матери" for number in range(40))
    copies = [article(number, text=text, source_id=f"paper{number}") for number in range(3)]
    full_run(tmp_path, [*copies, article(9)])
    first = min(one.article_id for one in copies)
    assert answer(tmp_path, "SELECT story_id, article_id, copies, sources, relevant FROM story_heads") == [
        (first, first, 3, 3, True)
    ]
    assert answer(tmp_path, "SELECT sum(articles), sum(stories) FROM mentions_daily WHERE actor_id = 'mothers'") == [
        (4, 4)
    ]
    assert answer(tmp_path, "SELECT articles, stories FROM complaints_by_actor") == [(4, 2)]
    assert answer(tmp_path, "SELECT count(DISTINCT story_id), count(*) FILTER (is_head) FROM latest") == [(2, 2)]
    assert answer(tmp_path, "SELECT articles, relevant, undated FROM coverage WHERE source_id = 'paper1'") == [
        (1, 1, 0)
    ]


def test_revisions_tell_what_changed(tmp_path: Path) -> None:
    commit_run(tmp_path, [article(1, 0, "Text."), article(2)])
    commit_run(tmp_path, [article(1, 1, "Text."), article(1, 2, "Other.", title="New")])
    found = answer(tmp_path, "SELECT revision, title, title_changed, text_changed FROM revisions ORDER BY revision")
    assert found == [(1, "Title 1", False, False), (2, "New", True, True)]


def test_times_are_utc(out: Path) -> None:
    ((at, day),) = answer(out, "SELECT max(collected_at), max(dt) FROM articles")
    assert at == NOW + timedelta(days=1)
    assert at.utcoffset() == timedelta(0)
    assert day == at.astimezone(UTC).date()


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_answer(out: Path, example: str) -> None:
    assert answer(out, example)


def test_help_names_all_that_can_be_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert ask(tmp_path, None) == 0
    shown = capsys.readouterr().out
    assert shown == examples()
    assert all(name in shown for name in (*OPEN_TABLES, *(view.name for view in VIEWS), *EXAMPLES))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", "Parser Error: syntax error"),
        ("SELECT nothing FROM articles", "Binder Error: "),
        ("SELECT * FROM nowhere", "Catalog Error: "),
        ("SELECT CAST('x\x1b[2J' AS INTEGER)", "Conversion Error: "),
        ("SELECT error('a' || chr(10) || 'b')", "Invalid Input Error: a b"),
    ],
)
def test_errors_are_one_plain_line(out: Path, capsys: pytest.CaptureFixture[str], sql: str, message: str) -> None:
    assert ask(out, sql) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(message)
    assert captured.err.count("\n") == 1
    assert captured.err.rstrip("\n").isprintable()


def test_no_dataset_and_no_such_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path / "none", "SELECT 1") == 2
    assert "there is no dataset" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    assert ask(tmp_path, "SELECT 1", "xml") == 2
    assert "'xml'" in capsys.readouterr().err


HOSTILE = "=cmd|' /C calc'!A0\x1b]0;owned\x07 \u202eabc\u0085\nnext"


@pytest.mark.parametrize("output", ["table", "csv", "json"])
def test_text_cannot_command_terminal_or_spreadsheet(tmp_path: Path, output: str) -> None:
    commit_run(tmp_path, [article(1, title=HOSTILE)])
    stream = io.StringIO()
    with run_query(tmp_path, "SELECT title FROM articles") as found:
        write_answer(found, output, stream)
    shown = stream.getvalue()
    assert not any(character in shown for character in "\x1b\x07\u202e\u0085")
    if output == "csv":
        assert "\n\"'=cmd" in shown
    if output == "json":
        assert json.loads(shown) == {"title": HOSTILE}


def test_formats(out: Path) -> None:
    sql = "SELECT 1.5 AS number, NULL AS nothing, true AS truth, ['a', 'я'] AS list, 12::HUGEINT AS big, 'x' AS text"
    shown = {}
    for output in ("table", "csv", "json"):
        stream = io.StringIO()
        with run_query(out, sql) as found:
            write_answer(found, output, stream)
        shown[output] = stream.getvalue()
    assert shown["table"] == (
        "number  nothing  truth  list        big  text\n"
        "------  -------  -----  ----------  ---  ----\n"
        '   1.5           True   ["a", "я"]   12  x\n'
    )
    assert shown["csv"] == 'number,nothing,truth,list,big,text\n1.5,,True,"[""a"", ""я""]",12,x\n'
    assert json.loads(shown["json"]) == {
        "number": 1.5, "nothing": None, "truth": True, "list": ["a", "я"], "big": 12, "text": "x",
    }  # fmt: skip


def test_long_answers(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(out, "SELECT range AS n, repeat('я', 500) AS t FROM range(3000)") == 0
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1002
    assert "1000 rows" in captured.err
    assert ask(out, "SELECT range AS n FROM range(30000)", "csv") == 0
    assert capsys.readouterr().out.count("\n") == 30001


def test_days_do_not_depend_on_the_session(out: Path) -> None:
    write_views(out)
    found = []
    for zone in ("UTC", "Asia/Vladivostok", "America/Los_Angeles"):
        connection = duckdb.connect()
        connection.execute(f"SET TimeZone = '{zone}'")
        connection.execute((Layout(out).meta / "views.sql").read_text(encoding="utf-8"))
        found.append(connection.sql("SELECT day, articles FROM mentions_daily").fetchall())
    assert found[0] == found[1] == found[2]


def test_a_reader_that_has_enough(out: Path) -> None:
    program = f"import sys\nfrom pipeline.query import ask\nsys.exit(ask({str(out)!r}, 'FROM range(1000000)', 'csv'))"
    command = f'{sys.executable} -c "$PROGRAM" | head -n 2; exit ${{PIPESTATUS[0]}}'
    environment = {**os.environ, "PROGRAM": program}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "range\n0\n", "")


def test_statements_without_an_answer(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(out, "") == 0
    assert capsys.readouterr().out == ""


def test_questions_see_no_variable_of_the_program(out: Path) -> None:
    with pytest.raises(QueryError, match="Catalog Error"):
        answer(out, "SELECT * FROM TABLES")


def test_a_commit_waits_until_the_answer_was_read(out: Path) -> None:
    with run_query(out, "SELECT 1"), pytest.raises(DatasetBusy), moving_files(out, wait_seconds=0.1):
        pass
    with moving_files(out, wait_seconds=0.1):
        pass


@pytest.mark.parametrize("name", ["plain", "with 'quote", "glob[1]*?", "ünï"])
def test_views_of_a_dataset_anywhere(out: Path, tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    shutil.copytree(out, place)
    write_views(place)
    connection = duckdb.connect()
    connection.execute((Layout(place).meta / "views.sql").read_text(encoding="utf-8"))
    assert connection.sql("SELECT count(*) FROM latest").fetchall() == [(3,)]
    assert connection.sql("SELECT count(*) FROM runs").fetchall() == [(2,)]


def test_views_of_a_dataset_that_was_moved(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_views(out)
    moved = tmp_path / "elsewhere"
    out.rename(moved)
    monkeypatch.chdir(tmp_path)
    connection = duckdb.connect()
    connection.execute(f"SET VARIABLE picket = '{moved}'")
    connection.execute((Layout(moved).meta / "views.sql").read_text(encoding="utf-8"))
    assert connection.sql("SELECT count(*) FROM latest_complaints").fetchall() == [(3,)]


def test_a_dataset_that_cannot_be_written_is_read(out: Path) -> None:
    write_views(out)
    folders: Sequence[Path] = [path for path in [out, *out.rglob("*")] if path.is_dir()]
    for folder in folders:
        folder.chmod(0o500)
    try:
        assert answer(out, "SELECT count(*) FROM latest") == [(3,)]
    finally:
        for folder in folders:
            folder.chmod(0o700)


@pytest.mark.parametrize("table", ["articles", "mentions", "complaints", "sightings", "fetches", "runs"])
def test_a_folder_alone_opens_everywhere(out: Path, table: str) -> None:
    folder = Layout(out).tables / table
    expected = answer(out, f"SELECT count(*), count(DISTINCT dt) FROM {table}")[0]  # noqa: S608 - our own names
    frame = pd.read_parquet(folder)
    assert (len(frame), frame["dt"].nunique()) == expected
    lazy = pl.read_parquet(folder)
    assert (lazy.height, lazy["dt"].n_unique()) == expected
    sql = f"SELECT count(*), count(DISTINCT dt) FROM '{folder}/*/*.parquet'"  # noqa: S608 - our own names
    assert duckdb.connect().sql(sql).fetchall() == [expected]


def test_spans_are_the_same_in_sql(out: Path) -> None:
    sql = (
        "SELECT count(*), bool_and(a.text[m.start_char + 1:m.end_char] = m.surface) FROM mentions m"
        " JOIN articles a ON a.article_id = m.article_id AND a.revision = m.revision"
    )
    assert answer(out, sql) == [(4, True)]


def test_escapes() -> None:
    assert printable("plain text") == "plain text"
    assert printable("a\nb\tc\u00ad\ud800\U000e0001") == "a b c\\xad\\ud800\\ue0001"
    assert formula_safe("-1") == "'-1"
    assert formula_safe("a\nb\x00") == "a\nb\\x00"
    assert json.loads(json_line({"a": "я\u2028\U000e0001"})) == {"a": "я\u2028\U000e0001"}

"""The restricted table: only where it is asked for, its owner's alone, in nothing shown, and gone when forgotten."""

import itertools
import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dataset_faults import FaultyStorage, Killed
from dataset_rows import NOW
from running import dataset, picket, rows, run_here, write_jsonl

from pipeline.config import Profile, override
from pipeline.maintain import compact_dataset, forget_things, reanalyse
from pipeline.plan import Request
from pipeline.query import examples, run_query
from pipeline.views import VIEWS
from transforms.dataset.commit import begin_run, next_run_id
from transforms.dataset.forget import ForgetRequest, forget
from transforms.dataset.lock import hold_dataset
from transforms.dataset.recovery import roll_forward
from transforms.tables.restricted import make_place
from transforms.tables.schemas import OPEN_TABLES, TABLES

MODES = pytest.mark.usefixtures("generous_mask")
RECORDS = [
    {
        "id": "1",
        "source": "a",
        "title": "Letter",
        "text": "Mothers of conscripts met. “My son was sent to the front without training,” said Nina Ostrowskaya, the"
        " mother of a conscript. Governor Pavel Grinko said that soldiers get no food.",
    },
    {
        "id": "2",
        "source": "b",
        "title": "Письмо",
        "text": "Матери срочников собрались. «Сына отправили на фронт без подготовки», — рассказал Сергей Лапин, отец"
        " срочника.",
    },
]
PRIVATE = ("Ostrowskaya", "Nina", "Лапин", "Сергей")
VERBATIM = {"title", "text", "sentence", "evidence", "surface"}  # the publisher's own words


@pytest.fixture
def generous_mask() -> Iterator[None]:
    """Let every file be open to everybody, unless the program says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "s.jsonl", RECORDS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with the table, to be copied or only looked at."""
    folder = tmp_path_factory.mktemp("made")
    assert run_here(folder / "out", [write_jsonl(folder / "s.jsonl", RECORDS)], people_table=True) == 0
    return folder / "out"


@pytest.fixture
def out(tmp_path: Path, made: Path) -> Path:
    """A dataset with the table."""
    return Path(shutil.copytree(made, tmp_path / "out"))


def surfaces(out: Path) -> list[str]:
    return sorted({row["surface"] for row in rows(out, "people")})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def assert_closed(out: Path) -> None:
    """See that nobody but the owner gets at the files of the table."""
    assert mode(out / "tables/people") == 0o700
    files = list((out / "tables/people").rglob("*.parquet"))
    assert files
    assert {mode(file) for file in files} == {0o600}


def derived(out: Path) -> str:
    """Return all that the open tables hold beside the words of publishers."""
    kept = [
        {name: value for name, value in row.items() if name not in VERBATIM}
        for table in OPEN_TABLES
        for row in rows(out, table)
    ]
    return json.dumps(kept, ensure_ascii=False, default=str)


# --- unless it is asked for -----------------------------------------------------------------------------------------


def test_by_default_there_is_no_table_and_no_private_name(tmp_path: Path, seeds: Path) -> None:
    out = tmp_path / "out"
    assert run_here(out, [seeds]) == 0
    assert not list(out.rglob("*people*"))
    assert rows(out, "quotes")
    told = derived(out)
    assert "Pavel Grinko" in told  # an office-holder is kept by name
    assert not [name for name in PRIVATE if name in told]


def test_the_option_changes_no_other_row(tmp_path: Path, seeds: Path, out: Path) -> None:
    assert run_here(tmp_path / "without", [seeds]) == 0

    def known(folder: Path) -> dict[str, list[dict[str, Any]]]:
        tables = dataset(folder, ["people", "runs"])
        return {
            table: [{**row, "analysis_version": ""} for row in found] if "analysis" in str(found) else found
            for table, found in tables.items()
        }

    assert known(out) == known(tmp_path / "without")
    assert not [name for name in PRIVATE if name in derived(out)]


def test_the_command_line_asks_for_it(tmp_path: Path, seeds: Path) -> None:
    profile = Profile()
    assert not profile.people_table
    assert override(profile, None, None, None, no_feeds=False) == profile
    assert override(profile, None, None, None, no_feeds=False, people_table=True).people_table
    done = picket("run", "--people-table", "--seeds", str(seeds), "--no-feeds", "--out", str(tmp_path / "o"), "--json")
    assert done.returncode == 0, done.stderr
    assert surfaces(tmp_path / "o") == ["Nina Ostrowskaya", "Сергей Лапин"]
    assert not [name for name in PRIVATE if name in done.stdout + done.stderr]


# --- its rows -------------------------------------------------------------------------------------------------------


def test_rows_are_spans_of_their_sources_and_belong_to_findings(out: Path) -> None:
    articles = {(row["article_id"], row["revision"]): row for row in rows(out, "articles")}
    findings = {("complaints", row["complaint_id"]): row for row in rows(out, "complaints")}
    findings |= {("quotes", row["quote_id"]): row for row in rows(out, "quotes")}
    people = rows(out, "people")
    assert {row["finding_table"] for row in people} == {"complaints", "quotes"}
    assert len({row["person_id"] for row in people}) == len(people)
    for row in people:
        article = articles[row["article_id"], row["revision"]]
        assert article[row["field"]][row["start_char"] : row["end_char"]] == row["surface"]
        assert row["source_id"] == article["source_id"]
        finding = findings[row["finding_table"], row["finding_id"]]
        assert (finding["article_id"], finding["speaker_kind"], finding["speaker"]) == (
            row["article_id"],
            row["speaker_kind"],
            None,
        )
    assert surfaces(out) == ["Nina Ostrowskaya", "Сергей Лапин"]  # and no governor


# --- who gets at it -------------------------------------------------------------------------------------------------


@MODES
def test_only_the_owner_gets_at_it(tmp_path: Path, seeds: Path) -> None:
    out = tmp_path / "out"
    (out / "tables/people").mkdir(parents=True)
    assert mode(out / "tables/people") == 0o777
    for number in (1, 2):
        write_jsonl(seeds, RECORDS[:number])
        assert run_here(out, [seeds], people_table=True) == 0
        assert_closed(out)
    assert mode(out / "tables/articles") == 0o777
    for number in range(3):
        write_jsonl(seeds, [{**RECORDS[0], "text": f"{RECORDS[0]['text']} Edited {number}."}, RECORDS[1]])
        assert run_here(out, [seeds], people_table=True) == 0
    assert compact_dataset(out) == 0
    assert len(list((out / "tables/people").rglob("*.parquet"))) == 1
    assert_closed(out)
    assert forget_things(out, ForgetRequest(source_ids=("a",))) == 0
    assert surfaces(out) == ["Сергей Лапин"]
    assert_closed(out)


@MODES
def test_a_staged_file_is_closed_from_its_first_byte(tmp_path: Path) -> None:
    make_place(tmp_path / "people/dt=1/a.parquet", restricted=True)
    assert (mode(tmp_path / "people/dt=1"), mode(tmp_path / "people/dt=1/a.parquet")) == (0o700, 0o600)
    make_place(tmp_path / "quotes/dt=1/a.parquet", restricted=False)
    assert mode(tmp_path / "quotes/dt=1") == 0o777
    assert not (tmp_path / "quotes/dt=1/a.parquet").exists()


def test_nothing_that_is_shown_tells_of_it(out: Path) -> None:
    assert "people" in set(TABLES) - set(OPEN_TABLES)
    assert not list((out / "meta").rglob("*people*"))
    for path in (out / "meta").rglob("*"):
        assert not path.is_file() or b"people" not in path.read_bytes(), path
    assert "  people" not in examples()
    refused = picket("export", "people", "--out", str(out))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "table people is restricted: it is not exported\n"
    unknown = picket("query", "SELECT * FROM people", "--out", str(out))
    assert unknown.returncode == 2
    status = picket("status", "--json", "--out", str(out))
    assert "people" not in [table["table"] for table in json.loads(status.stdout)["tables"]]


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_no_view_holds_a_private_name(made: Path, view: str) -> None:
    with run_query(made, f"FROM {view}") as answer:
        shown = [number for number, name in enumerate(answer.columns) if name not in VERBATIM]
        told = repr([[row[number] for number in shown] for batch in answer.batches for row in batch])
    assert not [name for name in PRIVATE if name in told]


# --- when it has to go ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["name", "source", "article"])
def test_what_is_forgotten_leaves_it(out: Path, seeds: Path, what: str) -> None:
    (article,) = {row["article_id"] for row in rows(out, "people") if row["surface"] == "Nina Ostrowskaya"}
    asked = {
        "name": ForgetRequest(names=("Nina Ostrowskaya",)),
        "source": ForgetRequest(source_ids=("a",)),
        "article": ForgetRequest(article_ids=(article,)),
    }[what]
    assert forget_things(out, asked) == 0
    assert surfaces(out) == ["Сергей Лапин"]
    assert run_here(out, [seeds], people_table=True) == 0
    assert surfaces(out) == ["Сергей Лапин"]
    for path in (out / "tables/people").rglob("*.parquet"):
        assert b"Ostrowskaya" not in path.read_bytes()


def test_the_whole_table_can_go(out: Path, seeds: Path) -> None:
    before = dataset(out, ["people"])
    assert picket("forget", "--people-table", "--out", str(out)).returncode == 0
    assert not (out / "tables/people").exists()
    assert dataset(out, ["people"]) == before
    with hold_dataset(out, NOW):
        assert roll_forward(out) == []
    assert forget_things(out, ForgetRequest(people_table=True)) == 0  # nothing is left to go
    write_jsonl(seeds, [{**RECORDS[0], "id": "3"}])
    assert run_here(out, [seeds]) == 0
    assert rows(out, "people") == []
    assert len(rows(out, "articles")) == 3


def test_killed_while_it_goes_the_table_is_there_or_gone(out: Path) -> None:
    whole = len(rows(out, "people"))
    for at in itertools.count():
        storage = FaultyStorage(at, Killed())
        with hold_dataset(out, NOW):
            roll_forward(out)
            run_id = next_run_id(out, NOW)
            begin_run(out, run_id, NOW)
            try:
                forget(out, run_id, ForgetRequest(people_table=True), NOW, storage)
            except Killed:
                assert len(rows(out, "people")) in {0, whole}
            else:
                break
    assert at > 4  # it was killed at several places
    assert rows(out, "people") == []
    with hold_dataset(out, NOW):
        roll_forward(out)
    assert {row["lang"] for row in rows(out, "articles")} == {"en", "ru"}


def test_a_new_analysis_writes_it_and_takes_it_away(tmp_path: Path, seeds: Path) -> None:
    out = tmp_path / "out"
    assert run_here(out, [seeds]) == 0
    for asked, names in ((True, ["Nina Ostrowskaya", "Сергей Лапин"]), (False, [])):
        assert reanalyse(Request(Profile(out=out, people_table=asked), no_feeds=True), None) == 0
        assert surfaces(out) == names
        assert len(rows(out, "articles")) == 2

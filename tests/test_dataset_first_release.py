"""A dataset written by the first release opens and goes on; it lies in `stored/` and is never written again."""

import shutil
from pathlib import Path

import pytest
from dataset_rows import NOW, article, commit_run, fetch, full_run, rows
from snippet_answers import VIEWS
from test_dataset_commit import assert_only_parquet
from test_dataset_daily import assert_counted

from pipeline.query import run_query
from transforms.dataset.commit import begin_run, next_run_id
from transforms.dataset.compact import compact
from transforms.dataset.index import Index
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.recovery import roll_forward
from transforms.tables.schemas import OPEN_TABLES, schema_of

EMPTY = {"failures", "open_failures", "retries", "forgotten", "quotes", "demands", "places"}  # of the stored dataset
STORED = Path(__file__).parent / "stored" / "first_release"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A copy of the stored dataset."""
    return Path(shutil.copytree(STORED, tmp_path / "out"))


def test_it_opens(out: Path) -> None:
    for name in (*OPEN_TABLES, *VIEWS):
        with run_query(out, f"SELECT * FROM {name}") as answer:  # noqa: S608 - our own names
            found = [row for batch in answer.batches for row in batch]
            if name in OPEN_TABLES:
                assert answer.columns == (*schema_of(name).names, "dt")
        assert found or name in EMPTY, name
    assert len(rows(out, "articles")) == 4


def test_it_goes_on(out: Path) -> None:
    before = {table: rows(out, table) for table in ("articles", "mentions", "complaints", "sightings", "stories")}
    with hold_dataset(out):
        roll_forward(out)
    index = Index.open(Layout(out).state_file)
    known = index.known([article(7).article_id])[article(7).article_id]
    assert (known.source_id, known.revision, len(known.hashes)) == ("paper0", 1, 2)
    assert set(index.feed_states()) == {"paper0", "paper1"}
    index.close()
    text = next(row["text"] for row in before["articles"] if row["source_id"] == "paper0" and row["revision"] == 0)
    full_run(out, [article(7, 2, source_id="paper0"), article(20, text=text, source_id="paper2")])
    commit_run(out, [], [fetch("paper0")])
    for table, old in before.items():
        assert all(row in rows(out, table) for row in old), table
    assert_counted(out)
    assert_only_parquet(out)


def test_it_is_compacted_into_todays_schema(out: Path) -> None:
    before = rows(out, "articles")
    with hold_dataset(out):
        roll_forward(out)
        run_id = next_run_id(out, NOW)
        begin_run(out, run_id, NOW)
        compact(out, run_id, min_files=2)
    assert rows(out, "articles") == before
    assert_counted(out)

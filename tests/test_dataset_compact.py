"""Compaction: fewer files, the same rows, and nothing lost wherever it is cut off."""

import errno
import os
import shutil
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from dataset_faults import FaultyStorage, Killed
from dataset_rows import NOW, all_rows, article, commit_run, fetch
from test_dataset_commit import assert_only_parquet, index_of

from transforms.dataset import compact as compaction
from transforms.dataset.commit import begin_run, next_run_id
from transforms.dataset.compact import Compaction, compact
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.recovery import roll_forward
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.schemas import SPECS, schema_of

STEP = 1 if os.environ.get("PICKET_PROVE") else 60


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A dataset of six runs on two days, with an article edited on the way."""
    folder = tmp_path / "out"
    for run in range(6):
        at = NOW + timedelta(hours=4 * run)
        new = [article(10 * run + number, at=at) for number in range(3)]
        commit_run(folder, [*new, article(1, run + 1, at=at)], [fetch("paper", at, f'{{"poll": {run}}}')], now=at)
    return folder


def compacted(out: Path, storage: Storage = LOCAL, min_files: int = 2) -> Compaction:
    """Compact `out` as the command does."""
    with hold_dataset(out):
        roll_forward(out)
        run_id = next_run_id(out, NOW)
        begin_run(out, run_id, NOW)
        return compact(out, run_id, min_files, storage)


def files_by_day(out: Path) -> Counter[str]:
    return Counter(str(path.parent.relative_to(Layout(out).tables)) for path in Layout(out).tables.rglob("*.parquet"))


def test_rows_stay_and_files_go(out: Path) -> None:
    before, index = all_rows(out), index_of(out)
    many = sum(files_by_day(out).values())
    done = compacted(out)
    assert all_rows(out) == before
    assert index_of(out) == index
    assert set(files_by_day(out).values()) == {1}
    assert done == Compaction(before=many, after=sum(files_by_day(out).values()), days=len(files_by_day(out)))
    assert list(Layout(out).staging.iterdir()) == []
    assert_only_parquet(out)
    assert compacted(out) == Compaction(0, 0, 0)


def test_a_next_run_goes_on(out: Path) -> None:
    compacted(out)
    with hold_dataset(out):
        assert roll_forward(out) == []
    later = NOW + timedelta(days=3)
    commit_run(out, [article(1, 7, at=later)], now=later)
    Layout(out).state_file.unlink()
    with hold_dataset(out):
        assert [one.kind for one in roll_forward(out)] == ["rebuilt_index"]


def test_few_files_are_left_alone(out: Path) -> None:
    before = files_by_day(out)
    assert compacted(out, min_files=99) == Compaction(0, 0, 0)
    assert files_by_day(out) == before


def test_compacted_files_are_sorted_and_filtered(out: Path) -> None:
    compacted(out)
    for table in ("articles", "mentions", "complaints"):
        path = next((Layout(out).tables / table).rglob("*.parquet"))
        file = pq.ParquetFile(path)
        assert file.schema_arrow.equals(schema_of(table))
        keys = SPECS[table].clustered_by
        rows = [tuple(row[key] for key in keys) for row in file.read().to_pylist()]
        assert rows == sorted(rows)
        column = file.metadata.row_group(0).column(schema_of(table).get_field_index("article_id"))
        assert column.bloom_filter_offset
        assert column.has_offset_index
    wanted = article(11).article_id
    sql = f"SELECT count(*) FROM '{Layout(out).tables}/articles/*/*.parquet' WHERE article_id = '{wanted}'"  # noqa: S608 - our own names
    assert duckdb.connect().sql(sql).fetchall() == [(1,)]


def test_memory_is_bounded_by_groups(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = all_rows(out)
    monkeypatch.setattr(compaction, "GROUP_BYTES", 2)
    monkeypatch.setattr(compaction, "_unpacked_bytes", lambda *_: 1)
    done = compacted(out)
    assert all_rows(out) == before
    assert done.before >= 2 * done.after > 2 * done.days
    assert max(files_by_day(out).values()) > 1


def test_large_files_are_left_alone(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "SMALL_BYTES", 1)
    assert compacted(out) == Compaction(0, 0, 0)


def test_files_of_an_earlier_release_get_todays_columns(out: Path) -> None:
    path = next((Layout(out).tables / "fetches").rglob("*.parquet"))
    table = pq.ParquetFile(path).read()
    pq.write_table(table.drop_columns(["feed_state"]), path)
    compacted(out)
    (merged,) = (path.parent).glob("*.parquet")
    assert pq.ParquetFile(merged).schema_arrow.equals(schema_of("fetches"))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", [Killed(), OSError(errno.ENOSPC, "No space left on device")])
def test_cut_off_anywhere(out: Path, tmp_path: Path, fault: BaseException, after: bool) -> None:
    before, index = all_rows(out), index_of(out)
    counted = tmp_path / "counted"
    shutil.copytree(out, counted)
    storage = FaultyStorage(-1, Killed())
    compacted(counted, storage)
    assert storage.count > 50
    for at in range(0, storage.count, STEP):
        cut = tmp_path / f"cut{at}"
        shutil.copytree(out, cut)
        with suppress(type(fault)):
            compacted(cut, FaultyStorage(at, fault, after))
        with hold_dataset(cut):
            roll_forward(cut)
        assert all_rows(cut) == before, f"operation {at}"
        assert index_of(cut) == index
        assert not Layout(cut).staging.exists()
        compacted(cut)
        assert all_rows(cut) == before
        assert set(files_by_day(cut).values()) == {1}

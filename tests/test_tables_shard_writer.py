"""Writing of staged files: strict, sorted, whole, and flat in memory."""

import contextlib
import dataclasses
import os
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from dataset_rows import article, complaint, failure, fetch, mention, run_row

from transforms.tables import shard_writer
from transforms.tables.schemas import SCHEMA_VERSION, schema_of
from transforms.tables.shard_writer import InvalidRow, ShardWriter, StagedFile


def writer_in(folder: Path, shard: str = "s0") -> ShardWriter:
    return ShardWriter(folder, "run1", shard, {"picket.version": "9"})


def only(files: list[StagedFile]) -> StagedFile:
    (file,) = files
    return file


def test_files_lie_by_table_and_utc_date(tmp_path: Path) -> None:
    writer = writer_in(tmp_path)
    late = datetime(2026, 2, 28, 23, 30, tzinfo=timezone(timedelta(hours=-3)))  # 1 March in UTC
    one = article(1, at=late)
    writer.add("articles", one)
    writer.add("mentions", mention(one), one.collected_at)
    writer.add("complaints", complaint(one), one.collected_at)
    writer.add("fetches", fetch("paper", datetime(2026, 2, 1, tzinfo=UTC)))
    writer.add("failures", failure())
    writer.add("runs", run_row("run1"))
    files = writer.close()
    assert [(file.table, file.dt, file.rows) for file in files] == [
        ("articles", "2026-03-01", 1),
        ("complaints", "2026-03-01", 1),
        ("failures", "2026-03-01", 1),
        ("fetches", "2026-02-01", 1),
        ("mentions", "2026-03-01", 1),
        ("runs", "2026-03-01", 1),
    ]
    for file in files:
        path = Path(file.staged_path)
        assert path == tmp_path / "tables" / file.table / f"dt={file.dt}" / "run1-s0.parquet"
        assert file.name == path.name
        assert file.bytes == path.stat().st_size
        assert pq.ParquetFile(path).schema_arrow.equals(schema_of(file.table))
    assert pickle.loads(pickle.dumps(files)) == files  # noqa: S301 - our own bytes
    stored = pq.ParquetFile(files[0].staged_path)
    assert stored.read().to_pylist()[0]["collected_at"] == late.astimezone(UTC)
    assert stored.metadata.metadata[b"picket.run_id"] == b"run1"
    assert stored.metadata.metadata[b"picket.version"] == b"9"
    assert stored.metadata.metadata[b"picket.schema_version"] == str(SCHEMA_VERSION).encode()
    assert stored.metadata.row_group(0).column(0).compression == "ZSTD"
    assert stored.metadata.row_group(0).column(0).has_offset_index


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    writer = writer_in(tmp_path)
    for row in (run_row("run1"),):
        writer.add("runs", row)
    back = pq.ParquetFile(only(writer.close()).staged_path).read().to_pylist()[0]
    assert back["rejected"] == [("seen_before", 2)]
    assert back["versions"] == [("picket", "0.1.0")]
    assert back == {
        **dataclasses.asdict(run_row("run1")),
        "rejected": [("seen_before", 2)],
        "versions": back["versions"],
    }


def test_no_rows_make_no_files(tmp_path: Path) -> None:
    assert writer_in(tmp_path).close() == []
    assert list(tmp_path.rglob("*")) == []


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    made = []
    for folder, numbers in (("a", range(50)), ("b", reversed(range(50)))):
        writer = writer_in(tmp_path / folder)
        for number in numbers:
            writer.add("articles", article(number, number % 3))
        made.append(Path(only(writer.close()).staged_path).read_bytes())
    assert made[0] == made[1]


def test_a_column_of_nulls_keeps_its_type(tmp_path: Path) -> None:
    writer = writer_in(tmp_path)
    writer.add("articles", article(1, published_at=None, url=None, polarity=None))
    assert pq.ParquetFile(only(writer.close()).staged_path).schema_arrow.equals(schema_of("articles"))


def test_writing_a_shard_again_overwrites_it(tmp_path: Path) -> None:
    for text in ("first", "second"):
        writer = writer_in(tmp_path)
        writer.add("articles", article(1, text=text))
        file = only(writer.close())
    assert pq.ParquetFile(file.staged_path).read().column("text").to_pylist() == ["second"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["run1-s0.parquet"]


def test_two_attempts_at_once_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_writer, "ROW_GROUP_ROWS", 2)
    first, second = writer_in(tmp_path), writer_in(tmp_path)
    for number in range(5):
        first.add("articles", article(number))
        second.add("articles", article(number))
    files = first.close(), second.close()
    assert pq.ParquetFile(only(files[0]).staged_path).metadata.num_rows == 5
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_failed_block_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_writer, "ROW_GROUP_ROWS", 2)
    with contextlib.suppress(InvalidRow), writer_in(tmp_path) as writer:
        for number in range(5):
            writer.add("articles", article(number))
        assert [path for path in tmp_path.rglob("*") if path.is_file()] != []
        writer.add("articles", article(6, title=None))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


BAD_CELLS: list[tuple[str, Any, str]] = [
    ("title", None, "null"),
    ("title", 7, "int where text"),
    ("text", "a\ud800b", "lone surrogate"),
    ("actors", ("a", "\udfff"), "lone surrogate"),
    ("actors", ("a", None), "NoneType where text"),
    ("actors", "mothers", "str where a list"),
    ("revision", True, "bool where a whole number"),
    ("revision", 1.0, "float where a whole number"),
    ("revision", 2**63, "64 bits"),
    ("relevant", 1, "int where true or false"),
    ("polarity", float("nan"), "not a finite number"),
    ("polarity", "0.5", "str where a number"),
    ("published_at", datetime(2026, 1, 1), "without a time zone"),  # noqa: DTZ001 - the fault that is tested
    ("published_at", "2026-01-01", "str where a time"),
]


@pytest.mark.parametrize(("column", "value", "message"), BAD_CELLS)
def test_a_cell_that_does_not_fit_is_named(tmp_path: Path, column: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidRow, match=rf"^articles\.{column}: .*{message}"):
        writer_in(tmp_path).add("articles", dataclasses.replace(article(1), **{column: value}))


@pytest.mark.parametrize(
    ("pairs", "message"),
    [((("a", 1), ("a", 2)), "twice"), ((("a",),), "no pair"), ((("a", None),), "no pair"), (((1, 1),), "in a key")],
)
def test_a_map_that_does_not_fit_is_named(tmp_path: Path, pairs: Any, message: str) -> None:
    with pytest.raises(InvalidRow, match=rf"^runs\.rejected: .*{message}"):
        writer_in(tmp_path).add("runs", dataclasses.replace(run_row("run1"), rejected=pairs))


def test_a_map_value_of_the_wrong_type_is_named(tmp_path: Path) -> None:
    writer = writer_in(tmp_path)
    writer.add("runs", dataclasses.replace(run_row("run1"), rejected=(("a", "many"),)))  # type: ignore[arg-type]  # the fault that is tested
    with pytest.raises(InvalidRow, match=r"^runs\.rejected: "):
        writer.close()


def test_columns_that_are_unknown_or_missing_are_named(tmp_path: Path) -> None:
    writer = writer_in(tmp_path)
    row = {name: getattr(article(1), name) for name in schema_of("articles").names}
    writer.add("articles", row)
    with pytest.raises(InvalidRow, match="articles: unknown column colour"):
        writer.add("articles", {**row, "colour": "red"})
    del row["url"]
    with pytest.raises(InvalidRow, match="articles: missing column url"):
        writer.add("articles", row)
    with pytest.raises(InvalidRow, match="articles: a Failure is not a row"):
        writer.add("articles", failure())
    with pytest.raises(KeyError):
        writer.add("nothing", row)


def test_a_finding_needs_the_time_of_its_article(tmp_path: Path) -> None:
    writer = writer_in(tmp_path)
    with pytest.raises(InvalidRow, match="mentions: the time"):
        writer.add("mentions", mention(article(1)))
    with pytest.raises(InvalidRow, match=r"mentions: the time .* no time zone"):
        writer.add("mentions", mention(article(1)), datetime(2026, 1, 1))  # noqa: DTZ001 - the fault that is tested


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a" * 200, "a..b", "white space", "null\x00"])
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        writer_in(tmp_path, name)


def test_a_full_disk_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = writer_in(tmp_path)
    writer.add("articles", article(1))

    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space"), writer:
        writer.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


MEASURE = """
import sys, resource
sys.path[:0] = [{tests!r}]
from dataset_rows import article
from transforms.tables.shard_writer import ShardWriter
writer = ShardWriter({out!r}, "run1", "s0", {{}})
body = "Матери призывников пожаловались на снабжение. " * 130
for number in range({articles}):
    writer.add("articles", article(number, text=f"{{number}} {{body}}"))
writer.close()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_stays_flat(tmp_path: Path) -> None:
    peaks = []
    for number in (500, 12_000):
        program = MEASURE.format(tests=str(Path(__file__).parent), out=str(tmp_path / str(number)), articles=number)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) / (1024 if sys.platform == "linux" else 1024**2))
    # 12,000 articles are 140 MB of text; a row group is 16 million characters.
    assert peaks[1] - peaks[0] < 200, f"{peaks} MB"

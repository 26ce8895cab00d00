"""Seeds cut into slices: every document once, in order, so many at a time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from transforms.documents.seed_files import SeedShard, find_seed_files, plan_shards
from transforms.documents.seed_reading import iterate_shard
from transforms.documents.slices import SeedPart, Slice, cut_into_slices, read_part
from transforms.tables.records import DocumentRef, Failure

NOW = datetime(2024, 5, 1, tzinfo=UTC)


def planned(folder: Path, spool: Path) -> list[SeedShard]:
    files, _ = find_seed_files([str(folder)])
    return plan_shards(files, spool)[0]


def cut(folder: Path, spool: Path, most: int) -> list[Slice]:
    return list(cut_into_slices(planned(folder, spool), most, str(spool), "run", NOW))


def items_of(part: Slice, spool: Path) -> list[DocumentRef | Failure]:
    found: list[DocumentRef | Failure] = []
    for seeds in part.seeds:
        found += read_part(seeds) if isinstance(seeds, SeedPart) else iterate_shard(seeds, spool, "run", NOW)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "a.jsonl").write_text("".join(f'{{"title": "a{n}"}}\n' for n in range(25)))
    (seeds / "b.csv").write_text("title\n" + "".join(f"b{n}\n" for n in range(30)))
    for number in range(4):
        (seeds / f"c{number}.txt").write_text(f"c{number}")
    (seeds / "d.parquet").write_bytes(b"no parquet")
    return seeds


@pytest.mark.parametrize("most", [1, 3, 8, 1_000_000])
def test_every_document_comes_once_and_in_order(folder: Path, tmp_path: Path, most: int) -> None:
    spool = tmp_path / "spool"
    expected = [item.place for shard in planned(folder, spool) for item in iterate_shard(shard, spool, "run", NOW)]
    slices = cut(folder, spool, most)
    items = [items_of(one, spool) for one in slices]
    assert [item.place for some in items for item in some] == expected
    assert [one.number for one in slices] == list(range(len(slices)))
    assert [one.last for one in slices] == [False] * (len(slices) - 1) + [True]
    assert max(len(some) for some in items) <= most
    assert sum(isinstance(item, Failure) for some in items for item in some) == 1
    # Each slice stages files of its own: no shard is in two.
    shards = [{item.shard for item in some} for some in items]
    assert sum(len(one) for one in shards) == len(set().union(*shards))


def test_without_seeds_there_is_one_slice(tmp_path: Path) -> None:
    assert list(cut_into_slices([], 10, str(tmp_path), "run", NOW)) == [Slice(0, (), True)]


def test_a_file_that_is_gone_is_left_to_its_reader(folder: Path, tmp_path: Path) -> None:
    shards = planned(folder, tmp_path / "spool")
    (folder / "a.jsonl").unlink()
    slices = list(cut_into_slices(shards, 5, str(tmp_path / "spool"), "run", NOW))
    reasons = [item.reason for one in slices for item in items_of(one, tmp_path / "spool") if isinstance(item, Failure)]
    assert "unreadable_file" in reasons

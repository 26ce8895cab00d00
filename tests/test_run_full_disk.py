"""A disk that is full while the run stages its files: the run fails in plain words, the dataset stays as it was."""

import errno
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from running import dataset, run_here, write_jsonl


def test_what_cannot_be_written_fails_the_run_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = [write_jsonl(tmp_path / "a.jsonl", [{"id": 1, "title": "T", "text": "Mothers of soldiers wrote."}])]
    out = tmp_path / "out"
    assert run_here(out, seeds) == 0
    before = dataset(out)
    seeds.append(write_jsonl(tmp_path / "b.jsonl", [{"id": 2, "title": "T", "text": "Wives of soldiers wrote."}]))
    for allowed in range(4):  # files that are written before the disk is full
        left = [allowed]
        write = pq.ParquetWriter.write_table

        def full(self: Any, table: Any, row_group_size: int, left: list[int] = left, write: Any = write) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            write(self, table, row_group_size=row_group_size)

        with monkeypatch.context() as patch:
            patch.setattr(pq.ParquetWriter, "write_table", full)
            assert run_here(out, seeds) == 1
        told = capsys.readouterr().err
        assert "The run failed: [Errno 28] No space left on device" in told
        assert "Traceback" not in told
        assert dataset(out) == before
    assert run_here(out, seeds) == 0
    assert len(dataset(out)["articles"]) == 2

"""Runs the program in tests, and reads back what it left."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.config import Profile
from pipeline.plan import Request
from pipeline.run import perform
from transforms.tables.schemas import TABLES

ROOT = Path(__file__).parent.parent
# Columns that differ between two runs over the same input.
CLOCK = {
    "run_id",
    "collected_at",
    "occurred_at",
    "fetched_at",
    "next_check_at",
    "feed_state",
    "started_at",
    "finished_at",
    "linked_at",
    "retried_at",
}


def picket(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line and return what it printed and its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def run_here(out: Path, seeds: Sequence[str | Path], **profile: Any) -> int:
    """Do a run in this process and return its exit code."""
    keys = {"out": out, "seeds": tuple(str(seed) for seed in seeds), **profile}
    return perform(Request(Profile.model_validate(keys)), quiet=True)


def poll_here(out: Path, sources: Path, **profile: Any) -> int:
    """Poll all `sources` in this process and return the exit code."""
    fetch = {"allow_networks": ("127.0.0.0/8",), "pause_seconds": 0, **profile.pop("fetch", {})}
    keys = {"out": out, "sources": sources, "fetch": fetch, **profile}
    return perform(Request(Profile.model_validate(keys), poll_all=True), quiet=True)


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    """Return all rows of a table, in a stable order."""
    files = sorted((out / "tables" / table).glob("dt=*/*.parquet"))
    found = [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]
    return sorted(found, key=lambda row: json.dumps(row, default=str, sort_keys=True))


def timeless(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without the columns that tell the run or its clock."""
    kept = [{key: value for key, value in row.items() if key not in CLOCK} for row in found]
    return sorted(kept, key=lambda row: json.dumps(row, default=str, sort_keys=True))


def dataset(out: Path, without: Iterable[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Return all tables without what tells the run or its clock."""
    return {table: timeless(rows(out, table)) for table in TABLES if table not in set(without)}


def write_jsonl(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Write records as JSON lines."""
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path

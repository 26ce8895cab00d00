"""Which days of a dataset were analysed by something else than what decides now, and what a new analysis replaces."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from transforms.dataset import journal
from transforms.dataset.absorb import PublishedFile
from transforms.dataset.layout import Layout
from transforms.dataset.state_file import read_state

REPLACED = (
    "articles",
    "mentions",
    "complaints",
    "quotes",
    "demands",
    "places",
    "people",
)  # an article and what was found in it lie under the same date


@dataclass(frozen=True, slots=True)
class ReanalysisDay:
    """One day of collection: the files that hold its articles, and all files that their new analysis replaces.

    Articles read from `articles` are staged anew, with their findings, under the same `dt`; the commit that publishes
    them has `replaced` as its `removed`.
    """

    dt: str
    articles: tuple[str, ...]
    rows: int
    replaced: tuple[PublishedFile, ...]


def plan_reanalysis(out: Path | str, version: str, since: date | None = None) -> list[ReanalysisDay]:
    """Return the days, collected `since` then, on which an article has another `analysis_version` than `version`."""
    return list(_plan(Layout(out), version, since.isoformat() if since else ""))


def _plan(layout: Layout, version: str, since: str) -> Iterator[ReanalysisDay]:
    with closing(read_state(layout.state_file)) as state:
        published = [one for one in journal.published_files(state) if one.table in REPLACED and one.dt >= since]
    for dt in sorted({one.dt for one in published}):
        replaced = tuple(one for one in published if one.dt == dt)
        articles = [one for one in replaced if one.table == "articles"]
        paths = tuple(str(layout.published(one.table, one.dt, one.name)) for one in articles)
        if any(_differs(path, version) for path in paths):
            yield ReanalysisDay(dt, paths, sum(one.rows for one in articles), replaced)


def _differs(path: str, version: str) -> bool:
    with pq.ParquetFile(path) as file:
        if "analysis_version" not in file.schema_arrow.names:
            return True
        column = file.read(columns=["analysis_version"]).column("analysis_version")
    return bool(pc.any(pc.fill_null(pc.not_equal(column, version), True)).as_py())

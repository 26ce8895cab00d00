"""The views that a dataset carries for one tool, asked and made comparable; run as a program for tools of their own."""

import json
import math
import runpy
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

VIEWS = {
    "mentions_daily": "day, source_id, lang, actor_id, articles, stories, mentions, mean_polarity",
    "complaints_by_actor": "actor_id, family, code, status, lang, articles, stories, complaints",
    "feed_health": "source_id, polls, failed_polls, last_poll, last_outcome, new_items",
    "coverage": "dt, source_id, lang, articles, relevant, with_text, undated",
    "poll_coverage": (
        "source_id, day, polls, ok_polls, failed_polls, refused_polls, items, new_items, articles, verdict"
    ),
    "open_failures": "item_id, source_id, place, step, reason, first_failed, last_failed, times, retryable",
    "latest": "article_id, revision, story_id, is_head, relevant, title",
}


def answers(path: Path) -> dict[str, list[list[Any]]]:
    """Return the rows of each view as the file at `path` gives them, sorted."""
    functions = runpy.run_path(str(path))
    found = {}
    for name, columns in VIEWS.items():
        found[name] = comparable(rows_of(functions[name](), columns.split(", ")))
    return found


def rows_of(frame: Any, columns: list[str]) -> list[list[Any]]:
    """Return `columns` of a frame of Polars, pandas or Spark."""
    if hasattr(frame, "collect") and hasattr(frame, "lazy"):
        return [list(row) for row in frame.select(columns).collect().rows()]
    if hasattr(frame, "collect"):
        return [list(row) for row in frame.select(*columns).collect()]
    return [list(row) for row in frame[columns].itertuples(index=False, name=None)]


def comparable(rows: list[list[Any]]) -> list[list[Any]]:
    """Return rows with plain values, sorted."""
    return sorted(([_plain(value) for value in row] for row in rows), key=repr)


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        return _plain(value.item())
    return round(value, 9) if isinstance(value, float) else value


if __name__ == "__main__":
    print(json.dumps(answers(Path(sys.argv[1]))))

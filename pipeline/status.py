"""`picket status`: the last runs, the health of each feed, and the size of each table."""

import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.clock import utc_now
from pipeline.query import QueryError, printable, run_query
from transforms.dataset.journal import journalled_runs
from transforms.dataset.layout import Layout
from transforms.dataset.lock import DatasetBusy
from transforms.dataset.state_file import StateDamaged, read_state
from transforms.feeds.polling import FeedState, adopted
from transforms.tables.schemas import OPEN_TABLES

LAST_RUNS = 10
MEBIBYTE = 1024 * 1024

_RUNS = (
    "SELECT run_id, started_at, finished_at, outcome, exit_code, documents, new_articles, revisions, relevant,"  # noqa: S608 - a constant
    f" failures, ingest_mode FROM runs ORDER BY run_id DESC LIMIT {LAST_RUNS}"
)
# Thresholds of a feed that died quietly: the project's own choice, since the servers say nothing.
EMPTY_POLLS = 3  # in a row without an item: one may fall into a rebuild of the site, three are hours apart
STALE_AFTER = timedelta(days=30)  # of the newest item: groups that publish once a month are still alive
UNDATED_ITEMS = 3  # from which "none has a date" says something about the feed, not about an item
UNCHANGED_POLLS = 12  # without news: intervals grow to 24 hours after eight of them, so that these are a week
HEALTHY = "healthy"
NEVER_POLLED = "never_polled"
# How feeds are listed: the loud troubles, the quiet ones, what is no trouble.
ORDER = ("disabled", "failed", "refused", NEVER_POLLED, "empty", "stale", "unchanged", "undated", "moved", HEALTHY)
WIDTH = 100  # columns of the list of healthy feeds

# One row for each feed: its last poll, how long its present trouble lasts, and what its items tell. Failures between
# polls without items or news do not begin the count anew: they brought nothing either.
_FEEDS = """
WITH marks AS (
  SELECT source_id, max(fetched_at) FILTER (outcome NOT IN ('failed', 'refused')) AS last_success,
    max(fetched_at) FILTER (items > 0) AS last_filled, max(fetched_at) FILTER (new_items > 0) AS last_news
  FROM fetches GROUP BY source_id),
polls AS (
  SELECT *, outcome IN ('failed', 'refused') AS bad,
    min(fetched_at) FILTER (outcome = 'empty' AND fetched_at > coalesce(last_filled, '-infinity'::TIMESTAMPTZ))
      OVER (PARTITION BY source_id) AS first_empty
  FROM fetches JOIN marks USING (source_id)),
tails AS (
  SELECT source_id, count(*) AS polls, arg_max(outcome, fetched_at) AS last_outcome,
    arg_max(coalesce(reason, ''), fetched_at) AS last_reason, max(fetched_at) AS last_poll,
    any_value(last_success) AS last_success, any_value(last_news) AS last_news,
    arg_max(next_check_at, fetched_at) AS next_check_at, arg_max(feed_state, fetched_at) AS feed_state,
    count(*) FILTER (bad AND fetched_at > coalesce(last_success, '-infinity'::TIMESTAMPTZ)) AS failed_in_row,
    count(*) FILTER (NOT bad AND fetched_at >= first_empty) AS empty_in_row,
    count(*) FILTER (NOT bad AND fetched_at > coalesce(last_news, '-infinity'::TIMESTAMPTZ)) AS without_news
  FROM polls GROUP BY source_id),
dated AS (SELECT article_id, max(published_at) AS published_at FROM articles GROUP BY article_id),
held AS (
  SELECT s.source_id, count(DISTINCT article_id) AS articles,
    count(DISTINCT article_id) FILTER (published_at IS NULL) AS undated,
    max(coalesce(published_at, s.collected_at)) AS newest_item
  FROM sightings s JOIN dated USING (article_id) GROUP BY s.source_id)
SELECT tails.*, coalesce(articles, 0) AS articles, coalesce(undated, 0) AS undated, newest_item
FROM tails LEFT JOIN held USING (source_id) ORDER BY source_id"""


def show_status(out: Path, as_json: bool, listed: Sequence[str] = (), now: datetime | None = None) -> int:
    """Print the status of the dataset at `out` and return the exit code.

    `listed` are the ids of the sources that are meant to be polled, so that one that never was is named; `now` is when
    the feeds are judged, by default the present.
    """
    try:
        told = {
            "dataset": str(out),
            "runs": _asked(out, _RUNS),
            "unfinished_runs": list(_unfinished(out)),
            "feeds": feed_health(out, listed, now or utc_now()),
            "tables": [_size(out, table) for table in OPEN_TABLES],
        }
    except (QueryError, DatasetBusy) as error:
        print(error, file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=2, default=str))
        return 0
    for line in _lines(told):
        print(printable(line))
    return 0


def feed_health(out: Path, listed: Sequence[str], now: datetime) -> list[dict[str, Any]]:
    """Return a row for each feed with `health`, a stable word, and `about`, a phrase for a person.

    In the order of `ORDER`, by id. Raises QueryError, DatasetBusy.
    """
    feeds = []
    for row in _asked(out, _FEEDS):
        state = FeedState.from_json(row.pop("feed_state"))
        health, about = next(_troubles(row, state, now), (HEALTHY, ""))
        feeds.append({**row, "health": health, "about": about})
    known = {feed["source_id"] for feed in feeds}
    feeds += [
        {"source_id": name, "health": NEVER_POLLED, "about": "never polled"} for name in listed if name not in known
    ]
    return sorted(feeds, key=lambda feed: (ORDER.index(feed["health"]), feed["source_id"]))


def _troubles(row: dict[str, Any], state: FeedState, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, the plainest first: what failed needs no guess at its silence."""
    failed, empty, quiet, newest = row["failed_in_row"], row["empty_in_row"], row["without_news"], row["newest_item"]
    if state.disabled:
        yield "disabled", f"disabled: {state.disabled}, not polled any more"
    if failed:
        times = f"{failed} times in a row" if failed > 1 else "once"
        success = f"last read {row['last_success']:%Y-%m-%d}" if row["last_success"] else "never read"
        yield row["last_outcome"], f"{row['last_outcome']} {times} ({row['last_reason']}), {success}"
    if empty >= EMPTY_POLLS:
        yield "empty", f"empty: answers without an item, {empty} polls in a row"
    if newest and now - newest > STALE_AFTER:
        yield "stale", f"stale: newest item is {(now - newest).days} days old ({newest:%Y-%m-%d})"
    if quiet >= UNCHANGED_POLLS:
        since = f", last on {row['last_news']:%Y-%m-%d}" if row["last_news"] else ", never any"
        yield "unchanged", f"unchanged: nothing new in {quiet} polls{since}"
    if row["articles"] == row["undated"] >= UNDATED_ITEMS:
        yield "undated", f"undated: none of its {row['undated']} items has a date"
    if adopted(state):
        yield "moved", f"moved permanently to {state.redirect_to}"


def _asked(out: Path, sql: str) -> list[dict[str, Any]]:
    with run_query(out, sql) as answer:
        return [dict(zip(answer.columns, row, strict=True)) for batch in answer.batches for row in batch]


def _unfinished(out: Path) -> Iterator[dict[str, Any]]:
    try:
        with closing(read_state(Layout(out).state_file)) as state:
            for run in journalled_runs(state)[-LAST_RUNS:]:
                yield {"run_id": run.run_id, "state": run.state, "message": run.message}
    except StateDamaged as damage:
        yield {"run_id": "", "state": "state lost", "message": f"{damage}; the next run rebuilds it"}


def _size(out: Path, table: str) -> dict[str, Any]:
    files = list((Layout(out).tables / table).glob("dt=*/*.parquet"))
    (row,) = _asked(out, f"SELECT count(*) AS rows FROM {table}")  # noqa: S608 - a name of ours
    return {"table": table, "rows": row["rows"], "files": len(files), "bytes": sum(f.stat().st_size for f in files)}


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"Dataset {told['dataset']}"
    yield ""
    yield "Last runs"
    if not told["runs"]:
        yield "  none yet"
    for run in told["runs"]:
        seconds = (run["finished_at"] - run["started_at"]).total_seconds()
        yield (
            f"  {run['started_at']:%Y-%m-%d %H:%M:%S}  {run['ingest_mode'] or '':<10} {run['outcome']:<14} "
            f"{seconds:>6.0f} s  {run['documents']} documents, {run['new_articles']} new, {run['revisions']} revised, "
            f"{run['relevant']} relevant, {run['failures']} failures"
        )
    if told["unfinished_runs"]:
        yield ""
        yield "Runs that published nothing"
        for run in told["unfinished_runs"]:
            yield f"  {run['run_id']}  {run['state']}{': ' + run['message'] if run['message'] else ''}"
    yield from _feed_lines(told["feeds"])
    yield ""
    yield f"{'table':<14}{'rows':>10}{'files':>8}{'MiB':>9}"
    for table in told["tables"]:
        yield f"{table['table']:<14}{table['rows']:>10}{table['files']:>8}{table['bytes'] / MEBIBYTE:>9.1f}"


def _feed_lines(feeds: list[dict[str, Any]]) -> Iterator[str]:
    troubled = [feed for feed in feeds if feed["health"] != HEALTHY]
    healthy = [feed["source_id"] for feed in feeds if feed["health"] == HEALTHY]
    if troubled:
        yield ""
        yield f"Feeds that need a look ({len(troubled)} of {len(feeds)})"
        for feed in troubled:
            yield f"  {feed['source_id']:<24} {feed['about']}"
    if healthy:
        yield ""
        yield f"Healthy feeds ({len(healthy)} of {len(feeds)})"
        yield from textwrap.wrap(
            ", ".join(healthy), WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )

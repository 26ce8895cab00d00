"""`picket retry`: dead letters are tried again with the present program, in one commit."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import typer

from pipeline.held import EXIT_FINE, say, work_on
from pipeline.plan import Plan, Prepared, Request, configuration_hash, prepare, versions
from pipeline.progress_line import ProgressLine
from pipeline.query import EXIT_USAGE, printable
from pipeline.run import quiet_libraries
from pipeline.views import write_views
from transforms.dataset.layout import Layout
from transforms.letters.waiting import Waiting, find_waiting, lay_out_letters
from transforms.tables.run_row import RunFacts
from transforms.tables.staging import StageSettings

MAX_SHOWN = 8  # letters named on the screen
# Why a letter that is open has no raw item, for a person.
_MISSING = {
    "too_large": "too large to be kept",
    "over_budget": "not kept because too many failed at once",
    "kept_earlier": "gone with the older row that kept it",
    "unreadable": "not there any more when it failed",
    "forgotten": "removed on request",
    "unknown": "not kept",
}


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry did: the letters tried, the row of `runs`, and what is new about each, by outcome and reason."""

    tried: int
    run: dict[str, Any]
    rejected: dict[str, int]

    @property
    def failed(self) -> int:
        """Letters that failed again."""
        return int(self.run["failures"])


def retry(request: Request, *, dry_run: bool = False, as_json: bool = False) -> int:
    """Try the open dead letters of the dataset again and return the exit code. Raises InvalidFile.

    What succeeds becomes rows, each failure that is answered gets a row in `retries`; what fails again stays open.
    """
    quiet_libraries()
    out = request.profile.out
    if not Layout(out).state.is_dir():
        say(f"there is no dataset in {out}; `picket run` makes one")
        return EXIT_USAGE
    prepared = prepare(request)
    waiting = find_waiting(out)
    if dry_run or not waiting.letters:
        _tell_waiting(waiting, as_json, dry_run)
        return EXIT_FINE
    code, done = work_on(out, lambda run_id, now: _try_again(prepared, run_id, now))
    if done is None:
        return code
    waiting = find_waiting(out)
    if as_json:
        told = {"tried": done.tried, "run": done.run, "rejected": done.rejected, "failed": done.failed}
        typer.echo(_as_json({**told, "not_retryable": waiting.missing()}))
    else:
        _tell_done(done, waiting)
    return EXIT_FINE


def _try_again(prepared: Prepared, run_id: str, now: datetime) -> Retried:
    from pipeline.retry_graph import build_retry
    from pipeline.runner import new_pipeline, watched_workers

    layout = Layout(prepared.request.profile.out)
    # Looked for again: what an earlier run left half done has been finished since.
    letters = find_waiting(layout.root).letters
    plan = _plan(prepared, layout, run_id, now)
    shards = lay_out_letters(layout.root, letters, Path(plan.spool))
    profile = prepared.request.profile
    pipeline = new_pipeline((), 1 if profile.workers == "auto" else profile.workers)
    build_retry(pipeline, plan, shards, letters)
    write_views(layout.root)
    with ProgressLine(plan.stage.staging), watched_workers():
        pipeline.run().wait_until_finish()
    (run,) = _published(layout, run_id, "runs")
    rejected = Counter(row["reason"] for row in _published(layout, run_id, "retries") if row["outcome"] == "rejected")
    return Retried(len(letters), run, dict(sorted(rejected.items())))


def _plan(prepared: Prepared, layout: Layout, run_id: str, now: datetime) -> Plan:
    spool = layout.spool(run_id)
    spool.mkdir(parents=True, exist_ok=True)
    return Plan(
        out=str(layout.root),
        index=str(layout.state_file),
        spool=str(spool),
        seeds=(),
        polls=(),
        failures=(),
        fetch=prepared.request.profile.fetch,
        analysis=prepared.analysis,
        stage=StageSettings(str(layout.run_staging(run_id)), run_id, now, prepared.metadata()),
        facts=RunFacts(run_id, now, 0, 1.0, versions(), configuration_hash(prepared), "retry"),
    )


def _published(layout: Layout, run_id: str, table: str) -> list[dict[str, Any]]:
    files = sorted((layout.tables / table).glob(f"dt=*/{run_id}-*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def _tell_waiting(waiting: Waiting, as_json: bool, dry_run: bool) -> None:
    if as_json:
        told = [{"item_id": one.item_id, "reason": one.reason, "place": one.place} for one in waiting.letters]
        typer.echo(_as_json({"tried": 0, "waiting": told, "not_retryable": waiting.missing()}))
        return
    if dry_run:
        say(f"Would try {len(waiting.letters)} dead letters again.")
        for one in waiting.letters:
            typer.echo(f"{printable(one.reason)}\t{printable(one.place)}")
    else:
        say("No dead letter waits to be tried again.")
    _tell_missing(waiting)


def _tell_done(done: Retried, waiting: Waiting) -> None:
    run = done.run
    say(
        f"Tried {done.tried} dead letters: {run['new_articles']} new, {run['revisions']} revised"
        + (f", {sum(done.rejected.values())} bring nothing new ({_listed(done.rejected)})" if done.rejected else "")
        + (f", {done.failed} failed again" if done.failed else "")
    )
    for one in waiting.letters[:MAX_SHOWN]:
        say(printable(f"  {one.reason}: {one.place}"))
    if len(waiting.letters) > MAX_SHOWN:
        say(f"  … and {len(waiting.letters) - MAX_SHOWN} more, in the view open_failures")
    _tell_missing(waiting)


def _tell_missing(waiting: Waiting) -> None:
    for state, number in waiting.missing().items():
        say(f"{number} open failures cannot be tried: their raw item is {_MISSING.get(state, state)}.")
    if waiting.no_documents:
        say(f"{waiting.no_documents} failures were no documents (a feed, a whole file): a run asks for them again.")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {reason}" for reason, number in counts.items())


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: Any) -> str | list[Any]:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, Iterable) else str(value)

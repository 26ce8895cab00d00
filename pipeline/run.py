"""One bounded run: hold the dataset, finish what an earlier run left, run the graph, tell what was found."""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from pipeline.clock import utc_now
from pipeline.held import EXIT_FINE, say, work_on
from pipeline.plan import Plan, Prepared, Request, find_input, lay_out, prepare
from pipeline.progress_line import ProgressLine
from pipeline.query import printable
from pipeline.summary import lines_of, summarise
from pipeline.views import write_views
from transforms.dataset.index import Index
from transforms.dataset.layout import Layout
from transforms.documents.seed_files import SeedShard
from transforms.documents.slices import cut_into_slices
from transforms.feeds.polling import due_sources
from transforms.tables.slice_totals import SliceTotals


def perform(request: Request, *, dry_run: bool = False, as_json: bool = False, quiet: bool = False) -> int:
    """Do the run and return its exit code. Raises InvalidFile before anything is touched."""
    quiet_libraries()
    prepared = prepare(request)
    out = request.profile.out
    if dry_run:
        return _tell_plan(prepared, as_json)
    code, run_id = work_on(out, lambda run_id, now: _run_graph(prepared, run_id, now))
    if run_id is None:
        return code
    # The run is published: what goes wrong from here on is about telling it.
    report = json.loads((Layout(out).state / "last_run.json").read_text(encoding="utf-8"))
    summary = summarise(Layout(out).root, run_id, report["ignored"])
    if as_json:
        typer.echo(json.dumps(asdict(summary), ensure_ascii=False, indent=2, default=_as_json))
    elif not quiet:
        for line in lines_of(summary, out):
            say(line)
    return int(summary.run["exit_code"])


def _run_graph(prepared: Prepared, run_id: str, now: datetime) -> str:
    from pipeline.runner import watched_workers

    layout = Layout(prepared.request.profile.out)
    with closing(Index.open(layout.state_file)) as index:
        forgotten = index.forgotten_sources([source.id for source in prepared.sources])
    sources = [source for source in prepared.sources if source.id not in forgotten]
    due = due_sources(sources, feed_states(layout.root), now, prepared.request.poll_all)
    plan, workers = lay_out(prepared, layout, run_id, now, due)
    write_views(layout.root)
    published = 0
    try:
        with ProgressLine(plan.stage.staging), watched_workers():
            for part in _plans(plan, prepared.request.profile.slice_documents, layout):
                _run_slice(part, prepared.request.beam_options, workers)
                published += 1
    except BaseException as error:
        if published:
            error.add_note(f"The first {published} slices of the run are published; the next run goes on behind them.")
        raise
    return run_id


def _plans(plan: Plan, most: int, layout: Layout) -> Iterator[Plan]:
    """Yield the plans of the slices of a run, each once the one before it is published."""
    shards = [one for one in plan.seeds if isinstance(one, SeedShard)]
    before, index_before = SliceTotals(), ""
    for part in cut_into_slices(shards, most, plan.spool, plan.stage.run_id, plan.stage.started_at):
        if part.number:
            before = SliceTotals.read(plan.stage.staging)
        elif not part.last:
            # What a source has gone back to is judged by what the dataset held when the run began.
            index_before = str(layout.index_before(plan.stage.run_id))
            shutil.copyfile(layout.state_file, index_before)
        yield plan.of_slice(part, before, index_before)


def _run_slice(plan: Plan, beam_options: Sequence[str], workers: int) -> None:
    from pipeline.graph import build
    from pipeline.runner import new_pipeline

    pipeline = new_pipeline(beam_options, workers)
    build(pipeline, plan)
    pipeline.run().wait_until_finish()


def quiet_libraries() -> None:
    """Keep libraries from talking to our users, before any of them is loaded."""
    # Beam tells its own users a lot; ours get exceptions and the summary.
    logging.getLogger().setLevel(logging.CRITICAL)
    for name in ("apache_beam", "httpx2", "httpcore2", "grpc"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _tell_plan(prepared: Prepared, as_json: bool) -> int:
    files, problems = find_input(prepared.request)
    out = prepared.request.profile.out
    due = due_sources(prepared.sources, feed_states(out), utc_now(), prepared.request.poll_all)
    told = {
        "out": str(out),
        "analysis_version": prepared.analysis.version,
        "seeds": [{"file": file.place, "kind": file.kind} for file in files],
        "problems": [{"place": one.place, "reason": one.reason} for one in problems],
        "since": prepared.request.period.since,
        "until": prepared.request.period.until,
        "due_feeds": [poll.source_id for poll in due],
        "feeds": len(prepared.sources),
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=_as_json))
        return EXIT_FINE
    say(f"Would read {len(files)} seed files and poll {len(due)} of {len(prepared.sources)} feeds into {out}.")
    if not prepared.request.period.is_open:
        since, until = prepared.request.period.since, prepared.request.period.until
        say(f"Articles are taken from {since or 'the first'} to {until or 'the last'}; others are left out.")
    for file in files:
        typer.echo(printable(f"{file.kind}\t{file.place}"))
    for poll in due:
        typer.echo(f"feed\t{poll.source_id}")
    for one in problems:
        say(printable(f"{one.reason}: {one.place}: {one.message}"))
    return EXIT_FINE


def feed_states(out: Path) -> dict[str, str]:
    """Return source id → state of the feed as JSON, by the dataset at `out`; empty where there is none yet."""
    path = Layout(out).state_file
    if not path.exists():
        return {}
    with closing(Index.open(path)) as index:
        return index.feed_states()


def _as_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

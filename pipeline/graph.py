"""The whole graph on one page: feeds and seed files in, one commit out."""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam

from pipeline.clock import utc_now
from pipeline.plan import Plan
from transforms.analyse_and_stage import AnalyseAndStage
from transforms.drop_seen import DropSeen
from transforms.fetch_pages import FetchPages
from transforms.identity.waiting import read_waiting
from transforms.parse_documents import ParseDocuments
from transforms.poll_feeds import PollFeeds
from transforms.publish_tables import PublishTables
from transforms.read_seeds import ReadSeeds
from transforms.stage_failures import StageFailures
from transforms.stage_rows import FinishFetches, StageRows
from transforms.tables.dead_letters import INTERNAL_ERROR
from transforms.tables.records import Failure, Fetch


def build(pipeline: beam.Pipeline, plan: Plan) -> None:
    """Lay out the steps of one run of `plan`, or of one slice of it."""
    run_id, started_at = plan.stage.run_id, plan.stage.started_at

    seeds = _spread(pipeline, "Seeds", plan.seeds) | "ReadSeeds" >> ReadSeeds(plan.spool, run_id, started_at)
    polls = _spread(pipeline, "Polls", plan.polls) | "PollFeeds" >> PollFeeds(
        plan.fetch, started_at, plan.spool, run_id
    )
    unplanned = pipeline | "ListUnplanned" >> beam.Create(plan.failures)

    waited = pipeline | "ListWaiting" >> beam.Create(plan.waiting) | "ReadWaiting" >> beam.FlatMap(read_waiting)

    documents = (seeds.documents, polls.documents) | "CollectDocuments" >> beam.Flatten()
    parsed = documents | "ParseDocuments" >> ParseDocuments(run_id, started_at, plan.period)
    candidates = (parsed.candidates, waited) | "CollectCandidates" >> beam.Flatten()
    judged = candidates | "DropSeen" >> DropSeen(plan.index, run_id, before=plan.index_before, last=plan.slice.last)
    chosen = judged.chosen | "FetchPages" >> FetchPages(plan.fetch, started_at, plan.spool, run_id)
    analysed = chosen["documents"] | "AnalyseAndStage" >> AnalyseAndStage(
        plan.analysis,
        plan.stage,
        plan.index,
        "backfill" if plan.facts.ingest_mode == "backfill" else None,
        plan.slice.before.broken,
    )

    held = (parsed.held, analysed.held) | "CollectHeld" >> beam.Flatten()
    fetches = {
        "fetches": polls.fetches,
        "news": judged.news,
        "held": held,
        "newest": parsed.newest,
    } | "FinishFetches" >> FinishFetches(plan.fetch)
    failures = (
        unplanned,
        seeds.failures,
        polls.failures,
        parsed.failures,
        chosen["failures"],
        analysed.failures,
    ) | "CollectFailures" >> beam.Flatten()

    files = (
        analysed.files,
        judged.sightings | "StageSightings" >> StageRows("sightings", plan.stage),
        fetches | "StageFetches" >> StageRows("fetches", plan.stage),
        failures | "StageFailures" >> StageFailures(plan.out, plan.stage, plan.index),
    ) | "CollectFiles" >> beam.Flatten()
    tallies = (
        parsed.tallies,
        judged.tallies,
        analysed.tallies,
        fetches | "CountFailedSources" >> beam.FlatMap(_failed_source),
    ) | "CollectTallies" >> beam.Flatten()

    {
        "start": pipeline | "Start" >> beam.Create([None]),
        "files": files,
        "tallies": tallies,
        "errors": failures | "PickInternalErrors" >> beam.FlatMap(_internal_error),
        "broken": analysed.broken,
        "waiting": judged.waiting,
    } | "PublishTables" >> PublishTables(plan.out, plan.stage, plan.facts, utc_now, plan.slice, plan.spool)


def _spread(pipeline: beam.Pipeline, name: str, items: Iterable[Any]) -> beam.PCollection:
    return pipeline | f"List{name}" >> beam.Create(list(items)) | f"Spread{name}" >> beam.Reshuffle()


def _failed_source(keyed: tuple[str, Fetch]) -> Iterable[tuple[tuple[str, str], int]]:
    return [(("failed_sources", ""), 1)] if keyed[1].outcome in {"failed", "refused"} else []


def _internal_error(failure: Failure) -> Iterable[str]:
    return [f"{failure.place}: {failure.message}"] if failure.reason == INTERNAL_ERROR else []

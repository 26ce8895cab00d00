"""The graph of `picket retry` on one page: dead letters in, one commit out, by the steps of a run."""

from collections.abc import Sequence

import apache_beam as beam

from pipeline.clock import utc_now
from pipeline.plan import Plan
from transforms.analyse_and_stage import AnalyseAndStage
from transforms.drop_seen import DropSeen
from transforms.fetch_pages import FetchPages
from transforms.letters.waiting import Letter, LetterShard
from transforms.parse_documents import ParseDocuments
from transforms.publish_tables import PublishTables
from transforms.read_letters import ReadLetters
from transforms.record_retries import RecordRetries
from transforms.stage_failures import StageFailures
from transforms.stage_rows import StageRows
from transforms.tables.records import Failure


def build_retry(pipeline: beam.Pipeline, plan: Plan, shards: Sequence[LetterShard], letters: Sequence[Letter]) -> None:
    """Lay out the steps of another try of `letters`, whose documents are in `shards`."""
    run_id, started_at = plan.stage.run_id, plan.stage.started_at

    listed = pipeline | "ListLetterShards" >> beam.Create(list(shards)) | "SpreadLetters" >> beam.Reshuffle()
    parsed = listed | "ReadLetters" >> ReadLetters() | "ParseDocuments" >> ParseDocuments(run_id, started_at)
    judged = parsed.candidates | "DropSeen" >> DropSeen(plan.index, run_id, plan.out)
    chosen = judged.chosen | "FetchPages" >> FetchPages(plan.fetch, started_at, plan.spool, run_id)
    analysed = chosen["documents"] | "AnalyseAndStage" >> AnalyseAndStage(
        plan.analysis, plan.stage, plan.index, "retry"
    )

    failures = (parsed.failures, chosen["failures"], analysed.failures) | "CollectFailures" >> beam.Flatten()
    retries = {
        "letters": pipeline | "ListLetters" >> beam.Create([(one.item_id, one) for one in letters]),
        # A letter that fails again has its row in `failures` already.
        "failed": failures | "PickFailedAgain" >> beam.Filter(_is_letter),
        "rejected": judged.turned_away,
    } | "RecordRetries" >> RecordRetries(run_id, started_at, plan.index)
    others = failures | "PickOtherFailures" >> beam.Filter(lambda failure: not _is_letter(failure))

    files = (
        analysed.files,
        judged.sightings | "StageSightings" >> StageRows("sightings", plan.stage),
        retries.retries | "StageRetries" >> StageRows("retries", plan.stage),
        others | "StageFailures" >> StageFailures(plan.out, plan.stage, plan.index),
    ) | "CollectFiles" >> beam.Flatten()
    tallies = (parsed.tallies, judged.tallies, analysed.tallies, retries.tallies) | "CollectTallies" >> beam.Flatten()

    {
        "start": pipeline | "Start" >> beam.Create([None]),
        "files": files,
        "tallies": tallies,
        # However many fail again: they are known to, and those that succeed must not wait for them.
        "errors": pipeline | "NoErrors" >> beam.Create([]),
    } | "PublishTables" >> PublishTables(plan.out, plan.stage, plan.facts, utc_now)


def _is_letter(failure: Failure) -> bool:
    return failure.item_id is not None

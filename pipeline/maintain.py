"""What keeps a dataset in shape between runs: compaction, forgetting, retention, reanalysis."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.clock import utc_now
from pipeline.held import say, work_on
from pipeline.plan import Prepared, Request, configuration_hash, prepare, versions
from pipeline.views import write_views
from transforms.analysis.analyse import Analyser, load_analyser
from transforms.dataset.compact import compact
from transforms.dataset.forget import ForgetRequest, forget
from transforms.dataset.layout import Layout
from transforms.dataset.publish_run import publish_run
from transforms.dataset.reanalysis import ReanalysisDay, plan_reanalysis
from transforms.dataset.retention import retain
from transforms.tables.records import Article, Run
from transforms.tables.run_row import RunFacts, maintenance_row
from transforms.tables.schemas import record_of
from transforms.tables.shard_writer import StagedFile
from transforms.tables.staging import StageSettings

BATCH_ROWS = 500  # articles read at a time
RETAINED = ("fetches", "failures")  # tables that only tell how collecting went: their old rows may go


def compact_dataset(out: Path) -> int:
    """Put the many small files of a day together. Return the exit code."""
    code, done = work_on(out, lambda run_id, _: compact(out, run_id))
    if done is not None:
        say(f"{done.before} files of {done.days} days are now {done.after}.")
    return code


def forget_things(out: Path, request: ForgetRequest) -> int:
    """Remove articles, sources and names from every file, and remember their hashes. Return the exit code."""
    code, done = work_on(out, lambda run_id, now: forget(out, run_id, request, now))
    if done is not None:
        for table, number in done.removed:
            say(f"{number} rows of {table} are gone")
        for table, number in done.rewritten:
            say(f"{number} files of {table} were written anew")
        if request.people_table:
            say("There is no table people any more. A run that is asked for one makes it anew.")
        if request.article_ids or request.source_ids or request.names:
            say("A hash of it is kept, so that it does not come back.")
    return code


def retain_recent(out: Path, days: int) -> int:
    """Remove polls and failures older than `days`; the last poll of each feed stays. Return the exit code."""

    def work(run_id: str, now: datetime) -> int:
        limit = (now - timedelta(days=days)).date()
        return retain(out, run_id, dict.fromkeys(RETAINED, limit))

    code, gone = work_on(out, work)
    if gone is not None:
        say(f"{gone} rows of {' and '.join(RETAINED)} are gone.")
    return code


def reanalyse(request: Request, since: date | None) -> int:
    """Apply the present registry, rules and models to the articles that the dataset holds. Return the exit code.

    Findings of another analysis are replaced in the same commit, never doubled. Raises InvalidFile.
    """
    prepared = prepare(request)
    out = request.profile.out
    code, done = work_on(out, lambda run_id, now: _reanalyse(prepared, run_id, now, since))
    if done is not None:
        write_views(out)
        say(f"{done.documents} articles were analysed anew, {done.relevant} of them are relevant.")
    return code


def _reanalyse(prepared: Prepared, run_id: str, now: datetime, since: date | None) -> Run:
    out = prepared.request.profile.out
    facts = RunFacts(run_id, now, 0, 1.0, versions(), configuration_hash(prepared), "reanalysis")
    days = plan_reanalysis(out, prepared.analysis.version, since)
    stage = StageSettings(str(Layout(out).run_staging(run_id)), run_id, now, prepared.metadata())
    analyser = load_analyser(prepared.analysis)
    staged: list[StagedFile] = []
    relevant = 0
    for day in days:
        files, number = _analyse_day(day, analyser, stage)
        staged += files
        relevant += number
    row = maintenance_row(facts, "reanalysed", staged, relevant, utc_now())
    writer = stage.writer("run")
    writer.add("runs", row)
    publish_run(out, run_id, [*staged, *writer.close()], now, removed=[file for day in days for file in day.replaced])
    return row


def _analyse_day(day: ReanalysisDay, analyser: Analyser, stage: StageSettings) -> tuple[list[StagedFile], int]:
    writer = stage.writer(f"anew-{day.dt}")
    relevant = 0
    for article in _articles(day.articles):
        found = analyser.analyse_stored(article, stage.run_id)
        relevant += found.article.relevant
        # How it once came in stays true, whatever analyses it.
        writer.add("articles", replace(found.article, ingest_mode=article.ingest_mode), found.article.collected_at)
        for table, row in found.rows:
            writer.add(table, row, found.article.collected_at)
    return writer.close(), relevant


def _articles(paths: Sequence[str]) -> Iterator[Article]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                for row in batch.to_pylist():
                    article: Article = record_of("articles", row)
                    yield article

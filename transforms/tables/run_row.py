"""The row of `runs`: what a run did, counted from what it staged, and whether it may commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from transforms.tables.records import IngestMode, Run
from transforms.tables.shard_writer import StagedFile

MAX_INTERNAL_ERRORS = 10  # items a run may lose to faults of the program before it refuses to commit
MAX_INTERNAL_ERROR_SHARE = 0.5  # of the documents read, from MIN_ERRORS_FOR_SHARE on
MIN_ERRORS_FOR_SHARE = 3

EXIT_FINE = 0
EXIT_SOURCES_FAILED = 3


class TooManyErrors(Exception):
    """More items failed unexpectedly than a run may lose; nothing was published."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run before it reads anything.

    `polled` sources were due; `max_failure_share` of them may fail before the run leaves with EXIT_SOURCES_FAILED.
    """

    run_id: str
    started_at: datetime
    polled: int
    max_failure_share: float
    versions: tuple[tuple[str, str], ...]
    configuration_hash: str
    ingest_mode: IngestMode = "seeds"


def run_row(
    facts: RunFacts,
    files: Sequence[StagedFile],
    tallies: Mapping[tuple[str, str], int],
    errors: Sequence[str],
    finished_at: datetime,
) -> Run:
    """Return the row of `runs`. Raises TooManyErrors where `errors` (tracebacks) are more than a run may lose."""
    documents = tallies.get(("documents", ""), 0)
    if len(errors) > MAX_INTERNAL_ERRORS or (
        len(errors) >= MIN_ERRORS_FOR_SHARE and len(errors) > MAX_INTERNAL_ERROR_SHARE * documents
    ):
        raise TooManyErrors(f"{len(errors)} of {documents} documents failed unexpectedly; the first:\n{errors[0]}")
    failed_sources = tallies.get(("failed_sources", ""), 0)
    too_many = facts.polled > 0 and failed_sources > facts.max_failure_share * facts.polled
    return Run(
        run_id=facts.run_id,
        started_at=facts.started_at,
        finished_at=max(facts.started_at, finished_at),
        outcome="sources_failed" if too_many else "completed",
        exit_code=EXIT_SOURCES_FAILED if too_many else EXIT_FINE,
        documents=documents,
        new_articles=tallies.get(("new_articles", ""), 0),
        revisions=tallies.get(("revisions", ""), 0),
        relevant=tallies.get(("relevant", ""), 0),
        mentions=_rows(files, "mentions"),
        complaints=_rows(files, "complaints"),
        failures=_rows(files, "failures") + tallies.get(("failed_again", ""), 0),
        rejected=tuple(sorted((key, number) for (kind, key), number in tallies.items() if kind == "rejected")),
        versions=facts.versions,
        configuration_hash=facts.configuration_hash,
        ingest_mode=facts.ingest_mode,
    )


def maintenance_row(
    facts: RunFacts, outcome: str, files: Sequence[StagedFile], relevant: int, finished_at: datetime
) -> Run:
    """Return the row of `runs` of a run that read nothing new: it wrote `files` anew from what the dataset holds."""
    tallies = {("documents", ""): _rows(files, "articles"), ("relevant", ""): relevant}
    return replace(run_row(facts, files, tallies, (), finished_at), outcome=outcome)


def _rows(files: Sequence[StagedFile], table: str) -> int:
    return sum(file.rows for file in files if file.table == table)

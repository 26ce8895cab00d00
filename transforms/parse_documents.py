"""Step: raw documents are parsed far enough to know which article each of them is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import apache_beam as beam

from transforms.documents.parse import parse_document
from transforms.documents.period import ALWAYS, Period
from transforms.documents.seed_files import read_body
from transforms.identity.decide import candidate_of
from transforms.metrics import count
from transforms.tables.dead_letters import dead_letter, unexpected
from transforms.tables.records import DocumentRef, Unreadable

STEP = "parse"
OUTSIDE_PERIOD = "outside_period"


@dataclass
class ParseDocuments(beam.PTransform):
    """DocumentRef → Candidate; tagged `failures`, `tallies`, `held` (polls whose items must come again), `newest`.

    Articles outside `period` are counted and go no further: nothing remembers them.
    """

    run_id: str
    started_at: datetime
    period: Period = ALWAYS

    def expand(self, documents: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        parse = _Parse(self.run_id, self.started_at, self.period)
        return documents | "ParseDocument" >> beam.ParDo(parse).with_outputs(
            "failures", "tallies", "held", "newest", main="candidates"
        )


class _Parse(beam.DoFn):
    def __init__(self, run_id: str, started_at: datetime, period: Period) -> None:
        self.run_id = run_id
        self.started_at = started_at
        self.period = period

    def process(self, ref: DocumentRef) -> Iterator[object]:
        count(STEP, "documents")
        yield beam.pvalue.TaggedOutput("tallies", (("documents", ""), 1))
        try:
            document = parse_document(ref, read_body(ref))
        except Exception as error:  # the promise to lose no item and to go on: any fault becomes a dead letter
            document = unexpected(error)
            if ref.fetch_id:
                yield beam.pvalue.TaggedOutput("held", (ref.fetch_id, 1))
        if isinstance(document, Unreadable):
            count(STEP, document.reason)
            failure = dead_letter(ref, STEP, document, self.run_id, self.started_at)
            yield beam.pvalue.TaggedOutput("failures", failure)
            return
        for key in document.ignored_keys:
            yield beam.pvalue.TaggedOutput("tallies", (("ignored", f"{_file_of(ref)}\t{key}"), 1))
        if ref.fetch_id and document.published_at:
            yield beam.pvalue.TaggedOutput("newest", (ref.fetch_id, document.published_at))
        if self.period.holds(document.published_at, ref.collected_at):
            yield candidate_of(document)
            return
        count(STEP, OUTSIDE_PERIOD)
        yield beam.pvalue.TaggedOutput("tallies", (("rejected", OUTSIDE_PERIOD), 1))
        if ref.fetch_id:
            # With its validators the feed would say "not modified" to the run that asks for this article's period.
            yield beam.pvalue.TaggedOutput("held", (ref.fetch_id, 1))


def _file_of(ref: DocumentRef) -> str:
    # The place is file and line; the path of a packed file would lead into the spool.
    return ref.place.rpartition(":")[0] or ref.place

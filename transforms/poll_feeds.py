"""Step: due feeds are polled, batch by batch; a batch holds whole hosts, which are asked at the same time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import apache_beam as beam

from transforms.feeds.poll import poll_batch
from transforms.feeds.polling import DuePoll
from transforms.feeds.settings import FetchSettings
from transforms.metrics import count

STEP = "poll"


@dataclass
class PollFeeds(beam.PTransform):
    """Sequence[DuePoll] → DocumentRef; tagged `fetches` (provisional Fetch) and `failures`."""

    settings: FetchSettings
    started_at: datetime
    spool_dir: str
    run_id: str

    def expand(self, batches: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        poll = _Poll(self.settings, self.started_at, self.spool_dir, self.run_id)
        return batches | "PollBatch" >> beam.ParDo(poll).with_outputs("fetches", "failures", main="documents")


class _Poll(beam.DoFn):
    def __init__(self, settings: FetchSettings, started_at: datetime, spool_dir: str, run_id: str) -> None:
        self.settings = settings
        self.started_at = started_at
        self.spool_dir = spool_dir
        self.run_id = run_id

    def process(self, due: Sequence[DuePoll]) -> Iterator[object]:
        for poll in poll_batch(due, self.settings, self.started_at, self.spool_dir, self.run_id):
            count(STEP, "polls")
            count(STEP, poll.fetch.outcome)
            if poll.fetch.reason:
                count(STEP, poll.fetch.reason)
            count(STEP, "items", poll.fetch.items)
            yield beam.pvalue.TaggedOutput("fetches", poll.fetch)
            for failure in poll.failures:
                yield beam.pvalue.TaggedOutput("failures", failure)
            yield from poll.refs

"""Step: what became of each dead letter that was tried again is a row of `retries`, where it is news."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import apache_beam as beam

from transforms.dataset.index import Index
from transforms.tables.masking import mask_names
from transforms.tables.records import Failure
from transforms.tables.upkeep_records import Retry, RetryOutcome

SHARD = "retries"


@dataclass
class RecordRetries(beam.PTransform):
    """{letters (item id, Letter), failed Failure, rejected (item id, reason)} → (shard, Retry); tagged `tallies`."""

    run_id: str
    started_at: datetime
    index: str  # path of the dataset's index: names that were forgotten are masked

    def expand(self, inputs: dict[str, beam.PCollection]) -> beam.pvalue.DoOutputsTuple:
        return (
            {
                "letters": inputs["letters"],
                "failed": inputs["failed"] | "KeyFailedAgain" >> beam.Map(lambda one: (one.item_id, one)),
                "rejected": inputs["rejected"],
            }
            | "MeetByLetter" >> beam.CoGroupByKey()
            | "JudgeLetter"
            >> beam.ParDo(_Judge(self.run_id, self.started_at, self.index)).with_outputs("tallies", main="retries")
        )


class _Judge(beam.DoFn):
    def __init__(self, run_id: str, started_at: datetime, index: str) -> None:
        self.run_id = run_id
        self.started_at = started_at
        self.index = index

    def setup(self) -> None:
        with closing(Index.open(self.index)) as index:
            self.names = index.forgotten_names()

    def process(self, group: tuple[str, dict[str, Iterable[Any]]]) -> Iterator[object]:
        item_id, found = group
        failures: list[Failure] = list(found["failed"])
        rejected = sorted(found["rejected"])
        for letter in found["letters"]:
            outcome: RetryOutcome = "failed" if failures else "rejected" if rejected else "read"
            reason = failures[0].reason if failures else rejected[0] if rejected else None
            message = mask_names(failures[0].message, self.names) if failures else None
            if failures:
                yield beam.pvalue.TaggedOutput("tallies", (("failed_again", ""), 1))
            if not failures or reason != letter.reason:  # what fails as it failed before is told already
                row = Retry(item_id, letter.source_id, outcome, reason, message, self.started_at, self.run_id)
                yield SHARD, row

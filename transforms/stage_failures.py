"""Step: failures are written to staging, with the raw items that can be tried again, as far as they are kept."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import apache_beam as beam

from transforms.dataset.index import Index
from transforms.letters.item import KEPT, OVER_BUDGET, Keeping, with_items
from transforms.letters.waiting import items_by_state
from transforms.metrics import count
from transforms.tables.records import Failure
from transforms.tables.shard_writer import StagedFile
from transforms.tables.staging import StageSettings

STEP = "stage"


@dataclass
class StageFailures(beam.PTransform):
    """Failure → StagedFile. Items are read here, where they are written: only references are shuffled."""

    out: str
    stage: StageSettings
    index: str  # path of the dataset's index: names that were forgotten are masked

    def expand(self, failures: beam.PCollection) -> beam.PCollection:
        return (
            failures
            | "KeyFailures" >> beam.Map(lambda failure: (failure.shard, failure))
            | "MeetFailures" >> beam.GroupByKey()
            | "WriteFailures" >> beam.ParDo(_WriteFailures(self.out, self.stage, self.index))
        )


class _WriteFailures(beam.DoFn):
    def __init__(self, out: str, stage: StageSettings, index: str) -> None:
        self.out = out
        self.stage = stage
        self.index = index
        self._keeping: Keeping | None = None

    def process(self, group: tuple[str, Iterable[Failure]]) -> Iterator[StagedFile]:
        shard, failures = group
        writer = self.stage.writer(shard)
        if self._keeping is None:  # most runs have no failures, and need not read what is kept
            self._keeping = self._read_keeping()
        for failure in with_items(failures, self._keeping):
            writer.add("failures", failure)
            count(STEP, "failures")
        yield from writer.close()

    def _read_keeping(self) -> Keeping:
        with closing(Index.open(self.index)) as index:
            names = index.forgotten_names()
        items = items_by_state(self.out)
        return Keeping(items.get(KEPT, frozenset()), items.get(OVER_BUDGET, frozenset()), names)

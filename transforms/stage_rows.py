"""Step: small rows (sightings, fetches, retries) are written to staging, one file a table and shard."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import apache_beam as beam

from transforms.feeds.polling import finish_fetch
from transforms.feeds.settings import FetchSettings
from transforms.metrics import count
from transforms.tables.records import Fetch, Sighting
from transforms.tables.shard_writer import StagedFile
from transforms.tables.staging import StageSettings
from transforms.tables.upkeep_records import Retry

STEP = "stage"
FETCH_SHARD = "polls"  # the polls of a run are few: one file


@dataclass
class StageRows(beam.PTransform):
    """(shard, row) → StagedFile, for rows of one `table`."""

    table: str
    stage: StageSettings

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        return (
            rows | "MeetByShard" >> beam.GroupByKey() | "WriteShard" >> beam.ParDo(_WriteShard(self.table, self.stage))
        )


class _WriteShard(beam.DoFn):
    def __init__(self, table: str, stage: StageSettings) -> None:
        self.table = table
        self.stage = stage

    def process(self, group: tuple[str, Iterable[Fetch | Retry | Sighting]]) -> Iterator[StagedFile]:
        shard, rows = group
        writer = self.stage.writer(shard)
        for row in rows:
            writer.add(self.table, row)
            count(STEP, self.table)
        yield from writer.close()


@dataclass
class FinishFetches(beam.PTransform):
    """{fetches, news, held, newest} → (shard, Fetch) with what is known of a poll once its items were judged."""

    settings: FetchSettings

    def expand(self, inputs: dict[str, beam.PCollection]) -> beam.PCollection:
        keyed = {
            "fetches": inputs["fetches"] | "KeyByFetch" >> beam.Map(lambda fetch: (fetch.fetch_id, fetch)),
            "news": inputs["news"],
            "held": inputs["held"],
            "newest": inputs["newest"] | "KeepNewest" >> beam.CombinePerKey(max),
        }
        return keyed | "MeetByFetch" >> beam.CoGroupByKey() | "FinishFetch" >> beam.FlatMap(_finish, self.settings)


def _finish(group: tuple[str, dict[str, Iterable[Any]]], settings: FetchSettings) -> Iterator[tuple[str, Fetch]]:
    _, found = group
    new_items = sum(found["news"])
    held = bool(list(found["held"]))
    newest = max(found["newest"], default=None)
    for fetch in found["fetches"]:
        yield FETCH_SHARD, replace(finish_fetch(fetch, new_items, held, settings), newest_at=newest)

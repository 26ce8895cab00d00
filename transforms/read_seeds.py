"""Step: seed files are read, shard by shard, into references to their documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import apache_beam as beam

from transforms.documents.seed_files import SeedShard
from transforms.documents.seed_reading import iterate_shard
from transforms.documents.slices import SeedPart, read_part
from transforms.metrics import count
from transforms.tables.records import Failure

STEP = "read"


@dataclass
class ReadSeeds(beam.PTransform):
    """SeedShard or SeedPart → DocumentRef; tagged `failures`."""

    spool_dir: str
    run_id: str
    started_at: datetime

    def expand(self, shards: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        read = _Read(self.spool_dir, self.run_id, self.started_at)
        return shards | "ReadShard" >> beam.ParDo(read).with_outputs("failures", main="documents")


class _Read(beam.DoFn):
    def __init__(self, spool_dir: str, run_id: str, started_at: datetime) -> None:
        self.spool_dir = spool_dir
        self.run_id = run_id
        self.started_at = started_at

    def process(self, seeds: SeedShard | SeedPart) -> Iterator[object]:
        if isinstance(seeds, SeedPart):
            items = read_part(seeds)
        else:
            items = iterate_shard(seeds, self.spool_dir, self.run_id, self.started_at)
        for item in items:
            if isinstance(item, Failure):
                count(STEP, item.reason)
                yield beam.pvalue.TaggedOutput("failures", item)
            else:
                count(STEP, "documents")
                yield item

"""Step: dead letters that were laid out for another try are read, shard by shard, into references to documents."""

from collections.abc import Iterator

import apache_beam as beam

from transforms.letters.waiting import LetterShard, read_shard
from transforms.metrics import count
from transforms.tables.records import DocumentRef

STEP = "read_letters"


class ReadLetters(beam.PTransform):
    """LetterShard → DocumentRef, whose `retried` is the letter."""

    def expand(self, shards: beam.PCollection) -> beam.PCollection:
        return shards | "ReadLetterShard" >> beam.ParDo(_Read())


class _Read(beam.DoFn):
    def process(self, shard: LetterShard) -> Iterator[DocumentRef]:
        for ref in read_shard(shard):
            count(STEP, "letters")
            yield ref

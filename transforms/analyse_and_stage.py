"""Step: the chosen documents of one shard are read again, analysed and written to staging.

Analysis and writing are one step because a shard's rows must meet in one file without being shuffled: what goes
through the graph is references on the way in and file descriptors on the way out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import apache_beam as beam

from transforms.analysis.analyse import AnalysisSettings, Findings, Identity, load_analyser
from transforms.dataset.index import Index
from transforms.documents.parse import parse_document
from transforms.documents.seed_files import read_body
from transforms.identity.decide import Chosen, in_order
from transforms.metrics import count
from transforms.tables.dead_letters import INTERNAL_ERROR, dead_letter, unexpected
from transforms.tables.masking import mask_names
from transforms.tables.progress import Progress
from transforms.tables.records import IngestMode, Unreadable
from transforms.tables.shard_writer import ShardWriter
from transforms.tables.staging import StageSettings

STEP = "analyse"
HELD_BACK = Unreadable("held_back", "an earlier version of the article failed unexpectedly: both are tried again")


@dataclass
class AnalyseAndStage(beam.PTransform):
    """(shard, Chosen) → StagedFile; tagged `failures`, `tallies`, `held`, `broken`.

    `broken` are ids of articles of which a version failed unexpectedly and is tried again: later ones wait for it, or
    it would be taken for the newest.
    """

    analysis: AnalysisSettings
    stage: StageSettings
    index: str  # path of the dataset's index: names that were forgotten are masked
    mode: IngestMode | None = None  # how all that is analysed came in; by default as each reference tells
    broken: tuple[str, ...] = ()  # those of earlier slices of the run

    def expand(self, chosen: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return (
            chosen
            | "MeetByShard" >> beam.GroupByKey()
            | "AnalyseShard"
            >> beam.ParDo(_AnalyseShard(self.analysis, self.stage, self.index, self.mode, self.broken)).with_outputs(
                "failures", "tallies", "held", "broken", main="files"
            )
        )


class _AnalyseShard(beam.DoFn):
    def __init__(
        self,
        analysis: AnalysisSettings,
        stage: StageSettings,
        index: str,
        mode: IngestMode | None,
        broken: tuple[str, ...],
    ) -> None:
        self.analysis = analysis
        self.stage = stage
        self.index = index
        self.mode = mode
        self.broken = broken

    def setup(self) -> None:
        self.analyser = load_analyser(self.analysis)
        with closing(Index.open(self.index)) as index:
            self.forgotten = index.forgotten_names()

    def process(self, group: tuple[str, Iterable[Chosen]]) -> Iterator[object]:
        shard, chosen = group
        writer = self.stage.writer(shard)
        progress = Progress(self.stage.staging, shard)
        broken = set(self.broken)
        lost: Counter[str] = Counter()  # versions of an article that can't be read, and leave no gap in its numbers
        for one in in_order(chosen):
            waits = one.article_id in broken
            found = HELD_BACK if waits else self._analyse(replace(one, revision=one.revision - lost[one.article_id]))
            if isinstance(found, Unreadable):
                if found.reason == INTERNAL_ERROR:
                    broken.add(one.article_id)
                    yield beam.pvalue.TaggedOutput("broken", one.article_id)
                lost[one.article_id] += 1
                ref = one.candidate.ref
                count(STEP, found.reason)
                failure = dead_letter(ref, STEP, found, self.stage.run_id, self.stage.started_at)
                yield beam.pvalue.TaggedOutput("failures", failure)
                if ref.fetch_id:
                    yield beam.pvalue.TaggedOutput("held", (ref.fetch_id, 1))
                continue
            _write(writer, found)
            progress.add(found.article.relevant, found.number("mentions") + found.number("complaints"))
            for kind in _kinds(found):
                yield beam.pvalue.TaggedOutput("tallies", ((kind, ""), 1))
        progress.close()
        yield from writer.close()

    def _analyse(self, one: Chosen) -> Findings | Unreadable:
        ref = one.candidate.ref
        try:
            document = parse_document(ref, read_body(ref))
            if isinstance(document, Unreadable):
                return document  # the file changed between two readings
            if self.forgotten.hashes:
                title, text = (mask_names(part, self.forgotten) for part in (document.title, document.text))
                document = replace(document, title=title, text=text)
            found = self.analyser.analyse(document, Identity(one.article_id, one.revision, self.stage.run_id))
            mode: IngestMode = self.mode or ("poll" if ref.fetch_id else "seeds")
            return replace(found, article=replace(found.article, ingest_mode=mode))
        except Exception as error:  # the promise to lose no item and to go on: any fault becomes a dead letter
            return unexpected(error)


def _kinds(found: Findings) -> list[str]:
    kinds = ["revisions" if found.article.revision else "new_articles"]
    return [*kinds, "relevant"] if found.article.relevant else kinds


def _write(writer: ShardWriter, found: Findings) -> None:
    at = found.article.collected_at
    writer.add("articles", found.article, at)
    for table, row in found.rows:
        writer.add(table, row, at)

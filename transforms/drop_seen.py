"""Step: documents meet by identity; what the dataset holds already is dropped, with the reason counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apache_beam as beam

from transforms.dataset.index import Index
from transforms.identity.decide import Candidate, KnownArticle, assign_articles, decide_versions, must_wait
from transforms.letters.superseded import SUPERSEDED, is_superseded
from transforms.metrics import count
from transforms.tables.ids import stable_id
from transforms.tables.records import Sighting

STEP = "drop_seen"


@dataclass
class DropSeen(beam.PTransform):
    """Candidate → (shard, Chosen); tagged `sightings` (shard, Sighting), `tallies`, `news` (fetch id, number).

    Of dead letters that are tried again `turned_away` (item id, reason) tells which ones bring nothing new. In a run
    of several slices, `waiting` candidates are those that only its last one can judge.
    """

    index: str  # path of the dataset's index, opened read-only
    run_id: str
    out: str = ""  # the dataset, for dead letters alone: when the revisions that it has were collected
    before: str = ""  # in a run of several slices: path of the index as it was when the run began
    last: bool = True  # whether this is the run's last slice

    def expand(self, candidates: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return (
            candidates
            | "KeyByGroup" >> beam.Map(lambda candidate: (candidate.group, candidate))
            | "MeetByGroup" >> beam.GroupByKey()
            | "AssignArticles" >> beam.ParDo(_AssignArticles(self.index))
            | "MeetByArticle" >> beam.GroupByKey()
            | "DecideVersions"
            >> beam.ParDo(_DecideVersions(self.index, self.run_id, self.out, self.before, self.last)).with_outputs(
                "sightings", "tallies", "news", "turned_away", "waiting", main="chosen"
            )
        )


class _UsesIndex(beam.DoFn):
    def __init__(self, path: str) -> None:
        self.path = path

    def setup(self) -> None:
        self.index = Index.open(self.path)

    def teardown(self) -> None:
        self.index.close()


class _AssignArticles(_UsesIndex):
    def process(self, group: tuple[str, Iterable[Candidate]]) -> Iterator[tuple[str, Candidate]]:
        candidates = list(group[1])
        keys = {key for one in candidates for key in (one.own_key, one.link_key) if key}
        resolved = self.index.resolve(sorted(keys))
        known = self.index.known(sorted(set(resolved.values()))) if resolved else {}
        owners = {article: entry.source_id for article, entry in known.items()}
        yield from assign_articles(candidates, resolved, owners)


class _DecideVersions(_UsesIndex):
    def __init__(self, path: str, run_id: str, out: str, before: str, last: bool) -> None:
        super().__init__(path)
        self.run_id = run_id
        self.out = out
        self.before = before
        self.last = last

    def setup(self) -> None:
        super().setup()
        self.index_before = Index.open(self.before) if self.before else self.index

    def teardown(self) -> None:
        super().teardown()
        self.index_before.close()

    def process(self, group: tuple[str, Iterable[Candidate]]) -> Iterator[object]:
        article_id = group[0]
        candidates, forgotten = self._without_forgotten(list(group[1]))
        for one in forgotten:
            yield from _rejected(one, "forgotten")
        known = self.index.known([article_id]).get(article_id)
        late = [one for one in candidates if known and self._is_late(article_id, one, known)]
        for one in late:
            yield from _rejected(one, SUPERSEDED)
        candidates = [one for one in candidates if one not in late]
        before = self.index_before.known([article_id]).get(article_id) if self.before else known
        waiting = [] if self.last else must_wait(candidates, before)
        yield from (beam.pvalue.TaggedOutput("waiting", one) for one in waiting)
        candidates = [one for one in candidates if one not in waiting]
        if not candidates:
            return
        touched = known is not None and (before is None or before.revision != known.revision)
        decision = decide_versions(article_id, candidates, known, touched=touched)
        for chosen in decision.chosen:
            count(STEP, "chosen")
            # All versions of an article are analysed together: a later one waits where an earlier one fails.
            yield decision.chosen[0].candidate.ref.shard, chosen
        news = {id(one.candidate): one.candidate for one in decision.chosen}
        for candidate in decision.sighted:
            news[id(candidate)] = candidate
            sighting = _sighting(article_id, candidate, self.run_id)
            yield beam.pvalue.TaggedOutput("sightings", (candidate.ref.shard, sighting))
        for candidate in news.values():
            if candidate.ref.fetch_id:
                yield beam.pvalue.TaggedOutput("news", (candidate.ref.fetch_id, 1))
        for candidate, reason in decision.rejected:
            yield from _rejected(candidate, reason)

    def _is_late(self, article_id: str, candidate: Candidate, known: KnownArticle) -> bool:
        """Whether a dead letter would become a revision although the dataset has a later one."""
        ref = candidate.ref
        if ref.retried is None or candidate.content_hash in known.hashes or ref.source_id != known.source_id:
            return False
        return is_superseded(self.out, article_id, ref.collected_at)

    def _without_forgotten(self, candidates: list[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
        """Part what may come in from what was removed on request and must not come back."""
        if not self.index.remembers_forgotten():
            return candidates, []
        keys = {key for one in candidates for key in (one.own_key, one.link_key) if key}
        items = self.index.forgotten(sorted(keys))
        sources = self.index.forgotten_sources(sorted({one.ref.source_id for one in candidates}))
        gone = [
            one for one in candidates if one.own_key in items or one.link_key in items or one.ref.source_id in sources
        ]
        return [one for one in candidates if one not in gone], gone


def _rejected(candidate: Candidate, reason: str) -> Iterator[object]:
    count(STEP, reason)
    yield beam.pvalue.TaggedOutput("tallies", (("rejected", reason), 1))
    if candidate.ref.retried:
        yield beam.pvalue.TaggedOutput("turned_away", (candidate.ref.retried, reason))


def _sighting(article_id: str, candidate: Candidate, run_id: str) -> Sighting:
    return Sighting(
        sighting_id=stable_id("sighting", article_id, candidate.own_key),
        article_id=article_id,
        source_id=candidate.ref.source_id,
        external_id=candidate.external_id,
        url=candidate.url,
        canonical_url=candidate.canonical_url,
        collected_at=candidate.ref.collected_at,
        run_id=run_id,
    )

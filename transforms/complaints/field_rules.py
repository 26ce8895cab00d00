"""The rules at work on one field of one article."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from transforms.complaints.codes import DEMAND_CODES
from transforms.complaints.hits import DemandHit, SentenceContext
from transforms.complaints.lexicon import Span
from transforms.complaints.loading import CompiledRule, Language
from transforms.complaints.plain_speakers import PlainReader
from transforms.complaints.quotes import QuoteHit
from transforms.complaints.reading import Reading, Sentence
from transforms.complaints.rules import Scope
from transforms.complaints.scope import ScopeCheck
from transforms.complaints.speakers import Attribution, SpeakerReader
from transforms.complaints.status import StatusReader, settle
from transforms.complaints.targets import target_of
from transforms.tables.records import ActorHit, ComplaintHit, Status

# Sentences that a named earlier time carries over, until the present is named again: in a text that is all about the
# past, and in one that speaks of today and looks back.
HISTORY_CARRIES = 8
HISTORY_ASIDE = 1
MAX_HEADS = 3  # readings of one rule in one sentence: an assertion and a denial may stand side by side
# Those who answer for the army, or speak for it: «they were not beaten» is a denial in their mouth.
_DENIERS = frozenset({"official", "politician", "group"})
_ORDERERS = frozenset({"official"})  # «the ministry demands» is an order and no demand of this kind


@dataclass(frozen=True, slots=True)
class _Match:
    """A rule that fits: the place of its predicate, and of all its groups."""

    rule: CompiledRule
    head: Span
    spans: tuple[Span, ...]

    @property
    def whole(self) -> Span:
        return min(span[0] for span in self.spans), max(span[1] for span in self.spans)


class FieldRules:
    """What the rules of one language find in one field."""

    def __init__(
        self,
        language: Language,
        status: StatusReader,
        reading: Reading,
        title: Reading,
        actors: Sequence[ActorHit],
        year: int | None,
    ) -> None:
        """`actors` are those of the whole article; `year` is the article's own, if known."""
        self._language = language
        self._status = status
        self._reading = reading
        self._actors = [actor for actor in actors if actor.field == reading.field]
        named = frozenset(i for i, sentence in enumerate(reading.sentences) if self._actors_in(sentence))
        title_sentences = title.sentences if reading is not title else ()
        self._scope = ScopeCheck(language.lexicon, title_sentences, reading.sentences, named)
        self._year = year
        self._relative = language.lexicon.number("RELATIVE")

    @property
    def reading(self) -> Reading:
        """The field as it was read."""
        return self._reading

    def complaints(self) -> list[ComplaintHit]:
        """Return the complaints by place: for each code, status and sentence the hit of the strongest rule.

        Where two rules read the same words, the stronger one also says what their status is.
        """
        kept: dict[tuple[str, int], list[ComplaintHit]] = {}
        for sentence, hit in sorted(self._hits(), key=lambda item: _rank(item[1])):
            stronger = kept.setdefault((hit.code, sentence.index), [])
            if not any(h.status == hit.status or (h.start < hit.end and hit.start < h.end) for h in stronger):
                stronger.append(hit)
        hits = [hit for group in kept.values() for hit in group]
        return [self._widened(hit) for hit in sorted(hits, key=lambda hit: (hit.start, hit.code, hit.status))]

    def demands(self) -> list[DemandHit]:
        """Return the demands by place, one for each code and sentence."""
        found: dict[tuple[str, int], DemandHit] = {}
        for sentence, match in self._matches:
            rule = match.rule.rule
            if rule.code in DEMAND_CODES and not self._is_order(sentence, match):
                start, end = sentence.raw_span(sentence.whole_clause(match.whole))
                hit = DemandHit(rule.code, sentence.field, start, end, rule.id, rule.confidence)
                found.setdefault((rule.code, sentence.index), hit)
        return sorted(found.values(), key=lambda hit: (hit.start, hit.code))

    def quotes(self) -> list[QuoteHit]:
        """Return the quotations of a field in which something was found."""
        return self._speakers.quotes() if self._matches or self._actors else []

    def rules(self) -> set[str]:
        """Return the ids of all rules that find something."""
        return {hit.method for _, hit in self._hits()} | {hit.method for hit in self.demands()}

    def contexts(self) -> Iterator[SentenceContext]:
        """Yield each sentence with its scope, status and speaker."""
        return (self.context(sentence) for sentence in self._reading.sentences)

    def context(self, sentence: Sentence) -> SentenceContext:
        """Return scope, status and speaker of `sentence`."""
        who = self._speakers.of(sentence, sentence.start)
        return SentenceContext(
            sentence.field,
            sentence.start,
            sentence.end,
            self.covers("service", sentence),
            "historical" if self._history[sentence.index] else self._status.of_sentence(sentence),
            who.kind,
            who.speaker,
            tuple(dict.fromkeys([*self._actors_in(sentence), *who.actor_ids])),
        )

    def covers(self, scope: Scope, sentence: Sentence) -> bool:
        """Whether `sentence` is in `scope`."""
        return self._scope.covers(scope, sentence.index)

    def wonders(self, sentence: Sentence) -> bool:
        """Whether `sentence` asks what may come."""
        return self._status.wonders(sentence)

    def names_actor(self, sentence: Sentence) -> bool:
        """Whether `sentence` names an actor."""
        return bool(self._actors_in(sentence))

    @cached_property
    def _matches(self) -> list[tuple[Sentence, _Match]]:
        return [(sentence, match) for sentence in self._reading.sentences for match in self._match(sentence)]

    @cached_property
    def _speakers(self) -> SpeakerReader:
        return SpeakerReader(self._language.lexicon, self._reading, self._actors)

    @cached_property
    def _plain_speakers(self) -> PlainReader:
        return PlainReader(self._language.lexicon, self._reading, self._actors)

    @cached_property
    def _history(self) -> list[bool]:
        sentences = self._reading.sentences
        named = [self._status.is_history(sentence, self._year) for sentence in sentences]
        modern = False in named
        reach = HISTORY_ASIDE if modern else HISTORY_CARRIES
        result, carried = [], 0
        for sentence, past in zip(sentences, named, strict=True):
            if past is None and modern and self._status.names_past_war(sentence):
                past = True  # noqa: PLW2901 - a war of the past is the past only beside a present
            carried = reach if past else 0 if past is False else carried - 1
            result.append(carried > 0)
        return result

    def _match(self, sentence: Sentence) -> Iterator[_Match]:
        triggers = self._language.triggers
        for rule in {id(r): r for number in sentence.found for r in triggers.get(number, ())}.values():
            if not all(n in sentence.found for n in rule.present) or any(n in sentence.found for n in rule.absent):
                continue
            if not self._scope.covers(rule.rule.scope, sentence.index):
                continue
            for numbers in rule.matches:
                if all(n in sentence.found for n in numbers):
                    yield from _arrangements(rule, numbers, sentence)

    def _hits(self) -> Iterator[tuple[Sentence, ComplaintHit]]:
        for sentence, match in self._matches:
            if match.rule.rule.code not in DEMAND_CODES:
                hit = self._hit(sentence, match)
                if hit is not None:
                    yield sentence, hit

    def _hit(self, sentence: Sentence, match: _Match) -> ComplaintHit | None:
        rule = match.rule.rule
        start, end = sentence.raw_span(match.whole)
        who, plain = self._speakers.of(sentence, start), self._plain_speakers.of(sentence, start)
        status = rule.status or self._settle(sentence, match, plain)
        if status is None or (rule.speaker and plain.kind not in rule.speaker):
            return None
        return ComplaintHit(
            code=rule.code,
            status=status,
            field=sentence.field,
            start=start,
            end=end,
            actor_ids=tuple(dict.fromkeys([*self._actors_in(sentence), *who.actor_ids])),
            speaker_kind=who.kind,
            speaker=who.speaker,
            target=target_of(self._language.lexicon, sentence, rule.code),
            method=rule.id,
            confidence=rule.confidence,
        )

    def _widened(self, hit: ComplaintHit) -> ComplaintHit:
        """Return `hit` with the whole clauses that its words stand in as evidence."""
        sentence = next(s for s in reversed(self._reading.sentences) if s.start <= hit.start)
        inside = [i for i, word in enumerate(sentence.words) if hit.start <= word.start and word.end <= hit.end]
        start, end = sentence.raw_span(sentence.whole_clause((inside[0], inside[-1])))
        return replace(hit, start=start, end=end)

    def _is_order(self, sentence: Sentence, match: _Match) -> bool:
        """Whether those who could grant a demand are the ones who make it."""
        who = self._speakers.of(sentence, sentence.raw_span(match.head)[0])
        return who.kind in _ORDERERS and not self._actors_in(sentence) and not sentence.has(self._relative)

    def _settle(self, sentence: Sentence, match: _Match, who: Attribution) -> Status | None:
        clause = self._status.clause(sentence, match.head, match.spans, match.rule.rule.plain)
        status = settle(clause, who.kind in _DENIERS)
        return "historical" if status == "asserted" and self._history[sentence.index] else status

    def _actors_in(self, sentence: Sentence) -> list[str]:
        return [actor.actor_id for actor in self._actors if sentence.start <= actor.start < sentence.end]


def _arrangements(rule: CompiledRule, numbers: tuple[int, ...], sentence: Sentence) -> Iterator[_Match]:
    """Yield, for each place of the first group, the nearest place of each other one, if all lie close enough."""
    places, stops, taken = sentence.places, sentence.stops, 0
    for head in sentence.found[numbers[0]]:
        spans = [head]
        for number in numbers[1:]:
            free = [s for s in sentence.found[number] if not any(s[0] <= e and b <= s[1] for b, e in spans)]
            if not free:
                break
            spans.append(min(free, key=lambda span: max(span[0] - head[1], head[0] - span[1])))
        else:
            match = _Match(rule, head, tuple(spans))
            first, last = match.whole
            if places[last] - places[first] <= rule.rule.within and stops[first] == stops[last]:
                yield match
                taken += 1
                if taken == MAX_HEADS:
                    return


def _rank(hit: ComplaintHit) -> tuple[float, int, int]:
    return -hit.confidence, hit.end - hit.start, hit.start

"""Whether a clause asserts, denies, fears or remembers what it says."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.complaints.lexicon import Lexicon, Span
from transforms.complaints.reading import Sentence
from transforms.tables.records import Status

# Distances in places (words and punctuation, see reading.py) between a mark and the predicate that it governs.
NEGATION_REACH = {"en": 4, "ru": 1, "uk": 1}  # Russian and Ukrainian put the particle before the verb itself
PLAIN_REACH = 2  # before the first word of a match that holds no verb: «не отправляют срочников на войну»
NOBODY_REACH = 7
ABSENT_REACH = 10  # «издевательств, по словам командира, не было»: the predicate stands before its negation
DENIAL_BEFORE = 22
DENIAL_AFTER = 12
FEAR_REACH = 20
CONDITION_REACH = 16
MODAL_REACH = 4
PLAN_REACH = 7
OPENING = 1  # place of the last word that opens a question: «Чи будуть …»
PAST_YEARS = 8  # years before the article's own time: an earlier war or period
LATEST_PAST = 2014  # last year that is history where the article's own time is unknown
_YEAR = re.compile(r"(?<!\d)(19[3-9]\d|20[0-4]\d)(?!\d)(?!(?:-\w+)? (?:р н|г р|року народж|года рожд|г рожд))")


@dataclass(frozen=True, slots=True)
class Clause:
    """What the words around a predicate say of it; `negated` counts negation that the rule itself did not use."""

    negated: bool
    denied: bool
    hypothetical: bool


class StatusReader:
    """Reads the marks of status in sentences of one language."""

    def __init__(self, lexicon: Lexicon) -> None:
        number = lexicon.number
        self._reach = NEGATION_REACH[lexicon.lang]
        self._negation, self._nobody, self._absent = number("NEG"), number("NOBODY"), number("POSTNEG")
        self._denial, self._fear, self._condition = number("DENY"), number("FEAR"), number("CONDITION")
        self._modal, self._plan, self._reason = number("MODAL"), number("PLAN"), number("ASKS_WHY")
        self._past, self._past_place, self._now = number("PAST_TIME"), number("PAST_WAR"), number("NOW_TIME")
        self._fact = number("FACTUAL")

    def clause(self, sentence: Sentence, head: Span, spans: Sequence[Span], plain: bool = False) -> Clause:
        """Return what stands around the predicate `head` of a match whose groups are `spans`.

        A `plain` match holds no negation of its own, so that one inside it counts too.
        """
        return Clause(
            negated=self._is_negated(sentence, head, spans) or (plain and self._is_inside(sentence, head, spans)),
            denied=self._is_denied(sentence, head, spans),
            hypothetical=self._is_hypothetical(sentence, head, spans),
        )

    def of_sentence(self, sentence: Sentence) -> Status:
        """Return the status of a whole sentence about the present, by the marks that stand anywhere in it."""
        if sentence.has(self._denial):
            return "denied"
        doubt = any(sentence.has(number) for number in (self._fear, self._condition, self._plan))
        asks = sentence.asks and not sentence.has(self._reason)
        return "hypothetical" if doubt or asks else "asserted"

    def wonders(self, sentence: Sentence) -> bool:
        """Return whether `sentence` asks what may come («Would there be boots?») and so says of nothing that it is."""
        return sentence.asks and any(start <= OPENING for start, _ in sentence.found.get(self._modal, ()))

    def is_history(self, sentence: Sentence, year: int | None) -> bool | None:
        """Return whether `sentence` names an earlier time (true) or the present (false); None where it names none.

        `year` is the article's own, if known.
        """
        years = [int(y) for y in _YEAR.findall(" ".join(word.text for word in sentence.words))]
        latest_past = LATEST_PAST if year is None else year - PAST_YEARS
        if sentence.has(self._now) or any(y > latest_past for y in years):
            return False
        if sentence.has(self._past) or years:
            return True
        return None

    def names_past_war(self, sentence: Sentence) -> bool:
        """Return whether `sentence` names an earlier war."""
        return sentence.has(self._past_place)

    def _is_negated(self, sentence: Sentence, head: Span, spans: Sequence[Span]) -> bool:
        near = self._before(sentence, self._negation, head, spans, self._reach)
        absent = any(
            span[0] > head[1]
            and not _overlaps(span, spans)
            and _distance(sentence, span, head) <= ABSENT_REACH
            and not sentence.parted(head, span)  # «кормят раз в день, хлеба нет»: what is absent is the bread
            for span in sentence.found.get(self._absent, ())
        )
        nobody = any(
            not sentence.parted(span, head)
            for span in self._all_before(sentence, self._nobody, head, spans, NOBODY_REACH)
        )
        return near or absent or nobody

    def _is_inside(self, sentence: Sentence, head: Span, spans: Sequence[Span]) -> bool:
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        return any(
            sentence.places[start] >= sentence.places[first] - PLAIN_REACH
            and end <= last
            and not any(span != head and span[0] <= end and start <= span[1] for span in spans)
            and not sentence.parted((start, end), head)
            for start, end in sentence.found.get(self._negation, ())
        )

    def _is_denied(self, sentence: Sentence, head: Span, spans: Sequence[Span]) -> bool:
        for span in sentence.found.get(self._denial, ()):
            if _overlaps(span, spans) or self._before(sentence, self._negation, span, (), 2):
                continue
            if _distance(sentence, span, head) <= (DENIAL_BEFORE if span[1] < head[0] else DENIAL_AFTER):
                return True
        return False

    def _is_hypothetical(self, sentence: Sentence, head: Span, spans: Sequence[Span]) -> bool:
        before = self._before
        if before(sentence, self._fear, head, (), FEAR_REACH) or before(sentence, self._plan, head, (), PLAN_REACH):
            return True
        if before(sentence, self._condition, head, spans, CONDITION_REACH):
            return True
        for span in sentence.found.get(self._modal, ()):
            if _overlaps(span, spans) or span[0] > head[1] or _distance(sentence, span, head) > MODAL_REACH:
                continue
            if not self._touches_negation(sentence, span):
                return True
        return sentence.asks and not sentence.has(self._reason)

    def _touches_negation(self, sentence: Sentence, span: Span) -> bool:
        negations = sentence.found.get(self._negation, ())
        return any(0 <= span[0] - end <= 1 or 0 <= start - span[1] <= 1 for start, end in negations)

    def _before(self, sentence: Sentence, number: int, head: Span, spans: Sequence[Span], reach: int) -> bool:
        return any(self._all_before(sentence, number, head, spans, reach))

    def _all_before(
        self, sentence: Sentence, number: int, head: Span, spans: Sequence[Span], reach: int
    ) -> Iterator[Span]:
        for span in sentence.found.get(number, ()):
            if span[1] < head[0] and not _overlaps(span, spans) and _distance(sentence, span, head) <= reach:
                yield span


def settle(clause: Clause, official: bool) -> Status | None:
    """Return the status of a clause that is about no earlier time; None where it says that there is no complaint."""
    if clause.denied:
        return "denied"
    if clause.negated:
        # «They were not beaten» is a denial in the mouth of those who are accused, and no complaint in any other.
        return "denied" if official else None
    return "hypothetical" if clause.hypothetical else "asserted"


def _overlaps(span: Span, spans: Sequence[Span]) -> bool:
    return any(span[0] <= end and start <= span[1] for start, end in spans)


def _distance(sentence: Sentence, one: Span, other: Span) -> int:
    first, second = sorted((one, other))
    return max(0, sentence.places[second[0]] - sentence.places[min(first[1], len(sentence.places) - 1)] - 1)

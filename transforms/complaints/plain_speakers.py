"""Who says a sentence by the plain words of speech: what the status of a complaint rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

from transforms.complaints.lexicon import Lexicon, Span
from transforms.complaints.quotes import Quotation, QuoteHit, quotations
from transforms.complaints.reading import Reading, Sentence
from transforms.tables.records import ActorHit, SpeakerKind

REACH = 12  # places between a verb of speech and its subject
CLOSE = 4  # places: nearer ones than this count as equally near, and the order of `KINDS` decides
NAME_REACH = 7  # places between a name and the role or verb that it belongs to
CARRIED = 3  # sentences that somebody's account goes on for without another verb of speech
FIRST_PERSON = 2  # words of it outside quotations that make a text somebody's own account
CONTINUED = 160  # characters between two quotations of one speaker, the second without a verb of its own
# Class of words → kind; the first of several that are equally near wins ("mother of a soldier" is a relative).
KINDS: tuple[tuple[str, SpeakerKind], ...] = (
    ("S_GROUP", "group"), ("S_RIGHTS", "rights_group"), ("RELATIVE", "relative"), ("S_POLITICIAN", "politician"),
    ("S_OFFICIAL", "official"), ("SOLDIER", "soldier"), ("S_MEDIA", "media"),
)  # fmt: skip
_PUBLIC = frozenset({"official", "politician"})
COMPLAINERS = frozenset({"relative", "soldier", "group", "rights_group"})
_OWN = frozenset({"relative", "soldier"})
# Class of words → who tells a text in the first person; the first that comes in it wins.
_TELLERS: tuple[tuple[str, SpeakerKind], ...] = (
    ("V_REPORTER", "media"), ("V_RIGHTS", "rights_group"), ("V_OUR_KIN", "group"), ("V_MY_KIN", "relative"),
    ("V_SOLDIER", "soldier"),
)  # fmt: skip
_MAX_NAME = 3  # words of a name
assert {kind for _, kind in KINDS} < set(get_args(SpeakerKind))  # noqa: S101 - a table that would not fit fails at import


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who says something; `speaker` is a name only where it is a public person's.

    `private` is the raw span of the name of somebody else, where the reader was asked for such names.
    """

    kind: SpeakerKind
    speaker: str | None = None
    actor_ids: tuple[str, ...] = ()
    private: tuple[int, int] | None = None


NARRATOR = Attribution("media")


class PlainReader:
    """Finds the speaker of each sentence of one field: of its quotation, of its reported speech, or the journalist.

    A denial is one only in some mouths, and the shipped model was trained beside the statuses that this reading gives;
    so it stays as it is, and `SpeakerReader` reads more for the columns that name speakers.
    """

    kinds = KINDS

    def __init__(
        self, lexicon: Lexicon, reading: Reading, actors: Sequence[ActorHit], private_names: bool = False
    ) -> None:
        """`actors` are those of the whole article; with `private_names`, attributions tell where those stand."""
        self._private_names = private_names
        number = lexicon.number
        self._first_person = number("V_FIRST_PERSON")
        self._tellers = [(number(name), kind) for name, kind in _TELLERS]
        self._say, self._according, self._pronoun = number("SAY"), number("ACCORDING"), number("PRONOUN")
        self._leader = number("S_LEADER")
        self._kinds = [(number(name), kind) for name, kind in self.kinds]
        self._reading = reading
        self._actors = [actor for actor in actors if actor.field == reading.field]
        self._quotations = quotations(reading.view.raw)
        self._known: dict[str, SpeakerKind] = {}
        self._learn_names()
        self._of_quotes = self._attribute_quotes()

    def quotes(self) -> list[QuoteHit]:
        """Return the quotations with their speakers."""
        return [
            QuoteHit(self._reading.field, q.start, q.end, who.kind, who.speaker, who.actor_ids)
            for q, who in zip(self._quotations, self._of_quotes, strict=True)
        ]

    def attributed(self) -> list[tuple[Quotation, Attribution]]:
        """Return the quotations, each with who says it."""
        return list(zip(self._quotations, self._of_quotes, strict=True))

    def of(self, sentence: Sentence, start: int) -> Attribution:
        """Return who says what stands at the raw offset `start` of `sentence`."""
        for quotation, attribution in zip(self._quotations, self._of_quotes, strict=True):
            # A sentence that is quoted begins with the mark, one character before what is said.
            if quotation.start - 1 <= start < quotation.end and attribution.kind != "unknown":
                return attribution
        reported, teller = self._reported(sentence), self._teller
        if teller is not None and (reported is None or reported.kind in COMPLAINERS | {"unknown"}):
            return teller
        if reported is not None and reported.kind != "unknown":
            return reported
        return self._carried(sentence) or reported or self._quoted(start) or NARRATOR

    def _quoted(self, start: int) -> Attribution | None:
        return Attribution("unknown") if self._is_quoted(start) else None

    def _carried(self, sentence: Sentence) -> Attribution | None:
        """Return who speaks in the sentences before, if they who complain do, and nobody has answered since."""
        for index in range(sentence.index - 1, max(-1, sentence.index - 1 - CARRIED), -1):
            who = self._heard[index]
            if who is not None and who.kind != "unknown":
                return who if who.kind in COMPLAINERS else None
        return None

    @cached_property
    def _heard(self) -> list[Attribution | None]:
        """Who is quoted or reported in each sentence."""
        heard: list[Attribution | None] = []
        for sentence in self._reading.sentences:
            quoted = [
                who
                for quotation, who in zip(self._quotations, self._of_quotes, strict=True)
                if quotation.start < sentence.end and sentence.start < quotation.end
            ]
            heard.append(quoted[-1] if quoted else self._reported(sentence))
        return heard

    @cached_property
    def _teller(self) -> Attribution | None:
        """Who tells the text in the first person, if anybody does."""
        said = [
            sentence
            for sentence in self._reading.sentences
            for first, _ in sentence.found.get(self._first_person, ())
            if not self._is_quoted(sentence.words[first].start)
        ]
        if len(said) < min(FIRST_PERSON, len(self._reading.sentences)):
            return None
        for number, kind in self._tellers:
            if any(sentence.has(number) for sentence in self._reading.sentences):
                return Attribution(kind) if kind != "media" else None
        return None

    def _attribute_quotes(self) -> list[Attribution]:
        attributions: list[Attribution] = []
        previous: tuple[Quotation, Attribution] | None = None
        for quotation in self._quotations:
            found = self._around(quotation)
            if found is None and previous and quotation.start - previous[0].end <= CONTINUED:
                between = self._reading.view.raw[previous[0].end : quotation.start]
                found = previous[1] if "\n\n" not in between else None
            attribution = found or self._by_words(quotation) or Attribution("unknown")
            attributions.append(attribution)
            previous = quotation, attribution
        return attributions

    def _by_words(self, quotation: Quotation) -> Attribution | None:
        """Return who speaks of «my son» or of «our platoon»."""
        inside = [s for s in self._reading.sentences if s.start < quotation.end and quotation.start < s.end]
        kinds = [kind for number, kind in self._tellers if kind in _OWN and any(s.has(number) for s in inside)]
        return Attribution(kinds[0]) if kinds else None

    def _around(self, quotation: Quotation) -> Attribution | None:
        sentences = self._reading.sentences
        touching = [s for s in sentences if s.start < quotation.end + 2 and quotation.start - 2 < s.end]
        if not touching:
            return None
        # The words of attribution stand in the sentence that the quotation ends or begins in, else right beside it.
        order = [touching[-1], touching[0]]
        for index in (touching[-1].index + 1, touching[0].index - 1):
            if 0 <= index < len(sentences) and self._is_near(sentences[index], quotation):
                order.append(sentences[index])
        for sentence in order:
            found = self._reported(sentence, quotation)
            if found is not None:
                return found
        return None

    def _is_near(self, sentence: Sentence, quotation: Quotation) -> bool:
        start, end = min(sentence.end, quotation.end), max(sentence.start, quotation.start)
        return "\n" not in self._reading.view.raw[start:end].strip() and end - start < CONTINUED

    def _reported(self, sentence: Sentence, quotation: Quotation | None = None) -> Attribution | None:
        """Return the subject of the verb of speech in `sentence` that stands outside of quotations."""
        verbs = [
            span
            for number in self._verbs()
            for span in sentence.found.get(number, ())
            if not self._is_quoted(sentence.words[span[0]].start)
        ]
        if not verbs:
            return None
        if quotation is not None:
            verbs.sort(key=lambda span: _gap(sentence, span, quotation))
        return self._subject(sentence, verbs[0])

    def _verbs(self) -> tuple[int, ...]:
        return self._say, self._according

    def _private_name(self, sentence: Sentence, verb: Span, who: Attribution) -> tuple[int, int] | None:
        """Return the raw span of the name of `who`, unless it is an actor's or that of an office-holder."""
        roles = {kind: sentence.found.get(number, ()) for number, kind in self._kinds}
        span = self._name_span(sentence, [verb, *roles.get(who.kind, ())])
        taken = [sentence.raw_span(role) for found in roles.values() for role in found]
        taken += [(actor.start, actor.end) for actor in self._actors]
        if span is None or any(start < span[1] and span[0] < end for start, end in taken):
            return None
        parts = [word.text for word in sentence.words if span[0] <= word.start < span[1]]
        return None if any(self._known.get(part) in _PUBLIC for part in parts) else span

    def _subject(self, sentence: Sentence, verb: Span) -> Attribution:
        return self._named(sentence, verb)

    def _named(self, sentence: Sentence, verb: Span) -> Attribution:
        """Return who stands nearest to `verb` in `sentence`, with the name's place where such names are asked for."""
        who = self._nearest(sentence, verb)
        return replace(who, private=self._private_name(sentence, verb, who)) if self._private_names else who

    def _nearest(self, sentence: Sentence, verb: Span) -> Attribution:
        actors = self._actors_near(sentence, verb)
        candidates: list[tuple[int, int, SpeakerKind, Span]] = []
        for rank, (number, kind) in enumerate(self._kinds):
            for span in sentence.found.get(number, ()):
                distance = distance_between(sentence, span, verb)
                if distance <= REACH and self._can_say(sentence, span, verb):
                    candidates.append((distance, rank, kind, span))
        if actors and (not candidates or actors[0][0] <= min(candidates)[0] + CLOSE):
            ids = tuple(dict.fromkeys(actor.actor_id for _, actor in actors))
            return Attribution("group", self._leader_name(sentence, verb, [a for _, a in actors]), ids)
        if not candidates:
            return self._by_name(sentence, verb)
        nearest = min(candidates)[0]
        _, _, kind, span = min((c for c in candidates if c[0] <= nearest + CLOSE), key=lambda c: (c[1], c[0]))
        speaker = self._name(sentence, (span, verb)) if kind in _PUBLIC else None
        return Attribution(kind, speaker)

    def _can_say(self, sentence: Sentence, span: Span, verb: Span) -> bool:  # noqa: ARG002 - asked by `SpeakerReader`
        """Whether who stands at `span` can be the subject of `verb`: not quoted."""
        return not self._is_quoted(sentence.words[span[0]].start)

    def _by_name(self, sentence: Sentence, verb: Span) -> Attribution:
        name = self._name(sentence, (verb,))
        kind = next((self._known[part] for part in (name or "").lower().split() if part in self._known), None)
        if kind is None and sentence.has(self._pronoun) and sentence.index > 0:
            kind = self._kind_before(sentence.index)
        return Attribution(kind or "unknown", name if kind in _PUBLIC else None)

    def _kind_before(self, index: int) -> SpeakerKind | None:
        for sentence in reversed(self._reading.sentences[max(0, index - 3) : index]):
            kinds = [kind for number, kind in self._kinds if sentence.has(number)]
            if kinds:
                return kinds[0]
        return None

    def _actors_near(self, sentence: Sentence, verb: Span) -> list[tuple[int, ActorHit]]:
        start, end = sentence.raw_span(verb)
        near = []
        for actor in self._actors:
            if sentence.start <= actor.start < sentence.end and not self._is_quoted(actor.start):
                gap = max(0, actor.start - end, start - actor.end)
                near.append((gap // 6, actor))  # six characters: about one word
        return sorted((item for item in near if item[0] <= REACH), key=lambda item: item[0])

    def _leader_name(self, sentence: Sentence, verb: Span, actors: list[ActorHit]) -> str | None:
        for actor in actors:
            if actor.kind == "representative":
                return self._reading.view.raw[actor.start : actor.end]
        leaders = sentence.found.get(self._leader, ())
        return self._name(sentence, (*leaders, verb)) if leaders else None

    def _name(self, sentence: Sentence, anchors: Sequence[Span]) -> str | None:
        span = self._name_span(sentence, anchors)
        return self._reading.view.raw[slice(*span)] if span else None

    def _name_span(self, sentence: Sentence, anchors: Sequence[Span]) -> tuple[int, int] | None:
        best: tuple[int, tuple[int, int]] | None = None
        index, words = 0, sentence.words
        while index < len(words):
            stop = index
            while stop < len(words) and stop - index < _MAX_NAME and self._is_name_word(sentence, stop, stop > index):
                stop += 1
            if stop - index > 1 or (stop > index and words[index].text in self._known):
                gap = min(distance_between(sentence, (index, stop - 1), anchor) for anchor in anchors)
                if gap <= NAME_REACH and (best is None or gap < best[0]):
                    best = gap, (words[index].start, words[stop - 1].end)
            index = max(stop, index + 1)
        return best[1] if best else None

    def _is_name_word(self, sentence: Sentence, index: int, following: bool) -> bool:
        word = sentence.words[index]
        raw = self._reading.view.raw
        if not raw[word.start].isupper() or self._is_quoted(word.start):
            return False
        if following and raw[sentence.words[index - 1].end : word.start] not in {" ", ". ", "\u00a0", ".\u00a0"}:
            return False
        surface = raw[word.start : word.end]
        if len(surface) > 1 and surface.isupper():
            return False
        return not any((index, index) in sentence.found.get(number, ()) for number, _ in self._kinds)

    def _learn_names(self) -> None:
        """Remember which names stand beside which role, so that a later «says Olga» has one."""
        for sentence in self._reading.sentences:
            for number, kind in self._kinds:
                for span in sentence.found.get(number, ()):
                    for index in range(max(0, span[0] - 3), min(len(sentence.words), span[1] + 4)):
                        if not span[0] <= index <= span[1] and index and self._is_capital(sentence, index):
                            self._known.setdefault(sentence.words[index].text, kind)

    def _is_capital(self, sentence: Sentence, index: int) -> bool:
        word = sentence.words[index]
        surface = self._reading.view.raw[word.start : word.end]
        return surface[:1].isupper() and not surface.isupper()

    def _is_quoted(self, position: int) -> bool:
        return any(q.start - 1 <= position < q.end for q in self._quotations)


def distance_between(sentence: Sentence, one: Span, other: Span) -> int:
    """Return the places between two spans of `sentence`."""
    first, second = sorted((one, other))
    return max(0, sentence.places[second[0]] - sentence.places[first[1]] - 1)


def _gap(sentence: Sentence, span: Span, quotation: Quotation) -> int:
    start, end = sentence.raw_span(span)
    return max(0, start - quotation.end, quotation.start - end)

"""Who says a sentence: named, meant by a pronoun, told by their own words, or the journalist."""

import re
from collections.abc import Sequence
from functools import cached_property

from transforms.complaints.lexicon import Lexicon, Span
from transforms.complaints.plain_speakers import (
    CLOSE,
    COMPLAINERS,
    CONTINUED,
    KINDS,
    NARRATOR,
    Attribution,
    PlainReader,
    distance_between,
)
from transforms.complaints.quotes import Quotation
from transforms.complaints.reading import Reading, Sentence
from transforms.complaints.tellers import TellerReader, voice_of_all
from transforms.tables.records import ActorHit

__all__ = ["NARRATOR", "Attribution", "SpeakerReader"]

LOOK_BACK = 3  # sentences that are searched for whom a pronoun means
LABEL_WORDS = 6  # of a label before a colon: «Press service of the district: "..."»
_SIGNED = re.compile(r"[:–—]\s[^:–—]{2,40}$")  # the end of a title that says whose words it gives
# Class of words → kind, beside those of the plain reading; it stands behind the class of the same kind there.
_MORE = {"S_RIGHTS": "V_MONITOR", "S_OFFICIAL": "V_OFFICE", "SOLDIER": "V_TROOPER"}
_STRANGERS = frozenset({"official", "politician", "media"})  # none of them says «my son» of a soldier


class SpeakerReader(PlainReader):
    """Finds the speaker of each sentence of one field, also where no verb of speech stands beside a name."""

    kinds = tuple((one, kind) for name, kind in KINDS for one in (name, _MORE.get(name)) if one)

    def __init__(
        self, lexicon: Lexicon, reading: Reading, actors: Sequence[ActorHit], private_names: bool = False
    ) -> None:
        """`actors` are those of the whole article; with `private_names`, attributions tell where those stand."""
        number = lexicon.number
        self._of_them, self._does = number("V_ACCORDING_THEM"), number("V_VOICE")
        self._to, self._asks, self._court = number("V_TO"), number("V_ASK_SOMEBODY"), number("V_COURT")
        self._lexicon = lexicon
        super().__init__(lexicon, reading, actors, private_names)

    def of(self, sentence: Sentence, start: int) -> Attribution:
        """Return who says what stands at the raw offset `start` of `sentence`."""
        for quotation, attribution in zip(self._quotations, self._of_quotes, strict=True):
            # A sentence that is quoted begins with the mark, one character before what is said.
            if quotation.start - 1 <= start < quotation.end and attribution.kind != "unknown":
                return attribution
        reported, teller = self._reported(sentence), self._teller
        if teller is not None and (reported is None or reported.kind in COMPLAINERS | {"unknown", "politician"}):
            return teller
        if reported is not None and reported.kind != "unknown":
            return reported
        return self._carried(sentence) or self._quoted(start) or NARRATOR

    @cached_property
    def _own_words(self) -> TellerReader:
        return TellerReader(self._lexicon, self._reading, self._quotations)

    @cached_property
    def _teller(self) -> Attribution | None:
        """Who tells the text in the first person, if anybody does."""
        kind = self._own_words.of_text()
        return Attribution(kind) if kind else None

    def _attribute_quotes(self) -> list[Attribution]:
        attributions: list[Attribution] = []
        previous: tuple[Quotation, Attribution] | None = None
        for quotation in self._quotations:
            found = self._around(quotation)
            if found is None and previous and quotation.start - previous[0].end <= CONTINUED:
                between = self._reading.view.raw[previous[0].end : quotation.start]
                found = previous[1] if "\n\n" not in between else None
            attribution = self._by_own_words(quotation, found)
            attributions.append(attribution)
            previous = quotation, attribution
        kind = voice_of_all([who.kind for who in attributions])
        return [Attribution(kind) if kind and who.kind == "unknown" else who for who in attributions]

    def _by_own_words(self, quotation: Quotation, found: Attribution | None) -> Attribution:
        """Return who says `quotation`: `found`, unless its own words show that somebody else does."""
        if found is not None and found.kind != "unknown":
            other = found.kind in _STRANGERS and self._own_words.of_kin(quotation)
            return Attribution("relative") if other else found
        kind = self._own_words.of_quotation(quotation)
        if kind is None and self._own_words.is_first_person(quotation):
            first = next((s for s in self._reading.sentences if quotation.start < s.end), None)
            before = self._before(first) if first else None
            return before if before and before.kind == "group" else Attribution("soldier")
        return Attribution(kind) if kind else found or Attribution("unknown")

    def _verbs(self) -> tuple[int, ...]:
        return self._say, self._according, self._of_them

    def _reported(self, sentence: Sentence, quotation: Quotation | None = None) -> Attribution | None:
        """Return who is said to speak in `sentence`, or is labelled, or complains by what they do."""
        who = super()._reported(sentence, quotation)
        if who is not None:
            return who
        return self._labelled(sentence) or (self._acting(sentence) if quotation is None else None)

    def _labelled(self, sentence: Sentence) -> Attribution | None:
        """Return who stands before a colon, or behind one at the end of a title."""
        raw = self._reading.view.raw[sentence.start : sentence.end]
        signed = _SIGNED.search(raw) if sentence.field == "title" else None
        colon = raw.find(":")
        start, end = (signed.start(), len(raw)) if signed else (0, colon)
        label = range(sentence.start + start, sentence.start + end)
        inside = [i for i, word in enumerate(sentence.words) if word.start in label and not self._is_quoted(word.start)]
        if not inside or len(inside) > LABEL_WORDS:
            return None
        ids = tuple(dict.fromkeys(actor.actor_id for actor in self._actors if actor.start in label))
        if ids:
            return Attribution("group", None, ids)
        for number, kind in self._kinds:
            if any(first in inside and last in inside for first, last in sentence.found.get(number, ())):
                return Attribution(kind)
        return None

    def _acting(self, sentence: Sentence) -> Attribution | None:
        """Return the one who complains in `sentence` by what they do: fear, seek, do not believe."""
        for verb in sentence.found.get(self._does, ()):
            if not self._is_quoted(sentence.words[verb[0]].start):
                who = self._named(sentence, verb)
                if who.kind in COMPLAINERS or who.kind == "politician":
                    return who
        return None

    def _subject(self, sentence: Sentence, verb: Span) -> Attribution:
        if self._is_pronoun(sentence, verb) and (before := self._before(sentence)) is not None:
            return before
        return self._named(sentence, verb)

    def _is_pronoun(self, sentence: Sentence, verb: Span) -> bool:
        if verb in sentence.found.get(self._of_them, ()):
            return True
        return any(distance_between(sentence, span, verb) == 0 for span in sentence.found.get(self._pronoun, ()))

    def _before(self, sentence: Sentence) -> Attribution | None:
        """Return whom a pronoun in `sentence` means: who spoke, or else was named, last."""
        for earlier in reversed(self._reading.sentences[max(0, sentence.index - LOOK_BACK) : sentence.index]):
            for verb in earlier.found.get(self._say, ()):
                who = self._named(earlier, verb)
                if who.kind != "unknown":
                    return who
            ids = tuple(dict.fromkeys(a.actor_id for a in self._actors if earlier.start <= a.start < earlier.end))
            if ids:
                return Attribution("group", None, ids)
            kinds = [kind for number, kind in self._kinds if earlier.has(number)]
            if kinds:
                return Attribution(kinds[0])
        return None

    def _can_say(self, sentence: Sentence, span: Span, verb: Span) -> bool:
        """Whether who stands at `span` can be the subject of `verb`: not quoted, asked, spoken to or of."""
        if self._is_quoted(sentence.words[span[0]].start) or span in sentence.found.get(self._court, ()):
            return False
        behind = sentence.places[span[0]] - sentence.places[verb[1]]
        if 0 < behind <= CLOSE and verb in sentence.found.get(self._asks, ()):
            return False
        # An article may stand between a preposition and its noun; that of «according to» is the verb's own.
        before = {span[0] - 1, span[0] - 2} - set(range(verb[0], verb[1] + 1))
        return not any(end in before for _, end in sentence.found.get(self._to, ()))

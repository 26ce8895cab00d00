"""Which private person says a finding, and where the name stands: for the restricted table alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from transforms.complaints.field_rules import FieldRules
from transforms.complaints.quotes import QuoteHit
from transforms.complaints.reading import Reading, Sentence
from transforms.complaints.speakers import Attribution, SpeakerReader
from transforms.places.finder import PlaceHit
from transforms.tables.records import ActorHit, ComplaintHit, Field

_MARKS = ("«", "“", "„", '"')  # behind them stands the name of a paper, an operation, a call sign
_SPACES = (" ", "\u00a0")
LONGEST = 3  # words with capitals in a row; more are an organisation, or a heading
# Kinds of speaker that are told by a role without an office. Of ten names of unknown role in real news one was that of
# a private person: the others were offices, firms and papers, as those of kind `media` are.
_PRIVATE = frozenset({"relative", "soldier", "group", "rights_group"})

NameSpan = tuple[int, int]  # raw half-open, in the field of the finding


class PeopleReader:
    """Finds the names that `speaker` leaves out, in one article."""

    def __init__(self, fields: Sequence[FieldRules], actors: Sequence[ActorHit], places: Sequence[PlaceHit]) -> None:
        """`fields` are those of the article as the rules read them, `actors` and `places` what is named in it."""
        self._names = {one.reading.field: _Names(one.reading, places) for one in fields}
        self._speakers: dict[Field, SpeakerReader] = {
            one.reading.field: SpeakerReader(one.reading.lexicon, one.reading, actors, private_names=True)
            for one in fields
        }

    def name_of(self, hit: ComplaintHit | QuoteHit) -> NameSpan | None:
        """Return where the private person is named who says `hit`; None where nobody is, or a public person."""
        if hit.speaker is not None or hit.speaker_kind not in _PRIVATE:
            return None
        said_by = self._of_quote(hit) if isinstance(hit, QuoteHit) else self._of_complaint(hit)
        # A complaint was attributed by one of its words; which one, its kind of speaker tells.
        same = (who for who in said_by if (who.kind, who.speaker) == (hit.speaker_kind, hit.speaker))
        span = next((who.private for who in same), None)
        return self._names[hit.field].person(span) if span is not None else None

    def _of_quote(self, hit: QuoteHit) -> Iterator[Attribution]:
        for quotation, who in self._speakers[hit.field].attributed():
            if (quotation.start, quotation.end) == (hit.start, hit.end):
                yield who

    def _of_complaint(self, hit: ComplaintHit) -> Iterator[Attribution]:
        speakers = self._speakers[hit.field]
        for sentence in self._names[hit.field].reading.sentences:
            if sentence.start < hit.end and hit.start < sentence.end:
                starts = [word.start for word in sentence.words if hit.start <= word.start < hit.end]
                for start in [*starts, sentence.start]:
                    yield speakers.of(sentence, start)


@dataclass(frozen=True)
class _Names:
    """Tells in one field a person's name from other words with capitals."""

    reading: Reading
    places: Sequence[PlaceHit]

    def person(self, span: NameSpan) -> NameSpan | None:
        """Return what of `span`, words with capitals, is a person's name; None where it is that of something else."""
        sentence = next(one for one in self.reading.sentences if one.start <= span[0] < one.end)
        numbers = [n for n, word in enumerate(sentence.words) if span[0] <= word.start < span[1]]
        while numbers and (self._is_place(sentence, numbers[0]) or self._is_first(sentence, numbers[0])):
            numbers.pop(0)
        if not numbers or any(self._is_place(sentence, number) for number in numbers):
            return None
        start, end = sentence.words[numbers[0]].start, sentence.words[numbers[-1]].end
        if self.reading.view.raw[start - 1 : start] in _MARKS or self._run(sentence, numbers[0]) > LONGEST:
            return None
        # A name by itself must stand where a speaker does.
        return (start, end) if len(numbers) > 1 or self._speaks(sentence, numbers[0]) else None

    def _is_place(self, sentence: Sentence, number: int) -> bool:
        word = sentence.words[number]
        return any(hit.field == sentence.field and hit.start < word.end and word.start < hit.end for hit in self.places)

    def _is_first(self, sentence: Sentence, number: int) -> bool:
        """Whether a word has its capital from the beginning of its sentence alone."""
        word = sentence.words[0]
        letter = len(word.text) == 1 and self.reading.view.raw[word.end : word.end + 1] != "."
        return number == 0 and (letter or word.text in self._plain)

    def _run(self, sentence: Sentence, number: int) -> int:
        """Return how many words with capitals stand in a row around a word, the first of the sentence left out."""
        first = last = number
        while first > 1 and self._joined(sentence, first - 1):
            first -= 1
        while last + 1 < len(sentence.words) and self._joined(sentence, last):
            last += 1
        return last + 1 - first

    def _joined(self, sentence: Sentence, number: int) -> bool:
        """Whether a word and the one behind it both have capitals, with nothing but a space between."""
        raw, one, other = self.reading.view.raw, *sentence.words[number : number + 2]
        return raw[one.start].isupper() and raw[other.start].isupper() and raw[one.end : other.start] in _SPACES

    def _speaks(self, sentence: Sentence, number: int) -> bool:
        """Whether a single name was given in full, or stands last behind the verb of speech, or first before it."""
        if sentence.words[number].text in self._full:
            return True
        say, places = sentence.found.get(self.reading.lexicon.number("SAY"), ()), sentence.places
        opens = number == 0 or places[number] - places[number - 1] > 1
        closes = number + 1 == len(places) or places[number + 1] - places[number] > 1
        behind = not opens and any(last == number - 1 for _, last in say)
        return (closes and behind) or (opens and any(first == number + 1 for first, _ in say))

    @cached_property
    def _plain(self) -> frozenset[str]:
        """The words of the field that stand in it without a capital."""
        raw = self.reading.view.raw
        return frozenset(word.text for word in self.reading.view.words if raw[word.start].islower())

    @cached_property
    def _full(self) -> frozenset[str]:
        """The words of names of two words and more."""
        return frozenset(
            sentence.words[one].text
            for sentence in self.reading.sentences
            for number in range(len(sentence.words) - 1)
            if self._joined(sentence, number) and not self._is_first(sentence, number)
            for one in (number, number + 1)
            if not self._is_place(sentence, one)
        )

"""An article as the rules read it: sentences with the classes that stand in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from transforms.complaints.lexicon import Lexicon, Span
from transforms.tables.records import Field
from transforms.text.words import TextView, Word

MAX_WORDS = 160  # words of one sentence that are read; a longer one is a list or no prose
# How many places a mark between two words takes: distance grows over the border of a clause.
_MARKS = {",": 2, ";": 4, ":": 3, "-": 2, "(": 2, ")": 2, '"': 1, ".": 4, "!": 4, "?": 4, "…": 3}
_MAX_MARKS = 8  # places at most between two words


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its raw span in `field`, its words, their places, and the spans of each class by number."""

    field: Field
    index: int
    start: int
    end: int
    words: Sequence[Word]
    places: Sequence[int]
    found: dict[int, list[Span]]
    asks: bool  # ends with a question mark

    def has(self, number: int) -> bool:
        """Whether class `number` stands in the sentence."""
        return number in self.found

    def raw_span(self, span: Span) -> tuple[int, int]:
        """Return the raw half-open span of the words `span`."""
        return self.words[span[0]].start, self.words[span[1]].end


class Reading:
    """The sentences of one field of an article."""

    def __init__(self, view: TextView, field: Field, lexicon: Lexicon) -> None:
        self.view = view
        self.field = field
        self.lexicon = lexicon

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences, in order; one without words has no classes."""
        spans = self.view.sentences
        grouped: list[list[Word]] = [[] for _ in spans]
        for word in self.view.words:
            if len(grouped[word.sentence]) < MAX_WORDS:
                grouped[word.sentence].append(word)
        return tuple(self._sentence(index, *span, grouped[index]) for index, span in enumerate(spans))

    def _sentence(self, index: int, start: int, end: int, words: list[Word]) -> Sentence:
        places = self._places(words)
        found = self.lexicon.stand([word.text for word in words], places) if words else {}
        asks = "?" in self.view.raw[max(start, end - 3) : end]
        return Sentence(self.field, index, start, end, words, places, found, asks)

    def _places(self, words: list[Word]) -> list[int]:
        text = self.view.normal.text
        places: list[int] = []
        place, last = 0, -1
        for word in words:
            between = text[last : word.norm_start] if last >= 0 else " "
            if between != " ":
                place += min(_MAX_MARKS, sum(_MARKS.get(mark, 0) for mark in between))
            places.append(place)
            place += 1
            last = word.norm_end
        return places

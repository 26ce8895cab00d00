"""An article as the rules read it: sentences with the classes that stand in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from transforms.complaints.lexicon import Lexicon, Span
from transforms.tables.records import Field
from transforms.text.words import TextView, Word

MAX_WORDS = 160  # words of one sentence that are read; a longer one is a list or no prose
MAX_WIDENED = 12  # words added to either side of a match, so that evidence is a clause and not half a phrase
# How many places a mark between two words takes: distance grows over the border of a clause.
_MARKS = {",": 2, ";": 4, ":": 3, "-": 2, "(": 2, ")": 2, '"': 1, ".": 4, "!": 4, "?": 4, "…": 3}
_MAX_MARKS = 8  # places at most between two words
_STOPS = frozenset(";\n")  # what stands on either side speaks of different things


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
    commas: Sequence[int]  # for each word, how many commas stand before it
    stops: Sequence[int]  # the same for marks that part whole statements from each other

    def has(self, number: int) -> bool:
        """Whether class `number` stands in the sentence."""
        return number in self.found

    def raw_span(self, span: Span) -> tuple[int, int]:
        """Return the raw half-open span of the words `span`."""
        return self.words[span[0]].start, self.words[span[1]].end

    def parted(self, one: Span, other: Span) -> bool:
        """Whether a single comma, or a stop, stands between two spans: two commas enclose words put in between."""
        first, second = sorted((one, other))
        end = min(first[1], len(self.words) - 1)
        commas = self.commas[second[0]] - self.commas[end]
        return commas == 1 or self.stops[second[0]] > self.stops[end]

    def whole_clause(self, span: Span) -> Span:
        """Return `span` widened to the marks that stand around it, by at most `MAX_WIDENED` words to either side."""
        first, last = span
        while first > max(0, span[0] - MAX_WIDENED) and self.places[first] - self.places[first - 1] == 1:
            first -= 1
        limit = min(len(self.words) - 1, span[1] + MAX_WIDENED)
        while last < limit and self.places[last + 1] - self.places[last] == 1:
            last += 1
        return first, last


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
        places, commas, stops = self._marks(words)
        found = self.lexicon.stand([word.text for word in words], places) if words else {}
        asks = "?" in self.view.raw[max(start, end - 3) : end]
        return Sentence(self.field, index, start, end, words, places, found, asks, commas, stops)

    def _marks(self, words: list[Word]) -> tuple[list[int], list[int], list[int]]:
        """Return the place of each word, and the commas and stops before it."""
        text = self.view.normal.text
        places: list[int] = []
        commas: list[int] = []
        stops: list[int] = []
        place, comma, stop, last = 0, 0, 0, -1
        for word in words:
            between = text[last : word.norm_start] if last >= 0 else " "
            if between != " ":
                place += min(_MAX_MARKS, sum(_MARKS.get(mark, 0) for mark in between))
                comma += between.count(",")
                stop += not _STOPS.isdisjoint(between)
            places.append(place)
            commas.append(comma)
            stops.append(stop)
            place += 1
            last = word.norm_end
        return places, commas, stops

"""Words and sentences of a text, with their raw spans and dictionary forms."""

import re
from functools import cached_property
from typing import NamedTuple

from transforms.text.morphology import lemmas
from transforms.text.normalise import Normalised, normalise
from transforms.text.sentences import sentence_spans

_WORD = re.compile(r"[^\W_]+(?:['\-][^\W_]+)*")


class Word(NamedTuple):
    """One word: its normal form (lower case, folded), its raw span, and the index of its sentence."""

    text: str
    start: int
    end: int
    norm_start: int
    norm_end: int
    sentence: int
    lang: str

    @property
    def lemmas(self) -> tuple[str, ...]:
        """Dictionary forms, the most likely first; never empty; folded as `text` is."""
        return lemmas(self.text, self.lang)


class TextView:
    """A raw text seen as normalised characters, sentences and words; each is computed when first asked for.

    `sentences` are raw half-open spans without surrounding space.
    """

    def __init__(self, raw: str, lang: str) -> None:
        self.raw = raw
        self.lang = lang

    @cached_property
    def normal(self) -> Normalised:
        """The normalised text with the way back."""
        return normalise(self.raw)

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Raw spans of the sentences, in order."""
        return sentence_spans(self.raw, self.lang)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words, in order; a word between sentences counts to the one before."""
        found: list[Word] = []
        normal, spans, lang = self.normal, self.sentences, self.lang
        same = not normal.starts  # raw and normalised text agree character for character
        sentence, last = 0, len(spans) - 1
        for match in _WORD.finditer(normal.text):
            norm_start, norm_end = match.span()
            start, end = (norm_start, norm_end) if same else normal.raw_span(norm_start, norm_end)
            while sentence < last and spans[sentence + 1][0] <= start:
                sentence += 1
            found.append(Word(match.group(), start, end, norm_start, norm_end, sentence, lang))
        return tuple(found)

    def sentence_at(self, position: int) -> tuple[int, int]:
        """Return the raw span of the sentence that covers or precedes the raw `position`."""
        best = (0, len(self.raw))
        for span in self.sentences:
            if span[0] > position:
                break
            best = span
        return best

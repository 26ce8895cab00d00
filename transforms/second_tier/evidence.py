"""The part of a sentence that speaks most for a code: what a reader is shown as evidence."""

import numpy as np
import numpy.typing as npt

from transforms.complaints.reading import Sentence
from transforms.second_tier.features import ClassNames, word_key
from transforms.second_tier.model import LinearModel

STRONG = 0.4  # share of the strongest word's weight from which a word belongs to the evidence
LONG = 14  # words: shorter sentences are evidence as a whole


def evidence_span(model: LinearModel, names: ClassNames, sentence: Sentence, column: int) -> tuple[int, int]:
    """Return the raw span of the clauses of `sentence` that hold the strongest words for output `column`."""
    words = sentence.words
    if len(words) <= LONG:
        return sentence.start, sentence.end
    strength = _strength(model, names, sentence, column)
    if strength.max() <= 0:
        return sentence.start, sentence.end
    strong = np.flatnonzero(strength >= STRONG * strength.max())
    first, last = int(strong[0]), int(strong[-1])
    while first > 0 and not _parted(sentence, first):
        first -= 1
    while last + 1 < len(words) and not _parted(sentence, last + 1):
        last += 1
    return words[first].start, words[last].end


def _strength(model: LinearModel, names: ClassNames, sentence: Sentence, column: int) -> npt.NDArray[np.float64]:
    """Return what each word adds to the score by itself: as a word, and as part of word classes."""
    strength = np.zeros(len(sentence.words))
    for index, word in enumerate(sentence.words):
        strength[index] = model.weight(word_key(word.text, names.lang), column)
    for number, key in names.keys.items():
        for first, last in sentence.found.get(number, ()):
            strength[first : last + 1] += model.weight(key, column) / (last + 1 - first)
    return strength


def _parted(sentence: Sentence, index: int) -> bool:
    """Whether a mark stands before the word `index`: marks take places of their own."""
    return sentence.places[index] - sentence.places[index - 1] > 1

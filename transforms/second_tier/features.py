"""What the model sees of a sentence: word classes, pairs of them, words and letter groups, as numbered features."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from transforms.complaints.lexicon import Lexicon
from transforms.complaints.reading import Sentence
from transforms.text.morphology import lemmas

Keys = npt.NDArray[np.uint32]
# Each block has its own weight, so that hundreds of pairs do not drown ten classes. Weights and `SHRINK` were chosen by
# cross-validation (configs/model/card.md).
BLOCKS: tuple[tuple[str, float], ...] = (
    ("class", 0.48),
    ("pair", 0.32),
    ("near", 0.31),
    ("word", 0.39),
    ("next", 0.2),
    ("letters", 0.3),
)
SHRINK = (
    0.7  # a block is divided by its length to this power: 1 would drown what a long sentence says in its last clause
)
NEAR = 8  # places between two classes that count as near
MAX_SPANS = 96  # places of classes that are paired in one sentence: bounds what a hostile text can cost
GROUP = 4  # letters of a group
WORD_CACHE = 100_000  # word forms whose keys are remembered
# Russian and Ukrainian letters that stand for one another in words of one root: their groups teach one another.
_FOLDED = str.maketrans(
    {"і": "и", "ї": "и", "й": "и", "ы": "и", "є": "е", "э": "е", "ґ": "г", "ь": "", "ъ": "", "'": ""}
)
_PAIR, _BEFORE, _WITHIN, _NEXT = (
    np.uint64(x) for x in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5)
)
_NONE: Keys = np.zeros(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one sentence by block, in the order of `BLOCKS`; a feature may come more than once."""

    blocks: tuple[Keys, ...]


class ClassNames:
    """The word classes of a lexicon that a model knows, as hashes of their names, the same in all languages."""

    def __init__(self, lexicon: Lexicon, names: Sequence[str]) -> None:
        """`names` are the classes that the model was trained with; those that the lexicon lacks stand nowhere."""
        self.lang = lexicon.lang
        numbers = {lexicon.number(name): crc32(name.encode()) for name in names}
        numbers.pop(-1, None)
        self.keys: Mapping[int, int] = numbers  # number of a class in the lexicon → hash of its name

    def spans(self, sentence: Sentence) -> npt.NDArray[np.int64]:
        """Return rows of class hash, first place and last place of each class that stands in `sentence`."""
        places, hashes = sentence.places, self.keys
        rows = [
            (hashes[number], places[first], places[last])
            for number, spans in sentence.found.items()
            if number in hashes
            for first, last in spans
        ]
        return np.array(sorted(rows)[:MAX_SPANS], np.int64).reshape(-1, 3)


def features_of(sentences: Iterable[Sentence], names: ClassNames) -> Features:
    """Return the features of `sentences` taken together: one in use, all of a training text in training."""
    classes: list[Keys] = []
    near: list[Keys] = []
    words: list[Keys] = []
    following: list[Keys] = []
    letters: list[Keys] = []
    for sentence in sentences:
        rows = names.spans(sentence)
        classes.append(rows[:, 0].astype(np.uint32))
        near.append(_near(rows))
        keys = np.array([word_key(word.text, names.lang) for word in sentence.words], np.uint32)
        words.append(keys)
        following.append(_mix(keys[:-1], keys[1:], _NEXT))
        letters.extend(letter_keys(word.text, names.lang) for word in sentence.words)
    present = np.unique(np.concatenate([_NONE, *classes]))
    return Features(
        (present, _pairs(present), *(np.concatenate([_NONE, *b]) for b in (near, words, following, letters)))
    )


def _pairs(present: Keys) -> Keys:
    if len(present) < 2:  # noqa: PLR2004 - a pair has two
        return _NONE
    first, second = np.triu_indices(len(present), 1)
    return _mix(present[first], present[second], _PAIR)


def _near(rows: npt.NDArray[np.int64]) -> Keys:
    """Return which class stands shortly before which, and which within which, each once."""
    if len(rows) < 2:  # noqa: PLR2004 - as above
        return _NONE
    hashes, first, last = rows.T
    gap = first[None, :] - last[:, None]
    differ = hashes[None, :] != hashes[:, None]
    before = np.nonzero(differ & (gap > 0) & (gap <= NEAR))
    within = np.nonzero(differ & (gap <= 0) & (first[None, :] >= first[:, None]))
    keys = [_mix(hashes[a], hashes[b], salt) for (a, b), salt in ((before, _BEFORE), (within, _WITHIN))]
    return np.unique(np.concatenate(keys))


def _mix(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic], salt: np.uint64) -> Keys:
    """Return 32-bit keys of ordered pairs, other ones for each `salt`."""
    mixed = (first.astype(np.uint64) * np.uint64(0x100000001B3) + second.astype(np.uint64)) * salt
    return (mixed >> np.uint64(32)).astype(np.uint32)


@lru_cache(maxsize=WORD_CACHE)
def word_key(text: str, lang: str) -> int:
    """Return the key of the likeliest dictionary form of the word `text`."""
    return crc32(b"w" + lemmas(text, lang)[0].encode())


@lru_cache(maxsize=WORD_CACHE)
def letter_keys(text: str, lang: str) -> Keys:
    """Return the keys of the letter groups of the likeliest dictionary form of the word `text`."""
    framed = f"^{lemmas(text, lang)[0].translate(_FOLDED)}$"
    groups = (framed[start : start + GROUP] for start in range(max(1, len(framed) - GROUP + 1)))
    return np.array([crc32(b"l" + group.encode()) for group in groups], np.uint32)

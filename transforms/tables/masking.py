"""Names that were forgotten: found in a text by their hashes, and masked at equal length."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.tables.ids import stable_id
from transforms.text.normalise import normalise

MASK = "█"  # one for each letter: spans into the text stay as they are
MAX_NAME_WORDS = 6

_WORD = re.compile(r"[^\W_]+")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ForgottenNames:
    """Hashes of names, and the numbers of words that they have. The names themselves are nowhere kept.

    A hash keeps a name from being read, not from being guessed: who has a list of names can try them.
    """

    hashes: frozenset[str]
    words: tuple[int, ...]


def forgotten_item(key: str) -> str:
    """Return the hash under which an identity key is remembered as forgotten."""
    return stable_id("forgotten", "item", key)


def forgotten_source(source_id: str) -> str:
    """Return the hash under which a source is remembered as forgotten."""
    return stable_id("forgotten", "source", source_id)


def forget_names(names: Sequence[str]) -> ForgottenNames:
    """Return `names` as hashes: case, ё, stress marks and what stands between words do not matter.

    Raises ValueError for a name without a word, or of more than MAX_NAME_WORDS.
    """
    hashes, numbers = set(), set()
    for name in names:
        words = _words(name)
        if not 0 < len(words) <= MAX_NAME_WORDS:
            raise ValueError(f"a name has 1 to {MAX_NAME_WORDS} words; this has {len(words)}")
        hashes.add(_hashed(words))
        numbers.add(len(words))
    return ForgottenNames(frozenset(hashes), tuple(sorted(numbers)))


def count_words(name: str) -> int:
    """Return the number of words of a name."""
    return len(_words(name))


def mask_names(text: str, names: ForgottenNames) -> str:
    """Return `text` with each letter of a forgotten name masked, or `text` itself where there is none."""
    spans = list(_spans(text, names)) if names.hashes and text else []
    if not spans:
        return text
    letters = list(text)
    for start, end in spans:
        letters[start:end] = [letter if letter.isspace() else MASK for letter in letters[start:end]]
    return "".join(letters)


def _spans(text: str, names: ForgottenNames) -> Iterator[Span]:
    """Yield the raw spans of all names; they may overlap."""
    normal = normalise(text)
    words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(normal.text)]
    for number in names.words:
        for first in range(len(words) - number + 1):
            some = words[first : first + number]
            if _hashed([word for word, _, _ in some]) in names.hashes:
                yield normal.raw_span(some[0][1], some[-1][2])


def _words(name: str) -> list[str]:
    return _WORD.findall(normalise(name).text)


def _hashed(words: Sequence[str]) -> str:
    return stable_id("forgotten", "name", *words)

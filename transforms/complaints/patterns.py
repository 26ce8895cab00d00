"""The pattern language of the rules: words, word classes and gaps, written as one line of text.

A pattern is groups joined by `&`, in any order; a group is elements in order. An element is alternatives joined
by `|`: `word` (form or lemma), `=form`, `stem*`, `*ending`, `#` (a number), `@CLASS`; with `?` behind it may be left
out. `~N` before an element allows N places between it and the one before (`DEFAULT_GAP` without it); punctuation takes
places.
"""

import re
from dataclasses import dataclass

from transforms.text.normalise import normalise

DEFAULT_GAP = 1  # places: an article or a particle may stand between two words of a phrase
MAX_GAP = 30  # places: longer than a clause
_LITERAL = re.compile(r"^(?:=?[^\W_]+(?:['\-][^\W_]+)*|[^\W_]+(?:['\-][^\W_]+)*[\-']?\*|\*[^\W_]+(?:['\-][^\W_]+)*|#)$")
_CLASS = re.compile(r"^@[A-Z][A-Z0-9_]*$")
MIN_STEM = 2  # letters: shorter stems fit too many words


@dataclass(frozen=True, slots=True)
class Element:
    """One place of a group: any of `choices` (literals or `@CLASS`), at most `gap` places behind the one before."""

    choices: tuple[str, ...]
    gap: int = DEFAULT_GAP


Sequence_ = tuple[Element, ...]


def parse_pattern(text: str) -> tuple[tuple[Sequence_, ...], ...]:
    """Return the groups of `text`, each as its readings (one for each way to leave optional elements out).

    Raises ValueError that says which part is wrong.
    """
    return tuple(_readings(part.strip(), text) for part in text.split("&"))


def parse_phrase(text: str) -> tuple[Sequence_, ...]:
    """Return the readings of a single group. Raises ValueError."""
    if "&" in text:
        raise ValueError(f"'{text}': & is for rules only")
    return _readings(text.strip(), text)


def _readings(part: str, whole: str) -> tuple[Sequence_, ...]:
    readings: list[list[Element]] = [[]]
    gap, token = DEFAULT_GAP, ""
    for token in part.split():
        if token.startswith("~"):
            gap = _gap(token, whole)
            continue
        optional = token.endswith("?")
        element = Element(_choices(token.removesuffix("?"), whole), gap)
        longer = [[*reading, element] for reading in readings]
        readings = [*longer, *readings] if optional else longer
        gap = DEFAULT_GAP
    if token.startswith("~"):
        raise ValueError(f"'{whole}': {token} has no word behind it")
    if not all(readings):
        raise ValueError(f"'{whole}': a group without a required word")
    return tuple(tuple(reading) for reading in readings)


def _gap(token: str, whole: str) -> int:
    if not token[1:].isdigit() or int(token[1:]) > MAX_GAP:
        raise ValueError(f"'{whole}': {token} is not a gap between ~0 and ~{MAX_GAP}")
    return int(token[1:])


def _choices(token: str, whole: str) -> tuple[str, ...]:
    choices = []
    for choice in token.split("|"):
        if choice.startswith("@"):
            if not _CLASS.match(choice):
                raise ValueError(f"'{whole}': '{choice}' is not a class name")
            choices.append(choice)
            continue
        literal = normalise(choice).text
        if not _LITERAL.match(literal):
            raise ValueError(f"'{whole}': '{choice}' is not a word, stem or class")
        if literal.endswith("*") and len(literal) <= MIN_STEM:
            raise ValueError(f"'{whole}': the stem '{choice}' is shorter than {MIN_STEM} letters")
        choices.append(literal)
    return tuple(choices)

"""Whether a sentence is about people in service and those who speak for them."""

from collections.abc import Sequence
from functools import cached_property

from transforms.complaints.lexicon import Lexicon
from transforms.complaints.reading import Sentence
from transforms.complaints.rules import Scope

NEAR = 2  # sentences to either side that a subject carries over
DENSE_SENTENCES = 2  # sentences with words of service that make them the subject of the whole text,
DENSE_SHARE = 0.2  # if they are at least this share of all


class ScopeCheck:
    """Where in one field people in service, and their families, are spoken of."""

    def __init__(
        self, lexicon: Lexicon, title: Sequence[Sentence], sentences: Sequence[Sentence], actors: frozenset[int]
    ) -> None:
        """`actors` are the indices of the sentences that name an actor."""
        number = lexicon.number
        service, soldier, relative = number("SERVICE"), number("SOLDIER"), number("RELATIVE")
        named = [s.index in actors for s in sentences]
        # Words that other trades use too («the unit», «frontline») count beside one that only the army has.
        weak = number("SERVICE_WEAK") if any(named) or any(s.has(service) for s in (*title, *sentences)) else service
        serves = [s.has(service) or s.has(weak) or n for s, n in zip(sentences, named, strict=True)]
        serving = sum(serves) + sum(s.has(service) or s.has(weak) for s in title)
        total = len(sentences) + len(title)
        # A text that names a group of relatives is about them.
        about = any(named)
        dense = about or (serving >= DENSE_SENTENCES and serving >= DENSE_SHARE * total)
        self._any = serving > 0
        self._service = [s or dense for s in _near(sentences, title, service, serves)]
        relatives = _near(sentences, title, relative, named)
        soldiers = _near(sentences, title, soldier, named)
        self._family = [about or (r and (s or dense)) for r, s in zip(relatives, soldiers, strict=True)]
        serving_kin = [r and s for r, s in zip(relatives, self._service, strict=True)]
        self._soldier = [s or k or dense for s, k in zip(soldiers, serving_kin, strict=True)]
        # Who complains, or is made to pay for it, must be named beside the deed: courts and police have other business.
        beside = _near(sentences, (), relative, named, 1)
        self._complainer = [about or (f and b) for f, b in zip(self._family, beside, strict=True)]

    def covers(self, scope: Scope, index: int) -> bool:
        """Return whether the sentence `index` is in `scope`."""
        if not self._any:
            return False
        if scope == "free":
            return True
        return self._covered[scope][index]

    @cached_property
    def _covered(self) -> dict[Scope, list[bool]]:
        return {
            "service": self._service,
            "soldier": self._soldier,
            "family": self._family,
            "complainer": self._complainer,
        }


def _near(
    sentences: Sequence[Sentence], title: Sequence[Sentence], number: int, named: Sequence[bool], reach: int = NEAR
) -> list[bool]:
    if any(sentence.has(number) for sentence in title):
        return [True] * len(sentences)
    flags = [sentence.has(number) or name for sentence, name in zip(sentences, named, strict=True)]
    return [any(flags[max(0, i - reach) : i + reach + 1]) for i in range(len(flags))]

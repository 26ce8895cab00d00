"""Signatures of texts: short, and as alike as the texts are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 128  # values of a signature: the likeness of two texts is estimated within 0.04 (one deviation)
SEED = 20_260
SHINGLE_WORDS = 2  # with one word in four replaced, half of the pairs of words are left, and a quarter of the fours
MIN_SHINGLES = 8  # shorter texts are told by their title as well
MAX_WORDS = 2_000  # of a text that count: a longer one is told by its beginning as well

_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|@\w+")  # the same in all texts of a source, whatever they tell

Digest = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a text is compared by: `PERMUTATIONS` values, and the number of shingles that they stand for."""

    digest: Digest
    size: int


def shingles_of(title: str, text: str) -> frozenset[str]:
    """Return the pairs of neighbouring words in `text`; in title and text where the text alone is too short.

    Titles do not count otherwise: copies are often given another.
    """
    found = _shingles(text)
    return found if len(found) >= MIN_SHINGLES else _shingles(f"{title} {text}")


def sign(texts: Sequence[tuple[str, str]]) -> list[Signature]:
    """Return the signature of each (title, text). The same texts give the same signatures on every machine."""
    from rensa import RMinHash

    sets = [sorted(shingles_of(title, text)) for title, text in texts]
    digests = RMinHash.digests_from_token_sets(sets, num_perm=PERMUTATIONS, seed=SEED)
    # Half of each value is kept: two that differ look alike once in 65,536.
    return [
        Signature(np.array(digest, dtype=np.uint32).astype(np.uint16), len(tokens))
        for digest, tokens in zip(digests, sets, strict=True)
    ]


def _shingles(text: str) -> frozenset[str]:
    words = _WORD.findall(_ADDRESS.sub(" ", text.lower().replace("ё", "е")))[:MAX_WORDS]
    return frozenset(" ".join(words[i : i + SHINGLE_WORDS]) for i in range(len(words) - SHINGLE_WORDS + 1))

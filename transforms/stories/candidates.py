"""Finding texts that are alike among many, without comparing all with all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.stories.signatures import PERMUTATIONS

# Three values that agree make two texts candidates: of pairs that are 0.3 alike 99 % agree in a band or more, of those
# that are 0.02 alike, as two reports on one topic are, one in five hundred.
BAND_STRIDES = ((37, 89), (5, 71))  # which values go into a band with each of the first ones
# Likeness that two texts need: THRESHOLD, and more the shorter they are. What all texts of a source have in common
# ("subscribe to our channel", "events of 2 April") is some 8 shingles.
THRESHOLD = 0.2
COMMON_SHINGLES = 8
SAME = 0.95  # likeness that no pair needs more than
MAX_NEIGHBOURS = 16  # texts of one band that each is compared with; more are copies in a row, which hang together so
PAIRS_AT_ONCE = 10_000  # pairs compared in one step: 5 MB, which a processor's cache holds (four times as fast as 100)
PAIRS_PENDING = 2_000_000  # pairs found, some several times, from which those that are the same are put together: 16 MB

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # an odd number without pattern: spreads keys over the coarse table
_COARSE_BITS = 20

Pairs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SignedTexts:
    """Signatures of many texts, in the order of their ids: digests (n × PERMUTATIONS), sizes, days, and which are new.

    The order must not depend on when a text came in, or the pairs would.
    """

    digests: NDArray[np.uint16]
    sizes: NDArray[np.int64]
    days: NDArray[np.int64]
    fresh: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two texts, by their positions (`first` < `second`), and how alike they are, from 0 to 1."""

    first: int
    second: int
    similarity: float


def alike(texts: SignedTexts, window_days: int) -> Iterator[Likeness]:
    """Yield the pairs that are alike, of which at least one is new, each pair once.

    Texts further apart than `window_days` are not compared, nor those without a shingle.
    """
    if not texts.fresh.any():
        return
    order = np.lexsort((np.arange(len(texts)), texts.days))
    ordered = _Ordered(order[texts.sizes[order] > 0], texts)
    packed = _each_once(
        _pairs_of_band(ordered, keys, window_days)
        for strides in BAND_STRIDES
        for keys in _keys(ordered.digests, strides)
    )
    for start in range(0, len(packed), PAIRS_AT_ONCE):
        first, second = np.divmod(packed[start : start + PAIRS_AT_ONCE], len(texts))
        similarity = np.count_nonzero(texts.digests[first] == texts.digests[second], axis=1) / PERMUTATIONS
        kept = similarity >= _needed(np.minimum(texts.sizes[first], texts.sizes[second]))
        for one, two, much in zip(first[kept], second[kept], similarity[kept], strict=True):
            yield Likeness(int(one), int(two), round(float(much), 4))


def _each_once(bands: Iterable[Pairs]) -> Pairs:
    """Return the pairs of all bands, sorted. Texts of few words share most bands: their pairs come again and again."""
    found, pending, number = np.empty(0, dtype=np.int64), [], 0
    for pairs in bands:
        pending.append(pairs)
        number += len(pairs)
        if number > max(PAIRS_PENDING, len(found)):
            found, pending, number = np.unique(np.concatenate([found, *pending])), [], 0
    return np.unique(np.concatenate([found, *pending]))


class SharedBands:
    """Tells which texts share a band with any of some `digests` (n × PERMUTATIONS): no other can be like these.

    It holds 2 KB for each digest.
    """

    def __init__(self, digests: NDArray[np.uint16]) -> None:
        self._bands = [(strides, [np.unique(keys) for keys in _keys(digests, strides)]) for strides in BAND_STRIDES]

    def of(self, digests: NDArray[np.uint16]) -> NDArray[np.bool_]:
        """Return for each of `digests` whether it shares a band."""
        shared = np.zeros(len(digests), dtype=np.bool_)
        for strides, bands in self._bands:
            for keys, wanted in zip(_keys(digests, strides), bands, strict=True):
                # A coarse table leaves most out before anything is looked up.
                near = np.zeros(1 << _COARSE_BITS, dtype=np.bool_)
                near[_coarse(wanted)] = True
                hits = np.flatnonzero(near[_coarse(keys)])
                places = np.minimum(np.searchsorted(wanted, keys[hits]), len(wanted) - 1)
                shared[hits[wanted[places] == keys[hits]]] = True
        return shared


def _coarse(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (keys * _SPREAD) >> np.uint64(64 - _COARSE_BITS)


def _needed(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.minimum(THRESHOLD + COMMON_SHINGLES / sizes, SAME)


class _Ordered:
    """Texts in the order of their days: those near in time are near in the list."""

    def __init__(self, places: Pairs, texts: SignedTexts) -> None:
        self.places = places
        self.total = len(texts)
        self.digests = texts.digests[places]
        self.days = texts.days[places]
        self.fresh = texts.fresh[places]


def _keys(digests: NDArray[np.uint16], strides: tuple[int, int]) -> Iterator[NDArray[np.uint64]]:
    """Yield the values of each band as one number."""
    wide = np.ascontiguousarray(digests.T).astype(np.uint64)
    for first in range(PERMUTATIONS):
        second, third = ((first + stride) % PERMUTATIONS for stride in strides)
        yield (wide[first] << np.uint64(32)) | (wide[second] << np.uint64(16)) | wide[third]


def _pairs_of_band(texts: _Ordered, keys: NDArray[np.uint64], window_days: int) -> Pairs:
    """Return the pairs whose keys agree, packed as first × number of texts + second."""
    # Most earlier texts share no key with a new one: a coarse table leaves them out before anything is sorted.
    coarse = _coarse(keys)
    wanted = np.zeros(1 << _COARSE_BITS, dtype=np.bool_)
    wanted[coarse[texts.fresh]] = True
    chosen = np.flatnonzero(wanted[coarse])
    chosen = chosen[np.argsort(keys[chosen], kind="stable")]
    keys, places = keys[chosen], texts.places[chosen]
    days, fresh = texts.days[chosen], texts.fresh[chosen]
    found = [np.empty(0, dtype=np.int64)]
    for distance in range(1, min(len(keys), MAX_NEIGHBOURS + 1)):
        near = (keys[distance:] == keys[:-distance]) & (days[distance:] - days[:-distance] <= window_days)
        if not near.any():
            break
        near &= fresh[distance:] | fresh[:-distance]
        one, two = places[:-distance][near], places[distance:][near]
        found.append(np.minimum(one, two) * texts.total + np.maximum(one, two))
    return np.concatenate(found)

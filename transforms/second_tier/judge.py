"""How sure a code is in a sentence of its article: boosted trees over what model, rules and the other sentences say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transforms.complaints.codes import CODES, family

Floats = npt.NDArray[np.float32]
LEAST_ODDS = -4.0  # of the sentence alone, below which no code is weighed that no rule gave: 1 in 55
BOUND = 8.0  # log-odds beyond which one sentence tells no more
LEAST_SUBJECT = -2.0  # score for the subject that stands for the sentences which a short article lacks
NOTHING = -6.0  # log-odds that stand for the sentences which a short article lacks
FEATURES = (
    "odds",  # log-odds of the code by the model, from the sentence alone
    "lead",  # the same less those of the strongest other code
    "best elsewhere",  # of any code in the strongest other sentence
    "next elsewhere",  # and in the second
    "mean",  # of the strongest code over all sentences
    "code elsewhere",
    "family elsewhere",  # of another code of the family
    "service near",  # 1 or 0, as the rules have it
    "soldier near",
    "family near",
    "service here",  # a word of service stands in the sentence, or an actor
    "serving",  # share of such sentences in the article
    "army here",  # a word that only the army has stands in the sentence, or an actor
    "army near",  # or in one of the two before and behind it
    "army",  # share of such sentences in the article
    "subject",  # mean score of the sentences for standing in an article with a complaint
    "subject here",
    "subject elsewhere",  # of the strongest other sentence
    "title",
    "words",  # their logarithm
    "sentences",  # of the article: their logarithm
    "actor",  # the article names one
    "actor here",
    "rule",  # confidence of the strongest rule that gave the code here, 0 if none did
    "rule here",  # of any code
    "rules of code",  # other sentences in which a rule gave the code
    "rules of family",
    "rules",
)
RISING = frozenset({"odds", "lead", "rule"})  # more of it never makes a code less likely

_FAMILIES = np.array([family(code) for code in CODES])
_KIN = (_FAMILIES[:, None] == _FAMILIES[None, :]) & ~np.eye(len(CODES), dtype=bool)


@dataclass(frozen=True, slots=True, eq=False)
class Clues:
    """What one sentence gives to the judge; `odds` as `CODES`, `spoken`: code number → confidence of its rule.

    `serving` and `army` are shares of the sentences of its article: those with a word of service or an actor, and those
    with a word that only the army has, or an actor.
    """

    odds: Floats
    spoken: Mapping[int, float]
    service_near: bool
    soldier_near: bool
    family_near: bool
    service_here: bool
    serving: float
    army_here: bool
    army_near: bool
    army: float
    subject: float
    actor_here: bool
    title: bool
    words: int


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Codes to weigh: for each the number of its sentence, of its code, and a row of `FEATURES`."""

    sentences: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int64]
    rows: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Trees (rows) of nodes (columns): the feature that a node asks, its bound, where it leads, what a leaf adds.

    A leaf leads to itself, so that all trees are walked in `depth` steps.
    """

    base: float
    depth: int
    feature: npt.NDArray[np.int8]
    bound: Floats
    below: npt.NDArray[np.int16]  # node for values up to the bound
    above: npt.NDArray[np.int16]
    value: Floats

    def chances(self, rows: Floats) -> Floats:
        """Return the chance that each of `rows` (candidates x `FEATURES`) is right."""
        trees = np.arange(len(self.feature))[None, :]
        places = np.arange(len(rows))[:, None]
        node = np.zeros((len(rows), len(self.feature)), np.int16)
        for _ in range(self.depth):
            down = rows[places, self.feature[trees, node]] <= self.bound[trees, node]
            node = np.where(down, self.below[trees, node], self.above[trees, node])
        odds = self.base + self.value[trees, node].sum(axis=1)
        return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def candidates_of(article: Sequence[Clues], actor: bool) -> Candidates:
    """Return the codes worth weighing in the sentences of an article; `actor`: whether it names one."""
    if not article:
        return Candidates(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, len(FEATURES)), np.float32))
    odds = np.clip(np.array([clues.odds for clues in article], np.float32), -BOUND, BOUND)
    rules = np.zeros(odds.shape, np.float32)
    for number, clues in enumerate(article):
        for code, confidence in clues.spoken.items():
            rules[number, code] = confidence
    sentences, codes = np.nonzero((odds >= LEAST_ODDS) | (rules > 0))
    best = odds.max(axis=1)
    first, second = _strongest_elsewhere(best)
    said = rules > 0
    family_best = np.stack([odds[:, kin].max(axis=1, initial=NOTHING) for kin in _KIN], axis=1)
    subject = np.array([clues.subject for clues in article], np.float32)
    marks = np.array(
        [
            (
                clues.service_near,
                clues.soldier_near,
                clues.family_near,
                clues.service_here,
                clues.serving,
                clues.army_here,
                clues.army_near,
                clues.army,
                subject.mean(),
                clues.subject,
                max(others, LEAST_SUBJECT),
                clues.title,
                np.log(max(1, clues.words)),
                np.log(len(article)),
                actor,
                clues.actor_here,
            )
            for clues, others in zip(article, _strongest_elsewhere(subject)[0], strict=True)
        ],
        np.float32,
    )
    own = odds[sentences, codes]
    rows = np.column_stack(
        [
            own,
            own - _other_codes(odds)[sentences, codes],
            first[sentences],
            second[sentences],
            np.full(len(sentences), best.mean()),
            _elsewhere(odds)[sentences, codes],
            _elsewhere(family_best)[sentences, codes],
            marks[sentences],
            rules[sentences, codes],
            rules.max(axis=1)[sentences],
            (said.sum(axis=0) - said)[sentences, codes],
            (said.astype(np.float32) @ _KIN).sum(axis=0)[codes],
            np.full(len(sentences), said.sum()),
        ]
    )
    return Candidates(sentences, codes, np.asarray(rows, np.float32))


def _other_codes(odds: Floats) -> Floats:
    """Return, for each code of each sentence, the log-odds of the strongest other code there."""
    order = np.sort(odds, axis=1)
    top, runner = order[:, -1:], order[:, -2:-1]
    return np.where(odds >= top, runner, top)


def _elsewhere(values: Floats) -> Floats:
    """Return for each sentence (row) the largest of `values` in the others, column by column."""
    return np.stack([_strongest_elsewhere(column)[0] for column in values.T], axis=1)


def _strongest_elsewhere(values: Floats) -> tuple[Floats, Floats]:
    """Return for each sentence the largest and the second largest of `values` in the others."""
    order = np.argsort(-values, kind="stable")
    ranked = np.concatenate([values[order[:3]], np.full(3, NOTHING, np.float32)])
    largest, second = np.full(len(values), ranked[0]), np.full(len(values), ranked[1])
    largest[order[0]] = ranked[1]
    second[order[:2]] = ranked[2]
    return largest, second

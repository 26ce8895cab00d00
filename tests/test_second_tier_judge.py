"""What the judge is asked of an article, and what its trees answer."""

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.resources import bundled
from transforms.complaints.codes import CODES
from transforms.second_tier.judge import (
    BOUND,
    FEATURES,
    LEAST_ODDS,
    LEAST_SUBJECT,
    NOTHING,
    RISING,
    Candidates,
    Clues,
    Judge,
    candidates_of,
)
from transforms.second_tier.model import read_model

JUDGE = read_model(bundled("configs", "model"))[1]
FOOD, EQUIP, INFO = (CODES.index(code) for code in ("SUP.FOOD", "SUP.EQUIP", "FATE.INFO"))


def clues(
    odds: dict[int, float], spoken: dict[int, float] | None = None, title: bool = False, subject: float = 0.0
) -> Clues:
    row = np.full(len(CODES), -9, np.float32)
    for code, value in odds.items():
        row[code] = value
    return Clues(
        row,
        spoken or {},
        service_near=True,
        soldier_near=True,
        family_near=False,
        service_here=True,
        serving=0.5,
        army_here=True,
        army_near=True,
        army=0.25,
        subject=subject,
        actor_here=False,
        title=title,
        words=8,
    )


def value(candidates: Candidates, sentence: int, code: int, feature: str) -> float:
    (row,) = np.flatnonzero((candidates.sentences == sentence) & (candidates.codes == code))
    return float(candidates.rows[row, FEATURES.index(feature)])


def test_codes_that_nothing_speaks_for_are_not_weighed() -> None:
    found = candidates_of([clues({FOOD: 1.0, EQUIP: LEAST_ODDS - 0.1}), clues({})], actor=False)
    assert list(zip(found.sentences, found.codes, strict=True)) == [(0, FOOD)]
    assert found.rows.shape == (1, len(FEATURES))


def test_a_code_of_a_rule_is_weighed_whatever_the_model_says() -> None:
    found = candidates_of([clues({}, {INFO: 0.7}), clues({FOOD: 2.0})], actor=True)
    assert list(zip(found.sentences, found.codes, strict=True)) == [(0, INFO), (1, FOOD)]
    assert value(found, 0, INFO, "rule") == pytest.approx(0.7)
    assert value(found, 1, FOOD, "rule") == 0
    assert value(found, 1, FOOD, "rules") == 1
    assert value(found, 0, INFO, "odds") == -BOUND


def test_the_subject_is_that_of_the_sentence_of_the_others_and_of_all() -> None:
    found = candidates_of([clues({FOOD: 3.0}, subject=1.0), clues({INFO: 3.0}, subject=-0.5)], actor=False)
    assert value(found, 0, FOOD, "subject here") == pytest.approx(1.0)
    assert value(found, 0, FOOD, "subject elsewhere") == pytest.approx(-0.5)
    assert value(found, 1, INFO, "subject elsewhere") == pytest.approx(1.0)
    assert value(found, 1, INFO, "subject") == pytest.approx(0.25)
    assert value(found, 1, INFO, "army") == pytest.approx(0.25)
    (alone,) = candidates_of([clues({FOOD: 3.0}, subject=1.0)], actor=False).rows
    assert alone[FEATURES.index("subject elsewhere")] == LEAST_SUBJECT


def test_a_sentence_is_compared_with_the_others_and_not_with_itself() -> None:
    found = candidates_of([clues({FOOD: 3.0, EQUIP: 1.0}), clues({FOOD: 2.0}), clues({INFO: 5.0})], actor=False)
    assert value(found, 0, FOOD, "lead") == pytest.approx(2.0)
    assert value(found, 0, EQUIP, "lead") == pytest.approx(-2.0)
    assert value(found, 0, FOOD, "best elsewhere") == 5
    assert value(found, 0, FOOD, "next elsewhere") == 2
    assert value(found, 2, INFO, "best elsewhere") == 3
    assert value(found, 0, FOOD, "code elsewhere") == 2
    assert value(found, 1, FOOD, "code elsewhere") == 3
    assert value(found, 1, FOOD, "family elsewhere") == 1
    assert value(found, 2, INFO, "code elsewhere") == -BOUND


def test_a_sentence_that_stands_alone_has_nothing_elsewhere() -> None:
    found = candidates_of([clues({FOOD: 3.0}, title=True)], actor=True)
    assert value(found, 0, FOOD, "best elsewhere") == NOTHING
    assert value(found, 0, FOOD, "code elsewhere") == NOTHING
    assert value(found, 0, FOOD, "title") == 1
    assert value(found, 0, FOOD, "actor") == 1


def test_an_article_without_sentences_has_no_candidates() -> None:
    found = candidates_of([], actor=True)
    assert JUDGE.chances(found.rows).shape == (0,)


def test_trees_are_walked_to_their_leaves() -> None:
    judge = Judge(
        base=-1.0,
        depth=2,
        feature=np.array([[0, 1, 0, 0, 0]], np.int8),
        bound=np.array([[0.5, 2.0, 0, 0, 0]], np.float32),
        below=np.array([[1, 3, 2, 3, 4]], np.int16),
        above=np.array([[2, 4, 2, 3, 4]], np.int16),
        value=np.array([[0, 0, 3, -2, 1]], np.float32),
    )
    rows = np.zeros((3, len(FEATURES)), np.float32)
    rows[:, 0], rows[:, 1] = (1, 0.5, 0), (0, 2.0, 2.5)  # a value at the bound goes below
    odds = np.log(judge.chances(rows) / (1 - judge.chances(rows)))
    assert odds.tolist() == pytest.approx([2, -3, 0], abs=1e-5)


@pytest.mark.parametrize("name", sorted(RISING))
def test_more_of_what_speaks_for_a_code_never_makes_it_less_likely(name: str) -> None:
    dice = np.random.default_rng(1)
    rows: npt.NDArray[np.float32] = dice.normal(size=(200, len(FEATURES))).astype(np.float32)
    before = JUDGE.chances(rows)
    rows[:, FEATURES.index(name)] += 1.5
    assert (JUDGE.chances(rows) >= before - 1e-6).all()

"""The quality of detection does not fall below what it has reached."""

import json
from pathlib import Path

import pytest

from pipeline import floors
from pipeline.evaluate import (
    FLOORS,
    Labelled,
    Score,
    corpora,
    detail_right,
    evaluated,
    f1_by_language,
    false_alarms,
    read_labels,
    score,
    status_right,
)


@pytest.mark.parametrize("name", ["seeds", "development", "heldout", "development_later", "unread"])
def test_detection_reaches_its_floors(name: str) -> None:
    files = corpora()[name]
    reached = floors.Reached(name, floors.digest(files), f1_by_language(evaluated(files)))
    assert floors.below(FLOORS, reached) == []


def labelled(relevant: bool, actors: str, complaints: str) -> Labelled:
    pairs = [tuple(pair.split(":")) for pair in complaints.split()]
    return Labelled("k", "en", relevant, frozenset(actors.split()), frozenset((code, status) for code, status in pairs))


def test_scores_are_counted_by_article_and_fact() -> None:
    pairs = [
        (labelled(True, "a b", "X.ONE:asserted"), labelled(True, "a", "X.ONE:denied X.TWO:asserted")),
        (labelled(False, "", ""), labelled(True, "c", "")),
    ]
    assert score(pairs, "actors") == Score(1, 2, 2)
    assert score(pairs, "codes") == Score(1, 2, 1)
    assert score(pairs, "code+status") == Score(0, 2, 1)
    assert score(pairs, "families") == Score(1, 1, 1)
    assert status_right(pairs) == (0, 1)
    assert false_alarms(pairs) == (1, 1)
    assert Score(1, 2, 4).f1 == pytest.approx(1 / 3)


def test_a_detail_counts_where_its_complaint_was_found() -> None:
    complaints = frozenset({("X.ONE", "asserted"), ("X.TWO", "denied")})
    wanted = frozenset({("X.ONE", "asserted", "soldier"), ("X.TWO", "denied", "official")})
    told = frozenset({("X.ONE", "asserted", "media"), ("X.ONE", "asserted", "soldier")})
    labels = Labelled("k", "en", True, frozenset(), complaints, speakers=wanted)
    both = Labelled("k", "en", True, frozenset(), complaints, speakers=told)
    one = Labelled("k", "en", True, frozenset(), frozenset({("X.ONE", "asserted")}), speakers=told)
    none = Labelled("k", "en", True, frozenset(), frozenset())
    counts = [detail_right([(labels, found)], lambda labelled: labelled.speakers) for found in (both, one, none)]
    assert counts == [(1, 2), (1, 1), (0, 0)]


def test_floors_are_raised_and_never_lowered_silently(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    high = floors.Reached("set", "d1", {"en": {"actors": 0.809}})
    low = floors.Reached("set", "d1", {"en": {"actors": 0.7}})
    assert floors.below(path, high)
    assert floors.pin(path, high, allow_lower=False) == []
    assert json.loads(path.read_text())["set"]["f1"] == {"en": {"actors": 0.8}}
    assert floors.below(path, high) == []
    assert "0.700 is below the floor 0.80" in floors.below(path, low)[0]
    assert floors.pin(path, low, allow_lower=False)
    assert json.loads(path.read_text())["set"]["f1"] == {"en": {"actors": 0.8}}
    assert floors.pin(path, low, allow_lower=True) == []
    assert floors.below(path, floors.Reached("set", "d2", high.f1))


def test_labels_of_both_kinds_are_read() -> None:
    sets = corpora()
    assert read_labels(sets["seeds"][0])[0].key
    assert {label.lang for path in sets["development"] for label in read_labels(path)} == {"en", "ru", "uk"}

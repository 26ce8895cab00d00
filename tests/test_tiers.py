"""The tables of what each tier adds and costs."""

import json
from pathlib import Path

import pytest

from pipeline.config import Profile
from pipeline.resources import bundled
from pipeline.tiers import TIERS, Analysers, ablation, costs, counts, findings, read_texts
from transforms.complaints.codes import CODES

ANALYSERS = Analysers.load(Profile())
COMPLAINT = "The mothers of soldiers say that the conscripts were sent to the front without any training."
NEUTRAL = "The town museum opens a show of old maps on Friday."


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Two labelled texts: one with a complaint, one without anything."""
    found = {"code": "SUP.TRAINING", "status": "asserted", "evidence": COMPLAINT}
    rest = {"lang": "en", "title": ""}
    records = [
        {"id": "a", "text": COMPLAINT, "relevant": True, "actors": ["soldiers-mothers"], "complaints": [found], **rest},
        {"id": "b", "text": NEUTRAL, "relevant": False, "actors": [], "complaints": [], **rest},
    ]
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_each_tier_speaks_for_itself(labelled: Path) -> None:
    complaint, neutral = read_texts([labelled])
    by_tier = findings(ANALYSERS, complaint)
    assert list(by_tier) == list(TIERS)
    assert all(("SUP.TRAINING", "asserted") in found.complaints for found in by_tier.values())
    assert not any(found.relevant or found.complaints for found in findings(ANALYSERS, neutral).values())


def test_a_model_that_is_not_there_finds_nothing(labelled: Path) -> None:
    alone = Analysers.load(Profile(model=None))
    by_tier = findings(alone, read_texts([labelled])[0])
    assert not by_tier["model"].complaints
    assert by_tier["both"] == by_tier["rules"]


def test_tables_have_a_line_for_each_tier_kind_and_code(labelled: Path) -> None:
    lines = list(ablation(ANALYSERS, [labelled]))
    assert [line.split()[:2] for line in lines[1:4]] == [["en", tier] for tier in TIERS]
    assert all(line.endswith("0/1") for line in lines[1:4])
    kinds = [line.split()[0] for line in costs(ANALYSERS, [labelled])]
    assert kinds == ["article", "relevant", "irrelevant", "left"]


def test_every_code_has_rules_and_thirty_sentences_in_each_language() -> None:
    lines = counts(bundled("configs", "complaints"), bundled("configs", "training"))
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    for code in CODES:
        rules, sentences = [int(x) for x in rows[code][:3]], [int(x) for x in rows[code][3:]]
        assert min(rules) >= 1, code
        assert min(sentences) >= 30, code

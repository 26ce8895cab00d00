"""The shipped rules: every example and counter-example, every code in every language."""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
import yaml

from transforms.complaints.codes import CODES, DEMAND_CODES
from transforms.complaints.finder import ComplaintFinder
from transforms.complaints.loading import LANGUAGES, load_knowledge
from transforms.text.normalise import normalise
from transforms.text.words import TextView

CONFIGS = Path(__file__).parent.parent / "configs" / "complaints"
TRANSFORMS = Path(__file__).parent.parent / "transforms"
SOURCES = [*(TRANSFORMS / "complaints").glob("*.py"), *(TRANSFORMS / "second_tier").glob("*.py")]
# Codes that the rules must know best, by issue and codebook: more than one way to say each.
FIRST_CODES = (
    "SUP.TRAINING", "SUP.EQUIP", "MOB.EXEMPT", "MOB.CONSCRIPT", "CON.LIVING", "CON.MEDICAL", "ABU.SACRIFICE",
    "ABU.VIOLENCE", "FATE.MISSING", "FATE.CAPTIVE", "AUT.IGNORED", "REP.INTIMIDATE", "REP.PROSECUTE",
)  # fmt: skip


@cache
def finder() -> ComplaintFinder:
    return ComplaintFinder.load(CONFIGS)


def cases(kind: Literal["example", "counter"], lang: str) -> list[tuple[str, str]]:
    rules = load_knowledge(CONFIGS).languages[lang].rules
    return [(compiled.rule.id, text) for compiled in rules for text in compiled.rule.texts(kind, lang)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_finds_its_example(lang: str) -> None:
    found = {text: finder().speaking_rules(TextView(text, lang)) for _, text in cases("example", lang)}
    assert [(rule, text) for rule, text in cases("example", lang) if rule not in found[text]] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_rule_finds_its_counter_example(lang: str) -> None:
    found = {text: finder().speaking_rules(TextView(text, lang)) for _, text in cases("counter", lang)}
    assert [(rule, text) for rule, text in cases("counter", lang) if rule in found[text]] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_rules(lang: str) -> None:
    counts = Counter(compiled.rule.code for compiled in load_knowledge(CONFIGS).languages[lang].rules)
    assert {*CODES, *DEMAND_CODES} <= set(counts)
    assert [code for code in FIRST_CODES if counts[code] < 2] == []


def test_every_word_class_is_used_and_known_to_all_languages() -> None:
    contents = {path.stem: path.read_text(encoding="utf-8") for path in CONFIGS.glob("*.yaml")}
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    used = set(re.findall(r"@([A-Z][A-Z0-9_]*)", "".join(contents.values())))
    used |= set(re.findall(r'"([A-Z][A-Z0-9_]*)"', sources))
    for lang in LANGUAGES:
        assert set(yaml.safe_load(contents[f"{lang}_words"])["classes"]) - used == set(), lang


@pytest.mark.parametrize("lang", LANGUAGES)
def test_cues_stand_in_every_text_with_a_complaint(lang: str) -> None:
    cues = finder().cues(lang)
    assert all(cue == cue.lower() and not set(cue) & set("*=@&|~ ") for cue in cues)
    scan = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(cues))) + ")")
    assert [text for _, text in cases("example", lang) if not scan.search(normalise(text).text)] == []
    assert finder().cues("de") == set()

"""Rule files: what is refused, and where the error points."""

import pickle
import shutil
from pathlib import Path

import pytest

from transforms.complaints.finder import ComplaintFinder
from transforms.knowledge.yaml_file import InvalidFile

CONFIGS = Path(__file__).parent.parent / "configs" / "complaints"
RULE = """rules:
  - id: one
    code: SUP.FOOD
    match: ["@HUNGER"]
    confidence: 0.8
    example: Our soldiers starve.
    counter: Our soldiers eat.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "complaints"
    shutil.copytree(CONFIGS, target)
    return target


def problems(folder: Path) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        ComplaintFinder.load(folder)
    return [str(problem).removeprefix(str(folder) + "/") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("SUP.FOOD", "SUP.FOO", "en.yaml:3:5: rules[0].code: unknown code 'SUP.FOO'"),
        ('["@HUNGER"]', '["@HUNGRY"]', "en.yaml:4:13: rules[0].match[0]: unknown class @HUNGRY"),
        ('["@HUNGER"]', '["bread ~99 water"]', "en.yaml:4:13: rules[0].match[0]: 'bread ~99 water': ~99 is not a gap"),
        ('["@HUNGER"]', "[]", "en.yaml:4:5: rules[0].match: "),
        ("0.8", "1.5", "en.yaml:5:5: rules[0].confidence: "),
        ("    example: Our soldiers starve.\n", "", "en.yaml:2:5: rules[0].example: is missing"),
        ("Our soldiers eat.", '{ru: "x"}', "en.yaml:7:5: rules[0].counter: has no text in 'en'"),
        ("id: one", "id: hazing", "en.yaml:2:5: rules[0].id: 'hazing' is also in "),
        ("id: one", "id: One", "en.yaml:2:5: rules[0].id: "),
        ("    confidence", "    confidense: 1\n    confidence", "rules[0].confidense: unknown key"),
        ("    confidence", "    speaker: [general]\n    confidence", "rules[0].speaker[0]: "),
        ("    confidence", "    code: SUP.FOOD\n    confidence", "rules[0].code: duplicate key"),
    ],
)
def test_a_bad_rule_is_named_with_its_line(folder: Path, old: str, new: str, expected: str) -> None:
    (folder / "en.yaml").write_text(RULE.replace(old, new), encoding="utf-8")
    found = problems(folder)
    assert any(expected in problem for problem in found), found


def test_a_bad_word_class_is_named_with_its_line(folder: Path) -> None:
    words = folder / "uk_words.yaml"
    content = words.read_text(encoding="utf-8")
    words.write_text(content.replace("classes:\n", "classes:\n  BROKEN: стій ~99 хто\n", 1), encoding="utf-8")
    (problem,) = problems(folder)
    assert problem == "uk_words.yaml:4:3: classes.BROKEN: 'стій ~99 хто': ~99 is not a gap between ~0 and ~30"


def test_all_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "en.yaml").write_text(RULE.replace("SUP.FOOD", "X"), encoding="utf-8")
    (folder / "ru.yaml").unlink()
    found = problems(folder)
    assert any(problem.startswith("en.yaml:3:") for problem in found)
    assert any(problem.startswith("ru.yaml:1:1: cannot be read") for problem in found)


def test_a_class_that_shared_rules_need_must_be_in_every_language(folder: Path) -> None:
    words = folder / "ru_words.yaml"
    words.write_text("classes:\n  SOLDIER: солдат*\n", encoding="utf-8")
    assert any(problem.startswith("frames.yaml:") and "unknown class" in problem for problem in problems(folder))


def test_an_error_survives_pickling(folder: Path) -> None:
    (folder / "en.yaml").write_text("rules: 5\n", encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        ComplaintFinder.load(folder)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own bytes


def test_the_fingerprint_follows_the_files(folder: Path) -> None:
    before = ComplaintFinder.load(folder).rules_fingerprint()
    assert before == ComplaintFinder.load(CONFIGS).rules_fingerprint()
    with (folder / "ru.yaml").open("a", encoding="utf-8") as file:
        file.write("# a remark\n")
    assert ComplaintFinder.load(folder).rules_fingerprint() != before

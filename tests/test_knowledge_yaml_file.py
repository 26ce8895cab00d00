"""YAML files: every problem is named with its place."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from transforms.knowledge.yaml_file import InvalidFile, YamlFile, load_yaml


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    weight: float = 1.0


class Shelf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    items: list[Item] = []


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        YamlFile("shelf.yaml", text).validate(Shelf)
    return [str(problem) for problem in caught.value.problems]


def test_all_problems_are_told_at_once_with_line_and_column() -> None:
    assert problems("nam: x\nitems:\n  - id: a\n    weigth: 2\n  - weight: heavy\n") == [
        "shelf.yaml:1:1: name: is missing",
        "shelf.yaml:4:5: items[0].weigth: unknown key",
        "shelf.yaml:5:5: items[1].id: is missing",
        "shelf.yaml:5:5: items[1].weight: Input should be a valid number, unable to parse string as a number",
        "shelf.yaml:1:1: nam: unknown key",
    ]


def test_duplicate_keys_are_refused_with_the_line_of_the_first() -> None:
    assert problems("name: a\nitems: []\nname: b\n") == ["shelf.yaml:3:1: name: duplicate key, first on line 1"]


def test_broken_syntax_names_its_place() -> None:
    (problem,) = problems("name: [a\nitems: }\n")
    assert problem.startswith("shelf.yaml:2:6: ")


@pytest.mark.parametrize(("text", "value"), [("name: NO", "NO"), ("name: yes", "yes"), ("name: 22:30", "22:30")])
def test_words_of_old_yaml_stay_words(text: str, value: str) -> None:
    assert YamlFile("shelf.yaml", text).validate(Shelf).name == value


def test_a_tag_is_refused() -> None:
    assert "is not allowed" in problems("name: !!python/name:os.system ''\n")[0]


def test_missing_file_and_wrong_encoding_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot be read: No such file"):
        load_yaml(tmp_path / "none.yaml", Shelf)
    bad = tmp_path / "bad.yaml"
    bad.write_bytes("name: имя".encode("cp1251"))
    with pytest.raises(InvalidFile, match="is not UTF-8"):
        load_yaml(bad, Shelf)

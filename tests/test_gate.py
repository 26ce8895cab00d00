"""The gate: lets through what the matcher and the complaint rules need, and keeps ordinary news out."""

from functools import cache
from pathlib import Path

import pytest
from actor_finding import CONFIGS, find, shipped_registry
from hypothesis import given, settings
from hypothesis import strategies as st
from test_actors_en import NAMED as ENGLISH
from test_actors_ru import NAMED as RUSSIAN
from test_actors_uk import NAMED as UKRAINIAN

from transforms.actors.gate import Gate, load_gate
from transforms.knowledge.yaml_file import InvalidFile
from transforms.text.normalise import normalise


@cache
def gate() -> Gate:
    return load_gate(CONFIGS / "gate.yaml", shipped_registry())


def passes(title: str, text: str = "") -> bool:
    return gate().passes(normalise(title), normalise(text))


@pytest.mark.parametrize("text", [text for text, _ in [*ENGLISH, *RUSSIAN, *UKRAINIAN]])
def test_what_names_an_actor_passes(text: str) -> None:
    assert passes("", text)


@pytest.mark.parametrize(
    "text",
    [
        "A conscript was found hanged in the barracks.",
        "The recruits slept in tents in the cold.",
        "He was sent to the front after three days and had no training.",
        "The wounded were driven back to the assault unit.",
        "Мобилизованного избили командиры.",
        "В полку не выплатили зарплату.",
        "Рядовой умер в казарме, тело не отдают.",
        "Мужчину без медкомиссии забрали в военкомат, у него инвалидность.",
        "Строковика побили в частині.",
        "Чоловіка силою затягли до бусика ТЦК.",
        "Бійці третій місяць без виплат.",
    ],
)
def test_a_complaint_without_an_actor_passes(text: str) -> None:
    assert passes("", text)


@pytest.mark.parametrize(
    "text",
    [
        "The central bank left its key rate unchanged and warned of slower growth.",
        "A new phone was shown in Berlin; it costs 499 euros.",
        "The striker scored twice and the club went through to the semi-final.",
        "Школьники Твери заняли первое место на олимпиаде по физике.",
        "Центробанк сохранил ключевую ставку.",
        "В Сочи открылся фестиваль джаза.",
        "Збірна зіграла внічию, тренер задоволений грою.",
        "У Львові відкрили оновлену бібліотеку.",
        "",
    ],
)
def test_ordinary_news_does_not_pass(text: str) -> None:
    assert not passes(text, text)


def test_words_far_apart_do_not_make_a_pair() -> None:
    between = "The weather stays dry and the roads are open. " * 20
    assert not passes("", f"The mother smiled. {between} The soldier waved.")
    assert passes("", "The mother smiled. The soldier waved.")


def test_parts_of_words_do_not_count() -> None:
    assert not passes("", "Смотрины и сеньория: амортизация, смолоду.")


def test_title_and_text_are_read_together() -> None:
    assert passes("Матери", "солдат")


def test_a_fault_in_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text("near: 0\nrelatives: {}\narmy: {}\ntrouble: {}\n", encoding="utf-8")
    with pytest.raises(InvalidFile, match=r"gate\.yaml:1:1: near"):
        load_gate(path, shipped_registry())


PIECES = st.sampled_from(
    (
        "матери жёны солдат мобилизованных комитет солдатских матерей чьи сыновья на фронте родные пленных их семьи "
        "погода река mothers wives of soldiers' the committee Mothers families drafted men whose sons their bank music "
        "матері дружини військових полонених родини Шлях додому Путь домой Ольга Цуканова , . «Матери России»"
    ).split(" ")
)


@settings(max_examples=200, deadline=None)
@given(text=st.lists(PIECES, max_size=20).map(" ".join), lang=st.sampled_from(["en", "ru", "uk"]))
def test_whatever_the_matcher_finds_passes(text: str, lang: str) -> None:
    if find(lang, "", text):
        assert passes("", text)

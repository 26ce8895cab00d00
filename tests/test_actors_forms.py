"""Inflected forms: agreement of head and adjectives, fixed tails, swapped pairs, names of people."""

import pytest

from transforms.actors.forms import expand_person, expand_phrase, flat_words, russian_plural_cases
from transforms.actors.ukrainian import plural_cases


@pytest.mark.parametrize(
    ("phrase", "lang", "forms"),
    [
        (
            "Комитет солдатских матерей",
            "ru",
            "комитета солдатских матерей|комитету солдатских матерей|комитетом солдатских матерей|"
            "комитете солдатских матерей|комитеты солдатских матерей|комитетов солдатских матерей",
        ),
        (
            "Солдатские матери Санкт-Петербурга",
            "ru",
            "солдатских матерей санкт петербурга|солдатскими матерями санкт петербурга",
        ),
        ("Материнское сердце", "ru", "материнского сердца|материнским сердцем|материнскому сердцу"),
        ("Совет матерей и жён", "ru", "совет жен и матерей|советом матерей и жен|совете жен и матерей"),
        ("Путь домой", "ru", "пути домой|путем домой"),
        ("Комітет солдатських матерів", "uk", "комітету солдатських матерів|комітетові солдатських матерів"),
        ("Рада матерів і дружин", "uk", "раді матерів та дружин|радо матерів і дружин|раду дружин й матерів"),
        ("Спілка родин", "uk", "спілці родин|спілкою родин|спілко родин"),
        ("Організація матерів", "uk", "організації матерів|організацією матерів|організаціє матерів"),
        ("Матері Росії", "uk", "матерів росії|матерей росії|матерям росії|матерями росії"),
        ("Солдатські матері", "uk", "солдатських матерів|солдатським матерям"),
        ("Сім'я воїна", "uk", "сімї воїна|сімєю воїна"),
        ("Об'єднання родин", "uk", "обєднанню родин|обєднанням родин"),
        (
            "Committee of Soldiers' Mothers",
            "en",
            "committees of soldiers mothers|committee of the soldiers mothers|committee of soldier mothers",
        ),
        ("Organisation of Mothers", "en", "organization of mothers|organisations of mothers"),
        ("Council of Mothers and Wives", "en", "council of wives and mothers"),
    ],
)
def test_forms_are_made(phrase: str, lang: str, forms: str) -> None:
    made = expand_phrase(phrase, lang)
    assert set(forms.split("|")) <= made
    assert " ".join(flat_words(phrase)) in made


def test_the_genitive_tail_does_not_change() -> None:
    assert not [form for form in expand_phrase("Комитет солдатских матерей", "ru") if "матери " in f"{form} "]


def test_a_fixed_name_has_one_form() -> None:
    assert expand_phrase("Путь домой", "ru", fixed=True) == {"путь домой"}


def test_a_phrase_without_end_is_refused() -> None:
    phrase = " и ".join(["матери", "жёны"] * 10)
    with pytest.raises(ValueError, match="more than"):
        expand_phrase("Organisation " * 9, "en")
    assert expand_phrase(phrase, "ru", fixed=True)


@pytest.mark.parametrize(
    ("name", "lang", "full", "surnames"),
    [
        ("Ольга Цуканова", "ru", "ольгу цуканову|цукановой ольге|ольгой цукановой", "цукановой|цуканову"),
        ("Юлия Белехова", "ru", "юлии белеховой|юлию белехову", "белеховой"),
        ("Вероника Марченко", "ru", "веронике марченко|марченко веронику", "марченко"),
        ("Флора Салиховская", "ru", "флоре салиховской|флору салиховскую", "салиховскую"),
        ("Иван Петров", "ru", "ивану петрову|иваном петровым", "петрова|петровым"),
        ("Юлія Бєлєхова", "uk", "юлії бєлєхової|юлією бєлєховою", "бєлєховій"),
        ("Катерина Прокопенко", "uk", "катерині прокопенко|катерино прокопенко", "прокопенко"),
        ("Olga Tsukanova", "en", "olga tsukanova", "tsukanova"),
    ],
)
def test_people_are_declined(name: str, lang: str, full: str, surnames: str) -> None:
    made_full, made_surnames = expand_person(name, lang)
    assert set(full.split("|")) <= made_full
    assert set(surnames.split("|")) <= made_surnames


def test_a_surname_of_a_woman_in_ko_does_not_change() -> None:
    assert expand_person("Вероника Марченко", "ru")[1] == {"марченко"}


def test_one_word_is_no_full_name() -> None:
    with pytest.raises(ValueError, match="not a full name"):
        expand_person("Ольга", "ru")


def test_plural_cases_of_russian_words() -> None:
    assert russian_plural_cases("мать")["g"] == {"матерей"}
    assert russian_plural_cases("мобилизованный")["g"] == {"мобилизованных"}
    assert russian_plural_cases("боец")["i"] == {"бойцами"}
    assert not any(russian_plural_cases("быстро").values())


def test_plural_cases_of_ukrainian_words() -> None:
    assert plural_cases("дружини", ["дружин"])["d"] == {"дружинам"}
    assert plural_cases("матері", ["матерів", "матерей"])["g"] == {"матерів", "матерей"}
    assert plural_cases("полонені", ["полонених"])["i"] == {"полоненими"}
    assert plural_cases("діти", ["дітей"])["i"] == {"дітьми"}
    assert plural_cases("глядачі", ["глядачів"])["d"] == {"глядачам"}

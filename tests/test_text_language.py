"""Languages of short headlines and of texts that hold two."""

import pytest

from transforms.text.language import identify_language


@pytest.mark.parametrize(
    ("title", "lang"),
    [
        ("Матери мобилизованных вышли на площадь", "ru"),
        ("Путин встретился с матерями", "ru"),
        ("Армия объявила о наборе", "ru"),
        ("«Ъ»: суд отложил дело", "ru"),
        ("АО «Укрзалізниця» зарегистрировало в Польше компанию", "ru"),
        ("Путін зустрівся з матерями", "uk"),
        ("Рідні полонених вийшли на мітинг", "uk"),
        ("Військових годують гірше, каже рядовий: «Мы устали ждать»", "uk"),
        ("Mothers of soldiers want answers", "en"),
        ("Putin tells soldiers' mothers he shares their pain", "en"),
        ("Майките на войниците протестират в София, защото държавата мълчи", "bg"),
        ("Мајке војника траже одговоре од министра", "sr"),
        ("Маці салдата расказала пра службу сына ў войску", "be"),
        ("Сарбаздардың аналары министрлікке хат жазды, жауап болған жоқ", "kk"),
        ("Matki żołnierzy protestują w Warszawie i czekają na odpowiedź", "pl"),
        ("Die Mütter der Soldaten warten auf eine Antwort des Ministeriums", "de"),
        ("Les mères des soldats attendent une réponse du ministère", "fr"),
        ("Οι μητέρες των στρατιωτών", "el"),
        ("אמהות החיילים", "he"),
        ("兵士の母たちが集まった", "ja"),
        ("ჯარისკაცების დედები", "ka"),
    ],
)
def test_headline(title: str, lang: str) -> None:
    assert identify_language(title, "", None)[0] == lang


def test_nothing_to_go_by() -> None:
    assert identify_language("", "", None) == ("und", 0.0)
    assert identify_language("2024: 17", "!", None)[0] == "und"


def test_declared_language_decides_where_the_text_does_not() -> None:
    assert identify_language("", "2024", "uk-UA")[0] == "uk"
    assert identify_language("Вибори", "", "uk")[0] == "uk"
    assert identify_language("Матери солдат", "", None)[0] == "ru"


def test_declared_language_is_no_truth() -> None:
    assert identify_language("Матері військових чекають на відповідь", "", "ru")[0] == "uk"
    assert identify_language("Жёны мобилизованных ждут ответа", "", "en")[0] == "ru"
    assert identify_language("Mothers of the soldiers are still waiting for an answer", "", "ru")[0] == "en"


@pytest.mark.parametrize("declared", ["", "english", "x", "??", "123"])
def test_a_declared_language_that_is_none_is_ignored(declared: str) -> None:
    assert identify_language("", "", declared) == ("und", 0.0)


def test_addresses_and_tags_do_not_count() -> None:
    text = "https://example.org/the-news-of-the-day-and-more Матері військових <a href='the of and'>"
    assert identify_language("", text, None)[0] == "uk"


def test_confidence_is_a_share() -> None:
    for title in ("Матері", "Mothers", "Матери солдат ждут", "מ", "xyzzy plugh"):
        assert 0.0 <= identify_language(title, "", None)[1] <= 1.0

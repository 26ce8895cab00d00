"""Places in sentences: named in every form, and names that only look like a place."""

import time
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.places.finder import PlaceFinder, PlaceHit
from transforms.places.gazetteer import LANGUAGES, Gazetteer, Language, load_places, places
from transforms.text.words import TextView

FILE = Path(__file__).parent.parent / "configs/places.yaml"
FIND_MILLISECONDS = 2.0  # per 3,000 characters; 0.2 is usual, and the machine may be busy


@lru_cache
def gazetteer() -> Gazetteer:
    return load_places(FILE)


@lru_cache
def finder() -> PlaceFinder:
    return PlaceFinder(gazetteer())


def hits(lang: str, text: str, title: str = "") -> list[PlaceHit]:
    return finder().find(TextView(title, lang), TextView(text, lang))


def found(lang: str, text: str, title: str = "") -> str:
    """Return "id=words" of all hits."""
    fields = {"title": title, "text": text}
    return "; ".join(f"{hit.place_id}={fields[hit.field][hit.start : hit.end]}" for hit in hits(lang, text, title))


NAMED = [
    ("en", "Mothers gathered in Ryazan.", "RU-RYA/ryazan=Ryazan"),
    ("en", "Ryazan's mothers gathered.", "RU-RYA/ryazan=Ryazan"),
    ("en", "in the Ryazan region", "RU-RYA=Ryazan region"),
    ("en", "in Ryazan Oblast", "RU-RYA=Ryazan Oblast"),
    ("en", "a woman from the Moscow region", "RU-MOS=Moscow region"),
    (
        "en",
        "the Kursk, Belgorod and Bryansk regions",
        "RU-KRS=Kursk; RU-BEL=Belgorod; RU-BRY=Bryansk regions",
    ),
    ("en", "Kyiv, Kiev and Lvov", "UA-30=Kyiv; UA-30=Kiev; UA-46/lviv=Lvov"),
    ("en", "from Ulan-Ude, Ulan Ude", "RU-BU/ulan-ude=Ulan-Ude; RU-BU/ulan-ude=Ulan Ude"),
    ("en", "in St. Petersburg.", "RU-SPE=St. Petersburg"),
    ("en", "the Moscow-based group", "RU-MOW=Moscow"),
    ("en", "in Vladimir, east of Moscow", "RU-VLA/vladimir=Vladimir; RU-MOW=Moscow"),
    ("en", "in the Jewish Autonomous Region", "RU-YEV=Jewish Autonomous Region"),
    ("en", "Altai Krai and the Altai Republic", "RU-ALT=Altai Krai; RU-AL=Altai Republic"),
    ("en", "Residents of Bashkiria", "RU-BA=Bashkiria"),
    ("ru", "Матери приехали в Рязань из Бурятии.", "RU-RYA/ryazan=Рязань; RU-BU=Бурятии"),
    ("ru", "в Рязанской области и Рязанская обл.", "RU-RYA=Рязанской области; RU-RYA=Рязанская обл."),
    (
        "ru",
        "в Курской, Белгородской и Брянской областях",
        "RU-KRS=Курской; RU-BEL=Белгородской; RU-BRY=Брянской областях",
    ),
    ("ru", "в Ханты-Мансийском автономном округе", "RU-KHM=Ханты-Мансийском автономном округе"),
    ("ru", "жители Ростова-на-Дону и Ростова", "RU-ROS/rostov-on-don=Ростова-на-Дону; RU-ROS/rostov-on-don=Ростова"),
    ("ru", "Ростов Великий", "RU-YAR/rostov-veliky=Ростов Великий"),
    ("ru", "в Подмосковье, Кузбассе и Приморье", "RU-MOS=Подмосковье; RU-KEM=Кузбассе; RU-PRI=Приморье"),
    ("ru", "под Орлом и в Орле", "RU-ORL/oryol=Орлом; RU-ORL/oryol=Орле"),
    ("ru", "во Владимире", "RU-VLA/vladimir=Владимире"),
    ("ru", "колонна из Буйнакска, Камышина и Кызыла", "RU-DA/buynaksk=Буйнакска; RU-VGG/kamyshin=Камышина; "
     "RU-TY/kyzyl=Кызыла"),
    ("ru", "в Артемовске и в Артёмовске", "UA-14/bakhmut=Артемовске; UA-14/bakhmut=Артёмовске"),
    ("ru", "поезд Москва-Тюмень", "RU-MOW=Москва; RU-TYU/tyumen=Тюмень"),
    ("ru", "бои под Курском и Покровском", "RU-KRS/kursk=Курском"),
    ("ru", "под Покровском и над Курском", "UA-14/pokrovsk=Покровском; RU-KRS/kursk=Курском"),
    ("ru", "В Сумах тревога.", "UA-59/sumy=Сумах"),
    ("ru", "из ДНР", "UA-14=ДНР"),
    ("uk", "у Львові, Харкові та Києві", "UA-46/lviv=Львові; UA-63/kharkiv=Харкові; UA-30=Києві"),
    ("uk", "на Львівщині, Закарпатті й Волині", "UA-46=Львівщині; UA-21=Закарпатті; UA-07=Волині"),
    ("uk", "у Донецькій та Луганській областях", "UA-14=Донецькій; UA-09=Луганській областях"),
    ("uk", "зі Слов’янська та Кам'янця-Подільського", "UA-14/sloviansk=Слов’янська; "
     "UA-68/kamianets-podilskyi=Кам'янця-Подільського"),
    ("uk", "мешканці Рівного і Сум", "UA-56/rivne=Рівного; UA-59/sumy=Сум"),
    ("uk", "у Дніпрі та в Миколаєві", "UA-12/dnipro=Дніпрі; UA-48/mykolaiv=Миколаєві"),
    ("uk", "з Рязані та Рязанської області", "RU-RYA/ryazan=Рязані; RU-RYA=Рязанської області"),
    ("uk", "в окупованому Криму", "UA-43=Криму"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "text", "expected"), NAMED, ids=[text for _, text, _ in NAMED])
def test_named(lang: str, text: str, expected: str) -> None:
    assert found(lang, text) == expected


NOT_NAMED = [
    ("en", "Vladimir Putin spoke to Vladimir."),
    ("en", "The Moscow Times and the Kyiv Post reported."),
    ("en", "the cruiser Moscow and the submarine Kursk"),
    ("en", "the Kyiv-controlled territory"),
    ("en", "pro-Moscow officials"),
    ("en", "director Elia Kazan, singer Samara Joy"),
    ("en", "along the Dnipro River"),
    ("en", "an omsk in small letters"),
    ("en", "Friedrich Engels wrote"),
    ("ru", "Владимир Путин приехал, Владимира встретили."),
    ("ru", "Двуглавый Орёл на гербе. Орел взлетел."),
    ("ru", "Сумы выплат выросли. Ровно год назад."),
    ("ru", "Крейсер «Москва», крейсер Москва, подлодка «Курск»."),
    ("ru", "газета «Рязань»"),
    ("ru", "Наташа Ростова и князь А. Львов"),
    ("ru", "Денис Николаев и Киров сказали"),
    ("ru", "Москва-река обмелела"),
    ("ru", "Московская областная дума и Московский военный округ"),
    ("ru", "в Балтийском море, на Покровском бульваре, на Купянском направлении"),
    ("ru", "читатель прочитал, омский, москвич"),
    ("ru", "Иван Грозный"),
    ("ru", "Алексей Глазов, сержант"),
    ("ru", "через Днепр, на берегу Днепра"),
    ("uk", "Суми компенсацій зросли. Рівне місце."),
    ("uk", "на лівому березі Дніпра, на Десні"),
    ("uk", "Донецька обласна рада, Дніпропетровська ОВА"),
    ("uk", "Хмельницький суд"),
    ("uk", "крейсер «Москва»"),
]


@pytest.mark.parametrize(("lang", "text"), NOT_NAMED, ids=[text for _, text in NOT_NAMED])
def test_not_named(lang: str, text: str) -> None:
    assert found(lang, text) == ""


def test_name_of_several_towns_needs_its_region() -> None:
    assert found("ru", "Дом в Железногорске.") == ""
    assert "RU-KRS/zheleznogorsk=Железногорске" in found("ru", "Дом в Железногорске, Курская область.")


def test_common_word_at_the_beginning_counts_where_the_region_is_named() -> None:
    assert found("uk", "Суми зросли.") == ""
    assert found("uk", "Суми обстріляли. На Сумщині тривога.").startswith("UA-59/sumy=Суми")


@pytest.mark.parametrize(
    ("lang", "title", "expected"),
    [
        ("ru", "ЖЁНЫ МОБИЛИЗОВАННЫХ ИЗ ОМСКА И ЧИТЫ", "RU-OMS/omsk=ОМСКА; RU-ZAB/chita=ЧИТЫ"),
        ("ru", "жёны мобилизованных из омска", "RU-OMS/omsk=омска"),
        ("ru", "Жёны мобилизованных из омска", ""),
        ("ru", "ровно год в сумах", ""),
        ("en", "MOTHERS FROM OMSK PROTEST", "RU-OMS/omsk=OMSK"),
    ],
)
def test_titles_of_one_case_need_no_capital(lang: str, title: str, expected: str) -> None:
    assert found(lang, "", title) == expected


def test_small_letters_in_a_text_are_no_name() -> None:
    assert found("ru", "жёны мобилизованных из омска") == ""


def test_a_hit_carries_region_country_and_kind() -> None:
    (hit,) = hits("ru", "Матери из Севастополя")
    assert (hit.name, hit.kind, hit.country, hit.iso_3166_2, hit.field) == ("Sevastopol", "city", "UA", "UA-40", "text")


def test_title_comes_first() -> None:
    assert found("en", "In Omsk.", "In Perm, again") == "RU-PER/perm=Perm; RU-OMS/omsk=Omsk"


@pytest.mark.parametrize("lang", ["de", "be", "und", ""])
def test_other_languages_give_nothing(lang: str) -> None:
    assert hits(lang, "Omsk Москва Київ") == []


@pytest.mark.parametrize(
    "text", ["", " ", "-", "«»", "'", "Омск" * 2000, "-Москва-" * 500, "Курской, " * 9000, "Суми. Сум. " * 9000]
)
def test_odd_texts_do_no_harm(text: str) -> None:
    for lang in LANGUAGES:
        hits(lang, text, text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_name_is_found_as_its_place(lang: Language) -> None:
    word = {
        "en": "Soldiers from the city of {}.",
        "ru": "Солдаты прибыли в город {}.",
        "uk": "Солдати прибули в місто {}.",
    }
    regions = {region.code: region.names(lang)[0].text for region in gazetteer().regions}
    missed = []
    for place, named, _ in places(gazetteer()):
        for name in named.names(lang):
            text = word[lang].format(name.text)
            if name.written == "region":
                text += " " + regions[place.code] + "."
            if place.place_id not in {hit.place_id for hit in hits(lang, text)}:
                missed.append((place.place_id, name.text))
    assert missed == []


PIECES = st.sampled_from(
    ["Рязани", "в Курской, ", "Брянской ", "области", "Ростова-на-Дону", "Суми", " у Києві ", "Moscow", "-based",
     "the ", " Kursk", " region", " and ", "«", "»", "\n", "\u00ad", "\u0301", "\u00a0", "Москва", "’", "Улан-Удэ",
     ". ", "İ", "г. "]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LANGUAGES), st.lists(PIECES, max_size=14).map("".join))
def test_spans_are_words_of_the_raw_text(lang: Language, text: str) -> None:
    previous = 0
    for hit in hits(lang, text):
        assert previous <= hit.start < hit.end <= len(text)
        words = text[hit.start : hit.end]
        assert words[0].isupper()
        assert not text[hit.start - 1 : hit.start].isalnum()
        assert not text[hit.end : hit.end + 1].isalnum()
        previous = hit.end


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([(lang, text) for lang, text, _ in NAMED]), st.data())
def test_soft_hyphens_and_stress_marks_change_nothing(named: tuple[str, str], data: st.DataObject) -> None:
    lang, text = named
    at = data.draw(st.integers(1, len(text) - 1))
    if not (text[at - 1].isalpha() and text[at].isalpha()):
        return
    mark = data.draw(st.sampled_from(["\u00ad", "\u0301", "\u200b"]))
    noisy = text[:at] + mark + text[at:]
    assert found(lang, noisy).replace(mark, "") == found(lang, text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_finding_is_quick(lang: Language) -> None:
    sentences = " ".join(text for other, text, _ in NAMED if other == lang)
    text = (sentences + " Слова без мест, words without places. " * 40)[:3000]
    best = 1.0
    for _ in range(20):
        view = TextView(text, lang)
        title = TextView("", lang)
        started = time.perf_counter()
        finder().find(title, view)
        best = min(best, time.perf_counter() - started)
    assert best * 1000 < FIND_MILLISECONDS

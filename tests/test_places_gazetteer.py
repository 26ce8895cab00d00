"""The gazetteer: complete by ISO 3166-2, and every fault of its file named with its line."""

import time
from pathlib import Path

import pytest

from transforms.knowledge.yaml_file import InvalidFile
from transforms.places.finder import PlaceFinder
from transforms.places.forms import inflect_adjective, inflect_name
from transforms.places.gazetteer import Gazetteer, load_places, places

FILE = Path(__file__).parent.parent / "configs/places.yaml"
LOAD_SECONDS = 3.0  # half a second is usual; the machine may be busy
RUSSIA = (
    "AD AL ALT AMU ARK AST BA BEL BRY BU CE CHE CHU CU DA IN IRK IVA KAM KB KC KDA KEM KGD KGN KHA KHM KIR KK KL KLU "
    "KO KOS KR KRS KYA LEN LIP MAG ME MO MOS MOW MUR NEN NGR NIZ NVS OMS ORE ORL PER PNZ PRI PSK ROS RYA SA SAK SAM "
    "SAR SE SMO SPE STA SVE TA TAM TOM TUL TVE TY TYU UD ULY VGG VLA VLG VOR YAN YAR YEV ZAB"
)
UKRAINE = "05 07 09 12 14 18 21 23 26 30 32 35 40 43 46 48 51 53 56 59 61 63 65 68 71 74 77"
WORDS = """\
licence: Apache-2.0
standard: ISO 3166-2
region_words:
  en: {oblast: {one: [oblast], many: [oblasts]}}
  ru: {область: {one: [область], many: [областей]}}
  uk: {область: {one: [область], many: [областей]}}
place_words: {en: [city of], ru: [город], uk: [місто]}
place_prepositions: {en: [in], ru: [в], uk: [в]}
never_after: {en: [ship], ru: [корабль], uk: [корабель]}
never_placed_after: {en: [on], ru: [на], uk: [на]}
never_before: {en: [times], ru: [река], uk: [ріка]}
regions:
  - {code: RU-RYA, name: Ryazan Oblast, en: [Ryazan Oblast], ru: [Рязанская область], uk: [Рязанська область]}
"""
LINE = WORDS.count("\n") + 2  # of the first city


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return load_places(FILE)


def problems(path: Path, text: str) -> list[str]:
    file = path / "places.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        load_places(file)
    return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]


def test_regions_are_those_of_iso_3166_2(gazetteer: Gazetteer) -> None:
    expected = {f"RU-{code}" for code in RUSSIA.split()} | {f"UA-{code}" for code in UKRAINE.split()}
    assert {region.code for region in gazetteer.regions} == expected


def test_crimea_and_sevastopol_are_under_ukraine_as_in_the_standard(gazetteer: Gazetteer) -> None:
    by_name = {place.name: place for place, _, _ in places(gazetteer)}
    assert (by_name["Crimea"].code, by_name["Crimea"].country) == ("UA-43", "UA")
    assert (by_name["Sevastopol"].code, by_name["Sevastopol"].kind) == ("UA-40", "city")


def test_every_region_that_is_no_city_has_one(gazetteer: Gazetteer) -> None:
    with_city = {city.code for city in gazetteer.cities}
    assert {region.code for region in gazetteer.regions if region.kind == "region"} <= with_city


def test_licence_and_standard_are_stated(gazetteer: Gazetteer) -> None:
    assert (gazetteer.licence, gazetteer.standard) == ("Apache-2.0", "ISO 3166-2")
    head = FILE.read_text(encoding="utf-8").split("licence:")[0]
    assert "Compiled for Picket" in head
    assert "ISO 3166-2" in head


def test_loading_and_compiling_is_quick() -> None:
    started = time.perf_counter()
    PlaceFinder(load_places(FILE))
    assert time.perf_counter() - started < LOAD_SECONDS


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("- {code: RU-XXX, en: [Omsk], ru: [Омск], uk: [Омськ]}", "RU-XXX is no region of this file"),
        ("- {code: RU-RYA, en: [Omsk], ru: [], uk: [Омськ]}", "should have at least 1 item"),
        ("- {code: RU-RYA, en: [Omsk], ru: [Омск]}", "uk: is missing"),
        ("- {code: ru-rya, en: [Omsk], ru: [Омск], uk: [Омськ]}", "should match pattern"),
        ("- {code: RU-RYA, en: [Omsk], ru: [Омск, Омск], uk: [Омськ]}", "'Омск' already names RU-RYA/omsk"),
        ("- {code: RU-RYA, en: [Omsk], ru: [{text: Омск, writen: placed}], uk: [Омськ]}", "unknown key"),
        ("- {code: RU-RYA, en: [Omsk], ru: [{text: Омск, written: often}], uk: [Омськ]}", "Input should be 'name'"),
        ("- {code: RU-RYA, en: [Omsk], ru: [Магас], uk: [Омськ]}", "no forms of 'Магас' are known"),
    ],
)
def test_fault_of_a_city_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    found = problems(tmp_path, f"{WORDS}cities:\n  {line}\n")
    assert any(problem.startswith(f"{LINE}:") and message in problem for problem in found), found


def test_city_listed_twice_is_a_fault(tmp_path: Path) -> None:
    city = "  - {{code: RU-RYA, en: [Kasimov], ru: [{}], uk: [{}]}}\n"
    found = problems(tmp_path, f"{WORDS}cities:\n{city.format('Касимов', 'Касимов')}{city.format('Касим', 'Касим')}")
    assert any(problem.startswith(f"{LINE + 1}:") and "RU-RYA/kasimov is listed twice" in problem for problem in found)


def test_language_without_words_is_a_fault(tmp_path: Path) -> None:
    found = problems(tmp_path, WORDS.replace("place_words: {en: [city of], ru", "place_words: {ru"))
    assert found == ["7:1: place_words: lacks the language en"]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot be read"):
        load_places(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("name", "lang", "forms"),
    [
        ("Рязань", "ru", "рязань рязани рязанью"),
        ("Чебоксары", "ru", "чебоксары чебоксар чебоксарам чебоксарами чебоксарах"),
        ("Петропавловск-Камчатский", "ru", "петропавловск-камчатский петропавловске-камчатском"),
        ("Нижний Новгород", "ru", "нижний_новгород нижнего_новгорода нижнем_новгороде"),
        ("Артёмовск", "ru", "артемовск артемовске"),
        ("Харків", "uk", "харків харкова харкову харковом харкові"),
        ("Київ", "uk", "київ києва києву києвом києві"),
        ("Рязань", "uk", "рязань рязані рязанню"),
        ("Північна Осетія", "uk", "північна_осетія північної_осетії північній_осетії північну_осетію"),
        ("Ryazan", "en", "ryazan"),
    ],
)
def test_cases_of_names(name: str, lang: str, forms: str) -> None:
    assert {form.replace("_", " ") for form in forms.split()} <= inflect_name(name, lang)


def test_names_in_the_singular_have_no_plural() -> None:
    assert "ростовы" not in inflect_name("Ростов", "ru")
    assert "владимирами" not in inflect_name("Владимир", "ru")


def test_cases_of_adjectives_agree_with_the_region_word() -> None:
    assert inflect_adjective("Рязанская", "ru") == {"рязанская", "рязанской", "рязанскую", "рязанскою"}
    assert "алтайском" in inflect_adjective("Алтайский", "ru")
    assert inflect_adjective("Донецька", "uk") == {"донецька", "донецької", "донецькій", "донецьку", "донецькою"}

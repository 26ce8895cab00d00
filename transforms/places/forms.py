"""The case forms of place names, and of the adjectives in names of regions, as they stand in normalised text."""

from functools import lru_cache
from itertools import product
from typing import Any

from transforms.actors import ukrainian
from transforms.actors.forms import CASES
from transforms.text.morphology import russian
from transforms.text.normalise import normalise

_MAX_WORDS = 4  # of a name whose words all inflect
# Endings of the adjective in "Рязанская область" and "Алтайский край", by the ending of its dictionary form.
_RUSSIAN_ADJECTIVES = {"ая": "ая ой ую ою", "ий": "ий ого ому им ом", "ый": "ый ого ому ым ом"}
_UKRAINIAN_ADJECTIVES = {"а": "а ої ій у ою", "ий": "ий ого ому им ім"}
# What Ukrainian place names have beyond the declension of common nouns: (ending cut off, endings put on).
_UKRAINIAN_PLACES = (
    ("ів", "ова ову овом ові ева еву евом еві"),
    ("їв", "єва єву євом єві"),
    ("піль", "поля полю полем полі"),
    ("ь", "і ню"),
    ("жжя", "жжю жжям жжі"),
    ("лля", "ллю ллям ллі"),
    ("а", "ої ій ею ою"),
    ("поле", "поля полю полем полі"),
    ("е", "ого ому им ім а у ом і"),
    ("и", "ів ок ам ами ах"),
    ("ці", "ців цям цями цях"),
    ("ий", "ого ому им ім"),
    ("ок", "ока оку оком оці"),
)


@lru_cache(maxsize=4096)  # once to check the file, once to compile it
def inflect_name(text: str, lang: str) -> frozenset[str]:
    """Return the forms of a place name in the singular or plural it has, normalised; English has one."""
    word = normalise(text).text
    if lang == "en":
        return frozenset({word})
    return _russian(word) if lang == "ru" else _ukrainian(word)


def inflect_adjective(text: str, lang: str) -> frozenset[str]:
    """Return the forms of what stands before a region word ("Ямало-Ненецкий"); its last word is an adjective."""
    word = normalise(text).text
    for ending, endings in {"ru": _RUSSIAN_ADJECTIVES, "uk": _UKRAINIAN_ADJECTIVES}.get(lang, {}).items():
        if word.endswith(ending):
            return frozenset(word.removesuffix(ending) + end for end in endings.split())
    return frozenset({word})


def spell(forms: frozenset[str]) -> frozenset[str]:
    """Return `forms` with their hyphens, and with spaces for them."""
    return forms | {form.replace("-", " ") for form in forms}


def is_inflected(text: str, lang: str, forms: frozenset[str]) -> bool:
    """Tell whether cases were found; a name in -о, -и, -э may have none in Russian."""
    if lang == "en" or len(forms) > 1:
        return True
    return lang == "ru" and normalise(text).text.endswith(("о", "и", "е", "э"))


def _russian(name: str) -> frozenset[str]:
    words = name.split(" ")
    parses = [_russian_parse(word) for word in words]
    if len(words) > _MAX_WORDS or None in parses:
        return frozenset({name})
    forms = {name}
    for case in CASES:
        cased = [parse.inflect({case}) or parse for parse in parses]
        forms.add(" ".join(form.word.replace("ё", "е") for form in cased))
    return frozenset(forms)


@lru_cache(maxsize=1024)
def _russian_parse(word: str) -> Any:
    """Return the reading of a word in the nominative that is most likely a place: None where there is none."""
    parses = [p for p in russian().parse(word) if p.tag.POS in {"NOUN", "ADJF"} and p.tag.case == "nomn"]
    places = [parse for parse in parses if "Geox" in parse.tag]
    things = [parse for parse in parses if "anim" not in parse.tag]
    return next(iter(places or things or parses), None)


def _ukrainian(name: str) -> frozenset[str]:
    *before, last = name.split(" ")
    heads: list[frozenset[str]] = []
    for word in before:
        heads.append(_ukrainian_adjective(word))
    return frozenset(" ".join(form) for form in product(*heads, _ukrainian_noun(last)))


def _ukrainian_adjective(word: str) -> frozenset[str]:
    for ending, endings in (*_UKRAINIAN_ADJECTIVES.items(), ("ій", "ій ього ьому ім")):
        if word.endswith(ending):
            return frozenset(word.removesuffix(ending) + end for end in endings.split())
    return frozenset({word})


def _ukrainian_noun(word: str) -> frozenset[str]:
    """Return every form that a name of its ending can have; some only its neighbours have, and nobody writes them."""
    first, hyphen, last = word.rpartition("-")
    forms = set(ukrainian.decline_noun(last))
    for ending, endings in _UKRAINIAN_PLACES:
        if last.endswith(ending):
            forms.update(last.removesuffix(ending) + end for end in endings.split())
    return frozenset(first + hyphen + form for form in forms)

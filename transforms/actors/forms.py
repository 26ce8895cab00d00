"""The inflected forms of alias phrases and personal names, as the flat lower-case words that the matcher scans."""

import re
from functools import lru_cache
from itertools import product
from typing import Any

from transforms.actors import ukrainian
from transforms.text.morphology import russian
from transforms.text.normalise import normalise

CASES = ("nomn", "gent", "datv", "accs", "ablt", "loct")
FULL_NAME = 2  # words of a person's name at least
MAX_FORMS = 400  # of one phrase: more is a mistake in the data
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_CONJUNCTIONS = {"and", "и", "та", "і", "й"}
_UKRAINIAN_AND = ("та", "і", "й")
# Heads of English names that also stand in the plural, and spellings that differ.
_ENGLISH_PLURAL = {
    "committee": "committees",
    "council": "councils",
    "union": "unions",
    "association": "associations",
    "organisation": "organisations",
    "organization": "organizations",
    "movement": "movements",
    "foundation": "foundations",
    "fund": "funds",
}
_ENGLISH_SPELLINGS = (("organisation", "organization"), ("mobilised", "mobilized"), ("saint", "st"))


def flat_token(word: str) -> str:
    """Return a normalised word as the matcher compares it: no possessive 's, no apostrophes."""
    return word.removesuffix("'s").replace("'", "")


def flat_words(phrase: str) -> list[str]:
    """Return the words of a raw phrase as the matcher compares them."""
    return [flat_token(word) for word in _WORD.findall(normalise(phrase).text)]


def expand_phrase(phrase: str, lang: str, fixed: bool = False) -> frozenset[str]:
    """Return every flat form of a `phrase` given in its dictionary form: cases, number, order of joined words."""
    words = _WORD.findall(normalise(phrase).text)
    forms: set[str] = set()
    for order in _orders(words):
        variants = [order] if fixed else _INFLECT[lang](order)
        forms.update(" ".join(flat_token(word) for word in variant) for variant in variants)
        if len(forms) > MAX_FORMS:
            raise ValueError(f"{phrase!r} has more than {MAX_FORMS} forms")
    return frozenset(forms)


def expand_person(name: str, lang: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the flat forms of a full name (either order) and of its surname alone. Raises ValueError for one word."""
    words = [flat_token(word) for word in _WORD.findall(normalise(name).text)]
    if len(words) < FULL_NAME:
        raise ValueError(f"{name!r} is not a full name")
    first, last = " ".join(words[:-1]), words[-1]
    feminine = words[0].endswith(("а", "я"))
    if lang == "uk":
        surnames = ukrainian.decline_surname(last, feminine)
        full = ukrainian.decline_person(first, last)
    elif lang == "ru":
        surnames = _russian_surname(last, feminine)
        full = frozenset(f"{a} {b}" for a in _russian_first_name(first) for b in surnames)
    else:
        surnames, full = frozenset({last}), frozenset({f"{first} {last}"})
    swapped = {" ".join([form.split()[-1], *form.split()[:-1]]) for form in full} if lang != "en" else set()
    return full | swapped, surnames


def russian_plural_cases(word: str) -> dict[str, frozenset[str]]:
    """Return the plural forms by case (n, g, d, i, l) of a Russian noun, adjective or participle."""
    cases: dict[str, set[str]] = {case: set() for case in "ngdil"}
    short = {"nomn": "n", "gent": "g", "datv": "d", "ablt": "i", "loct": "l"}
    for parse in russian().parse(word):
        if parse.tag.POS not in {"NOUN", "ADJF", "PRTF"} or parse.tag.case != "nomn":
            continue
        for case, letter in short.items():
            form = parse.inflect({"plur", case})
            if form is not None:
                cases[letter].add(form.word.replace("ё", "е"))
    return {case: frozenset(forms) for case, forms in cases.items()}


def _orders(words: list[str]) -> list[list[str]]:
    orders = [words]
    for index in range(1, len(words) - 1):
        if words[index] in _CONJUNCTIONS:
            swapped = [*words]
            swapped[index - 1], swapped[index + 1] = words[index + 1], words[index - 1]
            orders.append(swapped)
    return orders


def _english(words: list[str]) -> list[list[str]]:
    choices = [[word] for word in words]
    for index, word in enumerate(words):
        if word in _ENGLISH_PLURAL:
            choices[index].append(_ENGLISH_PLURAL[word])
        if word == "soldiers":
            choices[index].append("soldier")  # "Soldier's Mothers" is a common misspelling
        for one, other in _ENGLISH_SPELLINGS:
            choices[index] += [w.replace(one, other) for w in choices[index] if one in w]
            choices[index] += [w.replace(other, one) for w in choices[index] if other in w]
    variants = [list(choice) for choice in product(*(dict.fromkeys(choice) for choice in choices))]
    with_article = []
    for variant in variants:
        if "of" in variant[:-1] and variant[variant.index("of") + 1] != "the":
            at = variant.index("of") + 1
            with_article.append([*variant[:at], "the", *variant[at:]])
    return variants + with_article


def _russian(words: list[str]) -> list[list[str]]:
    heads = _russian_heads(words)
    if not heads:
        return [words]
    variants = [words]
    numbers = ["sing", "plur"] if "sing" in heads[-1][1].tag else ["plur"]
    for number in numbers:
        for case in CASES:
            variant = [*words]
            for index, parse in heads:
                form = parse.inflect({case, number}) or parse.inflect({case})
                if form is not None:
                    variant[index] = form.word.replace("ё", "е")
            variants.append(variant)
    return variants


def _russian_heads(words: list[str]) -> list[tuple[int, Any]]:
    """Return the words that inflect: the leading nominative noun with its adjectives, and one joined to it by и."""
    heads: list[tuple[int, Any]] = []
    for index, word in enumerate(words):
        noun = _nominative(word, ("NOUN",))
        if noun is not None:
            heads.append((index, noun))
            joined = index + 2 < len(words) and words[index + 1] == "и" and _nominative(words[index + 2], ("NOUN",))
            if joined:
                heads.append((index + 2, joined))
            return heads
        parse = _nominative(word, ("ADJF", "PRTF"))
        if parse is None:
            return []
        heads.append((index, parse))
    return []


@lru_cache(maxsize=4096)
def _nominative(word: str, parts: tuple[str, ...]) -> Any:
    parses = [parse for parse in russian().parse(word) if parse.tag.POS in parts and parse.tag.case == "nomn"]
    return parses[0] if parses else None


def _russian_first_name(first: str) -> frozenset[str]:
    if first.endswith("ия"):
        return frozenset(first[:-1] + end for end in ("я", "и", "ю", "ей"))
    if first.endswith("я"):
        return frozenset(first[:-1] + end for end in ("я", "и", "е", "ю", "ей"))
    if first.endswith("а"):
        return frozenset(first[:-1] + end for end in ("а", "ы", "и", "е", "у", "ой", "ою"))
    if first.endswith(("й", "ь")):
        return frozenset(first[:-1] + end for end in (first[-1], "я", "ю", "ем", "е", "и"))
    return frozenset(first + end for end in ("", "а", "у", "ом", "е"))


def _russian_surname(last: str, feminine: bool) -> frozenset[str]:
    if feminine and last.endswith(("ова", "ева", "ина", "ына")):
        return frozenset(last[:-1] + end for end in ("а", "ой", "у", "ою"))
    if feminine and last.endswith("ая"):
        return frozenset(last[:-2] + end for end in ("ая", "ой", "ую", "ою"))
    if last.endswith(("а", "я")):
        return _russian_first_name(last)
    if feminine or last.endswith(("о", "е", "и", "ы", "у", "ю", "их", "ых")):
        return frozenset({last})
    if last.endswith(("ий", "ый", "ой")):
        return frozenset(last[:-2] + end for end in (last[-2:], "ого", "ому", "им", "ым", "ом"))
    return frozenset(last + end for end in ("", "а", "у", "ом", "ым", "е"))


def _ukrainian(words: list[str]) -> list[list[str]]:
    choices: list[frozenset[str]] = [frozenset({word}) for word in words]
    for index, word in enumerate(words):
        stem = ukrainian.adjective_stem(word) if index + 1 < len(words) else None
        if stem is not None and not ukrainian.is_plural_name(word):
            choices[index] = ukrainian.decline_adjective(stem)
            continue
        choices[index] = ukrainian.decline_noun(word)
        if index + 2 < len(words) and words[index + 1] in _UKRAINIAN_AND and ukrainian.is_plural_name(words[index + 2]):
            choices[index + 2] = ukrainian.decline_noun(words[index + 2])
        break
    for index, word in enumerate(words):
        if word in _UKRAINIAN_AND:
            choices[index] = frozenset(_UKRAINIAN_AND)
    return [list(choice) for choice in product(*choices)]


_INFLECT = {"en": _english, "ru": _russian, "uk": _ukrainian}

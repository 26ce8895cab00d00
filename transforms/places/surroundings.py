"""What stands around a name, and whether it is a place there: boundaries, region words, prepositions, ships, people."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from transforms.places.gazetteer import Gazetteer, Language
from transforms.text.morphology import russian
from transforms.text.words import TextView

MAX_LIST = 8  # regions before the word that they share ("in the Kursk, Bryansk and Belgorod regions")
_LOOK_BACK = 40  # characters before a name: the longest word that decides, with quotes and space
# A name joined to a word by a hyphen is another name ("Москва-река"), but for these.
_OPEN_HYPHEN = re.compile(r"-(?:based|born|area)\b")
_POSSESSIVE = re.compile(r"'s(?!\w)")
_BEGINNINGS = '\n":•*|>([-'  # after one of these a capital letter tells nothing
_INITIAL = re.compile(r"(?<![^\W_])[А-ЯЁA-Z]\. ?$")
_ADJECTIVE = ("ий", "ый")  # "Хмельницький суд" is no city
# "под Покровском" is the town, "на Покровском бульваре" its adjective, which takes other prepositions.
_INSTRUMENTAL = re.compile(r"(?<!\w)(?:под|над|за|со?|между|перед) $")
# "жителі Донецька" is the town, "Донецька обласна рада" its adjective: the word after it agrees.
_AGREEING = re.compile(
    r"[сцз]ька (?!біля |після |треба )[а-яєіїґ']{3,}[аяь](?!\w)|[сцз]ьку (?!вранці )[а-яєіїґ']{3,}[уюь](?!\w)"
)
_LAST_WORD = re.compile(r"[^\W\d_]+ $")
_WORD_BEFORE = re.compile(r"([А-ЯЁ][а-яё]+) $")
# One more region of a list; that its words are written with capital letters is checked afterwards.
_LINKS = {
    "en": r"(?:,\s(?:and\s)?|\sand\s)(?:the\s)?[\w'-]+(?:\s[\w'-]+)?",
    "ru": r"(?:,\s(?:и\s|а также\s)?|\sи\s)[\w-]+(?:ая|ой|ую|ий|ый|ого|ому|ом|им|ым)",
    "uk": r"(?:,\s(?:і\s|й\s|та\s|а також\s)?|\s(?:і|й|та)\s)[\w'-]+(?:а|ої|ій|у|ий|ого|ому|им|ім|ою)",
}
_LISTED = re.compile(r"(?!(?:and|the|и|а|также|також|і|й|та)(?!\w))(?<![\w'-])[\w'-]+")


class _Spanned(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


Spanned = TypeVar("Spanned", bound=_Spanned)


class Surroundings:
    """The patterns of one language. Positions are of the normalised text unless they are called raw."""

    def __init__(self, gazetteer: Gazetteer, lang: Language) -> None:
        self._lang = lang
        self._place_word = _behind(gazetteer.place_words[lang])
        self._preposition = _behind(gazetteer.place_prepositions[lang])
        self._never_after = _behind(gazetteer.never_after[lang])
        self._never_placed = _behind(gazetteer.never_placed_after[lang])
        self._never_before = re.compile(rf'[ "]+(?:{_either(gazetteer.never_before[lang])})(?!\w)')
        self._region_words = {
            key: re.compile(
                rf"\s(?:{_either((*word.one, *word.many))})(?!\w)"
                rf"|(?P<list>(?:{_LINKS[lang]}){{1,{MAX_LIST}}})\s(?:{_either(word.many)})(?!\w)"
            )
            for key, word in gazetteer.region_words[lang].items()
        }

    def stands_alone(self, text: str, start: int, end: int) -> bool:
        """Tell whether the span is whole words; hyphens are judged later."""
        before, after = text[start - 1 : start], text[end : end + 1]
        if before.isalnum() or after.isalnum() or before in {"_", "@", "#", "/"} or after == "_":
            return False
        if before == "'" and text[start - 2 : start - 1].isalpha():
            return False
        return after != "'" or not text[end + 1 : end + 2].isalpha() or _POSSESSIVE.match(text, end) is not None

    def without_loose_ends(self, text: str, found: Sequence[Spanned]) -> list[Spanned]:
        """Return those that no hyphen joins to a word which is not itself one of them ("Москва-Тюмень" stays)."""
        starts, ends = {item.start for item in found}, {item.end for item in found}
        return [item for item in found if self._is_whole(text, item, starts, ends)]

    def region_end(self, view: TextView, end: int, word: str) -> int | None:
        """Return the end of a region's name with its word; of the name alone in a list; None without the word."""
        match = self._region_words[word].match(view.normal.text, end)
        if match is None:
            return None
        if match["list"] is None:
            return match.end()
        listed = _LISTED.finditer(view.normal.text, *match.span("list"))
        return end if all(view.raw[view.normal.raw_span(*name.span())[0]].isupper() for name in listed) else None

    def is_something_else(self, view: TextView, start: int, end: int) -> bool:
        """Tell whether the name is that of a ship, a newspaper, a person, or in quotes for itself."""
        text = view.normal.text
        tail = text[max(0, start - _LOOK_BACK) : start]
        if tail.endswith('"') and text.startswith('"', end):
            return True
        if self._never_after.search(tail) or self._never_before.match(text, end):
            return True
        if self._lang == "ru":
            adjective = text[start:end].endswith(("ском", "цком")) and not _INSTRUMENTAL.search(tail)
            return adjective or _follows_first_name(view, start)
        return self._lang == "uk" and _agrees(view, start, end)

    def after_place_word(self, view: TextView, start: int, end: int) -> bool:
        """Tell whether "city of" or the like stands before."""
        return self._place_word.search(view.normal.text[max(0, start - _LOOK_BACK) : start]) is not None or (
            self._lang == "en" and view.normal.text.startswith(" city", end)
        )

    def after_preposition(self, view: TextView, start: int, _end: int) -> bool:
        """Tell whether a preposition of place stands before."""
        return self._preposition.search(view.normal.text[max(0, start - _LOOK_BACK) : start]) is not None

    def begins_sentence(self, view: TextView, start: int, _end: int) -> bool:
        """Tell whether the capital letter may come from the beginning of a sentence; all capitals tell nothing."""
        raw_start = view.normal.raw_span(start, start + 1)[0]
        before = view.normal.text[max(0, start - _LOOK_BACK) : start].rstrip(" ")[-1:]
        if not before or before in _BEGINNINGS or view.raw[raw_start : raw_start + 3].isupper():
            return True
        at = bisect_left(view.sentences, (raw_start, 0))
        return at < len(view.sentences) and view.sentences[at][0] == raw_start

    def beside_name(self, view: TextView, start: int, end: int) -> bool:
        """Tell whether it is part of a longer name: a person's, or an adjective before what it belongs to."""
        raw_start, raw_end = view.normal.raw_span(start, end)
        if view.raw[raw_start:raw_end].isupper():
            return False
        if view.raw[raw_end : raw_end + 1] == " ":
            following = view.raw[raw_end + 1 : raw_end + 2]
            if following.isupper() or (following.isalpha() and view.normal.text[start:end].endswith(_ADJECTIVE)):
                return True
        before = _LAST_WORD.search(view.raw[max(0, raw_start - _LOOK_BACK) : raw_start])
        return before is not None and before.group()[0].isupper() and not self.after_preposition(view, start, end)

    def after_river_word(self, view: TextView, start: int, _end: int) -> bool:
        """Tell whether a word stands before that goes with a river, a person or a thing of the same name."""
        return self._never_placed.search(view.normal.text[max(0, start - _LOOK_BACK) : start]) is not None

    def _is_whole(self, text: str, item: _Spanned, starts: set[int], ends: set[int]) -> bool:
        if text[item.start - 1 : item.start] == "-" and text[item.start - 2 : item.start - 1].isalnum():
            return item.start - 1 in ends
        if text.startswith("-", item.end) and text[item.end + 1 : item.end + 2].isalnum():
            return item.end + 1 in starts or (self._lang == "en" and bool(_OPEN_HYPHEN.match(text, item.end)))
        return True


def _follows_first_name(view: TextView, start: int) -> bool:
    raw_start = view.normal.raw_span(start, start + 1)[0]
    tail = view.raw[max(0, raw_start - _LOOK_BACK) : raw_start]
    if _INITIAL.search(tail):
        return True
    word = _WORD_BEFORE.search(tail)
    return word is not None and _is_first_name(word.group(1).lower())


def _agrees(view: TextView, start: int, end: int) -> bool:
    match = _AGREEING.match(view.normal.text, max(start, end - len("ська")))
    raw_end = view.normal.raw_span(start, end)[1]
    return match is not None and view.raw[raw_end + 1 : raw_end + 2].islower()


@lru_cache(maxsize=4096)
def _is_first_name(word: str) -> bool:
    return "Name" in russian().parse(word)[0].tag


def _behind(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf'(?<!\w)(?:{_either(words)})[ "]+$')


def _either(words: Iterable[str]) -> str:
    """Return an alternative of words, the longest first; a star stands for any letters."""
    return "|".join(re.escape(word).replace(r"\*", r"\w*") for word in sorted(words, key=len, reverse=True))

"""How a phrase stands in its text: as a name, as an acronym, in a text about people in service."""

import re
from functools import lru_cache

from transforms.actors.flat import FlatText
from transforms.actors.vocabulary import Vocabulary
from transforms.text.morphology import russian
from transforms.text.words import TextView

NAME_CUE_REACH = 3  # words before a name in which "movement", "фонд" and the like make it one
NAME_CUE_AFTER = 5  # words after an English name: "Mothers of Russia, a pro-Kremlin movement"
HEADLINE_SHARE = 0.7  # of capitalised words above which capitals say nothing
_PLACES = {
    "россии",
    "росії",
    "украины",
    "україни",
    "отечества",
    "вітчизни",
    "дагестана",
    "дагестану",
    "russia",
    "dagestan",
}
_FURTHER = {"of", "for", "on", "against", "по", "при", "за", "з", "із", "для", "против"}
_UKRAINIAN_ADJECTIVE = re.compile(r"(?:ськ|цьк|зьк|льн|йн|чн|ов|нн|дн)(?:ий|ого|ому|им|а|ої|ій|у|ою)$")
_SMALL = {"of", "the", "and", "for", "a", "in", "s"}


def has_army_context(vocabulary: Vocabulary, *views: TextView) -> bool:
    """Tell whether any of `views` speaks of an army, a war or people in service."""
    for view in views:
        languages = (view.lang,) if view.lang in {"en", "ru"} else ("uk", "ru", "en")
        if any(vocabulary.cues[lang].search(view.normal.text) for lang in languages):
            return True
    return False


def stands_as_acronym(flat: FlatText, first: int, last: int, acronym: str) -> bool:
    """Tell whether the raw text has the letters of `acronym` as they are."""
    return flat.view.raw[flat.words[first].start : flat.words[last].end] == acronym


def stands_as_name(flat: FlatText, first: int, last: int, lang: str, vocabulary: Vocabulary, quoted: bool) -> bool:
    """Tell whether the words `first` to `last` are written as a name; with `quoted` only in quotes."""
    if flat.before(first).endswith(('"', "'")) and flat.after(last).lstrip("*_").startswith(('"', "'", ',"', '."')):
        return True
    if quoted:
        return False
    if not flat.capitalised(flat.words[first]):
        return False
    return _beside_organisation(flat, first, last, lang, vocabulary) or _capitals_tell(flat, first, last, lang)


def stands_alone(flat: FlatText, first: int, last: int, lang: str) -> bool:
    """Tell whether nothing says that "the committee" is another one: "комитет Госдумы", "the committee on defence"."""
    words = flat.words
    if first and not flat.before(first).strip(" ") and _is_adjective(words[first - 1].text, lang):
        return False
    if last + 1 >= len(words) or flat.after(last).strip(" "):
        return True
    following = words[last + 1]
    if lang == "en":
        return following.text not in _FURTHER
    if flat.capitalised(following) or following.text in _FURTHER:
        return False
    return lang != "ru" or not _is_genitive(following.text)


@lru_cache(maxsize=20_000)
def _is_adjective(word: str, lang: str) -> bool:
    if lang != "ru":
        return lang == "uk" and _UKRAINIAN_ADJECTIVE.search(word) is not None
    best = russian().parse(word)[0].tag
    return best.POS in {"ADJF", "PRTF"} and "Apro" not in best


@lru_cache(maxsize=20_000)
def _is_genitive(word: str) -> bool:
    best = russian().parse(word)[0].tag
    return best.POS in {"NOUN", "ADJF", "PRTF"} and best.case == "gent"


def _beside_organisation(flat: FlatText, first: int, last: int, lang: str, vocabulary: Vocabulary) -> bool:
    pattern = vocabulary.organisations[lang]
    before = [word.text for word in flat.words[max(0, first - NAME_CUE_REACH) : first]]
    after = [word.text for word in flat.words[last + 1 : last + 1 + NAME_CUE_AFTER]] if lang == "en" else []
    return any(pattern.fullmatch(word) for word in (*before, *after))


def _capitals_tell(flat: FlatText, first: int, last: int, lang: str) -> bool:
    """Tell whether capitals stand where a plain phrase would have none."""
    telling = [index for index in range(first, last + 1) if _is_telling(flat, index)]
    if lang == "en":
        content = [word for word in flat.words[first : last + 1] if word.text not in _SMALL]
        return bool(telling) and all(map(flat.capitalised, content)) and not is_headline(flat, first, len(content))
    return any(flat.capitalised(flat.words[index]) for index in telling)


def _is_telling(flat: FlatText, index: int) -> bool:
    """Tell whether a capital at `index` means a name: not at the start of a sentence, not that of a place."""
    word = flat.words[index]
    if word.text in _SMALL or (index and flat.words[index - 1].text == "of") or word.text in _PLACES:
        return False
    opened = flat.view.raw[flat.view.sentence_at(word.start)[0] : word.start].strip(" \"'«»„“”‘’—–-*|")
    return bool(opened) and not flat.before(index).rstrip().endswith((":", "-", "|"))


def is_headline(flat: FlatText, index: int, at_least: int = 0) -> bool:
    """Tell whether the sentence of `index`, if longer than `at_least` words, has so many capitals that none tells."""
    sentence = [w for w in flat.words if w.sentence == flat.words[index].sentence and w.text not in _SMALL]
    capitals = sum(map(flat.capitalised, sentence))
    return len(sentence) > at_least and capitals >= HEADLINE_SHARE * len(sentence)

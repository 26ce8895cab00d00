"""Named organisations of soldiers' relatives that the registry does not list: "Volga Wives", «Жёны десантников»."""

import re
from collections.abc import Iterator

from transforms.actors.flat import FlatText
from transforms.actors.scene import Scene
from transforms.actors.vocabulary import Vocabulary
from transforms.actors.written import is_headline

MAX_WORDS = 7  # of such a name
SHORT_NAME = 3  # words of a name that may begin with something else
CUE_BEFORE, CUE_AFTER = 4, 6  # words around a name in which "group", «движение» and the like must stand
FOUNDED_REACH = 7  # words after a name in which its founders must come
BODY_REACH = 4  # words before a name in which "the wives' group" must stand
NOUN_REACH = 2  # words after an institution in which its relatives or its soldiers must come
ARMY_REACH = 250  # characters around a name in which the text must speak of people in service

_ENGLISH_RELATIVES = re.compile(
    r"(?:mothers?|moms?|mums?|wives|widows|families|parents|relatives|sisters|daughters)(?:'s|')?$"
)
_CYRILLIC_RELATIVES = re.compile(
    r"(?:мат(?:ь|ер)|мам[аы]?$|мам(?:ам|ами|ах)?$|жен(?:ы|ам|ами|ах)?$|вдов|семь|семей|родственник|родител|родн[ыі]|"
    r"матір|дружин|родин|сім'|сімей|рідні|рідних|жінк|матусі)"
)
_ANY_RELATIVES = re.compile(
    r"mother|mom|mum|wives|widow|famil|parent|relative|sister|daughter|мат[еі]р|мать|мам|жен|вдов|сем[ье]|родст|родит|родн|"
    r"дружин|родин|сім|рідн|жін|матус"
)
_BEGINS_NAME = re.compile(r"(?:mothers|wives|матер(?:и|і|ям|ей)$|материнск|материнськ|жены|женам|дружини)")
_FOUNDED = re.compile(r"(?:founded|created|основал|основан|создал|создан|заснува|створи|створен)")
_SET_UP = re.compile(r"(?:founded|created|set|formed|started)$")
_SMALL = {"of", "the", "and", "for", "in", "a"}
# Institutions whose name is what they are: «Совет жён военнослужащих», "Union of Families of Prisoners of War".
_INSTITUTION = re.compile(
    r"(?:committee|council|union|association|organi[sz]ation|foundation|alliance|league|"
    r"комитет|совет|союз|ассоциаци|организаци|объединени|лиг|альянс|"
    r"комітет|рад[аиіуо]|союз|спілк|асоціаці|організаці|об'єднанн|ліг)\w*$"
)
_GENERIC_BODY = re.compile(r"(?:organi[sz]ation|организаци|організаці)")
_GENERIC = {"mother's day", "mothers day", "mother day", "день матери", "день матері"}


def find_named_groups(flat: FlatText, scene: Scene, vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Return the raw spans of names of groups of soldiers' relatives."""
    if not _ANY_RELATIVES.search(flat.view.normal.text):
        return []
    spans = [*_quoted(flat, scene, vocabulary), *_institutions(flat, scene)]
    if flat.view.lang == "en":
        spans += _set_up(flat, scene, vocabulary)
        spans += [*_capitalised(flat, scene, vocabulary), *_after_body(flat, scene, vocabulary)]
    return sorted(set(spans))


def names_relatives(name: str) -> bool:
    """Tell whether a raw name has a word for relatives: it may as well address them."""
    return _ANY_RELATIVES.search(name.lower()) is not None


def _quoted(flat: FlatText, scene: Scene, vocabulary: Vocabulary) -> Iterator[tuple[int, int]]:
    """Yield names in quotes that hold a word for relatives, beside a word for a body of people."""
    words = flat.words
    for first in range(len(words)):
        if not flat.before(first).endswith('"') or not flat.capitalised(words[first]):
            continue
        for last in range(first, min(len(words), first + MAX_WORDS)):
            if flat.after(last).startswith('"'):
                name = [word.text for word in words[first : last + 1]]
                named = _has_relatives(name) and (
                    _beside_body(flat, first, last, vocabulary) or _is_bare_name(flat, scene, first, last)
                )
                if (named or _relatives_beside(flat, scene, first, last)) and _army(flat, scene, first, last):
                    yield words[first].start, words[last].end
                break
            if not set(flat.after(last)) <= set(" '-"):
                break


def _is_bare_name(flat: FlatText, scene: Scene, first: int, last: int) -> bool:
    """Tell whether a short quoted name that begins with its relatives is a group's, in a text about an army."""
    words = flat.words
    before = words[max(0, first - CUE_BEFORE) : first]
    if not scene.military or not 1 <= last - first < SHORT_NAME or not _BEGINS_NAME.match(words[first].text):
        return False
    return not any(scene.vocabulary.means("works", word.text) for word in before)


def _relatives_body_before(flat: FlatText, first: int, vocabulary: Vocabulary) -> bool:
    """Tell whether "the wives' group", «объединение жён», "спілка родин" stands right before a name."""
    words = flat.words
    near = [w.text for w in words[max(0, first - BODY_REACH) : first] if w.sentence == words[first].sentence]
    if not near or flat.before(first).strip(" \"'(,"):
        return False
    patterns = list(vocabulary.organisations.values())
    bodies = [at for at, text in enumerate(near) if any(pattern.fullmatch(text) for pattern in patterns)]
    kin = [at for at, text in enumerate(near) if _has_relatives([text])]
    return any(0 < abs(body - relatives) <= NOUN_REACH for body in bodies for relatives in kin)


def _relatives_beside(flat: FlatText, scene: Scene, first: int, last: int) -> bool:
    """Tell whether relatives make up, or founded, the body whose name in quotes says nothing of them."""
    if _relatives_body_before(flat, first, scene.vocabulary):
        return True
    words = flat.words
    after = words[last + 1 : last + 1 + FOUNDED_REACH]
    founded = next((at for at, word in enumerate(after) if _FOUNDED.match(word.text)), None)
    if founded is None or not _beside_body(flat, first, last, scene.vocabulary):
        return False
    if any(token.is_a("others") and token.sentence == words[first].sentence for token in scene.tokens):
        return False
    founders = after[founded + 1 : founded + 2 + NOUN_REACH]
    return any(word.sentence == words[first].sentence and _has_relatives([word.text]) for word in founders)


def _after_body(flat: FlatText, scene: Scene, vocabulary: Vocabulary) -> Iterator[tuple[int, int]]:
    """Yield English names in capitals after "the relatives' group"."""
    words = flat.words
    for first in range(2, len(words)):
        if not flat.capitalised(words[first]) or flat.before(first).strip(" ") or flat.capitalised(words[first - 1]):
            continue
        body, kin = words[first - 1].text, words[first - 2].text
        if not (vocabulary.organisations["en"].fullmatch(body) and _ENGLISH_RELATIVES.match(kin)):
            continue
        last = first
        while last + 1 < len(words) and flat.after(last) == " " and flat.capitalised(words[last + 1]):
            last += 1
        if last - first < MAX_WORDS and (scene.cues or scene.cues_beside):
            yield words[first - 2].start, words[last].end


def _set_up(flat: FlatText, scene: Scene, vocabulary: Vocabulary) -> Iterator[tuple[int, int]]:
    """Yield English names beside "the group," whose founders are relatives: "X, which was set up by mothers"."""
    words = flat.words
    for first in range(1, len(words)):
        beside = vocabulary.organisations["en"].fullmatch(words[first - 1].text)
        if not beside or not flat.capitalised(words[first]) or set(flat.before(first)) - set(" ,"):
            continue
        last = first
        while last + 1 < len(words) and flat.after(last) == " " and flat.capitalised(words[last + 1]):
            last += 1
        after = words[last + 1 : last + 1 + FOUNDED_REACH]
        founded = next((at for at, word in enumerate(after) if _SET_UP.match(word.text)), None)
        if founded is None or last - first >= MAX_WORDS or not _army(flat, scene, first, last):
            continue
        founders = after[founded + 1 : founded + 2 + NOUN_REACH]
        if any(word.sentence == words[first].sentence and _has_relatives([word.text]) for word in founders):
            yield words[first].start, words[last].end


def _capitalised(flat: FlatText, scene: Scene, vocabulary: Vocabulary) -> Iterator[tuple[int, int]]:
    """Yield English names in capitals that hold a word for relatives, beside a word for a body of people."""
    words, index = flat.words, 0
    while index < len(words):
        if not flat.capitalised(words[index]):
            index += 1
            continue
        last = index
        while (
            last + 1 < len(words)
            and set(flat.after(last)) <= {" ", "'"}
            and (flat.capitalised(words[last + 1]) or words[last + 1].text in _SMALL)
        ):
            last += 1
        while last > index and words[last].text in _SMALL:
            last -= 1
        if 1 <= last - index < MAX_WORDS:
            name = [word.text for word in words[index : last + 1]]
            if (
                _has_relatives(name)
                and " ".join(name) not in _GENERIC
                and not is_headline(flat, index)
                and _beside_body(flat, index, last, vocabulary)
                and _army(flat, scene, index, last)
            ):
                yield words[index].start, words[last].end
        index = last + 1


def _institutions(flat: FlatText, scene: Scene) -> Iterator[tuple[int, int]]:
    """Yield "Union of Families of Prisoners of War", «Совет жён военнослужащих»: the name says whose relatives."""
    words = flat.words
    serving = {
        t.start: t.end for t in scene.tokens if t.is_a("service", "units", "weak_service", "doubtful", "attributes")
    }
    for first, word in enumerate(words):
        wives_council = _is_council_of_relatives(flat, first)
        if not (_INSTITUTION.match(word.text) or wives_council) or not flat.capitalised(word):
            continue
        relatives, end = wives_council, 0
        for last in range(first + 1, min(len(words), first + MAX_WORDS)):
            left = flat.before(last).startswith('"')  # the name in quotes has ended
            if left or not _continues(flat, last) or (last - first > NOUN_REACH and not (relatives or end)):
                break
            relatives = relatives or _has_relatives([words[last].text])
            end = serving.get(words[last].start, end)
            if relatives and end:
                if not _GENERIC_BODY.match(word.text) or _is_named(flat, first, last):
                    yield word.start, max(end, words[last].end)
                break


def _is_council_of_relatives(flat: FlatText, first: int) -> bool:
    """Tell whether a name like "Wives' Council" begins at the word `first`."""
    following = flat.words[first + 1] if first + 1 < len(flat.words) else None
    if following is None or not flat.capitalised(following) or not _INSTITUTION.match(following.text):
        return False
    return _ENGLISH_RELATIVES.match(flat.words[first].text) is not None


def _is_named(flat: FlatText, first: int, last: int) -> bool:
    """Tell whether "Organisation of ..." is a name, and not a plain word that begins its sentence."""
    words = flat.words
    opens = not flat.view.raw[flat.view.sentence_at(words[first].start)[0] : words[first].start].strip(' "«»“”„—–-')
    following = words[last + 1] if last + 1 < len(words) else None
    placed = following is not None and not flat.after(last).strip(" ") and flat.capitalised(following)
    return placed or not opens


def _continues(flat: FlatText, at: int) -> bool:
    """Tell whether the word at `at` may belong to the name that the words before it begin."""
    word = flat.words[at]
    if not set(flat.before(at)) <= set(" '\"-"):
        return False
    return flat.view.lang != "en" or flat.capitalised(word) or word.text in _SMALL or word.text[0].isdigit()


def _is_group_name(name: list[str]) -> bool:
    """Tell whether a name in quotes begins with its relatives, or is short: «Жёны десантников», «Серце матері»."""
    return _has_relatives(name[:1]) or (len(name) <= SHORT_NAME and _has_relatives(name))


def _has_relatives(name: list[str]) -> bool:
    return any(_ENGLISH_RELATIVES.match(word) or _CYRILLIC_RELATIVES.match(word) for word in name)


def _beside_body(flat: FlatText, first: int, last: int, vocabulary: Vocabulary) -> bool:
    sentence = flat.words[first].sentence
    near = [*flat.words[max(0, first - CUE_BEFORE) : first], *flat.words[last + 1 : last + 1 + CUE_AFTER]]
    patterns = list(vocabulary.organisations.values())
    return any(w.sentence == sentence and any(pattern.fullmatch(w.text) for pattern in patterns) for w in near)


def _army(flat: FlatText, scene: Scene, first: int, last: int) -> bool:
    start, end = flat.words[first].start, flat.words[last].end
    near = scene.cue_between(start - ARMY_REACH, end + ARMY_REACH)
    return near is not None or (scene.title_cue and scene.military)

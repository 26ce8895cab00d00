"""Unnamed groups of relatives found by grammar: a word for relatives joined to a word for people in service."""

import re
from typing import NamedTuple

from transforms.actors.anaphora import kin_span, their_span, whose_groups, women_group
from transforms.actors.bare import bare_span, dealt_span
from transforms.actors.scene import STOP, Scene
from transforms.actors.vocabulary import Token

REACH = 8  # tokens between the relation and the service word: longer phrases are other phrases
CUE_REACH = 10  # tokens between "men", "those" and what says that they serve
PREPOSITION_REACH = 3  # tokens that a phrase like "в Омске" may take
BACK_REACH = 5  # tokens back from "mothers" to "soldiers'"
DESCRIBED_REACH = 2  # words between "soldiers'" and "mothers": "soldiers' bereaved elderly mothers"

_ADJECTIVE = re.compile(r"(?:ых|их|ех|іх|їх)$")
_NUMBER = re.compile(r"^\d[\d.,]*$")
_NOUN_ENDINGS = ("ов", "ев", "ей", "ів")
_SERVING = ("service", "units")
_WEAK = ("weak_service", "doubtful")
_PERSONS = ("persons", "person_pronouns")


class Found(NamedTuple):
    """A group found: `group` is mothers or relatives, `start` and `end` are raw offsets."""

    group: str
    start: int
    end: int


def find_collectives(scene: Scene) -> list[Found]:
    """Return the unnamed groups of a text, in order; those of one kind do not overlap."""
    found: list[Found] = []
    for index, token in enumerate(scene.tokens):
        women = scene.means("women", token)
        if women and (found_women := women_group(scene, index)) is not None:
            found.append(Found(*found_women))
            continue
        if not token.tags:
            continue
        relation = token.tag("relation")
        if relation is not None:
            span = _span(scene, index)
            if span is not None:
                found.append(Found(relation.group, *span))
        elif token.is_a("whose"):
            found += [Found(*parts) for parts in whose_groups(scene, index)]
    return _one_each(found)


def _span(scene: Scene, index: int) -> tuple[int, int] | None:
    if scene.describes(index):
        return None  # "близкие люди", "родные места"
    if scene.means("war_relations", scene.tokens[index]):
        return scene.tokens[index].start, scene.tokens[index].end
    span = _after(scene, index) or _before(scene, index)
    if span is None and (not scene.has_owner(index) or scene.means("parents", scene.tokens[index])):
        span = dealt_span(scene, index)
    if span is None and not scene.has_owner(index):
        span = kin_span(scene, index) or their_span(scene, index) or bare_span(scene, index)
    return span


def _one_each(found: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for item in sorted(found, key=lambda f: (f.start, -f.end)):
        if not any(other.group == item.group and item.start < other.end for other in kept):
            kept.append(item)
    return kept


# --- "mothers of soldiers", "жёны призванных по мобилизации" ----------------------------------------------------


def _after(scene: Scene, index: int) -> tuple[int, int] | None:
    tokens = scene.tokens
    last = _coordinated(scene, index)
    if last + 1 >= len(tokens) or STOP.search(tokens[last].gap):
        return None
    unit = _unit_of(scene, last)
    if unit is not None:
        return tokens[index].start, tokens[unit].end
    english = scene.lang == "en" or tokens[last + 1].text == "of"
    end = _english_owner(scene, last) if english else _genitive_owner(scene, last)
    return None if end is None else (tokens[index].start, end)


def _unit_of(scene: Scene, last: int) -> int | None:
    """Return the last token of the unit whose relatives they are: "жёны 2-й роты", "wives from the 14th brigade"."""
    tokens = scene.tokens
    if tokens[last].gap.strip():
        return None
    crowd = scene.lang != "en" and tokens[last + 1].text.endswith(_NOUN_ENDINGS) and not tokens[last + 1].tags
    if crowd and not tokens[last + 1].gap.strip():  # "жёны поваров 14-й бригады"
        for at in (last + 2, last + 3):
            if at < len(tokens) and scene.is_numbered(at) and not tokens[at - 1].gap.strip():
                return scene.unit_end(at)
    if scene.means("from", tokens[last + 1]):
        article = last + 2 < len(tokens) and tokens[last + 2].text == "the"
        return scene.unit_end(last + 3 if article else last + 2)
    return None if scene.lang == "en" else scene.unit_end(last + 1)


def _coordinated(scene: Scene, index: int) -> int:
    """Return the last token of a list of relatives that begins at `index`: "wives, sisters and friends"."""
    tokens, last = scene.tokens, index
    while last + 1 < len(tokens) and not STOP.search(tokens[last].gap):
        step = _list_step(scene, last)
        if not step:
            break
        last += step
    return last


def _list_step(scene: Scene, last: int) -> int:
    """Return how many tokens further the next item of the list ends, 0 where the list ends."""
    tokens = scene.tokens
    following = tokens[last + 1]
    if "," in tokens[last].gap and (following.is_a("relation") or scene.means("friends", following)):
        return 1
    if not scene.means("and", following) or last + 2 >= len(tokens) or STOP.search(following.gap):
        return 0
    if tokens[last + 2].is_a("relation"):
        return 2
    if last + 3 < len(tokens) and tokens[last + 3].is_a("relation") and "," not in tokens[last + 2].gap:
        return 3
    return 2 if _is_friend(tokens, last + 2) else 0


def _is_friend(tokens: list[Token], at: int) -> bool:
    """Tell whether a word after "relatives and" is one more kind of people, and not the owner itself."""
    if tokens[at].is_a("service", "persons", *_WEAK):
        return False
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    return following is not None and (following.text == "of" or following.is_a("service"))


def _english_owner(scene: Scene, last: int) -> int | None:
    tokens = scene.tokens
    if tokens[last + 1].text not in {"of", "to"}:
        return None
    opening = last + 3 if last + 3 < len(tokens) and tokens[last + 2].text in {"the", "our", "their"} else last + 2
    if opening < len(tokens) and (unit := scene.unit_end(opening)) is not None:
        return tokens[unit].end
    weak: Token | None = None
    for at in range(last + 2, min(len(tokens), last + 2 + REACH)):
        token = tokens[at]
        if STOP.search(tokens[at - 1].gap) or scene.means("english_end", token):
            break
        if token.singular_owner:
            continue
        plain = _plain_owner(scene, last, at)
        if plain is not None:
            return plain
        known = token.tags or scene.is_capital(token) or scene.means("and", token)
        if weak is not None and not (known or scene.means("drafted", weak)):
            break
        if (
            _is_other(scene, at)
            or _is_unknown_people(scene, at)
            or (token.is_a("relation") and weak is None and not token.is_a(*_PERSONS))
        ):
            return None
        if token.is_a(*_WEAK):
            weak = token
        elif token.is_a(*_PERSONS):
            return _serving_end(scene, at)
    return weak.end if weak is not None and scene.at_war(weak) and _is_people(scene, weak) else None


def _plain_owner(scene: Scene, last: int, at: int) -> int | None:
    """Return where the owner at `at` ends, if its own words say that they serve: "soldiers", "drafted young men"."""
    token = scene.tokens[at]
    if token.is_a("service"):
        return token.end
    if _is_unit(scene, token):
        return token.end
    if token.is_a("persons") and any(scene.means("drafted", word) for word in scene.tokens[last + 2 : at]):
        return token.end
    return _nation_end(scene, at) if _is_nation(scene, at) else None


def _is_unit(scene: Scene, token: Token) -> bool:
    """Tell whether the token is a unit; "a Kostroma company" is one in an article that is about an army."""
    if token.is_a("units"):
        return True
    whole = scene.body if scene.body is not None else scene
    return whole.is_quiet and (scene.means("own_units", token) or scene.means("shared_units", token))


def _is_nation(scene: Scene, at: int) -> bool:
    """Tell whether the token is a plural like "Nepalis"."""
    token = scene.tokens[at]
    return not token.tags and scene.is_capital(token) and token.text.endswith("s") and not token.gap.strip()


def _nation_end(scene: Scene, at: int) -> int | None:
    """Return where the words end that say that people named by their country serve: "Nepalis fighting for"."""
    for token in scene.tokens[at + 1 : at + 1 + PREPOSITION_REACH + 1]:
        if scene.means("serving", token) and token.sentence == scene.tokens[at].sentence:
            return token.end
        if token.tags or scene.means("and", token):
            return None
    return None


def _is_people(scene: Scene, weak: Token) -> bool:
    """Tell whether "dead" stands for people: not in "the dead journalist", not in "killed by soldiers"."""
    tokens = scene.tokens
    at = tokens.index(weak)
    last = at
    while last + 1 < len(tokens) and not tokens[last].gap.strip() and not scene.ends_noun(tokens[last + 1]):
        last += 1
    by = last + 1 < len(tokens) and tokens[last + 1].text == "by" and not tokens[last].gap.strip()
    return not by and (last == at or any(t.text.endswith(("s", "men", "people")) for t in tokens[at : last + 1]))


def _is_other(scene: Scene, at: int) -> bool:
    """Tell whether the English owner at `at` is one person, or people who do not serve."""
    tokens = scene.tokens
    token, following = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else None
    if token.is_a("others"):
        return following is None or not scene.means("and", following)
    if scene.means("one", token):
        return not any(_is_unit(scene, word) for word in tokens[at + 1 : at + 1 + PREPOSITION_REACH])
    # "the soldier killed" is one; "army doctors" are many.
    many = following is not None and (following.is_a("service", "persons") or following.text.endswith("s"))
    return token.is_a("attributes") and not many


def _is_unknown_people(scene: Scene, at: int) -> bool:
    """Tell whether an unknown plural is whose relatives they are: "the wives of the two ministers"."""
    tokens = scene.tokens
    token = tokens[at]
    if token.tags or not token.text.endswith("s") or token.text.endswith(("ss", "us", "'s")) or scene.is_capital(token):
        return False
    if scene.means("not_heads", token):
        return False
    return at + 1 >= len(tokens) or not scene.means("and", tokens[at + 1])


def _genitive_owner(scene: Scene, last: int) -> int | None:
    tokens = scene.tokens
    weak: Token | None = None
    described = False  # after an adjective or participle, phrases with prepositions belong to it
    inside = 0  # tokens left of such a phrase
    for at in range(last + 1, min(len(tokens), last + 1 + REACH)):
        token, gap = tokens[at], tokens[at - 1].gap
        if STOP.search(gap) or ("," in gap and not described):
            break
        inside = max(0, inside - 1)
        if (token.is_owner(*_SERVING) and not scene.describes(at)) or scene.is_count(at):
            return _whole_owner(tokens, at)
        if token.is_owner("others") and not scene.means("prepositions", tokens[at - 1]):
            if at + 1 < len(tokens) and scene.means("and", tokens[at + 1]):
                continue
            # "заключённых, завербованных на войну"
            return _serving_end(scene, at) if token.is_owner("persons") and not inside else None
        if token.is_owner(*_WEAK):
            weak, described = token, True
        elif token.is_owner(*_PERSONS) and (not inside or _is_taken(scene, last, at, inside)):
            return token.end if _is_taken(scene, last, at, inside) else _serving_end(scene, at)
        elif _opens_phrase(scene, at, described):
            inside = PREPOSITION_REACH
        elif _ADJECTIVE.search(token.text):
            described = True
        elif not (inside or _is_modifier(scene, at)):
            break
    if weak is None or not scene.at_war(weak) or _by_soldiers(tokens, tokens.index(weak)):
        return None
    return weak.end


def _is_taken(scene: Scene, last: int, at: int, inside: int) -> bool:
    """Tell whether the words before men say that they were sent to war: "забранных в сентябре мужчин"."""
    tokens = scene.tokens
    if inside >= PREPOSITION_REACH - 1 or not scene.means("men", tokens[at]):
        return False  # right after a preposition
    return scene.sign_between(tokens[last].end, tokens[at].start) is not None


def _by_soldiers(tokens: list[Token], at: int) -> bool:
    """Tell whether the dead of the token at `at` are the soldiers' victims: "убитых российскими военными"."""
    for token in tokens[at + 1 : at + 1 + PREPOSITION_REACH]:
        tag = token.tag("service")
        if tag is not None:
            return "i" in tag.cases and "g" not in tag.cases
    return False


def _opens_phrase(scene: Scene, at: int, described: bool) -> bool:
    tokens = scene.tokens
    missing = tokens[at].text == "без" and at + 1 < len(tokens) and tokens[at + 1].text == "вести"
    return missing or (described and scene.means("prepositions", tokens[at]))


def _is_modifier(scene: Scene, at: int) -> bool:
    """Tell whether the token may stand inside a genitive: a number, a small word, "чиновников и"."""
    tokens = scene.tokens
    token = tokens[at]
    if _NUMBER.match(token.text) or scene.means("modifiers", token) or scene.means("and", token):
        return True
    return at + 1 < len(tokens) and scene.means("and", tokens[at + 1]) and token.text.endswith(_NOUN_ENDINGS)


def _whole_owner(tokens: list[Token], at: int) -> int:
    """Return where the owner's words end: "полонених морпіхів"."""
    while at + 1 < len(tokens) and not tokens[at].gap.strip() and _ADJECTIVE.search(tokens[at].text):
        if not tokens[at + 1].is_owner("service", *_WEAK):
            break
        at += 1
    return tokens[at].end


def _serving_end(scene: Scene, at: int) -> int | None:
    """Return where the words end that say that the people at `at` serve: "boys drafted in September"."""
    tokens = scene.tokens
    men = scene.means("men", tokens[at])  # a place of war is enough for them, not for citizens or "those"
    last = _clause_end(scene, at, open_ended=men or tokens[at].is_a("person_pronouns"))
    cue = (scene.sign_between if men else scene.cue_between)(tokens[at].end, tokens[last].end)
    if cue is not None:
        return cue[1]
    lost = next((token for token in tokens[at + 1 : last + 1] if token.is_a(*_WEAK)), None)
    harmed = men and lost is not None and (scene.military or scene.title_cue) and not scene.is_civil(lost)
    return lost.end if harmed and lost is not None and not scene.is_struck(lost) else None


def _clause_end(scene: Scene, at: int, open_ended: bool) -> int:
    """Return the last token of the words about the people at `at`; a comma ends them, unless a participle follows."""
    tokens, last = scene.tokens, at
    while last + 1 < min(len(tokens), at + 1 + CUE_REACH) and tokens[last + 1].sentence == tokens[at].sentence:
        following, gap = tokens[last + 1], tokens[last].gap
        if scene.means("and", following) or STOP.search(gap) or following.text == "by":
            break
        if "," in gap and not (open_ended or _ADJECTIVE.search(following.text)):
            break
        last += 1
    return last


# --- "soldiers' mothers", "солдатские матери" ---------------------------------------------------------------------


def _before(scene: Scene, index: int) -> tuple[int, int] | None:
    tokens = scene.tokens
    relation = tokens[index]
    first = index  # back over a list of relatives: "soldiers' wives and mothers"
    for at in range(index - 1, max(-1, index - 1 - BACK_REACH), -1):
        token = tokens[at]
        if STOP.search(token.gap) or token.sentence != relation.sentence:
            return None
        if "," in token.gap and not (tokens[at + 1].is_a("relation") and token.is_a("relation")):
            return None
        if _owns(scene, at, index):
            return token.start, relation.end
        if token.is_a("attributes") and not _one_soldiers(token, relation):
            return (token.start, relation.end) if at == first - 1 else None
        if token.is_a("relation") or scene.means("and", token):
            first = at
        elif index - at > DESCRIBED_REACH:
            return None
    return None


def _owns(scene: Scene, at: int, index: int) -> bool:
    """Tell whether the English service word at `at` owns the relation: "soldiers'", "mobilised men's", "soldiers"."""
    token = scene.tokens[at]
    if scene.lang == "en" and token.is_a("units") and token.text.endswith("'s"):
        return not scene.is_civil(token)
    if scene.lang == "en" and token.text == "men's":
        return scene.cue_beside(token) and not (scene.is_civil(token) or scene.is_struck(token))
    serves = token.is_a("service") or (token.is_a(*_WEAK) and scene.at_war(token))
    if scene.lang != "en" or not serves or token.singular_owner:
        return False
    if "'" in token.gap or token.text.endswith("'s") or scene.means("english_men", scene.tokens[at + 1]):
        return True
    return at == index - 1 and token.is_a("service") and not token.text.endswith("ed")  # "mobilised sons" serve


def _one_soldiers(token: Token, relation: Token) -> bool:
    """Tell whether "soldier's" is one man's: "soldier's parents" are, "soldier's mothers" is a misspelling."""
    tag = relation.tag("relation")
    return token.singular_owner and tag is not None and tag.group != "mothers"

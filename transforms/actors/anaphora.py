"""Groups of relatives whose men are named elsewhere: "their mothers", "with the families", "wives whose husbands"."""

import re
from collections.abc import Iterator

from transforms.actors.scene import STOP, Scene
from transforms.actors.vocabulary import Token

THEIR_REACH = 19  # tokens back from "their mothers" to the men
THEIR_CUES = 3  # places that speak of an army before "their families" are those of its men
BESIDE_REACH = 12  # tokens back from "together with the families", "handed to the parents" to the men
WITH_REACH = 3  # tokens back from "with the families" alone
WHOSE_REACH = 12  # tokens from "whose sons" to what says that they serve
LINK_REACH = 4  # tokens from "families" to "with", and from "with" to "sons"
KIN_CUE_REACH = 6  # tokens from "sons" to "in captivity"
HEAD_REACH = 5  # tokens back from "whose" to the women
ONE_REACH = 3  # tokens back from "whose" in which one woman shows that it is one relative

_DESCRIBING = re.compile(r"(?:ых|их|ые|ие|ым|им|ыми|ими|іх|їх|і)$")

_REFLEXIVE = re.compile(r"сво[їий]")


def their_span(scene: Scene, index: int) -> tuple[int, int] | None:
    """Return the span of "their families", "with the families" where the men named before serve."""
    tokens = scene.tokens
    relation = tokens[index]
    if index == 0 or STOP.search(tokens[index - 1].gap):
        return None
    first = _list_start(scene, index)
    if scene.means("their", tokens[first]):
        # "their sons" are the men themselves
        if _is_crowd_before(scene, first) or (relation.is_a("kin") and not _is_third(relation)):
            return None
        owner = _owner_before(scene, first, THEIR_REACH, of_children=scene.means("children", relation))
        return (tokens[first].start, relation.end) if owner or _are_theirs(scene, first, index) else None
    if scene.means("children", relation) or scene.is_civil(relation):
        return None
    reach = _beside_reach(scene, first, index)
    if reach and _owner_before(scene, first + 1, reach + 1, same_sentence=True) and not _given_by(scene, first, index):
        return relation.start, relation.end
    return None


def _is_crowd_before(scene: Scene, first: int) -> bool:
    """Tell whether an unknown English plural owns "their": "villagers and their parents"."""
    tokens = scene.tokens
    if scene.lang != "en" or first < 2 or not scene.means("and", tokens[first - 1]):  # noqa: PLR2004 - the word and "and"
        return False
    crowd = tokens[first - 2]
    return (
        not (crowd.tags or crowd.gap.strip()) and crowd.text.endswith("s") and crowd.sentence == tokens[first].sentence
    )


def _are_theirs(scene: Scene, first: int, index: int) -> bool:
    """Tell whether "their families" are soldiers' because the whole article is about them, and nobody else is near."""
    tokens = scene.tokens
    relation = tokens[index]
    tag = relation.tag("relation")
    plain = any(scene.means(name, relation) for name in ("kinfolk", "parents", "wives"))
    if not (plain or (tag is not None and tag.group == "mothers")):
        return False
    joined = first > 0 and (scene.means("and", tokens[first - 1]) or tokens[first - 1].is_a("members"))
    if joined or scene.means("women", relation) or _REFLEXIVE.match(tokens[first].text):
        return False  # "villagers and their wives", "своих близких"
    whole = scene.body if scene.body is not None else scene
    if not (whole.is_quiet and scene.is_calm and whole.cues_told >= THEIR_CUES and whole.has_service):
        return False
    sentence = relation.sentence
    return not any(token.is_a("others") and 0 <= sentence - token.sentence <= 1 for token in tokens[:index])


def _given_by(scene: Scene, first: int, index: int) -> bool:
    """Tell whether the soldiers before are those who give: "военные помогли семьям уехать"."""
    tokens = scene.tokens
    if scene.means("with", tokens[first]):
        return False
    before = tokens[max(0, index - BESIDE_REACH) : index]
    mine = [token.tag("service") for token in before if token.sentence == tokens[index].sentence]
    cases = [tag.cases for tag in mine if tag is not None]
    return bool(cases) and all(case == frozenset("n") for case in cases)


def _list_start(scene: Scene, index: int) -> int:
    """Return the token before a list of relatives that ends at `index`: "their" of "their wives and mothers"."""
    tokens, first = scene.tokens, index - 1
    while first > 0 and (tokens[first].is_a("relation") or scene.means("and", tokens[first])):
        first -= 1
    return first


def _is_third(relation: Token) -> bool:
    kin = relation.tag("kin")
    return kin is not None and kin.group == "relatives"


def _beside_reach(scene: Scene, first: int, index: int) -> int:
    """Return how far back the men may stand from relatives who are with them, or are handed something."""
    tokens = scene.tokens
    if scene.means("with", tokens[first]):
        together = first > 0 and scene.means("together", tokens[first - 1])
        return BESIDE_REACH if together else WITH_REACH
    tag = tokens[index].tag("relation")
    before = tokens[max(0, index - BESIDE_REACH) : index]
    sentence = tokens[index].sentence
    handed = any(scene.means("handed", token) for token in before if token.sentence == sentence)
    return BESIDE_REACH if handed and tag is not None and tag.cases == frozenset("d") else 0


def _owner_before(scene: Scene, index: int, reach: int, same_sentence: bool = False, of_children: bool = False) -> bool:
    """Tell whether the nearest word for people before `index`, here or one sentence back, is of men who serve."""
    tokens = scene.tokens
    sentence = tokens[min(index, len(tokens) - 1)].sentence
    for at in range(index - 1, max(-1, index - 1 - reach), -1):
        token = tokens[at]
        if token.sentence < sentence - (0 if same_sentence else 1):
            return False
        if token.is_a("others") or _is_civil_corps(scene, at):
            return False
        # "the nine are absent without leave": "their mothers"
        if (token.is_a("service") and not scene.describes(at)) or scene.is_count(at):
            return token.is_a("own_side") or not scene.is_struck(token)  # troops that shell are not the men
        if token.is_a("weak_service", "doubtful"):
            return scene.cue_beside(token) and not (scene.is_civil(token) or scene.is_struck(token))
        if at and tokens[at - 1].is_a("service") and _DESCRIBING.search(tokens[at - 1].text):
            continue  # "мобилизованных граждан"
        if scene.means("those", token) and not _stands_for_people(scene, at):
            continue  # "in those months"
        if not same_sentence and token.is_a("persons"):
            return (
                scene.means("men", token)
                and (scene.is_army_text or (scene.cue_beside(token) and not of_children))
                and not (scene.is_civil(token) or scene.is_struck(token))
            )
    return False


def _is_civil_corps(scene: Scene, at: int) -> bool:
    """Tell whether the people at `at` serve in no army: "офицеры полиции"."""
    following = scene.tokens[at + 1] if at + 1 < len(scene.tokens) else None
    return following is not None and scene.means("civil_corps", following)


def _stands_for_people(scene: Scene, at: int) -> bool:
    """Tell whether "those" are people, "those who", "those killed", and not "those months"."""
    following = scene.tokens[at + 1] if at + 1 < len(scene.tokens) else None
    return following is None or not following.text.endswith("s") or scene.ends_noun(following)


def whose_groups(scene: Scene, index: int) -> Iterator[tuple[str, int, int]]:
    """Yield group and span of "women whose husbands are at the front", "студентам, чьи родители мобилизованы"."""
    tokens = scene.tokens
    after = _kin_beside(scene, index)
    if after is None or scene.is_civil(tokens[after]):
        return
    kin = tokens[after]
    limit = tokens[min(len(tokens) - 1, after + WHOSE_REACH)].end
    _, sentence_end = scene.sentence_span(kin)
    cue = scene.sign_between(max(kin.end, tokens[index].end), min(limit, sentence_end))
    heads = [t for t in tokens[max(0, index - HEAD_REACH) : index] if t.sentence == kin.sentence and t is not kin]
    if cue is None or any(scene.means("one", token) for token in heads[-ONE_REACH:]):
        return
    women = kin.tag("kin") is not None and kin.is_a("kin") and _are_women(scene, heads, kin)
    relations = [] if women else [token for token in heads if token.is_a("relation")]
    start = relations[0].start if relations else tokens[index].start
    groups = {tag.group for token in relations if (tag := token.tag("relation")) is not None}
    for group in sorted(groups or {_group_of_women(scene, heads, kin)}):
        yield group, start, cue[1]


def _kin_beside(scene: Scene, index: int) -> int | None:
    """Return the token of the men that belongs to "whose" or "которых" at `index`."""
    tokens = scene.tokens
    if scene.means("which", tokens[index]) and not (index and scene.means("at", tokens[index - 1])):
        # "матери, сыновья которых", and not "матери, у которых сыновья"
        return index - 1 if index and tokens[index - 1].is_a("kin") and not tokens[index - 1].gap.strip() else None
    near = range(index + 1, min(len(tokens), index + 4))
    return next((at for at in near if tokens[at].is_a("kin", "relation")), None)


def _are_women(scene: Scene, heads: list[Token], kin: Token) -> bool:
    """Tell whether "жінки" are women with sons and not wives: the last word before "whose" is theirs."""
    tag = kin.tag("kin")
    last = next((token for token in reversed(heads) if token.is_a("relation") or scene.means("women", token)), None)
    return tag is not None and tag.group == "mothers" and last is not None and scene.means("women", last)


def kin_span(scene: Scene, index: int) -> tuple[int, int] | None:
    """Return the span of "families with sons in captivity", "parents who lost sons in Chechnya"."""
    found = _kin_after_link(scene, index)
    return None if found is None else (scene.tokens[index].start, found[1])


def women_group(scene: Scene, index: int) -> tuple[str, int, int] | None:
    """Return group and span of "women who had husbands at the front", «женщины, проводившие мужей на войну»."""
    found = _kin_after_link(scene, index)
    if found is None:
        return None
    return "mothers" if found[0] == "mothers" else "relatives", scene.tokens[index].start, found[1]


def _kin_after_link(scene: Scene, index: int) -> tuple[str, int] | None:
    """Return whose kin, and where the words end, of "with sons in captivity" after the token at `index`."""
    tokens = scene.tokens
    head = tokens[index]
    near = range(index + 1, min(len(tokens), index + 1 + LINK_REACH))
    link = next((at for at in near if scene.means("kin_links", tokens[at])), None)
    if (
        link is None
        or (link > index + 1 and scene.means("with", tokens[link]))
        or scene.is_civil(head)
        or any(STOP.search(token.gap) for token in tokens[index:link])
    ):
        return None
    for token in tokens[link + 1 : link + 1 + LINK_REACH]:
        tag = token.tag("kin")
        if token.sentence != head.sentence:
            return None
        if tag is not None and tag.group in {"mothers", "wives"}:
            cue = scene.cue_between(token.end, _clause_end(scene, tokens.index(token)))
            return None if cue is None else (tag.group, cue[1])
    return None


def _clause_end(scene: Scene, at: int) -> int:
    """Return the raw end of the words about the men at `at`: "in captivity", "as the army advanced" is not theirs."""
    tokens, last = scene.tokens, at
    while last + 1 < min(len(tokens), at + 1 + KIN_CUE_REACH) and tokens[last + 1].sentence == tokens[at].sentence:
        following = tokens[last + 1]
        if STOP.search(tokens[last].gap) or (scene.means("english_end", following) and following.text != "who"):
            break
        last += 1
    return tokens[last].end


def _group_of_women(scene: Scene, heads: list[Token], kin: Token) -> str:
    tag = kin.tag("kin")
    sons = tag is not None and tag.group == "mothers"
    return "mothers" if sons and any(scene.means("women", token) for token in heads) else "relatives"

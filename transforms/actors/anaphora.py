"""Groups of relatives whose men are named elsewhere: "their mothers", "with the families", "wives whose husbands"."""

import re
from collections.abc import Iterator

from transforms.actors.scene import STOP, Scene
from transforms.actors.vocabulary import Token

THEIR_REACH = 19  # tokens back from "their mothers" to the men
BESIDE_REACH = 12  # tokens back from "together with the families", "handed to the parents" to the men
WITH_REACH = 3  # tokens back from "with the families" alone
WHOSE_REACH = 12  # tokens from "whose sons" to what says that they serve
HEAD_REACH = 5  # tokens back from "whose" to the women
ONE_REACH = 3  # tokens back from "whose" in which one woman shows that it is one relative

_DESCRIBING = re.compile(r"(?:ых|их|ые|ие|ым|им|ыми|ими|іх|їх|і)$")


def their_span(scene: Scene, index: int) -> tuple[int, int] | None:
    """Return the span of "their families", "with the families" where the men named before serve."""
    tokens = scene.tokens
    relation = tokens[index]
    if index == 0 or STOP.search(tokens[index - 1].gap):
        return None
    first = _list_start(scene, index)
    if scene.means("their", tokens[first]):
        if relation.is_a("kin") and not _is_third(relation):
            return None  # "their sons" are the men themselves
        owner = _owner_before(scene, first, THEIR_REACH)
        return (tokens[first].start, relation.end) if owner else None
    if scene.means("children", relation):
        return None
    reach = _beside_reach(scene, first, index)
    if reach and _owner_before(scene, first + 1, reach + 1, same_sentence=True):
        return relation.start, relation.end
    return None


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


def _owner_before(scene: Scene, index: int, reach: int, same_sentence: bool = False) -> bool:
    """Tell whether the nearest word for people before `index`, here or one sentence back, is of men who serve."""
    tokens = scene.tokens
    sentence = tokens[min(index, len(tokens) - 1)].sentence
    for at in range(index - 1, max(-1, index - 1 - reach), -1):
        token = tokens[at]
        if token.sentence < sentence - (0 if same_sentence else 1):
            return False
        if token.is_a("service") and not scene.describes(at):
            return token.is_a("own_side") or not scene.is_struck(token)  # troops that shell are not the men
        if token.is_a("others"):
            return False
        if token.is_a("weak_service", "doubtful"):
            return scene.cue_beside(token) and not (scene.is_civil(token) or scene.is_struck(token))
        if at and tokens[at - 1].is_a("service") and _DESCRIBING.search(tokens[at - 1].text):
            continue  # "мобилизованных граждан"
        if scene.means("those", token) and not _stands_for_people(scene, at):
            continue  # "in those months"
        if not same_sentence and token.is_a("persons"):
            return (
                scene.is_army_text
                and scene.means("men", token)
                and not (scene.is_civil(token) or scene.is_struck(token))
            )
    return False


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
    relations = [token for token in heads if token.is_a("relation")]
    start = relations[0].start if relations else tokens[index].start
    groups = {tag.group for token in relations if (tag := token.tag("relation")) is not None}
    for group in sorted(groups or {_group_of_women(scene, heads, kin)}):
        yield group, start, cue[1]


def _kin_beside(scene: Scene, index: int) -> int | None:
    """Return the token of the men that belongs to "whose" or "которых" at `index`."""
    tokens = scene.tokens
    if scene.means("which", tokens[index]):  # "матери, сыновья которых"
        return index - 1 if index and tokens[index - 1].is_a("kin") and not tokens[index - 1].gap.strip() else None
    near = range(index + 1, min(len(tokens), index + 4))
    return next((at for at in near if tokens[at].is_a("kin", "relation")), None)


def _group_of_women(scene: Scene, heads: list[Token], kin: Token) -> str:
    tag = kin.tag("kin")
    sons = tag is not None and tag.group == "mothers"
    return "mothers" if sons and any(scene.means("women", token) for token in heads) else "relatives"

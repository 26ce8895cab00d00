"""Groups of relatives named by one word, where their sentence says whose they are."""

from transforms.actors.scene import Scene
from transforms.actors.vocabulary import Token

KIN_REACH = 25  # tokens between "mothers" and "their sons" in one sentence
SPEECH_REACH = 4  # tokens between relatives and the verb of what they say
THEM_REACH = 11  # tokens between relatives and "for them"
DEALT_BEFORE, DEALT_AFTER = 4, 6  # tokens around relatives in which the verb must stand
DEALT_SENTENCES = 3  # sentences around them in which an army must be spoken of
OPENING_REACH = 40  # tokens back to the beginning of the sentence before


def bare_span(scene: Scene, index: int) -> tuple[int, int] | None:
    """Return the span of relatives at `index` without an owner, if their sentence ties them to people in service."""
    relation = scene.tokens[index]
    if scene.is_civil(relation):
        return None
    tied = (
        _have_kin(scene, index)
        or _are_a_pair(scene, index)
        or _protest(scene, index)
        or _report(scene, index)
        or _act_for_them(scene, index)
        or _stand_beside(scene, index)
    )
    return (relation.start, relation.end) if tied else None


def dealt_span(scene: Scene, index: int) -> tuple[int, int] | None:
    """Return the span of relatives to whom an army's side says or refuses something: "families were told".

    Only in a text that is about an army and about no accident or shelling; "his parents" are two.
    """
    tokens = scene.tokens
    relation = tokens[index]
    if not scene.is_quiet or scene.means("children", relation) or scene.means("may_be_one", relation):
        return None
    his = index > 0 and scene.means("his", tokens[index - 1]) and scene.means("parents", relation)
    theirs = index > 0 and scene.means("their", tokens[index - 1])
    if theirs and (not scene.is_army_text or not any(t.is_a("units") for t in _sentence(scene, index))):
        return None
    if not (his or theirs) and scene.has_owner(index):
        return None
    if not _is_dealt_with(scene, index):
        return None
    if any(token.is_a("others") and 0 <= relation.sentence - token.sentence <= 1 for token in tokens):
        return None
    first = scene.sentence_start(relation.sentence - DEALT_SENTENCES)
    last = scene.sentence_start(relation.sentence + DEALT_SENTENCES + 1)
    near_army = scene.is_army_text or scene.cue_between(first, last) is not None
    return (relation.start, relation.end) if near_army else None


def _is_dealt_with(scene: Scene, index: int) -> bool:
    """Tell whether the relation's own clause says what is done to it: no comma stands between."""
    tokens = scene.tokens
    last = index
    while last < min(len(tokens) - 1, index + DEALT_AFTER) and "," not in tokens[last].gap:
        last += 1
    near = [*tokens[max(0, index - DEALT_BEFORE) : index], *tokens[index + 1 : last + 1]]
    return any(token.sentence == tokens[index].sentence and scene.means("dealt", token) for token in near)


def _kind(scene: Scene, token: Token) -> str:
    tag = token.tag("relation")
    if tag is None:
        return ""
    if tag.group == "mothers":
        return "mother"
    return "wife" if scene.means("wives", token) else "other"


def _have_kin(scene: Scene, index: int) -> bool:
    """Tell whether the sentence speaks of the mothers' sons, or the wives' husbands, and of an army."""
    tokens = scene.tokens
    relation = tokens[index]
    wanted = {"mother": "mothers", "wife": "wives"}.get(_kind(scene, relation))
    for token in tokens[index + 1 : index + 1 + KIN_REACH]:
        if token.sentence != relation.sentence:
            return False
        kin = token.tag("kin")
        if kin is not None and kin.group == wanted:
            return any(scene.means("men_at_war", word) for word in _sentence(scene, index))
    return False


def _are_a_pair(scene: Scene, index: int) -> bool:
    """Tell whether the relation is half of "wives and mothers" in a sentence that speaks of an army."""
    tokens = scene.tokens
    for at in (index - 2, index + 2):
        if not 0 <= at < len(tokens):
            continue
        other, between = tokens[at], tokens[(at + index) // 2]
        if not scene.means("and", between) or tokens[min(at, index)].gap.strip() or between.gap.strip():
            continue
        if {_kind(scene, tokens[index]), _kind(scene, other)} == {"mother", "wife"}:
            return any(scene.means("men_at_war", word) for word in _sentence(scene, index))
    return False


def _protest(scene: Scene, index: int) -> bool:
    """Tell whether mothers or wives protest against a call-up or a war, or wives want demobilisation."""
    kind = _kind(scene, scene.tokens[index])
    sentence = _sentence(scene, index)
    if kind not in {"mother", "wife"} and not _picket(scene, index):
        return False
    if kind == "wife" and any(scene.means("homecoming", token) for token in sentence):
        return True
    return all(any(scene.means(name, token) for token in sentence) for name in ("protest", "callup"))


def _picket(scene: Scene, index: int) -> bool:
    """Tell whether a protest is named after relatives: "parents' picket", «пикет родителей»."""
    tokens = scene.tokens
    if any(token.is_a("others") for token in _sentence(scene, index)):
        return False
    after = index + 1 if scene.lang == "en" else index - 1
    gap = tokens[min(index, max(after, 0))].gap
    owns = gap.startswith("'") if scene.lang == "en" else not gap.strip()
    return owns and 0 <= after < len(tokens) and scene.means("protest", tokens[after])


def _report(scene: Scene, index: int) -> bool:
    """Tell whether relatives say something about people in service: "мобилизованным не платят, жалуются жёны"."""
    tokens = scene.tokens
    relation = tokens[index]
    reach = tokens[max(0, index - SPEECH_REACH) : index + 1 + SPEECH_REACH]
    near = [token for token in reach if token.sentence == relation.sentence]
    complains = any(scene.means("complaint", token) for token in near)
    if not complains and not any(scene.means("speech", token) for token in near):
        return False
    sentence = _sentence(scene, index)
    if scene.means("children", relation):
        return False  # sons of whom their mothers say something
    if any(token.is_a("others") for token in sentence) or not _are_several(scene, index):
        return False
    if any(token.is_a("own_side") for token in sentence):
        return True
    close = _kind(scene, relation) != "other"
    about = [tag for token in sentence if (tag := token.tag("service")) is not None]
    # "Військові привезли не ту домовину, скаржаться родичі": soldiers who act need not be theirs.
    return any(close or (complains and "n" not in tag.cases) for tag in about)


def _are_several(scene: Scene, index: int) -> bool:
    """Tell whether "матери" are mothers who speak, and not the one mother who is told something."""
    tokens = scene.tokens
    if not scene.means("may_be_one", tokens[index]):
        return True
    if index == 0 or tokens[index - 1].sentence != tokens[index].sentence:
        return True
    verb = tokens[index - 1]
    if not (scene.means("speech", verb) or scene.means("complaint", verb)) or verb.gap.strip():
        return False
    if index == 1 or tokens[index - 2].sentence != verb.sentence:
        return False
    return scene.means("told", tokens[index - 2]) or bool(tokens[index - 2].gap.strip(" "))


def _act_for_them(scene: Scene, index: int) -> bool:
    """Tell whether "relatives" begin a sentence after one about men in service, and do something for "them"."""
    tokens = scene.tokens
    sentence = tokens[index].sentence
    if sentence == 0 or (index and tokens[index - 1].sentence == sentence):
        return False
    later = [token for token in tokens[index + 1 : index + 1 + THEM_REACH] if token.sentence == sentence]
    if not any(scene.means("them", token) for token in later):
        return False
    before = tokens[max(0, index - OPENING_REACH) : index]
    opening = next((token for token in before if token.sentence == sentence - 1), None)
    tag = opening.tag("service") if opening else None
    return tag is not None and "n" in tag.cases


def _stand_beside(scene: Scene, index: int) -> bool:
    """Tell whether wives or mothers, surely several, are spoken of beside a sentence about the mobilised."""
    tokens = scene.tokens
    relation = tokens[index]
    if _kind(scene, relation) not in {"mother", "wife"} or scene.means("may_be_one", relation):
        return False
    near = tokens[max(0, index - OPENING_REACH) : index + OPENING_REACH]
    return any(t.is_a("own_side") and abs(t.sentence - relation.sentence) <= 1 for t in near)


def _sentence(scene: Scene, index: int) -> list[Token]:
    tokens, sentence = scene.tokens, scene.tokens[index].sentence
    first = last = index
    while first > 0 and tokens[first - 1].sentence == sentence:
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].sentence == sentence:
        last += 1
    return tokens[first : last + 1]

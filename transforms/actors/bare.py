"""Groups of relatives named by one word, where their sentence says whose they are."""

import re

from transforms.actors.scene import Scene
from transforms.actors.vocabulary import Token

KIN_REACH = 25  # tokens between "mothers" and "their sons" in one sentence
SPEECH_REACH = 4  # tokens between relatives and the verb of what they say
THEM_REACH = 11  # tokens between relatives and "for them"
DEALT_BEFORE, DEALT_AFTER = 4, 6  # tokens around relatives in which the verb must stand
DEALT_SENTENCES = 3  # sentences around them in which an army must be spoken of
OPENING_REACH = 40  # tokens back to the beginning of the sentence before
PETITION_REACH = 6  # tokens between relatives and the verb of what they ask
NAME_REACH = 14  # characters before "полк" in which "Бессмертный" must stand
UNIT_SENTENCES = 3  # back to the men's unit in a text that is about an army alone
UNIT_REACH = 8  # tokens after relatives in which their men's unit may stand
PLAIN_CUES = 5  # places that speak of an army before wives and parents who act in the article are soldiers'
TITLE_CUES = 3  # the same for relatives who act in a title
ACT_BEFORE = 2  # tokens between the verb and relatives who follow it
SEEK_REACH = 6  # tokens between "search for" and whom they search for

_PLURAL_VERB = re.compile(r"(?:[уюая]т|[уюая]ть)(?:ся)?$")  # present tense; "матери сказали" is what one was told
_MARCH = re.compile(r"(?:бессмертн|безсмертн)\w*\W*$")


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
        or _ask_for_unit(scene, index)
        or _are_wives_of_soldiers(scene, index)
        or _seek(scene, index)
        or _stand_with_soldiers(scene, index)
        or _act_in_army_text(scene, index)
        or _stand_beside(scene, index)
    )
    return (relation.start, relation.end) if tied else None


def dealt_span(scene: Scene, index: int) -> tuple[int, int] | None:
    """Return the span of relatives to whom an army's side says or refuses something: "families were told".

    Only in a text that is about an army and about no accident or shelling; "his parents" are two.
    """
    tokens = scene.tokens
    relation = tokens[index]
    told = scene.is_quiet or (scene.is_calm and _unit_before(scene, index))
    if not told or scene.means("children", relation) or scene.means("may_be_one", relation):
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
    if "," in tokens[index].gap:  # "his parents, Ann and John, were told"
        reach = range(index + 1, min(len(tokens) - 1, index + 1 + DEALT_AFTER))
        last = next((at + 1 for at in reach if "," in tokens[at].gap), index)
    opening = last
    while last < min(len(tokens) - 1, opening + DEALT_AFTER) and "," not in tokens[last].gap:
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
    parents = scene.means("parents", relation)
    wanted = "mothers" if parents else {"mother": "mothers", "wife": "wives"}.get(_kind(scene, relation))
    for token in tokens[index + 1 : index + 1 + KIN_REACH]:
        if token.sentence != relation.sentence:
            return False
        kin = token.tag("kin")
        if kin is not None and kin.group == wanted:
            titled = scene.body is not None and scene.body.is_quiet
            return titled or any(scene.means("men_at_war", word) for word in _sentence(scene, index))
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
    if all(any(scene.means(name, token) for token in sentence) for name in ("protest", "callup")):
        return True
    body = scene.body.tokens if scene.body is not None else ()
    return _picket(scene, index) and any(scene.means("draft_places", token) for token in body)


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
    first = index  # of "mothers and fathers"
    while first > 0 and (tokens[first - 1].is_a("relation") or scene.means("and", tokens[first - 1])):
        first -= 1
    reach = tokens[max(0, first - SPEECH_REACH) : index + 1 + SPEECH_REACH]
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
    if complains and scene.is_quiet and _men_are_several(scene, index):
        return True
    if scene.is_calm and _are_plain_kin(scene, index) and _are_speakers(scene, index):
        complains = complains or any(scene.means("tells", token) for token in near)
    close = _kind(scene, relation) != "other"
    about = [tag for token in sentence if (tag := token.tag("service")) is not None]
    # "Військові привезли не ту домовину, скаржаться родичі": soldiers who act need not be theirs.
    return any(close or (complains and "n" not in tag.cases) for tag in about)


def _seek(scene: Scene, index: int) -> bool:
    """Tell whether relatives search, wait for or meet people in service: "relatives look for the paratroopers"."""
    tokens = scene.tokens
    if scene.means("children", tokens[index]) or scene.means("women", tokens[index]):
        return False
    if any(token.is_a("others") for token in _sentence(scene, index)) or _are_others_too(scene, index):
        return False
    for at in range(index + 1, min(len(tokens), index + 1 + SPEECH_REACH)):
        if scene.means("seek", tokens[at]):
            return _finds_soldiers(scene, at + 1)
    return False


def _are_others_too(scene: Scene, index: int) -> bool:
    """Tell whether the relatives belong to somebody named before them: "villagers and their wives"."""
    if not index:
        return False
    before = scene.tokens[index - 1]
    clause = index > 1 and bool(scene.tokens[index - 2].gap.strip())  # ", and mothers wrote" begins another
    return scene.means("their", before) or (scene.means("and", before) and not clause)


def _finds_soldiers(scene: Scene, first: int) -> bool:
    """Tell whether the first people named from the token `first` on, in its sentence, are in service."""
    for token in scene.tokens[first : first + SEEK_REACH]:
        if token.sentence != scene.tokens[first].sentence:
            return False
        if token.is_a("service") or (token.is_a("weak_service") and scene.at_war(token)):
            return True
        if token.is_a("relation", "persons"):
            return False
    return False


def _stand_with_soldiers(scene: Scene, index: int) -> bool:
    """Tell whether families are named together with people in service: "бойцов СВО и членов семей"."""
    tokens = scene.tokens
    if not scene.means("kinfolk", tokens[index]):
        return False
    joint = index - 1
    while joint > 0 and tokens[joint].is_a("members"):
        joint -= 1
    if joint < 1 or not scene.means("and", tokens[joint]) or tokens[joint].gap.strip():
        return False
    men = tokens[joint - 1]
    return men.is_a("service") and not (men.gap.strip() or scene.describes(joint - 1) or scene.means("comrades", men))


def _act_in_army_text(scene: Scene, index: int) -> bool:
    """Tell whether relatives ask, accuse or protest in an article that is plainly about an army."""
    tokens = scene.tokens
    relation = tokens[index]
    if not _are_plain_kin(scene, index) or any(token.is_a("others") for token in _sentence(scene, index)):
        return False
    if not _are_speakers(scene, index) or not _men_are_several(scene, index):
        return False
    whole = scene.body if scene.body is not None else scene
    needed = PLAIN_CUES if scene.body is None else TITLE_CUES
    told = whole.cues_told >= needed or scene.cue_beside(relation)
    if not (told and whole.is_quiet and scene.is_calm):
        return False
    near = [*tokens[max(0, index - ACT_BEFORE) : index], *tokens[index + 1 : index + 1 + SPEECH_REACH]]
    return any(token.sentence == relation.sentence and scene.means("acts", token) for token in near)


def _men_are_several(scene: Scene, index: int) -> bool:
    """Tell whether the article is about more than one soldier: the relatives of one are no group."""
    if _kind(scene, scene.tokens[index]) in {"mother", "wife"}:
        return True
    article = [scene, *(other for other in (scene.title, scene.body) if other is not None)]
    return any(
        token.is_a("service", "units") or _is_own_unit(part, token) or scene.means("counts", token)
        for part in article
        for token in part.tokens
    )


def _are_bystanders(scene: Scene, index: int) -> bool:
    """Tell whether families may be those of a place that an army came to: villagers, refugees, looting."""
    if _kind(scene, scene.tokens[index]) == "wife":
        return False
    parts = [scene, *(other for other in (scene.title, scene.body) if other is not None)]
    return any(scene.means("bystanders", token) for part in parts for token in part.tokens)


def _are_speakers(scene: Scene, index: int) -> bool:
    """Tell whether relatives are who speaks: "родители пишут", «письмо родителей», and not "сообщили родителям"."""
    tag = scene.tokens[index].tag("relation")
    before = scene.tokens[max(0, index - PETITION_REACH) : index]
    return tag is not None and ("n" in tag.cases or any(scene.means("letters", token) for token in before))


def _are_plain_kin(scene: Scene, index: int) -> bool:
    """Tell whether the relation is several wives, mothers, parents or families that nobody named before owns."""
    relation = scene.tokens[index]
    if scene.means("women", relation) or not _are_several(scene, index) or _are_others_too(scene, index):
        return False
    if scene.is_named(index) or _are_bystanders(scene, index):
        return False  # "совет матерей", «Матери Алтая»
    mothers_or_wives = _kind(scene, relation) in {"mother", "wife"}
    return mothers_or_wives or scene.means("kinfolk", relation) or scene.means("parents", relation)


def _unit_before(scene: Scene, index: int) -> bool:
    """Tell whether the sentence of the relatives, or the one before, speaks of a unit: "the platoon is gone"."""
    tokens = scene.tokens
    sentence = tokens[index].sentence
    back = UNIT_SENTENCES if scene.is_quiet else 1
    near = [t for t in tokens[max(0, index - OPENING_REACH) : index + UNIT_REACH] if 0 <= sentence - t.sentence <= back]
    return any(_is_own_unit(scene, token) and not scene.is_civil(token) for token in near)


def _is_own_unit(scene: Scene, token: Token) -> bool:
    """Tell whether the token is a unit at war, and not the march «Бессмертный полк»."""
    before = scene.view.raw[max(0, token.start - NAME_REACH) : token.start].lower()
    theirs = scene.means("own_units", token) or (scene.military and scene.means("shared_units", token))
    if not theirs or _MARCH.search(before):
        return False
    at = scene.tokens.index(token)
    beside = scene.tokens[max(0, at - 1) : at + 2]
    return not any(scene.means("civil_units", word) or scene.means("unlike_units", word) for word in beside)


def _ask_for_unit(scene: Scene, index: int) -> bool:
    """Tell whether relatives ask or wait for something after a sentence about a unit."""
    tokens = scene.tokens
    relation = tokens[index]
    if not _are_plain_kin(scene, index) or scene.is_struck(relation):
        return False
    near = [*tokens[max(0, index - PETITION_REACH) : index], *tokens[index + 1 : index + 1 + PETITION_REACH]]
    asks = any(token.sentence == relation.sentence and scene.means("petition", token) for token in near)
    if any(token.is_a("others") and 0 <= relation.sentence - token.sentence <= 1 for token in tokens):
        return False
    return asks and _unit_before(scene, index)


def _are_wives_of_soldiers(scene: Scene, index: int) -> bool:
    """Tell whether wives, surely several, come after soldiers or their unit in one sentence."""
    tokens = scene.tokens
    relation = tokens[index]
    if _kind(scene, relation) != "wife" or scene.means("may_be_one", relation) or scene.is_struck(relation):
        return False
    if scene.means("women", relation):
        return False  # Ukrainian "жінки" are any women
    before = [t for t in tokens[max(0, index - KIN_REACH) : index] if t.sentence == relation.sentence]
    if any(token.is_a("others") for token in _sentence(scene, index)):
        return False
    return any(t.is_a("service", "units") or _is_own_unit(scene, t) for t in before)


def _are_several(scene: Scene, index: int) -> bool:
    """Tell whether "матери" are mothers who speak, and not the one mother who is told something."""
    tokens = scene.tokens
    if not scene.means("may_be_one", tokens[index]):
        return True
    if index == 0 or tokens[index - 1].sentence != tokens[index].sentence or _do_something(scene, index):
        return True
    verb = tokens[index - 1]
    if not (scene.means("speech", verb) or scene.means("complaint", verb)) or verb.gap.strip():
        return False
    if index == 1 or tokens[index - 2].sentence != verb.sentence:
        return False
    return scene.means("told", tokens[index - 2]) or bool(tokens[index - 2].gap.strip(" "))


def _do_something(scene: Scene, index: int) -> bool:
    """Tell whether a verb in the plural follows: "матери узнают"; "матери говорят" may be what one is told."""
    following = scene.tokens[index + 1] if index + 1 < len(scene.tokens) else None
    if following is None or scene.tokens[index].gap.strip() or scene.means("dealt", following):
        return False
    return _PLURAL_VERB.search(following.text) is not None


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

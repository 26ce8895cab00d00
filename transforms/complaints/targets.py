"""Who is answerable for a complaint."""

from transforms.complaints.lexicon import Lexicon
from transforms.complaints.reading import Sentence

# Class of words → target; the first that the sentence names.
_TARGETS = (
    ("T_PRESIDENT", "president"), ("T_DEFENCE", "defence_ministry"), ("T_COMMAND", "command"),
    ("T_DRAFT", "draft_office"), ("T_SECURITY", "security_services"), ("T_REGION", "regional_authorities"),
    ("T_MEDIA", "state_media"), ("T_AUTHORITIES", "authorities"),
)  # fmt: skip
# Who is answerable by the nature of the complaint where the sentence names nobody, as most development labels have it.
_USUAL = {
    "MOB.EXEMPT": "draft_office", "MOB.PROCEDURE": "draft_office", "MOB.CONTRACT": "command",
    "MOB.CONSCRIPT": "defence_ministry", "MOB.TERM": "authorities", "SUP.TRAINING": "command",
    "SUP.EQUIP": "defence_ministry", "SUP.FOOD": "command", "CON.LIVING": "command",
    "CON.MEDICAL": "command", "ABU.HAZING": "none",
    "ABU.VIOLENCE": "command", "ABU.DETAIN": "command", "ABU.EXTORT": "command", "ABU.SACRIFICE": "command",
    "FATE.MISSING": "none", "FATE.KILLED": "command", "FATE.CAPTIVE": "authorities", "FATE.INFO": "command",
    "PAY.WAGES": "defence_ministry", "PAY.BENEFITS": "defence_ministry", "AUT.IGNORED": "authorities",
    "REP.INTIMIDATE": "security_services", "REP.DETAIN": "security_services", "REP.PROSECUTE": "security_services",
    "REP.DESIGNATE": "authorities", "REP.CENSOR": "authorities", "GEN.OTHER": "command",
}  # fmt: skip
# Classes that a sentence may name without making them answerable for the code: hazing is done in the ranks whatever
# ministry reports it, a court that dismisses a man from service does not keep him there.
_BESIDE: dict[str, frozenset[str]] = {
    "MOB.TERM": frozenset({"T_SECURITY", "T_REGION", "T_MEDIA"}),
    "ABU.HAZING": frozenset({"T_DEFENCE", "T_SECURITY", "T_REGION", "T_MEDIA"}),
    "FATE.CAPTIVE": frozenset({"T_COMMAND", "T_DRAFT", "T_REGION", "T_MEDIA"}),
    "FATE.MISSING": frozenset({"T_REGION", "T_MEDIA"}),
    "REP.DETAIN": frozenset({"T_PRESIDENT", "T_DEFENCE", "T_REGION", "T_MEDIA", "T_AUTHORITIES"}),
    "REP.PROSECUTE": frozenset({"T_PRESIDENT", "T_DEFENCE", "T_COMMAND", "T_REGION", "T_MEDIA", "T_AUTHORITIES"}),
    "REP.DESIGNATE": frozenset({"T_DEFENCE", "T_COMMAND", "T_SECURITY", "T_REGION", "T_MEDIA"}),
    **dict.fromkeys(
        ("SUP.TRAINING", "SUP.EQUIP", "SUP.FOOD", "CON.LIVING", "CON.MEDICAL", "PAY.WAGES", "PAY.BENEFITS"),
        frozenset({"T_SECURITY", "T_REGION", "T_MEDIA"}),
    ),
}
_GENERAL = "T_AUTHORITIES"  # «the state» says less than the office whose business the complaint is by nature
_OFFICES = frozenset({"draft_office", "defence_ministry", "security_services"})


def target_of(lexicon: Lexicon, sentence: Sentence, code: str) -> str:
    """Return the codebook's word for who is answerable for a complaint `code` in `sentence`."""
    beside, usual = _BESIDE.get(code, frozenset()), _USUAL[code]
    for name, target in _TARGETS:
        if name in beside or (name == _GENERAL and usual in _OFFICES) or not sentence.has(lexicon.number(name)):
            continue
        if name != "T_REGION" or not sentence.has(lexicon.number("V_REGION_OTHER")):
            return target
    return usual

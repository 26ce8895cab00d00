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


def target_of(lexicon: Lexicon, sentence: Sentence, code: str) -> str:
    """Return the codebook's word for who is answerable for a complaint `code` in `sentence`."""
    return next((target for name, target in _TARGETS if sentence.has(lexicon.number(name))), _USUAL[code])

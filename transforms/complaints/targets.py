"""Who is answerable for a complaint."""

from collections.abc import Sequence

from transforms.complaints.lexicon import Lexicon
from transforms.complaints.reading import Sentence

# Class of words → target; the first that the sentence, or else the one before it, names.
_TARGETS = (
    ("T_PRESIDENT", "president"), ("T_DEFENCE", "defence_ministry"), ("T_COMMAND", "command"),
    ("T_DRAFT", "draft_office"), ("T_SECURITY", "security_services"), ("T_REGION", "regional_authorities"),
    ("T_MEDIA", "state_media"), ("T_AUTHORITIES", "authorities"),
)  # fmt: skip
# Who is answerable by the nature of the complaint where the text names nobody.
_USUAL = {
    "MOB.EXEMPT": "draft_office", "MOB.PROCEDURE": "draft_office", "MOB.CONTRACT": "command",
    "MOB.CONSCRIPT": "defence_ministry", "MOB.TERM": "authorities", "CON.MEDICAL": "command",
    "ABU.VIOLENCE": "command", "ABU.DETAIN": "command", "ABU.EXTORT": "command", "ABU.SACRIFICE": "command",
    "FATE.INFO": "command", "PAY.WAGES": "defence_ministry", "PAY.BENEFITS": "authorities",
    "AUT.IGNORED": "authorities", "REP.INTIMIDATE": "authorities", "REP.DETAIN": "security_services",
    "REP.PROSECUTE": "security_services", "REP.DESIGNATE": "authorities", "REP.CENSOR": "authorities",
}  # fmt: skip


def target_of(lexicon: Lexicon, sentences: Sequence[Sentence], sentence: Sentence, code: str) -> str:
    """Return the codebook's word for who is answerable for a complaint `code` in `sentence`."""
    before = sentences[sentence.index - 1] if sentence.index else None
    for name, target in _TARGETS:
        if sentence.has(lexicon.number(name)):
            return target
    usual = _USUAL.get(code)
    if usual is not None or before is None:
        return usual or "none"
    return next((target for name, target in _TARGETS if before.has(lexicon.number(name))), "none")

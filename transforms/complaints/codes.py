"""The complaint and demand codes of the codebook, and who can be answerable for a complaint."""

from typing import Literal, get_args

Code = Literal[
    "MOB.EXEMPT", "MOB.CONTRACT", "MOB.CONSCRIPT", "MOB.PROCEDURE", "MOB.TERM",
    "SUP.TRAINING", "SUP.EQUIP", "SUP.FOOD",
    "CON.LIVING", "CON.MEDICAL",
    "ABU.HAZING", "ABU.VIOLENCE", "ABU.DETAIN", "ABU.EXTORT", "ABU.SACRIFICE",
    "FATE.MISSING", "FATE.KILLED", "FATE.CAPTIVE", "FATE.INFO",
    "PAY.WAGES", "PAY.BENEFITS",
    "AUT.IGNORED",
    "REP.INTIMIDATE", "REP.DETAIN", "REP.PROSECUTE", "REP.DESIGNATE", "REP.CENSOR",
    "GEN.OTHER",
]  # fmt: skip
DemandCode = Literal["DEM.RETURN", "DEM.PEACE", "DEM.INVESTIGATE", "DEM.MEET", "DEM.INFORM", "DEM.SUPPLY"]
Target = Literal[
    "president", "defence_ministry", "command", "draft_office", "security_services", "regional_authorities",
    "state_media", "authorities", "none",
]  # fmt: skip

CODES: tuple[str, ...] = get_args(Code)
DEMAND_CODES: tuple[str, ...] = get_args(DemandCode)
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(code.split(".")[0] for code in CODES))


def family(code: str) -> str:
    """Return the part of `code` before the dot."""
    return code.split(".", 1)[0]

"""The rule and word files as pydantic models."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from transforms.complaints.codes import CODES, DEMAND_CODES
from transforms.tables.records import SpeakerKind, Status

WITHIN = 14  # places from the first to the last word of a match: about one clause and a half
MAX_WITHIN = 40
Scope = Literal["free", "service", "soldier", "family", "complainer"]
Texts = list[str] | str
Pattern = Annotated[list[str], Field(min_length=1)]


def _known_code(code: str) -> str:
    if code not in CODES and code not in DEMAND_CODES:
        raise ValueError(f"unknown code '{code}'")
    return code


class Rule(BaseModel):
    """One rule: what must stand in one sentence, where it counts, and texts that it must and must not find."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$")
    code: Annotated[str, AfterValidator(_known_code)]
    match: Pattern  # any of them; the first group is the predicate that negation is looked for at
    within: int = Field(WITHIN, ge=1, le=MAX_WITHIN)
    with_: list[str] = Field(default_factory=list, alias="with")  # each stands somewhere in the sentence
    not_: list[str] = Field(default_factory=list, alias="not")  # none stands in the sentence
    scope: Scope = "service"
    status: Status | None = None  # fixed, whatever the clause says
    speaker: list[SpeakerKind] = Field(default_factory=list)  # only in the mouth of one of these
    plain: bool = False  # the pattern holds no negation of its own: any inside it turns it round
    confidence: float = Field(gt=0, le=1)
    example: dict[str, Texts] | Texts
    counter: dict[str, Texts] | Texts

    def texts(self, kind: Literal["example", "counter"], lang: str) -> list[str]:
        """Return the examples or counter-examples in `lang`."""
        value = self.example if kind == "example" else self.counter
        if isinstance(value, dict):
            value = value.get(lang, [])
        return [value] if isinstance(value, str) else value


class RuleFile(BaseModel):
    """A file of rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: Annotated[list[Rule], Field(min_length=1)]


class WordFile(BaseModel):
    """A file of word classes: name → phrases, or one text of phrases with commas between."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classes: dict[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")], list[str] | str]

    def phrases(self, name: str) -> list[str]:
        """Return the phrases of class `name`."""
        value = self.classes[name]
        parts = value.split(",") if isinstance(value, str) else [p for line in value for p in line.split(",")]
        return [part.strip() for part in parts if part.strip()]

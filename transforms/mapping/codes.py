"""What Picket's codes are in PLOVER, CAMEO, HURIDOCS and Mass Mobilization, read from `configs/mapping.yaml`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from transforms.complaints.codes import CODES, DEMAND_CODES, Code, DemandCode
from transforms.knowledge.yaml_file import InvalidFile, Problem, YamlFile

SchemeId = Literal["plover", "cameo", "huridocs", "mass_mobilization"]
Match = Literal["exact", "close", "broad", "none"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
SCHEMES: tuple[SchemeId, ...] = get_args(SchemeId)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scheme(_Model):
    """A scheme, the document that defines it, and those of its terms that are mapped to: code → label."""

    name: Text
    document: Text
    terms: dict[Text, Text] = Field(min_length=1)


class Entry(_Model):
    """What one code corresponds to in one scheme; without a term only where `match` is none, and then with a reason."""

    match: Match
    term: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Entry":
        if self.match == "none" and (self.term is not None or self.note is None):
            raise ValueError("match none has no term, and a note that says why")
        if self.match != "none" and self.term is None:
            raise ValueError(f"match {self.match} needs a term")
        return self


class CodeMapping(_Model):
    """All schemes, and an entry for each code in each of them."""

    schemes: dict[SchemeId, Scheme]
    codes: dict[Code | DemandCode, dict[SchemeId, Entry]]


@dataclass(frozen=True, slots=True)
class MappingRow:
    """What one code corresponds to in one scheme. A row of `code_mapping`."""

    code: str
    scheme: str
    scheme_code: str | None
    label: str | None
    match: Match
    note: str | None
    document: str


def load_mapping(path: Path | str) -> CodeMapping:
    """Read the mapping at `path`. Raises InvalidFile that names every problem with file, line and column."""
    file = YamlFile(path)
    mapping = file.validate(CodeMapping)
    problems = [*_missing(mapping, file), *_unknown_terms(mapping, file)]
    if problems:
        raise InvalidFile(problems)
    return mapping


def mapping_rows(path: Path | str) -> list[MappingRow]:
    """Return one row for each code and scheme, in the order of the codebook. Raises InvalidFile."""
    mapping = load_mapping(path)
    entries: dict[str, dict[SchemeId, Entry]] = {str(code): found for code, found in mapping.codes.items()}
    return [
        _row(code, scheme_id, mapping.schemes[scheme_id], entries[code][scheme_id])
        for code in (*CODES, *DEMAND_CODES)
        for scheme_id in SCHEMES
    ]


def _row(code: str, scheme_id: SchemeId, scheme: Scheme, entry: Entry) -> MappingRow:
    label = scheme.terms[entry.term] if entry.term is not None else None
    return MappingRow(code, scheme_id, entry.term, label, entry.match, entry.note, scheme.document)


def _missing(mapping: CodeMapping, file: YamlFile) -> Iterator[Problem]:
    for scheme in SCHEMES:
        if scheme not in mapping.schemes:
            yield file.problem(("schemes",), f"lacks {scheme}")
    present = {str(code) for code in mapping.codes}
    for code in (*CODES, *DEMAND_CODES):
        if code not in present:
            yield file.problem(("codes",), f"lacks {code}")
    for known, entries in mapping.codes.items():
        for scheme in SCHEMES:
            if scheme not in entries:
                yield file.problem(("codes", known), f"lacks {scheme}")


def _unknown_terms(mapping: CodeMapping, file: YamlFile) -> Iterator[Problem]:
    used: set[tuple[str, str]] = set()
    for code, entries in mapping.codes.items():
        for scheme, entry in entries.items():
            terms = mapping.schemes[scheme].terms if scheme in mapping.schemes else {}
            if entry.term is not None and entry.term not in terms:
                yield file.problem(("codes", code, scheme, "term"), f"{entry.term!r} is not in the terms of {scheme}")
            used.add((scheme, entry.term or ""))
    for scheme, defined in mapping.schemes.items():
        for term in defined.terms:
            if (scheme, term) not in used:
                yield file.problem(("schemes", scheme, "terms", term), f"{term!r} is mapped to by no code")

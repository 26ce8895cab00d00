"""The actor registry: who is detected, under which names, with the source of each fact."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from transforms.actors.forms import expand_person, expand_phrase
from transforms.actors.vocabulary import Language, Words, entries_without_forms
from transforms.knowledge.yaml_file import InvalidFile, Problem, YamlFile
from transforms.text.normalise import normalise

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$", max_length=60)]
PartialDate = Annotated[str, StringConstraints(pattern=r"^\d{4}(?:-\d{2}(?:-\d{2})?)?$")]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
GROUP_ROW = "other-relatives-group"  # the actor of named groups that have no row of their own


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Alias(_Model):
    """One name in its dictionary form; inflected forms are made from it.

    `written`: `any` however it is written; `name` only where it is written as a name (in quotes, after a word like
    "movement", or with capitals where a sentence would have none). `context`: only in texts about people in service.
    `acronym`: in these capitals only, and in such texts only. `fixed`: it has no other forms. `beside`: only in texts
    with one of these words; `unless`: in no text with one of these (a star means any letters).
    """

    text: Phrase
    written: Literal["any", "name", "quoted"] = "any"
    context: bool = False
    acronym: bool = False
    fixed: bool = False
    beside: tuple[Phrase, ...] = ()
    unless: tuple[Phrase, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value


class Leader(_Model):
    """A person who speaks for an organisation, with dates of office and source."""

    names: dict[Language, list[Phrase]]
    role: str | None = None
    since: PartialDate | None = None
    until: PartialDate | None = None
    beside: tuple[Phrase, ...] = ()  # a common name: counts only in texts with one of these words
    source: str


class LegalStatus(_Model):
    """What a state declared the organisation to be, from when to when."""

    status: Literal["registered", "foreign_agent", "undesirable", "banned", "dissolved"]
    since: PartialDate | None = None
    until: PartialDate | None = None
    source: str


class Named(_Model):
    """What every named group has: names, forms, leaders and sources."""

    names: dict[Language, Phrase] = Field(min_length=1)
    country: str = Field(pattern=r"^(?:[A-Z]{2}|any)$")
    alignment: Literal["independent", "state-aligned", "unknown", "none"]
    aliases: dict[Language, list[Alias]] = Field(default_factory=dict)
    short_forms: dict[Language, list[Alias]] = Field(default_factory=dict)
    leaders: list[Leader] = Field(default_factory=list)
    legal: list[LegalStatus] = Field(default_factory=list)
    active_since: PartialDate | None = None
    active_until: PartialDate | None = None
    sources: list[str] = Field(default_factory=list)
    notes: str | None = None


class Actor(Named):
    """One actor of the registry: an organisation, or an unnamed collective."""

    id: Identifier
    kind: Literal["organisation", "collective"]


class KnownGroup(Named):
    """A named organisation of relatives without a row of its own: found as `other-relatives-group`."""


class Registry(_Model):
    """All actors, known groups, and the names that look like actors and are none."""

    actors: list[Actor] = Field(min_length=1)
    known_groups: list[KnownGroup] = Field(default_factory=list)
    not_actors: dict[Language, list[Alias]] = Field(default_factory=dict)
    namesakes: list[Phrase] = Field(default_factory=list)  # words of texts in which a leader's name is another's
    words_file: str = Field(default="relatives.yaml", pattern=r"^[a-z0-9_-]+\.yaml$")
    words: Words = Field(default_factory=Words)  # the content of `words_file`, put here by `load_registry`

    def named(self) -> Iterator[tuple[str, Named, tuple[str | int, ...]]]:
        """Yield actor id, names and place in the file of every organisation, actors first."""
        for index, actor in enumerate(self.actors):
            yield actor.id, actor, ("actors", index)
        for index, group in enumerate(self.known_groups):
            yield GROUP_ROW, group, ("known_groups", index)

    def actor(self, actor_id: str) -> Actor:
        """Return the actor of that id. Raises KeyError when there is none."""
        for actor in self.actors:
            if actor.id == actor_id:
                return actor
        raise KeyError(actor_id)


def load_registry(path: Path | str) -> Registry:
    """Read the registry at `path`. Raises InvalidFile that names every problem with file, line and column."""
    file = YamlFile(path)
    registry = file.validate(Registry)
    words_file = YamlFile(Path(path).parent / registry.words_file)
    words = words_file.validate(Words)
    problems = [
        *_duplicate_ids(registry, file),
        *_shared_aliases(registry, file),
        *_bad_dates(registry, file),
        *_without_forms(registry, file),
        *(words_file.problem(place, "has no plural forms") for place in entries_without_forms(words)),
    ]
    if problems:
        raise InvalidFile(problems)
    return registry.model_copy(update={"words": words})


def registry_fingerprint(registry: Registry) -> str:
    """Return 12 hex digits that change with any fact of the registry, and with nothing else."""
    canonical = json.dumps(registry.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _duplicate_ids(registry: Registry, file: YamlFile) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, actor in enumerate(registry.actors):
        if actor.id in seen:
            yield file.problem(("actors", index, "id"), f"{actor.id} is already an actor")
        seen.add(actor.id)
    if registry.known_groups and GROUP_ROW not in seen:
        yield file.problem(("known_groups",), f"needs an actor {GROUP_ROW}")


def _shared_aliases(registry: Registry, file: YamlFile) -> Iterator[Problem]:
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    listed: set[tuple[tuple[str, str], tuple[str | int, ...]]] = set()
    for actor_id, named, place in registry.named():
        owner = (actor_id, next(iter(named.names.values())))
        for language, aliases in named.aliases.items():
            for index, alias in enumerate(aliases):
                key = (language, _plain_words(alias.text))
                first = owners.setdefault(key, owner)
                location = (*place, "aliases", language, index)
                if first != owner:
                    yield file.problem(location, f"{alias.text!r} already names {first[0]} ({first[1]})")
                elif (key, place) in listed:
                    yield file.problem(location, f"{alias.text!r} is listed twice")
                listed.add((key, place))


def _bad_dates(registry: Registry, file: YamlFile) -> Iterator[Problem]:
    for _, named, place in registry.named():
        periods = [(place, named.active_since, named.active_until)]
        periods += [((*place, "leaders", i), leader.since, leader.until) for i, leader in enumerate(named.leaders)]
        periods += [((*place, "legal", i), status.since, status.until) for i, status in enumerate(named.legal)]
        for location, since, until in periods:
            if since and until and until < since[: len(until)]:
                yield file.problem(location, f"ends in {until}, before it begins in {since}")


def _without_forms(registry: Registry, file: YamlFile) -> Iterator[Problem]:
    """Yield the names of which no forms can be made."""
    for _, named, place in registry.named():
        for kind, lists in (("aliases", named.aliases), ("short_forms", named.short_forms)):
            for language, aliases in lists.items():
                for index, alias in enumerate(aliases):
                    try:
                        expand_phrase(alias.text, language, alias.fixed or alias.acronym)
                    except ValueError as error:
                        yield file.problem((*place, kind, language, index), str(error))
        for index, leader in enumerate(named.leaders):
            for language, names in leader.names.items():
                for at, name in enumerate(names):
                    try:
                        expand_person(name, language)
                    except ValueError as error:
                        yield file.problem((*place, "leaders", index, "names", language, at), str(error))


def _plain_words(text: str) -> str:
    return " ".join(re.findall(r"\w+", normalise(text).text))

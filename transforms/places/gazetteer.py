"""The gazetteer: regions and cities of Russia and Ukraine with their names, read from `configs/places.yaml`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from transforms.knowledge.yaml_file import InvalidFile, Location, Problem, YamlFile
from transforms.places.forms import inflect_name, is_inflected
from transforms.text.normalise import normalise

Language = Literal["en", "ru", "uk"]
PlaceKind = Literal["region", "city"]
Written = Literal["name", "inside", "alone", "placed", "region"]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Code = Annotated[str, StringConstraints(pattern=r"^(?:RU-[A-Z]{2,3}|UA-\d{2})$")]
LANGUAGES: tuple[Language, ...] = ("en", "ru", "uk")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Name(_Model):
    """A name in its dictionary form, and where it counts as this place; the head of the file says how.

    `forms` are its other forms where the program would make wrong ones; `fixed`: it has none; `exact`: in exactly
    these letters.
    """

    text: Phrase
    written: Written = "name"
    exact: bool = False
    fixed: bool = False
    forms: tuple[Phrase, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value


class RegionWord(_Model):
    """The forms of a word for a kind of region; `many` follows a list of regions."""

    one: tuple[Phrase, ...] = Field(min_length=1)
    many: tuple[Phrase, ...] = Field(min_length=1)


class _Named(_Model):
    code: Code
    en: tuple[Name, ...] = Field(min_length=1)
    ru: tuple[Name, ...] = Field(min_length=1)
    uk: tuple[Name, ...] = Field(min_length=1)

    def names(self, lang: Language) -> tuple[Name, ...]:
        """Return the names in one language."""
        return {"en": self.en, "ru": self.ru, "uk": self.uk}[lang]


class Region(_Named):
    """A subdivision of ISO 3166-2; the four cities that are one have `kind: city`."""

    name: Phrase
    kind: PlaceKind = "region"


class City(_Named):
    """A town, a garrison or a training ground; its first English name is its canonical one."""


class Gazetteer(_Model):
    """All places, and the words that decide whether a name stands for one."""

    licence: str
    standard: Literal["ISO 3166-2"]
    region_words: dict[Language, dict[str, RegionWord]]
    place_words: dict[Language, tuple[Phrase, ...]]
    place_prepositions: dict[Language, tuple[Phrase, ...]]
    never_after: dict[Language, tuple[Phrase, ...]]
    never_placed_after: dict[Language, tuple[Phrase, ...]]
    never_before: dict[Language, tuple[Phrase, ...]]
    regions: tuple[Region, ...] = Field(min_length=1)
    cities: tuple[City, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One place; `place_id` is the region's code, or that and the city's name: `RU-DA/buynaksk`."""

    place_id: str
    name: str
    kind: PlaceKind
    code: str  # ISO 3166-2

    @property
    def country(self) -> str:
        """RU or UA, by ISO 3166-2."""
        return self.code.partition("-")[0]


def places(gazetteer: Gazetteer) -> Iterator[tuple[Place, Region | City, Location]]:
    """Yield each place with its names and its position in the file."""
    for index, region in enumerate(gazetteer.regions):
        yield Place(region.code, region.name, region.kind, region.code), region, ("regions", index)
    for index, city in enumerate(gazetteer.cities):
        name = city.en[0].text
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        yield Place(f"{city.code}/{slug}", name, "city", city.code), city, ("cities", index)


def load_places(path: Path | str) -> Gazetteer:
    """Read the gazetteer at `path`. Raises InvalidFile that names every problem with file, line and column."""
    file = YamlFile(path)
    gazetteer = file.validate(Gazetteer)
    problems = [*_languages_missing(gazetteer, file), *_ids_shared(gazetteer, file), *_names_shared(gazetteer, file)]
    problems += _names_without_forms(gazetteer, file)
    if problems:
        raise InvalidFile(problems)
    return gazetteer


def region_stem(gazetteer: Gazetteer, lang: Language, name: Name) -> tuple[str, str] | None:
    """Return what stands before the region word of a name, and that word; None for names that have none."""
    if name.forms or name.fixed or name.exact:
        return None
    stem, _, word = name.text.rpartition(" ")
    return (stem, word.lower()) if stem and word.lower() in gazetteer.region_words[lang] else None


def _languages_missing(gazetteer: Gazetteer, file: YamlFile) -> Iterator[Problem]:
    for key in (
        "region_words",
        "place_words",
        "place_prepositions",
        "never_after",
        "never_placed_after",
        "never_before",
    ):
        for lang in LANGUAGES:
            if lang not in getattr(gazetteer, key):
                yield file.problem((key,), f"lacks the language {lang}")


def _ids_shared(gazetteer: Gazetteer, file: YamlFile) -> Iterator[Problem]:
    seen: set[str] = set()
    codes = {region.code for region in gazetteer.regions}
    for place, _, location in places(gazetteer):
        if place.code not in codes:
            yield file.problem((*location, "code"), f"{place.code} is no region of this file")
        if place.place_id in seen:
            yield file.problem((*location, "code"), f"{place.place_id} is listed twice")
        seen.add(place.place_id)


def _names_shared(gazetteer: Gazetteer, file: YamlFile) -> Iterator[Problem]:
    owners: dict[tuple[str, str], str] = {}
    for place, named, location in places(gazetteer):
        for lang in LANGUAGES:
            for index, name in enumerate(named.names(lang)):
                key = (lang, normalise(name.text).text)
                if key in owners:
                    yield file.problem((*location, lang, index), f"{name.text!r} already names {owners[key]}")
                owners.setdefault(key, place.place_id)


def _names_without_forms(gazetteer: Gazetteer, file: YamlFile) -> Iterator[Problem]:
    for _, named, location in places(gazetteer):
        for lang in LANGUAGES:
            for index, name in enumerate(named.names(lang)):
                given = name.forms or name.fixed or name.exact or region_stem(gazetteer, lang, name)
                if not given and not is_inflected(name.text, lang, inflect_name(name.text, lang)):
                    yield file.problem((*location, lang, index), f"no forms of {name.text!r} are known: list `forms`")

"""The list of sources: which feeds are polled, and what is known about who publishes them."""

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from transforms.knowledge.yaml_file import load_yaml

Posture = Literal["state", "independent", "exile", "foreign", "ngo", "unknown"]
PageMode = Literal["never", "auto", "always"]
SourceKind = Literal["auto", "feed", "sitemap", "telegram"]


class Source(BaseModel):
    """One feed and its publisher.

    `url` is not judged here: a malformed or forbidden address makes the source `refused` when it is polled, and the
    other sources are read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^\w[\w.:-]*$", max_length=80, description="Short stable name; rows carry it.")
    url: str = Field(max_length=4000, description="Address of the feed, or of the Telegram channel.")
    name: str | None = Field(default=None, description="Name of the publisher, for people.")
    language: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$",
        description="Language it mostly writes in, such as ru.",
    )
    country: str | None = Field(
        default=None, pattern=r"^[A-Za-z]{2}$", description="Country it works from, such as LV."
    )
    posture: Posture = Field(default="unknown", description="Its stand towards the state that it reports on.")
    timezone: str | None = Field(
        default=None, description="Zone of dates that name none, such as Europe/Moscow; without it they count as UTC."
    )
    pages: PageMode = Field(
        default="never", description="When to fetch an item's page: never, auto (it has a summary only), always."
    )
    kind: SourceKind = Field(
        default="auto", description="What lies at the address; auto tells feeds and sitemaps apart."
    )
    enabled: bool = Field(default=True, description="Whether it is polled at all.")
    notes: str | None = Field(default=None, description="Anything worth knowing; not read by the program.")

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        try:
            return value and ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is not a zone of the IANA database, such as Europe/Kyiv") from None


class SourcesFile(BaseModel):
    """A file with the key `sources`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: tuple[Source, ...] = Field(default=(), description="The sources, in order of precedence.")

    @field_validator("sources")
    @classmethod
    def _unique(cls, value: tuple[Source, ...]) -> tuple[Source, ...]:
        seen: set[str] = set()
        for source in value:
            # On a case-blind reading two ids that differ in case alone would be taken for one another.
            if source.id.casefold() in seen:
                raise ValueError(f"source id {source.id!r} is given twice")
            seen.add(source.id.casefold())
        return value


def load_sources(path: Path | str) -> tuple[Source, ...]:
    """Return the sources of the YAML file `path`, in its order. Raises InvalidFile that names every problem."""
    return load_yaml(path, SourcesFile).sources

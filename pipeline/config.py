"""A run profile: one YAML file that says what is read, how, and where the dataset lies."""

import glob
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from pipeline.resources import bundled
from transforms.documents.record_files import TableFormat
from transforms.feeds.settings import FetchSettings
from transforms.knowledge.yaml_file import InvalidFile, Problem, YamlFile

DEFAULT_OUT = "picket-data"  # in the current folder
# Documents of seeds in one commit: some 300 MB of memory (15 KB each, measured), a minute or two of work, beside which
# the two seconds that a commit costs do not count.
SLICE_DOCUMENTS = 20_000
# Paths in a profile count from the profile's own folder, so that a timer may start it from anywhere.
_PATH_KEYS = ("out", "sources", "actors", "complaints", "model", "places", "gate")

Glob = Annotated[str, StringConstraints(min_length=1)]


class SeedFormat(BaseModel):
    """How CSV and Parquet seeds are laid out whose names match a glob."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: Glob = Field(default="*", description="Glob of the file names that are laid out so.")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="What separates the cells of a CSV.")
    quote: str = Field(default='"', min_length=1, max_length=1, description="What encloses a cell of a CSV.")
    header: bool = Field(default=True, description="Whether the first line of a CSV names the columns.")
    encoding: str | None = Field(default=None, description="Encoding of a CSV; found out by default.")
    columns: dict[str, str | int] = Field(
        default_factory=dict,
        description="Keys of a seed record (id, title, text, …) to names of columns, or to their numbers from 1.",
    )

    def table_format(self) -> TableFormat:
        """Return this layout as the reader of tables takes it."""
        columns = tuple(sorted(self.columns.items()))
        return TableFormat(self.match, self.delimiter, self.quote, self.header, self.encoding, columns)


class Profile(BaseModel):
    """What one run reads, how it reads it, and where it writes; every key has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    out: Path = Field(default=Path(DEFAULT_OUT), description="Folder of the dataset; by default in the current folder.")
    seeds: tuple[Glob, ...] = Field(
        default=(), description="Globs, files or folders of documents and stored feeds to read."
    )
    formats: tuple[SeedFormat, ...] = Field(
        default=(), description="How CSV and Parquet seeds are laid out; see below."
    )
    sources: Path | None = Field(default=None, description="File that lists the feeds to poll; none by default.")
    fetch: FetchSettings = Field(default_factory=FetchSettings, description="How feeds are fetched; see below.")
    analyse: Literal["relevant", "all"] = Field(
        default="relevant", description="`relevant` analyses in depth what passes the gate, `all` every article."
    )
    people_table: bool = Field(
        default=False,
        description="Whether names of private people who speak are written, into the restricted table `people`.",
    )
    workers: Literal["auto"] | Annotated[int, Field(ge=1, le=64)] = Field(
        default="auto",
        description="Processes that share the work; `auto` takes more than one where the input is large.",
    )
    slice_documents: int = Field(
        default=SLICE_DOCUMENTS,
        ge=1,
        description="Documents of seeds that are read, analysed and published at a time; a run that is cut short goes"
        " on behind what it published.",
    )
    max_failure_share: float = Field(
        default=0.5, ge=0, le=1, description="Failed sources over polled sources; above it a run ends with exit code 3."
    )
    actors: Path = Field(
        default=bundled("configs", "actors.yaml"), description="The actor registry; bundled by default."
    )
    complaints: Path = Field(
        default=bundled("configs", "complaints"), description="Folder of the complaint rules; bundled by default."
    )
    model: Path | None = Field(
        default=bundled("configs", "model"),
        description="Folder of the learned second tier; bundled by default, `null` leaves the rules alone.",
    )
    places: Path = Field(default=bundled("configs", "places.yaml"), description="The gazetteer; bundled by default.")
    gate: Path = Field(
        default=bundled("configs", "gate.yaml"), description="Cues of the gate before the analysis; bundled by default."
    )

    @field_validator("seeds", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


def load_profile(path: Path) -> Profile:
    """Read the profile at `path`. Raises InvalidFile that names every problem with its line."""
    file = YamlFile(path)
    if not isinstance(file.value, dict):
        raise InvalidFile([Problem(str(path), 1, 1, "", "a profile is a mapping of keys to values")])
    profile = file.validate(Profile)
    folder = path.parent
    changed: dict[str, Any] = {
        key: folder / getattr(profile, key) for key in _PATH_KEYS if file.value.get(key) is not None
    }
    changed["seeds"] = tuple(_beside(folder, pattern) for pattern in profile.seeds)
    _refuse_missing(file, changed)
    return profile.model_copy(update=changed)


def _beside(folder: Path, pattern: str) -> str:
    """Return a glob of the profile as one that counts from its folder, whose own name is no pattern."""
    if os.path.isabs(pattern) or not glob.has_magic(pattern):
        return os.path.normpath(folder / pattern)
    return os.path.normpath(os.path.join(glob.escape(str(folder)), pattern))


def override(
    profile: Profile,
    out: Path | None,
    seeds: list[str] | None,
    sources: Path | None,
    no_feeds: bool,
    people_table: bool = False,
) -> Profile:
    """Return `profile` with the keys that the command line gives; either of seeds and sources replaces its own."""
    update: dict[str, Any] = {}
    if out is not None:
        update["out"] = out
    if seeds:
        update["seeds"] = tuple(seeds)
    if sources is not None:
        update["sources"] = sources
    if no_feeds:
        update["sources"] = None
    if people_table:
        update["people_table"] = True
    return profile.model_copy(update=update)


def _refuse_missing(file: YamlFile, paths: dict[str, Any]) -> None:
    problems = [
        file.problem((key,), f"no such file or folder: {path}")
        for key, path in paths.items()
        if key not in {"out", "seeds"} and not path.exists()
    ]
    if problems:
        raise InvalidFile(problems)

"""The reference of a run profile and of a sources file, generated from the models that read them."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.config import Profile, SeedFormat
from pipeline.resources import bundled
from transforms.feeds.settings import FetchSettings
from transforms.feeds.sources import Source


def profile_reference() -> str:
    """Return the reference as Markdown: a table each for the profile, its key `fetch`, and a source."""
    parts = (
        ("Keys of a profile", Profile),
        ("Keys of `fetch`", FetchSettings),
        ("Keys of each of the `formats`", SeedFormat),
        ("Keys of each of the `sources` in a sources file", Source),
    )
    return "\n".join(line for heading, model in parts for line in _table(heading, model))


def _table(heading: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"**{heading}**"
    yield ""
    yield "| key | default | meaning |"
    yield "|---|---|---|"
    for name, field in model.model_fields.items():
        choices = _choices(field.annotation)
        values = f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""
        yield f"| `{name}` | {_default(field)} | {field.description}{values} |"
    yield ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "see below"
    if value is None or value in ((), [], {}):
        return "none"
    if isinstance(value, tuple | list):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{_without_folder(value)}`"


def _without_folder(value: Any) -> str:
    text = str(value)
    root = str(bundled("configs").parent)
    return text.removeprefix(root).lstrip("/") if text.startswith(root) else text


def _choices(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return tuple(str(choice) for choice in get_args(annotation)) if len(get_args(annotation)) > 1 else ()
    if get_origin(annotation) in (Union, UnionType):
        return tuple(choice for part in get_args(annotation) for choice in _choices(part))
    return ()

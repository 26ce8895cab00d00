"""Changes to a sources file that leave everything else in it, comments and order, as they were."""

import json
from typing import Any

import yaml

from transforms.feeds.sources import Source

_ORDER = ("id", "name", "url", "language", "country", "posture", "timezone", "pages", "kind", "enabled", "notes")


class UnknownSource(KeyError):
    """The file names no source of this id."""


def add_sources(text: str, sources: tuple[Source, ...]) -> str:
    """Return the sources file `text` with `sources` at its end. Raises ValueError where its list can't be added to."""
    lines = "".join(f"  - {_flow(source)}\n" for source in sources)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return f"{text.rstrip()}\nsources:\n{lines}".lstrip("\n")
    listed = _value(root, "sources")
    if listed is None:
        return f"{text.rstrip()}\nsources:\n{lines}"
    if not isinstance(listed, yaml.SequenceNode):
        raise ValueError("`sources` is not a list")
    if listed.flow_style and listed.value:
        raise ValueError("`sources` is a list in brackets: put each source on a line of its own, behind a dash")
    if listed.flow_style:
        return f"{text[: listed.start_mark.index].rstrip()}\n{lines}{text[listed.end_mark.index :].lstrip()}"
    indent = " " * listed.start_mark.column
    at = listed.value[-1].end_mark.index
    at = text.find("\n", at) + 1 or len(text)
    head = text[:at] if text[:at].endswith("\n") else text[:at] + "\n"
    return head + "".join(f"{indent}- {_flow(source)}\n" for source in sources) + text[at:]


def set_enabled(text: str, source_id: str, enabled: bool) -> str:
    """Return the sources file `text` with the source `source_id` on or off. Raises UnknownSource."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    listed = _value(root, "sources") if root is not None else None
    word = "true" if enabled else "false"
    for node in listed.value if isinstance(listed, yaml.SequenceNode) else ():
        named = _value(node, "id")
        if named is None or named.value != source_id:
            continue
        present = _value(node, "enabled")
        if present is not None:
            return text[: present.start_mark.index] + word + text[present.end_mark.index :]
        at = named.end_mark.index
        if node.flow_style:
            return f"{text[:at]}, enabled: {word}{text[at:]}"
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        return f"{text[:end]}\n{' ' * node.value[0][0].start_mark.column}enabled: {word}{text[end:]}"
    raise UnknownSource(source_id)


def _value(node: Any, key: str) -> Any:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _flow(source: Source) -> str:
    values = source.model_dump(exclude_defaults=True)
    pairs = [f"{key}: {_scalar(values[key])}" for key in _ORDER if key in values]
    return "{" + ", ".join(pairs) + "}"


def _scalar(value: Any) -> str:
    # JSON's strings are YAML's, and need no thought about what YAML takes for something else.
    return json.dumps(value, ensure_ascii=False)

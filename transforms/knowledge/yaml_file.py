"""YAML files read into pydantic models, with every problem named by file, line, column and key."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one file; `line` and `column` count from 1."""

    path: str
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.path}:{self.line}:{self.column}: {key}{self.message}"


class InvalidFile(Exception):
    """A configuration or knowledge file that cannot be used; `problems` names all that is wrong in it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type["InvalidFile"], tuple[list[Problem]]]:
        return type(self), (self.problems,)


class _Loader(yaml.SafeLoader if not hasattr(yaml, "CSafeLoader") else yaml.CSafeLoader):  # type: ignore[misc]
    """YAML 1.2 scalars only: in 1.1 the country code NO is false and 22:30 is 1350."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


class YamlFile:
    """A YAML file as plain values, with the position of each key and item."""

    def __init__(self, path: Path | str, text: str | None = None) -> None:
        """Read `path` (or `text` in its name). Raises InvalidFile on bad syntax, duplicate keys, or no file."""
        self.path = str(path)
        self.positions: dict[Location, tuple[int, int]] = {}
        self._problems: list[Problem] = []
        content = self._read(Path(path)) if text is None else text
        try:
            node = yaml.compose(content, Loader=_Loader)
            self.value: Any = {} if node is None else self._construct(node, ())
        except yaml.YAMLError as error:
            raise InvalidFile([self._syntax_problem(error)]) from None
        if self._problems:
            raise InvalidFile(self._problems)

    def problem(self, location: Location, message: str) -> Problem:
        """Return a problem at the nearest known position of `location`."""
        known = location
        while known and known not in self.positions:
            known = known[:-1]
        line, column = self.positions.get(known, (1, 1))
        return Problem(self.path, line, column, _dotted(location), message)

    def validate(self, model: type[Model]) -> Model:
        """Return the content as a `model`. Raises InvalidFile with all problems."""
        try:
            return model.model_validate(self.value)
        except ValidationError as error:
            raise InvalidFile(list(self._problems_of(error))) from None

    def _problems_of(self, error: ValidationError) -> Iterator[Problem]:
        for detail in error.errors():
            message = detail["msg"]
            if detail["type"] == "extra_forbidden":
                message = "unknown key"
            elif detail["type"] == "missing":
                message = "is missing"
            yield self.problem(detail["loc"], message.removeprefix("Value error, "))

    def _read(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidFile([Problem(self.path, 1, 1, "", f"is not UTF-8: byte {error.start}")]) from None
        except OSError as error:
            raise InvalidFile([Problem(self.path, 1, 1, "", f"cannot be read: {error.strerror}")]) from None

    def _syntax_problem(self, error: yaml.YAMLError) -> Problem:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem(self.path, line, column, "", str(getattr(error, "problem", None) or error))

    def _construct(self, node: Any, location: Location) -> Any:
        self.positions.setdefault(location, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, yaml.MappingNode):
            return self._construct_mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self._construct(item, (*location, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, location)

    def _construct_mapping(self, node: Any, location: Location) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            position = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key in mapping:
                first = self.positions[(*location, key)][0]
                message = f"duplicate key, first on line {first}"
                self._problems.append(Problem(self.path, *position, _dotted((*location, key)), message))
                continue
            self.positions[(*location, key)] = position
            mapping[key] = self._construct(value_node, (*location, key))
        return mapping

    def _scalar(self, node: Any, location: Location) -> Any:
        kind, value = node.tag.rsplit(":", 1)[-1], node.value
        if kind == "null":
            return None
        if kind == "bool":
            return value.lower() == "true"
        if kind == "int":
            return int(value)
        if kind == "float":
            return float(value)
        if kind not in {"str", "value"}:
            self._problems.append(self.problem(location, f"tag {node.tag} is not allowed"))
        return value


def load_yaml(path: Path | str, model: type[Model]) -> Model:
    """Read the YAML file `path` into `model`. Raises InvalidFile that names every problem with its line."""
    return YamlFile(path).validate(model)


def _dotted(location: Location) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text

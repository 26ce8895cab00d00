"""The shape of the project: imports point one way, files are short, plain folders load nothing heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = sorted([*ROOT.glob("pipeline/**/*.py"), *ROOT.glob("transforms/**/*.py")])
MAX_LINES = 400
TOP_LEVEL = {"pipeline", "transforms", "seeds", "tests", "configs"}
PLAIN = sorted(path.parent.name for path in ROOT.glob("transforms/*/__init__.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    if parts[0] == "pipeline":
        return "pipeline"
    return "steps" if len(parts) == 2 else "plain"


def room_of_module(name: str) -> str | None:
    parts = name.split(".")
    if parts[0] == "pipeline":
        return "pipeline"
    if parts[0] != "transforms":
        return None
    return "plain" if len(parts) > 1 and parts[1] in PLAIN else "steps"


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    allowed = {"pipeline": {"pipeline", "steps", "plain"}, "steps": {"steps", "plain"}, "plain": {"plain"}}[room(path)]
    for name in imported(path):
        target = room_of_module(name)
        assert target is None or target in allowed, f"{path.name} imports {name}"
        if room(path) == "plain":
            assert not name.startswith("apache_beam"), f"{path.name} imports Beam"


def test_rooms_are_told_apart() -> None:
    assert room_of_module("transforms.drop_seen") == "steps"
    assert room_of_module("transforms.tables.records") == "plain"
    assert room_of_module("pyarrow") is None


@pytest.mark.parametrize(
    "path", sorted([*CODE, *ROOT.glob("tests/**/*.py")]), ids=lambda path: str(path.relative_to(ROOT))
)
def test_file_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_top_level_is_fixed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    folders = {name.split("/")[0] for name in listed if "/" in name and not name.startswith(".")}
    assert folders == TOP_LEVEL


def test_package_files_of_plain_folders_are_empty() -> None:
    for path in [ROOT / "transforms/__init__.py", *ROOT.glob("transforms/*/__init__.py")]:
        assert path.read_text(encoding="utf-8") == "", path


def test_importing_plain_folders_loads_neither_beam_nor_the_http_client() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in ROOT.glob("transforms/*/*.py")
        if path.name != "__init__.py"
    ]
    program = (
        f"import importlib, sys\nfor name in {sorted(modules)!r}: importlib.import_module(name)\n"
        "loaded = [n for n in ('apache_beam', 'httpx2', 'httpx', 'textblob', 'pymorphy3') if n in sys.modules]\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

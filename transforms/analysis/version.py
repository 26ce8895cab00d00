"""The one short hash of everything that decides what is found: knowledge, models, code, libraries."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

VERSION_DIGITS = 12
# The rooms whose code decides what is found, and the libraries whose data do.
_DECIDING_FOLDERS = ("text", "actors", "complaints", "second_tier", "places", "sentiment", "analysis")
_DECIDING_LIBRARIES = ("pymorphy3", "pymorphy3-dicts-ru", "simplemma", "textblob", "py3langid")


def analysis_version(knowledge: Iterable[Path], mode: str) -> str:
    """Return `VERSION_DIGITS` hex digits over the `knowledge` files and folders, the code, libraries and `mode`."""
    digest = hashlib.sha256(mode.encode())
    rooms = Path(__file__).parent.parent
    for name in _DECIDING_FOLDERS:
        _add_files(digest, rooms / name)
    for path in knowledge:
        _add_files(digest, path)
    for library in _DECIDING_LIBRARIES:
        digest.update(f"{library} {version(library)}\0".encode())
    return digest.hexdigest()[:VERSION_DIGITS]


def _add_files(digest: "hashlib._Hash", path: Path) -> None:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc")
    for file in files:
        digest.update(f"{file.name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())

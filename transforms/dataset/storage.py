"""The few file operations that a commit needs, so that an object store can be a second implementation."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from transforms.tables.restricted import FOLDER_MODE


class Storage(Protocol):
    """What a commit asks of the place where the dataset lies. Everything raises OSError when it cannot."""

    def write(self, path: Path, data: bytes) -> None:
        """Write a whole file, durably: after a crash it is there with all of `data`, or as it was before."""

    def create(self, path: Path, data: bytes) -> bool:
        """Write a whole file only if there is none; return whether it was written."""

    def put(self, source: Path, target: Path) -> None:
        """Put the finished file `source` into place as `target`, replacing what is there; `source` is gone then."""

    def keep(self, path: Path, copy: Path) -> None:
        """Make what is at `path` also be at `copy`, whatever is put at `path` later; `copy` is replaced."""

    def read(self, path: Path) -> bytes:
        """Return the bytes of a small file."""

    def exists(self, path: Path) -> bool:
        """Return whether there is a file."""

    def files(self, folder: Path) -> list[str]:
        """Return the paths of all files below `folder`, relative to it with `/` between, sorted; none if no folder."""

    def delete(self, path: Path) -> None:
        """Delete a file or a folder with all that is in it; nothing happens where there is none."""

    def restrict(self, folder: Path) -> None:
        """Make a folder that only its owner may look into, or make one so, where the place has such a thing."""

    def sync(self, paths: Iterable[Path]) -> None:
        """Make files, and what was put into folders, survive a loss of power."""


class LocalStorage:
    """The local file system."""

    def write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        _write_synced(unfinished, data)
        os.replace(unfinished, path)
        self.sync([path.parent])

    def create(self, path: Path, data: bytes) -> bool:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        _write_synced(unfinished, data)
        try:
            os.link(unfinished, path)  # unlike a rename, a link never replaces
        except FileExistsError:
            return False
        finally:
            unfinished.unlink()
        self.sync([path.parent])
        return True

    def put(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)

    def keep(self, path: Path, copy: Path) -> None:
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.unlink(missing_ok=True)
        os.link(path, copy)

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def exists(self, path: Path) -> bool:
        return path.is_file()

    def files(self, folder: Path) -> list[str]:
        found = []
        for parent, _, names in os.walk(folder, onerror=_raise_unless_missing):
            prefix = Path(parent).relative_to(folder).as_posix()
            found += [name if prefix == "." else f"{prefix}/{name}" for name in names]
        return sorted(found)

    def delete(self, path: Path) -> None:
        with suppress(FileNotFoundError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def restrict(self, folder: Path) -> None:
        folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        # A disk without modes refuses to change them: there is nothing to set, and no run may fail for it.
        with suppress(PermissionError):
            folder.chmod(FOLDER_MODE)

    def sync(self, paths: Iterable[Path]) -> None:
        for path in paths:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


LOCAL = LocalStorage()


def _write_synced(path: Path, data: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error

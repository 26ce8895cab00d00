"""Faults for the tests of the dataset: a storage that fails at one operation."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from transforms.dataset.storage import LocalStorage


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class FaultyStorage(LocalStorage):
    """The local file system, which raises `fault` instead of (or, with `after`, behind) the operation number `at`."""

    def __init__(self, at: int, fault: BaseException, after: bool = False) -> None:
        self.at = at
        self.fault = fault
        self.after = after
        self.count = 0

    def do(self, operation: Callable[[], Any]) -> None:
        number, self.count = self.count, self.count + 1
        if number == self.at and not self.after:
            raise self.fault
        operation()
        if number == self.at:
            raise self.fault

    def write(self, path: Path, data: bytes) -> None:
        self.do(lambda: LocalStorage.write(self, path, data))

    def put(self, source: Path, target: Path) -> None:
        self.do(lambda: LocalStorage.put(self, source, target))

    def keep(self, path: Path, copy: Path) -> None:
        self.do(lambda: LocalStorage.keep(self, path, copy))

    def delete(self, path: Path) -> None:
        self.do(lambda: LocalStorage.delete(self, path))

    def sync(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self.do(lambda path=path: LocalStorage.sync(self, [path]))  # type: ignore[misc]  # bound now

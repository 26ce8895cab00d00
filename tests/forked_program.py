"""The command line in forked processes that may be killed at each file operation or transaction of a commit."""

import multiprocessing
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from transforms.dataset.storage import LocalStorage

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["warm_program"])
NEVER = -1
OPERATIONS = ("write", "create", "put", "keep", "delete")


def start(
    arguments: Sequence[str], at: int = NEVER, counted: str | None = None, moment: float = 0.0
) -> ForkServerProcess:
    """Start `picket` with `arguments` at `moment` of the clock; it is killed before its operation number `at`.

    Where a file is named by `counted`, the number of operations is written to it at the end.
    """
    process = FORKED.Process(target=_run, args=(list(arguments), at, counted, moment))
    process.start()
    return process


def run(arguments: Sequence[str], at: int = NEVER, counted: str | None = None) -> int:
    """Do all of it and return the exit code; a negative number is the signal that ended it."""
    process = start(arguments, at, counted)
    process.join()
    return process.exitcode if process.exitcode is not None else NEVER


def count_operations(arguments: Sequence[str], folder: Path) -> int:
    """Return how many operations a run makes on files and transactions."""
    told = folder / "operations"
    assert run(arguments, counted=str(told)) == 0
    return int(told.read_text())


def _run(arguments: list[str], at: int, counted: str | None, moment: float) -> None:
    count = 0

    def step() -> None:
        nonlocal count
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    _watch_files(step)
    _watch_transactions(step)
    sys.argv = ["picket", *arguments]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    time.sleep(max(0.0, moment - time.time()))
    from pipeline.cli import main

    try:
        main()
    finally:
        if counted:
            Path(counted).write_text(str(count))


def _watch_files(step: Callable[[], None]) -> None:
    for name in OPERATIONS:
        honest = getattr(LocalStorage, name)

        def watched(self: LocalStorage, *arguments: Any, honest: Any = honest) -> Any:
            step()
            return honest(self, *arguments)

        setattr(LocalStorage, name, watched)
    honest_sync = LocalStorage.sync

    def sync(self: LocalStorage, paths: Iterable[Path]) -> None:
        for path in paths:
            step()
            honest_sync(self, [path])

    LocalStorage.sync = sync  # type: ignore[method-assign]  # for this process alone


def _watch_transactions(step: Callable[[], None]) -> None:
    class Watched(sqlite3.Connection):
        def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            if statement == "COMMIT":
                step()
            return super().execute(statement, *arguments)

    # `state_file` connects through the module, which is patched for this process alone.
    honest = sqlite3.connect
    vars(sqlite3)["connect"] = lambda *arguments, **keys: honest(*arguments, **keys, factory=Watched)

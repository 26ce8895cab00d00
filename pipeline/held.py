"""Work on a dataset by the one process that holds it: rolled forward first, fenced, and ended in plain words."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TypeVar

import typer

from pipeline.clock import utc_now
from pipeline.summary import shown
from transforms.dataset.commit import begin_run, fail_run, next_run_id
from transforms.dataset.lock import DatasetBusy, DatasetHeld, hold_dataset
from transforms.dataset.recovery import DatasetDamaged, roll_forward
from transforms.tables.run_row import TooManyErrors

EXIT_FINE = 0
EXIT_CRASH = 1
EXIT_HELD = 75  # EX_TEMPFAIL: try again later
EXIT_INTERRUPTED = 130
MAX_REASON = 300  # characters of why a run failed, in `status`
_ERRNO = re.compile(r"OSError: \[Errno (\d+)\]")

Result = TypeVar("Result")


class WorkerDied(Exception):
    """A worker process ended before the run did: killed for its memory, say."""


def say(text: str) -> None:
    """Talk to the person: on stderr, so that stdout stays data."""
    try:
        typer.echo(text, err=True)
    except BrokenPipeError:
        # Nobody listens any more (`2>&1 | head`): what is done, and the exit code that tells it, stay the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def work_on(out: Path, work: Callable[[str, datetime], Result]) -> tuple[int, Result | None]:
    """Hold the dataset at `out`, do `work(run_id, now)`, and return exit code and result.

    What a person can do something about is said in one plain line; a fault of the program is raised.
    """
    with _hearing_interruptions() as interrupted:
        try:
            with hold_dataset(out, utc_now()):
                return EXIT_FINE, _work_held(out, work)
        except (DatasetHeld, DatasetBusy) as held:
            say(str(held))
            return EXIT_HELD, None
        except BaseException as error:
            # Beam turns an interruption into an error of the step that it hit.
            if not interrupted or isinstance(error, WorkerDied):
                return _told_failure(error, out), None
            say(f"Interrupted. {out} is whole; what was not published is read again by the next run.")
            return EXIT_INTERRUPTED, None


def _work_held(out: Path, work: Callable[[str, datetime], Result]) -> Result:
    for recovery in roll_forward(out):
        if recovery.kind in {"finished_commit", "rebuilt_index"}:
            say(f"An earlier run was cut short: {recovery.kind.replace('_', ' ')}.")
    now = utc_now()
    run_id = next_run_id(out, now)
    begin_run(out, run_id, now)
    try:
        return work(run_id, now)
    except BaseException as error:
        # The dataset is as it was; this only tells `status` why. A disk too full for that has been told already.
        with suppress(OSError, Exception):
            fail_run(out, run_id, shown(str(error) or type(error).__name__, MAX_REASON))
        raise


@contextmanager
def _hearing_interruptions() -> Iterator[list[int]]:
    """Give a list that fills when the run is interrupted: by a person, or by a timer that stops it."""
    heard: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _told_failure(error: BaseException, out: Path) -> int:
    """Say why the run failed and return the exit code. Raises `error` again where it is a fault of the program."""
    number = _ERRNO.findall(str(error))
    if isinstance(error, RuntimeError) and number:
        # Beam gives the text of an error of the disk, not the error.
        notes = getattr(error, "__notes__", ())
        error = OSError(int(number[-1]), os.strerror(int(number[-1])))
        for note in notes:
            error.add_note(note)
    if not isinstance(error, (OSError, DatasetDamaged, TooManyErrors, WorkerDied)):
        raise error
    # A run of several slices tells what of it is published.
    kept = " ".join(getattr(error, "__notes__", ())) or f"{out} is as it was before."
    say(f"The run failed: {error}\n{kept}")
    return EXIT_CRASH

"""Which Beam runner a run uses: FnApiRunner by name, in one process or several, or the one the user names."""

import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from pipeline.held import EXIT_CRASH, WorkerDied, say

LET_GO_SECONDS = 10  # in which Beam may end by itself once a worker is dead


def names_runner(options: Sequence[str]) -> bool:
    """Whether the options of Beam name a runner."""
    return any(option.split("=")[0] == "--runner" for option in options)


def worker_command() -> str:
    """Return the shell command of a worker: this Python and this code, whatever lies in the current folder."""
    code = Path(__file__).parent.parent
    return f"PYTHONPATH={shlex.quote(str(code))} {shlex.quote(sys.executable)} -P -m pipeline.worker"


def new_pipeline(options: Sequence[str], workers: int) -> beam.Pipeline:
    """Return an empty pipeline. Never on DirectRunner by default: it downloads another runner when it can."""
    if names_runner(options):
        return beam.Pipeline(options=PipelineOptions(list(options), pipeline_type_check=False))
    arguments = [f"--direct_num_workers={workers}", *options]
    environment = None
    if workers > 1:
        environment = SubprocessSDKEnvironment.from_command_string(worker_command())
    runner = FnApiRunner(default_environment=environment)
    return beam.Pipeline(runner=runner, options=PipelineOptions(arguments, pipeline_type_check=False))


@contextmanager
def watched_workers() -> Iterator[None]:
    """End the block where a worker process dies: Beam notes it in a thread of its own and waits for ever.

    Raises WorkerDied; ends this process where Beam does not let go.
    """
    dead: list[str] = []
    before = threading.excepthook
    give_up = threading.Timer(LET_GO_SECONDS, lambda: _end_now(dead[0]))
    give_up.daemon = True

    def hear(arguments: threading.ExceptHookArgs) -> None:
        if "Worker subprocess exited" not in str(arguments.exc_value):
            # What breaks off in the threads that spoke with the worker tells nothing more.
            if type(arguments.exc_value).__name__ != "RpcError":
                before(arguments)
        elif not dead:
            dead.append(f"a worker process died ({arguments.exc_value})")
            give_up.start()
            # A real signal to the main thread: nothing else wakes it where it waits.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.excepthook = hear
    try:
        yield
    except BaseException as error:
        if dead:
            raise WorkerDied(dead[0]) from error
        raise
    finally:
        give_up.cancel()
        threading.excepthook = before


def _end_now(why: str) -> None:
    say(f"The run failed: {why}. The dataset is whole; what was not published is read again by the next run.")
    os._exit(EXIT_CRASH)

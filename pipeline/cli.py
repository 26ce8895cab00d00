"""The start of the program: the commands are loaded, one runs, and its exit code is one that a timer can act on."""

import os
import signal
import sys
from types import FrameType

EXIT_CONFIG = 78  # EX_CONFIG
EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(_run())


def _run() -> int | str | None:
    # Loading takes a second, in which an interruption would come out of whatever is being imported.
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # as of a shell that starts us in the background
        signal.signal(signal.SIGINT, _leave_at_once)
    from pipeline.commands import app
    from transforms.knowledge.yaml_file import InvalidFile

    signal.signal(signal.SIGINT, before)
    try:
        app(standalone_mode=True)
    except InvalidFile as invalid:
        sys.stderr.write(f"{invalid}\n")
        return EXIT_CONFIG
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return EXIT_INTERRUPTED
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):
            return end.code
        # The reader of our output has gone (`| head`): not an error of ours.
        _write_nowhere()
    return 0


def _leave_at_once(_number: int, _frame: FrameType | None) -> None:
    os.write(sys.stderr.fileno(), b"interrupted\n")
    os._exit(EXIT_INTERRUPTED)


def _write_nowhere() -> None:
    # What Python flushes at its end must not fail again.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())

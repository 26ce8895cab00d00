"""A worker process of the local runner: Beam's own, without its talk on the person's terminal.

What goes wrong in it comes back to the driver as an exception.
"""

import logging
import os
import sys
import threading
import time

WATCH_SECONDS = 0.2  # a worker outlives a killed driver by no more than this: the next run clears up after it


def main() -> None:
    """Serve the runner that started this process until it lets go, or dies."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    logging.disable(logging.CRITICAL)
    # The terminal is the driver's alone: a worker whose driver is gone would say so there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()

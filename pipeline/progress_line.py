"""One line on a terminal that says how far a run is; nothing where the output is piped."""

import sys
import threading
from types import TracebackType

from transforms.tables.progress import read_progress

REFRESH = 0.5  # seconds


class ProgressLine:
    """A context in which the line is kept up to date."""

    def __init__(self, staging: str) -> None:
        self._staging = staging
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "ProgressLine":
        if sys.stderr.isatty():
            self._thread = threading.Thread(target=self._refresh, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _refresh(self) -> None:
        while not self._stop.wait(REFRESH):
            sums = read_progress(self._staging)
            line = f"{sums['documents']} documents analysed, {sums['relevant']} relevant, {sums['findings']} findings"
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()

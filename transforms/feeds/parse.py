"""Feeds parsed in a process of their own, which is kept between feeds and killed when it takes too much."""

import atexit
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from typing import Any

from transforms.documents.pages import Page
from transforms.feeds.formats import ParsedFeed
from transforms.feeds.parse_child import LENGTH
from transforms.feeds.settings import FetchSettings
from transforms.tables.records import FeedEntry, Unreadable

WALL_FACTOR = 3  # the clock on the wall may show this many times the CPU time on a busy machine
WALL_EXTRA = 5.0  # seconds: starting the process
FEEDS_PER_CHILD = 300  # then it is replaced, so that what it leaked is given back
CHUNK = 256 * 1024
MAX_REPLY = 256 * 1024 * 1024  # bytes: entries are capped one by one, this caps their sum
CODE_OF_OVERTIME = (-24, 152)  # SIGXCPU as a process and as a shell tells it


class Parser:
    """One parsing process and the lock before it. `command` starts it (tests put others in its place)."""

    def __init__(self, command: tuple[str, ...] | None = None) -> None:
        self._command = command or (sys.executable, "-P", "-m", "transforms.feeds.parse_child")
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._served = 0
        self._lock = threading.Lock()

    def parse(
        self, body: bytes, content_type: str | None, url: str | None, settings: FetchSettings
    ) -> ParsedFeed | Unreadable:
        """Return the feed in `body`, or why it is none; never longer than a few times `parse_seconds`."""
        reply = self._tell(
            {"task": "feed", "url": url, "max_entries": settings.max_entries}, body, content_type, settings
        )
        return reply if isinstance(reply, Unreadable) else _parsed(reply)

    def extract(self, body: bytes, content_type: str | None, settings: FetchSettings) -> Page | Unreadable:
        """Return the article on the page in `body`, or why there is none; within the same limits."""
        reply = self._tell({"task": "page"}, body, content_type, settings)
        return reply if isinstance(reply, Unreadable) else Page(**reply["page"])

    def _tell(
        self, task: dict[str, Any], body: bytes, content_type: str | None, settings: FetchSettings
    ) -> dict[str, Any] | Unreadable:
        limits = {"cpu_seconds": settings.parse_seconds, "memory_bytes": settings.parse_bytes}
        request = json.dumps({**task, **limits, "content_type": content_type}).encode()
        with self._lock:
            return self._ask(request, body, settings.parse_seconds * WALL_FACTOR + WALL_EXTRA)

    def close(self) -> None:
        """End the process, if there is one."""
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
        child.wait()

    def _ask(self, request: bytes, body: bytes, seconds: float) -> dict[str, Any] | Unreadable:
        child = self._running()
        deadline = time.monotonic() + seconds
        message = b"".join((LENGTH.pack(len(request)), request, LENGTH.pack(len(body)), body))
        try:
            reply = _converse(child, message, deadline)
        except BaseException:
            self.close()
            raise
        if reply is None:
            return self._post_mortem(child, timed_out=time.monotonic() >= deadline)
        self._served += 1
        value: dict[str, Any] = json.loads(reply)
        if value.pop("leave", False) or self._served >= FEEDS_PER_CHILD:
            self.close()
        return Unreadable(*value["unreadable"]) if "unreadable" in value else value

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and self._owner == os.getpid() and self._child.poll() is None:
            return self._child
        self.close()
        # A new interpreter, not a fork: a forked child would hold this process's locks and connections.
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path), "PYTHONHASHSEED": "0"},
            close_fds=True,
        )
        self._owner, self._served = os.getpid(), 0
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                os.set_blocking(pipe.fileno(), False)
        return self._child

    def _post_mortem(self, child: "subprocess.Popen[bytes]", timed_out: bool) -> Unreadable:
        if not timed_out:
            try:
                child.wait(1.0)
            except subprocess.TimeoutExpired:
                timed_out = True
        code = child.returncode
        self.close()
        if timed_out or code in CODE_OF_OVERTIME:
            return Unreadable("parse_timeout", "parsing took longer than is allowed and was ended")
        return Unreadable("parse_crashed", f"the parsing process ended with code {code}")


def parse_feed(
    body: bytes, content_type: str | None, url: str | None, settings: FetchSettings | None = None
) -> ParsedFeed | Unreadable:
    """Return the feed in `body`, or why it is none.

    `content_type` is the HTTP header (None for a file), `url` the feed's own address, to resolve relative links.
    Reasons: empty_body, not_a_feed, html_page, captcha_page, broken_json, unparsable, parse_timeout, parse_memory,
    parse_crashed, and those of decoding.
    """
    return _PARSER.parse(body, content_type, url, settings or _DEFAULTS)


def extract_text(body: bytes, content_type: str | None, settings: FetchSettings) -> Page | Unreadable:
    """Return the article on the page in `body`, or why there is none; reasons as of `extract_page` and `parse_*`."""
    return _PARSER.extract(body, content_type, settings)


def _converse(child: "subprocess.Popen[bytes]", message: bytes, deadline: float) -> bytes | None:
    """Send `message` and return the answer; None when the child ends, or the time does."""
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("the parsing process has no pipes")
    source, sink = child.stdout.fileno(), child.stdin.fileno()
    received, rest, wanted = bytearray(), memoryview(message), LENGTH.size
    with selectors.DefaultSelector() as selector:
        selector.register(source, selectors.EVENT_READ)
        selector.register(sink, selectors.EVENT_WRITE)
        while len(received) < wanted:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            for key, _ in selector.select(left):
                if key.fd == sink:
                    rest = rest[_written(sink, rest[:CHUNK]) :]
                    if not rest:
                        selector.unregister(sink)
                    continue
                data = os.read(source, CHUNK)
                if not data:
                    return None
                received += data
            if wanted == LENGTH.size <= len(received):
                wanted += LENGTH.unpack_from(received)[0]
                if wanted > MAX_REPLY:
                    return None
    return bytes(received[LENGTH.size : wanted])


def _written(sink: int, data: memoryview) -> int:
    try:
        return os.write(sink, data)
    except BrokenPipeError:
        return len(data)  # the child has ended: its output tells so


def _parsed(value: dict[str, Any]) -> ParsedFeed:
    entries = tuple(FeedEntry(*entry) for entry in value.pop("entries"))
    return ParsedFeed(entries=entries, **{**value, "flags": tuple(value["flags"])})


_DEFAULTS = FetchSettings()
_PARSER = Parser()
atexit.register(_PARSER.close)

"""The parsing process: reads bodies from its input, writes entries to its output, and may be killed at any time."""

import json
import resource
import struct
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from transforms.feeds.formats import ParsedFeed, read_feed
from transforms.tables.records import Unreadable

if TYPE_CHECKING:
    from transforms.documents.pages import Page

LENGTH = struct.Struct(">I")
KIBIBYTE = 1024
LEAVE_SHARE = 0.5  # of the memory allowed: a process that once grew so large makes room for a fresh one


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until the input ends. A request is a JSON object and a body, each behind its length."""
    while header := _frame(requests):
        request = json.loads(header)
        body = _frame(requests) or b""
        _limit(request["cpu_seconds"], request["memory_bytes"])
        replies.write(_packed(json.dumps(_answer(request, body)).encode()))
        replies.flush()


def _answer(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    try:
        read = _read(request, body)
    except MemoryError:
        return {"unreadable": ["parse_memory", "parsing needed more memory than is allowed"], "leave": True}
    except Exception as error:  # parsers stumble over broken bodies in ways that can't be listed: an expected error
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
        return {"unreadable": ["unparsable", f"{type(error).__name__} in {where}"]}
    if isinstance(read, Unreadable):
        return {"unreadable": [read.reason, read.message]}
    grown = _most_memory() > LEAVE_SHARE * request["memory_bytes"]
    if not isinstance(read, ParsedFeed):
        return {"page": asdict(read), "leave": grown}
    entries = [list(asdict(entry).values()) for entry in read.entries]
    return {**asdict(replace(read, entries=())), "entries": entries, "leave": grown}


def _read(request: dict[str, Any], body: bytes) -> "ParsedFeed | Page | Unreadable":
    if request["task"] == "feed":
        return read_feed(body, request["content_type"], request["url"], request["max_entries"])
    from transforms.documents.pages import extract_page

    return extract_page(body, request["content_type"])


def _limit(cpu_seconds: float, memory_bytes: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + cpu_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _most_memory() -> int:
    """Return the most bytes this process has held; 0 where the system does not tell.

    Not `ru_maxrss`: that is the parent's until this process outgrows it.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) * KIBIBYTE for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _frame(stream: BinaryIO) -> bytes | None:
    head = stream.read(LENGTH.size)
    return stream.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else None


def _packed(data: bytes) -> bytes:
    return LENGTH.pack(len(data)) + data


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)

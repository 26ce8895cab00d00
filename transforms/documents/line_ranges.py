"""Lines of a large file by byte ranges: each line belongs to the range in which it starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_BLOCK = 1024 * 1024  # bytes read at once


@dataclass(frozen=True, slots=True)
class LineRange:
    """The lines that start in the bytes `start` to `stop` of a file, with `newlines` line breaks before `start`."""

    start: int
    stop: int
    newlines: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1, its first byte, its bytes without the line break; None where it is too long."""

    number: int
    start: int
    body: bytes | None


def cut_into_ranges(path: str, size: int, target: int) -> list[LineRange]:
    """Return the ranges of about `target` bytes that together own each line of the `size` bytes of `path` once.

    Ranges in which no line starts are left out. Raises OSError.
    """
    number = max(1, -(-size // target))
    step = max(1, -(-size // number))
    ranges: list[LineRange] = []
    newlines, starts_line = 0, True
    with open(path, "rb") as file:
        for start in range(0, size, step):
            stop = min(start + step, size)
            here, last = _count_newlines(file, start, stop)
            # A break at the range's very end begins a line of the next range.
            if starts_line or here - last > 0:
                ranges.append(LineRange(start, stop, newlines))
            newlines, starts_line = newlines + here, bool(last)
    return ranges


def read_lines(path: str, part: LineRange, max_line: int) -> Iterator[Line]:
    """Yield the lines of `part`; one longer than `max_line` bytes comes without its body. Raises OSError."""
    with open(path, "rb") as file:
        position, number = part.start, part.newlines + 1
        if part.start:
            file.seek(part.start - 1)
            position = part.start - 1 + _skip_line(file)
            if position > part.start:
                number += 1
        while position < part.stop:
            line = file.readline(max_line + 2)
            if not line:
                return
            length = len(line)
            body = line.removesuffix(b"\n").removesuffix(b"\r")
            if length == max_line + 2 and not line.endswith(b"\n"):
                length += _skip_line(file)
            yield Line(number, position, body if len(body) <= max_line else None)
            position, number = position + length, number + 1


def _skip_line(file: BinaryIO) -> int:
    skipped = 0
    while chunk := file.readline(_BLOCK):
        skipped += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return skipped


def _count_newlines(file: BinaryIO, start: int, stop: int) -> tuple[int, int]:
    """Return how many line breaks lie in the bytes, and 1 if the last byte is one, else 0."""
    file.seek(start)
    count, left, last = 0, stop - start, b""
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        count += block.count(b"\n")
        left -= len(block)
        last = block[-1:]
    return count, int(last == b"\n")

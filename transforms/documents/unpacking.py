"""Seed files brought into a form that can be read in ranges: unpacked, and as UTF-8."""

import codecs
import gzip
import zlib
from pathlib import Path

from transforms.documents.encodings import detect_cyrillic
from transforms.tables.records import Unreadable

MAX_UNPACKED = 32 * 1024**3  # bytes of one file unpacked: the largest honest dumps have about 10 GB
_BLOCK = 1024 * 1024  # bytes in memory at a time
_HEAD = 1024 * 1024  # bytes at the start of a file that tell its encoding
_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def unpack_gzip(source: str, target: Path, max_bytes: int = MAX_UNPACKED) -> Unreadable | None:
    """Write the unpacked bytes of `source` to `target`; return why that failed, None when it is done.

    Raises OSError when `source` can't be opened or `target` can't be written.
    """
    written = 0
    with open(source, "rb") as packed, open(target, "wb") as unpacked:
        stream = gzip.GzipFile(fileobj=packed)
        while True:
            try:
                block = stream.read(_BLOCK)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                return Unreadable("bad_gzip", f"is no whole gzip file: {error}")
            if not block:
                return None
            written += len(block)
            if written > max_bytes:
                return Unreadable("too_large", f"unpacks to more than {max_bytes} bytes")
            unpacked.write(block)


def encoding_of_lines(path: str) -> str | None:
    """Return the encoding of a file of lines that is not UTF-8, or None if it is, or if that can't be told.

    A file with some lines of valid UTF-8 beyond ASCII is UTF-8 with broken lines: those are refused one by one.
    """
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    for mark, encoding in _WIDE_MARKS:
        if head.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        pass
    else:
        return None
    lines = [line for line in head.split(b"\n") if not line.isascii()]
    if any(_is_utf8(line) for line in lines[: len(lines) - (len(head) == _HEAD)]):
        return None
    return detect_cyrillic(head)


def to_utf8(source: str, target: Path, encoding: str) -> Unreadable | None:
    """Write `source` to `target` as UTF-8; return why it can't be read, None when it is done. Raises OSError."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with open(source, "rb") as old, open(target, "wb") as new:
        try:
            while block := old.read(_BLOCK):
                new.write(decoder.decode(block).encode("utf-8", "replace"))
            new.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
        except UnicodeDecodeError as error:
            return Unreadable("bad_encoding", f"is taken for {encoding}, but {error.reason}")
    return None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

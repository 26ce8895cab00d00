"""Files read as streams of bytes, packed or not, with faults as values."""

import gzip
import zlib
from typing import IO, cast

from transforms.tables.records import Unreadable

# What reading a broken gzip stream raises.
GZIP_FAULTS = (gzip.BadGzipFile, EOFError, zlib.error)


def open_stream(path: str, *, packed: bool) -> IO[bytes]:
    """Return the bytes of `path`, unpacked while they are read. Raises OSError; reading, one of `GZIP_FAULTS`."""
    return cast(IO[bytes], gzip.GzipFile(path, "rb")) if packed else open(path, "rb")


def gzip_fault(error: Exception) -> Unreadable:
    """Return the value that stands for one of `GZIP_FAULTS`."""
    return Unreadable("bad_gzip", f"is no whole gzip file: {error}")

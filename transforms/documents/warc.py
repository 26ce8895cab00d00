"""Web archives (WARC) read as pages: the answers in them that are HTML and were no error."""

import re
import zlib
from collections.abc import Iterator
from typing import IO
from urllib.parse import urlsplit

from transforms.documents.addresses import absolute_url, canonical_url
from transforms.documents.encodings import decode_body
from transforms.documents.record_files import Found
from transforms.documents.streams import GZIP_FAULTS, gzip_fault, open_stream
from transforms.tables.records import Unreadable

MAX_HEADER_LINE = 16 * 1024  # bytes
MAX_HEADERS = 200  # lines of one record
MAX_PAGE = 8 * 1024 * 1024  # bytes of one page, unpacked; larger ones are no articles
_SKIP = 1024 * 1024  # bytes read at a time of what isn't wanted
_HTML = re.compile(r"^\s*(?:text/html|application/xhtml\+xml)\b", re.IGNORECASE)
_STATUS = re.compile(rb"^HTTP/\S+ 200\b")
_MARK = b"\xef\xbb\xbf"


def read_pages(path: str, *, packed: bool = False) -> Iterator[Found]:
    """Yield the pages of a WARC file in UTF-8, each with its address, and its host as source. Raises OSError."""
    with open_stream(path, packed=packed) as stream:
        try:
            yield from _records(stream)
        except GZIP_FAULTS as error:
            yield Found("", gzip_fault(error))


def _records(stream: IO[bytes]) -> Iterator[Found]:
    number = 0
    while True:
        line = stream.readline(MAX_HEADER_LINE)
        if not line:
            return
        if line in {b"\r\n", b"\n"}:
            continue
        number += 1
        place = f"#record {number}"
        headers = _headers(stream) if line.startswith(b"WARC/") else None
        length = int(headers["content-length"]) if headers and headers.get("content-length", "").isdecimal() else None
        if headers is None or length is None:
            yield Found(place, Unreadable("bad_warc", "no header of a WARC record: what follows can't be read"))
            return
        if headers.get("warc-type") != "response" or length > MAX_PAGE:
            _skip(stream, length)
            continue
        block = stream.read(length)
        if len(block) < length:
            yield Found(place, Unreadable("bad_warc", "the file ends inside a record"))
            return
        found = _page(place, headers.get("warc-target-uri", "").strip("<>"), block)
        if found is not None:
            yield found


def _headers(stream: IO[bytes]) -> dict[str, str] | None:
    """Return the headers up to the empty line, names in lower case; None if they have no end."""
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = stream.readline(MAX_HEADER_LINE)
        if not line.strip():
            return headers if line else None
        name, _, value = line.decode("utf-8", "replace").partition(":")
        headers[name.strip().lower()] = value.strip()
    return None


def _skip(stream: IO[bytes], length: int) -> None:
    while length > 0:
        block = stream.read(min(_SKIP, length))
        if not block:
            return
        length -= len(block)


def _page(place: str, address: str, block: bytes) -> Found | None:
    """Return the page in an HTTP answer; None where it is none that a reader would have seen."""
    head, _, body = block.partition(b"\r\n\r\n")
    if not _STATUS.match(head):
        return None
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    url = absolute_url(address)
    if not _HTML.match(headers.get("content-type", "")) or url is None:
        return None
    unpacked = _content(headers, body)
    if isinstance(unpacked, Unreadable):
        return Found(place, unpacked)
    decoded = decode_body(unpacked, headers.get("content-type"))
    if isinstance(decoded, Unreadable):
        return Found(place, decoded)
    if not decoded.text.strip():
        return None
    # The mark says that this is UTF-8, whatever the page declares.
    host = urlsplit(canonical_url(url) or url).hostname or ""
    return Found(place, _MARK + decoded.text.encode("utf-8", "replace"), host.removeprefix("www.") or None, url)


def _content(headers: dict[str, str], body: bytes) -> bytes | Unreadable:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        # Many archives keep the header and store the body in one piece.
        joined = _joined(body)
        body = body if joined is None else joined
    coding = headers.get("content-encoding", "").lower()
    if coding in {"gzip", "x-gzip"} and body.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            body = unpacker.decompress(body, MAX_PAGE)
        except zlib.error as error:
            return Unreadable("bad_gzip", f"the page is no whole gzip: {error}")
        if unpacker.unconsumed_tail:
            return Unreadable("too_large", f"the page unpacks to more than {MAX_PAGE} bytes")
    elif coding in {"br", "zstd", "deflate", "compress"}:
        return Unreadable("unsupported_coding", f"the page is packed as {coding}")
    return body


def _joined(body: bytes) -> bytes | None:
    """Return the chunks of a body joined; None if it has none."""
    parts: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\r\n", position, position + 40)
        try:
            size = int(body[position:end].split(b";")[0], 16) if end >= 0 else -1
        except ValueError:
            size = -1
        if size < 0:
            return None
        if size == 0:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + size])
        position = end + 2 + size + 2

"""Decoding of bodies as they arrive, with every byte counted before it is kept."""

import zlib
from typing import Any, Protocol

from transforms.tables.records import Unreadable

_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # zlib's way to say: a gzip header and nothing else
_STEP = 64 * 1024  # decoded bytes asked for at once, so that a bomb is seen before it is large


class _Decoder(Protocol):
    def feed(self, data: bytes, room: int) -> bytes:
        """Return at most `room` + 1 decoded bytes of `data`. Raises ValueError on corrupt data."""

    def ended(self) -> bool:
        """Whether the coding came to its proper end."""


class BodyReader:
    """Collects one body of at most `max_bytes` decoded bytes. `coding` is the header Content-Encoding."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.wire_bytes = 0
        self._body = bytearray()
        self._decoder = _decoder(coding)

    @property
    def refusal(self) -> Unreadable | None:
        """Why the body can't be read at all, told by its coding."""
        return self._decoder if isinstance(self._decoder, Unreadable) else None

    def add(self, data: bytes) -> Unreadable | None:
        """Take the next bytes of the wire; return why the body is given up, None to go on."""
        self.wire_bytes += len(data)
        if isinstance(self._decoder, Unreadable):
            return self._decoder
        try:
            self._body += self._decoder.feed(data, self.max_bytes - len(self._body))
        except ValueError:
            return Unreadable("corrupt_coding", "the compressed body is broken")
        if len(self._body) > self.max_bytes:
            return Unreadable("too_large", f"the body is larger than {self.max_bytes} bytes")
        return None

    def finish(self) -> bytes | Unreadable:
        """Return the whole body, or why it is not whole."""
        if isinstance(self._decoder, Unreadable):
            return self._decoder
        if self.wire_bytes and not self._decoder.ended():
            return Unreadable("incomplete_body", "the compressed body ends too early")
        return bytes(self._body)


def accepted_codings() -> str:
    """Return the header Accept-Encoding: what can be decoded within bounds here."""
    return "gzip, br" if _brotli() else "gzip"


def _decoder(coding: str) -> "_Decoder | Unreadable":
    codings = [part.strip().lower() for part in coding.split(",") if part.strip()]
    codings = [part for part in codings if part != "identity"]
    if not codings:
        return _Plain()
    if len(codings) > 1:
        return Unreadable("several_codings", "the body is compressed more than once")
    if codings[0] in {"gzip", "x-gzip"}:
        return _Gzip()
    if codings[0] == "br" and _brotli():
        return _Brotli()
    return Unreadable("unknown_coding", f"the body is compressed as {codings[0][:40]!r}, which was not asked for")


class _Plain:
    def feed(self, data: bytes, room: int) -> bytes:
        return data[: room + 1]

    def ended(self) -> bool:
        return True


class _Gzip:
    """Gzip, also of several members; what follows the last one is ignored, as browsers do."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP_WINDOW)
        self._members = 0

    def feed(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        while data and len(out) <= room:
            if self._inflate.eof:
                if not data.startswith(b"\x1f"):
                    break
                self._inflate = zlib.decompressobj(_GZIP_WINDOW)
            try:
                out += self._inflate.decompress(data, min(_STEP, room + 1 - len(out)))
            except zlib.error as error:
                raise ValueError(str(error)) from None
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        return bytes(out)

    def ended(self) -> bool:
        return self._inflate.eof


class _Brotli:
    def __init__(self) -> None:
        module = _brotli()
        self._decompressor = module.Decompressor()
        self._error = module.error

    def feed(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        while len(out) <= room:
            try:
                piece = self._decompressor.process(data, output_buffer_limit=min(_STEP, room + 1 - len(out)))
            except self._error as error:
                raise ValueError(str(error)) from None
            out += piece
            data = b""
            if self._decompressor.can_accept_more_data() or self._decompressor.is_finished():
                break
        return bytes(out)

    def ended(self) -> bool:
        return bool(self._decompressor.is_finished())


def _brotli() -> Any:
    try:
        import brotli  # type: ignore[import-not-found,import-untyped,unused-ignore] # it ships no types
    except ImportError:
        return None
    # Before 1.2 a decompressor had no limit on what it gives out at once.
    return brotli if hasattr(brotli.Decompressor, "can_accept_more_data") else None

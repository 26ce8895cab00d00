"""A loopback HTTP server that plays feeds, well-behaved and hostile ones; tests of any room may use it.

Connections are kept alive as real servers keep them; every request is noted with its time.
"""

import asyncio
import gzip
import ssl
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from xml.sax.saxutils import escape

Play = Callable[["Visit"], Awaitable[bytes | None]]
MEBIBYTE = 1024 * 1024
CERTIFICATE = Path(__file__).parent / "feeds" / "tls" / "farm.pem"  # for 127.0.0.1, made for these tests alone


@dataclass(frozen=True)
class Visit:
    """One request: when it came and what it said. Header names are lower case, values bytes as they came."""

    at: float  # time.monotonic()
    host: str  # the address and port that were connected to
    path: str
    headers: tuple[tuple[str, bytes], ...]
    number: int  # of this path's requests, from 1
    writer: asyncio.StreamWriter = field(repr=False, compare=False)

    def header(self, name: str) -> bytes | None:
        """Return the first header of this name."""
        return next((value for key, value in self.headers if key == name), None)


class FeedFarm:
    """Serves `routes` (path → play) on loopback while it is entered as a context."""

    def __init__(self, addresses: Sequence[str] = ("127.0.0.1",), tls: bool = False) -> None:
        self.routes: dict[str, Play] = {}
        self.visits: list[Visit] = []
        self._addresses = addresses
        self._tls = _tls_context() if tls else None
        self._ports: list[int] = []
        self._counts: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def url(self, path: str, host: int = 0) -> str:
        """Return the address of `path` on the farm's host number `host`."""
        return f"{'https' if self._tls else 'http'}://{self._addresses[host]}:{self._ports[host]}{path}"

    def add(self, path: str, play: Play) -> str:
        """Serve `path` by `play`; return its address on the first host."""
        self.routes[path] = play
        return self.url(path)

    def visits_to(self, path: str) -> list[Visit]:
        """Return the requests for `path`, in order."""
        return [visit for visit in self.visits if visit.path == path]

    def __enter__(self) -> "FeedFarm":
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the farm did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        for address in self._addresses:
            server = self._loop.run_until_complete(asyncio.start_server(self._serve, address, 0, ssl=self._tls))
            self._ports.append(server.sockets[0].getsockname()[1])
        self._ready.set()
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = "{}:{}".format(*writer.get_extra_info("sockname")[:2])
        try:
            while await self._answer(host, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        path = lines[0].split(b" ")[1].decode("latin-1")
        pairs = [line.partition(b":") for line in lines[1:] if line]
        headers = tuple((name.decode("latin-1").lower(), value.strip(b" ")) for name, _, value in pairs)
        key = path.partition("?")[0]
        self._counts[key] = self._counts.get(key, 0) + 1
        visit = Visit(time.monotonic(), host, path, headers, self._counts[key], writer)
        self.visits.append(visit)
        answer = await self.routes.get(key, status(404))(visit)
        if answer is None:
            return False  # the play has spoken for itself, and hangs up
        writer.write(answer)
        await writer.drain()
        return True


def _tls_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def reply(
    body: bytes = b"", code: int = 200, headers: Sequence[tuple[str, str]] = (), length: int | None = None
) -> bytes:
    """Return a whole HTTP reply; `length` lies about the length of the body."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {code} Said", f"Content-Length: {size}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def rss(items: int = 3, start: int = 1, extra: str = "", prefix: str = "item") -> bytes:
    """Return an RSS 2.0 feed of `items` items, numbered from `start`; `extra` goes into its channel."""
    parts = [
        f"<item><title>{prefix} {n}</title><link>https://example.org/{prefix}/{n}</link>"
        f'<guid isPermaLink="false">{prefix}-{n}</guid><pubDate>Wed, 02 Oct 2024 10:{n % 60:02}:00 +0300</pubDate>'
        f"<description>{escape(f'Text of {prefix} {n}.')}</description></item>"
        for n in range(start, start + items)
    ]
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Farm</title>{extra}{"".join(parts)}'
    )
    return (text + "</channel></rss>").encode()


# --- plays ------------------------------------------------------------------------------------------------------


def always(answer: bytes) -> Play:
    """Play: the same bytes for every request."""

    async def play(_: Visit) -> bytes:
        return answer

    return play


def body(content: bytes, *headers: tuple[str, str]) -> Play:
    """Play: 200 with `content`."""
    return always(reply(content, headers=headers))


def status(code: int, *headers: tuple[str, str], content: bytes = b"") -> Play:
    """Play: the status `code`."""
    return always(reply(content, code, headers))


def redirect(location: str, code: int = 301) -> Play:
    """Play: a redirect."""
    return status(code, ("Location", location))


def conditional(content: bytes, etag: str | None, last_modified: str | None = None) -> Play:
    """Play: 200 with validators, and 304 to whoever sends them back byte for byte."""
    named = (("ETag", etag, "if-none-match"), ("Last-Modified", last_modified, "if-modified-since"))

    async def play(visit: Visit) -> bytes:
        known = [(name, value, asks) for name, value, asks in named if value is not None]
        if known and all(visit.header(asks) == value.encode("latin-1") for _, value, asks in known):
            return reply(code=304).replace(b"Content-Length: 0\r\n", b"")
        return reply(content, headers=[(name, value) for name, value, _ in known])

    return play


def in_turn(*plays: Play) -> Play:
    """Play: one after another, the last one from then on."""

    async def play(visit: Visit) -> bytes | None:
        return await plays[min(visit.number, len(plays)) - 1](visit)

    return play


def drip(seconds: float = 0.2, piece: bytes = b" ") -> Play:
    """Play: a body that never ends, `piece` by `piece`, every `seconds`."""

    async def play(visit: Visit) -> None:
        visit.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100000000\r\n\r\n")
        while True:
            visit.writer.write(piece)
            await visit.writer.drain()
            await asyncio.sleep(seconds)

    return play


def silence(seconds: float = 3600) -> Play:
    """Play: no answer at all."""

    async def play(_: Visit) -> None:
        await asyncio.sleep(seconds)

    return play


def late(seconds: float, play: Play) -> Play:
    """Play: another play, `seconds` later."""

    async def wait(visit: Visit) -> bytes | None:
        await asyncio.sleep(seconds)
        return await play(visit)

    return wait


def reset(content: bytes, after: int) -> Play:
    """Play: the connection is reset after so many bytes of the body."""

    async def play(visit: Visit) -> None:
        answer = reply(content)
        visit.writer.write(answer[: len(answer) - len(content) + after])
        await visit.writer.drain()
        await asyncio.sleep(0.05)
        visit.writer.transport.abort()

    return play


def chunked(content: bytes, *headers: tuple[str, str], size: int = 8192) -> Play:
    """Play: 200 with a body of no announced length."""

    async def play(visit: Visit) -> None:
        lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *(f"{name}: {value}" for name, value in headers)]
        visit.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        for start in range(0, len(content), size):
            piece = content[start : start + size]
            visit.writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await visit.writer.drain()
        visit.writer.write(b"0\r\n\r\n")
        await visit.writer.drain()

    return play


def gzip_bomb(decoded: int = 100 * MEBIBYTE) -> Play:
    """Play: a small gzip body that unpacks to `decoded` bytes."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(squeeze.compress(bytes(MEBIBYTE)) for _ in range(decoded // MEBIBYTE)) + squeeze.flush()
    return body(packed, ("Content-Encoding", "gzip"))


def gzipped(content: bytes, *headers: tuple[str, str]) -> Play:
    """Play: an honest gzip body."""
    return body(gzip.compress(content), ("Content-Encoding", "gzip"), *headers)

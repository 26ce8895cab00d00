"""The one network client: guarded, bounded in time and size, and polite to each host."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin

from transforms.feeds.address import Address, host_key, read_address
from transforms.feeds.bodies import BodyReader, accepted_codings
from transforms.feeds.guard import Guard
from transforms.feeds.network_errors import network_error
from transforms.feeds.settings import FetchSettings
from transforms.feeds.transport import Resolve, open_transport, resolve_name
from transforms.tables.records import Unreadable

OK = 200
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
SILENT = frozenset({"connect_timeout", "read_timeout", "deadline", "too_slow"})  # reasons that cost time
POLL_FLOOR = 8.0  # seconds: patience never falls below these, or a good server under load would be taken for a bad one
READ_FLOOR = 4.0
ACCEPT = (
    b"application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    b"application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered in the end. Header names are lower case, values Latin-1 characters."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    wire_bytes: int
    url: str  # that answered
    permanent_url: str | None  # where permanent redirects alone led to; None when there was no redirect or another one

    def header(self, name: str) -> str | None:
        """Return the first header `name` (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why there is no reply. `refused` tells that we would not ask, rather than that the asking failed."""

    error: Unreadable
    refused: bool = False
    status: int | None = None
    wire_bytes: int = 0
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class _Seen:
    """How far an exchange came, for when it breaks off."""

    status: int | None = None
    wire_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one poll may take, in seconds; less for a host that has let polls of this run wait in vain."""

    poll: float
    connect: float
    read: float
    slow_after: float

    @classmethod
    def with_host(cls, settings: FetchSettings, timeouts: int) -> "Patience":
        """Return the patience with a host that `timeouts` polls have waited for."""
        share = 0.5**timeouts
        return cls(
            poll=_shortened(settings.poll_seconds, share, POLL_FLOOR),
            connect=_shortened(settings.connect_seconds, share, READ_FLOOR),
            read=_shortened(settings.read_seconds, share, READ_FLOOR),
            slow_after=_shortened(settings.slow_after_seconds, share, READ_FLOOR),
        )


class _Refused(Exception):
    """Carries the guard's refusal out through the connection pool."""

    def __init__(self, error: Unreadable) -> None:
        super().__init__(error.reason)
        self.error = error


@dataclass
class HostGate:
    """Lets requests to one host through one at a time, with a pause between them, and few over all at once."""

    pause_seconds: float
    at_once: int
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _ended: dict[str, float] = field(default_factory=dict)
    _slots: asyncio.Semaphore | None = None
    _pauses: dict[str, float] = field(default_factory=dict)

    def slow_down(self, host: str, seconds: float) -> None:
        """Leave at least `seconds` between two requests to `host`."""
        self._pauses[host] = max(seconds, self.pause_seconds)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for the turn of `host`, and hold it for the length of one request."""
        if self._slots is None:
            self._slots = asyncio.Semaphore(self.at_once)
        async with self._locks.setdefault(host, asyncio.Lock()):
            ended = self._ended.get(host)
            if ended is not None:
                await asyncio.sleep(max(0.0, ended + self._pauses.get(host, self.pause_seconds) - time.monotonic()))
            async with self._slots:
                try:
                    yield
                finally:
                    self._ended[host] = time.monotonic()


class FeedClient:
    """Fetches addresses through the guard. One per event loop; use it as an async context."""

    def __init__(self, settings: FetchSettings, resolve: Resolve | None = None) -> None:
        self.settings = settings
        self.guard = Guard(settings.allow_networks, settings.ports)
        self.gate = HostGate(settings.pause_seconds, settings.hosts_at_once)
        self._resolve = resolve or resolve_name
        self._transport: Any = None
        self._private: set[str] = set()
        self._timeouts: Counter[str] = Counter()

    async def __aenter__(self) -> "FeedClient":
        self._transport = open_transport(self.settings, self._allowed_addresses)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.aclose()

    def is_private(self, url: str) -> bool:
        """Whether the host of `url` was found in an allowed network when it was connected to."""
        address = read_address(url)
        return isinstance(address, Address) and address.host in self._private

    async def fetch(self, url: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> Reply | NoReply:
        """Return what `url` answers, redirects followed, within `poll_seconds` spent on requests.

        `headers` go to every hop: validators are the last one's. Raises nothing for what a server or an address may do.
        """
        ask = read_address(url)
        if isinstance(ask, Unreadable):
            return NoReply(ask, refused=True)
        permanent = True
        patience = Patience.with_host(self.settings, self._timeouts[host_key(url)])
        left = patience.poll
        reply: Reply | NoReply | None = None
        for hop in range(self.settings.max_redirects + 1):
            before = reply.status if reply else None
            async with self.gate.turn(host_key(ask.url)):
                began = time.monotonic()
                reply = await self._request(ask, headers, patience, left)
                left -= time.monotonic() - began
            if isinstance(reply, NoReply) and reply.error.reason in SILENT:
                self._timeouts[host_key(url)] += 1
            if isinstance(reply, NoReply):
                return replace(reply, status=before) if reply.refused else reply
            if reply.status not in REDIRECTS or reply.header("location") is None:
                return replace(reply, permanent_url=ask.url) if hop and permanent else reply
            permanent = permanent and reply.status in PERMANENT
            target = _redirect_target(ask, reply)
            if isinstance(target, NoReply):
                return target
            ask = target
        error = Unreadable("too_many_redirects", f"more than {self.settings.max_redirects} redirects")
        return NoReply(error, status=reply.status if reply else None)

    async def _request(
        self, ask: Address, headers: Sequence[tuple[bytes, bytes]], patience: Patience, seconds: float
    ) -> Reply | NoReply:
        refusal = self._judge_before(ask)
        if refusal:
            return NoReply(refusal, refused=True)
        seen = _Seen()
        try:
            async with asyncio.timeout(max(seconds, 0)):
                return await self._exchange(ask, headers, patience, seen)
        except TimeoutError:
            error = Unreadable("deadline", f"not finished after {patience.poll:g} seconds")
        except _Refused as refused:
            return NoReply(refused.error, refused=refused.error.reason.startswith("forbidden"))
        except Exception as raised:
            known = network_error(raised)
            if known is None:
                raise
            error = known
        return NoReply(error, status=seen.status, wire_bytes=seen.wire_bytes)

    def _judge_before(self, ask: Address) -> Unreadable | None:
        if self.settings.proxy:
            return self.guard.judge_unresolved(ask.host, ask.port)
        return self.guard.judge_host(ask.host, ask.port)

    async def _exchange(
        self, ask: Address, headers: Sequence[tuple[bytes, bytes]], patience: Patience, seen: _Seen
    ) -> Reply | NoReply:
        import httpx2

        try:
            request = httpx2.Request(
                "GET", ask.url, headers=[*self._own_headers(), *headers], extensions=_timeouts(patience)
            )
        except (httpx2.InvalidURL, UnicodeError):
            return NoReply(Unreadable("malformed_address", "the address cannot be asked"), refused=True)
        try:
            # A server that sends its headers letter by letter is never silent for long.
            async with asyncio.timeout(patience.connect + patience.read):
                response = await self._transport.handle_async_request(request)
        except TimeoutError:
            return NoReply(Unreadable("read_timeout", "no reply in time"))
        try:
            return await self._read(response, ask, patience, seen)
        finally:
            await response.aclose()

    async def _read(self, response: Any, ask: Address, patience: Patience, seen: _Seen) -> Reply | NoReply:
        raw = response.headers.raw
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw)
        status = seen.status = int(response.status_code)
        if len(raw) > self.settings.max_headers:
            error = Unreadable("too_many_headers", f"the reply has more than {self.settings.max_headers} headers")
            return NoReply(error, status=status)
        if status != OK:
            # What an error page says is not worth its bytes.
            return Reply(status, headers, b"", 0, ask.url, None)
        coding = ",".join(value for name, value in headers if name == "content-encoding")
        reader = BodyReader(coding, self.settings.max_bytes)
        body = reader.refusal or await self._collect(response, reader, patience, seen) or reader.finish()
        if isinstance(body, Unreadable):
            return NoReply(body, status=status, wire_bytes=reader.wire_bytes, headers=headers)
        return Reply(status, headers, body, reader.wire_bytes, ask.url, None)

    async def _collect(self, response: Any, reader: BodyReader, patience: Patience, seen: _Seen) -> Unreadable | None:
        began = time.monotonic()
        async for data in response.aiter_raw():
            error = reader.add(data)
            seen.wire_bytes = reader.wire_bytes
            if error:
                return error
            elapsed = time.monotonic() - began
            slow = reader.wire_bytes < elapsed * self.settings.slow_bytes_per_second
            if slow and elapsed > patience.slow_after:
                return Unreadable("too_slow", f"{reader.wire_bytes} bytes in {elapsed:.0f} seconds")
        return None

    async def _allowed_addresses(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of `host` that may be connected to. Raises _Refused when there are none."""
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError):
            found = ()
        if not found:
            raise _Refused(Unreadable("name_not_found", "the host name does not resolve"))
        refusals = {address: self.guard.judge(address, port) for address in found}
        allowed = [address for address, refusal in refusals.items() if refusal is None]
        for refusal in refusals.values():
            if refusal is not None and not allowed:
                raise _Refused(refusal)
        if any(self.guard.is_listed(ip_address(address)) for address in allowed):
            self._private.add(host)
        return allowed

    def _own_headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"User-Agent", self.settings.user_agent.encode("ascii", "replace")),
            (b"Accept", ACCEPT),
            (b"Connection", b"close"),
            (b"Accept-Encoding", accepted_codings().encode()),
        ]


def _timeouts(patience: Patience) -> dict[str, Any]:
    limits = {"connect": patience.connect, "read": patience.read, "write": patience.read, "pool": patience.poll}
    return {"timeout": limits}


def _shortened(seconds: float, share: float, floor: float) -> float:
    return max(seconds * share, min(seconds, floor))


def _redirect_target(ask: Address, reply: Reply) -> Address | NoReply:
    location = (reply.header("location") or "").encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        target = read_address(urljoin(ask.url, location.strip()))
    except ValueError:
        target = Unreadable("malformed_address", "the redirect's target cannot be taken apart")
    if isinstance(target, Unreadable):
        return NoReply(target, refused=True, status=reply.status)
    if ask.scheme == "https" and target.scheme == "http":
        error = Unreadable("insecure_redirect", "the redirect leads from https to http")
        return NoReply(error, refused=True, status=reply.status)
    return target

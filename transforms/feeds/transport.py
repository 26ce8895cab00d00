"""The connection to servers: to the addresses that were judged, and to no others."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import cache
from typing import Any

from transforms.feeds.settings import FetchSettings

MAX_CONNECT_TRIES = 3  # addresses of one name that are tried in turn

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Return the addresses of `host` as the system tells them, in its order. Raises OSError."""
    import socket

    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def open_transport(settings: FetchSettings, resolve: Resolve) -> Any:
    """Return a transport whose every connection goes to an address that `resolve` gave."""
    import httpcore2
    import httpx2

    for name in ("httpx2", "httpcore2"):
        # These log whole addresses, and an address may carry a secret.
        logging.getLogger(name).setLevel(logging.WARNING)
    if settings.proxy:
        return httpx2.AsyncHTTPTransport(verify=_tls(settings.ca_file), trust_env=False, proxy=settings.proxy)

    class GuardedBackend(httpcore2.AsyncNetworkBackend):
        """Resolves a name once, judges the answer, and connects to that very address."""

        def __init__(self) -> None:
            self._inner = httpcore2.AnyIOBackend()

        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Any = None,
        ) -> Any:
            tries = (await resolve(host, port))[:MAX_CONNECT_TRIES]
            for address in tries[:-1]:
                try:
                    return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                    continue
            return await self._inner.connect_tcp(tries[-1], port, timeout, local_address, socket_options)

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds)

    class GuardedTransport(httpx2.AsyncBaseTransport):
        """The client's own transport over a pool with a backend of ours, which the stock one can't take."""

        def __init__(self) -> None:
            self._pool = httpcore2.AsyncConnectionPool(
                ssl_context=_tls(settings.ca_file),
                max_connections=settings.hosts_at_once * 2,
                max_keepalive_connections=0,  # what a server says beyond its reply must not be taken for the next one
                network_backend=GuardedBackend(),
            )

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            url = request.url
            target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
            reply = await self._pool.handle_async_request(
                httpcore2.Request(
                    request.method, target, headers=request.headers.raw, content=None, extensions=request.extensions
                )
            )
            return httpx2.Response(
                reply.status, headers=reply.headers, stream=_Stream(reply), extensions=reply.extensions
            )

        async def aclose(self) -> None:
            await self._pool.aclose()

    class _Stream(httpx2.AsyncByteStream):
        def __init__(self, reply: Any) -> None:
            self._reply = reply

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for part in self._reply.aiter_stream():
                yield part

        async def aclose(self) -> None:
            await self._reply.aclose()

    return GuardedTransport()


@cache
def _tls(ca_file: str | None) -> ssl.SSLContext:
    import httpx2

    context = httpx2.create_ssl_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context

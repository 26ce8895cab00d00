"""Exceptions of the network libraries as values with stable reason words."""

import ssl

from transforms.tables.records import Unreadable


def network_error(error: Exception) -> Unreadable | None:
    """Return the value that stands for an exception of the network libraries; None for any other exception.

    Their messages are not kept: some quote addresses.
    """
    import httpcore2
    import httpx2

    named: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
        ((httpcore2.ConnectTimeout, httpx2.ConnectTimeout), "connect_timeout", "no connection in time"),
        ((httpcore2.TimeoutException, httpx2.TimeoutException), "read_timeout", "the server fell silent"),
        ((httpcore2.ProxyError, httpx2.ProxyError), "proxy_failed", "the proxy did not do its part"),
        ((httpcore2.ConnectError, httpx2.ConnectError), "connect_failed", _connect_message(error)),
        (
            (httpcore2.RemoteProtocolError, httpx2.RemoteProtocolError),
            "broken_reply",
            "the reply breaks the protocol or off",
        ),
        ((httpcore2.NetworkError, httpx2.NetworkError), "connection_lost", "the connection broke"),
        ((httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, httpx2.TransportError), "broken_reply", "not HTTP"),
    )
    for classes, reason, message in named:
        if isinstance(error, classes):
            return Unreadable(reason, message)
    return None


def _connect_message(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return f"no safe connection: {cause.reason or 'the certificate is not valid'}"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        cause = cause.__cause__ or cause.__context__
    return "no connection"

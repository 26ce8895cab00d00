"""Addresses as text: which may be asked at all, what of them may be stored, and whose host they name."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

from transforms.tables.records import Unreadable

MAX_ADDRESS = 4_000  # characters; browsers and servers stop between 2,000 and 8,000
SCHEMES = ("http", "https")
DEFAULT_PORTS = {"http": 80, "https": 443}
MASK = "REDACTED"

# Query parameters that carry secrets, by the words in their names.
_SECRET = re.compile(
    r"(?:^|[_.\-\[])(?:token|apikey|(?:api|access|private|secret)[_\-]?key|accesstoken|authtoken|secret|passw(?:or)?d|pwd|"
    r"auth|authorization|credentials?|sig|signature|session|sessionid|jwt|bearer|key)(?:$|[_.\-\]])",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")
_HOST = re.compile(r"^[^\x00-\x20\x7f/?#@\\:\[\]<>^`{|}%\"]+$")


@dataclass(frozen=True, slots=True)
class Address:
    """An address that may be asked as far as its text tells: scheme, host, port and nothing secret in front."""

    url: str
    scheme: str
    host: str  # lower case, without brackets
    port: int


def read_address(url: str) -> Address | Unreadable:
    """Return `url` taken apart, or why it may not be asked; what its host resolves to is not looked at here."""
    url = url.strip(" \t\r\n")
    if not url or len(url) > MAX_ADDRESS or _CONTROL.search(url) or "\\" in url:
        return Unreadable("malformed_address", "empty, too long, or with characters in it that no address has")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return Unreadable("malformed_address", "the address cannot be taken apart")
    if parts.scheme not in SCHEMES:
        return Unreadable("forbidden_scheme", "only http and https are read")
    if "@" in parts.netloc:
        return Unreadable("credentials_in_address", "the address carries a user name or password")
    if port == 0 or not (_HOST.match(host) or ":" in host):
        return Unreadable("malformed_address", "the address names no proper host or port")
    return Address(url, parts.scheme, host, port or DEFAULT_PORTS[parts.scheme])


def safe_address(url: str) -> str:
    """Return `url` as it may be stored and shown: no user, password or fragment, secret parameters masked."""
    try:
        parts = urlsplit(url.strip())
        netloc = parts.netloc.rpartition("@")[2]
        shown = urlunsplit((parts.scheme, netloc, parts.path, _masked_query(parts.query), ""))
    except ValueError:
        # Not to be taken apart: all that may hide a secret goes.
        shown = re.sub(r"//[^/]*@", "//", url.partition("?")[0])
    return _CONTROL.sub("", shown)[:MAX_ADDRESS]


def host_key(url: str) -> str:
    """Return the name under which the feeds of one server are polled one after another.

    A port of its own is a server of its own; http and https of one name are one.
    """
    address = read_address(url)
    if isinstance(address, Unreadable):
        return ""
    shown = f"[{address.host}]" if ":" in address.host else address.host
    return shown if address.port in DEFAULT_PORTS.values() else f"{shown}:{address.port}"


def resolve_link(link: str | None, base: str | None) -> str | None:
    """Return `link` as an absolute http or https address without secrets, resolved against `base`; None for others."""
    if not link or len(link) > MAX_ADDRESS:
        return None
    try:
        # Feeds wrap long addresses; browsers drop the line ends and encode the spaces.
        joined = urljoin(base or "", re.sub(r"[\r\n\t]", "", link.strip()).replace(" ", "%20"))
        parts = urlsplit(joined)
        if parts.scheme not in SCHEMES or not parts.hostname or (parts.port is not None and not parts.port):
            return None
    except ValueError:
        return None
    if "@" in parts.netloc or parts.query:
        clean = parts._replace(netloc=parts.netloc.rpartition("@")[2], query=_masked_query(parts.query))
        joined = urlunsplit(clean)
    return None if _CONTROL.search(joined) else joined


def _masked_query(query: str) -> str:
    return "&".join(_masked(pair) for pair in query.split("&")) if "=" in query else query


def _masked(pair: str) -> str:
    name, sign, value = pair.partition("=")
    return f"{name}={MASK}" if sign and value and _SECRET.search(name) else pair

"""The guard of the network: which resolved addresses and ports may be connected to."""

import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from transforms.tables.records import Unreadable

IP = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's special-purpose registries (2025), and more: `ipaddress.is_global` lets the translated forms, multicast and,
# by Python version, others through. A form that carries an IPv4 address inside is refused whatever it carries.
FORBIDDEN = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "100::/64",  # discard
        "2001::/23",  # Teredo, ORCHID, benchmarks, protocol assignments
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # private
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, as it was
        "ff00::/8",  # multicast
    )
)
# What the C library reads as an IPv4 address: one to four numbers, decimal, octal or hexadecimal.
_NUMERIC_HOST = re.compile(r"^(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}\.?$", re.IGNORECASE)
_LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "home.arpa", "lan")


class Guard:
    """Decides about resolved addresses; `allow` names networks that are open although they are refused by default."""

    def __init__(self, allow: Iterable[str] = (), ports: Iterable[int] = (80, 443)) -> None:
        self.allow = tuple(ip_network(network) for network in allow)
        self.ports = frozenset(ports)

    def judge(self, text: str, port: int) -> Unreadable | None:
        """Return why the numeric address `text` may not be connected to on `port`; None when it may."""
        if "%" in text:
            return Unreadable("forbidden_address", "an address with a zone is of this machine's own network")
        try:
            address = ip_address(text)
        except ValueError:
            return Unreadable("forbidden_address", "not a numeric address")
        if self.is_listed(address):
            return None
        if is_forbidden(address):
            return Unreadable("forbidden_address", "the address is not of the public Internet")
        if port not in self.ports:
            return Unreadable("forbidden_port", f"port {port} is not among those that may be asked")
        return None

    def judge_host(self, host: str, port: int) -> Unreadable | None:
        """Return why `host`, not yet resolved, may not be asked; None when its resolved addresses are to decide.

        A number in an unusual form is refused unless the address that it means is in an allowed network.
        """
        if ":" in host:
            return self.judge(host, port)
        if not _NUMERIC_HOST.match(host):
            return None
        try:
            meant = socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
        except OSError:
            return Unreadable("malformed_address", "the host is a number but not an address")
        if meant != host and not self.is_listed(ip_address(meant)):
            return Unreadable("forbidden_address", "an address written in an unusual form")
        return self.judge(meant, port)

    def judge_unresolved(self, host: str, port: int) -> Unreadable | None:
        """Return why `host` may not be asked through a proxy, which resolves the name where it can't be seen."""
        refusal = self.judge_host(host, port)
        if refusal is None and not _is_literal(host):
            if host.rpartition(".")[2] in _LOCAL_NAMES or "." not in host or host.endswith(_LOCAL_NAMES):
                return Unreadable("forbidden_address", "a name of the local network")
            if port not in self.ports:
                return Unreadable("forbidden_port", f"port {port} is not among those that may be asked")
        return refusal

    def is_listed(self, address: IP) -> bool:
        """Whether `address`, or the IPv4 address mapped into it, is in an allowed network."""
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any(
            candidate.version == network.version and candidate in network
            for network in self.allow
            for candidate in (address, mapped)
            if candidate is not None
        )


@lru_cache(maxsize=4096)
def is_forbidden(address: IP) -> bool:
    """Whether `address` is not an ordinary public unicast address."""
    if any(address.version == network.version and address in network for network in FORBIDDEN):
        return True
    return not address.is_global or address.is_multicast or address.is_reserved


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True

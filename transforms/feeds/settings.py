"""How feeds are fetched: the limits and manners of the network client, as a user may set them."""

from ipaddress import ip_network
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MEBIBYTE = 1024 * 1024
PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


class FetchSettings(BaseModel):
    """The key `fetch` of a profile. Times are seconds, sizes bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow_networks: tuple[str, ...] = Field(
        default=(),
        description="Networks refused by default and allowed here, such as 127.0.0.0/8; any port is open in them.",
    )
    ports: tuple[int, ...] = Field(
        default=(80, 443, 8000, 8008, 8080, 8443, 8888), description="Ports that may be asked on public addresses."
    )
    user_agent: str = Field(
        default="Picket/0.1 (news monitor for research)", min_length=1, max_length=300, description="Who asks."
    )
    ca_file: str | None = Field(
        default=None, description="File of certificates (PEM) that are trusted beside the system's own."
    )
    proxy: str | None = Field(
        default=None,
        description="Address of an HTTP or SOCKS proxy that all requests go through; never taken from the environment. "
        "The proxy looks names up: what they resolve to can't be checked here, only addresses written out.",
    )
    hosts_at_once: int = Field(
        default=16, ge=1, le=256, description="Requests in flight at once, each to another host."
    )
    pause_seconds: float = Field(default=1.0, ge=0, le=600, description="Pause between two requests to one host.")
    poll_seconds: float = Field(
        default=40.0, gt=0, le=600, description="Longest time for one poll, redirects included."
    )
    connect_seconds: float = Field(default=10.0, gt=0, le=120, description="Longest time to connect to a host.")
    read_seconds: float = Field(default=15.0, gt=0, le=120, description="Longest silence of a server.")
    slow_after_seconds: float = Field(
        default=10.0, gt=0, le=600, description="When a body begins to be judged by its speed."
    )
    slow_bytes_per_second: int = Field(
        default=1000, ge=0, description="A body that comes slower than this, on average, is given up; 0 never does."
    )
    max_bytes: int = Field(default=5 * MEBIBYTE, ge=1024, le=100 * MEBIBYTE, description="Largest body, decoded.")
    max_headers: int = Field(default=100, ge=10, le=1000, description="Most header lines in a reply.")
    max_redirects: int = Field(default=5, ge=0, le=20, description="Most redirects followed in one poll.")
    max_entries: int = Field(default=1000, ge=1, le=50_000, description="Most entries read from one feed.")
    max_pages: int = Field(default=30, ge=0, le=1000, description="Most article pages fetched of one host in one run.")
    pages_seconds: float = Field(default=300.0, gt=0, le=7200, description="Longest time for all pages of a run.")
    parse_seconds: float = Field(default=10.0, gt=0, le=120, description="Longest time to parse one body, in CPU time.")
    parse_bytes: int = Field(
        default=384 * MEBIBYTE, ge=128 * MEBIBYTE, le=8192 * MEBIBYTE, description="Most memory of the parsing process."
    )
    default_interval: int = Field(default=3600, ge=60, description="Time to the second poll of a feed.")
    min_interval: int = Field(default=900, ge=1, description="Shortest time between two polls of a feed (15 minutes).")
    max_interval: int = Field(default=86_400, ge=1, description="Longest time between two polls of a feed (24 hours).")

    @field_validator("allow_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme not in PROXY_SCHEMES or not parts.hostname:
                raise ValueError(f"must be an address that begins with one of {', '.join(PROXY_SCHEMES)}")
        return value

    @model_validator(mode="after")
    def _intervals(self) -> "FetchSettings":
        if self.min_interval > self.max_interval:
            raise ValueError("min_interval is longer than max_interval")
        return self

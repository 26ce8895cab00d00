"""What the robots.txt of a host says: asked for pages and discovery, never for feeds that the user listed."""

from typing import Any
from urllib.parse import urlsplit

from transforms.feeds.address import host_key
from transforms.feeds.client import FeedClient, NoReply
from transforms.tables.records import Unreadable

MAX_ROBOTS = 500 * 1024  # bytes that are read of a file, as RFC 9309 asks at least
MAX_CRAWL_DELAY = 30.0  # seconds between two requests; a host that asks for more is asked this seldom
OK = 200
SERVER_ERROR = 500
NOT_ALLOWED = Unreadable("robots_disallow", "the host's robots.txt does not allow it")


class Robots:
    """The rules of the hosts that one client has asked, each fetched once."""

    def __init__(self, client: FeedClient) -> None:
        self._client = client
        self._agent = client.settings.user_agent.partition("/")[0].strip() or "*"
        self._rules: dict[str, Any] = {}  # by scheme and host: a parser, or why nothing may be asked, or None

    async def judge(self, url: str) -> Unreadable | None:
        """Return why `url` may not be fetched, None when it may.

        No file, or one that is refused to us (4xx), allows all; a host in trouble (5xx, silence) allows nothing.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = await self._read(origin)
        rules = self._rules[origin]
        if rules is None or isinstance(rules, Unreadable):
            return rules
        return None if rules.can_fetch(url, self._agent) else NOT_ALLOWED

    async def _read(self, origin: str) -> Any:
        from protego import Protego

        reply = await self._client.fetch(f"{origin}/robots.txt")
        if isinstance(reply, NoReply):
            if reply.refused:
                return reply.error
            return Unreadable("robots_unknown", f"the host's robots.txt could not be read: {reply.error.reason}")
        if reply.status != OK:
            in_trouble = reply.status >= SERVER_ERROR
            return Unreadable("robots_unknown", f"robots.txt answered {reply.status}") if in_trouble else None
        rules = Protego.parse(reply.body[:MAX_ROBOTS].decode("utf-8", "replace"))
        delay = rules.crawl_delay(self._agent)
        if delay:
            self._client.gate.slow_down(host_key(origin), min(float(delay), MAX_CRAWL_DELAY))
        return rules

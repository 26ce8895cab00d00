"""Finding the feeds of a site: from what its page declares, and from where feeds usually lie."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from transforms.feeds.address import Address, read_address, resolve_link, safe_address
from transforms.feeds.client import FeedClient, NoReply, Reply
from transforms.feeds.formats import ParsedFeed
from transforms.feeds.parse import parse_feed
from transforms.feeds.robots import Robots
from transforms.feeds.settings import FetchSettings
from transforms.feeds.telegram import preview_address
from transforms.tables.records import Unreadable

FEED_TYPES = frozenset(
    (
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/xml",
        "text/xml",
        "application/json",
    )
)
# Where feeds lie on the systems that most outlets use, the likeliest first.
USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/rss/all", "/feed/rss", "/index.xml", "/feeds")
WORDS = ("rss", "feed", "atom", "xml")  # in a link's address
MAX_CANDIDATES = 25  # addresses tried for one site
OK = 200


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that was read: its address (without secrets), title, format, and number of items."""

    url: str
    title: str | None
    format: str
    language: str | None
    items: int


def discover(url: str, settings: FetchSettings) -> list[FoundFeed] | Unreadable:
    """Return the feeds found from `url`, a site or a feed, each read once; or why the site can't be asked."""
    return asyncio.run(_discover(preview_address(url), settings))


def candidates(page: str, url: str) -> list[str]:
    """Return the addresses that the page `page` at `url` gives for feeds: declared ones first, then linked ones."""
    from lxml import etree, html

    try:
        tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError):
        return []
    base = next((str(value) for value in tree.xpath("//base/@href")), "")
    base = urljoin(url, base)
    declared = [link.get("href") for link in tree.xpath("//link[@href]") if _declares_feed(link)]
    linked = [str(href) for href in tree.xpath("//a/@href") if any(word in str(href).lower() for word in WORDS)]
    resolved = (resolve_link(href, base) for href in (*declared, *linked))
    return list(dict.fromkeys(one for one in resolved if one))


async def _discover(url: str, settings: FetchSettings) -> list[FoundFeed] | Unreadable:
    start = read_address(url if "://" in url else f"https://{url}")
    if isinstance(start, Unreadable):
        return start
    async with FeedClient(settings) as client:
        reply = await client.fetch(start.url)
        if isinstance(reply, NoReply):
            return reply.error
        feed = await _read(reply, settings)
        if feed:
            return [feed]
        page = reply.body.decode("utf-8", "replace") if reply.status == OK else ""
        return await _try(client, [*candidates(page, reply.url), *_usual(start)], settings)


async def _try(client: FeedClient, urls: Sequence[str], settings: FetchSettings) -> list[FoundFeed]:
    robots = Robots(client)
    found: dict[str, FoundFeed] = {}
    for url in list(dict.fromkeys(urls))[:MAX_CANDIDATES]:
        if await robots.judge(url):
            continue
        reply = await client.fetch(url)
        feed = await _read(reply, settings) if isinstance(reply, Reply) else None
        if feed:
            found.setdefault(feed.url, feed)
    return list(found.values())


async def _read(reply: Reply, settings: FetchSettings) -> FoundFeed | None:
    if reply.status != OK:
        return None
    url = safe_address(reply.url)
    feed = await asyncio.to_thread(parse_feed, reply.body, reply.header("content-type"), url, settings)
    if not isinstance(feed, ParsedFeed):
        return None
    return FoundFeed(url, feed.title, feed.format, feed.language, len(feed.entries))


def _usual(start: Address) -> list[str]:
    root = urlsplit(start.url)
    return [f"{root.scheme}://{root.netloc}{path}" for path in USUAL_PATHS]


def _declares_feed(link: Any) -> bool:
    relation = str(link.get("rel") or "").lower().split()
    kind = str(link.get("type") or "").partition(";")[0].strip().lower()
    return ("alternate" in relation and kind in FEED_TYPES) or "feed" in relation

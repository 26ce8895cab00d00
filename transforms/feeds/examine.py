"""A look at one feed as a poll would read it, without writing anything."""

import asyncio
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from json import dumps

from transforms.documents.parse import parse_document
from transforms.feeds.address import safe_address
from transforms.feeds.client import FeedClient, NoReply
from transforms.feeds.formats import ParsedFeed
from transforms.feeds.headers import hints_of, validators_of
from transforms.feeds.parse import parse_feed
from transforms.feeds.settings import FetchSettings
from transforms.feeds.sources import Source
from transforms.feeds.telegram import preview_address
from transforms.tables.records import DocumentRef, ParsedDocument, Unreadable

OK = 200


@dataclass(frozen=True, slots=True)
class Examined:
    """What a poll of a feed would find. `documents` are its entries as articles, or why one is none."""

    url: str  # that answered, without secrets
    status: int | None
    wire_bytes: int
    moved_to: str | None  # where permanent redirects lead
    etag: str | None
    last_modified: str | None
    hint: float | None  # seconds until something new is to be expected, by the feed's word
    error: Unreadable | None
    feed: ParsedFeed | None
    documents: tuple[ParsedDocument | Unreadable, ...] = ()


def examine(source: Source, settings: FetchSettings, started: datetime) -> Examined:
    """Fetch and read the feed of `source` once; `started` is the time by which dates are judged."""
    return asyncio.run(_examine(source, settings, started))


async def _examine(source: Source, settings: FetchSettings, started: datetime) -> Examined:
    began = time.monotonic()
    url = preview_address(source.url) if source.kind == "telegram" else source.url
    async with FeedClient(settings) as client:
        reply = await client.fetch(url)
    shown = safe_address(url if isinstance(reply, NoReply) else reply.url)
    if isinstance(reply, NoReply):
        return Examined(shown, reply.status, reply.wire_bytes, None, None, None, None, reply.error, None)
    now = started + timedelta(seconds=time.monotonic() - began)
    moved = safe_address(reply.permanent_url) if reply.permanent_url else None
    etag, last_modified = validators_of(reply.headers)
    fresh = hints_of(reply.headers, now).fresh_for
    if reply.status != OK:
        error = Unreadable(f"http_{reply.status}", f"the server answered {reply.status}")
        return Examined(shown, reply.status, reply.wire_bytes, moved, etag, last_modified, fresh, error, None)
    feed = await asyncio.to_thread(parse_feed, reply.body, reply.header("content-type"), shown, settings)
    if isinstance(feed, Unreadable):
        return Examined(shown, reply.status, reply.wire_bytes, moved, etag, last_modified, fresh, feed, None)
    hint = max((one for one in (feed.hint, fresh) if one), default=None)
    documents = tuple(_document(source, asdict(entry), shown, now) for entry in feed.entries)
    return Examined(shown, reply.status, reply.wire_bytes, moved, etag, last_modified, hint, None, feed, documents)


def _document(source: Source, entry: dict[str, object], url: str, now: datetime) -> ParsedDocument | Unreadable:
    line = dumps(entry).encode()
    ref = DocumentRef(
        "", "", 0, len(line), "entry", source.id, url, now, url, language=source.language, timezone=source.timezone
    )
    return parse_document(ref, line)

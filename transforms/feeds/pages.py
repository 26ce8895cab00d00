"""Pages of articles whose feed gives a summary only: fetched by the guarded client, and their text extracted."""

import asyncio
import html
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transforms.documents.pages import Page
from transforms.feeds.address import host_key, safe_address
from transforms.feeds.client import FeedClient, NoReply, Reply
from transforms.feeds.formats import CAPTCHA_MARKS
from transforms.feeds.parse import extract_text
from transforms.feeds.robots import Robots
from transforms.feeds.settings import FetchSettings
from transforms.feeds.spool import SpoolWriter
from transforms.tables.records import FeedEntry, Unreadable

OK = 200
PAGE_TYPES = ("text/html", "application/xhtml+xml")
MIN_TEXT = 200  # characters: less is a notice or a teaser, and the summary says more
CAPTCHA_TEXT = 2_000  # characters below which a page with such words is no article that speaks of them


@dataclass(frozen=True, slots=True)
class PageAsked:
    """A page that is wanted for `entry`; `key` is the caller's own name for it.

    `known` is the length of the text that the entry has, `content_hash` what the entry is recognised by in the next
    poll: the page must not change that.
    """

    key: str
    url: str
    entry: FeedEntry
    known: int = 0
    content_hash: str | None = None


@dataclass(frozen=True, slots=True)
class PageFound:
    """The entry of `key` with the text of its page: `start` and `length` are bytes of a line in the spool `path`."""

    key: str
    path: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class PageMissed:
    """Why there is no text of the page that `key` asked for; `url` may be stored."""

    key: str
    url: str
    error: Unreadable


def fetch_pages(
    asked: Sequence[PageAsked], settings: FetchSettings, spool: Path | str
) -> Iterator[PageFound | PageMissed]:
    """Fetch the pages `asked` for and write their entries, completed, to a new spool file.

    Hosts are asked at the same time, each one page after another, as far as its robots.txt allows, at most
    `max_pages` of a host and for `pages_seconds` in all. Yields in the order of `asked`, and the spool keeps it.
    Raises SpoolFault.
    """
    if not asked:
        return
    results = asyncio.run(_Fetcher(settings).run(asked))
    with SpoolWriter(spool) as writer:
        for one, result in zip(asked, results, strict=True):
            if isinstance(result, Unreadable):
                yield PageMissed(one.key, safe_address(one.url), result)
            else:
                yield PageFound(one.key, writer.path, *writer.add(_completed(one, result)))


class _Fetcher:
    """One batch of pages in one event loop."""

    def __init__(self, settings: FetchSettings) -> None:
        self.settings = settings
        self.client = FeedClient(settings)
        self.robots = Robots(self.client)
        self.until = time.monotonic() + settings.pages_seconds

    async def run(self, asked: Sequence[PageAsked]) -> list[Page | Unreadable]:
        hosts: dict[str, list[int]] = {}
        for index, one in enumerate(asked):
            hosts.setdefault(host_key(one.url), []).append(index)
        self._parsing = asyncio.Lock()
        found: dict[int, Page | Unreadable] = {}
        async with self.client, asyncio.TaskGroup() as group:
            for indices in hosts.values():
                group.create_task(self._host(asked, indices, found))
        return [found[index] for index in range(len(asked))]

    async def _host(
        self, asked: Sequence[PageAsked], indices: Sequence[int], found: dict[int, Page | Unreadable]
    ) -> None:
        for number, index in enumerate(indices):
            if number >= self.settings.max_pages or time.monotonic() > self.until:
                found[index] = Unreadable("page_over_limit", "too many pages of this host for one run")
            else:
                found[index] = await self._page(asked[index])

    async def _page(self, one: PageAsked) -> Page | Unreadable:
        refusal = await self.robots.judge(one.url)
        if refusal:
            return refusal
        reply = await self.client.fetch(one.url)
        if isinstance(reply, NoReply):
            return reply.error
        if reply.status != OK:
            return Unreadable(f"http_{reply.status}", f"the server answered {reply.status}")
        kind = (reply.header("content-type") or "text/html").partition(";")[0].strip().lower()
        if kind not in PAGE_TYPES:
            return Unreadable("not_a_page", f"the reply is {kind[:60]!r}")
        async with self._parsing:
            page = await asyncio.to_thread(extract_text, reply.body, reply.header("content-type"), self.settings)
        return page if isinstance(page, Unreadable) else _judged(page, reply, one)


def _completed(one: PageAsked, page: Page) -> FeedEntry:
    entry = one.entry
    return replace(
        entry,
        title=entry.title or html.escape(page.title, quote=False) or None,
        content="".join(f"<p>{html.escape(part, quote=False)}</p>" for part in page.text.split("\n") if part.strip()),
        published=entry.published or entry.updated or page.published,
        language=entry.language or page.language,
        page_method=page.method,
        content_hash=one.content_hash,
    )


def _judged(page: Page, reply: Reply, one: PageAsked) -> Page | Unreadable:
    """Return `page` if its text is worth more than the summary; else why not."""
    if len(page.text) < CAPTCHA_TEXT:
        words = reply.body.decode("utf-8", "replace").lower()
        if any(mark in words for mark in CAPTCHA_MARKS):
            return Unreadable("captcha_page", "a page that asks whether a person is there, instead of an article")
    if len(page.text) < max(MIN_TEXT, one.known):
        return Unreadable("page_without_text", f"{len(page.text)} characters of text: less than is known already")
    return page

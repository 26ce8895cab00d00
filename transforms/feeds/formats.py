"""Bytes of a feed in any of its formats → entries; runs in the parsing process, since the bytes may be hostile."""

import html
import io
import re
import sys
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from transforms.documents.encodings import REPAIRED, Decoded, decode_body
from transforms.feeds.address import resolve_link
from transforms.feeds.json_feed import read_json_feed
from transforms.feeds.sitemap import read_sitemap
from transforms.feeds.telegram import MARK, read_preview
from transforms.tables.records import FeedEntry, Unreadable

# Most characters of one field that are kept: far above what any honest feed has.
MAX_TITLE = 2_000
MAX_NAME = 2_000  # guid
MAX_SUMMARY = 200_000
MAX_CONTENT = 1_000_000
MAX_DATE = 200
MAX_LANGUAGE = 40
MAX_BROKEN_SHARE = 0.02  # of a body's characters that may be no UTF-8 where no other encoding fits either
HEAD = 4_000  # characters at the start of a body that tell its format

# `sy:updatePeriod` in seconds.
PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
# What pages say that stand between a program and a feed. Lower case.
CAPTCHA_MARKS = (
    "captcha",
    "cf-chl",
    "challenge-platform",
    "just a moment...",
    "checking your browser",
    "ddos-guard",
    "are you a human",
    "verify you are human",
    "подтвердите, что вы не робот",
    "проверка браузера",
    "доступ ограничен",
)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*?\?>")
_HTML_START = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_SITEMAP_START = re.compile(r"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_FEED_START = re.compile(r"<(?:\w+:)?(?:rss|rdf|feed|channel)\b", re.IGNORECASE)
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,9}));")
_C1 = {code: bytes([code]).decode("windows-1252", "ignore") or None for code in range(0x80, 0xA0)}


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed as it was read: its entries and what it says about itself; `hint` is in seconds."""

    entries: tuple[FeedEntry, ...]
    format: str
    encoding: str = ""
    title: str | None = None
    language: str | None = None
    hint: float | None = None
    flags: tuple[str, ...] = ()


def read_feed(body: bytes, content_type: str | None, url: str | None, max_entries: int) -> ParsedFeed | Unreadable:
    """Return the feed in `body`, or why it is none. `url` is the feed's own address, to resolve links."""
    if not body.strip():
        return Unreadable("empty_body", "the body is empty")
    decoded = decode_body(body, content_type)
    if isinstance(decoded, Unreadable):
        decoded = _mostly_utf8(body) or decoded
    if isinstance(decoded, Unreadable):
        return decoded
    text = decoded.text
    head = text[:HEAD].lstrip("\ufeff \t\r\n")
    if head.startswith(("{", "[")):
        feed = _json_feed(text, url, max_entries)
    elif _SITEMAP_START.search(head):
        feed = _sitemap(text, url, max_entries)
    elif MARK in text and _HTML_START.search(head):
        feed = _telegram(text, url, max_entries)
    else:
        feed = _xml_feed(text, head, url, max_entries)
    return (
        feed
        if isinstance(feed, Unreadable)
        else replace(feed, encoding=decoded.encoding, flags=(*decoded.flags, *feed.flags))
    )


def _mostly_utf8(body: bytes) -> Decoded | None:
    """Return `body` as UTF-8 with gaps, if they are few: one broken item must not cost all the others."""
    text = body.decode("utf-8", "replace")
    few = text.count("\ufffd") <= len(text) * MAX_BROKEN_SHARE
    return Decoded(text, "utf-8", (REPAIRED,)) if few else None


def mended(text: str) -> str:
    """Return `text` without the characters, written out or as references, that XML does not allow.

    The C1 range is read as what it nearly always is: Windows punctuation.
    """
    return _REFERENCE.sub(_mended_reference, _NOT_XML.sub("", text.translate(_C1)))


def clean(value: object, limit: int) -> str | None:
    """Return `value` as text without control characters, at most `limit` characters; None for nothing."""
    if not isinstance(value, str):
        return None
    text = _NOT_XML.sub("", value[: limit * 2]).strip()[:limit]
    return text or None


def _json_feed(text: str, url: str | None, most: int) -> ParsedFeed | Unreadable:
    read = read_json_feed(text, most)
    if isinstance(read, Unreadable):
        return read
    language = clean(read.language, MAX_LANGUAGE)
    entries = tuple(_entry(item, url or read.feed_url or read.home, language) for item in read.items)
    capped = ("entries_capped",) if read.capped else ()
    return ParsedFeed(entries, "json", title=clean(read.title, MAX_TITLE), language=language, flags=capped)


def _sitemap(text: str, url: str | None, most: int) -> ParsedFeed | Unreadable:
    read = read_sitemap(_XML_DECLARATION.sub("", text, count=1), most)
    if isinstance(read, Unreadable):
        return read
    items, capped = read
    entries = tuple(_entry({**item, "title": html.escape(item["title"], quote=False)}, url, None) for item in items)
    return ParsedFeed(entries, "sitemap", flags=("entries_capped",) if capped else ())


def _telegram(text: str, url: str | None, most: int) -> ParsedFeed | Unreadable:
    read = read_preview(text, most)
    if isinstance(read, Unreadable):
        return read
    title, posts = read
    return ParsedFeed(tuple(_entry(post, url, None) for post in posts), "telegram", title=title)


def _xml_feed(text: str, head: str, url: str | None, most: int) -> ParsedFeed | Unreadable:
    feedparser = _feedparser()
    page = _HTML_START.search(head)
    if page and not _FEED_START.search(head[: page.start()]) and not _FEED_START.search(text[: HEAD * 4]):
        return _not_a_feed(text)
    headers = {"content-type": "application/xml; charset=utf-8"}
    if url:
        headers["content-location"] = url
    parsed = feedparser.parse(
        io.BytesIO(_XML_DECLARATION.sub("", mended(text), count=1).encode("utf-8", "replace")),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.version:
        return _not_a_feed(text)
    feed = parsed.feed
    language = clean(dict.get(feed, "language"), MAX_LANGUAGE)
    base = url or clean(dict.get(feed, "link"), MAX_NAME)
    entries = tuple(_xml_entry(entry, parsed.version, base, language) for entry in parsed.entries[:most])
    capped = ("entries_capped",) if len(parsed.entries) > most else ()
    broken = ("broken_xml",) if parsed.bozo else ()
    title = clean(dict.get(feed, "title"), MAX_TITLE)
    return ParsedFeed(entries, parsed.version, "", title, language, _hint(feed), broken + capped)


@cache
def _feedparser() -> Any:
    import feedparser
    import feedparser.mixin

    # An id is a name: made absolute it would change with the address of its feed, and every article with it.
    mixin = feedparser.mixin._FeedParserMixin
    mixin.can_be_relative_uri = set(mixin.can_be_relative_uri) - {"id"}
    return feedparser


def _not_a_feed(text: str) -> Unreadable:
    lower = text[:50_000].lower()
    if not _HTML_START.search(lower):
        return Unreadable("not_a_feed", f"begins with {clean(text[:60], 60)!r}")
    if any(mark in lower for mark in CAPTCHA_MARKS):
        return Unreadable("captcha_page", "a page that asks whether a person is there, instead of a feed")
    return Unreadable("html_page", "a web page instead of a feed")


def _xml_entry(entry: Any, version: str, base: str | None, language: str | None) -> FeedEntry:
    atom = version.startswith("atom")
    published, updated = dict.get(entry, "published"), dict.get(entry, "updated")
    guid, link = dict.get(entry, "id"), dict.get(entry, "link")
    if link == guid and not str(link).lower().startswith(("http:", "https:", "/")):
        link = None  # an id without a word that it is no address is taken for one
    content = max((_detail(part, atom) for part in entry.get("content", ())), key=len, default="")
    # Full texts that Russian outlets write for an aggregator, under its own names.
    fuller = max((str(dict.get(entry, name) or "") for name in ("yandex_full-text", "turbo_content")), key=len)
    summary = _detail(dict.get(entry, "summary_detail"), atom) or str(dict.get(entry, "summary") or "")
    if content and len(summary) > len(content):
        content = summary  # some put the text there, and a teaser where the text belongs
    item = {
        "guid": guid,
        "link": dict.get(entry, "feedburner_origlink") or link,
        "title": _detail(dict.get(entry, "title_detail"), atom) or dict.get(entry, "title"),
        "summary": summary,
        "content": max(content, fuller, key=len),
        # RSS has one date, under several names; in Atom `updated` is another thing than `published`.
        "published": published or (None if atom else updated or dict.get(entry, "created")),
        "updated": updated,
        "language": dict.get(entry, "language") or dict.get(dict.get(entry, "title_detail") or {}, "language"),
    }
    return _entry(item, base, language)


def _detail(detail: Any, atom: bool) -> str:
    """Return the text of `detail` as markup: what is declared to be plain is escaped, what is no text is left out."""
    if not isinstance(detail, dict):
        return ""
    kind, value = str(detail.get("type", "")), str(detail.get("value") or "")
    if kind and not (kind.startswith("text/") or "html" in kind or "xml" in kind):
        return ""
    return html.escape(value, quote=False) if atom and kind == "text/plain" else value


def _entry(item: dict[str, Any], base: str | None, language: str | None) -> FeedEntry:
    return FeedEntry(
        guid=clean(item.get("guid"), MAX_NAME),
        link=resolve_link(clean(item.get("link"), MAX_NAME * 2), base),
        title=clean(item.get("title"), MAX_TITLE),
        summary=clean(item.get("summary"), MAX_SUMMARY),
        content=clean(item.get("content"), MAX_CONTENT),
        published=clean(item.get("published"), MAX_DATE),
        updated=clean(item.get("updated"), MAX_DATE),
        language=clean(item.get("language"), MAX_LANGUAGE) or language,
        forwarded_from=clean(item.get("forwarded_from"), MAX_TITLE),
        edited=bool(item.get("edited")),
    )


def _hint(feed: Any) -> float | None:
    """Return the seconds in which, by its own word, nothing new is to be expected of the feed."""
    hints = []
    ttl = str(dict.get(feed, "ttl") or "").strip()
    if re.fullmatch(r"[0-9]{1,6}", ttl):
        hints.append(float(ttl) * 60)
    period = PERIODS.get(str(dict.get(feed, "sy_updateperiod") or "").strip().lower())
    if period:
        frequency = str(dict.get(feed, "sy_updatefrequency") or "1").strip()
        hints.append(period / max(1, int(frequency) if re.fullmatch(r"[0-9]{1,6}", frequency) else 1))
    return max((hint for hint in hints if hint > 0), default=None)


def _mended_reference(match: re.Match[str]) -> str:
    code = int(match.group(1), 16) if match.group(1) else int(match.group(2))
    if code in _C1:
        return _C1[code] or ""
    return match.group() if code <= sys.maxunicode and not _NOT_XML.match(chr(code)) else ""

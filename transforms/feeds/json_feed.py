"""JSON Feed, versions 1 and 1.1, as tolerant of slips as its readers are."""

import html
import json
from dataclasses import dataclass
from typing import Any

from transforms.tables.records import Unreadable


@dataclass(frozen=True, slots=True)
class JsonFeed:
    """What a JSON Feed says; the values of `items` are of any type, keyed by the names of FeedEntry's fields."""

    items: tuple[dict[str, Any], ...]
    capped: bool
    title: Any
    language: Any
    home: str | None
    feed_url: str | None


def read_json_feed(text: str, max_items: int) -> JsonFeed | Unreadable:
    """Return the feed in `text`, at most `max_items` of its items, or why it is none."""
    try:
        value = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return Unreadable("broken_json", "the body is not proper JSON")
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        return Unreadable("not_a_feed", "JSON, but without a list of items")
    items = tuple(_item(item) for item in value["items"][:max_items] if isinstance(item, dict))
    return JsonFeed(
        items=items,
        capped=len(value["items"]) > max_items,
        title=value.get("title"),
        language=value.get("language"),
        home=_text(value, "home_page_url"),
        feed_url=_text(value, "feed_url"),
    )


def _item(item: dict[str, Any]) -> dict[str, Any]:
    plain = _text(item, "content_text")
    return {
        "guid": _text(item, "id"),
        "link": _text(item, "url") or _text(item, "external_url"),
        # Titles and summaries are plain text by the standard; in records they are markup.
        "title": _escaped(_text(item, "title")),
        "summary": _escaped(_text(item, "summary")),
        "content": _text(item, "content_html") or _escaped(plain),
        "published": _text(item, "date_published"),
        "updated": _text(item, "date_modified"),
        "language": _text(item, "language"),
    }


def _text(value: dict[str, Any], key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) and found.strip() else None


def _escaped(text: str | None) -> str | None:
    return text and html.escape(text, quote=False).replace("\n\n", "<p>")

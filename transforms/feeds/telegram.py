"""The public preview page of a Telegram channel: its latest posts with text, time, number, and origin."""

import re
from typing import Any
from urllib.parse import urlsplit

from transforms.tables.records import Unreadable

MARK = "tgme_"  # names of classes begin so on a preview page, and nowhere else
HOSTS = ("t.me", "telegram.me", "telegram.dog")
_NAME = re.compile(r"^@?[A-Za-z][A-Za-z0-9_]{3,31}$")  # what Telegram allows for public channels
_POST = re.compile(r"^[A-Za-z][A-Za-z0-9_]{3,31}/[0-9]{1,12}$")


def preview_address(url: str) -> str:
    """Return the address of the preview page of the channel that `url` names; `url` itself where it names none."""
    name = url.strip()
    if not _NAME.match(name):
        try:
            parts = urlsplit(name if "://" in name else f"https://{name}")
        except ValueError:
            return url
        if (parts.hostname or "").removeprefix("www.") not in HOSTS:
            return url
        name = parts.path.strip("/").removeprefix("s/").partition("/")[0]
    return f"https://t.me/s/{name.removeprefix('@')}" if _NAME.match(name) else url


def read_preview(text: str, max_items: int) -> tuple[str | None, list[dict[str, Any]]] | Unreadable:
    """Return the channel's name and its latest posts, oldest first, keyed by the names of FeedEntry's fields."""
    from lxml import html

    tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    posts = [item for node in _nodes(tree, "tgme_widget_message") if (item := _post(node))]
    title = _text(tree, "tgme_channel_info_header_title") or _text(tree, "tgme_header_title")
    if not posts and not _nodes(tree, "tgme_channel_history"):
        return Unreadable("telegram_no_preview", "the channel shows no public preview")
    return title, posts[-max_items:]


def _post(node: Any) -> dict[str, Any] | None:
    number = str(node.get("data-post") or "")
    if not _POST.match(number):
        return None
    content = _content(node)
    if content is None:
        return None  # a picture without words
    times = node.xpath(".//a[contains(@class, 'tgme_widget_message_date')]//time/@datetime")
    return {
        "guid": number,
        "link": f"https://t.me/{number}",
        "content": content,
        "published": str(times[-1]) if times else None,
        "forwarded_from": _text(node, "tgme_widget_message_forwarded_from_name"),
        "edited": any("edited" in part.text_content() for part in _nodes(node, "tgme_widget_message_meta")),
    }


def _content(node: Any) -> str | None:
    """Return the markup of the post's own words: not of the post it answers, nor of a page it links to."""
    from lxml import html

    parts = [
        part
        for name in ("tgme_widget_message_text", "tgme_widget_message_poll_question")
        for part in _nodes(node, name)
        if not _inside(part, node, "tgme_widget_message_reply") and "js-message_reply_text" not in part.get("class", "")
    ]
    # Telegram puts one text block into another of the same class.
    outer = [
        part for part in parts if not any(part is not other and part in other.iterdescendants() for other in parts)
    ]
    return "<br>".join(html.tostring(part, encoding="unicode", with_tail=False) for part in outer) or None


def _inside(part: Any, root: Any, name: str) -> bool:
    return any(name in up.get("class", "").split() for up in part.iterancestors() if up is not root)


def _nodes(tree: Any, name: str) -> list[Any]:
    return list(tree.xpath(f"descendant::*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"))


def _text(tree: Any, name: str) -> str | None:
    found = _nodes(tree, name)
    return " ".join(found[0].text_content().split()) or None if found else None

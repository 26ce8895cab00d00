"""News sitemaps: the addresses, titles and times of a site's latest articles."""

from typing import Any

from transforms.tables.records import Unreadable

_FIELDS = {
    "title": "title",
    "publication_date": "published",
    "language": "language",
    "loc": "link",
    "lastmod": "updated",
}


def read_sitemap(text: str, max_items: int) -> tuple[list[dict[str, Any]], bool] | Unreadable:
    """Return at most `max_items` articles keyed by the names of FeedEntry's fields, and whether there were more."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False, remove_comments=True
    )
    root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if root is None:
        return Unreadable("unparsable", "the sitemap is not proper XML")
    if _name(root) == "sitemapindex":
        return Unreadable("sitemap_index", "a list of sitemaps: name one of those that it lists")
    items: list[dict[str, Any]] = []
    seen = False
    for url in root:
        seen = seen or _name(url) == "url"
        item = _item(url)
        if item.get("title") and item.get("link"):
            if len(items) == max_items:
                return items, True
            items.append(item)
    if seen and not items:
        return Unreadable("sitemap_without_news", "the sitemap gives no titles: it is not one for news")
    return items, False


def _item(url: Any) -> dict[str, Any]:
    item: dict[str, Any] = {}
    for element in url.iter():
        field = _FIELDS.get(_name(element))
        # An image or a video in the entry has a title and an address of its own.
        if field and _name(element.getparent()) in {"url", "news", "publication"}:
            item.setdefault(field, element.text)
    item["guid"] = item.get("link") and item["link"].strip()
    return item


def _name(element: Any) -> str:
    tag = element.tag if element is not None else ""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""

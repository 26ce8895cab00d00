"""What a page says about its article: title, address, language, date of publication."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transforms.documents.markup import plain_line, tidy_line

MAX_LINKED_DATA = 500_000  # characters of one block of JSON-LD
MAX_NODES = 500  # objects looked at in one of them
_ARTICLE_TYPES = re.compile(r"(?:Article|Posting|Report|WebPage)$")
# Where titles stand, the most certain first. Names of classes are those of WordPress, Blogger and the like.
_TITLES = (
    "//*[@itemprop='headline']",
    "//article//h1",
    "//*[self::h1 or self::h2 or self::h3][contains(concat(' ', @class, ' '), ' entry-title ')]",
    "//*[self::h1 or self::h2 or self::h3][contains(concat(' ', @class, ' '), ' post-title ')]",
    "//main//h1",
    "//h1",
)
_DATES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//meta[@name='pubdate' or @name='date' or @name='DC.date.issued' or @name='mediator_published_time']/@content",
)
# Times that stand with the headline; any other may be that of another story.
_LATER_DATES = (
    "//time[@pubdate]/@datetime",
    "//article[.//h1]//time/@datetime",
    "//h1/following-sibling::*[position() <= 2]/descendant-or-self::time/@datetime",
    "//h1/parent::*[not(self::body)]//time/@datetime",
)
_ADDRESSES = ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content", "//link[@rel='amphtml']/@href")
_SITE_NAME = re.compile(r"\s+[|–—\-:»•·]\s+")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Everything as the page gives it, except for the title, which is clean."""

    title: str
    url: str | None
    language: str | None
    published: str | None


def read_facts(tree: Any) -> PageFacts:
    """Return what the lxml `tree` of a page says about its article."""
    linked = _linked_article(tree)
    published = _first(tree, _DATES) or _string(linked.get("datePublished")) or _first(tree, _LATER_DATES)
    language = tree.get("lang") or _string(linked.get("inLanguage"))
    return PageFacts(_title(tree, linked), _first(tree, _ADDRESSES[:2]), language, published)


def _title(tree: Any, linked: Mapping[str, Any]) -> str:
    # A headline on the page is better than what the page tells other sites, which often carries the site's name.
    shared = tidy_line(_first(tree, ("//meta[@property='og:title']/@content",)) or "")
    named = tidy_line("".join(tree.xpath("string(//title)")))
    heads = [tidy_line(" ".join(element.itertext())) for path in _TITLES for element in tree.xpath(path)[:1]]
    for head in heads:
        if head and (head in shared or (not shared and head in named)):
            return head
    headline = plain_line(_string(linked.get("headline")) or "")
    return shared or headline or next(filter(None, heads), "") or _SITE_NAME.split(named)[0]


def _first(tree: Any, paths: tuple[str, ...]) -> str | None:
    for path in paths:
        for value in tree.xpath(path):
            if value.strip():
                return str(value).strip()
    return None


def _linked_article(tree: Any) -> Mapping[str, Any]:
    """Return the first object of the page's JSON-LD that describes an article; empty if there is none."""
    for script in tree.xpath("//script[@type='application/ld+json']"):
        text = script.text or ""
        if len(text) > MAX_LINKED_DATA:
            continue
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(value):
            kind = node.get("@type")
            kinds = kind if isinstance(kind, list) else [kind]
            if any(isinstance(one, str) and _ARTICLE_TYPES.search(one) for one in kinds) and node.get("datePublished"):
                return node
    return {}


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [value]
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting.extend(node[:MAX_NODES])
        elif isinstance(node, dict):
            yield node
            waiting.extend(one for one in (node.get("@graph"), node.get("mainEntity")) if one)


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None

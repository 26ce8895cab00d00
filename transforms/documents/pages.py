"""Pages of the web read into their main text: sidebars, comments, banners and lists of links left out."""

import logging
import re
from dataclasses import dataclass
from typing import Any

from transforms.documents.encodings import decode_body
from transforms.documents.markup import tidy_text
from transforms.documents.page_facts import read_facts
from transforms.tables.records import Unreadable

MAX_PAGE = 4_000_000  # characters of a page that are looked at; the largest articles have a tenth of it
MAX_ELEMENTS = 40_000  # of a page; real ones have up to 10,000, and extraction takes its time with each

# Elements that hold no text of an article, by name; and by words in their class, id, role or label.
_NO_TEXT = ("script", "style", "noscript", "template", "svg", "iframe", "form", "button", "nav", "aside", "amp-sidebar",
            "amp-ad", "dialog", "select", "textarea", "object", "video", "audio", "canvas")  # fmt: skip
_BESIDE = re.compile(
    r"(?:^|[\s_\-])(?:side-?bar\w*|widget\w*|comments?|comments?-area|comment-?list|disqus\w*|replies|cookie\w*|gdpr\w*|"
    r"consent|pop-?up\w*|modal|overlay|newsletter\w*|subscri\w*|mailing|promo\w*|advert\w*|ads?|ad-slot|banner\w*|"
    r"sponsor\w*|related\w*|recirc\w*|read-?(?:more|also)|also|see-?also|recommend\w*|popular|trending|most-?read|latest|"
    r"share\w*|sharing|social\w*|breadcrumbs?|bx-breadcrumb|pagination|pager|paginator|post-navigation|nav|navbar|menu|"
    r"main-?menu|top-?menu|tags?|tag-?list|author-?(?:box|bio|card)|byline|footer|foot|copyright|paywall\w*|donat\w*|"
    r"telegram-?link|column-right\w*|right-column)"
    r"(?=$|[\s_\-])",
    re.IGNORECASE,
)
_NAMED = ("class", "id", "role", "aria-label")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
MAX_FORM_TEXT = 800  # characters around a field for an e-mail address: an offer to subscribe
# Elements that are never thrown away whole: they are, or hold, the article. Comments and teasers may be articles too.
_KEPT = ".//h1 | .//main | .//*[@itemprop='articleBody']"
_STATES = ("has-", "with-", "without-", "no-", "is-", "tag-", "category-", "type-", "format-", "hide-", "show-")
MAX_SHARE = 0.5  # of a page's characters that something beside the article may hold; comments may hold more
_COMMENTS = re.compile(r"comment|repl(?:y|ies)|disqus", re.IGNORECASE)

# Those of HTML, and those of trafilatura's own trees.
_BLOCKS = frozenset(
    (
        *(
            "p",
            "div",
            "section",
            "article",
            "main",
            "body",
            "header",
            "footer",
            "center",
            "address",
            "blockquote",
            "pre",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "td", "br", "hr"),
        *("figure", "figcaption", "head", "item", "list", "quote", "code", "cell", "row", "lb", "ab"),
    )
)
_CONTAINERS = frozenset(("div", "td", "section", "article", "main", "body", "center", "blockquote", "dd", "li"))
_INLINE_TEXT = frozenset(
    ("p", "b", "i", "em", "strong", "span", "font", "u", "br", "blockquote", "h2", "h3", "ul", "ol", "li", "a")
)
MIN_PARAGRAPH = 25  # characters of text outside links from which a piece counts as prose
MAX_LINK_SHARE = 0.5  # of a block's characters: more is a list of links
MIN_BENEATH = 200  # characters of prose in the headline's block from which it is taken for the article's
MIN_BENEATH_SHARE = 0.25  # of the text found on the page: less is an introduction, and the article stands elsewhere
MIN_TEXT = 40  # characters: less is what extraction finds on pages that it does not understand


@dataclass(frozen=True, slots=True)
class Page:
    """What was found on a page; `method` names the extraction that found the text."""

    title: str
    text: str
    url: str | None
    language: str | None
    published: str | None
    method: str


def extract_page(body: bytes, content_type: str | None) -> Page | Unreadable:
    """Return the article on the page in `body`. Reasons: bad_encoding, empty_file, not_a_page, too_large."""
    decoded = decode_body(body, content_type)
    if isinstance(decoded, Unreadable):
        return decoded
    if not decoded.text.strip():
        return Unreadable("empty_file", "has no text")
    tree = _tree(decoded.text[:MAX_PAGE])
    if tree is None:
        return Unreadable("not_a_page", "has no markup that can be read")
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        return Unreadable("too_large", f"has more than {MAX_ELEMENTS} elements")
    facts = read_facts(tree)
    _drop_what_is_beside(tree)
    text, method = _main_text(tree)
    title, _, rest = text.partition("\n")
    if title == facts.title:
        text = rest.lstrip("\n")
    return Page(facts.title, text, facts.url, facts.language, facts.published, method)


def _tree(text: str) -> Any:
    from lxml import etree, html

    cleaned = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).replace("\x00", "")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        return html.document_fromstring(cleaned.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _drop_what_is_beside(tree: Any) -> None:
    """Take everything out of `tree` that is marked as no part of an article."""
    marked = [*tree.xpath(_KEPT), *(one for one in tree.iter("article") if not _lies_beside(one))]
    kept = {element for one in marked for element in (one, *one.iterancestors())}
    most = len(tree.text_content()) * MAX_SHARE
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in {"html", "head", "body"} or element in kept:
            continue
        if element.tag in _NO_TEXT or (_is_beside(element) and (_is_comments(element) or _length(element) < most)):
            element.drop_tree()
    for field in tree.xpath("//input[@type='email' or @name='email']"):
        box = next((one for one in field.iterancestors("div", "section") if one not in kept), None)
        if box is not None and _length(box) < MAX_FORM_TEXT:
            box.drop_tree()


def _lies_beside(element: Any) -> bool:
    return any(
        one.tag in _NO_TEXT or _is_beside(one) for one in (element, *element.iterancestors()) if one.tag != "body"
    )


def _is_beside(element: Any) -> bool:
    if element.get("hidden") is not None or _HIDDEN.search(element.get("style", "")):
        return True
    names = " ".join(element.get(name, "") for name in _NAMED)
    return any(_BESIDE.search(name) for name in names.split() if not name.startswith(_STATES))


def _is_comments(element: Any) -> bool:
    return bool(_COMMENTS.search(f"{element.get('class', '')} {element.get('id', '')}"))


def _length(element: Any) -> int:
    return len(element.text_content())


def _main_text(tree: Any) -> tuple[str, str]:
    import trafilatura

    # It warns of every page without an article; ours are told apart by their text.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    # Its cache of seen texts is of the process: what it drops would depend on what was read before.
    found = trafilatura.bare_extraction(
        tree, include_comments=False, include_tables=False, favor_precision=True, deduplicate=False, with_metadata=False
    )
    text = _text_of(found.body) if found is not None and not isinstance(found, dict) else ""
    if len(text) >= MIN_TEXT:
        return _beneath_headline(tree, text), "trafilatura"
    return _text_of(_densest(tree)), "densest"


def _beneath_headline(tree: Any, text: str) -> str:
    """Return the lines of `text` that stand in the headline's own block, if that holds the article.

    A column that nothing marks as one may be longer than the article, but it does not stand beneath its headline.
    """
    for head in tree.iter("h1"):
        for block in head.iterancestors():
            prose = [len(_prose(one)) for one in block.iter("p", *_CONTAINERS)]
            paragraphs = [length for length in prose if length >= MIN_PARAGRAPH]
            if len(paragraphs) > 1 and sum(paragraphs) >= MIN_BENEATH:
                inside = _one_line(block.text_content())
                lines = [line for line in text.split("\n") if line in inside]
                beneath = "\n".join(lines)
                return beneath if len(beneath) >= len(text) * MIN_BENEATH_SHARE else text
        break
    return text


def _text_of(element: Any) -> str:
    """Return the text of `element`: blocks as lines, lists of links left out."""
    pieces: list[str] = []
    _collect(element, pieces)
    return tidy_text(re.sub(r"\n\s*\n", "\n", "".join(pieces)))


def _collect(element: Any, pieces: list[str]) -> None:
    block = element.tag in _BLOCKS
    if block:
        pieces.append("\n")
    if element.text:
        pieces.append(_one_line(element.text))
    for child in element:
        if isinstance(child.tag, str) and not (child.tag in _BLOCKS and _is_link_list(child)):
            _collect(child, pieces)
        if child.tail:
            pieces.append(_one_line(child.tail))
    if block:
        pieces.append("\n")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _is_link_list(element: Any) -> bool:
    if element.find(".//a") is None:
        return False
    whole = len(_one_line(element.text_content() if hasattr(element, "text_content") else "".join(element.itertext())))
    linked = sum(len(_one_line("".join(link.itertext()))) for link in element.iter("a"))
    return linked > whole * MAX_LINK_SHARE


def _densest(tree: Any) -> Any:
    """Return the element that holds most prose: text outside links, in paragraphs or right inside it."""
    scores: dict[Any, float] = {}
    for element in tree.iter(*_CONTAINERS, "p"):
        own = len(_prose(element))
        if own < MIN_PARAGRAPH:
            continue
        holder = element.getparent() if element.tag == "p" and element.getparent() is not None else element
        scores[holder] = scores.get(holder, 0) + own
        if holder.getparent() is not None:
            scores[holder.getparent()] = scores.get(holder.getparent(), 0) + own / 2
    if not scores:
        return tree.find("body") if tree.find("body") is not None else tree
    # Of equals the one that comes first on the page.
    best = max(scores.values())
    return next(element for element in tree.iter() if scores.get(element) == best)


def _prose(element: Any) -> str:
    """Return the text right inside `element`, with what is only emphasised, without links and blocks."""
    parts = [element.text or ""]
    for child in element:
        if child.tag in _INLINE_TEXT and child.tag not in _BLOCKS and child.tag != "a":
            parts.append("".join(child.itertext()))
        parts.append(child.tail or "")
    return _one_line(" ".join(parts)).strip()

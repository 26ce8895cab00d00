"""Pages: written in the manner of real templates; the text right, what stands beside it out."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.documents.pages import Page, extract_page
from transforms.documents.parse import parse_document
from transforms.tables.records import DocumentRef, ParsedDocument, Unreadable

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
REF = DocumentRef("shard", "/seeds/a.html", 0, 1, "html", "a", "a.html", NOW, external_id="a.html")
FOLDER = Path(__file__).parent / "documents" / "pages"
PAGES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "pages.yaml").read_text("utf-8"))["pages"]


def extracted(source: str | bytes) -> Page:
    page = extract_page(source.encode() if isinstance(source, str) else source, None)
    assert isinstance(page, Page), page
    return page


@pytest.mark.parametrize("expected", PAGES, ids=lambda page: page["file"])
def test_golden(expected: dict[str, Any]) -> None:
    found = parse_document(REF, (FOLDER / expected["file"]).read_bytes())
    assert isinstance(found, ParsedDocument)
    assert found.title == expected["title"]
    assert [line for line in found.text.split("\n") if line] == expected["text"]
    assert not [words for words in expected["never"] if words in f"{found.title}\n{found.text}"]
    assert (found.lang_hint, found.published_raw, found.url) == (
        expected["language"],
        expected["published"],
        expected["url"],
    )
    assert (found.external_id, found.text_kind) == ("a.html", "page")


def test_there_are_enough_pages() -> None:
    assert len(PAGES) >= 20
    assert {page["file"] for page in PAGES} == {path.name for path in FOLDER.glob("*.html")}


def test_the_pages_do_hold_what_must_stay_out() -> None:
    for page in PAGES:
        body = (FOLDER / page["file"]).read_bytes()
        encodings = ("utf-8", "koi8-r", "windows-1251")
        source = next(body.decode(name) for name in encodings if _holds(body, name, page["title"]))
        for words in page["never"]:
            assert words in source.replace("&#8217;", "’"), (page["file"], words)


def _holds(body: bytes, encoding: str, title: str) -> bool:
    return title.replace("'", "").split()[0] in body.decode(encoding, "replace").replace("'", "")


def test_the_method_is_told() -> None:
    assert extracted((FOLDER / "photo-story.html").read_bytes()).method == "trafilatura"
    assert extracted((FOLDER / "br-paragraphs.html").read_bytes()).method == "densest"


PROSE = "<p>The families waited at the gate until it was dark, and nobody came out to speak with them.</p>" * 3


LINKED = '<script type="application/ld+json">'


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Only this</title>", "Only this"),
        ("<title>Story | Site</title>", "Story"),
        ("<title>One - Site</title><meta property='og:title' content='One - Site'>", "One - Site"),
        ("<meta property='og:title' content='Shared'><title>Other</title>", "Shared"),
        (LINKED + '[{"@type":"NewsArticle","headline":"A &amp; b","datePublished":"2024"}]</script>', "A & b"),
        (LINKED + '{"@graph":[{"@type":["Article"],"headline":"G","datePublished":"2024"}]}</script>', "G"),
        (LINKED + "{broken</script><title>T</title>", "T"),
        (LINKED + "[" * 5000 + "</script><title>T</title>", "T"),
        ("", ""),
    ],
)
def test_titles(head: str, title: str) -> None:
    assert extracted(f"<html><head>{head}</head><body><div>{PROSE}</div></body></html>").title == title


def test_a_date_beside_the_article_is_not_its_own() -> None:
    page = f"<html><article><h1>T</h1>{PROSE}</article><ul><li><time datetime='2001-01-01'>x</time></ul></html>"
    assert extracted(page).published is None
    dated = page.replace("<h1>T</h1>", "<h1>T</h1><time datetime='2024-05-01T10:00:00Z'>1 May</time>")
    assert extracted(dated).published == "2024-05-01T10:00:00Z"


def test_a_page_without_an_article_is_still_read() -> None:
    found = parse_document(REF, b"<html><head><title>Nothing here</title></head><body></body></html>")
    assert isinstance(found, ParsedDocument)
    assert (found.title, found.text, found.text_kind) == ("Nothing here", "", "title_only")


@pytest.mark.parametrize(
    ("known", "told", "url"),
    [
        (None, "https://site.example/a", "https://site.example/a"),
        (None, "javascript:alert(1)", None),
        ("https://site.example/b", "https://site.example/", "https://site.example/b"),
    ],
)
def test_addresses(known: str | None, told: str, url: str | None) -> None:
    body = f"<html><head><link rel=canonical href='{told}'></head><body>{PROSE}</body></html>".encode()
    found = parse_document(replace(REF, url=known), body)
    assert isinstance(found, ParsedDocument)
    assert found.url == url


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty_file"),
        (b" \n", "empty_file"),
        (b"\xff\xff\xff", "bad_encoding"),
        (b"<!-- only a comment -->", "not_a_page"),
    ],
)
def test_what_is_no_page(body: bytes, reason: str) -> None:
    found = extract_page(body, None)
    assert isinstance(found, Unreadable)
    assert found.reason == reason


HOSTILE = {
    "deep": "<div>" * 50_000 + "x",
    "paragraphs": "<p>some words of a page</p>" * 60_000,
    "links": "<a href=x>text</a>" * 20_000,
    "tables": "<table><tr><td>" * 10_000 + "x",
    "attributes": "<p " + "a=b " * 100_000 + ">x",
    "entities": "<p>" + "&amp;" * 300_000,
    "headlines": "<h1>x</h1>" * 5_000,
    "sidebars": "<div class=sidebar>" * 20_000 + "text",
    "forms": "<div><input type=email>" * 5_000 + "text",
    "articles": "<article>" * 20_000 + "x",
    "classes": "<p class='" + "a-" * 200_000 + "'>x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_bounded(name: str) -> None:
    started = time.perf_counter()
    extract_page(HOSTILE[name].encode(), None)
    assert time.perf_counter() - started < 10  # seconds; the slowest of them takes one on a machine at rest


@given(st.text(st.sampled_from("<>/ab pdiv='\"&;h1article!-\n"), max_size=120))
@settings(deadline=None, max_examples=60)
def test_soup_never_raises(source: str) -> None:
    extract_page(f"<html>{source}</html>".encode(), None)

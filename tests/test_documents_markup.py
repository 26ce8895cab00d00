"""Markup to text: golden pairs, and that nothing hostile is slow or gets through."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.documents.markup import plain_line, plain_text

PAIRS = [
    # tags go, blocks make lines
    ("<p>Hello<br>you</p><p>two", "Hello\nyou\n\ntwo"),
    ("one<br/>two<BR />three", "one\ntwo\nthree"),
    ("<b>bold</b> and <i>it</i>", "bold and it"),
    ("<ul><li>one</li><li>two</li></ul>end", "one\n\ntwo\n\nend"),
    ("<h2>Head</h2>text", "Head\n\ntext"),
    ("<td>a</td><td>b</td>", "a b"),
    ("w<b>or</b>d", "word"),
    ("<a href='x>y' title=\"a<b\">link</a>!", "link!"),
    ('<img alt="a > b" src=x.jpg>after', "after"),
    ("<p class=it's>x</p> y's", "x\n\ny's"),
    ("<o:p>office</o:p>", "office"),
    ("<foo>bar</foo>", "bar"),
    ("<foo bar='1'>x", "x"),
    ("<x-card/>x", "x"),
    # silent elements
    ("<script>if (a<b) x()</script>ok", "ok"),
    ("<SCRIPT type='a'>a</SCRIPT >b", "b"),
    ("<style>p{}</style>ok<style>b{}", "ok"),
    ("a<svg><title>logo</title></svg>b", "ab"),
    ("<iframe src=x>fallback</iframe>a", "a"),
    ("<!-- hidden <b>x</b> --> a", "a"),
    ("a<!-- never closed", "a"),
    ("<![CDATA[inner]]> a", "inner a"),
    ("<?xml version='1.0'?><!DOCTYPE html>z", "z"),
    # text that only looks like markup
    ("a < b & c", "a < b & c"),
    ("3<5 and 7>4", "3<5 and 7>4"),
    ("I <3 you", "I <3 you"),
    ("x <y> z", "x <y> z"),
    ("if a<b and c>d then", "if a<b and c>d then"),
    ("List<String> names", "List<String> names"),
    ("a <b and c", "a <b and c"),
    ("AT&T and R&D; ?a=1&copy=2", "AT&T and R&D; ?a=1&copy=2"),
    ("<", "<"),
    ("a </ b", "a </ b"),
    ("<!", "<!"),
    # entities
    ("Q&amp;A &#8217; &#x2019; &laquo;x&raquo; &nbsp;y", "Q&A ’ ’ «x» y"),
    ("a &lt; b", "a < b"),
    ("It&amp;#x27;s &amp;amp; so", "It's & so"),
    ("&#150;&#0;&#xD800;&#99999999;", "–\ufffd\ufffd&#99999999;"),
    ("&unknown; &;", "&unknown; &;"),
    ("&lt;p&gt;twice &lt;b&gt;escaped&lt;/b&gt;&lt;/p&gt;", "twice escaped"),
    ("&lt;3 from Kyiv", "<3 from Kyiv"),
    # cut off in the middle
    ("<p>x</p> and <a hr", "x\n\nand"),
    ("<p>x</p> y</bloc", "x\n\ny"),
    ("<p>x</p> <span class='a b", "x"),
    ("<img src='a.jpg", ""),
    # space and controls
    ("  a \t b\u00a0\u00a0c  ", "a b c"),
    ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
    ("a\n \n\n\n b", "a\n\nb"),
    ("a\x00b\x1b[31mc\x7f\x9b", "ab[31mc"),
    ("a\ud800b\udc00\ufeff\uffff", "ab"),
    ("a\u202eb\u2066c", "abc"),
    ("моби\u00adлизация сол\u0301дат", "моби\u00adлизация сол\u0301дат"),
    ("👩\u200d👦 мать", "👩\u200d👦 мать"),
    ("", ""),
    (" \n ", ""),
]


@pytest.mark.parametrize(("raw", "text"), PAIRS, ids=lambda value: repr(value)[:40])
def test_golden(raw: str, text: str) -> None:
    assert plain_text(raw) == text


@pytest.mark.parametrize(("raw", "text"), PAIRS, ids=lambda value: repr(value)[:40])
def test_a_line_has_the_same_words(raw: str, text: str) -> None:
    assert plain_line(raw) == " ".join(text.split())


HOSTILE = [
    '<a "',
    '<a="',
    '<a href="<',
    "<",
    "<!--",
    "<foo>",
    "</foo>",
    "<script>",
    "<svg>",
    "<svg/><svg>",
    "&lt;p&gt;",
]
HOSTILE += ["&", "&#", '<foo x="', " \n", "<x:y>", "<![CDATA[", "<p ='", "<b/>", "(((", "<a x=", "&amp;", "<a x", "<b "]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_markup_is_linear(piece: str) -> None:
    raw = piece * (300_000 // len(piece))
    started = time.perf_counter()
    plain_text(raw)
    assert time.perf_counter() - started < 3  # seconds; quadratic time would be minutes


FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@given(st.text(st.characters(), max_size=200))
def test_nothing_forbidden_gets_through(raw: str) -> None:
    text = plain_text(raw)
    assert not FORBIDDEN.search(text)
    assert text == text.strip()
    assert "\n\n\n" not in text
    assert "  " not in text
    text.encode("utf-8")
    line = plain_line(raw)
    assert "\n" not in line
    assert line == line.strip()


@given(st.text(st.sampled_from("<>/&;ab p='\"!-[]#x3 \n"), max_size=80))
def test_markup_soup_never_raises(raw: str) -> None:
    plain_text(raw)


@given(st.text(st.sampled_from("абв <>&12\n."), max_size=80))
def test_text_without_tags_keeps_every_letter(raw: str) -> None:
    assert re.sub(r"\s", "", plain_text(raw)) == re.sub(r"\s", "", raw)

"""Addresses: the canonical form, what is stored, and that no secret stays in either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.documents.addresses import MAX_ADDRESS, absolute_url, canonical_url, without_credentials

CANONICAL = [
    ("https://site.example/a", "https://site.example/a"),
    ("HTTPS://Site.Example/Path", "https://site.example/Path"),
    ("http://site.example", "http://site.example/"),
    ("http://site.example/", "http://site.example/"),
    ("http://site.example/a/", "http://site.example/a"),
    ("http://site.example/a#part", "http://site.example/a"),
    ("http://site.example/#!/news/5", "http://site.example/#!/news/5"),
    ("http://site.example:80/a", "http://site.example/a"),
    ("https://site.example:443/a", "https://site.example/a"),
    ("https://site.example:80/a", "https://site.example:80/a"),
    ("http://127.0.0.1:8000/x/", "http://127.0.0.1:8000/x"),
    ("http://site.example:/a", "http://site.example/a"),
    ("http://site.example./a", "http://site.example/a"),
    ("http://[::1]:8080/a", "http://[::1]:8080/a"),
    ("  https://site.example/a\n", "https://site.example/a"),
    ("https://site.example/a b", "https://site.example/a%20b"),
    ("https://site.example/a/./b/../c", "https://site.example/a/c"),
    ("https://site.example/../../a", "https://site.example/a"),
    ("https://site.example/%7euser/%2f", "https://site.example/~user/%2F"),
    ("https://site.example/новость", "https://site.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C"),
    ("https://site.example/%d0%bd", "https://site.example/%D0%BD"),
    ("https://пример.рф/a", "https://xn--e1afmkfd.xn--p1ai/a"),
    ("https://ПРИМЕР.рф/a", "https://xn--e1afmkfd.xn--p1ai/a"),
    ("https://xn--e1afmkfd.xn--p1ai/a", "https://xn--e1afmkfd.xn--p1ai/a"),
    # tracking
    ("https://site.example/a?utm_source=rss&utm_medium=feed&id=5", "https://site.example/a?id=5"),
    ("https://site.example/a?id=5&fbclid=x&gclid=y&yclid=z&ysclid=w", "https://site.example/a?id=5"),
    ("https://site.example/a?at_medium=RSS&at_campaign=K", "https://site.example/a"),
    ("https://site.example/a?ns_mchannel=rss&ns_campaign=1490&ito=1490", "https://site.example/a"),
    ("https://site.example/a?from=rss&page=2", "https://site.example/a?page=2"),
    ("https://site.example/a?from=kharkiv&source=council", "https://site.example/a?from=kharkiv&source=council"),
    ("https://site.example/a?b=2&a=1", "https://site.example/a?b=2&a=1"),
    ("https://site.example/a?UTM_Source=x", "https://site.example/a"),
    ("https://site.example/a?id=5&amp;utm_source=x", "https://site.example/a?id=5"),
    ("https://site.example/a?&&", "https://site.example/a"),
    ("https://site.example/a?flag", "https://site.example/a?flag"),
    # AMP and mobile
    ("https://site.example/a/amp/", "https://site.example/a"),
    ("https://site.example/a/amp", "https://site.example/a"),
    ("https://site.example/amp/a/1", "https://site.example/a/1"),
    ("https://site.example/a.amp.html", "https://site.example/a.html"),
    ("https://site.example/a.amp", "https://site.example/a"),
    ("https://site.example/a?amp=1", "https://site.example/a"),
    ("https://site.example/a?amp", "https://site.example/a"),
    ("https://site.example/a?outputType=amp", "https://site.example/a"),
    ("https://site.example/lamp", "https://site.example/lamp"),
    ("https://amp.site.example/a", "https://site.example/a"),
    ("https://www.google.com/amp/s/site.example/a/amp/", "https://site.example/a"),
    ("https://site-example.cdn.ampproject.org/c/s/site.example/a", "https://site.example/a"),
    ("https://m.site.example/a", "https://site.example/a"),
    ("https://mobile.site.example/a", "https://site.example/a"),
    ("https://m.example/a", "https://m.example/a"),
    ("https://ru.m.site.example/a", "https://ru.site.example/a"),
    # secrets
    ("https://user:pass@site.example/a", "https://site.example/a"),
    ("https://site.example/a?id=5&token=abc&api_key=def", "https://site.example/a?id=5"),
    ("https://site.example/a;jsessionid=AB12?id=5", "https://site.example/a?id=5"),
    ("https://site.example/a?key=0123456789abcdef0123", "https://site.example/a"),
    ("https://site.example/a?key=council", "https://site.example/a?key=council"),
    # none of them
    ("javascript:alert(1)", None),
    ("data:text/html,x", None),
    ("mailto:a@site.example", None),
    ("ftp://site.example/a", None),
    ("tg:-100/2", None),
    ("//site.example/a", None),
    ("/a", None),
    ("site.example/a", None),
    ("http://", None),
    ("http:///a", None),
    ("http://[::1", None),
    ("http://site.example:99999/", None),
    ("http://site.example:port/", None),
    ("http://si te.example/a", None),
    ("http://%zz/", None),
    ("https://site.example/" + "a" * MAX_ADDRESS, None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("url", "canonical"), CANONICAL, ids=lambda value: str(value)[:60])
def test_canonical(url: str | None, canonical: str | None) -> None:
    assert canonical_url(url) == canonical


@pytest.mark.parametrize("canonical", [canonical for _, canonical in CANONICAL if canonical])
def test_canonical_is_final(canonical: str) -> None:
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    ("link", "base", "url"),
    [
        ("/a", "https://site.example/feed.xml", "https://site.example/a"),
        ("a?b=1", "https://site.example/x/feed.xml", "https://site.example/x/a?b=1"),
        ("//cdn.example/a", "https://site.example/", "https://cdn.example/a"),
        ("https://site.example/a?utm_source=rss#x", None, "https://site.example/a?utm_source=rss#x"),
        ("https://u:p@site.example/a?token=x&b=1", None, "https://site.example/a?b=1"),
        ("javascript:alert(1)", "https://site.example/", None),
        ("JavaScript:alert(1)", "https://site.example/", None),
        ("java\tscript:alert(1)", "https://site.example/", None),
        ("/a", None, None),
        ("/a", "nonsense", None),
        (None, "https://site.example/", None),
        ("http://[bad", "https://site.example/", None),
    ],
)
def test_absolute(link: str | None, base: str | None, url: str | None) -> None:
    assert absolute_url(link, base) == url


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://user:secret@site.example/feed?x=1&access_token=secret", "https://site.example/feed?x=1"),
        ("https://user@site.example/", "https://site.example/"),
        ("http://user:secret@[bad/feed?token=secret", "http://[bad/feed"),
        ("not an address", "not an address"),
    ],
)
def test_without_credentials(url: str, safe: str) -> None:
    assert without_credentials(url) == safe


@given(st.text(max_size=80))
def test_any_text(raw: str) -> None:
    for url in (canonical_url(raw), absolute_url(raw, "https://site.example/feed"), canonical_url("http://" + raw)):
        assert url is None or url.startswith(("http://", "https://"))
    without_credentials(raw)
    without_credentials("http://" + raw)


@given(st.text(st.sampled_from("abм/?&=#.%2ampu:@[]-;\\"), max_size=40))
def test_canonical_is_final_for_any_path(raw: str) -> None:
    once = canonical_url("https://site.example/" + raw)
    assert once is None or canonical_url(once) == once

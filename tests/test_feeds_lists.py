"""Lists of feeds: OPML in and out, edits of the sources file, discovery, and a look at one feed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from feed_farm import FeedFarm, body, redirect, rss, status

from transforms.feeds.discover import candidates, discover
from transforms.feeds.edit_sources import UnknownSource, add_sources, set_enabled
from transforms.feeds.examine import examine
from transforms.feeds.opml import read_opml, source_id_for, write_opml
from transforms.feeds.settings import FetchSettings
from transforms.feeds.sources import Source, SourcesFile
from transforms.knowledge.yaml_file import YamlFile
from transforms.tables.records import ParsedDocument, Unreadable

NOW = datetime(2026, 3, 1, tzinfo=UTC)
QUICK = FetchSettings(allow_networks=("127.0.0.0/8",), pause_seconds=0, read_seconds=1)
FEEDS = Path(__file__).parent / "feeds"
HTML = ("Content-Type", "text/html")


@pytest.fixture(name="farm")
def _farm() -> Iterator[FeedFarm]:
    with FeedFarm() as farm:
        yield farm


def _sources(text: str) -> tuple[Source, ...]:
    return YamlFile("sources.yaml", text).validate(SourcesFile).sources


def test_opml_is_read_with_ids_of_its_own() -> None:
    opml = """<?xml version="1.0" encoding="utf-8"?><opml version="1.0"><head/><body>
<outline text="News"><outline text="Новости дня" type="rss" xmlUrl="https://one.example/rss"/>
<outline title="News of the day" text="x" xmlUrl="https://two.example/rss" htmlUrl="https://two.example/"/></outline>
<outline text="Новости дня" xmlUrl="https://three.example/rss"/><outline text="again" xmlUrl="https://one.example/rss"/>
<outline text="bad" xmlUrl="javascript:alert(1)"/><outline text="folder"/><outline xmlUrl="https://four.example/feed?a=1"/>
</body></opml>""".encode()
    read = read_opml(opml, taken=["news-of-the-day"])
    assert not isinstance(read, Unreadable)
    assert [(source.id, source.url) for source in read] == [
        ("novosti-dnya", "https://one.example/rss"),
        ("news-of-the-day-2", "https://two.example/rss"),
        ("novosti-dnya-2", "https://three.example/rss"),
        ("four-example-feed-a-1", "https://four.example/feed?a=1"),
    ]


@pytest.mark.parametrize("bad", [b"", b"<html/>", b"not xml", (FEEDS / "rss20.xml").read_bytes(), bytes(range(256))])
def test_what_is_no_opml_is_told(bad: bytes) -> None:
    assert isinstance(read_opml(bad), Unreadable)


def test_opml_survives_the_way_out_and_in() -> None:
    sources = (
        Source(id="a", url="https://a.example/?x=1&y=2", name='Quotes " & <tags>'),
        Source(id="b", url="https://me:hush@b.example/?token=hush"),
    )
    text = write_opml(sources)
    assert "hush" not in text
    read = read_opml(text.encode())
    assert not isinstance(read, Unreadable)
    assert [(source.name, source.url) for source in read] == [
        ('Quotes " & <tags>', "https://a.example/?x=1&y=2"),
        ("b", "https://b.example/?token=REDACTED"),
    ]


def test_ids_are_made_of_any_name() -> None:
    assert source_id_for("Комитет солдатских матерей", []) == "komitet-soldatskikh-materey"
    assert source_id_for("  ", ["feed"]) == "feed-2"
    assert source_id_for("新聞", []) == "feed"
    assert len(source_id_for("x" * 500, [])) <= 60


FILE = """# My feeds
sources:
  # the first
  - id: one
    url: https://one.example/   # with a remark
    language: ru
  - {id: two, url: "https://two.example/", enabled: true}  # the second
# the end
"""


def test_sources_are_added_and_the_rest_is_left_alone() -> None:
    new = (
        Source(id="no", url="https://x.example/: {#", name='"Quoted", yes', enabled=False),
        Source(id="four", url="@chan"),
    )
    text = add_sources(FILE, new)
    assert _sources(text)[2:] == new
    assert _sources(text)[:2] == _sources(FILE)
    for line in FILE.splitlines():
        assert line in text.splitlines()


@pytest.mark.parametrize(
    "before", ["", "# nothing yet\n", "sources: []\n", "sources:\n- {id: a, url: b}", "sources:\n  - id: a\n    url: b"]
)
def test_sources_are_added_to_any_file(before: str) -> None:
    new = Source(id="new", url="https://new.example/")
    assert _sources(add_sources(before, (new,)))[-1] == new
    assert len(_sources(add_sources(before, (new,)))) == len(_sources(before)) + 1


@pytest.mark.parametrize("source_id", ["one", "two"])
@pytest.mark.parametrize("enabled", [True, False])
def test_a_source_is_put_on_and_off(source_id: str, enabled: bool) -> None:
    text = set_enabled(FILE, source_id, enabled)
    state = {source.id: source.enabled for source in _sources(text)}
    assert state == {"one": True, "two": True} | {source_id: enabled}
    assert text.count("#") == FILE.count("#")
    assert set_enabled(text, source_id, enabled) == text


def test_an_unknown_source_is_told() -> None:
    for text in (FILE, "", "sources: []"):
        with pytest.raises(UnknownSource):
            set_enabled(text, "three", enabled=True)


def test_feeds_are_declared_or_linked_by_pages() -> None:
    page = """<html><head><base href="https://cdn.example/">
<link rel="alternate" type="application/rss+xml" href="/rss"><link rel="stylesheet" href="/x.css">
<link rel="alternate" hreflang="en" href="/en"><link rel="ALTERNATE feed" href="f.json"></head>
<body><a href="https://news.example/feed/war">War</a><a href="/about">About</a><a href="javascript:rss()">x</a></body>
</html>"""
    assert candidates(page, "https://news.example/") == [
        "https://cdn.example/rss",
        "https://cdn.example/f.json",
        "https://news.example/feed/war",
    ]
    assert candidates("", "https://news.example/") == []


def test_feeds_of_a_site_are_found_and_read(farm: FeedFarm) -> None:
    farm.add("/", body(b'<html><link rel="alternate" type="application/rss+xml" href="/declared"></html>', HTML))
    farm.add("/declared", body(rss(3)))
    farm.add("/rss.xml", body((FEEDS / "atom10.xml").read_bytes()))
    farm.add("/feed", redirect("/declared"))
    farm.add("/atom.xml", body(rss(9)))
    farm.add("/robots.txt", body(b"User-agent: *\nDisallow: /atom.xml\n"))
    found = discover(farm.url("/"), QUICK)
    assert not isinstance(found, Unreadable)
    assert [(feed.url, feed.format, feed.items) for feed in found] == [
        (farm.url("/declared"), "rss20", 3),
        (farm.url("/rss.xml"), "atom10", 1),
    ]
    assert not farm.visits_to("/atom.xml")


def test_a_feed_is_its_own_discovery_and_a_dead_site_is_told(farm: FeedFarm) -> None:
    found = discover(farm.add("/feed", body(rss(3))), QUICK)
    assert not isinstance(found, Unreadable)
    assert [feed.items for feed in found] == [3]
    assert discover(farm.add("/nothing", status(404)), QUICK) != []  # the usual places are tried
    for url in ("http://10.0.0.1/", "ftp://x.example/", "http://127.0.0.1:9/"):
        assert isinstance(discover(url, QUICK), Unreadable)


def test_a_look_at_a_feed_shows_what_would_be_read(farm: FeedFarm) -> None:
    url = farm.add("/old", redirect("/feed"))
    farm.add("/feed", body((FEEDS / "rss20.xml").read_bytes(), ("ETag", '"x"'), ("Cache-Control", "max-age=60")))
    seen = examine(Source(id="s", url=url), QUICK, NOW)
    assert (seen.status, seen.error, seen.etag, seen.hint) == (200, None, '"x"', 1800.0)
    assert seen.moved_to == farm.url("/feed")
    first = seen.documents[0]
    assert isinstance(first, ParsedDocument)
    assert first.title == "Матери призывников пришли к военкомату"
    assert first.published_at == datetime(2024, 10, 2, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("play", "reason"),
    [
        (status(404), "http_404"),
        (body(b"<html></html>"), "html_page"),
        (redirect("http://[::1]/"), "forbidden_address"),
    ],
)
def test_a_look_at_what_is_no_feed_tells_why(farm: FeedFarm, play: object, reason: str) -> None:
    seen = examine(Source(id="s", url=farm.add("/feed", play)), QUICK, NOW)  # type: ignore[arg-type]  # of the list above
    assert seen.error is not None
    assert seen.error.reason == reason
    assert seen.feed is None

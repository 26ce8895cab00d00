"""The parsing process: kept between feeds, killed over its limits, replaced, and never a fork of this one."""

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from transforms.feeds.formats import MAX_CONTENT, MAX_TITLE, ParsedFeed, clean, mended
from transforms.feeds.parse import Parser, parse_feed
from transforms.feeds.settings import FetchSettings
from transforms.feeds.telegram import preview_address
from transforms.tables.records import Unreadable

FEEDS = Path(__file__).parent / "feeds"
GOOD = (FEEDS / "rss20.xml").read_bytes()
STRICT = FetchSettings(parse_seconds=1)
CHILD = "import sys,time,struct; sys.path[:0]={path!r}; from transforms.feeds import parse_child as c;"
MUTATIONS = 12  # of each feed file
SEED = 20241002


@pytest.fixture(name="parser")
def _parser() -> Iterator[Parser]:
    parser = Parser()
    yield parser
    parser.close()


def _faulty(fault: str) -> Parser:
    """Return a parser whose process, given a body that begins with 'fault', does `fault`."""
    code = CHILD.format(path=sys.path) + (
        "read=c.read_feed\ndef trap(body,*rest):\n"
        f"    if body.startswith(b'fault'): {fault}\n    return read(body,*rest)\n"
        "c.read_feed=trap\nc.serve(sys.stdin.buffer,sys.stdout.buffer)"
    )
    return Parser((sys.executable, "-c", code))


def test_the_process_is_kept_between_feeds(parser: Parser) -> None:
    first = parser.parse(GOOD, None, None, STRICT)
    child = parser._child
    assert isinstance(first, ParsedFeed)
    assert parser.parse(GOOD, None, None, STRICT) == first
    assert parser._child is child
    assert child is not None
    assert child.pid != os.getpid()


def test_the_process_is_kept_also_by_a_large_parent(parser: Parser) -> None:
    ballast = bytearray(b"x") * (STRICT.parse_bytes * 2 // 3)
    assert isinstance(parser.parse(GOOD, None, None, STRICT), ParsedFeed)
    assert parser._child is not None
    del ballast


def test_a_process_that_has_grown_makes_room(parser: Parser) -> None:
    items = json.dumps({"items": [{"id": str(number)} for number in range(400_000)]}).encode()
    small = FetchSettings(parse_bytes=2**28, max_entries=50_000)
    assert isinstance(parser.parse(items, None, None, small), ParsedFeed)
    assert parser._child is None


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("\n        while True: pass", "parse_timeout"),
        ("time.sleep(60)", "parse_timeout"),
        ("x = bytearray(10**9)", "parse_memory"),
        ("sys.exit(3)", "parse_crashed"),
        ("__import__('os').abort()", "parse_crashed"),
        ("raise ValueError('broken in a new way')", "unparsable"),
    ],
)
def test_whatever_happens_in_the_process_is_a_value_and_the_next_feed_is_read(
    fault: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transforms.feeds.parse.WALL_EXTRA", 0.5)
    monkeypatch.setattr("transforms.feeds.parse.WALL_FACTOR", 2)
    parser = _faulty(fault)
    try:
        assert isinstance(parser.parse(GOOD, None, None, STRICT), ParsedFeed)
        began = time.monotonic()
        read = parser.parse(b"fault", None, None, STRICT)
        assert isinstance(read, Unreadable)
        assert read.reason == reason
        assert time.monotonic() - began < 5
        assert isinstance(parser.parse(GOOD, None, None, STRICT), ParsedFeed)
    finally:
        parser.close()


def test_a_process_that_is_killed_from_outside_is_replaced(parser: Parser) -> None:
    assert isinstance(parser.parse(GOOD, None, None, STRICT), ParsedFeed)
    assert parser._child is not None
    parser._child.kill()
    parser._child.wait()
    assert isinstance(parser.parse(GOOD, None, None, STRICT), ParsedFeed)


def test_real_hostile_xml_is_given_up_in_time(parser: Parser) -> None:
    attributes = " ".join(f'a{number}="x"' for number in range(60_000))
    began = time.monotonic()
    read = parser.parse(f'<rss version="2.0"><channel {attributes}></channel></rss>'.encode(), None, None, STRICT)
    assert isinstance(read, Unreadable)
    assert read.reason == "parse_timeout"
    assert time.monotonic() - began < 8


def test_the_process_holds_nothing_of_its_parent(parser: Parser, tmp_path: Path) -> None:
    with open(tmp_path / "lock", "w") as held:
        os.set_inheritable(held.fileno(), False)
        assert isinstance(parser.parse(GOOD, None, None, STRICT), ParsedFeed)
        assert parser._child is not None
        links = [os.readlink(path) for path in Path(f"/proc/{parser._child.pid}/fd").iterdir()]
        assert held.name not in links


def test_the_environment_does_not_reach_the_process(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUSH", "secret")
    assert isinstance(parser.parse(GOOD, None, None, STRICT), ParsedFeed)
    assert parser._child is not None
    assert b"HUSH" not in Path(f"/proc/{parser._child.pid}/environ").read_bytes()


def test_entries_and_fields_are_capped() -> None:
    item = f"<item><title>{'t' * 9000}</title><description>{'d' * 300_000}</description></item>"
    feed = parse_feed(
        f'<rss version="2.0"><channel>{item * 5}</channel></rss>'.encode(), None, None, FetchSettings(max_entries=3)
    )
    assert isinstance(feed, ParsedFeed)
    assert len(feed.entries) == 3
    assert feed.flags == ("entries_capped",)
    assert [len(feed.entries[0].title or ""), len(feed.entries[0].summary or "")] == [MAX_TITLE, 200_000]
    items = json.dumps({"items": [{"id": str(number), "content_text": "x" * 2_000_000} for number in range(2)]})
    capped = parse_feed(items.encode(), None, None, FetchSettings(max_entries=1))
    assert isinstance(capped, ParsedFeed)
    assert [len(entry.content or "") for entry in capped.entries] == [MAX_CONTENT]


def test_small_feeds_cost_little(parser: Parser) -> None:
    parser.parse(GOOD, None, None, STRICT)
    began = time.monotonic()
    for _ in range(100):
        parser.parse(GOOD, None, None, STRICT)
    assert time.monotonic() - began < 2  # 0.1 s on an idle machine


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("it\x92s \x97 so", "it’s — so"),
        ("&#xD83D;&#0;&#x110000;|&#146;|&#1084;", "|’|&#1084;"),
        ("\ufffe\uffff\ud800x", "x"),
    ],
)
def test_characters_that_xml_does_not_allow_are_mended(raw: str, expected: str) -> None:
    assert mended(raw) == expected


def test_cleaning_gives_text_or_nothing() -> None:
    assert clean("  a\x07 ", 10) == "a"
    assert clean("abc", 2) == "ab"
    for nothing in ("", " \x00", None, 7, ["a"]):
        assert clean(nothing, 10) is None


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("https://t.me/materi_test", "https://t.me/s/materi_test"),
        ("https://t.me/s/materi_test", "https://t.me/s/materi_test"),
        ("http://www.telegram.me/materi_test/12?x=1", "https://t.me/s/materi_test"),
        ("t.me/materi_test", "https://t.me/s/materi_test"),
        ("@materi_test", "https://t.me/s/materi_test"),
        ("materi_test", "https://t.me/s/materi_test"),
        ("http://127.0.0.1:8080/s/materi_test", "http://127.0.0.1:8080/s/materi_test"),
        ("https://t.me/+invitation", "https://t.me/+invitation"),
    ],
)
def test_channels_are_asked_at_their_preview(given: str, asked: str) -> None:
    assert preview_address(given) == asked


def _mutated(body: bytes, chance: random.Random) -> bytes:
    """Return `body` changed in bytes or in structure."""
    cut = [chance.randrange(len(body) + 1) for _ in range(3)]
    start, end = sorted(cut[:2])
    tags = [
        b"<item>",
        b"</item>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<",
        b">",
        b"&",
        b'"',
        b"\x00",
        b"\xff\xfe",
        b"<?xml",
    ]
    changes = (
        lambda: body[: cut[0]],
        lambda: body[:start] + body[end:],
        lambda: body[:start] + body[start:end] * chance.randrange(2, 30) + body[end:],
        lambda: body[: cut[0]] + chance.choice(tags) * chance.randrange(1, 200) + body[cut[0] :],
        lambda: body[: cut[0]] + chance.randbytes(chance.randrange(1, 40)) + body[cut[0] :],
        lambda: body[end:] + body[:start],
        lambda: bytes(byte ^ (chance.random() < 0.01) * chance.randrange(256) for byte in body),
        lambda: body.replace(
            chance.choice([b"<", b">", b"/", b'"', b"="]), chance.choice(tags), chance.randrange(1, 5)
        ),
    )
    return chance.choice(changes)()[:2_000_000]


def test_mutated_feeds_neither_crash_nor_hang_nor_grow() -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same mutations each time
    outcomes: Counter[str] = Counter()
    began = time.monotonic()
    for path in sorted(FEEDS.glob("*.*")):
        body = path.read_bytes()
        for _ in range(MUTATIONS):
            read = parse_feed(_mutated(body, chance), None, "https://news.example/feed", STRICT)
            outcomes[read.reason if isinstance(read, Unreadable) else "read"] += 1
    assert sum(outcomes.values()) >= 1000
    assert outcomes["read"] > 500
    ended = {reason for reason in outcomes if reason.startswith("parse_")}
    assert not ended, outcomes
    assert outcomes["unparsable"] <= 0.02 * outcomes.total(), outcomes
    assert time.monotonic() - began < 60

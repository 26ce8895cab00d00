"""Good, bad and hostile servers: for each the row, the reason word, and that the other feeds were read."""

import gzip
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

from feed_farm import (
    MEBIBYTE,
    FeedFarm,
    Play,
    always,
    body,
    chunked,
    drip,
    gzip_bomb,
    gzipped,
    redirect,
    reply,
    reset,
    rss,
    silence,
    status,
)
from feed_reader import START, Reader

from transforms.feeds.poll import Poll
from transforms.feeds.sources import Source
from transforms.tables.records import Fetch


def _bomb_of_brotli() -> bytes:
    import brotli  # type: ignore[import-not-found,import-untyped,unused-ignore] # it ships no types

    return bytes(brotli.compress(bytes(64 * MEBIBYTE), quality=1))


NEWS = rss(3)
HEADERS_150 = [(f"X-{number}", "1") for number in range(150)]
# What a server does → outcome, reason, status.
HOSTILE: dict[str, tuple[Play, str, str | None, int | None]] = {
    "good": (body(NEWS), "new", None, 200),
    "gzip": (gzipped(NEWS), "new", None, 200),
    "chunked": (chunked(NEWS), "new", None, 200),
    "identity": (body(NEWS, ("Content-Encoding", "identity")), "new", None, 200),
    "at_the_limit": (body(NEWS + b" " * (5 * MEBIBYTE - len(NEWS))), "new", None, 200),
    "302": (redirect("/good", 302), "new", None, 200),
    "308": (redirect("/good", 308), "new", None, 200),
    "no_items": (body(rss(0)), "empty", None, 200),
    "404": (status(404), "failed", "http_404", 404),
    "410": (status(410), "failed", "http_410", 410),
    "429_bare": (status(429), "failed", "http_429", 429),
    "429_number": (status(429, ("Retry-After", "7200")), "failed", "http_429", 429),
    "429_date": (
        status(429, ("Retry-After", format_datetime(START + timedelta(hours=3), usegmt=True))),
        "failed",
        "http_429",
        429,
    ),
    "503": (status(503), "failed", "http_503", 503),
    "500_with_feed": (always(reply(NEWS, 500)), "failed", "http_500", 500),
    "false_304": (status(304), "failed", "unexpected_304", 304),
    "150_headers": (body(NEWS, *HEADERS_150), "failed", "too_many_headers", 200),
    "endless_header": (body(NEWS, ("X", "y" * 300_000)), "failed", "broken_reply", None),
    "loop": (redirect("/loop", 302), "failed", "too_many_redirects", 302),
    "no_location": (status(302), "failed", "http_302", 302),
    "drip": (drip(0.05), "failed", "too_slow", 200),
    "silence": (silence(), "failed", "read_timeout", None),
    "silence_in_body": (always(reply(NEWS, length=len(NEWS) + 9)), "failed", "read_timeout", 200),
    "reset": (reset(NEWS, 100), "failed", "broken_reply", 200),
    "too_large": (body(b" " * (5 * MEBIBYTE + 1)), "failed", "too_large", 200),
    "too_large_chunked": (chunked(NEWS + b" " * (5 * MEBIBYTE), size=65536), "failed", "too_large", 200),
    "gzip_bomb": (gzip_bomb(64 * MEBIBYTE), "failed", "too_large", 200),
    "br_bomb": (body(_bomb_of_brotli(), ("Content-Encoding", "br")), "failed", "too_large", 200),
    "zstd": (body(b"\x28\xb5\x2f\xfd" + bytes(99), ("Content-Encoding", "zstd")), "failed", "unknown_coding", 200),
    "deflate": (body(bytes(99), ("Content-Encoding", "deflate")), "failed", "unknown_coding", 200),
    "two_codings": (
        body(gzip.compress(gzip.compress(NEWS)), ("Content-Encoding", "gzip, gzip")),
        "failed",
        "several_codings",
        200,
    ),
    "two_headers": (
        body(gzip.compress(NEWS), ("Content-Encoding", "gzip"), ("Content-Encoding", "br")),
        "failed",
        "several_codings",
        200,
    ),
    "corrupt_gzip": (body(b"no gzip at all", ("Content-Encoding", "gzip")), "failed", "corrupt_coding", 200),
    "cut_gzip": (body(gzip.compress(NEWS)[:-9], ("Content-Encoding", "gzip")), "failed", "incomplete_body", 200),
    "length_too_short": (always(reply(NEWS, length=20)), "failed", "not_a_feed", 200),
    "page": (body(b"<!DOCTYPE html><html><body>News</body></html>"), "failed", "html_page", 200),
    "captcha": (
        body(b"<html><body><div id='captcha'>Are you a human?</div></body></html>"),
        "failed",
        "captcha_page",
        200,
    ),
    "nothing": (body(b""), "failed", "empty_body", 200),
    "spaces": (body(b" \r\n "), "failed", "empty_body", 200),
    "local_path": (body(b"/etc/passwd"), "failed", "not_a_feed", 200),
    "not_http": (always(b"220 smtp ready\r\n\r\n"), "failed", "broken_reply", None),
    "to_loopback": (redirect("http://[::1]/"), "refused", "forbidden_address", 301),
    "to_file": (redirect("file:///etc/passwd"), "refused", "forbidden_scheme", 301),
}
BAD_ADDRESSES = {
    "credentials": ("http://user:hush@127.0.0.1/", "refused", "credentials_in_address"),
    "private": ("http://10.0.0.1/feed", "refused", "forbidden_address"),
    "octal": ("http://0300.0250.0.1/", "refused", "forbidden_address"),
    "scheme": ("ftp://example.org/feed", "refused", "forbidden_scheme"),
    "nonsense": ("not an address", "refused", "malformed_address"),
    "no_such_name": ("http://no-such-name.invalid/", "failed", "name_not_found"),
    "nobody_there": ("http://127.0.0.1:9/", "failed", "connect_failed"),
}


def test_each_hostile_server_has_its_row_and_hinders_no_other(tmp_path: Path) -> None:
    with FeedFarm() as farm:
        _play_all(farm, Reader(tmp_path))


def _play_all(farm: FeedFarm, reader: Reader) -> None:
    sources = [Source(id=name, url=farm.add(f"/{name}", play)) for name, (play, *_) in HOSTILE.items()]
    sources += [Source(id=name, url=url) for name, (url, *_) in BAD_ADDRESSES.items()]
    polls = reader.poll(sources)
    found = {name: (poll.fetch.outcome, poll.fetch.reason, poll.fetch.status) for name, poll in polls.items()}
    expected = {name: tuple(row) for name, (_, *row) in HOSTILE.items()}
    expected |= {name: (outcome, reason, None) for name, (_, outcome, reason) in BAD_ADDRESSES.items()}
    assert found == expected
    for poll in polls.values():
        _check_row(poll)
    assert "hush" not in repr(polls)


def _check_row(poll: Poll) -> None:
    fetch: Fetch = poll.fetch
    assert fetch.fetched_at >= START
    assert timedelta(minutes=15) <= fetch.next_check_at - fetch.fetched_at <= timedelta(hours=24)
    assert len(poll.refs) == fetch.items == (3 if fetch.outcome == "new" else 0)
    failures: list[tuple[str | None, str, str]] = [(row.source_id, row.reason, row.step) for row in poll.failures]
    bad = fetch.outcome in {"failed", "refused"}
    assert failures == ([(fetch.source_id, fetch.reason, "poll")] if bad else [])
    assert (fetch.reason is not None) == bad

"""Pages of articles: fetched by the guarded client, within what robots.txt allows, and only better text is taken."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from feed_farm import FeedFarm, Play, body, drip, gzipped, redirect, silence, status

from transforms.feeds.pages import PageAsked, PageFound, PageMissed, fetch_pages
from transforms.feeds.settings import FetchSettings
from transforms.feeds.spool import read_entry
from transforms.tables.records import FeedEntry

QUICK = FetchSettings(
    allow_networks=("127.0.0.0/8",),
    pause_seconds=0,
    connect_seconds=1,
    read_seconds=0.4,
    poll_seconds=2,
    slow_after_seconds=0.5,
)
TEXT = (
    "The families of the men who were called up in May gathered in front of the command on Tuesday morning. They had "
    "brought a letter with forty names. Nobody came out to take it, and the gate stayed shut until the evening.",
    "One of the women said that her son had written last in the middle of June, and that the commander no longer "
    "answered the telephone. She asked for a list of the wounded, and for an answer in writing.",
)
HTML = ("Content-Type", "text/html; charset=utf-8")
ROBOTS = ("Content-Type", "text/plain")


def page(*paragraphs: str, aside: str = "Read also: soldiers' mothers of another town.") -> bytes:
    """Return a page in the manner of news sites, with `aside` beside the article."""
    inside = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"""<!DOCTYPE html><html lang="en"><head><title>At the gate</title></head><body>
<header><nav><a href="/">Home</a> <a href="/war">War</a></nav></header>
<main><article><h1>At the gate</h1>{inside}</article></main>
<aside class="sidebar"><h2>Popular</h2><p>{aside}</p></aside><footer>All rights reserved.</footer>
</body></html>""".encode()


@pytest.fixture(name="farm")
def _farm() -> Iterator[FeedFarm]:
    with FeedFarm() as farm:
        yield farm


def _asked(key: str, url: str, known: int = 0) -> PageAsked:
    entry = FeedEntry(key, url, None, "A summary.", None, None, None, None)
    return PageAsked(key, url, entry, known, f"hash of {key}")


def _fetch(
    farm: FeedFarm, tmp_path: Path, plays: dict[str, Play], settings: FetchSettings = QUICK
) -> dict[str, object]:
    asked = [_asked(name, farm.add(f"/{name}", play)) for name, play in plays.items()]
    results = list(fetch_pages(asked, settings, tmp_path / "pages.jsonl"))
    assert [result.key for result in results] == list(plays)
    return {result.key: result for result in results}


def _reason(result: object) -> str:
    assert isinstance(result, PageMissed)
    return result.error.reason


def test_the_article_is_taken_and_what_is_beside_it_is_not(farm: FeedFarm, tmp_path: Path) -> None:
    found = _fetch(farm, tmp_path, {"plain": body(page(*TEXT), HTML), "packed": gzipped(page(*TEXT), HTML)})
    for result in found.values():
        assert isinstance(result, PageFound)
        line = Path(result.path).read_bytes()[result.start : result.start + result.length]
        read = read_entry(line)
        assert all(f"<p>{paragraph}</p>" in (read.content or "") for paragraph in TEXT)
        assert "another town" not in (read.content or "")
        assert (read.guid, read.title, read.language) == (result.key, "At the gate", "en")
        assert (bool(read.page_method), read.content_hash) == (True, f"hash of {result.key}")


HOSTILE: dict[str, tuple[Play, str]] = {
    "404": (status(404), "http_404"),
    "teaser": (body(page("Subscribe to read on."), HTML), "page_without_text"),
    "captcha": (body(b"<html><body><p>Just a moment...</p></body></html>", HTML), "captcha_page"),
    "pdf": (body(b"%PDF-1.7", ("Content-Type", "application/pdf")), "not_a_page"),
    "empty": (body(b"", HTML), "empty_file"),
    "to_loopback": (redirect("http://[::1]/"), "forbidden_address"),
    "silence": (silence(), "read_timeout"),
    "drip": (drip(0.05), "too_slow"),
    "large": (body(b"<p>" + b"x" * 6_000_000, HTML), "too_large"),
}


def test_what_gives_no_text_has_its_reason_and_hinders_no_other(farm: FeedFarm, tmp_path: Path) -> None:
    plays = {name: play for name, (play, _) in HOSTILE.items()} | {"good": body(page(*TEXT), HTML)}
    results = _fetch(farm, tmp_path, plays)
    assert isinstance(results.pop("good"), PageFound)
    assert {name: _reason(result) for name, result in results.items()} == {
        k: reason for k, (_, reason) in HOSTILE.items()
    }


def test_a_page_that_says_less_than_the_summary_is_not_taken(farm: FeedFarm, tmp_path: Path) -> None:
    url = farm.add("/page", body(page(*TEXT), HTML))
    (result,) = fetch_pages([_asked("page", url, 5000)], QUICK, tmp_path / "pages.jsonl")
    assert _reason(result) == "page_without_text"


def test_robots_are_asked_once_and_obeyed(farm: FeedFarm, tmp_path: Path) -> None:
    farm.add("/robots.txt", body(b"User-agent: Picket\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n", ROBOTS))
    plays = {"private/1": body(page(*TEXT), HTML), "open": body(page(*TEXT), HTML), "open2": body(page(*TEXT), HTML)}
    results = _fetch(farm, tmp_path, plays)
    assert _reason(results["private/1"]) == "robots_disallow"
    assert isinstance(results["open"], PageFound)
    assert isinstance(results["open2"], PageFound)
    assert len(farm.visits_to("/robots.txt")) == 1
    assert not farm.visits_to("/private/1")


@pytest.mark.parametrize(
    ("robots", "reason"),
    [
        (status(404), None),
        (status(403), None),
        (status(500), "robots_unknown"),
        (silence(), "robots_unknown"),
        (body(b"\xff\xfe nonsense \x00", ROBOTS), None),
        (body(b"User-agent: *\nDisallow: /\n" + b"#" * 600_000, ROBOTS), "robots_disallow"),
        (redirect("http://[::1]/robots.txt"), "forbidden_address"),
    ],
)
def test_what_the_answer_for_robots_means(farm: FeedFarm, tmp_path: Path, robots: Play, reason: str | None) -> None:
    farm.add("/robots.txt", robots)
    result = _fetch(farm, tmp_path, {"page": body(page(*TEXT), HTML)})["page"]
    if reason is None:
        assert isinstance(result, PageFound)
    else:
        assert _reason(result) == reason
        assert not farm.visits_to("/page")


def test_a_host_may_ask_for_a_longer_pause(farm: FeedFarm, tmp_path: Path) -> None:
    farm.add("/robots.txt", body(b"User-agent: *\nCrawl-delay: 0.3\n", ROBOTS))
    _fetch(farm, tmp_path, {str(number): body(page(*TEXT), HTML) for number in range(3)})
    assert all(later.at - earlier.at >= 0.3 for earlier, later in pairwise(farm.visits))


def test_pages_of_one_host_are_counted_and_time_is_limited(farm: FeedFarm, tmp_path: Path) -> None:
    plays: dict[str, Play] = {str(number): body(page(*TEXT), HTML) for number in range(4)}
    few = _fetch(farm, tmp_path, plays, QUICK.model_copy(update={"max_pages": 2}))
    assert [isinstance(result, PageFound) for result in few.values()] == [True, True, False, False]
    assert _reason(few["3"]) == "page_over_limit"
    late = _fetch(farm, tmp_path, plays, QUICK.model_copy(update={"pages_seconds": 0.0001}))
    assert {_reason(result) for result in late.values()} == {"page_over_limit"}


def test_addresses_that_may_not_be_asked_are_not(tmp_path: Path) -> None:
    urls = ["http://10.0.0.1/", "file:///etc/passwd", "http://u:hush@x.example/"]
    asked = [_asked(str(number), url) for number, url in enumerate(urls)]
    results = list(fetch_pages(asked, QUICK, tmp_path / "pages.jsonl"))
    assert [_reason(result) for result in results] == [
        "forbidden_address",
        "forbidden_scheme",
        "credentials_in_address",
    ]
    assert "hush" not in repr(results)


def test_nothing_asked_is_nothing_done(tmp_path: Path) -> None:
    assert list(fetch_pages([], QUICK, tmp_path / "pages.jsonl")) == []
    assert not (tmp_path / "pages.jsonl").exists()

"""`picket feeds`: the list is shown, tried and edited; what is wrong is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from feed_farm import FeedFarm, body, rss
from running import picket

from transforms.feeds.sources import load_sources

LIST = """# Our sources, checked in spring.
sources:
  - id: press  # the paper
    url: https://example.org/feed
    language: ru
"""


@pytest.fixture
def farm() -> Iterator[FeedFarm]:
    with FeedFarm() as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources.yaml").write_text(LIST, encoding="utf-8")
    (tmp_path / "p.yaml").write_text(
        "sources: sources.yaml\nout: out\nfetch: {allow_networks: [127.0.0.0/8]}\n", encoding="utf-8"
    )
    return tmp_path


def feeds(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = picket("feeds", *arguments, "--config", "p.yaml", cwd=folder)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_list_shows_each_source(folder: Path) -> None:
    code, told, _ = feeds(folder, "list")
    assert code == 0
    assert told.split()[:3] == ["press", "on", "ru"]


def test_add_disable_and_enable_keep_comments(folder: Path) -> None:
    assert feeds(folder, "add", "https://example.net/rss", "--id", "second", "--language", "uk")[0] == 0
    assert feeds(folder, "disable", "press")[0] == 0
    listed = {source.id: source for source in load_sources(folder / "sources.yaml")}
    assert (listed["press"].enabled, listed["second"].language) == (False, "uk")
    assert feeds(folder, "enable", "press")[0] == 0
    assert all(source.enabled for source in load_sources(folder / "sources.yaml"))
    text = (folder / "sources.yaml").read_text(encoding="utf-8")
    assert "# Our sources, checked in spring." in text
    assert "# the paper" in text


def test_what_is_wrong_is_told_and_the_list_stays(folder: Path) -> None:
    before = (folder / "sources.yaml").read_text(encoding="utf-8")
    assert feeds(folder, "add", "https://example.net/rss", "--id", "press")[0] != 0
    assert feeds(folder, "add", "https://example.net/rss", "--posture", "friendly")[0] == 2
    assert feeds(folder, "disable", "nobody")[0] == 2
    assert feeds(folder, "import", "nowhere.opml")[0] == 2
    (folder / "bad.opml").write_text("no opml", encoding="utf-8")
    assert feeds(folder, "import", "bad.opml")[0] == 2
    assert (folder / "sources.yaml").read_text(encoding="utf-8") == before


def test_the_bundled_list_is_not_edited(tmp_path: Path) -> None:
    done = picket("feeds", "disable", "meduza", cwd=tmp_path)
    assert done.returncode == 2
    assert "bundled list stays as it is" in done.stderr


def test_opml_goes_out_and_comes_back(folder: Path) -> None:
    feeds(folder, "add", "https://example.net/rss", "--id", "second")
    code, told, _ = feeds(folder, "export")
    assert code == 0
    (folder / "out.opml").write_text(told, encoding="utf-8")
    (folder / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    assert feeds(folder, "import", "out.opml")[0] == 0
    assert {source.url for source in load_sources(folder / "sources.yaml")} == {
        "https://example.org/feed",
        "https://example.net/rss",
    }
    assert "0 added, 2 known already" in feeds(folder, "import", "out.opml")[2]


def test_a_feed_is_tried_without_writing(folder: Path, farm: FeedFarm) -> None:
    code, told, _ = feeds(folder, "test", farm.add("/feed", body(rss(2))))
    assert code == 0
    assert "2 items" in told
    assert "2024-10-02T07:01:00+00:00  item 1" in told
    assert "Text of item 1." in told
    assert not (folder / "out").exists()
    code, _, said = feeds(folder, "test", farm.url("/nothing"))
    assert code == 1
    assert "http_404" in said


def test_feeds_of_a_site_are_found(folder: Path, farm: FeedFarm) -> None:
    farm.add("/feed.xml", body(rss(2), ("Content-Type", "application/rss+xml")))
    page = b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>'
    code, told, _ = feeds(folder, "discover", farm.add("/site", body(page, ("Content-Type", "text/html"))))
    assert code == 0
    assert told.startswith(farm.url("/feed.xml"))

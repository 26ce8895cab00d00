"""Runs over real HTTP on loopback: what a poll leaves in the tables, and what the next run makes of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from feed_farm import FeedFarm, body, conditional, in_turn, rss, status
from running import picket, poll_here, rows

from transforms.analysis.analyse import Analyser

COMPLAINT = "Mothers of conscripts said their sons were sent to the front without training."


@pytest.fixture
def farm() -> Iterator[FeedFarm]:
    with FeedFarm() as one:
        yield one


def listed(folder: Path, **urls: str) -> Path:
    path = folder / "sources.yaml"
    sources = [{"id": name, "url": url} for name, url in urls.items()]
    path.write_text(yaml.safe_dump({"sources": sources}), encoding="utf-8")
    return path


def polls(out: Path) -> list[tuple[str, str, int, int]]:
    found = sorted(rows(out, "fetches"), key=lambda row: (row["source_id"], row["fetched_at"]))
    return [(row["source_id"], row["outcome"], row["items"], row["new_items"]) for row in found]


def feed_of(text: str, guid: str = "one") -> bytes:
    item = f"<item><guid>{guid}</guid><title>News</title><description>{text}</description></item>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{item}</channel></rss>'.encode()


def test_first_poll_brings_items_and_the_second_is_unchanged_with_its_validators(
    farm: FeedFarm, tmp_path: Path
) -> None:
    url = farm.add("/feed", conditional(rss(5), 'W/"a,b"', "Wed, 02 Oct 2024 10:00:00 GMT"))
    sources, out = listed(tmp_path, press=url), tmp_path / "out"
    assert poll_here(out, sources) == 0
    assert poll_here(out, sources) == 0
    assert polls(out) == [("press", "new", 5, 5), ("press", "unchanged", 0, 0)]
    assert [visit.header("if-none-match") for visit in farm.visits_to("/feed")] == [None, b'W/"a,b"']
    assert len(rows(out, "articles")) == 5
    first, second = sorted(rows(out, "fetches"), key=lambda row: str(row["fetched_at"]))
    assert (first["status"], second["status"]) == (200, 304)
    assert first["etag"] == 'W/"a,b"'
    assert first["next_check_at"] > first["fetched_at"]
    assert first["newest_at"] == max(row["published_at"] for row in rows(out, "articles"))
    assert second["newest_at"] is None
    assert {row["collected_at"] for row in rows(out, "articles")} == {first["fetched_at"]}


def test_a_feed_is_polled_when_its_time_has_come(farm: FeedFarm, tmp_path: Path) -> None:
    sources = listed(tmp_path, press=farm.add("/feed", body(rss(2))))
    (tmp_path / "p.yaml").write_text(
        "out: out\nsources: sources.yaml\nfetch:\n  allow_networks: [127.0.0.0/8]\n", encoding="utf-8"
    )
    assert sources.exists()
    for arguments, visits in (((), 1), ((), 1), (("--poll-all",), 2), (("--no-feeds",), 2)):
        assert picket("run", "--config", "p.yaml", *arguments, cwd=tmp_path).returncode == 0
        assert len(farm.visits) == visits
    assert polls(tmp_path / "out") == [("press", "new", 2, 2), ("press", "unchanged", 0, 0)]


def test_a_new_item_and_an_edited_one(farm: FeedFarm, tmp_path: Path) -> None:
    url = farm.add("/feed", in_turn(body(rss(2)), body(rss(3)), body(rss(3).replace(b"Text of item 1", b"Edited"))))
    sources, out = listed(tmp_path, press=url), tmp_path / "out"
    for _ in range(3):
        assert poll_here(out, sources) == 0
    assert [new for *_, new in polls(out)] == [2, 1, 1]
    revisions = sorted((row["external_id"], row["revision"]) for row in rows(out, "articles"))
    assert revisions == [("item-1", 0), ("item-1", 1), ("item-2", 0), ("item-3", 0)]


def test_faults_are_rows_the_others_are_read_and_the_share_decides_the_exit_code(
    farm: FeedFarm, tmp_path: Path
) -> None:
    sources = listed(
        tmp_path,
        good=farm.add("/good", body(feed_of(COMPLAINT))),
        gone=farm.add("/gone", status(404)),
        page=farm.add("/page", body(b"<!doctype html><html><body>Hello</body></html>", ("Content-Type", "text/html"))),
        empty=farm.add("/empty", body(rss(0))),
        refused="http://127.0.0.1:1/feed",
        named="http://user:hunter2@127.0.0.1:2/feed?token=s3cret",
    )
    out = tmp_path / "out"
    assert poll_here(out, sources, max_failure_share=0.7) == 0
    found = {row["source_id"]: row for row in rows(out, "fetches")}
    assert {name: row["outcome"] for name, row in found.items()} == {
        "good": "new",
        "gone": "failed",
        "page": "failed",
        "empty": "empty",
        "refused": "failed",
        "named": "refused",
    }
    failed = {row["source_id"]: row["reason"] for row in rows(out, "failures")}
    assert {name: row["reason"] for name, row in found.items() if row["outcome"] in ("failed", "refused")} == failed
    assert found["gone"]["status"] == 404
    assert found["refused"]["status"] is None
    (article,) = rows(out, "articles")
    assert article["relevant"]
    stored = "".join(str(row) for table in ("fetches", "failures", "articles") for row in rows(out, table))
    assert "hunter2" not in stored
    assert "s3cret" not in stored
    assert poll_here(out, sources, max_failure_share=0.1) == 3
    last = max(rows(out, "runs"), key=lambda row: str(row["run_id"]))
    assert (last["exit_code"], last["outcome"]) == (3, "sources_failed")


def test_loopback_is_refused_unless_the_profile_allows_it(farm: FeedFarm, tmp_path: Path) -> None:
    sources = listed(tmp_path, press=farm.add("/feed", body(rss(2))))
    assert poll_here(tmp_path / "out", sources, fetch={"allow_networks": ()}) == 3
    assert [row["outcome"] for row in rows(tmp_path / "out", "fetches")] == ["refused"]
    assert farm.visits == []


def test_an_item_that_failed_unexpectedly_comes_again_although_the_feed_did_not_change(
    farm: FeedFarm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, out = listed(tmp_path, press=farm.add("/feed", conditional(rss(9), '"v1"'))), tmp_path / "out"
    analyse = Analyser.analyse

    def broken(self: Analyser, document: Any, identity: Any) -> Any:
        if document.external_id == "item-4":
            raise ZeroDivisionError("nobody expected this")
        return analyse(self, document, identity)

    with monkeypatch.context() as patch:
        patch.setattr(Analyser, "analyse", broken)
        assert poll_here(out, sources) == 0
    assert len(rows(out, "articles")) == 8
    assert [row["reason"] for row in rows(out, "failures")] == ["internal_error"]
    assert poll_here(out, sources) == 0
    assert [visit.header("if-none-match") for visit in farm.visits] == [None, None]
    assert len(rows(out, "articles")) == 9
    assert poll_here(out, sources) == 0
    assert farm.visits[-1].header("if-none-match") == b'"v1"'


def test_stored_feeds_make_no_row_in_fetches(tmp_path: Path) -> None:
    (tmp_path / "stored.rss").write_bytes(rss(2))
    done = picket("run", "--seeds", str(tmp_path / "stored.rss"), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "out", "fetches") == []
    assert {row["source_id"] for row in rows(tmp_path / "out", "articles")} == {"stored"}
    assert {row["external_id"] for row in rows(tmp_path / "out", "articles")} == {"item-1", "item-2"}

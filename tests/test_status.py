"""`picket status` names feeds that died quietly; the view `poll_coverage` tells silence from blindness."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from dataset_rows import NOW, article, commit_run, fetch
from feed_farm import FeedFarm, body, conditional, in_turn, redirect, rss, status
from running import picket, poll_here, rows

from pipeline.query import examples, run_query
from pipeline.status import (
    EMPTY_POLLS,
    STALE_AFTER,
    UNCHANGED_POLLS,
    UNDATED_ITEMS,
    feed_health,
    show_status,
)
from transforms.feeds.polling import FeedState
from transforms.tables.records import Article, Fetch

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def answer(out: Path, sql: str) -> list[tuple[Any, ...]]:
    with run_query(out, sql) as found:
        return [row for batch in found.batches for row in batch]


def healths(out: Path, listed: Sequence[str] = (), days: float = 1) -> dict[str, tuple[str, str]]:
    found = feed_health(out, listed, NOW + timedelta(days=days))
    return {feed["source_id"]: (feed["health"], feed["about"]) for feed in found}


def polls(source_id: str, *told: str, state: FeedState | None = None, every: timedelta = HOUR) -> list[Fetch]:
    """Return polls by their outcome, an hour apart; of `new` each brought an item."""
    text = (state or FeedState()).to_json()
    return [
        fetch(
            source_id,
            NOW + number * every,
            text,
            outcome=outcome,
            reason="http_500" if outcome == "failed" else "forbidden_address" if outcome == "refused" else None,
            items=3 if outcome == "new" else 0,
            new_items=1 if outcome == "new" else 0,
        )
        for number, outcome in enumerate(told)
    ]


def of(source_id: str, number: int = 1, **changes: Any) -> list[Article]:
    start = sum(source_id.encode()) * 100
    return [article(start + n, source_id=source_id, **changes) for n in range(number)]


def test_each_way_of_dying_has_its_phrase_and_the_living_are_healthy(tmp_path: Path) -> None:
    old = NOW - STALE_AFTER
    moved = FeedState(redirect_to="https://new.example/feed", redirect_seen=3)
    commit_run(
        tmp_path,
        [*of("good", 2), *of("stale", 2, published_at=old), *of("undated", UNDATED_ITEMS, published_at=None)],
        [
            *polls("good", "new", "unchanged", "failed", "unchanged"),
            *polls("stale", "new", "unchanged"),
            *polls("undated", "new", "unchanged"),
            *polls("empty", "new", *["empty"] * EMPTY_POLLS),
            *polls("empty304", "empty", *["unchanged"] * (EMPTY_POLLS - 1)),
            *polls("frozen", "new", *["unchanged"] * UNCHANGED_POLLS),
            *polls("failing", "new", "failed", "failed"),
            *polls("broken", "failed"),
            *polls("refused", "refused", "refused"),
            *polls("gone", "new", "failed", "failed", state=FeedState(disabled="gone", failures=2)),
            *polls("moved", "new", "unchanged", state=moved),
        ],
    )
    assert healths(tmp_path, ["good", "unheard"]) == {
        "broken": ("failed", "failed once (http_500), never read"),
        "empty": ("empty", "empty: answers without an item, 3 polls in a row"),
        "empty304": ("empty", "empty: answers without an item, 3 polls in a row"),
        "failing": ("failed", "failed 2 times in a row (http_500), last read 2026-03-01"),
        "frozen": ("unchanged", f"unchanged: nothing new in {UNCHANGED_POLLS} polls, last on 2026-03-01"),
        "gone": ("disabled", "disabled: gone, not polled any more"),
        "moved": ("moved", "moved permanently to https://new.example/feed"),
        "refused": ("refused", "refused 2 times in a row (forbidden_address), never read"),
        "stale": ("stale", "stale: newest item is 31 days old (2026-01-30)"),
        "undated": ("undated", "undated: none of its 3 items has a date"),
        "unheard": ("never_polled", "never polled"),
        "good": ("healthy", ""),
    }
    shown = " ".join(healths(tmp_path))
    assert shown == "gone broken failing refused empty empty304 stale frozen undated moved good"


def test_just_below_each_threshold_a_feed_is_healthy(tmp_path: Path) -> None:
    commit_run(
        tmp_path,
        [
            *of("recent", 1, published_at=NOW + DAY - STALE_AFTER),
            *of("undated", UNDATED_ITEMS - 1, published_at=None),
            *of("half", UNDATED_ITEMS, published_at=None),
            article(1, source_id="half"),
        ],
        [
            *polls("recent", "new"),
            *polls("undated", "new"),
            *polls("half", "new"),
            *polls("empty", *["empty"] * (EMPTY_POLLS - 1)),
            *polls("hindered", "empty", "failed", *["empty"] * (EMPTY_POLLS - 2)),
            *polls("filled", *["empty"] * EMPTY_POLLS, "new"),
            *polls("frozen", "new", *["unchanged"] * (UNCHANGED_POLLS - 1)),
            *polls("thawed", *["unchanged"] * UNCHANGED_POLLS, "new"),
            *polls("healed", "failed", "failed", "unchanged"),
            *polls("moving", "new", state=FeedState(redirect_to="https://new.example/feed", redirect_seen=2)),
        ],
    )
    assert {health for health, _ in healths(tmp_path).values()} == {"healthy"}


def test_failures_between_do_not_hide_that_nothing_comes(tmp_path: Path) -> None:
    commit_run(
        tmp_path,
        [],
        [
            *polls("empty", "empty", "failed", "empty", "failed", "empty"),
            *polls("frozen", *["unchanged", "failed"] * (UNCHANGED_POLLS - 1), "unchanged"),
        ],
    )
    assert healths(tmp_path)["empty"][0] == "empty"
    assert healths(tmp_path)["frozen"] == ("unchanged", f"unchanged: nothing new in {UNCHANGED_POLLS} polls, never any")


def test_an_item_without_a_date_is_as_old_as_its_collection(tmp_path: Path) -> None:
    commit_run(tmp_path, of("undated", 2, published_at=None), polls("undated", "new"))
    assert healths(tmp_path)["undated"][0] == "healthy"
    assert healths(tmp_path, days=32)["undated"][0] == "stale"


def test_an_edit_that_gives_a_date_counts(tmp_path: Path) -> None:
    undated = of("paper", UNDATED_ITEMS, published_at=None)
    commit_run(tmp_path, undated, polls("paper", "new"))
    assert healths(tmp_path)["paper"][0] == "undated"
    commit_run(tmp_path, of("paper", 1, revision=1), [], NOW + HOUR)
    assert healths(tmp_path)["paper"][0] == "healthy"


def test_shown_for_people_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = [f"good-{number:03}" for number in range(40)]
    state = FeedState(redirect_to="https://new.example/\x1b[2J", redirect_seen=3)
    fetches = [one for name in good for one in polls(name, "new")]
    commit_run(tmp_path, [], [*fetches, *polls("broken", "failed"), *polls("moved", "new", state=state)])
    assert show_status(tmp_path, False, ["late"], NOW + DAY) == 0
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("Feeds that need a look (3 of 43)")
    assert [line.split()[0] for line in lines[start + 1 : start + 4]] == ["broken", "late", "moved"]
    assert all(line.isprintable() for line in lines)
    first = lines.index("Healthy feeds (40 of 43)") + 1
    listed = lines[first : lines.index("", first)]
    assert " ".join(line.strip() for line in listed) == ", ".join(good)
    assert len(listed) == 5
    assert show_status(tmp_path, True, ["late"], NOW + DAY) == 0
    told = json.loads(capsys.readouterr().out)["feeds"]
    assert [(feed["source_id"], feed["health"]) for feed in told[:3]] == [
        ("broken", "failed"),
        ("late", "never_polled"),
        ("moved", "moved"),
    ]
    assert {"last_poll", "last_outcome", "last_news", "newest_item", "next_check_at", "about"} <= set(told[0])


def test_without_feeds_nothing_is_said_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit_run(tmp_path, [article(1)])
    assert show_status(tmp_path, False) == 0
    assert "Feeds" not in (shown := capsys.readouterr().out)
    assert "Healthy" not in shown
    assert show_status(tmp_path / "none", False) == 2


def test_coverage_tells_silence_from_blindness(tmp_path: Path) -> None:
    commit_run(
        tmp_path,
        of("paper", 2),
        [
            *polls("paper", "new", "failed", "unchanged"),
            *polls("radio", "unchanged", "failed", "empty", "refused", "failed", every=DAY),
        ],
    )
    # The third day of the paper: every poll failed. The fifth: one did not.
    later = [
        fetch("paper", NOW + timedelta(days=day, hours=hour), outcome=outcome, items=items, new_items=0)
        for day, hour, outcome, items in (
            (2, 0, "failed", 0),
            (2, 1, "refused", 0),
            (4, 0, "failed", 0),
            (4, 1, "unchanged", 7),
        )
    ]
    commit_run(tmp_path, [], later, NOW + timedelta(days=5))
    sql = (
        "SELECT day, polls, ok_polls, failed_polls, refused_polls, items, new_items, articles, verdict"
        " FROM poll_coverage WHERE source_id = '{}'"
    )
    assert answer(tmp_path, sql.format("paper")) == [
        (date(2026, 3, 1), 3, 2, 1, 0, 3, 1, 2, "seen"),
        (date(2026, 3, 2), 0, 0, 0, 0, 0, 0, 0, "not_polled"),
        (date(2026, 3, 3), 2, 0, 1, 1, 0, 0, 0, "blind"),
        (date(2026, 3, 4), 0, 0, 0, 0, 0, 0, 0, "not_polled"),
        (date(2026, 3, 5), 2, 1, 1, 0, 7, 0, 0, "silent"),
    ]
    assert [row[-1] for row in answer(tmp_path, sql.format("radio"))] == ["silent", "blind", "silent", "blind", "blind"]


def test_a_day_is_that_of_utc_whatever_the_zone_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Vladivostok")
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = (midnight - timedelta(microseconds=1), midnight)
    commit_run(tmp_path, [], [fetch("paper", at, outcome="unchanged", new_items=0) for at in moments])
    found = answer(tmp_path, "SELECT day, polls, verdict FROM poll_coverage")
    assert found == [(date(2026, 2, 28), 1, "silent"), (date(2026, 3, 1), 1, "silent")]


def test_news_that_another_source_had_first_is_no_silence(tmp_path: Path) -> None:
    commit_run(tmp_path, of("first", 1), [*polls("first", "new"), *polls("second", "new")])
    assert answer(tmp_path, "SELECT source_id, articles, verdict FROM poll_coverage") == [
        ("first", 1, "seen"),
        ("second", 0, "seen"),
    ]


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that three runs over a farm left, each of which polled all feeds."""
    folder = tmp_path_factory.mktemp("polled")
    undated = rss(UNDATED_ITEMS, prefix="u").replace(b"<pubDate>Wed, 02 Oct 2024", b"<pubDate>Some day")
    with FeedFarm() as farm:
        farm.add("/target", body(rss(2, prefix="t")))
        urls = {
            "old": farm.add("/old", conditional(rss(2), '"1"')),
            "undated": farm.add("/undated", body(undated)),
            "empty": farm.add("/empty", conditional(rss(0), '"1"')),
            "dead": farm.add("/dead", in_turn(body(rss(2, prefix="d")), status(404))),
            "page": farm.add("/page", body(b"<!doctype html><html><body>Hello</body></html>")),
            "moved": farm.add("/moved", redirect("/target")),
        }
        listed = [{"id": name, "url": url} for name, url in urls.items()]
        (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": listed}), encoding="utf-8")
        for _ in range(3):
            assert poll_here(folder / "out", folder / "sources.yaml", max_failure_share=1) == 0
    return folder / "out"


def test_after_real_polls_the_quiet_feeds_are_named(polled: Path) -> None:
    last = max(row["fetched_at"] for row in rows(polled, "fetches"))
    feeds = {feed["source_id"]: feed for feed in feed_health(polled, ["old", "unheard"], last)}
    assert {name: feed["health"] for name, feed in feeds.items()} == {
        "dead": "failed",
        "empty": "empty",
        "moved": "stale",
        "old": "stale",
        "page": "failed",
        "undated": "undated",
        "unheard": "never_polled",
    }
    assert feeds["dead"]["about"].startswith("failed 2 times in a row (http_404), last read ")
    assert feeds["page"]["about"] == "failed 3 times in a row (html_page), never read"
    assert "(2024-10-02)" in feeds["old"]["about"]


def test_after_real_polls_coverage_has_its_verdicts(polled: Path) -> None:
    found = answer(polled, "SELECT source_id, max(verdict), sum(polls), sum(ok_polls) FROM poll_coverage GROUP BY ALL")
    assert {name: (verdict, int(number), int(fine)) for name, verdict, number, fine in found} == {
        "old": ("seen", 3, 3),
        "undated": ("seen", 3, 3),
        "empty": ("silent", 3, 3),
        "dead": ("seen", 3, 1),
        "page": ("blind", 3, 0),
        "moved": ("seen", 3, 3),
    }


def test_the_program_shows_both(polled: Path) -> None:
    shown = picket("status", "--out", str(polled))
    assert shown.returncode == 0, shown.stderr
    assert "Feeds that need a look (6 of 6)" in shown.stdout
    assert "poll_coverage" in examples()
    shown = picket("query", "SELECT * FROM poll_coverage", "--out", str(polled), "--format", "csv")
    assert shown.stdout.count("\n") == 7

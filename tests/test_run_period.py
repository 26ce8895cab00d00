"""`picket run --since --until`: articles of a period come in, others are left out and stay unseen."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from feed_farm import FeedFarm, conditional
from running import dataset, picket, rows, run_here, write_jsonl

from pipeline.config import Profile
from pipeline.period import InvalidPeriod, read_period
from pipeline.plan import Request
from pipeline.run import perform
from transforms.documents.period import ALWAYS, Period

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DATES = ["2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z", "2026-03-31T23:59:59Z", "2026-04-01T00:00:00Z", None]


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year, month, day and so on


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, ALWAYS),
        ("2026-03-01", None, Period(at(2026, 3, 1), None)),
        ("2026-03-01", "2026-03-01", Period(at(2026, 3, 1), at(2026, 3, 2))),
        (" 2026-03-01 ", "2026-03-31", Period(at(2026, 3, 1), at(2026, 4, 1))),
        ("2026-03-01T10:30", "2026-03-01T11:00:00Z", Period(at(2026, 3, 1, 10, 30), at(2026, 3, 1, 11))),
        ("2026-03-01 10:30+03:00", None, Period(at(2026, 3, 1, 7, 30), None)),
        (None, "2030-01-01", Period(None, at(2030, 1, 2))),
    ],
)
def test_what_people_type(since: str | None, until: str | None, expected: Period) -> None:
    assert read_period(since, until, NOW) == expected


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("yesterday", None, "--since 'yesterday' is neither a date such as"),
        ("2026-13-01", None, "month must be in 1..12"),
        (None, "2026-02-30", "--until '2026-02-30': day is out of range"),
        ("20260301", None, "is neither a date such as"),
        ("2026-03-01T25:00", None, "hour must be in 0..23"),
        ("01.03.2026", None, "is neither a date such as"),
        ("", None, "is neither a date such as"),
        ("2026-03-02", "2026-03-01", "--since 2026-03-02 does not lie before --until 2026-03-01"),
        ("2026-03-01T10:00", "2026-03-01T10:00", "does not lie before"),
        ("2062-03-01", None, "lies in the future"),
        (None, "9999-12-31", "--until 9999-12-31"),
        ("0001-01-01T00:00+14:00", None, "--since"),
    ],
)
def test_what_is_no_period(since: str | None, until: str | None, said: str) -> None:
    with pytest.raises(InvalidPeriod) as told:
        read_period(since, until, NOW)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_the_first_moment_is_in_and_the_last_is_out() -> None:
    period = read_period("2026-03-01", "2026-03-31", NOW)
    dates = [datetime.fromisoformat(one) if one else None for one in DATES]
    assert [period.holds(one, NOW) for one in dates] == [False, True, True, False, False]
    assert period.holds(None, at(2026, 3, 5))  # without a date the day of collection counts
    assert ALWAYS.holds(None, NOW)
    assert not period.is_open


def records() -> list[dict[str, Any]]:
    return [
        {"id": str(n), "title": f"News {n}", "text": f"Mothers of soldiers wrote letter {n}."}
        | ({"published": date} if date else {})
        for n, date in enumerate(DATES)
    ]


def taken(out: Path, seeds: Path, since: str | None, until: str | None) -> list[str]:
    period = read_period(since, until, datetime.now(UTC))
    assert perform(Request(Profile(out=out, seeds=(str(seeds),)), period=period), quiet=True) == 0
    return sorted(row["external_id"] for row in rows(out, "articles"))


def test_periods_one_after_the_other_are_the_whole(tmp_path: Path) -> None:
    out, path = tmp_path / "out", write_jsonl(tmp_path / "seeds.jsonl", records())
    assert taken(out, path, "2026-03-01", "2026-03-31") == ["1", "2"]
    (run,) = rows(out, "runs")
    assert (run["ingest_mode"], dict(run["rejected"]), run["documents"]) == ("backfill", {"outside_period": 3}, 5)
    assert {row["ingest_mode"] for row in rows(out, "articles")} == {"backfill"}
    assert len(rows(out, "sightings")) == 2  # nothing remembers the others
    assert taken(out, path, None, "2026-02-28") == ["0", "1", "2"]
    assert taken(out, path, "2026-04-01", None) == ["0", "1", "2", "3", "4"]
    whole = tmp_path / "whole"
    assert run_here(whole, [path]) == 0
    without = ["runs", "daily"]
    found, expected = dataset(out, without), dataset(whole, without)
    for row in (*found["articles"], *expected["articles"]):
        del row["ingest_mode"]
    assert found == expected


FEED = b"""<rss version="2.0"><channel><title>Paper</title>
<item><guid isPermaLink="false">old</guid><title>Old</title><pubDate>Sun, 01 Feb 2026 10:00:00 GMT</pubDate></item>
<item><guid isPermaLink="false">new</guid><title>New</title><pubDate>Wed, 04 Mar 2026 10:00:00 GMT</pubDate></item>
</channel></rss>"""


def test_a_feed_that_did_not_change_gives_another_period(tmp_path: Path) -> None:
    sources, out = tmp_path / "sources.yaml", tmp_path / "out"
    with FeedFarm() as farm:
        sources.write_text(f"sources:\n- id: paper\n  url: {farm.add('/feed', conditional(FEED, 'v1'))}\n")
        fetch = {"allow_networks": ("127.0.0.0/8",), "pause_seconds": 0}
        profile = Profile.model_validate({"out": out, "sources": sources, "fetch": fetch})
        for since, until, expected in [
            ("2026-03-01", "2026-03-31", ["new"]),
            ("2026-02-01", "2026-02-28", ["new", "old"]),
        ]:
            request = Request(profile, poll_all=True, period=read_period(since, until, datetime.now(UTC)))
            assert perform(request, quiet=True) == 0
            assert sorted(row["external_id"] for row in rows(out, "articles")) == expected
        assert perform(Request(profile, poll_all=True), quiet=True) == 0
        assert perform(Request(profile, poll_all=True), quiet=True) == 0
    outcomes = [row["outcome"] for row in sorted(rows(out, "fetches"), key=lambda row: str(row["fetched_at"]))]
    assert outcomes == ["new", "new", "unchanged", "unchanged"]
    statuses = [row["status"] for row in sorted(rows(out, "fetches"), key=lambda row: str(row["fetched_at"]))]
    assert statuses == [200, 200, 200, 304]  # once all was taken, its validators are trusted again
    assert len(rows(out, "articles")) == 2


def test_the_command_says_what_it_left_out(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "seeds.jsonl", records())
    arguments = ("run", "--seeds", str(path), "--no-feeds", "--out", str(tmp_path / "out"))
    done = picket(*arguments, "--since", "2026-03-01", "--until", "2026-03-31")
    assert done.returncode == 0
    assert done.stderr.startswith("Read 5 documents: 2 new, 0 revised, 3 left out")
    told = json.loads(picket(*arguments, "--since", "2026-03-01T10:00", "--dry-run", "--json").stdout)
    assert (told["since"], told["until"]) == ("2026-03-01T10:00:00+00:00", None)
    done = picket(*arguments, "--since", "2026-04-01", "--until", "2026-03-01")
    assert done.returncode == 2
    assert "does not lie before" in done.stderr
    assert "Traceback" not in done.stderr

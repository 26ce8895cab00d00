"""Polling as a feed sees it: validators, redirects, waiting, politeness; and what is kept of an answer."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest
from feed_farm import (
    CERTIFICATE,
    FeedFarm,
    body,
    conditional,
    drip,
    in_turn,
    late,
    redirect,
    reply,
    rss,
    silence,
    status,
)
from feed_reader import QUICK, START, Reader

from transforms.feeds import poll as poll_module
from transforms.feeds.client import FeedClient
from transforms.feeds.parse import parse_feed
from transforms.feeds.poll import poll_batch
from transforms.feeds.polling import DuePoll, FeedState, due_sources
from transforms.feeds.sources import Source
from transforms.feeds.spool import SpoolFault, read_entry
from transforms.tables.records import Failure

IN_5_HOURS = format_datetime(START + timedelta(hours=5), usegmt=True)


@pytest.fixture(name="farm")
def _farm() -> Iterator[FeedFarm]:
    with FeedFarm() as farm:
        yield farm


@pytest.fixture(name="reader")
def _reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def test_items_are_spooled_and_referred_to(farm: FeedFarm, reader: Reader) -> None:
    poll = reader.one(farm.add("/feed", body(rss(5))))
    titles = []
    for ref in poll.refs:
        line = Path(ref.path).read_bytes()[ref.start : ref.start + ref.length]
        titles.append(read_entry(line).title)
        assert ref.kind == "entry"
        assert ref.fetch_id == poll.fetch.fetch_id
        assert ref.collected_at == poll.fetch.fetched_at
    assert titles == [f"item {number}" for number in range(1, 6)]
    assert len({ref.place for ref in poll.refs}) == 5


def test_validators_go_back_byte_for_byte(farm: FeedFarm, reader: Reader) -> None:
    etag, modified = 'W/"a\u00e9\u00ff\\ b"', "yesterday; about noon"
    url = farm.add("/feed", conditional(rss(3), etag, modified))
    first, second = reader.one(url), reader.one(url)
    assert (first.fetch.outcome, second.fetch.outcome, second.fetch.status) == ("new", "unchanged", 304)
    sent = farm.visits_to("/feed")[1]
    assert sent.header("if-none-match") == etag.encode("latin-1")
    assert sent.header("if-modified-since") == modified.encode()
    assert (second.fetch.etag, second.fetch.last_modified) == (etag, modified)
    assert not second.refs


def test_validators_reach_the_end_of_a_redirect(farm: FeedFarm, reader: Reader) -> None:
    with FeedFarm() as other:
        url = farm.add("/feed", redirect(other.add("/feed", conditional(rss(3), '"one"')), 302))
        assert [reader.one(url).fetch.status for _ in range(2)] == [200, 304]


def test_the_same_body_is_unchanged_without_validators(farm: FeedFarm, reader: Reader) -> None:
    url = farm.add("/feed", in_turn(body(rss(3)), body(rss(3)), body(rss(4))))
    outcomes = [reader.one(url).fetch.outcome for _ in range(3)]
    assert outcomes == ["new", "unchanged", "new"]


def test_an_empty_feed_stays_empty(farm: FeedFarm, reader: Reader) -> None:
    url = farm.add("/feed", body(rss(0)))
    assert [reader.one(url).fetch.outcome for _ in range(2)] == ["empty", "empty"]


def test_validators_are_dropped_after_eight_days(farm: FeedFarm, reader: Reader) -> None:
    url = farm.add("/feed", conditional(rss(3), '"one"'))
    for days in (0, 4, 7.9, 8.1, 9):
        reader.one(url, START + timedelta(days=days))
    sent = [visit.header("if-none-match") for visit in farm.visits_to("/feed")]
    assert sent == [None, b'"one"', b'"one"', None, b'"one"']


def test_expires_zero_means_no_validators(farm: FeedFarm, reader: Reader) -> None:
    url = farm.add("/feed", body(rss(3), ("ETag", '"one"'), ("Expires", "0")))
    assert reader.one(url).fetch.etag is None
    reader.one(url)
    assert farm.visits_to("/feed")[1].header("if-none-match") is None


def test_a_failed_poll_keeps_the_validators(farm: FeedFarm, reader: Reader) -> None:
    url = farm.add("/feed", in_turn(conditional(rss(3), '"one"'), status(500), conditional(rss(3), '"one"')))
    assert [reader.one(url).fetch.outcome for _ in range(3)] == ["new", "failed", "unchanged"]


def test_a_held_poll_is_brought_again(farm: FeedFarm, reader: Reader) -> None:
    source = Source(id="feed", url=farm.add("/feed", conditional(rss(3), '"one"')))
    first = reader.poll([source], held=["feed"])["feed"]
    assert first.fetch.etag is None
    second = reader.poll([source])["feed"]
    assert (second.fetch.status, second.fetch.outcome, len(second.refs)) == (200, "new", 3)


def test_permanent_redirects_are_adopted_after_three_sightings(farm: FeedFarm, reader: Reader) -> None:
    url = farm.add("/old", redirect("/new", 301))
    farm.add("/new", body(rss(3)))
    for _ in range(5):
        reader.one(url)
    assert len(farm.visits_to("/old")) == 3
    assert len(farm.visits_to("/new")) == 5
    assert farm.url("/new") in reader.states["feed"]


def test_temporary_redirects_are_never_adopted(farm: FeedFarm, reader: Reader) -> None:
    url = farm.add("/old", redirect("/middle", 301))
    farm.add("/middle", redirect("/new", 302))
    farm.add("/new", body(rss(3)))
    for _ in range(5):
        reader.one(url)
    assert len(farm.visits_to("/old")) == 5


def test_a_redirect_to_a_secret_is_followed_and_not_kept(farm: FeedFarm, reader: Reader) -> None:
    url = farm.add("/old", redirect("/new?token=hush", 301))
    farm.add("/new", body(rss(3)))
    for _ in range(4):
        assert "hush" not in repr(reader.one(url))
    assert "hush" not in repr(reader.states)


def test_an_adopted_target_that_dies_gives_the_old_address_back(farm: FeedFarm, reader: Reader) -> None:
    url = farm.add("/old", in_turn(*[redirect("/new", 301)] * 3, body(rss(7))))
    farm.add("/new", in_turn(*[body(rss(3))] * 3, status(404)))
    outcomes = [reader.one(url).fetch.items for _ in range(7)]
    assert outcomes == [3, 0, 0, 0, 0, 0, 7]


def test_a_redirect_from_https_to_http_is_refused(farm: FeedFarm, tmp_path: Path) -> None:
    trusting = QUICK.model_copy(update={"ca_file": str(CERTIFICATE)})
    with FeedFarm(tls=True) as safe:
        plays = {"good": body(rss(3)), "down": redirect(farm.add("/feed", body(rss(3)))), "along": redirect("/good")}
        sources = [Source(id=name, url=safe.add(f"/{name}", play)) for name, play in plays.items()]
        polls = Reader(tmp_path, trusting).poll(sources)
    found = {name: (poll.fetch.outcome, poll.fetch.reason) for name, poll in polls.items()}
    assert found == {"good": ("new", None), "down": ("refused", "insecure_redirect"), "along": ("new", None)}
    assert not farm.visits


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(reader: Reader) -> None:
    with FeedFarm(tls=True) as strange:
        poll = reader.one(strange.add("/feed", body(rss(3))))
    assert (poll.fetch.outcome, poll.fetch.reason) == ("failed", "connect_failed")
    assert "certificate" in poll.failures[0].message.lower()
    assert not strange.visits


def test_gone_twice_a_day_apart_disables(farm: FeedFarm, reader: Reader) -> None:
    source = Source(id="feed", url=farm.add("/feed", status(410)))
    for hours, disabled in ((0, None), (23, None), (25, "gone")):
        reader.poll([source], START + timedelta(hours=hours))
        assert FeedState.from_json(reader.states["feed"]).disabled == disabled
    far = START + timedelta(days=900)
    assert due_sources([source], reader.states, far) == []
    assert len(due_sources([source], reader.states, far, poll_all=True)) == 1


def test_gone_is_forgotten_after_an_answer(farm: FeedFarm, reader: Reader) -> None:
    source = Source(id="feed", url=farm.add("/feed", in_turn(status(410), body(rss(1)), status(410))))
    for days in range(3):
        reader.poll([source], START + timedelta(days=days))
    assert FeedState.from_json(reader.states["feed"]).disabled is None


@pytest.mark.parametrize(
    ("value", "hours"),
    [
        ("7200", 2),
        (format_datetime(START + timedelta(hours=5), usegmt=True), 5),
        ("9999999", 168),
        ("soon", 0),
        ("-5", 0),
    ],
)
def test_retry_after_is_honoured(farm: FeedFarm, reader: Reader, value: str, hours: int) -> None:
    fetch = reader.one(farm.add("/feed", status(503, ("Retry-After", value)))).fetch
    waited = fetch.next_check_at - fetch.fetched_at
    expected = max(timedelta(hours=hours), timedelta(minutes=15))
    assert expected - timedelta(seconds=30) <= waited <= expected * 1.11


def test_requests_to_one_host_keep_their_distance(tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"pause_seconds": 0.15})
    with FeedFarm(["127.0.0.1", "127.0.0.2", "127.0.0.3"]) as farm:
        farm.add("/moved", redirect("/feed", 302))
        farm.add("/feed", late(0.05, body(rss(1))))
        sources = [
            Source(id=f"{host}-{number}", url=farm.url(f"/{path}?{number}", host))
            for host in range(3)
            for number, path in enumerate(["feed", "moved", "feed"])
        ]
        polls = Reader(tmp_path, settings).poll(sources)
        assert {poll.fetch.outcome for poll in polls.values()} == {"new"}
        for host in {visit.host for visit in farm.visits}:
            times = [visit.at for visit in farm.visits if visit.host == host]
            assert len(times) == 4
            # Between the end of one request (50 ms after it came) and the start of the next.
            assert all(later - earlier >= 0.15 for earlier, later in pairwise(times))
        starts = [
            min(visit.at for visit in farm.visits if visit.host == host) for host in {v.host for v in farm.visits}
        ]
        assert max(starts) - min(starts) < 0.15  # and the hosts do not wait for one another


def test_no_more_than_so_many_requests_at_once(tmp_path: Path) -> None:
    going, most = 0, 0
    lock = threading.Lock()

    async def play(_: object) -> bytes:
        nonlocal going, most
        with lock:
            going, most = going + 1, max(most, going + 1)
        await asyncio.sleep(0.05)
        with lock:
            going -= 1
        return reply(rss(1))

    with FeedFarm([f"127.0.0.{number}" for number in range(1, 13)]) as farm:
        farm.add("/feed", play)
        sources = [Source(id=f"f{host}", url=farm.url("/feed", host)) for host in range(12)]
        Reader(tmp_path, QUICK.model_copy(update={"hosts_at_once": 4})).poll(sources)
    assert most == 4


def test_a_public_host_that_asks_to_wait_is_left_alone(
    farm: FeedFarm, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FeedClient, "is_private", lambda *_: False)
    plays = {"a": status(429, ("Retry-After", "3600")), "b": body(rss(3)), "c": body(rss(3))}
    polls = reader.poll([Source(id=name, url=farm.add(f"/{name}", play)) for name, play in plays.items()])
    assert [polls[name].fetch.reason for name in "abc"] == ["http_429", "host_asked_to_wait", "host_asked_to_wait"]
    assert len(farm.visits) == 1
    waited = polls["c"].fetch.next_check_at - START
    assert timedelta(minutes=59) < waited < timedelta(minutes=67)
    assert FeedState.from_json(reader.states["c"]).failures == 0


def test_a_public_host_that_is_silent_is_given_up(
    farm: FeedFarm, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FeedClient, "is_private", lambda *_: False)
    plays = [silence(), silence(), silence(), body(rss(3))]
    polls = reader.poll([Source(id=f"f{n}", url=farm.add(f"/{n}", play)) for n, play in enumerate(plays)])
    assert [poll.fetch.reason for poll in polls.values()] == [*["read_timeout"] * 3, "host_not_answering"]
    assert len(farm.visits) == 3


def test_a_fault_of_ours_is_a_dead_letter_of_one_feed(
    farm: FeedFarm, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = parse_feed

    def faulty(content: bytes, *rest: object) -> object:
        if b"trap" in content:
            raise ZeroDivisionError("in the trap")
        return whole(content, *rest)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(poll_module, "parse_feed", faulty)
    sources = [
        Source(id=name, url=farm.add(f"/{name}", body(rss(2, prefix=name)))) for name in ("good", "trap", "fine")
    ]
    polls = reader.poll(sources)
    assert [polls[name].fetch.outcome for name in ("good", "trap", "fine")] == ["new", "failed", "new"]
    failure: Failure = polls["trap"].failures[0]
    assert failure.reason == polls["trap"].fetch.reason == "internal_error"
    assert "ZeroDivisionError" in failure.message
    # It was not read, so it is asked for whole again.
    assert FeedState.from_json(reader.states["trap"]).body_hash is None


def test_a_spool_that_cannot_be_written_fails_the_batch(farm: FeedFarm, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where a folder belongs")
    due = due_sources([Source(id="feed", url=farm.add("/feed", body(rss(2))))], {}, START)
    with pytest.raises(SpoolFault):
        list(poll_batch(due, QUICK, START, tmp_path / "spool" / "deeper", "run"))


def test_the_same_input_gives_the_same_rows(farm: FeedFarm, tmp_path: Path) -> None:
    sources = [Source(id=f"f{n}", url=farm.add(f"/{n}", body(rss(n, prefix=f"p{n}")))) for n in range(1, 5)]
    rows = []
    for name in ("one", "two"):
        polls = Reader(tmp_path / name).poll(sources)
        rows.append(
            [(p.fetch.fetch_id, p.fetch.items, [(ref.place, ref.shard) for ref in p.refs]) for p in polls.values()]
        )
    assert rows[0] == rows[1]


def test_nothing_due_is_nothing_done(tmp_path: Path) -> None:
    assert list(poll_batch([], QUICK, START, tmp_path / "spool", "run")) == []
    assert not (tmp_path / "spool").exists()


def test_the_deadline_ends_a_poll_that_is_never_quite_slow(farm: FeedFarm, tmp_path: Path) -> None:
    settings = QUICK.model_copy(update={"slow_bytes_per_second": 0, "poll_seconds": 0.8})
    began = time.monotonic()
    poll = Reader(tmp_path, settings).one(farm.add("/feed", drip(0.01, b"x" * 100)))
    assert (poll.fetch.reason, poll.fetch.status) == ("deadline", 200)
    assert time.monotonic() - began < 2


def test_the_clock_is_the_run_s_and_goes_on(farm: FeedFarm, reader: Reader) -> None:
    fetch = reader.one(farm.add("/feed", late(0.3, body(rss(1))))).fetch
    assert timedelta(seconds=0.3) <= fetch.fetched_at - START < timedelta(seconds=3)


def test_due_polls_carry_what_a_worker_needs() -> None:
    source = Source(id="a", url="https://example.org/feed", language="uk", timezone="Europe/Kyiv", kind="feed")
    (due,) = due_sources([source], {}, START)
    assert isinstance(due, DuePoll)
    assert (due.host, due.language, due.timezone, due.rank) == ("example.org", "uk", "Europe/Kyiv", 0)

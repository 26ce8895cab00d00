"""When feeds are due, and how success, silence, failure and the feed's own word move the next poll."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.feeds.headers import hints_of, validators_of
from transforms.feeds.polling import (
    DuePoll,
    FeedState,
    Hints,
    after_failure,
    after_success,
    due_sources,
    finish_fetch,
    host_batches,
    next_check,
)
from transforms.feeds.settings import FetchSettings
from transforms.feeds.sources import Source
from transforms.tables.records import Fetch

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SETTINGS = FetchSettings()
HOUR = 3600.0
FIELDS = {"source_id": "a", "url": "https://example.org/", "status": 200, "reason": None, "bytes": 1, "run_id": "r"}


def _source(name: str, url: str | None = None, **more: object) -> Source:
    return Source.model_validate({"id": name, "url": url or f"https://{name}.example/feed", **more})


def _wait(state: FeedState) -> float:
    return (next_check(state, NOW) - NOW).total_seconds()


def _fetch(state: FeedState, items: int, outcome: str = "new") -> Fetch:
    return Fetch(
        fetch_id="f",
        fetched_at=NOW,
        outcome=outcome,  # type: ignore[arg-type]  # given by the tests below
        items=items,
        new_items=0,
        etag=state.etag,
        last_modified=None,
        next_check_at=NOW,
        feed_state=state.to_json(),
        **FIELDS,  # type: ignore[arg-type]  # the fields that no test here looks at
    )


def test_new_and_overdue_sources_are_due_in_their_order() -> None:
    sources = [_source("a"), _source("b", enabled=False), _source("c"), _source("d")]
    due = due_sources(sources, {}, NOW)
    assert [(one.source_id, one.rank) for one in due] == [("a", 0), ("c", 2), ("d", 3)]
    states = {one.source_id: after_success(_state(one), NOW, Hints(), SETTINGS).to_json() for one in due}
    assert due_sources(sources, states, NOW) == []
    assert len(due_sources(sources, states, NOW, poll_all=True)) == 3
    assert len(due_sources(sources, states, NOW + timedelta(hours=25))) == 3


def _state(due: DuePoll) -> FeedState:
    state = FeedState.from_json(due.state)
    return replace(state, poll_number=state.poll_number + 1)


def test_another_address_is_another_feed_with_ids_of_its_own() -> None:
    (first,) = due_sources([_source("a")], {}, NOW)
    state = after_success(replace(_state(first), etag="x", body_hash="y"), NOW, Hints(), SETTINGS)
    (moved,) = due_sources([_source("a", "https://elsewhere.example/")], {"a": state.to_json()}, NOW)
    fresh = FeedState.from_json(moved.state)
    assert (fresh.etag, fresh.body_hash, fresh.poll_number) == (None, None, 1)
    assert moved.fetch_id != first.fetch_id


@pytest.mark.parametrize("text", [None, "", "{", "[]", "7", '{"next_check_at": "soon"}', '{"whole_at": "2026-01-01"}'])
def test_a_state_that_cannot_be_read_is_a_fresh_one(text: str | None) -> None:
    assert FeedState.from_json(text) == FeedState()


def test_states_of_other_releases_are_read_as_far_as_known() -> None:
    assert FeedState.from_json('{"etag": "x", "from_the_future": 1}').etag == "x"


@given(st.builds(FeedState, etag=st.none() | st.text(st.characters(max_codepoint=255)), poll_number=st.integers(0)))
def test_states_survive_being_stored(state: FeedState) -> None:
    again = FeedState.from_json(state.to_json())
    assert replace(again, etag=again.etag or None) == replace(state, etag=state.etag or None)


def test_failures_double_the_wait_up_to_a_day() -> None:
    state, waits = FeedState(configured_url="x"), []
    for _ in range(9):
        state = after_failure(state, NOW, 500, Hints(), SETTINGS)
        waits.append(_wait(state))
    plain = [900, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 86_400]
    for waited, expected in zip(waits, plain, strict=True):
        assert 0.9 * expected <= waited <= min(1.1 * expected, 86_400)


@pytest.mark.parametrize(
    ("hint", "shortest", "longest"),
    [
        (None, HOUR, 1.1 * HOUR),
        (60.0, HOUR, 1.1 * HOUR),
        (6 * HOUR, 6 * HOUR, 6.6 * HOUR),
        (1e9, 21.6 * HOUR, 24 * HOUR),
    ],
)
def test_the_feed_s_own_word_is_a_floor_within_the_limits(hint: float | None, shortest: float, longest: float) -> None:
    state = after_success(FeedState(), NOW, Hints(fresh_for=hint), SETTINGS)
    assert shortest <= _wait(state) <= longest


def test_jitter_is_the_same_each_time_and_differs_between_feeds_and_polls() -> None:
    def wait(feed: str, number: int) -> float:
        return _wait(after_success(FeedState(configured_url=feed, poll_number=number), NOW, Hints(), SETTINGS))

    assert wait("a", 1) == wait("a", 1)
    assert len({wait(feed, number) for feed in "abcd" for number in range(5)}) == 20


@given(
    interval=st.none() | st.floats(0, 1e9),
    hint=st.none() | st.floats(0, 1e9),
    retry=st.none() | st.floats(0, 1e12),
    failures=st.integers(0, 10_000),
    ok=st.booleans(),
)
def test_the_next_poll_is_always_within_the_limits(
    interval: float | None, hint: float | None, retry: float | None, failures: int, ok: bool
) -> None:
    state = FeedState(interval=interval, failures=failures, poll_number=3)
    hints = Hints(retry, hint)
    moved = after_success(state, NOW, hints, SETTINGS) if ok else after_failure(state, NOW, 500, hints, SETTINGS)
    assert 900 <= _wait(moved) <= max(86_400, min(retry or 0, 7 * 86_400))


def _run(new_by_poll: list[int], items: int = 20, hint: float | None = None) -> list[float]:
    state, intervals = FeedState(configured_url="x"), []
    for new in new_by_poll:
        state = replace(state, poll_number=state.poll_number + 1)
        state = after_success(state, NOW, Hints(fresh_for=hint), SETTINGS)
        state = FeedState.from_json(finish_fetch(_fetch(state, items), new, held=False).feed_state)
        intervals.append(state.interval or 0)
    return intervals


def test_quiet_feeds_are_asked_less_and_busy_ones_more() -> None:
    assert _run([20, 0, 0, 0]) == [HOUR, 1.5 * HOUR, 2.25 * HOUR, 3.375 * HOUR]
    assert _run([20, 15, 15, 15]) == [HOUR, HOUR / 2, HOUR / 4, HOUR / 4]
    assert _run([20, 3, 3]) == [HOUR, HOUR, HOUR]
    assert _run([20, *[0] * 20])[-1] == 24 * HOUR


def test_a_feed_that_turns_over_is_not_believed_about_its_pace() -> None:
    assert _run([20, 1, 18], hint=6 * HOUR) == [6 * HOUR, 6 * HOUR, 3 * HOUR]


def test_finishing_tells_new_from_unchanged() -> None:
    state = after_success(FeedState(poll_number=1), NOW, Hints(), SETTINGS)
    assert finish_fetch(_fetch(state, 5), 2, held=False).outcome == "new"
    seen_before = finish_fetch(_fetch(state, 5), 0, held=False)
    assert (seen_before.outcome, seen_before.items, seen_before.new_items) == ("unchanged", 5, 0)
    for outcome in ("empty", "failed", "refused"):
        assert finish_fetch(_fetch(state, 0, outcome), 0, held=False).outcome == outcome


def test_a_failed_fetch_keeps_its_back_off() -> None:
    state = after_failure(FeedState(poll_number=7, failures=3), NOW, 500, Hints(), SETTINGS)
    finished = finish_fetch(_fetch(state, 0, "failed"), 0, held=False)
    assert finished.next_check_at == next_check(state, NOW)


def test_a_held_fetch_gives_up_what_would_hide_its_items() -> None:
    state = after_success(
        FeedState(poll_number=2, etag="x", body_hash="y", whole_at=NOW.isoformat()), NOW, Hints(), SETTINGS
    )
    finished = finish_fetch(_fetch(state, 5), 4, held=True)
    after = FeedState.from_json(finished.feed_state)
    assert (finished.etag, after.etag, after.last_modified, after.body_hash, after.whole_at) == (None,) * 5
    assert after.poll_number == 2


def test_batches_keep_hosts_together_and_order() -> None:
    sources = [_source(f"f{n}", f"https://h{n % 7}.example/{n}") for n in range(40)]
    due = due_sources(sources, {}, NOW)
    for number in (1, 3, 7, 50):
        batches = host_batches(due, number)
        assert len(batches) == min(number, 7)
        assert sorted(one.rank for batch in batches for one in batch) == list(range(40))
        assert all([one.rank for one in batch] == sorted(one.rank for one in batch) for batch in batches)
        hosts = [{one.host for one in batch} for batch in batches]
        assert sum(map(len, hosts)) == 7
    assert host_batches([], 4) == []


def test_a_host_is_a_name_or_a_port_of_its_own() -> None:
    urls = [
        "http://a.example/1",
        "https://A.example/2",
        "http://a.example:8080/",
        "http://[2001:db8::1]:81/",
        "nonsense",
    ]
    due = due_sources([_source(f"s{n}", url) for n, url in enumerate(urls)], {}, NOW)
    assert [one.host for one in due] == ["a.example", "a.example", "a.example:8080", "[2001:db8::1]:81", ""]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("cache-control", "public, max-age=600")], Hints(None, 600.0)),
        ([("cache-control", "max-age=600, no-cache")], Hints(None, None)),
        ([("cache-control", "s-maxage=9"), ("cache-control", 'Max-Age="60"')], Hints(None, 60.0)),
        ([("cache-control", "max-age=0")], Hints()),
        ([("cache-control", "max-age=99999999999")], Hints(None, 999_999_999.0)),
        ([("retry-after", "120")], Hints(120.0, None)),
        ([("retry-after", "Sun, 01 Mar 2026 13:00:00 GMT")], Hints(3600.0, None)),
        ([("retry-after", "Sun, 01 Mar 2026 11:00:00 GMT")], Hints(0.0, None)),
        ([("retry-after", "Sun, 01 Mar 0000 11:00:00 GMT")], Hints(0.0, None)),
        ([("retry-after", "in a while")], Hints()),
        ([("retry-after", "1.5")], Hints()),
        ([], Hints()),
    ],
)
def test_headers_that_tell_when_to_come_again(headers: list[tuple[str, str]], expected: Hints) -> None:
    assert hints_of(headers, NOW) == expected


def test_validators_that_are_no_use_are_not_kept() -> None:
    named = [("etag", '"x"'), ("last-modified", "y")]
    assert validators_of(named) == ('"x"', "y")
    for expires in ("0", " 0", "-1"):
        assert validators_of([*named, ("expires", expires)]) == (None, None)
    assert validators_of([*named, ("expires", "Thu, 01 Jan 1970 00:00:00 GMT")]) == ('"x"', "y")
    assert validators_of([("etag", "x" * 2000), ("last-modified", "")]) == (None, None)

"""When a feed is polled and what a poll changes: pure decisions, with the clock passed in.

Where the figures come from: the limits of 15 minutes and 24 hours, the eight days of validators, three sightings of a
permanent redirect and two of a 410 are the project's own rules; doubling after failures is what Media Cloud's
rss-fetcher does; shortening and lengthening by what was new is a plainer form of miniflux's entry frequency.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from transforms.feeds.address import host_key
from transforms.feeds.settings import FetchSettings
from transforms.feeds.sources import Source
from transforms.feeds.telegram import preview_address
from transforms.tables.ids import stable_id
from transforms.tables.records import Fetch

VALIDATORS_LIVE = timedelta(days=8)  # then a feed is fetched whole once, in case its server answers 304 for ever
GONE_APART = timedelta(days=1)  # between two 410 that disable a feed
REDIRECT_SIGHTINGS = 3  # polls that must see a permanent redirect before its target is asked directly
RETRY_AFTER_MAX = timedelta(days=7)  # a server that asks for more is asked again after this
JITTER_SHARE = 0.1  # of the interval: feeds that were added together drift apart
TURNOVER_SHARE = 0.5  # of a feed's items new at once: the next poll comes in half the time, or items are missed
QUIET_FACTOR = 1.5  # the interval grows by this when nothing was new
MAX_DOUBLINGS = 10  # of the interval, after failures in a row: 2^10 × 15 minutes is far above the longest interval

GONE = 410  # HTTP: it was here and will not come back
DISABLED_GONE = "gone"


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the next poll of a feed must know. Stored as JSON in its row of `fetches`.

    Validators are kept byte for byte, as Latin-1 characters. Times are ISO 8601 in UTC, durations seconds.
    """

    poll_number: int = 0
    configured_url: str = ""  # hash of the configured address: another address is another feed
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    items: int = 0  # in the body of `body_hash`
    whole_at: str | None = None  # when the feed was last fetched without validators
    failures: int = 0  # in a row
    gone_at: str | None = None  # the first 410 since the last success
    redirect_to: str | None = None  # target of a permanent redirect
    redirect_seen: int = 0
    disabled: str | None = None  # the reason word
    interval: float | None = None
    hint: float | None = None  # how long the feed itself says that nothing new is to be expected
    next_check_at: str | None = None

    def to_json(self) -> str:
        """Return this state as one line of JSON without its empty fields."""
        return json.dumps({k: v for k, v in asdict(self).items() if v not in (None, "")}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | None) -> "FeedState":
        """Return the state in `text`; of what this release does not know or can't read, a fresh one."""
        try:
            values = json.loads(text or "{}")
            known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
            state = cls(**known)
            for moment in (state.whole_at, state.gone_at, state.next_check_at):
                _moment(moment)
        except (ValueError, TypeError):
            return cls()
        return state


@dataclass(frozen=True, slots=True)
class DuePoll:
    """A feed whose time has come: what a worker needs to poll it."""

    source_id: str
    url: str  # as configured: may hold a secret, and is never stored
    kind: str
    rank: int
    state: str | None = None  # JSON of FeedState after the last poll
    language: str | None = None
    timezone: str | None = None
    pages: str = "never"

    @property
    def host(self) -> str:
        """The key of the host to ask: feeds of one host are polled one after another."""
        return host_key(address_to_ask(self))

    @property
    def fetch_id(self) -> str:
        """The id of the row this poll makes: free of clock and run."""
        return stable_id("fetch", self.source_id, FeedState.from_json(self.state).poll_number + 1)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a reply says about when to come again, in seconds; `retry_after` is the server's own demand."""

    retry_after: float | None = None
    fresh_for: float | None = None


def due_sources(
    sources: Sequence[Source], states: Mapping[str, str], now: datetime, poll_all: bool = False
) -> list[DuePoll]:
    """Return the polls that are due at `now`, in the order of `sources`; `states` is JSON by source id.

    With `poll_all` every enabled source is due, also one that was disabled for being gone.
    """
    due = []
    for rank, source in enumerate(sources):
        if not source.enabled:
            continue
        state = _state_of(source, states.get(source.id))
        waiting = state.disabled or ((next_check := _moment(state.next_check_at)) and next_check > now)
        if waiting and not poll_all:
            continue
        due.append(
            DuePoll(
                source_id=source.id,
                url=source.url,
                kind=source.kind,
                rank=rank,
                state=state.to_json(),
                language=source.language,
                timezone=source.timezone,
                pages=source.pages,
            )
        )
    return due


def host_batches(due: Sequence[DuePoll], number: int = 1) -> list[tuple[DuePoll, ...]]:
    """Return `due` as at most `number` batches of about equal size; feeds of one host stay together, in order."""
    hosts: dict[str, list[DuePoll]] = {}
    for poll in due:
        hosts.setdefault(poll.host, []).append(poll)
    batches: list[list[DuePoll]] = [[] for _ in range(max(1, min(number, len(hosts))))]
    for _, polls in sorted(hosts.items(), key=lambda item: (-len(item[1]), item[0])):
        min(batches, key=len).extend(polls)
    return [tuple(sorted(batch, key=lambda poll: poll.rank)) for batch in batches if batch]


def address_to_ask(due: DuePoll) -> str:
    """Return the address to poll: the configured one, or the target of a redirect that proved permanent."""
    state = FeedState.from_json(due.state)
    if adopted(state) and state.redirect_to:
        return state.redirect_to
    return preview_address(due.url) if due.kind == "telegram" else due.url


def adopted(state: FeedState) -> bool:
    """Whether a permanent redirect was seen often enough to go to its target directly."""
    return state.redirect_seen >= REDIRECT_SIGHTINGS


def validators_to_send(state: FeedState, now: datetime) -> tuple[tuple[bytes, bytes], ...]:
    """Return the conditional headers of the next request, none when the feed must come whole."""
    whole_at = _moment(state.whole_at)
    if whole_at is None or now - whole_at >= VALIDATORS_LIVE:
        return ()
    named = ((b"If-None-Match", state.etag), (b"If-Modified-Since", state.last_modified))
    return tuple((name, value.encode("latin-1", "replace")) for name, value in named if value)


# --- what a poll does to the state -------------------------------------------------------------------------------


def after_success(state: FeedState, now: datetime, hints: Hints, settings: FetchSettings) -> FeedState:
    """Return `state` after a poll that was answered properly: all that told of trouble is forgotten."""
    calm = replace(state, failures=0, gone_at=None, disabled=None, hint=hints.fresh_for)
    return _schedule(calm, now, _interval(calm, settings), settings, hints.retry_after)


def after_failure(
    state: FeedState, now: datetime, status: int | None, hints: Hints, settings: FetchSettings
) -> FeedState:
    """Return `state` after a failed or refused poll: the next comes later each time; two 410 a day apart disable."""
    failed = replace(state, failures=state.failures + 1)
    failed = _after_gone(failed, now) if status == GONE else replace(failed, gone_at=None)
    if adopted(failed) and failed.failures >= REDIRECT_SIGHTINGS:
        # The target that was adopted has stopped working: the configured address may know better.
        failed = replace(failed, redirect_to=None, redirect_seen=0)
    delay = settings.min_interval * 2.0 ** min(failed.failures - 1, MAX_DOUBLINGS)
    return _schedule(failed, now, delay, settings, hints.retry_after)


def after_wait(state: FeedState, now: datetime, seconds: float, settings: FetchSettings) -> FeedState:
    """Return `state` of a feed that was not asked, because its host had asked to be left alone for `seconds`."""
    return _schedule(state, now, settings.min_interval, settings, seconds)


def after_redirect(state: FeedState, target: str | None) -> FeedState:
    """Return `state` after a poll that ended at `target` by permanent redirects alone (None: it did not)."""
    if adopted(state):
        # The configured address is not asked any more: what counts is where its target leads.
        return replace(state, redirect_to=target, redirect_seen=REDIRECT_SIGHTINGS) if target else state
    if target is None:
        return replace(state, redirect_to=None, redirect_seen=0)
    seen = state.redirect_seen + 1 if target == state.redirect_to else 1
    return replace(state, redirect_to=target, redirect_seen=seen)


def finish_fetch(fetch: Fetch, new_items: int, held: bool, settings: FetchSettings | None = None) -> Fetch:
    """Return the provisional `fetch` as it is stored, now that it is known how many of its items were new.

    With `held` an item of it could not be processed: validators and body hash are given up, so that the next poll
    brings all items again.
    """
    settings = settings or FetchSettings()
    state = FeedState.from_json(fetch.feed_state)
    if held:
        state = replace(state, etag=None, last_modified=None, body_hash=None, whole_at=None)
        fetch = replace(fetch, etag=None, last_modified=None)
    if fetch.outcome in {"new", "unchanged"} and state.failures == 0:
        interval = _adapted(state, fetch, new_items, settings)
        state = _schedule(replace(state, interval=interval), fetch.fetched_at, interval, settings, None)
    if fetch.outcome == "new" and new_items == 0:
        fetch = replace(fetch, outcome="unchanged")
    return replace(
        fetch,
        new_items=new_items,
        next_check_at=_moment(state.next_check_at) or fetch.next_check_at,
        feed_state=state.to_json(),
    )


def next_check(state: FeedState, now: datetime) -> datetime:
    """Return when the feed is due again; `now` where the state does not say."""
    return _moment(state.next_check_at) or now


def _adapted(state: FeedState, fetch: Fetch, new_items: int, settings: FetchSettings) -> float:
    base = state.interval or settings.default_interval
    if state.poll_number <= 1:
        return _clamped(max(base, state.hint or 0), settings)
    turnover = fetch.items > 0 and new_items >= fetch.items * TURNOVER_SHARE
    if turnover:
        # More came than the feed may be able to hold: what it says about itself is wrong, or items are missed.
        return _clamped(base / 2, settings)
    if new_items == 0:
        base *= QUIET_FACTOR
    return _clamped(max(base, state.hint or 0), settings)


def _interval(state: FeedState, settings: FetchSettings) -> float:
    return _clamped(max(state.interval or settings.default_interval, state.hint or 0), settings)


def _schedule(
    state: FeedState, now: datetime, interval: float, settings: FetchSettings, retry_after: float | None
) -> FeedState:
    interval = _clamped(interval, settings)
    fraction = int(stable_id("jitter", state.configured_url, state.poll_number)[:6], 16) / 0xFFFFFF
    room = interval * JITTER_SHARE * fraction
    seconds = (
        interval + room if interval + room <= settings.max_interval else max(interval - room, settings.min_interval)
    )
    if retry_after is not None:
        seconds = max(seconds, min(retry_after, RETRY_AFTER_MAX.total_seconds()))
    return replace(state, next_check_at=(now + timedelta(seconds=seconds)).isoformat())


def _after_gone(state: FeedState, now: datetime) -> FeedState:
    first = _moment(state.gone_at)
    if first is None:
        return replace(state, gone_at=now.isoformat())
    return replace(state, disabled=DISABLED_GONE) if now - first >= GONE_APART else state


def _state_of(source: Source, stored: str | None) -> FeedState:
    state = FeedState.from_json(stored)
    configured = stable_id("address", source.url)
    if state.configured_url != configured:
        # Another address: nothing of the old feed holds, but its polls keep being counted, or two rows share an id.
        return FeedState(poll_number=state.poll_number, configured_url=configured)
    return state


def _clamped(seconds: float, settings: FetchSettings) -> float:
    return min(max(seconds, settings.min_interval), settings.max_interval)


def _moment(text: Any) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)

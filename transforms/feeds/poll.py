"""Polling: due feeds → what they answered, their entries in a spool, and what the next poll must know."""

import asyncio
import hashlib
import time
import traceback
from collections.abc import Awaitable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from transforms.feeds.address import safe_address
from transforms.feeds.client import SILENT, FeedClient, NoReply, Reply
from transforms.feeds.formats import ParsedFeed
from transforms.feeds.headers import hints_of, validators_of
from transforms.feeds.parse import parse_feed
from transforms.feeds.polling import (
    DuePoll,
    FeedState,
    Hints,
    address_to_ask,
    after_failure,
    after_redirect,
    after_success,
    after_wait,
    next_check,
    validators_to_send,
)
from transforms.feeds.settings import FetchSettings
from transforms.feeds.spool import SpoolFault, SpoolWriter
from transforms.tables.ids import stable_id
from transforms.tables.records import DocumentRef, Failure, Fetch, FetchOutcome, Unreadable

STEP = "poll"
OK = 200
NOT_MODIFIED = 304
SILENT_POLLS = 3  # in a row; then a public host is not asked again in this run
ASK_TO_WAIT = frozenset({429, 503})  # with these a server may say Retry-After
BODIES_AT_ONCE = 32  # polls between being asked and being parsed: bounds the memory of their bodies
MAX_MESSAGE = 4_000  # characters of a failure's message


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll brought. `fetch` is provisional until `finish_fetch` knows how many items were new."""

    fetch: Fetch
    refs: tuple[DocumentRef, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """The run's clock: its start and what has passed since, by a clock that is never set back."""

    started: datetime
    origin: float

    def now(self) -> datetime:
        """Return the time of the run."""
        return self.started + timedelta(seconds=time.monotonic() - self.origin)


def poll_batch(
    due: Sequence[DuePoll], settings: FetchSettings, started: datetime, spool_dir: Path | str, run_id: str
) -> Iterator[Poll]:
    """Poll the feeds of `due`, hosts at the same time and each host's feeds one after another.

    All entries go to one new file in `spool_dir`, named by the batch's shard. Yields in the order of `due`, when all
    are done. Raises OSError when the spool can't be written; what servers do is in the polls.
    """
    if not due:
        return
    shard = "feeds-" + stable_id("feeds", *sorted({poll.source_id for poll in due}))[:12]
    with SpoolWriter(Path(spool_dir) / f"{shard}.jsonl") as spool:
        batch = _Batch(settings, Clock(started, time.monotonic()), spool, run_id, shard)
        polls = asyncio.run(batch.run(due))
    yield from polls


class _Batch:
    """One batch of polls in one event loop."""

    def __init__(self, settings: FetchSettings, clock: Clock, spool: SpoolWriter, run_id: str, shard: str) -> None:
        self.settings = settings
        self.clock = clock
        self.spool = spool
        self.run_id = run_id
        self.shard = shard
        self.client = FeedClient(settings)

    async def run(self, due: Sequence[DuePoll]) -> list[Poll]:
        hosts: dict[str, list[DuePoll]] = {}
        for poll in due:
            hosts.setdefault(poll.host, []).append(poll)
        # The pool of the loop resolves names: one slow name server must not hold the others up.
        threads = ThreadPoolExecutor(self.settings.hosts_at_once + 1, thread_name_prefix="resolve")
        asyncio.get_running_loop().set_default_executor(threads)
        self._parsing = asyncio.Lock()
        self._room = asyncio.Semaphore(BODIES_AT_ONCE)
        async with self.client, asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._host(polls)) for polls in hosts.values()]
        done = {poll.fetch.source_id: poll for task in tasks for poll in task.result()}
        return [done[poll.source_id] for poll in due]

    async def _host(self, due: Sequence[DuePoll]) -> list[Poll]:
        """Ask the feeds of one host in turn; what came is parsed meanwhile."""
        polls: list[Awaitable[Poll]] = []
        wait_until: datetime | None = None
        silent = 0
        for one in due:
            now = self.clock.now()
            if wait_until and wait_until > now:
                polls.append(_ready(self._not_asked(one, "host_asked_to_wait", (wait_until - now).total_seconds())))
                continue
            if silent >= SILENT_POLLS:
                polls.append(_ready(self._not_asked(one, "host_not_answering", None)))
                continue
            await self._room.acquire()
            reply = await self._ask(one)
            digest = asyncio.create_task(self._digest(one, reply))
            digest.add_done_callback(lambda _: self._room.release())
            polls.append(digest)
            if isinstance(reply, Exception) or self.client.is_private(address_to_ask(one)):
                # Behind an address of the local network many servers may stand: none speaks for the others.
                continue
            silent = silent + 1 if isinstance(reply, NoReply) and reply.error.reason in SILENT else 0
            if reply.status in ASK_TO_WAIT and (seconds := hints_of(reply.headers, now).retry_after):
                wait_until = self.clock.now() + timedelta(seconds=seconds)
        return [await poll for poll in polls]

    async def _ask(self, due: DuePoll) -> Reply | NoReply | Exception:
        try:
            state = FeedState.from_json(due.state)
            return await self.client.fetch(address_to_ask(due), validators_to_send(state, self.clock.now()))
        except Exception as error:  # a fault of ours on one feed: the other feeds are read, see _digest
            return error

    async def _digest(self, due: DuePoll, reply: Reply | NoReply | Exception) -> Poll:
        now = self.clock.now()
        try:
            if isinstance(reply, Exception):
                raise reply
            return await self._judge(due, _counted(due), reply, now)
        except SpoolFault:
            raise  # what is read can't be kept: the run fails
        except Exception as error:  # the promise to go on: a fault of ours on one feed becomes its dead letter
            lines = "".join(traceback.format_exception(error)).replace(due.url, safe_address(due.url))
            after = after_failure(_counted(due), now, None, Hints(), self.settings)
            return self._failed(due, Unreadable("internal_error", lines[-MAX_MESSAGE:]), after, "failed", at=now)

    async def _judge(self, due: DuePoll, state: FeedState, reply: Reply | NoReply, now: datetime) -> Poll:
        hints = hints_of(reply.headers, now)
        if isinstance(reply, NoReply):
            after = after_failure(state, now, reply.status, hints, self.settings)
            return self._failed(due, reply.error, after, "refused" if reply.refused else "failed", reply, at=now)
        if reply.status == NOT_MODIFIED and (state.etag or state.last_modified):
            after = after_success(after_redirect(state, _adoptable(reply)), now, hints, self.settings)
            return Poll(self._fetch(due, after, "unchanged", reply, at=now))
        if reply.status != OK:
            after = after_failure(state, now, reply.status, hints, self.settings)
            return self._failed(due, _status_error(reply), after, "failed", reply, at=now)
        return await self._read(due, state, reply, now)

    async def _read(self, due: DuePoll, state: FeedState, reply: Reply, now: datetime) -> Poll:
        hints = hints_of(reply.headers, now)
        etag, last_modified = validators_of(reply.headers)
        body_hash = hashlib.sha256(reply.body).hexdigest()
        adopted = replace(
            after_redirect(state, _adoptable(reply)),
            etag=etag,
            last_modified=last_modified,
            body_hash=body_hash,
            items=state.items,
            whole_at=now.isoformat(),
        )
        if body_hash == state.body_hash:
            after = after_success(adopted, now, replace(hints, fresh_for=state.hint or hints.fresh_for), self.settings)
            return Poll(self._fetch(due, after, "unchanged" if state.items else "empty", reply, at=now))
        async with self._parsing:
            url = safe_address(reply.url)
            feed = await asyncio.to_thread(parse_feed, reply.body, reply.header("content-type"), url, self.settings)
        if isinstance(feed, Unreadable):
            after = after_failure(state, now, reply.status, hints, self.settings)
            return self._failed(due, feed, after, "failed", reply, at=now)
        adopted = replace(adopted, items=len(feed.entries))
        said = [hint for hint in (feed.hint, hints.fresh_for) if hint]
        after = after_success(adopted, now, replace(hints, fresh_for=max(said, default=None)), self.settings)
        outcome: FetchOutcome = "new" if feed.entries else "empty"
        fetch = self._fetch(due, after, outcome, reply, items=len(feed.entries), at=now)
        return Poll(fetch, self._spooled(due, feed, fetch, url))

    def _spooled(self, due: DuePoll, feed: ParsedFeed, fetch: Fetch, url: str) -> tuple[DocumentRef, ...]:
        refs = []
        for number, entry in enumerate(feed.entries, 1):
            start, length = self.spool.add(entry)
            refs.append(
                DocumentRef(
                    shard=self.shard,
                    path=self.spool.path,
                    start=start,
                    length=length,
                    kind="entry",
                    source_id=due.source_id,
                    place=f"{url} item {number}",
                    collected_at=fetch.fetched_at,
                    url=url,
                    fetch_id=fetch.fetch_id,
                    language=due.language or feed.language,
                    timezone=due.timezone,
                    rank=due.rank,
                    pages=due.pages,
                )
            )
        return tuple(refs)

    def _not_asked(self, due: DuePoll, reason: str, wait: float | None) -> Poll:
        state, now = _counted(due), self.clock.now()
        if wait is None:
            after = after_failure(state, now, None, Hints(), self.settings)
            error = Unreadable(reason, "other feeds of this host got no answer")
        else:
            after = after_wait(state, now, wait, self.settings)
            error = Unreadable(reason, "the host asked, at another feed, to be left alone")
        return self._failed(due, error, after, "failed", at=now)

    def _failed(
        self,
        due: DuePoll,
        error: Unreadable,
        after: FeedState,
        outcome: FetchOutcome,
        reply: Reply | NoReply | None = None,
        *,
        at: datetime,
    ) -> Poll:
        fetch = self._fetch(due, after, outcome, reply, at=at, reason=error.reason)
        failure = Failure(
            failure_id=stable_id("failure", fetch.fetch_id, error.reason),
            source_id=due.source_id,
            place=fetch.url,
            step=STEP,
            reason=error.reason,
            message=error.message[-MAX_MESSAGE:],
            occurred_at=fetch.fetched_at,
            run_id=self.run_id,
            shard=self.shard,
        )
        return Poll(fetch, failures=(failure,))

    def _fetch(
        self,
        due: DuePoll,
        state: FeedState,
        outcome: FetchOutcome,
        reply: Reply | NoReply | None,
        *,
        at: datetime,
        items: int = 0,
        reason: str | None = None,
    ) -> Fetch:
        return Fetch(
            fetch_id=due.fetch_id,
            source_id=due.source_id,
            url=safe_address(address_to_ask(due)),
            fetched_at=at,
            status=reply.status if reply else None,
            outcome=outcome,
            reason=reason,
            items=items,
            new_items=0,
            bytes=reply.wire_bytes if reply else 0,
            etag=state.etag,
            last_modified=state.last_modified,
            next_check_at=next_check(state, at),
            run_id=self.run_id,
            feed_state=state.to_json(),
        )


async def _ready(poll: Poll) -> Poll:
    return poll


def _counted(due: DuePoll) -> FeedState:
    state = FeedState.from_json(due.state)
    return replace(state, poll_number=state.poll_number + 1)


def _adoptable(reply: Reply) -> str | None:
    """Return where permanent redirects led, if that address may be stored."""
    target = reply.permanent_url
    return target if target and safe_address(target) == target else None


def _status_error(reply: Reply) -> Unreadable:
    if reply.status == NOT_MODIFIED:
        return Unreadable("unexpected_304", "the server says 'not modified' to a request without conditions")
    return Unreadable(f"http_{reply.status}", f"the server answered {reply.status}")

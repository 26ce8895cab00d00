"""Polls sources run after run, as runs over a dataset do; for the tests of the feed reader."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from transforms.feeds.poll import Poll, poll_batch
from transforms.feeds.polling import due_sources, finish_fetch
from transforms.feeds.settings import FetchSettings
from transforms.feeds.sources import Source

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
QUICK = FetchSettings(
    allow_networks=("127.0.0.0/8",),
    pause_seconds=0.0,
    connect_seconds=1,
    read_seconds=0.4,
    poll_seconds=2.0,
    slow_after_seconds=0.5,
    parse_seconds=5,
)


class Reader:
    """Polls sources run after run, carrying the states over as the dataset does."""

    def __init__(self, tmp_path: Path, settings: FetchSettings = QUICK) -> None:
        self.spool = tmp_path / "spool"
        self.settings = settings
        self.states: dict[str, str] = {}
        self.run = 0

    def poll(self, sources: Sequence[Source], at: datetime = START, held: Sequence[str] = ()) -> dict[str, Poll]:
        """Poll every source; return the polls by source, their fetches finished as if all items were new."""
        self.run += 1
        due = due_sources(sources, self.states, at, poll_all=True)
        polls = list(poll_batch(due, self.settings, at, self.spool / str(self.run), f"run-{self.run}"))
        assert [poll.fetch.source_id for poll in polls] == [one.source_id for one in due]
        finished = {}
        for poll in polls:
            fetch = finish_fetch(poll.fetch, len(poll.refs), poll.fetch.source_id in held, self.settings)
            assert fetch.feed_state is not None
            self.states[fetch.source_id] = fetch.feed_state
            finished[fetch.source_id] = replace(poll, fetch=fetch)
        return finished

    def one(self, url: str, at: datetime = START) -> Poll:
        """Poll one feed, under the name `feed`."""
        return self.poll([Source(id="feed", url=url)], at)["feed"]

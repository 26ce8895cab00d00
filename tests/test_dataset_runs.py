"""Runs that are killed, started together, and repeated a thousand times, against runs that nothing disturbed.

`make test` does about a twentieth of what `make prove` does.
"""

import errno
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dataset_faults import FaultyStorage, Killed
from dataset_rows import NOW, all_rows, article, commit_run, complaint, fetch, mention, run_row, sighting
from test_dataset_commit import assert_only_parquet, index_of
from test_dataset_daily import assert_counted

from transforms.dataset.commit import begin_run, next_run_id
from transforms.dataset.compact import compact
from transforms.dataset.index import Index
from transforms.dataset.layout import Layout
from transforms.dataset.lock import DatasetHeld, hold_dataset
from transforms.dataset.publish_run import publish_run
from transforms.dataset.recovery import roll_forward
from transforms.dataset.storage import LOCAL, Storage
from transforms.identity.decide import Candidate, assign_articles, decide_versions
from transforms.tables.identity import identity_keys
from transforms.tables.ids import content_hash
from transforms.tables.records import Article, DocumentRef, Sighting
from transforms.tables.shard_writer import ShardWriter

PROVE = bool(os.environ.get("PICKET_PROVE"))
KILLS = 100 if PROVE else 5
ROUNDS = 50 if PROVE else 3
RUNS = 1_000 if PROVE else 30
HELD = 75

# Forking a server that has imported everything takes 5 ms; starting Python takes 500.
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["test_dataset_runs"])

CONTENT = [article(number) for number in range(40)]


def run_once(out: Path, articles: Sequence[Article], started: float) -> None:
    """Do a run in a process of its own, at the moment `started` of the clock."""
    time.sleep(max(0.0, started - time.time()))
    try:
        commit_run(out, articles, [fetch("paper")])
    except DatasetHeld:
        os._exit(HELD)


def missing(out: Path) -> list[Article]:
    """Return the articles of CONTENT that the dataset does not hold."""
    index = Index.open(Layout(out).state_file)
    known = index.known([one.article_id for one in CONTENT])
    index.close()
    return [one for one in CONTENT if one.article_id not in known]


def settled(out: Path) -> None:
    """Do what a next run does."""
    with hold_dataset(out):
        roll_forward(out)
    left = missing(out)
    if left:
        commit_run(out, left, [fetch("paper")])


def test_killed_at_any_moment(tmp_path: Path) -> None:
    undisturbed = tmp_path / "undisturbed"
    commit_run(undisturbed, CONTENT, [fetch("paper")])
    moments = random.Random(7)  # noqa: S311 - a repeatable test
    killed = 0
    for number in range(KILLS):
        out = tmp_path / f"killed{number}"
        process = FORKED.Process(target=run_once, args=(out, CONTENT, 0.0))
        process.start()
        time.sleep(moments.uniform(0.0, 0.25))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        settled(out)
        assert all_rows(out) == all_rows(undisturbed), f"round {number}"
        assert index_of(out) == index_of(undisturbed)
        shutil.rmtree(out)
    assert killed > KILLS / 5


def test_two_started_together(tmp_path: Path) -> None:
    for number in range(ROUNDS):
        out = tmp_path / f"round{number}"
        moment = time.time() + 0.2
        pair = [FORKED.Process(target=run_once, args=(out, CONTENT, moment)) for _ in range(2)]
        for process in pair:
            process.start()
        for process in pair:
            process.join()
        codes = sorted(process.exitcode or 0 for process in pair)
        # Both may work, one after the other; then the second finds its rows doubled and publishes nothing.
        assert codes in ([0, HELD], [0, 1]), f"round {number}"
        assert len(all_rows(out)["articles"]) == len(CONTENT)
        assert_only_parquet(out)
        shutil.rmtree(out)


# --- a thousand scheduled runs over feeds that change, with faults, in simulated time ------------

HOUR = timedelta(hours=1)
FEEDS = 3
SHOWN = 30  # items that a feed shows: it may fail for that many runs before one is lost
EDITED_AFTER = 12  # hours; a feed that fails for longer shows only the edited text


@dataclass(frozen=True)
class Item:
    """What a feed shows at one time."""

    number: int
    text: str
    url: str


def shown(feed: int, hour: int) -> Iterator[Item]:
    """Yield what `feed` shows at `hour`: an item an hour, each edited later; every fifth is in all feeds."""
    for number in range(max(0, hour - SHOWN), hour + 1):
        edited = hour - number >= EDITED_AFTER
        owner = "all" if number % 5 == 0 else f"feed{feed}"
        yield Item(number, f"Text {number}{' edited' * edited}", f"https://{owner}.example/{number}")


def reference(feed: int, item: Item, at: datetime) -> Candidate:
    source = f"feed{feed}"
    digest = content_hash(f"Title {item.number}", item.text)
    keys = identity_keys(source, f"{item.number}", item.url, digest)
    place = DocumentRef(f"s{feed}", f"{feed}", item.number, 0, "entry", source, "", at, rank=feed)
    return Candidate(place, keys.own, keys.link, f"{item.number}", item.url, item.url, digest)


def poll_and_commit(out: Path, hour: int, failing: frozenset[int], storage: Storage) -> None:
    """Do the run of `hour`, in which the feeds `failing` do not answer."""
    at = NOW + hour * HOUR
    with hold_dataset(out, at):
        roll_forward(out, storage)
        run_id = next_run_id(out, at)
        begin_run(out, run_id, at)
        writer = ShardWriter(Layout(out).run_staging(run_id), run_id, "all", {})
        items: dict[str, dict[str, Candidate]] = {}
        texts: dict[tuple[str, str], str] = {}
        for feed in set(range(FEEDS)) - failing:
            writer.add("fetches", replace(fetch(f"feed{feed}", at, f'{{"hour": {hour}}}'), run_id=run_id))
            for item in shown(feed, hour):
                candidate = reference(feed, item, at)
                items.setdefault(candidate.group, {})[candidate.own_key] = candidate
                texts[candidate.own_key, candidate.content_hash] = item.text
        stage_news(out, writer, run_id, at, items, texts)
        writer.add("runs", run_row(run_id, at))
        publish_run(out, run_id, writer.close(), at, storage=storage)


def stage_news(
    out: Path, writer: ShardWriter, run_id: str, at: datetime, items: dict[str, Any], texts: dict[Any, str]
) -> None:
    index = Index.open(Layout(out).state_file)
    for group in items.values():
        candidates = list(group.values())
        resolved = index.resolve([key for one in candidates for key in (one.own_key, one.link_key) if key])
        owners = {key: one.source_id for key, one in index.known(sorted(set(resolved.values()))).items()}
        by_article: dict[str, list[Candidate]] = {}
        for article_id, candidate in assign_articles(candidates, resolved, owners):
            by_article.setdefault(article_id, []).append(candidate)
        for article_id, mine in by_article.items():
            decision = decide_versions(article_id, mine, index.known([article_id]).get(article_id))
            for chosen in decision.chosen:
                one = chosen.candidate
                row = article(
                    int(one.external_id or 0),
                    chosen.revision,
                    texts[one.own_key, one.content_hash],
                    at,
                    article_id=article_id,
                    external_id=one.external_id,
                    source_id=one.ref.source_id,
                    url=one.url,
                    canonical_url=one.canonical_url,
                    content_hash=one.content_hash,
                    run_id=run_id,
                )
                writer.add("articles", row)
                writer.add("mentions", mention(row), at)
                writer.add("complaints", complaint(row), at)
            for seen in decision.sighted:
                base = sighting(article(0, at=at), seen.ref.source_id, seen.external_id)
                writer.add("sightings", _seen(base, article_id, seen, run_id))
    index.close()


def _seen(base: Sighting, article_id: str, seen: Candidate, run_id: str) -> Sighting:
    return replace(base, article_id=article_id, url=seen.url, canonical_url=seen.canonical_url, run_id=run_id)


def timeless(out: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of what was found, without what tells when."""
    tables = all_rows(out)
    return {
        "articles": sorted((r["article_id"], r["revision"], r["source_id"], r["text"]) for r in tables["articles"]),
        "mentions": sorted((r["article_id"], r["revision"], r["surface"]) for r in tables["mentions"]),
        "complaints": sorted((r["article_id"], r["revision"], r["evidence"]) for r in tables["complaints"]),
        "sightings": sorted((r["article_id"], r["source_id"]) for r in tables["sightings"]),
    }


def compact_daily(out: Path, hour: int) -> None:
    at = NOW + hour * HOUR
    with hold_dataset(out, at):
        roll_forward(out)
        run_id = next_run_id(out, at)
        begin_run(out, run_id, at)
        compact(out, run_id)


def faulty_run(out: Path, hour: int, chance: random.Random) -> str:
    """Do the run of `hour` with one fault, and return its name."""
    kind = chance.choice(["killed", "disk full", "feeds fail", "state lost", *["none"] * 6])
    # All of them: where one alone fails, another source is the first to show an article, and owns it.
    failing = frozenset(range(FEEDS) if kind == "feeds fail" else ())
    storage: Storage = LOCAL
    if kind in {"killed", "disk full"}:
        fault = Killed() if kind == "killed" else OSError(errno.ENOSPC, "No space left on device")
        storage = FaultyStorage(chance.randrange(30), fault, after=chance.random() < 0.5)
    if kind == "state lost" and chance.random() < 0.2:
        Layout(out).state_file.unlink(missing_ok=True)
    with suppress(Killed, OSError):
        poll_and_commit(out, hour, failing, storage)
    return kind


def test_a_thousand_scheduled_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faulty, clean = tmp_path / "faulty", tmp_path / "clean"
    chance = random.Random(11)  # noqa: S311 - a repeatable test
    table = []
    for hour in range(RUNS):
        began = time.perf_counter()
        faulty_run(faulty, hour, chance)
        seconds = time.perf_counter() - began
        poll_and_commit(clean, hour, frozenset(), LOCAL)
        if hour % 24 == 23:
            compact_daily(faulty, hour)
        if hour % (RUNS // 10) == RUNS // 10 - 1:
            files = len(list(Layout(faulty).tables.rglob("*.parquet")))
            days = hour // 24 + 2
            table.append((hour + 1, files, round(seconds, 3)))
            # One file a day of each table, and what the last day has not compacted yet.
            assert files <= 7 * (days + 24) + 24, table
    for hour in range(RUNS, RUNS + 3):
        poll_and_commit(faulty, hour, frozenset(), LOCAL)
        poll_and_commit(clean, hour, frozenset(), LOCAL)
    assert timeless(faulty) == timeless(clean)
    assert_counted(faulty)
    assert_only_parquet(faulty)
    index = Index.open(Layout(faulty).state_file)
    assert index.feed_states() == {f"feed{feed}": f'{{"hour": {RUNS + 2}}}' for feed in range(FEEDS)}
    index.close()
    if PROVE:
        with capsys.disabled():
            print("\nruns, files, seconds of the last run:", *table, sep="\n  ")

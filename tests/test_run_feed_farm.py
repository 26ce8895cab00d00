"""Whole runs over many feeds, hostile ones among them: time, memory of all processes, politeness, every item once."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import yaml
from feed_farm import MEBIBYTE, FeedFarm, body, conditional, rss
from running import ROOT, rows
from test_feeds_hostile import BAD_ADDRESSES, HOSTILE

PROVE = "PICKET_PROVE" in os.environ  # `make prove` runs the full counts, `make test` about a twentieth of them
SAMPLE_SECONDS = 0.1
LONGEST_SECONDS = 180  # what a run over a hundred feeds may take
MOST_MEMORY = 1024 * MEBIBYTE  # of all processes of a run

# The full counts keep the default manners, with a second between two requests; the short ones cannot wait so long.
HURRIED = {"read_seconds": 0.5, "poll_seconds": 1.5, "slow_after_seconds": 0.5}
QUICK_PLAYS = ("good", "302", "no_items", "404", "429_number", "too_large", "gzip_bomb", "captcha", "to_loopback")
# The good feeds among the hundred; six in seven of them are on one host.
GOOD_FEEDS, GOOD_ITEMS = (56, 20) if PROVE else (3, 5)
PAUSE = 1.0 if PROVE else 0.02
HOSTS, FEEDS_OF_HOST, ITEMS = (50, 20, 20) if PROVE else (5, 10, 5)


@dataclass(frozen=True)
class Measured:
    """What a run of the program took: seconds, and the most bytes resident in all its processes together."""

    code: int
    seconds: float
    memory: int
    errors: str


def _measured(folder: Path, *arguments: str, limit: float) -> Measured:
    """Run the program in `folder`, at most `limit` seconds."""
    began = time.monotonic()
    with (folder / "errors.txt").open("w+", encoding="utf-8") as errors:
        run = subprocess.Popen(
            [sys.executable, "-m", "pipeline", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        killer = threading.Timer(limit, run.kill)
        killer.start()
        most = 0
        while run.poll() is None:
            most = max(most, sum(_resident(pid) for pid in _family(run.pid)))
            time.sleep(SAMPLE_SECONDS)
        killer.cancel()
        errors.seek(0)
        return Measured(run.returncode, time.monotonic() - began, most, errors.read()[-4000:])


def _family(root: int) -> set[int]:
    """Return the process `root` and all that descend from it."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name of a program may hold anything, so the fields are counted from its end.
                parent = int((entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended meanwhile
            children[parent].append(int(entry.name))
    family, waiting = set(), [root]
    while waiting:
        pid = waiting.pop()
        family.add(pid)
        waiting += children[pid]
    return family


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0  # it has ended meanwhile


def _write_profile(folder: Path, feeds: dict[str, str], fetch: dict[str, float]) -> None:
    sources = {"sources": [{"id": name, "url": url} for name, url in feeds.items()]}
    (folder / "sources.yaml").write_text(yaml.safe_dump(sources), encoding="utf-8")
    # Loopback of IPv6 stays forbidden: a play redirects to it.
    profile = {"out": "out", "sources": "sources.yaml", "fetch": {"allow_networks": ["127.0.0.0/8"], **fetch}}
    (folder / "p.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")


def _report(told: str) -> None:
    # For a person who wants the figures: `pytest -s` shows them.
    sys.stderr.write(f"{told}\n")


def _shortest_gap(farm: FeedFarm) -> float:
    """Return the shortest time between two requests to one host."""
    times: dict[str, list[float]] = defaultdict(list)
    for visit in farm.visits:
        times[visit.host].append(visit.at)
    return min(later - earlier for host in times.values() for earlier, later in pairwise(sorted(host)))


def _items(out: Path) -> Counter[tuple[str, str]]:
    return Counter((row["source_id"], row["external_id"]) for row in rows(out, "articles"))


def _item_names(prefix: str, number: int) -> Iterable[str]:
    return (f"{prefix}-{n}" for n in range(1, number + 1))


def test_a_hundred_feeds_with_hostile_ones_among_them_most_on_one_host(tmp_path: Path) -> None:
    plays = HOSTILE if PROVE else {name: HOSTILE[name] for name in QUICK_PLAYS}
    useless = BAD_ADDRESSES if PROVE else {name: BAD_ADDRESSES[name] for name in ("credentials", "octal")}
    with FeedFarm(("127.0.0.1", "127.0.0.2", "127.0.0.3")) as farm:
        feeds: dict[str, str] = {}
        for number, (name, (play, *_)) in enumerate(plays.items()):
            farm.add(f"/{name}", play)
            # Two in three stand on the host of the good feeds: what they do must not cost these.
            feeds[f"h.{name}"] = farm.url(f"/{name}", number % 3 % 2)
        for number in range(GOOD_FEEDS):
            farm.add(f"/press/{number}", body(rss(GOOD_ITEMS, prefix=f"p{number}")))
            feeds[f"p{number}"] = farm.url(f"/press/{number}", 0 if number % 7 else 2)
        feeds |= {f"a.{name}": url for name, (url, *_) in useless.items()}
        assert len(feeds) >= 100 or not PROVE
        _write_profile(tmp_path, feeds, {} if PROVE else {**HURRIED, "pause_seconds": PAUSE})
        run = _measured(tmp_path, "run", "--config", "p.yaml", limit=LONGEST_SECONDS + 60)
        gap = _shortest_gap(farm)
    expected = {f"h.{name}": (outcome, reason) for name, (_, outcome, reason, _) in plays.items()}
    expected |= {f"a.{name}": (outcome, reason) for name, (_, outcome, reason) in useless.items()}
    expected |= {f"p{number}": ("new", None) for number in range(GOOD_FEEDS)}
    fetches = rows(tmp_path / "out", "fetches")
    outcomes = Counter(row["outcome"] for row in fetches)
    _report(
        f"{len(feeds)} feeds, {run.seconds:.1f} s, {run.memory / MEBIBYTE:.0f} MiB, gap {gap:.3f} s, {dict(outcomes)}"
    )
    # Several plays serve the same three items: which of them count as new is a matter of identity, not of this test.
    told = {row["source_id"]: (_before_news(row["outcome"], row["items"]), row["reason"]) for row in fetches}
    assert told == expected
    assert len(fetches) == len(feeds)
    failed = {name for name, (outcome, _) in expected.items() if outcome in ("failed", "refused")}
    assert {row["source_id"] for row in rows(tmp_path / "out", "failures")} == failed
    found = _items(tmp_path / "out")
    assert all(number == 1 for number in found.values())
    wanted = {(f"p{n}", item) for n in range(GOOD_FEEDS) for item in _item_names(f"p{n}", GOOD_ITEMS)}
    assert {key for key in found if key[0].startswith("p")} == wanted
    # More than half may have failed, which is an exit code and nothing else.
    assert run.code == (3 if len(failed) > len(feeds) / 2 else 0), run.errors
    assert gap >= PAUSE
    assert run.seconds < LONGEST_SECONDS
    assert run.memory < MOST_MEMORY


def _before_news(outcome: str, items: int) -> str:
    return "new" if outcome == "unchanged" and items else outcome


def test_a_thousand_feeds_on_fifty_hosts_every_item_once_and_nothing_twice(tmp_path: Path) -> None:
    with FeedFarm([f"127.0.0.{host + 1}" for host in range(HOSTS)]) as farm:
        feeds: dict[str, str] = {}
        for number in range(HOSTS * FEEDS_OF_HOST):
            farm.add(f"/{number}", conditional(rss(ITEMS, prefix=f"p{number}"), f'"v{number}"'))
            feeds[f"p{number}"] = farm.url(f"/{number}", number % HOSTS)
        _write_profile(tmp_path, feeds, {} if PROVE else {"pause_seconds": PAUSE})
        for statuses in ({200: len(feeds)}, {304: len(feeds)}):
            farm.visits.clear()
            run = _measured(tmp_path, "run", "--config", "p.yaml", "--poll-all", limit=LONGEST_SECONDS * 2)
            last = max(row["run_id"] for row in rows(tmp_path / "out", "fetches"))
            fetches = [row for row in rows(tmp_path / "out", "fetches") if row["run_id"] == last]
            gap, polled = _shortest_gap(farm), max(v.at for v in farm.visits) - min(v.at for v in farm.visits)
            _report(
                f"{len(feeds)} feeds, {run.seconds:.1f} s, of them polling {polled:.1f} s, "
                f"{run.memory / MEBIBYTE:.0f} MiB, gap {gap:.3f} s, {statuses}"
            )
            assert run.code == 0, run.errors
            assert Counter(row["status"] for row in fetches) == statuses
            assert len(farm.visits) == len(feeds)
            assert gap >= PAUSE
            assert run.memory < MOST_MEMORY
            # Every item once after the first run, and still after the second.
            expected = {(name, item): 1 for name in feeds for item in _item_names(name, ITEMS)}
            assert _items(tmp_path / "out") == expected

"""What a run will do, decided before it starts: knowledge, sources, seed shards, workers, options of Beam."""

import hashlib
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version

from pipeline import __version__
from pipeline.config import Profile
from transforms.actors.registry import load_registry
from transforms.analysis.analyse import AnalysisSettings, load_analyser
from transforms.analysis.version import analysis_version
from transforms.dataset.layout import Layout
from transforms.documents.period import ALWAYS, Period
from transforms.documents.seed_files import SeedFile, SeedProblem, SeedShard, failure_of, find_seed_files, plan_shards
from transforms.documents.slices import SeedPart, Slice
from transforms.feeds.polling import DuePoll, host_batches
from transforms.feeds.settings import FetchSettings
from transforms.feeds.sources import Source, load_sources
from transforms.identity.waiting import waiting_files
from transforms.tables.records import Failure, IngestMode
from transforms.tables.run_row import RunFacts
from transforms.tables.slice_totals import ONLY_SLICE, SliceFacts, SliceTotals
from transforms.tables.staging import StageSettings

LARGE_INPUT = 32 * 1024 * 1024  # bytes of seeds from which `workers: auto` takes several processes (start: 3 s)
MAX_AUTO_WORKERS = 8
OWN_FOLDERS = ("tables", "state", "staging", "meta")  # of a dataset: never read as seeds, whatever a glob matches
UNPLANNED = "unplanned"  # the shard of failures of what never became input
BATCH_OF_POLLS = 2_000  # polls gathered by one step, so that its hosts are fetched concurrently

_VERSIONED = ("picket", "apache-beam", "pyarrow", "feedparser", "textblob", "pymorphy3")


@dataclass(frozen=True, slots=True)
class Request:
    """A run as asked for: the profile, and what the command line adds."""

    profile: Profile
    poll_all: bool = False
    no_feeds: bool = False
    beam_options: tuple[str, ...] = ()
    period: Period = ALWAYS


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request whose knowledge and sources were read and found right."""

    request: Request
    sources: tuple[Source, ...]
    analysis: AnalysisSettings

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what each file of a run says of itself."""
        return (
            ("picket.version", __version__),
            ("picket.analysis_version", self.analysis.version),
            ("picket.configuration_hash", configuration_hash(self)),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one run needs; small, and the same on every worker."""

    out: str
    index: str
    spool: str
    seeds: tuple[SeedShard | SeedPart, ...]
    polls: tuple[tuple[DuePoll, ...], ...]
    failures: tuple[Failure, ...]  # what could not even be planned: a missing file, say
    fetch: FetchSettings
    analysis: AnalysisSettings
    stage: StageSettings
    facts: RunFacts
    period: Period = ALWAYS
    slice: SliceFacts = ONLY_SLICE
    index_before: str = ""  # in a run of several slices: the index as it was when the run began
    waiting: tuple[str, ...] = ()  # files of documents of earlier slices that only the last one can judge

    def of_slice(self, part: Slice, before: SliceTotals, index_before: str) -> "Plan":
        """Return the plan of one slice of this run: what is no seed belongs to the first."""
        return replace(
            self,
            seeds=part.seeds,
            polls=() if part.number else self.polls,
            failures=() if part.number else self.failures,
            slice=SliceFacts(part.number, part.last, before),
            index_before=index_before,
            waiting=tuple(waiting_files(self.spool)) if part.last else (),
        )


def prepare(request: Request) -> Prepared:
    """Load everything that the profile names. Raises InvalidFile with what is wrong."""
    profile = request.profile
    sources = load_sources(profile.sources) if profile.sources and not request.no_feeds else ()
    analysis = analysis_settings(profile)
    load_analyser(analysis)
    return Prepared(request, sources, analysis)


def analysis_settings(profile: Profile) -> AnalysisSettings:
    """Return where the knowledge lies, with the hash of all that decides. Raises InvalidFile."""
    words = profile.actors.parent / load_registry(profile.actors).words_file
    knowledge = [profile.actors, words, profile.complaints, profile.places, profile.gate]
    if profile.model is not None:
        knowledge.append(profile.model)
    return AnalysisSettings(
        registry=str(profile.actors.absolute()),
        complaints=str(profile.complaints.absolute()),
        gate=str(profile.gate.absolute()),
        places=str(profile.places.absolute()),
        model=str(profile.model.absolute()) if profile.model else "",
        mode=profile.analyse,
        # With names or without them is not the same analysis: so a reanalysis writes or removes those of all articles.
        version=analysis_version(knowledge, profile.analyse + (" people" if profile.people_table else "")),
        people=profile.people_table,
    )


def configuration_hash(prepared: Prepared) -> str:
    """Return a hash of what the run was told to do, wherever the dataset lies."""
    profile = prepared.request.profile
    told = profile.model_dump_json(
        exclude={"out", "workers", "slice_documents", "actors", "complaints", "model", "places", "gate"}
    )
    listed = "".join(source.model_dump_json() for source in prepared.sources)
    period = prepared.request.period
    told += "" if period.is_open else f"{period.since} {period.until}"
    return hashlib.sha256(f"{told}{listed}{prepared.analysis.version}".encode()).hexdigest()[:12]


def ingest_mode(prepared: Prepared) -> IngestMode:
    """Return what kind of run it is: a backfill of a period, a poll of listed feeds, or one that reads files alone."""
    if not prepared.request.period.is_open:
        return "backfill"
    return "poll" if prepared.sources else "seeds"


def versions() -> tuple[tuple[str, str], ...]:
    """Return the versions that a run is made with, by name."""
    return (*((name, version(name)) for name in _VERSIONED), ("python", platform.python_version()))


def workers_for(profile: Profile, seed_bytes: int, shards: int) -> int:
    """Return the number of processes for an input of `seed_bytes` in `shards` units."""
    if profile.workers != "auto":
        return profile.workers
    if seed_bytes < LARGE_INPUT:
        return 1
    return max(1, min(os.cpu_count() or 1, MAX_AUTO_WORKERS, shards))


def find_input(request: Request) -> tuple[list[SeedFile], list[SeedProblem]]:
    """Return the seed files that the request names, without those of its own dataset, and what is wrong with them."""
    profile = request.profile
    own = [str(profile.out / folder) for folder in OWN_FOLDERS]
    formats = [layout.table_format() for layout in profile.formats]
    return find_seed_files(profile.seeds, exclude=own, no_feeds=request.no_feeds, formats=formats)


def lay_out(
    prepared: Prepared, layout: Layout, run_id: str, started_at: datetime, due: Sequence[DuePoll]
) -> tuple[Plan, int]:
    """Return the plan of a run and the number of its processes; packed seeds are unpacked into its spool."""
    profile = prepared.request.profile
    spool = layout.spool(run_id)
    spool.mkdir(parents=True, exist_ok=True)
    files, problems = find_input(prepared.request)
    # Feeds come first in the run's order: the source of an article that a seed repeats is its feed.
    shards, unplanned = plan_shards(files, spool, first_rank=len(prepared.sources))
    workers = workers_for(profile, sum(shard.size for shard in shards), len(shards))
    told = configuration_hash(prepared)
    plan = Plan(
        out=str(layout.root),
        index=str(layout.state_file),
        spool=str(spool),
        seeds=tuple(shards),
        polls=tuple(host_batches(due, max(workers, -(-len(due) // BATCH_OF_POLLS)))),
        failures=tuple(failure_of(problem, run_id, started_at, UNPLANNED) for problem in (*problems, *unplanned)),
        fetch=profile.fetch,
        analysis=prepared.analysis,
        stage=StageSettings(str(layout.run_staging(run_id)), run_id, started_at, prepared.metadata()),
        facts=RunFacts(
            run_id, started_at, len(due), profile.max_failure_share, versions(), told, ingest_mode(prepared)
        ),
        period=prepared.request.period,
    )
    return plan, workers

"""Step: new articles whose source asks for it get the text of their page, where the feed gives a summary only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import apache_beam as beam

from transforms.documents.parse import parse_document
from transforms.documents.seed_files import read_body
from transforms.feeds.pages import PageAsked, PageFound, PageMissed, fetch_pages
from transforms.feeds.settings import FetchSettings
from transforms.feeds.spool import read_entry
from transforms.identity.decide import Chosen
from transforms.metrics import count
from transforms.tables.dead_letters import dead_letter
from transforms.tables.records import DocumentRef, Unreadable

STEP = "fetch_page"
ALL = "pages"  # one key: the hosts of all pages are asked by one worker, which knows how to share its time
FILE = "pages.jsonl"


@dataclass
class FetchPages(beam.PTransform):
    """(shard, Chosen) → the same, some with a reference to their completed entry; tagged `failures`."""

    settings: FetchSettings
    started_at: datetime
    spool_dir: str
    run_id: str

    def expand(self, chosen: beam.PCollection) -> dict[str, beam.PCollection]:
        parted = chosen | "PickWithoutText" >> beam.ParDo(_PickWithoutText()).with_outputs("wanted", main="as_they_are")
        fetch = _FetchAll(self.settings, self.started_at, self.spool_dir, self.run_id)
        fetched = (
            parted.wanted
            | "MeetPages" >> beam.GroupByKey()
            | "FetchAllPages" >> beam.ParDo(fetch).with_outputs("failures", main="completed")
        )
        documents = (parted.as_they_are, fetched.completed) | "CollectPages" >> beam.Flatten()
        return {"documents": documents, "failures": fetched.failures}


class _PickWithoutText(beam.DoFn):
    def process(self, keyed: tuple[str, Chosen]) -> Iterator[object]:
        ref = keyed[1].candidate.ref
        if ref.pages == "never" or ref.kind != "entry" or not keyed[1].candidate.url:
            yield keyed
            return
        yield beam.pvalue.TaggedOutput("wanted", (ALL, keyed))


class _FetchAll(beam.DoFn):
    def __init__(self, settings: FetchSettings, started_at: datetime, spool_dir: str, run_id: str) -> None:
        self.settings = settings
        self.started_at = started_at
        self.spool_dir = spool_dir
        self.run_id = run_id

    def process(self, group: tuple[str, Iterable[tuple[str, Chosen]]]) -> Iterator[object]:
        every = sorted(group[1], key=lambda keyed: keyed[1].candidate.order)
        asked = [one for number, keyed in enumerate(every) if (one := _asked(str(number), keyed[1].candidate.ref))]
        results = {one.key: one for one in fetch_pages(asked, self.settings, Path(self.spool_dir) / FILE)}
        for number, (shard, chosen) in enumerate(every):
            result = results.get(str(number))
            if isinstance(result, PageFound):
                count(STEP, "found")
                yield shard, _completed(chosen, result)
                continue
            if isinstance(result, PageMissed):
                count(STEP, result.error.reason)
                letter = dead_letter(chosen.candidate.ref, STEP, result.error, self.run_id, self.started_at, lost=False)
                yield beam.pvalue.TaggedOutput("failures", replace(letter, place=result.url))
            yield shard, chosen


def _asked(key: str, ref: DocumentRef) -> PageAsked | None:
    body = read_body(ref)
    document = parse_document(ref, body)
    if isinstance(document, Unreadable) or document.url is None:
        return None
    if ref.pages == "auto" and document.text_kind == "full":
        return None
    return PageAsked(key, document.url, read_entry(body), len(document.text), document.content_hash)


def _completed(chosen: Chosen, page: PageFound) -> Chosen:
    ref = replace(chosen.candidate.ref, path=page.path, start=page.start, length=page.length)
    return replace(chosen, candidate=replace(chosen.candidate, ref=ref))

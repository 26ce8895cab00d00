"""The step that fetches pages: only where they are wanted, and every document goes on, with its page or without."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that
from feed_farm import FeedFarm, body, status

from transforms.documents.parse import parse_document
from transforms.documents.seed_files import read_body
from transforms.feeds.settings import FetchSettings
from transforms.feeds.spool import read_entry, write_spool
from transforms.fetch_pages import FetchPages
from transforms.identity.decide import Chosen, candidate_of
from transforms.tables.records import DocumentRef, FeedEntry, ParsedDocument

NOW = datetime(2026, 3, 1, tzinfo=UTC)
QUICK = FetchSettings(allow_networks=("127.0.0.0/8",), pause_seconds=0, read_seconds=1)
SUMMARY = "The families gathered at the gate."
TEXT = "The families of the men who were called up in May gathered at the gate with a letter of forty names. " * 4
ARTICLE = f"<article><h1>At the gate</h1><p>{TEXT}</p></article>"
PAGE = f"<html><head><title>At the gate</title></head><body>{ARTICLE}</body></html>"


@pytest.fixture(name="farm")
def _farm() -> Iterator[FeedFarm]:
    with FeedFarm() as farm:
        yield farm


def _chosen(tmp_path: Path, entries: dict[str, tuple[FeedEntry, str]]) -> list[tuple[str, Chosen]]:
    path = tmp_path / "entries.jsonl"
    spans = write_spool(path, [entry for entry, _ in entries.values()])
    chosen = []
    for (name, (_, pages)), (start, length) in zip(entries.items(), spans, strict=True):
        ref = DocumentRef("shard", str(path), start, length, "entry", "source", name, NOW, pages=pages)
        document = parse_document(ref, read_body(ref))
        assert isinstance(document, ParsedDocument)
        chosen.append(("shard", Chosen(name, 0, candidate_of(document))))
    return chosen


def _entry(link: str | None, content: str | None = None) -> FeedEntry:
    return FeedEntry(None, link, "At the gate", SUMMARY, content, None, None, None)


def test_pages_are_fetched_where_the_text_is_wanting(farm: FeedFarm, tmp_path: Path) -> None:
    url = farm.add("/page", body(PAGE.encode(), ("Content-Type", "text/html")))
    gone = farm.add("/gone", status(404))
    whole = "<p>All that there is to say about it stands in the feed already.</p>"
    chosen = _chosen(
        tmp_path,
        {
            "auto": (_entry(url), "auto"),
            "never": (_entry(url), "never"),
            "auto_full": (_entry(url, whole), "auto"),
            "always_full": (_entry(url, whole), "always"),
            "gone": (_entry(gone), "auto"),
            "no_link": (_entry(None), "auto"),
        },
    )
    hashes = {one.article_id: one.candidate.content_hash for _, one in chosen}

    def check(keyed: list[tuple[str, Chosen]]) -> None:
        refs = {one.article_id: one.candidate.ref for _, one in keyed}
        entries = {name: read_entry(read_body(ref)) for name, ref in refs.items()}
        assert set(entries) == set(hashes)
        completed = {name for name, entry in entries.items() if entry.page_method}
        assert completed == {"auto", "always_full"}
        for name in completed:
            assert TEXT.strip() in (entries[name].content or "")
            assert entries[name].content_hash == hashes[name]
        assert {shard for shard, _ in keyed} == {"shard"}

    def check_failures(failures: list[object]) -> None:
        found = [(row.place, row.step, row.reason) for row in failures]  # type: ignore[attr-defined]  # Failures
        assert found == [(gone, "fetch_page", "http_404")]

    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        done = pipeline | beam.Create(chosen) | FetchPages(QUICK, NOW, str(tmp_path / "spool"), "run")
        assert_that(done["documents"], check, label="CheckDocuments")
        assert_that(done["failures"], check_failures, label="CheckFailures")
    assert len(farm.visits_to("/page")) == 2


def test_the_completed_entry_is_the_same_article(farm: FeedFarm, tmp_path: Path) -> None:
    url = farm.add("/page", body(PAGE.encode(), ("Content-Type", "text/html")))
    chosen = _chosen(tmp_path, {"auto": (_entry(url), "auto")})

    def check(keyed: list[tuple[str, Chosen]]) -> None:
        ((_, one),) = keyed
        before = chosen[0][1]
        assert replace(one, candidate=replace(one.candidate, ref=before.candidate.ref)) == before

    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        done = pipeline | beam.Create(chosen) | FetchPages(QUICK, NOW, str(tmp_path / "spool"), "run")
        assert_that(done["documents"], check)

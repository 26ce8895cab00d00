"""Feed files beside their expected records: every format, and the ways in which feeds break, encode and date."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from transforms.documents.parse import parse_document
from transforms.feeds.parse import parse_feed
from transforms.feeds.spool import SpoolWriter, read_entry
from transforms.tables.records import DocumentRef, FeedEntry, Unreadable

FEEDS = Path(__file__).parent / "feeds"
FILES = sorted(path for path in FEEDS.iterdir() if path.name != "expected" and path.is_file())
COLLECTED = datetime(2024, 10, 5, tzinfo=UTC)
URL = "https://news.example/feeds/all.xml"
# What the server said about a file, and the zone of its source, where it matters.
CONTENT_TYPES = {"encoding_cp1251_http.xml": "text/xml; charset=windows-1251"}
ZONES = {"dates_russian.xml": "Europe/Moscow", "dates_ukrainian.xml": "Europe/Kyiv"}


def records_of(path: Path, spool: Path) -> Mapping[str, Any]:
    """Return all that the records of a feed file say, in JSON's types."""
    feed = parse_feed(path.read_bytes(), CONTENT_TYPES.get(path.name), URL)
    if isinstance(feed, Unreadable):
        return {"unreadable": feed.reason}
    facts = {"format": feed.format, "encoding": feed.encoding, "title": feed.title, "language": feed.language}
    facts |= {"hint": feed.hint, "flags": list(feed.flags)}  # type: ignore[dict-item]  # JSON's types
    with SpoolWriter(spool) as writer:
        lines = [writer.add(entry) for entry in feed.entries]
    content = spool.read_bytes()
    items = [_item(content[start : start + length], path.name) for start, length in lines]
    return {key: value for key, value in facts.items() if value} | {"items": items}


def _item(line: bytes, name: str) -> Mapping[str, Any]:
    ref = DocumentRef(
        "s", "p", 0, len(line), "entry", "source", "place", COLLECTED, URL, timezone=ZONES.get(name, "UTC")
    )
    document = parse_document(ref, line)
    if isinstance(document, Unreadable):
        return {"unreadable": document.reason}
    entry: FeedEntry = read_entry(line)
    published = document.published_at.astimezone(UTC).isoformat() if document.published_at else None
    item = {
        "guid": document.external_id,
        "url": document.url,
        "title": document.title[:200],
        "text": document.text[:300],
        "kind": document.text_kind,
        "lang": document.lang_hint,
        "published": published,
        "raw": document.published_raw,
        "date_flags": list(document.date_flags),
        "forwarded_from": entry.forwarded_from,
        "edited": entry.edited,
    }
    return {key: value for key, value in item.items() if value}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_feed_file_gives_its_expected_records(path: Path, tmp_path: Path) -> None:
    expected = json.loads((FEEDS / "expected" / f"{path.name}.json").read_text(encoding="utf-8"))
    assert records_of(path, tmp_path / "spool") == expected


def test_every_expectation_has_its_file() -> None:
    assert {path.name for path in FILES} == {path.name.removesuffix(".json") for path in (FEEDS / "expected").iterdir()}
    assert len(FILES) >= 60

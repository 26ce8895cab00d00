"""The bundled seeds against their expected findings and the codebook's vocabulary."""

import html
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import feedparser
import pytest

SEEDS = Path(__file__).parent.parent / "seeds"

# The codebook's vocabulary, written down apart from the program's own configuration: the one judges the other.
LABELS: dict[str, list[str]] = json.loads((Path(__file__).parent / "gold" / "labels.json").read_text(encoding="utf-8"))
ACTORS = frozenset(LABELS["actors"])
CODES = frozenset(LABELS["codes"])
STATUSES = frozenset(LABELS["statuses"])
LANGUAGES = frozenset({"en", "ru", "uk"})

# The main-job issue asks for 40 articles, a third of them hard negatives; ten a language keeps the three in balance.
MIN_ARTICLES = 40
MIN_PER_LANGUAGE = 10
HARD_NEGATIVE_SHARE = 1 / 3


def strip_markup(markup: str) -> str:
    """Return the words of a fragment of HTML: tags out, entities resolved, spaces folded."""
    without_code = re.sub(r"<(script|style)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    return fold(html.unescape(re.sub(r"<[^>]+>", "", without_code)))


def fold(text: str) -> str:
    return " ".join(text.split())


def read_feed(path: Path) -> dict[str, tuple[str, str]]:
    """Return title and text by entry id, from any of the four stored formats."""
    if path.suffix == ".json":
        items = json.loads(path.read_text(encoding="utf-8"))["items"]
        return {i["id"]: (i["title"], strip_markup(i.get("content_html") or i["content_text"])) for i in items}
    parsed = feedparser.parse(io.BytesIO(path.read_bytes()))
    assert not parsed.bozo
    found = {}
    for entry in parsed.entries:
        body = entry.content[0].value if entry.get("content") else entry.summary
        found[entry.get("id") or entry.link] = (entry.title, strip_markup(body))
    return found


def read_seed(path: Path) -> dict[str, tuple[str, str]]:
    """Return title and text by key, as the expected findings name them."""
    if path.parent.name == "feeds":
        return read_feed(path)
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".txt":
        title, text = content.split("\n", 1)
        return {path.name: (title, fold(text))}
    if path.suffix == ".html":
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", content, flags=re.DOTALL)
        assert heading is not None
        return {path.name: (strip_markup(heading.group(1)), strip_markup(content))}
    records = [json.loads(line) for line in content.splitlines()]
    return {record["id"]: (record["title"], fold(record["text"])) for record in records}


SEED_FILES = sorted(path for folder in ("articles", "feeds") for path in (SEEDS / folder).iterdir())
EXPECTED = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (SEEDS / "expected").glob("*.json")}
ALL_EXPECTED: list[dict[str, Any]] = [entry for entries in EXPECTED.values() for entry in entries]


def test_seed_stems_are_unique_and_each_has_expected_findings() -> None:
    stems = [path.stem for path in SEED_FILES]
    assert len(stems) == len(set(stems))
    assert set(stems) == set(EXPECTED)


@pytest.mark.parametrize("path", SEED_FILES, ids=lambda path: path.name)
def test_expected_findings_name_every_article_and_quote_it(path: Path) -> None:
    articles = read_seed(path)
    expected = EXPECTED[path.stem]
    assert sorted(entry["key"] for entry in expected) == sorted(articles)
    for entry in expected:
        title, text = articles[entry["key"]]
        for complaint in entry["complaints"]:
            assert complaint["evidence"].strip()
            assert complaint["evidence"] in title or fold(complaint["evidence"]) in text, complaint


def test_labels_are_of_the_codebook() -> None:
    for entry in ALL_EXPECTED:
        assert entry["lang"] in LANGUAGES
        assert set(entry["actors"]) <= ACTORS
        assert len(entry["actors"]) == len(set(entry["actors"]))
        for complaint in entry["complaints"]:
            assert complaint["code"] in CODES
            assert complaint["status"] in STATUSES


def test_relevant_follows_from_actors_and_asserted_complaints() -> None:
    for entry in ALL_EXPECTED:
        asserted = any(complaint["status"] == "asserted" for complaint in entry["complaints"])
        assert entry["relevant"] == bool(entry["actors"] or asserted), entry["key"]


def test_seeds_are_enough_and_balanced() -> None:
    languages = Counter(entry["lang"] for entry in ALL_EXPECTED)
    negatives = Counter(entry["lang"] for entry in ALL_EXPECTED if not entry["relevant"])
    assert sum(languages.values()) >= MIN_ARTICLES
    for language in LANGUAGES:
        assert languages[language] >= MIN_PER_LANGUAGE
        assert negatives[language] >= languages[language] * HARD_NEGATIVE_SHARE


def test_seeds_cover_every_code_and_status() -> None:
    complaints = [complaint for entry in ALL_EXPECTED for complaint in entry["complaints"]]
    assert {complaint["code"] for complaint in complaints} == CODES
    assert {complaint["status"] for complaint in complaints} == STATUSES


def test_stored_feeds_hold_all_four_formats() -> None:
    assert {path.suffix for path in SEED_FILES if path.parent.name == "feeds"} == {".rss", ".rdf", ".atom", ".json"}

"""Which article a document is, and what of it is new."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from transforms.identity.decide import (
    MAX_REVISIONS,
    Candidate,
    KnownArticle,
    assign_articles,
    candidate_of,
    decide_versions,
)
from transforms.tables.ids import content_hash, stable_id
from transforms.tables.records import DocumentRef, ParsedDocument

WHEN = datetime(2024, 2, 29, 12, tzinfo=UTC)


def candidate(source: str, external: str | None, link: str | None, text: str = "text", start: int = 0) -> Candidate:
    ref = DocumentRef("shard", "file", start, 10, "jsonl", source, "place", WHEN, rank=ord(source[0]))
    document = ParsedDocument(
        ref, external, link, link, "Title", text, "full", None, None, None, (), content_hash("Title", text)
    )
    return candidate_of(document)


def known(one: Candidate, revision: int = 0, *others: str) -> KnownArticle:
    return KnownArticle(one.ref.source_id, revision, one.content_hash, frozenset({one.content_hash, *others}))


def test_two_sources_with_one_address_are_one_article_of_the_first() -> None:
    first = candidate("a", "1", "https://example.org/x")
    second = candidate("b", "9", "https://example.org/x")
    assigned = assign_articles([second, first], {}, {})
    assert len({article for article, _ in assigned}) == 1
    decision = decide_versions(assigned[0][0], [one for _, one in assigned], None)
    assert [chosen.candidate.ref.source_id for chosen in decision.chosen] == ["a"]
    assert [one.ref.source_id for one in decision.sighted] == ["a", "b"]
    assert [(one.ref.source_id, reason) for one, reason in decision.rejected] == [("b", "other_source")]


def test_two_ids_of_one_source_are_two_articles_even_with_one_address() -> None:
    one, two = candidate("a", "1", "https://example.org/x"), candidate("a", "2", "https://example.org/x", "other")
    assert len({article for article, _ in assign_articles([one, two], {}, {})}) == 2


def test_links_to_a_front_page_join_nothing() -> None:
    one, two = candidate("a", "1", "https://example.org/"), candidate("b", "2", "https://example.org")
    assert one.link_key is None
    assert one.group != two.group


def test_known_item_stays_its_article_whatever_its_new_address() -> None:
    item = candidate("a", "1", "https://example.org/new")
    ((article, marked),) = assign_articles([item], {item.own_key: "f" * 24}, {"f" * 24: "a"})
    assert article == "f" * 24
    assert marked.known


def test_known_address_of_another_source_leads_to_its_article() -> None:
    item = candidate("b", "7", "https://example.org/x")
    assert item.link_key is not None
    ((article, marked),) = assign_articles([item], {item.link_key: "e" * 24}, {"e" * 24: "a"})
    assert article == "e" * 24
    assert not marked.known


def test_known_address_of_the_same_source_with_another_id_is_another_article() -> None:
    item = candidate("a", "7", "https://example.org/x")
    assert item.link_key is not None
    ((article, _),) = assign_articles([item], {item.link_key: "e" * 24}, {"e" * 24: "a"})
    assert article == stable_id("article", item.own_key)


def test_unchanged_is_dropped_and_edited_is_the_next_revision() -> None:
    old, new = candidate("a", "1", None, "old"), candidate("a", "1", None, "new", start=5)
    same = decide_versions("x", [old], known(old))
    assert not same.chosen
    assert [reason for _, reason in same.rejected] == ["seen_before"]
    edited = decide_versions("x", [new], known(old))
    assert [chosen.revision for chosen in edited.chosen] == [1]


def test_two_versions_in_one_run_are_two_revisions_in_the_order_of_reading() -> None:
    one, two = candidate("a", "1", None, "one"), candidate("a", "1", None, "two", start=5)
    decision = decide_versions("x", [two, one, replace(one, ref=replace(one.ref, start=9))], None)
    assert [(c.revision, c.candidate.content_hash) for c in decision.chosen] == [
        (0, one.content_hash),
        (1, two.content_hash),
    ]
    assert [reason for _, reason in decision.rejected] == ["repeated_in_run"]


def test_versions_shown_together_again_are_not_added_again() -> None:
    one, two = candidate("a", "1", None, "one"), candidate("a", "1", None, "two", start=5)
    decision = decide_versions("x", [one, two], known(two, 1, one.content_hash))
    assert not decision.chosen


def test_a_publisher_who_goes_back_to_an_earlier_version_makes_a_revision() -> None:
    one, two = candidate("a", "1", None, "one"), candidate("a", "1", None, "two")
    decision = decide_versions("x", [one], known(two, 1, one.content_hash))
    assert [chosen.revision for chosen in decision.chosen] == [2]


def test_revisions_end_at_the_limit() -> None:
    one, two = candidate("a", "1", None, "one"), candidate("a", "1", None, "two")
    decision = decide_versions("x", [two], known(one, MAX_REVISIONS - 1))
    assert [reason for _, reason in decision.rejected] == ["revision_limit"]


@pytest.mark.parametrize("order", [1, -1])
def test_decision_does_not_depend_on_the_order_of_arrival(order: int) -> None:
    group = [
        candidate(s, i, "https://example.org/x", t, n)
        for n, (s, i, t) in enumerate([("a", "1", "x"), ("b", "2", "y"), ("a", "1", "z")])
    ][::order]
    assigned = assign_articles(group, {}, {})
    decision = decide_versions(assigned[0][0], [one for _, one in assigned], None)
    assert [(c.revision, c.candidate.ref.start) for c in decision.chosen] == [(0, 0), (1, 2)]

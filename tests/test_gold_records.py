"""The gold set: its split, its labels, and that every piece of evidence stands in its text."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from gold.split import (
    GOLD,
    LANGUAGES,
    PARTS,
    Record,
    choose_part,
    read_gold,
    read_records,
    split_records,
    write_gold,
)

from pipeline.evaluate import pair_up, read_labels, score

LABELS: dict[str, list[str]] = json.loads((GOLD / "labels.json").read_text(encoding="utf-8"))
RECORDS = read_gold()
ANNOTATED = [record for record in RECORDS if record["kind"] != "extra_negative"]
NEGATIVE_KINDS = ("hard_negative", "extra_negative")
KINDS = ("positive", "tricky", *NEGATIVE_KINDS)
KEYS = {"id", "lang", "kind", "style", "title", "text", "relevant", "actors", "complaints", "demands"}
COMPLAINT_KEYS = {"code", "status", "evidence", "speaker_kind", "target"}

# Least sizes, from the detection issue: 100 annotated texts a language, a third of them hard negatives and a sixth
# tricky, 300 more hard negatives in all; and from the set's own plan: each code four times a language.
MIN_ANNOTATED = 100
MIN_EXTRA_NEGATIVES = 100
HARD_NEGATIVE_SHARE = 1 / 3
TRICKY_SHARE = 1 / 6
MIN_PER_CODE = 4
NO_ACTOR_SHARE = 1 / 5
MIN_AGREEMENT = 0.9  # F1 between the coders: below it a detector's F1 would tell more of labels than of the detector


def select(language: str, *kinds: str) -> list[Record]:
    return [record for record in RECORDS if record["lang"] == language and record["kind"] in kinds]


def test_every_record_lies_in_the_part_that_its_id_says() -> None:
    for part in PARTS:
        for language in LANGUAGES:
            for record in read_records(GOLD / part / f"{language}.jsonl"):
                even = hashlib.sha256(record["id"].encode()).hexdigest()[1] in "02468ace"
                parts = ("development_later", "unread") if "-u-" in record["id"] else ("development", "heldout")
                assert part == parts[0 if even else 1], record["id"]
                assert record["lang"] == language


def test_nothing_but_the_parts_and_the_second_coder_holds_records() -> None:
    stored = {path.relative_to(GOLD).as_posix() for path in GOLD.rglob("*.jsonl")}
    assert stored == {f"{part}/{language}.jsonl" for part in (*PARTS, "second_coder") for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("measure", ["actors", "codes", "code+status", "families", "relevant"])
def test_two_coders_who_did_not_see_each_other_agree(language: str, measure: str) -> None:
    labels = [x for part in ("development_later", "unread") for x in read_labels(GOLD / part / f"{language}.jsonl")]
    others = {label.key: label for label in read_labels(GOLD / "second_coder" / f"{language}.jsonl")}
    assert len(others) == len(labels)
    assert score(pair_up(labels, others), measure).f1 >= MIN_AGREEMENT


def test_ids_and_texts_are_unique() -> None:
    assert max(Counter(record["id"] for record in RECORDS).values()) == 1
    assert max(Counter((record["title"], record["text"]) for record in RECORDS).values()) == 1


def test_records_have_exactly_the_documented_keys() -> None:
    for record in RECORDS:
        assert set(record) == KEYS, record["id"]
        assert record["kind"] in KINDS, record["id"]
        assert record["title"] or record["text"], record["id"]
        assert all(set(complaint) == COMPLAINT_KEYS for complaint in record["complaints"]), record["id"]


def test_labels_are_of_the_codebook() -> None:
    for record in RECORDS:
        assert set(record["actors"]) <= set(LABELS["actors"]), record["id"]
        assert set(record["demands"]) <= set(LABELS["demands"]), record["id"]
        assert len(record["actors"]) == len(set(record["actors"])), record["id"]
        for complaint in record["complaints"]:
            assert complaint["code"] in LABELS["codes"], record["id"]
            assert complaint["status"] in LABELS["statuses"], record["id"]
            assert complaint["speaker_kind"] in LABELS["speaker_kinds"], record["id"]
            assert complaint["target"] in LABELS["targets"], record["id"]


def test_evidence_stands_verbatim_in_title_or_text() -> None:
    for record in RECORDS:
        for complaint in record["complaints"]:
            evidence = complaint["evidence"]
            assert evidence.strip(), record["id"]
            assert evidence in record["title"] or evidence in record["text"], record["id"]


def test_relevant_follows_from_actors_and_asserted_complaints() -> None:
    for record in RECORDS:
        asserted = any(complaint["status"] == "asserted" for complaint in record["complaints"])
        assert record["relevant"] == bool(record["actors"] or asserted), record["id"]


def test_hard_negatives_carry_no_finding() -> None:
    for record in RECORDS:
        if record["kind"] in NEGATIVE_KINDS:
            assert not record["relevant"], record["id"]
            assert not record["actors"], record["id"]
            assert not record["complaints"], record["id"]
            assert not record["demands"], record["id"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_enough_of_each_kind(language: str) -> None:
    annotated = select(language, "positive", "tricky", "hard_negative")
    assert len(annotated) >= MIN_ANNOTATED
    assert len(select(language, "hard_negative")) >= len(annotated) * HARD_NEGATIVE_SHARE
    assert len(select(language, "tricky")) >= len(annotated) * TRICKY_SHARE
    assert len(select(language, "extra_negative")) >= MIN_EXTRA_NEGATIVES
    relevant = [record for record in annotated if record["relevant"]]
    assert sum(not record["actors"] for record in relevant) >= len(relevant) * NO_ACTOR_SHARE


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_asserts_each_code_often_enough(language: str) -> None:
    found: Counter[str] = Counter()
    for record in select(language, *KINDS):
        found.update({complaint["code"] for complaint in record["complaints"] if complaint["status"] == "asserted"})
    assert {code: found[code] for code in LABELS["codes"] if found[code] < MIN_PER_CODE} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_status_and_speaker(language: str) -> None:
    complaints = [complaint for record in select(language, *KINDS) for complaint in record["complaints"]]
    assert {complaint["status"] for complaint in complaints} == set(LABELS["statuses"])
    assert {complaint["speaker_kind"] for complaint in complaints} == set(LABELS["speaker_kinds"])


def test_split_replaces_a_known_id_and_keeps_the_rest(tmp_path: Path) -> None:
    old = {"id": "en-a", "lang": "en", "title": "old"}
    new = {"id": "en-a", "lang": "en", "title": "new"}
    other = {"id": "ru-b", "lang": "ru", "title": "kept"}
    write_gold([old, other, new], tmp_path)
    stored = {record["id"]: record["title"] for record in read_gold(tmp_path)}
    assert stored == {"en-a": "new", "ru-b": "kept"}
    assert [record["id"] for record in split_records([other, new])[choose_part("en-a"), "en"]] == ["en-a"]


def test_split_of_what_is_stored_changes_nothing(tmp_path: Path) -> None:
    write_gold(RECORDS, tmp_path)
    for part in PARTS:
        for language in LANGUAGES:
            name = f"{part}/{language}.jsonl"
            assert (tmp_path / name).read_bytes() == (GOLD / name).read_bytes()

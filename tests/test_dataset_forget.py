"""Forgetting: no byte of it stays in any file, what stays is still right, and no feed brings it back."""

import os
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from dataset_faults import FaultyStorage, Killed
from dataset_rows import (
    NOW,
    all_rows,
    article,
    commit_run,
    complaint,
    failure,
    fetch,
    full_run,
    mention,
    rows,
    run_row,
    sighting,
)
from story_set import stories
from test_dataset_commit import assert_only_parquet
from test_dataset_daily import assert_counted

from transforms.dataset.commit import begin_run, fail_run, next_run_id
from transforms.dataset.forget import ForgetRequest, ForgetResult, forget
from transforms.dataset.index import Index
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.publish_run import publish_run
from transforms.dataset.recovery import roll_forward
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.identity import identity_keys
from transforms.tables.masking import MASK, count_words, forget_names, mask_names
from transforms.tables.shard_writer import ShardWriter

PROVE = bool(os.environ.get("PICKET_PROVE"))
NAME = "Ольга Тестова"
FORMS = (NAME, "Ольги Тестовой", "Olga Testova")
TEXT = "Матери ждут. Ольга Тестова сказала: «Снаряжения нет», — а ОЛЬГИ ТЕСТОВОЙ сын пишет. О́льга  Тестова ждёт."


def forgotten(out: Path, request: ForgetRequest, storage: Storage = LOCAL) -> ForgetResult:
    """Forget as the command does."""
    with hold_dataset(out):
        roll_forward(out)
        run_id = next_run_id(out, NOW)
        begin_run(out, run_id, NOW)
        return forget(out, run_id, request, NOW, storage)


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in strings(one)]
    return []


def assert_no_trace(out: Path, forms: tuple[str, ...]) -> None:
    """Look for `forms` in the bytes of every file, and in every value of every Parquet file."""
    wanted = [form.casefold() for form in forms]
    for path in out.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        for form in forms:
            for spelt in (form, form.lower(), form.upper()):
                assert spelt.encode() not in data, path
        if path.suffix == ".parquet":
            for row in pq.ParquetFile(path).read().to_pylist():
                for text in (text for value in row.values() for text in strings(value)):
                    plain = unicodedata.normalize("NFC", text).replace("\u0301", "").replace("ё", "е").casefold()
                    assert not any(form in " ".join(plain.replace("-", " ").split()) for form in wanted), (path, text)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A dataset in which a person is named in text, title, address, speaker, dead letter and journal."""
    folder = tmp_path / "out"
    named = article(1, text=TEXT, title="Говорит Ольга Тестова", url="https://paper.example/olga-testova?x=1")
    named = replace(named, canonical_url="https://paper.example/olga-testova")
    with hold_dataset(folder):
        roll_forward(folder)
        run_id = next_run_id(folder, NOW)
        begin_run(folder, run_id, NOW)
        fail_run(folder, run_id, "https://paper.example/Olga-Testova cannot be read")
        run_id = next_run_id(folder, NOW)
        begin_run(folder, run_id, NOW)
        writer = ShardWriter(Layout(folder).run_staging(run_id), run_id, "s0", {})
        for one in (named, article(2), article(3, text="Просто Тестова и просто Ольга.")):
            writer.add("articles", replace(one, run_id=run_id))
            writer.add("sightings", replace(sighting(one), run_id=run_id))
        start = TEXT.index("Ольга")
        found = mention(named)
        writer.add("mentions", replace(found, surface="Ольга", start_char=start, end_char=start + 5), NOW)
        said = complaint(named)
        evidence = "Ольга Тестова сказала: «Снаряжения нет»"
        sentence = TEXT[start : TEXT.index(" О́")]
        said = replace(said, evidence=evidence, start_char=start, end_char=start + len(evidence), sentence=sentence)
        writer.add("complaints", replace(said, speaker=NAME), NOW)
        writer.add("failures", replace(failure(), message=f"cannot read the page of {NAME}"))
        writer.add("fetches", fetch("paper"))
        writer.add("runs", run_row(run_id))
        publish_run(folder, run_id, writer.close(), NOW)
    return folder


def test_a_name_leaves_no_trace(out: Path) -> None:
    with pytest.raises(AssertionError):
        assert_no_trace(out, FORMS)
    before = all_rows(out)
    forgotten(out, ForgetRequest(names=FORMS))
    assert_no_trace(out, FORMS)
    assert_only_parquet(out)
    after = all_rows(out)
    assert {table: len(found) for table, found in after.items() if table != "forgotten"} == {
        table: len(found) for table, found in before.items() if table != "forgotten"
    }
    (masked,) = [row for row in after["articles"] if row["external_id"] == "guid-1"]
    assert len(masked["text"]) == len(TEXT)
    assert masked["text"].startswith(f"Матери ждут. {MASK * 5} {MASK * 7} сказала: «Снаряжения нет»")
    assert masked["canonical_url"] == f"https://paper.example/{MASK * 12}"
    assert [row["text"] for row in after["articles"] if row["external_id"] == "guid-3"] == [
        "Просто Тестова и просто Ольга."
    ]


def test_spans_hold_after_masking(out: Path) -> None:
    forgotten(out, ForgetRequest(names=FORMS))
    texts = {(row["article_id"], row["revision"]): row for row in rows(out, "articles")}
    for table, column in (("mentions", "surface"), ("complaints", "evidence")):
        for row in rows(out, table):
            text = texts[row["article_id"], row["revision"]][row["field"]]
            assert text[row["start_char"] : row["end_char"]] == row[column]
            assert row["sentence"] in text
    (found,) = rows(out, "mentions")
    assert found["surface"] == MASK * 5
    (said,) = rows(out, "complaints")
    assert said["speaker"] == f"{MASK * 5} {MASK * 7}"


def test_a_masked_article_is_still_known(out: Path) -> None:
    named = article(1, text=TEXT, title="Говорит Ольга Тестова")
    keys = identity_keys("paper", "guid-1", "https://paper.example/olga-testova", None)
    forgotten(out, ForgetRequest(names=FORMS))
    index = Index.open(Layout(out).state_file)
    assert index.resolve([keys.own]) == {keys.own: named.article_id}
    assert named.content_hash in index.known([named.article_id])[named.article_id].hashes
    assert index.forgotten([keys.link or ""]) == {keys.link}  # by this address it would come in as another
    names = index.forgotten_names()
    assert mask_names("вчера ольга тестова и Ольга Другая", names) == f"вчера {MASK * 5} {MASK * 7} и Ольга Другая"
    index.close()


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A dataset with a story of three copies in two sources, and other articles, compacted nowhere."""
    folder = tmp_path / "linked"
    copies = list(stories(1))[:3]
    full_run(folder, [article(n, text=told.text, source_id=f"paper{n % 2}") for n, told in enumerate(copies)])
    full_run(folder, [article(n, source_id="paper1") for n in range(10, 13)])
    commit_run(folder, [], [fetch("paper0"), fetch("paper1")])
    return folder


def test_an_article_leaves_no_trace(linked: Path) -> None:
    gone = article(0)
    others = {
        table: [r for r in found if r.get("article_id") != gone.article_id] for table, found in all_rows(linked).items()
    }
    result = forgotten(linked, ForgetRequest(article_ids=(gone.article_id,)))
    assert dict(result.removed)["articles"] == 1
    after = all_rows(linked)
    for table in ("articles", "mentions", "complaints", "sightings", "fetches", "runs"):
        assert after[table] == others[table], table
    assert gone.article_id not in repr({table: found for table, found in after.items() if table != "forgotten"})
    assert_counted(linked)
    assert {row["story_id"] for row in after["stories"]} == {min(article(n).article_id for n in (1, 2))}
    assert sum(row["is_head"] for row in after["stories"]) == 1
    index = Index.open(Layout(linked).state_file)
    own = identity_keys("paper0", "guid-0", None, None).own
    assert index.known([gone.article_id]) == {}
    assert index.resolve([own]) == {}
    assert index.forgotten([own, identity_keys("paper0", "guid-9", None, None).own]) == {own}
    index.close()
    forgotten(linked, ForgetRequest(article_ids=(article(1).article_id,)))
    assert rows(linked, "stories") == []  # one copy alone is no story
    assert_counted(linked)


def test_a_source_leaves_no_trace(linked: Path) -> None:
    forgotten(linked, ForgetRequest(source_ids=("paper1",)))
    assert_no_trace(linked, ("paper1",))
    after = all_rows(linked)
    assert {row["source_id"] for row in after["articles"]} == {"paper0"}
    assert {row["source_id"] for row in after["fetches"]} == {"paper0"}
    assert len(after["mentions"]) == len(after["articles"]) == 2
    assert_counted(linked)
    index = Index.open(Layout(linked).state_file)
    assert set(index.feed_states()) == {"paper0"}
    assert index.forgotten_sources(["paper0", "paper1"]) == {"paper1"}
    index.close()


def test_what_nobody_knows_is_remembered_all_the_same(linked: Path) -> None:
    before = all_rows(linked)
    result = forgotten(linked, ForgetRequest(names=("Никто Никакой",), article_ids=("0" * 24,), source_ids=("none",)))
    assert result == ForgetResult((), ())
    after = all_rows(linked)
    assert len(after.pop("forgotten")) == 2
    assert after == {table: found for table, found in before.items() if table != "forgotten"}


def test_forgetting_outlives_the_index(out: Path) -> None:
    forgotten(out, ForgetRequest(names=FORMS, source_ids=("other",)))
    Layout(out).state_file.unlink()
    with hold_dataset(out):
        roll_forward(out)
    index = Index.open(Layout(out).state_file)
    assert index.forgotten_names() == forget_names(FORMS)
    assert index.forgotten_sources(["other"]) == {"other"}
    index.close()


def test_a_next_run_goes_on(linked: Path) -> None:
    forgotten(linked, ForgetRequest(article_ids=(article(0).article_id,)))
    with hold_dataset(linked):
        assert roll_forward(linked) == []
    full_run(linked, [article(2, 1, source_id="paper0"), article(20)])
    assert_counted(linked)


def test_cut_off_anywhere(out: Path, tmp_path: Path) -> None:
    whole, before = tmp_path / "whole", all_rows(out)
    shutil.copytree(out, whole)
    storage = FaultyStorage(-1, Killed())
    forgotten(whole, ForgetRequest(names=FORMS), storage)
    for at in range(0, storage.count, 1 if PROVE else 8):
        for fault in (Killed(), OSError(28, "No space left on device")):
            cut = tmp_path / f"cut{at}{type(fault).__name__}"
            shutil.copytree(out, cut)
            try:
                forgotten(cut, ForgetRequest(names=FORMS), FaultyStorage(at, fault))
            except type(fault):
                with hold_dataset(cut):
                    roll_forward(cut)
            if all_rows(cut) == before:
                forgotten(cut, ForgetRequest(names=FORMS))
            assert all_rows(cut) == all_rows(whole), f"operation {at}"
            assert_no_trace(cut, FORMS)


def test_names() -> None:
    names = forget_names([NAME, "Smith"])
    assert mask_names("", names) == ""
    assert mask_names("ничего", names) == "ничего"
    assert mask_names("Smithson, smith! O'Smith", names) == f"Smithson, {MASK * 5}! O'{MASK * 5}"
    assert mask_names("Ольга\u00adТестова Ольга-Тестова", names) == f"Ольга\u00adТестова {MASK * 13}"
    assert mask_names("О́льга Тёстова", forget_names(["Ольга Тестова"])) == f"{MASK * 6} {MASK * 7}"
    assert count_words("Анна-Мария Ремарк") == 3
    for name in ("", "!!", "a b c d e f g"):
        with pytest.raises(ValueError, match="1 to 6 words"):
            forget_names([name])

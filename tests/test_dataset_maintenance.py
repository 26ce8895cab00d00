"""Reanalysis and retention: rows are replaced or go, in one commit, and nothing else changes."""

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from dataset_faults import FaultyStorage, Killed
from dataset_rows import NOW, VERSION, all_rows, article, commit_run, failure, fetch, full_run, mention, rows
from story_set import stories
from test_dataset_daily import assert_counted

from transforms.dataset.commit import begin_run, next_run_id, publish
from transforms.dataset.index import Index
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.publish_run import publish_run
from transforms.dataset.reanalysis import plan_reanalysis
from transforms.dataset.recovery import roll_forward
from transforms.dataset.retention import retain
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.records import Article
from transforms.tables.schemas import record_of
from transforms.tables.shard_writer import ShardWriter

NEW = "ffffffffffff"
LATER = NOW + timedelta(days=1)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A dataset of two days, with a story, a revision and several runs a day."""
    folder = tmp_path / "out"
    copies = list(stories(1))[:2]
    full_run(folder, [article(number, text=told.text) for number, told in enumerate(copies)])
    full_run(folder, [article(5)])
    full_run(folder, [article(0, 1, "Новый текст.", LATER), article(6, at=LATER)], LATER)
    return folder


def reanalysed(out: Path, since: date | None = None, storage: Storage = LOCAL) -> int:
    """Analyse anew, as a step of the graph does: other findings, and fewer of them."""
    with hold_dataset(out):
        roll_forward(out, storage)
        run_id = next_run_id(out, NOW)
        begin_run(out, run_id, NOW)
        days = plan_reanalysis(out, NEW, since)
        writer = ShardWriter(Layout(out).run_staging(run_id), run_id, "again", {})
        for path in (path for day in days for path in day.articles):
            for row in pq.ParquetFile(path).read().to_pylist():
                one: Article = record_of("articles", row)
                one = replace(one, analysis_version=NEW, run_id=run_id, complaint_codes=())
                writer.add("articles", one)
                writer.add("mentions", replace(mention(one), actor_id="council"), one.collected_at)
        replaced = [file for day in days for file in day.replaced]
        publish_run(out, run_id, writer.close(), NOW, removed=replaced, storage=storage)
    return sum(day.rows for day in days)


def test_findings_of_another_version_are_replaced(out: Path) -> None:
    before = all_rows(out)
    assert reanalysed(out) == 5
    after = all_rows(out)
    assert after["complaints"] == []
    assert [row["actor_id"] for row in after["mentions"]] == ["council"] * 5
    assert [
        {**row, "analysis_version": VERSION, "complaint_codes": ["SUP.EQUIP"]} for row in after["articles"]
    ] == before["articles"]
    for table in ("stories", "sightings", "fetches"):
        assert after[table] == before[table]
    assert_counted(out)
    assert plan_reanalysis(out, NEW) == []
    assert reanalysed(out) == 0


def test_since_a_day(out: Path) -> None:
    assert reanalysed(out, LATER.date()) == 2
    versions = {(row["collected_at"], row["analysis_version"]) for row in rows(out, "articles")}
    assert versions == {(NOW, VERSION), (LATER, NEW)}
    assert_counted(out)
    full_run(out, [article(1, 1, at=LATER), article(9, at=LATER)], LATER)
    assert_counted(out)


def test_an_analysis_cut_off_anywhere(out: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(out, whole)
    storage = FaultyStorage(-1, Killed())
    reanalysed(whole, storage=storage)
    for at in range(0, storage.count, 12):
        cut = tmp_path / f"cut{at}"
        shutil.copytree(out, cut)
        try:
            reanalysed(cut, storage=FaultyStorage(at, Killed()))
        except Killed:
            reanalysed(cut)
        assert all_rows(cut) == all_rows(whole), f"operation {at}"


def retained(out: Path, **before: date) -> int:
    with hold_dataset(out):
        roll_forward(out)
        run_id = next_run_id(out, NOW)
        begin_run(out, run_id, NOW)
        return retain(out, run_id, before)


def test_old_polls_go_and_the_last_state_stays(tmp_path: Path) -> None:
    for day in range(5):
        at = NOW + timedelta(days=day)
        polls = [fetch("paper", at, f'{{"day": {day}}}')]
        polls += [fetch("radio", at, '{"old": 1}')] if day == 0 else []
        commit_run(tmp_path, [article(day, at=at)], polls, now=at)
    with hold_dataset(tmp_path):
        roll_forward(tmp_path)
        run_id = next_run_id(tmp_path, NOW)
        begin_run(tmp_path, run_id, NOW)
        writer = ShardWriter(Layout(tmp_path).run_staging(run_id), run_id, "s0", {})
        writer.add("failures", failure(NOW))
        publish(tmp_path, run_id, writer.close())
    articles = rows(tmp_path, "articles")
    limit = (NOW + timedelta(days=3)).date()
    assert retained(tmp_path, fetches=limit, failures=limit) == 4
    left = {(row["source_id"], row["fetched_at"]) for row in rows(tmp_path, "fetches")}
    assert left == {("radio", NOW), ("paper", NOW + timedelta(days=3)), ("paper", NOW + timedelta(days=4))}
    assert rows(tmp_path, "failures") == []
    assert rows(tmp_path, "articles") == articles
    Layout(tmp_path).state_file.unlink()
    with hold_dataset(tmp_path):
        roll_forward(tmp_path)
    index = Index.open(Layout(tmp_path).state_file)
    assert index.feed_states() == {"paper": '{"day": 4}', "radio": '{"old": 1}'}
    index.close()
    assert retained(tmp_path, fetches=limit) == 0
    with pytest.raises(ValueError, match="articles is not thinned out"):
        retained(tmp_path, articles=limit)

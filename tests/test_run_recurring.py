"""Runs that follow each other: nothing twice, edits as revisions, several processes, any order."""

import shutil
from pathlib import Path

import pytest
from running import ROOT, dataset, rows, run_here, timeless, write_jsonl

SEEDS = [ROOT / "seeds/articles/*.txt", ROOT / "seeds/articles/*.jsonl", ROOT / "seeds/feeds/*"]


def test_second_run_adds_no_row_and_an_edited_seed_adds_one_revision(tmp_path: Path) -> None:
    seeds, out = tmp_path / "seeds", tmp_path / "out"
    shutil.copytree(ROOT / "seeds" / "articles", seeds)
    assert run_here(out, [seeds]) == 0
    first = {table: rows(out, table) for table in ("articles", "mentions", "complaints", "sightings")}
    assert run_here(out, [seeds]) == 0
    assert {table: rows(out, table) for table in first} == first
    runs = sorted(rows(out, "runs"), key=lambda run: str(run["run_id"]))
    assert [(run["new_articles"], run["revisions"]) for run in runs] == [(len(first["articles"]), 0), (0, 0)]
    assert dict(runs[1]["rejected"]) == {"seen_before": len(first["articles"])}

    edited = sorted(seeds.glob("*.txt"))[0]
    edited.write_text(edited.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    assert run_here(out, [seeds]) == 0
    added = [row for row in rows(out, "articles") if row not in first["articles"]]
    assert [row["revision"] for row in added] == [1]
    (original,) = [row for row in first["articles"] if row["article_id"] == added[0]["article_id"]]
    assert (original["revision"], original["external_id"]) == (0, added[0]["external_id"])
    assert rows(out, "sightings") == first["sightings"]


def test_every_finding_is_a_span_of_its_article(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run_here(out, [*SEEDS, ROOT / "seeds/articles/*.html"]) == 0
    articles = {(row["article_id"], row["revision"]): row for row in rows(out, "articles")}
    mentions, complaints = rows(out, "mentions"), rows(out, "complaints")
    assert mentions
    assert complaints
    for row, surface in [*((row, "surface") for row in mentions), *((row, "evidence") for row in complaints)]:
        text = articles[row["article_id"], row["revision"]][row["field"]]
        assert text[row["start_char"] : row["end_char"]] == row[surface]
        assert row["sentence"] in text
    for row in mentions:
        text = articles[row["article_id"], row["revision"]][row["field"]]
        assert text[row["sentence_start"] : row["sentence_end"]] == row["sentence"]
    for row in articles.values():
        asserted = any(c["status"] == "asserted" and c["article_id"] == row["article_id"] for c in complaints)
        assert row["relevant"] == (bool(row["actors"]) or asserted)


def test_several_processes_give_the_rows_of_one(tmp_path: Path) -> None:
    assert run_here(tmp_path / "one", SEEDS, workers=1) == 0
    assert run_here(tmp_path / "two", SEEDS, workers=2) == 0
    assert dataset(tmp_path / "one") == dataset(tmp_path / "two")


def test_rows_do_not_depend_on_how_the_input_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [
        {"id": n, "title": f"Title {n}", "text": f"Mothers of soldiers said {n}." * 5, "source": f"s{n % 3}"}
        for n in range(300)
    ]
    path = write_jsonl(tmp_path / "many.jsonl", records)
    assert run_here(tmp_path / "whole", [path]) == 0
    monkeypatch.setattr("transforms.documents.seed_files.SHARD_BYTES", 4_000)
    assert run_here(tmp_path / "cut", [path]) == 0
    assert len(list((tmp_path / "cut/tables/articles").glob("dt=*/*.parquet"))) > 3
    assert dataset(tmp_path / "whole") == dataset(tmp_path / "cut")


def test_one_address_in_two_sources_is_one_article_and_two_sightings(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "wire.jsonl",
        [
            {"id": "1", "title": "A", "text": "One", "url": "https://example.org/a?utm_source=x", "source": "first"},
            {"id": "9", "title": "A", "text": "One, again", "url": "https://example.org/a", "source": "second"},
        ],
    )
    assert run_here(tmp_path / "out", [path]) == 0
    assert run_here(tmp_path / "out", [path]) == 0
    assert [row["source_id"] for row in rows(tmp_path / "out", "articles")] == ["first"]
    sightings = rows(tmp_path / "out", "sightings")
    assert sorted(row["source_id"] for row in sightings) == ["first", "second"]
    assert len({row["article_id"] for row in sightings}) == 1


def test_articles_of_any_language_and_age_are_kept(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "old.jsonl",
        [
            {
                "id": "de",
                "title": "Alt",
                "text": "Ein langer deutscher Satz über das Wetter.",
                "published": "1955-01-02",
            },
            {
                "id": "en",
                "title": "New",
                "text": "A plain English sentence about the weather.",
                "published": "nonsense",
            },
        ],
    )
    assert run_here(tmp_path / "out", [path]) == 0
    found = {row["external_id"]: row for row in rows(tmp_path / "out", "articles")}
    assert found["de"]["lang"] == "de"
    assert found["de"]["sentiment_engine"] == "none"
    assert found["en"]["published_at"] is None
    assert found["en"]["published_raw"] == "nonsense"
    assert found["en"]["sentiment_engine"] == "skipped"
    assert found["en"]["polarity"] is None


def test_analyse_all_scores_what_the_gate_would_leave_aside(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", [{"id": "1", "title": "Good", "text": "A lovely sunny day in the park."}])
    assert run_here(tmp_path / "out", [path], analyse="all") == 0
    (row,) = rows(tmp_path / "out", "articles")
    assert row["sentiment_engine"].startswith("textblob")
    assert row["polarity"] > 0


def test_same_rows_again_in_another_place(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run_here(tmp_path / name, SEEDS) == 0
    assert dataset(tmp_path / "a") == dataset(tmp_path / "b")
    assert timeless(rows(tmp_path / "a", "runs"))[0]["configuration_hash"]

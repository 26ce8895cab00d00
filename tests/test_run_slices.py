"""A run of several slices: the same tables as a run in one, whatever cuts it short."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from running import dataset, rows, run_here, write_jsonl

from pipeline import run
from transforms.analysis.analyse import Analyser, Identity

DOCUMENTS = 60
MOST = 30  # documents of a slice


def records() -> list[dict[str, Any]]:
    """Return documents of two sources, some edited, repeated, copied or not readable."""
    made: list[dict[str, Any]] = []
    for number in range(DOCUMENTS):
        text = f"Mothers of conscripts wrote letter {number} to the ministry because their sons had no equipment. "
        text += " ".join(f"word{number}x{i}" for i in range(20 * (number % 3)))
        one = {"id": number, "title": f"Letter {number}", "text": text, "source": "paper"}
        one["url"] = f"https://paper.example/{number}"
        made.append(one)
        if number % 5 == 0:
            made.append({**one, "source": "copyist", "id": f"c{number}"})
        if number % 7 == 0:
            made.insert(0, {**one, "text": text + " Corrected."})
        if number % 11 == 0:
            made.append(one)
        if number % 13 == 0:
            made.append({**one, "source": "other", "id": f"o{number}", "url": f"https://other.example/{number}"})
    return made


def latest(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Return tables for comparison: what an earlier slice showed is `seen_before`, not `repeated_in_run`."""
    for row in tables.get("runs", []):
        row["rejected"] = sum(number for _, number in row["rejected"])
    for failure in tables["failures"]:
        failure["item_ref"] = {**json.loads(failure["item_ref"]), "collected_at": ""}
    for story in tables["stories"]:
        del story["first_seen"]  # when it was collected, for what has no date
    return tables


def seeds_in(folder: Path) -> list[Path]:
    """Write seeds of every kind into `folder`."""
    folder.mkdir()
    write_jsonl(folder / "a.jsonl", records()[:50])
    write_jsonl(folder / "b.jsonl", records()[50:])
    with (folder / "b.jsonl").open("a") as file:
        file.write("no json\n")
    lines = ["id,title,text"] + [f"{n},Row {n},Wives of soldiers ask where row {n} is." for n in range(30)]
    (folder / "c.csv").write_text("\n".join([*lines, *lines[3:9]]))
    for number in range(5):
        (folder / f"d{number}.txt").write_text(f"Title {number}\n\nMothers of soldiers number {number} wrote.")
    return [folder]


@pytest.mark.parametrize("workers", [1, 2] if "PICKET_PROVE" in os.environ else [1])  # starting two costs 3 s a slice
def test_slices_bring_the_same_tables(tmp_path: Path, workers: int) -> None:
    seeds = seeds_in(tmp_path / "seeds")
    assert run_here(tmp_path / "whole", seeds) == 0
    assert run_here(tmp_path / "sliced", seeds, slice_documents=MOST, workers=workers) == 0
    assert len(rows(tmp_path / "whole", "runs")) == 1
    whole, sliced = latest(dataset(tmp_path / "whole")), latest(dataset(tmp_path / "sliced"))
    for table in whole:
        assert sliced[table] == whole[table], table
    assert len(whole["stories"]) > 3
    # And nothing is new to a next run.
    assert run_here(tmp_path / "sliced", seeds, slice_documents=MOST, workers=workers) == 0
    assert run_here(tmp_path / "whole", seeds) == 0
    whole, sliced = latest(dataset(tmp_path / "whole")), latest(dataset(tmp_path / "sliced"))
    for table in whole:
        assert sliced[table] == whole[table], table


def stopping(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let the process "die" once `after` slices are published."""
    run_slice = run._run_slice
    left = [after]

    def stop(*arguments: Any) -> None:
        if not left[0]:
            raise OSError(5, "the machine went away")
        left[0] -= 1
        run_slice(*arguments)

    monkeypatch.setattr(run, "_run_slice", stop)


def test_a_run_that_is_cut_short_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = seeds_in(tmp_path / "seeds")
    out = tmp_path / "out"
    assert run_here(tmp_path / "whole", seeds) == 0
    with monkeypatch.context() as patch:
        stopping(patch, 2)
        assert run_here(out, seeds, slice_documents=MOST) == 1
    assert "The first 2 slices of the run are published" in capsys.readouterr().err
    published = {(row["article_id"], row["revision"]) for row in rows(out, "articles")}
    assert 20 < len(published) < len(rows(tmp_path / "whole", "articles"))
    assert rows(out, "runs") == []
    analysed: list[str] = []
    analyse = Analyser.analyse

    def noting(self: Analyser, document: Any, identity: Identity) -> Any:
        analysed.append(identity.article_id)
        return analyse(self, document, identity)

    monkeypatch.setattr(Analyser, "analyse", noting)
    assert run_here(out, seeds, slice_documents=MOST) == 0
    assert len(analysed) == len(rows(out, "articles")) - len(published)
    whole, resumed = latest(dataset(tmp_path / "whole", ["runs"])), latest(dataset(out, ["runs"]))
    stories = {row["article_id"]: row for row in sorted(rows(out, "stories"), key=lambda row: row["run_id"])}
    assert len(stories) == len(whole["stories"])
    for table in set(whole) - {"stories"}:
        assert resumed[table] == whole[table], table
    assert list((out / "staging").iterdir()) == []


def test_a_source_that_goes_back_is_judged_by_all_slices(tmp_path: Path) -> None:
    def item(text: str, number: int = 1) -> dict[str, Any]:
        return {"id": number, "title": "Title", "text": text, "source": "paper", "published": "2024-05-01"}

    filling = [item("Filling", number) for number in range(2, 9)]
    runs = [
        [item("one"), *filling, item("two"), *filling, item("one")],  # both, and the first once more
        [item("two"), *filling, item("one")],  # both: nothing went back
        [item("one"), *filling, item("one")],  # the first alone: the source went back to it
        [item("one"), *filling, item("three"), *filling, item("two")],
    ]
    for number, records_of_run in enumerate(runs):
        path = write_jsonl(tmp_path / f"{number}.jsonl", records_of_run)
        assert run_here(tmp_path / "whole", [path]) == 0
        assert run_here(tmp_path / "sliced", [path], slice_documents=9) == 0
        whole, sliced = latest(dataset(tmp_path / "whole")), latest(dataset(tmp_path / "sliced"))
        assert sliced["articles"] == whole["articles"], f"run {number}"
        assert sliced["runs"] == whole["runs"], f"run {number}"
    texts = {row["revision"]: row["text"] for row in rows(tmp_path / "sliced", "articles") if row["external_id"] == "1"}
    assert texts == {0: "one", 1: "two", 2: "one", 3: "three"}

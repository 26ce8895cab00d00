"""Bad input: each a typed row in `failures`, and the run goes on."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from running import dataset, picket, rows, run_here, write_jsonl

from transforms.analysis.analyse import Analyser

GOOD = {"id": "good", "title": "Fine", "text": "Mothers of soldiers wrote a letter."}


def reasons(out: Path) -> dict[str, str]:
    return {Path(row["place"]).name: row["reason"] for row in rows(out, "failures")}


def test_each_fault_is_a_row_and_the_good_ones_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "empty.txt").write_bytes(b"")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 4)
    (folder / "page.rss").write_text("<html><body>This is no feed</body></html>")
    (folder / "broken.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00nonsense")
    lines = [json.dumps(GOOD), "{broken", json.dumps({"id": "1"}), '"text"', json.dumps({**GOOD, "id": "last"})]
    (folder / "mixed.jsonl").write_text("\n".join(lines) + "\n")
    out = tmp_path / "out"
    assert run_here(out, [folder, tmp_path / "nowhere-*.txt"]) == 0
    found = reasons(out)
    expected = {
        "empty.txt": "empty_file",
        "picture.png": "unknown_format",
        "broken.jsonl.gz": "bad_gzip",
        "mixed.jsonl:2": "bad_json",
        "mixed.jsonl:3": "empty_record",
        "mixed.jsonl:4": "bad_record",
        "nowhere-*.txt": "missing_file",
    }
    assert {place: found.get(place) for place in expected} == expected
    assert set(found) - set(expected) == {"binary.txt", "page.rss"}
    assert sorted(row["external_id"] for row in rows(out, "articles")) == ["good", "last"]
    (run,) = rows(out, "runs")
    assert run["failures"] == len(found)
    for row in rows(out, "failures"):
        assert row["step"]
        assert row["message"]
        assert row["occurred_at"]
        assert row["reason"] == row["reason"].lower().replace(" ", "_")


def test_wrong_encoding_is_decoded_or_refused_but_never_stored_broken(tmp_path: Path) -> None:
    text = "Матери солдат\nРодственники мобилизованных требуют ответа от министерства обороны."
    (tmp_path / "old.txt").write_bytes(text.encode("cp1251"))
    out = tmp_path / "out"
    assert run_here(out, [tmp_path / "old.txt"]) == 0
    (row,) = rows(out, "articles")
    assert row["title"] == "Матери солдат"


def failing(monkeypatch: pytest.MonkeyPatch, marker: str) -> None:
    analyse = Analyser.analyse

    def broken(self: Analyser, document: Any, identity: Any) -> Any:
        if marker in document.text:
            raise ZeroDivisionError("nobody expected this")
        return analyse(self, document, identity)

    monkeypatch.setattr(Analyser, "analyse", broken)


def test_unexpected_error_is_a_dead_letter_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [{**GOOD, "id": n, "text": f"Plain text number {n}."} for n in range(9)]
    records.append({"id": "bad", "title": "Bad", "text": "explode"})
    path = write_jsonl(tmp_path / "seeds.jsonl", records)
    with monkeypatch.context() as patch:
        failing(patch, "explode")
        assert run_here(tmp_path / "out", [path]) == 0
    (failure,) = rows(tmp_path / "out", "failures")
    assert (failure["reason"], failure["step"]) == ("internal_error", "analyse")
    assert "ZeroDivisionError: nobody expected this" in failure["message"]
    assert failure["place"].endswith("seeds.jsonl:10")
    assert "bad" not in {row["external_id"] for row in rows(tmp_path / "out", "articles")}
    assert run_here(tmp_path / "out", [path]) == 0
    assert run_here(tmp_path / "clean", [path]) == 0
    assert dataset(tmp_path / "out", ["failures", "runs"]) == dataset(tmp_path / "clean", ["failures", "runs"])


@pytest.mark.parametrize("most", [1_000, 30])
def test_later_versions_wait_for_one_that_failed_unexpectedly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """With `most` documents in a slice, the versions are read together, or in slices of their own."""
    bad = [{"id": "bad", "title": "Bad", "text": text} for text in ("explode", "second", "third")]
    filling = [{**GOOD, "id": n, "text": f"Plain text number {n}."} for n in range(60)]
    path = write_jsonl(tmp_path / "seeds.jsonl", [bad[0], *filling[:30], bad[1], *filling[30:], bad[2]])
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        failing(patch, "explode")
        assert run_here(out, [path], slice_documents=most) == 0
    assert sorted(row["reason"] for row in rows(out, "failures")) == ["held_back", "held_back", "internal_error"]
    assert "bad" not in {row["external_id"] for row in rows(out, "articles")}
    assert run_here(out, [path]) == 0
    assert run_here(tmp_path / "clean", [path]) == 0
    versions = {row["revision"]: row["text"] for row in rows(out, "articles") if row["external_id"] == "bad"}
    assert versions == {0: "explode", 1: "second", 2: "third"}
    assert dataset(out, ["failures", "runs"]) == dataset(tmp_path / "clean", ["failures", "runs"])


@pytest.mark.parametrize(("good", "bad"), [(100, 11), (2, 4)])
def test_too_many_unexpected_errors_fail_the_run_before_it_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], good: int, bad: int
) -> None:
    path = write_jsonl(tmp_path / "seeds.jsonl", [{**GOOD, "id": n, "text": f"Text {n}."} for n in range(good)])
    out = tmp_path / "out"
    assert run_here(out, [path]) == 0
    before = dataset(out)
    failing(monkeypatch, "explode")
    write_jsonl(tmp_path / "more.jsonl", [{"id": n, "title": "", "text": f"explode {n}"} for n in range(bad)])
    new = write_jsonl(tmp_path / "new.jsonl", [{"id": f"n{n}", "title": "", "text": f"New {n}"} for n in range(good)])
    assert run_here(out, [tmp_path / "more.jsonl", new]) == 1
    assert dataset(out) == before
    told = capsys.readouterr().err
    assert f"{bad} of {good + bad} documents failed unexpectedly" in told
    assert "ZeroDivisionError" in told


def test_an_unwritable_place_fails_the_run_in_one_plain_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    path = write_jsonl(tmp_path / "seeds.jsonl", [GOOD])
    done = picket("run", "--seeds", str(path), "--no-feeds", "--out", str(blocked / "out"))
    assert done.returncode == 1
    assert "The run failed" in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_that_are_not_used_are_named_once_a_file(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "seeds.jsonl", [{**GOOD, "id": n, "colour": "red", "size": n} for n in range(3)])
    done = picket("run", "--seeds", str(path), "--no-feeds", "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    assert done.stderr.count("colour") == 1
    assert "colour, size" in done.stderr


def test_text_with_terminal_codes_does_not_reach_the_terminal(tmp_path: Path) -> None:
    text = "\x1b]0;owned\x07Mothers of conscripts said their sons were sent to the front without training.\x1b[31m"
    path = write_jsonl(tmp_path / "seeds.jsonl", [{"id": "1", "title": "\x1b[2Jred", "text": text}])
    done = picket("run", "--seeds", str(path), "--no-feeds", "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    assert "\x1b" not in done.stderr + done.stdout


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Root may read everything: the rights of a file are then tested by a link that leads nowhere.
        (tmp_path / "dead.txt").symlink_to(tmp_path / "gone.txt")
    else:
        (tmp_path / "dead.txt").write_text("x")
        (tmp_path / "dead.txt").chmod(0)
    assert run_here(tmp_path / "out", [tmp_path / "dead.txt"]) == 0
    assert reasons(tmp_path / "out") == {"dead.txt": "unreadable_file"}

"""`picket explain` and `picket actors test`: findings marked in their text."""

from pathlib import Path

import pytest
from running import picket, rows, run_here, write_jsonl

from pipeline.commands import profile_of
from pipeline.explain import explain, show_actors

TEXT = "Mothers of conscripts said their sons were sent to the front without training."


def test_findings_are_marked_and_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = {"id": "1", "title": "A \x1b[31mletter", "text": TEXT}
    assert run_here(tmp_path / "out", [write_jsonl(tmp_path / "s.jsonl", [record])]) == 0
    (article,) = rows(tmp_path / "out", "articles")
    capsys.readouterr()
    assert explain(tmp_path / "out", article["article_id"][:8]) == 0
    told = capsys.readouterr().out
    assert "[Mothers of " in told
    assert "[1] actor soldiers-mothers: “Mothers of conscripts” (collective)" in told
    for row in rows(tmp_path / "out", "complaints"):
        assert f"complaint {row['code']} {row['status']}: “{row['evidence']}” ({row['method']}" in told
    assert "\x1b" not in told


def test_an_unknown_article_is_told(tmp_path: Path) -> None:
    assert run_here(tmp_path / "out", [write_jsonl(tmp_path / "s.jsonl", [{"id": 1, "text": "x"}])]) == 0
    done = picket("explain", "ffff'; DROP", "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert done.stderr.startswith("0 articles have an id that begins with")


def test_actors_of_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_actors(profile_of(None), "Совет матерей и жён подал жалобу.", None) == 0
    told = capsys.readouterr().out
    assert "[Совет матерей и жён]1 подал жалобу." in told
    assert "council-mothers-wives" in told

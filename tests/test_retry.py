"""Dead letters are tried again: what succeeds becomes rows once, what fails stays open, and nothing is told twice."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from feed_farm import FeedFarm, body
from running import dataset, picket, poll_here, rows, run_here, timeless, write_jsonl

from pipeline.config import Profile
from pipeline.maintain import compact_dataset, forget_things, retain_recent
from pipeline.plan import Request
from pipeline.query import run_query
from pipeline.retry import retry
from transforms.analysis.analyse import Analyser
from transforms.dataset.forget import ForgetRequest
from transforms.documents import parse
from transforms.letters import item
from transforms.letters.waiting import find_waiting
from transforms.tables.records import Unreadable

GOOD = {"id": "good", "title": "Fine", "text": "Mothers of soldiers wrote a letter."}
BAD = {"id": "bad", "title": "Broken", "text": "Wives of mobilised men wait: explode.", "published": "2026-03-01"}
LATER = ["runs", "failures", "retries"]


def fail(patch: pytest.MonkeyPatch, marker: str = "explode") -> None:
    """Let the analysis break on texts with `marker`, as a fault of the program would."""
    analyse = Analyser.analyse

    def broken(self: Analyser, document: Any, identity: Any) -> Any:
        if marker in document.text:
            raise ZeroDivisionError("nobody expected this")
        return analyse(self, document, identity)

    patch.setattr(Analyser, "analyse", broken)


def try_again(out: Path, **options: bool) -> int:
    return retry(Request(Profile(out=out), no_feeds=True), **options)


def open_failures(out: Path) -> list[tuple[Any, ...]]:
    with run_query(out, "SELECT place, reason, times, retryable FROM open_failures") as answer:
        return [(Path(row[0]).name, *row[1:]) for batch in answer.batches for row in batch]


def last_run(out: Path) -> dict[str, Any]:
    return max(rows(out, "runs"), key=lambda row: str(row["run_id"]))


@pytest.fixture
def failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset whose run lost one document to a fault of the program, and whose seed file is gone."""
    path = write_jsonl(tmp_path / "seeds.jsonl", [GOOD, BAD])
    with monkeypatch.context() as patch:
        fail(patch)
        assert run_here(tmp_path / "out", [path]) == 0
    path.unlink()
    return tmp_path / "out"


def test_what_succeeds_is_as_if_it_had_never_failed(failed: Path, tmp_path: Path) -> None:
    assert open_failures(failed) == [("seeds.jsonl:2", "internal_error", 1, True)]
    assert try_again(failed) == 0
    assert run_here(tmp_path / "clean", [write_jsonl(tmp_path / "seeds.jsonl", [GOOD, BAD])]) == 0
    expected = dataset(tmp_path / "clean", LATER)
    found = dataset(failed, LATER)
    modes = [row.pop("ingest_mode") for row in found["articles"]]
    assert sorted(modes) == ["retry", "seeds"]
    assert [row.pop("ingest_mode") for row in expected["articles"]] == ["seeds", "seeds"]
    assert found == expected
    run = last_run(failed)
    assert (run["ingest_mode"], run["documents"], run["new_articles"], run["failures"]) == ("retry", 1, 1, 0)
    collected = {row["collected_at"] for row in rows(failed, "articles")}
    assert len(collected) == 1  # the time at which it came in, not that of the other try
    assert [row["outcome"] for row in rows(failed, "retries")] == ["read"]
    assert open_failures(failed) == []
    before = dataset(failed)
    assert try_again(failed) == 0  # nothing waits: no run
    assert dataset(failed) == before


def test_what_fails_again_stays_open_and_is_not_doubled(
    failed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail(monkeypatch)
    before = dataset(failed, ["runs"])
    for _ in range(2):
        assert try_again(failed) == 0
    assert dataset(failed, ["runs"]) == before
    assert "Tried 1 dead letters: 0 new, 0 revised, 1 failed again" in capsys.readouterr().err
    assert last_run(failed)["failures"] == 1
    monkeypatch.setattr(Analyser, "analyse", lambda *_: (_ for _ in ()).throw(KeyError("other")))
    monkeypatch.setitem(parse.PARSERS, "jsonl", lambda *_: Unreadable("empty_record", "nothing in it"))
    assert try_again(failed) == 0
    assert [(row["outcome"], row["reason"]) for row in rows(failed, "retries")] == [("failed", "empty_record")]
    assert open_failures(failed) == [("seeds.jsonl:2", "empty_record", 1, True)]
    assert try_again(failed) == 0
    assert len(rows(failed, "retries")) == 1  # the same reason is told once


def test_many_that_fail_again_do_not_keep_others_from_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    records = [{**GOOD, "id": str(n), "text": f"Plain {n}."} for n in range(30)]
    with monkeypatch.context() as patch:
        for part in range(2):
            fail(patch)
            bad = [{**BAD, "id": f"b{part}{n}", "text": f"explode {part} {n}"} for n in range(8)]
            path = write_jsonl(tmp_path / f"{part}.jsonl", [*records[part * 15 : part * 15 + 15], *bad])
            assert run_here(out, [path]) == 0
    fail(monkeypatch, "explode 1")
    fail(monkeypatch, "explode 0 1")
    assert try_again(out) == 0
    run = last_run(out)
    assert (run["documents"], run["new_articles"], run["failures"]) == (16, 7, 9)
    assert len(open_failures(out)) == 9


def test_what_a_later_run_read_is_answered(failed: Path, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "seeds.jsonl", [GOOD, BAD])
    assert run_here(failed, [path]) == 0
    before = dataset(failed, ["runs", "retries"])
    assert try_again(failed) == 0
    assert dataset(failed, ["runs", "retries"]) == before
    (answer,) = rows(failed, "retries")
    assert (answer["outcome"], answer["reason"]) == ("rejected", "seen_before")
    assert open_failures(failed) == []


def test_an_old_letter_is_not_put_over_a_later_revision(failed: Path, tmp_path: Path) -> None:
    edited = {**BAD, "text": "Wives of mobilised men wait no longer."}
    assert run_here(failed, [write_jsonl(tmp_path / "seeds.jsonl", [GOOD, edited])]) == 0
    before = dataset(failed, ["runs", "retries"])
    assert try_again(failed) == 0
    assert dataset(failed, ["runs", "retries"]) == before
    assert [row["reason"] for row in rows(failed, "retries")] == ["superseded"]


def test_an_edit_that_failed_becomes_the_next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, path = tmp_path / "out", tmp_path / "seeds.jsonl"
    assert run_here(out, [write_jsonl(path, [{**BAD, "text": "Wives of mobilised men wait."}])]) == 0
    with monkeypatch.context() as patch:
        fail(patch)
        assert run_here(out, [write_jsonl(path, [GOOD, {**GOOD, "id": "2"}, BAD])]) == 0
    assert try_again(out) == 0
    assert sorted((row["external_id"], row["revision"]) for row in rows(out, "articles")) == [
        ("2", 0),
        ("bad", 0),
        ("bad", 1),
        ("good", 0),
    ]


def test_versions_that_failed_together_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, path = tmp_path / "out", tmp_path / "seeds.jsonl"
    versions = [{**BAD, "text": f"explode, version {number} of it"} for number in range(10)]
    others = [{**GOOD, "id": f"g{number}"} for number in range(4)]
    with monkeypatch.context() as patch:
        fail(patch)
        assert run_here(out, [write_jsonl(path, [*others, *versions])]) == 0
    assert try_again(out) == 0
    found = [row for row in rows(out, "articles") if row["external_id"] == "bad"]
    assert [row["text"] for row in sorted(found, key=lambda row: int(row["revision"]))] == [
        one["text"] for one in versions
    ]


def test_an_item_is_kept_once_however_often_it_fails(tmp_path: Path) -> None:
    out, path = tmp_path / "out", tmp_path / "seeds.jsonl"
    path.write_text("{broken\n")
    assert run_here(out, [path]) == 0
    path.write_text("\n\n{broken\n")  # the same item at another place
    assert run_here(out, [path]) == 0
    assert compact_dataset(out) == 0
    assert run_here(out, [path]) == 0
    kept = [row for row in rows(out, "failures") if row["item"] is not None]
    assert [row["item"] for row in kept] == ["{broken"]
    states = sorted(json.loads(row["item_ref"])["state"] for row in rows(out, "failures"))
    assert states == ["kept", "kept_earlier", "kept_earlier"]
    assert open_failures(out) == [("seeds.jsonl:3", "bad_json", 3, True)]


def test_bounds_of_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(item, "MAX_ITEM_BYTES", 100)
    monkeypatch.setattr(item, "MAX_SHARD_ITEM_BYTES", 150)
    path = tmp_path / "seeds.jsonl"
    path.write_text("\n".join(["{" + "x" * 99, "{" + "y" * 100, "{" + "z" * 49, "{" + "w" * 9]) + "\n")
    out = tmp_path / "out"
    assert run_here(out, [path, tmp_path / "missing.txt"]) == 0
    found = {Path(row["place"]).name: row for row in rows(out, "failures")}
    states = {place: json.loads(row["item_ref"])["state"] for place, row in found.items() if row["item_ref"]}
    assert states == {
        "seeds.jsonl:1": "kept",
        "seeds.jsonl:2": "too_large",
        "seeds.jsonl:3": "kept",
        "seeds.jsonl:4": "over_budget",
    }
    assert json.loads(found["seeds.jsonl:2"]["item_ref"])["bytes"] == 101
    assert found["seeds.jsonl:2"]["item"] is None
    assert found["seeds.jsonl:2"]["item_id"]
    assert run_here(out, [path]) == 0  # a next run does not take the next part of it
    assert sum(row["item"] is not None for row in rows(out, "failures")) == 2
    assert found["missing.txt"]["item_id"] is found["missing.txt"]["item_ref"] is None
    assert try_again(out) == 0
    told = capsys.readouterr().err
    assert "1 open failures cannot be tried: their raw item is too large to be kept" in told
    assert "1 failures were no documents" in told


@pytest.mark.parametrize("content", [b"\xff\xfe\x00nonsense\x00\x81", b"{\x00broken", "текст \u2028".encode()])
def test_an_item_comes_back_byte_for_byte(tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    out, seen = tmp_path / "out", []
    with monkeypatch.context() as patch:
        patch.setitem(parse.PARSERS, "text", lambda *_: Unreadable("bad_encoding", "no"))
        assert run_here(out, [tmp_path / "a.txt"]) == 0
    (tmp_path / "a.txt").unlink()

    def read(ref: Any, again: bytes) -> Any:
        seen.append((again, ref.external_id, ref.source_id))
        return Unreadable("bad_encoding", "no")

    monkeypatch.setitem(parse.PARSERS, "text", read)
    assert try_again(out) == 0
    assert seen == [(content, "a.txt", "a")]


FEED = b"""<rss version="2.0"><channel><title>Paper</title><item><guid isPermaLink="false">g1</guid>
<title>Broken</title><link>https://paper.example/1?id=7&amp;token=hush</link>
<description>Mothers of soldiers wait: explode.</description></item></channel></rss>"""


def test_an_entry_of_a_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, sources = tmp_path / "out", tmp_path / "sources.yaml"
    with FeedFarm() as farm:
        sources.write_text(f"sources:\n- id: paper\n  url: {farm.add('/feed', body(FEED))}\n")
        with monkeypatch.context() as patch:
            fail(patch)
            assert poll_here(out, sources) == 0
    (letter,) = rows(out, "failures")
    assert "hush" not in str(letter)  # secrets of who reads the feed are not stored
    assert try_again(out) == 0
    (article,) = rows(out, "articles")
    assert (article["source_id"], article["ingest_mode"]) == ("paper", "retry")
    assert article["url"] == "https://paper.example/1?id=7"
    assert article["collected_at"] == rows(out, "fetches")[0]["fetched_at"]
    assert article["text"] == "Mothers of soldiers wait: explode."


@pytest.mark.parametrize(
    "text",
    [
        "{broken Vera Lugovaya",
        '{broken "Vera\\nLugovaya"',
        "{broken \\u0056era Lug\\u006Fvaya",
        "{broken Vera&#32;&#76;ugovaya",
        "{broken <b>Vera</b> Lu<i>gov</i>aya",
        "{broken https://paper.example/Vera%20Lugovaya",
    ],
)
def test_a_forgotten_name_leaves_no_item_that_spells_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seeds.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + text + "\n{other\n")
    out = tmp_path / "out"
    assert run_here(out, [path]) == 0
    assert forget_things(out, ForgetRequest(names=("Vera Lugovaya",))) == 0
    items = sorted(row["item"] or "" for row in rows(out, "failures"))
    assert items == ["", "{other"]
    path.write_text(text + " again\n")  # another item with the name does not come in either
    assert run_here(out, [path]) == 0
    for file in out.rglob("*"):
        if file.is_file():
            assert b"Lugovaya" not in file.read_bytes(), file
    states = [json.loads(row["item_ref"])["state"] for row in rows(out, "failures")]
    assert sorted(states) == ["forgotten", "forgotten", "kept"]
    assert try_again(out) == 0


def test_what_cannot_be_searched_goes_with_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "Вера Луговая".encode("cp1251")
    (tmp_path / "a.txt").write_bytes(content)
    with monkeypatch.context() as patch:
        patch.setitem(parse.PARSERS, "text", lambda *_: Unreadable("bad_encoding", "no"))
        assert run_here(tmp_path / "out", [tmp_path / "a.txt"]) == 0
    (row,) = rows(tmp_path / "out", "failures")
    assert base64.b64decode(row["item"]) == content
    assert forget_things(tmp_path / "out", ForgetRequest(names=("Someone Else",))) == 0
    assert [row["item"] for row in rows(tmp_path / "out", "failures")] == [None]


def test_a_forgotten_article_and_source_leave_no_item(failed: Path, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"id": "z", "source": "secretpaper", "title"\n')
    assert run_here(failed, [tmp_path / "x.jsonl"]) == 0
    assert try_again(failed) == 0
    (article,) = [row["article_id"] for row in rows(failed, "articles") if row["external_id"] == "bad"]
    assert forget_things(failed, ForgetRequest(article_ids=(article,), source_ids=("secretpaper",))) == 0
    for file in failed.rglob("*"):
        if file.is_file():
            assert b"wait: explode" not in file.read_bytes(), file
            assert b"secretpaper" not in file.read_bytes(), file
    assert rows(failed, "failures") == []


def test_a_letter_of_what_was_forgotten_is_not_read(failed: Path, tmp_path: Path) -> None:
    assert run_here(failed, [write_jsonl(tmp_path / "s.jsonl", [GOOD, {**BAD, "source": "seeds"}])]) == 0
    assert forget_things(failed, ForgetRequest(names=("wives of mobilised men",))) == 0
    assert try_again(failed) == 0
    assert "mobilised" not in str(dataset(failed))


def test_retention_takes_items_along(failed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from pipeline import held
    from pipeline.clock import utc_now

    monkeypatch.setattr(held, "utc_now", lambda: utc_now() + timedelta(days=40))
    assert retain_recent(failed, 30) == 0
    assert rows(failed, "failures") == []
    assert find_waiting(failed).letters == ()


def test_the_command(failed: Path, tmp_path: Path) -> None:
    before = timeless(rows(failed, "runs"))
    done = picket("retry", "--out", str(failed), "--dry-run")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert done.stdout.startswith("internal_error\t")
    assert timeless(rows(failed, "runs")) == before
    done = picket("retry", "--out", str(failed), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["tried"], told["run"]["new_articles"], told["failed"]) == (0, 1, 1, 0)
    assert done.stderr == ""
    assert "No dead letter waits" in picket("retry", "--out", str(failed)).stderr
    done = picket("retry", "--out", str(tmp_path / "nothing"))
    assert done.returncode == 2
    assert "there is no dataset" in done.stderr
    assert not (tmp_path / "nothing").exists()

"""Seed files: found, planned and read; every line once, with its number, whatever the ranges."""

import gzip
import json
import os
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.documents import seed_files, seed_reading
from transforms.documents.line_ranges import cut_into_ranges, read_lines
from transforms.documents.parse import parse_document
from transforms.documents.seed_files import SeedShard, find_seed_files, plan_shards, read_body
from transforms.documents.seed_reading import iterate_shard
from transforms.documents.unpacking import unpack_gzip
from transforms.tables.records import DocumentRef, Failure, ParsedDocument

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def line(identifier: object, title: str = "title") -> bytes:
    return json.dumps({"id": identifier, "title": title, "text": ""}, ensure_ascii=False).encode()


def write(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read_shards(shards: list[SeedShard], spool: Path) -> tuple[list[DocumentRef], list[Failure]]:
    items = [item for shard in shards for item in iterate_shard(shard, spool, "run", NOW)]
    refs = [item for item in items if isinstance(item, DocumentRef)]
    return refs, [item for item in items if isinstance(item, Failure)]


def read_all(tmp_path: Path, *globs: str) -> tuple[list[ParsedDocument], list[tuple[str, str]]]:
    """Return the documents of `globs`, and place and reason of all that could not be read at any stage."""
    files, missing = find_seed_files(globs)
    shards, problems = plan_shards(files, tmp_path / "spool")
    refs, failures = read_shards(shards, tmp_path / "spool")
    documents: list[ParsedDocument] = []
    reasons = [(one.place, one.reason) for one in (*missing, *problems)]
    reasons += [(one.place, one.reason) for one in failures]
    for ref in refs:
        found = parse_document(ref, read_body(ref))
        if isinstance(found, ParsedDocument):
            documents.append(found)
        else:
            reasons.append((ref.place, found.reason))
    return documents, reasons


# --- lines of ranges ------------------------------------------------------------------------------------------------


@given(
    st.lists(st.binary(max_size=12).map(lambda body: body.replace(b"\n", b"")), max_size=12),
    st.booleans(),
    st.integers(1, 20),
    st.integers(1, 8),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_ranges_yield_each_line_once(
    tmp_path: Path, lines: list[bytes], ended: bool, target: int, max_line: int
) -> None:
    path = tmp_path / "lines"
    content = b"\n".join(lines) + (b"\n" if ended else b"")
    path.write_bytes(content)
    found = []
    for part in cut_into_ranges(str(path), len(content), target):
        owned = list(read_lines(str(path), part, max_line))
        assert all(part.start <= one.start < part.stop for one in owned)
        assert owned
        found.extend(owned)
    expected = content.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert [one.number for one in found] == list(range(1, len(expected) + 1))
    for one, body in zip(found, expected, strict=True):
        assert content[one.start :].startswith(body)
        stripped = body.removesuffix(b"\r")
        assert one.body == (stripped if len(stripped) <= max_line else None)


@given(st.lists(st.text("аб \n", max_size=30), min_size=1, max_size=30), st.integers(8, 200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_shards_of_any_size_give_the_same_documents(tmp_path: Path, titles: list[str], size: int) -> None:
    path = write(tmp_path / "a.jsonl", b"\n".join(line(number, title) for number, title in enumerate(titles)))
    files, _ = find_seed_files([str(path)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seed_files, "SHARD_BYTES", size)
        shards, problems = plan_shards(files, tmp_path / "spool")
    assert not problems
    assert len({shard.shard for shard in shards}) == len(shards)
    refs, failures = read_shards(shards, tmp_path)
    assert not failures
    assert [ref.place for ref in refs] == [f"{path}:{number}" for number in range(1, len(titles) + 1)]
    assert [read_body(ref) for ref in refs] == [line(number, title) for number, title in enumerate(titles)]


def test_lines_of_a_later_range_have_their_own_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed_files, "SHARD_BYTES", 1000)
    path = write(tmp_path / "a.jsonl", b"\n".join([line(number) for number in range(500)] + [b"{broken"] + [line(501)]))
    documents, reasons = read_all(tmp_path, str(path))
    assert len(documents) == 501
    assert reasons == [(f"{path}:501", "bad_json")]


def test_a_line_over_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed_reading, "MAX_LINE", 1000)
    monkeypatch.setattr(seed_files, "SHARD_BYTES", 300)
    path = write(tmp_path / "a.jsonl", b"\n".join([line(1), line(2, "x" * 5000), line(3)]))
    documents, reasons = read_all(tmp_path, str(path))
    assert [one.external_id for one in documents] == ["1", "3"]
    assert reasons == [(f"{path}:2", "too_large")]


# --- finding --------------------------------------------------------------------------------------------------------


def found(*globs: str, exclude: tuple[str, ...] = ()) -> list[tuple[str, str, str, str]]:
    files, _ = find_seed_files(globs, exclude)
    return [(file.place, file.identity, file.kind, file.source_id) for file in files]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.txt", "a.jsonl.gz", "sub/c.html", "sub/deep/d.ndjson", "sub/feed.rss", ".hidden.txt", "sub/x.pdf"):
        write(tmp_path / name, "x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_recursive_glob(tree: Path) -> None:  # noqa: ARG001 - the files are there
    assert found("**/*.*") == [
        ("a.jsonl.gz", "a.jsonl.gz", "jsonl", "a"),
        ("b.txt", "b.txt", "text", "b"),
        ("sub/c.html", "sub/c.html", "html", "c"),
        ("sub/deep/d.ndjson", "sub/deep/d.ndjson", "jsonl", "d"),
        ("sub/feed.rss", "sub/feed.rss", "feed", "feed"),
    ]


def test_identity_is_relative_to_the_fixed_part(tree: Path) -> None:
    assert found("sub/*.html") == [("sub/c.html", "c.html", "html", "c")]
    assert found("sub/c.html") == [("sub/c.html", "c.html", "html", "c")]
    assert found("s*/deep/*") == [("sub/deep/d.ndjson", "sub/deep/d.ndjson", "jsonl", "d")]
    assert found(str(tree / "sub/**/*.ndjson")) == [(f"{tree}/sub/deep/d.ndjson", "deep/d.ndjson", "jsonl", "d")]
    assert found("./sub/*.html") == [("./sub/c.html", "c.html", "html", "c")]


def test_a_folder_is_read_with_all_below_it(tree: Path) -> None:  # noqa: ARG001 - the files are there
    files, problems = find_seed_files(["sub"])
    assert [file.identity for file in files] == ["c.html", "deep/d.ndjson", "feed.rss"]
    assert [(one.place, one.reason) for one in problems] == [("sub/x.pdf", "unknown_format")]


def test_each_file_once_with_its_first_identity(tree: Path) -> None:
    (tree / "link.txt").symlink_to(tree / "b.txt")
    assert [one[1] for one in found("b.txt", "*.txt", "sub/../b.txt", str(tree / "b.txt"))] == ["b.txt"]


def test_exclude_and_no_feeds(tree: Path) -> None:  # noqa: ARG001 - the files are there
    assert [one[1] for one in found("sub/**", exclude=("sub/*.html", "sub/x.pdf"))] == ["deep/d.ndjson", "feed.rss"]
    assert [one[1] for one in found("**/*.*", exclude=("sub", "nowhere"))] == ["a.jsonl.gz", "b.txt"]
    assert [one[1] for one in found("sub/*.html", exclude=("su",))] == ["c.html"]
    files, _ = find_seed_files(["sub"], no_feeds=True)
    assert [file.kind for file in files] == ["html", "jsonl"]


@pytest.mark.parametrize("pattern", ["nothing.txt", "nothing/*.jsonl", "**/nothing", "sub/c.html/x", "", "[", "\0"])
def test_nothing_there(tree: Path, pattern: str) -> None:  # noqa: ARG001 - the files are there
    files, problems = find_seed_files([pattern])
    assert files == []
    assert [(one.place, one.reason) for one in problems] == [(pattern, "missing_file")]


def test_a_name_with_wildcards_in_it(tmp_path: Path) -> None:
    write(tmp_path / "a[1].txt", "x")
    write(tmp_path / "a1.txt", "x")
    assert [one[1] for one in found(str(tmp_path / "a[1].txt"))] == ["a[1].txt"]


@pytest.mark.parametrize("name", ["a", "a.pdf", "a.gz", "a.jsonl.zip", "a.docx.gz"])
def test_unknown_formats(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "x")
    _, reasons = read_all(tmp_path, str(path))
    assert reasons == [(str(path), "unknown_format")]


@pytest.mark.parametrize(
    ("name", "kind", "source_id"),
    [("A.TXT", "text", "A"), ("a.b.jsonl", "jsonl", "a.b"), ("a.HTM", "html", "a"), ("a.Jsonl.GZ", "jsonl", "a"),
     ("a.rdf", "feed", "a"), ("a.atom", "feed", "a"), ("a.xml.gz", "feed", "a"), ("a.json", "feed", "a")],
)  # fmt: skip
def test_kinds_go_by_the_ending(tmp_path: Path, name: str, kind: str, source_id: str) -> None:
    write(tmp_path / name, "x")
    assert [one[2:] for one in found(str(tmp_path / name))] == [(kind, source_id)]


# --- planning -------------------------------------------------------------------------------------------------------


def test_small_files_share_a_shard(tmp_path: Path) -> None:
    for number in range(1200):
        write(tmp_path / f"in/{number:04}.txt", "title")
    files, _ = find_seed_files([str(tmp_path / "in/*.txt")])
    shards, problems = plan_shards(files, tmp_path / "spool")
    assert not problems
    assert [len(shard.pieces) for shard in shards] == [500, 500, 200]
    assert pickle.loads(pickle.dumps(shards)) == shards  # noqa: S301 - our own bytes
    assert not (tmp_path / "spool").exists()


def test_shards_are_the_same_wherever_the_files_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed_files, "SHARD_BYTES", 200)
    names = []
    for folder in ("one", "two"):
        for name in ("a.jsonl", "b.jsonl"):
            write(tmp_path / folder / name, b"\n".join(line(number) for number in range(20)))
        files, _ = find_seed_files([str(tmp_path / folder / "*.jsonl")])
        names.append([shard.shard for shard in plan_shards(files, tmp_path / "spool")[0]])
    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0]) > 4


def test_files_of_one_name_have_shards_of_their_own(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(tmp_path / folder / "a.jsonl", b"x" * seed_files.SHARD_BYTES)
    files, _ = find_seed_files([str(tmp_path / "one/a.jsonl"), str(tmp_path / "two/a.jsonl")])
    shards, _ = plan_shards(files, tmp_path / "spool")
    assert len({shard.shard for shard in shards}) == 2


def test_ranks_follow_the_order_of_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        write(tmp_path / name, "x")
    files, _ = find_seed_files([str(tmp_path / "b.txt"), str(tmp_path / "a.txt")])
    refs, _ = read_shards(plan_shards(files, tmp_path, first_rank=7)[0], tmp_path)
    assert [(ref.external_id, ref.rank) for ref in refs] == [("b.txt", 7), ("a.txt", 8)]


# --- bad input ------------------------------------------------------------------------------------------------------


def test_places_are_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "in/a.jsonl", b"{\n" + line(1))
    write(tmp_path / "in/b.txt", "title")
    documents, reasons = read_all(tmp_path, "in/*")
    assert [one.ref.place for one in documents] == ["in/a.jsonl:2", "in/b.txt"]
    assert all(os.path.isabs(one.ref.path) for one in documents)
    assert reasons == [("in/a.jsonl:1", "bad_json")]


def test_one_bad_line_leaves_the_others(tmp_path: Path) -> None:
    cyrillic = line(3, "Матери солдат")
    path = write(
        tmp_path / "a.jsonl",
        b"\r\n".join([line(1), b"", b"  ", cyrillic, b"{]", b"[]", b"{}", "Матери".encode("cp1251"), line(9)])
        + b"\r\n",
    )
    documents, reasons = read_all(tmp_path, str(path))
    assert [one.external_id for one in documents] == ["1", "3", "9"]
    assert reasons == [
        (f"{path}:5", "bad_json"),
        (f"{path}:6", "bad_record"),
        (f"{path}:7", "empty_record"),
        (f"{path}:8", "bad_encoding"),
    ]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "windows-1251", "koi8-u", "cp866"]
)
def test_records_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    titles = ["Матери солдат вышли", "Они требуют вернуть", "plain"]
    body = "\n".join(line(number, title).decode() for number, title in enumerate(titles))
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path = write(tmp_path / "a.jsonl", (mark + body).encode(encoding))
    documents, reasons = read_all(tmp_path, str(path))
    assert reasons == []
    assert [one.title for one in documents] == titles
    assert [one.ref.place for one in documents] == [f"{path}:{number}" for number in (1, 2, 3)]


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.jsonl", "a.rss", "a.json", "a.jsonl.gz"])
def test_empty_files(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, gzip.compress(b"") if name.endswith(".gz") else b"")
    assert read_all(tmp_path, str(path)) == ([], [(str(path), "empty_file")])


@pytest.mark.parametrize("content", [b"\n", b" \n\n \r\n", b"\xef\xbb\xbf\n"])
def test_files_of_empty_lines(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "a.jsonl", content)
    assert read_all(tmp_path, str(path)) == ([], [(str(path), "empty_file")])


def test_packed_files(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(line(1) + b"\n{\n" + line(3)))
    text = write(tmp_path / "b.txt.gz", gzip.compress(b"Title\nText"))
    documents, reasons = read_all(tmp_path, str(tmp_path / "*.gz"))
    assert [(one.ref.place, one.ref.source_id, one.external_id) for one in documents] == [
        (f"{path}:1", "a", "1"),
        (f"{path}:3", "a", "3"),
        (str(text), "b", "b.txt.gz"),
    ]
    assert reasons == [(f"{path}:2", "bad_json")]


@pytest.mark.parametrize(
    "content",
    [b"no gzip at all", gzip.compress(line(1) * 1000)[:-20], gzip.compress(b"x" * 50)[:5], gzip.compress(b"a") + b"b"],
)
def test_broken_packed_files(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "a.jsonl.gz", content)
    assert read_all(tmp_path, str(path)) == ([], [(str(path), "bad_gzip")])


def test_a_bomb_is_stopped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gz", gzip.compress(b"0" * 10_000_000))
    trouble = unpack_gzip(str(path), tmp_path / "out", max_bytes=5_000_000)
    assert trouble is not None
    assert trouble.reason == "too_large"
    assert (tmp_path / "out").stat().st_size <= 6_000_000


@pytest.mark.parametrize(
    ("name", "cap"), [("a.txt", "MAX_DOCUMENT"), ("a.html", "MAX_DOCUMENT"), ("a.rss", "MAX_FEED")]
)
def test_files_over_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, cap: str) -> None:
    monkeypatch.setattr(seed_files, cap, 10)
    path = write(tmp_path / name, "x" * 11)
    assert read_all(tmp_path, str(path)) == ([], [(str(path), "too_large")])


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    documents, reasons = read_all(tmp_path, str(tmp_path / "*.txt"))
    assert documents == []
    assert reasons == [(str(tmp_path / "gone.txt"), "unreadable_file"), (str(tmp_path / "pipe.txt"), "unreadable_file")]


def test_a_file_that_vanishes_between_plan_and_reading(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", line(1))
    shards, _ = plan_shards(find_seed_files([str(path)])[0], tmp_path)
    path.unlink()
    refs, failures = read_shards(shards, tmp_path)
    assert refs == []
    assert [(one.place, one.reason, one.step, one.run_id, one.occurred_at) for one in failures] == [
        (str(path), "unreadable_file", "read", "run", NOW)
    ]


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "title and text")
    shards, _ = plan_shards(find_seed_files([str(path)])[0], tmp_path)
    refs, _ = read_shards(shards, tmp_path)
    path.write_bytes(b"x")
    with pytest.raises(OSError, match="shorter"):
        read_body(refs[0])


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title>
<item><guid>1</guid><title>One</title><description>First &amp;amp; text</description></item>
<item><guid>2</guid><title>Two</title></item></channel></rss>"""


def test_a_stored_feed(tmp_path: Path) -> None:
    path = write(tmp_path / "kurier.rss", RSS)
    documents, reasons = read_all(tmp_path, str(path))
    assert reasons == []
    assert [(one.external_id, one.title, one.text, one.ref.source_id, one.ref.place) for one in documents] == [
        ("1", "One", "First & text", "kurier", f"{path}#entry 1"),
        ("2", "Two", "", "kurier", f"{path}#entry 2"),
    ]
    assert all(one.ref.fetch_id is None for one in documents)


def test_a_stored_feed_that_is_none(tmp_path: Path) -> None:
    path = write(tmp_path / "a.rss", "<html><body>gone</body></html>")
    documents, reasons = read_all(tmp_path, str(path))
    assert documents == []
    assert [place for place, _ in reasons] == [str(path)]

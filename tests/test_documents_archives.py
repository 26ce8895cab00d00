"""Tables, exports and archives as seeds: CSV, Parquet, Telegram; whole, broken, and hostile."""

import errno
import gzip
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seed_reader import read

from transforms.documents import record_files, seed_reading, telegram_export
from transforms.documents.record_files import TableFormat

# --- CSV ------------------------------------------------------------------------------------------------------------

PLAIN = """id,title,text,url,lang,published,source,extra
1,"Матери, солдат","Первая ""строка""
вторая",,ru,15.04.2022,kurier,x
2,Two,,,,,,
"""


def test_csv(tmp_path: Path) -> None:
    documents, reasons = read(tmp_path, "a.csv", PLAIN.encode())
    assert reasons == []
    first, second = documents
    assert (first.external_id, first.title, first.text) == ("1", "Матери, солдат", 'Первая "строка"\nвторая')
    assert (first.ref.source_id, first.lang_hint, first.published_at) == (
        "kurier",
        "ru",
        datetime(2022, 4, 15, tzinfo=UTC),
    )
    assert first.ref.place.endswith("a.csv:2")
    assert (second.title, second.ref.source_id, second.ref.place[-8:]) == ("Two", "a", "/a.csv:4")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251", "koi8-u"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_in_other_encodings_and_with_other_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [["id", "title", "text"], ["1", "Матери солдат вышли", "Они требуют вернуть сыновей"]]
    content = "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)
    documents, reasons = read(tmp_path, "a.csv", content)
    assert reasons == []
    assert [(one.title, one.text) for one in documents] == [("Матери солдат вышли", "Они требуют вернуть сыновей")]


def test_csv_in_a_declared_dialect(tmp_path: Path) -> None:
    columns = (("id", "№"), ("title", "Заголовок"), ("text", 3))
    table = TableFormat(match="d*.csv", delimiter=";", quote="'", encoding="cp866", columns=columns)
    content = "N;Заголовок;Текст\n7;'Матери; солдат';x\n".replace("N", "№").encode("cp866")
    documents, reasons = read(tmp_path, "dump.csv", content, TableFormat(match="other"), table)
    assert reasons == []
    assert [(one.external_id, one.title, one.text) for one in documents] == [("7", "Матери; солдат", "x")]


def test_csv_without_a_header(tmp_path: Path) -> None:
    table = TableFormat(header=False, columns=(("id", 1), ("title", 3)))
    documents, reasons = read(tmp_path, "a.csv", b"1,x,One\n2,y,Two\n3\n", table)
    assert [(one.external_id, one.title, one.ref.place[-2:]) for one in documents] == [
        ("1", "One", ":1"),
        ("2", "Two", ":2"),
    ]
    assert reasons == [(":3", "empty_record")]


def test_tsv(tmp_path: Path) -> None:
    documents, _ = read(tmp_path, "a.tsv", b"title\ttext\nOne, two\tx\n")
    assert [one.title for one in documents] == ["One, two"]


def test_packed_csv(tmp_path: Path) -> None:
    documents, _ = read(tmp_path, "a.csv.gz", gzip.compress(PLAIN.encode()))
    assert len(documents) == 2
    _, reasons = read(tmp_path, "b.csv.gz", gzip.compress(PLAIN.encode() * 1000)[:-30])
    assert reasons[-1] == ("", "bad_gzip")


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (b"\n", [("", "empty_file")]),
        (b"title,text\n", [("", "empty_file")]),
        (b"name,body\n1,2\n", [("", "bad_columns")]),
        (b"title,text\n,\n1,2,3\na,b\n", [(":3", "bad_record")]),
        (b"title,text\na,\xff\n", [("", "bad_encoding")]),
        (b"id,title\n1,\n", [(":2", "empty_record")]),
    ],
)
def test_broken_csv(tmp_path: Path, content: bytes, reasons: list[tuple[str, str]]) -> None:
    assert read(tmp_path, "a.csv", content)[1] == reasons


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    table = TableFormat(columns=(("text", "Body"),))
    assert read(tmp_path, "a.csv", b"title,text\na,b\n", table)[1] == [("", "bad_columns")]
    assert read(tmp_path, "a.csv", b"title,text\na,b\n", TableFormat(encoding="no-such"))[1] == [("", "bad_encoding")]


def test_a_quote_that_never_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_files, "MAX_FIELD", 1000)
    documents, reasons = read(tmp_path, "a.csv", b'title,text\na,b\nc,"' + b"x\n" * 5000)
    assert [one.title for one in documents] == ["a"]
    assert reasons == [(":3", "bad_csv")]


# --- Parquet --------------------------------------------------------------------------------------------------------


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, row_group_size=2)
    return sink.getvalue()


def test_parquet(tmp_path: Path) -> None:
    content = parquet(
        id=[1, 2, 3],
        title=["One", None, "Three"],
        text=["a", "", "c"],
        published=[datetime(2022, 4, 15, 10, tzinfo=UTC), None, None],
        other=[[1], [2], [3]],
    )
    documents, reasons = read(tmp_path, "a.parquet", content)
    assert [(one.external_id, one.title) for one in documents] == [("1", "One"), ("3", "Three")]
    assert documents[0].published_at == datetime(2022, 4, 15, 10, tzinfo=UTC)
    assert documents[1].ref.place.endswith("a.parquet#row 3")
    assert reasons == [("#row 2", "empty_record")]


def test_parquet_with_a_map_of_columns(tmp_path: Path) -> None:
    content = parquet(nr=[1], head=["One"], body=[b"bytes"], day=[date(2022, 4, 15)], nested=[{"a": 1}])
    table = TableFormat(columns=(("id", "nr"), ("title", "head"), ("text", "body"), ("published", "day")))
    documents, reasons = read(tmp_path, "a.parquet", content, table)
    assert reasons == []
    assert [(one.external_id, one.text, one.published_raw) for one in documents] == [("1", "bytes", "2022-04-15")]
    assert read(tmp_path, "a.parquet", content, TableFormat(columns=(("title", "nested"),)))[1] == [
        ("#row 1", "bad_record")
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x", "bad_parquet"),
        (b"PAR1" + b"\0" * 50 + b"PAR1", "bad_parquet"),
        (parquet(a=[1]), "bad_columns"),
        (parquet(title=pa.array([], pa.string())), "empty_file"),
    ],
    ids=["no_parquet", "no_footer", "columns", "no_rows"],
)
def test_broken_parquet(tmp_path: Path, content: bytes, reason: str) -> None:
    assert read(tmp_path, "a.parquet", content)[1] == [("", reason)]


def test_a_cut_parquet_and_a_packed_one(tmp_path: Path) -> None:
    whole = parquet(title=["One"] * 10)
    assert read(tmp_path, "a.parquet", whole[: len(whole) // 2])[1] == [("", "bad_parquet")]
    assert read(tmp_path, "a.parquet.gz", gzip.compress(whole))[1] == [("", "unknown_format")]


# --- Telegram -------------------------------------------------------------------------------------------------------


def message(number: int, text: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "message",
        "date": "2022-04-15T13:00:00",
        "date_unixtime": "1650016800",
        "text": text,
    } | more


def export(*messages: Any, name: str | None = "Матері", kind: str = "public_channel") -> dict[str, Any]:
    return {"name": name, "type": kind, "id": 1234567, "messages": list(messages)}


def dump(value: Any, **options: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, **options).encode()


def test_an_export_of_one_channel(tmp_path: Path) -> None:
    parts = ["Матері ", {"type": "bold", "text": "вийшли"}, " на площу <3 & далі", {"type": "link"}, 7]
    content = dump(
        export(message(1, "Перше"), message(2, parts), message(3, ""), {"id": 4, "type": "service", "text": "x"}),
        indent=1,
    )
    documents, reasons = read(tmp_path, "result.json", content)
    assert reasons == []
    assert [(one.external_id, one.text, one.title) for one in documents] == [
        ("1", "Перше", ""),
        ("2", "Матері вийшли на площу <3 & далі", ""),
    ]
    assert {one.ref.source_id for one in documents} == {"Матері"}
    assert documents[1].url == "https://t.me/c/1234567/2"
    assert documents[1].published_at == datetime(2022, 4, 15, 10, tzinfo=UTC)
    assert documents[1].ref.place.endswith("result.json#message 2")


def test_what_looks_like_markup_in_a_message_was_typed(tmp_path: Path) -> None:
    documents, _ = read(tmp_path, "result.json", dump(export(message(1, "<b>не тег</b> &amp; &lt;3"))))
    assert [one.text for one in documents] == ["<b>не тег</b> &amp; &lt;3"]


def test_an_export_of_many_chats(tmp_path: Path) -> None:
    chats = [export(message(1, "a"), name="One"), export(), export(message(1, "b"), name=None, kind="private_group")]
    content = dump({"about": "x", "chats": {"about": "y", "list": chats}})
    documents, reasons = read(tmp_path, "result.json", content)
    assert reasons == []
    assert [(one.ref.source_id, one.text, one.url) for one in documents] == [
        ("One", "a", "https://t.me/c/1234567/1"),
        ("result", "b", None),
    ]


def test_a_long_export_is_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = dump(export(*(message(number, f'текст {number} \\ " messages": [ ]') for number in range(300))))
    for block in (1, 7, 1000):
        monkeypatch.setattr(telegram_export, "_CHUNK", block)
        documents, reasons = read(tmp_path, "result.json", content)
        assert reasons == []
        assert [one.external_id for one in documents] == [str(number) for number in range(300)]


@pytest.mark.parametrize("cut", [-1, -2, -30])
def test_a_cut_export_gives_what_is_whole(tmp_path: Path, cut: int) -> None:
    content = dump(export(message(1, "a"), message(2, "b")))[:cut]
    documents, reasons = read(tmp_path, "result.json", content)
    assert [one.text for one in documents][:1] == ["a"]
    assert reasons == ([] if cut == -1 else [("", "bad_json")])


def test_messages_that_are_none(tmp_path: Path) -> None:
    content = dump(export("text", None, message(1, {"a": 1}), message(2, "b"), message(3, None)))
    documents, reasons = read(tmp_path, "result.json", content)
    assert [one.text for one in documents] == ["b"]
    assert reasons == [("", "bad_record"), ("", "bad_record")]


def test_a_message_without_end_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_export, "MAX_MESSAGE", 5000)
    monkeypatch.setattr(telegram_export, "_CHUNK", 100)
    content = b'{"name": "x", "messages": [{"id": 1, "text": "' + b"x" * 100_000
    assert read(tmp_path, "result.json", content)[1] == [("", "bad_json")]
    assert read(tmp_path, "result.json", b'{"messages": [' + b"[" * 100_000)[1] == [("", "bad_json")]


def test_a_json_feed_is_no_export(tmp_path: Path) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "F",
        "items": [{"id": "1", "content_text": "x", "messages": []}],
    }
    documents, _ = read(tmp_path, "a.json", dump(feed))
    assert [(one.external_id, one.ref.kind) for one in documents] == [("1", "entry")]


def test_an_exception_that_nobody_foresaw_is_a_dead_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr(seed_reading, "read_csv", fail)
    assert read(tmp_path, "a.csv", b"title\nOne\n") == ([], [("", "internal_error")])


def test_a_full_disk_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(seed_reading, "_spooled", fail)
    with pytest.raises(OSError, match="No space"):
        read(tmp_path, "a.csv", b"title\nOne\n")


@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.parquet", "a.json", "a.warc", "a.csv.gz", "a.warc.gz"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_any_bytes(tmp_path: Path, content: bytes, name: str) -> None:
    _, reasons = read(tmp_path, name, content)
    assert "internal_error" not in {reason for _, reason in reasons}

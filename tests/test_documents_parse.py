"""Parsing: JSONL records, entries of feeds, texts and pages; every way in which one can be unreadable."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.documents.parse import MAX_TEXT, MAX_TITLE, PARSERS, parse_document
from transforms.tables.ids import content_hash
from transforms.tables.records import DocumentRef, ParsedDocument, Unreadable

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
REF = DocumentRef("shard", "/seeds/news.jsonl", 0, 1, "jsonl", "news", "news.jsonl:1", NOW)


def record(**values: Any) -> ParsedDocument:
    found = parse_document(REF, json.dumps(values, ensure_ascii=False).encode())
    assert isinstance(found, ParsedDocument), found
    return found


def refused(body: bytes, kind: str = "jsonl") -> Unreadable:
    found = parse_document(replace(REF, kind=kind), body)
    assert isinstance(found, Unreadable), found
    return found


def entry(ref: DocumentRef = REF, **values: Any) -> ParsedDocument:
    found = parse_document(replace(ref, kind="entry"), json.dumps(values).encode())
    assert isinstance(found, ParsedDocument), found
    return found


def text(body: bytes) -> ParsedDocument:
    found = parse_document(replace(REF, kind="text", external_id="a/b.txt"), body)
    assert isinstance(found, ParsedDocument), found
    return found


# --- records of JSONL -----------------------------------------------------------------------------------------------


def test_a_whole_record() -> None:
    found = record(
        id="a1",
        title="Матери <b>солдат</b>",
        text="<p>Первый&nbsp;абзац.</p><p>Второй.</p>",
        url="https://site.example/a/?utm_source=rss",
        lang="ru-RU",
        published="15 апреля 2022, 10:00",
        source="kurier",
    )
    assert found == ParsedDocument(
        ref=replace(REF, source_id="kurier"),
        external_id="a1",
        url="https://site.example/a/?utm_source=rss",
        canonical_url="https://site.example/a",
        title="Матери солдат",
        text="Первый абзац.\n\nВторой.",
        text_kind="full",
        lang_hint="ru",
        published_at=datetime(2022, 4, 15, 10, tzinfo=UTC),
        published_raw="15 апреля 2022, 10:00",
        date_flags=("zone_missing",),
        content_hash=content_hash("Матери солдат", "Первый абзац.\n\nВторой."),
        ignored_keys=(),
    )


def test_the_least_record() -> None:
    found = record(id=7, title="", text="x")
    assert (found.external_id, found.title, found.text, found.text_kind) == ("7", "", "x", "full")
    assert (found.url, found.canonical_url, found.lang_hint, found.published_at, found.published_raw) == (None,) * 5
    assert found.ref == REF


def test_a_title_alone_is_enough() -> None:
    found = record(id="1", title="x", text=None)
    assert (found.title, found.text, found.text_kind) == ("x", "", "title_only")


def test_other_keys_are_named() -> None:
    assert record(id="1", title="x", text="", b=1, a={"c": 2}).ignored_keys == ("a", "b")


def test_ids_that_are_numbers() -> None:
    assert record(id=0, title="x", text="").external_id == "0"
    assert record(id=1.5, title="x", text="").external_id == "1.5"
    assert record(id="", title="x", text="").external_id is None
    assert record(title="x", text="").external_id is None


def test_dates_that_are_numbers() -> None:
    found = record(id="1", title="x", text="", published=1650016800)
    assert (found.published_at, found.published_raw) == (datetime(2022, 4, 15, 10, tzinfo=UTC), "1650016800")


def test_a_bad_date_keeps_the_record() -> None:
    found = record(id="1", title="x", text="", published="0000-00-00")
    assert (found.published_at, found.published_raw, found.date_flags) == (None, "0000-00-00", ("out_of_range",))


def test_a_link_that_is_no_address_is_null() -> None:
    found = record(id="1", title="x", text="", url="javascript:alert(1)")
    assert (found.url, found.canonical_url) == (None, None)


def test_credentials_are_never_stored() -> None:
    found = record(id="1", title="x", text="", url="https://me:secret@site.example/a?token=secret&id=1")
    assert (found.url, found.canonical_url) == ("https://site.example/a?id=1",) * 2


def test_surrogates_and_controls_do_not_get_through() -> None:
    body = rb'{"id": "a\u0000\ud800", "title": "t\u0000\ud83d", "text": "a\u001b[0m\udc00b\ud83d\ude00",'
    body += rb' "source": "s\u0007"}'
    found = parse_document(REF, body)
    assert isinstance(found, ParsedDocument)
    assert (found.external_id, found.title, found.text, found.ref.source_id) == ("a", "t", "a[0mb😀", "s")


def test_caps() -> None:
    found = record(id="x" * 5_000, title="t" * 5_000, text="w " * MAX_TEXT)
    assert (len(found.title), found.title) == (MAX_TITLE, "t" * MAX_TITLE)
    assert len(found.text) <= MAX_TEXT
    assert len(found.external_id or "") == 1_000


@pytest.mark.parametrize(
    ("declared", "hint"),
    [("ru", "ru"), ("RU_ru", "ru"), ("uk-UA", "uk"), ("ua", "uk"), ("eng", "en"), ("", None), ("russian", None)],
)
def test_language_hints(declared: str, hint: str | None) -> None:
    assert record(id="1", title="x", text="", lang=declared).lang_hint == hint


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "bad_json"),
        (b"nonsense", "bad_json"),
        (b'{"id": "1", "title": "x"} trailing', "bad_json"),
        (b'{"id": "1" "title": "x"}', "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"id": ' + b"1" * 10_000 + b"}", "bad_json"),
        (b"[1, 2]", "bad_record"),
        (b'"text"', "bad_record"),
        (b"null", "bad_record"),
        (b"17", "bad_record"),
        (b'{"id": "1", "title": ["x"], "text": "y"}', "bad_record"),
        (b'{"id": {}, "title": "x", "text": "y"}', "bad_record"),
        (b'{"id": true, "title": "x", "text": "y"}', "bad_record"),
        (b'{"id": "1", "title": "x", "text": "y", "url": 5.5, "published": []}', "bad_record"),
        (b"{}", "empty_record"),
        (b'{"id": "1", "title": "", "text": ""}', "empty_record"),
        (b'{"id": "1", "title": null, "text": " \\n "}', "empty_record"),
        (b'{"id": "1", "title": "<p></p>", "text": "<script>x</script>"}', "empty_record"),
        (b'{"id": "1", "title": "\xcc\xe0\xf2\xe5\xf0\xe8"}', "bad_encoding"),
        (b"\xff\xfe{", "bad_encoding"),
    ],
)
def test_unreadable_records(body: bytes, reason: str) -> None:
    found = refused(body)
    assert found.reason == reason
    assert found.message


def test_a_mark_before_the_first_record() -> None:
    assert isinstance(parse_document(REF, b'\xef\xbb\xbf{"id": "1", "title": "x", "text": ""}'), ParsedDocument)


@given(st.binary(max_size=80))
def test_any_line(body: bytes) -> None:
    parse_document(REF, body)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON_VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)


@given(
    st.dictionaries(st.sampled_from(["id", "title", "text", "url", "lang", "published", "source", "x"]), JSON_VALUES)
)
def test_any_object(values: dict[str, Any]) -> None:
    found = parse_document(REF, json.dumps(values).encode())
    if isinstance(found, ParsedDocument):
        assert found.title or found.text
        f"{found.title}{found.text}{found.external_id}{found.url}{found.published_raw}{found.ref.source_id}".encode()


# --- entries of feeds -----------------------------------------------------------------------------------------------


def test_a_whole_entry() -> None:
    ref = replace(REF, url="https://site.example/feed.xml", language="uk", timezone="Europe/Kyiv")
    found = entry(
        ref, guid="g1", link="/a?utm_source=rss", title="T &amp; t", summary="short", content="<p>long</p>",
        published="15 квітня 2022, 10:00", updated="16 квітня 2022, 10:00",
    )  # fmt: skip
    assert (found.external_id, found.title, found.text, found.text_kind) == ("g1", "T & t", "long", "full")
    assert (found.url, found.canonical_url) == ("https://site.example/a?utm_source=rss", "https://site.example/a")
    assert (found.published_at, found.lang_hint) == (datetime(2022, 4, 15, 7, tzinfo=UTC), "uk")


def test_text_kinds_of_entries() -> None:
    assert entry(title="t", summary="s").text_kind == "summary"
    assert entry(title="t", summary="<p> </p>").text_kind == "title_only"
    assert entry(title="t", content="<img src=x>", summary="s").text == "s"
    assert entry(content="c").title == ""


def test_an_entry_without_a_date_takes_its_update() -> None:
    assert entry(title="t", updated="2022-04-15T10:00:00Z").published_raw == "2022-04-15T10:00:00Z"


def test_an_empty_entry() -> None:
    assert refused(b'{"guid": "x", "title": " "}', "entry").reason == "empty_record"
    assert refused(b"{", "entry").reason == "bad_json"


# --- texts and pages ------------------------------------------------------------------------------------------------


def test_a_text() -> None:
    found = text("Заголовок статьи\n\nПервый абзац,  с пробелами.\r\n\r\nВторой.\n".encode())
    assert (found.title, found.text) == ("Заголовок статьи", "Первый абзац, с пробелами.\n\nВторой.")
    assert (found.external_id, found.text_kind) == ("a/b.txt", "full")


def test_texts_keep_what_looks_like_markup() -> None:
    assert text(b"T\n<b>bold</b> &amp; a < b").text == "<b>bold</b> &amp; a < b"


def test_a_text_of_one_line() -> None:
    assert (text(b"Only a title").title, text(b"Only a title").text_kind) == ("Only a title", "title_only")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251", "koi8-r", "cp866"])
def test_texts_in_other_encodings(encoding: str) -> None:
    source = "Матери солдат вышли на площадь\nОни требуют вернуть сыновей домой."
    found = text(source.encode(encoding))
    assert f"{found.title}\n{found.text}" == source


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty_file"),
        (b" \r\n\t\n", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"\xff\xff\xff\xff", "bad_encoding"),
    ],
)
@pytest.mark.parametrize("kind", ["text", "html"])
def test_unreadable_files(body: bytes, reason: str, kind: str) -> None:
    assert refused(body, kind).reason == reason


def test_kinds() -> None:
    assert {"text", "html", "jsonl", "entry", "message"} <= set(PARSERS)
    with pytest.raises(KeyError):
        parse_document(replace(REF, kind="unheard"), b"")

"""Web archives as seeds: pages whole, packed, broken, and hostile."""

import gzip
from pathlib import Path

import pytest
from seed_reader import read

from transforms.documents import warc

PAGE = """<html><head><title>Матери солдат</title><meta charset="windows-1251"></head><body>
<article><h1>Матери солдат</h1>
<p>Матери солдат пришли к военкомату и потребовали вернуть сыновей домой, рассказала одна.</p>
<p>По их словам, связи с сыновьями нет уже третий месяц, и никто не отвечает на письма и звонки.</p>
</article></body></html>"""


def warc_record(
    url: str, body: bytes, kind: str = "response", status: str = "200 OK", headers: str = "Content-Type: text/html"
) -> bytes:
    block = f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n".encode() + body
    names = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": "2022-04-15T10:00:00Z",
        "Content-Length": len(block),
    }
    head = "WARC/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in names.items()) + "\r\n"
    return head.encode() + block + b"\r\n\r\n"


URL = "https://www.site.example/a?utm_source=x"


@pytest.mark.parametrize("packed", [False, True])
def test_pages_of_an_archive(tmp_path: Path, packed: bool) -> None:
    records = [
        warc_record(URL, PAGE.encode("cp1251")),
        warc_record(URL, b"", kind="request"),
        warc_record("https://b.example/gone", b"gone", status="404 Not Found"),
        warc_record("https://b.example/x.png", b"\x89PNG", headers="Content-Type: image/png"),
        warc_record("https://b.example/b", PAGE.encode(), headers="Content-Type: text/html; charset=utf-8"),
    ]
    content = b"".join(gzip.compress(one) for one in records) if packed else b"".join(records)
    documents, reasons = read(tmp_path, "a.warc.gz" if packed else "a.warc", content)
    assert reasons == []
    assert [(one.ref.source_id, one.canonical_url, one.text_kind, one.external_id) for one in documents] == [
        ("site.example", "https://www.site.example/a", "page", None),
        ("b.example", "https://b.example/b", "page", None),
    ]
    for one in documents:
        assert one.title == "Матери солдат"
        assert one.text.startswith("Матери солдат пришли")
        assert one.text.endswith("письма и звонки.")


def test_codings_of_pages(tmp_path: Path) -> None:
    body = PAGE.encode()
    parts = [body[at : at + 100] for at in range(0, len(body), 100)]
    chunked = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts)
    html = "Content-Type: text/html; charset=utf-8\r\n"
    content = b"".join(
        [
            warc_record("https://a.example/1", chunked + b"0\r\n\r\n", headers=html + "Transfer-Encoding: chunked"),
            warc_record("https://a.example/2", body, headers=html + "Transfer-Encoding: chunked"),
            warc_record("https://a.example/3", gzip.compress(body), headers=html + "Content-Encoding: gzip"),
            warc_record("https://a.example/4", body, headers=html + "Content-Encoding: gzip"),
            warc_record("https://a.example/5", b"x", headers=html + "Content-Encoding: br"),
            warc_record("https://a.example/6", b"\x1f\x8bxx", headers=html + "Content-Encoding: gzip"),
        ]
    )
    documents, reasons = read(tmp_path, "a.warc", content)
    assert [(one.url or "")[-1] for one in documents] == ["1", "2", "3", "4"]
    assert {one.title for one in documents} == {"Матери солдат"}
    assert reasons == [("#record 5", "unsupported_coding"), ("#record 6", "bad_gzip")]


def test_a_bomb_in_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "MAX_PAGE", 100_000)
    bomb = warc_record(
        URL, gzip.compress(b"0" * 1_000_000), headers="Content-Type: text/html\r\nContent-Encoding: gzip"
    )
    large = warc_record(URL, b"0" * 200_000)
    _, reasons = read(tmp_path, "a.warc", bomb + large)
    assert reasons == [("#record 1", "too_large")]


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (b"nonsense\r\n", [("#record 1", "bad_warc")]),
        (b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", [("#record 1", "bad_warc")]),
        (b"WARC/1.0\r\nContent-Length: x\r\n\r\n", [("#record 1", "bad_warc")]),
        (b"WARC/1.0\r\nContent-Length: 5", [("#record 1", "bad_warc")]),
        (b"WARC/1.0\r\n" + b"A: b\r\n" * 1000, [("#record 1", "bad_warc")]),
        (warc_record(URL, PAGE.encode())[:-100], [("#record 1", "bad_warc")]),
        (warc_record("javascript:x", PAGE.encode()), [("", "empty_file")]),
        (warc_record(URL, b" "), [("", "empty_file")]),
        (warc_record(URL, b"\xff\xff\xff\xff"), [("#record 1", "bad_encoding")]),
    ],
)
def test_broken_archives(tmp_path: Path, content: bytes, reasons: list[tuple[str, str]]) -> None:
    assert read(tmp_path, "a.warc", content) == ([], reasons)

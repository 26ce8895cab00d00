"""Encodings: every way in which a body tells or hides its own, and bodies that are no text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.documents.encodings import (
    BAD_ENCODING,
    DECLARED_WRONG,
    DETECTED,
    REPAIRED,
    Decoded,
    decode_body,
    detect_cyrillic,
)
from transforms.tables.records import Unreadable

RU = "Матери солдат вышли к военкомату и потребовали вернуть сыновей. «Нас никто не слышит», — сказала Ольга."
UK = "Матері солдатів вийшли до військкомату і зажадали повернути синів. Їх ніхто не чує, каже Ганна з Чернігова."
PLAIN = RU.replace("—", "-").replace("«", '"').replace("»", '"')  # no encoding lacks any letter of it
EN = "Soldiers’ mothers stood at the gate – “nobody hears us”, said one of them."
FR = "Les mères de soldats réclament la vérité à l'armée, après l'été"


def html(text: str, charset: str) -> str:
    return f'<html><head><meta charset="{charset}"></head><body>{text}</body></html>'


def meta(text: str, charset: str) -> str:
    return f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">{text}'


def xml(text: str, charset: str) -> str:
    return f"<?xml version='1.0' encoding='{charset}'?><rss>{text}</rss>"


GOLDEN = [
    # what the bytes prove
    (RU, "utf-8", RU, None, "utf-8", ()),
    (RU, "utf-8-sig", RU, None, "utf-8", ()),
    (RU, "utf-16", RU, None, "utf-16-le", ()),
    (RU, "utf-32", RU, None, "utf-32-le", ()),
    (UK, "utf-8", UK, "text/html; charset=windows-1251", "utf-8", ()),
    (xml(RU, "windows-1251"), "utf-8", xml(RU, "windows-1251"), None, "utf-8", ()),
    (xml(RU, "utf-16"), "utf-16-le", xml(RU, "utf-16"), None, "utf-16-le", (DETECTED,)),
    (xml(RU, "utf-16"), "utf-16-be", xml(RU, "utf-16"), None, "utf-16-be", (DETECTED,)),
    (EN.replace("’", "'"), "utf-8", EN.replace("’", "'"), None, "utf-8", ()),
    # what is declared inside
    (xml(RU, "windows-1251"), "windows-1251", xml(RU, "windows-1251"), None, "windows-1251", ()),
    (xml(UK, "WINDOWS-1251"), "windows-1251", xml(UK, "WINDOWS-1251"), "text/xml; charset=utf-8", "windows-1251", ()),
    (xml(PLAIN, "koi8-r"), "koi8-r", xml(PLAIN, "koi8-r"), None, "koi8-r", ()),
    (html(UK, "koi8-u"), "koi8-u", html(UK, "koi8-u"), None, "koi8-u", ()),
    (html(PLAIN, "cp866"), "cp866", html(PLAIN, "cp866"), None, "cp866", ()),
    (html(PLAIN, "IBM866"), "cp866", html(PLAIN, "IBM866"), None, "cp866", ()),
    (meta(PLAIN, "iso-8859-5"), "iso8859-5", meta(PLAIN, "iso-8859-5"), None, "iso8859-5", ()),
    (meta(RU, "x-mac-cyrillic"), "mac-cyrillic", meta(RU, "x-mac-cyrillic"), None, "mac-cyrillic", ()),
    (html(FR, "iso-8859-1"), "latin-1", html(FR, "iso-8859-1"), None, "windows-1252", ()),
    (html(EN, "windows-1252"), "windows-1252", html(EN, "windows-1252"), None, "windows-1252", ()),
    # what the server says
    (RU, "windows-1251", RU, "text/html; charset=windows-1251", "windows-1251", ()),
    (RU, "windows-1251", RU, 'text/html; charset="CP1251"', "windows-1251", ()),
    (UK, "koi8-u", UK, "text/plain;charset=koi8-u", "koi8-u", ()),
    ("žluťoučký kůň", "windows-1250", "žluťoučký kůň", "text/html; charset=windows-1250", "windows-1250", ()),
    ("軍人の母", "shift_jis", "軍人の母", "text/html; charset=shift_jis", "shift_jis", ()),
    # what is found out
    (RU, "windows-1251", RU, None, "windows-1251", (DETECTED,)),
    (UK, "windows-1251", UK, None, "windows-1251", (DETECTED,)),
    (RU.upper(), "windows-1251", RU.upper(), None, "windows-1251", (DETECTED,)),
    (PLAIN, "koi8-r", None, None, "koi8-r", (DETECTED,)),
    (UK, "koi8-u", UK, None, "koi8-u", (DETECTED,)),
    (PLAIN, "cp866", None, None, "cp866", (DETECTED,)),
    (PLAIN, "iso8859-5", None, None, "iso8859-5", (DETECTED,)),
    (RU, "mac-cyrillic", RU, None, "mac-cyrillic", (DETECTED,)),
    ("Матери солдат", "windows-1251", None, None, "windows-1251", (DETECTED,)),
    ("Матері солдатів", "koi8-u", None, None, "koi8-u", (DETECTED,)),
    (EN, "windows-1252", EN, None, "windows-1252", (DETECTED,)),
    (FR, "windows-1252", FR, None, "windows-1252", (DETECTED,)),
    # lies
    (RU, "windows-1251", RU, "text/html; charset=utf-8", "windows-1251", (DETECTED, DECLARED_WRONG)),
    (xml(RU, "utf-16"), "windows-1251", xml(RU, "utf-16"), None, "windows-1251", (DETECTED,)),
    (html(RU, "gbk"), "windows-1251", html(RU, "gbk"), None, "windows-1251", (DETECTED, DECLARED_WRONG)),
    (html("士兵母亲委员会要求归还她们的儿子", "gbk"), "gbk", None, None, "gbk", ()),
    (RU, "windows-1251", RU, "text/html; charset=ISO-8859-1", "windows-1251", (DETECTED, DECLARED_WRONG)),
    (html(RU, "koi8-r"), "windows-1251", None, None, "windows-1251", (DETECTED, DECLARED_WRONG)),
    (html(UK, "windows-1251"), "koi8-u", None, None, "koi8-u", (DETECTED, DECLARED_WRONG)),
    (xml(RU, "iso-8859-1"), "windows-1251", None, None, "windows-1251", (DETECTED, DECLARED_WRONG)),
    (xml(RU, "koi8-r"), "windows-1251", None, "text/xml; charset=windows-1251", "windows-1251", (DECLARED_WRONG,)),
    (html(RU, "no-such-charset"), "windows-1251", None, None, "windows-1251", (DETECTED,)),
    (html(RU, "unicode_escape"), "windows-1251", None, None, "windows-1251", (DETECTED,)),
    (RU, "windows-1251", None, "text/html; charset=utf-7", "windows-1251", (DETECTED,)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "written_in", "expected", "content_type", "encoding", "flags"),
    GOLDEN,
    ids=[f"{index}-{row[1]}-{row[3]}" for index, row in enumerate(GOLDEN)],
)
def test_golden(
    source: str, written_in: str, expected: str | None, content_type: str | None, encoding: str, flags: tuple[str, ...]
) -> None:
    body = source.encode(written_in)
    assert decode_body(body, content_type) == Decoded(expected or source, encoding, flags)


def test_what_the_caller_knows_goes_before_the_server() -> None:
    found = decode_body("Осень".encode("koi8-r"), "text/plain; charset=windows-1251", "koi8-r")
    assert found == Decoded("Осень", "koi8-r")


def test_a_cut_text_is_still_utf8() -> None:
    assert decode_body(RU[:-1].encode()[:-1], None) == Decoded(RU[:-2] + "\ufffd", "utf-8", (REPAIRED,))
    stray = f"{RU} ".encode() + b"\x97" + f" {UK}".encode()
    assert decode_body(stray, None) == Decoded(f"{RU} \ufffd {UK}", "utf-8", (REPAIRED,))


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xff\xff\xff",
        b"\xff\xfe\xfa\xf0\x81",
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf\xff\xff",
        b"abc \xd0\xff\xfe def",
        bytes(range(128, 256)),
        bytes(range(256)) * 4,
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00" + bytes(range(256)),
        b"text\x00\x01\x02\x03\x04\x05",
        "Матери".encode()[:-1],
    ],
)
def test_no_text(body: bytes) -> None:
    found = decode_body(body, None)
    assert isinstance(found, Unreadable)
    assert found.reason == BAD_ENCODING


def test_nothing_is_text() -> None:
    assert decode_body(b"", None) == Decoded("", "utf-8")


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-u", "cp866", "iso8859-5"])
@pytest.mark.parametrize(
    "headline",
    [
        "Фёдор Конюхов заявил, что власти стремятся уберечь мирных",
        "Эрдоган заявил, что власти Турции уходят из Сирии",
        "Родители курсантов подали в суд на училище",
        "ЖЕНЫ МОБИЛИЗОВАННЫХ ВЫШЛИ НА ПЛОЩАДЬ",
        "Уряд Чехії: 'їхні сини' повернуться до Києва",
        "Физический контакт",
    ],
)
def test_headlines_are_enough(headline: str, encoding: str) -> None:
    body = headline.encode(encoding, "ignore")
    found = decode_body(body, None)
    assert isinstance(found, Decoded)
    assert found.text == body.decode(encoding)


@given(
    st.binary(max_size=300), st.sampled_from([None, "text/html; charset=windows-1251", "a; charset=hex", "charset="])
)
def test_any_bytes(body: bytes, content_type: str | None) -> None:
    found = decode_body(body, content_type)
    if isinstance(found, Decoded):
        found.text.encode("utf-8")
        assert found.encoding


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Co", "Cn"]), max_size=100))
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    assert decode_body(text.encode(), "text/html; charset=koi8-r") == Decoded(text.removeprefix("\ufeff"), "utf-8")


def test_detection_of_nothing() -> None:
    assert detect_cyrillic(b"plain ascii") is None
    assert detect_cyrillic("é".encode("latin-1") * 50) is None

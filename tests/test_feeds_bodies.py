"""Bodies decoded as they arrive: every coding, every cut, and never more bytes than asked for."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-not-found,import-untyped,unused-ignore] # it ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.feeds.bodies import BodyReader, accepted_codings
from transforms.tables.records import Unreadable

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    " GZip ": gzip.compress,
    "identity, gzip": gzip.compress,
    "br": lambda body: brotli.compress(body, quality=3),
}


def _read(coding: str, wire: bytes, limit: int, step: int) -> bytes | Unreadable:
    reader = BodyReader(coding, limit)
    for start in range(0, len(wire), step):
        if error := reader.add(wire[start : start + step]):
            return error
    return reader.finish()


@given(coding=st.sampled_from(sorted(ENCODERS)), body=st.binary(max_size=5000), step=st.integers(1, 700))
def test_a_body_comes_out_whole_however_it_was_cut(coding: str, body: bytes, step: int) -> None:
    assert _read(coding, ENCODERS[coding](body), 5000, step) == body


@given(coding=st.sampled_from(sorted(ENCODERS)), size=st.integers(1000, 1002), step=st.integers(1, 2000))
def test_the_limit_is_of_decoded_bytes_and_exact(coding: str, size: int, step: int) -> None:
    read = _read(coding, ENCODERS[coding](bytes(size)), 1001, step)
    assert (read.reason if isinstance(read, Unreadable) else len(read)) == ("too_large" if size > 1001 else size)


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_bomb_is_seen_before_it_is_large(coding: str) -> None:
    bomb = ENCODERS[coding](bytes(200 * 1024 * 1024)) if coding == "br" else _gzip_of_zeros(200)
    tracemalloc.start()
    read = _read(coding, bomb, 1024 * 1024, len(bomb))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(read, Unreadable)
    assert read.reason == "too_large"
    assert peak < 8 * 1024 * 1024


def _gzip_of_zeros(mebibytes: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(squeeze.compress(bytes(1024 * 1024)) for _ in range(mebibytes)) + squeeze.flush()


def test_gzip_of_several_members_and_with_rubbish_behind() -> None:
    parts = gzip.compress(b"one ") + gzip.compress(b"two")
    for step in (1, 7, 1000):
        assert _read("gzip", parts, 100, step) == b"one two"
        assert _read("gzip", parts + b"\x00rubbish", 100, step) == b"one two"


@pytest.mark.parametrize(
    ("coding", "wire", "reason"),
    [
        ("gzip", b"not gzip", "corrupt_coding"),
        ("gzip", zlib.compress(b"zlib, not gzip"), "corrupt_coding"),
        ("gzip", gzip.compress(b"cut" * 100)[:-4], "incomplete_body"),
        ("br", b"\xff\xff\xff\xff", "corrupt_coding"),
        ("br", brotli.compress(b"cut" * 1000)[:-2], "incomplete_body"),
        ("deflate", b"x", "unknown_coding"),
        ("zstd", b"x", "unknown_coding"),
        ("compress", b"x", "unknown_coding"),
        ("gzip, br", b"x", "several_codings"),
        ("gzip,gzip", b"x", "several_codings"),
        ("gzip" * 1000, b"x", "unknown_coding"),
    ],
)
def test_what_cannot_be_decoded_has_its_reason(coding: str, wire: bytes, reason: str) -> None:
    read = _read(coding, wire, 10_000, 100)
    assert isinstance(read, Unreadable)
    assert read.reason == reason
    assert len(read.message) < 200


def test_only_what_can_be_bounded_is_asked_for() -> None:
    assert accepted_codings() == "gzip, br"

"""Stable identifiers: a hash of canonical JSON, free of clock, process and run."""

import hashlib
import json

ID_DIGITS = 24  # 96 bits: at 10^9 rows the chance of one collision is below 10^-11


def stable_id(kind: str, *parts: str | int | None) -> str:
    """Return `ID_DIGITS` hex digits that depend on `kind` and `parts` alone."""
    canonical = json.dumps([kind, *parts], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:ID_DIGITS]


def content_hash(title: str, text: str) -> str:
    """Return the hash that tells whether an article was edited."""
    return stable_id("content", title, text)

"""The raw item of a dead letter: what of it is kept in `failures`, and how it becomes a document again."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from transforms.documents.seed_files import read_body
from transforms.letters.spellings import spells_name
from transforms.tables.ids import stable_id
from transforms.tables.masking import ForgottenNames, mask_names
from transforms.tables.records import DocumentRef, Failure

# Bytes of one raw item: entries of feeds, records and nearly all pages are smaller. A larger one is not cut, which
# would make another item of it: of it the reference alone is kept.
MAX_ITEM_BYTES = 256 * 1024
# Bytes of all items kept of one shard of a run, whose input is 8 MiB: a large file that is of another format than its
# name says must not be stored a second time, line by line.
MAX_SHARD_ITEM_BYTES = 2 * 1024 * 1024

UTF8 = "utf-8"
BASE64 = "base64"
KEPT = "kept"
OVER_BUDGET = "over_budget"
FORGOTTEN = "forgotten"
# Whether the item is there, and if not, why: it is larger than MAX_ITEM_BYTES; its shard had MAX_SHARD_ITEM_BYTES
# already; an earlier row has it; it could not be read again; it may hold what was forgotten.
ItemState = Literal["kept", "too_large", "over_budget", "kept_earlier", "unreadable", "forgotten"]

_TOLD = ("url", "language", "timezone", "external_id")  # of a reference, where they are not null


@dataclass(frozen=True, slots=True)
class Keeping:
    """What decides about the items of a run: ids that the dataset has, or refused, and names that it must not have."""

    known: frozenset[str]
    refused: frozenset[str]  # for want of room: a next run over the same file must not take a next part of it
    names: ForgottenNames


def with_items(failures: Iterable[Failure], keeping: Keeping) -> Iterator[Failure]:
    """Yield the failures of one shard in a stable order, as they are stored: with items, as far as they are kept.

    Names that were forgotten are masked in what is told, and an item that may hold one is not kept.
    """
    kept: set[str] = set(keeping.known)
    budget = MAX_SHARD_ITEM_BYTES
    for failure in sorted(failures, key=lambda one: (one.step, one.place, one.failure_id)):
        stored = _masked(failure, keeping.names)
        if failure.ref is not None:
            body = _body_of(failure.ref)
            item_id = id_of(failure.ref, body)
            room = 0 if item_id in keeping.refused else budget
            state = _state(body, item_id in kept, room, keeping.names)
            reference = mask_names(_told(failure.ref, body, state), keeping.names)
            stored = replace(stored, item_id=item_id, item_ref=reference)
            if body is not None and state == KEPT:
                kept.add(item_id)
                budget -= len(body)
                stored = replace(stored, item=_text(body))
        yield stored


def id_of(ref: DocumentRef, body: bytes | None) -> str:
    """Return what a raw item is known by: its source, kind and bytes; its place, which shifts in a feed, without."""
    told = ref.place if body is None else hashlib.sha256(body).hexdigest()
    return stable_id("item", ref.source_id, ref.kind, ref.external_id, told)


def state_of(item_ref: str | None) -> str | None:
    """Return the ItemState that a stored reference tells, or None where it tells none."""
    told = _object(item_ref)
    return str(told["state"]) if told and "state" in told else None


def without_item(item_ref: str | None) -> str | None:
    """Return a stored reference as it is once its item was removed on request."""
    told = _object(item_ref)
    return json.dumps({**told, "state": FORGOTTEN}, ensure_ascii=False) if told else None


def bytes_of(item: str, item_ref: str | None) -> bytes | None:
    """Return the bytes of a stored item, or None where its reference does not tell how they are written."""
    encoding = (_object(item_ref) or {}).get("encoding")
    if encoding == BASE64:
        try:
            return base64.b64decode(item, validate=True)
        except ValueError:
            return None
    return item.encode() if encoding == UTF8 else None


def restore(row: Mapping[str, Any]) -> tuple[DocumentRef, bytes] | None:
    """Return the document of a row of `failures`, with its bytes, or None where it cannot be made of it.

    Where the bytes lie is the caller's to say: `start` is where they lay, and orders the documents of one file.
    """
    told, body = _object(row["item_ref"]), None
    if row["item"] is not None and told:
        body = bytes_of(row["item"], row["item_ref"])
    if told is None or body is None:
        return None
    try:
        ref = DocumentRef(
            shard="",
            path="",
            start=told.get("start", 0),
            length=len(body),
            kind=told["kind"],
            source_id=row["source_id"],
            place=row["place"],
            collected_at=datetime.fromisoformat(told["collected_at"]),
            url=told.get("url"),
            language=told.get("language"),
            timezone=told.get("timezone"),
            external_id=told.get("external_id"),
            pages=told.get("pages", "never"),
            rank=told.get("rank", 0),
            retried=row["item_id"],
        )
    except (KeyError, TypeError, ValueError):
        return None
    return ref, body


def _state(body: bytes | None, known: bool, budget: int, names: ForgottenNames) -> ItemState:
    if body is None:
        return "unreadable"
    if len(body) > MAX_ITEM_BYTES:
        return "too_large"
    if known:
        return "kept_earlier"
    if len(body) > budget:
        return "over_budget"
    return "forgotten" if names.hashes and spells_name(body, names) else "kept"


def _masked(failure: Failure, names: ForgottenNames) -> Failure:
    place, message = mask_names(failure.place, names), mask_names(failure.message, names)
    return replace(failure, place=place, message=message, item_id=None)


def _body_of(ref: DocumentRef) -> bytes | None:
    try:
        return read_body(ref)
    except OSError:  # the file changed or went while the run was under way: the failure itself is told all the same
        return None


def _encoding(body: bytes) -> str:
    try:
        body.decode()
    except UnicodeDecodeError:
        return BASE64
    return UTF8


def _text(body: bytes) -> str:
    return body.decode() if _encoding(body) == UTF8 else base64.b64encode(body).decode()


def _told(ref: DocumentRef, body: bytes | None, state: ItemState) -> str:
    told: dict[str, Any] = {
        "state": state,
        "kind": ref.kind,
        "bytes": None if body is None else len(body),
        "encoding": None if body is None else _encoding(body),
        "collected_at": ref.collected_at.isoformat(),
        "pages": ref.pages,
        "rank": ref.rank,
        "start": ref.start,
    }
    told |= {name: getattr(ref, name) for name in _TOLD if getattr(ref, name) is not None}
    return json.dumps(told, ensure_ascii=False)


def _object(text: str | None) -> dict[str, Any] | None:
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None

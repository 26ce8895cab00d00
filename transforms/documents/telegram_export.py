"""Exports of Telegram Desktop (JSON) read as seed records, one for each message with text."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transforms.documents.record_files import Found
from transforms.documents.streams import GZIP_FAULTS, gzip_fault, open_stream
from transforms.tables.records import Unreadable

_HEAD = 8192  # bytes that tell what a JSON file is
_CHUNK = 256 * 1024  # characters read at a time
MAX_MESSAGE = 4 * 1024 * 1024  # characters of one message with all its fields; Telegram's own limit is 4,096 of text
_TAIL = 8192  # characters kept before a list of messages: the chat's name and id stand there
_MESSAGES = re.compile(r'"messages"\s*:\s*\[')
_CHATS = re.compile(r'"chats"\s*:\s*\{')
_NAME = re.compile(r'"name"\s*:\s*("(?:[^"\\]|\\.){0,400}")')
_ID = re.compile(r'"id"\s*:\s*(\d{1,20})\s*,\s*$')
_PUBLIC = re.compile(r'"type"\s*:\s*"public_(?:channel|supergroup)"')
_BETWEEN = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class _Chat:
    """The chat that messages are of: its name is their source, its number their address if everybody may read it."""

    name: str | None
    number: str | None


def is_telegram_export(path: str, *, packed: bool) -> bool:
    """Tell whether a JSON file is an export of Telegram; False also where it can't be read."""
    try:
        with open_stream(path, packed=packed) as stream:
            head = stream.read(_HEAD).decode("utf-8", "replace")
    except (OSError, *GZIP_FAULTS):
        return False
    return bool(_MESSAGES.search(head) or _CHATS.search(head)) and "jsonfeed.org" not in head


def read_export(path: str, *, packed: bool = False) -> Iterator[Found]:
    """Yield the messages of all chats in an export as seed records, in their order. Raises OSError.

    Messages without text, and those of Telegram itself (who joined, what was pinned), are left out.
    """
    with open_stream(path, packed=packed) as stream:
        try:
            for chat, message in _messages(io.TextIOWrapper(stream, encoding="utf-8-sig")):
                if isinstance(message, Unreadable):
                    yield Found("", message)
                else:
                    yield from _found(chat, message)
        except GZIP_FAULTS as error:
            yield Found("", gzip_fault(error))
        except UnicodeDecodeError as error:
            yield Found("", Unreadable("bad_encoding", f"is not UTF-8: byte {error.start} of a block"))


def _found(chat: _Chat, message: Any) -> Iterator[Found]:
    if not isinstance(message, dict):
        yield Found("", Unreadable("bad_record", "a message is not an object"))
        return
    text = _text(message.get("text"))
    if message.get("type", "message") != "message" or not text.strip():
        return
    number = message.get("id")
    yield Found(f"#message {number}", _record(chat, message, text))


def _record(chat: _Chat, message: Mapping[str, Any], text: str) -> dict[str, object]:
    number = message.get("id")
    record: dict[str, object] = {
        "id": number,
        "title": "",
        "text": text,
        "published": message.get("date_unixtime") or message.get("date"),
    }
    if chat.name:
        record["source"] = chat.name
    if chat.number and isinstance(number, int):
        record["url"] = f"https://t.me/c/{chat.number}/{number}"
    return record


def _text(value: Any) -> str:
    """Return a message's text: one string, or parts of which some are objects with their own text."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    parts = (part.get("text") if isinstance(part, dict) else part for part in value)
    return "".join(part for part in parts if isinstance(part, str))


def _messages(stream: io.TextIOBase) -> Iterator[tuple[_Chat, Any]]:
    """Yield the elements of every list named `messages`, each with its chat; never holds more than one and a block."""
    buffer = ""
    while True:
        match = _MESSAGES.search(buffer)
        if match is None:
            chunk = stream.read(_CHUNK)
            if not chunk:
                return
            buffer = buffer[-_TAIL:] + chunk
            continue
        chat = _chat(buffer[: match.start()])
        buffer = buffer[match.end() :]
        while True:
            buffer, message = _next_element(buffer, stream)
            if message is _END:
                break
            yield chat, message
            if isinstance(message, Unreadable):
                return


_END = object()


def _next_element(buffer: str, stream: io.TextIOBase) -> tuple[str, Any]:
    """Return what follows the next element of a list, and the element; `_END` after the last."""
    decoder = json.JSONDecoder()
    wanted = _CHUNK
    while True:
        start = _BETWEEN.match(buffer).end()  # type: ignore[union-attr]  # matches the empty text
        if buffer[start : start + 1] == "]":
            return buffer[start + 1 :], _END
        try:
            value, end = decoder.raw_decode(buffer, start)
            return buffer[end:], value
        except (ValueError, RecursionError) as error:
            if len(buffer) - start > MAX_MESSAGE:
                return "", Unreadable("bad_json", f"a message can't be read: {error}"[:200])
        chunk = stream.read(wanted)
        if not chunk:
            return "", Unreadable("bad_json", "the list of messages has no end")
        buffer, wanted = buffer[start:] + chunk, wanted * 2


def _chat(before: str) -> _Chat:
    names = _NAME.findall(before)
    number = _ID.search(before)
    public = _PUBLIC.search(before[-_TAIL:])
    return _Chat(json.loads(names[-1]) if names else None, number.group(1) if number and public else None)

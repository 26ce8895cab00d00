"""Raw documents parsed into clean ones: one parser for each kind of raw document."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from transforms.documents.addresses import absolute_url, canonical_url
from transforms.documents.dates import parse_date
from transforms.documents.encodings import BAD_ENCODING, decode_body
from transforms.documents.markup import plain_line, plain_text, tidy_line, tidy_text
from transforms.tables.ids import content_hash
from transforms.tables.records import DocumentRef, ParsedDocument, Unreadable

# Caps, in characters. The longest real articles stay under 200,000; what is longer is a dump or an attack, and is cut.
MAX_TITLE = 1_000
MAX_TEXT = 400_000
MAX_RAW_FACTOR = 4  # markup a text may have around it: raw text beyond MAX_TEXT times this is cut before it is cleaned
MAX_ID = 1_000  # characters of a publisher's id; longer ones are hashed by no one and cut here
MAX_IGNORED_KEYS = 20  # names of unknown keys kept of one record

_RECORD_KEYS = frozenset(("id", "title", "text", "url", "lang", "published", "source"))

Parser = Callable[[DocumentRef, bytes], ParsedDocument | Unreadable]


def parse_document(ref: DocumentRef, body: bytes) -> ParsedDocument | Unreadable:
    """Return the document that lies in `body`, or why it can't be read.

    `ref.source_id` of the result is the effective source, since a record may name its own. Raises KeyError on an
    unknown kind.
    """
    return PARSERS[ref.kind](ref, body)


def parse_text(ref: DocumentRef, body: bytes) -> ParsedDocument | Unreadable:
    """Read a text file: the first line that isn't blank is the title, the rest the text."""
    decoded = decode_body(body, None)
    if isinstance(decoded, Unreadable):
        return decoded
    if not decoded.text.strip("\ufeff\x00 \t\r\n\v\f"):
        return Unreadable("empty_file", "has no text")
    title, _, text = decoded.text.lstrip("\ufeff \t\r\n\v\f").replace("\r\n", "\n").replace("\r", "\n").partition("\n")
    return _assemble(ref, tidy_line(_capped(title)), tidy_text(_capped(text)), external_id=ref.external_id)


def parse_html(ref: DocumentRef, body: bytes) -> ParsedDocument | Unreadable:
    """Read a page: its title and main text."""
    from transforms.documents.pages import extract_page

    page = extract_page(body, None)
    if isinstance(page, Unreadable):
        return page
    document = _assemble(
        ref,
        page.title,
        page.text,
        external_id=ref.external_id,
        link=ref.url or page.url,  # what a page calls its address may be the site's front page
        text_kind="page",
        lang=page.language or ref.language,
        published=page.published,
    )
    return document if isinstance(document, Unreadable) else replace(document, text_method=page.method)


def parse_record(ref: DocumentRef, body: bytes) -> ParsedDocument | Unreadable:
    """Read one JSON line of a seed: `id`, `title`, `text`, and optionally `url`, `lang`, `published`, `source`."""
    return _record(ref, body, plain_line, plain_text)


def parse_message(ref: DocumentRef, body: bytes) -> ParsedDocument | Unreadable:
    """Read a JSON line as `parse_record` does, of a source without markup: what looks like a tag was typed."""
    return _record(ref, body, tidy_line, tidy_text)


def _record(
    ref: DocumentRef, body: bytes, clean_title: Callable[[str], str], clean_text: Callable[[str], str]
) -> ParsedDocument | Unreadable:
    record = _json_object(body)
    if isinstance(record, Unreadable):
        return record
    values: dict[str, str | None] = {}
    for key in ("id", "title", "text", "url", "lang", "source"):
        value = _string(record.get(key))
        if isinstance(value, Unreadable):
            return Unreadable(value.reason, f"{key} {value.message}")
        values[key] = value
    published = record.get("published")
    if isinstance(published, (dict, list)):
        return Unreadable("bad_record", "published is neither text nor a number")
    source = tidy_line(values["source"] or "")[:MAX_ID]
    if source and source != ref.source_id:
        ref = replace(ref, source_id=source)
    return _assemble(
        ref,
        clean_title(_capped(values["title"] or "")),
        clean_text(_capped(values["text"] or "")),
        external_id=values["id"],
        link=values["url"],
        lang=values["lang"] or ref.language,
        published=published,
        ignored=() if record.keys() <= _RECORD_KEYS else _ignored(record),
    )


def parse_entry(ref: DocumentRef, body: bytes) -> ParsedDocument | Unreadable:
    """Read one entry of a feed, spooled as a JSON line with the keys of `FeedEntry`."""
    entry = _json_object(body)
    if isinstance(entry, Unreadable):
        return entry
    content, summary = plain_text(_capped(entry.get("content") or "")), ""
    if not content:
        summary = plain_text(_capped(entry.get("summary") or ""))
    document = _assemble(
        ref,
        plain_line(_capped(entry.get("title") or "")),
        content or summary,
        external_id=entry.get("guid"),
        link=entry.get("link"),
        text_kind="full" if content else "summary",
        lang=entry.get("language") or ref.language,
        published=entry.get("published") or entry.get("updated"),
    )
    if isinstance(document, Unreadable) or not entry.get("page_method"):
        return document
    # The text is that of the page; what tells whether the entry was edited is what the feed gave.
    return replace(document, text_kind="page", content_hash=entry["content_hash"], text_method=entry["page_method"])


PARSERS: Mapping[str, Parser] = {
    "text": parse_text,
    "html": parse_html,
    "jsonl": parse_record,
    "message": parse_message,
    "entry": parse_entry,
}


def _assemble(
    ref: DocumentRef,
    title: str,
    text: str,
    *,
    external_id: str | None,
    link: str | None = None,
    text_kind: str = "full",
    lang: str | None = None,
    published: str | int | float | None = None,
    ignored: tuple[str, ...] = (),
) -> ParsedDocument | Unreadable:
    if not title and not text:
        return Unreadable("empty_record", "has neither title nor text")
    if len(title) > MAX_TITLE:
        title = title[:MAX_TITLE].rstrip()
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT].rstrip()
    moment = parse_date(published, ref.timezone, ref.collected_at)
    url = absolute_url(link, ref.url)
    return ParsedDocument(
        ref=ref,
        external_id=(tidy_line(external_id)[:MAX_ID] or None) if external_id else None,
        url=url,
        canonical_url=canonical_url(url),
        title=title,
        text=text,
        text_kind=text_kind if text else "title_only",
        lang_hint=_language(lang),
        published_at=moment.value,
        published_raw=_raw_date(published),
        date_flags=moment.flags,
        content_hash=content_hash(title, text),
        ignored_keys=ignored,
    )


def _json_object(body: bytes) -> dict[str, Any] | Unreadable:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Unreadable(BAD_ENCODING, f"is not UTF-8: byte {error.start} of the line")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return Unreadable("bad_json", f"{error.msg}: column {error.colno}")
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits; nesting without end
        return Unreadable("bad_json", f"{type(error).__name__}: {error}"[:200])
    if not isinstance(value, dict):
        return Unreadable("bad_record", f"is {_kind_of(value)}, not an object")
    return value


def _string(value: Any) -> str | Unreadable | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return Unreadable("bad_record", f"is {_kind_of(value)}, not text")


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "text"


def _ignored(record: Mapping[str, Any]) -> tuple[str, ...]:
    names = sorted(tidy_line(key)[:64] for key in record if key not in _RECORD_KEYS)
    return tuple(names[:MAX_IGNORED_KEYS])


def _capped(raw: str) -> str:
    return raw if len(raw) <= MAX_TEXT * MAX_RAW_FACTOR else raw[: MAX_TEXT * MAX_RAW_FACTOR]


def _raw_date(published: str | int | float | None) -> str | None:
    if published is None:
        return None
    return tidy_line(str(published))[:200] or None


def _language(declared: str | None) -> str | None:
    """Return the two letters of a language tag such as `ru-RU`, or None."""
    if not declared:
        return None
    primary = declared.strip().replace("_", "-").split("-")[0].lower()
    return {"ua": "uk", "rus": "ru", "ukr": "uk", "eng": "en"}.get(primary, primary if len(primary) == 2 else None)  # noqa: PLR2004  ISO 639-1

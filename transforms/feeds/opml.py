"""Lists of feeds in OPML, the format in which feed readers hand them on."""

import re
from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from transforms.feeds.address import resolve_link, safe_address
from transforms.feeds.formats import mended
from transforms.feeds.sources import Source
from transforms.tables.records import Unreadable

MAX_OUTLINES = 10_000
MAX_ID = 60  # characters of an id that is made of a name
_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i yi ye g".split(),
        strict=True,
    )
)


def read_opml(body: bytes, taken: Iterable[str] = ()) -> tuple[Source, ...] | Unreadable:
    """Return the feeds that the OPML file in `body` lists, each once; ids are made of names and differ from `taken`."""
    from lxml import etree

    from transforms.documents.encodings import decode_body

    decoded = decode_body(body, None)
    if isinstance(decoded, Unreadable):
        return decoded
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", mended(decoded.text))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    root = etree.fromstring(text.encode("utf-8"), parser) if text.strip() else None
    if root is None or root.tag.lower() != "opml":
        return Unreadable("not_opml", "not a list of feeds in OPML")
    found: dict[str, Source] = {}
    used = {one.casefold() for one in taken}
    for outline in list(root.iter("{*}outline", "outline"))[:MAX_OUTLINES]:
        values = {name.lower(): value.strip() for name, value in outline.attrib.items()}
        url = resolve_link(values.get("xmlurl"), None)
        if url is None or url in found:
            continue
        name = values.get("title") or values.get("text") or None
        source_id = source_id_for(name or url.partition("://")[2], used)
        used.add(source_id.casefold())
        found[url] = Source(id=source_id, url=url, name=name and name[:200])
    return tuple(found.values())


def write_opml(sources: Iterable[Source]) -> str:
    """Return `sources` as OPML 2.0, without secrets in their addresses."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "<head><title>Picket</title></head>",
        "<body>",
    ]
    for source in sources:
        name = mended(source.name or source.id)
        values = {"type": "rss", "text": name, "title": name, "xmlUrl": safe_address(source.url)}
        lines.append(f"<outline {' '.join(f'{key}={quoteattr(value)}' for key, value in values.items())}/>")
    return "\n".join([*lines, "</body>", "</opml>", ""])


def source_id_for(name: str, used: Iterable[str]) -> str:
    """Return an id made of `name`, in Latin letters, that none of `used` (case folded) is."""
    spelled = "".join(_LETTERS.get(letter, letter) for letter in name.casefold())
    base = re.sub(r"[^a-z0-9]+", "-", spelled).strip("-")[:MAX_ID].strip("-") or "feed"
    taken = set(used)
    number, candidate = 1, base
    while candidate in taken:
        number += 1
        candidate = f"{base}-{number}"
    return candidate

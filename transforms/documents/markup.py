"""Markup of entries and records turned into plain text: tags dropped, blocks made lines, entities decoded."""

import html
import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Elements that end a paragraph, those that end a line, and those that part words. All others vanish without a trace.
_PARAGRAPHS = _words(
    "address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr legend main menu nav ol p pre section summary table tbody tfoot thead title ul"
)
_LINES = _words("br li tr option caption")
_SPACES = _words("td th img video audio button input wbr-space")
# Elements whose content is no text for a reader.
_SILENT = _words("script style template iframe object svg math noscript noembed applet head select textarea")
# Other names that are markup wherever they stand; a name that is none of these is text, unless it is clearly a tag.
_INLINE = _words(
    "a abbr acronym amp-img b base basefont bdi bdo big canvas cite code col colgroup data del dfn em embed font "
    "frame frameset html i ins kbd label link map mark meta meter nobr output param picture progress q rp rt ruby "
    "s samp small source span strike strong sub sup time track tt u var wbr area"
)
_TAGS = _PARAGRAPHS | _LINES | _SPACES | _SILENT | _INLINE

_START = re.compile(r"<(?:(/?)([a-zA-Z][a-zA-Z0-9:_\-]*)|(!--)|(!\[CDATA\[)|[!?](?=[a-zA-Z]))")
# A tag whose quotes are closed: what is quoted may hold angle brackets. Atomic, so that it fails in one pass.
_QUOTED_END = re.compile(r"""(?>(?:[^<>"'=]|=\s*"[^"]*"|=\s*'[^']*'|["'=])*)>""")
_LOOSE_END = re.compile(r"[^<>]*>?")
# At the end of a text that was cut off somewhere: `<a hr`, `</bloc`, `<`.
_CUT_TAG = re.compile(r"<(?:/[a-zA-Z0-9]*|[a-zA-Z][a-zA-Z0-9]*(?:\s+[a-zA-Z\-]*(?:\s*=[^<>]*)?)?)?\s*$")
_CLOSING = re.compile(r"</([a-zA-Z][a-zA-Z0-9:_\-]*)\s*>")
_ATTRIBUTE = re.compile(r"\s[a-zA-Z:_\-]+\s*=|/\s*$")
MAX_BROKEN_TAGS = 64  # tags with unclosed quotes, each of which costs a scan to the end; later ones are read loosely

_ENTITY = re.compile(
    r"&(?:#[0-9]{1,7}(?:;|(?![0-9]))|#[xX][0-9a-fA-F]{1,6}(?:;|(?![0-9a-fA-F]))|[a-zA-Z][a-zA-Z0-9]{1,31};|(?:nbsp|amp|quot|lt|gt)(?![a-zA-Z0-9=;]))"
)
# Markup that was escaped once too often, as many feeds do: a tag name of which no prose is made, spelled with entities.
_ESCAPED_TAG = re.compile(
    r"&lt;(?:/?(?:p|div|br|span|strong|em|ul|li|blockquote|h[1-6])\s*/?&gt;|(?:a|img)\s[a-z]+=)", re.I
)

_LINE_BREAKS = re.compile(r"\r\n?|[\u0085\u2028\u2029\v\f]")
# Controls, halves of surrogate pairs, marks that turn the direction of writing, and codes that are no characters.
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]"
)
_SPACE = "[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_SPACE_RUN = re.compile(f"{_SPACE}{{2,}}|[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_AROUND_BREAK = re.compile(r" *\n *")
_MANY_BREAKS = re.compile(r"\n{3,}")
_ANY_SPACE_RUN = re.compile(r"\s+")
# What sends a text down the slow path: everything else is stored as it came.
_UNUSUAL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028-\u202f\u205f\u2066-\u2069\u3000\ud800-\udfff\ufdd0-\ufdef"
    "\ufeff\ufff9-\uffff]| [ \n]|\n[ \n]"
)


def plain_text(raw: str) -> str:
    """Return `raw` as text of paragraphs: no markup, no control characters, single spaces, at most one empty line."""
    return tidy_text(strip_markup(raw) if "<" in raw or "&" in raw else raw)


def plain_line(raw: str) -> str:
    """Return `raw` as one line: no markup, no control characters, single spaces."""
    return tidy_line(strip_markup(raw) if "<" in raw or "&" in raw else raw)


def tidy_text(raw: str) -> str:
    """Return `raw` without control characters, with single spaces and at most one empty line in a row."""
    if not _UNUSUAL.search(raw):
        return raw.strip()
    text = _CONTROLS.sub("", _LINE_BREAKS.sub("\n", raw))
    text = _AROUND_BREAK.sub("\n", _SPACE_RUN.sub(" ", text))
    return _MANY_BREAKS.sub("\n\n", text).strip()


def tidy_line(raw: str) -> str:
    """Return `raw` as one line, without control characters, with single spaces."""
    if "\n" not in raw and not _UNUSUAL.search(raw):
        return raw.strip()
    return _ANY_SPACE_RUN.sub(" ", _CONTROLS.sub("", _LINE_BREAKS.sub("\n", raw))).strip()


def strip_markup(raw: str) -> str:
    """Return `raw` without tags, comments and the content of scripts; entities decoded; `a < b & c` stays as it is."""
    if "<" in raw:
        pieces, found = _without_tags(raw)
        if found:
            return decode_entities(_CUT_TAG.sub("", "".join(pieces)))
    if "&lt;" in raw and _ESCAPED_TAG.search(raw):
        pieces, _ = _without_tags(decode_entities(raw))
        return decode_entities("".join(pieces))
    return decode_entities(raw)


def decode_entities(text: str) -> str:
    """Return `text` with character references decoded; a lone `&`, also in `?a=1&copy=2`, stays."""
    if "&" not in text:
        return text
    once = _ENTITY.sub(_decoded, text)
    # Many feeds escape twice; no prose means `&#8217;` or `&amp;` to be read as such.
    return _ENTITY.sub(_decoded, once) if "&" in once else once


def _decoded(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _without_tags(raw: str) -> tuple[list[str], bool]:
    """Return the pieces of text between the tags of `raw`, with line breaks for blocks, and whether it had a tag."""
    pieces: list[str] = []
    position, broken, found = 0, 0, False
    closed = {name.lower() for name in _CLOSING.findall(raw)}
    while start := _START.search(raw, position):
        name = (start.group(2) or "").lower()
        pieces.append(raw[position : start.start()])
        found_here = True
        if not name:
            position, text = _end_of_declaration(raw, start)
            pieces.append(text)
        else:
            closing = _QUOTED_END.match(raw, start.end()) if broken < MAX_BROKEN_TAGS else None
            if closing is None:
                broken += 1
                closing = _LOOSE_END.match(raw, start.end())
            position = closing.end() if closing else start.end()
            inner = raw[start.end() : position]
            if start.group(1) and inner.endswith(">"):
                pieces.append(_break_for(name))
            elif not _is_tag(name, inner, closed, position == len(raw)):
                position = start.end()
                pieces.append(start.group())
                found_here = False
            else:
                pieces.append(_break_for(name))
                if name in _SILENT and not inner.endswith("/>"):
                    position = _end_of_element(raw, name, position, closed)
        found = found or found_here
    pieces.append(raw[position:])
    return pieces, found


def _is_tag(name: str, inner: str, closed: set[str], last: bool) -> bool:
    """Tell whether `<name` with `inner` behind it is a tag; `last` where the text ends with it."""
    if not inner.endswith(">"):
        # Cut off in the middle of its attributes, as summaries are; `a <b and c` is no tag.
        return name in _TAGS and last and bool(_ATTRIBUTE.search(inner))
    if len(name) == 1:
        # `if a <b and c> d`: letters are also names of quantities.
        return name in _TAGS and (not inner.strip(" />") or bool(_ATTRIBUTE.search(inner)))
    return name in _TAGS or name in closed or bool(_ATTRIBUTE.search(inner[:-1]))


def _break_for(name: str) -> str:
    if name in _PARAGRAPHS:
        return "\n\n"
    if name in _LINES:
        return "\n"
    return " " if name in _SPACES else ""


def _end_of_element(raw: str, name: str, position: int, closed: set[str]) -> int:
    closing = re.compile(rf"</{name}\s*>", re.I).search(raw, position) if name in closed else None
    if closing is not None:
        return closing.end()
    # Never closed: a script or style runs to the end, as in a browser; other elements are taken as a lone tag.
    return len(raw) if name in {"script", "style"} else position


def _end_of_declaration(raw: str, start: re.Match[str]) -> tuple[int, str]:
    if start.group(3):
        end = raw.find("-->", start.end())
        return (len(raw) if end < 0 else end + 3), ""
    if start.group(4):
        end = raw.find("]]>", start.end())
        return (len(raw), raw[start.end() :]) if end < 0 else (end + 3, raw[start.end() : end])
    end = raw.find(">", start.end())
    return (start.end(), "") if end < 0 else (end + 1, "")

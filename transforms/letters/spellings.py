"""The ways in which a raw item may spell a word: markup, escapes and entities hide it from a plain search."""

import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from transforms.tables.masking import ForgottenNames, mask_names

_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_WHITE = "bfnrt"  # letters that escape white space in JSON


def spells_name(body: bytes, names: ForgottenNames) -> bool:
    """Whether a raw item may hold one of `names`. What is no UTF-8 cannot be searched, and so may."""
    return any(text is None or mask_names(text, names) != text for text in spellings(body))


def spells_any(body: bytes, wanted: Iterable[str]) -> bool:
    """Whether a raw item holds one of the texts `wanted`; one that cannot be searched does not count."""
    looked_for = [one for one in wanted if one]
    return any(one in text for text in spellings(body) if text is not None for one in looked_for)


def spellings(body: bytes) -> Iterator[str | None]:
    """Yield a raw item as it is and with its escapes, entities and tags undone one after the other.

    None stands for one that is no UTF-8.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        yield None
        return
    seen: set[str] = set()
    for undo in (str, _without_escapes, html.unescape, html.unescape, unquote):
        text = undo(text)
        # A tag may stand between two words, or within one.
        for spelling in (text, _TAG.sub(" ", text), _TAG.sub("", text)):
            if spelling not in seen:
                seen.add(spelling)
                yield spelling


def _without_escapes(text: str) -> str:
    undone = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else " " if m[2] in _WHITE else m[2], text)
    # Letters beyond the first plane are written as two escapes.
    return undone.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

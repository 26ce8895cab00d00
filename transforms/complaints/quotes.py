"""Quoted speech: where it stands in a text, and which sentence's words are inside it."""

import re
from dataclasses import dataclass

from transforms.tables.records import Field, SpeakerKind

MAX_QUOTE = 3000  # characters: an unclosed mark does not swallow the article
MIN_WORDS = 4  # words: shorter ones are names, titles and words held at a distance
MIN_WORDS_STOPPED = 2  # words, where the quotation ends in a mark of its own, as speech does
_PAIRS = {"«": "»", "“": "”", "„": "“”", '"': '"'}
_DASHES = "—–-"
_OPEN = re.compile(r"[«“„\"]")
_DIALOGUE = re.compile(rf"(?m)^[ \t\u00a0]*[{_DASHES}][ \t\u00a0]+(?=\S)")
# Speech in a dash dialogue breaks off before a dash that follows a closing mark: «— Пишем всем, — говорит она».
_BREAK = re.compile(rf"[,.!?…»”\"][ \u00a0]*[{_DASHES}][ \u00a0]+")
_STOPPED = re.compile(r"[.!?…,]$")


@dataclass(frozen=True, slots=True)
class Quotation:
    """A raw half-open span of speech in a field, without its marks."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QuoteHit:
    """A quotation found, before it is a row: raw offsets in `field`, and who says it."""

    field: Field
    start: int
    end: int
    speaker_kind: SpeakerKind
    speaker: str | None
    actor_ids: tuple[str, ...]


def quotations(raw: str) -> tuple[Quotation, ...]:
    """Return the speech in `raw`, in order and without overlap: pairs of marks, then dash dialogue."""
    found: list[Quotation] = []
    position = 0
    while (match := _OPEN.search(raw, position)) is not None:
        end = _closing(raw, match.start())
        position = match.end()
        if end is None:
            continue
        if _is_speech(raw[match.end() : end]):
            found.append(Quotation(match.end(), end))
        position = end + 1
    for match in _DIALOGUE.finditer(raw):
        found.extend(q for q in _dialogue(raw, match.end()) if not any(_overlap(q, known) for known in found))
    return tuple(sorted(found, key=lambda q: q.start))


def _closing(raw: str, start: int) -> int | None:
    closers = _PAIRS[raw[start]]
    opener, depth = raw[start], 0
    limit = min(len(raw), start + MAX_QUOTE)
    for index in range(start + 1, limit):
        character = raw[index]
        if character in closers:
            if depth == 0:
                return index
            depth -= 1
        elif character == opener:
            depth += 1
        elif character == "\n" and opener == '"':
            return None
    return None


def _dialogue(raw: str, start: int) -> list[Quotation]:
    line_end = raw.find("\n", start)
    end = len(raw) if line_end < 0 else line_end
    parts: list[tuple[int, int]] = []
    position = start
    while position < end:
        pause = _BREAK.search(raw, position, end)
        parts.append((position, end if pause is None else pause.start() + 1))
        position = end if pause is None else pause.end()
    if len(parts) == 1 and raw[start:end].rstrip().endswith("?"):
        return []  # a line that only asks is the interviewer's
    # Speech and the words about it take turns.
    return [Quotation(*part) for part in parts[::2] if _is_speech(raw[slice(*part)])]


def _is_speech(inner: str) -> bool:
    words = len(inner.split())
    return words >= MIN_WORDS or (words >= MIN_WORDS_STOPPED and _STOPPED.search(inner.rstrip()) is not None)


def _overlap(one: Quotation, other: Quotation) -> bool:
    return one.start < other.end and other.start < one.end

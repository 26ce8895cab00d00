"""What this room finds beside complaints, and how two finders' complaints become one list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from transforms.complaints.quotes import QuoteHit
from transforms.tables.records import ActorHit, ComplaintHit, Field, SpeakerKind, Status
from transforms.text.words import TextView


class Finder(Protocol):
    """Anything that finds complaints: the rules, or a model beside them."""

    def find(
        self, title: TextView, text: TextView, actors: Sequence[ActorHit], published: datetime | None = None
    ) -> list[ComplaintHit]:
        """Return the complaints in an article, by field and place."""
        ...


@dataclass(frozen=True, slots=True)
class DemandHit:
    """A demand found, before it is a row: raw offsets in `field`."""

    code: str
    field: Field
    start: int
    end: int
    method: str
    confidence: float


@dataclass(frozen=True, slots=True)
class SentenceContext:
    """A sentence as another finder needs it: its raw span, whether it is about people in service, who says it.

    `status` is that of the sentence as a whole, by the marks that stand anywhere in it.
    """

    field: Field
    start: int
    end: int
    in_scope: bool
    status: Status
    speaker_kind: SpeakerKind
    speaker: str | None
    actor_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the rules find in one article."""

    complaints: tuple[ComplaintHit, ...]
    demands: tuple[DemandHit, ...]
    quotes: tuple[QuoteHit, ...]


def merge_complaints(
    rules: Sequence[ComplaintHit], others: Sequence[ComplaintHit], title: TextView, text: TextView
) -> list[ComplaintHit]:
    """Return `rules` and those of `others` whose code no rule gave in the same sentence, by field and place."""
    views = {"title": title, "text": text}
    spoken = {_key(hit, views[hit.field]) for hit in rules}
    added = [hit for hit in others if _key(hit, views[hit.field]) not in spoken]
    return sorted([*rules, *added], key=lambda hit: (hit.field != "title", hit.start, hit.code, hit.status))


def _key(hit: ComplaintHit, view: TextView) -> tuple[str, str, tuple[int, int]]:
    return hit.code, hit.field, view.sentence_at(hit.start)

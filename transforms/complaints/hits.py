"""What this room finds beside complaints."""

from dataclasses import dataclass

from transforms.complaints.quotes import QuoteHit
from transforms.tables.records import ComplaintHit, Field, SpeakerKind, Status


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

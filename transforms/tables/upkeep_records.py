"""Rows that tell what was done to a dataset after collecting: what was forgotten, what was tried again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ForgottenKind = Literal["item", "source", "name"]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """That something was forgotten, so that no feed brings it back: a hash, never the thing. A row of `forgotten`."""

    forgotten_id: str  # a hash of an item's identity key, of a source's id, or of a name
    kind: ForgottenKind
    words: int  # of a name: a text is searched for that many words in a row; else 0
    forgotten_at: datetime
    run_id: str


RetryOutcome = Literal["read", "rejected", "failed"]


@dataclass(frozen=True, slots=True)
class Retry:
    """How another try of a dead letter ended, where that is news: the last row of an item counts.

    A row of `retries`.
    """

    item_id: str
    source_id: str | None
    outcome: RetryOutcome
    reason: str | None  # why it was rejected, or failed again
    message: str | None
    retried_at: datetime
    run_id: str

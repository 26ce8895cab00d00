"""Dead letters: how an error of one item becomes a row of `failures` and leaves the run going."""

import traceback
from datetime import datetime

from transforms.tables.ids import stable_id
from transforms.tables.records import DocumentRef, Failure, Unreadable

INTERNAL_ERROR = "internal_error"
MAX_MESSAGE = 4_000  # characters of a message or traceback that are kept


def dead_letter(
    ref: DocumentRef, step: str, unreadable: Unreadable, run_id: str, at: datetime, *, lost: bool = True
) -> Failure:
    """Return the failure row of the document at `ref`, which `step` could not read.

    Where the document was not `lost` for it (its page, say, is what failed), there is nothing to try again.
    """
    return Failure(
        failure_id=stable_id("failure", ref.source_id, ref.place, step, unreadable.reason),
        source_id=ref.source_id,
        place=ref.place,
        step=step,
        reason=unreadable.reason,
        message=unreadable.message[:MAX_MESSAGE],
        occurred_at=at,
        run_id=run_id,
        shard=ref.shard,
        item_id=ref.retried if lost else None,
        ref=ref if lost else None,
    )


def unexpected(error: Exception) -> Unreadable:
    """Return the value that stands for an exception nobody expected: its traceback, the last lines first to keep."""
    lines = "".join(traceback.format_exception(error))
    return Unreadable(INTERNAL_ERROR, lines[-MAX_MESSAGE:])

"""The only clock of the program: what lies below `pipeline/` gets the time passed in."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)

"""`--since` and `--until`: dates or timestamps as people type them, as the period that a run takes articles of."""

import re
from datetime import UTC, datetime, timedelta

from transforms.documents.period import Period

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
_DAY = timedelta(days=1)


class InvalidPeriod(ValueError):
    """What was typed is no period; the message is one plain line."""


def read_period(since: str | None, until: str | None, now: datetime) -> Period:
    """Return the period from `since` to `until`.

    A date is a whole day in UTC, so that both days are in. Of two timestamps the first is in and the second is out;
    one without a zone is in UTC. Raises InvalidPeriod, also where it is empty or lies in the future.
    """
    first = _moment("--since", since) if since is not None else None
    last = _moment("--until", until) if until is not None else None
    if last is not None and until is not None and _DATE.fullmatch(until.strip()):
        last = _next_day("--until", last)
    if first is not None and last is not None and first >= last:
        raise InvalidPeriod(f"--since {since} does not lie before --until {until}")
    if first is not None and first > now:
        raise InvalidPeriod(f"--since {since} lies in the future")
    return Period(first, last)


def _moment(option: str, typed: str) -> datetime:
    text = typed.strip()
    if not _DATE.fullmatch(text) and not _TIMESTAMP.fullmatch(text):
        raise InvalidPeriod(
            f"{option} {typed!r} is neither a date such as 2026-03-01 nor a time such as 2026-03-01T12:00"
        )
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidPeriod(f"{option} {typed!r}: {error}") from error


def _next_day(option: str, moment: datetime) -> datetime:
    try:
        return moment + _DAY
    except OverflowError as error:
        raise InvalidPeriod(f"{option} {moment:%Y-%m-%d}: {error}") from error

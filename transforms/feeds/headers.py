"""What the headers of a reply say about when to come again, and with which validators."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from transforms.feeds.polling import Hints

MAX_VALIDATOR = 1_000  # characters; a longer one is not worth sending back
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)

Headers = Sequence[tuple[str, str]]


def hints_of(headers: Headers, now: datetime) -> Hints:
    """Return what `headers` (names in lower case) say about the next poll."""
    return Hints(retry_after=_retry_after(_value(headers, "retry-after"), now), fresh_for=_fresh_for(headers))


def validators_of(headers: Headers) -> tuple[str | None, str | None]:
    """Return ETag and Last-Modified byte for byte; none where the reply says that it was stale when it was sent."""
    expires = _value(headers, "expires")
    if expires is not None and expires.strip() in {"0", "-1"}:
        return None, None
    etag, last_modified = _value(headers, "etag"), _value(headers, "last-modified")
    return _short(etag), _short(last_modified)


def _short(value: str | None) -> str | None:
    return value if value and len(value) <= MAX_VALIDATOR else None


def _value(headers: Headers, name: str) -> str | None:
    return next((value for key, value in headers if key == name), None)


def _fresh_for(headers: Headers) -> float | None:
    control = ",".join(value for key, value in headers if key == "cache-control")
    if re.search(r"no-cache|no-store", control, re.IGNORECASE):
        return None
    found = _MAX_AGE.search(control)
    return float(found.group(1)) if found and int(found.group(1)) else None


def _retry_after(value: str | None, now: datetime) -> float | None:
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())

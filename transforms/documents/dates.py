"""Dates as feeds and records write them, read into UTC times with flags for what had to be decided."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from transforms.documents.date_words import MONTHS, NOISE, ZONES

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)  # before the first of these wars; also keeps out epoch zero
FUTURE_SLACK = timedelta(days=2)  # zones and wrong clocks; a date further ahead is no date of publication
MAX_RAW = 128  # characters of a date; longer ones are texts

# Flags. The first five say what was decided, the others why there is no date.
DATE_ONLY = "date_only"
ZONE_DEFAULT = "zone_default"  # no zone given: the source's own was taken
ZONE_MISSING = "zone_missing"  # no zone given and none known of the source: taken as UTC
ZONE_UNKNOWN = "zone_unknown"  # a zone that is in no table: read as if none were given
AMBIGUOUS = "ambiguous_day_month"  # 1/8/2022 may be August or January: month first
EPOCH = "epoch"
OUT_OF_RANGE = "out_of_range"
NO_YEAR = "no_year"
UNPARSED = "unparsed"


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """A time in UTC or None, and flags of what was decided or what was wrong."""

    value: datetime | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fields:
    """What a date's text says: date, seconds of the day or None, zone as written, flags."""

    day: date
    seconds: float | None
    zone: str
    flags: tuple[str, ...] = ()


_ISO = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-./]?)(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"(?:[T\s,_]+(?P<hour>\d{1,2})(?P<colon>:?)(?P<minute>\d{2})"
    r"(?:(?P=colon)(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?\s*(?P<zone>[^\d\s].{0,40})?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?(?![\d:])"
)
_NUMERIC = re.compile(r"(?<![\d:])(\d{1,2})([./\-])(\d{1,2})\2(\d{4}|\d{2})(?![\d:])")
_NUMBER = re.compile(r"(?<!\d)(\d{4}|\d{1,2})(?:st|nd|rd|th|-го|-е)?(?![\d\w])")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
# What may follow a time: an offset, a name, a name with an offset, either with a comment.
_ZONE = re.compile(r"\s*[,(\[]*\s*(?P<name>[^\W\d_]{1,5}(?![\w']))?\s*(?P<offset>[+\-]\s?\d{1,2}(?::?\d{2})?)?(?!\d)")
_OFFSET = re.compile(r"([+\-])\s?(\d{1,2}):?(\d{2})?")
_COMMENT = re.compile(r"\([^()]*\)|(?<=\d)\[[^\[\]]*\]$")
_LEFTOVER = re.compile(r"[\s,.;()\[\]/\-–—|«»'\"]*")
_DIGITS = re.compile(r"[+\-]?\d+(?:\.\d+)?")
_FOLDED = {ord("\u00a0"): " ", ord("\u202f"): " ", ord("’"): "'", ord("ʼ"): "'", ord("−"): "-", ord("ё"): "е"}
_MAX_OFFSET = timedelta(hours=14)  # of any inhabited place


def parse_date(raw: str | int | float | None, default_zone: str | None, collected_at: datetime) -> ParsedDate:
    """Return the time that `raw` names, in UTC, or None with a flag; nothing is ever made up.

    `default_zone` is an IANA name or an offset such as `+03:00` for dates without a zone. Dates before `EARLIEST` or
    more than `FUTURE_SLACK` after `collected_at` are out of range.
    """
    text = "" if raw is None or isinstance(raw, bool) else str(raw).strip()
    if not text:
        return ParsedDate(None)
    complete = _complete_iso(text)
    if complete is not None:
        return _in_range(complete, (), collected_at)
    try:
        return _decide(text, default_zone, collected_at)
    except (ValueError, OverflowError):  # the 30th of February, year 0, minute 75
        return ParsedDate(None, (OUT_OF_RANGE,))


def _decide(text: str, default_zone: str | None, collected_at: datetime) -> ParsedDate:
    if not text.isascii():
        text = text.translate(_FOLDED)
    if len(text) > MAX_RAW:
        return ParsedDate(None, (UNPARSED,))
    if _DIGITS.fullmatch(text):
        return _number(text, default_zone, collected_at)
    fields = _iso_fields(text) or _loose_fields(text)
    if isinstance(fields, str):
        return ParsedDate(None, (fields,))
    return _resolve(fields, default_zone, collected_at)


def _complete_iso(text: str) -> datetime | None:
    """Return a complete ISO time with its offset, by far the most common form, or None."""
    if text[4:5] != "-" or text[10:11] not in {"T", " "} or len(text) < len("2022-01-01T00:00Z"):
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo is not None else None


def _in_range(value: datetime, flags: tuple[str, ...], collected_at: datetime) -> ParsedDate:
    try:
        moment = value.astimezone(UTC)
    except (OverflowError, ValueError):  # the first or last day that a datetime can hold
        return ParsedDate(None, (*flags, OUT_OF_RANGE))
    if not EARLIEST <= moment <= collected_at + FUTURE_SLACK:
        return ParsedDate(None, (*flags, OUT_OF_RANGE))
    return ParsedDate(moment, flags)


_COMPACT_DATE, _COMPACT_TIME = 8, 14  # digits of 20220415 and 20220415103000
_EPOCH_UNITS = ((10, 1), (13, 1_000), (16, 1_000_000), (19, 1_000_000_000))  # up to so many digits; parts of a second


def _number(text: str, default_zone: str | None, collected_at: datetime) -> ParsedDate:
    whole = text.lstrip("+-").split(".")[0]
    if (
        len(whole) in {_COMPACT_DATE, _COMPACT_TIME}
        and whole[:2] in {"19", "20"}
        and "." not in text
        and text[0] != "-"
    ):
        try:
            value = datetime.strptime(whole.ljust(_COMPACT_TIME, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007  the zone is set below
        except ValueError:
            return ParsedDate(None, (OUT_OF_RANGE,))
        seconds = None if len(whole) == _COMPACT_DATE else value.hour * 3600.0 + value.minute * 60 + value.second
        return _resolve(_Fields(value.date(), seconds, ""), default_zone, collected_at)
    for digits, unit in _EPOCH_UNITS:
        if len(whole) <= digits:
            try:
                return _in_range(datetime.fromtimestamp(float(text) / unit, UTC), (EPOCH,), collected_at)
            except (OverflowError, ValueError, OSError):
                break
    return ParsedDate(None, (OUT_OF_RANGE,))


def _iso_fields(text: str) -> _Fields | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    return _Fields(day, _seconds(match), (match["zone"] or "").lower())


def _loose_fields(text: str) -> _Fields | str:
    """Return the fields of a date in words or numbers, or the flag that says what it lacks."""
    rest = text.lower()
    clock = _CLOCK.search(rest)
    zone = ""
    if clock:
        match = _ZONE.match(rest, clock.end())
        name = match["name"] if match else None
        end = clock.end()
        if match and not (name in MONTHS or (name in NOISE and not match["offset"])):
            zone, end = f"{name or ''}{match['offset'] or ''}", match.end()
        rest = f"{rest[: clock.start()]} {_COMMENT.sub(' ', rest[end:])}"
    numeric = _NUMERIC.search(rest)
    if numeric:
        rest = f"{rest[: numeric.start()]} {rest[numeric.end() :]}"
        found = _numeric_date(numeric)
    else:
        rest, found = _worded_date(rest)
    if isinstance(found, str):
        return found
    words = [word for word in _WORD.findall(rest) if word not in NOISE]
    if not clock and len(words) == 1 and words[0] in ZONES:
        zone, words = words.pop(), []
    if words or not _LEFTOVER.fullmatch(_WORD.sub("", rest)):
        return UNPARSED
    return _Fields(found[0], _seconds(clock) if clock else None, zone, found[1])


def _numeric_date(match: re.Match[str]) -> tuple[date, tuple[str, ...]] | str:
    """Return the date of `15.04.2022`, `4/15/2022` or `15-04-2022`: with slashes the month comes first, if it can."""
    first, mark, second = int(match[1]), match[2], int(match[3])
    year = _full_year(match[4])
    if mark == "/" and first <= _MONTHS_A_YEAR:
        flags = (AMBIGUOUS,) if second <= _MONTHS_A_YEAR and first != second else ()
        return date(year, first, second), flags
    if second > _MONTHS_A_YEAR >= first:
        return date(year, first, second), ()
    return date(year, second, first), ()


_MONTHS_A_YEAR = 12
_CENTURY_PIVOT = 70  # two-digit years: 69 is 2069 (and out of range), 70 is 1970


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:  # noqa: PLR2004  two digits, as written
        return year
    return year + (2000 if year < _CENTURY_PIVOT else 1900)


def _worded_date(text: str) -> tuple[str, tuple[date, tuple[str, ...]] | str]:
    """Return `text` without its date in words, and the date, or the flag that says what it lacks."""
    months = [word for word in _WORD.findall(text) if word in MONTHS]
    numbers = [match.group(1) for match in _NUMBER.finditer(text)]
    if len(months) != 1 or not numbers or len(numbers) > 2:  # noqa: PLR2004  a day and a year
        return text, UNPARSED
    rest = _NUMBER.sub(" ", text)
    rest = _WORD.sub(lambda match: " " if match.group() == months[0] else match.group(), rest)
    years = [number for number in numbers if len(number) > 2]  # noqa: PLR2004  as above
    if len(numbers) == 1:
        return rest, UNPARSED if years else NO_YEAR
    day, year = (numbers[1], numbers[0]) if years == numbers[:1] else (numbers[0], numbers[1])
    if len(day) > 2:  # noqa: PLR2004  as above
        return rest, UNPARSED
    return rest, (date(_full_year(year), MONTHS[months[0]], int(day)), ())


def _seconds(match: re.Match[str]) -> float | None:
    """Return the seconds since midnight that a clock's match tells; a leap second counts as the one before."""
    if match["hour"] is None:
        return None
    hour, minute, second = int(match["hour"]), int(match["minute"]), min(int(match["second"] or 0), 60)
    half = match.groupdict().get("half")
    if half:
        if not 1 <= hour <= _MONTHS_A_YEAR:
            raise ValueError("hour")
        hour = hour % 12 + (12 if half == "p" else 0)
    if minute > 59 or hour > 24 or (hour == 24 and (minute or second)):  # noqa: PLR2004  a clock's own bounds
        raise ValueError("time")
    fraction = float(f"0.{match['fraction']}") if match["fraction"] else 0.0
    return hour * 3600 + minute * 60 + min(second, 59) + round(fraction, 6)


def _resolve(fields: _Fields, default_zone: str | None, collected_at: datetime) -> ParsedDate:
    flags = list(fields.flags)
    if fields.seconds is None:
        flags.append(DATE_ONLY)
    zone = _zone(fields.zone) if fields.zone else None
    if zone is None:
        if fields.zone:
            flags.append(ZONE_UNKNOWN)
        default = _zone(default_zone.strip().lower()) if default_zone else None
        if fields.seconds is not None and not fields.zone:
            flags.append(ZONE_DEFAULT if default else ZONE_MISSING)
        zone = default or UTC
    midnight = datetime(fields.day.year, fields.day.month, fields.day.day, tzinfo=zone)
    # Wall-clock arithmetic: 24:00 is the next day's midnight.
    moment = midnight + timedelta(seconds=fields.seconds or 0.0)
    return _in_range(moment, tuple(flags), collected_at)


@lru_cache(maxsize=512)
def _zone(text: str) -> tzinfo | None:
    """Return the zone of an offset, a name of the table, a name with an offset, or an IANA name; None if unknown."""
    cleaned = _COMMENT.sub("", text).strip(" ,;()[].").replace("−", "-")
    offset = _OFFSET.search(cleaned)
    if offset and (cleaned[: offset.start()].strip() in {"", "utc", "gmt", "ut", "z"}) and offset.end() == len(cleaned):
        return _fixed(offset)
    known = ZONES.get(cleaned)
    if isinstance(known, int):
        return timezone(timedelta(minutes=known)) if known else UTC
    return _named(known or "/".join(part.title() for part in cleaned.split("/"))) if known or "/" in cleaned else None


def _fixed(match: re.Match[str]) -> tzinfo | None:
    # `GMT+3` is three hours east, as people mean it; POSIX means the opposite.
    shift = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if shift > _MAX_OFFSET or int(match[3] or 0) > 59:  # noqa: PLR2004  minutes of an hour
        return None
    return timezone(-shift if match[1] == "-" else shift)


def _named(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone; a name that is a path
        return None

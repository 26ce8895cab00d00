"""Dates: golden rows, and that nothing is made up or raised, whatever is read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from transforms.documents.dates import EARLIEST, FUTURE_SLACK, MAX_RAW, UNPARSED, ParsedDate, parse_date

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
ROWS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "documents" / "dates.yaml").read_text("utf-8"))[
    "rows"
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['raw']!r}-{row.get('zone', '')}")
def test_golden(row: dict[str, Any]) -> None:
    value = row["value"] and datetime.fromisoformat(row["value"])
    assert parse_date(row["raw"], row.get("zone"), NOW) == ParsedDate(value, tuple(row.get("flags", ())))


def test_there_are_enough_rows() -> None:
    assert len(ROWS) > 120


@given(st.text(max_size=60), st.sampled_from([None, "Europe/Kyiv", "+03:00", "nonsense", "../../etc/passwd", ""]))
def test_any_text_gives_a_time_in_range_or_none(raw: str, zone: str | None) -> None:
    parsed = parse_date(raw, zone, NOW)
    assert parsed.value is None or EARLIEST <= parsed.value <= NOW + FUTURE_SLACK


@given(st.text("0123456789-:/., TZ+апреляmarchmsk()", max_size=40))
def test_text_that_looks_like_a_date_never_raises(raw: str) -> None:
    parse_date(raw, None, NOW)


@given(st.datetimes(datetime(1980, 1, 2), datetime(2024, 5, 31)), st.integers(-12 * 60, 14 * 60))  # noqa: DTZ001 - zones are added below
def test_iso_with_an_offset_is_exact(moment: datetime, minutes: int) -> None:
    sign, distance = ("-", -minutes) if minutes < 0 else ("+", minutes)
    raw = f"{moment.isoformat()}{sign}{distance // 60:02}:{distance % 60:02}"
    assert parse_date(raw, None, NOW).value == moment.replace(tzinfo=UTC) - timedelta(minutes=minutes)


def test_a_long_text_is_no_date() -> None:
    assert parse_date("2022-04-15 " + "x" * MAX_RAW, None, NOW) == ParsedDate(None, (UNPARSED,))


def test_hostile_texts_are_quick() -> None:
    for raw in ("1" * 100_000, "(" * MAX_RAW, "1:" * 60, "+" * MAX_RAW, "апр " * 30):
        parse_date(raw, None, NOW)

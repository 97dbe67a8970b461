"""Dates as intervals.

A query without a time zone is compared on the wall clock of the resource value, so that ``ge2026-01-01``
finds ``2026-01-01T00:00:00+01:00``; a query with a zone is compared on instants.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from harness.core.text import Text
from harness.fhir.search.extractors import Node
from harness.fhir.search.query import SearchError
from harness.fhir.search.values.prefixes import HIGH, LOW, compare, split_prefix

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1)


class DateValue(NamedTuple):
    """A closed interval in microseconds since 1970: on the wall clock and as instants."""

    low: int
    high: int
    low_utc: int
    high_utc: int


def parse_date(text: str) -> tuple[DateValue, bool] | None:
    """Interval of a FHIR date, dateTime or instant, and whether it names a zone; ``None`` when it is none."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        start = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),
        )
        if fraction:
            start += timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
    except (ValueError, OverflowError):
        return None
    low = (start - _EPOCH) // timedelta(microseconds=1)
    if fraction:
        width = 10 ** max(0, 6 - len(fraction))
    elif second:
        width = 1_000_000
    elif hour:
        width = 60_000_000
    elif day:
        width = 86_400_000_000
    elif month:
        width = calendar.monthrange(start.year, start.month)[1] * 86_400_000_000
    else:
        width = (366 if calendar.isleap(start.year) else 365) * 86_400_000_000
    high = low + width - 1
    shift = 0
    if zone and zone != "Z":
        sign = 1 if zone[0] == "+" else -1
        shift = sign * (int(zone[1:3]) * 60 + int(zone[4:6])) * 60_000_000
    return DateValue(low, high, low - shift, high - shift), bool(zone)


def _period(value: dict[str, Any]) -> DateValue | None:
    start = parse_date(value["start"]) if isinstance(value.get("start"), str) else None
    end = parse_date(value["end"]) if isinstance(value.get("end"), str) else None
    if start is None and end is None:
        return None
    first = start[0] if start else DateValue(LOW, LOW, LOW, LOW)
    last = end[0] if end else DateValue(HIGH, HIGH, HIGH, HIGH)
    return DateValue(first.low, last.high, first.low_utc, last.high_utc)


def index_date(nodes: list[Node]) -> list[DateValue]:
    """Intervals of date, dateTime, instant, Period and Timing values."""
    result: list[DateValue] = []
    for value, _ in nodes:
        if isinstance(value, str):
            parsed = parse_date(value)
            if parsed:
                result.append(parsed[0])
        elif isinstance(value, dict):
            if "event" in value or "repeat" in value:
                events = [e for e in value.get("event", ()) if isinstance(e, str)]
                result.extend(index_date([(event, "") for event in events]))
                repeat = value.get("repeat")
                bounds = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
                value = bounds if isinstance(bounds, dict) else {}
            period = _period(value)
            if period:
                result.append(period)
    return result


def match_date(text: str, parameter: str, now: datetime | None = None) -> Callable[[list[DateValue]], bool]:
    """Matcher of one query value of a date parameter."""
    prefix, rest = split_prefix(text)
    parsed = parse_date(rest.replace(" ", "+"))
    if parsed is None:
        raise SearchError(
            Text(nl=f"{parameter}={text} is geen datum", en=f"{parameter}={text} is not a date"),
            parameter=parameter,
        )
    wanted, zoned = parsed
    if prefix == "ap":
        reference = parse_date((now or datetime(2000, 1, 1)).isoformat()[:19])
        distance = abs((reference[0].low if reference else wanted.low) - wanted.low) // 10
        low, high = wanted.low - distance, wanted.high + distance
        return lambda values: any(v.low <= high and v.high >= low for v in values)
    if zoned:
        return lambda values: any(
            compare(prefix, v.low_utc, v.high_utc, wanted.low_utc, wanted.high_utc) for v in values
        )
    return lambda values: any(compare(prefix, v.low, v.high, wanted.low, wanted.high) for v in values)

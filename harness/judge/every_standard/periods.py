"""Days out of FHIR dates, periods and durations, for checks of search results. Never raises on bad input.

A partial date stands for all its days (``2026-02``: 1 to 28 February). A time with a zone stands for its day
on that clock and its day in Amsterdam: a midnight that is written in UTC is no other day.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from harness.core.normal.moments import day_of

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?", re.ASCII)
_DAYS: dict[str, Decimal] = {
    "d": Decimal(1),
    "wk": Decimal(7),
    "mo": Decimal(30),
    "a": Decimal(365),
    "h": Decimal(1) / 24,
    "min": Decimal(1) / 1440,
}
"""Days in a UCUM unit of time (a month counts as thirty days)."""

Bounds = tuple[date | None, date | None]


def text_bounds(value: Any) -> Bounds:
    """First and last day that a FHIR date, dateTime or instant may stand for."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None, None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        if day:
            days = {date(year, month, day), date.fromisoformat(day_of(value)[:10])}
            return min(days), max(days)
        if month:
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return date(year, 1, 1), date(year, 12, 31)
    except (ValueError, calendar.IllegalMonthError):
        return None, None


def day_bounds(resource: dict[str, Any], stem: str) -> Bounds:
    """First and last day of an element that is a date, dateTime, instant or Period.

    :param stem: element name; a choice by its stem (``effective`` reads effectiveDateTime, …Period).
    """
    for key in (stem, f"{stem}DateTime", f"{stem}Instant", f"{stem}Date"):
        if isinstance(resource.get(key), str):
            return text_bounds(resource[key])
    period = resource.get(f"{stem}Period")
    if isinstance(period, dict):
        return text_bounds(period.get("start"))[0], text_bounds(period.get("end"))[1]
    return None, None


def period_end(period: Any, duration: Any) -> date | None:
    """Last day of a Period; without end it is start plus duration; ``None`` when it is open-ended."""
    if not isinstance(period, dict):
        return None
    if period.get("end"):
        return text_bounds(period.get("end"))[1]
    start = text_bounds(period.get("start"))[1]
    if start is None or not isinstance(duration, dict):
        return None
    factor = _DAYS.get(str(duration.get("code") or duration.get("unit")))
    try:
        amount = Decimal(str(duration.get("value")))
        return start + timedelta(days=float(amount * factor)) if factor is not None else None
    except (InvalidOperation, OverflowError, ValueError):
        return None

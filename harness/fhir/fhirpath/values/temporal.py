"""Dates, date-times and times with the precision they were written in (FHIRPath N1 sections 2.1.4, 6.1,
6.2, 6.6).

A :class:`Temporal` never reads a clock and never guesses a time zone by itself: comparisons of values with
and without a zone take the zone of the missing side as an argument (minutes, or ``None`` for "unknown, so
undecided").
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

Kind = Literal["date", "dateTime", "time"]

_ZONE = r"(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
_CLOCK = r"([01]\d|2[0-3])(?::([0-5]\d)(?::([0-5]\d|60)(?:\.(\d+))?)?)?"
_DAY = r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?"
_DATE_RE = re.compile(rf"{_DAY}\Z", re.ASCII)
_DATETIME_RE = re.compile(
    rf"(\d{{4}})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01])(?:T{_CLOCK}{_ZONE})?)?)?T?\Z", re.ASCII
)
_TIME_RE = re.compile(rf"T?{_CLOCK}\Z", re.ASCII)

YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLI = range(7)
_LOW = (1, 1, 1, 0, 0, 0)
_HIGH = (9999, 12, 31, 23, 59, 59)
UNIT_LEVEL: dict[str, int] = {
    "year": YEAR, "month": MONTH, "week": DAY, "day": DAY,
    "hour": HOUR, "minute": MINUTE, "second": SECOND, "millisecond": MILLI,
}  # fmt: skip
_SECONDS: dict[str, Decimal] = {
    "year": Decimal(31536000), "month": Decimal(2592000), "week": Decimal(604800), "day": Decimal(86400),
    "hour": Decimal(3600), "minute": Decimal(60), "second": Decimal(1), "millisecond": Decimal("0.001"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Temporal:
    """A date, date-time or time.

    :ivar kind: ``date``, ``dateTime`` or ``time``.
    :ivar parts: year, month, day, hour, minute, second as far as given (a time: hour, minute, second).
    :ivar fraction: digits after the decimal point of the seconds, ``""`` when none.
    :ivar zone: offset from UTC in minutes, ``None`` when not given.
    :ivar text: the value as written.
    """

    kind: Kind
    parts: tuple[int, ...]
    fraction: str
    zone: int | None
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def precision(self) -> int:
        """Level of the last part: ``YEAR`` … ``SECOND`` (also for times, counted from ``HOUR``)."""
        return len(self.parts) - 1 + (HOUR if self.kind == "time" else 0)

    def moment(self, level: int, default_zone: int | None) -> tuple[Decimal | int, ...] | None:
        """Comparable parts up to ``level``, in UTC when a time of day takes part; seconds with their
        fraction.

        ``None`` when the zone would move it outside of the years 1 to 9999.
        """
        if self.kind == "time":
            parts: tuple[int, ...] = self.parts
            keep = level - HOUR + 1
        else:
            parts = self.parts
            keep = level + 1
            zone = self.zone if self.zone is not None else default_zone
            if len(parts) > HOUR and zone:
                try:
                    whole = _datetime((*parts, 0, 0)[:6]) - timedelta(minutes=zone)
                except (OverflowError, ValueError):
                    return None
                parts = whole.timetuple()[: len(parts)]
        shown: tuple[Decimal | int, ...] = parts[:keep]
        if self.fraction and level >= SECOND:
            shown = (*shown[:-1], shown[-1] + Decimal(f"0.{self.fraction}"))
        return shown


def _datetime(parts: Sequence[int], micro: int = 0) -> datetime:
    """A date-time of year … second and microseconds, without a zone."""
    year, month, day, hour, minute, second = parts
    return datetime(year, month, day, hour, minute, second, micro)


def _make(kind: Kind, groups: tuple[str | None, ...], text: str) -> Temporal | None:
    offset = 0 if kind == "time" else 3
    day = [int(g) for g in groups[:offset] if g is not None]
    clock = [int(g) for g in groups[offset : offset + 3] if g is not None]
    if len(clock) == 3 and clock[2] == 60:
        clock[2] = 59  # a leap second; no calendar here knows them
    if kind != "time" and (
        day[0] == 0 or (len(day) == 3 and day[2] > calendar.monthrange(day[0], day[1])[1])
    ):
        return None
    zone: int | None = None
    mark = groups[7] if len(groups) > 7 else None
    if mark == "Z":
        zone = 0
    elif mark:
        zone = (int(mark[1:3]) * 60 + int(mark[4:])) * (-1 if mark[0] == "-" else 1)
    fraction = (groups[offset + 3] if len(groups) > offset + 3 else None) or ""
    return Temporal(kind, tuple(day + clock), fraction[:9], zone, text)


@lru_cache(maxsize=4096)
def parse_date(text: str) -> Temporal | None:
    """``YYYY[-MM[-DD]]``, ``None`` when it is not a date."""
    match = _DATE_RE.match(text)
    return _make("date", match.groups(), text) if match else None


@lru_cache(maxsize=4096)
def parse_datetime(text: str) -> Temporal | None:
    """``YYYY[-MM[-DD[Thh[:mm[:ss[.f]]][zone]]]]``, ``None`` when it is not a date-time."""
    match = _DATETIME_RE.match(text)
    return _make("dateTime", match.groups(), text.rstrip("T")) if match else None


@lru_cache(maxsize=4096)
def parse_time(text: str) -> Temporal | None:
    """``hh[:mm[:ss[.f]]]``, ``None`` when it is not a time."""
    match = _TIME_RE.match(text)
    return _make("time", match.groups(), text.lstrip("T")) if match else None


def parse_instant(text: str) -> Temporal | None:
    """A date-time with seconds and a zone, ``None`` when it is not an instant."""
    found = parse_datetime(text)
    return found if found is not None and found.zone is not None and len(found.parts) == 6 else None


PARSERS: dict[str, Callable[[str], Temporal | None]] = {
    "date": parse_date,
    "dateTime": parse_datetime,
    "instant": parse_instant,
    "time": parse_time,
}
"""FHIR primitive type -> parser."""


def same_family(a: Temporal, b: Temporal) -> bool:
    """Whether two values can be compared: both times, or neither."""
    return (a.kind == "time") == (b.kind == "time")


def _zones(a: Temporal, b: Temporal, default_zone: int | None) -> bool:
    """Whether the zones allow a decision: both given, neither, a date is involved, or there is a default."""
    if default_zone is not None or a.precision < HOUR or b.precision < HOUR or a.kind == "time":
        return True
    return (a.zone is None) == (b.zone is None)


def compare(a: Temporal, b: Temporal, default_zone: int | None) -> int | None:
    """-1, 0 or 1; ``None`` when precision or zone leave it undecided. Both must be of one family."""
    if not _zones(a, b, default_zone):
        return None
    level = min(a.precision, b.precision)
    left, right = a.moment(level, default_zone), b.moment(level, default_zone)
    if left is None or right is None:
        return None
    if left != right:
        return -1 if left < right else 1
    return 0 if a.precision == b.precision else None


def equivalent(a: Temporal, b: Temporal, default_zone: int | None) -> bool:
    """``~``: same precision and same moment."""
    return same_family(a, b) and a.precision == b.precision and compare(a, b, default_zone) == 0


def render(kind: Kind, parts: tuple[int, ...], fraction: str, zone: int | None) -> Temporal:
    """A value from its parts, with its text."""
    widths = (2, 2, 2) if kind == "time" else (4, 2, 2, 2, 2, 2)
    marks = ("", ":", ":") if kind == "time" else ("", "-", "-", "T", ":", ":")
    text = "".join(m + str(p).zfill(w) for m, p, w in zip(marks, parts, widths, strict=False))
    if fraction:
        text += "." + fraction
    if zone is not None and len(parts) > DAY + 1 and kind != "time":
        text += f"{'-' if zone < 0 else '+'}{abs(zone) // 60:02}:{abs(zone) % 60:02}"
    return Temporal(kind, parts, fraction, zone, text)


def add(value: Temporal, amount: Decimal, unit: str) -> Temporal | None:
    """``value`` moved by ``amount`` calendar units (``year`` … ``millisecond``), at its own precision.

    Above seconds the fraction of the amount is ignored; a unit finer than the value is first converted to
    the unit of the value (1 year = 365 days, 1 month = 30 days). ``None`` when the result has no date (year
    0, year 10000) or the unit does not fit (a time plus days).
    """
    level = UNIT_LEVEL[unit]
    if value.kind == "time" and level < HOUR:
        return None
    if level < SECOND:
        amount = amount.to_integral_value("ROUND_DOWN")
    own = value.precision
    if level > own and own != SECOND:
        if value.kind == "date" and level > DAY:
            own = min(own, DAY)
        name = ("year", "month", "day", "hour", "minute")[own]
        amount = (amount * _SECONDS[unit] / _SECONDS[name]).to_integral_value("ROUND_DOWN")
        unit = name
    try:
        return _shift(value, amount, unit)
    except (OverflowError, ValueError):
        return None


def _shift(value: Temporal, amount: Decimal, unit: str) -> Temporal:
    day = (2000, 1, 1) if value.kind == "time" else ()
    parts = day + value.parts
    full = [*parts, *_LOW[len(parts) :]]
    micro = int((value.fraction or "0").ljust(6, "0")[:6])
    if unit in ("year", "month"):
        months = full[0] * 12 + full[1] - 1 + int(amount) * (12 if unit == "year" else 1)
        year, month = divmod(months, 12)
        full[0], full[1] = year, month + 1
        full[2] = min(full[2], calendar.monthrange(year, month + 1)[1])
        moved = _datetime(full, micro)
    else:
        moved = _datetime(full, micro) + timedelta(microseconds=int(amount * _SECONDS[unit] * 1000000))
    shown = moved.timetuple()[: len(parts)][len(day) :]
    fraction = ""
    if len(parts) == 6 and (value.fraction or moved.microsecond):
        width = max(len(value.fraction), 3)
        fraction = f"{moved.microsecond:06}".ljust(width, "0")[:width]
    return render(value.kind, tuple(shown), fraction, value.zone)


_BOUNDARY_LEVELS: dict[str, dict[int, int]] = {
    "date": {4: YEAR, 6: MONTH, 8: DAY},
    "dateTime": {4: YEAR, 6: MONTH, 8: DAY, 10: HOUR, 12: MINUTE, 14: SECOND, 17: MILLI},
    "time": {2: HOUR, 4: MINUTE, 6: SECOND, 9: MILLI},
}


def boundary(value: Temporal, digits: int | None, high: bool, zone_spread: bool) -> Temporal | None:
    """The least or greatest value at a precision given in digits (4 year … 17 milliseconds; a time 2 … 9).

    :param zone_spread: give a date-time without a zone the zone that makes it extreme (+14:00 low, -12:00
        high).
    :returns: ``None`` for a precision that the kind does not have.
    """
    levels = _BOUNDARY_LEVELS[value.kind]
    level = levels.get(max(levels) if digits is None else digits)
    if level is None:
        return None
    skip = HOUR if value.kind == "time" else 0
    parts = list(value.parts)
    filler = _HIGH if high else _LOW
    while len(parts) + skip <= min(level, SECOND):
        at = len(parts) + skip
        parts.append(calendar.monthrange(parts[0], parts[1])[1] if high and at == DAY else filler[at])
    parts = parts[: min(level, SECOND) + 1 - skip]
    fraction = ""
    if level == MILLI:
        fraction = value.fraction.ljust(3, "0")[:3] if value.fraction else ("999" if high else "000")
    zone = value.zone
    if value.kind == "dateTime" and level >= HOUR and zone is None and zone_spread:
        zone = -12 * 60 if high else 14 * 60
    return render(value.kind, tuple(parts), fraction, zone)


def precision_digits(value: Temporal) -> int:
    """Number of digits that are written: 4 for a year … 17 with milliseconds; a time 2 … 9."""
    digits = (
        (0, 2, 4, 6)[len(value.parts)] if value.kind == "time" else (0, 4, 6, 8, 10, 12, 14)[len(value.parts)]
    )
    return digits + len(value.fraction)

"""Dates and times: instants where both sides name a zone, wall clocks where one does not.

A day is a day in Europe/Amsterdam: a record that says ``2026-09-08`` is answered as well by
``2026-09-07T22:00:00Z``, but not by the date ``2026-09-07``.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from harness.core.clock import AMSTERDAM
from harness.core.normal.codes import number

_FORM: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)

Difference = Literal["", "value", "precision", "day"]
"""Why two moments differ: another moment, a time or day that got lost, a day shifted by a conversion."""


class Moment(NamedTuple):
    """A FHIR ``date``, ``dateTime`` or ``instant``.

    :ivar day: date in Europe/Amsterdam as far as the value goes: ``2026``, ``2026-09`` or ``2026-09-08``.
    :ivar wall: the value as its own clock showed it, ``YYYY-MM-DDTHH:MM:SS``; ``""`` without a time.
    :ivar instant: the same in UTC, ``""`` without a zone.
    :ivar fraction: digits of the second without trailing zeros.
    """

    day: str
    wall: str = ""
    instant: str = ""
    fraction: str = ""


@lru_cache(maxsize=65_536)
def moment(text: str) -> Moment | None:
    """What a date or time says; ``None`` when it is none."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if hour is None:
        try:
            datetime(int(year), int(month or 1), int(day or 1))
        except ValueError:
            return None
        return Moment(text.strip())
    try:
        wall = datetime(int(year), int(month), int(day), int(hour), int(minute), min(int(second or 0), 59))
        digits = (fraction or "").rstrip("0")
        if not zone:
            return Moment(wall.date().isoformat(), wall.isoformat(), "", digits)
        utc = wall - _offset(zone)
        local = utc.replace(tzinfo=UTC).astimezone(AMSTERDAM)
    except (ValueError, OverflowError):
        return None
    return Moment(local.date().isoformat(), wall.isoformat(), utc.isoformat(), digits)


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return timedelta(minutes=-minutes if zone[0] == "-" else minutes)


def day_of(text: str) -> str:
    """The Amsterdam date of a value as far as it goes; the text itself when it is no date.

    >>> day_of("2026-09-07T22:00:00Z"), day_of("2026-09")
    ('2026-09-08', '2026-09')
    """
    found = moment(text)
    return found.day if found else text


def difference(record: str, answer: str) -> Difference:
    """How an answer's date or time differs from the record's; ``""`` when it does not.

    >>> difference("2026-09-08", "2026-09-07T22:00:00Z")
    ''
    >>> difference("2026-09-08T00:00:00+02:00", "2026-09-07")
    'day'
    """
    if record == answer:
        return ""
    left, right = moment(record), moment(answer)
    if left is None or right is None:
        return "" if record.strip() == answer.strip() else "value"
    if not left.wall:
        return _of_day(left, right)
    if not right.wall:
        if left.day.startswith(right.day):
            return "precision"
        return "day" if right.day in (left.wall[:10], left.instant[:10]) else "value"
    if left.instant and right.instant:
        equal = left.instant == right.instant
    else:
        equal = left.wall == right.wall
    return "" if equal and (not left.fraction or left.fraction == right.fraction) else "value"


def _of_day(left: Moment, right: Moment) -> Difference:
    """A record without a time."""
    if right.wall:
        if right.day.startswith(left.day):
            return ""
        return "day" if right.wall[:10] == left.day else "value"
    if right.day == left.day:
        return ""
    if left.day.startswith(right.day):
        return "precision"
    if len(left.day) == len(right.day) == 10:
        apart = abs((datetime.fromisoformat(left.day) - datetime.fromisoformat(right.day)).days)
        return "day" if apart == 1 else "value"
    return "value"


_DAYS: Final = {"d": 1, "wk": 7}


def ends(start: str, duration: Any) -> tuple[str, ...]:
    """The days on which what lasts a Duration of whole days or weeks (UCUM ``d``, ``wk``) may be said to end:
    the last one, or the one after it; none when that cannot be told.

    >>> ends("2026-02-27", {"value": 1, "code": "wk"})
    ('2026-03-05', '2026-03-06')
    """
    if not isinstance(duration, dict) or str(duration.get("code")) not in _DAYS:
        return ()
    try:
        days = int(number(duration.get("value"))) * _DAYS[duration["code"]]
        first = date.fromisoformat(day_of(start))
        return tuple((first + timedelta(days=days - less)).isoformat() for less in (1, 0))
    except (ValueError, TypeError, OverflowError):
        return ()


def seconds(text: str) -> float | None:
    """A moment with a zone in seconds since 1970, ``None`` for another text.

    >>> seconds("2026-01-01T10:00:00+01:00") == seconds("2026-01-01T09:00:00Z")
    True
    """
    found = moment(text)
    if found is None or not found.instant:
        return None
    return datetime.fromisoformat(found.instant).replace(tzinfo=UTC).timestamp()

"""``T``-relative dates: the placeholders of official scripts and of our own fixtures.

``T`` is today in Europe/Amsterdam, frozen per run, or the date that the user gives with ``--at``.
Forms (testscript sheet, section 5)::

    ${DATE, T, D, -30}      T minus 30 days          ${CURRENTDATE}            T
    ${DATE, T, M, -14}      T minus 14 months        ${CURRENTDATE,M,-14}      T minus 14 months
    ${DATETIME, T, D, -1}   instant at midnight      ${CURRENTDATETIME}        the frozen instant

Unit letters: ``D``/``d`` days, ``M`` months, ``Y``/``y`` years. ``m`` (minutes in the original
notation) only moves a date-time. Month and year steps clamp to the last day of the month.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from harness.core.clock import AMSTERDAM
from harness.core.errors import InputError
from harness.core.text import Text

_DATE = re.compile(
    r"\$\{\s*(DATE|DATETIME)\s*,\s*([\w-]+)\s*,\s*([DdMmYy])\s*,\s*([+-]?\d{1,6})\s*\}", re.ASCII
)
_CURRENT = re.compile(r"\$\{\s*CURRENTDATE(TIME)?((?:\s*,\s*[A-Za-z]\s*,\s*[+-]?\d{1,6})*)\s*\}", re.ASCII)
_STEP = re.compile(r",\s*([A-Za-z])\s*,\s*([+-]?\d{1,6})", re.ASCII)
_ANY = re.compile(r"\$\{[^}\n]{0,200}\}")


def shift(day: date, unit: str, amount: int) -> date:
    """``day`` moved by ``amount`` units (``D``, ``M``, ``Y``), clamped to the end of the month.

    >>> shift(date(2026, 3, 31), "M", -1).isoformat()
    '2026-02-28'
    """
    if unit in "Dd":
        return day + timedelta(days=amount)
    if unit == "m":
        return day
    months = amount * (12 if unit in "Yy" else 1)
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def parse_day(text: str) -> date:
    """The date part of ``YYYY-MM-DD[…]``.

    :raises InputError: when the text does not start with a date.
    """
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise InputError(
            Text(nl=f"'{text}' is geen datum", en=f"'{text}' is not a date"),
            expected="JJJJ-MM-DD / YYYY-MM-DD",
            received=text,
        ) from None


@dataclass(frozen=True)
class TDates:
    """Resolver of ``T``-relative placeholders, frozen for one run.

    :param t: the date that ``T`` stands for.
    :param now: the frozen instant for ``CURRENTDATETIME``; midnight of ``t`` when not given.
    :param variables: further date variables by name (``T`` is always known).
    """

    t: date
    now: datetime | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    def day(self, name: str) -> date:
        """Value of a date variable.

        :raises InputError: when the variable is not known.
        """
        if name in self.variables:
            return parse_day(self.variables[name])
        if name == "T":
            return self.t
        raise InputError(
            Text(nl=f"onbekende datumvariabele '{name}'", en=f"unknown date variable '{name}'"),
            expected=", ".join(sorted({"T", *self.variables})),
            received=name,
        )

    def instant(self) -> datetime:
        """The frozen instant in Europe/Amsterdam."""
        if self.now is not None:
            return self.now.astimezone(AMSTERDAM)
        return datetime(self.t.year, self.t.month, self.t.day, tzinfo=AMSTERDAM)

    def resolve(self, text: str, *, strict: bool = False, where: str = "") -> str:
        """``text`` with every date placeholder filled in.

        :param strict: also refuse any other ``${…}`` that is left.
        :raises InputError: an unknown variable, or (``strict``) a placeholder that is left.
        """
        if "${" not in text:
            return text
        try:
            text = _DATE.sub(self._date, text)
            text = _CURRENT.sub(self._current, text)
        except InputError as error:
            raise InputError(
                error.message, where=where or error.where, expected=error.wanted, received=error.seen
            ) from None
        left = _ANY.search(text) if strict else None
        if left:
            raise InputError(
                Text(
                    nl=f"niet-ingevulde plaatshouder {left.group()}",
                    en=f"unresolved placeholder {left.group()}",
                ),
                where=where,
                expected="${DATE, T, D, -30}, ${CURRENTDATE}, …",
                received=left.group(),
            )
        return text

    def _date(self, match: re.Match[str]) -> str:
        kind, name, unit, amount = match.groups()
        day = shift(self.day(name), unit, int(amount))
        if kind == "DATE":
            return day.isoformat()
        return datetime(day.year, day.month, day.day, tzinfo=AMSTERDAM).isoformat()

    def _current(self, match: re.Match[str]) -> str:
        steps = [(unit, int(amount)) for unit, amount in _STEP.findall(match.group(2))]
        if not match.group(1):
            day = self.t
            for unit, amount in steps:
                day = shift(day, unit, amount)
            return day.isoformat()
        moment = self.instant()
        for unit, amount in steps:
            if unit == "m":
                moment += timedelta(minutes=amount)
            else:
                moved = shift(moment.date(), unit, amount)
                moment = moment.replace(year=moved.year, month=moved.month, day=moved.day)
        return moment.isoformat(timespec="seconds")


def relative(day: date, t: date) -> str:
    """``day`` written relative to ``t`` (``T-30``, ``T``, ``T+4``), for reports and drafts."""
    days = (day - t).days
    return "T" if days == 0 else f"T{days:+d}"


Resolver = Callable[[str], str]

"""The present, and parts of dates and times (FHIRPath N1 section 5.9 and the STU additions)."""

from __future__ import annotations

from decimal import (
    Decimal,
)

from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.functions.registry import Functions
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.values import temporal as temporals
from harness.fhir.fhirpath.values.items import plain, single
from harness.fhir.fhirpath.values.temporal import Temporal

FUNCTIONS = Functions()


@FUNCTIONS.scalar("now", pure=False)
def _now(c: Evaluation, coll: Items) -> Temporal:
    return c.now()


@FUNCTIONS.scalar("today", pure=False)
def _today(c: Evaluation, coll: Items) -> Temporal:
    return c.today()


@FUNCTIONS.scalar("timeOfDay", pure=False)
def _time_of_day(c: Evaluation, coll: Items) -> Temporal:
    return c.time_of_day()


def _moment(coll: Items, what: str) -> Temporal | None:
    if not coll:
        return None
    value = plain(single(coll, what))
    if value.__class__ is str:
        value = temporals.parse_datetime(value) or temporals.parse_time(value)
    return value if value.__class__ is Temporal else None


def _component(names: tuple[str, ...], level: int) -> None:
    def work(c: Evaluation, coll: Items) -> int | None:
        value = _moment(coll, names[0] + "()")
        if value is None:
            return None
        at = level - temporals.HOUR if value.kind == "time" else level
        return value.parts[at] if 0 <= at < len(value.parts) else None

    for name in names:
        FUNCTIONS.scalar(name)(work)


_component(("yearOf", "year"), temporals.YEAR)
_component(("monthOf", "month"), temporals.MONTH)
_component(("dayOf", "day"), temporals.DAY)
_component(("hourOf", "hour"), temporals.HOUR)
_component(("minuteOf", "minute"), temporals.MINUTE)
_component(("secondOf", "second"), temporals.SECOND)


@FUNCTIONS.scalar("millisecondOf")
def _millisecond(c: Evaluation, coll: Items) -> int | None:
    value = _moment(coll, "millisecondOf()")
    return int(value.fraction.ljust(3, "0")[:3]) if value is not None and value.fraction else None


@FUNCTIONS.scalar("timezoneOffsetOf")
def _zone(c: Evaluation, coll: Items) -> Decimal | None:
    value = _moment(coll, "timezoneOffsetOf()")
    return None if value is None or value.zone is None else Decimal(value.zone) / 60


@FUNCTIONS.scalar("dateOf")
def _date_of(c: Evaluation, coll: Items) -> Temporal | None:
    value = _moment(coll, "dateOf()")
    return (
        None if value is None or value.kind == "time" else temporals.render("date", value.parts[:3], "", None)
    )


@FUNCTIONS.scalar("timeOf")
def _time_of(c: Evaluation, coll: Items) -> Temporal | None:
    value = _moment(coll, "timeOf()")
    if value is None or value.kind == "time":
        return value
    return temporals.render("time", value.parts[3:], value.fraction, None) if len(value.parts) > 3 else None

"""Conversion, math, boundaries and parts of dates (N1 sections 5.5, 5.7 and the STU additions)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Decimal,
    DecimalException,
    localcontext,
)
from typing import TYPE_CHECKING, Any

from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.functions.registry import boolean, integer_of, items, scalar, string_of
from harness.fhir.fhirpath.nodes import Item, Items, Long
from harness.fhir.fhirpath.values import quantity as quantities
from harness.fhir.fhirpath.values import temporal as temporals
from harness.fhir.fhirpath.values.comparison import MAX_DIGITS, is_number, plain, raw, single, text_of
from harness.fhir.fhirpath.values.quantity import CALENDAR_SECONDS, Quantity, plain_number
from harness.fhir.fhirpath.values.temporal import Temporal

if TYPE_CHECKING:
    from harness.fhir.fhirpath.context import Evaluation

_INTEGER = re.compile(r"[+-]?\d{1,400}\Z", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,400}(?:\.\d{1,400})?\Z", re.ASCII)
_QUANTITY = re.compile(r"([+-]?\d{1,400}(?:\.\d{1,400})?)\s*(?:'([^']+)'|([a-zA-Z]+))?\Z", re.ASCII)
_TRUE = frozenset(("true", "t", "yes", "y", "1", "1.0"))
_FALSE = frozenset(("false", "f", "no", "n", "0", "0.0"))
MAX_BOUNDARY_DIGITS = 8


# -- conversion


def _to_boolean(c: Evaluation, value: Any) -> bool | None:
    if value.__class__ is bool:
        return bool(value)
    if is_number(value):
        return True if value == 1 else False if value == 0 else None
    if value.__class__ is str:
        text = value.lower()
        return True if text in _TRUE else False if text in _FALSE else None
    return None


def _to_integer(c: Evaluation, value: Any) -> int | None:
    if value.__class__ is bool:
        return int(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal):
        return (
            int(value) if value == value.to_integral_value() and abs(value.adjusted()) < MAX_DIGITS else None
        )
    if value.__class__ is str and _INTEGER.match(value):
        return int(value)
    return None


def _to_long(c: Evaluation, value: Any) -> Long | None:
    found = _to_integer(c, value)
    return None if found is None else Long(found)


def _to_decimal(c: Evaluation, value: Any) -> Decimal | int | None:
    if value.__class__ is bool:
        return Decimal(int(value))
    if is_number(value):
        return Decimal(value)
    if value.__class__ is str and _DECIMAL.match(value):
        return Decimal(value)
    return None


def _to_string(c: Evaluation, value: Any) -> str | None:
    return text_of(value)


def _to_date(c: Evaluation, value: Any) -> Temporal | None:
    if value.__class__ is Temporal and value.kind != "time":
        return value if value.kind == "date" else temporals.render("date", value.parts[:3], "", None)
    return temporals.parse_date(value) if value.__class__ is str else None


def _to_datetime(c: Evaluation, value: Any) -> Temporal | None:
    if value.__class__ is Temporal and value.kind != "time":
        return value if value.kind == "dateTime" else temporals.render("dateTime", value.parts, "", None)
    return temporals.parse_datetime(value) if value.__class__ is str else None


def _to_time(c: Evaluation, value: Any) -> Temporal | None:
    if value.__class__ is Temporal:
        return value if value.kind == "time" else None
    return temporals.parse_time(value) if value.__class__ is str else None


def _to_quantity(c: Evaluation, value: Any) -> Quantity | None:
    if value.__class__ is bool:
        return Quantity(Decimal(int(value)), "1")
    if is_number(value):
        return Quantity(Decimal(value), "1")
    if value.__class__ is Quantity:
        return value
    match = _QUANTITY.match(value) if value.__class__ is str else None
    if match is None:
        return None
    number, code, word = match.groups()
    if code in CALENDAR_SECONDS or (word is not None and word not in CALENDAR_SECONDS):
        return None
    return Quantity(Decimal(number), word or code or "1", calendar=word is not None)


_CONVERSIONS: dict[str, Callable[[Evaluation, Any], Any]] = {
    "Boolean": _to_boolean, "Integer": _to_integer, "Long": _to_long, "Decimal": _to_decimal,
    "String": _to_string,
    "Date": _to_date, "DateTime": _to_datetime, "Time": _to_time,
}  # fmt: skip


def _register(target: str, convert: Callable[[Evaluation, Any], Any]) -> None:
    def value_of(c: Evaluation, item: Item) -> Any:
        # fhirpath.js converts what stands in the document: a dateTime with a time of day is no date
        as_written = not c.dialect.lenient_boolean and target != "String"
        return raw(item) if as_written else plain(item)

    def to(c: Evaluation, coll: Items) -> Any:
        if not coll:
            return None
        value = value_of(c, single(coll, f"to{target}()"))
        return None if value is None else convert(c, value)

    def converts(c: Evaluation, coll: Items) -> bool | None:
        if len(coll) != 1:
            if coll and c.dialect.lenient_boolean:
                single(coll, f"convertsTo{target}()")
            return None
        value = value_of(c, coll[0])
        return value is not None and convert(c, value) is not None

    scalar(f"to{target}")(to)
    boolean(f"convertsTo{target}")(converts)


for _name, _convert in _CONVERSIONS.items():
    _register(_name, _convert)


@scalar("toQuantity", 0, 1)
def _quantity(c: Evaluation, coll: Items, unit: Items | None = None) -> Quantity | None:
    if not coll:
        return None
    found = _to_quantity(c, plain(single(coll, "toQuantity()")))
    wanted = string_of(unit, "toQuantity()") if unit else None
    if found is None or wanted is None:
        return found
    return quantities.convert(found, wanted, wanted in CALENDAR_SECONDS)


@boolean("convertsToQuantity", 0, 1)
def _converts_to_quantity(c: Evaluation, coll: Items, unit: Items | None = None) -> bool | None:
    return None if len(coll) != 1 else _quantity(c, coll, unit) is not None


@boolean("comparable", 1)
def _comparable(c: Evaluation, coll: Items, other: Items) -> bool | None:
    if not coll or not other:
        return None
    a, b = plain(single(coll, "comparable()")), plain(single(other, "comparable()"))
    a = Quantity(Decimal(a), "1") if is_number(a) else a
    b = Quantity(Decimal(b), "1") if is_number(b) else b
    return a.__class__ is Quantity and b.__class__ is Quantity and quantities.compare(a, b) is not None


# -- math ----------------------------------------------------------------------------------------------------
# # -- math
# # -- math
# # -- math


def _number(coll: Items, what: str) -> Any:
    """The one number of a collection as decimal (or integer), ``None`` when it is empty."""
    if not coll:
        return None
    value = plain(single(coll, what))
    if value.__class__ is Quantity:
        value = plain_number(value) or value
    if value is None or is_number(value):
        return value
    raise evaluation_error(
        f"{what} rekent met een getal", f"{what} takes a number", expected="number", received=value
    )


def _calculate(what: str, work: Callable[[], Decimal]) -> Decimal | None:
    """Decimal arithmetic at 31 digits; what has no result (``ln(-1)``) is empty, what explodes is an
    error."""
    try:
        with localcontext() as context:
            context.prec = 31
            result = work()
    except (DecimalException, ValueError, ZeroDivisionError, OverflowError):
        return None
    if not result.is_finite():
        return None
    if abs(result.adjusted()) > MAX_DIGITS:
        raise evaluation_error(f"de uitkomst van {what} is te groot", f"the result of {what} is too large")
    if result == result.to_integral_value() and result.adjusted() < 30:
        return result.quantize(Decimal(1))
    return result.normalize()


def _small(value: Decimal) -> Decimal:
    """An operand of an exponential function, within bounds that keep it quick."""
    if abs(value.adjusted()) > 6 and value != 0:
        raise DecimalException
    return value


@scalar("exp")
def _exp(c: Evaluation, coll: Items) -> Any:
    value = _number(coll, "exp()")
    return None if value is None else _calculate("exp()", lambda: _small(Decimal(value)).exp())


@scalar("ln")
def _ln(c: Evaluation, coll: Items) -> Any:
    value = _number(coll, "ln()")
    return None if value is None else _calculate("ln()", lambda: Decimal(value).ln())


@scalar("log", 1)
def _log(c: Evaluation, coll: Items, base: Items) -> Any:
    value, other = _number(coll, "log()"), _number(base, "log()")
    if value is None or other is None:
        return None
    result = _calculate("log()", lambda: Decimal(value).ln() / Decimal(other).ln())
    if result is None:
        return None
    near = result.quantize(Decimal(1), ROUND_HALF_UP) if result.adjusted() < 25 else result
    return near if abs(near - result) < Decimal("1e-20") else result


@scalar("power", 1)
def _power(c: Evaluation, coll: Items, exponent: Items) -> Any:
    value, other = _number(coll, "power()"), _number(exponent, "power()")
    if value is None or other is None:
        return None
    result = _calculate("power()", lambda: Decimal(value) ** _small(Decimal(other)))
    whole = isinstance(value, int) and isinstance(other, int) and other >= 0
    return int(result) if result is not None and whole and result == result.to_integral_value() else result


@scalar("sqrt")
def _sqrt(c: Evaluation, coll: Items) -> Any:
    value = _number(coll, "sqrt()")
    return None if value is None or value < 0 else _calculate("sqrt()", lambda: Decimal(value).sqrt())


def _on_number(name: str, whole: Callable[[Decimal], Decimal]) -> None:
    def work(c: Evaluation, coll: Items) -> Any:
        if not coll:
            return None
        value = plain(single(coll, name + "()"))
        if value.__class__ is Quantity:
            return Quantity(whole(value.value), value.unit, value.calendar)
        number = _number(coll, name + "()")
        if number is None:
            return None
        result = whole(Decimal(number))
        return result if name == "abs" and not isinstance(number, int) else int(result)

    scalar(name)(work)


_on_number("abs", abs)
_on_number("ceiling", lambda v: v.to_integral_value(ROUND_CEILING))
_on_number("floor", lambda v: v.to_integral_value(ROUND_FLOOR))
_on_number("truncate", lambda v: v.to_integral_value(ROUND_DOWN))


@scalar("round", 0, 1)
def _round(c: Evaluation, coll: Items, digits: Items | None = None) -> Any:
    if not coll:
        return None
    count = (integer_of(digits, "round()") if digits else 0) or 0
    if not 0 <= count <= 100:
        raise evaluation_error(
            "round() vraagt 0 tot 100 cijfers", "round() takes 0 to 100 digits", received=str(count)
        )

    def rounded(value: Decimal) -> Decimal:
        with localcontext() as context:
            context.prec = MAX_DIGITS + 200
            return value.quantize(Decimal(1).scaleb(-count), ROUND_HALF_UP)

    value = plain(single(coll, "round()"))
    if value.__class__ is Quantity:
        return Quantity(rounded(value.value), value.unit, value.calendar)
    number = _number(coll, "round()")
    if number is None:
        return None
    return number if isinstance(number, int) else rounded(number)


# -- boundaries and precision


def _decimal_boundary(value: Decimal, digits: int, high: bool, away_rounds: bool) -> Decimal:
    """Half a unit of the last given digit up or down, at ``digits`` decimals.

    :param away_rounds: the way of HAPI: away from zero rounds half up, towards zero truncates; otherwise
        outward.
    """
    exponent = value.as_tuple().exponent
    half = Decimal(5).scaleb((exponent if isinstance(exponent, int) else 0) - 1)
    if exponent == 0 or (isinstance(exponent, int) and exponent > 0):
        half = Decimal("0.5")
    edge = value + half if high else value - half
    if away_rounds:
        rounding = ROUND_HALF_UP if (edge > 0) == high else ROUND_DOWN
    else:
        rounding = ROUND_CEILING if high else ROUND_FLOOR
    with localcontext() as context:
        context.prec = MAX_DIGITS + 50
        return edge.quantize(Decimal(1).scaleb(-digits), rounding)


def _boundary(name: str, high: bool) -> None:
    def work(c: Evaluation, coll: Items, precision: Items | None = None) -> Any:
        if not coll:
            return None
        digits = integer_of(precision, name + "()") if precision else None
        value = plain(single(coll, name + "()"))
        hapi = c.dialect.decimal_boundaries
        if value.__class__ is Temporal:
            if hapi and value.kind == "dateTime" and len(value.parts) == 4:
                # HAPI reads an hour without minutes as the whole hour
                value = temporals.render("dateTime", (*value.parts, 0), "", value.zone)
            return temporals.boundary(value, digits, high, zone_spread=hapi)
        count = MAX_BOUNDARY_DIGITS if digits is None else digits
        if not 0 <= count <= MAX_BOUNDARY_DIGITS:
            return None
        if value.__class__ is Quantity and hapi:
            return Quantity(_decimal_boundary(value.value, count, high, hapi), value.unit, value.calendar)
        number = _number(coll, name + "()")
        return None if number is None else _decimal_boundary(Decimal(number), count, high, hapi)

    scalar(name, 0, 1)(work)


_boundary("lowBoundary", high=False)
_boundary("highBoundary", high=True)


@scalar("precision")
def _precision(c: Evaluation, coll: Items) -> int | None:
    if not coll:
        return None
    value = plain(single(coll, "precision()"))
    if value.__class__ is Temporal:
        return temporals.precision_digits(value)
    number = _number(coll, "precision()")
    if number is None:
        return None
    exponent = Decimal(number).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


# -- dates


@scalar("now", pure=False)
def _now(c: Evaluation, coll: Items) -> Temporal:
    return c.now()


@scalar("today", pure=False)
def _today(c: Evaluation, coll: Items) -> Temporal:
    return c.today()


@scalar("timeOfDay", pure=False)
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
        scalar(name)(work)


_component(("yearOf", "year"), temporals.YEAR)
_component(("monthOf", "month"), temporals.MONTH)
_component(("dayOf", "day"), temporals.DAY)
_component(("hourOf", "hour"), temporals.HOUR)
_component(("minuteOf", "minute"), temporals.MINUTE)
_component(("secondOf", "second"), temporals.SECOND)


@scalar("millisecondOf")
def _millisecond(c: Evaluation, coll: Items) -> int | None:
    value = _moment(coll, "millisecondOf()")
    return int(value.fraction.ljust(3, "0")[:3]) if value is not None and value.fraction else None


@scalar("timezoneOffsetOf")
def _zone(c: Evaluation, coll: Items) -> Decimal | None:
    value = _moment(coll, "timezoneOffsetOf()")
    return None if value is None or value.zone is None else Decimal(value.zone) / 60


@scalar("dateOf")
def _date_of(c: Evaluation, coll: Items) -> Temporal | None:
    value = _moment(coll, "dateOf()")
    return (
        None if value is None or value.kind == "time" else temporals.render("date", value.parts[:3], "", None)
    )


@scalar("timeOf")
def _time_of(c: Evaluation, coll: Items) -> Temporal | None:
    value = _moment(coll, "timeOf()")
    if value is None or value.kind == "time":
        return value
    return temporals.render("time", value.parts[3:], value.fraction, None) if len(value.parts) > 3 else None


@items("getValue", safe=True)
def _get_value(c: Evaluation, coll: Items) -> Items:
    if len(coll) != 1:
        return []
    item = coll[0]
    value = raw(item)
    if value is None or (item.__class__ is tuple and not (item[1].primitive or not item[1].name)):
        return []
    return [] if value.__class__ in (dict, list) else [value]

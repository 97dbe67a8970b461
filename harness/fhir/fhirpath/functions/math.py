"""Mathematics (FHIRPath N1 section 5.7)."""

from __future__ import annotations

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
from typing import Any

from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.functions.registry import Functions, integer_of, number_of
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.values.items import plain, single
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.reach import MAX_DIGITS

FUNCTIONS = Functions()


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


@FUNCTIONS.scalar("exp")
def _exp(c: Evaluation, coll: Items) -> Any:
    value = number_of(coll, "exp()")
    return None if value is None else _calculate("exp()", lambda: _small(Decimal(value)).exp())


@FUNCTIONS.scalar("ln")
def _ln(c: Evaluation, coll: Items) -> Any:
    value = number_of(coll, "ln()")
    return None if value is None else _calculate("ln()", lambda: Decimal(value).ln())


@FUNCTIONS.scalar("log", 1)
def _log(c: Evaluation, coll: Items, base: Items) -> Any:
    value, other = number_of(coll, "log()"), number_of(base, "log()")
    if value is None or other is None:
        return None
    result = _calculate("log()", lambda: Decimal(value).ln() / Decimal(other).ln())
    if result is None:
        return None
    near = result.quantize(Decimal(1), ROUND_HALF_UP) if result.adjusted() < 25 else result
    return near if abs(near - result) < Decimal("1e-20") else result


@FUNCTIONS.scalar("power", 1)
def _power(c: Evaluation, coll: Items, exponent: Items) -> Any:
    value, other = number_of(coll, "power()"), number_of(exponent, "power()")
    if value is None or other is None:
        return None
    result = _calculate("power()", lambda: Decimal(value) ** _small(Decimal(other)))
    whole = isinstance(value, int) and isinstance(other, int) and other >= 0
    return int(result) if result is not None and whole and result == result.to_integral_value() else result


@FUNCTIONS.scalar("sqrt")
def _sqrt(c: Evaluation, coll: Items) -> Any:
    value = number_of(coll, "sqrt()")
    return None if value is None or value < 0 else _calculate("sqrt()", lambda: Decimal(value).sqrt())


def _on_number(name: str, whole: Callable[[Decimal], Decimal]) -> None:
    def work(c: Evaluation, coll: Items) -> Any:
        if not coll:
            return None
        value = plain(single(coll, name + "()"))
        if value.__class__ is Quantity:
            return Quantity(whole(value.value), value.unit, value.calendar)
        number = number_of(coll, name + "()")
        if number is None:
            return None
        result = whole(Decimal(number))
        return result if name == "abs" and not isinstance(number, int) else int(result)

    FUNCTIONS.scalar(name)(work)


_on_number("abs", abs)
_on_number("ceiling", lambda v: v.to_integral_value(ROUND_CEILING))
_on_number("floor", lambda v: v.to_integral_value(ROUND_FLOOR))
_on_number("truncate", lambda v: v.to_integral_value(ROUND_DOWN))


@FUNCTIONS.scalar("round", 0, 1)
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
    number = number_of(coll, "round()")
    if number is None:
        return None
    return number if isinstance(number, int) else rounded(number)

"""Arithmetic on items: ``+ - * / div mod`` (FHIRPath N1 section 6.6)."""

from __future__ import annotations

from decimal import Decimal, DecimalException, localcontext
from typing import Any

from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.nodes import Long
from harness.fhir.fhirpath.values import quantity as quantities
from harness.fhir.fhirpath.values import temporal as temporals
from harness.fhir.fhirpath.values.items import MAX_STRING, is_number, types_differ
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.reach import MAX_DIGITS, within_reach
from harness.fhir.fhirpath.values.temporal import Temporal
from harness.fhir.phrases import CALENDAR_UNIT, CHARACTERS, DIGITS


def _bounded(value: Any) -> Any:
    """``value``, refused when it has grown beyond all reason."""
    if value.__class__ is int and value.bit_length() > MAX_DIGITS * 4:
        raise evaluation_error(
            "het getal wordt te groot", "the number gets too large", expected=DIGITS.format(count=MAX_DIGITS)
        )
    if isinstance(value, Decimal):
        within_reach(value)
    if value.__class__ is str and len(value) > MAX_STRING:
        raise evaluation_error(
            "de tekst wordt te lang", "the text gets too long", expected=CHARACTERS.format(count=MAX_STRING)
        )
    return value


def _move(value: Temporal, amount: Quantity, sign: int) -> Temporal | None:
    unit = amount.singular
    if unit is None or (value.kind == "time" and temporals.UNIT_LEVEL[unit] < temporals.HOUR):
        raise evaluation_error(
            "alleen een tijdsduur kan bij een datum of tijd worden opgeteld",
            "only a duration can be added to a date or time",
            expected=CALENDAR_UNIT,
            received=str(amount),
        )
    return temporals.add(value, sign * amount.value, unit)


def calculate(operator: str, a: Any, b: Any) -> Any:
    """``+ - * / div mod`` of two plain values; ``None`` is empty (division by zero, no date).

    :raises FHIRPathError: when the kinds do not fit the operator.
    """
    if a is None or b is None:
        return None
    try:
        with localcontext() as context:
            context.prec = 31
            return _bounded(_calculate(operator, a, b))
    except DecimalException as error:
        raise evaluation_error(
            "de berekening is niet mogelijk",
            "the calculation is not possible",
            received=f"{a} {operator} {b}",
        ) from error


def _calculate(operator: str, a: Any, b: Any) -> Any:
    if is_number(a) and is_number(b):
        return _numbers(operator, a, b)
    if operator == "+" and a.__class__ is str and b.__class__ is str:
        return a + b
    if operator in "+-":
        sign = 1 if operator == "+" else -1
        if a.__class__ is Temporal and b.__class__ is Quantity:
            return _move(a, b, sign)
        if operator == "+" and a.__class__ is Quantity and b.__class__ is Temporal:
            return _move(b, a, sign)
    if operator in "+-*/" and (a.__class__ is Quantity or b.__class__ is Quantity):
        left = Quantity(Decimal(a), "1") if is_number(a) else a
        right = Quantity(Decimal(b), "1") if is_number(b) else b
        if left.__class__ is Quantity and right.__class__ is Quantity:
            if operator in "+-":
                return quantities.add(left, right, 1 if operator == "+" else -1)
            return quantities.multiply(left, right, divide=operator == "/")
    raise types_differ(a, b, operator)


def _numbers(operator: str, a: Any, b: Any) -> Any:
    if operator in ("/", "div", "mod") and not b:
        return None
    whole = isinstance(a, int) and isinstance(b, int)
    if not whole:
        a, b = Decimal(a), Decimal(b)
    if operator == "+":
        result = a + b
    elif operator == "-":
        result = a - b
    elif operator == "*":
        result = a * b
    elif operator == "/":
        result = Decimal(a) / Decimal(b)
        if result == result.to_integral_value() and abs(result) < 10**15:
            result = result.quantize(Decimal(1))
    elif operator == "div":
        result = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return int(result)
    else:
        result = a - b * int(a / b) if not whole else abs(a) % abs(b) * (-1 if a < 0 else 1)
    return Long(result) if a.__class__ is Long and result.__class__ is int else result

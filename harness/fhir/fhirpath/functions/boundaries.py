"""Boundaries and precision of dates and numbers (FHIRPath STU additions)."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Decimal,
    localcontext,
)
from typing import Any

from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.functions.registry import Functions, integer_of, number_of
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.values import temporal as temporals
from harness.fhir.fhirpath.values.items import plain, single
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.reach import MAX_DIGITS
from harness.fhir.fhirpath.values.temporal import Temporal

FUNCTIONS = Functions()

MAX_BOUNDARY_DIGITS = 8


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
        number = number_of(coll, name + "()")
        return None if number is None else _decimal_boundary(Decimal(number), count, high, hapi)

    FUNCTIONS.scalar(name, 0, 1)(work)


_boundary("lowBoundary", high=False)
_boundary("highBoundary", high=True)


@FUNCTIONS.scalar("precision")
def _precision(c: Evaluation, coll: Items) -> int | None:
    if not coll:
        return None
    value = plain(single(coll, "precision()"))
    if value.__class__ is Temporal:
        return temporals.precision_digits(value)
    number = number_of(coll, "precision()")
    if number is None:
        return None
    exponent = Decimal(number).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0

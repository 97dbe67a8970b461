"""Conversion between types (FHIRPath N1 section 5.5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import (
    Decimal,
)
from typing import Any

from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.functions.registry import Functions, string_of
from harness.fhir.fhirpath.nodes import Item, Items, Long
from harness.fhir.fhirpath.values import quantity as quantities
from harness.fhir.fhirpath.values import temporal as temporals
from harness.fhir.fhirpath.values.items import is_number, plain, raw, single, text_of
from harness.fhir.fhirpath.values.quantity import CALENDAR_SECONDS, Quantity
from harness.fhir.fhirpath.values.reach import MAX_DIGITS
from harness.fhir.fhirpath.values.temporal import Temporal

FUNCTIONS = Functions()


_INTEGER = re.compile(r"[+-]?\d{1,400}\Z", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,400}(?:\.\d{1,400})?\Z", re.ASCII)
_QUANTITY = re.compile(r"([+-]?\d{1,400}(?:\.\d{1,400})?)\s*(?:'([^']+)'|([a-zA-Z]+))?\Z", re.ASCII)
_TRUE = frozenset(("true", "t", "yes", "y", "1", "1.0"))
_FALSE = frozenset(("false", "f", "no", "n", "0", "0.0"))


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

    FUNCTIONS.scalar(f"to{target}")(to)
    FUNCTIONS.boolean(f"convertsTo{target}")(converts)


for _name, _convert in _CONVERSIONS.items():
    _register(_name, _convert)


@FUNCTIONS.scalar("toQuantity", 0, 1)
def _quantity(c: Evaluation, coll: Items, unit: Items | None = None) -> Quantity | None:
    if not coll:
        return None
    found = _to_quantity(c, plain(single(coll, "toQuantity()")))
    wanted = string_of(unit, "toQuantity()") if unit else None
    if found is None or wanted is None:
        return found
    return quantities.convert(found, wanted, wanted in CALENDAR_SECONDS)


@FUNCTIONS.boolean("convertsToQuantity", 0, 1)
def _converts_to_quantity(c: Evaluation, coll: Items, unit: Items | None = None) -> bool | None:
    return None if len(coll) != 1 else _quantity(c, coll, unit) is not None


@FUNCTIONS.boolean("comparable", 1)
def _comparable(c: Evaluation, coll: Items, other: Items) -> bool | None:
    if not coll or not other:
        return None
    a, b = plain(single(coll, "comparable()")), plain(single(other, "comparable()"))
    a = Quantity(Decimal(a), "1") if is_number(a) else a
    b = Quantity(Decimal(b), "1") if is_number(b) else b
    return a.__class__ is Quantity and b.__class__ is Quantity and quantities.compare(a, b) is not None


@FUNCTIONS.collection("getValue", safe=True)
def _get_value(c: Evaluation, coll: Items) -> Items:
    if len(coll) != 1:
        return []
    item = coll[0]
    value = raw(item)
    if value is None or (item.__class__ is tuple and not (item[1].primitive or not item[1].name)):
        return []
    return [] if value.__class__ in (dict, list) else [value]

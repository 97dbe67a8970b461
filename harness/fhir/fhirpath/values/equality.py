"""Equality and equivalence of items, and sets of items (FHIRPath N1 section 6.1)."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Context, Decimal, DecimalException
from typing import Any

from harness.fhir.fhirpath.dialect import Dialect
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.nodes import Item, Items
from harness.fhir.fhirpath.values import quantity as quantities
from harness.fhir.fhirpath.values import temporal as temporals
from harness.fhir.fhirpath.values.items import NUMBERS, is_number, plain, raw, text_of
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.temporal import Temporal
from harness.fhir.phrases import AT_MOST

STEP = Decimal("0.00000001")
"""Smallest difference between decimals that counts in the strict dialect (N1 section 2.1.5)."""
_WIDE = Context(prec=60)


def same_number(a: Any, b: Any, rounded: bool) -> bool:
    """Equality of numbers: exact, or (``rounded``) after rounding both to 8 decimals."""
    if a == b:
        return True
    if not rounded or (a.__class__ is int and b.__class__ is int):
        return False
    try:
        left, right = (
            Decimal(a).quantize(STEP, "ROUND_HALF_UP", _WIDE),
            Decimal(b).quantize(STEP, "ROUND_HALF_UP", _WIDE),
        )
        return left == right
    except DecimalException:
        return False


def value_equal(a: Any, b: Any, dialect: Dialect, zone: int | None) -> bool | None:
    """``=`` of two plain values; ``None`` when it cannot be decided."""
    kind_a, kind_b = a.__class__, b.__class__
    if kind_a is str and kind_b is str:
        return bool(a == b)
    if a is None or b is None:
        return a is b
    if kind_a is bool or kind_b is bool:
        if kind_a is kind_b:
            return bool(a == b)
        return dialect.text_equality and text_of(a) == text_of(b)
    number_a, number_b = isinstance(a, NUMBERS), isinstance(b, NUMBERS)
    if number_a and number_b:
        return same_number(a, b, not dialect.text_equality)
    if kind_a is Temporal and kind_b is Temporal:
        if dialect.text_order and a.text == b.text:
            return True
        if not temporals.same_family(a, b):
            return False
        order = temporals.compare(a, b, zone)
        return None if order is None else order == 0
    if kind_a is Quantity or kind_b is Quantity:
        if number_a:
            a, kind_a = Quantity(Decimal(a), "1"), Quantity
        elif number_b:
            b, kind_b = Quantity(Decimal(b), "1"), Quantity
        return quantities.equal(a, b) if kind_a is kind_b else False
    if kind_a is kind_b and (kind_a is dict or kind_a is list):
        return _structures_equal(a, b, dialect, zone)
    if dialect.text_equality:
        text = text_of(a)
        return text is not None and text == text_of(b)
    return bool(kind_a is kind_b and a == b)


def _structures_equal(a: Any, b: Any, dialect: Dialect, zone: int | None) -> bool:
    """``=`` of two objects (in any order of their keys) or two lists."""
    if len(a) != len(b):
        return False
    if a.__class__ is dict:
        return a.keys() == b.keys() and all(value_equal(v, b[k], dialect, zone) for k, v in a.items())
    return all(value_equal(v, w, dialect, zone) for v, w in zip(a, b, strict=True))


def item_equal(a: Item, b: Item, dialect: Dialect, zone: int | None) -> bool | None:
    """``=`` of two items. Two nodes are only equal when their ids and extensions are (not so in the hapi
    dialects)."""
    result = value_equal(plain(a), plain(b), dialect, zone)
    if result and a.__class__ is tuple and b.__class__ is tuple:
        if not dialect.text_equality and a[2] != b[2]:
            return False
        if a[0].__class__ is dict and plain(a).__class__ is Quantity:
            return bool(a[0].get("id") == b[0].get("id") and a[0].get("extension") == b[0].get("extension"))
    return result


def collection_equal(left: Items, right: Items, dialect: Dialect, zone: int | None) -> bool | None:
    """``=`` of two collections: same length, same order."""
    if not left or not right:
        return len(left) == len(right) if dialect.empty_equality else None
    if len(left) != len(right):
        return False
    if len(left) == 1:
        return item_equal(left[0], right[0], dialect, zone)
    return all(item_equal(a, b, dialect, zone) for a, b in zip(left, right, strict=True))


def _number_key(value: Any) -> Hashable:
    """A key that numbers share when they are equal after rounding to 8 decimals."""
    if value.__class__ is not Decimal:
        return ("number", value)
    try:
        rounded: Decimal = value.quantize(STEP, "ROUND_HALF_UP", _WIDE)
        return ("number", rounded)
    except DecimalException:
        return "number"


def bucket(item: Item) -> Hashable:
    """A key that equal items share: makes ``distinct`` and friends linear."""
    value = plain(item)
    kind = value.__class__
    if kind is str:
        return str(value)
    if kind is bool or value is None:
        return (kind, value)
    if isinstance(value, NUMBERS):
        return _number_key(value)
    if kind is dict:
        return ("dict", frozenset(value), str(value.get("id") or value.get("url") or value.get("code"))[:40])
    return str(kind)


class ItemSet:
    """Items seen so far, compared with ``=``."""

    __slots__ = ("_buckets", "_dialect", "_zone")

    def __init__(self, dialect: Dialect, zone: int | None, items: Items = ()) -> None:  # type: ignore[assignment]
        self._buckets: dict[Hashable, Items] = {}
        self._dialect = dialect
        self._zone = zone
        for item in items:
            self.add(item)

    def _key(self, item: Item) -> Hashable:
        # text equality makes 'true' equal to true and dates equal to strings: then only complex values get
        # a bucket
        value = raw(item)
        if self._dialect.text_equality and value.__class__ is not dict:
            number = value.__class__ is not bool and isinstance(value, NUMBERS)
            return _number_key(value) if number else text_of(value)
        return bucket(item)

    def __contains__(self, item: object) -> bool:
        found = self._buckets.get(self._key(item))
        return found is not None and any(
            item_equal(other, item, self._dialect, self._zone) for other in found
        )

    def add(self, item: Item) -> bool:
        """Add an item; ``False`` when an equal one was there."""
        found = self._buckets.setdefault(self._key(item), [])
        for other in found:
            if item_equal(other, item, self._dialect, self._zone):
                return False
        found.append(item)
        return True


def distinct(items: Items, dialect: Dialect, zone: int | None) -> Items:
    """Items without those that equal an earlier one."""
    if len(items) < 2:
        return items
    if len(items) == 2:
        return items[:1] if item_equal(items[0], items[1], dialect, zone) else items
    seen = ItemSet(dialect, zone)
    return [item for item in items if seen.add(item)]


def equivalent(a: Any, b: Any, zone: int | None) -> bool:
    """``~`` of two plain values: case and white space of strings do not count, nor does a finer precision."""
    if a.__class__ is str and b.__class__ is str:
        return " ".join(a.split()).casefold() == " ".join(b.split()).casefold()
    if is_number(a) and is_number(b):
        return quantities.equivalent(Quantity(Decimal(a), "1"), Quantity(Decimal(b), "1"))
    if a.__class__ is Temporal and b.__class__ is Temporal:
        return temporals.equivalent(a, b, zone)
    if a.__class__ is Quantity and b.__class__ is Quantity:
        return quantities.equivalent(a, b)
    if a.__class__ is dict and b.__class__ is dict:
        return a.keys() == b.keys() and all(equivalent(v, b[k], zone) for k, v in a.items())
    if a.__class__ is list and b.__class__ is list:
        return len(a) == len(b) and all(equivalent(v, w, zone) for v, w in zip(a, b, strict=True))
    return bool(a.__class__ is b.__class__ and a == b)


def collection_equivalent(left: Items, right: Items, zone: int | None) -> bool:
    """``~`` of two collections: same items, in any order."""
    if len(left) != len(right):
        return False
    rest = [plain(item) for item in right]
    if len(left) > 2000:
        raise evaluation_error(
            "te veel items voor ~",
            "too many items for ~",
            expected=AT_MOST.format(what=2000),
            received=str(len(left)),
        )
    for item in left:
        value = plain(item)
        for at, other in enumerate(rest):
            if equivalent(value, other, zone):
                del rest[at]
                break
        else:
            return False
    return True

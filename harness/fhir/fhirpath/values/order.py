"""Order of items: ``<``, ``>``, ``sort()``, ``min()`` and ``max()`` (FHIRPath N1 section 6.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from harness.fhir.fhirpath.dialect import Dialect
from harness.fhir.fhirpath.values import quantity as quantities
from harness.fhir.fhirpath.values import temporal as temporals
from harness.fhir.fhirpath.values.equality import same_number
from harness.fhir.fhirpath.values.items import is_number, types_differ
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.temporal import Temporal


def order_of(a: Any, b: Any, dialect: Dialect, zone: int | None, what: str) -> int | None:
    """-1, 0 or 1 for two plain values; ``None`` (empty) when they have no order.

    :raises FHIRPathError: for values of different kinds.
    """
    if a is None or b is None:
        return None
    kind_a, kind_b = a.__class__, b.__class__
    if (kind_a is str and kind_b is str) or (kind_a is bool and kind_b is bool):
        return int(a > b) - int(a < b)
    if is_number(a) and is_number(b):
        return 0 if same_number(a, b, not dialect.text_equality) else int(a > b) - int(a < b)
    if kind_a is Temporal and kind_b is Temporal and temporals.same_family(a, b):
        if dialect.text_order:
            return int(a.text > b.text) - int(a.text < b.text)
        return temporals.compare(a, b, zone)
    if kind_a is Quantity or kind_b is Quantity:
        if is_number(a):
            return quantities.compare(Quantity(Decimal(a), "1"), b)
        if is_number(b):
            return quantities.compare(a, Quantity(Decimal(b), "1"))
        if kind_a is kind_b:
            return quantities.compare(a, b)
    if kind_a is dict and kind_b is dict:
        return _quantity_order(a, b)
    if dialect.lenient_order:
        return None
    raise types_differ(a, b, what)


def _quantity_order(a: dict[str, Any], b: dict[str, Any]) -> int | None:
    """Order of two FHIR quantities without UCUM code: by value when unit, code and system are equal; of other
    objects none (fhirpath.js calls those neither smaller nor greater, so ``<=`` true)."""
    if any(a.get(key) != b.get(key) for key in ("unit", "code", "system")):
        return None
    left: Any = a.get("value")
    right: Any = b.get("value")
    if not is_number(left) or not is_number(right):
        return None
    return int(left > right) - int(left < right)

"""``_sort``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from harness.fhir.search.parameters import Bound, Registry
from harness.fhir.search.query import SearchError, Sort
from harness.fhir.search.values.strings import fold
from harness.fhir.store import Stored


def sort(
    registry: Registry, kind: str, found: list[Stored], keys: tuple[Sort, ...], ignored: set[str] | None
) -> list[Stored]:
    """Sort by the ``_sort`` keys; resources without a value come last."""
    for key in reversed(keys):
        try:
            bound = registry.require(kind, key.code, "_sort")
        except SearchError:
            if ignored is None:
                raise
            ignored.add("_sort")
            continue
        found.sort(key=cmp_to_key(_comparer(bound, descending=key.descending)))
    return found


def sort_value(bound: Bound, stored: Stored, *, descending: bool) -> Any:
    """What a resource sorts by, ``None`` when it has no value."""
    found = bound.values(stored)
    if not found:
        return None
    kind = bound.parameter.kind
    if kind == "date":
        return max(v.high for v in found) if descending else min(v.low for v in found)
    if kind in ("number", "quantity"):
        return max(v.high for v in found) if descending else min(v.low for v in found)
    if kind == "token":
        texts = [v.code for v in found]
    elif kind == "reference":
        texts = [v.literal for v in found]
    elif kind == "composite":
        return None
    else:
        texts = [fold(v) for v in found]
    return max(texts) if descending else min(texts)


def _comparer(bound: Bound, *, descending: bool) -> Callable[[Stored, Stored], int]:
    def compare(left: Stored, right: Stored) -> int:
        a, b = (sort_value(bound, stored, descending=descending) for stored in (left, right))
        if a is None or b is None:
            return (a is None) - (b is None)
        if a == b:
            return 0
        return (1 if a > b else -1) * (-1 if descending else 1)

    return compare

"""Least and greatest values of a profile (``minValue[x]``, ``maxValue[x]``)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from harness.fhir.profiles.facts import Value
from harness.fhir.validation.findings import describe
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Run


def range_check(least: Value | None, greatest: Value | None, value: Any, place: Place, run: Run) -> None:
    """``minValue[x]`` and ``maxValue[x]``: numbers, dates by common precision, quantities with the same
    code."""
    for limit, below in ((least, True), (greatest, False)):
        if limit is None:
            continue
        order = _compare(value, limit.value)
        if order is None:
            continue
        if (order < 0) if below else (order > 0):
            run.add(
                "fhir-range",
                place,
                expected=(">= " if below else "<= ") + describe(limit.value),
                received=value,
            )


def _compare(value: Any, limit: Any) -> int | None:
    """-1, 0, 1, or ``None`` when the two cannot be compared."""
    if isinstance(value, dict) and isinstance(limit, dict):
        if value.get("code", value.get("unit")) != limit.get("code", limit.get("unit")) and "code" in limit:
            return None
        return _compare(value.get("value"), limit.get("value"))
    if isinstance(value, bool) or isinstance(limit, bool):
        return None
    if isinstance(value, (int, Decimal)) and isinstance(limit, (int, float, Decimal)):
        low = Decimal(str(limit))
        return (Decimal(value) > low) - (Decimal(value) < low)
    if isinstance(value, str) and isinstance(limit, str):
        size = min(len(value), len(limit), 10)
        try:
            if size == 10:
                first, second = date.fromisoformat(value[:10]), date.fromisoformat(limit[:10])
                return (first > second) - (first < second)
        except ValueError:
            return None
        return (value[:size] > limit[:size]) - (value[:size] < limit[:size])
    return None

"""Prefixes of query values (``ge2026``), and intervals compared by them."""

from __future__ import annotations

from typing import Any

from harness.fhir.search.query import PREFIXES

LOW = -(10**18)
HIGH = 10**18
"""Open ends of an interval, in microseconds."""


def split_prefix(text: str) -> tuple[str, str]:
    """Prefix (``eq`` when there is none) and the rest of a query value."""
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def compare(prefix: str, low: Any, high: Any, wanted_low: Any, wanted_high: Any) -> bool:
    """Interval comparison: resource value [low, high] against query value."""
    if prefix == "eq":
        return bool(wanted_low <= low and high <= wanted_high)
    if prefix == "ne":
        return not (wanted_low <= low and high <= wanted_high)
    if prefix == "gt":
        return bool(high > wanted_high)
    if prefix == "lt":
        return bool(low < wanted_low)
    if prefix == "ge":
        return bool(high >= wanted_low)
    if prefix == "le":
        return bool(low <= wanted_high)
    if prefix == "sa":
        return bool(low > wanted_high)
    return bool(high < wanted_low)

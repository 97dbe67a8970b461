"""Comparing values as profiles ask: equal to a fixed value, holding a pattern; and the codes of a value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def equal(expected: Any, received: Any) -> bool:
    """Deep equality as ``fixed[x]`` asks: the same properties, lists in the same order."""
    if isinstance(expected, bool) or isinstance(received, bool):
        return expected is received
    if isinstance(expected, dict):
        return (
            isinstance(received, dict)
            and expected.keys() == received.keys()
            and all(equal(value, received[key]) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(received, list)
            and len(expected) == len(received)
            and all(equal(a, b) for a, b in zip(expected, received, strict=True))
        )
    if isinstance(expected, (int, Decimal, float)) and isinstance(received, (int, Decimal, float)):
        return Decimal(str(expected)) == Decimal(str(received))
    return type(expected) is type(received) and bool(expected == received)


def contains(pattern: Any, received: Any) -> bool:
    """Whether ``received`` has at least what ``pattern`` has; list items in any order."""
    if isinstance(pattern, dict):
        return isinstance(received, dict) and all(
            key in received and contains(value, received[key]) for key, value in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(received, list) and all(
            any(contains(part, item) for item in received) for part in pattern
        )
    return equal(pattern, received)


def codings(value: Any) -> list[tuple[str | None, str]]:
    """``(system, code)`` of a CodeableConcept, Coding, Quantity or code (system ``None`` for a bare code)."""
    if isinstance(value, str):
        return [(None, value)]
    if not isinstance(value, dict):
        return []
    inner = value.get("coding")
    if isinstance(inner, list):
        return [pair for coding in inner for pair in codings(coding)]
    code, system = value.get("code"), value.get("system")
    if isinstance(code, str):
        return [(system if isinstance(system, str) else "", code)]
    return []

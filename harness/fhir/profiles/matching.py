"""Comparing values as profiles ask: equal to a fixed value, holding a pattern; and the codes of a value."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

Matches: TypeAlias = Callable[[Any], bool]
"""Whether a value is what a profile asks."""


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


def equal_to(expected: Any) -> Matches:
    """Whether a value is ``expected``, as a function; see :func:`equal`."""
    if type(expected) is str:
        return lambda received: type(received) is str and received == expected
    return lambda received: equal(expected, received)


def holding(pattern: Any) -> Matches:
    """Whether a value has at least what ``pattern`` has, as a function; list items in any order."""
    if isinstance(pattern, dict):
        return _holding_parts(pattern)
    if isinstance(pattern, list):
        return _holding_items(pattern)
    return equal_to(pattern)


def _holding_parts(pattern: dict[str, Any]) -> Matches:
    parts = tuple((key, holding(value)) for key, value in pattern.items())

    def matches(received: Any) -> bool:
        if not isinstance(received, dict):
            return False
        for key, inner in parts:  # noqa: SIM110  a generator costs more than what it asks
            if key not in received or not inner(received[key]):
                return False
        return True

    return matches


def _holding_items(pattern: list[Any]) -> Matches:
    items = tuple(holding(item) for item in pattern)

    def matches(received: Any) -> bool:
        if not isinstance(received, list):
            return False
        for inner in items:
            for item in received:
                if inner(item):
                    break
            else:
                return False
        return True

    return matches


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

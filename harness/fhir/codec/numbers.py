"""How FHIR writes a number."""

from __future__ import annotations

from decimal import Decimal

_PLAIN_LIMIT = 400
"""Largest exponent that is written out in digits; beyond it a number keeps its ``E`` notation."""


def number_text(value: Decimal | int) -> str:
    """A number as FHIR writes it: all its digits, no exponent unless it is absurdly large or small."""
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if "E" in text and value.is_finite() and abs(value.adjusted()) <= _PLAIN_LIMIT:
        return format(value, "f")
    return text

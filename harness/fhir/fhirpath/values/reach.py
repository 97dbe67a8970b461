"""How large a number may be."""

from __future__ import annotations

from decimal import Decimal

from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.phrases import AT_MOST, DIGITS

MAX_DIGITS = 400
"""Numbers beyond this many digits are an error: no document needs them, hostile ones have them."""


def within_reach(value: Decimal) -> Decimal:
    """A number, refused when its exponent is beyond all reason: written out, or as a fraction, it fills the
    memory.

    :raises FHIRPathError: more than :data:`MAX_DIGITS` digits before or behind the point.
    """
    if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS:
        raise evaluation_error(
            "het getal is te groot of te klein",
            "the number is too large or too small",
            expected=AT_MOST.format(what=DIGITS.format(count=MAX_DIGITS)),
            received=str(value)[:40],
        )
    return value

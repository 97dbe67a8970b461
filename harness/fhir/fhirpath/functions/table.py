"""All functions, joined for the compiler."""

from __future__ import annotations

from harness.fhir.fhirpath.compiler.code import Function
from harness.fhir.fhirpath.functions import (
    boundaries,
    collections,
    conversion,
    criteria,
    dates,
    existence,
    fhir,
    math,
    strings,
    types,
)

FUNCTIONS: dict[str, Function] = {
    **criteria.FUNCTIONS,
    **existence.FUNCTIONS,
    **types.FUNCTIONS,
    **collections.FUNCTIONS,
    **strings.FUNCTIONS,
    **conversion.FUNCTIONS,
    **math.FUNCTIONS,
    **boundaries.FUNCTIONS,
    **dates.FUNCTIONS,
    **fhir.FUNCTIONS,
}
"""Function by name; each name stands in one module."""

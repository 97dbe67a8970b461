"""The two ways to read FHIRPath, and where they differ.

``strict`` follows the normative text the way fhirpath.js does. ``hapi`` follows the engine that the
official scripts and profiles were written against (org.hl7.fhir.core); its STU3 and R4 engines differ among
themselves, so the FHIR version of the model chooses. Every difference is a flag of :class:`Dialect` and a
row of :data:`DIFFERENCES`; a test runs the example of each row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from harness.core.errors import UsageError, nearest
from harness.core.text import Text


@dataclass(frozen=True, slots=True)
class Dialect:
    """Switches; see :data:`DIFFERENCES` for what each does."""

    name: str
    lenient_boolean: bool = False
    fold_type_names: bool = False
    fold_system_names: bool = False
    text_equality: bool = False
    empty_equality: bool = False
    text_order: bool = False
    lenient_is: bool = False
    exact_as: bool = False
    filter_as: bool = False
    lenient_order: bool = False
    string_tests_false: bool = False
    empty_not_true: bool = False
    empty_implies_true: bool = False
    anchored_matches: bool = False
    zone_unknown: bool = False
    modifier_extensions: bool = False
    decimal_boundaries: bool = False
    text_has_value: bool = False
    primitive_value: bool = False


STRICT = Dialect("strict")
HAPI_STU3 = Dialect(
    "hapi-stu3",
    lenient_boolean=True,
    fold_type_names=True,
    fold_system_names=True,
    text_equality=True,
    empty_equality=True,
    text_order=True,
    lenient_is=True,
    exact_as=True,
    filter_as=True,
    lenient_order=True,
    string_tests_false=True,
    empty_not_true=True,
    empty_implies_true=True,
    anchored_matches=True,
    zone_unknown=True,
    modifier_extensions=True,
    decimal_boundaries=True,
    text_has_value=True,
    primitive_value=True,
)
HAPI_R4 = Dialect(
    "hapi-r4",
    lenient_boolean=True,
    fold_type_names=True,
    text_equality=True,
    exact_as=True,
    anchored_matches=True,
    zone_unknown=True,
    modifier_extensions=True,
    decimal_boundaries=True,
    primitive_value=True,
)


@cache
def dialect_for(name: str, fhir_version: str) -> Dialect:
    """The dialect for a name and the FHIR version of a model.

    :raises UsageError: for an unknown name.
    """
    if name == "hapi":
        return HAPI_STU3 if fhir_version.startswith("3") else HAPI_R4
    for dialect in (STRICT, HAPI_STU3, HAPI_R4):
        if dialect.name == name:
            return dialect
    known = ("hapi", "strict", "hapi-stu3", "hapi-r4")
    raise UsageError(
        Text(nl=f"onbekend FHIRPath-dialect '{name}'", en=f"unknown FHIRPath dialect '{name}'"),
        expected=", ".join(known),
        received=nearest(name, known) or name,
    )

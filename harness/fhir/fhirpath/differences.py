"""The checked-in table of where the hapi dialects differ from strict, with reasons; tests run every example.

``python -m harness.fhir.fhirpath.differences`` prints it as Markdown (``docs/fhirpath-dialects.md``).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from typing import Any

from harness.fhir.fhirpath.dialect import HAPI_R4, HAPI_STU3, Dialect

EXAMPLE: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "gender": "male",
    "_gender": {"id": "g"},
    "birthDate": "1970-05-01",
    "name": [{"family": "A", "given": ["b", "c"]}, {"family": "B"}],
    "_deceasedBoolean": {"extension": [{"url": "u", "valueString": "v"}]},
    "modifierExtension": [{"url": "m", "valueString": "w"}],
    "contact": [{"period": {"start": "2024-01", "end": "2024-01-15"}}],
}
"""The resource that the examples of :data:`DIFFERENCES` run on."""
ERROR = "error"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row.

    :ivar flag: the switch of :class:`~harness.fhir.fhirpath.dialect.Dialect`.
    :ivar example: an expression on :data:`EXAMPLE` that shows it.
    :ivar strict: its result in the strict dialect (a list as text, or ``error``).
    :ivar hapi: its result in the hapi dialects that have the switch.
    :ivar meaning: what the switch does.
    :ivar reason: why, with the place where HAPI does so.
    """

    flag: str
    example: str
    strict: str
    hapi: str
    meaning: str
    reason: str


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "lenient_boolean",
        "name.given and true",
        ERROR,
        "[true]",
        "A collection where a boolean is expected is true when it is not empty, also with several "
        "items; a criterion of "
        "where, all, exists and iif may be any such collection; and/or/implies stop at a decided left side. "
        "is and as on several items give false and empty instead of an error; string functions take "
        "any primitive.",
        "Official scripts write where(system and value) and where(resource as Task). HAPI "
        "convertToBoolean: one boolean is "
        "itself, otherwise not-empty; preOperate stops early.",
    ),
    Difference(
        "fold_type_names",
        "name.all($this is humanname)",
        ERROR,
        "[true]",
        "Type names are compared without case; a name that no type has gives false instead of an error.",
        "Scripts write is(coding) and is Code. HAPI Base.hasType uses equalsIgnoreCase.",
    ),
    Difference(
        "fold_system_names",
        "active.exists() or deceased is Boolean",
        "[false]",
        "[true]",
        "Boolean also means the FHIR type boolean (and so on), STU3 only.",
        "HAPI STU3 has no System namespace; hasType ignores case. The R4 engine separates them "
        "(official test testType12).",
    ),
    Difference(
        "text_equality",
        "birthDate = '1970-05-01'",
        "[false]",
        "[true]",
        "Primitives of different types are equal when their texts are; ids and extensions of "
        "primitives do not count.",
        "Scripts compare dates with strings. HAPI doEquals compares primitiveValue().",
    ),
    Difference(
        "empty_equality",
        "name.prefix = 'x'",
        "[]",
        "[false]",
        "= of collections of different length is false, also when one is empty; in with an empty "
        "left side is true.",
        "HAPI STU3 opEquals and opIn look at the sizes first; the R4 engine gives empty.",
    ),
    Difference(
        "text_order",
        "contact.period.start <= contact.period.end",
        "[]",
        "[true]",
        "Dates are ordered by their text, STU3 only.",
        "HAPI STU3 opLessOrEqual compares primitiveValue(); scripts compare 2024-01 with 2024-01-15.",
    ),
    Difference(
        "lenient_is",
        "name.prefix is string",
        "[]",
        "[false]",
        "is on an empty collection is false, STU3 only.",
        "HAPI STU3 opIs and funcIs: false unless there is exactly one item.",
    ),
    Difference(
        "exact_as",
        "gender as string",
        "[male]",
        "[]",
        "as (and ofType on a primitive) ask for exactly that type.",
        "HAPI opAs compares fhirType(); official R4 tests testFHIRPathAsFunction11 to 20.",
    ),
    Difference(
        "filter_as",
        "name.as(HumanName).count()",
        ERROR,
        "[2]",
        "as() as a function filters a collection, STU3 only.",
        "HAPI STU3 funcAs walks over all items; the R4 engine refuses several.",
    ),
    Difference(
        "lenient_order",
        "gender < 5",
        ERROR,
        "[]",
        "< <= > >= on several items or on different kinds are empty, STU3 only; FHIR quantities "
        "without UCUM code are ordered "
        "by value when their units are equal (strict, as fhirpath.js: neither is smaller).",
        "HAPI STU3 opLessThen falls through to an empty list.",
    ),
    Difference(
        "string_tests_false",
        "name.prefix.contains('x') = false",
        "[]",
        "[true]",
        "startsWith, endsWith, contains and matches are false unless there is exactly one string, STU3 only.",
        "Scripts write Bundle.link.url.contains(..) = false. HAPI STU3 funcContains and its like add false.",
    ),
    Difference(
        "empty_not_true",
        "name.prefix.not()",
        "[]",
        "[true]",
        "not() of empty is true and all() needs no argument, STU3 only.",
        "HAPI STU3 funcNot negates convertToBoolean, which is false for empty; the R4 engine gives empty.",
    ),
    Difference(
        "empty_implies_true",
        "name.prefix implies false",
        "[]",
        "[true]",
        "An empty left side of implies makes it true, STU3 only.",
        "HAPI STU3 opImplies: true unless the left side converts to true.",
    ),
    Difference(
        "anchored_matches",
        "'abc'.matches('b')",
        "[true]",
        "[false]",
        "matches must match the whole string.",
        "HAPI uses String.matches of Java; patterns in scripts and profiles are written for that. "
        "fhirpath.js searches.",
    ),
    Difference(
        "zone_unknown",
        "@2024-01-01T10:00:00Z = @2024-01-01T10:00:00",
        "[true]",
        "[]",
        "A time with a zone and one without cannot be compared (strict: the missing zone is UTC).",
        "Official R4 tests testEquality23 and testNEquality17.",
    ),
    Difference(
        "modifier_extensions",
        "extension('m').exists()",
        "[false]",
        "[true]",
        "extension(url) also looks at modifierExtension.",
        "HAPI funcExtension.",
    ),
    Difference(
        "decimal_boundaries",
        "0.0034.highBoundary(1)",
        "[0.1]",
        "[0.0]",
        "lowBoundary and highBoundary round half up away from zero and truncate towards it (strict: "
        "outward), work on "
        "quantities, give a zone to date-times without one, and read an hour as its first minute; "
        "replaceMatches with an "
        "empty pattern changes nothing; sort puts what has no key first, also when descending.",
        "Official R4 tests LowBoundary*, HighBoundary*, testReplaceMatches2, testSort10 were made with HAPI.",
    ),
    Difference(
        "text_has_value",
        "name.prefix.hasValue()",
        "[false]",
        "[]",
        "hasValue() of several items or none is empty, of an empty string false, STU3 only.",
        "HAPI STU3 funcHasValue adds nothing unless there is one item.",
    ),
    Difference(
        "primitive_value",
        "birthDate.value",
        "[]",
        "[1970-05-01]",
        "value of a primitive is its text, as a string; strict has only the value itself.",
        "Official scripts write date.where(value = '…'). HAPI elementmodel.Element.getProperty.",
    ),
)


FROM_REFERENCE: tuple[tuple[str, str], ...] = (
    (
        "where(active) with a false element",
        "fhirpath.js takes any element as met; the text says false is not.",
    ),
    ("~ on several items", "fhirpath.js compares in order; the text says order does not count."),
    ("toString() of a complex element", "fhirpath.js gives '[object Object]'; the text says empty."),
    ("numbers", "fhirpath.js counts in binary floating point; we count in decimals (31 digits)."),
    ("fractions of seconds", "fhirpath.js reads .1 as 1 millisecond; we as 100."),
    ("strings outside the basic plane", "fhirpath.js counts UTF-16 units; we count characters."),
    ("regular expressions", "fhirpath.js backtracks and refuses needless escapes; RE2 knows no look-around."),
    ("day, year and other unit words as element names", "fhirpath.js refuses them; HAPI and we do not."),
    ("JavaScript properties", "length or repeat of a string, value of a number: fhirpath.js shows its own."),
    ("a scalar beside a list of extensions", "not FHIR; fhirpath.js splits the text."),
)
"""Where strict knowingly differs from fhirpath.js 5.2.2; none occurs in official expressions."""


def has(dialect: Dialect, flag: str) -> bool:
    """Whether a dialect has a switch on."""
    return bool(getattr(dialect, flag))


def flags() -> tuple[str, ...]:
    """All switches of a dialect."""
    return tuple(f.name for f in fields(Dialect) if f.name != "name")


def markdown() -> str:
    """The table as Markdown."""
    lines = [
        "# FHIRPath dialects",
        "",
        "`strict` follows the normative FHIRPath text as fhirpath.js does. `hapi` (the default) "
        "follows the engine that the",
        "official scripts and profiles were written for; with a STU3 model it is `hapi-stu3`, with "
        "R4 `hapi-r4`.",
        "Made by `python -m harness.fhir.fhirpath.differences`; a test runs every example.",
        "",
        "| Switch | STU3 | R4 | What it does | Example | strict | hapi | Why |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in DIFFERENCES:
        cells = (
            f"`{row.flag}`",
            "yes" if has(HAPI_STU3, row.flag) else "",
            "yes" if has(HAPI_R4, row.flag) else "",
            row.meaning,
            f"`{row.example}`",
            row.strict,
            row.hapi,
            row.reason,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += [
        "",
        "## Strict and fhirpath.js",
        "",
        "Known differences; none occurs in an official expression.",
        "",
    ]
    lines += [f"- **{what}**: {why}" for what, why in FROM_REFERENCE]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())

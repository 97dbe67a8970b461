"""Classes of disagreement with HAPI in which the text of the standard decides for us, each with its reason.

A class holds only when *every* error of the one that refuses belongs to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from validation import Verdict

Error = tuple[str, str, str]
"""Rule or message id, location, message (of ours: expected / received)."""

REASONS: dict[str, str] = {}
_THEIRS: dict[str, Callable[[Error], bool]] = {}
_OURS: dict[str, Callable[[Error], bool]] = {}


def _theirs(name: str, reason: str, test: Callable[[Error], bool]) -> None:
    """HAPI refuses what the text allows."""
    REASONS[name] = reason
    _THEIRS[name] = test


def _ours(name: str, reason: str, test: Callable[[Error], bool]) -> None:
    """We refuse what the text forbids."""
    REASONS[name] = reason
    _OURS[name] = test


def _ids(*names: str) -> Callable[[Error], bool]:
    return lambda error: error[0] in names


_theirs(
    "publisher",
    "HL7's own rules for what HL7 publishes (work group, publisher, names of properties in its namespace); "
    "FHIR has none of them",
    _ids("VALIDATION_HL7_WG_NEEDED", "VALIDATION_HL7_PUBLISHER_MISMATCH", "CODESYSTEM_PROPERTY_BAD_HL7_URI"),
)
_theirs(
    "own expression",
    "HAPI cannot parse sdf-8 in its own copy of STU3 (apostrophes stand there as #39;): an error of its definitions",
    _ids("Problem_processing_expression__in_profile__path__"),
)
_theirs(
    "logical model type",
    "STU3 StructureDefinition.type is a code, any name of a logical model; that it must be a URI came with R5",
    _ids("SD_TYPE_NOT_LOCAL", "SD_NO_TYPES_OR_CONTENTREF"),
)
_theirs(
    "base profile elsewhere",
    "the parent profile is not there: no snapshot can be made, which says nothing of the resource",
    _ids("ERROR_GENERATING_SNAPSHOT"),
)
_theirs(
    "document date",
    "STU3 Bundle has no timestamp (bdl-10 is R4); a document's date is meta.lastUpdated, without SHALL",
    lambda e: "A document must have a date" in e[2],
)
_theirs(
    "end of a period",
    "datatypes.html#Period: the end includes all that matches it (2012-02-03T10:00:00 is in a period that ends "
    "2012-02-03); HAPI counts two precisions as broken.",
    lambda e: e[0].endswith("#per-1"),
)
_theirs(
    "processing instruction",
    "STU3 xml.html: processing instructions are no part of the content of a resource; they are not forbidden",
    lambda e: "No processing instructions allowed" in e[2],
)
_theirs(
    "extension of another version",
    "STU3 extensibility.html: an unknown extension is never an error; the address scheme of R4 versions.html is later",
    _ids("Extension_EXT_Version_Invalid", "Extension_EXT_Version_NoChange"),
)
_theirs(
    "link relations",
    "STU3 Bundle.link has no rule that a relation occurs once (bdl rules of R5)",
    _ids("BUNDLE_LINK_SEARCH_NO_DUPLICATES"),
)
_theirs(
    "property twice",
    "STU3 CodeSystem has no rule that the uri of a property occurs once",
    _ids("CODESYSTEM_PROPERTY_DUPLICATE_URI"),
)
_theirs(
    "eld-12 on a Reference",
    "STU3 eld-12 begins with valueSet.is(uri).not(): it holds for a valueSetReference",
    lambda e: e[0].endswith("#eld-12"),
)
_theirs(
    "absolute by RFC 3986",
    "section 3.1: a scheme is any name, in any case, so HTTP://… and hqtp://… are absolute; we refuse what is relative",
    _ids(
        "Terminology_TX_System_Relative",
        "Type_Specific_Checks_DT_Identifier_System",
        "TYPE_SPECIFIC_CHECKS_CANONICAL_ABSOLUTE",
        "Extension_EXT_URL_Absolute",
        "VALUESET_INCLUDE_SYSTEM_ABSOLUTE",
    ),
)
_theirs(
    "quoted data",
    "an extension in example[x] or fixed[x] is data that a definition quotes, no extension of the definition",
    lambda e: e[0] == "Extension_EXTP_Context_Wrong" and (".example[" in e[1] or ".fixed" in e[1]),
)
_theirs(
    "coding without code",
    "STU3 Coding.code is 0..1; HAPI looks up the code null",
    lambda e: e[0].startswith("Terminology_") and "#null" in e[2],
)
_theirs(
    "no answer",
    "HAPI ends in a NullPointerException, for it asks an absent fetcher for the versions of a canonical",
    lambda e: e[0] == "crash" and "fetchCanonicalResourceVersions" in e[2],
)
_ours(
    "no media type",
    "STU3 binds contentType to BCP 13: a media type is type/subtype (RFC 6838, 4.2); HAPI takes any text",
    lambda e: e[0] == "fhir-binding-required" and "bcp13" in e[2],
)
_ours(
    "coding without system",
    "STU3 terminologies.html: a required binding asks a code of the value set, whose members have a system",
    lambda e: e[0] == "fhir-binding-required" and e[2].rpartition(" / ")[2].startswith("#"),
)
_ours(
    "id without content",
    "STU3 ele-1: an element has a value or children, an id does not count",
    lambda e: e[0] == "fhir-empty",
)
_ours(
    "control character",
    "STU3 datatypes.html#string: no Unicode characters below 32 but tab, carriage return and line feed",
    lambda e: e[0] == "fhir-primitive-format" and "control characters" in e[2],
)
_ours(
    "decimal with exponent",
    "STU3 datatypes.html#decimal: -?([0]|([1-9][0-9]*))(\\.[0-9]+)?; exponents came with R4",
    lambda e: (
        e[0] == "fhir-primitive-format"
        and e[2].startswith("decimal")
        and "e" in e[2].rpartition("/")[2].lower()
    ),
)
_ours(
    "no base64",
    "STU3 datatypes.html#base64Binary: groups of four of the alphabet",
    lambda e: e[0] == "fhir-primitive-format" and e[2].startswith("base64"),
)
_ours(
    "fullUrl of another resource",
    "STU3 bundle.html: fullUrl SHALL be consistent with resource.id; HAPI compares only where type and id have the form",
    _ids("fhir-bundle-fullurl"),
)
_ours(
    "contained twice",
    "STU3 references.html#contained: the id of a contained resource is unique in the resource that holds it",
    _ids("fhir-contained-duplicate"),
)
_ours(
    "relative system",
    "STU3 datatypes.html: Coding.system, Identifier.system and Quantity.system are absolute URIs; HAPI looks at some",
    _ids("fhir-system-relative"),
)


def _all(errors: list[Error], tests: Iterable[tuple[str, Callable[[Error], bool]]]) -> str:
    """Names of the classes that explain all errors, ``""`` when one is left."""
    names: dict[str, None] = {}
    for error in errors:
        name = next((name for name, test in tests if test(error)), "")
        if not name:
            return ""
        names[name] = None
    return next(iter(names), "")


def of(ours: Verdict, theirs: Verdict) -> str:
    """The class of a disagreement, ``""`` when it is none."""
    if theirs.accept:
        return _all(ours.errors, list(_OURS.items()))
    return _all(theirs.errors, list(_THEIRS.items()))

"""Numbers, quantities, codes and the systems that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from harness.core.normal.texts import folded

SYSTEMS: Final[Mapping[str, str]] = {
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.8": "http://unitsofmeasure.org",
    "urn:oid:2.16.840.1.113883.6.73": "http://www.whocc.no/atc",
    "urn:oid:2.16.840.1.113883.2.4.4.31.1": "http://hl7.org/fhir/sid/icpc-1-nl",
    "urn:oid:2.16.840.1.113883.2.4.4.30.14": (
        "http://referentiemodel.nhg.org/tabellen/nhg-tabel-14-contactwijze"
    ),
    "urn:oid:2.16.840.1.113883.2.4.4.30.45": (
        "http://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen"
    ),
    "urn:oid:2.16.840.1.113883.2.4.6.1": "http://fhir.nl/fhir/namingsystem/agb-z",
    "urn:oid:2.16.840.1.113883.2.4.6.3": "http://fhir.nl/fhir/namingsystem/bsn",
    "urn:oid:2.16.528.1.1007.3.1": "http://fhir.nl/fhir/namingsystem/uzi-nr-pers",
    "urn:oid:2.16.528.1.1007.3.3": "http://fhir.nl/fhir/namingsystem/ura",
    "urn:oid:2.16.528.1.1007.5.1": "http://fhir.nl/fhir/namingsystem/big",
}
"""One NamingSystem written as an OID and as a URI (Nictiz NamingSystems; HL7 identifier systems)."""

BSN: Final = "http://fhir.nl/fhir/NamingSystem/bsn"
"""Naming system of the citizen service number: never content, and never kept."""

NATIONAL: Final = frozenset(
    {
        "http://fhir.nl/fhir/namingsystem/agb-z",
        "http://fhir.nl/fhir/namingsystem/uzi-nr-pers",
        "http://fhir.nl/fhir/namingsystem/ura",
        "http://fhir.nl/fhir/namingsystem/big",
        "http://fhir.nl/fhir/namingsystem/uzovi",
    }
)
"""Identifiers that are the same in every system; all others are a system's own and never content."""


@lru_cache(maxsize=4_096)
def system(uri: str) -> str:
    """A code or naming system, however it is written.

    >>> system("https://loinc.org/") == system("urn:oid:2.16.840.1.113883.6.1") == system("http://loinc.org")
    True
    """
    text = uri.strip().rstrip("/")
    lowered = text.lower()
    if lowered.startswith("https://"):
        lowered = "http://" + lowered[8:]
    return SYSTEMS.get(lowered, lowered)


def number(value: Any) -> str:
    """A number by value, whatever its zeros; the text itself when it is none.

    >>> number(Decimal("5.40")), number(5.4), number("5")
    ('5.4', '5.4', '5')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    try:
        made = Decimal(str(value))
        if not made.is_finite() or abs(made.adjusted()) > 100:
            return str(value)
        return format(made.normalize() if made else Decimal(0), "f")
    except InvalidOperation:
        return str(value)


def primitive(value: Any) -> str:
    """A code, boolean, number or text of JSON as it is compared."""
    return folded(value) if isinstance(value, str) else number(value)


Coding = tuple[str, str]
"""A system (``""`` when not named) and a code."""


def coding(value: Any) -> Coding | None:
    """System and code; ``None`` when there is no code. Display, version and userSelected do not count."""
    code = value.get("code") if isinstance(value, dict) else None
    if not isinstance(code, str):
        return None
    where = value.get("system")
    return _coding(where if isinstance(where, str) else "", code)


@lru_cache(maxsize=4_096)
def _coding(where: str, code: str) -> Coding:
    return system(where), folded(code)


def codings(concept: Any) -> frozenset[Coding]:
    """The codings of a CodeableConcept."""
    listed = concept.get("coding") if isinstance(concept, dict) else None
    found: set[Coding] = set()
    for item in listed if isinstance(listed, list) else ():
        pair = coding(item)
        if pair is not None:
            found.add(pair)
    return frozenset(found)


def concept_text(concept: Any) -> str:
    """What a CodeableConcept says without a code: its text, else the display of a coding."""
    if not isinstance(concept, dict):
        return ""
    if isinstance(concept.get("text"), str):
        return folded(concept["text"])
    listed = concept.get("coding")
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and isinstance(item.get("display"), str):
            return folded(item["display"])
    return ""


def same_concept(record: Any, answer: Any) -> bool:
    """Every coding of the record is in the answer; without codings the text decides."""
    wanted = codings(record)
    if wanted:
        return wanted <= codings(answer)
    return concept_text(record) == concept_text(answer)


Quantity = tuple[str, str, str, str]
"""Value, comparator, system and code of the unit; without a code the unit as it is written."""


def quantity(value: Any) -> Quantity:
    """A quantity: ``unit`` counts only when there is no code."""
    if not isinstance(value, dict):
        return ("", "", "", "")
    amount = number(value["value"]) if "value" in value else ""
    comparator = str(value.get("comparator") or "")
    code = value.get("code")
    if isinstance(code, str) and code:
        where = value.get("system")
        return amount, comparator, system(where) if isinstance(where, str) else "", folded(code)
    return amount, comparator, "", folded(str(value.get("unit") or ""))

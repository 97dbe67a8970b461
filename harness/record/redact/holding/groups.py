"""Which elements of FHIR hold words about people, and with which others they are compared.

A family name that equals a city of the record is no reason to keep it: values are compared within a group.
What stands under a name that FHIR does not know may be anything, and is a text.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final, Literal

Group = Literal[
    "name",
    "address",
    "contact",
    "identifier",
    "text",
    "label",
    "display",
    "birth",
    "narrative",
    "member",
    "data",
    "sum",
    "uri",
    "error",
    "code",
]
"""``display`` is what a code is called by its system, ``label`` what somebody calls a concept or a thing that
is referred to: words of medicine as a rule. ``member`` is the name of a member of JSON that FHIR cannot have,
``data`` a document or an image in base64, ``sum`` the hash of one, ``uri`` an address that is somebody's or
holds something itself, ``error`` what a server says of what went wrong, ``code`` a
word where codes, dates, numbers and addresses of systems stand."""
LEADING: Final = frozenset({"id", "reference", "fullUrl", "url", "uri", "valueUri", "valueUrl"})
"""Elements without words that lead to something: what is called by them is looked for by the same name."""
EXTENSIONS: Final = frozenset({"extension", "modifierExtension"})
DATA: Final = frozenset({"data", "content", "blob", "valueBase64Binary"})
SUMS: Final = frozenset({"hash"})

NOT_TEXTS: Final = frozenset(
    {
        "code", "id", "reference", "language", "status", "type", "url", "version", "versionId", "relation",
        "etag", "ifMatch", "ifNoneMatch", "ifNoneExist", "linkId", "path", "expression", "location", "color",
        "unit", "country", "source", "sourceId", "sequence", "number", "definition", "lastModified",
        "resourceType", "xmlns",
    }
)  # fmt: skip
"""Elements that are a text by their type somewhere, and a code, an id or an address wherever it matters."""
ADDRESSES: Final = frozenset({"url", "uri", "valueUri", "valueUrl"})
HOLDING: Final = (b"mailto:", b"tel:", b"data:")
"""How addresses begin that are somebody's, or hold something themselves."""
_NAMES: Final = frozenset(
    {"family", "given", "prefix", "suffix", "name", "alias", "authorString", "publisher"}
)
_PARTS_OF_NAMES: Final = frozenset({"family", "given"})
_ADDRESSES: Final = frozenset({"line", "city", "district", "state", "postalCode", "address"})
_NAMING: Final = "iso21090-EN"
_ADDRESSING: Final = "iso21090-ADXP"
"""Extensions that hold a part of a name, or of an address."""
_HOLDING_NAMES: Final = frozenset({"name", "maidenName"})
_CONTACTS: Final = frozenset({"phone", "fax", "email", "pager", "sms", "url", "other"})
_TYPE: Final = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/[^/]*(?:/_history/.*)?", re.S)
_PEOPLE: Final = frozenset(
    {
        "Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Person", "Organization", "Location",
        "HealthcareService", "CareTeam", "Group",
    }
)  # fmt: skip
_THINGS: Final = frozenset(
    {
        "medicationReference", "specimen", "condition", "diagnosis", "encounter", "context",
        "reasonReference", "basedOn", "target", "item", "content", "entry", "device",
    }
)  # fmt: skip
"""Elements that refer to no people, when the reference itself does not say to what."""
_TELLS: Final = re.compile(
    r"@|[0-9](?:[ ./-]?[0-9]){5}|(?<![0-9A-Za-z])[1-9][0-9]{3} ?[A-Z]{2}(?![0-9A-Za-z])", re.ASCII
)


def group_of(name: str, holder: str, beside: Container[str], system: str, reference: str) -> Group:
    """The group of a value.

    :param name: its element, whose values are texts as a rule.
    :param holder: the element in which that stands.
    :param beside: names of what stands there too.
    :param system: the value of ``system`` there, or the ``url`` of the extension.
    :param reference: the value of ``reference`` there.
    """
    if name in DATA:
        return "data"
    if name in SUMS:
        return "sum"
    if name in ADDRESSES:
        return "uri"
    if name == "diagnostics" or (name == "text" and holder == "details"):
        return "error"
    if name == "text":
        if holder in _HOLDING_NAMES or any(part in beside for part in _PARTS_OF_NAMES):
            return "name"
        if holder == "address":
            return "address"
        return "label" if "coding" in beside else "text"
    if name == "value":
        return "contact" if holder == "telecom" or system in _CONTACTS else "identifier"
    if name == "display":
        if "code" in beside or "system" in beside:
            return "display"
        return "label" if _of_thing(holder, reference) else "name"
    if name in _NAMES or _NAMING in system:
        return "name"
    if name in _ADDRESSES or _ADDRESSING in system:
        return "address"
    if name == "birthDate":
        return "birth"
    return "narrative" if name == "div" else "text"


def _of_thing(holder: str, reference: str) -> bool:
    """Whether a reference leads to what is no person and no practice."""
    found = _TYPE.fullmatch(reference)
    return found.group(1) not in _PEOPLE if found else holder in _THINGS


def tells(label: str) -> bool:
    """Whether what a code is called holds what no code is called: a mail address, a number, a postal code.

    >>> tells("Bloeddruk 24 uur"), tells("bel 06-12345678")
    (False, True)
    """
    return _TELLS.search(label) is not None

"""Declared test persons, and masking of documents that may be about anybody else.

A document of a declared person is kept byte for byte. Any other document keeps its structure (types, codes,
statuses, canonical URLs) but every other value becomes an equality-preserving tag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from lxml import etree

FHIR: Final = "http://hl7.org/fhir"
_KEEP: Final = frozenset(
    {
        "resourceType", "type", "total", "relation", "system", "code", "use", "status", "mode", "profile",
        "contentType", "size", "method", "unit", "severity", "intent", "fhirVersion", "kind", "class",
        "comparator", "gender", "active", "versionId",
    }
)  # fmt: skip
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./:%_\[\]{}*+|#?&=,-]{0,255}", re.ASCII)
_BSN_SYSTEM: Final = "http://fhir.nl/fhir/NamingSystem/bsn"
MAX_BYTES: Final = 32 * 1024 * 1024


class DeclaredPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A test person that the fixtures or the network file declare.

    :ivar id: name of the person in fixtures and network files.
    :ivar bsn: number of the official test range, ``""`` when unknown.
    :ivar birth_date: ``YYYY-MM-DD`` or ``""``.
    :ivar family: family names that the person goes by, lower case.
    :ivar patients: ids of the Patient resources that are this person.
    """

    id: str
    bsn: str = ""
    birth_date: str = ""
    family: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()


class Persons:
    """The declared test persons of one run."""

    def __init__(self, persons: Iterable[DeclaredPerson] = ()) -> None:
        self._by_id = {person.id: person for person in persons}
        self.numbers = frozenset(person.bsn for person in self._by_id.values() if person.bsn)

    def declared(self, person: str) -> bool:
        """Whether ``person`` is a declared test person."""
        return person in self._by_id

    def foreign(self, document: bytes, media_type: str) -> str:
        """Why a FHIR document is not (only) about declared persons, or ``""`` when nothing says so.

        Looks at Patient resources (birth date, family name) and at identifiers with the BSN system.
        """
        if not self._by_id or len(document) > MAX_BYTES:
            return "" if self._by_id else "no declared persons"
        try:
            patients, numbers = (
                _identities_json(document) if "json" in media_type else _identities_xml(document)
            )
        except (ValueError, etree.LxmlError, RecursionError):
            return ""
        if any(number not in self.numbers for number in numbers):
            return "bsn of somebody else"
        for family, birth in patients:
            if not any(self._matches(person, family, birth) for person in self._by_id.values()):
                return "patient that is not declared"
        return ""

    @staticmethod
    def _matches(person: DeclaredPerson, family: str, birth: str) -> bool:
        if person.birth_date and birth and person.birth_date != birth:
            return False
        return not (person.family and family) or family.lower() in person.family


def _walk(value: Any) -> Iterable[dict[str, Any]]:
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def _identities_json(document: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    patients: list[tuple[str, str]] = []
    numbers: list[str] = []
    for node in _walk(json.loads(document)):
        if node.get("system") == _BSN_SYSTEM and isinstance(node.get("value"), str):
            numbers.append(node["value"])
        if node.get("resourceType") == "Patient":
            names = node.get("name") or [{}]
            name = names[0] if isinstance(names, list) and isinstance(names[0], dict) else {}
            patients.append((str(name.get("family") or ""), str(node.get("birthDate") or "")))
    return patients, numbers


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )


def _identities_xml(document: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    patients: list[tuple[str, str]] = []
    numbers: list[str] = []
    root = etree.fromstring(document, _parser())
    for system in root.iter(f"{{{FHIR}}}system"):
        parent = system.getparent()
        if system.get("value") == _BSN_SYSTEM and parent is not None:
            value = parent.find(f"{{{FHIR}}}value")
            if value is not None and value.get("value"):
                numbers.append(str(value.get("value")))
    for patient in root.iter(f"{{{FHIR}}}Patient"):
        family = patient.find(f"{{{FHIR}}}name/{{{FHIR}}}family")
        birth = patient.find(f"{{{FHIR}}}birthDate")
        patients.append(
            (
                str(family.get("value") or "") if family is not None else "",
                str(birth.get("value") or "") if birth is not None else "",
            )
        )
    return patients, numbers


Tag = Callable[[str], str]


def mask_document(document: bytes, media_type: str, tag: Tag) -> bytes:
    """A document of an undeclared person with every value that could identify replaced by ``tag(value)``.

    Documents that cannot be parsed (and anything that is not JSON or XML) become one tag.
    """
    try:
        if len(document) <= MAX_BYTES and "json" in media_type:
            masked = _mask_json(json.loads(document), "", tag)
            return json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode()
        if len(document) <= MAX_BYTES and "xml" in media_type:
            root = etree.fromstring(document, _parser())
            _mask_xml(root, tag)
            return etree.tostring(root)
    except (ValueError, etree.LxmlError, RecursionError):
        pass
    return tag(document.decode("latin-1")).encode() if document else b""


def _kept(key: str, value: str) -> bool:
    if key in _KEEP and _CODE.fullmatch(value):
        return True
    return key == "url" and value.startswith(("http://hl7.org/", "http://nictiz.nl/", "http://fhir.nl/"))


def _mask_json(value: Any, key: str, tag: Tag) -> Any:
    if isinstance(value, dict):
        return {name: _mask_json(child, name, tag) for name, child in value.items()}
    if isinstance(value, list):
        return [_mask_json(child, key, tag) for child in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if isinstance(value, str):
        return text if _kept(key, text) else tag(text)
    return value if key in _KEEP else tag(text)


def _mask_xml(root: Any, tag: Tag) -> None:
    for element in root.iter(etree.Element):
        name = etree.QName(element).localname
        inside = element.tag.startswith(f"{{{FHIR}}}")
        for attribute, value in list(element.attrib.items()):
            key = name if attribute == "value" else attribute
            if not (inside and _kept(key, str(value))):
                element.set(attribute, tag(str(value)))
        for attribute in ("text", "tail"):
            content = getattr(element, attribute)
            if content and content.strip():
                setattr(element, attribute, tag(content.strip()))
    for instruction in list(root.iter(etree.ProcessingInstruction)):
        parent = instruction.getparent()
        if parent is not None:
            parent.remove(instruction)

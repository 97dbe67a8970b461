"""FHIR documents as the recorder looks at them: the people in them, every value with its path, and masking.

Paths are FHIRPath locations in the spelling of JSON (``Bundle.entry[0].resource.birthDate``), the same for
JSON and XML except that the first of several may lack its ``[0]`` in XML.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lxml import etree

from harness.record.redact.letters import score
from harness.record.redact.people import bsn
from harness.record.redact.people.asides import asides

FHIR: Final = "http://hl7.org/fhir"
MAX_BYTES: Final = 32 * 1024 * 1024
_KEEP: Final = frozenset(
    {
        "resourceType", "type", "total", "relation", "system", "code", "use", "status", "mode", "profile",
        "contentType", "size", "method", "unit", "severity", "intent", "fhirVersion", "kind", "class",
        "comparator", "gender", "active", "versionId",
    }
)  # fmt: skip
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./:%_\[\]{}*+|#?&=,-]{0,255}", re.ASCII)
_ERRORS: Final = frozenset(
    {
        "access_denied", "insufficient_scope", "invalid_client", "invalid_grant", "invalid_request",
        "invalid_scope", "invalid_token", "server_error", "temporarily_unavailable", "unauthorized_client",
        "unsupported_grant_type", "unsupported_response_type",
    }
)  # fmt: skip
"""Errors of OAuth (RFC 6749 and 6750), as a server may give them instead of FHIR."""
_PATIENT: Final = re.compile(r"(?:^|/)Patient/([A-Za-z0-9.-]{1,64})(?:/_history/|$)", re.ASCII)
_RESOURCE_HOLDERS: Final = frozenset({"resource", "contained", "response", "outcome", "parameter"})
_NUMERIC: Final = frozenset(
    {
        "total", "size", "rank", "sequence", "count", "valueInteger", "valueDecimal", "valuePositiveInt",
        "valueUnsignedInt", "minutesDuration", "priority", "multipleBirthInteger",
    }
)  # fmt: skip
_AMOUNTS: Final = (
    "Quantity", "quantity", "Duration", "Age", "Money", "numerator", "denominator", "low", "high",
)  # fmt: skip
"""In XML the elements that hold a number, and those whose ``value`` is one."""
NAME: Final = "(name)"
"""The name of a leaf that is itself the name of a member."""
_PERSONAL: Final = frozenset(
    {
        "address", "birthDate", "communication", "contact", "deceasedDateTime", "identifier", "name", "photo",
        "telecom",
    }
)  # fmt: skip
"""Elements of a Patient that say something of a person."""
ASIDE: Final = "(aside)"
"""The name of a leaf that is a comment or an instruction of XML."""
_MEMBER: Final = re.compile(r"_?[a-z][A-Za-z]{0,39}(?:[0-9]{1,2}[A-Za-z]{0,20})?", re.ASCII)
"""How FHIR names members: a name that is none may be anybody's."""
_CODED: Final = 6.5
_CODED_LENGTH: Final = 11
"""From which a name is a coded word rather than one of FHIR: none of those is."""
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,39}", re.ASCII)

Tag = Callable[[str, str], str]
"""What takes the place of a value: ``(value, path) -> tag``."""


@dataclass
class PatientFacts:
    """What a Patient resource says about who it is; only in memory.

    :ivar id: ``""`` when it has none that others can refer to.
    :ivar families: family names; a name that is only written as a whole stands in ``names``.
    :ivar numbers: values of its BSN identifiers.
    :ivar personal: whether it has any element that says something of a person.
    """

    id: str = ""
    birth: str = ""
    families: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    personal: bool = False


@dataclass
class People:
    """The people in a document.

    :ivar numbers: values of every identifier with the system of the BSN.
    :ivar subjects: ids of the Patients that are referred to.
    """

    patients: list[PatientFacts] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)


class Leaf(NamedTuple):
    """One value of a document.

    :ivar name: the element that holds it; in XML the attribute when that is not ``value``.
    :ivar system: the ``system`` beside it, else the ``url`` of its extension; ``""`` when there is none.
    :ivar numeric: whether it stands where FHIR has a number.
    """

    path: str
    name: str
    value: str
    system: str
    numeric: bool = False


class JsonDocument:
    """A FHIR document in JSON.

    :raises ValueError, RecursionError: it cannot be parsed.
    """

    def __init__(self, body: bytes) -> None:
        try:
            self._root = json.loads(body, strict=False)
        except UnicodeDecodeError:  # a fault, and yet it can be read
            self._root = json.loads(body.decode("latin-1"), strict=False)

    def people(self) -> People:
        """The people in it."""
        found = People()
        stack: list[tuple[Any, bool]] = [(self._root, False)]
        while stack:
            node, contained = stack.pop()
            if isinstance(node, list):
                stack.extend((child, contained) for child in node if isinstance(child, dict | list))
                continue
            if not isinstance(node, dict):
                continue
            for name, child in node.items():
                if isinstance(child, dict | list):
                    stack.append((child, contained or name == "contained"))
            reference = node.get("reference")
            if isinstance(reference, str) and "Patient/" in reference:
                found.subjects.update(_PATIENT.findall(reference))
            number = _json_number(node)
            if number:
                found.numbers.append(number)
            if node.get("resourceType") == "Patient":
                found.patients.append(_json_patient(node, contained))
        return found

    @property
    def fhir(self) -> bool:
        """Whether it says that it is FHIR."""
        return bool(_TYPE.fullmatch(_root_name(self._root)))

    @property
    def entries(self) -> int:
        """How many entries the Bundle has that it is."""
        found = self._root.get("entry") if isinstance(self._root, dict) else None
        return len(found) if isinstance(found, list) else 0

    def leaves(self) -> Iterator[Leaf]:
        """Every value with its path."""
        return _json_leaves(self._root, _root_name(self._root), "", "")

    def masked(self, tag: Tag) -> bytes:
        """The document with every value replaced that could identify."""
        masked = _mask_json(self._root, "", _root_name(self._root), tag)
        return json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode()


def _root_name(root: Any) -> str:
    """The type of a resource; what cannot be one may be anybody's, and a path is written."""
    name = str(root.get("resourceType") or "") if isinstance(root, dict) else ""
    return name if not name or _TYPE.fullmatch(name) else NAME


def _json_number(node: dict[str, Any]) -> str:
    system, value = node.get("system"), node.get("value")
    return value if isinstance(system, str) and isinstance(value, str) and bsn.is_system(system) else ""


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _json_patient(node: dict[str, Any], contained: bool) -> PatientFacts:
    names = list(_objects(node.get("name")))
    return PatientFacts(
        id="" if contained else str(node.get("id") or ""),
        birth=str(node.get("birthDate") or ""),
        families=tuple(str(name["family"]) for name in names if name.get("family")),
        names=tuple(str(name["text"]) for name in names if name.get("text") and not name.get("family")),
        numbers=tuple(number for item in _objects(node.get("identifier")) if (number := _json_number(item))),
        personal=not _PERSONAL.isdisjoint(node),
    )


def _json_leaves(value: Any, path: str, name: str, system: str) -> Iterator[Leaf]:
    if isinstance(value, dict):
        found = value.get("system") or value.get("url")
        beside = found if isinstance(found, str) else ""
        for key, child in value.items():
            if not _member(key):
                yield Leaf(path, NAME, key, "")
            yield from _json_leaves(child, _step(path, key), key, beside)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _json_leaves(child, f"{path}[{index}]", name, system)
    elif value is not None and not isinstance(value, bool):
        yield Leaf(path, name, str(value), system, numeric=not isinstance(value, str))


@lru_cache(maxsize=4_096)
def _member(name: str) -> bool:
    """Whether a name may be one of FHIR: of its form, and no coded word."""
    coded = len(name) >= _CODED_LENGTH and score(name) >= _CODED
    return _MEMBER.fullmatch(name) is not None and not coded


def _step(path: str, key: str) -> str:
    """The path of a member; the extensions of a primitive (``_birthDate``) stand below the primitive.

    A name that FHIR cannot have may be anybody's, and a path is written.
    """
    key = key.removeprefix("_") if _member(key) else NAME
    return f"{path}.{key}" if path else key


def kept(key: str, value: str) -> bool:
    """Whether a value of an element says nothing of anybody, whoever the document is about."""
    if key in _KEEP and _CODE.fullmatch(value):
        return True
    if key == "error" and value in _ERRORS:
        return True
    return key in ("url", "xmlns") and value.startswith(
        ("http://hl7.org/", "http://nictiz.nl/", "http://fhir.nl/")
    )


def _mask_json(value: Any, key: str, path: str, tag: Tag) -> Any:
    if isinstance(value, dict):
        return {
            name if _member(name) else tag(name, path): _mask_json(child, name, _step(path, name), tag)
            for name, child in value.items()
        }
    if isinstance(value, list):
        return [_mask_json(child, key, f"{path}[{index}]", tag) for index, child in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if isinstance(value, str):
        return text if kept(key, text) else tag(text, path)
    return value if key in _KEEP else tag(text, path)


def _parser(encoding: str | None = None) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


class XmlDocument:
    """A FHIR document in XML.

    :raises etree.LxmlError, RecursionError: it cannot be parsed.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        try:
            self._root = etree.fromstring(body, _parser())
        except etree.XMLSyntaxError:
            if _is_utf8(body):
                raise
            self._root = etree.fromstring(body, _parser("iso-8859-1"))  # a fault, and yet it can be read

    @property
    def fhir(self) -> bool:
        """Whether it says that it is FHIR."""
        return str(self._root.tag).startswith(f"{{{FHIR}}}")

    @property
    def root(self) -> str:
        """The name of its first element."""
        return str(etree.QName(self._root).localname)

    @property
    def entries(self) -> int:
        """How many entries the Bundle has that it is."""
        return sum(1 for _ in self._root.iterchildren(f"{{{FHIR}}}entry"))

    def people(self) -> People:
        """The people in it."""
        found = People()
        for system in self._root.iter(f"{{{FHIR}}}system"):
            number = _xml_number(system.getparent())
            if number:
                found.numbers.append(number)
        for reference in self._root.iter(f"{{{FHIR}}}reference"):
            found.subjects.update(_PATIENT.findall(reference.get("value") or ""))
        found.patients = [_xml_patient(item) for item in self._root.iter(f"{{{FHIR}}}Patient")]
        return found

    def leaves(self) -> Iterator[Leaf]:
        """Every value with its path."""
        for element, path in _xml_paths(self._root):
            name = etree.QName(element).localname
            parent = element.getparent()
            system = ""
            if parent is not None:
                system = _xml_value(parent, "system") or str(parent.get("url") or "")
            if name == "div" and len(element):
                yield Leaf(path, name, "".join(element.itertext()), "")
            numeric = name in _NUMERIC or (
                name == "value" and parent is not None and str(parent.tag).endswith(_AMOUNTS)
            )
            for attribute, value in element.attrib.items():
                own = name if attribute == "value" else str(attribute)
                yield Leaf(path if own is name else _step(path, own), own, str(value), system, numeric)
            for text in (element.text, element.tail):
                if text and text.strip():
                    yield Leaf(path, name, text, "")
        for start, end in asides(self._body):
            yield Leaf("", ASIDE, self._body[start:end].decode("utf-8", "replace"), "")

    def masked(self, tag: Tag) -> bytes:
        """The document with every value replaced that could identify."""
        for element, path in list(_xml_paths(self._root)):
            name = etree.QName(element).localname
            inside = element.tag.startswith(f"{{{FHIR}}}")
            for attribute, value in list(element.attrib.items()):
                key = name if attribute == "value" else attribute
                if not (inside and kept(key, str(value))):
                    element.set(attribute, tag(str(value), path if key is name else _step(path, str(key))))
            for attribute in ("text", "tail"):
                content = getattr(element, attribute)
                if content and content.strip():
                    setattr(element, attribute, tag(content.strip(), path))
        for instruction in list(self._root.iter(etree.ProcessingInstruction)):
            parent = instruction.getparent()
            if parent is not None:
                parent.remove(instruction)
        return etree.tostring(self._root)


def _xml_value(element: Any, name: str) -> str:
    found = element.find(f"{{{FHIR}}}{name}")
    return str(found.get("value") or "") if found is not None else ""


def _xml_number(element: Any) -> str:
    if element is None or not bsn.is_system(_xml_value(element, "system")):
        return ""
    return _xml_value(element, "value")


def _xml_patient(element: Any) -> PatientFacts:
    parent = element.getparent()
    contained = parent is not None and parent.tag == f"{{{FHIR}}}contained"
    names = [
        (_xml_value(name, "family"), _xml_value(name, "text")) for name in element.iterfind(f"{{{FHIR}}}name")
    ]
    identifiers = element.iterfind(f"{{{FHIR}}}identifier")
    return PatientFacts(
        id="" if contained else _xml_value(element, "id"),
        birth=_xml_value(element, "birthDate"),
        families=tuple(family for family, _ in names if family),
        names=tuple(text for family, text in names if text and not family),
        numbers=tuple(number for item in identifiers if (number := _xml_number(item))),
        personal=any(
            etree.QName(child).localname in _PERSONAL for child in element.iterchildren(etree.Element)
        ),
    )


def _xml_paths(root: Any) -> Iterator[tuple[Any, str]]:
    """Every element with its path; the one that names the type of a resource has the path of its parent."""
    stack: list[tuple[Any, str]] = [(root, str(etree.QName(root).localname))]
    while stack:
        element, path = stack.pop()
        yield element, path
        children = list(element.iterchildren(etree.Element))
        counts = Counter(child.tag for child in children)
        seen: Counter[str] = Counter()
        below: list[tuple[Any, str]] = []
        for child in children:
            name = str(etree.QName(child).localname)
            if name[:1].isupper() and etree.QName(element).localname in _RESOURCE_HOLDERS:
                below.append((child, path))
                continue
            index = f"[{seen[child.tag]}]" if counts[child.tag] > 1 else ""
            seen[child.tag] += 1
            below.append((child, f"{_step(path, name)}{index}"))
        stack.extend(reversed(below))


CareDocument = JsonDocument | XmlDocument


def read_document(body: bytes, media_type: str) -> CareDocument | None:
    """A FHIR document, by what it looks like and then by its media type.

    :return: ``None`` when it is no JSON or XML, too large, unreadable, or a page for a browser.
    """
    if len(body) > MAX_BYTES:
        return None
    start = body[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    json_first = start in (b"{", b"[") or (start != b"<" and "json" in media_type)
    if not json_first and start != b"<" and "xml" not in media_type:
        return None
    try:
        if json_first:
            return JsonDocument(body)
        document = XmlDocument(body)
        return None if document.root == "html" else document
    except (ValueError, etree.LxmlError, RecursionError):
        return None

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
from typing import Any, Final, NamedTuple

from lxml import etree

from harness.record.redact.people import bsn
from harness.record.redact.people.asides import asides
from harness.record.redact.people.members import KEPT, NAME, kept, member, step

FHIR: Final = "http://hl7.org/fhir"
IMPERSONAL: Final = "CapabilityStatement"
"""The resource that is about no person."""
MAX_BYTES: Final = 32 * 1024 * 1024
_DOCTYPE: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:[?!][^>]*>\s*<){0,20}!DOCTYPE", re.S)
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
_PERSONAL: Final = frozenset(
    {
        "address", "birthDate", "communication", "contact", "deceasedDateTime", "identifier", "name", "photo",
        "telecom",
    }
)  # fmt: skip
"""Elements of a Patient that say something of a person."""
ASIDE: Final = "(aside)"
"""The name of a leaf that is a comment or an instruction of XML."""
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


class TooManyError(Exception):
    """A document holds more than is masked one by one."""


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
            self.tree = json.loads(body, strict=False)
        except UnicodeDecodeError:  # a fault, and yet it can be read
            self.tree = json.loads(body.decode("latin-1"), strict=False)

    def people(self) -> People:
        """The people in it."""
        found = People()
        stack: list[tuple[Any, bool]] = [(self.tree, False)]
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
        return bool(_TYPE.fullmatch(_root_name(self.tree)))

    @property
    def impersonal(self) -> bool:
        """Whether it is about no person at all."""
        return _root_name(self.tree) == IMPERSONAL

    @property
    def entries(self) -> int:
        """How many entries the Bundle has that it is."""
        found = self.tree.get("entry") if isinstance(self.tree, dict) else None
        return len(found) if isinstance(found, list) else 0

    def leaves(self) -> Iterator[Leaf]:
        """Every value with its path."""
        return _json_leaves(self.tree, _root_name(self.tree), "", "")

    def paths(self) -> list[str]:
        """The path of each of its strings; that of the name of a member is the object's."""
        found: list[str] = []
        _json_strings(self.tree, _root_name(self.tree), found)
        return found

    def masked(self, tag: Tag) -> bytes:
        """The document with every value replaced that could identify."""
        masked = _mask_json(self.tree, "", _root_name(self.tree), tag)
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
            if not member(key):
                yield Leaf(path, NAME, key, "")
            yield from _json_leaves(child, step(path, key), key, beside)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _json_leaves(child, f"{path}[{index}]", name, system)
    elif value is not None and not isinstance(value, bool):
        yield Leaf(path, name, str(value), system, numeric=not isinstance(value, str))


def _json_strings(value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, dict):
        for name, child in value.items():
            found.append(path)
            _json_strings(child, step(path, name), found)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _json_strings(child, f"{path}[{index}]", found)
    elif isinstance(value, str):
        found.append(path)


def _mask_json(value: Any, key: str, path: str, tag: Tag) -> Any:
    if isinstance(value, dict):
        return {
            name if member(name) else tag(name, path): _mask_json(child, name, step(path, name), tag)
            for name, child in value.items()
        }
    if isinstance(value, list):
        return [_mask_json(child, key, f"{path}[{index}]", tag) for index, child in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if isinstance(value, str):
        return text if kept(key, text) else tag(text, path)
    return value if key in KEPT else tag(text, path)


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
            self.tree = etree.fromstring(body, _parser())
        except etree.XMLSyntaxError:
            if _is_utf8(body):
                raise
            self.tree = etree.fromstring(body, _parser("iso-8859-1"))  # a fault, and yet it can be read

    @property
    def fhir(self) -> bool:
        """Whether it says that it is FHIR."""
        return str(self.tree.tag).startswith(f"{{{FHIR}}}")

    @property
    def impersonal(self) -> bool:
        """Whether it is about no person at all."""
        return self.fhir and self.root == IMPERSONAL

    @property
    def root(self) -> str:
        """The name of its first element."""
        return str(etree.QName(self.tree).localname)

    @property
    def entries(self) -> int:
        """How many entries the Bundle has that it is."""
        return sum(1 for _ in self.tree.iterchildren(f"{{{FHIR}}}entry"))

    def people(self) -> People:
        """The people in it."""
        found = People()
        for system in self.tree.iter(f"{{{FHIR}}}system"):
            number = _xml_number(system.getparent())
            if number:
                found.numbers.append(number)
        for reference in self.tree.iter(f"{{{FHIR}}}reference"):
            found.subjects.update(_PATIENT.findall(reference.get("value") or ""))
        found.patients = [_xml_patient(item) for item in self.tree.iter(f"{{{FHIR}}}Patient")]
        return found

    def leaves(self) -> Iterator[Leaf]:
        """Every value with its path."""
        for element, path in _xml_paths(self.tree):
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
                yield Leaf(path if own is name else step(path, own), own, str(value), system, numeric)
            for text in (element.text, element.tail):
                if text and text.strip():
                    yield Leaf(path, name, text, "")
        for start, end in asides(self._body):
            yield Leaf("", ASIDE, self._body[start:end].decode("utf-8", "replace"), "")

    def paths(self) -> list[str]:
        """The path of each of its elements."""
        return [path for _, path in _xml_paths(self.tree)]

    def masked(self, tag: Tag) -> bytes:
        """The document with every value replaced that could identify."""
        for element, path in list(_xml_paths(self.tree)):
            name = etree.QName(element).localname
            inside = element.tag.startswith(f"{{{FHIR}}}")
            for attribute, value in list(element.attrib.items()):
                key = name if attribute == "value" else attribute
                if not (inside and kept(key, str(value))):
                    element.set(attribute, tag(str(value), path if key is name else step(path, str(key))))
            for attribute in ("text", "tail"):
                content = getattr(element, attribute)
                if content and content.strip():
                    setattr(element, attribute, tag(content.strip(), path))
        for instruction in list(self.tree.iter(etree.ProcessingInstruction)):
            parent = instruction.getparent()
            if parent is not None:
                parent.remove(instruction)
        return etree.tostring(self.tree)


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
            below.append((child, f"{step(path, name)}{index}"))
        stack.extend(reversed(below))


CareDocument = JsonDocument | XmlDocument


def read_document(body: bytes, media_type: str) -> CareDocument | None:
    """A FHIR document, by what it looks like and then by its media type.

    :return: ``None`` when it is no JSON or XML, too large, unreadable, a page for a browser, or XML with a
        document type, in which anything may stand.
    """
    if len(body) > MAX_BYTES or _DOCTYPE.match(body[:4096]):
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

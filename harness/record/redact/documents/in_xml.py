"""FHIR documents in XML: the people in them, every value with its path, and masking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from harness.record.redact.documents.asides import asides
from harness.record.redact.documents.parts import (
    IMPERSONAL,
    PERSONAL,
    SUBJECT,
    Leaf,
    Masking,
    PatientFacts,
    People,
    Tag,
)
from harness.record.redact.documents.words import ATTRIBUTES, BY_FORM, NAME, Vocabulary
from harness.record.redact.people import bsn

FHIR: Final = "http://hl7.org/fhir"
_W3: Final = "{http://www.w3.org/"
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
ASIDE: Final = "(aside)"
"""The name of a leaf that is a comment or an instruction of XML."""


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

    def __init__(self, body: bytes, words: Vocabulary = BY_FORM) -> None:
        self._body, self.words = body, words
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
            found.subjects.update(SUBJECT.findall(reference.get("value") or ""))
        found.patients = [_xml_patient(item) for item in self.tree.iter(f"{{{FHIR}}}Patient")]
        return found

    def leaves(self) -> Iterator[Leaf]:
        """Every value with its path."""
        for element, path in _xml_paths(self.tree, self.words):
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
                yield Leaf(
                    path if own is name else self.words.step(path, own), own, str(value), system, numeric
                )
            for text in (element.text, element.tail):
                if text and text.strip():
                    yield Leaf(path, name, text, "")
        for start, end in asides(self._body):
            yield Leaf("", ASIDE, self._body[start:end].decode("utf-8", "replace"), "")

    def paths(self) -> list[str]:
        """The path of each of its elements."""
        return [path for _, path in _xml_paths(self.tree, self.words)]

    def masked(self, tag: Tag) -> bytes:
        """The document with every value replaced that could identify."""
        words, how = self.words, Masking(self.words, self.impersonal, tag)
        for element, path in list(_xml_paths(self.tree, words)):
            name = etree.QName(element).localname
            inside = element.tag.startswith(f"{{{FHIR}}}")
            parent = element.getparent()
            system = _xml_value(parent, "system") if name == "code" and parent is not None else ""
            for attribute, value in list(element.attrib.items()):
                key = name if attribute == "value" else attribute
                shown = str(value)
                if not (inside and how.keeps(key, shown, system)):
                    shown = tag(shown, path if key is name else words.step(path, str(key)))
                if attribute not in ATTRIBUTES and not attribute.startswith(_W3):
                    del element.attrib[attribute]
                    attribute = tag(str(attribute), words.step(path, str(attribute)))
                element.set(attribute, shown)
            for attribute in ("text", "tail"):
                content = getattr(element, attribute)
                if content and content.strip():
                    setattr(element, attribute, tag(content.strip(), path))
            space = etree.QName(element).namespace or ""
            if space and not (element.tag.startswith(_W3) or words.kept("xmlns", space)):
                space = f"urn:mask:{tag(space, path)}"
            shown = name if words.element(name) else tag(name, path)
            element.tag = f"{{{space}}}{shown}" if space else shown
        return etree.tostring(_without_prefixes(self.tree))


def _without_prefixes(root: Any) -> Any:
    """The elements of a document with no more name spaces than they need, and no names for those."""

    def bare(element: Any) -> Any:
        return {None: etree.QName(element).namespace or ""} if etree.QName(element).namespace else {}

    made = etree.Element(root.tag, root.attrib, nsmap=bare(root))
    stack = [(root, made)]
    while stack:
        old, new = stack.pop()
        new.text, new.tail = old.text, old.tail
        for child in old.iterchildren(etree.Element):
            stack.append((child, etree.SubElement(new, child.tag, child.attrib, nsmap=bare(child))))
    return made


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
            etree.QName(child).localname in PERSONAL for child in element.iterchildren(etree.Element)
        ),
    )


def _xml_paths(root: Any, words: Vocabulary) -> Iterator[tuple[Any, str]]:
    """Every element with its path; the one that names the type of a resource has the path of its parent."""
    name = str(etree.QName(root).localname)
    stack: list[tuple[Any, str]] = [(root, name if words.element(name) else NAME)]
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
            below.append((child, f"{words.step(path, name)}{index}"))
        stack.extend(reversed(below))

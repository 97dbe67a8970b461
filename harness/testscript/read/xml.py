"""Safe reading of XML from outside, and the few things that a FHIR element in XML is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from harness.core.errors import InputError
from harness.core.text import Text

FHIR = "{http://hl7.org/fhir}"
MAX_BYTES = 32 * 1024 * 1024

Element = etree._Element


def parse_xml(data: bytes, where: str) -> Element:
    """Parse XML from outside: no DTD, no entities, no network, bounded size.

    :raises InputError: not well-formed, with a DOCTYPE, or too large.
    """
    if len(data) > MAX_BYTES:
        raise InputError(
            Text(nl="bestand is te groot", en="file is too large"),
            where=where,
            expected=f"<= {MAX_BYTES} bytes",
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        raise InputError(
            Text(nl="is geen geldige XML", en="is not valid XML"),
            where=f"{where}:{line}" if line else where,
            received=str(getattr(error, "msg", error)),
        ) from None
    info: Any = root.getroottree().docinfo
    if info.doctype:
        raise InputError(Text(nl="DOCTYPE is niet toegestaan", en="DOCTYPE is not allowed"), where=where)
    return root


def line_of(element: Any) -> int:
    """Line of an element in its file (the stubs do not know its type)."""
    return int(element.sourceline or 0)


def children(element: Element, name: str) -> list[Element]:
    """FHIR child elements with a name."""
    return element.findall(FHIR + name)


def text_of(element: Element | None, name: str) -> str | None:
    """The ``value`` of a FHIR child element, ``None`` when there is none."""
    child = element.find(FHIR + name) if element is not None else None
    return child.get("value") if child is not None else None


def elements(element: Element) -> Iterator[tuple[str, Element]]:
    """Child elements with their local names (comments and foreign markup left out)."""
    for child in element:
        if isinstance(child.tag, str):
            yield child.tag.rpartition("}")[2], child


def truth(value: str | None) -> bool | None:
    """A FHIR boolean, ``None`` when absent."""
    return None if value is None else value.strip().lower() == "true"


def whole(value: str | None) -> int | None:
    """A whole number, ``None`` when it is none."""
    return int(value) if value is not None and value.strip().isdecimal() else None


def value_of(extension: Element) -> str:
    """The ``value[x]`` of an extension as text."""
    for name, child in elements(extension):
        if name.startswith("value"):
            return child.get("value") or ""
    return ""


def extensions(element: Element) -> Iterator[tuple[str, Element]]:
    """``(last part of the URL, element)`` of each extension."""
    for child in children(element, "extension"):
        yield (child.get("url") or "").rpartition("/")[2], child

"""Value types of XMP: does a node have the type that its schema gives it?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.pdfa.facts.metadata.rdf import Node
from harness.pdfa.facts.metadata.schemas import properties, structures
from harness.pdfa.facts.metadata.xmp import Packet

EXTENSION = "http://www.aiim.org/pdfa/ns/extension/"
SCHEMA = "http://www.aiim.org/pdfa/ns/schema#"
PROPERTY = "http://www.aiim.org/pdfa/ns/property#"
TYPE = "http://www.aiim.org/pdfa/ns/type#"
FIELD = "http://www.aiim.org/pdfa/ns/field#"

_SIMPLE: dict[str, re.Pattern[str] | None] = {
    "text": None, "uri": None, "url": None, "xpath": None, "propername": None, "agentname": None,
    "renditionclass": None, "rational": None, "locale": None, "": None, "choice": None,
    "boolean": re.compile(r"True|False"),
    "integer": re.compile(r"[+-]?[0-9]+"),
    "real": re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"),
    "mimetype": re.compile(r"[-\w+.]+/[-\w+.]+", re.ASCII),
    "gpscoordinate": re.compile(r"[0-9]{1,3},[0-9]{1,2}(?:,[0-9]{1,2}|\.[0-9]+)[NSEW]"),
}  # fmt: skip

_GPS_2004 = re.compile(r"[0-9]{2},[0-9]{2}[,.][0-9]{2}[NSEW]")

_DATE = re.compile(
    r"-?\d+(?:-\d+(?:-\d+(?:T\d+(?::\d+(?::\d+(?:\.\d+)?)?)?(?:Z|[+-]\d+(?::\d+)?)?)?)?)?", re.ASCII
)


def is_date(text: str) -> bool:
    """ISO 8601 as XMP toolkits read it: year to fraction of a second, optional zone; empty is accepted."""
    return not text or _DATE.fullmatch(text) is not None


@dataclass(slots=True)
class Schemas:
    """Predefined and declared properties and types that apply to one packet."""

    part: int
    declared: dict[tuple[str, str], str] = field(default_factory=dict)
    types: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def property_type(self, node: Node) -> str | None:
        """Type of a top-level property, ``None`` when no schema knows it."""
        key = (node.ns, node.name)
        return properties(self.part).get(key) or self.declared.get(key)

    def knows(self, type_: str) -> bool:
        """Whether a type name used in an extension schema means something."""
        name = normal(type_)
        while name[:4] in ("bag ", "seq ", "alt "):
            name = name[4:]
        return (
            name in _SIMPLE
            or name in ("date", "lang alt")
            or name in structures(self.part)
            or name in self.types
        )

    def conforms(self, node: Node, type_: str, depth: int = 0) -> bool:
        """Whether ``node`` has type ``type_``; unknown types do not match anything."""
        name = type_ if depth else normal(type_)
        if depth > 20:
            return False
        for prefix in ("bag ", "seq ", "alt "):
            if name.startswith(prefix):
                item = name[4:]
                return node.kind == prefix[:3] and all(
                    self.conforms(c, item, depth + 1) for c in node.children
                )
        if name == "lang alt":
            return node.kind == "alt" and (
                not node.children or any(c.lang is not None for c in node.children)
            )
        if name == "any":
            return True
        if name == "date":
            return node.kind == "simple" and is_date(node.text)
        if name in _SIMPLE:
            pattern = _GPS_2004 if name == "gpscoordinate" and self.part == 1 else _SIMPLE[name]
            return node.kind == "simple" and (pattern is None or pattern.fullmatch(node.text) is not None)
        structure = structures(self.part).get(name) or self.types.get(name)
        if structure is None:
            return False
        return self._structure(node, *structure, depth + 1)

    def _structure(self, node: Node, ns: str, fields: dict[str, str], depth: int) -> bool:
        if node.kind != "struct":
            return False
        for child in node.children:
            type_ = fields.get(child.name) if child.ns == ns else None
            if type_ is None or not self.conforms(child, normal(type_), depth):
                return False
        return True


_CHOICE = re.compile(r"^(?:open |closed )?choice(?: of)? ")


def normal(type_: str) -> str:
    """Type name in lower case, without the words that only say how free a choice is."""
    name = type_.strip().lower()
    if name in ("bag", "seq", "alt"):
        return name + " "
    if name[:4] in ("bag ", "seq ", "alt "):
        return name[:4] + _unchoice(name[4:])
    return _unchoice(name)


def _unchoice(name: str) -> str:
    if name in ("open choice", "closed choice", "choice"):
        return "text"
    return _CHOICE.sub("", name)


def declare(schemas: Schemas, packet: Packet) -> None:
    """Add what the extension schema container of ``packet`` declares."""
    container = packet.get(EXTENSION, "schemas")
    if container is None or container.kind == "simple":
        return
    for schema in container.children:
        uri = schema.child(SCHEMA, "namespaceURI")
        if uri is None:
            continue
        value_types = schema.child(SCHEMA, "valueType")
        for one in value_types.children if value_types is not None else ():
            name, type_uri = one.child(TYPE, "type"), one.child(TYPE, "namespaceURI")
            if name is None or type_uri is None:
                continue
            fields = one.child(TYPE, "field")
            table = {}
            for item in fields.children if fields is not None else ():
                field_name, field_type = item.child(FIELD, "name"), item.child(FIELD, "valueType")
                if field_name is not None and field_type is not None:
                    table[field_name.text] = field_type.text
            schemas.types[normal(name.text)] = (type_uri.text, table)
        props = schema.child(SCHEMA, "property")
        for item in props.children if props is not None else ():
            name, type_ = item.child(PROPERTY, "name"), item.child(PROPERTY, "valueType")
            if name is not None and type_ is not None and schemas.knows(type_.text):
                schemas.declared[(uri.text, name.text)] = type_.text

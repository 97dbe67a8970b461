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


Structure = tuple[str, dict[str, str]]
"""Namespace of the fields, and name of field → name of its type."""


@dataclass(slots=True)
class ValueTypes:
    """The value types that one schema can use: the predefined ones, and its own, which go first.

    :ivar own: by normal name; a type without fields is a kind of text.
    """

    part: int
    own: dict[str, Structure] = field(default_factory=dict)

    def knows(self, type_: str) -> bool:
        """Whether a type name used in an extension schema means something."""
        name = normal(type_)
        while name[:4] in ("bag ", "seq ", "alt "):
            name = name[4:]
        return (
            name in self.own
            or name in _SIMPLE
            or name in ("date", "lang alt")
            or name in structures(self.part)
        )

    def conforms(self, node: Node, type_: str, depth: int = 0) -> bool:
        """Whether ``node`` has type ``type_``; unknown types do not match anything."""
        if depth > 20:
            return False
        name = normal(type_)
        if name[:4] in ("bag ", "seq ", "alt "):
            return node.kind == name[:3] and all(self.conforms(c, name[4:], depth + 1) for c in node.children)
        own = self.own.get(name)
        if own is not None:
            return self._structure(node, own, depth) if own[1] else node.kind == "simple"
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
        structure = structures(self.part).get(name)
        return structure is not None and self._structure(node, structure, depth)

    def _structure(self, node: Node, structure: Structure, depth: int) -> bool:
        ns, fields = structure
        if node.kind != "struct":
            return False
        for child in node.children:
            type_ = fields.get(child.name) if child.ns == ns else None
            if type_ is None or not self.conforms(child, type_, depth + 1):
                return False
        return True


@dataclass(slots=True)
class Schemas:
    """Predefined and declared properties that apply to one packet.

    :ivar declared: namespace and name → name of the type, and the types that its schema can use.
    :ivar types: namespace of an extension schema → its own value types.
    """

    part: int
    declared: dict[tuple[str, str], tuple[str, ValueTypes]] = field(default_factory=dict)
    types: dict[str, dict[str, Structure]] = field(default_factory=dict)
    _predefined: ValueTypes = field(init=False)

    def __post_init__(self) -> None:
        self._predefined = ValueTypes(self.part)

    def find(self, node: Node) -> tuple[str, ValueTypes] | None:
        """Type of a top-level property with the types of its schema, ``None`` when no schema knows it."""
        key = (node.ns, node.name)
        found = self.declared.get(key)
        if found is not None:
            return found
        type_ = properties(self.part).get(key)
        return (type_, self._predefined) if type_ is not None else None

    def declare(self, packet: Packet) -> list[tuple[Node, ValueTypes]]:
        """Add what the extension schemas of ``packet`` declare; gives each with the types that it can use."""
        container = packet.get(EXTENSION, "schemas")
        if container is None or container.kind == "simple":
            return []
        inherited = dict(self.types)
        return [(schema, self._declare(schema, inherited)) for schema in container.children]

    def _declare(self, schema: Node, inherited: dict[str, dict[str, Structure]]) -> ValueTypes:
        uri = schema.child(SCHEMA, "namespaceURI")
        if uri is None:
            return ValueTypes(self.part)
        own = _value_types(schema)
        # as the reference: what has no properties is no schema for other packets
        if schema.child(SCHEMA, "property") is not None:
            self.types[uri.text] = own
        types = ValueTypes(self.part, {**inherited.get(uri.text, {}), **own})
        found: dict[tuple[str, str], tuple[str, ValueTypes]] = {}
        for item in _children(schema, SCHEMA, "property"):
            name, type_ = item.child(PROPERTY, "name"), item.child(PROPERTY, "valueType")
            if name is not None and type_ is not None and types.knows(type_.text):
                found.setdefault((uri.text, name.text), (type_.text, types))  # the first of two counts
        self.declared.update(found)
        return types


def _value_types(schema: Node) -> dict[str, Structure]:
    """The value types that a schema defines."""
    out: dict[str, Structure] = {}
    for one in _children(schema, SCHEMA, "valueType"):
        name, uri = one.child(TYPE, "type"), one.child(TYPE, "namespaceURI")
        fields = {}
        for item in _children(one, TYPE, "field"):
            field_name, field_type = item.child(FIELD, "name"), item.child(FIELD, "valueType")
            if field_name is not None and field_type is not None:
                fields[field_name.text] = field_type.text
        if name is not None and (uri is not None or not fields):
            out[normal(name.text)] = (uri.text if uri is not None else "", fields)
    return out


def _children(node: Node, ns: str, name: str) -> list[Node]:
    child = node.child(ns, name)
    return child.children if child is not None else []


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

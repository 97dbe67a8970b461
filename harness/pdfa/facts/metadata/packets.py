"""Facts of XMP packets: claim, properties, extension schemas (ISO 19005-1, 6.7; ISO 19005-2 and -3, 6.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.metadata import xmp
from harness.pdfa.facts.metadata.rdf import Node
from harness.pdfa.facts.metadata.value_types import (
    EXTENSION,
    FIELD,
    PROPERTY,
    SCHEMA,
    TYPE,
    Schemas,
    ValueTypes,
)
from harness.pdfa.facts.metadata.xmp import Packet
from harness.pdfa.file.cos import Document
from harness.pdfa.file.objects import Stream

PDFAID = "http://www.aiim.org/pdfa/ns/id/"
PDFUAID = "http://www.aiim.org/pdfua/ns/id/"


@dataclass(slots=True)
class PropertyFact:
    """One top-level property: known to a schema, and of the right type.

    :ivar type: value type that its schema gives, ``""`` without schema.
    :ivar value: its text, or the form of a value that is no text.
    """

    name: str
    defined: bool
    type_fits: bool
    type: str
    value: str

    @property
    def received(self) -> str:
        """Name as written."""
        return self.name


@dataclass(slots=True)
class IdFact:
    """PDF/A identification: values and the prefixes as written (``None`` when absent)."""

    part: str | None
    conformance: str | None
    prefixes: dict[str, str | None]


@dataclass(slots=True)
class ObjectFact:
    """One object of an extension schema: its unknown fields, and the value types that it can name."""

    node: Node
    ns: str
    unknown: tuple[str, ...]
    types: ValueTypes


@dataclass(frozen=True, slots=True)
class Claims:
    """What the metadata of a document say it is.

    :ivar pdfa: ``2b``, ``4f`` and the like, ``None`` without a usable identification.
    :ivar also: other standards by name, such as ``PDF/UA-1``.
    :ivar object: number of the metadata stream, 0 without one.
    """

    pdfa: str | None = None
    also: tuple[str, ...] = ()
    object: int = 0


def read_claims(doc: Document) -> Claims:
    """What the document claims to be."""
    stream, packet = _read_main(doc)
    if stream is None or packet is None:
        return Claims()

    def text(ns: str, name: str) -> str:
        node = packet.get(ns, name)
        return node.text.strip() if node is not None and node.kind == "simple" else ""

    part, accessible = text(PDFAID, "part"), text(PDFUAID, "part")
    pdfa = f"{part}{text(PDFAID, 'conformance').lower()}" if part.isdigit() else None
    also = (f"PDF/UA-{accessible}",) if accessible.isdigit() else ()
    return Claims(pdfa, also, stream.key.num)


def _read_main(doc: Document) -> tuple[Stream | None, Packet | None]:
    """The metadata stream of the catalog and its packet."""
    root = doc.dict_of(doc.trailer.get("Root"))
    stream = doc.stream(root.get("Metadata"))
    if stream is None:
        return None, None
    return stream, xmp.parse(stream.data() or b"", doc.budget.limits)


def _is_metadata(stream: Stream | None) -> bool:
    """Whether a stream has the type and subtype of document metadata."""
    return (
        stream is not None
        and stream.doc.name(stream.dict.get("Type")) == "Metadata"
        and stream.doc.name(stream.dict.get("Subtype")) == "XML"
    )


_KNOWN: dict[str, tuple[str, ...]] = {
    SCHEMA: ("schema", "namespaceURI", "prefix", "property", "valueType"),
    PROPERTY: ("name", "valueType", "category", "description"),
    TYPE: ("type", "namespaceURI", "prefix", "description", "field"),
    FIELD: ("name", "valueType", "description"),
}
_FACT = {
    SCHEMA: "ExtensionSchemaDefinition",
    PROPERTY: "ExtensionSchemaProperty",
    TYPE: "ExtensionSchemaValueType",
    FIELD: "ExtensionSchemaField",
}


def walk_main(ctx: Context) -> Packet | None:
    """Facts of the metadata of the catalog; returns its packet."""
    where = "Catalog / Metadata"
    stream, packet = _read_main(ctx.doc)
    with ctx.inside(stream if stream is not None else ctx.doc.trailer.get("Root")):
        ctx.emit("MetadataStream", _is_metadata(stream), where)
        if stream is not None and packet is not None and _is_metadata(stream):
            ctx.emit("PDMetadata", stream.dict, where)
            walk_packet(ctx, packet, where, True)
            ctx.first("metadata", stream.key.num)
    return packet


def walk_packet(ctx: Context, packet: Packet, where: str, main: bool) -> None:
    """Facts of one packet; the main packet also carries identification and schemas for the others."""
    schemas = Schemas(ctx.part)
    if not main and ctx.part > 1:
        schemas.declared.update(ctx.schemas.declared)
        schemas.types.update(ctx.schemas.types)
    extensions = schemas.declare(packet)
    if main:
        ctx.schemas = schemas
    ctx.emit("XMPPackage", packet, where, packet.error)
    for node in packet.root.children:
        found = schemas.find(node)
        fits = found is not None and found[1].conforms(node, found[0])
        type_ = found[0] if found is not None else ""
        fact = PropertyFact(f"{node.prefix}:{node.name}", found is not None, fits, type_, _value(node))
        ctx.emit("XMPProperty", fact, where)
    _walk_extensions(ctx, packet, extensions, where)
    if main:
        identification = [n for n in packet.root.children if n.ns == PDFAID]
        ctx.emit("MainXMPPackage", bool(identification), where)
        if identification:
            ctx.emit("PDFAIdentification", _identification(packet), where)


def _value(node: Node) -> str:
    """What a property holds, for messages."""
    return node.text if node.kind == "simple" else f"({node.kind}, {len(node.children)})"


def _identification(packet: Packet) -> IdFact:
    def text(name: str) -> str | None:
        node = packet.get(PDFAID, name)
        return node.text if node is not None and node.kind == "simple" else None

    prefixes: dict[str, str | None] = {}
    for name in ("part", "conformance", "amd", "corr"):
        node = packet.get(PDFAID, name)
        prefixes[name] = node.prefix if node is not None else None
    return IdFact(text("part"), text("conformance"), prefixes)


def _walk_extensions(
    ctx: Context, packet: Packet, extensions: list[tuple[Node, ValueTypes]], where: str
) -> None:
    container = packet.get(EXTENSION, "schemas")
    if container is None:
        return
    ctx.emit("ExtensionSchemasContainer", container, where)
    if container.kind not in ("bag", "seq", "alt"):
        return
    for schema, types in extensions:
        _object(ctx, schema, SCHEMA, types, where)
        for item in _items(schema, SCHEMA, "property"):
            _object(ctx, item, PROPERTY, types, where)
        for value_type in _items(schema, SCHEMA, "valueType"):
            _object(ctx, value_type, TYPE, types, where)
            for item in _items(value_type, TYPE, "field"):
                _object(ctx, item, FIELD, types, where)


def _items(node: Node, ns: str, name: str) -> list[Node]:
    child = node.child(ns, name)
    return child.children if child is not None and child.kind in ("bag", "seq", "alt") else []


def _object(ctx: Context, node: Node, ns: str, types: ValueTypes, where: str) -> None:
    known = _KNOWN[ns]
    unknown = tuple(c.name for c in node.children if c.ns != ns or c.name not in known)
    fact = ObjectFact(node, ns, unknown, types)
    label = node.child(ns, known[0])
    place = f"{where} / {label.text}" if label is not None else where
    ctx.emit("ExtensionSchemaObject", fact, place, ", ".join(unknown))
    ctx.emit(_FACT[ns], fact, place)


def walk_other(ctx: Context, holder: dict[str, Any], where: str) -> None:
    """Facts of the metadata stream of a page, image, form, font … (parts 2 and 3), once per stream."""
    value = holder.get("Metadata")
    if value is None or ctx.part == 1:
        return
    stream = ctx.doc.stream(value)
    if stream is not None and _is_metadata(stream) and ctx.first("metadata", stream.key.num):
        ctx.budget.tick()
        with ctx.inside(stream):
            walk_packet(ctx, xmp.parse(stream.data() or b"", ctx.limits), f"{where} / Metadata", False)


def walk_rest(ctx: Context) -> None:
    """Facts of the metadata of all other dictionaries in the file, reached from a page or not."""
    for kind, holder, number in ctx.doc.facts:
        if kind == "Metadata":
            walk_other(ctx, holder, f"object {number}" if number else "trailer")

"""Metadata facts: XMP packets with their extension schemas, identification, document information."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from harness.pdfa.facts.metadata import xmp
from harness.pdfa.facts.metadata.value_types import EXTENSION, FIELD, PROPERTY, SCHEMA, TYPE, Schemas, declare
from harness.pdfa.facts.metadata.xmp import Node, Packet
from harness.pdfa.file.cos import Document, Stream, text_string
from harness.pdfa.file.limits import Limits

if TYPE_CHECKING:
    from harness.pdfa.facts.context import Context

PDFAID = "http://www.aiim.org/pdfa/ns/id/"
DC = "http://purl.org/dc/elements/1.1/"
PDF = "http://ns.adobe.com/pdf/1.3/"
XMP = "http://ns.adobe.com/xap/1.0/"


@dataclass(slots=True)
class PropertyFact:
    """One top-level property: known to a schema, and of the right type."""

    name: str
    defined: bool
    type_fits: bool

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
    """One object of the extension schema container: its fields and whether there are unknown ones."""

    node: Node
    ns: str
    unknown: tuple[str, ...]
    schemas: Schemas


@dataclass(slots=True)
class InfoFact:
    """Document information against XMP: ``{key: agrees}`` for the keys that are present."""

    agrees: dict[str, bool]


def read_main(doc: Document, limits: Limits) -> tuple[Stream | None, Packet | None]:
    """The metadata stream of the catalog and its packet."""
    root = doc.dict_of(doc.trailer.get("Root"))
    stream = doc.stream(root.get("Metadata"))
    if stream is None:
        return None, None
    return stream, xmp.parse(stream.data() or b"", limits)


def claim(packet: Packet | None) -> str | None:
    """``2b`` and the like as the packet claims it, ``None`` without a usable identification."""
    if packet is None:
        return None
    part, conformance = packet.get(PDFAID, "part"), packet.get(PDFAID, "conformance")
    if part is None or part.kind != "simple" or not part.text.strip().isdigit():
        return None
    level = (
        conformance.text.strip().lower() if conformance is not None and conformance.kind == "simple" else ""
    )
    return f"{part.text.strip()}{level}"


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


def check_packet(ctx: Context, packet: Packet, where: str, main: bool) -> None:
    """Judge one packet; the main packet also carries identification and schemas for the others."""
    schemas = Schemas(ctx.part)
    if not main and ctx.part > 1:
        schemas.declared.update(ctx.schemas.declared)
        schemas.types.update(ctx.schemas.types)
    declare(schemas, packet)
    if main:
        ctx.schemas = schemas
    ctx.judge("XMPPackage", packet, where, packet.error)
    for node in packet.root.children:
        type_ = schemas.property_type(node)
        fits = type_ is not None and schemas.conforms(node, type_)
        ctx.judge("XMPProperty", PropertyFact(f"{node.prefix}:{node.name}", type_ is not None, fits), where)
    _check_extensions(ctx, packet, schemas, where)
    if main:
        identification = [n for n in packet.root.children if n.ns == PDFAID]
        ctx.judge("MainXMPPackage", bool(identification), where)
        if identification:
            ctx.judge("PDFAIdentification", _identification(packet), where)


def _identification(packet: Packet) -> IdFact:
    def text(name: str) -> str | None:
        node = packet.get(PDFAID, name)
        return node.text if node is not None and node.kind == "simple" else None

    prefixes: dict[str, str | None] = {}
    for name in ("part", "conformance", "amd", "corr"):
        node = packet.get(PDFAID, name)
        prefixes[name] = node.prefix if node is not None else None
    return IdFact(text("part"), text("conformance"), prefixes)


def _check_extensions(ctx: Context, packet: Packet, schemas: Schemas, where: str) -> None:
    container = packet.get(EXTENSION, "schemas")
    if container is None:
        return
    ctx.judge("ExtensionSchemasContainer", container, where)
    if container.kind not in ("bag", "seq", "alt"):
        return
    for schema in container.children:
        _object(ctx, schema, SCHEMA, schemas, where)
        for item in _items(schema, SCHEMA, "property"):
            _object(ctx, item, PROPERTY, schemas, where)
        for value_type in _items(schema, SCHEMA, "valueType"):
            _object(ctx, value_type, TYPE, schemas, where)
            for item in _items(value_type, TYPE, "field"):
                _object(ctx, item, FIELD, schemas, where)


def _items(node: Node, ns: str, name: str) -> list[Node]:
    child = node.child(ns, name)
    return child.children if child is not None and child.kind in ("bag", "seq", "alt") else []


def _object(ctx: Context, node: Node, ns: str, schemas: Schemas, where: str) -> None:
    known = _KNOWN[ns]
    unknown = tuple(c.name for c in node.children if c.ns != ns or c.name not in known)
    fact = ObjectFact(node, ns, unknown, schemas)
    label = node.child(ns, known[0])
    place = f"{where} / {label.text}" if label is not None else where
    ctx.judge("ExtensionSchemaObject", fact, place, ", ".join(unknown))
    ctx.judge(_FACT[ns], fact, place)


# -- document information ---------------------------------------------------------------------------


def check_info(ctx: Context, packet: Packet | None) -> None:
    """Compare the information dictionary with its XMP twins (part 1 only)."""
    doc = ctx.doc
    info = doc.dict_of(doc.trailer.get("Info"))
    if not info or ctx.part != 1:
        return
    packet = packet or Packet(Node("", "", kind="struct"))
    agrees: dict[str, bool] = {}
    for key in ("Creator", "Producer", "Keywords", "Title", "Subject", "Author", "CreationDate", "ModDate"):
        if doc.resolve(info.get(key)) is not None and _text(doc, info.get(key)) is None:
            agrees[key] = False
    for key, ns, name in (
        ("Creator", XMP, "CreatorTool"),
        ("Producer", PDF, "Producer"),
        ("Keywords", PDF, "Keywords"),
    ):
        value = _text(doc, info.get(key))
        if value is not None:
            node = packet.get(ns, name)
            agrees[key] = node is not None and node.kind == "simple" and node.text == value
    for key, name in (("Title", "title"), ("Subject", "description")):
        value = _text(doc, info.get(key))
        if value is not None:
            agrees[key] = value in _default(packet.get(DC, name))
    author = _text(doc, info.get("Author"))
    if author is not None:
        creators = packet.get(DC, "creator")
        names = (
            [c.text for c in creators.children]
            if creators is not None and creators.kind in ("seq", "alt")
            else []
        )
        agrees["Author"] = names == [author]
    for key, name in (("CreationDate", "CreateDate"), ("ModDate", "ModifyDate")):
        value = _text(doc, info.get(key))
        if value is not None:
            node = packet.get(XMP, name)
            if node is not None and node.kind == "simple":
                agrees[key] = _same_instant(value, node.text)
    ctx.judge("CosInfo", InfoFact(agrees), "Info")


def _text(doc: Document, value: Any) -> str | None:
    raw = doc.resolve(value)
    if type(raw) is int:
        return str(raw)
    return text_string(raw).removesuffix("\0") if type(raw) is bytes else None


def _default(node: Node | None) -> list[str]:
    """The ``x-default`` texts of a language alternative, else its first text."""
    if node is None or node.kind != "alt":
        return []
    tagged = [item for item in node.children if item.lang is not None]
    return [item.text for item in tagged if (item.lang or "").lower() == "x-default"] or [
        item.text for item in tagged[:1]
    ]


_PDF_DATE = re.compile(
    r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z|[+-])(?:(\d\d)(?:'(?:(\d\d)'?)?)?)?)?'?()", re.ASCII
)
_XMP_DATE = re.compile(
    r"(\d{4})(?:-(\d\d?)(?:-(\d\d?)(?:T(\d\d?)(?::(\d\d?)(?::(\d\d?)(?:\.(\d+))?)?)?(?:(Z|[+-])(?:(\d\d?)(?::(\d\d?))?)?)?)?)?)?",
    re.ASCII,
)


def _instant(parts: tuple[str | None, ...]) -> datetime | None:
    """Moment from year … second, sign, offset hours, offset minutes; days beyond a month's end roll over."""
    year, month, day, hour, minute, second, sign, off_hour, off_minute = parts
    if int(hour or 0) > 23 or int(minute or 0) > 59 or int(second or 0) > 59 or int(off_hour or 0) > 23:
        return None
    offset = timedelta(hours=int(off_hour or 0), minutes=int(off_minute or 0))
    try:
        moment = datetime(int(year or 0), int(month or 1), 1, tzinfo=UTC)
        moment += timedelta(
            days=int(day or 1) - 1, hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0)
        )
        return moment + offset if sign == "-" else moment - offset
    except (ValueError, OverflowError):
        return None


def _same_instant(info: str, xmp_text: str) -> bool:
    """A PDF date and an XMP date as the same moment; an XMP date that cannot be read is not compared.

    An XMP date without month or day, or with a fraction of a second, never equals a PDF date.
    """
    right = _XMP_DATE.fullmatch(xmp_text)
    if right is None:
        return bool(xmp_text)
    left = _PDF_DATE.fullmatch(info)
    *parts, fraction, sign, hours, minutes = right.groups()
    if left is None or right.group(3) is None or (fraction or "").strip("0"):
        return False
    moment = _instant((*left.groups()[:6], *left.groups()[6:9]))
    return moment is not None and moment == _instant((*parts, sign, hours, minutes))


def is_metadata(stream: Stream | None) -> bool:
    """Whether a stream has the type and subtype of document metadata."""
    return (
        stream is not None
        and stream.doc.name(stream.dict.get("Type")) == "Metadata"
        and stream.doc.name(stream.dict.get("Subtype")) == "XML"
    )


def check_other(ctx: Context, holder: dict[str, Any], where: str) -> None:
    """Judge the metadata stream of a page, image, form, font … (parts 2 and 3), once per stream."""
    value = holder.get("Metadata")
    if value is None or ctx.part == 1:
        return
    stream = ctx.doc.stream(value)
    if stream is None or stream.key.num in ctx.seen_metadata:
        return
    ctx.seen_metadata.add(stream.key.num)
    check_packet(ctx, xmp.parse(stream.data() or b"", ctx.limits), f"{where} / Metadata", False)

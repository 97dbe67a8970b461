"""Document information against its XMP twins (ISO 19005-1, 6.7.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.metadata.rdf import Node
from harness.pdfa.facts.metadata.xmp import Packet
from harness.pdfa.file.cos import Document
from harness.pdfa.file.objects import text_string

_DC = "http://purl.org/dc/elements/1.1/"
_PDF = "http://ns.adobe.com/pdf/1.3/"
_XMP = "http://ns.adobe.com/xap/1.0/"


@dataclass(slots=True)
class InfoFact:
    """Document information against XMP.

    :ivar agrees: ``{key: agrees}`` for the keys that are present.
    :ivar values: text of the information dictionary and of its XMP twin, per key; ``""`` when absent.
    """

    agrees: dict[str, bool]
    values: dict[str, tuple[str, str]]


def read_producer(doc: Document) -> str:
    """Which program says that it made the document: Producer and Creator, each once."""
    info = doc.dict_of(doc.trailer.get("Info"))
    texts = (_text(doc, info.get(key)) for key in ("Producer", "Creator"))
    return "; ".join(dict.fromkeys(text for text in texts if text))


def walk_info(ctx: Context, packet: Packet | None) -> None:
    """The fact of the information dictionary compared with its XMP twins (part 1 only)."""
    doc = ctx.doc
    info = doc.dict_of(doc.trailer.get("Info"))
    if not info or ctx.part != 1:
        return
    packet = packet or Packet(Node("", "", kind="struct"))
    agrees: dict[str, bool] = {}
    values: dict[str, tuple[str, str]] = {}
    for key in ("Creator", "Producer", "Keywords", "Title", "Subject", "Author"):
        if doc.resolve(info.get(key)) is not None and _text(doc, info.get(key)) is None:
            agrees[key] = False
    for key, ns, name in (
        ("Creator", _XMP, "CreatorTool"),
        ("Producer", _PDF, "Producer"),
        ("Keywords", _PDF, "Keywords"),
    ):
        value = _text(doc, info.get(key))
        if value is not None:
            node = packet.get(ns, name)
            agrees[key] = node is not None and node.kind == "simple" and node.text == value
            values[key] = value, node.text if node is not None else ""
    for key, name in (("Title", "title"), ("Subject", "description")):
        value = _text(doc, info.get(key))
        if value is not None:
            texts = _default(packet.get(_DC, name))
            agrees[key] = value in texts
            values[key] = value, ", ".join(texts)
    author = _text(doc, info.get("Author"))
    if author is not None:
        creators = packet.get(_DC, "creator")
        names = (
            [c.text for c in creators.children]
            if creators is not None and creators.kind in ("seq", "alt")
            else []
        )
        agrees["Author"] = names == [author]
        values["Author"] = author, ", ".join(names)
    for key, name in (("CreationDate", "CreateDate"), ("ModDate", "ModifyDate")):
        value = _text(doc, info.get(key))
        if value is not None:
            node = packet.get(_XMP, name)
            if node is not None and node.kind == "simple":
                agrees[key] = _same_instant(value, node.text)
                values[key] = value, node.text
    with ctx.inside(doc.trailer.get("Info")):
        ctx.emit("CosInfo", InfoFact(agrees, values), "Info")


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

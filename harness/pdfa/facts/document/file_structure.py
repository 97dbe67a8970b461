"""Facts about the file as bytes: header, trailers, end of file, and what reading the objects revealed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.file.cos import Document
from harness.pdfa.file.filters import ABBREVIATIONS
from harness.pdfa.file.indirect import StreamFact
from harness.pdfa.file.lex import HOLDERS
from harness.pdfa.file.xref import Trailer

_FIRST_OBJECT = re.compile(rb"(?:[\x00\t\n\x0c\r ]+|%[^\r\n]*)*\d+[\x00\t\n\x0c\r ]+\d+[\x00\t\n\x0c\r ]+obj")
_LENGTH = re.compile(rb"/L[\x00\t\n\x0c\r ]+(\d{1,19})")


@dataclass(slots=True)
class DocumentFact:
    """The file as a whole."""

    header_offset: int
    header: bytes
    comment: bytes
    after_eof: int
    linearized: bool
    first_id: Any
    last_id: Any
    objects: int


@dataclass(slots=True)
class FilterFact:
    """One stream filter; ``crypt_name`` is the Name of a Crypt filter's parameters."""

    name: str
    crypt_name: str | None = None

    @property
    def received(self) -> str:
        """The filter's name."""
        return self.name


def walk_document(ctx: Context) -> None:
    """Facts of the file as bytes; loads all objects."""
    doc = ctx.doc
    count = doc.load_all()
    first, last = _file_ids(doc)
    fact = DocumentFact(
        header_offset=doc.header.offset,
        header=doc.header.line,
        comment=doc.header.comment,
        after_eof=_after_eof(doc.data),
        linearized=is_linearized(doc),
        first_id=first,
        last_id=last,
        objects=count,
    )
    ctx.emit("CosDocument", fact, "file")
    ctx.emit("XRefStreams", doc.has_xref_stream, "file")
    for trailer in doc.trailers[:1]:
        ctx.emit("CosTrailer", trailer.dict, "trailer")
    for kind, found, number in doc.facts:
        if kind in HOLDERS:
            continue
        where = f"object {number}" if number else "trailer"
        ctx.sink.object = max(number, 0)
        ctx.emit(kind, found, where)
        if kind == "CosStream":
            walk_filters(ctx, found, where)
    ctx.sink.object = 0


def walk_filters(ctx: Context, fact: StreamFact, where: str) -> None:
    """Facts of each filter of a stream."""
    doc = ctx.doc
    value = doc.resolve(fact.dict.get("Filter"))
    if value is None:
        return
    names = [value] if type(value) is str else doc.array(value)
    parms = doc.resolve(fact.dict.get("DecodeParms"))
    many = parms if type(parms) is list else [parms]
    for index, name in enumerate(names):
        name = doc.name(name)
        if name is None:
            continue
        crypt = doc.name(doc.dict_of(many[index]).get("Name")) if index < len(many) else None
        ctx.emit("CosFilter", FilterFact(ABBREVIATIONS.get(name, name), crypt), where)


def _after_eof(data: bytes) -> int:
    """Bytes after the last end-of-file mark, one end-of-line mark not counted; -1 without a mark."""
    at = data.rfind(b"%%EOF")
    if at < 0:
        return -1
    rest = data[at + 5 :]
    if rest[:2] == b"\r\n":
        return len(rest) - 2
    return len(rest) - 1 if rest[:1] in (b"\r", b"\n") else len(rest)


def is_linearized(doc: Document) -> bool:
    """Whether the first object is a linearisation dictionary that states the length of the file: one that was
    changed since (an incremental update) is not linearised any more."""
    match = _FIRST_OBJECT.match(doc.data, doc.header.offset)
    if match is None:
        return False
    head = doc.data[match.end() : match.end() + 400].split(b"endobj", 1)[0]
    length = _LENGTH.search(head)
    stated = int(length.group(1)) if length is not None else -1
    return b"/Linearized" in head and stated == len(doc.data) and len(doc.trailers) > 1


def _file_ids(doc: Document) -> tuple[Any, Any]:
    """File identifiers of the first-page trailer and of the last trailer in file order."""

    def ids(trailer: Trailer) -> Any:
        value = doc.resolve(trailer.dict.get("ID"))
        return [doc.resolve(v) for v in value] if type(value) is list else None

    ordered = sorted(doc.trailers, key=lambda t: t.offset)
    return ids(ordered[0]), ids(ordered[-1])

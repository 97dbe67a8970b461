"""Embedded files: file specifications, associated files, whether an attachment is PDF/A itself (part 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.file.lex import Ref
from harness.pdfa.file.objects import Stream


@dataclass(slots=True)
class FileSpecFact:
    """One file specification; ``associated`` = some AF array names it."""

    dict: dict[str, Any]
    relationship: str | None
    associated: bool


@dataclass(slots=True)
class EmbeddedFact:
    """One embedded file stream; ``valid_pdfa`` is only computed for part 2."""

    subtype: str | None
    valid_pdfa: bool


def walk_files(ctx: Context) -> None:
    """Facts of every file specification that was read, and of the files embedded in them."""
    doc = ctx.doc
    names = doc.sub(doc.sub(ctx.root, "Names"), "EmbeddedFiles")
    specs = [
        (fact, max(number, 0))
        for kind, fact, number in doc.facts
        if kind == "CosFileSpecification" and fact.get("Type") == "Filespec"
    ]
    specs += _named(ctx, names)
    if not specs:
        return
    associated: set[int] = set()
    for kind, holder, origin in doc.facts:
        if kind == "AF" and (origin == -1 or _may_associate(ctx, holder)):
            associated.update(id(doc.resolve(item)) for item in doc.array(holder.get("AF")))
    seen: set[int] = set()
    for spec, number in specs:
        if id(spec) in seen:
            continue
        seen.add(id(spec))
        relationship = doc.name(spec.get("AFRelationship"))
        name = doc.string(spec.get("UF")) or doc.string(spec.get("F")) or b""
        where = f"file specification {name.decode('latin-1')[:60]}"
        fact = FileSpecFact(spec, relationship, id(spec) in associated)
        with ctx.inside(Ref(number, 0) if number else None):
            ctx.emit("CosFileSpecification", fact, where)
        files = doc.sub(spec, "EF")
        for value in files.values():
            stream = doc.stream(value)
            if stream is not None:
                _walk_embedded(ctx, stream, where)


def _may_associate(ctx: Context, holder: dict[str, Any]) -> bool:
    """Whether a dictionary is of a kind whose AF counts: catalog, page, XObject, annotation, element."""
    if holder is ctx.root or "Subtype" in holder or ("S" in holder and "P" in holder):
        return True
    return ctx.doc.name(holder.get("Type")) in ("Page", "XObject", "Annot", "StructElem")


def _named(ctx: Context, root: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """File specifications in the name tree of embedded files, with their object number or 0."""
    doc = ctx.doc
    out: list[tuple[dict[str, Any], int]] = []
    seen: set[int] = set()
    work = [root]
    while work:
        node = work.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for value in doc.array(node.get("Names"))[1::2]:
            spec = doc.resolve(value)
            if type(spec) is dict:
                out.append((spec, value.num if type(value) is Ref else 0))
        work += [doc.dict_of(kid) for kid in doc.array(node.get("Kids"))]
    return out


def _walk_embedded(ctx: Context, stream: Stream, where: str) -> None:
    if not ctx.first("embedded file", stream.key.num):
        return
    valid = ctx.part != 2 or ctx.conforms(stream)
    subtype = ctx.doc.name(stream.dict.get("Subtype"))
    with ctx.inside(stream):
        ctx.emit("EmbeddedFile", EmbeddedFact(subtype, valid), where, subtype or "")

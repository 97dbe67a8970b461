"""Embedded files: file specifications, associated files, recursive check in part 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.pdfa.file.cos import Stream
from harness.pdfa.file.limits import LimitExceeded, Unreadable
from harness.pdfa.model import FLAVOURS

if TYPE_CHECKING:
    from harness.pdfa.facts.context import Context


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


def check_files(ctx: Context) -> None:
    """Judge every file specification that was read, and the files embedded in them."""
    doc = ctx.doc
    names = doc.sub(doc.sub(ctx.root, "Names"), "EmbeddedFiles")
    specs = [
        fact
        for kind, fact, _ in doc.facts
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
    for spec in specs:
        if id(spec) in seen:
            continue
        seen.add(id(spec))
        relationship = doc.name(spec.get("AFRelationship"))
        name = doc.string(spec.get("UF")) or doc.string(spec.get("F")) or b""
        where = f"file specification {name.decode('latin-1')[:60]}"
        ctx.judge("CosFileSpecification", FileSpecFact(spec, relationship, id(spec) in associated), where)
        files = doc.sub(spec, "EF")
        for value in files.values():
            stream = doc.stream(value)
            if stream is not None and stream.key.num not in seen:
                seen.add(-stream.key.num)
                _check_embedded(ctx, stream, where)


def _may_associate(ctx: Context, holder: dict[str, Any]) -> bool:
    """Whether a dictionary is of a kind whose AF counts: catalog, page, XObject, annotation, element."""
    if holder is ctx.root or "Subtype" in holder or ("S" in holder and "P" in holder):
        return True
    return ctx.doc.name(holder.get("Type")) in ("Page", "XObject", "Annot", "StructElem")


def _named(ctx: Context, root: dict[str, Any]) -> list[dict[str, Any]]:
    """File specifications in the name tree of embedded files."""
    doc = ctx.doc
    out: list[dict[str, Any]] = []
    seen: set[int] = set()
    work = [root]
    while work:
        node = work.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        out += [d for d in (doc.resolve(v) for v in doc.array(node.get("Names"))[1::2]) if type(d) is dict]
        work += [doc.dict_of(kid) for kid in doc.array(node.get("Kids"))]
    return out


def _check_embedded(ctx: Context, stream: Stream, where: str) -> None:
    if stream.key.num in ctx.seen_files:
        return
    ctx.seen_files.add(stream.key.num)
    valid = True
    if ctx.part == 2:
        valid = _is_pdfa(ctx, stream)
    subtype = ctx.doc.name(stream.dict.get("Subtype"))
    ctx.judge("EmbeddedFile", EmbeddedFact(subtype, valid), where)


def _is_pdfa(ctx: Context, stream: Stream) -> bool:
    """Whether an attachment is itself valid as 1b or 2b, by its claim; too deep nesting is a limit."""
    from harness.pdfa.checking import run
    from harness.pdfa.facts.metadata import metadata
    from harness.pdfa.file.cos import Document

    if ctx.depth >= ctx.limits.attachment_depth:
        raise LimitExceeded("attachment_depth")
    data = stream.data()
    if data is None:
        return False
    try:
        _, packet = metadata.read_main(Document(data, ctx.budget), ctx.limits)
        claimed = metadata.claim(packet) or ""
        flavour = FLAVOURS.get(claimed)
        if flavour is None or flavour.part > 2:
            return False
        return not run(data, flavour, ctx.budget, ctx.depth + 1).findings.counts
    except Unreadable:
        return False

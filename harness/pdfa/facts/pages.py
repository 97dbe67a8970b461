"""Page tree, page facts, annotations and page contents (ISO 32000-1, 7.7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.document.actions import walk_additional
from harness.pdfa.facts.document.annotations import walk_annotation
from harness.pdfa.facts.graphics.content import Interpreter
from harness.pdfa.facts.graphics.frame import State
from harness.pdfa.facts.graphics.resources import Resources
from harness.pdfa.facts.graphics.text import Say
from harness.pdfa.facts.metadata import packets
from harness.pdfa.file.limits import Unreadable
from harness.pdfa.file.objects import Stream

_BOXES = ("MediaBox", "CropBox", "BleedBox", "TrimBox", "ArtBox")


@dataclass(slots=True)
class PageFact:
    """One page after its contents were read; ``group`` is its Group dictionary or ``None``."""

    dict: Any
    transparency: bool
    group: Any
    output_space: str | None


@dataclass(slots=True)
class Pages:
    """How many pages there are, and the numbers of those without any mark."""

    count: int = 0
    empty: list[int] = field(default_factory=list)


def walk_pages(ctx: Context, say: Say | None = None) -> Pages:
    """Facts of every page with its annotations and contents.

    :param say: gets the text that is shown.
    :raises Unreadable: the page tree cannot be followed, or has no pages.
    """
    interpreter = Interpreter(ctx, say)
    pages = Pages()
    for number, (value, inherited) in enumerate(_pages(ctx), 1):
        ctx.budget.tick()
        pages.count = number
        ctx.sink.page = number
        with ctx.inside(value):
            page = ctx.doc.dict_of(value)
            if not _walk_page(ctx, interpreter, page, inherited, f"page {number}"):
                pages.empty.append(number)
    if not pages.count:
        raise Unreadable("page tree")  # nothing to look at is never a valid document
    ctx.sink.page = 0
    interpreter.fonts.finish()
    return pages


def _walk_page(
    ctx: Context, interpreter: Interpreter, page: dict[str, Any], inherited: dict[str, Any], where: str
) -> bool:
    """Facts of one page; True when it has a mark."""
    doc = ctx.doc
    for name in _BOXES:
        box = doc.resolve(page.get(name, inherited.get(name)))
        if type(box) is list:
            sides = [float(doc.number(value) or 0) for value in [*box, 0, 0, 0, 0][:4]]
            left, bottom, right, top = sides
            ctx.emit("CosBBox", (abs(right - left), abs(top - bottom)), f"{where} / {name}")
    walk_additional(ctx, page, where)
    packets.walk_other(ctx, page, where)
    own = doc.resolve(page.get("Resources"))
    up = doc.resolve(inherited.get("Resources"))
    resources = Resources(doc, own if type(own) is dict else None, up if type(up) is dict else None)
    group = doc.resolve(page.get("Group"))
    interpreter.xobjects.group(group, resources, where)
    data = _contents(ctx, page)
    marks = interpreter.painter.marks
    transparent = False
    if data:
        parents = doc.integer(page.get("StructParents"))
        streams = doc.array(page.get("Contents"))
        with ctx.inside(streams[0] if streams else page.get("Contents")):
            transparent = interpreter.run(
                data, resources, State(), f"{where} / content", struct_parents=parents
            )
    for index, value in enumerate(doc.array(page.get("Annots"))):
        place = f"{where} / annotation {index}"
        with ctx.inside(value):
            for stream in walk_annotation(ctx, value, place):
                transparent |= interpreter.xobjects.form(stream, resources, State(), f"{place} / appearance")
    fact = PageFact(page, transparent, group if type(group) is dict else None, ctx.output_space)
    ctx.emit("PDPage", fact, where)
    return interpreter.painter.marks != marks


def _contents(ctx: Context, page: dict[str, Any]) -> bytes:
    doc = ctx.doc
    value = doc.resolve(page.get("Contents"))
    streams = [value] if isinstance(value, Stream) else [doc.stream(v) for v in doc.array(value)]
    parts = []
    for stream in streams:
        if stream is not None:
            parts.append(stream.data() or b"")
            stream.forget()
    return b"\n".join(parts) if len(parts) != 1 else parts[0]


def _pages(ctx: Context) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Pages in order as they are referred to, each with the attributes that it inherits.

    :raises Unreadable: the tree loops or there is none.
    """
    doc = ctx.doc
    top = ctx.root.get("Pages")
    if type(doc.resolve(top)) is not dict:
        raise Unreadable("page tree")
    seen: set[object] = set()
    work: list[tuple[Any, dict[str, Any], int]] = [(top, {}, 0)]
    while work:
        value, inherited, depth = work.pop()
        node = doc.resolve(value)
        kind = doc.name(node.get("Type")) if type(node) is dict else None
        if value is top and type(node) is dict and "Kids" in node:
            kind = "Pages"  # the catalog says what the root of the tree is, whatever it says itself
        if kind not in ("Page", "Pages"):
            raise Unreadable("page tree")
        key = doc.key(value)
        if key in seen or depth > ctx.limits.depth:
            raise Unreadable("page tree loop")
        seen.add(key)
        if kind == "Pages":
            passed = dict(inherited)
            passed.update({k: node[k] for k in ("Resources", "MediaBox", "CropBox", "Rotate") if k in node})
            work += [(kid, passed, depth + 1) for kid in reversed(doc.array(node.get("Kids")))]
        else:
            yield value, inherited

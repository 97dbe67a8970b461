"""Page tree, page facts, annotations and page contents (ISO 32000-1, 7.7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.pdfa.facts.document.actions import check_additional
from harness.pdfa.facts.document.annotations import check_annotation
from harness.pdfa.facts.graphics import color
from harness.pdfa.facts.graphics.content import Interpreter, Resources, State
from harness.pdfa.facts.metadata import metadata
from harness.pdfa.file.cos import Stream
from harness.pdfa.file.limits import Unreadable

if TYPE_CHECKING:
    from harness.pdfa.facts.context import Context

_BOXES = ("MediaBox", "CropBox", "BleedBox", "TrimBox", "ArtBox")


@dataclass(slots=True)
class PageFact:
    """One page after its contents were read; ``group`` is its Group dictionary or ``None``."""

    dict: Any
    transparency: bool
    group: Any
    output_space: str | None


def iterate(ctx: Context) -> Iterator[tuple[dict[str, Any], dict[str, Any], bool]]:
    """Pages in order with their inherited attributes and whether Resources are inherited.

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
            yield node, inherited, "Resources" not in node


def check_pages(ctx: Context) -> None:
    """Judge every page with its annotations and contents."""
    interpreter = Interpreter(ctx)
    ctx.interpreter = interpreter
    for number, (page, inherited, _) in enumerate(iterate(ctx), 1):
        ctx.budget.tick()
        ctx.pages = number
        ctx.findings.page = number
        _check_page(ctx, interpreter, page, inherited, f"page {number}")
    ctx.findings.page = 0
    interpreter.finish()


def _check_page(
    ctx: Context, interpreter: Interpreter, page: dict[str, Any], inherited: dict[str, Any], where: str
) -> None:
    doc = ctx.doc
    for name in _BOXES:
        box = [doc.number(v) for v in doc.array(page.get(name, inherited.get(name)))]
        if len(box) == 4 and all(v is not None for v in box):
            left, bottom, right, top = (float(v or 0) for v in box)
            ctx.judge("CosBBox", (abs(right - left), abs(top - bottom)), f"{where} / {name}")
    check_additional(ctx, page, where)
    metadata.check_other(ctx, page, where)
    own = doc.resolve(page.get("Resources"))
    up = doc.resolve(inherited.get("Resources"))
    resources = Resources(own if type(own) is dict else None, up if type(up) is dict else None)
    group = doc.resolve(page.get("Group"))
    interpreter.begin_page(resources)
    transparent = False
    if type(group) is dict:
        interpreter.check_group(group, resources, where)
    data = _contents(ctx, page)
    marks = interpreter.marks
    if data:
        parents = doc.integer(page.get("StructParents"))
        transparent = interpreter.run(data, resources, State(), f"{where} / content", struct_parents=parents)
    for index, value in enumerate(doc.array(page.get("Annots"))):
        place = f"{where} / annotation {index}"
        for stream in check_annotation(ctx, value, place):
            transparent |= interpreter.form(stream, resources, State(), f"{place} / appearance")
        annot = doc.dict_of(value)
        transparent |= interpreter.annotation_transparency(annot)
    if interpreter.marks == marks:
        ctx.empty_pages.append(ctx.pages)
    fact = PageFact(page, transparent, group if type(group) is dict else None, ctx.output_space)
    ctx.judge("PDPage", fact, where)


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


def group_space(ctx: Context, group: dict[str, Any], resources: Resources, where: str) -> None:
    """Judge the blending space of a transparency group."""
    if "CS" in group:
        color.judge(ctx, color.parse(ctx, group["CS"], resources), f"{where} / Group")

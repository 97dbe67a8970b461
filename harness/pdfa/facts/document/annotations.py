"""Annotation facts (ISO 32000-1, 12.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.document.actions import walk_action, walk_additional
from harness.pdfa.file.objects import Stream


@dataclass(slots=True)
class AnnotFact:
    """One annotation; ``normal`` is ``stream``, ``dict`` (of streams), ``other`` or ``None`` (no AP).

    :ivar pushbutton: it is a button without states (ISO 32000-1, 12.7.4.2.2).
    """

    subtype: str | None
    dict: dict[str, Any]
    flags: int | None
    opacity: float | None
    appearance: tuple[str, ...] | None
    normal: str | None
    field_type: str | None
    pushbutton: bool
    zero_size: bool
    output_space: str | None
    colours: bool

    @property
    def received(self) -> str:
        """The annotation type."""
        return self.subtype or ""


_PUSHBUTTON = 1 << 16
"""Field flag of a button that keeps no state."""


def field_type(ctx: Context, field: dict[str, Any]) -> str | None:
    """FT of a field or widget, inherited through Parent."""
    return ctx.doc.name(_inherited(ctx, field, "FT"))


def _inherited(ctx: Context, field: dict[str, Any], key: str) -> Any:
    """An entry of a field, inherited through Parent; ``None`` when no ancestor has it."""
    doc = ctx.doc
    for _ in range(50):
        found = doc.resolve(field.get(key))
        if found is not None:
            return found
        parent = doc.resolve(field.get("Parent"))
        if type(parent) is not dict:
            return None
        field = parent
    return None


def walk_annotation(ctx: Context, value: Any, where: str) -> list[Stream]:
    """Facts of one annotation; returns the appearance streams that are shown."""
    doc = ctx.doc
    annot = doc.resolve(value)
    if type(annot) is not dict:
        return []
    subtype = doc.name(annot.get("Subtype"))
    appearance = doc.resolve(annot.get("AP"))
    normal: str | None = None
    streams: list[Stream] = []
    if type(appearance) is dict:
        shown = doc.resolve(appearance.get("N"))
        if isinstance(shown, Stream):
            normal = "stream"
        elif type(shown) is dict and any(isinstance(doc.resolve(v), Stream) for v in shown.values()):
            normal = "dict"
        else:
            normal = "other"
        for entry in appearance.values():
            streams += _streams(ctx, entry)
    rect = [doc.number(v) for v in doc.array(annot.get("Rect"))]
    fact = AnnotFact(
        subtype=subtype,
        dict=annot,
        flags=doc.integer(annot.get("F")),
        opacity=doc.number(annot.get("CA")),
        appearance=tuple(appearance) if type(appearance) is dict else None,
        normal=normal,
        field_type=field_type(ctx, annot),
        pushbutton=bool((doc.integer(_inherited(ctx, annot, "Ff")) or 0) & _PUSHBUTTON),
        zero_size=len(rect) == 4 and rect[0] == rect[2] and rect[1] == rect[3],
        output_space=ctx.output_space,
        colours=any(type(doc.resolve(annot.get(key))) is list for key in ("C", "IC")),
    )
    ctx.emit("PDAnnot", fact, where)
    if subtype == "Widget":
        ctx.emit("PDWidgetAnnot", fact, where)
    walk_action(ctx, annot.get("A"), f"{where} / A")
    walk_additional(ctx, annot, where)
    return streams


def _streams(ctx: Context, value: Any, depth: int = 0) -> list[Stream]:
    found = ctx.doc.resolve(value)
    if isinstance(found, Stream):
        return [found]
    if type(found) is dict and depth < 3:
        return [stream for item in found.values() for stream in _streams(ctx, item, depth + 1)]
    return []

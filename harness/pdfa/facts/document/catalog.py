"""Catalog level: names, actions, outlines, forms, optional content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.document import signatures, structure
from harness.pdfa.facts.document.actions import walk_action, walk_additional
from harness.pdfa.facts.document.annotations import field_type


@dataclass(slots=True)
class OptionalContentFact:
    """One optional content configuration."""

    dict: dict[str, Any]
    name: bytes | None
    duplicate: bool
    missing_groups: int


def walk_catalog(ctx: Context) -> None:
    """Facts of the catalog and of its actions, outlines, forms, optional content, permissions, structure."""
    root, doc = ctx.root, ctx.doc
    with ctx.inside(doc.trailer.get("Root")):
        ctx.emit("PDDocument", root, "Catalog")
        ctx.emit("DocumentNames", tuple(doc.sub(root, "Names")), "Catalog / Names")
        ctx.emit("Marked", doc.resolve(doc.sub(root, "MarkInfo").get("Marked")) is True, "Catalog / MarkInfo")
        walk_action(ctx, root.get("OpenAction"), "Catalog / OpenAction")
        walk_additional(ctx, root, "Catalog")
        _outlines(ctx)
        _forms(ctx)
        _optional_content(ctx)
        signatures.walk_permissions(ctx)
        structure.walk_structure(ctx)


def _outlines(ctx: Context) -> None:
    doc = ctx.doc
    seen: set[object] = set()
    work = [doc.sub(ctx.root, "Outlines").get("First")]
    while work:
        value = work.pop()
        item = doc.resolve(value)
        key = doc.key(value)
        if type(item) is not dict or key in seen:
            continue
        seen.add(key)
        with ctx.inside(value):
            walk_action(ctx, item.get("A"), "Outlines")
        work += [item.get("Next"), item.get("First")]
        if len(seen) & 0xFFF == 0:
            ctx.budget.tick()


def _forms(ctx: Context) -> None:
    doc = ctx.doc
    form = doc.resolve(ctx.root.get("AcroForm"))
    if type(form) is not dict:
        return
    ctx.emit(
        "PDAcroForm", {k: doc.resolve(form[k]) for k in ("NeedAppearances", "XFA") if k in form}, "AcroForm"
    )
    seen: set[object] = set()
    work = [(item, "AcroForm") for item in reversed(doc.array(form.get("Fields")))]
    while work:
        value, parent = work.pop()
        field = doc.resolve(value)
        key = doc.key(value)
        if type(field) is not dict or key in seen:
            continue
        seen.add(key)
        name = doc.string(field.get("T"))
        if parent != "AcroForm" and name is None:
            continue  # a widget without a field of its own
        where = f"{parent} / {(name or b'').decode('latin-1')[:60]}"
        with ctx.inside(value):
            ctx.emit("PDFormField", field, where)
            walk_additional(ctx, field, where)
            if field_type(ctx, field) == "Sig" and "V" in field:
                signatures.walk_signature(ctx, field["V"], where)
        work += [(kid, where) for kid in reversed(doc.array(field.get("Kids")))]
        if len(seen) & 0xFFF == 0:
            ctx.budget.tick()


def _optional_content(ctx: Context) -> None:
    doc = ctx.doc
    properties = doc.resolve(ctx.root.get("OCProperties"))
    if type(properties) is not dict or ctx.part == 1:
        return
    groups = {doc.key(g) for g in doc.array(properties.get("OCGs"))}
    entries = [properties.get("D"), *doc.array(properties.get("Configs"))]
    configs = [c for c in entries if type(doc.resolve(c)) is dict]
    found = [doc.resolve(c) for c in configs]
    names = [doc.string(d.get("Name")) for d in found]
    for index, config in enumerate(found):
        name = names[index]
        order = doc.resolve(config.get("Order"))
        missing = 0
        if type(order) is list:
            missing = len(groups - _flatten(ctx, order))
        fact = OptionalContentFact(config, name, name is not None and names.count(name) > 1, missing)
        with ctx.inside(configs[index]):
            ctx.emit("PDOCConfig", fact, f"OCProperties / configuration {index}")


def _flatten(ctx: Context, order: list[Any]) -> set[object]:
    doc = ctx.doc
    out: set[object] = set()
    work: list[tuple[Any, int]] = [(item, 0) for item in order]
    while work:
        value, depth = work.pop()
        found = doc.resolve(value)
        if type(found) is list and depth < 50:
            work += [(item, depth + 1) for item in found]
        elif type(found) is dict:
            out.add(doc.key(value))
        if len(out) & 0xFFF == 0xFFF:
            ctx.budget.tick()
    return out

"""Logical structure: role map, structure elements, languages (ISO 32000-1, 14.7–14.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.file.lex import Ref
from harness.pdfa.file.objects import text_string

_COMMON = frozenset({
    "Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "TOC", "TOCI", "Index",
    "NonStruct", "Private", "P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl", "LBody",
    "Table", "TR", "TH", "TD", "Span", "Quote", "Note", "Reference", "BibEntry", "Code", "Link", "Figure",
    "Formula", "Form",
})  # fmt: skip
_STANDARD = {
    1: _COMMON,
    2: _COMMON | {"THead", "TBody", "TFoot", "Annot", "Ruby", "RB", "RT", "RP", "Warichu", "WT", "WP"},
}
"""Standard structure types of PDF 1.4 (part 1) and of PDF 1.7 (parts 2 and 3)."""


@dataclass(slots=True)
class ElementFact:
    """Where the role map leads for one structure type."""

    type: str
    mapped: bool
    circular: bool
    remapped_standard: str | None

    @property
    def received(self) -> str:
        """The structure type."""
        return self.type


def follow(role_map: dict[str, str], type_: str, standard: frozenset[str]) -> ElementFact:
    """Follow the role map from ``type_`` until a standard type, a dead end or a circle."""
    seen = {type_}
    current = type_
    while True:
        target = role_map.get(current)
        if current in standard and (current != type_ or target is None):
            return ElementFact(type_, True, False, None)
        if target is None:
            # a standard type that ends at no standard type is remapped, not unmapped
            return ElementFact(type_, type_ in standard, False, type_ if type_ in standard else None)
        if target in seen:
            return ElementFact(type_, True, True, None)
        seen.add(target)
        current = target


def emit_lang(ctx: Context, value: Any, where: str) -> None:
    """The fact of a language tag, if there is one."""
    raw = ctx.doc.string(value)
    if raw is not None:
        text = text_string(raw)
        ctx.emit("CosLang", text, where, text)


def walk_structure(ctx: Context) -> None:
    """Walk the structure tree; loops and repeated elements are visited once."""
    doc = ctx.doc
    root = doc.resolve(ctx.root.get("StructTreeRoot"))
    ctx.emit("StructTree", type(root) is dict, "Catalog")
    emit_lang(ctx, ctx.root.get("Lang"), "Catalog / Lang")
    if type(root) is not dict:
        return
    raw_map = doc.sub(root, "RoleMap")
    role_map = {k: v for k, v in ((k, doc.name(v)) for k, v in raw_map.items()) if v is not None}
    for name in dict.fromkeys([*role_map, *role_map.values()]):
        ctx.emit("CosUnicodeName", name, "StructTreeRoot / RoleMap")
    standard = _STANDARD[1 if ctx.part == 1 else 2]
    types: set[str] = set()
    seen: set[object] = set()
    work: list[Any] = [root.get("K")]
    count = 0
    while work:
        value = work.pop()
        element = doc.resolve(value)
        if type(element) is list:
            work.extend(reversed(element))
            continue
        if type(element) is not dict or doc.name(element.get("Type")) in ("MCR", "OBJR"):
            continue
        key = doc.key(value)
        if key in seen:
            continue
        seen.add(key)
        count += 1
        if count & 0xFFF == 0:
            ctx.budget.tick()
        where = f"structure element {value.num}" if type(value) is Ref else "structure element"
        type_ = doc.name(element.get("S"))
        if type_ is None:
            with ctx.inside(value):
                ctx.emit("SENonStandard", ElementFact("", False, False, None), where)
        elif type_ not in types:
            types.add(type_)
            ctx.emit("CosUnicodeName", type_, where)
            if type_ not in standard or type_ in role_map:
                fact = follow(role_map, type_, standard)
                if type_ not in standard or fact.remapped_standard:
                    with ctx.inside(value):
                        ctx.emit("SENonStandard", fact, where, type_)
        if "Lang" in element:
            with ctx.inside(value):
                emit_lang(ctx, element["Lang"], where)
        if "K" in element:
            work.append(element["K"])

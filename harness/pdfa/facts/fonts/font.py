"""What all fonts have in common: facts per dictionary in use and per shown glyph (ISO 32000-1, clause 9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.fonts import cmap as cmaps
from harness.pdfa.facts.fonts.cmap import CMap
from harness.pdfa.facts.fonts.programs.font_files import Program
from harness.pdfa.facts.metadata import packets
from harness.pdfa.file.objects import Stream

SUBSET = re.compile(r"[A-Z]{6}\+")


@dataclass(slots=True)
class FontFact:
    """One font dictionary in one rendering mode."""

    type: str | None
    subtype: str | None
    base_font: str | None
    file_subtype: str | None
    embedded: bool
    invisible: bool

    @property
    def received(self) -> str:
        """The font's name."""
        return self.base_font or self.subtype or ""


@dataclass(slots=True)
class GlyphFact:
    """One shown glyph.

    :ivar present: the program has it; ``None`` when unknown.
    :ivar declared, actual: width in the dictionary and in the program, thousandths; ``None`` when unknown.
    :ivar unicode: its text, ``None`` when it has no Unicode meaning.
    """

    font: str
    code: int
    invisible: bool
    present: bool | None
    declared: float | None
    actual: float | None
    notdef: bool
    unicode: str | None
    actual_text: bool

    @property
    def received(self) -> str:
        """Font and code."""
        return f"{self.font}, code {self.code}"


class Font:
    """A font dictionary in use.

    :ivar label: name for messages.
    :ivar reference: where its dictionary was found: a reference, or the dictionary itself.
    :ivar used: ways in which it was used: invisible (True), visible (False).
    :ivar seen: glyphs that gave their facts: code, bytes of the code, invisible, with replacement text.
    """

    def __init__(self, ctx: Context, dict_: dict[str, Any]) -> None:
        doc = ctx.doc
        self.ctx = ctx
        self.dict = dict_
        self.reference: Any = None
        self.subtype = doc.name(dict_.get("Subtype"))
        self.base_font = doc.name(dict_.get("BaseFont"))
        self.label = self.base_font or self.subtype or "font"
        self.used: set[bool] = set()
        self.seen: set[tuple[int, int, bool, bool]] = set()
        self.to_unicode = self._to_unicode(dict_)

    # -- overridden -------------------------------------------------------------------------------

    def codes(self, text: bytes) -> list[tuple[int, int]]:
        """``(code, bytes)`` of each shown character."""
        return [(code, 1) for code in text]

    def emit(self, where: str, invisible: bool) -> None:
        """Facts of the font dictionary."""
        raise NotImplementedError

    def glyph(self, code: int, size: int, invisible: bool, actual_text: bool) -> GlyphFact:
        """Facts of one glyph."""
        raise NotImplementedError

    def finish(self) -> None:
        """Facts that need all uses."""

    # -- shared -----------------------------------------------------------------------------------

    def _to_unicode(self, dict_: dict[str, Any]) -> CMap | None:
        value = self.ctx.doc.resolve(dict_.get("ToUnicode"))
        if isinstance(value, Stream):
            return cmaps.parse(value.data() or b"", self.ctx.limits)
        if type(value) is str:
            return cmaps.predefined(value)
        return None

    def emit_dict(
        self, dict_: dict[str, Any], program: Program | None, file: Stream | None, where: str, invisible: bool
    ) -> None:
        """Facts of what every font dictionary must have."""
        doc, ctx = self.ctx.doc, self.ctx
        base_font = doc.name(dict_.get("BaseFont"))
        fact = FontFact(
            type=doc.name(dict_.get("Type")),
            subtype=doc.name(dict_.get("Subtype")),
            base_font=base_font,
            file_subtype=doc.name(file.dict.get("Subtype")) if file is not None else None,
            embedded=program is not None,
            invisible=invisible,
        )
        ctx.emit("PDFont", fact, where)
        if base_font is not None and fact.subtype != "Type0":  # that of its CIDFont counts
            ctx.emit("CosUnicodeName", base_font, where, base_font)
        packets.walk_other(ctx, dict_, where)
        if file is not None:
            packets.walk_other(ctx, file.dict, where)

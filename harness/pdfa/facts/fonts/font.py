"""Font dictionaries in use: facts per font and per shown glyph (ISO 32000-1, clause 9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.pdfa.facts.fonts import cmap as cmaps
from harness.pdfa.facts.fonts.cff import CFFFont
from harness.pdfa.facts.fonts.cmap import CMap
from harness.pdfa.facts.fonts.encodings import STANDARD_14
from harness.pdfa.facts.fonts.truetype import TrueTypeFont
from harness.pdfa.facts.fonts.type1 import Type1Font
from harness.pdfa.facts.metadata import metadata
from harness.pdfa.file.cos import Stream

if TYPE_CHECKING:
    from harness.pdfa.facts.context import Context
    from harness.pdfa.facts.graphics.content import Frame, Interpreter

SUBSET = re.compile(r"[A-Z]{6}\+")

Program = Type1Font | CFFFont | TrueTypeFont


@dataclass(slots=True)
class FontFact:
    """One font dictionary in one rendering mode."""

    dict: dict[str, Any]
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


@dataclass(slots=True)
class SimpleFact:
    """Entries that simple fonts must have."""

    dict: dict[str, Any]
    standard: bool
    first: int | None
    last: int | None
    widths: int | None


def load(ctx: Context, value: Any, dict_: dict[str, Any]) -> Font:
    """The font behind a resource, one object per font dictionary."""
    key = ctx.doc.key(value)
    font = ctx.fonts.get(key)
    if font is None:
        from harness.pdfa.facts.fonts.composite import CompositeFont
        from harness.pdfa.facts.fonts.simple import SimpleFont, Type3Font

        subtype = ctx.doc.name(dict_.get("Subtype"))
        if subtype == "Type0":
            font = CompositeFont(ctx, dict_)
        elif subtype == "Type3":
            font = Type3Font(ctx, dict_)
        else:
            font = SimpleFont(ctx, dict_)
        ctx.fonts[key] = font
    found: Font = font
    return found


class Font:
    """Common part of all fonts."""

    def __init__(self, ctx: Context, dict_: dict[str, Any]) -> None:
        doc = ctx.doc
        self.ctx = ctx
        self.dict = dict_
        self.subtype = doc.name(dict_.get("Subtype"))
        self.base_font = doc.name(dict_.get("BaseFont"))
        self.label = self.base_font or self.subtype or "font"
        self.seen: set[tuple[int, int, bool, bool]] = set()
        self.judged: set[bool] = set()
        self.to_unicode = self._to_unicode(dict_)
        self.visible_use = False

    # -- overridden -------------------------------------------------------------------------------

    def codes(self, text: bytes) -> list[tuple[int, int]]:
        """``(code, bytes)`` of each shown character."""
        return [(code, 1) for code in text]

    def judge(self, where: str, invisible: bool) -> None:
        """Judge the font dictionary."""
        raise NotImplementedError

    def glyph(self, code: int, size: int, invisible: bool, actual_text: bool) -> GlyphFact:
        """Facts of one glyph."""
        raise NotImplementedError

    def finish(self, ctx: Context) -> None:
        """Rules that need all uses."""

    # -- shared -----------------------------------------------------------------------------------

    def _to_unicode(self, dict_: dict[str, Any]) -> CMap | None:
        value = self.ctx.doc.resolve(dict_.get("ToUnicode"))
        if isinstance(value, Stream):
            return cmaps.parse(value.data() or b"", self.ctx.limits)
        if type(value) is str:
            return cmaps.predefined(value)
        return None

    def show(self, interpreter: Interpreter, frame: Frame, text: bytes) -> None:
        """Judge the font and each glyph of ``text`` that was not seen before in this way."""
        ctx = self.ctx
        invisible = frame.state.mode == 3
        if invisible not in self.judged:
            self.judged.add(invisible)
            self.judge(f"{frame.where} / font {self.label}", invisible)
        if not invisible:
            self.visible_use = True
        actual_text = ctx.level == "a" and ctx.part > 1 and has_actual_text(interpreter, frame)
        self.used(interpreter, frame)
        seen = self.seen
        for code, size in self.codes(text):
            key = (code, size, invisible, actual_text)
            if key in seen:
                continue
            seen.add(key)
            self.shown(interpreter, frame, code)
            ctx.judge("Glyph", self.glyph(code, size, invisible, actual_text), f"{frame.where} / text")

    def used(self, interpreter: Interpreter, frame: Frame) -> None:
        """Hook for Type 3 fonts, whose glyphs are content streams."""

    def shown(self, interpreter: Interpreter, frame: Frame, code: int) -> None:
        """Hook for Type 3 fonts: a glyph that is really shown can bring transparency."""

    def judge_dict(
        self, dict_: dict[str, Any], program: Program | None, file: Stream | None, where: str, invisible: bool
    ) -> None:
        """Judge what every font dictionary must have."""
        doc, ctx = self.ctx.doc, self.ctx
        base_font = doc.name(dict_.get("BaseFont"))
        fact = FontFact(
            dict=dict_,
            type=doc.name(dict_.get("Type")),
            subtype=doc.name(dict_.get("Subtype")),
            base_font=base_font,
            file_subtype=doc.name(file.dict.get("Subtype")) if file is not None else None,
            embedded=program is not None,
            invisible=invisible,
        )
        ctx.judge("PDFont", fact, where)
        if base_font is not None and fact.subtype != "Type0":  # that of its CIDFont counts
            ctx.judge("CosUnicodeName", base_font, where, base_font)
        metadata.check_other(ctx, dict_, where)
        if file is not None:
            metadata.check_other(ctx, file.dict, where)


def font_file(ctx: Context, descriptor: dict[str, Any]) -> tuple[str, Stream] | None:
    """The embedded font file with its key."""
    for key in ("FontFile", "FontFile2", "FontFile3"):
        stream = ctx.doc.stream(descriptor.get(key))
        if stream is not None:
            return key, stream
    return None


def open_program(ctx: Context, key: str, stream: Stream, symbolic_hint: bool = False) -> Program | None:
    """Parse a font file once per stream; ``None`` when it does not parse."""
    cache = ctx.programs
    known = cache.get(stream.key.num)
    if known is None:
        try:
            program = _parse(ctx, key, stream)
        except (ValueError, IndexError, KeyError, OverflowError, TypeError, ArithmeticError):
            program = None
        known = (program,)
        cache[stream.key.num] = known
        stream.forget()
    found: Program | None = known[0]
    return found


def _parse(ctx: Context, key: str, stream: Stream) -> Program:
    data = stream.data() or b""
    limits = ctx.limits
    if key == "FontFile3" and ctx.doc.name(stream.dict.get("Subtype")) not in (
        "Type1C",
        "CIDFontType0C",
        "OpenType",
    ):
        raise ValueError("unknown kind of font file")
    if key == "FontFile":
        return Type1Font(data, limits)
    if key == "FontFile2":
        return TrueTypeFont(data, limits)
    if data[:4] in (b"OTTO", b"\0\1\0\0", b"true"):
        font = TrueTypeFont(data, limits)
        if font.magic == b"OTTO" or b"CFF " in font.tables:
            return CFFFont(font.table(b"CFF "), limits)
        return font
    return CFFFont(data, limits)


def is_standard_14(font: Font) -> bool:
    """Whether this is one of the standard fonts, not embedded."""
    return font.base_font in STANDARD_14


def has_actual_text(interpreter: Interpreter, frame: Frame) -> bool:
    """Whether marked content or its structure element gives replacement text."""
    for actual, mcid in reversed(frame.marked):
        if actual:
            return True
        if mcid is not None and interpreter.element_has_actual_text(frame, mcid):
            return True
    return False

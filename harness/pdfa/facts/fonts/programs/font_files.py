"""Embedded font files: each is opened once (ISO 32000-1, 9.9)."""

from __future__ import annotations

from typing import Any

from harness.pdfa.facts.fonts.programs.cff import CFFFont
from harness.pdfa.facts.fonts.programs.truetype import TrueTypeFont
from harness.pdfa.facts.fonts.programs.type1 import Type1Font
from harness.pdfa.file.limits import Limits
from harness.pdfa.file.objects import Objects, Stream

Program = Type1Font | CFFFont | TrueTypeFont


class FontFiles:
    """The font files of one document with the programs in them."""

    def __init__(self, doc: Objects) -> None:
        self.doc = doc
        self._programs: dict[int, Program | None] = {}

    def open(self, descriptor: dict[str, Any]) -> tuple[Stream | None, Program | None]:
        """The font file of a font descriptor, and its program unless it does not parse."""
        for key in ("FontFile", "FontFile2", "FontFile3"):
            stream = self.doc.stream(descriptor.get(key))
            if stream is not None:
                return stream, self._program(key, stream)
        return None, None

    def _program(self, key: str, stream: Stream) -> Program | None:
        number = stream.key.num
        if number not in self._programs:
            try:
                self._programs[number] = _parse(key, stream, self.doc.budget.limits)
            except (ValueError, IndexError, KeyError, OverflowError, TypeError, ArithmeticError):
                self._programs[number] = None
            stream.forget()
        return self._programs[number]


def _parse(key: str, stream: Stream, limits: Limits) -> Program:
    data = stream.data() or b""
    if key == "FontFile":
        return Type1Font(data, limits)
    if key == "FontFile2":
        return TrueTypeFont(data, limits)
    if stream.doc.name(stream.dict.get("Subtype")) not in ("Type1C", "CIDFontType0C", "OpenType"):
        raise ValueError("unknown kind of font file")
    if data[:4] in (b"OTTO", b"\0\1\0\0", b"true"):
        font = TrueTypeFont(data, limits)
        if font.magic == b"OTTO" or b"CFF " in font.tables:
            return CFFFont(font.table(b"CFF "), limits)
        return font
    return CFFFont(data, limits)

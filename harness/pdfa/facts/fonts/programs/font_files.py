"""Embedded font files: which kind of file fits which kind of font; each is opened once (ISO 32000-1, 9.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.pdfa.facts.fonts.programs.cff import CFFFont
from harness.pdfa.facts.fonts.programs.truetype import TrueTypeFont
from harness.pdfa.facts.fonts.programs.type1 import Type1Font
from harness.pdfa.file.limits import Limits
from harness.pdfa.file.objects import Objects, Stream

Program = Type1Font | CFFFont | TrueTypeFont
_Open = Callable[[bytes, Limits], Program]


def _cff_in_sfnt(data: bytes, limits: Limits) -> Program:
    """An OpenType font with CFF outlines."""
    return CFFFont(TrueTypeFont(data, limits).table(b"CFF "), limits)


def _sfnt(data: bytes, limits: Limits) -> Program:
    """An OpenType font with outlines of either kind."""
    font = TrueTypeFont(data, limits)
    return CFFFont(font.table(b"CFF "), limits) if b"CFF " in font.tables else font


_TYPE1: dict[tuple[str, str | None], _Open] = {
    ("FontFile", None): Type1Font,
    ("FontFile3", "Type1C"): CFFFont,
    ("FontFile3", "OpenType"): _cff_in_sfnt,
}
_FILES: dict[str, dict[tuple[str, str | None], _Open]] = {
    "Type1": _TYPE1,
    "MMType1": _TYPE1,
    "CIDFontType0": {("FontFile3", "CIDFontType0C"): CFFFont, ("FontFile3", "OpenType"): _cff_in_sfnt},
    "CIDFontType2": {
        ("FontFile2", None): TrueTypeFont,
        ("FontFile3", "CIDFontType0C"): CFFFont,
        ("FontFile3", "OpenType"): _sfnt,
    },
}
"""Per Subtype of a font: key of the font file and Subtype of a FontFile3 → how to read it."""


def _opener(font: str | None, key: str, subtype: str | None) -> _Open | None:
    """How to read a font file for a kind of font, ``None`` when the two do not fit.

    As the reference: a TrueType font takes any file with TrueType tables but FontFile.
    """
    if font == "TrueType":
        return TrueTypeFont if key != "FontFile" else None
    return _FILES.get(font or "", _TYPE1).get((key, subtype if key == "FontFile3" else None))


class FontFiles:
    """The font files of one document with the programs in them."""

    def __init__(self, doc: Objects) -> None:
        self.doc = doc
        self._programs: dict[tuple[int, str | None], Program | None] = {}

    def open(self, descriptor: dict[str, Any], font: str | None) -> tuple[Stream | None, Program | None]:
        """The font file of a font descriptor, and its program when the file fits this kind of font.

        :param font: Subtype of the font.
        """
        for key in ("FontFile", "FontFile2", "FontFile3"):
            stream = self.doc.stream(descriptor.get(key))
            if stream is not None:
                return stream, self._program(stream, key, font)
        return None, None

    def _program(self, stream: Stream, key: str, font: str | None) -> Program | None:
        known = (stream.key.num, font)
        if known not in self._programs:
            opener = _opener(font, key, self.doc.name(stream.dict.get("Subtype")))
            self._programs[known] = self._read(stream, opener) if opener is not None else None
        return self._programs[known]

    def _read(self, stream: Stream, opener: _Open) -> Program | None:
        try:
            return opener(stream.data() or b"", self.doc.budget.limits)
        except (ValueError, IndexError, KeyError, OverflowError, TypeError, ArithmeticError):
            return None
        finally:
            stream.forget()

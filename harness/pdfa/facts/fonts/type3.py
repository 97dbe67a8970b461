"""Type 3 fonts: each glyph is a content stream (ISO 32000-1, 9.6.5)."""

from __future__ import annotations

import re
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.fonts.encodings import NAMED
from harness.pdfa.facts.fonts.font import GlyphFact
from harness.pdfa.facts.fonts.programs.font_files import FontFiles
from harness.pdfa.facts.fonts.simple import SimpleFact, SimpleFont
from harness.pdfa.file.objects import Stream


class Type3Font(SimpleFont):
    """A Type 3 font.

    :ivar procedures: all its glyph procedures.
    :ivar resources: those of the font, if it has any.
    """

    def __init__(self, ctx: Context, dict_: dict[str, Any], files: FontFiles) -> None:
        super().__init__(ctx, dict_, files)
        doc = ctx.doc
        self._by_name = doc.sub(dict_, "CharProcs")
        found = (doc.stream(value) for value in self._by_name.values())
        self.procedures = [stream for stream in found if stream is not None]
        own = doc.resolve(dict_.get("Resources"))
        self.resources = own if type(own) is dict else None
        self.base = {}
        base = NAMED.get(self.encoding_name or "")
        if base is not None:
            self.base = base()

    def procedure(self, code: int) -> Stream | None:
        """The glyph procedure of a code, if there is one."""
        name = self.name_of(code)
        return self.ctx.doc.stream(self._by_name.get(name)) if name is not None else None

    def emit(self, where: str, invisible: bool) -> None:
        """Facts of the dictionary; there is no program."""
        count = len(self.widths) if self.widths is not None else None
        self.emit_dict(self.dict, None, None, where, invisible)
        self.ctx.emit("PDSimpleFont", SimpleFact(False, self.first, self.last, count), where)

    def glyph(self, code: int, size: int, invisible: bool, actual_text: bool) -> GlyphFact:
        """Facts of a glyph procedure: its width comes from d0 or d1."""
        name = self.name_of(code)
        stream = self.procedure(code)
        actual = _procedure_width(stream) if stream is not None else None
        return GlyphFact(
            self.label, code, invisible, stream is not None, self.declared_width(code), actual, name == ".notdef",  # noqa: E501
            self.unicode(code, name), actual_text,
        )  # fmt: skip


_D0 = re.compile(rb"^\s*([-+]?[\d.]+)\s+[-+\d.]+\s+(?:d0|(?:[-+\d.]+\s+){4}d1)\b")


def _procedure_width(stream: Stream) -> float | None:
    match = _D0.match(stream.data() or b"")
    try:
        return float(match.group(1)) if match else None
    except ValueError:
        return None

"""The fonts that a document uses, one object per font dictionary."""

from __future__ import annotations

from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.fonts.composite import CompositeFont
from harness.pdfa.facts.fonts.font import Font
from harness.pdfa.facts.fonts.programs.font_files import FontFiles
from harness.pdfa.facts.fonts.simple import SimpleFont
from harness.pdfa.facts.fonts.type3 import Type3Font


class UsedFonts:
    """Fonts by the identity of their dictionary."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.files = FontFiles(ctx.doc)
        self._fonts: dict[object, Font] = {}

    def load(self, value: Any) -> Font | None:
        """The font behind a resource, ``None`` when it is no dictionary."""
        dict_ = self.ctx.doc.resolve(value)
        if type(dict_) is not dict:
            return None
        key = self.ctx.doc.key(value)
        font = self._fonts.get(key)
        if font is None:
            font = self._fonts[key] = self._open(dict_)
            font.reference = value
        return font

    def _open(self, dict_: dict[str, Any]) -> Font:
        subtype = self.ctx.doc.name(dict_.get("Subtype"))
        if subtype == "Type0":
            return CompositeFont(self.ctx, dict_, self.files)
        if subtype == "Type3":
            return Type3Font(self.ctx, dict_, self.files)
        return SimpleFont(self.ctx, dict_, self.files)

    def finish(self) -> None:
        """Facts that need all uses of a font (CharSet, CIDSet)."""
        for font in self._fonts.values():
            with self.ctx.inside(font.reference):
                font.finish()

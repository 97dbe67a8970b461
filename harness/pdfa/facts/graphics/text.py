"""Text: fonts in use and each glyph that is shown (ISO 32000-1, 9.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.fonts.font import Font
from harness.pdfa.facts.fonts.type3 import Type3Font
from harness.pdfa.facts.fonts.used import UsedFonts
from harness.pdfa.facts.graphics.frame import Frame, Operators
from harness.pdfa.facts.graphics.marked_content import MarkedContent
from harness.pdfa.facts.graphics.nested import NestedStreams
from harness.pdfa.facts.graphics.painting import Painter
from harness.pdfa.facts.graphics.resources import Resources
from harness.pdfa.file.objects import Stream

_INVISIBLE = 3

Say = Callable[[str], None]
"""Gets the text of each string that is shown, in the order of the content streams."""


class TextOperators:
    """``Tf``, ``Tr`` and the operators that show text."""

    def __init__(
        self,
        ctx: Context,
        fonts: UsedFonts,
        painter: Painter,
        marked: MarkedContent,
        nested: NestedStreams,
        say: Say | None = None,
    ) -> None:
        self.ctx = ctx
        self.fonts = fonts
        self.painter = painter
        self.marked = marked
        self.nested = nested
        self._say = say
        self._spoken: dict[tuple[int, int, int], str] = {}
        self._wants_actual_text = ctx.level == "a" and ctx.part > 1

    def operators(self) -> Operators:
        """The operators of this kind."""
        return {
            b"Tf": self._font, b"Tr": self._mode, b"Tj": self._show, b"'": self._show, b'"': self._show,
            b"TJ": self._show_array,
        }  # fmt: skip

    def _font(self, frame: Frame, operands: list[Any]) -> None:
        names = [o for o in operands if type(o) is str]
        if names:
            frame.state.font = self.fonts.load(frame.resources.lookup("Font", names[-1]))

    def _mode(self, frame: Frame, operands: list[Any]) -> None:
        if operands and type(operands[-1]) in (int, float) and abs(operands[-1]) < 100:
            frame.state.mode = int(operands[-1])

    def _show(self, frame: Frame, operands: list[Any]) -> None:
        if operands and type(operands[-1]) is bytes:
            self._text(frame, operands[-1])

    def _show_array(self, frame: Frame, operands: list[Any]) -> None:
        if operands and type(operands[-1]) is list:
            for item in operands[-1]:
                if type(item) is bytes:
                    self._text(frame, item)

    def _text(self, frame: Frame, text: bytes) -> None:
        """Use the colours that the rendering mode asks for, and the glyphs of ``text``."""
        state = frame.state
        mode = state.mode
        if mode in (0, 2, 4, 6) or not 0 <= mode <= 7:
            self.painter.paint(frame, False)
        if mode in (1, 2, 5, 6):
            self.painter.paint(frame, True)
        if state.font is not None:
            self._glyphs(frame, state.font, text, mode == _INVISIBLE)

    def _glyphs(self, frame: Frame, font: Font, text: bytes, invisible: bool) -> None:
        """Facts of the font and of each glyph of ``text`` that was not met before in this way."""
        ctx = self.ctx
        if invisible not in font.used:
            font.used.add(invisible)
            with ctx.inside(font.reference):
                font.emit(f"{frame.where} / font {font.label}", invisible)
        actual_text = self._wants_actual_text and self.marked.has_actual_text(frame)
        transparent = self._run_procedures(frame, font) if isinstance(font, Type3Font) else ()
        seen = font.seen
        codes = font.codes(text)
        if self._say is not None:
            self._say("".join(self._character(font, code, size) for code, size in codes))
        for code, size in codes:
            key = (code, size, invisible, actual_text)
            if key in seen:
                continue
            seen.add(key)
            if code in transparent:
                frame.transparent = True
            with ctx.inside(font.reference):
                ctx.emit("Glyph", font.glyph(code, size, invisible, actual_text), f"{frame.where} / text")

    def _character(self, font: Font, code: int, size: int) -> str:
        """The text of one character; U+FFFD when it has none, nothing for a glyph that shows nothing."""
        key = (id(font), code, size)
        known = self._spoken.get(key)
        if known is None:
            text = font.glyph(code, size, False, False).unicode
            known = self._spoken[key] = "\ufffd" if text is None else text.replace("\0", "")
        return known

    def _run_procedures(self, frame: Frame, font: Type3Font) -> set[int]:
        """Run all glyph procedures of a Type 3 font; codes whose glyph paints with transparency."""
        transparent = {stream for stream in font.procedures if self._run_procedure(frame, font, stream)}
        return {code for code in range(256) if font.procedure(code) in transparent} if transparent else set()

    def _run_procedure(self, frame: Frame, font: Type3Font, stream: Stream) -> bool:
        def run() -> bool:
            resources = Resources(self.ctx.doc, font.resources, frame.resources.merged())
            return self.nested.run(
                stream.data() or b"", resources, frame.state.copy(), f"{frame.where} / glyph"
            )

        key = ("glyph", stream.key, frame.state.signature(), id(font.resources))
        return self.nested.once(stream, key, run)

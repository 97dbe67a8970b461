"""Colours, and what painting uses: spaces, patterns, shadings, transparency (ISO 32000-1, 8.6 and 8.7)."""

from __future__ import annotations

from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.graphics.color.spaces import CMYK, GRAY, RGB, Colors, Space
from harness.pdfa.facts.graphics.frame import Frame, Handler, Operators, name_operand
from harness.pdfa.facts.graphics.graphics_state import StateOperators
from harness.pdfa.facts.graphics.nested import NestedStreams
from harness.pdfa.facts.graphics.resources import Resources
from harness.pdfa.file.objects import Stream


class Painter:
    """Operators that choose colours and paint with them.

    :ivar marks: how many times something was painted.
    """

    def __init__(self, ctx: Context, colors: Colors, states: StateOperators, nested: NestedStreams) -> None:
        self.ctx = ctx
        self.doc = ctx.doc
        self.colors = colors
        self.states = states
        self.nested = nested
        self.marks = 0

    def operators(self) -> Operators:
        """The operators of this kind."""
        return {
            b"g": self._device(GRAY, False), b"G": self._device(GRAY, True),
            b"rg": self._device(RGB, False), b"RG": self._device(RGB, True),
            b"k": self._device(CMYK, False), b"K": self._device(CMYK, True),
            b"cs": self._fill_space, b"CS": self._stroke_space,
            b"sc": self._fill_color, b"SC": self._stroke_color,
            b"scn": self._fill_color, b"SCN": self._stroke_color,
            b"f": self._fill, b"F": self._fill, b"f*": self._fill, b"S": self._stroke, b"s": self._stroke,
            b"B": self._both, b"B*": self._both, b"b": self._both, b"b*": self._both,
            b"sh": self._sh, b"d1": self._d1,
        }  # fmt: skip

    # -- colours ----------------------------------------------------------------------------------

    def _device(self, space: Space, stroke: bool) -> Handler:
        def choose(frame: Frame, operands: list[Any]) -> None:
            if not frame.colourless:
                self._choose(frame, self.colors.parse(space.kind, frame.resources) or space, stroke)

        return choose

    def _fill_space(self, frame: Frame, operands: list[Any]) -> None:
        name = name_operand(operands)
        if name is not None and not frame.colourless:
            self._choose(frame, self.colors.parse(name, frame.resources) or GRAY, False)

    def _stroke_space(self, frame: Frame, operands: list[Any]) -> None:
        name = name_operand(operands)
        if name is not None and not frame.colourless:
            self._choose(frame, self.colors.parse(name, frame.resources) or GRAY, True)

    def _choose(self, frame: Frame, space: Space, stroke: bool) -> None:
        self.colors.use(space, frame.where)
        if stroke:
            frame.state.stroke, frame.state.stroke_pattern = space, None
        else:
            frame.state.fill, frame.state.fill_pattern = space, None

    def _fill_color(self, frame: Frame, operands: list[Any]) -> None:
        if not frame.colourless:
            self.colors.use(frame.state.fill, frame.where)
            value = self._pattern(frame, operands)
            if value is not None:
                frame.state.fill_pattern = value

    def _stroke_color(self, frame: Frame, operands: list[Any]) -> None:
        if not frame.colourless:
            self.colors.use(frame.state.stroke, frame.where)
            value = self._pattern(frame, operands)
            if value is not None:
                frame.state.stroke_pattern = value

    @staticmethod
    def _pattern(frame: Frame, operands: list[Any]) -> Any:
        name = name_operand(operands)
        return frame.resources.lookup("Pattern", name) if name is not None else None

    def _d1(self, frame: Frame, operands: list[Any]) -> None:
        frame.colourless = True

    # -- painting ---------------------------------------------------------------------------------

    def _fill(self, frame: Frame, operands: list[Any]) -> None:
        self.paint(frame, False)

    def _stroke(self, frame: Frame, operands: list[Any]) -> None:
        self.paint(frame, True)

    def _both(self, frame: Frame, operands: list[Any]) -> None:
        self.paint(frame, False)
        self.paint(frame, True)

    def _sh(self, frame: Frame, operands: list[Any]) -> None:
        self.marks += 1
        name = name_operand(operands)
        if name is not None:
            value = frame.resources.lookup("Shading", name)
            if value is not None and not frame.colourless:
                self._shading(frame, value)

    def paint(self, frame: Frame, stroke: bool) -> None:
        """Facts of the colour that a painting operator uses."""
        self.marks += 1
        state = frame.state
        frame.transparent |= state.alpha_stroke if stroke else state.alpha_fill
        space = state.stroke if stroke else state.fill
        if space is not None and space.kind == "Pattern":
            pattern = state.stroke_pattern if stroke else state.fill_pattern
            if pattern is not None:
                self._paint_pattern(frame, pattern, space)
            return
        overprint = state.op_stroke if stroke else state.op_fill
        self.colors.use(space, frame.where, overprint, state.op_mode)

    def _paint_pattern(self, frame: Frame, value: Any, space: Space) -> None:
        pattern = self.doc.resolve(value)
        dict_ = self.doc.dict_of(pattern)
        kind = self.doc.integer(dict_.get("PatternType"))
        if kind == 1 and isinstance(pattern, Stream):
            self._tiling(frame, pattern, space)
        elif kind == 2:
            self._shading(frame, dict_.get("Shading"))
            self.states.apply(frame, dict_.get("ExtGState"))

    def _tiling(self, frame: Frame, pattern: Stream, space: Space) -> None:
        uncoloured = self.doc.integer(pattern.dict.get("PaintType")) == 2
        if uncoloured and space.base is not None:
            self.colors.use(space.base, frame.where, frame.state.op_fill, frame.state.op_mode)
        state = frame.state.copy()
        state.fill = state.stroke = space.base if uncoloured else GRAY
        state.fill_pattern = state.stroke_pattern = None

        def run() -> bool:
            data = pattern.data() or b""
            pattern.forget()
            own = self.doc.resolve(pattern.dict.get("Resources"))
            resources = Resources(self.doc, own if type(own) is dict else None, frame.resources.merged())
            return self.nested.run(data, resources, state, f"{frame.where} / pattern", colourless=uncoloured)

        frame.transparent |= self.nested.once(pattern, ("pattern", pattern.key, state.signature()), run)

    def _shading(self, frame: Frame, value: Any) -> None:
        shading = self.doc.dict_of(value)
        if "ColorSpace" in shading:
            space = self.colors.parse(shading["ColorSpace"], frame.resources)
            state = frame.state
            self.colors.use(space, f"{frame.where} / shading", state.op_fill, state.op_mode)

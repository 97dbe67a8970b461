"""A running content stream and the graphics state of it (ISO 32000-1, 8.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.pdfa.facts.fonts.font import Font
from harness.pdfa.facts.graphics.color.spaces import GRAY, Space
from harness.pdfa.facts.graphics.resources import Resources


class State:
    """The part of the graphics state that facts depend on.

    :ivar alpha_fill, alpha_stroke: ca and CA are below 1.
    :ivar mode: text rendering mode.
    """

    __slots__ = (
        "alpha_fill", "alpha_stroke", "fill", "fill_pattern", "font", "mode", "op_fill", "op_mode",
        "op_stroke", "stroke", "stroke_pattern",
    )  # fmt: skip

    def __init__(self) -> None:
        self.fill: Space | None = GRAY
        self.stroke: Space | None = GRAY
        self.fill_pattern: Any = None
        self.stroke_pattern: Any = None
        self.font: Font | None = None
        self.mode = 0
        self.alpha_fill = self.alpha_stroke = False
        self.op_fill = False
        self.op_stroke = False
        self.op_mode = 0

    def copy(self) -> State:
        """An independent copy."""
        new = State.__new__(State)
        new.fill, new.stroke = self.fill, self.stroke
        new.fill_pattern, new.stroke_pattern = self.fill_pattern, self.stroke_pattern
        new.font, new.mode = self.font, self.mode
        new.op_fill, new.op_stroke, new.op_mode = self.op_fill, self.op_stroke, self.op_mode
        new.alpha_fill, new.alpha_stroke = self.alpha_fill, self.alpha_stroke
        return new

    def signature(self) -> tuple[object, ...]:
        """What a nested stream could inherit, hashable."""
        return (
            id(self.fill), id(self.stroke), id(self.font), self.mode, self.op_fill, self.op_stroke,
            self.op_mode, self.alpha_fill, self.alpha_stroke,
        )  # fmt: skip


class Frame:
    """One running content stream.

    :ivar where: the place for facts found in it.
    :ivar marked: open marked content, outermost first: has ActualText, MCID.
    :ivar saved: states saved by ``q``; ``depth`` counts all of them, also those beyond the limit.
    :ivar transparent: something was painted with transparency.
    :ivar colourless: colours are not set here (uncoloured patterns, glyphs with ``d1``).
    :ivar struct_parents: key of the stream in the parent tree.
    """

    __slots__ = (
        "colourless", "depth", "marked", "resources", "saved", "state", "struct_parents", "transparent",
        "where",
    )  # fmt: skip

    def __init__(
        self,
        resources: Resources,
        state: State,
        where: str,
        marked: list[tuple[bool, int | None]],
        colourless: bool,
        struct_parents: int | None,
    ) -> None:
        self.resources = resources
        self.state = state
        self.where = where
        self.marked = marked
        self.saved: list[State] = []
        self.depth = 0
        self.transparent = False
        self.colourless = colourless
        self.struct_parents = struct_parents


Handler = Callable[[Frame, list[Any]], None]
"""What an operator does: the stream it stands in, and its operands."""

Operators = dict[bytes, Handler]
"""Operators of one kind by name."""


def name_operand(operands: list[Any]) -> str | None:
    """The last operand when it is a name."""
    last = operands[-1] if operands else None
    return last if type(last) is str else None

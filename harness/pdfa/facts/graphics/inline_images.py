"""Inline images: their parameters, and where their data ends (ISO 32000-1, 8.9.7)."""

from __future__ import annotations

import re
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.graphics.color.spaces import Colors
from harness.pdfa.facts.graphics.frame import Frame
from harness.pdfa.facts.graphics.painting import Painter
from harness.pdfa.facts.graphics.xobjects import ImageFact
from harness.pdfa.file.lex import TOKEN, WORDS, Sink, hex_of, int_of, name_of, pairs, read_string, real_of

_END = re.compile(rb"(?<=[\x00\t\n\x0c\r ])EI(?=[\x00\t\n\x0c\r ]|$)")
_END_LOOSE = re.compile(rb"EI(?=[\x00\t\n\x0c\r ]|$)")
_FULL = {
    "BPC": "BitsPerComponent", "CS": "ColorSpace", "D": "Decode", "DP": "DecodeParms", "F": "Filter",
    "H": "Height", "IM": "ImageMask", "I": "Interpolate", "W": "Width",
}  # fmt: skip


class InlineImages:
    """Reads what stands between ``BI`` and ``EI``."""

    def __init__(self, ctx: Context, colors: Colors, painter: Painter, sink: Sink) -> None:
        self.ctx = ctx
        self.colors = colors
        self.painter = painter
        self.sink = sink

    def read(self, data: bytes, pos: int, end: int, frame: Frame) -> int:
        """Facts of the image whose ``BI`` ends at ``pos``; returns the position after its ``EI``."""
        image, pos = self._parameters(data, pos, end)
        if image is None:
            return end
        self._facts({_FULL.get(k, k): v for k, v in image.items()}, frame)
        self.painter.marks += 1
        return _end_of_data(data, pos + 1, end)

    def _parameters(self, data: bytes, pos: int, end: int) -> tuple[dict[str, Any] | None, int]:
        """Parameters up to ``ID`` and the position after it; ``None`` when there is no end to them."""
        items: list[Any] = []
        stack: list[tuple[bool, list[Any]]] = []
        while True:
            token = TOKEN.match(data, pos, end)
            if token is None:
                return None, end
            kind = token.lastindex
            pos = token.end()
            if kind == 14 and token.group(14) == b"ID":
                return pairs(items), pos
            if kind in (8, 10):
                stack.append((kind == 8, items))
                items = []
            elif kind in (9, 11) and stack:
                dictionary, outer = stack.pop()
                outer.append(pairs(items) if dictionary else items)
                items = outer
            elif kind == 7:
                text, pos = read_string(data, pos, end)
                items.append(text)
            elif kind in _SIMPLE:
                items.append(self._value(kind, token.group(kind)))
            if len(items) > 5000 or len(stack) > 50:
                return None, end

    def _value(self, kind: int, raw: bytes) -> Any:
        """A name, number, string or word."""
        if kind == 1:
            return name_of(raw)
        if kind == 4:
            return int_of(raw, self.sink)
        if kind == 5:
            return real_of(raw, self.sink)
        if kind == 12:
            return hex_of(raw, self.sink)
        return raw if kind == 6 else WORDS.get(raw)

    def _facts(self, image: dict[str, Any], frame: Frame) -> None:
        ctx = self.ctx
        where = f"{frame.where} / inline image"
        bits = image.get("BitsPerComponent")
        fact = ImageFact(image, bits if type(bits) in (int, float) else None)
        ctx.emit("PDXImage", fact, where)
        ctx.emit("PDImageKeys", fact, where)
        value = image.get("Filter")
        for name in value if type(value) is list else [value]:
            if type(name) is str:
                ctx.emit("CosIIFilter", name, where, name)
        intent = image.get("Intent")
        if type(intent) is str:
            ctx.emit("CosRenderingIntent", intent, where, intent)
        if image.get("ImageMask") is True:
            self.painter.paint(frame, False)
        elif "ColorSpace" in image and not frame.colourless:
            space = self.colors.parse(image["ColorSpace"], frame.resources)
            self.colors.use(space, where, frame.state.op_fill, frame.state.op_mode)


_SIMPLE = frozenset((1, 4, 5, 6, 12, 14))
"""Kinds of tokens that are a value by themselves."""


def _end_of_data(data: bytes, pos: int, end: int) -> int:
    """The position after the ``EI`` that is followed by text, not by more image data."""
    search = pos
    while True:
        found = _END.search(data, search, end)
        if found is None:
            found = _END_LOOSE.search(data, pos, end)
            return found.end() if found else end
        after = data[found.end() : found.end() + 12]
        if all(b < 128 and (b >= 32 or b in b"\t\n\r\x0c\x00") for b in after):
            return found.end()
        search = found.end()

# ruff: noqa: E501  (one regular expression per line)
"""Content streams: one pass with a graphics state over what is really used (ISO 32000-1, 8 and 9).

Forms, patterns, Type 3 glyphs and appearances run through the same interpreter. Whether transparency occurs is handed
back up to the page. What an operator does is said where its kind is at home: graphics state, painting, XObjects, text,
marked content.
"""

from __future__ import annotations

import re
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.fonts.used import UsedFonts
from harness.pdfa.facts.graphics.color.spaces import Colors
from harness.pdfa.facts.graphics.frame import Frame, Operators, State
from harness.pdfa.facts.graphics.graphics_state import StateOperators
from harness.pdfa.facts.graphics.inline_images import InlineImages
from harness.pdfa.facts.graphics.marked_content import MarkedContent
from harness.pdfa.facts.graphics.nested import NestedStreams
from harness.pdfa.facts.graphics.painting import Painter
from harness.pdfa.facts.graphics.resources import Resources
from harness.pdfa.facts.graphics.text import Say, TextOperators
from harness.pdfa.facts.graphics.xobjects import XObjects
from harness.pdfa.file.lex import (
    TOKEN,
    WORDS,
    Sink,
    SizeFact,
    hex_of,
    int_of,
    name_of,
    pairs,
    read_string,
    real_of,
)
from harness.pdfa.file.limits import LimitExceeded

_SKIP_RUN = re.compile(
    rb"(?>[\x00\t\n\x0c\r ]*+(?:[+-]?(?:\d{1,9}(?![\d.])|\d{1,4}\.\d{0,20}+|\.\d{1,20}+)[\x00\t\n\x0c\r ]++){0,8}+"
    rb"(?:m|l|c|v|y|re|h|W\*|W|w|J|j|M|i|cm|Td|TD|Tm|T\*|Tc|Tw|Tz|TL|Ts|n)(?=[\x00\t\n\x0c\r ]))++"
)
"""Runs of operators that only take ordinary numbers and change nothing that a fact depends on."""

_SIGNS = re.compile(rb"[+-]+\d*")

KNOWN_OPERATORS = frozenset(
    b"""
    " ' b B b* B* BDC BI BMC BT BX c cm CS cs d d0 d1 Do DP EI EMC ET EX f F f* G g gs h i ID J j K k l M m MP n Q q
    re RG rg ri S s SC sc SCN scn sh T* Tc TD Td Tf TJ Tj TL Tm Tr Ts Tw Tz v W w W* y
    """.split()
)
"""Operators of PDF (ISO 32000-1, annex A)."""


class Interpreter:
    """Runs the content streams of one document.

    :param say: gets the text that is shown.
    """

    def __init__(self, ctx: Context, say: Say | None = None) -> None:
        self.ctx = ctx
        colors = Colors(ctx)
        nested = NestedStreams(self.run)
        marked = MarkedContent(ctx)
        self.fonts = UsedFonts(ctx)
        states = StateOperators(ctx, self.fonts)
        self.painter = Painter(ctx, colors, states, nested)
        self.xobjects = XObjects(ctx, colors, self.painter, nested)
        self._inline_images = InlineImages(ctx, colors, self.painter, self._sink)
        text = TextOperators(ctx, self.fonts, self.painter, marked, nested, say)
        self._operators: Operators = {
            **states.operators(), **self.painter.operators(), **self.xobjects.operators(), **text.operators(),
            **marked.operators(),
        }  # fmt: skip
        self._nesting = 0
        self._where = ""
        self._pending: list[tuple[str, Any]] = []

    def run(
        self,
        data: bytes,
        resources: Resources,
        state: State,
        where: str,
        *,
        marked: list[tuple[bool, int | None]] | None = None,
        colourless: bool = False,
        struct_parents: int | None = None,
    ) -> bool:
        """Interpret a content stream; True when it paints with transparency.

        :param where: place for facts found in it.
        :param marked: marked content that is open around it.
        :param colourless: it sets no colours (uncoloured patterns).
        :param struct_parents: its key in the parent tree of the structure.
        :raises LimitExceeded: too deep, too many tokens, too long.
        """
        frame = Frame(
            resources, state, where, marked if marked is not None else [], colourless, struct_parents
        )
        self._nesting += 1
        if self._nesting > self.ctx.limits.form_depth:
            raise LimitExceeded("form_depth")
        outer = self._where
        self._where = where
        try:
            self._loop(data, frame)
        finally:
            self._nesting -= 1
            self._where = outer
        borrowed = tuple(sorted(resources.borrowed))
        self.ctx.emit("PDContentStream", borrowed, where, ", ".join(borrowed))
        return frame.transparent

    # -- facts about operands: they wait until their operator turns out to be known -------------------

    def _sink(self, kind: str, fact: Any) -> None:
        self._pending.append((kind, fact))

    def _settle(self) -> None:
        for kind, fact in self._pending:
            self.ctx.emit(kind, fact, self._where)
        self._pending.clear()

    def _undefined(self, name: bytes, frame: Frame) -> None:
        self._pending.clear()
        text = name.decode("latin-1")
        self.ctx.emit("Op_Undefined", text, frame.where, text)

    # -- token loop -------------------------------------------------------------------------------

    def _loop(self, data: bytes, frame: Frame) -> None:
        match, skip = TOKEN.match, _SKIP_RUN.match
        budget = self.ctx.budget
        sink: Sink = self._sink
        operators, pending = self._operators, self._pending
        stack: list[tuple[bool, list[Any]]] = []  # open: is it a dictionary, what stood before it
        operands: list[Any] = []
        depth_limit = self.ctx.limits.depth
        pos, end = 0, len(data)
        last = 0
        count = 0
        while pos < end:
            if not operands and not stack:
                run = skip(data, pos)
                if run is not None:
                    pos = run.end()
            token = match(data, pos)
            if token is None:
                break
            count += 1
            if count & 0xFFF == 0:
                budget.spend_tokens(0x1000 + (pos - last) // 8)
                last = pos
            kind = token.lastindex
            pos = token.end()
            if kind == 4:
                operands.append(int_of(token.group(4), sink))
            elif kind == 5:
                operands.append(real_of(token.group(5), sink))
            elif kind == 14:
                word = token.group(14)
                handler = operators.get(word)
                if handler is not None and not stack:
                    if pending:
                        self._settle()
                    handler(frame, operands)
                    operands = []
                else:
                    operands = self._word(word, frame, operands, stack)
                    if word == b"BI":
                        pos = self._inline_images.read(data, pos, end, frame)
            elif kind == 1:
                value = name_of(token.group(1))
                if len(value) > 127:
                    sink("CosName", SizeFact(len(value)))
                operands.append(value)
            elif kind in (6, 7):
                if kind == 6:
                    text = token.group(6)
                else:
                    text, pos = read_string(data, pos, end)
                if len(text) > 32767:
                    sink("CosString", SizeFact(len(text)))
                operands.append(text)
            elif kind == 12:
                operands.append(hex_of(token.group(12), sink))
            elif kind in (8, 10):
                if len(stack) >= depth_limit:
                    raise LimitExceeded("depth")
                stack.append((kind == 8, operands))
                operands = []
            elif kind in (9, 11):
                if stack:
                    dictionary, outer = stack.pop()
                    if not dictionary and len(operands) > 8191:
                        sink("CosArray", SizeFact(len(operands)))
                    outer.append(pairs(operands) if dictionary else operands)
                    operands = outer
            elif kind in (3, 15):
                self._undefined(b"R" if kind == 3 else token.group(15), frame)
                operands = []
            if len(operands) > 1_000_000:
                raise LimitExceeded("object_tokens")
        budget.spend_tokens(count & 0xFFF)

    def _word(
        self, word: bytes, frame: Frame, operands: list[Any], stack: list[tuple[bool, list[Any]]]
    ) -> list[Any]:
        """A word that is a value, an operator without effect here, an odd number, or unknown; or any operator inside
        an open array or dictionary, which closes it. Returns the operands for what follows."""
        if word in WORDS:
            operands.append(WORDS[word])
            return operands
        while stack:
            dictionary, outer = stack.pop()
            outer.append(pairs(operands) if dictionary else operands)
            operands = outer
        if word in KNOWN_OPERATORS:
            self._settle()
            handler = self._operators.get(word)
            if handler is not None:
                handler(frame, operands)
        elif _SIGNS.fullmatch(word):
            operands.append(_signed(word, self._sink))
            return operands
        else:
            self._undefined(word, frame)
        return []


def _signed(word: bytes, sink: Sink) -> float:
    """A number with several signs, or signs alone (which count as an integer out of range)."""
    digits = word.lstrip(b"+-")
    if not digits:
        sink("CosInteger", SizeFact(-1e300))
        return 0
    return -int_of(digits, sink) if word.startswith(b"-") else int_of(digits, sink)

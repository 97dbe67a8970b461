# ruff: noqa: E501  (one regular expression per line)
"""Content streams: one pass with a graphics state, judging what is really used (ISO 32000-1, 8 and 9).

Forms, patterns, Type 3 glyphs and appearances run through the same interpreter; results are cached by
stream and by the part of the caller's state that can change a verdict, which also stops exponential
nesting. Whether transparency occurs is handed back up to the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.pdfa.facts.graphics import color
from harness.pdfa.facts.graphics import resources as graphics
from harness.pdfa.facts.graphics.color import CMYK, GRAY, RGB, Space
from harness.pdfa.file.cos import Document, Stream
from harness.pdfa.file.lex import TOKEN, SizeFact, hex_of, int_of, name_of, read_string, real_of
from harness.pdfa.file.limits import LimitExceeded

if TYPE_CHECKING:
    from harness.pdfa.facts.context import Context
    from harness.pdfa.facts.fonts.font import Font

_SKIP_RUN = re.compile(
    rb"(?>[\x00\t\n\x0c\r ]*+(?:[+-]?(?:\d{1,9}(?![\d.])|\d{1,4}\.\d{0,20}+|\.\d{1,20}+)[\x00\t\n\x0c\r ]++){0,8}+"
    rb"(?:m|l|c|v|y|re|h|W\*|W|w|J|j|M|i|cm|Td|TD|Tm|T\*|Tc|Tw|Tz|TL|Ts|n)(?=[\x00\t\n\x0c\r ]))++"
)
"""Runs of operators that only take ordinary numbers and change nothing that a rule looks at."""

_INLINE_END = re.compile(rb"(?<=[\x00\t\n\x0c\r ])EI(?=[\x00\t\n\x0c\r ]|$)")
_INLINE_END_LOOSE = re.compile(rb"EI(?=[\x00\t\n\x0c\r ]|$)")

KNOWN_OPERATORS = frozenset(
    [
        "b",
        "B",
        "b*",
        "B*",
        "BDC",
        "BI",
        "BMC",
        "BT",
        "BX",
        "c",
        "cm",
        "CS",
        "cs",
        "d",
        "d0",
        "d1",
        "Do",
        "DP",
        "EI",
        "EMC",
        "ET",
        "EX",
        "f",
        "F",
        "f*",
        "G",
        "g",
        "gs",
        "h",
        "i",
        "ID",
        "j",
        "J",
        "K",
        "k",
        "l",
        "m",
        "M",
        "MP",
        "n",
        "q",
        "Q",
        "re",
        "RG",
        "rg",
        "ri",
        "s",
        "S",
        "SC",
        "sc",
        "SCN",
        "scn",
        "sh",
        "T*",
        "Tc",
        "Td",
        "TD",
        "Tf",
        "Tj",
        "TJ",
        "TL",
        "Tm",
        "Tr",
        "Ts",
        "Tw",
        "Tz",
        "v",
        "w",
        "W",
        "W*",
        "y",
        "'",
        '"',
    ]
)


class Resources:
    """Named resources of a stream: its own, and those it can only reach by inheritance."""

    __slots__ = ("_defaults", "borrowed", "inherited", "own")

    def __init__(self, own: dict[str, Any] | None, inherited: dict[str, Any] | None) -> None:
        self.own = own
        self.inherited = inherited
        self.borrowed: set[str] = set()
        self._defaults: bool | None = None

    def lookup(self, ctx: Context, category: str, name: str) -> Any:
        """The value (maybe a reference) behind a name; notes when only inheritance finds it."""
        doc = ctx.doc
        if self.own is not None:
            found = doc.sub(self.own, category).get(name)
            if found is not None:
                return found
        if self.inherited is not None:
            found = doc.sub(self.inherited, category).get(name)
            if found is not None:
                self.borrowed.add(name)
                return found
        return None

    def default(self, ctx: Context, name: str) -> Any:
        """A Default colour space of the stream's own resources (the inherited ones when it has none)."""
        source = self.own if self.own is not None else self.inherited
        return ctx.doc.sub(source, "ColorSpace").get(name) if source is not None else None

    def has_defaults(self, ctx: Context) -> bool:
        """Whether any Default colour space is defined."""
        if self._defaults is None:
            doc = ctx.doc
            self._defaults = any(
                key in doc.sub(source, "ColorSpace")
                for source in (self.own if self.own is not None else self.inherited,)
                if source is not None
                for key in ("DefaultGray", "DefaultRGB", "DefaultCMYK")
            )
        return self._defaults

    def merged(self) -> dict[str, Any] | None:
        """What a nested stream inherits."""
        return self.own if self.own is not None else self.inherited


class State:
    """The part of the graphics state that rules depend on."""

    __slots__ = (
        "alpha_fill", "alpha_stroke", "fill", "fill_pattern", "font", "mode", "op_fill", "op_mode", "op_stroke", "stroke", "stroke_pattern",
    )  # fmt: skip

    def __init__(self) -> None:
        self.fill: Space | None = GRAY
        self.stroke: Space | None = GRAY
        self.fill_pattern: Any = None
        self.stroke_pattern: Any = None
        self.font: Font | None = None
        self.mode = 0
        self.alpha_fill = self.alpha_stroke = False  # ca, CA below 1
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
            id(self.fill), id(self.stroke), id(self.font), self.mode, self.op_fill, self.op_stroke, self.op_mode,
            self.alpha_fill, self.alpha_stroke,
        )  # fmt: skip


class Frame:
    """One running content stream."""

    __slots__ = (
        "colourless",
        "depth",
        "marked",
        "resources",
        "saved",
        "state",
        "struct_parents",
        "transparent",
        "where",
    )

    def __init__(self, resources: Resources, state: State, where: str, marked: list[Any], depth: int) -> None:
        self.resources = resources
        self.state = state
        self.where = where
        self.marked = marked
        self.saved: list[State] = []
        self.depth = 0
        self.transparent = False
        self.colourless = False
        self.struct_parents: int | None = None


class Interpreter:
    """Runs the content streams of one document."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.doc = ctx.doc
        self.marks = 0
        self.nesting = 0
        self.page_resources: Resources = Resources(None, None)
        self._cache: dict[tuple[object, ...], bool] = {}
        self._running: set[object] = set()
        self._states_seen: set[object] = set()
        self._images_seen: dict[int, bool] = {}
        self._shadings_seen: set[object] = set()
        self._fact_sink = self._sink
        self._where = ""
        self._pending: list[tuple[str, Any]] = []

    # -- entry points -----------------------------------------------------------------------------

    def begin_page(self, resources: Resources) -> None:
        """Set the resources that nested streams without their own fall back to."""
        self.page_resources = resources

    def run(
        self,
        data: bytes,
        resources: Resources,
        state: State,
        where: str,
        *,
        marked: list[Any] | None = None,
        colourless: bool = False,
        struct_parents: int | None = None,
    ) -> bool:
        """Interpret a content stream; True when it paints with transparency."""
        frame = Frame(resources, state, where, marked if marked is not None else [], self.nesting)
        frame.colourless = colourless
        frame.struct_parents = struct_parents
        self.nesting += 1
        if self.nesting > self.ctx.limits.form_depth:
            raise LimitExceeded("form_depth")
        outer = self._where
        self._where = where
        try:
            self._loop(data, frame)
        finally:
            self.nesting -= 1
            self._where = outer
        self.ctx.judge(
            "PDContentStream", tuple(sorted(resources.borrowed)), where, ", ".join(resources.borrowed)
        )
        return frame.transparent

    def form(
        self, stream: Stream, resources: Resources, state: State, where: str, frame: Frame | None = None
    ) -> bool:
        """Run a form XObject (or appearance) with the caller's state; cached."""
        ctx, doc = self.ctx, self.doc
        own = doc.resolve(stream.dict.get("Resources"))
        own = own if type(own) is dict else None
        if stream.key in self._running:
            return False
        marked = [m for m in frame.marked if m[0] or m[1] is not None] if frame is not None else []
        key = (
            stream.key, state.signature(), id(resources.merged()) if own is None else None,
            ctx.level == "a" and bool(marked), frame.colourless if frame is not None else False,
        )  # fmt: skip
        known = self._cache.get(key)
        if known is not None:
            return known
        if ("facts", stream.key) not in self._states_seen:
            self._states_seen.add(("facts", stream.key))
            graphics.judge_form(ctx, stream, where)
        transparent = False
        group = doc.resolve(stream.dict.get("Group"))
        inner = Resources(own, resources.merged())
        if type(group) is dict:
            transparent = self.check_group(group, inner, where)
        self._running.add(stream.key)
        try:
            data = stream.data()
            stream.forget()
            if data:
                transparent |= self.run(
                    data, inner, state.copy(), where,
                    marked=list(marked), colourless=frame.colourless if frame is not None else False,
                    struct_parents=doc.integer(stream.dict.get("StructParents")),
                )  # fmt: skip
        finally:
            self._running.discard(stream.key)
        self._cache[key] = transparent
        return transparent

    def glyph_procedure(self, stream: Stream, own: dict[str, Any] | None, frame: Frame) -> bool:
        """Run the glyph procedure of a Type 3 font; True when it paints with transparency."""
        key = ("glyph", stream.key, frame.state.signature(), id(own))
        if stream.key in self._running:
            return False
        known = self._cache.get(key)
        if known is None:
            self._running.add(stream.key)
            try:
                resources = Resources(own, frame.resources.merged())
                state = frame.state.copy()
                known = self.run(stream.data() or b"", resources, state, f"{frame.where} / glyph")
            finally:
                self._running.discard(stream.key)
            self._cache[key] = known
        return known

    def element_has_actual_text(self, frame: Frame, mcid: int) -> bool:
        """Whether the structure element of a marked-content id, or one above it, has ActualText."""
        doc = self.doc
        if frame.struct_parents is None:
            return False
        tree = doc.sub(doc.sub(self.ctx.root, "StructTreeRoot"), "ParentTree")
        entry = doc.resolve(_number_tree(doc, tree, frame.struct_parents))
        if type(entry) is not list or not 0 <= mcid < len(entry):
            return False
        element = doc.dict_of(entry[mcid])
        for _ in range(100):
            if "ActualText" in element:
                return True
            parent = doc.resolve(element.get("P"))
            if type(parent) is not dict:
                return False
            element = parent
        return False

    def check_group(self, group: dict[str, Any], resources: Resources, where: str) -> bool:
        """Judge a group dictionary; True when it is a transparency group."""
        kind = self.doc.name(group.get("S"))
        self.ctx.judge("PDGroup", kind, where)
        if "CS" in group:
            color.judge(self.ctx, color.parse(self.ctx, group["CS"], resources), f"{where} / Group")
        return kind == "Transparency"

    def annotation_transparency(self, annot: dict[str, Any]) -> bool:
        """Whether an annotation is blended by its own keys."""
        return False

    def finish(self) -> None:
        """Rules that need all uses of a font (CharSet, CIDSet)."""
        for font in self.ctx.fonts.values():
            font.finish(self.ctx)

    # -- token loop -------------------------------------------------------------------------------

    def _sink(self, kind: str, fact: Any) -> None:
        """Facts about operands wait until their operator turns out to be known."""
        if kind in ("CosFileSpecification", "AF"):
            self.doc.facts.append((kind, fact, -1))
        else:
            self._pending.append((kind, fact))

    def _settle(self) -> None:
        for kind, fact in self._pending:
            self.ctx.judge(kind, fact, self._where)
        self._pending.clear()

    def _undefined(self, name: str, frame: Frame) -> None:
        self._pending.clear()
        self.ctx.judge("Op_Undefined", name, frame.where, name)

    def _loop(self, data: bytes, frame: Frame) -> None:
        match, skip = TOKEN.match, _SKIP_RUN.match
        budget = self.ctx.budget
        sink = self._fact_sink
        operators = _OPERATORS
        stack: list[tuple[str, list[Any]]] = []
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
                if stack:
                    if word in _WORDS:
                        operands.append(_WORDS[word])
                        continue
                    while stack:
                        opened, outer = stack.pop()
                        outer.append(_close(opened, operands))
                        operands = outer
                if self._pending and (handler is not None or word.decode("latin-1") in KNOWN_OPERATORS):
                    self._settle()
                if word == b"BI":
                    pos = self._inline_image(data, pos, end, frame)
                elif handler is not None:
                    handler(self, frame, operands)
                elif word in _WORDS:
                    operands.append(_WORDS[word])
                    continue
                elif _SIGNS.fullmatch(word):
                    operands.append(_signed(word, sink))
                    continue
                else:
                    name = word.decode("latin-1")
                    if name not in KNOWN_OPERATORS:
                        self._undefined(name, frame)
                operands = []
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
                stack.append(("<<" if kind == 8 else "[", operands))
                operands = []
            elif kind in (9, 11):
                if stack:
                    opened, outer = stack.pop()
                    if opened == "[" and len(operands) > 8191:
                        sink("CosArray", SizeFact(len(operands)))
                    outer.append(_close(opened, operands))
                    operands = outer
            elif kind == 3:
                self._undefined("R", frame)
                operands = []
            elif kind == 15:
                self._undefined(token.group(15).decode("latin-1"), frame)
                operands = []
            if len(operands) > 1_000_000:
                raise LimitExceeded("object_tokens")
        budget.spend_tokens(count & 0xFFF)

    def _inline_image(self, data: bytes, pos: int, end: int, frame: Frame) -> int:
        """Parameters up to ID, then data up to EI; returns the position after it."""
        items: list[Any] = []
        stack: list[tuple[str, list[Any]]] = []
        while True:
            token = TOKEN.match(data, pos, end)
            if token is None:
                return end
            kind = token.lastindex
            pos = token.end()
            if kind == 14:
                word = token.group(14)
                if word == b"ID":
                    break
                items.append(_WORDS.get(word))
            elif kind == 1:
                items.append(name_of(token.group(1)))
            elif kind == 4:
                items.append(int_of(token.group(4), self._fact_sink))
            elif kind == 5:
                items.append(real_of(token.group(5), self._fact_sink))
            elif kind == 6:
                items.append(token.group(6))
            elif kind == 7:
                text, pos = read_string(data, pos, end)
                items.append(text)
            elif kind == 12:
                items.append(hex_of(token.group(12), self._fact_sink))
            elif kind in (8, 10):
                stack.append(("<<" if kind == 8 else "[", items))
                items = []
            elif kind in (9, 11) and stack:
                opened, outer = stack.pop()
                outer.append(_close(opened, items))
                items = outer
            if len(items) > 5000 or len(stack) > 50:
                return end
        image = _close("<<", items)
        graphics.judge_inline(self.ctx, image, frame)
        self.marks += 1
        pos += 1
        search = pos
        while True:
            found = _INLINE_END.search(data, search, end)
            if found is None:
                found = _INLINE_END_LOOSE.search(data, pos, end)
                return found.end() if found else end
            after = data[found.end() : found.end() + 12]
            if all(b < 128 and (b >= 32 or b in b"\t\n\r\x0c\x00") for b in after):
                return found.end()
            search = found.end()

    # -- graphics state ---------------------------------------------------------------------------

    def op_q(self, frame: Frame, operands: list[Any]) -> None:
        frame.depth += 1
        if frame.depth > 28:
            self.ctx.judge("Op_q_gsave", frame.depth, frame.where, str(frame.depth))
        if len(frame.saved) < 1000:
            frame.saved.append(frame.state.copy())

    def op_big_q(self, frame: Frame, operands: list[Any]) -> None:
        if frame.depth:
            if frame.depth <= len(frame.saved):
                frame.state = frame.saved.pop()
            frame.depth -= 1

    def op_gs(self, frame: Frame, operands: list[Any]) -> None:
        if not operands or type(operands[-1]) is not str:
            return
        value = frame.resources.lookup(self.ctx, "ExtGState", operands[-1])
        dict_ = self.doc.resolve(value)
        if type(dict_) is dict and graphics.apply_ext_gstate(self, frame, value, dict_):
            frame.transparent = True

    def op_ri(self, frame: Frame, operands: list[Any]) -> None:
        if operands and type(operands[-1]) is str:
            self.ctx.judge("CosRenderingIntent", operands[-1], frame.where, operands[-1])

    # -- colour -----------------------------------------------------------------------------------

    def _device(self, frame: Frame, space: Space, stroke: bool) -> None:
        if frame.colourless:
            return
        found = color.parse(self.ctx, space.kind, frame.resources) or space
        color.judge(self.ctx, found, frame.where)
        if stroke:
            frame.state.stroke, frame.state.stroke_pattern = found, None
        else:
            frame.state.fill, frame.state.fill_pattern = found, None

    def _space(self, frame: Frame, operands: list[Any], stroke: bool) -> None:
        if frame.colourless or not operands or type(operands[-1]) is not str:
            return
        space = color.parse(self.ctx, operands[-1], frame.resources) or GRAY
        color.judge(self.ctx, space, frame.where)
        if stroke:
            frame.state.stroke, frame.state.stroke_pattern = space, None
        else:
            frame.state.fill, frame.state.fill_pattern = space, None

    def _pattern(self, frame: Frame, operands: list[Any], stroke: bool) -> None:
        state = frame.state
        if not frame.colourless:
            space = state.stroke if stroke else state.fill
            color.judge(self.ctx, space, frame.where)
        if frame.colourless or not operands or type(operands[-1]) is not str:
            return
        value = frame.resources.lookup(self.ctx, "Pattern", operands[-1])
        if value is None:
            return
        if stroke:
            frame.state.stroke_pattern = value
        else:
            frame.state.fill_pattern = value

    def paint(self, frame: Frame, stroke: bool) -> None:
        """Judge the colour that a painting operator uses."""
        self.marks += 1
        state = frame.state
        frame.transparent |= state.alpha_stroke if stroke else state.alpha_fill
        space = state.stroke if stroke else state.fill
        pattern = state.stroke_pattern if stroke else state.fill_pattern
        if frame.colourless and space is None:
            return
        if space is not None and space.kind == "Pattern":
            if pattern is not None:
                self._paint_pattern(frame, pattern, space)
            return
        overprint = state.op_stroke if stroke else state.op_fill
        color.judge(self.ctx, space, frame.where, overprint, state.op_mode)

    def _paint_pattern(self, frame: Frame, value: Any, space: Space) -> None:
        doc = self.doc
        pattern = doc.resolve(value)
        kind = doc.integer(doc.dict_of(pattern).get("PatternType"))
        if kind == 1 and isinstance(pattern, Stream):
            uncoloured = doc.integer(pattern.dict.get("PaintType")) == 2
            if uncoloured and space.base is not None:
                color.judge(self.ctx, space.base, frame.where, frame.state.op_fill, frame.state.op_mode)
            state = frame.state.copy()
            if not uncoloured:
                state.fill, state.stroke = GRAY, GRAY
            else:
                state.fill = state.stroke = space.base
            state.fill_pattern = state.stroke_pattern = None
            own = doc.resolve(pattern.dict.get("Resources"))
            own = own if type(own) is dict else None
            key = ("pattern", pattern.key, state.signature())
            if pattern.key in self._running:
                return
            known = self._cache.get(key)
            if known is None:
                self._running.add(pattern.key)
                try:
                    data = pattern.data() or b""
                    pattern.forget()
                    known = self.run(
                        data, Resources(own, frame.resources.merged()), state, f"{frame.where} / pattern",
                        colourless=uncoloured,
                    )  # fmt: skip
                finally:
                    self._running.discard(pattern.key)
                self._cache[key] = known
            frame.transparent |= known
        elif kind == 2:
            dict_ = doc.dict_of(pattern)
            self.shading(frame, dict_.get("Shading"))
            state_dict = doc.resolve(dict_.get("ExtGState"))
            if type(state_dict) is dict and graphics.apply_ext_gstate(
                self, frame, dict_.get("ExtGState"), state_dict
            ):
                frame.transparent = True

    def shading(self, frame: Frame, value: Any) -> None:
        """Judge the colour space of a shading."""
        shading = self.doc.dict_of(value)
        if "ColorSpace" in shading:
            space = color.parse(self.ctx, shading["ColorSpace"], frame.resources)
            state = frame.state
            color.judge(self.ctx, space, f"{frame.where} / shading", state.op_fill, state.op_mode)

    # -- painting ---------------------------------------------------------------------------------

    def op_fill(self, frame: Frame, operands: list[Any]) -> None:
        self.paint(frame, False)

    def op_stroke(self, frame: Frame, operands: list[Any]) -> None:
        self.paint(frame, True)

    def op_both(self, frame: Frame, operands: list[Any]) -> None:
        self.paint(frame, False)
        self.paint(frame, True)

    def op_sh(self, frame: Frame, operands: list[Any]) -> None:
        self.marks += 1
        if operands and type(operands[-1]) is str:
            value = frame.resources.lookup(self.ctx, "Shading", operands[-1])
            if value is not None and not frame.colourless:
                self.shading(frame, value)

    def op_do(self, frame: Frame, operands: list[Any]) -> None:
        if not operands or type(operands[-1]) is not str:
            return
        value = frame.resources.lookup(self.ctx, "XObject", operands[-1])
        stream = self.doc.stream(value)
        if stream is None:
            return
        subtype = self.doc.name(stream.dict.get("Subtype"))
        where = f"{frame.where} / {operands[-1]}"
        if subtype == "Image":
            self.marks += 1
            graphics.judge_image(self, stream, frame, where)
        elif subtype == "Form":
            graphics.judge_xobject(self.ctx, stream, where)
            frame.transparent |= self.form(stream, frame.resources, frame.state, where, frame)
        else:
            graphics.judge_xobject(self.ctx, stream, where)

    # -- text -------------------------------------------------------------------------------------

    def op_tf(self, frame: Frame, operands: list[Any]) -> None:
        names = [o for o in operands if type(o) is str]
        if names:
            self.set_font(frame, frame.resources.lookup(self.ctx, "Font", names[-1]))

    def set_font(self, frame: Frame, value: Any) -> None:
        """Make a font dictionary the current font."""
        from harness.pdfa.facts.fonts.font import load

        dict_ = self.doc.resolve(value)
        frame.state.font = load(self.ctx, value, dict_) if type(dict_) is dict else None

    def op_tr(self, frame: Frame, operands: list[Any]) -> None:
        if operands and type(operands[-1]) in (int, float) and abs(operands[-1]) < 100:
            frame.state.mode = int(operands[-1])

    def op_show(self, frame: Frame, operands: list[Any]) -> None:
        if operands and type(operands[-1]) is bytes:
            self.show(frame, operands[-1])

    def op_show_array(self, frame: Frame, operands: list[Any]) -> None:
        if operands and type(operands[-1]) is list:
            text = [item for item in operands[-1] if type(item) is bytes]
            for piece in text:
                self.show(frame, piece)

    def show(self, frame: Frame, text: bytes) -> None:
        """Use the glyphs of ``text``; judge the colours unless the text is invisible."""
        state = frame.state
        font = state.font
        mode = state.mode
        if mode in (0, 2, 4, 6) or not 0 <= mode <= 7:
            self.paint(frame, False)
        if mode in (1, 2, 5, 6):
            self.paint(frame, True)
        if font is not None:
            font.show(self, frame, text)

    # -- marked content ---------------------------------------------------------------------------

    def op_bmc(self, frame: Frame, operands: list[Any]) -> None:
        frame.marked.append((False, None))

    def op_bdc(self, frame: Frame, operands: list[Any]) -> None:
        properties = self._properties(frame, operands)
        mcid = self.doc.integer(properties.get("MCID")) if properties else None
        frame.marked.append((bool(properties) and "ActualText" in properties, mcid))
        if len(frame.marked) > 100_000:
            raise LimitExceeded("depth")

    def _properties(self, frame: Frame, operands: list[Any]) -> dict[str, Any]:
        from harness.pdfa.facts.document.structure import check_lang

        if len(operands) < 2:
            return {}
        value = operands[-1]
        if type(value) is str:
            value = self.doc.resolve(frame.resources.lookup(self.ctx, "Properties", value))
        if type(value) is not dict:
            return {}
        if "AF" in value:
            self.doc.facts.append(("AF", value, -1))
        if "Lang" in value:
            check_lang(self.ctx, value["Lang"], f"{frame.where} / marked content")
        return value

    def op_dp(self, frame: Frame, operands: list[Any]) -> None:
        self._properties(frame, operands)

    def op_emc(self, frame: Frame, operands: list[Any]) -> None:
        if frame.marked:
            frame.marked.pop()

    def op_d1(self, frame: Frame, operands: list[Any]) -> None:
        frame.colourless = True


_SIGNS = re.compile(rb"[+-]+\d*")


def _signed(word: bytes, sink: Any) -> float:
    """A number with several signs, or signs alone (which count as an integer out of range)."""
    digits = word.lstrip(b"+-")
    if not digits:
        sink("CosInteger", SizeFact(-1e300))
        return 0
    return -int_of(digits, sink) if word.startswith(b"-") else int_of(digits, sink)


def _number_tree(doc: Document, node: dict[str, Any], number: int, depth: int = 0) -> Any:
    """Value of a key in a number tree."""
    pairs = doc.array(node.get("Nums"))
    for key, value in zip(pairs[::2], pairs[1::2], strict=False):
        if doc.integer(key) == number:
            return value
    if depth > 20:
        return None
    for kid in doc.array(node.get("Kids")):
        child = doc.dict_of(kid)
        limits = [doc.integer(v) for v in doc.array(child.get("Limits"))]
        if (
            len(limits) == 2
            and limits[0] is not None
            and limits[1] is not None
            and not limits[0] <= number <= limits[1]
        ):
            continue
        found = _number_tree(doc, child, number, depth + 1)
        if found is not None:
            return found
    return None


def _close(opened: str, items: list[Any]) -> Any:
    if opened == "[":
        return items
    return {k: v for k, v in zip(items[::2], items[1::2], strict=False) if type(k) is str and v is not None}


_WORDS: dict[bytes, Any] = {b"true": True, b"false": False, b"null": None}

_Handler = Callable[[Interpreter, Frame, list[Any]], None]


def _device_op(space: Space, stroke: bool) -> _Handler:
    return lambda self, frame, operands: self._device(frame, space, stroke)


_OPERATORS: dict[bytes, _Handler] = {
    b"q": Interpreter.op_q, b"Q": Interpreter.op_big_q, b"gs": Interpreter.op_gs, b"ri": Interpreter.op_ri,
    b"g": _device_op(GRAY, False), b"G": _device_op(GRAY, True),
    b"rg": _device_op(RGB, False), b"RG": _device_op(RGB, True),
    b"k": _device_op(CMYK, False), b"K": _device_op(CMYK, True),
    b"cs": lambda self, frame, operands: self._space(frame, operands, False),
    b"CS": lambda self, frame, operands: self._space(frame, operands, True),
    b"scn": lambda self, frame, operands: self._pattern(frame, operands, False),
    b"SCN": lambda self, frame, operands: self._pattern(frame, operands, True),
    b"sc": lambda self, frame, operands: self._pattern(frame, operands, False),
    b"SC": lambda self, frame, operands: self._pattern(frame, operands, True),
    b"f": Interpreter.op_fill, b"F": Interpreter.op_fill, b"f*": Interpreter.op_fill,
    b"S": Interpreter.op_stroke, b"s": Interpreter.op_stroke,
    b"B": Interpreter.op_both, b"B*": Interpreter.op_both, b"b": Interpreter.op_both, b"b*": Interpreter.op_both,
    b"sh": Interpreter.op_sh, b"Do": Interpreter.op_do,
    b"Tf": Interpreter.op_tf, b"Tr": Interpreter.op_tr, b"Tj": Interpreter.op_show, b"'": Interpreter.op_show,
    b'"': Interpreter.op_show, b"TJ": Interpreter.op_show_array,
    b"BMC": Interpreter.op_bmc, b"BDC": Interpreter.op_bdc, b"EMC": Interpreter.op_emc, b"DP": Interpreter.op_dp,
    b"d1": Interpreter.op_d1,
}  # fmt: skip

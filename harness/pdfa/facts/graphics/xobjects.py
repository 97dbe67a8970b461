"""XObjects that are drawn: images with their masks, forms with their groups (ISO 32000-1, 8.8–8.10, 11.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.graphics import jpx
from harness.pdfa.facts.graphics.color.spaces import Colors
from harness.pdfa.facts.graphics.frame import Frame, Operators, State, name_operand
from harness.pdfa.facts.graphics.nested import NestedStreams
from harness.pdfa.facts.graphics.painting import Painter
from harness.pdfa.facts.graphics.resources import Resources
from harness.pdfa.facts.metadata import packets
from harness.pdfa.file.objects import Stream


@dataclass(slots=True)
class ImageFact:
    """An image dictionary (keys of inline images written out)."""

    dict: dict[str, Any]
    bits: float | None


@dataclass(slots=True)
class XObjectFact:
    """An XObject stream dictionary."""

    subtype: str | None
    dict: dict[str, Any]
    soft_mask: bool


@dataclass(slots=True)
class FormFact:
    """A form XObject: its dictionary and Subtype2."""

    dict: dict[str, Any]
    subtype2: str | None


_IMAGE_KEYS = {"Alternates", "OPI", "Interpolate", "BitsPerComponent", "ImageMask", "SMask", "Filter"}


class XObjects:
    """``Do``, and everything that it draws."""

    def __init__(self, ctx: Context, colors: Colors, painter: Painter, nested: NestedStreams) -> None:
        self.ctx = ctx
        self.doc = ctx.doc
        self.colors = colors
        self.painter = painter
        self.nested = nested
        self._alpha: set[int] = set()  # images with opacity in their JPEG 2000 data
        self._jpeg2000: dict[int, jpx.JpxFact] = {}

    def operators(self) -> Operators:
        """The operators of this kind."""
        return {b"Do": self._do}

    def _do(self, frame: Frame, operands: list[Any]) -> None:
        name = name_operand(operands)
        if name is None:
            return
        stream = self.doc.stream(frame.resources.lookup("XObject", name))
        if stream is None:
            return
        subtype = self.doc.name(stream.dict.get("Subtype"))
        where = f"{frame.where} / {name}"
        with self.ctx.inside(stream):
            if subtype == "Image":
                self.painter.marks += 1
                self._image(stream, frame, where)
                return
            self._xobject(stream, where)
        if subtype == "Form":
            frame.transparent |= self.form(stream, frame.resources, frame.state, where, frame)

    def _xobject(self, stream: Stream, where: str) -> None:
        """Facts of images, forms and PostScript XObjects alike, once per stream."""
        if not self.ctx.first("XObject", stream.key.num):
            return
        mask = self.doc.resolve(stream.dict.get("SMask"))
        subtype = self.doc.name(stream.dict.get("Subtype"))
        fact = XObjectFact(subtype, stream.dict, mask is not None and mask != "None")
        self.ctx.emit("PDXObject", fact, where)
        packets.walk_other(self.ctx, stream.dict, where)

    # -- forms ------------------------------------------------------------------------------------

    def form(
        self, stream: Stream, resources: Resources, state: State, where: str, frame: Frame | None = None
    ) -> bool:
        """Run a form (or appearance) with the caller's state; True when it paints with transparency."""
        own = self.doc.resolve(stream.dict.get("Resources"))
        own = own if type(own) is dict else None
        marked = [m for m in frame.marked if m[0] or m[1] is not None] if frame is not None else []
        colourless = frame.colourless if frame is not None else False
        key = (
            stream.key, state.signature(), id(resources.merged()) if own is None else None,
            self.ctx.level == "a" and bool(marked), colourless,
        )  # fmt: skip

        def run() -> bool:
            self._form_facts(stream, where)
            inner = Resources(self.doc, own, resources.merged())
            group = self.doc.resolve(stream.dict.get("Group"))
            transparent = self.group(group, inner, where)
            data = stream.data()
            stream.forget()
            if data:
                transparent |= self.nested.run(
                    data, inner, state.copy(), where, marked=marked, colourless=colourless,
                    struct_parents=self.doc.integer(stream.dict.get("StructParents")),
                )  # fmt: skip
            return transparent

        with self.ctx.inside(stream):
            return self.nested.once(stream, key, run)

    def _form_facts(self, stream: Stream, where: str) -> None:
        if self.ctx.first("form", stream.key):
            self._xobject(stream, where)
            subtype2 = self.doc.name(stream.dict.get("Subtype2"))
            self.ctx.emit("PDXForm", FormFact(stream.dict, subtype2), where)

    def group(self, group: Any, resources: Resources, where: str) -> bool:
        """Facts of a group dictionary, if it is one; True when it is a transparency group."""
        if type(group) is not dict:
            return False
        kind = self.doc.name(group.get("S"))
        self.ctx.emit("PDGroup", kind, where)
        if "CS" in group:
            self.colors.use(self.colors.parse(group["CS"], resources), f"{where} / Group")
        return kind == "Transparency"

    # -- images -----------------------------------------------------------------------------------

    def _image(self, stream: Stream, frame: Frame, where: str, soft_mask: bool = False) -> None:
        """Facts of an image with its masks and colour space; masks do not paint colour of their own."""
        doc, dict_ = self.doc, stream.dict
        is_mask = doc.resolve(dict_.get("ImageMask")) is True
        frame.transparent |= frame.state.alpha_fill
        if doc.stream(dict_.get("SMask")) is not None:
            frame.transparent = True
        if is_mask:
            self.painter.paint(frame, False)
        elif not soft_mask and not frame.colourless and (value := self._color_space(stream)) is not None:
            space = self.colors.parse(value, frame.resources)
            self.colors.use(space, where, frame.state.op_fill, frame.state.op_mode)
        first = self.ctx.first("image", stream.key.num)
        if first:
            self._image_facts(stream, where, is_mask and soft_mask)
        frame.transparent |= stream.key.num in self._alpha
        if first:
            self._image_parts(stream, frame, where)

    def _color_space(self, stream: Stream) -> Any:
        """The colour space of an image: that of its dictionary, else CMYK when its JPEG 2000 data say so."""
        if "ColorSpace" in stream.dict or "JPXDecode" not in stream.filters():
            return stream.dict.get("ColorSpace")
        chosen = self._jpx(stream).chosen
        return "DeviceCMYK" if chosen is not None and chosen[2] == jpx.CMYK else None

    def _jpx(self, stream: Stream) -> jpx.JpxFact:
        number = stream.key.num
        if number not in self._jpeg2000:
            self._jpeg2000[number] = jpx.read(stream)
        return self._jpeg2000[number]

    def _image_facts(self, stream: Stream, where: str, mask_of_image: bool) -> None:
        ctx, doc, dict_ = self.ctx, self.doc, stream.dict
        self._xobject(stream, where)
        keys = {k: doc.resolve(v) for k, v in dict_.items() if k in _IMAGE_KEYS}
        fact = ImageFact(keys, doc.number(dict_.get("BitsPerComponent")))
        # as the reference: the rule on masks is about the mask of another image
        ctx.emit("PDMaskImage" if mask_of_image else "PDXImage", fact, where)
        ctx.emit("PDImageKeys", fact, where)
        intent = doc.name(dict_.get("Intent"))
        if intent is not None:
            ctx.emit("CosRenderingIntent", intent, where, intent)
        if "JPXDecode" in stream.filters():
            ctx.emit("JPEG2000", self._jpx(stream), where)
            if (doc.integer(dict_.get("SMaskInData")) or 0) > 0:
                self._alpha.add(stream.key.num)

    def _image_parts(self, stream: Stream, frame: Frame, where: str) -> None:
        """The masks and alternates of an image."""
        doc = self.doc
        for name in ("SMask", "Mask"):
            inner = doc.stream(stream.dict.get(name))
            if inner is not None and inner is not stream:
                self._image(inner, frame, f"{where} / {name}", True)
        for item in doc.array(stream.dict.get("Alternates"))[:100]:
            inner = doc.stream(doc.dict_of(item).get("Image"))
            if inner is not None and inner is not stream:
                self._image(inner, frame, f"{where} / alternate")

"""Facts about extended graphics states, halftones, images and form XObjects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.pdfa.facts.graphics import color, jpx
from harness.pdfa.facts.metadata import metadata
from harness.pdfa.file.cos import Stream

if TYPE_CHECKING:
    from harness.pdfa.facts.context import Context
    from harness.pdfa.facts.graphics.content import Frame, Interpreter


@dataclass(slots=True)
class ExtGStateFact:
    """An ExtGState dictionary in use, values resolved one level."""

    dict: dict[str, Any]


@dataclass(slots=True)
class HalftoneFact:
    """One halftone; ``colorant`` is its key in a type 5 halftone."""

    kind: float | None
    has_name: bool
    transfer: bool
    colorant: str | None


@dataclass(slots=True)
class ImageFact:
    """An image dictionary (keys of inline images written out)."""

    dict: dict[str, Any]
    bits: float | None
    mask: bool
    inline: bool


@dataclass(slots=True)
class XObjectFact:
    """An XObject stream dictionary."""

    subtype: str | None
    dict: dict[str, Any]
    soft_mask: bool


def apply_ext_gstate(interpreter: Interpreter, frame: Frame, value: Any, raw: dict[str, Any]) -> bool:
    """Apply an ExtGState to the state, judging it the first time; True when it brings transparency."""
    ctx, doc, state = interpreter.ctx, interpreter.doc, frame.state
    if "OP" in raw or "op" in raw:
        stroke = doc.resolve(raw.get("OP"))
        fill = doc.resolve(raw.get("op"))
        if type(stroke) is bool:
            state.op_stroke = stroke
            if type(fill) is not bool:
                state.op_fill = stroke
        if type(fill) is bool:
            state.op_fill = fill
    if "OPM" in raw:
        state.op_mode = doc.integer(raw["OPM"]) or 0
    if "Font" in raw:
        entry = doc.array(raw["Font"])
        if entry:
            interpreter.set_font(frame, entry[0])
    for name in ("ca", "CA"):
        alpha = doc.number(raw.get(name))
        if alpha is not None:
            setattr(state, "alpha_fill" if name == "ca" else "alpha_stroke", alpha < 1.0)
    key = doc.key(value)
    known = ctx.seen_states.get(key)
    if known is not None:
        return known
    ctx.seen_states[key] = False
    resolved = {k: doc.resolve(v) for k, v in raw.items()}
    where = f"{frame.where} / ExtGState"
    ctx.judge("PDExtGState", ExtGStateFact(resolved), where)
    intent = resolved.get("RI")
    if type(intent) is str:
        ctx.judge("CosRenderingIntent", intent, where, intent)
    if "HT" in resolved:
        _halftone(ctx, resolved["HT"], None, f"{where} / HT")
    transparent = _blends(ctx, resolved, where)
    ctx.seen_states[key] = transparent
    return transparent


def _blends(ctx: Context, state: dict[str, Any], where: str) -> bool:
    transparent = False
    mode = state.get("BM")
    modes = [ctx.doc.resolve(m) for m in mode] if type(mode) is list else [mode]
    for one in modes:
        if type(one) is str:
            ctx.judge("CosBM", one, where, one)
    if modes and type(modes[0]) is str and modes[0] not in ("Normal", "Compatible"):
        transparent = True
    if type(state.get("SMask")) is dict:
        transparent = True
    return transparent


def _halftone(ctx: Context, value: Any, colorant: str | None, where: str, depth: int = 0) -> None:
    doc = ctx.doc
    found = doc.resolve(value)
    dict_ = found.dict if isinstance(found, Stream) else found
    if type(dict_) is not dict or depth > 3:
        return
    kind = doc.number(dict_.get("HalftoneType"))
    fact = HalftoneFact(kind, "HalftoneName" in dict_, "TransferFunction" in dict_, colorant)
    ctx.judge("PDHalftone", fact, where)
    if kind == 5:
        for key, item in dict_.items():
            if key not in ("Type", "HalftoneType", "HalftoneName"):
                _halftone(ctx, item, key, f"{where} / {key}", depth + 1)


def judge_xobject(ctx: Context, stream: Stream, where: str) -> None:
    """Rules that hold for images, forms and PostScript XObjects alike."""
    key = ("xobject", stream.key.num)
    if key in ctx.seen_objects:
        return
    ctx.seen_objects.add(key)
    doc = ctx.doc
    subtype = doc.name(stream.dict.get("Subtype"))
    if subtype == "Form" and doc.name(stream.dict.get("Subtype2")) == "PS":
        subtype = "Form"
    mask = doc.resolve(stream.dict.get("SMask"))
    ctx.judge("PDXObject", XObjectFact(subtype, stream.dict, mask is not None and mask != "None"), where)
    metadata.check_other(ctx, stream.dict, where)


def judge_form(ctx: Context, stream: Stream, where: str) -> None:
    """Rules on form XObjects."""
    judge_xobject(ctx, stream, where)
    doc = ctx.doc
    subtype2 = doc.name(stream.dict.get("Subtype2"))
    ctx.judge("PDXForm", (stream.dict, subtype2), where)


def judge_image(
    interpreter: Interpreter, stream: Stream, frame: Frame, where: str, soft_mask: bool = False
) -> None:
    """Judge an image XObject with its masks and colour space; masks do not paint colour of their own."""
    ctx, doc = interpreter.ctx, interpreter.doc
    dict_ = stream.dict
    is_mask = doc.resolve(dict_.get("ImageMask")) is True
    frame.transparent |= frame.state.alpha_fill
    if doc.stream(dict_.get("SMask")) is not None:
        frame.transparent = True
    if is_mask:
        interpreter.paint(frame, False)
    else:
        _image_space(interpreter, stream, frame, where, soft_mask)
    key = ("image", stream.key.num)
    if key in ctx.seen_objects:
        frame.transparent |= ("jpx alpha", stream.key.num) in ctx.seen_objects
        return
    ctx.seen_objects.add(key)
    judge_xobject(ctx, stream, where)
    bits = doc.number(dict_.get("BitsPerComponent"))
    fact = ImageFact({k: doc.resolve(v) for k, v in dict_.items() if k in _IMAGE_KEYS}, bits, is_mask, False)
    # as the reference: the rule on masks is about the mask of another image
    ctx.judge("PDMaskImage" if is_mask and soft_mask else "PDXImage", fact, where)
    ctx.judge("PDImageKeys", fact, where)
    intent = doc.name(dict_.get("Intent"))
    if intent is not None:
        ctx.judge("CosRenderingIntent", intent, where, intent)
    if "JPXDecode" in stream.filters():
        fact_jpx = jpx.read(stream)
        if fact_jpx is not None:
            ctx.judge("JPEG2000", fact_jpx, where)
        if (doc.integer(dict_.get("SMaskInData")) or 0) > 0:
            ctx.seen_objects.add(("jpx alpha", stream.key.num))
            frame.transparent = True
    for name in ("SMask", "Mask"):
        inner = doc.stream(dict_.get(name))
        if inner is not None and inner is not stream:
            judge_image(interpreter, inner, frame, f"{where} / {name}", True)
    alternates = doc.array(dict_.get("Alternates"))
    for item in alternates[:100]:
        inner = doc.stream(doc.dict_of(item).get("Image"))
        if inner is not None and inner is not stream:
            judge_image(interpreter, inner, frame, f"{where} / alternate")


_IMAGE_KEYS = {"Alternates", "OPI", "Interpolate", "BitsPerComponent", "ImageMask", "SMask", "Filter"}


def _image_space(interpreter: Interpreter, stream: Stream, frame: Frame, where: str, soft_mask: bool) -> None:
    ctx = interpreter.ctx
    if soft_mask or frame.colourless or "ColorSpace" not in stream.dict:
        return
    space = color.parse(ctx, stream.dict["ColorSpace"], frame.resources)
    color.judge(ctx, space, where, frame.state.op_fill, frame.state.op_mode)


_INLINE_KEYS = {
    "BPC": "BitsPerComponent", "CS": "ColorSpace", "D": "Decode", "DP": "DecodeParms", "F": "Filter", "H": "Height",  # noqa: E501
    "IM": "ImageMask", "I": "Interpolate", "W": "Width",
}  # fmt: skip


def judge_inline(ctx: Context, image: dict[str, Any], frame: Frame) -> None:
    """Judge an inline image."""
    full = {_INLINE_KEYS.get(k, k): v for k, v in image.items()}
    where = f"{frame.where} / inline image"
    is_mask = full.get("ImageMask") is True
    bits = full.get("BitsPerComponent")
    fact = ImageFact(full, bits if type(bits) in (int, float) else None, is_mask, True)
    ctx.judge("PDXImage", fact, where)
    ctx.judge("PDImageKeys", fact, where)
    value = full.get("Filter")
    for name in value if type(value) is list else [value]:
        if type(name) is str:
            ctx.judge("CosIIFilter", name, where, name)
    intent = full.get("Intent")
    if type(intent) is str:
        ctx.judge("CosRenderingIntent", intent, where, intent)
    if is_mask:
        ctx.interpreter.paint(frame, False)
    elif "ColorSpace" in full and not frame.colourless:
        space = color.parse(ctx, full["ColorSpace"], frame.resources)
        color.judge(ctx, space, where, frame.state.op_fill, frame.state.op_mode)

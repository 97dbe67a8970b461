"""Defects in colour, images, graphics state and XObjects."""

from __future__ import annotations

from typing import Any

from .builder import Doc, Ref, Stream, icc
from .cases import case

TINT = {"FunctionType": 2, "Domain": [0, 1], "C0": [0, 0, 0], "C1": [1, 0, 0], "N": 1}


def profile_space(d: Doc, space: str = "RGB ", n: int = 3, kind: str = "mntr", version: int = 2) -> list[Any]:
    """An ICCBased colour space."""
    return ["/ICCBased", d.stream(icc(space, kind, version), N=n)]


def device_n(d: Doc, count: int, listed: bool) -> None:
    """Paint with a DeviceN space of ``count`` spot colours."""
    names = [f"/Spot{i}" for i in range(count)]
    function = d.stream(
        b"{" + b"pop " * count + b"0 0 0}", FunctionType=4, Domain=[0, 1] * count, Range=[0, 1, 0, 1, 0, 1]
    )
    colorants = {n[1:]: ["/Separation", n, "/DeviceRGB", TINT] for n in names} if listed else {}
    d.resource("ColorSpace", "CN", ["/DeviceN", names, "/DeviceRGB", function, {"Colorants": colorants}])
    d.draw(b"/CN cs " + b"1 " * count + b"scn 0 0 9 9 re f")


def use_state(d: Doc, **entries: Any) -> None:
    """Set an extended graphics state on the page and paint."""
    d.resource("ExtGState", "GS", {"Type": "/ExtGState", **entries})
    d.draw(b"/GS gs 0 0 9 9 re f")


def use_xobject(d: Doc, ref: Ref, name: str = "X1") -> None:
    """Paint an XObject."""
    d.resource("XObject", name, ref)
    d.draw(b"/%s Do" % name.encode())


# -- profiles and colour ------------------------------------------------------------------------------


@case("6.2.2-1", "6.2.3-1")
def output_profile(d: Doc, bad: bool) -> None:
    d.intent["DestOutputProfile"] = d.stream(icc(kind="scnr" if bad else "prtr"), N=3)


@case("6.2.2-2", "6.2.3-2")
def one_profile(d: Doc, bad: bool) -> None:
    other = d.stream(icc(), N=3) if bad else d.intent["DestOutputProfile"]
    d.catalog["OutputIntents"].append({**d.intent, "S": "/GTS_PDFX", "DestOutputProfile": other})


@case(None, "6.2.3-3")
def profile_reference(d: Doc, bad: bool) -> None:
    intent = {**d.intent, "S": "/GTS_PDFX"}
    if bad:
        intent["DestOutputProfileRef"] = {}
    d.catalog["OutputIntents"].append(intent)


@case("6.2.3.2-1", "6.2.4.2-1")
def input_profile(d: Doc, bad: bool) -> None:
    d.resource("ColorSpace", "C1", profile_space(d, kind="link" if bad else "spac"))
    d.draw(b"/C1 cs 1 0 0 sc 0 0 9 9 re f")


@case("6.2.3.2-2")
def profile_components(d: Doc, bad: bool) -> None:
    d.resource("ColorSpace", "C1", profile_space(d, "GRAY" if bad else "RGB "))
    d.draw(b"/C1 cs 1 0 0 sc 0 0 9 9 re f")


@case("6.2.3.3-1", "6.2.4.3-2")
def device_rgb(d: Doc, bad: bool) -> None:
    if bad:
        d.intent["DestOutputProfile"] = d.stream(icc("CMYK", "prtr"), N=4)
    d.draw(b"1 0 0 rg 0 0 9 9 re f")


@case("6.2.3.3-2", "6.2.4.3-3")
def device_cmyk(d: Doc, bad: bool) -> None:
    if not bad:
        d.intent["DestOutputProfile"] = d.stream(icc("CMYK", "prtr"), N=4)
    d.draw(b"1 0 0 0 k 0 0 9 9 re f")


@case("6.2.3.3-3", "6.2.4.3-4")
def device_gray(d: Doc, bad: bool) -> None:
    del d.catalog["OutputIntents"]
    if not bad:
        d.resource("ColorSpace", "DefaultGray", profile_space(d, "GRAY", 1))
        d.content = b"0 g\n" + d.content


@case(None, "6.2.4.2-2")
def overprint(d: Doc, bad: bool) -> None:
    d.resource("ColorSpace", "C1", profile_space(d, "CMYK", 4, "prtr"))
    d.resource("ExtGState", "GS", {"op": True, "OP": True, "OPM": 1 if bad else 0})
    d.draw(b"/GS gs /C1 cs 1 0 0 0 sc 0 0 9 9 re f")


@case(None, "6.2.4.4-1")
def colorants(d: Doc, bad: bool) -> None:
    device_n(d, 2, not bad)


@case(None, "6.2.4.4-2")
def separations(d: Doc, bad: bool) -> None:
    d.resource("ColorSpace", "S1", ["/Separation", "/Spot", "/DeviceRGB", TINT])
    d.resource("ColorSpace", "S2", ["/Separation", "/Spot", "/DeviceRGB", {**TINT, "N": 2 if bad else 1}])
    d.draw(b"/S1 cs 1 scn 0 0 9 9 re f /S2 cs 1 scn 0 0 9 9 re f")


@case("6.2.9-1", "6.2.6-1")
def intent(d: Doc, bad: bool) -> None:
    d.draw(b"/Foo ri" if bad else b"/Perceptual ri")


@case("6.2.10-1", "6.2.2-1")
def operator(d: Doc, bad: bool) -> None:
    d.draw(b"BX foo EX" if bad else b"BX EX")


@case(None, "6.2.2-2")
def inherited_resources(d: Doc, bad: bool) -> None:
    if bad:
        d.pages["Resources"] = d.page.pop("Resources")


# -- graphics state -----------------------------------------------------------------------------------


@case("6.2.8-1", "6.2.5-1")
def transfer(d: Doc, bad: bool) -> None:
    use_state(d, **({"TR": "/Identity"} if bad else {"TR2": "/Default"}))


@case("6.2.8-2", "6.2.5-2")
def transfer2(d: Doc, bad: bool) -> None:
    use_state(d, TR2="/Identity" if bad else "/Default")


@case(None, "6.2.5-3")
def halftone_phase(d: Doc, bad: bool) -> None:
    use_state(d, **({"HTP": [0, 0]} if bad else {"LW": 1}))


HALFTONE = {"Type": "/Halftone", "HalftoneType": 1, "Frequency": 60, "Angle": 0, "SpotFunction": "/Round"}


@case(None, "6.2.5-4")
def halftone_type(d: Doc, bad: bool) -> None:
    if bad:
        ht: Any = d.stream(b"\0", Type="/Halftone", HalftoneType=6, Width=1, Height=1)
    else:
        ht = HALFTONE
    use_state(d, HT=ht)


@case(None, "6.2.5-5")
def halftone_name(d: Doc, bad: bool) -> None:
    use_state(d, HT={**HALFTONE, "HalftoneName": "Own"} if bad else HALFTONE)


@case(None, "6.2.5-6")
def halftone_transfer(d: Doc, bad: bool) -> None:
    cyan = {**HALFTONE, "TransferFunction": "/Identity"} if bad else HALFTONE
    use_state(d, HT={"Type": "/Halftone", "HalftoneType": 5, "Cyan": cyan, "Default": HALFTONE})


@case("6.4-1")
def soft_mask(d: Doc, bad: bool) -> None:
    use_state(d, SMask={"S": "/Alpha", "G": d.form()} if bad else "/None")


@case("6.4-2")
def image_soft_mask(d: Doc, bad: bool) -> None:
    extra = {"SMask": d.image(ColorSpace="/DeviceGray", data=b"\0")} if bad else {}
    use_xobject(d, d.image(**extra))


@case("6.4-3")
def group(d: Doc, bad: bool) -> None:
    use_xobject(d, d.form(Group={"S": "/Transparency" if bad else "/Other"}))


@case("6.4-4")
def blend_part1(d: Doc, bad: bool) -> None:
    use_state(d, BM="/Multiply" if bad else "/Compatible")


@case("6.4-5")
def opaque_stroke(d: Doc, bad: bool) -> None:
    use_state(d, CA=0.5 if bad else 1.0)


@case("6.4-6")
def opaque_fill(d: Doc, bad: bool) -> None:
    use_state(d, ca=0.5 if bad else 1)


@case(None, "6.2.10-1")
def blend_part2(d: Doc, bad: bool) -> None:
    use_state(d, BM="/Foo" if bad else "/Multiply")


@case(None, "6.2.10-2")
def blending_space(d: Doc, bad: bool) -> None:
    del d.catalog["OutputIntents"]
    space = profile_space(d)
    d.resource("ColorSpace", "C1", space)
    d.content = b"/C1 cs 0 0 0 sc\n" + d.content
    use_state(d, ca=0.5)
    if not bad:
        d.page["Group"] = {"S": "/Transparency", "CS": space}


# -- XObjects -----------------------------------------------------------------------------------------


@case("6.2.4-2")
def opi_part1(d: Doc, bad: bool) -> None:
    use_xobject(d, d.image(**({"OPI": {}} if bad else {})))


@case("6.2.7-1", "6.2.9-3")
def postscript(d: Doc, bad: bool) -> None:
    ref = d.add(Stream({"Type": "/XObject", "Subtype": "/PS"}, b"")) if bad else d.form()
    use_xobject(d, ref)


@case("6.2.5-1", "6.2.9-1")
def form_postscript(d: Doc, bad: bool) -> None:
    use_xobject(d, d.form(**({"PS": d.stream(b"")} if bad else {})))


@case("6.2.6-1", "6.2.9-2")
def reference(d: Doc, bad: bool) -> None:
    use_xobject(d, d.form(**({"Ref": {"F": "a.pdf", "Page": 0}} if bad else {})))


@case("6.2.4-1", "6.2.8-1")
def alternates(d: Doc, bad: bool) -> None:
    use_xobject(d, d.image(**({"Alternates": []} if bad else {})))


@case(None, "6.2.8-2")
def opi_part2(d: Doc, bad: bool) -> None:
    use_xobject(d, d.image(**({"OPI": {}} if bad else {})))


@case("6.2.4-3", "6.2.8-3")
def interpolation(d: Doc, bad: bool) -> None:
    use_xobject(d, d.image(Interpolate=bad))


@case("6.2.4-4", "6.2.8-4")
def bits(d: Doc, bad: bool) -> None:
    use_xobject(d, d.image(BitsPerComponent=3 if bad else 4))


@case("6.2.4-5", "6.2.8-5")
def mask_bits(d: Doc, bad: bool) -> None:
    mask = Stream(
        {
            "Type": "/XObject", "Subtype": "/Image", "Width": 1, "Height": 1, "ImageMask": True,
            "BitsPerComponent": 8 if bad else 1,
        },
        b"\0",
    )  # fmt: skip
    use_xobject(d, d.image(Mask=d.add(mask)))


def _box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def jp2(
    channels: int = 3, depth: int = 8, specs: tuple[bytes, ...] = (b"\x01\x00\x00\x00\x00\x00\x10",)
) -> bytes:
    """A JPEG 2000 file with headers only."""
    ihdr = (1).to_bytes(4, "big") * 2 + channels.to_bytes(2, "big") + bytes([depth - 1, 7, 0, 0])
    header = _box(b"ihdr", ihdr) + b"".join(_box(b"colr", s) for s in specs)
    return (
        _box(b"jP  ", b"\r\n\x87\n")
        + _box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
        + _box(b"jp2h", header)
        + _box(b"jp2c", b"\xff\x4f")
    )


def use_jpx(d: Doc, data: bytes, space: bool = False) -> None:
    """Paint a JPEG 2000 image."""
    entries: dict[str, Any] = {
        "Type": "/XObject",
        "Subtype": "/Image",
        "Width": 1,
        "Height": 1,
        "Filter": "/JPXDecode",
    }
    if space:
        entries["ColorSpace"] = "/DeviceRGB"
    use_xobject(d, d.add(Stream(entries, data)))


def _spec(method: int, approx: int, space: int) -> bytes:
    return bytes([method, 0, approx]) + space.to_bytes(4, "big")


@case(None, "6.2.8.3-1")
def jpx_channels(d: Doc, bad: bool) -> None:
    use_jpx(d, jp2(channels=2 if bad else 3), True)


@case(None, "6.2.8.3-2", also="6.2.8.3-3")
def jpx_best(d: Doc, bad: bool) -> None:
    use_jpx(d, jp2(specs=(_spec(1, 0 if bad else 1, 16), _spec(1, 0, 16))))


@case(None, "6.2.8.3-3")
def jpx_method(d: Doc, bad: bool) -> None:
    use_jpx(d, jp2(specs=(_spec(4 if bad else 1, 0, 16),)))


@case(None, "6.2.8.3-4")
def jpx_ciejab(d: Doc, bad: bool) -> None:
    use_jpx(d, jp2(specs=(_spec(1, 0, 19 if bad else 16),)))


@case(None, "6.2.8.3-5")
def jpx_depth(d: Doc, bad: bool) -> None:
    use_jpx(d, jp2(depth=39 if bad else 38), True)

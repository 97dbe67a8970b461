"""Defects in bytes, basic objects and the catalog (clause 6.1 and neighbours)."""

from __future__ import annotations

import io
import re

import pikepdf

from .builder import Doc, Raw, Stream, cmap
from .cases import Post, case
from .defects_graphics import device_n


@case("6.1.2-1", "6.1.2-1")
def header(d: Doc, bad: bool) -> None:
    d.header = b"%PDF-1.x" if bad else b"%PDF-1.4"


@case("6.1.2-2", "6.1.2-2")
def binary_comment(d: Doc, bad: bool) -> None:
    d.comment = b"%abcd" if bad else b"%\xff\xfe\xfd\xfc"


@case("6.1.3-1", "6.1.3-1")
def trailer_id(d: Doc, bad: bool) -> None:
    if bad:
        del d.trailer["ID"]


@case("6.1.3-2", "6.1.3-2")
def encrypted(d: Doc, bad: bool) -> Post:
    def save(data: bytes) -> bytes:
        out = io.BytesIO()
        lock = pikepdf.Encryption(owner="x", user="", R=4, aes=True, metadata=False) if bad else False
        with pikepdf.open(io.BytesIO(data)) as pdf:
            pdf.save(
                out,
                encryption=lock,
                compress_streams=False,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
            )
        return out.getvalue()

    return save


@case("6.1.3-3", "6.1.3-3")
def after_eof(d: Doc, bad: bool) -> None:
    d.after = b"\nrest" if bad else b"\r\n"


def linearize(data: bytes) -> bytes:
    """The document as qpdf linearises it, with a cross-reference table."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(
            out, linearize=True, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.none, deterministic_id=True,
        )  # fmt: skip
    return out.getvalue()


@case("6.1.3-4")
def linearized_ids(d: Doc, bad: bool) -> Post:
    def spoil(data: bytes) -> bytes:
        data = linearize(data)
        found = list(re.finditer(rb"/ID \[<\w+><(\w+)>", data))[-1]
        return data[: found.start(1)] + b"0" * 32 + data[found.end(1) :] if bad else data

    return spoil


@case("6.1.4-1")
def xref_space(d: Doc, bad: bool) -> None:
    d.xref_head = b"xref\n0  %d\n" if bad else b"xref\r\n0 %d\n"


@case("6.1.4-2", "6.1.4-2")
def xref_eol(d: Doc, bad: bool) -> None:
    d.xref_head = b"xref\n\n0 %d\n" if bad else b"xref\r0 %d\n"


@case("6.1.4-3")
def xref_stream(d: Doc, bad: bool) -> Post:
    def save(data: bytes) -> bytes:
        out = io.BytesIO()
        mode = pikepdf.ObjectStreamMode.generate if bad else pikepdf.ObjectStreamMode.disable
        with pikepdf.open(io.BytesIO(data)) as pdf:
            pdf.save(
                out,
                object_stream_mode=mode,
                compress_streams=False,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
            )
        return out.getvalue()

    return save


@case("6.1.6-1", "6.1.6-1")
def hex_even(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = Raw(b"<414>" if bad else b"<41 4 2>")


@case("6.1.6-2", "6.1.6-2")
def hex_only(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = Raw(b"<41G1>" if bad else b"<41a1>")


@case("6.1.7-1", "6.1.7.1-1")
def stream_length(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = d.add(Stream({}, b"0123456789", length=9 if bad else None))


@case("6.1.7-2", "6.1.7.1-2")
def stream_keywords(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = d.add(Stream({}, b"0123456789", tail=b"endstream" if bad else b"\r\nendstream"))


@case("6.1.7-3", "6.1.7.1-3")
def external_data(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = d.add(Stream({"FFilter": "/FlateDecode"} if bad else {}, b"0123456789"))


@case("6.1.8-1", "6.1.9-1")
def object_spacing(d: Doc, bad: bool) -> None:
    ref = d.add({"Own": 1})
    d.catalog["Own"] = ref
    d.heads[ref.num] = (b"%d  0 obj\n" if bad else b"%d 0 obj\n") % ref.num


_LZW = b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"


@case("6.1.10-1", "6.1.7.2-1")
def lzw(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = d.add(
        Stream({"Filter": "/LZWDecode" if bad else "/ASCIIHexDecode"}, _LZW if bad else b"4142>")
    )


@case("6.1.10-2", "6.1.10-1")
def inline_lzw(d: Doc, bad: bool) -> None:
    name, data = (b"/LZW", _LZW) if bad else (b"/AHx", b"ff>")
    d.draw(b"q BI /W 1 /H 1 /BPC 1 /IM true /F " + name + b" ID " + data + b"\nEI Q")


@case(None, "6.1.8-1")
def utf8_names(d: Doc, bad: bool) -> None:
    _font, _ = d.font("F2", BaseFont="/Test#ff" if bad else "/Test#c3#a9")
    d.show("F2")


@case("6.1.12-1", "6.1.13-1")
def integer(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = [2147483648 if bad else 2147483647, -2147483648]


@case("6.1.12-2")
def real_part1(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = 32768.5 if bad else 32767.0


@case(None, "6.1.13-2")
def real_part2(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = Raw((b"4" if bad else b"3") + b"0" * 38 + b".0")


@case(None, "6.1.13-5")
def real_smallest(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = Raw(b"0." + b"0" * (39 if bad else 36) + b"1")


@case("6.1.12-3")
def string_part1(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = b"x" * (65536 if bad else 65535)


@case(None, "6.1.13-3")
def string_part2(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = b"x" * (32768 if bad else 32767)


@case("6.1.12-4", "6.1.13-4")
def name(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = "/" + "n" * (128 if bad else 127)


@case("6.1.12-5")
def array(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = [0] * (8192 if bad else 8191)


@case("6.1.12-6")
def dictionary(d: Doc, bad: bool) -> None:
    d.catalog["Own"] = {f"k{i}": 0 for i in range(4096 if bad else 4095)}


@case("6.1.12-8", "6.1.13-8")
def gsave(d: Doc, bad: bool) -> None:
    depth = 29 if bad else 28
    d.draw(b"q " * depth + b"Q " * depth)


@case("6.1.12-9")
def colorants_8(d: Doc, bad: bool) -> None:
    device_n(d, 9 if bad else 8, True)


@case(None, "6.1.13-9")
def colorants_32(d: Doc, bad: bool) -> None:
    device_n(d, 33 if bad else 32, True)


@case("6.1.12-10", "6.1.13-10")
def cids(d: Doc, bad: bool) -> None:
    extra = 65536 if bad else 65535
    encoding = Stream(
        {
            "Type": "/CMap", "CMapName": "/Test-CMap",
            "CIDSystemInfo": {"Registry": "Adobe", "Ordering": "Identity", "Supplement": 0},
        },
        cmap(f"<0000> <00ff> 0\n<0100> <0100> {extra}").replace(b"1 begincidrange", b"2 begincidrange"),
    )  # fmt: skip
    d.composite("F2", d.add(encoding))
    d.show("F2", b"\0\1")


@case(None, "6.1.13-11")
def boxes(d: Doc, bad: bool) -> None:
    d.page["MediaBox"] = [0, 0, 14401 if bad else 14400, 400]


@case("6.1.11-1")
def embedded_file(d: Doc, bad: bool) -> None:
    spec: dict[str, object] = {"Type": "/Filespec", "F": "a.txt"}
    if bad:
        spec["EF"] = {"F": d.stream(b"text", Type="/EmbeddedFile")}
    d.catalog["Own"] = d.add(spec)


@case("6.1.11-2")
def embedded_files(d: Doc, bad: bool) -> None:
    d.catalog["Names"] = {"EmbeddedFiles" if bad else "Dests": {"Names": []}}


@case("6.1.13-1")
def optional_content(d: Doc, bad: bool) -> None:
    if bad:
        d.catalog["OCProperties"] = {"OCGs": [], "D": {}}


@case(None, "6.4.2-2")
def needs_rendering(d: Doc, bad: bool) -> None:
    d.catalog["NeedsRendering"] = bad


@case(None, "6.11-1")
def requirements(d: Doc, bad: bool) -> None:
    if bad:
        d.catalog["Requirements"] = [{"S": "/EnableJavaScripts"}]


@case("6.8.2.2-1", "6.7.2.2-1", levels="a")
def marked(d: Doc, bad: bool) -> None:
    d.catalog["MarkInfo"] = {"Marked": not bad}

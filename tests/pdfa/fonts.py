"""Font fixtures: small programs made with fontTools, and one defect per case."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

from tests.pdfa.builders import document, stream

NAMES = [".notdef", "A", "B"]
WIDTHS = {".notdef": (500, 0), "A": (600, 0), "B": (700, 0)}


@lru_cache(maxsize=4)
def truetype(symbolic: bool = False, cmaps: int = 1) -> bytes:
    """A TrueType program with A and B; ``symbolic`` gives a (3,0) cmap, ``cmaps`` = number of subtables."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(NAMES)
    builder.setupCharacterMap({65: "A", 66: "B"})
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 500))
    pen.lineTo((500, 0))
    pen.closePath()
    builder.setupGlyf(dict.fromkeys(NAMES, pen.glyph()))
    builder.setupHorizontalMetrics(WIDTHS)
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupPost()
    tables = builder.font["cmap"].tables
    keep = [t for t in tables if (t.platformID, t.platEncID) == (3, 1)]
    if symbolic:
        keep[0].platEncID = 0
        keep[0].cmap = {0xF041: "A", 0xF042: "B"}
        others = [t for t in tables if t is not keep[0]][: cmaps - 1]
        keep += others
    builder.font["cmap"].tables = keep[:0] if cmaps == 0 else keep
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


@lru_cache(maxsize=1)
def cff() -> bytes:
    """A bare CFF program with A and B."""
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder(NAMES)
    builder.setupCharacterMap({65: "A", 66: "B"})
    strings = {}
    for name in NAMES:
        pen = T2CharStringPen(WIDTHS[name][0], None)
        pen.moveTo((0, 0))
        pen.lineTo((0, 500))
        pen.lineTo((500, 0))
        pen.closePath()
        strings[name] = pen.getCharString()
    builder.setupCFF("Test", {}, strings, {})
    builder.setupHorizontalMetrics(WIDTHS)
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    out.seek(0)
    from fontTools.ttLib import TTFont

    raw: bytes = TTFont(out).getTableData("CFF ")
    return raw


def cmap(body: bytes = b"1 begincidrange\n<0000> <00ff> 0\nendcidrange", wmode: int = 0) -> bytes:
    """An embedded CMap program."""
    return (
        b"/CMapName/Test def /WMode %d def\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n" % wmode
        + body
    )


INFO = b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
UNICODE = b"1 begincodespacerange\n<00> <ff>\nendcodespacerange\n1 beginbfchar\n<%b> <%b>\nendbfchar"


def simple(
    flavour: str,
    kind: bytes = b"TrueType",
    *,
    font: bytes = b"/Type/Font/BaseFont/Test",
    subtype: bytes | None = None,
    encoding: bytes = b"/Encoding/WinAnsiEncoding",
    chars: bytes = b"/FirstChar 65/LastChar 66/Widths[600 700]",
    flags: int = 32,
    descriptor: bytes = b"",
    program: bytes | None = None,
    file: bytes = b"",
    text: bytes = b"(AB)",
    mode: int = 0,
    more: dict[int, bytes] | None = None,
    marked: tuple[bytes, bytes] = (b"", b""),
) -> bytes:
    """A document that shows text in a simple font."""
    if program is None:
        program = truetype() if kind == b"TrueType" else cff()
    key = b"FontFile2" if kind == b"TrueType" else b"FontFile3"
    if kind != b"TrueType" and not file:
        file = b"/Subtype/Type1C"
    objects: dict[int, bytes] = {
        10: b"<</Subtype/" + (subtype or kind) + font + encoding + chars + b"/FontDescriptor 11 0 R>>",
        11: b"<</Type/FontDescriptor/Flags %d" % flags
        + descriptor
        + (b"/%b 12 0 R" % key if program else b"")
        + b">>",
        12: stream(file, program),
    }
    objects.update(more or {})
    content = marked[0] + b" BT /F 10 Tf %d Tr " % mode + text + b" Tj ET " + marked[1]
    return document(flavour, content=content, resources=b"/Font<</F 10 0 R>>", objects=objects)


def composite(
    flavour: str,
    *,
    encoding: bytes = b"/Identity-H",
    cid: bytes = b"/CIDToGIDMap/Identity",
    info: bytes = INFO,
    base: bytes = b"Test",
    widths: bytes = b"/W[1[600 700]]",
    descriptor: bytes = b"",
    text: bytes = b"<00010002>",
    more: dict[int, bytes] | None = None,
) -> bytes:
    """A document that shows text in a composite font."""
    objects: dict[int, bytes] = {
        10: b"<</Type/Font/Subtype/Type0/BaseFont/Test/Encoding" + encoding + b"/DescendantFonts[13 0 R]>>",
        11: b"<</Type/FontDescriptor/Flags 4/FontFile2 12 0 R" + descriptor + b">>",
        12: stream(b"", truetype()),
        13: b"<</Type/Font/Subtype/CIDFontType2/BaseFont/"
        + base
        + info
        + cid
        + widths
        + b"/FontDescriptor 11 0 R>>",
    }
    objects.update(more or {})
    content = b"BT /F 10 Tf " + text + b" Tj ET"
    return document(flavour, content=content, resources=b"/Font<</F 10 0 R>>", objects=objects)


def embedded_cmap(
    dictionary: bytes = b"", program: bytes | None = None, info: bytes = INFO
) -> dict[str, Any]:
    body = stream(b"/Type/CMap/CMapName/Test" + info + dictionary, cmap() if program is None else program)
    return {"encoding": b" 14 0 R", "more": {14: body}}


def build() -> list[tuple[str, str, bytes]]:
    """(flavour, rule or "" for a valid document, bytes)."""
    out: list[tuple[str, str, bytes]] = []

    def add(rules: str, maker: Any, *args: Any, flavours: str = "1b 2b 3b", **kwargs: Any) -> None:
        names = rules.split("|")
        for flavour in flavours.split():
            rule = names[0] if flavour[0] == "1" else names[-1]
            out.append((flavour, rule, maker(flavour, *args, **kwargs)))

    add("", simple)
    add("", simple, b"Type1")
    add("", composite)
    add("", composite, **embedded_cmap())
    add("", simple, b"TrueType", program=truetype(True), flags=4, encoding=b"")
    add("6.3.2-1|6.2.11.2-1", simple, font=b"/BaseFont/Test")
    add("6.3.2-2|6.2.11.2-2", simple, subtype=b"Foo")
    add("6.3.2-3|6.2.11.2-3", simple, font=b"/Type/Font")
    add("6.3.2-4|6.2.11.2-4", simple, chars=b"/LastChar 66/Widths[600 700]")
    add("6.3.2-5|6.2.11.2-5", simple, chars=b"/FirstChar 65/Widths[600 700]")
    add("6.3.2-6|6.2.11.2-6", simple, chars=b"/FirstChar 65/LastChar 66/Widths[600]")
    add("6.3.2-7|6.2.11.2-7", simple, file=b"/Subtype/Foo")
    add("6.3.4-1|6.2.11.4.1-1", simple, program=b"")
    add("6.3.4-1|6.2.11.4.1-1", simple, program=b"not a font")
    add("6.3.5-1|6.2.11.4.1-2", simple, text=b"(AC)")
    add("6.3.6-1|6.2.11.5-1", simple, chars=b"/FirstChar 65/LastChar 66/Widths[600 900]")
    add("6.2.11.8-1", composite, text=b"<0000>", flavours="2b 3b")
    add(
        "6.3.5-2|6.2.11.4.2-1",
        simple,
        b"Type1",
        font=b"/Type/Font/BaseFont/ABCDEF+Test",
        descriptor=b"/CharSet(/A)",
    )
    add(
        "6.3.5-3|6.2.11.4.2-2", composite, base=b"ABCDEF+Test", descriptor=b"/CIDSet 15 0 R",
        more={15: stream(b"", b"\x80")},
    )  # fmt: skip
    add("6.3.7-1|6.2.11.6-2", simple, encoding=b"/Encoding/StandardEncoding")
    add("6.3.7-2|6.2.11.6-3", simple, program=truetype(True), flags=4)
    add("6.3.7-3|6.2.11.6-4", simple, program=truetype(True, 0), flags=4, encoding=b"")
    add("6.2.11.6-1", simple, program=truetype(False, 0), flavours="2b 3b")
    add("6.3.3.1-1|6.2.11.3.1-1", composite, **embedded_cmap(info=INFO.replace(b"Identity", b"Other")))
    add("6.3.3.2-1|6.2.11.3.2-1", composite, cid=b"")
    add("6.3.3.3-1|6.2.11.3.3-1", composite, encoding=b"/Foo")
    add("6.3.3.3-2|6.2.11.3.3-2", composite, **embedded_cmap(b"/WMode 1"))
    add("6.2.11.3.3-3", composite, **embedded_cmap(b"/UseCMap/Foo"), flavours="2b 3b")
    add(
        "6.1.12-10|6.1.13-10", composite,
        **embedded_cmap(program=cmap(b"1 begincidrange\n<0000> <00ff> 65500\nendcidrange")),
    )  # fmt: skip
    unnamed = {"program": truetype(True), "flags": 4, "encoding": b""}
    add("6.3.8-1|6.2.11.7.2-1", simple, flavours="1a 2u 2a 3u 3a", **unnamed)

    def mapped(to: bytes) -> dict[str, Any]:
        return {
            "font": b"/Type/Font/BaseFont/Test/ToUnicode 15 0 R",
            "more": {15: stream(b"", UNICODE % (b"41", to))},
            "text": b"(A)",
        }

    add("", simple, flavours="1a 2u 2a 3u 3a", **mapped(b"0041"))
    add("6.2.11.7.2-2", simple, flavours="2u 2a 3u 3a", **mapped(b"0000"))
    add("6.2.11.7.3-1", simple, flavours="2a 3a", **mapped(b"E001"))
    add("", simple, flavours="2a 3a", marked=(b"/Span<</ActualText(x)>>BDC", b"EMC"), **mapped(b"E001"))
    return out


FONT_CASES = build()

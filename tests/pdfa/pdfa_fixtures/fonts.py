"""Font programs with two boxes for letters, made when the tests run."""

from __future__ import annotations

import io
from functools import lru_cache

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.eexec import encrypt
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

GLYPHS = [".notdef", "A", "B"]


@lru_cache
def truetype(cmaps: tuple[tuple[int, int], ...] = ((3, 1), (1, 0)), width: int = 600) -> bytes:
    """A TrueType program; ``cmaps`` are (platform, encoding) pairs."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(GLYPHS)
    builder.setupCharacterMap({65: "A", 66: "B"})
    glyphs = {}
    for name in GLYPHS:
        pen = TTGlyphPen(None)
        pen.moveTo((50, 0))
        pen.lineTo((550, 0))
        pen.lineTo((300, 700))
        pen.closePath()
        glyphs[name] = pen.glyph()
    builder.setupGlyf(glyphs)
    # the last width differs (within the tolerance), so that every glyph keeps metrics of its own
    builder.setupHorizontalMetrics({name: (width + (name == "B"), 50) for name in GLYPHS})
    builder.setupHorizontalHeader(ascent=700, descent=0)
    builder.setupPost(keepGlyphNames=True)
    builder.setupOS2()
    builder.setupNameTable({"familyName": "Test", "styleName": "Regular"})
    table = newTable("cmap")
    table.tableVersion = 0
    table.tables = []
    for platform, encoding in cmaps:
        sub = CmapSubtable.newSubtable(0 if platform == 1 else 4)
        sub.platformID, sub.platEncID, sub.language = platform, encoding, 0
        base = 0xF000 if (platform, encoding) == (3, 0) else 0
        sub.cmap = {base + 65: "A", base + 66: "B"}
        table.tables.append(sub)
    builder.font["cmap"] = table
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


@lru_cache
def opentype() -> bytes:
    """An OpenType program with CFF outlines."""
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder(GLYPHS)
    builder.setupCharacterMap({65: "A", 66: "B"})
    strings = {}
    for name in GLYPHS:
        pen = T2CharStringPen(600, None)
        pen.moveTo((50, 0))
        pen.lineTo((550, 0))
        pen.lineTo((300, 700))
        pen.closePath()
        strings[name] = pen.getCharString()
    builder.setupCFF("Test", {"FullName": "Test"}, strings, {})
    builder.setupHorizontalMetrics(dict.fromkeys(GLYPHS, (600, 50)))
    builder.setupHorizontalHeader(ascent=700, descent=0)
    builder.setupPost()
    builder.setupOS2()
    builder.setupNameTable({"familyName": "Test", "styleName": "Regular"})
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


@lru_cache
def cff() -> bytes:
    """The bare CFF table."""
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(opentype()))
    return bytes(font.reader["CFF "])  # type: ignore[index]


@lru_cache
def type1() -> tuple[bytes, bytes]:
    """A Type 1 program: clear part and encrypted part."""
    clear = (
        b"%!PS-AdobeFont-1.0: Test 001.000\n11 dict begin\n/FontInfo 1 dict dup begin /version (1) readonly def end readonly def\n"
        b"/FontName /Test def\n/PaintType 0 def\n/FontType 1 def\n/FontMatrix [0.001 0 0 0.001 0 0] readonly def\n"
        b"/Encoding StandardEncoding def\n/FontBBox {0 0 600 700} readonly def\ncurrentdict end\ncurrentfile eexec\n"
    )
    secret = bytearray(
        b"dup /Private 8 dict dup begin\n/RD {string currentfile exch readstring pop} executeonly def\n"
        b"/ND {noaccess def} executeonly def\n/NP {noaccess put} executeonly def\n/BlueValues [] def\n"
        b"/MinFeature {16 16} def\n/password 5839 def\n/lenIV 4 def\n2 index /CharStrings 3 dict dup begin\n"
    )
    for name in GLYPHS:
        # 50 600 hsbw, 500 0 rlineto, -250 700 rlineto, closepath, endchar
        code = (
            _num(50)
            + _num(600)
            + b"\x0d"
            + _num(500)
            + _num(0)
            + b"\x05"
            + _num(-250)
            + _num(700)
            + b"\x05\x09\x0e"
        )
        cipher, _ = encrypt(b"\0\0\0\0" + code, 4330)
        secret += b"/%s %d RD " % (name.encode(), len(cipher)) + cipher + b" ND\n"
    secret += b"end\nend\nreadonly put\nnoaccess put\ndup/FontName get exch definefont pop\nmark currentfile closefile\n"
    cipher, _ = encrypt(b"\xf0\xf1\xf2\xf3" + bytes(secret), 55665)
    return clear, bytes(cipher)


def _num(value: int) -> bytes:
    """A number of a Type 1 charstring."""
    if -107 <= value <= 107:
        return bytes([value + 139])
    if 108 <= value <= 1131:
        value -= 108
        return bytes([247 + (value >> 8), value & 255])
    value = -value - 108
    return bytes([251 + (value >> 8), value & 255])

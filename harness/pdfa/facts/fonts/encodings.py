# ruff: noqa: E501  (bilingual texts and tables)
"""Simple font encodings and glyph names (ISO 32000-1, annex D; Adobe Glyph List)."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=1)
def glyph_list() -> dict[str, str]:
    """Adobe Glyph List, old and new: glyph name → Unicode text."""
    from fontTools import agl

    out = {name: "".join(map(chr, codes)) for name, codes in _old_list(agl).items()}
    out.update({name: chr(code) for name, code in agl.AGL2UV.items()})
    return out


@lru_cache(maxsize=1)
def dingbats() -> dict[str, str]:
    """Glyph names of ZapfDingbats: name → Unicode text (Adobe's list, part of the Adobe Glyph List)."""
    from fontTools import agl

    texts = ((f"a{number}", agl.toUnicode(f"a{number}", isZapfDingbats=True)) for number in range(1, 207))
    return {name: text for name, text in texts if text}


def _old_list(agl: object) -> dict[str, tuple[int, ...]]:
    """The legacy list (aglfn's larger sibling) when fontTools has it."""
    table = getattr(agl, "LEGACY_AGL2UV", {})
    return {
        name: (tuple(codes) if isinstance(codes, list | tuple) else (codes,)) for name, codes in table.items()
    }


_UNI = re.compile(r"uni((?:[0-9A-Fa-f]{4})+)")
_U = re.compile(r"u([0-9A-Fa-f]{4,6})")


@lru_cache(maxsize=20_000)
def unicode_of(name: str) -> str | None:
    """Unicode text of a glyph name, ``None`` when the name has no meaning.

    Names of ZapfDingbats (``a1`` and on) count in every font, as the reference takes them.
    """
    found = glyph_list().get(name) or dingbats().get(name)
    if found is not None:
        return found
    base = name.split(".", 1)[0]
    if not base:
        return None
    parts = [_component(part) for part in base.split("_")]
    text = "".join(p for p in parts if p)
    return text or None


def _component(name: str) -> str:
    found = glyph_list().get(name)
    if found is not None:
        return found
    match = _UNI.fullmatch(name)
    if match is not None:
        digits = match.group(1)
        return "".join(chr(int(digits[i : i + 4], 16)) for i in range(0, len(digits), 4))
    match = _U.fullmatch(name)
    if match is not None and int(match.group(1), 16) < 0x110000:
        return chr(int(match.group(1), 16))
    return ""


@lru_cache(maxsize=1)
def standard() -> dict[int, str]:
    """StandardEncoding: code → glyph name."""
    from fontTools.encodings.StandardEncoding import StandardEncoding

    return {code: name for code, name in enumerate(StandardEncoding) if name != ".notdef"}


def _names_by_unicode() -> dict[int, str]:
    from fontTools import agl

    out: dict[int, str] = {}
    for name, code in agl.AGL2UV.items():
        if code not in out or len(name) < len(out[code]):
            out[code] = name
    return out


@lru_cache(maxsize=1)
def win_ansi() -> dict[int, str]:
    """WinAnsiEncoding: code → glyph name (unused codes above 0x20 are bullets)."""
    from fontTools import agl

    out: dict[int, str] = {}
    for code in range(32, 256):
        try:
            char = ord(bytes((code,)).decode("cp1252"))
        except UnicodeDecodeError:
            out[code] = "bullet"
            continue
        out[code] = agl.UV2AGL.get(char, "bullet")
    out.update({0x7F: "bullet", 0xA0: "space", 0xAD: "hyphen", 0x2D: "hyphen", 0xB5: "mu", 0xAF: "macron"})
    return out


@lru_cache(maxsize=1)
def mac_roman() -> dict[int, str]:
    """MacRomanEncoding of PDF: code → glyph name."""
    out = dict(mac_os_roman().items())
    for code in (0xAD, 0xB0, 0xB2, 0xB3, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xBD, 0xC3, 0xC5, 0xC6, 0xD7, 0xF0):
        out.pop(code, None)
    out[0xDB] = "currency"
    out[0xCA] = "space"
    return out


@lru_cache(maxsize=1)
def mac_os_roman() -> dict[int, str]:
    """Mac OS Roman as (1,0) cmaps use it: the PDF encoding with 15 more glyphs."""
    from fontTools import agl

    out: dict[int, str] = {}
    for code in range(32, 256):
        char = ord(bytes((code,)).decode("mac_roman"))
        name = agl.UV2AGL.get(char)
        if name is not None:
            out[code] = name
    out.update({
        0xAD: "notequal", 0xB0: "infinity", 0xB2: "lessequal", 0xB3: "greaterequal", 0xB6: "partialdiff",
        0xB7: "summation", 0xB8: "product", 0xB9: "pi", 0xBA: "integral", 0xBD: "Omega", 0xC3: "radical",
        0xC5: "approxequal", 0xC6: "Delta", 0xD7: "lozenge", 0xDB: "Euro", 0xF0: "apple", 0xCA: "space",
        0xB5: "mu", 0xDE: "fi", 0xDF: "fl", 0xF8: "macron", 0xE1: "periodcentered",
    })  # fmt: skip
    out.pop(0x7F, None)
    return out


@lru_cache(maxsize=1)
def mac_roman_codes() -> dict[str, int]:
    """Glyph name → Mac OS Roman code, for lookups in (1,0) cmaps."""
    out: dict[str, int] = {}
    for code, name in mac_os_roman().items():
        out.setdefault(name, code)
    return out


_EXPERT = """
040 space exclamsmall Hungarumlautsmall centoldstyle dollaroldstyle dollarsuperior ampersandsmall Acutesmall
parenleftsuperior parenrightsuperior twodotenleader onedotenleader comma hyphen period fraction zerooldstyle oneoldstyle
twooldstyle threeoldstyle fouroldstyle fiveoldstyle sixoldstyle sevenoldstyle eightoldstyle nineoldstyle colon semicolon
- threequartersemdash - questionsmall - - - - Ethsmall - - onequarter onehalf threequarters oneeighth threeeighths
fiveeighths seveneighths onethird twothirds - - - - - - ff fi fl ffi ffl parenleftinferior - parenrightinferior
Circumflexsmall hypheninferior Gravesmall Asmall Bsmall Csmall Dsmall Esmall Fsmall Gsmall Hsmall Ismall Jsmall Ksmall
Lsmall Msmall Nsmall Osmall Psmall Qsmall Rsmall Ssmall Tsmall Usmall Vsmall Wsmall Xsmall Ysmall Zsmall colonmonetary
onefitted rupiah Tildesmall - - asuperior centsuperior - - - - Aacutesmall Agravesmall Acircumflexsmall Adieresissmall
Atildesmall Aringsmall Ccedillasmall Eacutesmall Egravesmall Ecircumflexsmall Edieresissmall Iacutesmall Igravesmall
Icircumflexsmall Idieresissmall Ntildesmall Oacutesmall Ogravesmall Ocircumflexsmall Odieresissmall Otildesmall
Uacutesmall Ugravesmall Ucircumflexsmall Udieresissmall - eightsuperior fourinferior threeinferior sixinferior
eightinferior seveninferior Scaronsmall - centinferior twoinferior - Dieresissmall - Caronsmall osuperior fiveinferior -
commainferior periodinferior Yacutesmall - dollarinferior - - Thornsmall - nineinferior zeroinferior Zcaronsmall AEsmall
Oslashsmall questiondownsmall oneinferior Lslashsmall - - - - - - Cedillasmall - - - - - OEsmall figuredash
hyphensuperior - - - - exclamdownsmall - Ydieresissmall - onesuperior twosuperior threesuperior foursuperior
fivesuperior sixsuperior sevensuperior ninesuperior zerosuperior - esuperior rsuperior tsuperior - - isuperior ssuperior
dsuperior - - - - - lsuperior Ogoneksmall Brevesmall Macronsmall bsuperior nsuperior msuperior commasuperior
periodsuperior Dotaccentsmall Ringsmall
"""


@lru_cache(maxsize=1)
def mac_expert() -> dict[int, str]:
    """MacExpertEncoding: code → glyph name."""
    words = _EXPERT.split()
    return {int(words[0], 8) + index: name for index, name in enumerate(words[1:]) if name != "-"}


NAMED = {
    "WinAnsiEncoding": win_ansi, "MacRomanEncoding": mac_roman, "StandardEncoding": standard,
    "MacExpertEncoding": mac_expert,
}  # fmt: skip

STANDARD_14 = frozenset({
    "Courier", "Courier-Bold", "Courier-Oblique", "Courier-BoldOblique", "Helvetica", "Helvetica-Bold",
    "Helvetica-Oblique", "Helvetica-BoldOblique", "Times-Roman", "Times-Bold", "Times-Italic",
    "Times-BoldItalic", "Symbol", "ZapfDingbats",
})  # fmt: skip
"""The standard fonts: their dictionaries may leave out FirstChar, LastChar and Widths."""

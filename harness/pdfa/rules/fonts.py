# ruff: noqa: E501  (bilingual texts and tables)
"""Rules on fonts: ISO 19005-1 clause 6.3; ISO 19005-2/-3 clause 6.2.11."""

from __future__ import annotations

from harness.pdfa.facts.fonts.cmap import PREDEFINED
from harness.pdfa.facts.fonts.composite import CIDFontFact, CMapFact, CMapFileFact, Type0Fact
from harness.pdfa.facts.fonts.font import FontFact, GlyphFact
from harness.pdfa.facts.fonts.simple import CharSetFact, ProgramFact, SimpleFact, TrueTypeFact
from harness.pdfa.rules.rule import Dispute, rule_list

RULES, rule = rule_list()

_SUBTYPES = {"Type0", "Type1", "MMType1", "Type3", "TrueType", "CIDFontType0", "CIDFontType2"}


@rule(
    "PDFont", "6.3.2-1", "6.2.11.2-1",
    nl="Een lettertype heeft Type = Font.", en="A font has Type = Font.",
    values=lambda f: ("Font", f.type),
)  # fmt: skip
def font_type(fact: FontFact) -> bool:
    return fact.type == "Font"


@rule(
    "PDFont", "6.3.2-2", "6.2.11.2-2",
    nl="Een lettertype heeft een bekend Subtype.", en="A font has a known Subtype.",
)  # fmt: skip
def font_subtype(fact: FontFact) -> bool:
    return fact.subtype in _SUBTYPES


@rule(
    "PDFont", "6.3.2-3", "6.2.11.2-3",
    nl="Een lettertype heeft een BaseFont.", en="A font has a BaseFont.",
)  # fmt: skip
def font_name(fact: FontFact) -> bool:
    return fact.subtype == "Type3" or fact.base_font is not None


@rule(
    "PDFont", "6.3.2-7",
    nl="Subtype van een lettertypebestand is Type1C of CIDFontType0C.",
    en="Subtype of a font file is Type1C or CIDFontType0C.",
    values=lambda f: ("Type1C, CIDFontType0C", f.file_subtype),
)  # fmt: skip
def file_subtype_part1(fact: FontFact) -> bool:
    return fact.file_subtype in (None, "Type1C", "CIDFontType0C")


@rule(
    "PDFont", None, "6.2.11.2-7",
    nl="Subtype van een lettertypebestand is Type1C, CIDFontType0C of OpenType.",
    en="Subtype of a font file is Type1C, CIDFontType0C or OpenType.",
    values=lambda f: ("Type1C, CIDFontType0C, OpenType", f.file_subtype),
)  # fmt: skip
def file_subtype_part2(fact: FontFact) -> bool:
    return fact.file_subtype in (None, "Type1C", "CIDFontType0C", "OpenType")


@rule(
    "PDFont", "6.3.4-1", "6.2.11.4.1-1",
    nl="Elk zichtbaar gebruikt lettertype is ingesloten en leesbaar.",
    en="Every font that is used visibly is embedded and can be parsed.",
)  # fmt: skip
def font_embedded(fact: FontFact) -> bool:
    return fact.subtype in ("Type0", "Type3") or fact.invisible or fact.embedded


@rule(
    "PDSimpleFont", "6.3.2-4", "6.2.11.2-4",
    nl="Een enkelvoudig lettertype heeft FirstChar.", en="A simple font has FirstChar.",
)  # fmt: skip
def first_char(fact: SimpleFact) -> bool:
    return fact.standard or fact.first is not None


@rule(
    "PDSimpleFont", "6.3.2-5", "6.2.11.2-5",
    nl="Een enkelvoudig lettertype heeft LastChar.", en="A simple font has LastChar.",
)  # fmt: skip
def last_char(fact: SimpleFact) -> bool:
    return fact.standard or fact.last is not None


@rule(
    "PDSimpleFont", "6.3.2-6", "6.2.11.2-6",
    nl="Widths heeft LastChar − FirstChar + 1 elementen.", en="Widths has LastChar − FirstChar + 1 elements.",
    values=lambda f: (None if f.first is None or f.last is None else f.last - f.first + 1, f.widths),
)  # fmt: skip
def widths_count(fact: SimpleFact) -> bool:
    if fact.standard:
        return True
    if fact.widths is None or fact.first is None or fact.last is None:
        return False
    return fact.widths == fact.last - fact.first + 1


@rule(
    "PDTrueTypeFont", "6.3.7-1",
    nl="Een niet-symbolisch TrueType-lettertype gebruikt MacRomanEncoding of WinAnsiEncoding.",
    en="A non-symbolic TrueType font uses MacRomanEncoding or WinAnsiEncoding.",
    values=lambda f: ("MacRomanEncoding, WinAnsiEncoding", f.base_encoding),
)  # fmt: skip
def truetype_encoding_part1(fact: TrueTypeFact) -> bool:
    if fact.symbolic:
        return True
    return fact.base_encoding in ("MacRomanEncoding", "WinAnsiEncoding") and not fact.differences


@rule(
    "PDTrueTypeFont", None, "6.2.11.6-2",
    nl="Een niet-symbolisch TrueType-lettertype gebruikt MacRomanEncoding of WinAnsiEncoding; Differences alleen met "
    "bekende glyphnamen en een (3,1)-cmap.",
    en="A non-symbolic TrueType font uses MacRomanEncoding or WinAnsiEncoding; Differences only with known glyph names "
    "and a (3,1) cmap.",
    values=lambda f: ("MacRomanEncoding, WinAnsiEncoding", f.base_encoding),
)  # fmt: skip
def truetype_encoding_part2(fact: TrueTypeFact) -> bool:
    if fact.symbolic:
        return True
    if fact.base_encoding not in ("MacRomanEncoding", "WinAnsiEncoding"):
        return False
    return not fact.differences or (fact.agl_names and fact.unicode_cmap)


@rule(
    "PDTrueTypeFont", "6.3.7-2", "6.2.11.6-3",
    nl="Een symbolisch TrueType-lettertype heeft geen Encoding.", en="A symbolic TrueType font has no Encoding.",
)  # fmt: skip
def symbolic_no_encoding(fact: TrueTypeFact) -> bool:
    return not fact.symbolic or not fact.has_encoding


@rule(
    "TrueTypeFontProgram", "6.3.7-3",
    nl="De cmap van een symbolisch TrueType-lettertype heeft precies één codering.",
    en="The cmap of a symbolic TrueType font has exactly one encoding.",
    values=lambda f: (1, f.count),
)  # fmt: skip
def symbolic_one_cmap(fact: ProgramFact) -> bool:
    return not fact.symbolic or fact.count == 1


@rule(
    "TrueTypeFontProgram", None, "6.2.11.6-1",
    nl="De cmap van een niet-symbolisch TrueType-lettertype heeft een niet-symbolische codering.",
    en="The cmap of a non-symbolic TrueType font has a non-symbolic encoding.",
)  # fmt: skip
def non_symbolic_cmap(fact: ProgramFact) -> bool:
    return fact.symbolic or fact.count > (1 if fact.has_30 else 0)


@rule(
    "TrueTypeFontProgram", None, "6.2.11.6-4",
    nl="De cmap van een symbolisch TrueType-lettertype heeft één codering of een (3,0)-codering.",
    en="The cmap of a symbolic TrueType font has one encoding or a (3,0) encoding.",
    values=lambda f: (1, f.count),
)  # fmt: skip
def symbolic_cmap(fact: ProgramFact) -> bool:
    return not fact.symbolic or fact.count == 1 or fact.has_30


@rule(
    "PDType1Font", "6.3.5-2",
    nl="Een deelverzameling van een Type 1-lettertype heeft een volledige CharSet.",
    en="A subset of a Type 1 font has a complete CharSet.",
    values=lambda f: (_names(f.used), _names(f.listed)),
)  # fmt: skip
def char_set_part1(fact: CharSetFact) -> bool:
    return not fact.subset or (fact.embedded and fact.listed is not None and fact.used <= fact.listed)


@rule(
    "PDType1Font", None, "6.2.11.4.2-1",
    nl="De CharSet van een deelverzameling noemt precies de glyphs van het lettertype.",
    en="The CharSet of a subset names exactly the font's glyphs.",
    values=lambda f: (_names(f.glyphs), _names(f.listed)),
)  # fmt: skip
def char_set_part2(fact: CharSetFact) -> bool:
    if not fact.embedded or not fact.subset or fact.listed is None:
        return True
    return fact.glyphs == fact.listed - {".notdef"}


@rule(
    "PDCIDFont", "6.3.3.2-1",
    nl="Een CIDFontType2 heeft een CIDToGIDMap (stroom of Identity).",
    en="A CIDFontType2 has a CIDToGIDMap (stream or Identity).",
)  # fmt: skip
def gid_map_part1(fact: CIDFontFact) -> bool:
    return fact.subtype != "CIDFontType2" or fact.map_ok or not fact.visible


@rule(
    "PDCIDFont", None, "6.2.11.3.2-1",
    nl="Een ingesloten CIDFontType2 heeft een CIDToGIDMap (stroom of Identity).",
    en="An embedded CIDFontType2 has a CIDToGIDMap (stream or Identity).",
)  # fmt: skip
def gid_map_part2(fact: CIDFontFact) -> bool:
    return fact.subtype != "CIDFontType2" or fact.map_ok or not fact.embedded


@rule(
    "PDCIDFont", "6.3.5-3",
    nl="Een deelverzameling van een CID-lettertype heeft een volledige CIDSet.",
    en="A subset of a CID font has a complete CIDSet.",
)  # fmt: skip
def cid_set_part1(fact: CIDFontFact) -> bool:
    return not fact.subset or (fact.embedded and fact.has_cid_set and fact.cid_set_complete)


@rule(
    "PDCIDFont", None, "6.2.11.4.2-2",
    nl="De CIDSet van een deelverzameling noemt precies de CID's van het lettertype.",
    en="The CIDSet of a subset names exactly the font's CIDs.",
)  # fmt: skip
def cid_set_part2(fact: CIDFontFact) -> bool:
    return not fact.embedded or not fact.subset or not fact.has_cid_set or fact.cid_set_complete


@rule(
    "PDType0Font", "6.3.3.1-1",
    nl="CIDSystemInfo van CMap en CIDFont zijn gelijk.", en="CIDSystemInfo of CMap and CIDFont agree.",
    values=lambda f: (f.cmap_info, f.font_info),
)  # fmt: skip
def collections_part1(fact: Type0Fact) -> bool:
    if fact.cmap in ("Identity-H", "Identity-V"):
        return True
    return (
        fact.cmap_info is not None and fact.font_info is not None and fact.cmap_info[:2] == fact.font_info[:2]
    )


@rule(
    "PDType0Font", None, "6.2.11.3.1-1",
    nl="CIDSystemInfo van CMap en CIDFont zijn gelijk; het supplement van de CIDFont is niet hoger dan dat van de CMap.",
    en="CIDSystemInfo of CMap and CIDFont agree; the CIDFont's supplement is not higher than the CMap's.",
    values=lambda f: (f.cmap_info, f.font_info),
)  # fmt: skip
def collections_part2(fact: Type0Fact) -> bool:
    if fact.cmap in ("Identity-H", "Identity-V"):
        return True
    if fact.cmap_info is None or fact.font_info is None:
        return False
    return fact.cmap_info[:2] == fact.font_info[:2] and fact.font_info[2] <= fact.cmap_info[2]


@rule(
    "PDCMap", "6.3.3.3-1",
    nl="Elke CMap behalve Identity-H en Identity-V is ingesloten.",
    en="Every CMap except Identity-H and Identity-V is embedded.",
    values=lambda f: ("Identity-H, Identity-V", f.name),
)  # fmt: skip
def cmap_embedded_part1(fact: CMapFact) -> bool:
    return fact.embedded or fact.name in ("Identity-H", "Identity-V")


@rule(
    "PDCMap", None, "6.2.11.3.3-1",
    nl="Elke CMap die niet voorgedefinieerd is, is ingesloten.", en="Every CMap that is not predefined is embedded.",
    values=lambda f: ("ISO 32000-1, table 118", f.name),
)  # fmt: skip
def cmap_embedded_part2(fact: CMapFact) -> bool:
    return fact.embedded or fact.name in PREDEFINED


@rule(
    "CMapFile", "6.3.3.3-2", "6.2.11.3.3-2",
    nl="WMode in de CMap-dictionary is gelijk aan WMode in de CMap.",
    en="WMode in the CMap dictionary equals WMode in the CMap.",
    values=lambda f: (f.wmode, f.dict_wmode),
)  # fmt: skip
def cmap_wmode(fact: CMapFileFact) -> bool:
    return fact.dict_wmode == fact.wmode


@rule(
    "PDReferencedCMap", None, "6.2.11.3.3-3",
    nl="Een CMap gebruikt alleen voorgedefinieerde CMaps.", en="A CMap uses only predefined CMaps.",
)  # fmt: skip
def referenced_cmap(fact: str) -> bool:
    return fact in PREDEFINED


def _names(names: frozenset[str] | None) -> str:
    """Glyph names as a CharSet lists them."""
    return "" if names is None else "".join(f"/{name}" for name in sorted(names))


# -- glyphs -------------------------------------------------------------------------------------------


@rule(
    "Glyph", "6.3.5-1", "6.2.11.4.1-2",
    nl="Elk getoond teken heeft een glyph in het ingesloten lettertype.",
    en="Every shown character has a glyph in the embedded font.",
)  # fmt: skip
def glyph_present(fact: GlyphFact) -> bool:
    return fact.invisible or fact.present is not False


def _cut_width_fits(fact: GlyphFact) -> bool:
    """Whether the width fits once the fraction of the program's is dropped."""
    return (
        fact.declared is not None and fact.actual is not None and abs(fact.declared - int(fact.actual)) <= 1
    )


_FRACTION = Dispute(
    _cut_width_fits,
    "LED-PDF-001",
)


@rule(
    "Glyph", "6.3.6-1", "6.2.11.5-1",
    nl="De breedte van een glyph is in dictionary en lettertype gelijk.",
    en="The width of a glyph is the same in dictionary and font.",
    values=lambda f: (f"{f.actual:g}", f"{f.declared:g}"),
    dispute=_FRACTION,
)  # fmt: skip
def glyph_width(fact: GlyphFact) -> bool:
    if fact.invisible or fact.declared is None or fact.actual is None:
        return True
    return abs(fact.declared - fact.actual) <= 1


@rule(
    "Glyph", None, "6.2.11.8-1",
    nl="Tekst toont nooit de glyph .notdef.", en="Text never shows the glyph .notdef.",
)  # fmt: skip
def glyph_not_notdef(fact: GlyphFact) -> bool:
    return not fact.notdef


@rule(
    "Glyph", "6.3.8-1", levels="a",
    nl="Elk getoond teken heeft een Unicode-betekenis.", en="Every shown character has a Unicode meaning.",
)  # fmt: skip
def glyph_unicode_part1(fact: GlyphFact) -> bool:
    return fact.unicode is not None


@rule(
    "Glyph", None, "6.2.11.7.2-1", levels="ua",
    nl="Elk getoond teken heeft een Unicode-betekenis.", en="Every shown character has a Unicode meaning.",
)  # fmt: skip
def glyph_unicode_part2(fact: GlyphFact) -> bool:
    return fact.unicode is not None


@rule(
    "Glyph", None, "6.2.11.7.2-2", levels="ua",
    nl="De Unicode-betekenis is geen U+0000, U+FEFF of U+FFFE.",
    en="The Unicode meaning is not U+0000, U+FEFF or U+FFFE.",
    values=lambda f: ("", " ".join(f"U+{ord(c):04X}" for c in f.unicode or "")),
)  # fmt: skip
def glyph_unicode_sane(fact: GlyphFact) -> bool:
    return fact.unicode is None or not set(fact.unicode) & {"\0", "\ufeff", "\ufffe"}


@rule(
    "Glyph", None, "6.2.11.7.3-1", levels="a",
    nl="Een teken uit de Private Use Area heeft ActualText.", en="A character of the Private Use Area has ActualText.",
    values=lambda f: ("ActualText", " ".join(f"U+{ord(c):04X}" for c in f.unicode or "")),
)  # fmt: skip
def glyph_private(fact: GlyphFact) -> bool:
    if fact.unicode is None or fact.actual_text:
        return True
    return not any(
        0xE000 <= ord(c) <= 0xF8FF or 0xF0000 <= ord(c) <= 0xFFFFD or 0x100000 <= ord(c) <= 0x10FFFD
        for c in fact.unicode
    )

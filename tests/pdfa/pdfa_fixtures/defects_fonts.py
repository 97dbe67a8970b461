"""Defects in font dictionaries, font programs, CMaps and glyphs."""

from __future__ import annotations

from typing import Any

from . import fonts
from .builder import Doc, Ref, Stream, cmap, to_unicode
from .cases import case


@case("6.3.2-1", "6.2.11.2-1")
def font_type(d: Doc, bad: bool) -> None:
    d.font("F2", Type="/Fnt" if bad else "/Font")
    d.show("F2")


@case("6.3.2-2", "6.2.11.2-2", also="6.3.4-1 6.2.11.4.1-1")
def font_subtype(d: Doc, bad: bool) -> None:
    _, cid, _ = d.composite("F2")
    if bad:
        cid["Subtype"] = "/Own"
    d.show("F2", b"\0\1")


@case("6.3.2-3", "6.2.11.2-3")
def base_font(d: Doc, bad: bool) -> None:
    font, _ = d.font("F2")
    if bad:
        del font["BaseFont"]
    d.show("F2")


@case("6.3.2-4", "6.2.11.2-4", also="6.3.2-6 6.2.11.2-6 6.3.6-1 6.2.11.5-1")
def first_char(d: Doc, bad: bool) -> None:
    font, _ = d.font("F2")
    if bad:
        del font["FirstChar"]
    d.show("F2")


@case("6.3.2-5", "6.2.11.2-5", also="6.3.2-6 6.2.11.2-6 6.3.6-1 6.2.11.5-1")
def last_char(d: Doc, bad: bool) -> None:
    font, _ = d.font("F2")
    if bad:
        del font["LastChar"]
    d.show("F2")


@case("6.3.2-6", "6.2.11.2-6")
def widths(d: Doc, bad: bool) -> None:
    font, _ = d.font("F2")
    if bad:
        font["Widths"] = [600, 600, 600]
    d.show("F2")


@case("6.3.2-7", "6.2.11.2-7", also="6.3.4-1 6.2.11.4.1-1")
def file_subtype(d: Doc, bad: bool) -> None:
    _, descriptor = d.type1("F2", cff=True)
    if bad:
        descriptor["FontFile3"] = d.stream(fonts.cff(), Subtype="/Own")
    d.show("F2")


@case("6.3.4-1", "6.2.11.4.1-1")
def embedded(d: Doc, bad: bool) -> None:
    _, descriptor = d.type1("F2")
    if bad:
        del descriptor["FontFile"]
    d.show("F2")


@case("6.3.7-1", "6.2.11.6-2")
def encoding(d: Doc, bad: bool) -> None:
    font, _ = d.font("F2")
    font["Encoding"] = {"Differences": [65, "/A"]} if bad else "/MacRomanEncoding"
    d.show("F2")


@case("6.3.7-2", "6.2.11.6-3")
def symbolic_encoding(d: Doc, bad: bool) -> None:
    font, descriptor = d.font("F2", fonts.truetype(((3, 0),)))
    descriptor["Flags"] = 4
    font["ToUnicode"] = d.stream(to_unicode({65: "A"}, 1))
    if not bad:
        del font["Encoding"]
    d.show("F2")


@case("6.3.7-3")
def symbolic_cmaps_part1(d: Doc, bad: bool) -> None:
    font, descriptor = d.font("F2", fonts.truetype(((3, 0), (1, 0)) if bad else ((1, 0),)))
    descriptor["Flags"] = 4
    font["ToUnicode"] = d.stream(to_unicode({65: "A"}, 1))
    del font["Encoding"]
    d.show("F2")


@case(None, "6.2.11.6-1", also="6.2.11.4.1-2 6.2.11.8-1")
def non_symbolic_cmap(d: Doc, bad: bool) -> None:
    d.font("F2", fonts.truetype(((3, 0),) if bad else ((3, 1),)))
    d.show("F2")


@case(None, "6.2.11.6-4")
def symbolic_cmaps_part2(d: Doc, bad: bool) -> None:
    font, descriptor = d.font("F2", fonts.truetype(((3, 1), (1, 0)) if bad else ((3, 0), (1, 0))))
    descriptor["Flags"] = 4
    font["ToUnicode"] = d.stream(to_unicode({65: "A"}, 1))
    del font["Encoding"]
    d.show("F2")


@case("6.3.5-2", "6.2.11.4.2-1")
def char_set(d: Doc, bad: bool) -> None:
    font, descriptor = d.type1("F2")
    font["BaseFont"] = descriptor["FontName"] = "/ABCDEF+Test"
    descriptor["CharSet"] = b"/B" if bad else b"/A/B"
    d.show("F2")


@case("6.3.3.2-1", "6.2.11.3.2-1")
def gid_map(d: Doc, bad: bool) -> None:
    _, cid, _ = d.composite("F2")
    if bad:
        del cid["CIDToGIDMap"]
    d.show("F2", b"\0\1")


@case("6.3.5-3", "6.2.11.4.2-2")
def cid_set(d: Doc, bad: bool) -> None:
    font, cid, descriptor = d.composite("F2")
    font["BaseFont"] = cid["BaseFont"] = descriptor["FontName"] = "/ABCDEF+Test"
    descriptor["CIDSet"] = d.stream(b"\x90" if bad else b"\xe0")
    d.show("F2", b"\0\1")


def _cmap_stream(d: Doc, data: bytes, wmode: int | None = None, ordering: str = "Identity") -> Ref:
    entries: dict[str, Any] = {
        "Type": "/CMap", "CMapName": "/Test-CMap",
        "CIDSystemInfo": {"Registry": "Adobe", "Ordering": ordering, "Supplement": 0},
    }  # fmt: skip
    if wmode is not None:
        entries["WMode"] = wmode
    return d.add(Stream(entries, data))


@case("6.3.3.1-1", "6.2.11.3.1-1")
def collections(d: Doc, bad: bool) -> None:
    ordering = "Other" if bad else "Identity"
    d.composite("F2", _cmap_stream(d, cmap(info=ordering), ordering=ordering))
    d.show("F2", b"\0\1")


@case("6.3.3.3-1", also="6.3.3.1-1 6.3.8-1")
def cmap_embedded_part1(d: Doc, bad: bool) -> None:
    d.composite("F2", "/Own-H" if bad else "/Identity-V")
    d.show("F2", b"\0\1", b"3 Tr")


@case(None, "6.2.11.3.3-1", also="6.2.11.3.1-1 6.2.11.8-1 6.2.11.7.2-1")
def cmap_embedded_part2(d: Doc, bad: bool) -> None:
    _, cid, _ = d.composite("F2", "/Own-H" if bad else "/UniGB-UCS2-H")
    cid["CIDSystemInfo"] = {"Registry": "Adobe", "Ordering": "GB1", "Supplement": 0}
    cid["CIDToGIDMap"] = d.stream(b"\0\1" * 1000)
    d.show("F2", b"\0A", b"3 Tr")


@case("6.3.3.3-2", "6.2.11.3.3-2")
def cmap_wmode(d: Doc, bad: bool) -> None:
    d.composite("F2", _cmap_stream(d, cmap(wmode=1), wmode=0 if bad else 1))
    d.show("F2", b"\0\1")


@case(None, "6.2.11.3.3-3")
def cmap_use(d: Doc, bad: bool) -> None:
    info = {"Registry": "Adobe", "Ordering": "Identity", "Supplement": 0}
    used: Any = "/Identity-H"
    if bad:
        used = d.add(Stream({"Type": "/CMap", "CMapName": "/Own-H", "CIDSystemInfo": info}, cmap()))
    entries = {"Type": "/CMap", "CMapName": "/Test-CMap", "UseCMap": used, "CIDSystemInfo": info}
    d.composite("F2", d.add(Stream(entries, cmap())))
    d.show("F2", b"\0\1")


# -- glyphs -------------------------------------------------------------------------------------------


@case("6.3.5-1", "6.2.11.4.1-2")
def glyph_present(d: Doc, bad: bool) -> None:
    d.font("F2", LastChar=67, Widths=[600, 600, 600])
    d.show("F2", b"C" if bad else b"B")


@case("6.3.6-1", "6.2.11.5-1")
def glyph_width(d: Doc, bad: bool) -> None:
    d.font("F2", Widths=[598 if bad else 601, 600])
    d.show("F2")


@case(None, "6.2.11.8-1")
def notdef(d: Doc, bad: bool) -> None:
    font, _ = d.font("F2")
    font["Encoding"] = {"BaseEncoding": "/WinAnsiEncoding", "Differences": [65, "/.notdef" if bad else "/A"]}
    font["ToUnicode"] = d.stream(to_unicode({65: "A"}, 1))
    d.show("F2", b"A", b"3 Tr")


@case("6.3.8-1", "6.2.11.7.2-1", levels="ua")
def unicode_known(d: Doc, bad: bool) -> None:
    font, _, _ = d.composite("F2")
    if bad:
        del font["ToUnicode"]
    d.show("F2", b"\0\1")


@case(None, "6.2.11.7.2-2", levels="ua")
def unicode_sane(d: Doc, bad: bool) -> None:
    d.composite("F2", ToUnicode=d.stream(to_unicode({1: "\ufeff" if bad else "A"})))
    d.show("F2", b"\0\1")


@case(None, "6.2.11.7.3-1", levels="a")
def private_use(d: Doc, bad: bool) -> None:
    d.composite("F2", ToUnicode=d.stream(to_unicode({1: "\ue000"})))
    if not bad:
        d.draw(b"/Span <</ActualText (A)>> BDC")
    d.show("F2", b"\0\1")
    if not bad:
        d.draw(b"EMC")

"""CharSet, CIDSet and font files: what the rules on subsets and on embedding hold for, and what not."""

from __future__ import annotations

import pytest

from harness.pdfa import check
from tests.pdfa.pdfa_fixtures import fonts
from tests.pdfa.pdfa_fixtures.builder import Doc

CID_SET = {1: "6.3.5-3", 2: "6.2.11.4.2-2", 3: "6.2.11.4.2-2"}
CHAR_SET = {1: "6.3.5-2", 2: "6.2.11.4.2-1", 3: "6.2.11.4.2-1"}
NOT_EMBEDDED = "6.2.11.4.1-1"


def bits(*cids: int) -> bytes:
    """A CIDSet that lists these CIDs."""
    out = bytearray(max(cids, default=0) // 8 + 1)
    for cid in cids:
        out[cid // 8] |= 0x80 >> cid % 8
    return bytes(out)


def gid_map(*gids: int) -> bytes:
    """A CIDToGIDMap: glyph index of CID 0, 1, …"""
    return b"".join(gid.to_bytes(2, "big") for gid in gids)


def composite(
    part: int, listed: bytes | None, gids: bytes | None = None, name: str = "/ABCDEF+Test", file: bool = True
) -> set[str]:
    """Broken rules of a document with a composite font over three glyphs that shows CID 1."""
    d = Doc(part, "b")
    _, cid, descriptor = d.composite("F2")
    cid["BaseFont"] = name
    if gids is not None:
        cid["CIDToGIDMap"] = d.stream(gids)
    if listed is not None:
        descriptor["CIDSet"] = d.stream(listed)
    if not file:
        del descriptor["FontFile2"]
    d.show("F2", b"\0\1", before=b"" if file else b"3 Tr")
    return set(check(d.write(), f"{part}b").rules)


@pytest.mark.parametrize("part", [2, 3])
@pytest.mark.parametrize(
    ("listed", "gids", "conforms"),
    [
        (bits(1, 2), None, True),
        (bits(0, 1, 2), None, True),
        (bits(1), None, False),
        (bits(1, 2, 3), None, False),
        # with a map: every CID that it sends to a glyph of the font, glyph 0 among them, CID 0 apart
        (bits(1, 2, 3), gid_map(0, 1, 0, 2), True),
        (bits(0, 1, 2, 3), gid_map(0, 1, 0, 2), True),
        (bits(1, 3), gid_map(0, 1, 0, 2), False),
        (bits(1, 2, 3, 4), gid_map(0, 1, 0, 2), False),
        (bits(1, 3), gid_map(0, 1, 9, 2), True),
        (bits(1, 2, 3), gid_map(0, 1, 9, 2), False),
    ],
)
def test_cid_set_lists_the_cids_of_the_font(
    part: int, listed: bytes, gids: bytes | None, conforms: bool
) -> None:
    assert composite(part, listed, gids) == (set() if conforms else {CID_SET[part]})


def test_cid_set_and_map_beyond_all_cids_are_cut() -> None:
    assert composite(2, bits(1, 2) + bytes(2_000_000)) == set()
    assert composite(2, bits(1, 2) + b"\xff" * 2_000_000) == {CID_SET[2]}
    assert composite(2, b"\xff" * 2_000_000, gid_map(0, 1) + bytes(4_000_000)) == {CID_SET[2]}


@pytest.mark.parametrize("part", [1, 2, 3])
def test_cid_set_is_about_subsets_only(part: int) -> None:
    assert composite(part, bits(2), name="/Test") == set()
    assert composite(part, bits(2)) == {CID_SET[part]}


def test_cid_set_of_part_1_is_there_and_lists_what_is_shown() -> None:
    assert composite(1, bits(1)) == set()
    assert composite(1, None) == {CID_SET[1]}
    assert composite(1, None, name="/Test") == set()
    assert composite(1, bits(2), gid_map(0, 0, 1)) >= {CID_SET[1]}  # CID 1 is shown, as glyph 0
    assert composite(1, None, file=False) == {CID_SET[1]}  # invisible, so it need not be embedded
    assert composite(2, None) == composite(2, None, file=False) == set()


def test_glyph_0_of_a_map_is_present_and_still_no_glyph() -> None:
    found = composite(2, None, gid_map(0, 0, 1))
    assert "6.2.11.4.1-2" not in found
    assert "6.2.11.8-1" in found
    assert composite(2, None, gid_map(0)) >= {"6.2.11.4.1-2", "6.2.11.8-1"}  # the map ends before CID 1


def simple(part: int, char_set: bytes | None, name: str = "/ABCDEF+Test", file: bool = True) -> set[str]:
    """Broken rules of a document with a Type 1 font of two glyphs that shows A."""
    d = Doc(part, "b")
    font, descriptor = d.type1("F2")
    font["BaseFont"] = name
    if char_set is not None:
        descriptor["CharSet"] = char_set
    if not file:
        del descriptor["FontFile"]
    d.show("F2", before=b"" if file else b"3 Tr")
    return set(check(d.write(), f"{part}b").rules)


@pytest.mark.parametrize(
    ("part", "char_set", "conforms"),
    [
        (1, b"/A", True), (1, b"/B", False), (1, None, False),
        (2, b"/A/B", True), (2, b"/A/B/.notdef", True), (2, b"/A", False), (2, b"/A/B/C", False), (2, None, True),
    ],
)  # fmt: skip
def test_char_set(part: int, char_set: bytes | None, conforms: bool) -> None:
    assert simple(part, char_set) == (set() if conforms else {CHAR_SET[part]})
    assert simple(part, char_set, name="/Test") == set()


def test_char_set_of_a_font_that_is_not_embedded() -> None:
    assert simple(1, b"/A", file=False) == {CHAR_SET[1]}
    assert simple(2, b"/C", file=False) == set()


PROGRAMS = {
    "Type 1": b"".join(fonts.type1()),
    "TrueType": fonts.truetype(),
    "CFF": fonts.cff(),
    "OpenType": fonts.opentype(),
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("subtype", "key", "file", "fits"),
    [
        ("Type1", "FontFile", None, {"Type 1"}),
        ("MMType1", "FontFile", None, {"Type 1"}),
        ("Type1", "FontFile2", None, set()),
        ("Type1", "FontFile3", "Type1C", {"CFF"}),
        ("Type1", "FontFile3", "CIDFontType0C", set()),
        ("Type1", "FontFile3", "OpenType", {"OpenType"}),
        ("Type1", "FontFile3", None, set()),
        ("TrueType", "FontFile", None, set()),
        ("TrueType", "FontFile2", None, {"TrueType", "OpenType"}),
        ("TrueType", "FontFile3", "OpenType", {"TrueType", "OpenType"}),
    ],
)
def test_simple_fonts_take_their_own_kind_of_file(
    subtype: str, key: str, file: str | None, fits: set[str], program: str
) -> None:
    d = Doc(2, "b")
    _, descriptor = d.font("F2", Subtype=f"/{subtype}")
    del descriptor["FontFile2"]
    descriptor[key] = d.stream(PROGRAMS[program], **({"Subtype": f"/{file}"} if file else {}))
    d.show("F2")
    assert (NOT_EMBEDDED not in check(d.write(), "2b").rules) == (program in fits)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("subtype", "key", "file", "fits"),
    [
        ("CIDFontType0", "FontFile", None, set()),
        ("CIDFontType0", "FontFile2", None, set()),
        ("CIDFontType0", "FontFile3", "CIDFontType0C", {"CFF"}),
        ("CIDFontType0", "FontFile3", "Type1C", set()),
        ("CIDFontType0", "FontFile3", "OpenType", {"OpenType"}),
        ("CIDFontType2", "FontFile", None, set()),
        ("CIDFontType2", "FontFile2", None, {"TrueType", "OpenType"}),
        ("CIDFontType2", "FontFile3", "CIDFontType0C", {"CFF"}),
        ("CIDFontType2", "FontFile3", "OpenType", {"TrueType", "OpenType"}),
    ],
)
def test_cid_fonts_take_their_own_kind_of_file(
    subtype: str, key: str, file: str | None, fits: set[str], program: str
) -> None:
    d = Doc(2, "b")
    _, cid, descriptor = d.composite("F2")
    cid["Subtype"] = f"/{subtype}"
    del descriptor["FontFile2"]
    descriptor[key] = d.stream(PROGRAMS[program], **({"Subtype": f"/{file}"} if file else {}))
    d.show("F2", b"\0\1")
    assert (NOT_EMBEDDED not in check(d.write(), "2b").rules) == (program in fits)

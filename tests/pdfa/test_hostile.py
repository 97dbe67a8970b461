"""Hostile documents: every hazard of the safety table ends in time, and never as ``valid`` by accident."""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Callable

import pytest
from fontTools.misc.eexec import encrypt
from pdfa_fixtures import fonts
from pdfa_fixtures.builder import Doc, Raw, Stream, cmap

from harness.pdfa import Limits, Outcome, check

SECONDS = 10.0


def timed(data: bytes, flavour: str = "2b", limits: Limits | None = None) -> tuple[Outcome, set[str]]:
    """Outcome and rules, within the time."""
    start = time.thread_time()
    report = check(data, flavour, limits or Limits(seconds=SECONDS))
    assert time.thread_time() - start < SECONDS + 2
    return report.outcome, set(report.rules)


def flate(data: bytes, times: int = 1, **entries: object) -> Stream:
    """A compressed stream."""
    for _ in range(times):
        data = zlib.compress(data, 9)
    return Stream({"Filter": ["/FlateDecode"] * times, **entries}, data)


def content(data: bytes) -> bytes:
    """A document with this page content, compressed."""
    doc = Doc(2, "b")
    doc.page["Contents"] = doc.add(flate(data))
    return doc.write()


def test_bomb_in_metadata_and_content() -> None:
    for target in ("content", "metadata", "profile"):
        doc = Doc(2, "b")
        bomb = doc.add(flate(bytes(200_000_000), 2, Type="/Metadata", Subtype="/XML", N=3))
        if target == "content":
            doc.page["Contents"] = bomb
        elif target == "metadata":
            doc.catalog["Metadata"] = bomb
        else:
            doc.intent["DestOutputProfile"] = bomb
        outcome, _ = timed(doc.write())
        assert outcome != "valid"


def test_run_length_and_lzw_bombs() -> None:
    for name, data in (("/RunLengthDecode", b"\x81\0" * 2_000_000), ("/LZWDecode", b"\x80" + bytes(3 << 20))):
        doc = Doc(2, "b")
        doc.page["Contents"] = doc.add(flate(data))
        doc.objects[-1].dict["Filter"].append(name)
        assert timed(doc.write())[0] != "valid"


def test_fake_streams_without_end() -> None:
    doc = Doc(2, "b")
    for _ in range(3000):
        doc.add(Raw(b"<</Length 1000000>>\nstream\n" + b"x" * 300))
    assert timed(doc.write())[0] != "valid"


def test_unclosed_strings() -> None:
    doc = Doc(2, "b")
    for _ in range(2000):
        doc.add(Raw(b"(" + b"x(" * 200))
    assert timed(doc.write())[0] != "valid"


def test_integers_beyond_64_bits() -> None:
    doc = Doc(2, "b")
    doc.catalog["Own"] = Raw(b"[99999999999999999999999999 -99999999999999999999999999]")
    assert timed(doc.write()) == ("invalid", {"6.1.13-1"})
    doc = Doc(2, "b")
    doc.page["MediaBox"] = Raw(b"[0 0 " + b"9" * 5000 + b" 1]")
    assert timed(doc.write())[0] != "valid"


def test_two_million_nested_states() -> None:
    outcome, rules = timed(content(b"q " * 2_000_000))
    assert outcome == "limit" or "6.1.13-8" in rules


def test_a_million_path_operators() -> None:
    timed(content(b"0 0 m 10 10 l " * 300_000))


@pytest.mark.parametrize("opening", [b"[", b"<</a ", b"(" * 3])
def test_deep_nesting(opening: bytes) -> None:
    doc = Doc(2, "b")
    doc.catalog["Own"] = doc.add(Raw(opening * 100_000))
    assert timed(doc.write())[0] != "valid"
    assert timed(content(opening * 100_000))[0] in ("valid", "invalid", "limit", "unreadable")


def test_loops() -> None:
    def pages(doc: Doc) -> None:
        doc.pages["Kids"] = [doc.pages_ref]

    def parents(doc: Doc) -> None:
        doc.widget(Parent=doc.page_ref)
        doc.page["Parent"] = doc.page_ref

    def length(doc: Doc) -> None:
        ref = doc.add(Raw(b""))
        doc.objects[-1] = Raw(b"<</Length %d 0 R>>\nstream\nx\nendstream" % ref.num)
        doc.catalog["Own"] = ref

    def alias(doc: Doc) -> None:
        ref = doc.add(Raw(b""))
        doc.objects[-1] = ref
        doc.catalog["AcroForm"] = ref

    def outlines(doc: Doc) -> None:
        item = doc.add({})
        doc.objects[-1] |= {"Next": item, "First": item}
        doc.catalog["Outlines"] = {"First": item}

    def actions(doc: Doc) -> None:
        action = doc.add({"S": "/GoTo", "D": "x"})
        doc.objects[-1]["Next"] = [action, action]
        doc.catalog["OpenAction"] = action

    def names(doc: Doc) -> None:
        node = doc.add({})
        doc.objects[-1]["Kids"] = [node, node]
        doc.catalog["Names"] = {"EmbeddedFiles": node}

    def colours(doc: Doc) -> None:
        space = doc.add([])
        doc.objects[-1].extend(["/Indexed", space, 1, b"xx"])
        doc.resource("ColorSpace", "C", space)
        doc.draw(b"/C cs 0 sc 0 0 9 9 re f")

    def masks(doc: Doc) -> None:
        image = doc.image()
        doc.objects[image.num - 1].dict |= {"SMask": image, "Mask": image, "Alternates": [{"Image": image}]}
        doc.resource("XObject", "X", image)
        doc.draw(b"/X Do")

    def glyphs(doc: Doc) -> None:
        font = doc.add({})
        proc = doc.stream(b"600 0 d0 BT /F2 1 Tf (A) Tj ET")
        doc.objects[font.num - 1] |= {
            "Type": "/Font", "Subtype": "/Type3", "FontBBox": [0, 0, 1, 1], "FontMatrix": [1, 0, 0, 1, 0, 0],
            "FirstChar": 65, "LastChar": 65, "Widths": [600], "Encoding": {"Differences": [65, "/A"]},
            "CharProcs": {"A": proc}, "Resources": {"Font": {"F2": font}},
        }  # fmt: skip
        doc.fonts["F2"] = font
        doc.show("F2")

    injectors: list[Callable[[Doc], None]] = [
        pages, parents, length, alias, outlines, actions, names, colours, masks, glyphs,
    ]  # fmt: skip
    for inject in injectors:
        for flavour in ("1b", "2b", "2a", "3b"):
            doc = Doc(int(flavour[0]), flavour[1])
            inject(doc)
            outcome, _ = timed(doc.write(), flavour)
            assert outcome in ("valid", "invalid", "unreadable", "limit"), inject.__name__
            if inject is pages:
                assert outcome == "unreadable"


def test_structure_and_role_map_loops() -> None:
    doc = Doc(2, "a")
    doc.element["K"] = [doc.tree["K"][0], 0]
    doc.element["S"] = "/A"
    doc.tree["RoleMap"] = {"A": "/B", "B": "/C", "C": "/A"}
    doc.tree["ParentTree"] = {"Kids": [doc.catalog["StructTreeRoot"]]}
    outcome, rules = timed(doc.write(), "2a")
    assert outcome == "invalid" and "6.7.3.4-2" in rules


def test_previous_section_loop() -> None:
    data = Doc(2, "b").write()
    start = data.rindex(b"xref\n0")
    assert timed(data.replace(b"trailer\n<<", b"trailer\n<</Prev %d " % start))[0] != "valid"


def test_charstrings_that_call_themselves() -> None:
    clear, _ = fonts.type1()
    secret = bytearray(b"dup /Private 8 dict dup begin\n/lenIV 4 def\n/Subrs 1 array\n")
    own, _ = encrypt(b"\0\0\0\0" + b"\x8b\x0a\x0b", 4330)  # 0 callsubr return
    secret += b"dup 0 %d RD " % len(own) + own + b" NP\n2 index /CharStrings 1 dict dup begin\n"
    secret += b"/A %d RD " % len(own) + own + b" ND\nend\nend\n"
    cipher, _ = encrypt(b"\xf0\xf1\xf2\xf3" + bytes(secret), 55665)
    doc = Doc(2, "b")
    _, descriptor = doc.type1("F2")
    descriptor["FontFile"] = doc.stream(clear + cipher, Length1=len(clear), Length2=len(cipher), Length3=0)
    doc.show("F2")
    timed(doc.write())


def test_cmap_that_uses_itself_and_huge_ranges() -> None:
    doc = Doc(2, "b")
    entries = {
        "Type": "/CMap", "CMapName": "/Test-CMap",
        "CIDSystemInfo": {"Registry": "Adobe", "Ordering": "Identity", "Supplement": 0},
    }  # fmt: skip
    ref = doc.add(Stream(entries, cmap("<0000> <ffff> 0\n" * 1000)))
    entries["UseCMap"] = ref
    doc.composite("F2", ref)
    doc.show("F2", b"\0\1")
    timed(doc.write())


def test_entities_and_external_dtd_are_refused() -> None:
    doc = Doc(2, "b")
    laughs = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    doc.packet_bytes = doc.packet().replace(b"<x:xmpmeta", laughs.encode() + b"<x:xmpmeta", 1)
    outcome, rules = timed(doc.write())
    assert outcome != "valid", rules


def test_many_objects() -> None:
    doc = Doc(2, "b")
    for _ in range(50_000):
        doc.add({})
    assert timed(doc.write())[0] in ("valid", "limit")


def test_damaged_documents_with_fonts() -> None:
    """Random damage where it hurts: font programs, CMaps, profiles, metadata."""
    rng = random.Random(11)
    doc = Doc(2, "a")
    doc.type1("T")
    doc.type1("C", cff=True)
    doc.composite("Z")
    doc.show("T")
    doc.show("C")
    doc.show("Z", b"\0\1")
    sample = doc.write()
    assert check(sample, "2a").valid
    for _ in range(250):
        data = bytearray(sample)
        for _ in range(rng.randint(1, 8)):
            at = rng.randrange(len(data))
            if rng.random() < 0.7:
                data[at] = rng.randrange(256)
            else:
                del data[at : at + rng.randint(1, 20)]
        timed(bytes(data), rng.choice(["1b", "1a", "2b", "2a", "3u"]))

"""Kinds of documents of foreign producers on which the checker once differed from veraPDF: each with what conforms and what does not."""

from __future__ import annotations

import io
import re

import pytest

from harness.pdfa import check
from tests.pdfa.pdfa_fixtures.builder import Doc, Raw, icc


def rules(d: Doc, flavour: str) -> set[str]:
    return set(check(d.write(), flavour).rules)


def test_a_reference_of_another_generation_is_null() -> None:
    found = {}
    for generation in (0, 3):
        d = Doc(2, "b")
        bad = d.add({"Type": "/Annot", "Subtype": "/Square", "Rect": [1, 1, 9, 9], "AP": {"N": d.form()}})
        d.page["Annots"] = [Raw(b"%d %d R" % (bad.num, generation))]
        found[generation] = rules(d, "2b")
    assert found[0] == {"6.3.2-1"}
    assert "6.3.2-1" not in found[3]


@pytest.mark.parametrize(("part", "rule"), [(1, "6.1.8-1"), (2, "6.1.9-1"), (3, "6.1.9-1")])
def test_an_object_has_something_between_obj_and_endobj(part: int, rule: str) -> None:
    found = {}
    for body in (b"", b"null"):
        d = Doc(part, "b")
        number = d.add(Raw(body)).num
        if not body:
            d.heads[number] = b"%d 0 obj" % number
        found[body] = rules(d, f"{part}b")
    assert (found[b"null"], found[b""]) == (set(), {rule})


def show_named(name: str, encoding: object = None) -> set[str]:
    """Broken rules of a 2u document that shows code 65 of a Type 1 font under a glyph name."""
    d = Doc(2, "u")
    font, _ = d.type1("F2")
    font["Encoding"] = (
        {"Type": "/Encoding", "Differences": [65, f"/{name}"]} if encoding is None else encoding
    )
    d.show("F2")
    return rules(d, "2u")


def test_names_of_dingbats_are_text() -> None:
    text = {"6.2.11.7.2-1", "6.2.11.7.2-2"}
    assert not show_named("A") & text
    assert not show_named("a12") & text
    assert show_named("a999") & text == {"6.2.11.7.2-1"}


def test_a_code_named_notdef_has_no_text() -> None:
    assert {"6.2.11.7.2-2", "6.2.11.8-1"} <= show_named(".notdef")


def test_symbol_without_encoding_has_no_text() -> None:
    found = {}
    for name in ("/Helvetica", "/Symbol"):
        d = Doc(1, "a")
        d.fonts["F2"] = d.add({"Type": "/Font", "Subtype": "/Type1", "BaseFont": name})
        d.show("F2", b"\267")
        found[name] = rules(d, "1a")
    assert found["/Helvetica"] == {"6.3.4-1"}
    assert found["/Symbol"] == {"6.3.4-1", "6.3.8-1"}
    d = Doc(2, "u")
    d.fonts["F2"] = d.add(
        {
            "Type": "/Font",
            "Subtype": "/Type1",
            "BaseFont": "/Symbol",
            "Encoding": {"Differences": [240, "/apple"]},
        }
    )
    d.show("F2", b"\267")
    assert rules(d, "2u") == {"6.2.11.4.1-1", "6.2.11.7.2-1"}


@pytest.mark.parametrize("part", [2, 3])
def test_cid_0_is_notdef_whatever_glyph_it_shows(part: int) -> None:
    found = {}
    for code in (b"\0\1", b"\0\0"):
        d = Doc(part, "b")
        _, cid, _ = d.composite("F2")
        cid["CIDToGIDMap"] = d.stream(b"\0\2\0\1")
        d.show("F2", code)
        found[code] = rules(d, f"{part}b")
    assert (found[b"\0\1"], found[b"\0\0"]) == (set(), {"6.2.11.8-1"})


def test_characters_of_a_collection_with_several_letters_are_text() -> None:
    found = {}
    for cid_value in (6662, 40000):
        d = Doc(2, "u")
        font, cid, _ = d.composite("F2")
        del font["ToUnicode"]
        cid["CIDSystemInfo"] = {"Registry": "Adobe", "Ordering": "Japan1", "Supplement": 6}
        d.show("F2", cid_value.to_bytes(2, "big"), before=b"3 Tr")
        found[cid_value] = rules(d, "2u")
    assert "6.2.11.7.2-1" not in found[6662]
    assert "6.2.11.7.2-1" in found[40000]


@pytest.mark.parametrize(("part", "level", "rule"), [(1, "a", "6.3.8-1"), (2, "u", "6.2.11.7.2-1")])
def test_a_range_of_unicode_does_not_count_past_the_last_byte(part: int, level: str, rule: str) -> None:
    found = {}
    for start in (b"0041", b"00ff"):
        d = Doc(part, level)
        font, _, _ = d.composite("F2")
        font["ToUnicode"] = d.stream(
            b"1 begincodespacerange <0000> <ffff> endcodespacerange\n1 beginbfrange <0001> <ffff> <%s> endbfrange"
            % start
        )
        d.show("F2", b"\0\2")
        found[start] = rules(d, f"{part}{level}")
    assert (found[b"0041"], found[b"00ff"]) == (set(), {rule})


# -- structure of files -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [None, "/Own"])
def test_a_page_tree_whose_root_lacks_its_type_is_followed(kind: str | None) -> None:
    for target, outcome in (("pages", "valid"), ("page", "unreadable")):
        d = Doc(2, "b")
        node = getattr(d, target)
        del node["Type"]
        node |= {"Type": kind} if kind else {}
        assert check(d.write()).outcome == outcome


@pytest.mark.parametrize(("box", "conforms"), [([0, 0, 300, 400], True), ([], False), ([0, 0, 300], False)])
def test_a_page_boundary_of_less_than_four_numbers_has_no_size(box: list[int], conforms: bool) -> None:
    d = Doc(2, "b")
    d.page["MediaBox"] = box
    assert (rules(d, "2b") == set()) == conforms
    assert conforms or rules(d, "2b") == {"6.1.13-11"}


def hybrid(hidden: bytes) -> bytes:
    """A file whose last object is free in the table and stands in an object stream that XRefStm leads to."""
    from tests.pdfa.pdfa_fixtures.builder import Stream, dump

    data = Doc(2, "b").write()
    body = data[: data.rindex(b"xref\n", 0, data.rindex(b"startxref"))]
    numbers = [int(n) for n in re.findall(rb"(?<=\n)(\d+) 0 obj", body)]
    offsets = {n: body.index(b"\n%d 0 obj" % n) + 1 for n in numbers}
    free = max(numbers) + 1
    container, section = free + 1, free + 2
    pairs = b"%d 0 " % free
    offsets[container] = len(body)
    packed = Stream({"Type": "/ObjStm", "N": 1, "First": len(pairs)}, pairs + hidden)
    body += b"%d 0 obj\n" % container + dump(packed) + b"\nendobj\n"
    offsets[section] = len(body)
    rows = b"\2" + container.to_bytes(3, "big") + b"\0"
    xref = Stream({"Type": "/XRef", "W": [1, 3, 1], "Index": [free, 1], "Size": section + 1}, rows)
    body += b"%d 0 obj\n" % section + dump(xref) + b"\nendobj\n"
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (section + 1)
    for number in range(1, section + 1):
        body += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00000 f \n"
    old = data[data.rindex(b"trailer\n<<") + 10 : data.rindex(b">>\nstartxref")]
    return body + b"trailer\n<<" + old + b"/XRefStm %d>>\nstartxref\n%d\n%%%%EOF" % (offsets[section], start)


@pytest.mark.parametrize(("hidden", "broken"), [(b"<</A <12>>>", set()), (b"<</A <123>>>", {"6.1.6-1"})])
def test_what_a_hybrid_file_hides_from_old_readers_is_read(hidden: bytes, broken: set[str]) -> None:
    assert set(check(hybrid(hidden), "2b").rules) == broken


# -- other kinds --------------------------------------------------------------------------------------


def test_a_bare_codestream_is_no_jpeg_2000_file() -> None:
    from tests.pdfa.pdfa_fixtures.defects_graphics import jp2

    found = {}
    for data in (jp2(), b"\xff\x4f\xff\x51"):
        d = Doc(2, "b")
        image = d.image(data=data, Filter="/JPXDecode")
        d.resource("XObject", "J", image)
        d.draw(b"/J Do")
        found[data[:2]] = rules(d, "2b")
    assert found[b"\0\0"] == set()
    assert found[b"\xff\x4f"] == {"6.2.8.3-1", "6.2.8.3-5"}


@pytest.mark.parametrize(
    ("value", "conforms"), [(False, True), (Raw(b"null"), True), (True, False), (0, False), ("/false", False)]
)
@pytest.mark.parametrize(("part", "rule"), [(1, "6.9-1"), (2, "6.4.1-3"), (3, "6.4.1-3")])
def test_need_appearances_is_false_or_absent(part: int, rule: str, value: object, conforms: bool) -> None:
    d = Doc(part, "b")
    d.catalog["AcroForm"] = {"Fields": [], "NeedAppearances": value}
    assert rules(d, f"{part}b") == (set() if conforms else {rule})


@pytest.mark.parametrize(("part", "rule"), [(1, "6.8.3.4-1"), (2, "6.7.3.4-1")])
def test_a_structure_element_has_a_type(part: int, rule: str) -> None:
    d = Doc(part, "a")
    assert rules(d, f"{part}a") == set()
    d = Doc(part, "a")
    del d.element["S"]
    assert rules(d, f"{part}a") == {rule}


def test_what_is_no_metadata_stream_is_not_looked_into() -> None:
    found = {}
    for kind in ("/Metadata", "/Own"):
        d = Doc(1, "b")
        d.metadata |= {"Type": kind, "Filter": "/FlateDecode"}
        d.describe("<own:a>x</own:a>", 'xmlns:own="http://example.com/own"')
        found[kind] = rules(d, "1b")
    assert found == {"/Metadata": {"6.7.2-2", "6.7.9-2", "6.7.9-3"}, "/Own": {"6.7.2-1"}}


def test_a_document_without_pages_cannot_be_read() -> None:
    for kids in ([], Raw(b"<<>>")):
        d = Doc(2, "b")
        d.pages |= {"Kids": kids, "Count": 0}
        assert check(d.write()).outcome == "unreadable"


@pytest.mark.parametrize(
    ("key", "broken"), [("Title", {"6.7.3-2"}), ("CreationDate", set()), ("ModDate", set())]
)
def test_information_that_is_no_string(key: str, broken: set[str]) -> None:
    d = Doc(1, "b")
    d.info[key] = {}
    assert rules(d, "1b") == broken


def test_a_namespace_that_is_no_uri_is_tolerated_whatever_was_read_before() -> None:
    d = Doc(1, "b")
    d.describe("<own:a>x</own:a>", 'xmlns:own="http://example.com/[/"')
    good = d.write()
    assert set(check(good).rules) == {"6.7.9-2", "6.7.9-3"}
    d = Doc(1, "b")
    d.packet_bytes = b"<a><b></a>"
    assert "6.7.9-1" in set(check(d.write(), "1b").rules)
    assert set(check(good).rules) == {"6.7.9-2", "6.7.9-3"}


# -- linearised files ---------------------------------------------------------------------------------


def linearised(part: int, other_id: bool = False) -> bytes:
    """A document as qpdf linearises it; ``other_id`` spoils the identifier in the first trailer."""
    pikepdf = pytest.importorskip("pikepdf")
    out = io.BytesIO()
    plain = pikepdf.ObjectStreamMode.disable
    pikepdf.open(io.BytesIO(Doc(part, "b").write())).save(out, linearize=True, object_stream_mode=plain)
    data = out.getvalue()
    assert b"/Linearized 1 /L %d " % len(data) in data
    at = data.index(b"<", data.index(b"/ID")) + 1
    return data[:at] + b"7777" + data[at + 4 :] if other_id else data


def updated(data: bytes, identifier: bytes = b"/ID[<00><01>]") -> bytes:
    """The document with an incremental update that changes nothing."""
    root, start = (re.findall(pattern, data)[-1] for pattern in (rb"/Root (\d+ 0 R)", rb"startxref\s+(\d+)"))
    size = max(map(int, re.findall(rb"/Size (\d+)", data)))
    trailer = b"<</Size %d/Root %s/Prev %s%s>>" % (size, root, start, identifier)
    return data + b"xref\n0 0\ntrailer\n" + trailer + b"\nstartxref\n%d\n%%%%EOF\n" % len(data)


@pytest.mark.parametrize(("part", "broken"), [(1, {"6.1.3-4"}), (2, set())])
def test_both_trailers_of_a_linearised_file_have_one_identifier_in_part_1(
    part: int, broken: set[str]
) -> None:
    assert set(check(linearised(part), f"{part}b").rules) == set()
    assert set(check(linearised(part, other_id=True), f"{part}b").rules) == broken


@pytest.mark.parametrize("part", [1, 2])
def test_a_linearised_file_that_was_updated_is_as_any_other(part: int) -> None:
    """Its length is no longer the one that it states: only the last trailer counts."""
    for data in (linearised(part), linearised(part, other_id=True)):
        assert set(check(updated(data), f"{part}b").rules) == set()
        assert set(check(updated(data, identifier=b""), f"{part}b").rules) == {"6.1.3-1"}


# -- colour of JPEG 2000 ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specs", "own", "broken"),
    [
        ([(1, 0, 12)], False, {"6.2.4.3-3"}),
        ([(1, 0, 16), (1, 1, 12)], False, {"6.2.4.3-3"}),
        ([(1, 1, 16), (1, 0, 12)], False, set()),
        ([(1, 0, 12)], True, set()),
        ([(1, 0, 18)], False, set()),
    ],
)
def test_cmyk_of_jpeg_2000_is_device_cmyk(
    specs: list[tuple[int, int, int]], own: bool, broken: set[str]
) -> None:
    from tests.pdfa.pdfa_fixtures.defects_graphics import jp2, use_jpx

    boxes = tuple(bytes([method, 0, approx]) + space.to_bytes(4, "big") for method, approx, space in specs)
    for default in (False, True):
        d = Doc(2, "b")
        use_jpx(d, jp2(channels=4, specs=boxes), own)
        if default:
            profile = d.stream(icc("CMYK", "prtr"), N=4)
            d.resource("ColorSpace", "DefaultCMYK", ["/ICCBased", profile])
        assert rules(d, "2b") == (set() if default else broken)

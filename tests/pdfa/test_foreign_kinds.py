"""Kinds of documents of foreign producers on which the checker once differed from veraPDF: each with what conforms and what does not."""

from __future__ import annotations

import pytest

from harness.pdfa import check
from tests.pdfa.pdfa_fixtures.builder import Doc, Raw


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

"""What a finding carries: place, object and page, both values of a mismatch, both readings of a disputed rule, what is claimed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from harness.core.standards.ledger import Ruling, entry_of, ledger
from harness.core.text import said
from harness.pdfa import FLAVOURS, Report, Violation, check
from harness.pdfa.model import Flavour
from harness.pdfa.rules.profile import rule_set
from tests.pdfa.pdfa_fixtures import (  # noqa: F401  (registers the cases)
    defects_document,
    defects_fonts,
    defects_graphics,
    defects_metadata,
    defects_syntax,
)
from tests.pdfa.pdfa_fixtures.builder import Doc, Raw, Stream
from tests.pdfa.pdfa_fixtures.cases import CASES


def the(report: Report, rule: str) -> Violation:
    return next(v for v in report.findings if v.rule == rule)


def test_a_finding_names_its_object_and_page() -> None:
    d = Doc(2, "b")
    note = d.annot(F=0)
    found = the(check(d.write()), "6.3.2-2")
    assert d.objects[found.object - 1] is note
    assert (found.page, found.expected, found.received) == (1, "F: Print", "Square: 0")
    d = Doc(2, "b")
    d.catalog["AA"] = {}
    found = the(check(d.write()), "6.5.2-1")
    assert (found.object, found.page) == (d.catalog_ref.num, 0)


def test_what_is_words_is_told_in_both_languages_and_a_literal_is_not() -> None:
    case = next(case for case in CASES if case.ids.get(2) == "6.2.3-1")
    found = the(check(case.document(2, "b", bad=True)), "6.2.3-1")
    assert found.received.startswith("class ") and found.nl is not None
    assert said(found.seen, "nl").startswith("klasse ") and found.issue().nl == found.nl
    assert found.nl.expected == ""
    note = Doc(2, "b")
    note.annot(F=0)
    assert the(check(note.write()), "6.3.2-2").nl is None


def test_every_finding_of_the_documents_of_our_own_names_an_object_unless_it_is_about_the_file() -> None:
    without = set()
    for case in CASES:
        for part in case.ids:
            level = next(one for one in case.levels if f"{part}{one}" in FLAVOURS)
            for found in check(case.document(part, level, True), f"{part}{level}").findings:
                if not found.object:
                    without.add((found.rule, found.where))
    assert len(CASES) > 150, "they are registered"
    assert {where for _, where in without} <= {"file", "trailer"}, without
    bytes_only = ("6.1.2", "6.1.3", "6.1.4")
    assert {rule for rule, where in without if not rule.startswith(bytes_only)} == set(), without


@pytest.mark.parametrize("part", [1, 2, 3])
def test_widths_come_with_both_values(part: int) -> None:
    d = Doc(part, "b")
    font, _ = d.font("F2")
    font["Widths"] = [500, 600]
    d.show("F2")
    found = the(check(d.write()), "6.3.6-1" if part == 1 else "6.2.11.5-1")
    assert (found.expected, found.received) == ("600", "Test, code 65: 500")


def test_information_and_metadata_come_with_both_values() -> None:
    d = Doc(1, "b")
    d.info["Title"] = "Een"
    d.describe('<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Twee</rdf:li></rdf:Alt></dc:title>', 'xmlns:dc="http://purl.org/dc/elements/1.1/"')  # fmt: skip
    found = the(check(d.write()), "6.7.3-2")
    assert (found.expected, found.received) == ("Een", "Twee")
    assert found.object == len(d.objects) + 3


@pytest.mark.parametrize(
    ("part", "rule", "expected", "received"),
    [
        (1, "6.4-4", "Normal, Compatible", "Multiply"),
        (1, "6.4-5", "1", "0.5"),
        (2, "6.2.8-4", "1, 2, 4, 8, 16", "3"),
        (2, "6.2.8.3-1", "1, 3, 4", "2"),
        (2, "6.2.3-1", "prtr, mntr; GRAY, RGB, CMYK; < 5", "class 'scnr', space 'RGB ', version 2.1"),
        (1, "6.1.2-2", "% + 4 x 80-FF", ""),
        (2, "6.1.3-1", "", ""),
    ],
)
def test_what_is_compared_comes_with_both_values(part: int, rule: str, expected: str, received: str) -> None:
    """And what is not compared says nothing that it did not find."""
    case = next(one for one in CASES if one.ids.get(part) == rule)
    found = the(check(case.document(part, "b", True), f"{part}b"), rule)
    assert (found.expected, found.received if received or not expected else "") == (expected, received)


def test_lengths_come_with_both_values() -> None:
    d = Doc(2, "b")
    d.catalog["Own"] = d.add(Stream({}, b"12345", length=4))
    found = the(check(d.write()), "6.1.7.1-1")
    assert (found.expected, found.received) == ("5", "4")


# -- disputed ---------------------------------------------------------------------------------------


def dated(info: str, xmp: str) -> Report:
    d = Doc(1, "b")
    d.info["CreationDate"] = info
    d.describe(f"<xmp:CreateDate>{xmp}</xmp:CreateDate>", 'xmlns:xmp="http://ns.adobe.com/xap/1.0/"')
    return check(d.write())


def test_a_date_that_differs_by_its_zone_only_is_disputed() -> None:
    assert dated("D:20260102030405+01'00'", "2026-01-02T03:04:05+01:00").valid
    report = dated("D:20260102030405", "2026-01-02T03:04:05+01:00")
    assert report.disputed
    assert the(report, "6.7.3-1").disputed is not None
    report = dated("D:20260102030405+02'00'", "2026-01-02T03:04:05+01:00")
    assert not report.valid
    assert not report.disputed


def button(flags: int, form: bool) -> Report:
    d = Doc(2, "b")
    field: dict[str, Any] = d.widget()
    field |= {"FT": "/Btn", "Ff": flags}
    if not form:
        field["AP"] = {"N": {"Yes": d.form()}}
    return check(d.write())


def test_a_pushbutton_with_a_stream_is_disputed() -> None:
    assert button(1 << 16, form=False).valid
    assert button(1 << 16, form=True).disputed
    box = button(0, form=True)
    assert box.rules == ("6.3.3-3",)
    assert not box.disputed


@pytest.mark.parametrize(
    ("declared", "broken", "disputed"), [(600, False, False), (599.4, True, True), (590, True, False)]
)
def test_a_width_that_differs_by_a_fraction_is_disputed(
    declared: float, broken: bool, disputed: bool
) -> None:
    d = Doc(2, "b")
    glyph = d.stream(b"600.5 0 d0 0 0 10 10 re f")
    d.fonts["F2"] = d.add(
        {
            "Type": "/Font", "Subtype": "/Type3", "FontBBox": [0, 0, 10, 10], "FontMatrix": [0.001, 0, 0, 0.001, 0, 0],
            "CharProcs": {"A": glyph}, "Encoding": {"Differences": [65, "/A"]}, "FirstChar": 65, "LastChar": 65,
            "Widths": [declared], "Resources": {},
        }
    )  # fmt: skip
    d.show("F2")
    report = check(d.write())
    assert (report.rules == ("6.2.11.5-1",), report.disputed) == (broken, disputed), report


def test_an_empty_object_is_disputed() -> None:
    d = Doc(2, "b")
    number = d.add(Raw(b"")).num
    d.heads[number] = b"%d 0 obj" % number
    assert check(d.write()).disputed
    d.heads[number] = b"%d  0 obj" % number
    report = check(d.write())
    assert (report.rules, report.disputed) == (("6.1.9-1",), False)


def test_every_dispute_stands_in_the_ledger_with_its_rules() -> None:
    found = {
        (one.dispute.ledger, rule)
        for number in (1, 2, 3)
        for rules in rule_set(Flavour(number, "b")).values()
        for rule, one in rules
        if one.dispute is not None
    }
    told = {(item.id, rule) for item in ledger() for rule in item.rules}
    assert found and found <= told and {name for name, _ in found} == {name for name, _ in told}


@pytest.mark.parametrize(("reading", "rules"), [(1, ("6.1.9-1",)), (2, ())])
def test_a_ruling_decides_what_was_disputed(monkeypatch, reading: int, rules: tuple[str, ...]) -> None:
    d = Doc(2, "b")
    number = d.add(Raw(b"")).num
    d.heads[number] = b"%d 0 obj" % number
    assert check(d.write()).disputed
    ruling = Ruling(reading=reading, date="2027-01-31", owner="PDF Association")
    ruled = msgspec.structs.replace(entry_of("LED-PDF-003"), ruling=ruling)
    monkeypatch.setattr("harness.core.standards.ledger.entry_of", lambda _: ruled)
    report = check(d.write())
    assert (report.rules, report.disputed, report.valid) == (rules, False, not rules)


# -- claims ------------------------------------------------------------------------------------------

PDFAID = '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">{}</rdf:Description>'
UA = '<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part></rdf:Description>'


def claiming(xml: str, flavour: str = "auto") -> Report:
    d = Doc(2, "b")
    d.id_xml = xml
    return check(d.write(), flavour)


@pytest.mark.parametrize(("level", "claimed"), [("", "4"), ("E", "4e"), ("F", "4f")])
def test_pdfa_4_is_one_finding(level: str, claimed: str) -> None:
    more = f"<pdfaid:conformance>{level}</pdfaid:conformance>" if level else ""
    xml = PDFAID.format(f"<pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev>{more}")
    report = claiming(xml)
    assert (report.outcome, report.claimed, report.rules) == ("invalid", claimed, ("claim",))
    assert [v.received for v in report.findings] == [f"PDF/A-{claimed}"]
    assert report.pages == 1
    assert "6.6.4-2" in claiming(xml, "2b").rules


def test_pdf_ua_alone_is_one_finding_and_beside_pdfa_a_note() -> None:
    report = claiming(UA)
    assert (report.rules, report.also, report.claimed) == (("claim",), ("PDF/UA-1",), None)
    both = PDFAID.format("<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>") + UA
    report = claiming(both)
    assert (report.claimed, report.also) == ("2b", ("PDF/UA-1",))
    assert "claim" not in report.rules


def test_no_claim_at_all_is_held_against_1b_and_2b() -> None:
    report = claiming("")
    assert report.flavour == "1b+2b"
    assert {"1b:6.7.11-1", "2b:6.6.4-1"} <= set(report.rules)

"""The informative annex: what is there of the technical documentation, and what nobody may read into it."""

from __future__ import annotations

from datetime import date

import msgspec
from reportkit import CATALOGUE, findings, info, rest

from harness.core.verdicts import Verdict
from harness.report.pdf.document import document
from harness.report.programme.ehds import CAPTION, annex, items
from harness.report.summary import summarise
from harness.report.vendor.page import vendor_page

SAID = [*findings(r1=Verdict.PASS, r2=Verdict.PASS), *rest()]
DAY = date(2026, 3, 1)


def rows(told, said):
    run = summarise(told, said, CATALOGUE)
    return {row.item.id: row for row in annex(run, run.parties["his-a"])}


def test_every_item_of_the_regulation_is_there_once():
    ids = [item.id for item in items()]
    assert len(ids) == len(set(ids)) == 16 and ids[-1] == "40-3"
    assert [name for name in ids if name.startswith("III-1")] == [f"III-1{letter}" for letter in "abcdefghij"]
    assert all(item.rest.nl and item.rest.en for item in items() if item.shows)


def test_what_the_run_shows_is_named_and_the_rest_stays_open():
    found = rows(info(his="live"), SAID)
    assert {name for name, row in found.items() if row.partly} == {
        "III-1a", "III-1b", "III-1c", "III-1d", "III-1h", "III-4"
    }  # fmt: skip
    assert (
        found["III-1a"].here.nl == "HisPro 7.1, getoetst op 01-03-2026"
        and "beoogde doel" in found["III-1a"].open.nl
    )
    assert "3" in found["III-4"].here.en or "2" in found["III-4"].here.en
    assert (found["III-6"].here.en, found["III-6"].open.en) == ("nothing", "all of it")
    assert not found["40-3"].partly, "this is no testing environment of the regulation"


def test_without_a_version_or_a_verdict_nothing_is_said_to_be_there():
    told = info(his="live")
    bare = tuple(msgspec.structs.replace(item, version="", product="") for item in told.participants)
    found = rows(msgspec.structs.replace(told, participants=bare), [])
    assert not found["III-1a"].partly and not found["III-1d"].partly
    assert not found["III-4"].partly and not found["III-1h"].partly


def test_it_stands_in_the_report_of_a_his_that_is_stated_and_of_nobody_else():
    run = summarise(info(his="live"), SAID, CATALOGUE)
    page = vendor_page(run, "his-a", CATALOGUE, DAY)
    assert len(page.annex) == 16
    assert any(
        piece.text == CAPTION.nl for part in document(page, CATALOGUE, "nl").sections for piece in part.pieces
    )
    for party in ("dvza-a", "pgo-1"):
        other = vendor_page(run, party, CATALOGUE, DAY)
        assert not other.annex
        assert not any("EHDS" in part.title for part in document(other, CATALOGUE, "en").sections)

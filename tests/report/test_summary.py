"""What a report says of each party, and pages that work."""

from __future__ import annotations

import html.parser
from pathlib import Path

import pytest
from reportkit import CATALOGUE, CELLS, EVIL, INFO, findings, info, rest
from runfolders import judged_run

from harness.core.algebra import Outcome, State
from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.findings import finding
from harness.core.verdicts import Blame, Verdict
from harness.report.grouping import grouped
from harness.report.html import page, write_report
from harness.report.summary import summarise


@pytest.mark.parametrize(
    ("verdicts", "outcome", "dutch"),
    [
        ({"r1": Verdict.PASS, "r2": Verdict.PASS}, Outcome.CONFORMS, "voldoet: 2 van 2"),
        ({"r1": Verdict.PASS, "r2": Verdict.WARNING}, Outcome.CONFORMS, "voldoet: 2 van 2"),
        ({"r1": Verdict.PASS, "r2": Verdict.NOT_APPLICABLE}, Outcome.CONFORMS, "1 niet van toepassing"),
        ({"r1": Verdict.FAIL, "r2": Verdict.PASS}, Outcome.FAILS, "voldoet niet: 1 van 2"),
        ({"r1": Verdict.INCONCLUSIVE, "r2": Verdict.PASS}, Outcome.NO_VERDICT, "1 niet beslist"),
        ({"r1": Verdict.NOT_TESTED, "r2": Verdict.PASS}, Outcome.NO_VERDICT, "1 niet getoetst"),
        ({"r1": Verdict.DISPUTED, "r2": Verdict.PASS}, Outcome.NO_VERDICT, "1 betwist"),
        ({"r1": Verdict.ERROR, "r2": Verdict.PASS}, Outcome.NO_VERDICT, "Geen oordeel"),
        ({"r1": Verdict.FAIL, "r2": Verdict.INCONCLUSIVE}, Outcome.FAILS, "1 niet beslist"),
        ({"r1": Verdict.PASS}, Outcome.NO_VERDICT, "1 niet getoetst"),
        ({}, Outcome.NO_VERDICT, "0 van 2 verplichte eisen voldaan"),
    ],
)
def test_the_headline_is_no_verdict_unless_every_must_is_good(verdicts, outcome, dutch):
    his = summarise(INFO, [*findings(**verdicts), *rest()], CATALOGUE).parties["his-a"]
    assert his.standing.outcome is outcome
    assert dutch in his.headline.nl and "HisPro 7.1" in his.headline.nl
    assert his.headline.en


def test_a_pgos_fault_stands_in_its_own_summary_and_cell_not_in_that_of_the_his():
    broken = [finding("MM-CLI-001", CELLS[1], Verdict.FAIL, blame=Blame.PRODUCT, party="pgo-2")]
    said = [*findings(r1=Verdict.PASS, r2=Verdict.PASS), *rest()[:3], *broken]
    run = summarise(info(), said, CATALOGUE)
    his, pgo = run.parties["his-a"], run.parties["pgo-2"]
    assert not his.findings and [cell.verdict for cell in his.cells] == [Verdict.PASS, Verdict.PASS]
    assert [item.requirement for item in pgo.findings] == ["MM-CLI-001"]
    assert (run.cells[1].verdict, run.cells[1].sides) == (Verdict.FAIL, ("pgo",))
    assert "voldoet niet" in pgo.headline.nl and "voldoet niet" not in his.headline.nl


def test_a_his_and_its_dvza_are_stated_together_only_when_both_are():
    said = [*findings(r1=Verdict.PASS, r2=Verdict.PASS), *rest()]
    for kinds, outcome in (
        ({"his": "live"}, None),
        ({"his": "live", "dvza": "live"}, Outcome.CONFORMS),
        ({}, Outcome.NO_VERDICT),
    ):
        run = summarise(info(**kinds), said, CATALOGUE)
        both = run.together(run.parties["his-a"])
        assert (both and both.outcome) == outcome
        assert [item.party.id for item in run.dvzas_of(run.parties["his-a"])] == ["dvza-a"]


def test_rows_hold_every_must_and_what_was_judged():
    run = summarise(INFO, findings(r1=Verdict.PASS, r3=Verdict.WARNING), CATALOGUE)
    rows = {row.requirement.id: row.state for row in run.parties["his-a"].rows}
    assert rows == {"HG-PAT-001": State.MET, "HG-PAT-002": State.NOT_TESTED, "HG-PAT-003": State.MET}


def test_what_was_not_asked_is_listed_with_its_reason():
    run = summarise(INFO, findings(r1=Verdict.PASS, r2=Verdict.PASS, r3=Verdict.PASS), CATALOGUE)
    reasons = {requirement.id: reason.nl for requirement, reason in run.parties["his-a"].not_asked}
    assert reasons == {"HG-PAT-004": "komt later", "HG-PAT-005": "handmatig te toetsen"}


def test_what_was_asked_and_never_judged_is_open():
    run = summarise(INFO, findings(r1=Verdict.PASS), CATALOGUE)
    (group,) = run.parties["his-a"].open
    assert group.verdict is Verdict.NOT_TESTED
    assert group.requirements == ("HG-PAT-002", "HG-PAT-003")


def test_worst_findings_come_first_and_equal_ones_are_grouped():
    run = summarise(INFO, findings(r3=Verdict.WARNING, r2=Verdict.FAIL, r1=Verdict.INCONCLUSIVE), CATALOGUE)
    his = run.parties["his-a"]
    groups = grouped(his.findings)
    assert [items[0].verdict for items in groups] == [Verdict.FAIL, Verdict.WARNING]
    assert all(len(items) == 2 for items in groups)
    (open_,) = his.open
    assert (open_.verdict, open_.requirements) == (Verdict.INCONCLUSIVE, ("HG-PAT-001",))
    assert [item.cell.pgo for item in open_.evidence] == ["pgo-1", "pgo-2"]


class Page(html.parser.HTMLParser):
    """Collects what the tests ask of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.lang = ""
        self.open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "html":
            self.lang = values.get("lang", "")
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if values.get("id"):
            self.ids.add(values["id"])
        if tag not in ("meta", "br", "link", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()


@pytest.fixture
def report(tmp_path):
    said = findings(r1=Verdict.FAIL, r2=Verdict.NOT_TESTED, r3=Verdict.WARNING)
    blocked = finding("MM-AUT-001", CELLS[0], Verdict.INCONCLUSIVE, cause="pgo-1", received=EVIL)
    exchange = Exchange(
        id="e-1",
        interface="resource",
        flow="collect",
        operation="hg-patient-json",
        client="pgo-1",
        server="dvza-a",
        started="2026-03-01T09:00:00+00:00",
        request=Request(method="GET", url=f"https://dvza.example/fhir/Patient?x={EVIL}"),
        response=Response(
            status=200, headers=(("Content-Type", "application/fhir+json"),), body=EVIL.encode()
        ),
    )
    found = [*said, *rest()[1:], blocked]
    folder = judged_run(tmp_path / "run", INFO, found, {cell: [exchange] for cell in INFO.plan})
    write_report(folder, INFO, found, CATALOGUE)
    return folder.report


def test_pages_are_well_formed_and_every_link_works_from_file(report):
    pages = {path.name: Page(path) for path in report.glob("*.html")}
    assert len(pages) == 2 * (1 + 4 + len(CELLS))
    for name, content in pages.items():
        assert not content.open, name
        assert content.lang == ("en" if name.endswith(".en.html") else "nl"), name
        for link in content.links:
            file, _, fragment = link.partition("#")
            target = (report / file) if file else report / name
            assert target.is_file(), f"{name} links to {link}"
            if fragment and target.suffix == ".html":
                assert fragment in pages[target.name].ids, f"{name} links to {link}"


def test_pages_escape_what_a_product_sent(report):
    for path in report.glob("*.html"):
        assert EVIL not in path.read_text(encoding="utf-8")


def test_the_page_of_a_party_shows_headline_versions_and_open_ids(report):
    text = (report / page("vendor", "his-a", "nl")).read_text(encoding="utf-8")
    for wanted in (
        "HisPro 7.1 voldoet niet: 1 van 2 verplichte eisen niet voldaan, 1 niet getoetst",
        "OPEN-ICT-30",
        "niet getoetst",
        "niet beoordeeld: een van beide is nagebootst",
        "komt later",
        "2026-03-01",
        "pgo-2",
    ):
        assert wanted in text


def test_a_stand_in_among_live_parties_gets_a_page_without_an_outcome(report):
    text = (report / page("vendor", "dvza-a", "en")).read_text(encoding="utf-8")
    assert "dvza-a is simulated and gets no verdict." in text
    assert "first cause: pgo-1" in text
    assert "no verdict because" not in text.lower()
    index = (report / page("matrix", "", "en")).read_text(encoding="utf-8")
    assert "dvza-a is simulated" not in index and "Rehearsal" not in index


def test_every_page_of_a_rehearsal_says_so(tmp_path):
    found = [*findings(r1=Verdict.PASS, r2=Verdict.PASS), *rest()]
    folder = judged_run(tmp_path / "run", info(), found, {})
    write_report(folder, info(), found, CATALOGUE)
    pages = list(folder.report.glob("*.html"))
    assert pages
    for path in pages:
        word = "Rehearsal with simulated" if path.name.endswith(".en.html") else "Oefening met nagebootste"
        assert word in path.read_text(encoding="utf-8"), path.name

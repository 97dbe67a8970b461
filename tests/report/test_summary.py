"""What a report says of each party, and pages that work."""

from __future__ import annotations

import html.parser
from pathlib import Path

import pytest
from runfolders import judged_run

from harness.core.algebra import Outcome, State
from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.findings import Cell, Finding, Where, finding
from harness.core.run.info import FrozenRecord, ParticipantVersion, RunInfo, Settings
from harness.core.text import Text
from harness.core.verdicts import Blame, Strength, Verdict
from harness.judge.catalogue import Catalogue, Requirement
from harness.report.grouping import grouped
from harness.report.html import page, write_report
from harness.report.summary import summarise

PGOS = ("pgo-1", "pgo-2")
CELLS = tuple(
    Cell(his="his-a", dvza="dvza-a", pgo=pgo, standard="huisartsgegevens-2.0", release="mm-2.2")
    for pgo in PGOS
)
EVIL = "<script>alert(1)</script>"


def requirement(
    identifier: str, strength: Strength = Strength.MUST, role: str = "his", **fields: str
) -> Requirement:
    return Requirement(
        id=identifier,
        title=Text(nl=f"eis {identifier}", en=f"requirement {identifier}"),
        source="clause",
        topic="form",
        group="patient",
        mark="S",
        role=role,
        depends=("his", "standard") if role == "his" else ("pgo",),
        strength=strength,
        kind=fields.pop("kind", "automatic"),
        state=fields.pop("state", "active"),
        standard="huisartsgegevens-2.0" if role == "his" else "",
        basiseis=("OPEN-ICT-30",),
        reason=Text(nl="komt later", en="comes later"),
    )


CATALOGUE = Catalogue(
    [
        requirement("HG-PAT-001"),
        requirement("HG-PAT-002"),
        requirement("HG-PAT-003", Strength.SHOULD),
        requirement("HG-PAT-004", state="planned"),
        requirement("HG-PAT-005", Strength.SHOULD, kind="manual"),
        requirement("MM-AUT-001", role="dvza"),
        requirement("MM-CLI-001", role="pgo"),
    ],
    "digest",
)
ASKED = ("HG-PAT-001", "HG-PAT-002", "HG-PAT-003", "MM-AUT-001", "MM-CLI-001")


def info(**kinds: str) -> RunInfo:
    """A run of HisPro and its DVZA with two PGOs; ``his="live"`` says that it is."""
    names = {"his-a": "his", "dvza-a": "dvza", "pgo-1": "pgo", "pgo-2": "pgo"}
    return RunInfo(
        id="run",
        harness="0.1",
        t="2026-03-01",
        now="2026-03-01T10:00:00+01:00",
        plan=CELLS,
        participants=tuple(
            ParticipantVersion(
                id=name,
                role=role,
                kind=kinds.get(role, "twin"),
                product="HisPro" if role == "his" else "",
                version="7.1" if role == "his" else "",
                standards=("huisartsgegevens-2.0",),
                releases=("mm-2.2",),
            )
            for name, role in names.items()
        ),
        hashes={"catalogue": "digest"},
        settings=Settings(
            requirements={cell.key: ASKED for cell in CELLS},
            persons={cell.key: "someone" for cell in CELLS},
            records={"someone": FrozenRecord(origin="bureau", sha256="0" * 64)},
        ),
    )


INFO = info(his="live")


def findings(**verdicts: Verdict) -> list[Finding]:
    """Findings for both cells; keyword = topic number, e.g. ``r1=Verdict.FAIL``."""
    return [
        finding(
            f"HG-PAT-00{name[1:]}",
            cell,
            verdict,
            blame=Blame.PRODUCT if verdict is Verdict.FAIL else None,
            party="his-a",
            where=Where(exchange="e-1", path="Bundle.link", line=3, column=7),
            expected="x",
            received=EVIL,
        )
        for name, verdict in verdicts.items()
        for cell in CELLS
    ]


def rest() -> list[Finding]:
    """The other parties met what they were asked."""
    return [finding(name, cell, Verdict.PASS) for cell in CELLS for name in ("MM-AUT-001", "MM-CLI-001")]


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

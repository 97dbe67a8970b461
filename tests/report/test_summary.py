"""The headline and the tables of a report are tested artefacts."""

from __future__ import annotations

import html.parser
from pathlib import Path

import pytest

from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.findings import Cell, Finding, Where, finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import ParticipantVersion, RunInfo
from harness.core.text import Text
from harness.core.verdicts import Blame, Strength, Verdict
from harness.judge.catalogue import Catalogue, Requirement
from harness.report.html import HtmlReport, page
from harness.report.summary import grouped, summarise

PGOS = ("pgo-1", "pgo-2")
CELLS = tuple(
    Cell(his="his-a", dvza="dvza-a", pgo=pgo, standard="huisartsgegevens-2.0", release="mm-2.2")
    for pgo in PGOS
)
EVIL = "<script>alert(1)</script>"


def requirement(identifier: str, strength: Strength = Strength.MUST, **fields: str) -> Requirement:
    return Requirement(
        id=identifier,
        title=Text(nl=f"eis {identifier}", en=f"requirement {identifier}"),
        source="clause",
        topic="form",
        group="patient",
        mark="S",
        role="his",
        strength=strength,
        kind=fields.pop("kind", "automatic"),
        state=fields.pop("state", "active"),
        basiseis=("OPEN-ICT-30",),
        reason=Text(nl="komt later", en="comes later"),
    )


CATALOGUE = Catalogue(
    [
        requirement("HG-PAT-001"),
        requirement("HG-PAT-002"),
        requirement("HG-PAT-003", Strength.SHOULD),
        requirement("HG-PAT-004", state="planned"),
        requirement("HG-PAT-005", kind="manual"),
    ],
    "digest",
)
INFO = RunInfo(
    id="run",
    harness="0.1",
    t="2026-03-01",
    now="2026-03-01T10:00:00+01:00",
    plan=CELLS,
    participants=(ParticipantVersion(id="his-a", role="his", kind="live", product="HisPro", version="7.1"),),
    hashes={"catalogue": "digest"},
)


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


@pytest.mark.parametrize(
    ("verdicts", "outcome", "dutch"),
    [
        ({"r1": Verdict.PASS, "r2": Verdict.PASS, "r3": Verdict.PASS}, "pass", "voldoet aan alle 2"),
        ({"r1": Verdict.PASS, "r2": Verdict.PASS, "r3": Verdict.WARNING}, "pass", "voldoet aan alle 2"),
        ({"r1": Verdict.PASS, "r2": Verdict.NOT_APPLICABLE, "r3": Verdict.PASS}, "pass", "voldoet aan alle"),
        ({"r1": Verdict.FAIL, "r2": Verdict.PASS, "r3": Verdict.PASS}, "fail", "voldoet niet: 1 van 2"),
        ({"r1": Verdict.INCONCLUSIVE, "r2": Verdict.PASS}, "undecided", "Geen oordeel"),
        ({"r1": Verdict.DISPUTED, "r2": Verdict.PASS}, "undecided", "Geen oordeel"),
        ({"r1": Verdict.ERROR, "r2": Verdict.PASS}, "undecided", "Geen oordeel"),
        ({"r1": Verdict.FAIL, "r2": Verdict.INCONCLUSIVE}, "undecided", "Wel al gefaald: 1"),
        ({"r1": Verdict.PASS}, "undecided", "1 verplichte eis niet beslist"),
        ({}, "undecided", "Geen oordeel"),
    ],
)
def test_headline_is_no_verdict_unless_every_active_must_is_decided(verdicts, outcome, dutch):
    vendor = summarise(INFO, findings(**verdicts), CATALOGUE).vendors[0]
    assert vendor.outcome == outcome
    assert dutch in vendor.headline.nl and "HisPro 7.1" in vendor.headline.nl
    assert vendor.headline.en


def test_not_tested_lists_planned_and_manual_with_reason():
    run = summarise(INFO, findings(r1=Verdict.PASS, r2=Verdict.PASS, r3=Verdict.PASS), CATALOGUE)
    reasons = {requirement.id: reason.nl for requirement, reason in run.vendors[0].not_tested}
    assert reasons == {"HG-PAT-004": "komt later", "HG-PAT-005": "handmatig te toetsen"}


def test_worst_findings_come_first_and_equal_ones_are_grouped():
    run = summarise(INFO, findings(r3=Verdict.WARNING, r2=Verdict.FAIL, r1=Verdict.INCONCLUSIVE), CATALOGUE)
    groups = grouped(run.vendors[0].findings)
    assert [items[0].verdict for items in groups] == [Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.WARNING]
    assert all(len(items) == 2 for items in groups)


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
    folder = RunFolder.create(tmp_path / "run")
    folder.write_info(INFO)
    folder.write_findings(findings(r1=Verdict.FAIL, r2=Verdict.PASS, r3=Verdict.WARNING))
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
    for cell in CELLS:
        folder.har(cell.key).write_text("{}")
    HtmlReport(folder, CATALOGUE, lambda cell: [exchange]).write(folder.path / "report")
    return folder.path / "report"


def test_pages_are_well_formed_and_every_link_works_from_file(report):
    pages = {path.name: Page(path) for path in report.glob("*.html")}
    assert len(pages) == 2 * (1 + 1 + len(CELLS))
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


def test_vendor_page_shows_headline_versions_and_open_ids(report):
    text = (report / page("vendor", "his-a", "nl")).read_text(encoding="utf-8")
    for wanted in (
        "HisPro 7.1 voldoet niet",
        "OPEN-ICT-30",
        "Niet getoetst",
        "komt later",
        "2026-03-01",
        "pgo-2",
    ):
        assert wanted in text

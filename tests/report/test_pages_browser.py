"""The pages in Chromium, from ``file://``: accessible at each width, light and dark; filters, keys, messages."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from reportkit import CATALOGUE, CELLS, EVIL, INFO, findings, rest
from runfolders import judged_run

from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.text import both
from harness.core.verdicts import Verdict
from harness.record.seal.countersign import Signable
from harness.report.dossier.bureau import DossierRow, Overview, write_page
from harness.report.dossier.check import CheckedDossier
from harness.report.dossier.compare import compare, side
from harness.report.dossier.document import Dossier, HeldRun
from harness.report.dossier.milestones import milestone_rows
from harness.report.html import HtmlReport, page
from harness.report.pages.since import since
from harness.report.programme.basiseisen import basiseis_rows

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(__file__).resolve().parent.parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
LONG = "Zorginformatiesysteemkoppelvlakbeheerorganisatie"
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def messages(cell):
    body = (
        b'{"resourceType":"Bundle",\n\n"link":[{"relation":"self","url":"https://x/?a=%s"}]}' % EVIL.encode()
    )
    headers = (("Content-Type", "application/fhir+json"),)
    return [
        Exchange(
            id=f"e-{number}",
            interface="resource",
            flow="collect" if number < 4 else "refused-data",
            operation="hg-patient-json",
            client=cell.pgo,
            server=cell.dvza,
            started="2026-03-01T09:00:00+00:00",
            request=Request(
                method="GET",
                url=f"https://dvza.example/fhir/Patient?n={number}",
                headers=(("Authorization", "Bearer mask-token-x"), ("Accept", "it's json")),
            ),
            response=Response(status=200 if number < 4 else 403, headers=headers, body=body),
        )
        for number in range(1, 6)
    ]


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """The pages of a small run, and a bureau's overview beside them."""
    found = [*findings(r1=Verdict.FAIL, r2=Verdict.NOT_TESTED, r3=Verdict.WARNING), *rest()]
    base = tmp_path_factory.mktemp("pages")
    folder = judged_run(base / "run", INFO, found, {cell: messages(cell) for cell in CELLS})
    now = side(folder.path, CATALOGUE)
    first = {
        about: Verdict.PASS if about.cell == CELLS[0].key else seen for about, seen in now.verdicts.items()
    }
    before = dataclasses.replace(now, name="runs/earlier", verdicts=first)
    made = HtmlReport(folder, INFO, found, CATALOGUE, since(compare(before, now), found))
    made.write(base / "report")
    held = HeldRun(folder="run-1", run="0" * 64, root="0" * 64)
    dossier = Dossier(
        vendor=LONG, subject=("his-a", "dvza-a"), region="Noord", made=INFO.now, harness="0.1",
        runs=(held,),
    )  # fmt: skip
    checked = CheckedDossier(
        dossier=dossier, manifest="", root="", files=1, seal=None, summary=made.summary, exchanges=1, bound=(),
        tested=(NOW.date(),),
        basiseisen=tuple(basiseis_rows(made.summary.parties["his-a"].rows, CATALOGUE)),
        signable=Signable(b"", "", ("HG-PAT-001-0",), (), ""), countersigned=None,
    )  # fmt: skip
    rows = (
        DossierRow("linde.zip", "", found=checked, milestones=tuple(milestone_rows(checked, NOW.date()))),
        DossierRow("kapot.zip", "", problem=both("manifest.json: ?")),
    )
    (base / "report" / "bureau.html").write_bytes(write_page(Overview(NOW, rows), "nl"))
    return base / "report"


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def visit(browser, report):
    """Open a page; what its script or the policy complains of fails the test."""
    said, contexts = [], []

    def go(name: str, anchor: str = "", width: int = 1440, scheme: str = "light"):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        tab = contexts[-1].new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto((report / name).as_uri() + anchor)
        return tab

    yield go
    for context in contexts:
        context.close()
    assert said == []


CELL = page("cell", CELLS[0].key, "nl")
CHANGES = page("compare", "since", "nl")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (768, "light"), (1440, "dark")])
def test_axe_finds_nothing_serious(visit, width, scheme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (npm ci in tests/node)")
    axe = AXE.read_text(encoding="utf-8")
    for name in ("index.html", CELL, page("vendor", "his-a", "nl"), "bureau.html", CHANGES):
        tab = visit(name, width=width, scheme=scheme)
        if name == CELL:
            tab.locator(".two").scroll_into_view_if_needed()
            tab.locator(".pane h3").wait_for()
        tab.evaluate(axe)
        result = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
        bad = [item["id"] for item in result["violations"] if item["impact"] in ("serious", "critical")]
        assert bad == [], name
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_a_filter_stands_in_the_address_and_comes_back_from_it(visit):
    tab = visit("index.html")
    tab.select_option("[name=outcome]", "f")
    assert tab.url.endswith("#outcome=f") and tab.locator("#filter output").inner_text() == "2 combinaties"
    tab.select_option("[name=party]", "pgo:pgo-2")
    again = visit("index.html", tab.url[tab.url.index("#") :])
    assert again.locator("#filter output").inner_text() == "1 combinatie"
    assert again.locator("td[id]:visible").count() == 1
    again.click("button[type=reset]")
    again.wait_for_function("document.querySelectorAll('td[id]:not([hidden])').length === 2")
    assert "#" not in again.url


def test_what_changed_is_found_in_the_matrix_and_listed_per_party(visit):
    tab = visit("index.html", "#since=new")
    assert tab.locator("#filter output").inner_text() == "1 combinatie"
    assert tab.locator("td[id]:not(.dim) .since").inner_text() == "▼○"
    tab.click(".keys a[href$='#new']")
    assert tab.url.endswith(f"{CHANGES}#new")
    lines = tab.locator("tr[data-party]").count()
    tab.select_option("[name=party]", "his-a")
    assert tab.url.endswith("#new&party=his-a") and 0 < tab.locator("tr[data-party]:visible").count() <= lines
    assert tab.locator("tr[data-party]:visible").first.inner_text().startswith("eis HG-PAT-")


def test_a_cell_of_the_matrix_has_an_address_and_keys_walk_from_it(visit):
    place = "his-a.dvza-a.pgo-1.mm-2.2"
    tab = visit("index.html", f"#{place}")
    tab.wait_for_function("document.activeElement.closest('td')")
    assert tab.evaluate("document.activeElement.closest('td').id") == place
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.closest('td').id") == "his-a.dvza-a.pgo-2.mm-2.2"
    assert tab.locator("td a[tabindex='0']").count() == 1
    assert "Huisartsgegevens niet voldaan (HIS)" in tab.locator(".inspect").inner_text()
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"**/{page('cell', CELLS[1].key, 'nl')}")


def test_a_phone_gets_a_list_of_what_asks_for_attention(visit):
    tab = visit("index.html", width=390)
    assert tab.locator("td .pgo:visible").all_inner_texts() == ["pgo-1", "pgo-2"]
    assert tab.locator(".matrix thead").is_hidden()


def test_evidence_opens_the_message_with_the_line_marked(visit):
    tab = visit(CELL)
    tab.locator(".finding .ids a, .finding dd a").first.click()
    tab.locator(".pane .bad").wait_for()
    assert tab.locator(".pane h3").inner_text() == "#e-1 GET /fhir/Patient?n=1"
    assert tab.locator(".pane .bad").first.inner_text().strip().startswith('"link": [')
    assert "eis HG-PAT-001" in tab.locator(".pane .said").first.inner_text()
    assert tab.url.endswith("#e-1") and EVIL in tab.locator(".pane").text_content()
    tab.keyboard.press("j")
    tab.get_by_text("#e-2 GET").wait_for()


def test_messages_are_grouped_searched_and_copied_as_curl(visit):
    tab = visit(CELL, "#e-4&q=n%3D4")
    tab.locator(".pane h3").wait_for()
    assert tab.locator("#messages output").inner_text() == "1 / 5"
    tab.locator(".two").scroll_into_view_if_needed()
    assert tab.locator(".pane h3").inner_text().startswith("#e-4 "), (
        "the address goes before the first evidence"
    )
    assert tab.locator(".xs a:visible").count() == 1
    assert tab.locator(".xs summary:visible").inner_text().startswith("Verzoeken die geweigerd moeten worden")
    tab.evaluate(
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: t => { window.copied = t }}})"
    )
    tab.get_by_text("Kopieer als curl").click()
    tab.wait_for_function("window.copied")
    assert tab.evaluate("copied").replace(" \\\n ", "") == (
        "curl 'https://dvza.example/fhir/Patient?n=4' -H \"Authorization: Bearer $TOKEN\" -H 'Accept: it'\\''s json'"
    )


def test_findings_and_the_first_message_are_there_without_script(browser, report):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto((report / CELL).as_uri() + "#e-1")
    assert tab.locator(".finding").first.is_visible() and tab.locator(".static details").count() == 1
    assert tab.locator("form").is_hidden()
    tab.goto((report / "index.html").as_uri())
    assert tab.locator("td[id] a").count() == 2 and tab.locator("#filter").is_hidden()
    context.close()

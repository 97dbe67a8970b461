"""Items and outcomes of the plugin, from the verdict of a judge to every report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from harness import cli
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo, Settings
from harness.core.text import Text
from harness.judge.catalogue import load_catalogue
from harness.matrix.crew import driving
from harness.network.file import read_network
from harness.network.person.persons import fixture_persons
from harness.reference.record import load

DOCUMENTS, FRAMEWORK = "PD-GEN-001", "MM-AUT-001"
REASON = Text(nl="twee lezingen", en="two readings of one clause")
ONE = ("--harness-vendor", "his-eik", "--harness-pgo", "pgo-zon")
JUNIT = Path(__file__).resolve().parent.parent / "matrix" / "junit.xsd"


def says(method, identifier, *words, **details):
    """A judge that says one thing."""
    return {identifier: lambda view: [getattr(view, method)(identifier, *words, **details)]}


def case(done, name=""):
    """The test case of one item."""
    return next(item for item in done.cases if item.get("name").startswith(name))


def values(element):
    return {item.get("name"): item.get("value") for item in element.iter("property")}


def test_everything_passes(run, network):
    done = run()
    assert done.code == 0
    assert done.suite == {"tests": 6, "failures": 0, "errors": 0, "skipped": 0}
    assert network.closed == 1
    assert {item["verdict"] for item in done.json("findings.json")["findings"]} == {"pass"}
    assert (done.folder / "report" / "index.html").is_file()


@pytest.mark.parametrize(
    ("judges", "code", "element", "status", "outcome"),
    [
        (says("fail", DOCUMENTS, received="x"), 1, "failure", "failed", "failed"),
        (says("disputed", DOCUMENTS, REASON), 6, "error", "broken", "error"),
        (says("inconclusive", DOCUMENTS, REASON), 6, "error", "broken", "error"),
        (says("not_tested", DOCUMENTS, REASON), 6, "error", "broken", "error"),
        (says("not_applicable", DOCUMENTS, REASON), 0, "skipped", "skipped", "skipped"),
        (says("warn", DOCUMENTS, received="x"), 0, None, "passed", "passed"),
        ({DOCUMENTS: lambda view: 1 / 0}, 3, "error", "broken", "error"),
    ],
    ids=["fail", "disputed", "inconclusive", "not-tested", "not-applicable", "warning", "error"],
)
def test_a_verdict_has_one_outcome_in_every_report(run, network, judges, code, element, status, outcome):
    done = run(*ONE, "--harness-only", DOCUMENTS, judges=judges)
    assert done.code == code
    assert [child.tag for child in case(done) if child.tag not in ("properties",)] == [element] * bool(
        element
    )
    assert [item["status"] for item in done.allure] == [status]
    assert f"1 {outcome}" in done.out
    for path in (done.items, done.folder / "junit.xml"):
        document = etree.parse(path)
        assert etree.XMLSchema(etree.parse(JUNIT)).validate(document)
        (told,) = document.iter("testcase")
        assert [item.tag for item in told if item.tag in ("failure", "error", "skipped")] == [element] * bool(
            element
        )
        assert "his-eik × dvza-eik × pgo-zon" in told.get("name") and told.get("file")


def test_a_disputed_requirement_is_shown_with_its_readings(run, network):
    done = run(*ONE, "--harness-only", DOCUMENTS, judges=says("disputed", DOCUMENTS, REASON))
    (found,) = done.json("findings.json")["findings"]
    assert (found["verdict"], found["blame"]) == ("disputed", "specification")
    assert values(case(done)) == {
        "requirements": DOCUMENTS,
        f"verdict:{DOCUMENTS}": "disputed",
        "outcome": "broken",
    }
    assert REASON.en in case(done).find("error").text and "disputed" in case(done).find("error").text
    told = done.allure[0]["statusDetails"]
    assert DOCUMENTS in told["message"] and "two readings" in told["trace"]
    rules = done.json("allure-results/categories.json")
    fits = [
        rule["name"]
        for rule in rules
        if "broken" in rule["matchedStatuses"] and re.match(rule.get("traceRegex", ""), told["trace"])
    ]
    assert fits[0] == "Disputed: unclear specification"
    again = done.folder.parent / "again"
    assert cli.run(["judge", str(done.folder), "--out", str(again), "--lang", "en"]) == 6
    assert (again / "findings.json").read_bytes() == (done.folder / "findings.json").read_bytes()
    page = next((done.folder / "report").glob("vendor-his-eik*.en.html")).read_text()
    assert (
        "no verdict on Eikenblad HIS 7.2" in page and "≠ disputed" in page and "unclear specification" in page
    )


def test_a_disputed_should_is_told_and_does_not_count(run, network):
    should = next(
        item.id
        for item in load_catalogue()
        if item.strength.value == "SHOULD" and item.decidable and not item.standard
    )
    scenario = f"""
from harness.scenario import Text, scenario

@scenario(flow="collect", requirements=("{should}",), title=Text(nl="a", en="a"))
def test_should(cell):
    cell.judge()
"""
    (Path.cwd() / "test_should.py").write_text(scenario)
    done = run(*ONE, "--harness-standard", "pdfa-3.0", judges=says("disputed", should, REASON))
    assert done.code == 0 and "1 passed" in done.out
    assert [item["verdict"] for item in done.json("findings.json")["findings"]] == ["disputed"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 1),
        (("--harness-for", "his-eik"), 1),
        (("--harness-for", "pgo-zon"), 0),
        (("--harness-for", "pgo-zon", "--harness-require-verdict"), 6),
    ],
)
def test_the_exit_status_is_that_of_the_subject(run, network, words, code):
    judges = says("fail", DOCUMENTS, received="x")
    done = run(*ONE, "--harness-standard", "pdfa-3.0", *words, judges=judges)
    assert done.code == code
    assert done.suite["failures"] == 1


def test_a_subject_that_takes_no_part_refuses_the_run(run, network):
    done = run(*ONE, "--harness-for", "pgo-zonn", process=True)
    assert done.code == 2 and "did you mean 'pgo-zon'" in done.out + done.err


def test_without_a_recorded_exchange_nothing_ran(run, network, monkeypatch):
    monkeypatch.setattr(driving, "cell_exchanges", lambda folder, cell: [])
    assert run(*ONE).code == 4


def test_what_a_stopped_run_did_not_reach_stays_asked(run, network):
    done = run("--harness-only", DOCUMENTS, "-x", judges=says("fail", DOCUMENTS, received="x"))
    folder = RunFolder.open(done.folder)
    assert not folder.finished and not (done.folder / "run.json").exists(), "it can be resumed"
    assert len(folder.info().unjudged) == 3
    assert sum(map(bool, folder.info().settings.requirements.values())) == 4
    page = next((done.folder / "report").glob("vendor-his-beuk*.en.html")).read_text()
    assert "the run ended before this was reached" in page


def test_a_failure_of_the_product_outweighs_what_is_undecided(run, network):
    judges = says("fail", DOCUMENTS, received="x") | says("inconclusive", FRAMEWORK, REASON)
    done = run(*ONE, judges=judges)
    assert done.code == 1
    assert done.suite == {"tests": 2, "failures": 1, "errors": 1, "skipped": 0}


# --- what is collected ---------------------------------------------------------------------------------


def demo_standards():
    return read_network("demo").participants[0].standards


def collected(done):
    return [line for line in done.out.splitlines() if "::" in line]


def test_a_requirement_is_asked_once_per_what_it_depends_on_and_unshared_in_every_cell(run, network):
    normal = collected(run("--collect-only", "-q"))
    full = collected(run("--collect-only", "-q", "--harness-no-sharing"))
    assert len([line for line in normal if "test_framework" in line]) == 2
    assert len([line for line in full if "test_framework" in line]) == 4 * len(demo_standards())
    assert len([line for line in full if "test_documents" in line]) == 4
    assert set(normal) < set(full)


@pytest.mark.parametrize("words", [("--collect-only",), ("--setup-plan",), ("--fixtures",)])
def test_looking_leaves_nothing_on_disk(run, network, scenarios, words):
    done = run(*words)
    assert done.code == 0, done.out
    assert ("test_documents[" in done.out) is (words != ("--fixtures",))
    assert {path.name for path in scenarios.parent.iterdir()} <= {"test_story.py", "__pycache__", "items.xml"}
    assert network.driven == []


def test_a_scenario_without_a_planned_cell_is_no_item(run, network):
    counts = []
    for intensity in ("normal", "full"):
        done = run("--collect-only", "-q", "--harness-intensity", intensity)
        counts.append(int(re.search(r"^(\d+) tests collected in", done.out, re.M)[1]))  # none deselected
    assert 0 < counts[0] < counts[1]


def test_looking_for_what_does_not_exist_says_so(run, network):
    assert run("--collect-only", "-k", "nothing").code == 4
    assert run("-k", "nothing").code == 4


def test_a_cell_is_asked_only_what_was_selected(run, network):
    done = run(*ONE, "-k", "documents")
    asked = set(map(tuple, done.json("run.json")["settings"]["requirements"].values()))
    assert asked == {(DOCUMENTS,)}
    assert {flow for _, flow in network.driven} == {"collect"}


def test_records_are_read_once_per_run(run, network, monkeypatch):
    read = []
    real = load.load_record
    monkeypatch.setattr(load, "load_record", lambda folder, t: read.append(folder) or real(folder, t=t))
    done = run()
    assert done.suite["tests"] == 6
    assert len(read) == len(set(read)) == len(fixture_persons())
    info = RunFolder.open(done.folder).info()
    assert isinstance(info, RunInfo) and isinstance(info.settings, Settings)
    assert set(info.settings.records) == {item.id for item in fixture_persons()}


def test_the_cell_fixture_is_for_scenarios(run, network, pytester):
    pytester.makepyfile(test_story="def test_other(cell): pass")
    done = run()
    assert done.code == 3 and "1 error" in done.out


def test_scenarios_without_a_network_are_skipped_with_the_reason(pytester, scenarios):
    done = pytester.runpytest_inprocess("-rs")
    assert done.ret == 0
    done.assert_outcomes(skipped=2)
    done.stdout.fnmatch_lines(["*--harness-network FILE*"])

"""What programs read of a run, each read by its schema, a validator or a consumer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from lxml import etree
from reportkit import CATALOGUE, CELLS, EVIL, INFO, findings, info, rest
from runfolders import judged_run

from harness.core.run.agreed.waivers import Waiver, fingerprint
from harness.core.run.findings import Finding
from harness.core.run.info import RunInfo
from harness.core.text import LANGUAGES
from harness.core.verdicts import Verdict
from harness.fhir.codec.documents import parse
from harness.fhir.validation.validator import Validator
from harness.judge.outcome.tally import key_of
from harness.report.machine.badge import SVG, badge
from harness.report.machine.junit import readable, refused_junit, run_junit
from harness.report.machine.run import JudgedRun
from harness.report.machine.sarif import run_sarif
from harness.report.machine.testreport import report_bundle
from harness.report.summary import summarise
from harness.report.vendor.page import vendor_page

HERE = Path(__file__).resolve().parent.parent
JUNIT = etree.XMLSchema(etree.parse(HERE / "matrix" / "junit.xsd"))
SARIF = json.loads((HERE / "pdfa" / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
AT = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
DAY = date(2026, 3, 1)
BOTH = {"his": "live", "dvza": "live"}


def run(folder: Path, found: list[Finding], told: RunInfo = INFO) -> JudgedRun:
    """A run that was recorded, judged and summarised."""
    made = judged_run(folder / "run", told, found, {})
    return JudgedRun(made, summarise(told, found, CATALOGUE), found, CATALOGUE)


def waiver(item: Finding, expires: date) -> Waiver:
    mark = fingerprint(key_of(CATALOGUE[item.requirement], item.cell), item)
    names = {"reason": "later", "issue": "HIS-12", "owner": "J. Jansen", "approver": "B. Bureau"}
    return Waiver(fingerprint=mark, requirement=item.requirement, expires=expires, **names)


def waived(found: list[Finding], expires: date) -> RunInfo:
    return msgspec.structs.replace(INFO, waivers=(waiver(found[0], expires),))


def cases(data: bytes) -> dict[str, Any]:
    """The cases of the first suite by requirement, when the document follows its schema."""
    document = etree.fromstring(data)
    assert JUNIT.validate(document), JUNIT.error_log
    for suite in document:
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name)) == sum(case.find(tag) is not None for case in suite.iter("testcase"))
    return {case.get("name").split()[0]: case for case in document[0].iter("testcase")}


@pytest.mark.parametrize(
    ("verdict", "must", "should"),
    [
        (Verdict.PASS, None, None),
        (Verdict.WARNING, None, None),
        (Verdict.FAIL, "failure", "failure"),
        (Verdict.ERROR, "error", "error"),
        (Verdict.INCONCLUSIVE, "error", "skipped"),
        (Verdict.DISPUTED, "error", "skipped"),
        (Verdict.NOT_TESTED, "error", "skipped"),
        (Verdict.NOT_APPLICABLE, "skipped", "skipped"),
    ],
)
def test_junit_says_of_a_verdict_what_the_test_items_say(tmp_path, verdict, must, should):
    told = cases(run_junit(run(tmp_path, [*findings(r1=verdict, r3=verdict), *rest()]), "nl"))
    for name, wanted in (("HG-PAT-001", must), ("HG-PAT-003", should)):
        found = [item.tag for item in told[name] if item.tag in ("failure", "error", "skipped")]
        assert found == [wanted] * bool(wanted), name


def test_junit_names_what_people_know(tmp_path):
    told = cases(run_junit(run(tmp_path, [*findings(r1=Verdict.FAIL, r2=Verdict.PASS), *rest()]), "nl"))
    case = told["HG-PAT-001"]
    assert case.get("classname") == "his-a.huisartsgegevens-2_0"
    place = "his-a × dvza-a × pgo-1 · huisartsgegevens-2.0 · mm-2.2"
    assert case.get("name") == f"HG-PAT-001 eis HG-PAT-001 · {place}"
    assert (tmp_path / "run" / case.get("file")).is_file()
    values = {item.get("name"): item.get("value") for item in case.iter("property")}
    assert values["party"] == "HisPro 7.1 (his-a)" and values["verdict"] == "fail"
    assert "verwacht: x" in case.find("failure").get("message") and "e-1" in case.find("failure").text
    assert told["MM-CLI-001"].get("classname").startswith("pgo-1.")
    assert told["HG-PAT-003"].find("error").get("type") == "not-tested", "asked, and never judged"
    assert set(cases(run_junit(run(tmp_path / "b", rest()), "en", "pgo-1"))) == {"MM-CLI-001"}


def test_junit_skips_what_is_waived_until_the_waiver_expires(tmp_path):
    found = findings(r1=Verdict.FAIL)
    for expires, wanted in ((date(2026, 4, 1), "skipped"), (date(2026, 2, 1), "failure")):
        case = cases(run_junit(run(tmp_path / wanted, found, waived(found, expires)), "nl"))["HG-PAT-001"]
        assert case.find(wanted) is not None
        assert wanted == "failure" or "B. Bureau" in case.find("skipped").get("message")


def test_a_run_that_was_refused_is_one_error():
    (case,) = cases(refused_junit("network.yaml: weg\n  volgende stap: maak hem", AT, "nl")).values()
    assert case.find("error").get("message") == "network.yaml: weg volgende stap: maak hem"


def test_what_pytest_wrote_gets_names_files_and_errors(tmp_path):
    path = tmp_path / "own.xml"
    case = '<testcase classname="a" name="test_{0}" time="0"><properties>{1}</properties><failure message="m"/></testcase>'
    marked = (
        '<property name="called" value="De lijst · his-a"/><property name="file" value="scenarios/a.py"/>'
    )
    path.write_text(
        '<testsuites><testsuite name="pytest" errors="0" failures="2" skipped="0" tests="2" time="0"'
        ' timestamp="2026-03-01T10:00:00">'
        + case.format(1, marked + '<property name="outcome" value="broken"/>')
        + case.format(2, '<property name="other" value="x"/>')
        + "</testsuite></testsuites>"
    )
    readable(path)
    first, second = cases(path.read_bytes()).values()
    assert (first.get("name"), first.get("file")) == ("De lijst · his-a", "scenarios/a.py")
    assert first.find("error") is not None and second.find("failure") is not None
    assert second.get("name") == "test_2" and second.get("file") is None
    readable(tmp_path / "absent.xml")
    path.write_text("<testsuites>")
    readable(path)
    assert path.read_text() == "<testsuites>"


def log(data: bytes) -> dict[str, Any]:
    document = json.loads(data)
    jsonschema.Draft4Validator(SARIF).validate(document)
    made: dict[str, Any] = document["runs"][0]
    rules = [rule["id"] for rule in made["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in made["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert (result["kind"] == "fail") == (result["level"] != "none")
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert made["artifacts"][place["index"]]["location"]["uri"] == place["uri"]
    return made


@pytest.mark.parametrize(
    ("verdict", "kind", "must", "should"),
    [
        (Verdict.FAIL, "fail", "error", "warning"),
        (Verdict.WARNING, "fail", "warning", "warning"),
        (Verdict.DISPUTED, "review", "none", "none"),
        (Verdict.INCONCLUSIVE, "open", "none", "none"),
        (Verdict.NOT_TESTED, "open", "none", "none"),
        (Verdict.ERROR, "open", "none", "none"),
    ],
)
def test_sarif_has_kind_and_level_of_a_verdict(tmp_path, verdict, kind, must, should):
    made = log(run_sarif(run(tmp_path, [*findings(r1=verdict, r3=verdict), *rest()]), "nl"))
    seen = {(item["ruleId"], item["kind"], item["level"]) for item in made["results"]}
    assert seen == {("HG-PAT-001", kind, must), ("HG-PAT-003", kind, should)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sarif_points_at_the_recording_and_names_the_fault_as_a_waiver_does(tmp_path, lang):
    found = [*findings(r1=Verdict.FAIL, r2=Verdict.PASS), *rest()]
    made = log(run_sarif(run(tmp_path, found), lang))
    assert len(made["results"]) == len(CELLS) and made["invocations"][0]["executionSuccessful"]
    for item in made["results"]:
        uri = item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.startswith("exchanges/") and (tmp_path / "run" / uri).is_file()
        assert item["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "e-1/Bundle.link"
        assert item["partialFingerprints"]["findingId/v1"] == waiver(found[0], DAY).fingerprint
        assert EVIL in item["message"]["text"] and "suppressions" not in item
    (rule,) = made["tool"]["driver"]["rules"]
    assert rule["help"]["text"].startswith({"nl": "eis", "en": "requirement"}[lang])
    assert f"](report/vendor-his-a.{lang}.html#HG-PAT-001)" in rule["help"]["markdown"]
    assert log(run_sarif(run(tmp_path / "b", found), lang, "pgo-1"))["results"] == []


def test_sarif_suppresses_what_is_waived_and_says_when_a_waiver_expired(tmp_path):
    found = findings(r1=Verdict.FAIL, r2=Verdict.FAIL)
    for status, expires in (("accepted", date(2026, 4, 1)), ("rejected", date(2026, 2, 1))):
        made = log(run_sarif(run(tmp_path / status, found, waived(found, expires)), "en"))
        assert {
            (item["ruleId"], *(one["status"] for one in item.get("suppressions", ())))
            for item in made["results"]
        } == {("HG-PAT-001", status), ("HG-PAT-002",)}


def reports(found: list[Finding], told: RunInfo = INFO, party: str = "") -> dict[str, Any]:
    """The TestReports by name, when they are FHIR R4 by our own validator."""
    data = report_bundle(summarise(told, found, CATALOGUE), CATALOGUE, AT, "nl", party)
    validator = Validator(version="R4")
    assert validator.validate(parse(data, model=validator.model)) == []
    return {entry["resource"]["name"]: entry["resource"] for entry in json.loads(data)["entry"]}


def test_a_test_report_has_a_test_per_requirement():
    made = reports([*findings(r1=Verdict.FAIL, r2=Verdict.PASS), *rest()], info(**BOTH))
    report = made["HisPro 7.1 his-a huisartsgegevens-2.0 mm-2.2"]
    assert report["result"] == "fail" and report["score"] == 50.0
    results = {test["name"]: test["action"][0]["assert"]["result"] for test in report["test"]}
    assert results == {"HG-PAT-001": "fail", "HG-PAT-002": "pass", "HG-PAT-003": "error"}
    assert {item["type"] for item in report["participant"]} == {"test-engine", "server", "client"}
    assert "1 niet voldaan" in report["text"]["div"]
    assert made["dvza-a dvza-a afsprakenstelsel mm-2.2"]["result"] == "pass"


def test_a_test_report_passes_only_where_the_party_conforms():
    good = [*findings(r1=Verdict.PASS, r2=Verdict.PASS, r3=Verdict.WARNING), *rest()]
    assert {item["result"] for item in reports(good, info(**BOTH)).values()} == {"pass"}
    assert {item["result"] for item in reports(good, info()).values()} == {"pending"}, "a rehearsal"
    open_ = [*findings(r1=Verdict.INCONCLUSIVE, r2=Verdict.PASS), *rest()]
    report = next(iter(reports(open_, info(**BOTH), "his-a").values()))
    assert report["result"] == "pending"
    assert report["test"][0]["action"][0]["assert"]["result"] == "error"


def test_simulated_parties_among_live_ones_get_no_test_report():
    assert {name.split()[-3] for name in reports(rest())} == {"his-a"}


def test_the_same_run_gives_the_same_test_reports_and_others_differ():
    told = summarise(INFO, rest(), CATALOGUE)
    made = report_bundle(told, CATALOGUE, AT, "en")
    assert report_bundle(told, CATALOGUE, AT, "en") == made
    other = summarise(msgspec.structs.replace(INFO, id="other"), rest(), CATALOGUE)
    assert json.loads(report_bundle(other, CATALOGUE, AT, "en"))["entry"][0]["fullUrl"] not in made.decode()


def drawn(found: list[Finding], party: str, told: RunInfo, lang: str = "nl") -> Any:
    page = vendor_page(summarise(told, found, CATALOGUE), party, CATALOGUE, DAY)
    return etree.fromstring(badge(page, DAY, lang))


def test_a_badge_says_of_whom_what_outcome_and_when():
    good = [*findings(r1=Verdict.PASS, r2=Verdict.PASS, r3=Verdict.PASS), *rest()]
    svg = drawn(good, "his-a", info(**BOTH))
    title = svg.find(f"{{{SVG}}}title")
    assert svg.get("role") == "img" and svg.get("aria-labelledby") == title.get("id")
    assert title.text == "HisPro 7.1 met dvza-a, Huisartsgegevens 2.0: voldoet op 01-03-2026"
    assert [item.text for item in svg.iter(f"{{{SVG}}}text")][1:] == ["✓ voldoet", "01-03-2026"]
    fills = [item.get("fill") for item in svg.iter(f"{{{SVG}}}rect")]
    bad = drawn([*findings(r1=Verdict.FAIL), *rest()], "his-a", info(**BOTH), "en")
    assert [item.get("fill") for item in bad.iter(f"{{{SVG}}}rect")][1] != fills[1]
    assert "does not meet the requirements on 2026-03-01" in bad.find(f"{{{SVG}}}title").text


def test_a_badge_says_no_more_than_the_report():
    good = [*findings(r1=Verdict.PASS, r2=Verdict.PASS, r3=Verdict.PASS), *rest()]
    for party, told, wanted in (("his-a", info(), "oefening"), ("pgo-1", INFO, "nagebootst")):
        said = drawn(good, party, told).find(f"{{{SVG}}}title").text
        assert wanted in said and "voldoet" not in said


def test_what_a_party_sent_is_no_markup(tmp_path):
    named = msgspec.structs.replace(INFO.participants[0], product=f"{EVIL}\x00")
    told = msgspec.structs.replace(INFO, participants=(named, *INFO.participants[1:]))
    found = [*findings(r1=Verdict.FAIL), *rest()]
    assert EVIL not in etree.tostring(drawn(found, "his-a", told)).decode()
    assert EVIL in cases(run_junit(run(tmp_path, found, told), "nl"))["HG-PAT-001"].find("failure").text
    (report, *_) = reports(found, told).values()
    assert EVIL in report["name"] and EVIL not in report["text"]["div"]

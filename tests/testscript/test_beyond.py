"""Beyond what scripts ask: a script passes, and the record of the person says what is wrong all the same."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import msgspec
import pytest

from harness.cli import run as harness
from harness.core.data import data_path
from harness.core.verdicts import Verdict
from harness.testscript.beyond.compare import RecordComparison
from harness.testscript.beyond.told import headline, lines, section, stored
from harness.testscript.execute.transport import in_process
from harness.testscript.outcome.results import as_json
from harness.testscript.own.records import import_set
from harness.testscript.own.server import OwnServers
from harness.testscript.plan.items import collect
from harness.testscript.plan.plan import Plan
from harness.testscript.run.server import run_server

pytestmark = pytest.mark.official

SET = "nictiz-testscripts/STU3/GenPractData-2-0/MedMij/Cert"


@pytest.fixture(scope="module")
def record(material, t, tmp_path_factory):
    """The record of the one person of the set."""
    out = tmp_path_factory.mktemp("records")
    written, _ = import_set(material / SET, out, t)
    assert [item.person for item in written] == ["xxx-cevat"]
    return out / "xxx-cevat"


@pytest.fixture
def against(material, t, record):
    """Run a script against a server that holds the set, whose answers are changed; the result beside records."""

    def go(word, change, *others):
        plan = Plan(t, only=(word,), formats=frozenset(("json",)))
        plan.keep_steps = True
        servers = OwnServers(plan.t)
        items = [item for item in collect([material / SET], plan) if item.script.side == "server"]
        assert len(items) == 1
        script = items[0].loaded()
        send = in_process(servers.for_script(script).for_script(script, plan.tokens).handle)

        def changed(request):
            performed = send(request)
            bundle = json.loads(performed.response.body)
            change(bundle)
            response = msgspec.structs.replace(performed.response, body=json.dumps(bundle).encode())
            return replace(performed, response=response)

        result = run_server(items[0], plan, servers.base, changed, servers)
        comparison = RecordComparison([record, *others], t)
        return result, comparison.of(script, result)

    return go


def resources(bundle, kind):
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def added(bundle, resource):
    """One more entry, of the form that the asserts on form accept."""

    def dressed(node):
        if isinstance(node, list):
            return [dressed(item) for item in node]
        if not isinstance(node, dict):
            return node
        whole = {key: dressed(item) for key, item in node.items()}
        return {"display": "een verwijzing", **whole} if "reference" in node else whole

    resource = {"meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/x"]}, **dressed(resource)}
    url = f"https://example.org/fhir/{resource['resourceType']}/{resource['id']}"
    bundle["entry"].append({"fullUrl": url, "resource": resource, "search": {"mode": "include"}})


MEDICATION, REPORTS = "medicationrequest", "composition"


def test_the_set_itself_differs_in_nothing(against):
    result, beside = against(MEDICATION, lambda bundle: None)
    assert result.verdict is Verdict.PASS
    assert beside.compared == 1
    assert beside.differences == beside.left_out == ()


def test_an_altered_dosage(against):
    def change(bundle):
        dosage = resources(bundle, "MedicationRequest")[0]["dosageInstruction"][0]
        dosage["doseQuantity" if "doseQuantity" in dosage else "doseRange"] = {"value": 7, "unit": "stuk"}

    before, _ = against(MEDICATION, lambda bundle: None)
    result, beside = against(MEDICATION, change)
    assert result.verdict is Verdict.PASS
    assert as_json(result).keys() == as_json(before).keys()
    assert as_json(result)["findings"] == as_json(before)["findings"]
    assert {one.kind for one in beside.differences} == {"altered"}
    one = beside.differences[0]
    assert one.broken
    assert "dosageInstruction" in one.path
    assert one.item.startswith("MedicationRequest/")
    assert one.person == "XXX_Cevat"
    assert "GET" in one.request
    assert one.line > 0


def test_a_letter_of_another(against, t):
    other = data_path("fixtures", "records") / "hanna-wilgenkamp"
    comparison = RecordComparison([other], t)
    letter = next(
        one.resource
        for one in comparison.records[0]
        if one.type == "EpisodeOfCare" and "diagnosis" in one.resource
    )

    def change(bundle):
        added(bundle, letter)

    result, beside = against(REPORTS, change, other)
    foreign = [one for one in beside.differences if one.kind == "foreign"]
    assert foreign
    assert foreign[0].owner == comparison.records[0].display
    assert foreign[0].path.startswith("Bundle.entry[")
    assert result.verdict is Verdict.PASS


def test_a_leaked_line(against, record, t):
    line = next(
        one.resource for one in RecordComparison([record], t).records[0] if one.id.endswith("contact01-s")
    )

    def change(bundle):
        added(bundle, line)

    result, beside = against(REPORTS, change)
    kept = [one for one in beside.differences if one.kind == "not-allowed"]
    assert kept
    assert kept[0].rule == "so-lines"
    assert kept[0].item.endswith("contact01-s")
    assert result.verdict is Verdict.PASS


def test_words_and_what_is_written_to_disk(against):
    def change(bundle):
        resources(bundle, "MedicationRequest")[0]["dosageInstruction"][0]["text"] = "van een onbekende"

    _, beside = against(MEDICATION, change)
    for lang, word in (("nl", "anders dan het dossier"), ("en", "not as in the record")):
        text = "\n".join(lines(beside.differences[0], lang))
        assert word in text
        assert "van een onbekende" in text
        assert "1" in headline([beside]).of(lang)
    assert section([beside])["passed_and_yet"] == 1
    assert "van een onbekende" in json.dumps(section([beside]))
    assert "van een onbekende" not in json.dumps(section([stored(beside)]))


def test_nobody_is_accused_without_a_record_of_the_token(against, t, material):
    other = data_path("fixtures", "records") / "hanna-wilgenkamp"
    plan = Plan(t, only=(MEDICATION,), formats=frozenset(("json",)))
    plan.keep_steps = True
    servers = OwnServers(plan.t)
    item = next(item for item in collect([material / SET], plan) if item.script.side == "server")
    script = item.loaded()
    send = in_process(servers.for_script(script).for_script(script, plan.tokens).handle)
    beside = RecordComparison([other], t).of(script, run_server(item, plan, servers.base, send, servers))
    assert beside.compared == 0
    assert beside.differences == ()
    assert "token" in beside.left_out[0].en


def test_command_and_exit_code(material, record, tmp_path, capsys):
    altered = tmp_path / "record"
    shutil.copytree(record, altered)
    shutil.copytree(record.parent / "_practice", tmp_path / "_practice")
    for path in (altered / "resources").glob("MedicationRequest-*"):
        resource = json.loads(path.read_text())
        resource["dosageInstruction"][0]["text"] = "anders"
        path.write_text(json.dumps(resource))
    command = ["testscript", "run", str(material / SET), "--self", "--at", "2026-03-01"]
    command += ["--record", str(altered), "--format", "json", "--out", str(tmp_path / "out")]
    assert harness([*command, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["summary"]["fail"] == 0
    assert whole["beyond"]["passed_and_yet"] >= 1
    found = [one for item in whole["beyond"]["items"] for one in item["differences"]]
    assert {one["kind"] for one in found} == {"altered"}
    assert all(one["item"].startswith("MedicationRequest/") for one in found)
    assert json.loads((tmp_path / "out" / "testscript.json").read_text())["beyond"]["compared"] > 5
    assert harness([*command, "--lang", "nl", "--replace"]) == 0
    told = capsys.readouterr().out
    assert "Het script slaagde, en toch" in told
    assert "anders dan het dossier" in told


def test_a_folder_without_record(material, tmp_path):
    assert harness(["testscript", "run", str(material / SET), "--self", "--record", str(tmp_path)]) == 2


def test_pytest_reports_apart(material, record, t, pytester):
    altered = pytester.path / "record"
    shutil.copytree(record, altered)
    shutil.copytree(record.parent / "_practice", pytester.path / "_practice")
    for path in (altered / "resources").glob("MedicationRequest-*"):
        path.write_text(
            path.read_text().replace('"dosageInstruction"', '"note":[{"text":"x"}],"dosageInstruction"')
        )
    done = pytester.runpytest_subprocess(
        *("--testscripts", str(material / SET), "--testscripts-record", str(altered)),
        *(
            "--harness-at",
            t.isoformat(),
            "--harness-only",
            "medicationrequest-json",
            "--junitxml",
            "junit.xml",
        ),
        *("--harness-lang", "en", "-p", "no:cacheprovider"),
    )
    assert done.ret == 0
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["*The script passed, and yet*"])
    junit = (pytester.path / "junit.xml").read_text()
    assert 'name="beyond:compared" value="1"' in junit
    assert 'failures="0"' in junit

"""Two front doors, one result; offline re-judging; the planted defect in every report; bad input."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from harness.core.run import manifest
from harness.core.run.folder import RunFolder
from harness.core.yamlfile import json_schema
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.shares import write_shares

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def findings(run: Path) -> list[dict]:
    return json.loads((run / "findings.json").read_text())["findings"]


def test_clean_network_exits_0_and_says_so(small_run):
    out, done = small_run
    assert done.code == 0, done.out + done.err
    counted = re.search(
        r"Oefening met nagebootste partijen, geen oordeel over Eikenblad HIS 7.2: (\d+) van (\d+)", done.out
    )
    assert counted and counted[1] == counted[2] and int(counted[1]) >= 40
    assert (
        "niet gedraaid: huisartsgegevens-2.0, eafspraak-2.0, zelfmetingen-2.0, overgevoeligheden-3.0, "
        "laboratoriumresultaten-2.0; zonder: pgo-maan" in done.out
    )
    assert str(out / "report" / "index.html") in done.out
    assert "Traceback" not in done.err


def test_both_doors_give_identical_findings(small_run, door_run):
    out, done = door_run[0], door_run[2]
    assert done.code == 0, done.out + done.err
    assert "skipped" not in done.out
    assert (small_run[0] / "findings.json").read_bytes() == (out / "findings.json").read_bytes()


def test_door_writes_allure_where_asked(door_run):
    allure = door_run[1]
    results = [json.loads(path.read_text()) for path in allure.glob("*-result.json")]
    assert results
    history = {item["historyId"] for item in results}
    assert len(history) == len(results)
    parameters = {item["name"]: item["value"] for item in results[0]["parameters"]}
    assert parameters["his"] == "his-eik" and parameters["pgo"] == "pgo-zon"
    assert (allure / "environment.properties").is_file() and (allure / "categories.json").is_file()


def test_run_folder_follows_its_schemas(small_run):
    run = small_run[0]
    for name, schema in (("run.json", "run"), ("findings.json", "findings")):
        jsonschema.validate(json.loads((run / name).read_text()), json_schema(schema))
    event = json_schema("event")
    for line in (run / "events.jsonl").read_text().splitlines():
        jsonschema.validate(json.loads(line), event)


OFFLINE = """
import asyncio, socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("offline judging opened a socket")
socket.socket.__init__ = refuse
socket.create_connection = refuse
import harness.core.clock as clock
clock.SystemClock.now = refuse
from harness.cli import run
raise SystemExit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("which", ["small_run", "defect_run"])
def test_judging_again_offline_gives_the_same_bytes(which, request, tmp_path):
    run, done = request.getfixturevalue(which)
    again = tmp_path / "again"
    result = subprocess.run(
        [sys.executable, "-c", OFFLINE, "judge", str(run), "--out", str(again)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "", "TZ": "Pacific/Auckland"},
    )
    assert result.returncode == done.code, result.stdout + result.stderr
    assert (again / "findings.json").read_bytes() == (run / "findings.json").read_bytes()
    assert (again / "report" / "index.html").is_file()
    assert "byte voor byte gelijk" in result.stdout


@pytest.mark.parametrize(
    ("change", "evidence"),
    [
        (lambda run: None, None),
        (lambda run: (run / "findings.json").unlink(), ("missing", "findings.json")),
        (lambda run: replace(run / "findings.json", '"pass"', '"fail"'), ("changed", "findings.json")),
        (lambda run: replace(run / "run.json", '"catalogue": "', '"catalogue": "0'), ("changed", "run.json")),
        (lambda run: other_catalogue(run), ("catalogue", "catalogue")),
    ],
    ids=["nothing", "missing", "edited", "description", "catalogue"],
)
def test_evidence_and_result_that_differ_exit_7(small_run, here, tmp_path, change, evidence):
    run = tmp_path / "run"
    shutil.copytree(small_run[0], run)
    change(run)
    code, said = here("judge", run, "--json")
    document = json.loads(said)
    problem = document["evidence"]["problem"]
    assert document["evidence"]["agrees"] is (evidence is None)
    assert (problem and (problem["kind"], problem["where"])) == evidence
    assert document["exit"] == code == (0 if evidence is None else 7)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def other_catalogue(run: Path) -> None:
    """As if another version of the harness had made the whole run, without a seal to stop it."""
    for name in ("run-start.json", "run.json"):
        replace(run / name, '"catalogue": "', '"catalogue": "0')
    resealed(run)


def resealed(run: Path) -> None:
    """Chain, shares and manifest computed again, as whoever edits an unsealed run can."""
    digest = manifest.run_digest(run)
    for path in sorted((run / "exchanges").iterdir()):
        before, lines = "0" * 64, []
        for line in gzip.decompress(path.read_bytes()).splitlines():
            fields = json.loads(line)
            fields["prev"] = before
            if fields["kind"] == "head":
                fields["run"] = digest
            lines.append(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode())
            before = hashlib.sha256(lines[-1]).hexdigest()
        path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0))
    write_shares(RunFolder(run), load_catalogue())
    (run / "manifest.json").unlink()
    manifest.write_manifest(run)


def test_both_doors_take_the_exit_code_of_the_subject(defect_run, here, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(defect_run[0], run)
    assert defect_run[1].code == 1
    for name in ("run-start.json", "run.json"):
        replace(run / name, '"subject": []', '"subject": ["his-beuk"]')
    resealed(run)
    assert here("judge", run)[0] == 0
    for name in ("run-start.json", "run.json"):
        replace(run / name, '"verdict_required": false', '"verdict_required": true')
    resealed(run)
    assert here("judge", run)[0] == 6


def test_serving_nobody_exits_4(harness, tmp_path):
    done = harness("serve", "--out", tmp_path / "run", "--seconds", "1", "--json")
    assert done.code == 4, done.out + done.err


def test_planted_defect_fails_exactly_the_right_requirement_by_name_in_every_report(defect_run):
    run, done = defect_run
    assert done.code == 1, done.out + done.err
    bad = [item for item in findings(run) if item["verdict"] not in ("pass", "not-applicable")]
    failed = {item["requirement"] for item in bad if item["cell"]["his"] == "his-eik"}
    assert len(failed) == 1
    name = failed.pop()
    assert not [item for item in bad if item["cell"]["his"] != "his-eik"]
    assert name in done.out
    report = run / "report"
    vendor = next(report.glob("vendor-his-eik*.nl.html")).read_text()
    assert name in vendor and "voldoet niet" in vendor
    assert "voldoet niet" not in next(report.glob("vendor-his-beuk*.nl.html")).read_text()
    junit = ElementTree.parse(run / "junit.xml")
    cases = [case for case in junit.iter("testcase") if case.find("failure") is not None]
    assert cases and all("his-eik" in case.get("name", "") for case in cases)
    values = {prop.get("name"): prop.get("value") for case in cases for prop in case.iter("property")}
    assert (values["requirement"], values["verdict"]) == (name, "fail")
    results = [json.loads(path.read_text()) for path in (run / "allure-results").glob("*-result.json")]
    failing = [item for item in results if item["status"] == "failed"]
    assert failing and all(name in item["statusDetails"]["message"] for item in failing)
    assert {"name": "requirement", "value": name} in failing[0]["labels"]


def test_only_one_requirement_gives_no_verdict_headline(harness, tmp_path):
    done = harness("qualify", "--out", tmp_path / "run", "--only", "PD-GEN-001", "--pgo", "pgo-zon")
    assert done.code == 0, done.out + done.err
    assert "geen oordeel over Eikenblad HIS 7.2: 1 van 1 verplichte eis voldaan" in done.out
    assert "verplichte eisen niet overal gevraagd" in done.out
    assert {item["requirement"] for item in findings(tmp_path / "run")} == {"PD-GEN-001"}


def test_json_is_one_object_and_progress_goes_elsewhere(harness, tmp_path):
    done = harness(
        *("qualify", "--out", tmp_path / "run", "--json", "--lang", "en", "--only", "PD-GEN-001"),
        *("--pgo", "pgo-zon", "--vendor", "his-eik"),
    )
    document = json.loads(done.out)
    assert document["exit"] == done.code == 0
    assert document["summary"]["pass"] == 1
    assert document["rehearsal"] is True
    his = next(item for item in document["parties"] if item["id"] == "his-eik")
    assert his["outcome"] == "no-verdict" and "partial" in his["obstacles"]
    assert {"huisartsgegevens-2.0", "eafspraak-2.0", "zelfmetingen-2.0"} <= set(his["not_asked"]["standards"])


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--vendor", "his-eikk"), "did you mean 'his-eik'"),
        (("--standard", "pdfa-3"), "did you mean 'pdfa-3.0'"),
        (("--only", "PD-GEN-0O1"), "did you mean PD-GEN-0"),
        (("--network", "absent.yaml"), "absent.yaml"),
        (("--at", "yesterday"), "not a date"),
        (("--release", "mm-9.9"), "no combination"),
        (("--intensity", "ful"), "did you mean 'full'"),
        (("--for", "his-eikk"), "did you mean 'his-eik'"),
    ],
)
def test_wrong_usage_is_one_clear_message_and_exit_2(here, tmp_path, words, wanted):
    code, said = here("qualify", "--out", tmp_path / "run", "--lang", "en", *words)
    assert code == 2 and wanted in said, said


def test_unknown_key_in_network_file_names_file_line_and_nearest_word(here, tmp_path):
    path = tmp_path / "network.yaml"
    text = (ROOT / "fixtures" / "networks" / "demo.yaml").read_text().replace("vendor:", "vender:", 1)
    path.write_text(text)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "vender:" in row)
    code, said = here("qualify", "--network", path, "--lang", "en", "--out", tmp_path / "run")
    assert code == 2
    assert f"{path}:{line}" in said and "did you mean 'vendor'" in said


SECRET = """
participants:
  - {id: his-a, role: his, kind: live, standards: [pdfa-3.0], dvza: dvza-a, fhir: "https://his.example/fhir",
     auth: bearer, credential: {env: A_SECRET_THAT_IS_ABSENT}, patient: header X-Patient}
  - {id: dvza-a, role: dvza, kind: twin, standards: [pdfa-3.0]}
  - {id: pgo-1, role: pgo, kind: twin, standards: [pdfa-3.0]}
"""


def test_a_run_that_cannot_be_started_is_one_message_and_no_failure_of_the_product(harness, tmp_path):
    network = tmp_path / "network.yaml"
    network.write_text(SECRET)
    out = tmp_path / "run"
    done = harness("qualify", "--network", network, "--skip-doctor", "--lang", "en", "--out", out)
    assert done.code == 2
    assert done.err.count("A_SECRET_THAT_IS_ABSENT: environment variable is not set") == 1
    assert "Traceback" not in done.err + done.out
    (suite,) = ElementTree.parse(out / "junit.xml").iter("testsuite")
    assert suite.get("failures") == "0" and suite.get("errors") == suite.get("tests") != "0"
    assert not (out / "findings.json").exists()


def test_nothing_runs_exits_4(door, tmp_path):
    done = door("scenarios", "--harness-network", "demo", "--harness-out", tmp_path / "r", "-k", "zzz")
    assert done.code == 4, done.out + done.err


def test_scenarios_without_a_network_are_skipped_with_the_reason(door):
    done = door("scenarios", "-rs")
    assert done.code == 0 and "--harness-network" in done.out

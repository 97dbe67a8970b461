"""``harness validate`` and ``harness profiles``: outcome, exit code, JSON, text for people, bad input."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from harness.cli import run
from harness.cli.validate import checking
from harness.cli.validate.checking import ENOUGH

GOOD = '{"resourceType": "Patient", "gender": "female"}'
BAD = '{"resourceType": "Patient",\n "gender": "vrouw"}'


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a good and a bad resource."""
    (tmp_path / "good.json").write_text(GOOD)
    (tmp_path / "bad.json").write_text(BAD)
    (tmp_path / "good.xml").write_text(
        '<Patient xmlns="http://hl7.org/fhir"><gender value="male"/></Patient>'
    )
    return tmp_path


def report(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The one JSON object on stdout."""
    loaded = json.loads(capsys.readouterr().out)
    assert isinstance(loaded, dict)
    return loaded


def test_good_files(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(files / "good.json"), str(files / "good.xml"), "--json"]) == 0
    assert [f["outcome"] for f in report(capsys)["files"]] == ["pass", "pass"]  # type: ignore[attr-defined,index]


def test_json_contract(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(files / "bad.json"), "--json", "--lang", "en"]) == 1
    (entry,) = report(capsys)["files"]  # type: ignore[misc]
    assert entry["outcome"] == "fail" and entry["not_checked"] == 0  # type: ignore[index]
    (finding,) = entry["findings"]  # type: ignore[index]
    assert finding == {
        "rule": "fhir-binding-required", "severity": "error", "path": "Patient.gender", "line": 2, "column": 2,
        "expected": "http://hl7.org/fhir/ValueSet/administrative-gender: female | male | other | unknown",
        "received": "vrouw", "message": "the code is not in the required value set",
    }  # fmt: skip


def test_text_for_people(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(files)]) == 1
    shown = capsys.readouterr().out
    assert "voldoet niet (1 fout(en))" in shown
    assert "regel 2, kolom 2" in shown and "gekregen: vrouw" in shown and "Patient.gender" in shown
    assert "3 bestanden: 2 voldoen, 1 voldoen niet" in shown


def test_placeholders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text('{"resourceType": "Patient", "birthDate": "${DATE, T, D, -30}"}')
    (tmp_path / "b.json").write_text('{"resourceType": "Patient", "id": "${nope}"}')
    assert run(["validate", str(tmp_path / "a.json"), "--at", "2026-03-01", "--json"]) == 0
    assert report(capsys)["at"] == "2026-03-01"
    assert run(["validate", str(tmp_path / "b.json"), "--json"]) == 2
    assert report(capsys)["files"][0]["outcome"] == "error"  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("a.json", b'{"resourceType": "Patient"', "fhir-json-syntax"),
        ("a.xml", b"<Patient xmlns='http://hl7.org/fhir'>", "fhir-xml-syntax"),
        ("a.xml", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><Patient xmlns='http://hl7.org/fhir'/>", "fhir-xml-doctype"),
        ("a.json", b'{"resourceType": "Patient", "id": "\xff"}', "fhir-encoding"),
        ("a.json", b'{"resourceType": "Nope"}', "fhir-resource-type"),
        ("a.json", b'{"resourceType": "Patient", "extension": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "fhir-"),
        ("a.json", b"", "fhir-format"),
    ],
)  # fmt: skip
def test_bad_input_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes, rule: str
) -> None:
    (tmp_path / name).write_bytes(data)
    assert run(["validate", str(tmp_path / name), "--json"]) == 1
    (entry,) = report(capsys)["files"]  # type: ignore[misc]
    assert any(f["rule"].startswith(rule) for f in entry["findings"])  # type: ignore[index]


def test_usage_errors(tmp_path: Path, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(tmp_path / "absent.json")]) == 2
    assert run(["validate", str(files / "good.json"), "--profile", "http://example.org/nope"]) == 2
    assert run(["validate", str(files / "good.json"), "--package", str(tmp_path / "nope.tgz")]) == 2
    assert "http://example.org/nope" in capsys.readouterr().err


def test_embedded_profiles_without_any_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "o.json").write_text(
        '{"resourceType": "Observation", "status": "preliminary", "code": {"text": "x"}}'
    )
    url = "http://nictiz.nl/fhir/StructureDefinition/gp-JournalEntry"
    assert run(["validate", str(tmp_path / "o.json"), "--profile", url, "--json"]) == 1
    loaded = report(capsys)
    rules = {f["rule"] for f in loaded["files"][0]["findings"]}  # type: ignore[index]
    assert {"fhir-fixed", "fhir-cardinality-min"} <= rules
    assert any(p["name"] == "nictiz.fhir.nl.stu3.zib2017" and p["embedded"] for p in loaded["packages"])  # type: ignore[attr-defined]


def test_operation_outcome(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(files / "bad.json"), "--operation-outcome"]) == 1
    outcome = json.loads(capsys.readouterr().out)["outcome"]
    assert outcome["resourceType"] == "OperationOutcome" and outcome["issue"][0]["expression"] == [
        "Patient.gender"
    ]


def test_profiles_list_and_snapshot(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "list"]) == 0
    assert "nl-core-patient  (embedded)" in capsys.readouterr().out
    assert run(["profiles", "snapshot", "http://nictiz.nl/fhir/StructureDefinition/gp-JournalEntry"]) == 0
    shown = capsys.readouterr().out
    assert " 1..1  Observation.context" in shown and " 0..0  Observation.bodySite" in shown
    assert run(["profiles", "snapshot", "http://example.org/nope"]) == 2


def test_distill_a_small_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "package.json").write_text(
        '{"name": "test.pkg", "version": "1.0.0", "fhirVersions": ["3.0.2"]}'
    )
    definition = {
        "resourceType": "StructureDefinition", "url": "http://example.org/p", "name": "p", "status": "draft", "kind": "resource",
        "abstract": False, "type": "Patient", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "derivation": "constraint",
        "differential": {"element": [{"id": "Patient.gender", "path": "Patient.gender", "min": 1, "definition": "lange uitleg"}]},
    }  # fmt: skip
    (package / "p.json").write_text(json.dumps(definition))
    assert run(["profiles", "distill", str(package)]) == 0
    shown = capsys.readouterr().out
    assert "- {id: gender, card: 1..}" in shown and "lange uitleg" not in shown
    patient = tmp_path / "patient.json"
    patient.write_text('{"resourceType": "Patient", "meta": {"profile": ["http://example.org/p"]}}')
    assert run(["validate", str(patient), "--package", str(package)]) == 1


def test_many_files_are_checked_by_several_processes_and_told_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(ENOUGH + 9):
        (tmp_path / f"{number:03}.json").write_text(BAD if number % 3 else GOOD)
    shown = []
    for jobs in ("1", "3"):
        assert run(["validate", str(tmp_path), "--jobs", jobs]) == 1
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert '2 | "gender": "vrouw"}' in shown[0]


def test_a_process_that_dies_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(ENOUGH):
        (tmp_path / f"{number:03}.json").write_text(GOOD)
    monkeypatch.setattr(checking.Validator, "validate", lambda *_: os._exit(9))
    assert run(["validate", str(tmp_path), "--jobs", "2", "--lang", "en"]) == 3
    error = capsys.readouterr().err
    assert "A worker process stopped unexpectedly" in error and "--jobs 1" in error


def test_words_are_told_in_the_language_of_the_reader(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"resourceType": "Patient", "name": {"family": "Jansen"}, "birthDate": "nu"}')
    assert run(["validate", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "verwacht: lijst van objecten" in shown and "verwacht: YYYY | YYYY-MM | YYYY-MM-DD" in shown
    assert run(["validate", str(path), "--lang", "en"]) == 1
    assert "expected: list of objects" in capsys.readouterr().out
    assert run(["validate", str(path), "--json", "--lang", "en"]) == 1
    listed, literal = report(capsys)["files"][0]["findings"]  # type: ignore[index]
    assert listed["expected"] == "list of objects"
    assert listed["nl"] == {"expected": "lijst van objecten", "received": ""}
    assert "nl" not in literal


def test_an_expression_that_is_wrong_is_told_in_the_language_of_the_reader(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fhirpath", "gender +", str(files / "good.json")]) == 2
    assert "verwacht: een waarde, de naam van een element" in capsys.readouterr().err
    assert run(["fhirpath", "gender +", str(files / "good.json"), "--lang", "en"]) == 2
    assert "expected: a value, an element name" in capsys.readouterr().err
    run(["fhirpath", "gender.wher(true)", str(files / "good.json")])
    assert "onbekende functie wher()" in capsys.readouterr().err

"""``harness fhirpath``: results, JSON, errors, the note about dialects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import run

PATIENT = {
    "resourceType": "Patient", "id": "p", "birthDate": "${DATE, T, Y, -30}",
    "name": [{"family": "Á [b]", "given": ["x"]}], "multipleBirthInteger": 2,
}  # fmt: skip


@pytest.fixture
def patient(tmp_path: Path) -> str:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(PATIENT, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_json_is_one_list(patient, capsys) -> None:
    words = [
        "fhirpath",
        "name.family | multipleBirth | birthDate + 1 day | (name.given.count() = 1)",
        patient,
        "--json",
        "--at",
        "2026-03-01",
    ]
    assert run(words) == 0
    out = capsys.readouterr().out
    assert json.loads(out) == ["Á [b]", 2, "1996-03-02", True]


def test_people_see_value_type_and_place(patient, capsys) -> None:
    assert run(["fhirpath", "name.family", patient, "--lang", "en", "--at", "2026-03-01"]) == 0
    out = capsys.readouterr().out
    assert "Á [b]" in out and "string" in out and "Patient.name[0].family (1:" in out
    assert run(["fhirpath", "name.prefix", patient, "--at", "2026-03-01"]) == 0
    assert "leeg" in capsys.readouterr().out


def test_note_when_the_dialect_decides(patient, capsys) -> None:
    assert run(["fhirpath", "birthDate = '1996-03-01'", patient, "--lang", "en", "--at", "2026-03-01"]) == 0
    seen = capsys.readouterr()
    assert "true" in seen.out and "strict dialect gives something else: false" in seen.err
    assert (
        run(
            [
                "fhirpath",
                "birthDate = '1996-03-01'",
                patient,
                "--json",
                "--dialect",
                "strict",
                "--at",
                "2026-03-01",
            ]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out) == [False]


@pytest.mark.parametrize(
    ("expression", "message"),
    [("name.", "line 1, column 6"), ("name.foo()", "unknown function foo()"), ("%x", "unknown variable")],
)
def test_errors_are_exit_2(patient, capsys, expression: str, message: str) -> None:
    assert run(["fhirpath", expression, patient, "--lang", "en"]) == 2
    seen = capsys.readouterr()
    assert message in seen.err and not seen.out and "Traceback" not in seen.err


def test_bad_files_are_exit_2(tmp_path, capsys) -> None:
    broken = tmp_path / "x.json"
    broken.write_text('{"resourceType": "Patient"')
    assert run(["fhirpath", "id", str(broken)]) == 2
    assert run(["fhirpath", "id", str(tmp_path / "absent.json")]) == 2
    assert run(["fhirpath", "id", str(broken), "--dialect", "hapy"]) == 2
    assert run(["fhirpath", "id", str(broken), "--fhir-version", "R9"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_xml_and_r4(tmp_path, capsys) -> None:
    path = tmp_path / "o.xml"
    path.write_text('<Observation xmlns="http://hl7.org/fhir"><valueInteger value="5"/></Observation>')
    assert (
        run(["fhirpath", "value is integer and value = 5", str(path), "--json", "--fhir-version", "R4"]) == 0
    )
    assert json.loads(capsys.readouterr().out) == [True]

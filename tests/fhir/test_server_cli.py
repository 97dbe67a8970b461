"""``harness serve fhir``: what it loads, what it refuses to load, and its switches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
from serverkit import call, content, ids

from harness.cli import run
from harness.cli.serve.fhir_folder import load, read_folder
from harness.cli.serve.fhir_options import Kind, Strictness
from harness.core.errors import InputError
from harness.fhir.model.types import load_model
from harness.fhir.packages.load import load_packages
from harness.fhir.search.packaged import package_parameters, usable_parameters
from harness.fhir.server.options import ServerOptions
from harness.fhir.server.service import FhirServer

T = date(2026, 3, 1)
ROOT = Path(__file__).resolve().parents[2]
PATIENT = {"resourceType": "Patient", "id": "a", "birthDate": "${DATE, T, Y, -50}"}


@pytest.fixture
def folder(tmp_path):
    """A folder with one good file of each kind."""
    (tmp_path / "good.json").write_text(json.dumps(PATIENT))
    (tmp_path / "good.xml").write_text('<Patient xmlns="http://hl7.org/fhir"><id value="b"/></Patient>')
    found = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "information", "code": "informational"}],
    }
    entries = [{"resource": {"resourceType": "Patient", "id": "c"}}, {"resource": found}]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    (tmp_path / "bundle.json").write_text(json.dumps(bundle))
    (tmp_path / "readme.txt").write_text("nothing")
    return tmp_path


BAD = {
    "broken.json": "{",
    "broken.xml": "<Patient",
    "entity.xml": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Patient xmlns="http://hl7.org/fhir">&x;</Patient>',
    "no-id.json": '{"resourceType": "Patient"}',
    "bad-id.json": '{"resourceType": "Patient", "id": "a b"}',
    "no-type.json": '{"name": "package"}',
    "other-type.json": '{"resourceType": "Nonsense", "id": "x"}',
    "wrong-form.json": '{"resourceType": "Patient", "id": "d", "colour": "red"}',
    "placeholder.json": '{"resourceType": "Patient", "id": "e", "birthDate": "${DATE, T, fortnight, 1}"}',
    "latin.json": '{"resourceType": "Patient", "id": "f", "name": [{"family": "Caf\xe9"}]}',
    "list.json": "[]",
    "deep.json": '{"a":' * 5000 + "1" + "}" * 5000,
    "entry.json": '{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Patient"}}]}',
}


def write(folder, name):
    (folder / name).write_bytes(BAD[name].encode("latin-1"))


def test_a_folder_is_read_with_its_dates(folder):
    found = read_folder(folder, load_model("STU3"), T)
    assert {resource["id"] for _, resource in found.resources} == {"a", "b", "c"} and not found.problems
    server = FhirServer.create("3.0.2", options=ServerOptions(base_url="https://his.example/fhir"))
    assert load(server, found) == 3
    assert content(call(server, "Patient/a"))["birthDate"] == "1976-03-01"


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_file_is_a_problem_with_its_name_and_the_rest_is_served(folder, name):
    write(folder, name)
    found = read_folder(folder, load_model("STU3"), T)
    server = FhirServer.create("3.0.2")
    assert load(server, found) == 3
    assert len(found.problems) == 1
    place, what = found.problems[0]
    assert place.startswith(name) and what.nl and what.en
    assert "root:" not in what.en


def test_all_bad_files_are_named_at_once(folder, capsys):
    for name in BAD:
        write(folder, name)
    assert run(["serve", "fhir", "--fixtures", str(folder), "--port", "0", "--lang", "en"]) == 2
    shown = capsys.readouterr().err
    assert f"{len(BAD)} file(s) cannot be served" in shown and "--skip-bad-files" in shown
    for name in BAD:
        assert name in shown.replace("\n", "")


def test_a_folder_without_anything(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError):
            read_folder(path, load_model("STU3"), T)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fault", "no-totl"], "no-total"),
        (["--unsupported", "Patiënt"], "Patient"),
        (["--paging", "some"], "offset"),
        (["--package", "nothing-there"], "nothing-there"),
        ([], "--fixtures"),
    ],
)
def test_mistakes_on_the_command_line(folder, capsys, words, said):
    fixtures = ["--fixtures", str(folder)] if words else []
    assert run(["serve", "fhir", *fixtures, "--port", "0", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_faults_are_listed(capsys):
    assert run(["serve", "fhir", "--fault", "list", "--lang", "en"]) == 0
    assert "next-link-loops" in capsys.readouterr().out


def test_every_switch_of_the_server_has_an_option():
    """But those that only code can give, and the address, which has options of its own."""
    options = {item.name for group in (Strictness, Kind) for item in fields(group)}
    code = {"documents", "validation", "transform_resource", "transform_bundle", "base_url", "mount"}
    switches = {item.name.replace("faults", "fault") for item in fields(ServerOptions)}
    assert switches - code <= options


# -- served for real -----


def test_served_with_switches_bad_files_left_out(folder):
    write(folder, "no-id.json")
    command = [sys.executable, "-m", "harness", "serve", "fhir", "--fixtures", str(folder), "--port", "0",
               "--skip-bad-files", "--page-size", "2", "--fault", "no-total", "--lang", "en"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        base = process.stderr.readline().split()[-1]
        told = [process.stderr.readline() for _ in range(3)]
        threading.Thread(target=process.stderr.read, daemon=True).start()
        request = urllib.request.Request(f"{base}/Patient", headers={"Origin": "https://x.example"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            bundle = json.load(answer)
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert len(bundle["entry"]) == 2 and "total" not in bundle
        assert [link["relation"] for link in bundle["link"]] == ["self", "first", "next", "last"]
        assert "no-id.json" in told[0] and "page_size: 2" in told[1] and "no-total" in told[2]
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{base}/Patient?colour=red", timeout=20)
        assert refused.value.code == 400
    finally:
        process.terminate()
        process.wait(10)


# -- search parameters of packages -----

SEARCH = {"resourceType": "SearchParameter", "status": "active", "name": "x", "description": "x"}
PARAMETERS = {
    "colour": {**SEARCH, "url": "urn:colour", "code": "colour", "base": ["Patient"], "type": "token",
               "expression": "Patient.extension.where(url = 'urn:c').value"},
    "both": {**SEARCH, "url": "urn:both", "code": "both", "base": ["Patient"], "type": "composite",
             "expression": "Patient",
             "component": [{"definition": {"reference": "urn:colour"}, "expression": "extension.value"},
                           {"definition": {"reference": "http://hl7.org/fhir/SearchParameter/individual-birthdate"},
                            "expression": "birthDate"}]},
    "vague": {**SEARCH, "url": "urn:vague", "code": "vague", "base": ["Patient"], "type": "token"},
    "wrong": {**SEARCH, "url": "urn:wrong", "code": "wrong", "base": ["Patient"], "type": "token",
              "expression": "Patient.name.where("},
    "lost": {**SEARCH, "url": "urn:lost", "code": "lost", "base": ["Patient"], "type": "composite",
             "expression": "Patient", "component": [{"definition": {"reference": "urn:none"}, "expression": "id"}]},
}  # fmt: skip


def test_search_parameters_of_a_package_work_in_the_server(tmp_path):
    (tmp_path / "package.json").write_text(
        json.dumps({"name": "own", "version": "1.0.0", "fhirVersions": ["3.0.2"]})
    )
    for name, resource in PARAMETERS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({**resource, "id": name}))
    found, problems = package_parameters(load_packages([tmp_path], version="3.0.2"))
    assert {item.code for item in found} == {"colour", "both"}
    assert {name for name in PARAMETERS if any(f"urn:{name}" in issue.message.en for issue in problems)} == {
        "vague", "wrong", "lost"
    }  # fmt: skip
    server = FhirServer.create(
        "3.0.2", parameters=found, options=ServerOptions(base_url="https://his.example/fhir")
    )
    for identity, colour in (("a", "red"), ("b", "blue")):
        extension = [{"url": "urn:c", "valueCode": colour}]
        server.load(
            [{"resourceType": "Patient", "id": identity, "birthDate": "2000", "extension": extension}]
        )
    assert ids(call(server, "Patient?colour=red")) == ["a"]
    assert ids(call(server, "Patient?both=blue$2000")) == ["b"]
    kinds = content(call(server, "metadata"))["rest"][0]["resource"]
    names = {item["name"] for kind in kinds if kind["type"] == "Patient" for item in kind["searchParam"]}
    assert {"colour", "both"} <= names


def test_a_search_parameter_on_an_unknown_type_is_not_used():
    wrong = {**PARAMETERS["colour"], "base": ["Nonsense"]}
    found, problems = usable_parameters([wrong], load_model("STU3"))
    assert not found and "Nonsense" in problems[0].message.en

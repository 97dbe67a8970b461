"""The FHIR server as it is served, walked by client libraries that others wrote: fhirpy, fhir-kit-client, HAPI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from serverkit import COMPOSITION, resources

TESTS = Path(__file__).resolve().parents[1]
NODE, JAVA = TESTS / "node", TESTS / "java"


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Serves the records of the tests with some options; the base URL."""
    folder = tmp_path_factory.mktemp("served")
    for resource in (*resources(), COMPOSITION):
        (folder / f"{resource['resourceType']}-{resource['id']}.json").write_text(json.dumps(resource))
    running = []

    def start(*options):
        command = [sys.executable, "-m", "harness", "serve", "fhir", "--fixtures", str(folder), "--port", "0"]
        process = subprocess.Popen(
            [*command, *options],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS.parent)},
        )
        running.append(process)
        line = process.stderr.readline()
        threading.Thread(target=process.stderr.read, daemon=True).start()
        return line.split()[-1]

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def run(command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=180, **options)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


# -- fhirpy -----


@pytest.fixture(scope="module")
def fhirpy():
    return pytest.importorskip("fhirpy", reason="fhirpy is not installed (pip install fhirpy)")


@pytest.mark.parametrize("paging", ["offset", "token"])
def test_fhirpy(fhirpy, serve, paging):
    client = fhirpy.SyncFHIRClient(serve("--paging", paging))
    search = client.resources("Observation").search(code="8867-4").sort("date").limit(1)
    assert [item["id"] for item in search.fetch_all()] == ["o1", "o9", "o2"], "follows next"
    first = (
        client.resources("Patient").search(_id="p1").include("Patient", "general-practitioner").fetch_raw()
    )
    assert [entry["resource"]["resourceType"] for entry in first["entry"]] == ["Patient", "Practitioner"]
    brief = client.resources("Patient").search(_id="p1").elements("name").first()
    assert "birthDate" not in brief and brief["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert client.reference("Patient", "p1").to_resource()["birthDate"] == "1970-05-04"


def test_what_is_no_fhir_passes_only_when_asked(fhirpy, serve):
    """``count`` of fhirpy sends ``_totalMethod``, ``get_or_create`` searches with a POST: FHIR has neither."""
    with pytest.raises(fhirpy.base.exceptions.OperationOutcome):
        fhirpy.SyncFHIRClient(serve()).resources("Observation").search(code="8867-4").count()
    with pytest.raises(fhirpy.base.exceptions.OperationOutcome):
        strict = fhirpy.SyncFHIRClient(serve())
        strict.resources("Observation").search(code="x").get_or_create(strict.resource("Observation"))
    client = fhirpy.SyncFHIRClient(serve("--unknown-parameters", "ignore"))
    assert client.resources("Observation").search(code="8867-4").count() == 3


def test_fhirpy_writes(fhirpy, serve):
    client = fhirpy.SyncFHIRClient(serve())
    number = [{"system": "urn:n", "value": "py"}]
    new = {
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/p1"},
        "identifier": number,
    }
    made = client.resource("Observation", **new)
    made.save()
    assert made["meta"]["versionId"] == "1"
    made["status"] = "amended"
    made.save()
    assert made["meta"]["versionId"] == "2"
    updated, created = (
        client.resources("Observation")
        .search(identifier="urn:n|py")
        .update(client.resource("Observation", **{**new, "status": "corrected"}))
    )
    assert not created and updated["meta"]["versionId"] == "3"
    assert client.resource("Observation", **{**new, "status": "nonsense"}).is_valid() is False
    made.delete()
    with pytest.raises(fhirpy.base.exceptions.ResourceNotFound):
        client.reference("Observation", made["id"]).to_resource()
    with pytest.raises(fhirpy.base.exceptions.OperationOutcome):
        client.resources("Observation").search(colour="red").fetch()
    with pytest.raises(fhirpy.base.exceptions.OperationOutcome):
        client.resource("Observation", **new, foo=1).save()


# -- fhir-kit-client -----


@pytest.mark.node
@pytest.mark.parametrize("paging", ["offset", "token"])
def test_fhir_kit_client(serve, paging):
    if not (NODE / "node_modules" / "fhir-kit-client").is_dir() or not shutil.which("node"):
        pytest.skip("fhir-kit-client is not installed (npm ci in tests/node)")
    seen = json.loads(run(["node", NODE / "fhir-client.mjs", serve("--paging", paging)], cwd=NODE))
    assert seen == {
        "version": "3.0.2",
        "total": 4,
        "pages": ["o3", "o1", "o9", "o2"],
        "previous": ["o9"],
        "posted": 1,
        "system": 2,
        "compartment": ["o9"],
        "several": 0,  # repeated parameters are joined by AND
        "conditionalCreate": True,
        "updated": ["amended", "2"],
        "conditionalUpdate": "3",
        "patched": ["final", "4"],
        "first": "final",
        "history": 4,
        "validated": "error",
        "document": "Composition",
        "resolved": "gp",
        "transaction": "201 Created",
        "gone": [410, "OperationOutcome"],
        "wrong": [422, "OperationOutcome"],
        "unknown": [400, "OperationOutcome"],
    }


# -- HAPI -----


@pytest.mark.java
@pytest.mark.parametrize(("form", "paging"), [("json", "offset"), ("xml", "token")])
def test_hapi_client(serve, form, paging):
    libraries = JAVA / "target" / "dependency"
    if not libraries.is_dir() or not shutil.which("java"):
        pytest.skip(
            "the HAPI client is not built (mvn -q -f tests/java/pom.xml package dependency:copy-dependencies)"
        )
    base = serve("--paging", paging)
    path = os.pathsep.join((str(JAVA / "target" / "classes"), str(libraries / "*")))
    lines = run(["java", "-cp", path, "HapiClient", base, form]).splitlines()
    assert dict(line.split("=", 1) for line in lines) == {
        "version": "3.0.2",
        "total": "4",
        "pages": "o3,o1,o9,o2",
        "previous": "o9",
        "posted": "1",
        "subset": "false,SUBSETTED",
        "summary": "false",
        "included": "5",
        "compartment": "1",
        "document": "Composition",
        "created": "true,true",
        "updated": "2",
        "conditionalUpdate": "3",
        "patched": "4",
        "vread": "AMENDED",
        "history": "4",
        "validated": "true",
        "transaction": "200 OK",
        "gone": "410,true",
        "unknown": "400,true",
        "missing": "404,true",
    }

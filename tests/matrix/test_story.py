"""A vendor's story: import the official sets, load them, run; then a dosage is altered, a letter is somebody else's,
an S line leaks. Each is reported with its element, its owner and the next step."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from harness.core.data import data_path
from harness.core.run.exchanges import MASK, Request, header
from harness.fhir.codec.documents import read as read_fhir
from harness.fhir.model.types import load_model
from harness.fhir.search.parameters import from_yaml
from harness.fhir.server.options import Access, Refusal, ServerOptions
from harness.fhir.server.service import FhirServer

pytestmark = [pytest.mark.official, pytest.mark.slow]
AT = "2026-11-28"
DANGLING = "DocumentReference-pdfa-documentreference3.json"
"""Refers to a document that the set does not have, on purpose: a HIS may leave it out."""
STANDARDS = ["huisartsgegevens-2.0", "pdfa-3.0"]
PERSON = {"huisartsgegevens-2.0": "xxx-cevat", "pdfa-3.0": "xxx-baltus"}
S_LINE = {
    "system": "http://fhir.nl/fhir/NamingSystem/journaalregeltypen",
    "code": "S",
    "display": "Subjectief",
}


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def write(path: Path, resource: dict) -> None:
    path.write_text(json.dumps(resource), encoding="utf-8")


@pytest.fixture(scope="module")
def records(material, harness, tmp_path_factory):
    """Both official sets as records."""
    folder = tmp_path_factory.mktemp("records")
    for name in ("GenPractData-2-0", "PDFA-3-0"):
        goal = material / "nictiz-testscripts" / "STU3" / name / "MedMij" / "Cert"
        if not goal.is_dir():
            pytest.skip(f"official set {name} is absent")
        done = harness("record", "import", goal, "--out", folder / name, "--at", AT)
        assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="module")
def exported(records, harness, tmp_path_factory):
    """What a vendor loads: the export of each record without what stays in the HIS."""
    home = tmp_path_factory.mktemp("exported")
    shared = home / "loaded"
    shared.mkdir()
    for folder in sorted(path.parent for path in records.glob("*/*/record.yaml")):
        out = home / "his" / folder.name
        assert harness("record", "export", folder, "--for-his", "--out", out, "--at", AT).code == 0
        place = out / folder.name
        withheld = read(place / "loading.json")["withheld"]
        for path in place.glob("*.json"):
            resource = read(path)
            if "resourceType" in resource and f"{resource['resourceType']}/{resource['id']}" not in withheld:
                write(shared / path.name, resource)
    (shared / DANGLING).unlink()
    return shared


@pytest.fixture
def loaded(exported, tmp_path):
    """A HIS of one's own with what was exported."""
    return Path(shutil.copytree(exported, tmp_path / "loaded"))


def birth_of(folder: Path) -> str:
    """Birth date as the record says it."""
    (patient,) = (folder / "resources").glob("Patient-*.json")
    return read(patient)["birthDate"]


@contextmanager
def his_with(shared: Path):
    """A HIS that holds what was loaded, and filters on the person of the request; yields its address."""
    server = FhirServer.create(
        "3.0.2",
        parameters=from_yaml(data_path("profiles", "search", "stu3.yaml")),
        options=ServerOptions(),
        authorize=lambda request: (
            Access(header(request.headers, "X-Patient"))
            if header(request.headers, "X-Patient")
            else Refusal()
        ),
        now=lambda: datetime(2026, 11, 28, 11, 0, tzinfo=UTC),
    )
    server.load(
        [read_fhir(path.read_bytes(), model=load_model("3.0.2")) for path in sorted(shared.glob("*.json"))]
    )

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            base = f"http://{self.headers['Host']}"
            answer = server.fork(options=ServerOptions(base_url=f"{base}/fhir")).handle(
                Request(method="GET", url=base + self.path, headers=tuple(self.headers.items()))
            )
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Nothing on the console."""

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}/fhir"
    finally:
        listening.shutdown()
        listening.server_close()


def qualify(harness, records, shared, tmp_path):
    """Run against a HIS of another process that holds what was loaded."""
    places = sorted(records.glob("*/*/record.yaml"))
    abouts = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in places]
    folders = {item["person"]: path.parent for item, path in zip(abouts, places, strict=True)}
    with his_with(shared) as url:
        his = {
            "id": "his", "role": "his", "kind": "live", "vendor": "Een BV", "product": "Een HIS", "version": "1",
            "standards": STANDARDS, "dvza": "dvza", "fhir": url, "auth": "none", "patient": "header X-Patient",
            "id_map": {item["person"]: item["patient"].partition("/")[2] for item in abouts}, "person": PERSON,
        }  # fmt: skip
        ours = [
            {"id": role, "role": role, "kind": "twin", "standards": STANDARDS} for role in ("dvza", "pgo")
        ]
        persons = [
            {
                "id": item["person"], "name": item["display"], "bsn": item["bsn"], "birth_date": birth_of(folders[item["person"]]),
                "patients": [item["patient"].partition("/")[2]], "record": str(folders[item["person"]]),
            }
            for item in abouts
        ]  # fmt: skip
        network = tmp_path / "network.yaml"
        network.write_text(
            yaml.safe_dump({"name": "verhaal", "persons": persons, "participants": [his, *ours]})
        )
        done = harness(
            "qualify",
            "--network",
            network,
            "--out",
            tmp_path / "run",
            "--at",
            AT,
            "--for",
            "his",
            "--lang",
            "en",
        )
    told = [
        item
        for item in read(tmp_path / "run" / "findings.json")["findings"]
        if item["requirement"][:2] in ("HG", "PD")
    ]
    return done, [item for item in told if item["verdict"] not in ("pass", "not-applicable")]


def test_a_server_loaded_with_the_sets_is_green(harness, records, loaded, tmp_path):
    done, bad = qualify(harness, records, loaded, tmp_path)
    assert [item for item in bad if item["verdict"] in ("fail", "error")] == [], done.out


def test_what_is_altered_foreign_or_leaked_is_told(harness, records, loaded, tmp_path):
    path = loaded / "MedicationRequest-gpdata-medicationrequest-contact04-ibuprofen.json"
    resource = read(path)
    resource["dosageInstruction"][0]["text"] = "20 maal per dag 8 stuks"
    write(path, resource)
    letter = read(loaded / "DocumentReference-pdfa-documentreference8.json")
    letter["subject"]["reference"] = "Patient/example-pdfa-kwalificatie1"
    write(loaded / "DocumentReference-pdfa-documentreference8.json", letter)
    report = sorted(loaded.glob("Composition-*.json"))[0]
    resource = read(report)
    line = next(
        one["valueString"]
        for path in sorted(records.glob("GenPractData-2-0/xxx-cevat/resources/Observation-*.json"))
        if (one := read(path)).get("code", {}).get("coding", [{}])[0].get("code") == "S"
        and one.get("valueString")
    )
    text = f'<div xmlns="http://www.w3.org/1999/xhtml">{line}</div>'
    section = {"code": {"coding": [S_LINE]}, "text": {"status": "generated", "div": text}}
    resource["section"] = [*resource["section"], section]
    write(report, resource)
    done, bad = qualify(harness, records, loaded, tmp_path)
    assert done.code == 1
    red = [item for item in bad if item["verdict"] == "fail"]
    altered = [item for item in red if item["requirement"] == "HG-REC-001"]
    dosages = [item for item in altered if item["where"]["path"].endswith("dosageInstruction[0].text")]
    assert dosages and all(
        re.fullmatch(MASK, item["received"]) for item in dosages
    )  # no record has that text
    assert all(
        "3 maal daags" in item["expected"] and "ibuprofen" in item["next_step"]["en"] for item in dosages
    )
    assert {item["where"]["path"] for item in altered if item not in dosages} == {
        "Bundle.entry[0].resource.section[2]"
    }
    foreign = [item for item in red if item["requirement"] == "PD-GEN-022"]
    assert foreign and any("XXX_Ellens" in item["received"] for item in foreign)
    leaked = [item for item in red if item["requirement"] in ("HG-PRV-001", "HG-PRV-002")]
    assert leaked and all(line[:20] in item["received"] for item in leaked)
    assert all(item["next_step"]["nl"] and item["party"] == "his" for item in red)

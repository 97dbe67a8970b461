"""A FHIR server with two patients, and how tests call it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from harness.core.data import data_path
from harness.core.run.exchanges import Request
from harness.fhir.codec import documents as codec
from harness.fhir.search.parameters import from_yaml
from harness.fhir.server.options import ServerOptions, by_token
from harness.fhir.server.service import FhirServer

BASE = "https://his.example/fhir"
JSON, XML = "application/fhir+json", "application/fhir+xml"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ref(key, **more):
    return {"reference": key, "display": key, **more}


def concept(system, code, display="x"):
    return {"coding": [{"system": system, "code": code, "display": display}]}


PERIOD = "http://nictiz.nl/fhir/StructureDefinition/zib-Medication-PeriodOfUse"
DURATION = "http://nictiz.nl/fhir/StructureDefinition/zib-MedicationUse-Duration"
EPISODE = "http://nictiz.nl/fhir/StructureDefinition/extension-context-nl-core-episodeofcare"


def observation(identity, patient, code, when, **more):
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": concept("http://loinc.org", code),
        "subject": ref(f"Patient/{patient}"),
        "effectiveDateTime": when,
        **more,
    }


def request_for_use(identity, period=None, duration=None):
    extensions = []
    if period:
        extensions.append({"url": PERIOD, "valuePeriod": period})
    if duration:
        extensions.append({"url": DURATION, "valueDuration": duration})
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": "active",
        "intent": "order",
        "subject": ref("Patient/p1"),
        "category": concept("http://snomed.info/sct", "16076005"),
        "medicationReference": ref("Medication/m1"),
        **({"extension": extensions} if extensions else {}),
    }


def resources():
    return [
        {
            "resourceType": "Patient",
            "id": "p1",
            "name": [{"family": "Wïlgen", "given": ["Jan"]}],
            "birthDate": "1970-05-04",
            "generalPractitioner": [ref("Practitioner/gp")],
            "managingOrganization": ref("Organization/org"),
        },
        {"resourceType": "Patient", "id": "p2", "name": [{"family": "Beuk"}]},
        {"resourceType": "Practitioner", "id": "gp", "name": [{"family": "Dokter"}]},
        {"resourceType": "Organization", "id": "org", "name": "Praktijk"},
        observation(
            "o1", "p1", "8867-4", "2026-01-01T00:00:00+01:00",
            context=ref("Encounter/e1"),
            valueQuantity={"value": 70, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
        ),
        observation("o2", "p1", "8867-4", "2026-02-01", related=[{"target": ref("Observation/o1")}]),
        observation(
            "o3", "p1", "85354-9", "2025-12-31",
            extension=[{"url": EPISODE, "valueReference": ref("EpisodeOfCare/ep1")}],
        ),
        observation("o9", "p2", "8867-4", "2026-01-15"),
        {
            "resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"system": "http://x", "code": "AMB"},
            "subject": ref("Patient/p1"), "episodeOfCare": [ref("EpisodeOfCare/ep1")],
        },
        {"resourceType": "EpisodeOfCare", "id": "ep1", "status": "active", "patient": ref("Patient/p1")},
        {"resourceType": "Medication", "id": "m1", "code": concept("urn:gpk", "123")},
        request_for_use("r-open", {"start": "2025-10-01"}),
        request_for_use("r-closed", {"start": "2025-01-01", "end": "2025-06-01"}),
        request_for_use("r-duration", {"start": "2025-01-01"}, {"value": 30, "code": "d"}),
        request_for_use("r-none"),
        {
            "resourceType": "MedicationRequest", "id": "r-inline", "status": "active", "intent": "order",
            "subject": ref("Patient/p1"), "medicationCodeableConcept": concept("urn:gpk", "123"),
            "extension": [{"url": PERIOD, "valuePeriod": {"start": "2020-01-01", "end": "2020-01-02"}}],
        },
        {
            "resourceType": "DocumentReference", "id": "d1", "status": "current", "subject": ref("Patient/p1"),
            "indexed": "2026-01-05T10:00:00Z", "content": [{"attachment": {"url": "Binary/b1"}}],
        },
        {"resourceType": "Binary", "id": "b1", "contentType": "application/pdf", "content": "JVBERi0="},
        {"resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2026-03-01T00:00:00+01:00",
         "participant": [{"actor": ref("Patient/p1"), "status": "accepted"}]},
    ]  # fmt: skip


COMPOSITION = {
    "resourceType": "Composition", "id": "c1", "status": "final", "date": "2026-01-01", "title": "x",
    "type": {"text": "x"}, "subject": ref("Patient/p1"), "author": [ref("Practitioner/gp")],
    "section": [{"title": "a", "entry": [ref("Observation/o2")]}],
}  # fmt: skip


def make(**options):
    server = FhirServer.create(
        "3.0.2",
        parameters=from_yaml(data_path("profiles", "search", "stu3.yaml")),
        options=ServerOptions(base_url=BASE, **options),
        authorize=by_token({"Bearer one": "p1", "two": "p2"}),
        now=lambda: NOW,
    )
    server.load(resources())
    return server


def call(server, target, *, method="GET", accept=JSON, token="one", body=b"", **headers):
    pairs = [("Accept", accept)] if accept else []
    if token:
        pairs.append(("Authorization", f"Bearer {token}"))
    pairs += [(name.replace("_", "-"), value) for name, value in headers.items()]
    url = target if target.startswith("http") else f"{BASE}/{target}"
    return server.handle(Request(method=method, url=url, headers=tuple(pairs), body=body))


def content(response):
    return json.loads(response.body)


def ids(response, mode="match"):
    return [e["resource"]["id"] for e in content(response).get("entry", []) if e["search"]["mode"] == mode]


def send(server, resource, target, method="POST", form="json", **headers):
    body = codec.to_json(resource) if form == "json" else codec.to_xml(resource, server.model)
    return call(
        server,
        target,
        method=method,
        body=body,
        accept=JSON,
        Content_Type=f"application/fhir+{form}",
        **headers,
    )

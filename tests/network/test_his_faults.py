"""Faults of HIS and PGO twins as pure functions."""

from __future__ import annotations

from datetime import date

import pytest

from harness.core.run.exchanges import Request, Response, header
from harness.core.standards.faults import fault
from harness.network.faults import his as his_faults
from harness.network.faults import pgo as pgo_query_faults

T = date(2026, 3, 1)
BASE = "https://gegevens.dvza.example/fhir"
JSON = (("Content-Type", "application/fhir+json; charset=utf-8"), ("ETag", 'W/"1"'))
EMPTY = b'{"resourceType":"Bundle","type":"searchset","total":0,"link":[{"relation":"self","url":"https://x/fhir"}]}'


def ask(path: str, accept: str = "application/fhir+json", method: str = "GET", body: bytes = b"") -> Request:
    return Request(method=method, url=f"{BASE}/{path}".rstrip("/"), headers=(("Accept", accept),), body=body)


def apply(name: str, request: Request, response: Response) -> Response:
    return his_faults.apply([name], request, response, t=T, patient="p1")


@pytest.mark.parametrize(
    ("request_", "operation"),
    [
        (ask("Patient?_include=Patient:general-practitioner"), "hg-patient"),
        (ask("Appointment?date=ge2026-01-30&date=le2026-03-01"), "ea-month"),
        (ask("Binary/abc"), "pd-retrieve"),
        (ask("Binary/harness-onbekend-document-404"), "pd-unknown-binary"),
        (ask("DocumentReference/$"), "pd-bad-path"),
        (ask("DocumentReference/d1"), "pd-manifest-document"),
        (ask("", method="POST"), "send"),
        (ask("Patient"), "search"),
        (ask("metadata"), ""),
    ],
)
def test_requests_are_recognised(request_, operation):
    query = his_faults.query_of(request_, T)
    assert (query.operation if query is not None else "") == operation


def test_a_fault_only_touches_its_own_queries():
    answer = Response(status=200, headers=JSON, body=EMPTY)
    assert apply("so-section", ask("Encounter"), answer) is answer
    assert apply("niet-bekend", ask("Encounter"), answer) is answer
    assert apply("bsn-in-self-link", ask("metadata"), answer) is answer


def test_bsn_in_self_link():
    answer = Response(status=200, headers=JSON, body=EMPTY)
    broken = apply("bsn-in-self-link", ask("Encounter"), answer)
    assert b"NamingSystem/bsn" in broken.body and broken.status == 200
    assert header(broken.headers, "etag") is None
    assert header(broken.headers, "content-type") == "application/fhir+json; charset=utf-8"


@pytest.mark.parametrize("name", sorted(his_faults.names()))
@pytest.mark.parametrize(
    "response",
    [
        Response(status=200, headers=(("Content-Type", "text/html"),), body=b"<html/>"),
        Response(status=200, headers=JSON, body=b"{"),
        Response(status=204),
        Response(status=200, headers=JSON, body=EMPTY),
        Response(
            status=400,
            headers=JSON,
            body=b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid"}]}',
        ),
    ],
    ids=["html", "broken", "none", "empty", "outcome"],
)
def test_no_fault_breaks_the_twin(name, response):
    operations = fault(name).on or ("hg-encounter",)
    paths = {
        "hg-encounter": "Encounter",
        "hg-episodes": "EpisodeOfCare",
        "pd-retrieve": "Binary/x",
        "pd-find-current": "DocumentReference?status=current",
        "zm-heartrate": "Observation?code=http%3A%2F%2Floinc.org%7C8867-4",
        "hg-composition": "Composition?type=http%3A%2F%2Floinc.org%7C67781-5",
        "ea-future": "Appointment?date=ge2025-10-02",
    }
    for operation in operations:
        request = ask("", method="POST") if operation == "zm-send" else ask(paths.get(operation, "Encounter"))
        for accept in ("application/fhir+json", "application/fhir+xml", "*/*"):
            changed = Request(
                method=request.method, url=request.url, headers=(("Accept", accept),), body=request.body
            )
            apply(name, changed, response)


def test_pgo_faults_act_on_one_query_in_xml():
    request = ask("EpisodeOfCare")
    change = pgo_query_faults.change
    assert change(["pgo-sends-patient-parameter"], "hg-episodes", "json", request) is request
    assert change(["pgo-sends-patient-parameter"], "hg-patient", "xml", request) is request
    wrong = change(["pgo-sends-patient-parameter"], "hg-episodes", "xml", request)
    assert wrong.url.endswith("EpisodeOfCare?patient=Patient/123")


def test_a_forgotten_parameter():
    request = ask("Appointment?date=ge2026-01-30&date=le2026-03-01")
    wrong = pgo_query_faults.change(["pgo-wrong-query"], "ea-month", "xml", request)
    assert wrong.url.endswith("Appointment?date=ge2026-01-30")

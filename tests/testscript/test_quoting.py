"""What files of a run quote of messages: nothing that the recording does not hold."""

from __future__ import annotations

import json

import pytest

from harness.core.clock import SystemClock
from harness.core.issues import Issue
from harness.core.run.exchanges import Request, Response
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.record import Recorder
from harness.testscript.outcome.people import People
from harness.testscript.outcome.quoting import NOT_KEPT, quotable
from harness.testscript.outcome.recording import raw_exchanges, unit_name
from harness.testscript.outcome.results import Place, ScriptFinding, ScriptResult, Step

BSN, TOKEN = "999911120", "zeer-geheim-12345678"
PATIENT = {
    "resourceType": "Patient", "id": "p9", "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": BSN}],
    "name": [{"family": "Zandkasteel", "given": ["Jo"]}], "telecom": [{"system": "email", "value": "jo@example.org"}], "birthDate": "1981-02-03",
}  # fmt: skip
XML = (
    '<Patient xmlns="http://hl7.org/fhir"><id value="p9"/><identifier><system value="http://fhir.nl/fhir/NamingSystem/bsn"/>'
    f'<value value="{BSN}"/></identifier><name><family value="Zandkasteel"/><given value="Jo"/></name>'
    '<telecom><system value="email"/><value value="jo@example.org"/></telecom><birthDate value="1981-02-03"/></Patient>'
)
QUOTED = f"Zandkasteel, Jo, {BSN}, jo@example.org, 1981-02-03; Bearer {TOKEN}; Jozef is no Jo"
OF_SOMEBODY = ("Zandkasteel", " Jo,", BSN, "jo@example.org", "1981-02-03", TOKEN)


def told(body: bytes, media: str, people=People()):  # noqa: B008 - frozen
    issue = Issue(rule="r", severity="error", message=Text(nl=QUOTED, en=QUOTED), excerpt=QUOTED)
    finding = ScriptFinding(
        verdict=Verdict.FAIL, criterion="expression", where=Place(action="a", line=3), expected="three", received=QUOTED,
        next_step=Text(nl="kijk", en="look"), issues=(issue,),
    )  # fmt: skip
    request = Request(
        method="GET",
        url=f"https://his.example/fhir/Patient?identifier=x|{BSN}",
        headers=(("Authorization", f"Bearer {TOKEN}"),),
    )
    response = Response(status=200, headers=(("Content-Type", media),), body=body)
    sent = Step(
        kind="operation", action="o", title="t", verdict=Verdict.PASS, request=request, response=response
    )
    judged = Step(kind="assert", action="a", title="t", verdict=Verdict.FAIL, finding=finding)
    result = ScriptResult(
        id="s", file="s.xml", role="", side="server", title="", verdict=Verdict.FAIL, asserts={}, findings=(finding,), steps=(sent, judged),
    )  # fmt: skip
    recorder, unit = Recorder(persons=people.declared()), unit_name(result)
    pairs = [(raw, recorder.record(raw)) for raw in raw_exchanges(result, people, SystemClock(), unit)]
    return quotable(result, recorder, unit, pairs)


@pytest.mark.parametrize(
    ("body", "media"),
    [(json.dumps(PATIENT).encode(), "application/fhir+json"), (XML.encode(), "application/fhir+xml")],
)
def test_what_is_masked_in_an_answer_is_masked_where_it_is_quoted(body, media):
    found = told(body, media)
    assert not any(text in repr(found) for text in OF_SOMEBODY)
    finding = found.findings[0]
    assert (finding.expected, finding.next_step.en, finding.where.line) == ("three", "look", 3)
    assert "mask-person-" in finding.received and "Jozef is no mask-person-" in finding.received, (
        "whole words only"
    )
    assert found.steps[1].finding == finding
    assert found.steps[0].request.url.startswith("https://his.example/fhir/Patient?identifier=x|mask-bsn-")


@pytest.mark.parametrize(
    "people",
    [
        People((PATIENT,)),
        People((PATIENT, {"resourceType": "Patient", "id": "p8"}), {f"Bearer {TOKEN}": "p9"}),
    ],
)
def test_a_test_person_of_the_set_is_quoted(people):
    """The only one, or the one whose token was sent."""
    received = told(json.dumps(PATIENT).encode(), "application/fhir+json", people).findings[0].received
    assert (
        received.startswith("Zandkasteel, Jo, mask-bsn-")
        and "1981-02-03" in received
        and TOKEN not in received
    )


def test_somebody_else_is_not_quoted_in_a_session_of_a_test_person():
    other = {
        **PATIENT,
        "id": "p8",
        "birthDate": "1950-01-01",
        "name": [{"family": "Anders"}],
        "identifier": [],
    }
    found = told(json.dumps(PATIENT).encode(), "application/fhir+json", People((other,)))
    assert not any(text in repr(found) for text in OF_SOMEBODY)


def test_of_what_cannot_be_read_nothing_is_quoted():
    found = told(b"<html>Zandkasteel, Jo" + json.dumps(PATIENT).encode(), "text/html")
    assert found.findings[0].received == found.findings[0].issues[0].excerpt == NOT_KEPT
    assert not any(text in repr(found.findings[0].received) for text in OF_SOMEBODY)


def test_a_document_is_quoted_by_nobody():
    assert TOKEN not in told(b"%PDF-1.4 Zandkasteel", "application/pdf").findings[0].received

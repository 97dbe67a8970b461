"""A document is kept when a record holds its bytes, wherever it stands; of any other it is said how it compares."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from rawkit import pdf, raw

from harness.core.run.exchanges import UNHELD, UNREADABLE, Exchange
from harness.core.run.findings import Cell
from harness.judge.catalogue import load_catalogue
from harness.judge.view import CellView
from harness.network.person.looking import coded_elements, unread
from harness.record import DeclaredPerson, Looking, Persons, Redactor
from harness.record.redact.holding.held import held_by
from harness.record.redact.people.care import NOT_HELD

ANNA = DeclaredPerson(
    id="anna", bsn="999990019", birth_date="1964-05-17", family=("wilgenkamp",), patients=("a-1",)
)
OWN, OTHER = pdf("Brief over Wilgenkamp"), pdf("Brief over Plantnaam")


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def summed(data: bytes) -> str:
    return coded(hashlib.sha1(data, usedforsecurity=False).digest())


HELD = held_by([{"resourceType": "Binary", "content": coded(OWN)}], coded_elements(), ("anna",))
LOOKING = Looking(held=HELD, examine=lambda data, person: {"outcome": f"of {person}"})


def fhir(resource: dict[str, Any], kind: str = "json") -> dict[str, Any]:
    return {
        "interface": "resource",
        "response_headers": (("Content-Type", f"application/fhir+{kind}"),),
        "response_body": json.dumps(resource).encode(),
    }


def fhir_xml(body: str) -> dict[str, Any]:
    return fhir({}, "xml") | {"response_body": body.encode()}


def plain(media: str, body: bytes, interface: str = "document") -> dict[str, Any]:
    return {"interface": interface, "response_headers": (("Content-Type", media),), "response_body": body}


def reference(data: str) -> dict[str, Any]:
    attachment = {"contentType": "application/pdf", "data": data}
    return {"resourceType": "DocumentReference", "id": "d", "content": [{"attachment": attachment}]}


SPACE = 'xmlns="http://hl7.org/fhir"'
CARRIERS = {
    "body": lambda data: plain("application/pdf", data),
    "wrongly labelled body": lambda data: plain("application/octet-stream", data),
    "body elsewhere": lambda data: plain("application/octet-stream", data, "consent"),
    "multipart": lambda data: plain("multipart/mixed; boundary=x", b"--x\r\n\r\n" + data + b"\r\n--x--\r\n"),
    "Binary": lambda data: fhir({"resourceType": "Binary", "id": "b", "content": coded(data)}),
    "Binary (xml)": lambda data: fhir_xml(f'<Binary {SPACE}><content value="{coded(data)}"/></Binary>'),
    "attachment": lambda data: fhir(reference(coded(data))),
    "attachment (xml)": lambda data: fhir_xml(
        f'<DocumentReference {SPACE}><content><attachment><data value="{coded(data)}"/></attachment></content>'
        "</DocumentReference>"
    ),
    "extension": lambda data: fhir(
        {"resourceType": "Basic", "extension": [{"url": "http://x.nl", "valueBase64Binary": coded(data)}]}
    ),
}


def recorded(message: dict[str, Any], person: str | None = "anna") -> Exchange:
    redactor = Redactor(b"k" * 32, Persons([ANNA]), looking=LOOKING)
    return redactor.exchange(raw(**{"status": 200, "person": person, **message}), "x.1")


def body_of(done: Exchange) -> bytes:
    assert done.response is not None
    return done.response.body


@pytest.mark.parametrize("person", ["anna", "", None])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_document_of_no_record_is_not_kept(carrier: str, person: str | None) -> None:
    body = body_of(recorded(CARRIERS[carrier](OTHER), person))
    assert b"%PDF" not in body and b"JVBERi0" not in body


@pytest.mark.parametrize("carrier", [name for name in CARRIERS if name != "multipart"])
def test_a_document_of_a_record_is_kept(carrier: str) -> None:
    message = CARRIERS[carrier](OWN)
    assert body_of(recorded(message)) == message["response_body"]
    spoiled = CARRIERS[carrier](OWN + b" ")
    assert body_of(recorded(spoiled)) != spoiled["response_body"]


@pytest.mark.parametrize("carrier", ["body", "Binary", "Binary (xml)"])
def test_what_is_said_of_a_document_that_is_not_kept(carrier: str) -> None:
    done = recorded(CARRIERS[carrier](OTHER))
    (told,) = done.notes["documents"]
    assert (told["length"], told["pdf"], told["held"], told["outcome"]) == (
        len(OTHER),
        True,
        False,
        "of anna",
    )
    assert told["sum"].startswith("mask-person-") and told["same"].startswith("mask-person-")
    assert (NOT_HELD in done.notes.get("masked", ())) == (carrier == "body")


@pytest.mark.parametrize(
    ("kind", "place"),
    [("application/fhir+json", f"response.body:{UNREADABLE}"), ("application/pdf", "response.body")],
)
def test_of_a_pdf_that_is_called_fhir_may_be_said_that_nobody_can_read_it(kind: str, place: str) -> None:
    assert [fact.place for fact in recorded(plain(kind, OTHER)).facts] == [place]


@pytest.mark.parametrize(
    ("kind", "body", "rule"),
    [
        (
            "application/fhir+xml",
            b"<!DOCTYPE x [<!ENTITY e 'Plantnaam'>]><Bundle>&e;</Bundle>",
            "fhir-xml-doctype",
        ),
        ("application/fhir+json", b'{"resourceType":"Plantnaam","id":"1"', "fhir-json-syntax"),
        ("application/fhir+json", OTHER, "fhir-json-syntax"),
        ("application/fhir+json", b"\xc3\x28 Plantnaam", "fhir-encoding"),
    ],
    ids=["doctype", "cut off", "pdf", "no UTF-8"],
)
def test_why_nobody_can_read_a_body_is_told_before_it_is_masked(kind: str, body: bytes, rule: str) -> None:
    """A judge sees the masked body only; what is wrong with that is not what was wrong with the body."""
    looking = replace(LOOKING, unread=unread)
    redactor = Redactor(b"k" * 32, Persons([ANNA]), looking=looking)
    done = redactor.exchange(raw(**{"status": 200, "person": "anna", **plain(kind, body, "resource")}), "x.1")
    assert done.notes["unread"]["response"]["rule"] == rule
    assert "Plantnaam" not in str(done.notes)
    cell = Cell(his="h", dvza="d", pgo="p", standard="pdfa-3.0", release="mm-2.2")
    now = datetime(2026, 3, 1, tzinfo=UTC)
    view = CellView(cell, [done], load_catalogue(), t=date(2026, 3, 1), now=now)
    document = view.document(done)
    assert document is not None and document.fatal and document.issues[-1].rule == rule


def test_what_is_no_pdf_is_told_of_too() -> None:
    (told,) = recorded(CARRIERS["Binary"](b"Brief over Plantnaam")).notes["documents"]
    assert (told["pdf"], told["length"]) == (False, 20)


@pytest.mark.parametrize(("data", "stays"), [(OWN, True), (OTHER, False)])
def test_the_hash_of_a_document_is_kept_with_it(data: bytes, stays: bool) -> None:
    resource = reference("")
    resource["content"][0]["attachment"] = {"contentType": "application/pdf", "hash": summed(data)}
    redactor = Redactor(b"k" * 32, Persons([ANNA]), looking=LOOKING)
    search, found = (
        redactor.exchange(raw(**{"status": 200, "person": "anna", **message}), "x.1")
        for message in (fhir(resource), CARRIERS["body"](data))
    )
    stated = json.loads(body_of(search))["content"][0]["attachment"]["hash"]
    assert (stated == summed(data)) == stays
    if not stays:
        (fact,) = search.facts
        assert fact.equals == UNHELD and base64.b64decode(stated).decode() == fact.tag
        assert found.notes["documents"][0]["sum"] == fact.tag

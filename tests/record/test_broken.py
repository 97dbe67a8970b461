"""A body that cannot be understood is not kept: cut short, wrongly labelled, doubled, of no format, a page."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rawkit import raw

from harness.core.http.bounds import MAX_ATTRIBUTES, MAX_ENTRIES, MAX_TEXT, MAX_VALUES
from harness.core.run.exchanges import TOO_LARGE, UNREADABLE, Exchange
from harness.fhir.codec.documents import parse
from harness.fhir.model.types import load_model
from harness.record import DeclaredPerson, Persons, Redactor
from harness.record.redact.documents.read import read_document
from harness.record.redact.people.care import NOT_HELD

NUMBER, NAME = "111222333", "Plantnaam"
HANNA = DeclaredPerson(id="hanna", bsn="999990019", birth_date="1964-05-17", patients=("hanna",))
STRANGER = {
    "resourceType": "Bundle",
    "type": "searchset",
    "total": 1,
    "entry": [
        {
            "resource": {
                "resourceType": "Patient",
                "id": "ander",
                "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": NUMBER}],
                "name": [{"family": NAME, "text": f'Jan "de" {NAME}'}],
            }
        }
    ],
}
JSON = json.dumps(STRANGER).encode()
XML = (
    '<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/><entry><resource><Patient><id value="ander"/>'
    f'<text><div xmlns="http://www.w3.org/1999/xhtml">van {NAME}</div></text><identifier>'
    f"<system value=\"http://fhir.nl/fhir/NamingSystem/bsn\"/><value value='{NUMBER}'/></identifier>"
    f'<!-- {NAME} --><name><family value="{NAME}"/></name></Patient></resource></entry></Bundle>'
).encode()
PAGE = f"<!DOCTYPE html><html><body><p title={NAME}>Geen dossier van {NAME} ({NUMBER})</p></body></html>".encode()


def recorded(body: bytes, kind: str, person: str = "hanna") -> Exchange:
    answer = raw(status=200, response_headers=(("Content-Type", kind),), response_body=body, person=person)
    return Redactor(b"k" * 32, Persons([HANNA])).exchange(answer, "x.1")


def written(body: bytes, kind: str, person: str = "hanna") -> bytes:
    done = recorded(body, kind, person)
    assert done.response is not None
    for word in (NAME, NUMBER):
        assert word.encode() not in done.response.body, done.response.body
    return done.response.body


@pytest.mark.parametrize("person", ["hanna", ""])
@pytest.mark.parametrize(
    "kind", ["application/fhir+json", "application/fhir+xml", "text/plain", "", "text/html"]
)
@pytest.mark.parametrize(
    "body", [JSON, XML, PAGE, JSON[:-3], XML[:-3], JSON + JSON, XML + XML, b"van " + NAME.encode()]
)
def test_a_stranger_is_hidden_whatever_it_is_called(body: bytes, kind: str, person: str) -> None:
    written(body, kind, person)


@given(st.sampled_from([JSON, XML]), st.data())
def test_a_body_that_is_cut_or_broken_anywhere_keeps_nobody(body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(body) - 1))
    junk = data.draw(
        st.sampled_from([b"", b'"', b"<", b">", b"{", b"}", b"\\", b"\x00", b"\xff", b"'", b"&", b"]]>"])
    )
    broken = body[:at] + junk + data.draw(st.sampled_from([b"", body[at:]]))
    kind = "application/fhir+json" if body is JSON else "application/fhir+xml"
    assume(read_document(broken, kind) is None)
    written(broken, kind)


@pytest.mark.parametrize(("body", "form"), [(JSON[:-3], "json"), (XML[:-3], "xml"), (JSON + JSON, "json")])
def test_what_is_wrong_with_it_can_still_be_seen(body: bytes, form: str) -> None:
    kept = written(body, f"application/fhir+{form}")
    read = [parse(item, format=form, model=load_model("3.0.2")) for item in (body, kept)]  # type: ignore[arg-type]
    assert all(item.fatal for item in read)
    assert b"Patient" in kept and b"searchset" in kept


def test_the_word_of_a_pdf_in_a_text_makes_it_none() -> None:
    written(f"{NAME} %PDF-1.7".encode(), "text/plain")
    done = recorded(b"%PDF-1.7 x", "application/pdf")
    assert done.notes["masked"] == [NOT_HELD]


def test_the_masks_of_what_nobody_can_read_say_so() -> None:
    done = recorded(JSON[:-3], "application/fhir+json")
    assert {item.place for item in done.facts if item.kind == "person"} == {f"response.body:{UNREADABLE}"}
    assert done.notes["masked"] == ["no document that can be read"]


def test_bytes_that_are_no_utf_8_are_a_fault_and_can_be_read() -> None:
    own = {
        "resourceType": "Patient",
        "id": "hanna",
        "birthDate": "1964-05-17",
        "name": [{"text": "Andr\xe9"}],
    }
    body = json.dumps(own, ensure_ascii=False).encode("latin-1")
    done = recorded(body, "application/fhir+json")
    assert done.response is not None and done.response.body == body


def _bundle(entries: int, kind: str) -> bytes:
    if kind == "json":
        return b'{"resourceType":"Bundle","type":"searchset","entry":[' + b",".join([b"{}"] * entries) + b"]}"
    return (
        b'<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/>'
        + b"<entry/>" * entries
        + b"</Bundle>"
    )


@pytest.mark.parametrize("person", ["hanna", ""])
@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize("entries", [MAX_ENTRIES + 1, 2 * MAX_VALUES + 1])
def test_what_holds_more_than_is_looked_at_is_one_tag_that_says_so(
    kind: str, entries: int, person: str
) -> None:
    body = _bundle(entries, kind)
    done = recorded(body, f"application/fhir+{kind}", person)
    assert done.response is not None and len(done.response.body) < 30
    facts = [(fact.place, fact.length) for fact in done.facts]
    assert facts == [(f"response.body:{TOO_LARGE}", len(body))]


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_what_holds_as_much_as_is_looked_at_is_kept(kind: str) -> None:
    body = _bundle(MAX_ENTRIES, kind)
    done = recorded(body, f"application/fhir+{kind}")
    assert done.response is not None and done.response.body == body and done.facts == ()


def _one_value(name: str, value: str, kind: str) -> bytes:
    if kind == "json":
        return f'{{"resourceType":"Binary","id":"a","{name}":"{value}"}}'.encode()
    return f'<Binary xmlns="http://hl7.org/fhir"><id value="a"/><{name} value="{value}"/></Binary>'.encode()


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_text_that_is_longer_than_fhir_allows_is_not_looked_at(kind: str) -> None:
    body = _one_value("language", "a" * (MAX_TEXT + 10), kind)
    done = recorded(body, f"application/fhir+{kind}")
    assert [fact.place for fact in done.facts] == [f"response.body:{TOO_LARGE}"]


@pytest.mark.parametrize(("name", "letters"), [("language", MAX_TEXT - 10), ("content", MAX_TEXT + 10)])
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_text_as_long_as_fhir_allows_and_base64_are_looked_at(kind: str, name: str, letters: int) -> None:
    done = recorded(_one_value(name, "a" * letters, kind), f"application/fhir+{kind}")
    assert all(TOO_LARGE not in fact.place for fact in done.facts)


@pytest.mark.parametrize(("more", "kept"), [(0, True), (1, False)])
def test_an_element_with_more_attributes_than_are_looked_at_is_one_tag(more: int, kept: bool) -> None:
    names = " ".join(f"a{number}='1'" for number in range(MAX_ATTRIBUTES - 1 + more))
    done = recorded(f'<Bundle xmlns="http://hl7.org/fhir" {names}/>'.encode(), "application/fhir+xml")
    assert kept is all(TOO_LARGE not in fact.place for fact in done.facts)

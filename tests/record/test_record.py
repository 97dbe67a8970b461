"""Redaction: nothing secret comes out of it."""

from __future__ import annotations

import base64
import json
import string
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rawkit import PERSONS, raw

from harness.core.run.exchanges import Certificate, Exchange, Tls
from harness.record import Known, Persons, RawExchange, Redactor
from harness.record.har import to_har
from harness.record.redact.facts import alphabet, eleven_test, entropy_bits

NAMES = ["access_token", "code", "refresh_token", "state", "client_secret"]
SECRET = st.text(string.ascii_letters + string.digits + "-_.~", min_size=16, max_size=60).filter(
    lambda value: len(set(value)) > 6 and not value.startswith((".", "-", "~"))
)


def everything(exchange: Exchange) -> str:
    return json.dumps(to_har([exchange])) + repr(exchange)


def redact(*exchanges: RawExchange, persons: Persons = PERSONS) -> list[Exchange]:
    redactor = Redactor(b"k" * 32, persons)
    return [redactor.exchange(item, f"x.{number}") for number, item in enumerate(exchanges)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(secret=SECRET, name=st.sampled_from(NAMES))
def test_planted_secret_never_survives(secret: str, name: str) -> None:
    """Wherever a secret is planted once it was seen in a recognisable place, it is gone everywhere."""
    doubled = quote(quote(secret + "/+", safe=""), safe="")
    done = redact(
        raw(
            interface="token",
            method="POST",
            url=f"https://a.example/token?{name}={quote(secret)}&x=1",
            request_headers=(("Content-Type", "application/x-www-form-urlencoded"), ("X-Echo", secret)),
            request_body=f"grant_type=authorization_code&{name}={quote(secret)}".encode(),
            status=200,
            response_headers=(
                ("Content-Type", "application/json"),
                ("Location", f"https://pgo.example/cb?{name}={secret}&ok=1#f={secret}"),
                ("Set-Cookie", f"sid={secret}; Path=/; HttpOnly"),
            ),
            response_body=json.dumps({name: secret, "deep": [{"text": f"see {secret}!"}]}).encode(),
            notes={"form": [{"hidden": secret}], name: secret},
            error=f"protocol: {secret}",
        ),
        raw(
            url=f"https://mtls.dva.example/fhir/{secret}/Patient?next=https%3A%2F%2Fx%3Fcode%3D{doubled}",
            request_headers=(("Authorization", f"Bearer {secret}"), ("Cookie", f"a={secret}; b=2")),
            person="anna",
            status=200,
            response_headers=(("Content-Type", "application/fhir+json"),),
            response_body=json.dumps(
                {"resourceType": "Bundle", "link": [{"relation": "self", "url": f"x?t={secret}"}]}
            ).encode(),
        ),
        raw(
            interface="authorization",
            status=200,
            response_headers=(("Content-Type", "text/html"),),
            response_body=f"<a href='/x?y=prefix{secret}suffix'>{secret}</a>".encode(),
        ),
    )
    for exchange in done:
        assert secret not in everything(exchange)
        assert base64.b64encode(secret.encode()).decode() not in everything(exchange)
    tags = {fact.tag for exchange in done for fact in exchange.facts if fact.length == len(secret)}
    assert len(tags) == 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(number=st.integers(10_000_000, 99_999_999))
def test_bsn_is_never_written(number: int) -> None:
    """A number that passes the eleven-test is replaced in URLs, headers, forms, JSON and HTML."""
    candidates = (f"{number}{last}" for last in range(10))
    bsn = next((value for value in candidates if eleven_test(value)), None)
    if bsn is None:
        return
    done = redact(
        raw(
            url=f"https://a.example/fhir/Patient/{bsn}?identifier=http://fhir.nl/fhir/NamingSystem/bsn|{bsn}",
            request_headers=(("X-Patient", bsn),),
            status=200,
            response_headers=(("Content-Type", "text/html"),),
            response_body=f"<p>{bsn}</p>".encode(),
        ),
        raw(
            person="anna",
            status=200,
            response_headers=(("Content-Type", "application/fhir+json"),),
            response_body=json.dumps(
                {
                    "resourceType": "Patient",
                    "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": bsn}],
                }
            ).encode(),
        ),
    )
    for exchange in done:
        assert bsn not in everything(exchange)
        assert any(fact.kind == "bsn" and fact.eleven_test for fact in exchange.facts)


def test_snomed_codes_in_searches_stay() -> None:
    url = "https://a.example/fhir/Procedure?category=http://snomed.info/sct|387713003,118228005&code=x|1"
    (done,) = redact(raw(url=url, person="anna"))
    assert done.request.url == url


def test_document_of_declared_person_keeps_its_bytes() -> None:
    body = b'{"resourceType":"Patient",\n "name":[{"family":"Voorbeeld"}],"birthDate":"1970-01-02"}'
    (done,) = redact(
        raw(
            person="anna",
            status=200,
            response_headers=(("Content-Type", "application/fhir+json"),),
            response_body=body,
        )
    )
    assert done.response is not None
    assert done.response.body == body
    assert "masked" not in done.notes


@pytest.mark.parametrize("person", ["", None, "stranger"])
def test_document_of_anybody_else_is_masked(person: str | None) -> None:
    body = {
        "resourceType": "Patient",
        "id": "p-17",
        "name": [{"family": "Jansen", "use": "official"}],
        "birthDate": "1980-05-06",
        "text": {"status": "generated", "div": "<div>Jansen</div>"},
        "generalPractitioner": [{"reference": "Practitioner/9", "display": "Dr. Bot"}],
    }
    (done,) = redact(
        raw(
            person=person,
            status=200,
            response_headers=(("Content-Type", "application/fhir+json"),),
            response_body=json.dumps(body).encode(),
        )
    )
    text = everything(done)
    for leaked in ("Jansen", "1980-05-06", "Bot", "p-17"):
        assert leaked not in text
    assert done.response is not None
    masked = json.loads(done.response.body)
    assert masked["resourceType"] == "Patient"
    assert masked["name"][0]["use"] == "official"
    assert done.notes["masked"]


@pytest.mark.parametrize("kind", ["application/fhir+json", "application/fhir+xml"])
def test_foreign_patient_in_a_declared_session_is_masked(kind: str) -> None:
    """A server that answers with somebody else's record: nothing of it may be written."""
    if "json" in kind:
        body = b'{"resourceType":"Patient","name":[{"family":"Jansen"}],"birthDate":"1980-05-06"}'
    else:
        body = (
            b'<Patient xmlns="http://hl7.org/fhir"><name><family value="Jansen"/></name>'
            b'<birthDate value="1980-05-06"/></Patient>'
        )
    (done,) = redact(
        raw(person="anna", status=200, response_headers=(("Content-Type", kind),), response_body=body)
    )
    assert "Jansen" not in everything(done)
    assert "1980-05-06" not in everything(done)
    assert done.notes["masked"] == ["patient that is not declared"]


def test_xml_entities_are_not_followed() -> None:
    body = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Patient xmlns="http://hl7.org/fhir">&x;</Patient>'
    (done,) = redact(
        raw(status=200, response_headers=(("Content-Type", "application/fhir+xml"),), response_body=body)
    )
    assert "root:" not in everything(done)


def test_equal_values_have_equal_tags_and_named_expectation() -> None:
    code = "s3cretCodeValue0001xyz"
    first, second = redact(
        raw(
            interface="redirect",
            status=302,
            response_headers=(("Location", f"https://pgo.example/cb?code={code}&state=abc123def456ghi"),),
            known=(Known("state", "state-sent", "abc123def456ghi"),),
        ),
        raw(
            interface="token",
            method="POST",
            url="https://a.example/token",
            request_headers=(("Content-Type", "application/x-www-form-urlencoded"),),
            request_body=f"grant_type=authorization_code&code={code}".encode(),
        ),
    )
    place = {fact.place: fact for fact in first.facts}
    assert place["response.header.location.state"].equals == "state-sent"
    (again,) = second.facts
    assert again.tag == place["response.header.location.code"].tag
    assert again.place == "request.form.code"
    assert f"code={again.tag}".encode() in second.request.body


def test_facts() -> None:
    assert alphabet("3f0b1c9e-1d7c-4a55-9a8e-0123456789ab") == "uuid"
    assert alphabet("abcXYZ_-09") == "base64url"
    assert entropy_bits("a" * 64) <= 4
    assert entropy_bits("12345678901234567890") < 40
    assert entropy_bits("0000000000000001") < 16
    assert entropy_bits("k3J9x_Qm2VtR8pLz5WcY7a") >= 120
    assert eleven_test("000000000") is False


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(min_size=32, max_size=32))
def test_random_tokens_keep_their_entropy(data: bytes) -> None:
    """256 random bits in base64url are never estimated below the 128 that a token needs."""
    assert entropy_bits(base64.urlsafe_b64encode(data).decode().rstrip("=")) >= 128 or len(set(data)) < 16


TLS = Tls(version="TLSv1.3", cipher="TLS_AES_128_GCM_SHA256", server=Certificate(subject="CN=x"))

"""Doors of the DVZA twin that must stay shut, and spellings that must open the right one."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from doorkit import FORM, PGO, REDIRECT, Visitor

from harness.network.running import RunningNetwork

NAME = "huisarts.wilgenhof"


@pytest.fixture
def visitor(running: RunningNetwork) -> Visitor:
    return Visitor(running)


@pytest.mark.parametrize("value", ["bearer {}", "BEARER   {}", " Bearer {} "])
def test_a_credential_may_be_spelled_otherwise(visitor: Visitor, value: str) -> None:
    token = visitor.token(NAME)["access_token"]
    asked = ("Authorization", value.format(token)), ("Accept", 'Application/FHIR+xml;FHIRVERSION="3.0"')
    answer = visitor.ask(
        visitor.dvza.back, "MTLS.dvza-eik.example:443", "/mm22/his-eik/49/fhir/Patient", "GET", b"", *asked
    )
    assert answer.status == 200
    assert answer.body.startswith(b"<")


@pytest.mark.parametrize("value", ["Bearer\t{}", "Bearer {} x", "Bearer {},{}", "{}"])
def test_what_only_looks_like_one_is_refused(visitor: Visitor, value: str) -> None:
    token = visitor.token(NAME)["access_token"]
    answer = visitor.ask(
        visitor.dvza.back,
        "mtls.dvza-eik.example",
        "/mm22/his-eik/49/fhir/Patient",
        "GET",
        b"",
        ("Authorization", value.format(token, token)),
    )
    assert answer.status == 401


def test_a_form_may_state_its_charset(visitor: Visitor) -> None:
    answer = visitor.exchange(
        ("content-type", f'{FORM[1].upper()} ; Charset="UTF-8"'),
        redirect_uri=REDIRECT,
        client_id=PGO,
        code=visitor.code(NAME),
        grant_type="authorization_code",
    )
    assert answer.status == 200


def test_names_of_providers_have_any_case(visitor: Visitor) -> None:
    assert visitor.token(NAME.title())["access_token"]


# --- what the token of a service is for (the token covers the service; a DVZA serves what is collected) ---------------

OBSERVATION = (
    b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/x"}}'
)
BUNDLE = b'{"resourceType":"Bundle","type":"%s","entry":[{"request":{"method":"%s","url":"%s"}}]}'
FHIR = ("Content-Type", "application/fhir+json")
OF_ANOTHER_SERVICE = [
    ("49", "/DocumentReference"),
    ("49", "/Appointment"),
    ("51", "/AllergyIntolerance"),
    ("51", "/Observation"),
    ("47", "/Composition"),
    ("47", "/DocumentManifest"),
    ("52", "/MedicationRequest"),
    ("52", "/Binary/x"),
    ("47", "/Patient/_search"),
    ("47", "//%50atient"),
    ("49", "/Patient/%2E./DocumentReference"),
    ("49", "/../51/fhir/DocumentReference"),
    ("49", "/Patient?_revinclude=DocumentReference:patient"),
    ("49", "/Patient?_include=Patient:link:Appointment"),
    ("49", "/Patient?_include=*"),
    ("49", "/Patient?_revinclude:iterate=*"),
    ("49", "/Patient/x/DocumentReference"),
    ("49", "/Patient/x/*"),
    ("49", "/Patient/x/$everything"),
    ("49", "/?_type=DocumentReference"),
    ("49", "/Patient?_type=Patient,%20Appointment"),
    ("49", "/_history"),
    ("49", "/"),
    ("49", "/?_lastUpdated=gt2000&_count=5"),
]


@pytest.mark.parametrize("release", ["mm15", "mm21", "mm22"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_collecting_never_writes(running: RunningNetwork, release: str, method: str) -> None:
    visitor = Visitor(running, release)
    for service, kind in (("49", "Observation"), ("51", "DocumentReference"), ("47", "Appointment")):
        token = visitor.token(NAME if release > "mm2" else f"{NAME}~{service}")["access_token"]
        before = visitor.data(service, f"/{kind}", token)
        assert before.status == 200
        place = f"/{kind}" if method == "POST" else f"/{kind}/door-probe"
        answer = visitor.data(service, place, token, method, OBSERVATION, FHIR)
        assert answer.status == 405, answer
        assert dict(answer.headers)["Allow"] == "GET, HEAD"
        assert (
            visitor.data(service, "", token, "POST", BUNDLE % (b"batch", b"GET", b"Patient"), FHIR).status
            == 405
        )
        assert (
            json.loads(visitor.data(service, f"/{kind}", token).body)["total"]
            == json.loads(before.body)["total"]
        )


def test_a_search_may_be_posted(visitor: Visitor) -> None:
    answer = visitor.data(
        "49", "/Observation/_search", visitor.token(NAME)["access_token"], "POST", b"", FORM
    )
    assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/Observation"),
        ("HEAD", "/Observation"),
        ("GET", "/Patient"),
        ("GET", ""),
        ("POST", "/Observation/_search"),
        ("PUT", "/Observation/door-probe"),
        ("DELETE", "/Observation/door-probe"),
    ],
)
def test_sharing_never_reads(visitor: Visitor, method: str, target: str) -> None:
    token = visitor.token(f"{NAME}~53")["access_token"]
    body = OBSERVATION if method == "PUT" else b""
    answer = visitor.data("53", target, token, method, body, FORM if target.endswith("_search") else FHIR)
    assert answer.status in (403, 405), answer
    assert b"Bundle" not in answer.body


@pytest.mark.parametrize(
    "body",
    [
        BUNDLE % (b"batch", b"GET", b"Observation"),
        BUNDLE % (b"transaction", b"DELETE", b"Observation?code=x"),
        b'<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/><entry><request><method value="GET"/>'
        b'<url value="Patient"/></request></entry></Bundle>',
    ],
)
def test_sharing_does_not_read_in_a_bundle_either(visitor: Visitor, body: bytes) -> None:
    token = visitor.token(f"{NAME}~53")["access_token"]
    kind = ("Content-Type", "application/fhir+xml" if body.startswith(b"<") else "application/fhir+json")
    answer = visitor.data("53", "", token, "POST", body, kind)
    assert answer.status in (403, 405), answer


@pytest.mark.parametrize(("service", "target"), OF_ANOTHER_SERVICE)
def test_a_service_gives_no_types_of_another(visitor: Visitor, service: str, target: str) -> None:
    token = visitor.token(NAME)["access_token"]
    posted = target.endswith("_search")
    answer = visitor.data(
        service, target, token, "POST" if posted else "GET", b"", *([FORM] if posted else [])
    )
    assert answer.status == 403, answer
    assert "insufficient_scope" in dict(answer.headers)["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("49", "/Patient?_include=Patient:general-practitioner"),
        ("51", "/DocumentReference"),
        ("47", "/Appointment"),
    ],
)
def test_a_service_gives_its_own_types_and_what_they_refer_to(
    visitor: Visitor, service: str, target: str
) -> None:
    token = visitor.token(NAME)["access_token"]
    assert visitor.data(service, target, token).status == 200
    assert visitor.data(service, "/Practitioner/door-probe", token).status == 404


@pytest.mark.parametrize(
    ("release", "scope", "good"),
    [
        ("mm22", NAME, True),
        ("mm22", f"{NAME}~49", False),
        ("mm21", f"{NAME}~51", False),
        ("mm22", f"{NAME}~53", True),
        ("mm15", f"{NAME}~49 {NAME}~51", True),
        ("mm15", f"{NAME}~53", True),
        ("mm15", NAME, False),
    ],
)
def test_the_form_of_a_scope_is_that_of_its_function(
    running: RunningNetwork, release: str, scope: str, good: bool
) -> None:
    answer = Visitor(running, release).authorize(scope)
    assert answer.status == (200 if good else 302)
    assert good or "error=invalid_scope" in dict(answer.headers)["Location"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"scope": "nergens.zo"}, "scope"),
        ({"response_type": "token"}, "response_type"),
        ({"MedMij-Request-ID": "geen"}, "MedMij-Request-ID"),
    ],
)
def test_an_error_redirect_says_why_only_where_one_tests(running, changed, says):
    visitor = Visitor(running)
    for explains in (False, True):
        visitor.dvza.explains = explains
        try:
            query = {"scope": "huisarts.wilgenhof", **changed}
            answer = visitor.authorize(query.pop("scope"), **query)
        finally:
            visitor.dvza.explains = False
        told = parse_qs(urlsplit(dict(answer.headers)["Location"]).query).get("error_description", [""])[0]
        assert (says in told) is explains, told
        assert all(" " <= char <= "~" and char not in '"\\' for char in told)

"""Doors of the DVZA twin that must stay shut, and spellings that must open the right one."""

from __future__ import annotations

import pytest
from doors import FORM, PGO, REDIRECT, Visitor

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

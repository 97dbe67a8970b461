"""Values in the places where they stood when somebody measured, one line each: what goes, what stays, what is known.

Declared is Hanna Wilgenkamp; her record holds an allergy, a note, a doctor. All persons and numbers are invented.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
import zlib
from typing import Any

import pytest
from rawkit import pdf, raw

from harness.core.run.exchanges import UNHELD, UNREADABLE, Certificate, Exchange, Fact, Tls
from harness.fhir.codec.documents import parse, to_xml
from harness.fhir.model.types import load_model
from harness.network.person.looking import coded_elements
from harness.network.person.words import protocol_words
from harness.pdfa.text import texts_of
from harness.record import DeclaredPerson, Known, Looking, Persons, Redactor
from harness.record.redact.holding.held import held_by
from harness.record.redact.people.care import NOT_REWRITABLE

MODEL = load_model("3.0.2")
HANNA = DeclaredPerson(
    id="hanna", bsn="999990019", birth_date="1964-05-17", family=("wilgenkamp",), patients=("hanna-1",)
)
NUMBER = "111222333"
"""Passes the eleven-test and is nobody's."""
ALLERGY = "419511003"
BSN_SYSTEM = "http://fhir.nl/fhir/NamingSystem/bsn"
UZI = "http://fhir.nl/fhir/NamingSystem/uzi-nr-pers"
SNOMED = "http://snomed.info/sct"
NOTE = "Allergie sinds de jeugd, zie brief."
RECORD: list[dict[str, Any]] = [
    {
        "resourceType": "Patient",
        "id": "hanna-1",
        "name": [{"family": "Wilgenkamp", "given": ["Hanna"]}],
        "birthDate": "1964-05-17",
        "address": [{"line": ["Verzinselpad 7"], "city": "Verzonnendam", "postalCode": "0000 AA"}],
        "telecom": [{"system": "phone", "value": "020-1234567"}],
    },
    {
        "resourceType": "AllergyIntolerance",
        "id": "allergie-1",
        "code": {"coding": [{"system": SNOMED, "code": ALLERGY}]},
        "note": [{"text": NOTE}],
        "recorder": {"reference": "Practitioner/p-1", "display": "Gerda Duinker"},
    },
    {
        "resourceType": "Practitioner",
        "id": "p-1",
        "name": [{"family": "Duinker", "given": ["Gerda"]}],
        "identifier": [{"system": UZI, "value": "000099011"}],
    },
]
LOOKING = Looking(
    texts_of, kept=frozenset({ALLERGY}), held=held_by(RECORD, coded_elements(), ("hanna",), protocol_words())
)


def recorded(person: str | None = "hanna", **changes: Any) -> Exchange:
    redactor = Redactor(b"k" * 32, Persons([HANNA]), looking=LOOKING)
    return redactor.exchange(raw(**{"status": 200, "person": person, **changes}), "x.1")


def body_of(done: Exchange) -> str:
    assert done.response is not None
    return done.response.body.decode()


def numbers(done: Exchange) -> list[Fact]:
    return [fact for fact in done.facts if fact.kind == "bsn"]


def answer(resource: dict[str, Any], kind: str = "fhir+json", **more: Any) -> Exchange:
    headers = (("Content-Type", f"application/{kind}"),)
    return recorded(response_body=json.dumps(resource).encode(), response_headers=headers, **more)


PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "hanna-1",
    "name": [{"family": "Wilgenkamp", "given": ["Hanna"]}],
    "birthDate": "1964-05-17",
}


def basic(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": "o-1", "status": "final", **elements}


# -- numbers in a text: the record has the text but for the number, so that only the number decides ------------


def said(text: str, person: str | None = None) -> Exchange:
    """A header of the answer that says something: where nothing but secrets, numbers and persons goes."""
    return recorded(person, response_headers=(("X-Said", text),))


def header(done: Exchange, name: str = "X-Said") -> str:
    assert done.response is not None
    return dict(done.response.headers)[name]


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (NUMBER, "", ""),
        ("111.222.333", "", ""),
        ("1112.22.333", "", ""),
        ("111-222-333", "", ""),
        ("111 222 333", "", ""),
        ("111/222/333", "", ""),
        ("111&nbsp;222&nbsp;333", "", ""),
        ("1 1 1 2 2 2 3 3 3", "", ""),
        ("bsn%7C111222333", "bsn%7C", ""),
        ("%31%31%31%32%32%32%33%33%33", "", ""),
        ("%2531%2531%2531%2532%2532%2532%2533%2533%2533", "", ""),
        ("%20111222333", "%20", ""),
        ("&#49;&#49;&#x31;222333", "", ""),
        ("\uff11\uff11\uff11\uff12\uff12\uff12\uff13\uff13\uff13", "", ""),
        ("\u0661\u0661\u0661\u0662\u0662\u0662\u0663\u0663\u0663", "", ""),
        ("111\u200b222\u00ad333", "", ""),
        ("313131323232333333", "", ""),
        ("2.16.840.1.113883.2.4.6.3.111222333", "2.16.840.1.113883.2.4.6.3.", ""),
        ("pat_111222333_x", "pat_", "_x"),
        ("BSN111222333NL", "BSN", "NL"),
        ("bsn: 12345672", "bsn: ", ""),
        ("201234567", "", ""),
        ("NL123456782B01", "NL", "B01"),
    ],
)
def test_a_number_goes_and_what_stands_around_it_stays(text: str, before: str, after: str) -> None:
    (fact,) = numbers(done := said(text))
    shown = header(done)
    assert shown == f"{before}{fact.tag}{after}"


@pytest.mark.parametrize(
    "text",
    [
        "123456789",
        "111 222-333",
        "2.16.840.1.113883.2.4.3.11.60.40.4.15.1",
        "b373ae26-3452-4c19-8865-806aa503b9d0",
        "aa111222333bb0123456789abcdef0123456789abcdef0123456789abcdef0123",
        "20240101111222333",
        "12345672",
        "12345.6782",
        "10:15:30.123456782Z",
        "1732724672",
        "+31 20 123 4567",
    ],
)
def test_what_only_looks_like_a_number_stays(text: str) -> None:
    done = said(text)
    assert header(done) == text and done.facts == ()


@pytest.mark.parametrize(
    "text",
    [
        "MTIzNDU2Nzgy",
        "SmFuIDExMTIyMjMzMw==",
        "YVdROU1URXhNakl5TXpNeg==",
        "MQAxADEAMgAyADIAMwAzADMA",
        "00000000-0000-0000-0000-000111222333",
        base64.b64encode(gzip.compress(b"van 111222333", mtime=0)).decode(),
    ],
)
def test_a_coded_number_goes_with_its_word(text: str) -> None:
    done = said(text)
    assert text not in header(done) and numbers(done)


def test_a_number_that_is_known_goes_out_of_more_digits() -> None:
    redactor = Redactor(b"k" * 32, Persons([HANNA]), looking=LOOKING)
    known = {"resourceType": "Patient", "identifier": [{"system": BSN_SYSTEM, "value": NUMBER}]}
    json_type = (("Content-Type", "application/fhir+json"),)
    for body, headers in ((json.dumps(known).encode(), json_type), (b"", (("X-Said", "20240101111222333"),))):
        done = redactor.exchange(
            raw(status=200, person="", response_body=body, response_headers=headers), "x"
        )
    assert NUMBER not in header(done) and numbers(done)[0].standing == "proven"


@pytest.mark.parametrize(
    ("elements", "goes"),
    [
        ({"identifier": [{"system": BSN_SYSTEM, "value": "123456789"}]}, "123456789"),
        ({"identifier": [{"system": BSN_SYSTEM, "value": ALLERGY}]}, ALLERGY),
        ({"identifier": [{"system": BSN_SYSTEM, "value": "999990019"}]}, ""),
        ({"code": {"coding": [{"system": SNOMED, "code": ALLERGY}]}}, ""),
        ({"valueQuantity": {"value": 12345.6782}}, ""),
        ({"identifier": [{"system": UZI, "value": "000099011"}]}, ""),
        ({"identifier": [{"system": UZI, "value": "000099022"}]}, "000099022"),
        ({"identifier": [{"system": "urn:oid:2.16.528.1.1007.3.2", "value": "123456782"}]}, "123456782"),
        ({"note": [{"text": f"({ALLERGY} - SNOMED CT)"}]}, "SNOMED CT"),
    ],
)
def test_a_number_by_where_it_stands(elements: dict[str, Any], goes: str) -> None:
    said = body_of(answer(basic(**elements)))
    assert goes not in said if goes else json.loads(said) == basic(**elements)


def test_a_number_where_a_number_has_to_be_leaves_a_number() -> None:
    redactor = Redactor(b"k" * 32, Persons([HANNA, DeclaredPerson(id="bert", bsn=NUMBER)]), looking=LOOKING)
    body = b'{"resourceType":"Bundle","type":"searchset","total":111222333}'
    headers = (("Content-Type", "application/fhir+json"),)
    done = redactor.exchange(
        raw(status=200, person="hanna", response_body=body, response_headers=headers), "x"
    )
    assert str(json.loads(body_of(done))["total"]).startswith("888")


# -- words of a person ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize(
    ("elements", "stays"),
    [
        ({"name": [{"family": "wilgenkamp "}]}, True),
        ({"contact": [{"name": {"family": "Plantnaam"}}]}, False),
        ({"contact": [{"name": {"text": "Hanna Plantnaam"}}]}, False),
        ({"contact": [{"name": {"text": "mw. H. Wilgenkamp"}}]}, True),
        ({"address": [{"city": "Wilgenkamp"}]}, False),
        ({"address": [{"city": "verzonnendam"}]}, True),
        ({"telecom": [{"system": "phone", "value": "020-1234567"}]}, True),
        ({"telecom": [{"system": "phone", "value": "+31 20 123 4567"}]}, True),
        ({"telecom": [{"system": "phone", "value": "+31 6 12345678"}]}, False),
        ({"telecom": [{"system": "email", "value": "plant@plantnaam.nl"}]}, False),
        ({"birthDate": "1964-05"}, True),
        ({"generalPractitioner": [{"reference": "Practitioner/p-1", "display": "G. Duinker"}]}, True),
        ({"generalPractitioner": [{"reference": "Practitioner/p-9", "display": "P. Plantnaam"}]}, False),
        ({"extension": [{"url": "https://his.example/x", "valueString": "Plantnaam"}]}, False),
        ({"contained": [{"resourceType": "RelatedPerson", "birthDate": "1931-07-08"}]}, False),
        ({"contained": [{"resourceType": "RelatedPerson", "birthDate": "1964-05-17"}]}, True),
        ({"contained": [{"resourceType": "Observation", "comment": NOTE.replace(" ", "  ")}]}, True),
        ({"contained": [{"resourceType": "Observation", "comment": f"{NOTE} Een zin meer."}]}, False),
        ({"contained": [{"resourceType": "Observation", "effectiveDateTime": "2019-01-02"}]}, True),
        ({"contained": [{"resourceType": "Observation", "code": {"text": "Plantnaam"}}]}, False),
        ({"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Plantnaam</div>'}}, False),
    ],
)  # fmt: skip
def test_a_declared_person_keeps_what_the_record_holds(
    elements: dict[str, Any], stays: bool, kind: str
) -> None:
    resource = PATIENT | elements
    body = json.dumps(resource).encode() if kind == "json" else to_xml(resource, MODEL)
    headers = (("Content-Type", f"application/fhir+{kind}"),)
    done = recorded(response_body=body, response_headers=headers)
    assert done.response is not None and (done.response.body == body) is stays
    assert done.identities[0].belongs == "declared" and "masked" not in done.notes
    assert all(fact.equals == UNHELD for fact in done.facts) and bool(done.facts) is not stays
    again = parse(done.response.body, model=MODEL)
    assert not again.issues and shape(again.resource) == shape(resource)


def shape(value: Any) -> Any:
    """A resource without its texts."""
    if isinstance(value, dict):
        return {name: shape(child) for name, child in value.items()}
    return [shape(child) for child in value] if isinstance(value, list) else type(value)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Patient not found in database", r"Patient not found in database"),
        ("Geen patient Plantnaam gevonden", r"Geen patient mask-person-\w+ gevonden"),
        ("patient 06 12 34 56 78 not found", r"mask-person-\w+"),
        ("Plantnaam Verzonnen", r"mask-person-\w+"),
        ("error 403 at Fhir.Get()", r"error 403 at Fhir\.Get\(\)"),
    ],
)
def test_an_error_keeps_the_words_of_errors(said: str, shown: str) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": said}]}
    assert re.fullmatch(shown, json.loads(body_of(answer(outcome)))["issue"][0]["diagnostics"])


def test_equal_words_have_equal_tags_in_both_formats() -> None:
    resource = PATIENT | {"contact": [{"name": {"family": "Plantnaam"}}, {"name": {"family": "Plantnaam "}}]}
    tags = set()
    redactor = Redactor(b"k" * 32, Persons([HANNA]), looking=LOOKING)
    for kind, body in (("json", json.dumps(resource).encode()), ("xml", to_xml(resource, MODEL))):
        headers = (("Content-Type", f"application/fhir+{kind}"),)
        done = redactor.exchange(
            raw(status=200, person="hanna", response_body=body, response_headers=headers), "x"
        )
        tags |= {fact.tag for fact in done.facts}
    assert len(tags) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1931-07-08", r"0[1-5]\d\d-\d\d-\d\d"),
        ("1931-07", r"0[1-5]\d\d-\d\d"),
        ("1931-7-8", r"mask-person-\w+"),
    ],
)
def test_a_date_leaves_a_date(value: str, shown: str) -> None:
    related = {"resourceType": "RelatedPerson", "birthDate": value}
    said = json.loads(body_of(answer(PATIENT | {"contained": [related]})))
    assert re.fullmatch(shown, said["contained"][0]["birthDate"])


@pytest.mark.parametrize(
    ("code", "shown"),
    [("1234AB", r"0000[A-Z]{2}"), ("1234 AB", r"0000 [A-Z]{2}"), ("12345", r"mask-person-\w+")],
)
def test_a_postal_code_leaves_one_that_is_as_right_as_it_was(code: str, shown: str) -> None:
    said = json.loads(body_of(answer(PATIENT | {"address": [{"postalCode": code}]})))
    assert re.fullmatch(shown, said["address"][0]["postalCode"])


def test_what_came_in_the_wrong_character_set_still_shows_it() -> None:
    said = json.loads(body_of(answer(PATIENT | {"contact": [{"name": {"family": "Pl\u00c3\u00abnt"}}]})))
    assert re.fullmatch(r"mask-person-\w+\u00c3\u00ab", said["contact"][0]["name"]["family"])


def test_of_a_name_the_words_that_are_known_stay() -> None:
    said = json.loads(
        body_of(answer(PATIENT | {"contact": [{"name": {"text": "mw. H. Plantnaam-Wilgenkamp"}}]}))
    )
    assert re.fullmatch(r"mw\. H\. mask-person-\w+-Wilgenkamp", said["contact"][0]["name"]["text"])


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType":"Patient","id":"hanna-1","birthDate":"1964-05-17","comment":"van Plantnaam","comment":"x"}',
        b'<Patient xmlns="http://hl7.org/fhir">van Plantnaam<id value="hanna-1"/><birthDate value="1964-05-17"/></Patient>',
        b'<Patient xmlns="http://hl7.org/fhir"><id value="hanna-1"/>van Plantnaam<birthDate value="1964-05-17"/></Patient>',
        b'<Patient xmlns="http://hl7.org/fhir"><id value="hanna-1"/><naam xmlns="urn:x">Plantnaam</naam></Patient>',
    ],
)
def test_what_is_not_written_as_it_is_read_is_masked_as_a_whole(body: bytes) -> None:
    done = recorded(response_body=body, response_headers=(("Content-Type", "application/fhir+x"),))
    assert "Plantnaam" not in body_of(done) and done.notes["masked"] == [NOT_REWRITABLE]


# -- who is nobody's -----------------------------------------------------------------------------------------


def test_an_id_of_a_stranger_is_one_tag_wherever_it_stands() -> None:
    stranger = {"resourceType": "Patient", "id": "abc-77", "name": [{"family": "Plantnaam"}]}
    done = answer(stranger, url="https://his.example/fhir%2FPatient%2Fabc-77", person="hanna")
    tag = json.loads(body_of(done))["id"]
    assert done.request.url.endswith(f"%2FPatient%2F{tag}") and tag.startswith("mask-person-")


def test_a_tag_that_is_received_says_nothing_that_a_tag_says() -> None:
    assert answer(PATIENT | {"contact": [{"name": {"family": "mask-person-bcdfghjklmnp"}}]}).facts == ()


@pytest.mark.parametrize("key", [NUMBER, "Plantnaam", "van Plantnaam"])
@pytest.mark.parametrize("person", ["hanna", ""])
def test_a_name_of_a_member_that_fhir_cannot_have_goes(key: str, person: str) -> None:
    assert key not in body_of(answer(basic() | {key: {"a": 1}}, person=person))


@pytest.mark.parametrize("person", ["hanna", ""])
@pytest.mark.parametrize("aside", ["<!-- van Plantnaam -->", "<?his Plantnaam?>"])
def test_what_stands_beside_the_elements_goes(aside: str, person: str) -> None:
    body = f'<Basic xmlns="http://hl7.org/fhir">{aside}<id value="b-1"/></Basic>'.encode()
    headers = (("Content-Type", "application/fhir+xml"),)
    assert "Plantnaam" not in body_of(recorded(person, response_body=body, response_headers=headers))


@pytest.mark.parametrize("label", ["application/fhir+json", "text/plain", ""])
@pytest.mark.parametrize("cut", [0, 20])
def test_a_body_is_masked_by_what_it_is(label: str, cut: int) -> None:
    whole = json.dumps(
        {"resourceType": "Patient", "name": [{"family": "Plantnaam"}], "birthDate": "1931-07-08"}
    )
    headers = (("Content-Type", label),) if label else ()
    done = recorded(response_body=whole[: len(whole) - cut].encode(), response_headers=headers)
    assert "Plantnaam" not in body_of(done) and "1931" not in body_of(done)
    assert '"resourceType":"Patient"' in body_of(done).replace(" ", "")


def zipped(name: str, data: bytes = b"x") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, data)
    return made.getvalue()


@pytest.mark.parametrize("person", ["hanna", ""])
@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(json.dumps(PATIENT | {"id": "x", "name": [{"family": "Plantnaam"}]}).encode(), mtime=0),
        zlib.compress(b"van Plantnaam"),
        zipped("Plantnaam.pdf"),
        zipped("a.txt", b"van Plantnaam"),
        "van Plantnaam".encode("utf-16"),
        '<Basic xmlns="http://hl7.org/fhir"><comment value="Plantnaam"/></Basic>'.encode("utf-16"),
        b"x1Plantnaam is a text",
        pdf("BSN 111222333"),
        pdf("Brief", info="BSN 111222333"),
    ],
)
def test_what_stands_in_a_container_is_not_kept(body: bytes, person: str) -> None:
    done = recorded(person, interface="document", response_body=body)
    assert done.response is not None and done.response.body != body
    assert len(done.response.body) < 200 and b"Plant" not in done.response.body


@pytest.mark.parametrize("where", ["text", "title"])
def test_a_number_in_a_pdf_is_known_wherever_it_is(where: str) -> None:
    body = pdf("BSN 111222333") if where == "text" else pdf("Brief", info="BSN 111222333")
    assert [fact.standing for fact in numbers(recorded(interface="document", response_body=body))] == [
        "proven"
    ]


def test_a_bomb_is_one_tag() -> None:
    bomb = gzip.compress(bytes(200_000_000), 1)
    done = recorded(interface="document", response_body=bomb)
    assert len(body_of(done)) < 200


# -- beside the bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Set-Cookie", "sid=x; Path=/p/111222333", r"sid=mask-cookie-\w+; Path=/p/mask-bsn-\w+"),
        ("WWW-Authenticate", 'Bearer error="invalid_token"', r'Bearer error="invalid_token"'),
        ("X-Said", "theme dark", "theme dark"),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    headers = (("Set-Cookie", "theme=dark"), (name, value))
    done = recorded(response_headers=headers)
    assert done.response is not None
    assert re.fullmatch(shown, done.response.headers[1][1])
    assert re.fullmatch(r"theme=mask-cookie-\w+", done.response.headers[0][1])


def test_an_error_and_a_name_of_a_certificate_are_texts() -> None:
    server = Certificate(subject="CN=111222333,O=Praktijk", dns_names=("111222333.his.example",))
    done = recorded(error=f"no patient {NUMBER}", tls=Tls(version="TLSv1.3", server=server))
    assert NUMBER not in f"{done.error}{done.tls}" and "O=Praktijk" in f"{done.tls}"


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("CN=his.example,O=Praktijk Eik,C=NL", r"CN=his\.example,O=Praktijk Eik,C=NL"),
        ("CN=Praktijk Eik,O=Praktijk Eik", r"CN=Praktijk Eik,O=Praktijk Eik"),
        ("CN=P. Plantnaam,O=Praktijk Eik", r"CN=mask-person-\w+,O=Praktijk Eik"),
        (
            "GN=Piet,SN=Plantnaam,CN=*.his.example",
            r"GN=mask-person-\w+,SN=mask-person-\w+,CN=\*\.his\.example",
        ),
        ("1.2.840.113549.1.9.1=p@plantnaam.nl,O=x", r"1\.2\.840\.113549\.1\.9\.1=mask-person-\w+,O=x"),
    ],
)
def test_a_certificate_says_whose_it_is_and_not_who(subject: str, shown: str) -> None:
    done = recorded(None, tls=Tls(client=Certificate(subject=subject, issuer="CN=CA van p@plantnaam.nl")))
    assert done.tls is not None and done.tls.client is not None
    assert re.fullmatch(shown, done.tls.client.subject)
    assert re.fullmatch(r"CN=CA van mask-person-\w+", done.tls.client.issuer)


def test_a_token_that_holds_a_number_is_one_tag() -> None:
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMTEyMjIzMzMifQ.c2lnbmF0dXJl"
    done = recorded(None, response_headers=(("X-Said", token),))
    assert header(done) == done.facts[0].tag and done.facts[0].kind == "token"


STATE = "q7Zk1vXw9TbRn4Lm2HsYc8JdPq3Xv5Kw0Ab6Cd1Ef2G"


def test_a_minted_secret_has_one_tag_in_every_dress() -> None:
    coded = "".join(f"%{ord(char):02X}" for char in STATE)
    done = recorded(
        interface="login",
        known=(Known("state", "state-sent", STATE),),
        request_headers=(("Referer", f"https://dvza.example/a?x={coded}"),),
        response_body=f"<html><a href='/b?x={STATE}'>verder</a></html>".encode(),
        response_headers=(("Content-Type", "text/html"),),
    )
    tags = {fact.tag for fact in done.facts}
    said = f"{done.request.headers}{body_of(done)}"
    assert len(tags) == 1 and said.count(tags.pop()) == 2


@pytest.mark.parametrize(
    ("changes", "goes", "elsewhere"),
    [
        ({"interface": "token", "response_body": b"<a clientSecret='geheim!'/>"}, "geheim!", True),
        ({"interface": "login", "response_body": b"<script>client_secret = 'geheim!'</script>"}, "geheim!", True),
        ({"interface": "login", "response_body": b"<a><otp>123456</otp></a>"}, "123456", True),
        ({"interface": "token", "request_body": b"code=8480-6", "request_headers": (("Content-Type", "application/x-www-form-urlencoded"),)}, "8480-6", True),
        ({"interface": "login", "request_body": b"wachtwoord=Observation", "request_headers": (("Content-Type", "application/x-www-form-urlencoded"),)}, "Observation", True),
        ({"request_headers": (("Authorization", "Basic aGFubmE6Z2VoZWlt"),)}, "aGFubmE6Z2VoZWlt", False),
        ({"url": "https://his.example/fhir/Observation?code=8480-6"}, "", True),
        ({"url": "https://his.example/fhir/Task?state=final"}, "", True),
        ({"interface": "authorization", "url": "https://dvza.example/a?client_id=pgo.example"}, "", True),
    ],
)  # fmt: skip
def test_a_secret_goes_where_it_stands(changes: dict[str, Any], goes: str, elsewhere: bool) -> None:
    """``elsewhere``: as an ordinary word it is no secret in another place."""
    done = recorded(None, **changes, error=f"said {goes or 'nothing'}" if elsewhere else "")
    said = f"{done.request.url}{done.request.headers}{done.request.body!r}{body_of(done)}"
    assert not goes or goes not in said
    assert goes or (not done.facts and done.request.url == changes["url"])
    assert not elsewhere or done.error == f"said {goes or 'nothing'}"


def test_what_was_recorded_is_recorded_as_it_is() -> None:
    stranger = {"resourceType": "Patient", "id": "abc-77", "name": [{"family": "Plantnaam"}]}
    first = answer(stranger, url=f"https://his.example/fhir/Patient?bsn={NUMBER}&code=abc", person="")
    assert first.response is not None
    again = recorded(
        "", url=first.request.url, response_body=first.response.body, response_headers=first.response.headers
    )
    assert again.response is not None
    assert (again.request.url, again.response.body) == (first.request.url, first.response.body)


# -- what an outsider found --------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["gender", "use", "status", "type", "unit", "system", "mode", "code"])
def test_a_sentence_where_a_code_belongs_is_no_code(key):
    """In the document of a stranger, in one that is no FHIR, and in one that cannot be read."""
    line = "Jan Plantnaam geb. 1948-08-13, Plantstraat 3, 8603KJ tel 0612345678"
    stranger = {"resourceType": "Patient", "id": "x", "name": [{"family": "Beukenhof"}], key: line}
    problem = {"title": "x", key: line}
    cut = json.dumps({"resourceType": "Patient", key: line}).encode()[:-1]
    for done in (
        answer(stranger, person=""),
        answer(problem, "problem+json", person=""),
        recorded("", response_body=cut, response_headers=(("Content-Type", "application/fhir+json"),)),
    ):
        assert "Plant" not in str(done) and "8603KJ" not in str(done)


@pytest.mark.parametrize("system", [{}, {"system": "http://lokaal.example/patientnr"}])
def test_a_number_in_a_code_system_of_ones_own_is_no_code(system):
    done = answer(basic(code={"coding": [{**system, "code": NUMBER}]}))
    assert NUMBER not in body_of(done)
    assert '"status": "final"' in body_of(done)


def test_a_document_type_holds_anything_and_is_not_kept():
    body = (
        b'<?xml version="1.0"?><!DOCTYPE Patient [<!ENTITY n "Jan Plantnaam geb. 1948-08-13">]>'
        b'<Patient xmlns="http://hl7.org/fhir"><id value="hanna-1"/><birthDate value="1964-05-17"/></Patient>'
    )
    for person in ("hanna", ""):
        done = recorded(
            person, response_body=body, response_headers=(("Content-Type", "application/fhir+xml"),)
        )
        assert "Plantnaam" not in str(done)
        assert UNREADABLE in str(done.facts)

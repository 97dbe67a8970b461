"""What the recorder once let through, by kind: secrets by their place, persons by what is unknown of them."""

from __future__ import annotations

import base64
import copy
import json
from datetime import date
from typing import Any

import pytest
from rawkit import pdf, raw

from harness.core.run.exchanges import Exchange
from harness.fhir.model.types import load_model
from harness.network.person.looking import numbers_in
from harness.record import DeclaredPerson, Known, Looking, Persons, Redactor
from harness.record.redact.holding.held import held_by
from harness.record.redact.people.care import NOT_FHIR, SECRET_INSIDE
from harness.record.redact.people.identity import FOREIGN_NUMBER, NOT_COMPARABLE
from harness.reference.record.load import own_records

ANNA = DeclaredPerson(
    id="anna", bsn="999990019", birth_date="1964-05-17", family=("wilgenkamp",), patients=("a-1",)
)
SECRET = "q7Zk1vXw9TbRn4Lm2HsYc8Jd"
FHIR_JSON = (("Content-Type", "application/fhir+json"),)
FHIR_XML = (("Content-Type", "application/fhir+xml"),)
HTML = (("Content-Type", "text/html"),)
XML = (("Content-Type", "application/xml"),)
PDF = (("Content-Type", "application/pdf"),)
HELD = held_by([], frozenset(), documents=[b"%PDF-1.7 x"])
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def recorded(*messages: dict[str, Any]) -> Exchange:
    redactor = Redactor(b"k" * 32, Persons([ANNA]))
    done = None
    for message in messages:
        done = redactor.exchange(raw(**{"status": 200, "person": "anna", **message}), "x.1")
    assert done is not None
    return done


def body_of(done: Exchange) -> str:
    assert done.response is not None
    return done.response.body.decode()


def answer(resource: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"response_body": json.dumps(resource).encode(), "response_headers": FHIR_JSON, **more}


# -- secrets by their place ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        f"<html><script>var s = {{access_token: '{SECRET}', x: 1}};</script></html>",
        f'<html><script>const csrfToken = "{SECRET}";</script></html>',
        f'<html><head><meta name="csrf-token" content="{SECRET}"></head></html>',
        f'<html><form><input type="hidden" name="_csrf" value="{SECRET}"></form></html>',
        f"<html><input type=password name=x value={SECRET}></html>",
        f'<html><div data-session-id="{SECRET}"></div></html>',
    ],
)
def test_a_secret_in_a_page_goes_and_nothing_else(body: str) -> None:
    done = recorded({"interface": "login", "response_body": body.encode(), "response_headers": HTML})
    before, _, after = body.partition(SECRET)
    assert body_of(done).startswith(before) and body_of(done).endswith(after)
    assert SECRET not in body_of(done) and len(done.facts) == 1


@pytest.mark.parametrize(("name", "kind"), [("token", "key"), ("code", "key"), ("access_token", "token")])
def test_what_a_script_calls_a_token_is_one_of_the_framework_only_by_its_full_name(
    name: str, kind: str
) -> None:
    page = {
        "interface": "login",
        "response_body": f"<script>{name}: '{SECRET}'</script>",
        "response_headers": HTML,
    }
    page["response_body"] = str(page["response_body"]).encode()
    (fact,) = recorded(page).facts
    assert fact.kind == kind


def test_a_token_in_json_is_what_json_says() -> None:
    body = b'{"access_token":"q7Zk1vXw9TbRn4Lm\\/HsYc8Jd"}'
    known = (Known("token", "token-issued", "q7Zk1vXw9TbRn4Lm/HsYc8Jd"),)
    done = recorded({"interface": "token", "response_body": body, "known": known})
    assert [(fact.place, fact.equals) for fact in done.facts] == [
        ("response.body.access_token", "token-issued")
    ]


def test_where_a_browser_goes_next_is_no_secret() -> None:
    headers = (("Refresh", "0; url=https://a.example/q7Zk1vXw9TbRn4Lm2HsYc8Jd"),)
    done = recorded({"response_headers": headers})
    assert done.response is not None and done.response.headers == headers


@pytest.mark.parametrize(
    "body", [f"<a><access_token>{SECRET}</access_token></a>", f'<a clientSecret="{SECRET}"/>']
)
def test_a_secret_in_xml_goes(body: str) -> None:
    done = recorded({"interface": "token", "response_body": body.encode(), "response_headers": XML})
    assert (SECRET not in body_of(done) and body_of(done)[:3] == "<a>") or body_of(done)[:3] == "<a "


@pytest.mark.parametrize(
    "pair", ["otp=481516", "pincode=2342", "clientSecret=geheim!", "wachtwoord=Zomer2026"]
)
def test_what_is_typed_goes_where_it_stands_and_is_not_hunted(pair: str) -> None:
    _, _, value = pair.partition("=")
    form = {"interface": "login", "request_body": f"stap=2&{pair}".encode(), "request_headers": FORM}
    done = recorded(form | {"response_headers": (("X-Trace", f"stap {value}"),)})
    assert value not in done.request.body.decode() and done.request.body.decode().startswith("stap=2&")
    assert done.response is not None and done.response.headers == (("X-Trace", f"stap {value}"),)


@pytest.mark.parametrize("name", ["Ocp-Apim-Subscription-Key", "X-Auth-Token", "X-Forwarded-Client-Cert"])
def test_a_header_of_a_vendor_that_carries_a_secret_goes(name: str) -> None:
    done = recorded({"request_headers": ((name, SECRET), ("X-Version", "12"))})
    assert SECRET not in dict(done.request.headers)[name] and dict(done.request.headers)["X-Version"] == "12"


@pytest.mark.parametrize(
    "coded",
    [
        base64.b64encode(f"state {SECRET}".encode()).decode(),
        "".join(f"%{ord(char):02X}" for char in SECRET),
        "".join(f"&#{ord(char)};" for char in SECRET),
        base64.b64encode(base64.b64encode(f"van {SECRET} is".encode())).decode(),
    ],
)
def test_a_minted_secret_is_found_however_it_is_coded(coded: str) -> None:
    minted = (Known("state", "state-sent", SECRET),)
    observation = {"resourceType": "Observation", "id": "o-1", "comment": f"zie {coded} hier"}
    done = recorded(answer(observation, known=minted, error=f"protocol: {coded}"))
    assert coded not in body_of(done) and coded not in done.error
    read = json.loads(body_of(done))
    assert read["comment"].startswith("zie ") and read["comment"].endswith(" hier")
    assert [fact.equals for fact in done.facts] == ["state-sent", "state-sent"]


# -- persons by what is unknown ------------------------------------------------------------------

NAMELESS = {"resourceType": "Patient", "id": "q-77", "address": [{"line": ["Plantstraat 12"]}]}


def test_a_patient_of_whom_nothing_can_be_compared_is_masked() -> None:
    done = recorded(answer(NAMELESS))
    assert "Plantstraat" not in body_of(done) and done.notes["masked"] == [NOT_COMPARABLE]


@pytest.mark.parametrize(
    "patient",
    [
        NAMELESS | {"id": "a-1"},
        NAMELESS | {"name": [{"text": "Hanna Wilgenkamp"}]},
        NAMELESS | {"birthDate": "1964-05-17"},
        {"resourceType": "Patient", "id": "q-77", "active": True},
    ],
)
def test_a_patient_who_is_the_declared_person_or_says_nothing_stays(patient: dict[str, Any]) -> None:
    done = recorded(answer(patient))
    assert json.loads(body_of(done)) == patient and "masked" not in done.notes


def test_a_patient_who_was_recognised_before_stays() -> None:
    full = NAMELESS | {"birthDate": "1964-05-17", "name": [{"family": "Wilgenkamp"}]}
    assert "masked" not in recorded(answer(full), answer(NAMELESS)).notes


def test_a_name_written_as_a_whole_is_compared() -> None:
    done = recorded(answer({"resourceType": "Patient", "id": "q-77", "name": [{"text": "Jan Plantnaam"}]}))
    assert "Plantnaam" not in body_of(done) and done.identities[0].differs == ("name.family",)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b'{"patient":{"naam":"Plantnaam"}}', "json"), (b"<antwoord><naam>Plantnaam</naam></antwoord>", "xml")],
)
def test_what_is_no_fhir_is_not_kept(body: bytes, kind: str) -> None:
    done = recorded({"response_body": body, "response_headers": (("Content-Type", f"application/{kind}"),)})
    assert "Plantnaam" not in body_of(done) and done.notes["masked"] == [NOT_FHIR]


def test_an_error_of_oauth_says_which_also_where_fhir_is_asked() -> None:
    body = b'{"error":"invalid_token","error_description":"van Plantnaam"}'
    done = recorded({"response_body": body, "response_headers": (("Content-Type", "application/json"),)})
    assert '"error":"invalid_token"' in body_of(done) and "Plantnaam" not in body_of(done)


def test_names_of_members_that_fhir_cannot_have_go_and_stand_in_no_place() -> None:
    done = recorded(
        answer({"resourceType": "Basic", "Plant 111222333": {"valueBase64Binary": "x"}}, person="")
    )
    said = body_of(done) + " ".join(fact.place for fact in done.facts)
    assert "Plant" not in said and "111222333" not in said and "valueBase64Binary" in said


@pytest.mark.parametrize(
    "aside", ["<!-- van Plantnaam -->", "<?his Plantnaam ?>", "<!-- <?his Plantnaam ?> -->"]
)
def test_comments_and_instructions_go_and_the_rest_keeps_its_bytes(aside: str) -> None:
    start, end = '<?xml version="1.0"?><Basic xmlns="http://hl7.org/fhir">', '<id value="b"/></Basic>'
    done = recorded({"response_body": f"{start}{aside}{end}".encode(), "response_headers": FHIR_XML})
    assert body_of(done).startswith(start) and body_of(done).endswith(end) and "Plant" not in body_of(done)


@pytest.mark.parametrize("person", ["", "anna"])
def test_a_coded_word_is_no_name_of_a_member(person: str) -> None:
    name = "dmFuIDExMTIyMjMzMw"
    assert base64.b64decode(f"{name}==") == b"van 111222333"
    done = recorded(answer({"resourceType": "Basic", "id": "b", name: {"a": 1}}, person=person))
    assert name not in body_of(done)


def test_no_member_of_fhir_is_taken_for_a_coded_word() -> None:
    names = {name for kind in load_model("3.0.2").types.values() for name in kind.keys}
    assert len(names) > 1_000 and "valueBase64Binary" in names
    resource = {"resourceType": "Basic"} | dict.fromkeys(sorted(names), True)
    assert json.loads(body_of(recorded(answer(resource, person="")))).keys() == resource.keys()


def test_who_is_masked_in_the_body_is_masked_in_the_rest_of_the_exchange() -> None:
    stranger = {
        "resourceType": "Patient",
        "id": "pat-7712",
        "birthDate": "1931-07-08",
        "name": [{"family": "Plantnaam"}],
    }
    done = recorded(
        answer(
            stranger,
            url="https://his.example/fhir/Patient/pat-7712?x=Plantnaa%6D",
            error="protocol: geen Plantnaam",
            response_headers=(*FHIR_JSON, ("X-Trace", "Plantnaam, geb. 1931-07-08; Plantnamen")),
        )
    )
    assert done.response is not None
    said = f"{done.request.url} {done.error} {done.response.headers}"
    assert (
        "Plantnaa%6D" not in said
        and "Plantnaam" not in said
        and "1931" not in said
        and "pat-7712" not in said
    )
    assert "Plantnamen" in said  # another word
    assert done.request.url.startswith("https://his.example/fhir/Patient/mask-person-")


def test_a_short_number_of_a_stranger_is_a_length_elsewhere() -> None:
    stranger = {"resourceType": "Patient", "id": "123456", "name": [{"family": "Plantnaam"}]}
    headers = (*FHIR_JSON, ("Content-Length", "123456"))
    done = recorded(answer(stranger, response_headers=headers))
    assert done.response is not None and done.response.headers == headers


@pytest.mark.parametrize("written", ["111_222_333", "11-12-22-333", "11 122 2333", "1112 22333"])
def test_groups_of_a_number_are_a_number(written: str) -> None:
    body = json.dumps({"resourceType": "Basic", "id": "b", "comment": f"van {written}."})
    assert written not in body_of(recorded({"response_body": body.encode(), "response_headers": FHIR_JSON}))


@pytest.mark.parametrize("written", ["1112.22333", "90010677-465d-467f-9972-52881fbc77ec", "+31 111 222 333"])
def test_what_has_groups_and_is_no_number_stays(written: str) -> None:
    resource = {"resourceType": "Basic", "id": "b", "comment": f"van {written}."}
    assert json.loads(body_of(recorded(answer(resource)))) == resource


@pytest.mark.parametrize(("kept", "gone"), [(frozenset(), True), (frozenset({"111222333"}), False)])
def test_a_pdf_with_a_number_of_nobody_known_is_not_kept_unless_a_record_holds_it(
    kept: frozenset[str], gone: bool
) -> None:
    letter = {"interface": "document", "response_body": b"%PDF-1.7 x", "response_headers": PDF}
    looking = Looking(lambda data: ["Brief over 111222333."], kept=kept, held=HELD)
    redactor = Redactor(b"k" * 32, Persons([ANNA]), looking=looking)
    done = redactor.exchange(raw(status=200, person="anna", **letter), "x.1")
    assert done.response is not None and done.response.body.startswith(b"mask-person-") == gone
    assert done.notes.get("masked") == ([FOREIGN_NUMBER] if gone else None)


def test_a_number_in_a_document_of_a_record_is_one_of_its_numbers() -> None:
    records = copy.deepcopy(list(own_records(date(2026, 3, 1))))
    binary = next(stored.resource for record in records for stored in record if stored.type == "Binary")
    assert "111222333" not in numbers_in(records)
    binary["content"] = base64.b64encode(pdf("UZI 111222333")).decode()
    assert "111222333" in numbers_in(records)
    binary["content"] = "no base64 ?"
    assert "111222333" not in numbers_in(records)


def test_a_pdf_with_a_secret_is_not_kept() -> None:
    letter = {"interface": "document", "response_body": b"%PDF-1.7 x", "response_headers": PDF}
    looking = Looking(lambda data: [f"Code {SECRET}."], held=HELD)
    redactor = Redactor(b"k" * 32, Persons([ANNA]), looking=looking)
    minted = (Known("code", "code-issued", SECRET),)
    done = redactor.exchange(raw(status=200, person="anna", known=minted, **letter), "x.1")
    assert done.notes["masked"] == [SECRET_INSIDE]

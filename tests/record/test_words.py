"""Which words are FHIR's: names of elements, codes, units, addresses of systems; all others may be anybody's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace as replace_struct
from rawkit import raw

from harness.core.run.exchanges import UNHELD, Exchange
from harness.fhir.codec.documents import to_json, to_xml
from harness.fhir.model.types import load_model
from harness.network.file import Network, Participant
from harness.network.person.declared import declared_persons
from harness.network.person.looking import coded_elements, looking, network_looking
from harness.network.person.records import network_records
from harness.network.person.words import vocabulary
from harness.record import DeclaredPerson, Looking, Persons, Redactor, Vocabulary
from harness.record.redact.holding.held import held_by
from harness.record.redact.people.care import NOT_KNOWN

MODEL = load_model("3.0.2")
NAME = "Plantnaam"
ANNA = DeclaredPerson(id="anna", birth_date="1964-05-17", family=("wilgenkamp",), patients=("a-1",))
LIVE = Network(
    participants=(
        Participant(id="his", role="his", kind="live", dvza="dvza"),
        Participant(id="dvza", role="dvza", kind="live"),
        Participant(id="pgo", role="pgo", kind="twin"),
    )
)
LOOKING = looking((), LIVE)
WORDS = LOOKING.words


def recorded(body: bytes, person: str = "anna", look: Looking = LOOKING) -> Exchange:
    kind = "xml" if body.startswith(b"<") else "json"
    headers = (("Content-Type", f"application/fhir+{kind}"),)
    message = raw(status=200, person=person, response_headers=headers, response_body=body)
    return Redactor(b"k" * 32, Persons([ANNA]), looking=look).exchange(message, "x.1")


def told(done: Exchange) -> list[str]:
    """What the facts say of the values of its answer."""
    return [fact.equals for fact in done.facts if fact.place.startswith("response")]


def written(body: bytes, person: str = "anna", look: Looking = LOOKING) -> str:
    done = recorded(body, person, look)
    assert done.response is not None
    said = done.response.body.decode() + " ".join(fact.place for fact in done.facts)
    assert NAME.lower() not in said.lower(), said
    return done.response.body.decode()


# -- names ---------------------------------------------------------------------------------------


def test_every_name_of_fhir_is_one() -> None:
    for version in ("3.0.2", "4.0.1"):
        for kind in load_model(version).types.values():
            assert [name for name in kind.keys if not WORDS.member(name)] == []
            assert WORDS.element(kind.name.partition(".")[0]), kind.name


@pytest.mark.parametrize(
    "name", ["plantnaam", "Plantnaam", "jansen", "janVisser", "_plantnaam", "", "x", "ëe"]
)
def test_other_names_are_none(name: str) -> None:
    assert not WORDS.member(name) and not WORDS.element(name)


@pytest.mark.parametrize("person", ["anna", ""])
@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Basic", "id": "b", "plantnaam": "x"},
        {"resourceType": "Basic", "id": "b", "plantnaam": {"plantnaam": [{"plantnaam": 1}]}},
        {"resourceType": "Plantnaam", "id": "b"},
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": {"resourceType": "Plantnaam"}}],
        },
    ],
)
def test_a_name_that_fhir_does_not_have_goes_in_json(body: dict[str, Any], person: str) -> None:
    said = json.loads(written(json.dumps(body).encode(), person))
    assert len(said) == len(body)


@pytest.mark.parametrize("person", ["anna", ""])
@pytest.mark.parametrize(
    "inner",
    [
        '<plantnaam value="x"/>',
        '<plantnaam><plantnaam><code value="x"/></plantnaam></plantnaam>',
        '<Plantnaam xmlns="urn:plantnaam"/>',
        '<code plantnaam="x"/>',
        '<code value="x" plantnaam="plantnaam"/>',
        '<plantnaam:code xmlns:plantnaam="http://hl7.org/fhir" value="x"/>',
        "<code>plantnaam</code>",
    ],
)
def test_a_name_that_fhir_does_not_have_goes_in_xml(inner: str, person: str) -> None:
    said = written(f'<Basic xmlns="http://hl7.org/fhir"><id value="b"/>{inner}</Basic>'.encode(), person)
    assert said.startswith('<Basic xmlns="http://hl7.org/fhir">') and said.endswith("</Basic>")


def test_the_rest_of_a_kept_document_keeps_its_bytes() -> None:
    start, end = '<Basic xmlns="http://hl7.org/fhir"><id  value="b"/><', '\n <language value="nl"/></Basic>'
    said = written(f"{start}plantnaam ><code value='x'/></plantnaam>{end}".encode())
    assert said.startswith(start) and said.endswith(end)
    tag = said.removeprefix(start).partition(" ")[0]
    assert tag.startswith("mask-person-") and said == f"{start}{tag} ><code value='x'/></{tag}>{end}"


@pytest.mark.parametrize("body", [b'{"plantnaam":1,"id":"x"', b'<Basic><plantnaam plantnaam="x"/><id'])
def test_a_broken_body_keeps_names_of_fhir_only(body: bytes) -> None:
    assert "id" in written(body)


# -- codes ---------------------------------------------------------------------------------------

SPOTS: dict[str, dict[str, Any]] = {
    "status": {"status": NAME},
    "code": {"code": {"coding": [{"system": "https://his.example/codes", "code": NAME}]}},
    "code of a published system": {"code": {"coding": [{"system": "http://snomed.info/sct", "code": NAME}]}},
    "system": {"code": {"coding": [{"system": f"https://his.example/{NAME}", "code": "1"}]}},
    "extension": {"extension": [{"url": f"https://{NAME}.example/x", "valueBoolean": True}]},
    "unit": {"valueQuantity": {"value": 1, "unit": NAME}},
    "annotation of a unit": {
        "valueQuantity": {"value": 1, "system": "http://unitsofmeasure.org", "code": "{Plantnaam}"}
    },
    "day": {"issued": NAME},
    "profile": {"meta": {"profile": [f"https://his.example/{NAME}"]}},
    "version": {"meta": {"versionId": NAME}},
    "language": {"language": NAME},
}


def observation(more: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": "o-1", **({"status": "final"} | more)}


@pytest.mark.parametrize("person", ["anna", ""])
@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize("spot", sorted(SPOTS))
def test_a_word_that_nobody_knows_goes_where_codes_stand(spot: str, kind: str, person: str) -> None:
    resource = observation(SPOTS[spot])
    body = to_json(resource) if kind == "json" else to_xml(resource, MODEL)
    assert "mask-person-" in written(body, person)
    if person:
        assert set(told(recorded(body, person))) == {UNHELD}


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize("spot", sorted(SPOTS))
def test_a_word_that_a_record_has_stays_where_codes_stand(spot: str, kind: str) -> None:
    resource = observation(SPOTS[spot])
    body = to_json(resource) if kind == "json" else to_xml(resource, MODEL)
    coded = coded_elements()
    look = replace(LOOKING, words=vocabulary([resource], coded), held=held_by([resource], coded))
    done = recorded(body, look=look)
    assert done.response is not None and done.response.body == body and told(done) == []


KNOWN: list[dict[str, Any]] = [
    {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "16076005"}]}},
    {"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}},
    {"code": {"coding": [{"system": "http://hl7.org/fhir/sid/icpc-1", "code": "K86.01"}]}},
    {"code": {"coding": [{"system": "urn:oid:2.16.840.1.113883.2.4.4.30.45", "code": "RRSYMI KA"}]}},
    {
        "category": [
            {"coding": [{"system": "http://hl7.org/fhir/observation-category", "code": "vital-signs"}]}
        ]
    },
    {
        "valueQuantity": {
            "value": 7,
            "unit": "mmol/l",
            "system": "http://unitsofmeasure.org",
            "code": "mmol/L",
        }
    },
    {"issued": "2026-11-27T10:15:30.123+01:00"},
    {"meta": {"versionId": "3f2a", "lastUpdated": "2026-11-27T10:15:30Z"}, "language": "nl-NL"},
    {"meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/zib-LaboratoryTestResult-Observation"]}},
    {"extension": [{"url": "http://nictiz.nl/fhir/StructureDefinition/x", "valueInteger": 1234567890}]},
]


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize("more", KNOWN)
def test_what_is_published_stays_without_any_record(more: dict[str, Any], kind: str) -> None:
    resource = observation(more)
    body = to_json(resource) if kind == "json" else to_xml(resource, MODEL)
    done = recorded(body)
    assert done.response is not None and done.response.body == body and told(done) == []


@pytest.mark.parametrize("value", ["06-12345678", "1234 AB", "1964-05-17"])
def test_what_has_no_letters_is_no_code(value: str) -> None:
    for system in ("http://loinc.org", "https://his.example/codes"):
        assert value not in written(
            to_json(observation({"code": {"coding": [{"system": system, "code": value}]}}))
        )


def test_an_error_names_elements_of_fhir_only() -> None:
    issue = {"severity": "error", "code": "invalid"}
    said = {"resourceType": "OperationOutcome", "issue": [issue | {"expression": ["Patient.birthDate"]}]}
    done = recorded(json.dumps(said).encode())
    assert done.response is not None and json.loads(done.response.body) == said
    said["issue"] = [issue | {"expression": [f"Patient.name.where(family='{NAME}')"], "location": [NAME]}]
    assert "invalid" in written(json.dumps(said).encode())


def test_without_words_names_and_codes_are_told_by_their_form() -> None:
    form = Vocabulary()
    assert form.member("plantnaam") and not form.member("Plantnaam") and form.kept("status", NAME)
    assert not form.kept("status", f"van {NAME}") and form.coded("status", NAME)


# -- what is about no person ---------------------------------------------------------------------

STATEMENT: dict[str, Any] = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": "2026-11-27",
    "kind": "instance",
    "fhirVersion": "3.0.2",
    "acceptUnknown": "no",
    "format": ["application/fhir+json"],
    "rest": [
        {
            "mode": "server",
            "resource": [
                {
                    "type": "MedicationRequest",
                    "interaction": [{"code": "search-type"}],
                    "searchParam": [
                        {"name": "periodofuse", "type": "date"},
                        {"name": "category", "type": "token"},
                    ],
                }
            ],
        }
    ],
}


@pytest.mark.parametrize("person", ["anna", ""])
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_what_a_server_says_of_itself_in_known_words_stays(kind: str, person: str) -> None:
    done = recorded(to_json(STATEMENT) if kind == "json" else to_xml(STATEMENT, MODEL), person)
    assert done.response is not None and told(done) == [] and "masked" not in done.notes
    if kind == "json":
        assert json.loads(done.response.body) == STATEMENT


@pytest.mark.parametrize("person", ["anna", ""])
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_other_words_of_a_server_about_itself_go(kind: str, person: str) -> None:
    more: dict[str, Any] = {
        "publisher": f"Praktijk {NAME}",
        "contact": [{"name": NAME, "telecom": [{"system": "email", "value": "plantnaam@his.example"}]}],
        "description": f"van {NAME}",
        "software": {"name": "HIS", "version": NAME},
        "implementation": {"description": NAME, "url": f"https://{NAME}.example/fhir"},
    }
    statement = STATEMENT | more
    body = to_json(statement) if kind == "json" else to_xml(statement, MODEL)
    said = written(body, person)
    assert "periodofuse" in said and "search-type" in said and "3.0.2" in said
    assert NOT_KNOWN in recorded(body, person).notes["masked"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("activity-outcomereference", True),  # of a SearchParameter of a package
        ("activity-medicaldevice", True),
        ("activity-plantnaam", False),
        ("outcomereference-plantnaam", False),
        (NAME, False),
    ],
)
def test_a_search_parameter_of_a_known_package_stays_and_another_goes(name: str, kept: bool) -> None:
    searched = {"type": "CarePlan", "searchParam": [{"name": name, "type": "reference"}]}
    statement = STATEMENT | {"rest": [{"mode": "server", "resource": [searched]}]}
    done = recorded(to_json(statement), "anna")
    assert done.response is not None and (json.loads(done.response.body) == statement) is kept
    assert (name in done.response.body.decode()) is kept


# -- who is declared -----------------------------------------------------------------------------


def test_live_parties_without_persons_have_nobody_who_is_declared() -> None:
    day = date(2026, 3, 1)
    assert declared_persons(LIVE, day).owners == {} and network_records(LIVE, day) == []
    named = replace_his(LIVE, persons=("hanna-wilgenkamp",))
    assert set(declared_persons(named, day).owners.values()) == {"hanna-wilgenkamp"}
    twin = replace_his(LIVE, kind="twin")
    assert len(declared_persons(twin, day).owners) > 1 and len(network_records(twin, day)) > 1
    hanna = next(item for item in network_records(named, day)).resource("Patient/hanna-wilgenkamp")
    for network, kept in ((LIVE, False), (named, True)):
        redactor = Redactor(b"k" * 32, declared_persons(network, day), looking=network_looking(network, day))
        body = to_json(hanna or {})
        message = raw(
            status=200,
            person="hanna-wilgenkamp",
            response_headers=(("Content-Type", "application/fhir+json"),),
            response_body=body,
        )
        done = redactor.exchange(message, "x.1")
        assert done.response is not None and (done.response.body == body) == kept


def replace_his(network: Network, **changes: Any) -> Network:
    his, *others = network.participants
    return replace_struct(network, participants=(replace_struct(his, **changes), *others))

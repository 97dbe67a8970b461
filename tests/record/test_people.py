"""Whose data it is: facts are taken before anything is masked, by path and never by value."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import msgspec
import pytest

from harness.core.run.exchanges import UNHELD, Exchange, Fact, Identity
from harness.fhir.codec.documents import to_json, to_xml
from harness.fhir.model.types import load_model
from harness.network.file import Network
from harness.network.file.model import NetworkPerson
from harness.network.person.declared import declared_persons
from harness.network.person.persons import fixture_persons
from harness.record import DeclaredPerson, Persons, RawExchange, Redactor
from harness.record.har import to_har
from harness.record.redact.documents.parts import PatientFacts
from harness.record.redact.people.bsn import Numbers, is_system, standing_of

MODEL = load_model("3.0.2")
OWN = "999990019"
OTHER = "123456782"
"""A number of the test range of somebody declared, and one that passes the eleven-test of nobody's."""
FOREIGN = "111222333"
BSN_SYSTEM = "http://fhir.nl/fhir/NamingSystem/bsn"
ANNA = DeclaredPerson(id="anna", bsn=OWN, birth_date="1970-01-02", family=("voorbeeld",), patients=("a1",))
BERT = DeclaredPerson(id="bert", bsn="999990020", birth_date="1981-03-04", patients=("b1",))


def patient(**changes: object) -> dict[str, object]:
    base = {
        "resourceType": "Patient",
        "id": "a1",
        "name": [{"family": "Voorbeeld", "given": ["Anna"]}],
        "birthDate": "1970-01-02",
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def bundle(*resources: dict[str, object]) -> dict[str, object]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": resource} for resource in resources],
    }


class Recorded:
    """A redactor and what it makes of documents in the session of a person."""

    def __init__(self) -> None:
        self.redactor = Redactor(b"k" * 32, Persons([ANNA, BERT]))
        self.number = 0

    def document(
        self, resource: dict[str, object], *, kind: str = "json", person: str | None = "anna", cell: str = "c"
    ) -> Exchange:
        body = to_xml(resource, MODEL) if kind == "xml" else to_json(resource)
        self.number += 1
        done = self.redactor.exchange(
            RawExchange(
                interface="resource",
                flow="collect",
                operation="x",
                client="pgo",
                server="dvza",
                started=datetime(2026, 3, 1, tzinfo=UTC),
                duration=0.0,
                method="GET",
                url="https://a.example/fhir/Patient",
                cell=cell,
                person=person,
                status=200,
                response_headers=(("Content-Type", f"application/fhir+{kind}"),),
                response_body=body,
            ),
            f"x.{self.number}",
        )
        assert msgspec.json.decode(msgspec.json.encode(done), type=Exchange) == done
        self.sent = body
        return done


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


def text(done: Exchange) -> str:
    assert done.response is not None
    return done.response.body.decode()


def identity(done: Exchange) -> Identity:
    (found,) = done.identities
    return found


def facts(done: Exchange, kind: str) -> list[Fact]:
    return [item for item in done.facts if item.kind == kind]


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_the_declared_person_is_recognised_and_every_byte_stays(recorded: Recorded, kind: str) -> None:
    done = recorded.document(bundle(patient()), kind=kind)
    assert identity(done) == Identity(side="response", belongs="declared")
    assert done.response is not None and done.response.body == recorded.sent
    assert "masked" not in done.notes and done.facts == ()


def test_a_birth_date_alone_is_nobody() -> None:
    """Look-alikes share one: whoever has it says nothing of who he is."""
    alike = DeclaredPerson(id="alike", birth_date="1964-05-17", patients=("alike",))
    named = DeclaredPerson(id="named", birth_date="1964-05-17", family=("jansen",), bsn="111222333")
    persons = Persons([alike, named])
    for seen, like in (
        (PatientFacts(birth="1964-05-17"), None),
        (PatientFacts(birth="1964-05-17", id="somebody"), None),
        (PatientFacts(birth="1964-05-17", id="alike"), alike),
        (PatientFacts(birth="1964-05", families=("Jansen ",)), named),
        (PatientFacts(birth="1964-05", families=("Smit",)), None),
        (PatientFacts(numbers=("111222333",)), named),
        (PatientFacts(birth="1970-01-01", numbers=("111222333",)), None),
    ):
        assert persons.like(seen) == like, seen


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"birthDate": "1970-01-03"}, ("birthDate",)),
        ({"name": [{"family": "Jansen"}]}, ("name.family",)),
        ({"birthDate": "1970-01-03", "name": [{"family": "Jansen"}]}, ("birthDate", "name.family")),
        ({"identifier": [{"system": BSN_SYSTEM, "value": FOREIGN}]}, ("identifier",)),
    ],
)
def test_another_person_is_said_by_the_elements_that_differ(
    recorded: Recorded, kind: str, changes: dict[str, object], differs: tuple[str, ...]
) -> None:
    done = recorded.document(bundle(patient(**changes)), kind=kind)
    found = identity(done)
    assert (found.belongs, found.differs, found.person) == ("other", differs, "")
    assert found.who and done.notes["masked"]
    told = json.dumps(to_har([done]))
    assert not any(value in told for value in ("Jansen", "1970-01-03", FOREIGN, "Voorbeeld"))


def test_a_partial_birth_date_agrees_when_the_declared_day_lies_in_it() -> None:
    assert ANNA.differs(PatientFacts(birth="1970-01")) == ()
    assert ANNA.differs(PatientFacts(birth="1970")) == ()
    assert ANNA.differs(PatientFacts(birth="1971")) == ("birthDate",)
    assert ANNA.differs(PatientFacts()) is None
    assert ANNA.differs(PatientFacts(families=("Voorbeeld ",))) == ()


def test_json_and_xml_of_a_stranger_name_the_same_person_and_the_same_places(recorded: Recorded) -> None:
    stranger = bundle(patient(id="z", birthDate="1999-09-09", name=[{"family": "X", "given": ["Y", "Z"]}]))
    one, two = (recorded.document(stranger, kind=kind) for kind in ("json", "xml"))
    assert identity(one).who == identity(two).who
    places = [{item.place.replace("[0]", ""): item.tag for item in done.facts} for done in (one, two)]
    assert places[0] == places[1]
    assert "response.body:Bundle.entry.resource.name.given[1]" in places[0]


def test_another_declared_person_is_named_and_kept(recorded: Recorded) -> None:
    done = recorded.document(bundle(patient(id="b1", birthDate="1981-03-04", name=[{"family": "B"}])))
    assert identity(done).belongs == "other" and identity(done).person == "bert"
    assert done.response is not None and done.response.body == recorded.sent


def test_two_persons_in_one_answer_are_mixed(recorded: Recorded) -> None:
    done = recorded.document(bundle(patient(), patient(id="z", birthDate="1999-09-09")))
    assert identity(done).belongs == "mixed" and identity(done).differs == ("birthDate",)
    assert "1999" not in text(done)


def test_a_record_without_patient_belongs_to_the_patient_that_was_seen_before(recorded: Recorded) -> None:
    observation = {"resourceType": "Observation", "id": "o", "subject": {"reference": "Patient/z"}}
    assert identity(recorded.document(bundle(observation))).belongs == "unknown"
    recorded.document(bundle(patient(id="z", birthDate="1999-09-09")))
    done = recorded.document(bundle(observation))
    assert identity(done).belongs == "other"
    assert done.notes["masked"] == ["record of a patient that is not declared"]
    assert identity(recorded.document(bundle(observation), cell="elsewhere")).belongs == "unknown"
    own = {"resourceType": "Observation", "subject": {"reference": "Patient/a1"}}
    assert identity(recorded.document(bundle(own))).belongs == "declared"


def test_a_session_of_nobody_declared_says_nothing_of_identity(recorded: Recorded) -> None:
    done = recorded.document(bundle(patient()), person="")
    assert done.identities == () and done.notes["masked"] == ["person is not declared"]


def test_masks_say_what_they_equal(recorded: Recorded) -> None:
    done = recorded.document(bundle(patient(name=[{"family": "Jansen", "given": ["Anna"]}])))
    equals = {item.place.partition("resource.")[2]: item.equals for item in facts(done, "person")}
    assert equals["birthDate"] == "birthDate"
    assert equals["id"] == "id"
    assert equals["name[0].family"] == "none"
    assert equals["name[0].given[0]"] == "not-compared"


def test_a_document_with_very_many_values_is_one_tag(recorded: Recorded) -> None:
    done = recorded.document(
        bundle(*(patient(id=f"z{number}", birthDate="1999-09-09") for number in range(2000)))
    )
    assert len(done.facts) == 1 and len(text(done)) < 40
    assert "more values than are masked one by one" in done.notes["masked"]


def test_deep_documents_are_one_tag(recorded: Recorded) -> None:
    deep: dict[str, object] = {"a": 1}
    for _ in range(800):
        deep = {"a": deep}
    body = json.dumps({"resourceType": "Patient", "birthDate": "1999-09-09", "x": deep}).encode()
    done = recorded.redactor.exchange(
        RawExchange(
            interface="resource", flow="", operation="", client="", server="",
            started=datetime(2026, 3, 1, tzinfo=UTC), duration=0.0, method="GET", url="https://a/",
            person="anna", status=200, response_headers=(("Content-Type", "application/fhir+json"),),
            response_body=body,
        ),
        "x",
    )  # fmt: skip
    assert "1999" not in text(done)


# -- numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "system",
    [
        BSN_SYSTEM,
        "http://fhir.nl/fhir/NamingSystem/BSN",
        "urn:oid:2.16.840.1.113883.2.4.6.3",
        BSN_SYSTEM + "/",
    ],
)
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_number_under_a_bsn_system_is_proven(recorded: Recorded, system: str, kind: str) -> None:
    extension = {"url": "https://a.example/x", "valueIdentifier": {"system": system, "value": FOREIGN}}
    done = recorded.document(bundle(patient(extension=[extension])), kind=kind)
    (fact,) = facts(done, "bsn")
    assert fact.standing == "proven"
    assert (
        fact.place.replace("[0]", "") == "response.body:Bundle.entry.resource.extension.valueIdentifier.value"
    )
    assert FOREIGN not in text(done)


def test_a_label_proves_and_the_eleven_test_alone_does_not(recorded: Recorded) -> None:
    narrative = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">BSN {FOREIGN}</div>',
    }
    done = recorded.document(patient(text=narrative))
    (fact,) = facts(done, "bsn")
    assert (fact.standing, fact.place) == ("proven", "response.body:Patient.text.div")
    narrative["div"] = f'<div xmlns="http://www.w3.org/1999/xhtml">dossier {OTHER}</div>'
    done = recorded.document(patient(text=narrative))
    (fact,) = facts(done, "bsn")
    assert fact.standing == "possible" and OTHER not in text(done)


def test_a_number_that_was_proven_is_known_for_the_rest_of_its_cell(recorded: Recorded) -> None:
    quiet = patient(text={"status": "generated", "div": f"<div>dossier {FOREIGN}</div>"})
    assert facts(recorded.document(quiet), "bsn")[0].standing == "possible"
    recorded.document(patient(text={"status": "generated", "div": f"<div>bsn: {FOREIGN}</div>"}))
    assert facts(recorded.document(quiet), "bsn")[0].standing == "proven"
    assert facts(recorded.document(quiet, cell="elsewhere"), "bsn")[0].standing == "possible"


def test_the_number_of_the_person_stays_and_is_noted_that_of_another_goes(recorded: Recorded) -> None:
    done = recorded.document(bundle(patient(id=OWN), {"resourceType": "Basic", "id": BERT.bsn}))
    assert OWN in text(done) and BERT.bsn not in text(done)
    noted = {(item.standing, item.owner) for item in facts(done, "bsn")}
    assert noted == {("proven", "anna"), ("proven", "bert")}


def test_a_possible_number_in_no_published_code_system_goes_and_counts_as_a_word(recorded: Recorded) -> None:
    resource = {"resourceType": "Basic", "id": "x", "code": {"coding": [{"code": OTHER}]}}
    done = recorded.document(bundle(patient(), resource))
    assert OTHER not in text(done)
    assert {(item.standing, item.equals) for item in facts(done, "bsn")} == {("possible", UNHELD)}


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_an_id_that_may_be_a_number_goes_and_what_refers_to_it_still_does(
    recorded: Recorded, kind: str
) -> None:
    basic = {"resourceType": "Basic", "id": OTHER, "code": {"coding": [{"code": "x"}]}}
    refers = {"resourceType": "Basic", "id": "b", "author": {"reference": f"Basic/{OTHER}"}}
    done = recorded.document(bundle(patient(), basic, refers), kind=kind)
    (tag,) = {item.tag for item in facts(done, "bsn")}
    assert OTHER not in text(done) and f"Basic/{tag}" in text(done)
    assert {(item.standing, item.equals) for item in facts(done, "bsn")} == {("possible", UNHELD)}


def test_a_code_of_a_code_system_is_no_number_at_all(recorded: Recorded) -> None:
    coding = {"system": "http://snomed.info/sct", "code": OTHER}
    done = recorded.document(bundle(patient(), {"resourceType": "Basic", "code": {"coding": [coding]}}))
    assert OTHER in text(done) and done.facts == ()


def test_numbers_in_text() -> None:
    numbers = Numbers({OWN: "anna"})

    def seen(value: str) -> list[str]:
        return [one.standing for one in numbers.found(value, "c")]

    assert seen(OWN) == ["proven"]
    assert seen(OTHER) == ["possible"]
    assert seen("123456789") == []
    assert seen(f"Patient?identifier={BSN_SYSTEM}|{FOREIGN}") == ["proven"]
    assert seen(f"Patient?identifier={BSN_SYSTEM.replace('/', '%2F')}%7C{FOREIGN}") == ["proven"]
    assert seen(f"burgerservicenummer={FOREIGN}") == ["proven"]
    assert seen(f"code=http://snomed.info/sct|{OTHER}") == []
    assert seen(f"code=http%3A%2F%2Fsnomed.info%2Fsct%7C{OTHER}") == []
    assert seen(f"1{OTHER}") == seen(f"{OTHER}1") == seen(f"2.16.{OTHER}") == seen(f"0.{OTHER}") == []
    assert seen(f"x{OTHER}") == seen(f"pat_{OTHER}_x") == ["possible"]
    assert seen("000000140") == []
    assert seen(f"BSN 123456789 {OTHER}") == ["possible", "possible"]
    assert is_system("http://fhir.nl/fhir/NamingSystem/bsn%20") and not is_system("bsn-like")
    assert standing_of("111.222.333", known=False) == "proven"
    assert standing_of("nee", known=False) == "possible"


def test_the_documents_of_our_own_persons_hold_no_number_that_goes() -> None:
    t = date(2026, 3, 1)
    redactor = Redactor(b"k" * 32, declared_persons(Network(name="x", participants=()), t))
    for person in fixture_persons():
        for resource in person.resources(t):
            if resource["resourceType"] == "Binary":
                continue
            body = to_json(resource)
            done = redactor.exchange(
                RawExchange(
                    interface="resource", flow="", operation="", client="", server="",
                    started=datetime(2026, 3, 1, tzinfo=UTC), duration=0.0, method="GET", url="https://a/",
                    person=person.id, cell=person.id, status=200,
                    response_headers=(("Content-Type", "application/fhir+json"),), response_body=body,
                ),
                "x",
            )  # fmt: skip
            assert done.response is not None and done.response.body == body, (person.id, resource["id"])
            assert done.identities[0].belongs in ("declared", "unknown")


def test_the_network_file_goes_before_the_fixture_and_leaves_the_rest() -> None:
    network = Network(
        name="x", participants=(), persons=(NetworkPerson(id="hanna-wilgenkamp", birth_date="1950-01-01"),)
    )
    found = declared_persons(network, date(2026, 3, 1)).get("hanna-wilgenkamp")
    assert found is not None
    assert (found.birth_date, found.patients) == ("1950-01-01", ("hanna-wilgenkamp",))
    assert found.bsn == next(item.bsn for item in fixture_persons() if item.id == "hanna-wilgenkamp")

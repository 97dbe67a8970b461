"""Differences between answers and records: each kind, with what a reader needs to act on it."""

from __future__ import annotations

import copy
import random
from dataclasses import replace
from datetime import date

import pytest

from harness.core.standards.table import standards
from harness.reference.content.compare import Comparison
from harness.reference.content.facts import facts_of
from harness.reference.content.gaps import show
from harness.reference.content.table import content_table
from harness.reference.reconcile.answers import answer_of, reference_key
from harness.reference.reconcile.cell import Reconciliation
from harness.reference.reconcile.documents import Documents
from harness.reference.reconcile.known import Known, index_records, plain_text
from harness.reference.record.load import own_records

from truth_cells import bundle, cells, known_records, reconcile  # isort: skip
from truth_equivalent import REWRITES  # isort: skip

T = date(2026, 11, 27)
KNOWN = known_records(T)
CELLS = {(cell.record.person, cell.standard): cell for cell in cells(KNOWN, list(standards()), T)}
HANNA, BRAM = "hanna-wilgenkamp", "bram-lisdodde"


def cell(standard: str, person: str = HANNA, *rewrites: str):
    made = CELLS[person, standard].copied()
    for name in rewrites:
        REWRITES[name](made, random.Random(3))
    return made


def resource(made, operation: str, name: str) -> dict:
    """The resource whose partner in the record is called so."""
    return next(
        entry["resource"]
        for entry in made.bundles[operation]["entry"]
        if entry["resource"]["id"].endswith(name)
    )


def only(made, kind: str):
    """The one difference that is found."""
    found = reconcile(KNOWN, made)
    assert [item.kind for item in found] == [kind], found
    assert found[0].next_step.nl and found[0].next_step.en and found[0].operation
    return found[0]


def add(made, operation: str, item: dict, mode: str = "match") -> None:
    made.bundles[operation]["entry"].append({"resource": copy.deepcopy(item), "search": {"mode": mode}})


@pytest.mark.parametrize("key", CELLS, ids="-".join)
def test_a_clean_answer_has_no_difference(key):
    assert reconcile(KNOWN, CELLS[key]) == []


def test_an_altered_dose():
    made = cell("huisartsgegevens-2.0", HANNA, "identifiers")
    request = next(
        entry["resource"] for entry in made.bundles["hg-medicationrequest"]["entry"]
        if entry["resource"].get("dosageInstruction", [{}])[0].get("text") == "zo nodig 3D2T"
    )  # fmt: skip
    request["dosageInstruction"][0]["text"] = "zo nodig 3D3T"
    found = only(made, "altered")
    assert (found.expected, found.received) == ("zo nodig 3D2T", "zo nodig 3D3T")
    assert found.item == "MedicationRequest/hanna-wilgenkamp-medicatie-paracetamol"
    assert found.place.endswith("resource.dosageInstruction[0].text") and found.place.startswith(
        "Bundle.entry["
    )


def test_a_letter_of_somebody_else_names_its_owner():
    made = cell("pdfa-3.0", HANNA, "identifiers")
    letter = KNOWN.entry(BRAM, "DocumentReference/bram-lisdodde-document-uitslagbrief").stored.resource
    add(made, "pd-find-current", letter | {"subject": {"reference": "Patient/hanna-wilgenkamp"}})
    found = only(made, "foreign")
    assert found.owner == "Bram ZZZ_Lisdodde" and "Bram" in found.next_step.nl
    assert found.item == "DocumentReference/bram-lisdodde-document-uitslagbrief"


def test_a_look_alike_is_told_apart():
    for person, owner in (
        ("hanneke-wilgenkamp", "Hanneke ZZZ_Wilgenkamp"),
        ("harm-berkenrode", "Harm ZZZ_Berkenrode"),
    ):
        made = cell("zelfmetingen-2.0")
        add(made, "zm-heartrate", KNOWN.entry(person, f"Observation/{person}-hartslag-1").stored.resource)
        assert only(made, "foreign").owner == owner


def test_an_s_line_as_a_resource_and_an_s_line_in_a_text():
    made = cell("huisartsgegevens-2.0")
    line = KNOWN.entry(HANNA, "Observation/hanna-wilgenkamp-contact-01-s").stored.resource
    add(made, "hg-observation", line)
    assert only(made, "not-allowed").rule == "so-lines"
    made = cell("huisartsgegevens-2.0")
    resource(made, "hg-encounter", "contact-01")["text"] = {"div": f"<div>{line['valueString']}</div>"}
    found = only(made, "not-allowed")
    assert found.rule == "withheld" and "overslaan" in found.received


@pytest.mark.parametrize(
    ("operation", "key", "rule"),
    [
        ("hg-episodes", "EpisodeOfCare/hanna-wilgenkamp-episode-s18", "closed-episode-2017"),
        ("hg-observation", "Observation/hanna-wilgenkamp-pols-oud", "query"),
        ("hg-encounter", "Encounter/hanna-wilgenkamp-contact-07", "withheld"),
        ("hg-composition", "Composition/hanna-wilgenkamp-verslag-08", "reports-before-online"),
        ("hg-medicationrequest", "MedicationRequest/hanna-wilgenkamp-medicatie-diclofenac", "query"),
        ("hg-allergy", "AllergyIntolerance/hanna-wilgenkamp-allergie-pinda", "query"),
    ],
)
def test_what_must_not_come_out_says_which_rule(operation, key, rule):
    made = cell("huisartsgegevens-2.0")
    add(made, operation, KNOWN.entry(HANNA, key).stored.resource)
    found = [item for item in reconcile(KNOWN, made) if item.kind == "not-allowed" and item.rule == rule]
    assert found and found[0].item == key


def test_every_withheld_resource_of_the_asked_type_is_not_allowed():
    made = cell("huisartsgegevens-2.0")
    tried = 0
    for operation, expected in made.expected.items():
        for stored in made.record:
            if stored.type == expected.kind and expected.item(stored.key) is None:
                other = cell("huisartsgegevens-2.0", HANNA, "identifiers")
                add(other, operation, stored.resource | {"id": "x1"})
                kinds = {item.kind for item in reconcile(KNOWN, other)}
                assert "not-allowed" in kinds and "foreign" not in kinds, stored.key
                tried += 1
    assert tried > 15


def test_missing_duplicated_and_not_asked():
    made = cell("huisartsgegevens-2.0")
    entries = made.bundles["hg-episodes"]["entry"]
    lost = entries.pop()
    found = only(made, "missing")
    assert found.item == f"EpisodeOfCare/{lost['resource']['id']}" and found.place == ""
    made = cell("huisartsgegevens-2.0")
    first = made.bundles["hg-encounter"]["entry"][0]["resource"]
    add(made, "hg-encounter", first | {"id": "kopie"})
    assert only(made, "duplicated").item == f"Encounter/{first['id']}"
    made = cell("huisartsgegevens-2.0")
    add(made, "hg-allergy", KNOWN.entry(HANNA, "Appointment/hanna-wilgenkamp-afspraak-later").stored.resource)
    assert only(made, "not-asked").item == "Appointment/hanna-wilgenkamp-afspraak-later"


def test_what_nobody_knows_is_red_or_open_by_the_origin_of_the_record():
    stranger = {
        "resourceType": "Appointment",
        "id": "vreemd",
        "status": "booked",
        "start": "2031-01-01T10:00:00+01:00",
        "description": "Onbekende afspraak",
        "participant": [],
    }
    made = cell("eafspraak-2.0")
    add(made, "ea-future", stranger)
    assert only(made, "unknown").broken
    for origin, broken in (("bureau", True), ("official", True), ("vendor", False), ("draft", False)):
        records = [replace(item, origin=origin) if item.person == HANNA else item for item in own_records(T)]
        known = index_records(records)
        record = next(item for item in records if item.person == HANNA)
        answer = answer_of("ea-future", [made.bundles["ea-future"]])
        found = Reconciliation(known, record).run([(answer, made.expected["ea-future"])])
        assert [(item.kind, item.broken) for item in found if item.kind == "unknown"] == [("unknown", broken)]


@pytest.mark.parametrize(
    ("change", "kind", "path"),
    [
        (lambda one: one.pop("effectiveDateTime"), "absent", "effective"),
        (lambda one: one["valueQuantity"].update(value=5.5), "altered", "value"),
        (lambda one: one["valueQuantity"].update(code="mg/dL", unit="mg/dL"), "altered", "value"),
        (lambda one: one["valueQuantity"].update(comparator="<"), "altered", "value"),
        (lambda one: one.update(status="amended"), "altered", "status"),
        (lambda one: one.update(dataAbsentReason={"text": "onbekend"}), "altered", "dataAbsentReason"),
        (
            lambda one: one.update(component=[{"code": {"text": "x"}, "valueString": "y"}]),
            "altered",
            "component",
        ),
        (lambda one: (one.pop("valueQuantity"), one.update(valueString="5.4 mmol/l")), "altered", "value"),
        (lambda one: one["code"]["coding"].clear(), "altered", "code"),
    ],
)
def test_elements_of_a_result(change, kind, path):
    made = cell("huisartsgegevens-2.0")
    change(resource(made, "hg-observation", "wilgenkamp-glucose"))
    assert only(made, kind).place.endswith(f"resource.{path}")


def test_values_exchanged_between_two_components():
    made = cell("zelfmetingen-2.0")
    parts = resource(made, "zm-bloodpressure", "bloeddruk-1")["component"]
    parts[0]["valueQuantity"], parts[1]["valueQuantity"] = (
        parts[1]["valueQuantity"],
        parts[0]["valueQuantity"],
    )
    found = [item for item in reconcile(KNOWN, made) if item.operation == "zm-bloodpressure"]
    assert len(found) == 2 and all(item.kind == "altered" for item in found)


def test_an_end_that_the_record_does_not_have():
    made = cell("huisartsgegevens-2.0")
    resource(made, "hg-episodes", "episode-k86")["period"]["end"] = "2026-01-01"
    assert only(made, "altered").next_step.nl.startswith("Het dossier zegt dit niet")


def test_mojibake_a_shifted_day_and_a_lost_time_say_so():
    made = cell("huisartsgegevens-2.0")
    resource(made, "hg-patient", "wilgenhof-huisarts")["name"][0]["given"][0] = "ZoÃ«"
    assert "tekenset" in only(made, "altered").next_step.nl
    made = cell("huisartsgegevens-2.0")
    one = resource(made, "hg-episodes", "episode-k86")["period"]
    one["start"] = date.fromordinal(date.fromisoformat(one["start"]).toordinal() - 1).isoformat()
    assert "UTC" in only(made, "altered").next_step.nl
    made = cell("eafspraak-2.0")
    for entries in made.bundles.values():
        for entry in entries["entry"]:
            if entry["resource"]["id"].endswith("volgende"):
                entry["resource"]["start"] = entry["resource"]["start"][:10]
    found = reconcile(KNOWN, made)
    assert found and all("verloren" in item.next_step.nl for item in found)


@pytest.mark.parametrize("said", ["Zo? ZZZ_Rietveen", "ZoÃ« ZZZ_Rietveen", "Zo\ufffd ZZZ_Rietveen"])
def test_a_name_of_what_is_referred_to_may_be_another_one_and_not_a_garbled_one(said):
    made = cell("huisartsgegevens-2.0")
    participant = resource(made, "hg-encounter", "contact-01")["participant"][0]["individual"]
    participant["display"] = said
    found = only(made, "altered")
    assert found.place.endswith("individual.display") and "tekenset" in found.next_step.nl
    participant["display"] = "Z. Rietveen, huisarts"
    assert reconcile(KNOWN, made) == []


def test_a_garbled_name_of_a_code():
    made = cell("huisartsgegevens-2.0", "bram-lisdodde")
    [coding] = resource(made, "hg-observation", "gewicht-praktijk")["code"]["coding"]
    coding["display"] = "lichaamsgewicht"
    assert reconcile(KNOWN, made) == []
    coding["display"] = "gewicht pati?nt"
    found = only(made, "altered")
    assert found.place.endswith("code.coding[0].display") and "tekenset" in found.next_step.nl


PERIOD = "http://nictiz.nl/fhir/StructureDefinition/zib-Medication-PeriodOfUse"
UZI = "http://fhir.nl/fhir/NamingSystem/uzi-nr-pers"


def period_of(request: dict) -> dict:
    return next(item["valuePeriod"] for item in request["extension"] if item["url"] == PERIOD)


def numbered(resource: dict) -> dict:
    return next(item for item in resource["identifier"] if item["system"] == UZI)


@pytest.mark.parametrize(
    ("operation", "name", "change", "kind", "path"),
    [
        (
            *("hg-medicationrequest", "medicatie-metoprolol"),
            lambda one: one.update(status="stopped"),
            *("altered", "status"),
        ),
        (
            *("hg-medicationrequest", "medicatie-paracetamol"),
            lambda one: period_of(one).pop("end"),
            *("absent", f"extension('{PERIOD}').value.end"),
        ),
        (
            *("hg-medicationrequest", "medicatie-metoprolol"),
            lambda one: one["dosageInstruction"][0].pop("text"),
            *("absent", "dosageInstruction[0].text"),
        ),
        (
            *("hg-medicationrequest", "product-enalapril"),
            lambda one: one["code"]["coding"][0].update(display="metoprolol"),
            *("altered", "code.coding[0].display"),
        ),
        (
            *("hg-patient", "wilgenhof-huisarts"),
            lambda one: numbered(one).update(value="000099029"),
            *("altered", "identifier"),
        ),
        (
            *("hg-medicationrequest", "medicatie-paracetamol"),
            lambda one: one["requester"]["agent"].update(reference="Practitioner/waarnemer"),
            *("altered", "requester.agent"),
        ),
        (
            *("hg-allergy", "allergie-penicilline"),
            lambda one: one["reaction"].append({"manifestation": [{"text": "shock"}]}),
            *("altered", "reaction[1]"),
        ),
    ],
    ids=[
        *("withdrawn", "end lost", "dosage without words", "name of another", "other number", "other author"),
        "invented reaction",
    ],
)
def test_what_makes_another_statement(operation, name, change, kind, path):
    made = cell("huisartsgegevens-2.0")
    change(resource(made, operation, name))
    assert only(made, kind).place.endswith(f"resource.{path}")


@pytest.mark.parametrize(
    ("operation", "name", "change"),
    [
        ("hg-medicationrequest", "medicatie-metoprolol", lambda one: one.update(status="active")),
        (
            *("hg-medicationrequest", "medicatie-metoprolol"),
            lambda one: [one["dosageInstruction"][0].pop(key, None) for key in ("timing", "sequence")],
        ),
        ("hg-composition", "verslag-01", lambda one: [item.pop("entry") for item in one["section"]]),
        ("hg-patient", "hanna-wilgenkamp", lambda one: one.update(deceasedBoolean=False)),
        (
            *("hg-patient", "wilgenhof-huisarts"),
            lambda one: [one["name"][0].pop(key) for key in ("given", "family")],
        ),
        (
            "hg-medicationrequest",
            "product-enalapril",
            lambda one: one["code"]["coding"][0].update(display="x"),
        ),
    ],
    ids=[
        "status",
        "dosage in words",
        "section without entries",
        "not deceased",
        "name as text",
        "other words",
    ],
)
def test_what_says_the_same(operation, name, change):
    made = cell("huisartsgegevens-2.0")
    change(resource(made, operation, name))
    assert reconcile(KNOWN, made) == []


def test_a_document_that_a_manifest_lists_and_does_not_hold():
    made = cell("pdfa-3.0")
    manifest = next(
        entry["resource"]
        for bundle_ in made.bundles.values()
        for entry in bundle_["entry"]
        if entry["resource"]["resourceType"] == "DocumentManifest"
    )
    manifest["content"].append({"pReference": {"reference": "DocumentReference/iets-anders"}})
    found = [item for item in reconcile(KNOWN, made) if item.place.endswith("]")]
    assert found and {item.kind for item in found} == {"altered"}


# -- references -----------------------------------------------------------------------------------------------


def test_a_reference_to_another_resource_that_was_answered():
    made = cell("huisartsgegevens-2.0", HANNA, "identifiers")
    reports = [entry["resource"] for entry in made.bundles["hg-composition"]["entry"]]
    reports[0]["encounter"]["reference"] = reports[1]["encounter"]["reference"]
    found = only(made, "altered")
    assert found.place.endswith("resource.encounter") and found.expected.startswith("Encounter/hanna")


def test_a_reference_to_somebody_elses_record():
    made = cell("huisartsgegevens-2.0")
    resource(made, "hg-encounter", "contact-01")["subject"]["reference"] = "Patient/bram-lisdodde"
    assert only(made, "altered").received.startswith("Patient/bram-lisdodde")


def test_a_reference_to_something_never_fetched_is_learned_and_then_held_to():
    made = cell("huisartsgegevens-2.0", HANNA, "identifiers")
    results = [
        entry["resource"]
        for entry in made.bundles["hg-observation"]["entry"]
        if "context" in entry["resource"]
    ]
    del made.bundles["hg-encounter"], made.bundles["hg-composition"]
    by_contact: dict[str, list[dict]] = {}
    for result in results:
        by_contact.setdefault(result["context"]["reference"], []).append(result)
    (left, *_), (right, *_) = list(by_contact.values())[:2]
    assert reconcile(KNOWN, made) == []
    right["context"]["reference"] = left["context"]["reference"]
    assert {item.place.split(".")[-1] for item in reconcile(KNOWN, made)} == {"context"}


def test_a_contained_medication_with_another_code():
    made = cell("huisartsgegevens-2.0", HANNA, "contained")
    request = resource(made, "hg-medicationrequest", "medicatie-metoprolol")
    request["contained"][0]["code"]["coding"][0]["code"] = "C07AB03"
    found = only(made, "altered")
    assert "medication" in found.place and found.received.endswith("C07AB03")


def test_a_code_in_place_of_the_medication():
    made = cell("huisartsgegevens-2.0")
    request = resource(made, "hg-medicationrequest", "medicatie-metoprolol")
    product = resource(made, "hg-medicationrequest", "product-metoprolol")
    made.bundles["hg-medicationrequest"]["entry"] = [
        entry for entry in made.bundles["hg-medicationrequest"]["entry"] if entry["resource"] is not product
    ]
    del request["medicationReference"]
    request["medicationCodeableConcept"] = copy.deepcopy(product["code"])
    assert reconcile(KNOWN, made) == []
    request["medicationCodeableConcept"]["coding"][0]["code"] = "X"
    assert "altered" in {item.kind for item in reconcile(KNOWN, made)}


def test_a_medication_without_any_reference():
    made = cell("huisartsgegevens-2.0")
    resource(made, "hg-medicationrequest", "medicatie-metoprolol")["medicationReference"] = {
        "display": "metoprolol"
    }
    assert only(made, "absent").place.endswith("medication")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Patient/1", "Patient/1"),
        ("https://his.example/fhir/Patient/1", "Patient/1"),
        ("https://his.example/fhir/Patient/1/_history/3", "Patient/1"),
        ("urn:uuid:6f1d6b5e-6c0a-4d0a-9d1c-3a5d1f6f2b10", "urn:uuid:6f1d6b5e-6c0a-4d0a-9d1c-3a5d1f6f2b10"),
        (None, ""),
        (7, ""),
    ],
)
def test_keys_of_references(text, key):
    assert reference_key(text) == key


def test_references_by_urn_lead_to_the_entry_with_that_full_url():
    made = cell("huisartsgegevens-2.0")
    entry = next(
        item
        for item in made.bundles["hg-encounter"]["entry"]
        if item["resource"]["id"].endswith("contact-01")
    )
    entry["fullUrl"] = "urn:uuid:6f1d6b5e-6c0a-4d0a-9d1c-3a5d1f6f2b10"
    resource(made, "hg-composition", "verslag-01")["encounter"]["reference"] = entry["fullUrl"]
    assert reconcile(KNOWN, made) == []
    resource(made, "hg-composition", "verslag-02")["encounter"]["reference"] = entry["fullUrl"]
    assert only(made, "altered").place.endswith("encounter")


# -- answers --------------------------------------------------------------------------------------------------


def test_pages_add_up_and_an_outcome_is_no_content():
    made = cell("huisartsgegevens-2.0")
    whole = made.bundles["hg-encounter"]
    pages = [{**whole, "entry": whole["entry"][:2]}, {**whole, "entry": whole["entry"][2:]}]
    pages[1]["entry"].append(
        {"resource": {"resourceType": "OperationOutcome", "issue": []}, "search": {"mode": "outcome"}}
    )
    answer = answer_of("hg-encounter", pages)
    assert len(answer.given) == 6 and answer.given[2].place == "Bundle(2).entry[0].resource"
    assert Reconciliation(KNOWN, made.record).run([(answer, made.expected["hg-encounter"])]) == []


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "entry": None},
        {"resourceType": "Bundle", "entry": ["x", {}, {"resource": 3}, {"resource": {}}]},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Observation", "code": "x", "component": 3, "valueQuantity": []}}]},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "name": "x", "contact": {"name": []}, "extension": "y"}}]},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": ["Patient"], "id": 4}}]},
    ],
)  # fmt: skip
def test_no_answer_breaks_the_reconciliation(page):
    made = cell("zelfmetingen-2.0")
    answer = answer_of("zm-heartrate", [page])
    found = Reconciliation(KNOWN, made.record).run([(answer, made.expected["zm-heartrate"])])
    assert {item.kind for item in found} >= {"missing"}


@pytest.mark.parametrize("seed", range(30))
def test_no_distorted_resource_breaks_the_comparison(seed):
    """Every value of a resource replaced by something of another shape."""
    rng = random.Random(seed)
    shapes = [
        None,
        True,
        3,
        "x",
        [],
        {},
        [[]],
        [{}],
        {"reference": 3},
        {"coding": "x"},
        {"coding": [3]},
        {"value": {}},
    ]
    entries = [entry for entry in KNOWN.entries if entry.record.person == HANNA]
    table = content_table()
    for entry in rng.sample(entries, 20):
        spoiled = copy.deepcopy(entry.stored.resource)

        def spoil(node):
            for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
                if key != "resourceType" and rng.random() < 0.25:
                    node[key] = copy.deepcopy(rng.choice(shapes))
                elif isinstance(value, (dict, list)):
                    spoil(value)

        spoil(spoiled)
        facts_of(spoiled, table)
        comparison = Comparison(table, lambda left, right: 0.5)
        comparison.resource(entry.stored.resource, spoiled)
        show(spoiled)


def test_equal_content_of_the_person_is_never_called_foreign():
    """A resource that two persons have word for word belongs to whoever asks."""
    records = own_records(T)
    hanna, bram = (next(item for item in records if item.person == name) for name in (HANNA, BRAM))
    twin = copy.deepcopy(bram.resource("Observation/bram-lisdodde-hartslag-1"))
    twin |= {"id": "tweeling", "subject": {"reference": hanna.key}, "performer": [{"reference": hanna.key}]}
    hanna.store.put(twin)
    known = index_records(records)
    made = next(item for item in cells(known, ["zelfmetingen-2.0"], T) if item.record.person == HANNA)
    assert reconcile(known, made) == []


# -- documents ------------------------------------------------------------------------------------------------


def text_of(data: bytes) -> str | None:
    """Stands for an extractor: the letters of our persons by their bytes, other bytes as they are."""
    if data.startswith(b"%PDF"):
        for entry in KNOWN.entries:
            if entry.stored.type == "Binary" and DOCUMENTS.content(entry.record, entry.key) == data:
                return f"{entry.key} " + " ".join(entry.record.documents[entry.key].text)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


DOCUMENTS = Documents(KNOWN, text_of)
LETTER = "Binary/hanna-wilgenkamp-binary-ontslagbrief"


def letters(data: bytes):
    record = next(item for item in KNOWN.records if item.person == HANNA)
    return DOCUMENTS.compare("pd-retrieve", record, LETTER, data)


def content(person: str, name: str) -> bytes:
    record = next(item for item in KNOWN.records if item.person == person)
    return DOCUMENTS.content(record, f"Binary/{person}-binary-{name}")


def test_documents_by_bytes_text_and_phrases():
    mine = content(HANNA, "ontslagbrief")
    assert letters(mine) == []
    assert [item.kind for item in letters(text_of(mine).replace(" ", "\n").encode())] == ["remark"]
    assert letters(b"Ontslagbrief\nOpname wegens boezem-\nfibrilleren, anders opgemaakt") == []
    assert [item.kind for item in letters(b"een heel andere brief")] == ["altered"]
    assert [item.kind for item in letters(b"\xff\xfe\x00scan")] == ["unverified"]


def test_another_document_names_whose_it_is():
    (other,) = letters(content(HANNA, "polibericht"))
    assert (other.kind, other.received) == ("altered", "Binary/hanna-wilgenkamp-binary-polibericht")
    (hidden,) = letters(content(HANNA, "werknotitie"))
    assert hidden.kind == "not-allowed"
    (foreign,) = letters(content(BRAM, "uitslagbrief"))
    assert (foreign.kind, foreign.owner) == ("foreign", "Bram ZZZ_Lisdodde")
    (phrases,) = letters(b"Uitslag onderzoek. De foto van de longen laat geen afwijkingen zien")
    assert phrases.kind == "foreign"


def test_a_letter_that_says_more_than_the_record_may_say_too_much():
    mine = text_of(content(HANNA, "ontslagbrief"))
    line = next(text for text, who in KNOWN.marks.withheld.items() if HANNA in who and len(text) > 30)
    (leak,) = letters(f"{mine} {line}".encode())
    assert (leak.kind, leak.said, leak.leak) == ("not-allowed", line, True)
    other = next(text for text, who in KNOWN.marks.owners.items() if who == BRAM and len(text) > 30)
    (foreign,) = letters(f"{mine} {other}".encode())
    assert (foreign.kind, foreign.owner) == ("foreign", "Bram ZZZ_Lisdodde")


def test_without_phrases_every_word_and_number_of_the_letter_decides():
    record = replace(next(item for item in KNOWN.records if item.person == HANNA), documents={})
    mine = text_of(content(HANNA, "ontslagbrief"))

    def kinds(text: str) -> list[str]:
        found = DOCUMENTS.compare("pd-retrieve", record, LETTER, text.encode())
        return [item.kind for item in found]

    turned = " ".join(reversed(mine.split()))
    assert kinds(turned + " Afgedrukt op 27-11-2026") == []
    assert kinds(turned.replace("boezemfibrilleren", "boezemfladderen")) == ["altered"]
    assert kinds("\ufffd" * len(mine)) == ["unverified"]


# -- markers --------------------------------------------------------------------------------------------------


def test_every_resource_of_a_person_says_whose_it_is():
    """By at least one fact that no other person has; what belongs to a practice or is a product aside."""
    shared = {"Practitioner", "PractitionerRole", "Organization", "Location", "Medication", "Binary"}
    owners: dict = {}
    for entry in KNOWN.entries:
        for fact in entry.facts:
            owners.setdefault(fact, set()).add(entry.record.person)
    nameless = [
        entry.key
        for entry in KNOWN.entries
        if entry.stored.type not in shared and len(entry.record.store) > 10
        and not any(owners[fact] == {entry.record.person} for fact in entry.facts)
    ]  # fmt: skip
    assert nameless == []


def test_terms_that_anybody_may_use_accuse_nobody():
    assert "Boezemfibrilleren/-fladderen" not in KNOWN.marks.owners
    assert KNOWN.marks.owners["Hanneke ZZZ_Wilgenkamp"] == "hanneke-wilgenkamp"
    assert not any(
        person == HANNA
        for text, person in KNOWN.marks.owners.items()
        if "KANARIE" in text and text not in KNOWN.marks.withheld
    )


def test_a_text_is_found_however_it_is_written():
    line = KNOWN.entry(HANNA, "Observation/hanna-wilgenkamp-contact-01-s").stored.resource["valueString"]
    for written in (line, line.replace(" ", "\\n  "), line.replace("e", "&#101;"), f"<b>{line}</b>"):
        said = plain_text(f'{{"div": "<div>{written}</div>"}}'.encode())
        assert [text for text, _ in KNOWN.leaks(said, HANNA)] == [line]
    assert list(KNOWN.leaks("niets bijzonders", HANNA)) == []
    bare = line.replace(" ", "") + "\udceb" * 60
    assert list(KNOWN.found_in(bare, HANNA)) == [(line, HANNA)], "bytes that are no UTF-8 break nothing"


def test_a_bundle_without_entries_is_an_empty_answer():
    made = cell("zelfmetingen-2.0")
    expected = made.expected["zm-empty"]
    assert bundle(expected)["entry"] == []
    assert (
        Reconciliation(KNOWN, made.record).run([(answer_of("zm-empty", [bundle(expected)]), expected)]) == []
    )


def test_a_doctor_of_another_person_is_nobody_elses():
    """Hanna's doctor may be the one who saw Bram; initials and titles are another way to write it."""
    known = index_records([record for record in own_records(T) if record.person in (HANNA, BRAM)])
    for said in ("Zoë ZZZ_Rietveen", "Z. ZZZ_Rietveen", "ZOË ZZZ_RIETVEEN", "Huisartsenpraktijk Wilgenhof"):
        assert not list(known.leaks(plain_text(said.encode()), BRAM)), said


def test_who_may_be_called_so_is_nobody_else():
    """A look-alike's name with initials is the person's own."""
    known = index_records(list(own_records(T)))
    assert [owner for _, owner in known.leaks("Hanneke ZZZ_Wilgenkamp", HANNA)] == ["hanneke-wilgenkamp"]
    assert not list(known.leaks("mw. H. ZZZ_Wilgenkamp", HANNA))


@pytest.mark.parametrize(
    "text",
    [
        *("zo nodig 2 inhalaties", "1 uur voor de maaltijd", "Bloeddruk licht verhoogd."),
        *("3D1T zn (3 maal daags, 1 tablet, zo nodig)", "Contactverslag dd. 2026-08-24"),
        *("Geldt alleen voor dit merk", "Hypertensie zonder orgaanbeschadiging"),
    ],
)
def test_what_any_practice_writes_is_nobodys(text):
    def change(record, key: str, resource: dict) -> None:
        if record.person == BRAM and key.startswith("Composition/"):
            resource["text"] = {"div": f"<div>{text}</div>"}  # what programs write by themselves
            resource["title"] = text if len(text) < 30 else "Verslag"
        elif record.person == BRAM and key.startswith("Observation/"):
            resource["code"]["coding"][0]["display"] = "Hypertensie zonder orgaanbeschadiging"

    known = edited(change)
    assert not list(known.leaks(plain_text(text.encode()), HANNA))


@pytest.mark.parametrize("value", ["06-12345678", "bram@voorbeeld.example"])
def test_how_another_person_is_reached_names_that_person(value):
    def change(record, key: str, resource: dict) -> None:
        if record.person == BRAM and key.startswith("Patient/"):
            resource["telecom"] = [{"value": value}, {"value": "112"}]

    known, said = edited(change), f'{{"telecom":[{{"value":"{value}"}},{{"value":"112"}}]}}'
    assert [owner for _, owner in known.leaks(said, HANNA)] == [BRAM]
    assert not list(known.leaks(said, BRAM))


def edited(change) -> Known:
    """The index of our records after a change of each resource."""
    records = copy.deepcopy(list(own_records(T)))
    for record in records:
        for stored in record:
            change(record, stored.key, stored.resource)
    return index_records(records)


def test_a_short_line_that_stays_inside_accuses_no_other_line():
    """An S line that is one common word may stand in an E line too."""

    def change(record, key: str, resource: dict) -> None:
        if key == "Observation/hanna-wilgenkamp-contact-01-s":
            resource["valueString"] = "Keelpijn"

    known = edited(change)
    for said in ("Virale keelpijn.", "Keelpijn"):
        assert not list(known.leaks(plain_text(said.encode()), HANNA))


def test_a_text_that_stays_inside_for_two_persons_is_found_for_both():
    line = "Geen klachten meer gehad sinds de vorige keer."

    def change(record, key: str, resource: dict) -> None:
        if key in record.withheld and "valueString" in resource:
            resource["valueString"] = line

    known = edited(change)
    persons = known.marks.withheld[line]
    assert len(persons) > 1
    for person in persons:
        assert [text for text, _ in known.leaks(plain_text(line.encode()), person)] == [line]


def test_a_practice_whose_name_is_in_capitals_is_no_foreign_one():
    made = cell("huisartsgegevens-2.0")
    for entry in made.bundles["hg-patient"]["entry"]:
        if entry["resource"]["resourceType"] == "Organization":
            entry["resource"]["name"] = entry["resource"]["name"].upper()
    assert not [item for item in reconcile(KNOWN, made) if item.kind == "foreign"]

"""Words, units, further codes and notes beside content: free to choose, not free to contradict the record."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from harness.core.normal import moments
from harness.core.standards.table import standards
from harness.reference.content import beside
from harness.reference.content.compare import Comparison
from harness.reference.content.table import content_table
from harness.reference.content.wording import Wording
from harness.reference.reconcile.answers import answer_of
from harness.reference.reconcile.cell import Reconciliation
from harness.reference.reconcile.known import index_records
from harness.reference.reconcile.marks import MARK

from truth_cells import cells, known_records  # isort: skip

T = date(2026, 11, 27)
KNOWN = known_records(T)
CELLS = {(cell.record.person, cell.standard): cell for cell in cells(KNOWN, list(standards()), T)}
HANNA = "hanna-wilgenkamp"
ICPC, SCT, UCUM = "http://hl7.org/fhir/sid/icpc-1-nl", "http://snomed.info/sct", "http://unitsofmeasure.org"
INSTRUCTIONS = "http://nictiz.nl/fhir/StructureDefinition/eAfspraak-Appointment-PatientInstructions"
SPECIFICATION = "http://nictiz.nl/fhir/StructureDefinition/code-specification"


def told(standard: str, operation: str, kind: str, change) -> list[tuple[str, str]]:
    """Kinds and ends of places of what is found when one resource of a type is changed."""
    made = CELLS[HANNA, standard].copied()
    entries = (entry["resource"] for entry in made.bundles[operation]["entry"])
    for one in entries:
        if one["resourceType"] == kind and change(one) is not False:
            answers = [(answer_of(name, [item]), made.expected[name]) for name, item in made.bundles.items()]
            found = Reconciliation(KNOWN, made.record).run(answers)
            return [(item.kind, item.place.partition(".resource.")[2]) for item in found]
    raise AssertionError("nothing was changed")


def coded(one: dict, **words) -> None:
    one["code"]["coding"][0].update(words)


@pytest.mark.parametrize(
    ("standard", "operation", "kind", "change", "expected"),
    [
        (
            *("zelfmetingen-2.0", "zm-weight-last", "Observation"),
            lambda one: one["code"].update(text="Hartslag"),
            [("remark", "code.text")],
        ),
        (
            *("zelfmetingen-2.0", "zm-weight-last", "Observation"),
            lambda one: one["valueQuantity"].update(unit="g") if "valueQuantity" in one else False,
            [("altered", "value.unit")],
        ),
        (
            *("zelfmetingen-2.0", "zm-weight-last", "Observation"),
            lambda one: one["valueQuantity"].update(unit="kilo") if "valueQuantity" in one else False,
            [],
        ),
        (
            *("zelfmetingen-2.0", "zm-weight-last", "Observation"),
            lambda one: one.update(comment="na het sporten"),
            [("remark", "comment")],
        ),
        (
            *("zelfmetingen-2.0", "zm-weight-last", "Observation"),
            lambda one: one.update(referenceRange=[{"text": "60-80"}]),
            [("remark", "referenceRange")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-medicationrequest", "Medication"),
            lambda one: one["code"].update(text="metoprolol") if "enalapril" in str(one) else False,
            [("altered", "code.text")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-medicationrequest", "Medication"),
            lambda one: one["code"].update(text="bloeddrukpil"),
            [("remark", "code.text")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-medicationrequest", "MedicationRequest"),
            lambda one: one["context"].update(display="L03") if "status" not in one else False,
            [],
        ),
        (
            *("huisartsgegevens-2.0", "hg-medicationrequest", "MedicationRequest"),
            lambda one: one.update(status="completed") if "status" not in one else False,
            [("remark", "status")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-medicationrequest", "MedicationRequest"),
            lambda one: one.update(note=[{"text": "niet samen met ibuprofen"}]),
            [("remark", "note")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-patient", "Patient"),
            lambda one: one["name"][0].update(text="Piet Paulusma"),
            [("remark", "name[0].text")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-patient", "Patient"),
            lambda one: one["name"][0].update(text="mw. H. ZZZ_Wilgenkamp-Jansen"),
            [],
        ),
        (
            *("huisartsgegevens-2.0", "hg-patient", "Patient"),
            lambda one: one["name"][0].update(text="Hanneke ZZZ_Wilgenkamp"),
            [("foreign", ""), ("altered", "name[0].text")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-patient", "Patient"),
            lambda one: one["name"][0]["_family"]["extension"][0].update(valueString="ZZZ_Jansen"),
            [("altered", "name[0].family")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-patient", "Patient"),
            lambda one: one["address"][0]["_line"][0]["extension"][1].update(valueString="77"),
            [("altered", "address[0].line")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-patient", "Patient"),
            lambda one: one["generalPractitioner"][0].update(display="Wim ZZZ_Duinker"),
            [("altered", "generalPractitioner[0].display")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-patient", "Patient"),
            lambda one: one["generalPractitioner"][0].update(display="de huisarts"),
            [],
        ),
        (
            *("eafspraak-2.0", "ea-future", "Appointment"),
            lambda one: (
                one.update(extension=[{"url": INSTRUCTIONS, "valueString": "Kom nuchter."}])
                if "extension" not in one
                else False
            ),
            [("remark", f"extension('{INSTRUCTIONS}')")],
        ),
        (
            *("eafspraak-2.0", "ea-future", "Appointment"),
            lambda one: one.update(minutesDuration=240),
            [("altered", "minutesDuration")],
        ),
    ],
    ids=[
        *("own words", "other unit", "own unit", "comment", "range", "text of another code", "own text"),
        *("display of another type", "ended", "note", "another name", "a fuller name"),
        *(
            "name of a look-alike",
            "own name of another",
            "number",
            "doctor",
            "own words for the doctor",
            "instructions",
            "minutes",
        ),
    ],
)
def test_what_stands_beside(standard, operation, kind, change, expected):
    assert told(standard, operation, kind, change) == expected


def test_the_name_of_another_resource_of_the_type():
    def change(one):
        context = one.get("context", {})
        contexts = [item["valueReference"] for item in one["extension"] if "valueReference" in item]
        if not contexts or context.get("reference") is None:
            return False
        contexts[0]["display"] = next(name for name in ("L03", "K86") if name != contexts[0].get("display"))
        return None

    found = told("huisartsgegevens-2.0", "hg-medicationrequest", "MedicationRequest", change)
    assert [(kind, place.endswith(".display")) for kind, place in found] == [("altered", True)]


def test_a_translation_that_says_something_else():
    def change(one):
        for item in one.get("_clinicalStatus", {}).get("extension", []):
            if item["url"] == SPECIFICATION:
                item["valueCodeableConcept"]["coding"][0]["code"] = "73425007"
                return None
        return False

    found = told("huisartsgegevens-2.0", "hg-allergy", "AllergyIntolerance", change)
    assert found == [("remark", "clinicalStatus")]


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        *(("kg", "g", "altered"), ("kg", "kilogram", ""), ("kg", "KG", ""), ("Cel", "C", "")),
        *(("mmol/L", "mmol/l", ""), ("mmol/L", "µmol/L", "altered"), ("mmol/L", "umol/l", "altered")),
        *(("/min", "1/min", ""), ("/min", "slagen per minuut", ""), ("/min", "{beats}/min", "")),
        *(("mm[Hg]", "mmHg", ""), ("mm[Hg]", "kPa", "altered"), ("mmol/L", "mg/dL", "remark")),
        *(("cm", "m", "altered"), ("%", "%", ""), ("mo", "m", ""), ("d", "dag", ""), ("h", "u", "")),
        *(
            ("mg", "mcg", "altered"),
            ("mg", "ug", "altered"),
            ("mg", "MG", ""),
            ("mL", "Ml", ""),
            ("mL", "ML", ""),
        ),
        *(("10*9/L", "10^9/l", ""), ("10*9/L", "x10^9/l", ""), ("10*9/L", "G/l", "")),
        *(("ug/L", "ng/ml", ""), ("g/mol", "mg/mmol", ""), ("umol/mmol", "mmol/mol", "")),
        *(("mU/L", "µU/ml", ""), ("mU/L", "MU/L", ""), ("nmol/L", "pmol/ml", ""), ("mL", "cm3", "")),
        *(("mm/h", "mm/u", ""), ("mmol/(24.h)", "mmol/d", ""), ("[pH]", "pH", ""), ("{stuk}", "st", "")),
        *(("mL/min/{1.73_m2}", "ml/min/1,73m2", ""), ("mL/min/{1.73_m2}", "ml/min", "")),
        *(("wk", "d", "altered"), ("d", "dagen", ""), ("d", "weken", "altered"), ("h", "uur", "")),
    ],
)
def test_units_beside_a_code(code, words, kind):
    wanted = {"value": 1, "system": UCUM, "code": code, "unit": "in het dossier"}
    found = list(beside.unit(wanted, wanted | {"unit": words}, Wording(), "value"))
    assert [gap.kind for gap in found] == [kind][: bool(kind)]


def test_a_unit_that_the_records_use_for_another_code():
    quantity = {"value": 1, "system": UCUM, "code": "d", "unit": "dag"}
    known = Wording(
        [{"valueQuantity": quantity | {"code": "wk", "unit": "week"}}, {"valueQuantity": quantity}]
    )
    assert [gap.received for gap in beside.unit(quantity, quantity | {"unit": "Week"}, known, "v")] == [
        "Week"
    ]
    assert not list(beside.unit(quantity, quantity | {"unit": "dagen"}, known, "v"))


def concept(*codes: str, system: str = ICPC, **words) -> dict:
    return {"coding": [{"system": system, "code": code} for code in codes], **words}


def both(one: dict, other: dict) -> dict:
    return {"coding": [*one["coding"], *other["coding"]]}


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (concept("K86", "T90"), ["remark"]),
        (concept("K86", "A01"), ["remark"]),
        (concept("K86", "K86.01"), []),
        (both(concept("K86"), concept("38341003", system=SCT)), []),
        (both(concept("K86"), concept("73211009", system=SCT)), []),
        (both(concept("K86"), concept("1", system="https://his.example/codes")), []),
    ],
    ids=["of another", "unknown", "narrower", "stands together", "in another system", "own"],
)
def test_further_codes(given, kinds):
    known = Wording(
        [
            {"code": both(concept("K86"), concept("38341003", system=SCT))},
            {"code": both(concept("T90"), concept("73211009", system=SCT))},
            {"code": concept("K86.01")},
        ]
    )
    found = list(beside.concept(concept("K86"), given, known, "code"))
    assert [gap.kind for gap in found] == kinds


def test_a_wider_term_is_no_other_code():
    known = Wording(
        [
            {"coding": [{"system": ICPC, "code": "T90", "display": "diabetes mellitus"}]},
            {"coding": [{"system": ICPC, "code": "T90.02", "display": "diabetes mellitus type 2"}]},
            {"coding": [{"system": ICPC, "code": "K86", "display": "hypertensie"}]},
        ]
    )
    wanted = {"coding": [{"system": ICPC, "code": "T90.02", "display": "diabetes mellitus type 2"}]}
    for text, kinds in (
        ("Diabetes mellitus", ["remark"]),
        ("Hypertensie", ["altered"]),
        ("suiker", ["remark"]),
    ):
        assert [gap.kind for gap in beside.concept(wanted, wanted | {"text": text}, known, "code")] == kinds


def test_a_text_that_tells_of_another_code():
    known = Wording(
        [
            {"coding": [{"system": ICPC, "code": "1", "display": "metoprolol"}]},
            {"coding": [{"system": ICPC, "code": "2", "display": "enalapril maleaat"}]},
        ]
    )
    wanted = concept("2")
    for text, kinds in (
        ("Metoprolol 100 mg", ["remark"]),
        ("enalapril maleaat in plaats van metoprolol", []),
    ):
        assert [gap.kind for gap in beside.concept(wanted, wanted | {"text": text}, known, "code")] == kinds
        further = both(wanted, concept("9", system="https://his.example", display=text))
        further["coding"][-1]["display"] = text
        assert [gap.kind for gap in beside.concept(wanted, further, known, "code")] == kinds


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("2026-03-05", ""),
        ("2026-03-06", ""),
        ("2026-03-06T00:00:00+01:00", ""),
        ("2026-03-07", "2026-03-06"),
        (None, ""),
    ],
)
def test_an_end_that_a_duration_gives(end, said):
    period = {"start": "2026-02-27"} | ({"end": end} if end else {})
    table = content_table()
    (where, lasting), *_ = table.lasting.items()
    record = [
        {"url": where, "valuePeriod": {"start": "2026-02-27"}},
        {"url": lasting, "valueDuration": {"value": 1, "code": "wk", "system": UCUM}},
    ]
    trial = Comparison(table, lambda wanted, given: 0.0)
    answer = [{"url": where, "valuePeriod": period}, record[1]]
    trial.resource(
        {"resourceType": "MedicationRequest", "extension": record},
        {"resourceType": "MedicationRequest", "extension": answer},
    )
    assert [(gap.kind, gap.expected) for gap in trial.gaps] == ([("altered", said)] if said else [])


@pytest.mark.parametrize(
    ("start", "duration"),
    [
        *(("2026-02", {"value": 1, "code": "d"}), ("0001-01-01", {"value": 0, "code": "d"})),
        *(("2026-02-01", {"value": "x", "code": "d"}), ("2026-02-01", {"value": 1, "code": "mo"})),
        *(
            ("2026-02-01", None),
            ("2026-02-01", {"code": "wk"}),
            ("2026-02-01", {"value": 10**9, "code": "d"}),
        ),
    ],
)
def test_ends_that_cannot_be_told(start, duration):
    assert moments.ends(start, duration) == ()


NAME = {"given": ["Hanna", "H"], "family": "van der Wilgenkamp", "text": "Hanna van der Wilgenkamp"}


@pytest.mark.parametrize(
    "text",
    [
        *("H. van der Wilgenkamp", "Wilgenkamp,H.", "mw. H. v.d. Wilgenkamp", "WILGENKAMP, HANNA"),
        *("Hanna van der Wilgenkamp-Jansen", "mevrouw Van der Wilgenkamp"),
    ],
)
def test_other_ways_to_write_a_name(text):
    known = Wording([{"resourceType": "Patient", "id": "1", "name": [{"text": "H. van der Wilgenkamp"}]}])
    assert not list(beside.name(NAME, NAME | {"text": text}, known, "name"))


@pytest.mark.parametrize(
    ("own", "said"),
    [("De Hoed", "Hoed"), ("XXX_Stalewska", "van XXX_Stalewska"), ("ZZZ_Rietveen", "zzz_rietveen")],
)
def test_a_family_name_with_its_prefix_or_without(own, said):
    url = "http://hl7.org/fhir/StructureDefinition/humanname-own-name"
    one, other = ({"_family": {"extension": [{"url": url, "valueString": text}]}} for text in (own, said))
    assert not list(beside.name(one, other, Wording(), "name"))


@pytest.mark.parametrize(
    ("line", "ours", "theirs", "told"),
    [
        ("Knolweg 1000", "1001", "1001", False),
        ("Knolweg 12 a", "12 a", "12a", False),
        ("Knolweg 12-3", "12-3", "12 - 3", False),
        ("Knolweg 12", "12", "0012", False),
        ("Knolweg 12", "12", "77", True),
        ("Knolweg 12", "", "77", False),
    ],
)
def test_the_number_of_a_house(line, ours, theirs, told):
    def written(number: str) -> dict:
        url = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-houseNumber"
        parts = [{"extension": [{"url": url, "valueString": number}]}] if number else []
        return {"line": [line], "_line": parts}

    assert bool(list(beside.address(written(ours), written(theirs), "address"))) is told


@pytest.mark.parametrize(
    ("wanted", "given", "told"),
    [
        ({}, {"minutesDuration": 15}, False),
        ({}, {"minutesDuration": 20}, False),
        ({}, {"minutesDuration": 40}, True),
        ({"minutesDuration": 40}, {"minutesDuration": 40}, False),
        ({}, {"minutesDuration": 40, "end": "2026-11-25T09:00:00+01:00"}, False),
    ],
)
def test_minutes_of_an_appointment(wanted, given, told):
    slot = {"start": "2026-11-25T09:00:00+01:00", "end": "2026-11-25T09:20:00+01:00"}
    assert bool(list(beside.duration(slot | wanted, slot | given, "Appointment"))) is told


def test_two_translations_of_one_system():
    def said(*listed: str) -> list[dict]:
        return [{"valueCodeableConcept": concept(code, system=SCT)} for code in listed]

    assert not list(beside.translations(said("1", "2"), said("2", "1"), "status"))
    assert not list(beside.translations(said("1"), said("1", "3"), "status"))
    assert not list(beside.translations(said("1"), [{"valueCodeableConcept": concept("9")}], "status"))
    assert [gap.kind for gap in beside.translations(said("1"), said("3"), "status")] == ["remark"]


def test_generic_names_of_what_is_referred_to():
    known = Wording(
        [
            {"context": {"reference": "Encounter/1", "display": "Contact"}},
            {"context": {"reference": "Encounter/2", "display": "Consult met Dokter Bernard"}},
            {"performer": {"reference": "Practitioner/1", "display": "Jan ZZZ_Jansen"}},
            {"performer": {"reference": "Practitioner/2", "display": "J. ZZZ_Jansen"}},
            {"performer": {"reference": "Practitioner/3", "display": "Wim ZZZ_Duinker"}},
        ]
    )
    contact = {"reference": "Encounter/1", "display": "Contact"}
    doctor = {"reference": "Practitioner/1", "display": "Jan ZZZ_Jansen"}
    assert not list(beside.display(contact, contact | {"display": "Consult met Dokter Bernard"}, known, "c"))
    assert not list(beside.display(doctor, doctor | {"display": "J. ZZZ_Jansen"}, known, "p"))
    assert list(beside.display(doctor, doctor | {"display": "Wim ZZZ_Duinker"}, known, "p"))


def test_names_of_episodes_and_letters():
    known = Wording(
        [
            {"a": {"reference": "EpisodeOfCare/1", "display": "Lage rugpijn zonder uitstraling"}},
            {"a": {"reference": "EpisodeOfCare/2", "display": "Hypertensie zonder orgaanbeschadiging"}},
            {"a": {"reference": "EpisodeOfCare/3", "display": "Lage rugpijn"}},
        ]
    )
    pain = {"reference": "EpisodeOfCare/1", "display": "Lage rugpijn zonder uitstraling"}
    for words, told in (("Hypertensie zonder orgaanbeschadiging", True), ("lage rugpijn", False)):
        assert bool(list(beside.display(pain, pain | {"display": words}, known, "a"))) is told


def test_a_mark_of_a_few_characters_names_nobody():
    assert all(len(text) >= MARK for text in KNOWN.marks.owners)
    records = [
        replace(record, markers=("_ a",)) if record.person == HANNA else record for record in KNOWN.records
    ]
    assert "_ a" not in index_records(records).marks.owners
    longer = [
        replace(record, markers=("ZZZ_Ra",)) if record.person == HANNA else record for record in KNOWN.records
    ]
    assert index_records(longer).marks.owners["ZZZ_Ra"] == HANNA


def test_lines_in_capitals_are_found():
    line = KNOWN.entry(HANNA, "Observation/hanna-wilgenkamp-contact-01-s").stored.resource["valueString"]
    for said in (line.upper(), line.title(), line.swapcase()):
        assert [text for text, _ in KNOWN.leaks(said, HANNA)] == [line]
        assert list(KNOWN.found_in(said, HANNA)) == [(line, HANNA)]


@pytest.mark.parametrize(
    ("standard", "operation", "kind", "change", "expected"),
    [
        # what a vendor's system calls it, or how it writes it
        ("huisartsgegevens-2.0", "hg-composition", "Composition", {"title": "Deelcontact"}, [("remark", "title")]),
        ("huisartsgegevens-2.0", "hg-encounter", "Encounter", {"period": "start only"}, []),
        # what the record does not say: told
        (
            *("huisartsgegevens-2.0", "hg-medicationrequest", "MedicationRequest"),
            {"dosageInstruction.0.route": {"text": "rectaal"}},
            [("remark", "dosageInstruction[0].route")],
        ),
        (
            *("huisartsgegevens-2.0", "hg-medicationrequest", "MedicationRequest"),
            {"status": "on-hold"},
            [("remark", "status")],
        ),
        ("huisartsgegevens-2.0", "hg-medicationrequest", "MedicationRequest", {"status": "active"}, []),
        (
            *("huisartsgegevens-2.0", "hg-encounter", "Encounter"),
            {"hospitalization": {"dischargeDisposition": {"text": "overleden"}}},
            [("remark", "hospitalization")],
        ),
        ("huisartsgegevens-2.0", "hg-patient", "Patient", {"maritalStatus": {"text": "gehuwd"}}, []),
    ],
)  # fmt: skip
def test_what_a_system_says_more(standard, operation, kind, change, expected):
    def apply(one):
        if kind == "MedicationRequest" and "status" in one:
            return False
        for path, value in change.items():
            *way, last = path.split(".")
            node = one
            for step in way:
                node = node[int(step)] if step.isdigit() else node[step]
            node[last] = {"start": one["period"]["start"]} if value == "start only" else value
        return None

    assert told(standard, operation, kind, apply) == expected


@pytest.mark.parametrize(
    ("wanted", "given", "kinds"),
    [
        (("mmol/L", "5.4"), ("mmol/l", "5.4"), []),
        (("/min", "72"), ("{beats}/min", "72"), []),
        (("mmol/L", "5.4"), ("mmol/L{nuchter}", "5.4"), []),
        (("kg", "78.4"), ("g", "78400"), ["remark"]),
        (("kg", "78.4"), ("g", "7840"), ["altered"]),
        (("kg", "78.4"), ("g", "78.4"), ["altered"]),
        (("mmol/L", "5.4"), ("mg/dL", "97.3"), ["altered"]),
        (("Cel", "37"), ("K", "310.15"), ["altered"]),
        (("kg", "78.4"), ("g", "1e999999999"), ["altered"]),
        (("kg", "78.4"), ("g", "1/0"), ["altered"]),
    ],
)
def test_codes_of_units_that_are_equal(wanted, given, kinds):
    made = [
        {"value": value, "system": UCUM, "code": code, "unit": "eenheid"} for code, value in (wanted, given)
    ]
    assert [
        gap.kind for gap in compared("Observation", {"valueQuantity": made[0]}, {"valueQuantity": made[1]})
    ] == kinds


def test_a_unit_is_looked_at_beside_an_equal_code_too():
    held = {"value": "5.4", "system": UCUM, "code": "mmol/L", "unit": "mmol/L"}
    given = held | {"code": "mmol/l", "unit": "umol/l"}
    assert [
        gap.path for gap in compared("Observation", {"valueQuantity": held}, {"valueQuantity": given})
    ] == ["Observation.value.unit"]


JUNK = (
    None,
    True,
    0,
    "",
    "x",
    "1e999999999",
    "1/0",
    [],
    [[]],
    ["x"],
    {},
    {"x": {}},
    {"family": 1, "display": [], "value": {}},
    Decimal("1e999999999"),
    Decimal("1e-999999999"),
)


@pytest.mark.parametrize("kind", sorted({stored.type for record in KNOWN.records for stored in record}))
def test_no_junk_breaks_a_comparison(kind):
    """Both sides: two answers of a server are compared with each other too."""
    known = Wording(stored.resource for record in KNOWN.records for stored in record)
    held = [stored.resource for record in KNOWN.records for stored in record if stored.type == kind]

    def places(node):
        keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            yield node, key
            yield from places(node[key])

    spoilt = copy.deepcopy(max(held, key=lambda one: sum(1 for _ in places(one))))
    whole = copy.deepcopy(spoilt)
    for node, key in list(places(spoilt)):
        if key == "resourceType":
            continue
        kept = node[key]
        for junk in JUNK:
            node[key] = junk
            for pair in ((whole, spoilt), (spoilt, whole)):
                Comparison(content_table(), lambda one, other: 0.0, wording=known).resource(*pair)
        node[key] = kept


def compared(kind: str, wanted: dict, given: dict) -> list:
    comparison = Comparison(content_table(), lambda one, other: 0.0)
    comparison.resource({"resourceType": kind, **wanted}, {"resourceType": kind, **given})
    return comparison.gaps


STREET = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetName"
ZOE = {"family": "ZZZ_Rietveen", "given": ["Zoë"]}
HAN = {"family": "ZZZ_Wilgenkamp", "given": ["Hanna", "H"]}


@pytest.mark.parametrize(
    ("kind", "wanted", "given", "kinds"),
    [
        ("Practitioner", ZOE, {"family": "ZZZ_Rietveen", "given": ["Z."]}, []),
        ("Practitioner", ZOE, {"text": "Z. ZZZ_Rietveen"}, []),
        ("Practitioner", ZOE, {"family": "ZZZ_Rietveen", "given": ["Wim"]}, ["altered"]),
        ("Practitioner", ZOE, {"family": "ZZZ_Duinker", "given": ["Zoë"]}, ["altered"]),
        ("Practitioner", {"text": "A. ZZZ_Meerman"}, {"text": "Mw. ZZZ_Meerman, A., cardioloog"}, []),
        ("Practitioner", {"text": "A. ZZZ_Meerman"}, {"text": "A. ZZZ_Duinker"}, ["altered"]),
        ("Patient", HAN, {"family": "ZZZ_Wilgenkamp", "given": ["H", "Hanna"]}, []),
        ("Patient", HAN, {"family": "ZZZ_Wilgenkamp", "given": ["Hanna"]}, []),
        ("Patient", HAN, {"family": "ZZZ_Wilgenkamp", "given": ["Hanneke"]}, ["altered"]),
        ("Patient", HAN, {"family": "ZZZ_Wilgenkamp", "given": ["H"]}, ["altered"]),
        ("Patient", HAN, {"text": "H. ZZZ_Wilgenkamp"}, []),
        ("Patient", HAN, {"text": "Hanneke ZZZ_Wilgenkamp"}, ["altered"]),
    ],
)
def test_names_of_one_person(kind, wanted, given, kinds):
    assert [gap.kind for gap in compared(kind, {"name": [wanted]}, {"name": [given]})] == kinds


@pytest.mark.parametrize(
    ("wanted", "given", "kinds"),
    [
        ({"period": 1, "periodUnit": "d"}, {"frequency": 1, "period": 24, "periodUnit": "h"}, []),
        ({"frequency": 1, "period": 1, "periodUnit": "d"}, {"frequency": 1, "period": 12, "periodUnit": "h"}, ["altered", "altered"]),
        ({"frequency": 1, "period": 1, "periodUnit": "d"}, {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]}, ["remark"]),
    ],
)  # fmt: skip
def test_how_often_is_one_thing(wanted, given, kinds):
    made = [{"dosageInstruction": [{"timing": {"repeat": one}}]} for one in (wanted, given)]
    assert [gap.kind for gap in compared("MedicationRequest", *made)] == kinds


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ({"text": "Verzinselpad, 7, 1234 AB Teststad"}, []),
        ({"line": ["Verzinselpad, 7"]}, []),
        ({"line": ["Verzinselpad 7"], "text": "Verzinselpad 9, 1234 AB Teststad"}, ["altered"]),
        ({"line": ["Verzinselpad 7"], "text": "Verzinselpad 7, 1234 AB Teststad"}, []),
        ({"_line": [{"extension": [{"url": STREET, "valueString": "Dorpsstraat"}]}]}, ["remark"]),
        ({"_line": [{"extension": [{"url": STREET, "valueString": "Verzinselpad"}]}]}, []),
    ],
)
def test_an_address_in_lines_and_in_text(given, kinds):
    held = {"line": ["Verzinselpad 7"], "postalCode": "1234 AB", "city": "Teststad"}
    answer = given if "text" in given and "line" not in given else held | given
    assert [gap.kind for gap in compared("Patient", {"address": [held]}, {"address": [answer]})] == kinds


@pytest.mark.parametrize(
    ("display", "kinds"),
    [
        ("Geen penicilline-allergie", ["altered"]),
        ("allergie voor penicilline", []),
        ("Penicilline, niet gespecificeerd", []),
        ("Geen allergie voor penicilline", ["altered"]),
        ("amoxicilline", ["remark"]),
        ("76-allergie", []),
        ("Niet-orale penicilline-allergie", []),
    ],
)
def test_a_display_that_denies_or_has_nothing_in_common(display, kinds):
    wanted = {"coding": [{"system": SCT, "code": "764146007", "display": "Penicilline-allergie"}]}
    given = {"coding": [{"system": SCT, "code": "764146007", "display": display}]}
    assert [gap.kind for gap in beside.concept(wanted, given, Wording([wanted]), "code")] == kinds


def test_punctuation_and_parts_hide_no_withheld_line():
    line = next(text for text, who in KNOWN.marks.withheld.items() if HANNA in who and len(text.split()) > 4)
    words = line.split()
    for said in (
        line.replace(" ", ", ", 1),
        "; ".join(words),
        f"nu: {' '.join(words[1:])}",
        " ".join(words[-5:]),
    ):
        assert [owner for _, owner in KNOWN.leaks(f'{{"text":"{said}"}}', HANNA)], said
    assert not list(KNOWN.leaks(f'{{"text":"{" ".join(words[::2])}"}}', HANNA))

"""The base specification: for every rule a resource that keeps it and one that breaks it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from harness.fhir.codec.documents import parse
from harness.fhir.outcomes import operation_outcome
from harness.fhir.validation import Validator

Json = dict[str, Any]
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


@pytest.fixture(scope="module")
def validator() -> Validator:
    """A validator as in a fresh install."""
    return Validator()


def patient() -> Json:
    """A patient without defects."""
    return {
        "resourceType": "Patient",
        "id": "p1",
        "text": {"status": "generated", "div": DIV.format("<p>Test</p>")},
        "identifier": [{"system": "http://example.org/ids", "value": "1"}],
        "active": True,
        "name": [{"family": "Test", "given": ["A", "B"]}],
        "gender": "female",
        "birthDate": "1980-02-29",
        "multipleBirthInteger": 1,
        "contact": [{"name": {"text": "Buur"}}],
        "generalPractitioner": [{"reference": "Practitioner/1"}],
    }


def observation() -> Json:
    """An observation without defects."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5", "display": "Temp"}]},
        "effectivePeriod": {"start": "2020-01-01", "end": "2020-01-02"},
        "valueQuantity": {
            "value": Decimal("37.20"),
            "unit": "C",
            "system": "http://unitsofmeasure.org",
            "code": "Cel",
        },
    }


def bundle() -> Json:
    """A bundle without defects."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": "http://example.org/fhir/Patient/p1", "resource": patient()},
            {
                "fullUrl": "http://example.org/fhir/Observation/o1",
                "resource": {**observation(), "id": "o1", "subject": {"reference": "Patient/p1"}},
            },
        ],
    }


def rules(validator: Validator, resource: Json) -> set[tuple[str, str]]:
    """``(rule, path)`` of every error."""
    return {(i.rule, i.path) for i in validator.validate(resource) if i.severity == "error"}


@pytest.mark.parametrize("make", [patient, observation, bundle])
def test_good_resources_have_no_error(validator: Validator, make: Callable[[], Json]) -> None:
    assert rules(validator, make()) == set()


def put(*keys: str | int, value: Any) -> Callable[[Json], None]:
    """Sets a value at a path."""

    def change(resource: Json) -> None:
        target: Any = resource
        for key in keys[:-1]:
            target = target[key]
        target[keys[-1]] = value

    return change


def drop(*keys: str | int) -> Callable[[Json], None]:
    """Removes what stands at a path."""

    def change(resource: Json) -> None:
        target: Any = resource
        for key in keys[:-1]:
            target = target[key]
        del target[keys[-1]]

    return change


CASES: list[tuple[str, Callable[[], Json], Callable[[Json], None], str, str]] = [
    ("unknown", patient, put("naam", value="x"), "fhir-unknown-element", "Patient.naam"),
    ("unknown below", patient, put("name", 0, "x", value=1), "fhir-unknown-element", "Patient.name[0].x"),
    ("unknown in _key", patient, put("_gender", value={"x": 1}), "fhir-unknown-element", "Patient.gender.x"),
    ("required", observation, drop("status"), "fhir-cardinality-min", "Observation"),
    ("not a list", patient, put("name", value={"family": "x"}), "fhir-list", "Patient.name"),
    ("a list", patient, put("gender", value=["female"]), "fhir-scalar", "Patient.gender"),
    ("a list of objects", observation, put("code", value=[{"text": "x"}]), "fhir-scalar", "Observation.code"),
    ("string for object", patient, put("name", 0, value="x"), "fhir-type", "Patient.name[0]"),
    ("object for string", patient, put("gender", value={"a": 1}), "fhir-type", "Patient.gender"),
    ("number for string", patient, put("gender", value=5), "fhir-type", "Patient.gender"),
    ("string for boolean", patient, put("active", value="true"), "fhir-primitive-format", "Patient.active"),
    ("boolean for integer", patient, put("multipleBirthInteger", value=True), "fhir-type", "Patient.multipleBirth"),
    ("decimal for integer", patient, put("multipleBirthInteger", value=Decimal("1.5")), "fhir-type", "Patient.multipleBirth"),
    ("impossible date", patient, put("birthDate", value="1981-02-29"), "fhir-primitive-format", "Patient.birthDate"),
    ("date without zeros", patient, put("birthDate", value="1981-2-1"), "fhir-primitive-format", "Patient.birthDate"),
    ("long string", patient, put("name", 0, "family", value="x" * (1024 * 1024 + 1)), "fhir-primitive-format", "Patient.name[0].family"),
    ("empty string", patient, put("gender", value=""), "fhir-primitive-format", "Patient.gender"),
    ("empty object", patient, put("contact", 0, value={}), "fhir-empty", "Patient.contact[0]"),
    ("empty list", patient, put("contact", value=[]), "fhir-empty", "Patient.contact"),
    ("null", patient, put("gender", value=None), "fhir-null", "Patient.gender"),
    ("null in list", patient, put("name", 0, "given", 1, value=None), "fhir-null", "Patient.name[0].given[1]"),
    ("two of a choice", patient, put("multipleBirthBoolean", value=True), "fhir-choice", "Patient.multipleBirth"),
    ("id", patient, put("id", value="a_b"), "fhir-primitive-format", "Patient.id"),
    ("uri", patient, put("identifier", 0, "system", value="a b"), "fhir-primitive-format", "Patient.identifier[0].system"),
    ("uuid in uri", patient, put("identifier", 0, "system", value="urn:uuid:x"), "fhir-primitive-format", "Patient.identifier[0].system"),
    ("no fullUrl", bundle, drop("entry", 0, "fullUrl"), "fhir-cardinality-min", "Bundle.entry[0]"),
    ("relative system", patient, put("identifier", 0, "system", value="x"), "fhir-system-relative", "Patient.identifier[0].system"),
    ("required code", patient, put("gender", value="vrouw"), "fhir-binding-required", "Patient.gender"),
    ("code not in system", patient, put("maritalStatus", value={"coding": [{"system": "http://hl7.org/fhir/v3/MaritalStatus", "code": "??"}]}), "fhir-code-unknown", "Patient.maritalStatus.coding[0].code"),
    ("language", patient, put("language", value="nederlands"), "fhir-binding-required", "Patient.language"),
    ("reference type", patient, put("generalPractitioner", 0, "reference", value="Medication/1"), "fhir-reference-type", "Patient.generalPractitioner[0].reference"),
    ("dangling", patient, put("generalPractitioner", 0, "reference", value="#x"), "ref-1", "Patient.generalPractitioner[0].reference"),
    ("unused contained", patient, put("contained", value=[{"resourceType": "Patient", "id": "c"}]), "dom-3", "Patient.contained[0]"),
    ("contained type", patient, put("contained", value=[{"resourceType": "Nope", "id": "c"}]), "fhir-resource-type", "Patient.contained[0]"),
    ("relative extension", patient, put("extension", value=[{"url": "y", "valueString": "x"}]), "fhir-extension-url", "Patient.extension[0].url"),
    ("extension both", patient, put("extension", value=[{"url": "http://x.nl/y", "valueString": "x", "extension": [{"url": "http://x.nl/z", "valueString": "x"}]}]), "ext-1", "Patient.extension[0]"),
    ("extension type", patient, put("extension", value=[{"url": "http://hl7.org/fhir/StructureDefinition/birthPlace", "valueString": "x"}]), "fhir-choice-type", "Patient.extension[0].value"),
    ("extension place", observation, put("extension", value=[{"url": "http://hl7.org/fhir/StructureDefinition/birthPlace", "valueAddress": {"city": "x"}}]), "fhir-extension-context", "Observation.extension[0]"),
    ("script", patient, put("text", "div", value=DIV.format("<script>x</script>")), "txt-1", "Patient.text.div"),
    ("handler", patient, put("text", "div", value=DIV.format("<p onclick='x'>x</p>")), "txt-1", "Patient.text.div"),
    ("link", patient, put("text", "div", value=DIV.format("<a href='javascript:x'>x</a>")), "fhir-xhtml", "Patient.text.div"),
    ("blank narrative", patient, put("text", "div", value=DIV.format(" ")), "txt-2", "Patient.text.div"),
    ("no xhtml", patient, put("text", "div", value="<div>x</div>"), "fhir-xhtml", "Patient.text.div"),
    ("broken xhtml", patient, put("text", "div", value=DIV.format("<b>")), "fhir-xhtml", "Patient.text.div"),
    ("entity", patient, put("text", "div", value="<!DOCTYPE x [<!ENTITY a 'b'>]>" + DIV.format("&a;")), "fhir-xhtml", "Patient.text.div"),
    ("period", observation, put("effectivePeriod", "end", value="2019-01-01"), "per-1", "Observation.effective"),
    ("unit system", observation, drop("valueQuantity", "system"), "qty-3", "Observation.value"),
    ("obs-6", observation, put("dataAbsentReason", value={"text": "x"}), "obs-6", "Observation"),
    ("pat-1", patient, put("contact", 0, value={"gender": "female"}), "pat-1", "Patient.contact[0]"),
    ("entry", bundle, put("entry", 0, "resource", "gender", value="x"), "fhir-binding-required", "Bundle.entry[0].resource.gender"),
    ("entry type", bundle, put("entry", 0, "resource", "resourceType", value="X"), "fhir-resource-type", "Bundle.entry[0].resource"),
    ("fullUrl", bundle, put("entry", 0, "fullUrl", value="http://example.org/fhir/Patient/p2"), "fhir-bundle-fullurl", "Bundle.entry[0].fullUrl"),
    ("document", bundle, put("type", value="document"), "fhir-bundle-first-entry", "Bundle.entry[0]"),
    ("bdl-1", bundle, put("total", value=1), "bdl-1", "Bundle"),
    ("reference into bundle", bundle, put("entry", 1, "resource", "subject", "reference", value="Observation/o1"), "fhir-reference-type", "Bundle.entry[1].resource.subject.reference"),
    ("profile type", patient, put("meta", value={"profile": ["http://hl7.org/fhir/StructureDefinition/Observation"]}), "fhir-profile-type", "Patient.meta.profile"),
]  # fmt: skip


COMPANIONS = {
    "fhir-resource-type": ("dom-3", "fhir-reference-type"),  # as seen from the rest of the document
    "fhir-bundle-first-entry": ("bdl-9",),
    "fhir-null": ("fhir-empty",),
    "fhir-empty": ("fhir-null",),
}
"""Other rules that the same defect breaks."""


@pytest.mark.parametrize(
    ("make", "change", "rule", "path"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_each_rule_fires_alone_and_in_place(
    validator: Validator, make: Callable[[], Json], change: Callable[[Json], None], rule: str, path: str
) -> None:
    resource = copy.deepcopy(make())
    change(resource)
    found = rules(validator, resource)
    assert (rule, path) in found
    assert {r for r, _ in found} <= {rule, *COMPANIONS.get(rule, ())}


def test_unknown_extension_is_a_warning_and_other_unknown_things_are_not_checked(
    validator: Validator,
) -> None:
    resource = patient()
    resource["extension"] = [{"url": "http://example.org/x", "valueString": "x"}]
    resource["modifierExtension"] = [{"url": "http://example.org/y", "valueString": "x"}]
    resource["meta"] = {"profile": ["http://example.org/profile"]}
    found = {(i.rule, i.severity) for i in validator.validate(resource)}
    assert ("fhir-extension-unknown", "warning") in found
    assert ("fhir-extension-modifier-unknown", "not-checked") in found
    assert ("fhir-profile-unknown", "not-checked") in found


def test_a_code_that_cannot_be_verified_is_not_checked(validator: Validator) -> None:
    resource = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://hl7.org/fhir/v3/ActCode", "code": "AMB"},
    }
    assert not [i for i in validator.validate(resource) if i.severity == "error"]
    resource["type"] = [{"coding": [{"system": "http://snomed.info/sct", "code": "1"}]}]
    assert not [i for i in validator.validate(resource) if i.severity == "error"]


def test_primitive_extension_stands_in_for_a_value(validator: Validator) -> None:
    resource = observation()
    del resource["status"]
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    resource["_status"] = {"extension": [absent]}
    assert rules(validator, resource) == set()


def test_line_and_column_in_xml_and_json(validator: Validator) -> None:
    xml = (
        b'<Patient xmlns="http://hl7.org/fhir">\n  <active value="true"/>\n  <gender value="x"/>\n</Patient>'
    )
    issue = next(i for i in validator.validate(parse(xml, model=validator.model)) if i.severity == "error")
    assert (issue.path, issue.line, issue.column) == ("Patient.gender", 3, 3)
    json = b'{"resourceType": "Patient",\n "active": true,\n "gender": "x"}'
    issue = next(i for i in validator.validate(parse(json, model=validator.model)) if i.severity == "error")
    assert (issue.path, issue.line, issue.column) == ("Patient.gender", 3, 2)


def test_every_issue_is_bilingual_and_short(validator: Validator) -> None:
    resource = patient()
    resource["naam"] = "x" * 10_000
    for issue in validator.validate(resource):
        assert issue.message.nl and issue.message.en and issue.message.nl != issue.message.en
        assert len(issue.received) <= 200 and len(issue.expected) <= 200


def test_operation_outcome_is_valid_itself(validator: Validator) -> None:
    resource = patient()
    resource["gender"] = "x"
    assert rules(validator, operation_outcome(validator.validate(resource))) == set()
    assert rules(validator, operation_outcome([])) == set()


def test_depth_is_a_finding(validator: Validator) -> None:
    extension: Json = {"url": "http://example.org/x", "valueString": "x"}
    for _ in range(400):
        extension = {"url": "http://example.org/x", "extension": [extension]}
    resource = {**patient(), "extension": [extension]}
    assert "fhir-depth" in {i.rule for i in validator.validate(resource)}


def test_pure(validator: Validator) -> None:
    resource = bundle()
    resource["entry"][0]["resource"]["gender"] = "x"
    before = copy.deepcopy(resource)
    assert validator.validate(resource) == validator.validate(resource)
    assert resource == before


def test_r4_base_specification() -> None:
    r4 = Validator(version="R4")
    good = {"resourceType": "Patient", "gender": "female", "contact": [{"name": {"text": "x"}}]}
    assert not [i for i in r4.validate(good) if i.severity == "error"]
    assert [i.rule for i in r4.validate({**good, "gender": "x"}) if i.severity == "error"] == [
        "fhir-binding-required"
    ]

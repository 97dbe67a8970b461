"""Profiles: every constraint kind with a small fact book of our own; each slicing discriminator, good and bad."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from harness.core.errors import ConfigurationError
from harness.fhir.model.definitions import embedded
from harness.fhir.profiles.books.as_yaml import from_yaml
from harness.fhir.profiles.books.book import FactBook
from harness.fhir.profiles.differentials import merge
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.snapshot import expand
from harness.fhir.validation import Validator
from harness.fhir.validation.engine import Engine

Json = dict[str, Any]
X = "http://example.org/p/"

BOOK = """
format: 1
origins: []
profiles:
  http://example.org/p/base:
    type: Observation
    base: http://hl7.org/fhir/StructureDefinition/Observation
    elements:
    - {id: identifier, card: 1..2}
    - {id: bodySite, card: ..0}
    - {id: status, fixed: {code: final}}
    - {id: code, pattern: {CodeableConcept: {coding: [{system: 'http://example.org/cs', code: a}]}}}
    - {id: 'value[x]:valueQuantity', path: valueQuantity, card: 1..}
    - {id: 'value[x]:valueQuantity.value', path: valueQuantity.value, card: 1.., min: {decimal: 0}, max: {decimal: 10.5}}
    - {id: comment, length: 5}
    - {id: subject, types: [{code: Reference, targets: ['http://example.org/p/patient']}]}
    - {id: method, binding: required http://example.org/vs}
    - {id: category, rules: [{key: own-1, expression: coding.exists()}]}
    - {id: component, slicing: {by: ['pattern:code']}}
    - {id: 'component:one', card: 1..1}
    - {id: 'component:one.code', pattern: {CodeableConcept: {coding: [{code: one}]}}}
    - {id: 'component:one.valueString', card: 1..}
    - {id: 'component:two', card: 0..1}
    - {id: 'component:two.code.coding.code', fixed: {code: two}}
  http://example.org/p/derived:
    type: Observation
    base: http://example.org/p/base
    elements:
    - {id: 'component:one.interpretation', card: ..0}
    - {id: 'component:three', card: 0..1}
    - {id: 'component:three.code', pattern: {CodeableConcept: {coding: [{code: three}]}}}
  http://example.org/p/patient:
    type: Patient
    base: http://hl7.org/fhir/StructureDefinition/Patient
    elements:
    - {id: birthDate, card: 1..}
    - {id: identifier, slicing: {by: ['value:system'], rules: closed}}
    - {id: 'identifier:a', card: 1..1}
    - {id: 'identifier:a.system', card: 1.., fixed: {uri: 'http://example.org/a'}}
    - {id: 'identifier:b', card: 0..1}
    - {id: 'identifier:b.system', card: 1.., fixed: {uri: 'http://example.org/b'}}
    - {id: name, types: [{code: HumanName, profiles: ['http://example.org/p/name']}]}
    - {id: telecom, slicing: {by: ['exists:period']}}
    - {id: 'telecom:with', card: ..1}
    - {id: 'telecom:with.period', card: 1..}
    - {id: 'extension:size', card: 1..1, types: [{code: Extension, profiles: ['http://example.org/p/size']}]}
    - {id: generalPractitioner, slicing: {by: ['type:resolve()']}}
    - {id: 'generalPractitioner:org', card: ..1, types: [{code: Reference, targets: ['http://hl7.org/fhir/StructureDefinition/Organization']}]}
    - {id: maritalStatus.coding, slicing: {by: ['value:$this']}}
    - {id: 'maritalStatus.coding:ours', card: 1..1, binding: required http://example.org/vs}
  http://example.org/p/name:
    kind: complex-type
    type: HumanName
    base: http://hl7.org/fhir/StructureDefinition/HumanName
    elements:
    - {id: family, card: 1..}
  http://example.org/p/size:
    kind: complex-type
    type: Extension
    base: http://hl7.org/fhir/StructureDefinition/Extension
    contexts: [Patient]
    elements:
    - {id: url, fixed: {uri: 'http://example.org/p/size'}}
    - {id: valueInteger, path: valueInteger, card: 1..}
  http://example.org/p/old:
    type: Observation
    base: http://hl7.org/fhir/StructureDefinition/Observation
    elements:
    - {id: component, slicing: {by: ['value:code.text']}}
    - {id: component, slice: x, card: 1..1}
    - {id: component.code.text, fixed: {string: x}}
    - {id: component.valueString, card: 1..}
  http://example.org/p/bundle:
    type: Bundle
    base: http://hl7.org/fhir/StructureDefinition/Bundle
    elements:
    - {id: entry, slicing: {by: ['type:resource']}}
    - {id: 'entry:patient', card: 1..1}
    - {id: 'entry:patient.resource', types: [Patient]}
    - {id: 'entry:good', card: ..1}
    - {id: 'entry:good.resource', types: [{code: Observation, profiles: ['http://example.org/p/base']}]}
  http://example.org/p/profiled:
    type: Composition
    base: http://hl7.org/fhir/StructureDefinition/Composition
    elements:
    - {id: section.entry, slicing: {by: ['profile:resolve()']}}
    - {id: 'section.entry:good', card: 1.., types: [{code: Reference, targets: ['http://example.org/p/patient']}]}
  http://example.org/p/questions:
    type: Questionnaire
    base: http://hl7.org/fhir/StructureDefinition/Questionnaire
    elements:
    - {id: item.item, card: ..1}
    - {id: item.item.text, card: 1..}
  http://example.org/p/circle:
    type: Patient
    base: http://example.org/p/circle2
    elements: []
  http://example.org/p/circle2:
    type: Patient
    base: http://example.org/p/circle
    elements: []
  http://example.org/p/orphan:
    type: Patient
    base: http://example.org/p/nowhere
    elements:
    - {id: gender, card: 1..}
    - {id: nonsense, card: 1..}
  http://example.org/p/badrule:
    type: Patient
    base: http://hl7.org/fhir/StructureDefinition/Patient
    elements:
    - {id: ., rules: [{key: bad-1, expression: 'name.('}]}
value-sets:
  http://example.org/vs: {include: [{system: 'http://example.org/cs', codes: [a, b]}]}
code-systems: {}
"""


@pytest.fixture(scope="module")
def book() -> FactBook:
    """The fact book above."""
    return from_yaml(BOOK)


@pytest.fixture(scope="module")
def validator(book: FactBook) -> Validator:
    """A validator that knows only the fact book above."""
    made = Validator(embedded=False)
    made.knowledge = Knowledge(embedded("3.0.2"), None, book)
    made.engine = Engine(made.knowledge, "strict")
    return made


def rules(validator: Validator, resource: Json, *profiles: str) -> set[tuple[str, str]]:
    """``(rule, path)`` of every error."""
    found = validator.validate(resource, [X + p for p in profiles])
    return {(i.rule, i.path) for i in found if i.severity == "error"}


def observation() -> Json:
    """Conforms to ``base`` and ``derived``."""
    return {
        "resourceType": "Observation",
        "identifier": [{"value": "1"}],
        "status": "final",
        "code": {
            "coding": [
                {"system": "http://example.org/x", "code": "y"},
                {"system": "http://example.org/cs", "code": "a"},
            ]
        },
        "valueQuantity": {"value": 5},
        "component": [
            {"code": {"coding": [{"code": "one"}]}, "valueString": "x"},
            {"code": {"coding": [{"code": "two"}]}},
            {"code": {"text": "other"}},
        ],
    }


def patient() -> Json:
    """Conforms to ``patient``."""
    return {
        "resourceType": "Patient",
        "id": "p",
        "extension": [{"url": X + "size", "valueInteger": 3}],
        "identifier": [{"system": "http://example.org/a", "value": "1"}],
        "name": [{"family": "x"}],
        "birthDate": "1980",
        "maritalStatus": {"coding": [{"system": "http://example.org/cs", "code": "b"}]},
    }


def test_good_resources_conform(validator: Validator) -> None:
    assert rules(validator, observation(), "base") == set()
    assert rules(validator, observation(), "derived") == set()
    assert rules(validator, patient(), "patient") == set()


OBSERVATION: list[tuple[str, Json, str, str]] = [
    ("min", {"identifier": None}, "fhir-cardinality-min", "Observation"),
    ("max", {"identifier": [{"value": "1"}] * 3}, "fhir-cardinality-max", "Observation.identifier[2]"),
    ("forbidden", {"bodySite": {"text": "x"}}, "fhir-not-allowed", "Observation.bodySite"),
    ("fixed", {"status": "preliminary"}, "fhir-fixed", "Observation.status"),
    ("pattern", {"code": {"coding": [{"code": "a"}]}}, "fhir-pattern", "Observation.code"),
    ("choice narrowed", {"valueQuantity": None, "valueString": "x"}, "fhir-choice-type", "Observation.value"),
    ("choice missing", {"valueQuantity": None}, "fhir-slice-min", "Observation.value"),
    ("below choice", {"valueQuantity": {"unit": "x"}}, "fhir-cardinality-min", "Observation.value"),
    ("too small", {"valueQuantity": {"value": -1}}, "fhir-range", "Observation.value.value"),
    ("too large", {"valueQuantity": {"value": 11}}, "fhir-range", "Observation.value.value"),
    ("too long", {"comment": "123456"}, "fhir-length", "Observation.comment"),
    ("binding", {"method": {"coding": [{"system": "http://example.org/cs", "code": "z"}]}}, "fhir-binding-required", "Observation.method.coding[0]"),
    ("binding text", {"method": {"text": "z"}}, "fhir-binding-missing-code", "Observation.method"),
    ("rule", {"category": [{"text": "x"}]}, "own-1", "Observation.category[0]"),
    ("target", {"subject": {"reference": "Device/1"}}, "fhir-reference-type", "Observation.subject.reference"),
    ("slice missing", {"component": [{"code": {"text": "x"}}]}, "fhir-slice-min", "Observation.component"),
    ("slice twice", {"component": [{"code": {"coding": [{"code": "one"}]}, "valueString": "x"}] * 2}, "fhir-slice-max", "Observation.component[1]"),
    ("inside slice", {"component": [{"code": {"coding": [{"code": "one"}]}}]}, "fhir-slice-min", "Observation.component[0].value"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "rule", "path"), [c[1:] for c in OBSERVATION], ids=[c[0] for c in OBSERVATION]
)
def test_each_constraint(validator: Validator, change: Json, rule: str, path: str) -> None:
    resource = {k: v for k, v in {**observation(), **change}.items() if v is not None}
    assert (rule, path) in rules(validator, resource, "base")


def test_derived_profile_constrains_slices_of_its_parent(validator: Validator) -> None:
    resource = observation()
    resource["component"][0]["interpretation"] = {"text": "x"}
    assert rules(validator, resource, "base") == set()
    assert rules(validator, resource, "derived") == {
        ("fhir-not-allowed", "Observation.component[0].interpretation")
    }
    resource = observation()
    resource["component"] += [{"code": {"coding": [{"code": "three"}]}}] * 2
    assert rules(validator, resource, "derived") == {("fhir-slice-max", "Observation.component[4]")}


PATIENT: list[tuple[str, Json, str, str]] = [
    ("closed", {"identifier": [{"system": "http://example.org/a"}, {"system": "urn:x"}]}, "fhir-slice-closed", "Patient.identifier[1]"),
    ("value slice", {"identifier": [{"system": "http://example.org/b"}]}, "fhir-slice-min", "Patient.identifier"),
    ("type profile", {"name": [{"text": "x"}]}, "fhir-cardinality-min", "Patient.name[0]"),
    ("exists", {"telecom": [{"system": "url", "value": "x", "period": {"start": "2020"}}] * 2}, "fhir-slice-max", "Patient.telecom[1]"),
    ("extension", {"extension": None}, "fhir-slice-min", "Patient.extension"),
    ("extension type", {"extension": [{"url": X + "size", "valueString": "x"}]}, "fhir-choice-type", "Patient.extension[0].value"),
    ("reference type", {"generalPractitioner": [{"reference": "Organization/1"}, {"reference": "Organization/2"}]}, "fhir-slice-max", "Patient.generalPractitioner[1]"),
    ("$this in value set", {"maritalStatus": {"coding": [{"system": "http://example.org/cs", "code": "q"}]}}, "fhir-slice-min", "Patient.maritalStatus.coding"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "rule", "path"), [c[1:] for c in PATIENT], ids=[c[0] for c in PATIENT])
def test_each_discriminator(validator: Validator, change: Json, rule: str, path: str) -> None:
    resource = {k: v for k, v in {**patient(), **change}.items() if v is not None}
    assert (rule, path) in rules(validator, resource, "patient")


def test_definitions_without_ids(validator: Validator) -> None:
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "c"},
        "component": [{"code": {"text": "x"}, "valueString": "v"}],
    }
    assert rules(validator, resource, "old") == set()
    resource["component"] = [{"code": {"text": "x"}}]
    assert rules(validator, resource, "old") == {("fhir-slice-min", "Observation.component[0].value")}
    resource["component"] = [{"code": {"text": "y"}}]
    assert rules(validator, resource, "old") == {("fhir-slice-min", "Observation.component")}


def test_slices_by_type_of_entry(validator: Validator) -> None:
    bundle: Json = {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": patient()}]}
    assert rules(validator, bundle, "bundle") == set()
    bundle["entry"] *= 2
    assert ("fhir-slice-max", "Bundle.entry[1]") in rules(validator, bundle, "bundle")
    bad = {**observation(), "status": "preliminary"}
    bundle["entry"] = [{"resource": patient()}, {"resource": bad}]
    assert rules(validator, bundle, "bundle") == {("fhir-fixed", "Bundle.entry[1].resource.status")}


def test_profile_of_a_reference_target_in_the_bundle(validator: Validator) -> None:
    good = {**observation(), "subject": {"reference": "Patient/p"}}
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"resource": good}, {"resource": patient()}],
    }
    bundle["entry"][0]["resource"]["meta"] = {"profile": [X + "base"]}
    assert rules(validator, bundle) == set()
    del bundle["entry"][1]["resource"]["birthDate"]
    assert rules(validator, bundle) == {
        ("fhir-reference-profile", "Bundle.entry[0].resource.subject.reference")
    }


def test_slices_by_profile_of_the_target(validator: Validator) -> None:
    composition: Json = {
        "resourceType": "Composition", "status": "final", "type": {"text": "x"}, "subject": {"reference": "#p"},
        "date": "2020", "author": [{"display": "x"}], "title": "x", "contained": [patient()],
        "section": [{"title": "s", "entry": [{"reference": "#p"}]}],
    }  # fmt: skip
    assert rules(validator, composition, "profiled") == set()
    broken = copy.deepcopy(composition)
    del broken["contained"][0]["birthDate"]
    assert ("fhir-slice-min", "Composition.section[0].entry") in rules(validator, broken, "profiled")


def test_content_reference(validator: Validator) -> None:
    inner = {"linkId": "2", "type": "display", "text": "t"}
    form: Json = {
        "resourceType": "Questionnaire",
        "status": "active",
        "item": [{"linkId": "1", "type": "group", "item": [inner]}],
    }
    assert rules(validator, form, "questions") == set()
    form["item"][0]["item"].append({"linkId": "3", "type": "display"})
    assert {r for r, _ in rules(validator, form, "questions")} == {
        "fhir-cardinality-max",
        "fhir-cardinality-min",
    }


def test_a_circle_of_parents_is_a_defect_of_the_package(validator: Validator) -> None:
    with pytest.raises(ConfigurationError):
        validator.knowledge.tree(X + "circle")
    found = validator.validate({"resourceType": "Patient", "meta": {"profile": [X + "circle"]}})
    assert [(i.rule, i.severity) for i in found] == [("fhir-package-defect", "warning")]


def test_missing_parent_and_unknown_element_are_reported_not_fatal(validator: Validator) -> None:
    found = validator.validate({"resourceType": "Patient"}, [X + "orphan"])
    assert {(i.rule, i.severity) for i in found} == {
        ("fhir-cardinality-min", "error"),
        ("fhir-profile-unknown", "not-checked"),
        ("fhir-package-defect", "warning"),
    }


def test_malformed_invariant_is_reported_once(validator: Validator) -> None:
    one = {"resourceType": "Patient", "meta": {"profile": [X + "badrule"]}}
    bundle = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"resource": one}, {"resource": dict(one)}],
    }
    found = [i for i in validator.validate(bundle) if i.rule == "fhir-invariant-not-checked"]
    assert len(found) == 1 and found[0].severity == "not-checked"


def test_snapshot_lists_base_and_slices(book: FactBook) -> None:
    model = embedded("3.0.2").model
    tree = merge(X + "derived", book.profile, model)
    assert tree is not None and tree.chain == (X + "derived", X + "base")
    rows = dict(expand(tree, model))
    assert rows["Observation.identifier"] == "1..2"
    assert rows["Observation.bodySite"] == "0..0"
    assert rows["Observation.component:one"] == "1..1"
    assert rows["Observation.component:one.interpretation"] == "0..0"
    assert rows["Observation.component:three"] == "0..1"
    assert rows["Observation.code"] == "1..1"


def test_unknown_profile_type(validator: Validator) -> None:
    found = rules(validator, {"resourceType": "Patient", "meta": {"profile": [X + "base"]}})
    assert found == {("fhir-profile-type", "Patient.meta.profile")}


def test_a_coding_where_a_concept_belongs_is_told_in_its_place():
    """The codes of a misplaced Coding count; there is no list of codings to point into."""
    coding = {"system": "http://hl7.org/fhir/sid/icpc-1-nl", "code": "K86"}
    url = "http://nictiz.nl/fhir/StructureDefinition/code-specification"
    condition = {
        "resourceType": "Condition",
        "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/zib-Problem"]},
        "_clinicalStatus": {"extension": [{"url": url, "valueCodeableConcept": coding}]},
        "subject": {"reference": "Patient/1"},
    }
    found = {(one.rule, one.path) for one in Validator().validate(condition)}
    place = "Condition.clinicalStatus.extension[0].value"
    assert any(rule.startswith("fhir-binding") and path.startswith(place) for rule, path in found), found
    assert any(rule == "fhir-unknown-element" and path.startswith(place) for rule, path in found), found

"""Structure facts: the model's own promises, and fhir.resources as oracle for every STU3 element."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from typing import Any

import fhir.resources.STU3 as stu3
import pytest
from fhir_core.fhirabstractmodel import FHIRAbstractModel

from harness.core.errors import ConfigurationError
from harness.fhir.model.types import Model, decode_model, encode_model, load_model, version_of


@pytest.fixture(scope="module", params=["3.0.2", "4.0.1"])
def model(request: pytest.FixtureRequest) -> Model:
    return load_model(request.param)


@pytest.fixture(scope="module")
def oracle() -> dict[str, Any]:
    """fhir.resources classes by name."""
    classes = {}
    for module in pkgutil.iter_modules(stu3.__path__):
        if module.name not in ("tests", "fhirtypes", "fhirresourcemodel"):
            loaded = importlib.import_module(f"fhir.resources.STU3.{module.name}")
            for name, found in inspect.getmembers(loaded, inspect.isclass):
                if issubclass(found, FHIRAbstractModel):
                    classes[name] = found
    return classes


def class_name(type_name: str) -> str:
    """``Patient.contact`` -> ``PatientContact``, as fhir.resources names its classes."""
    return "".join(part[:1].upper() + part[1:] for part in type_name.split("."))


def annotated_type(annotation: str) -> str:
    """Class name of a field's annotation: ``List[abc.HumanNameType]`` -> ``HumanName``."""
    if re.search(r"\bbool\b", annotation):
        return "boolean"
    complex_type = re.search(r"\babc\.(\w+)Type\b", annotation)
    if complex_type:
        return complex_type.group(1)
    primitive = re.search(r"\b(\w+)\((?!encoder)[^()]*\)\]*$", annotation) or re.search(
        r"types\.(\w+) object", annotation
    )
    assert primitive, annotation
    name = primitive.group(1)
    return name[0].lower() + name[1:]


def test_every_stu3_element_agrees_with_fhir_resources(oracle: dict[str, Any]) -> None:
    model = load_model("3.0.2")
    compared = 0
    differences = []
    for facts in model:
        if facts.primitive:
            continue
        other = oracle[class_name(facts.name)]
        fields = {f.alias: (f, f.json_schema_extra or {}) for f in other.model_fields.values()}
        sequence = [n for n in other.elements_sequence() if not n.startswith("_")]
        ours = {key: e.name for e in facts.element_list for key in e.keys}
        if set(ours) != set(sequence):
            differences.append((facts.name, "elements", set(ours) ^ set(sequence)))
        # The alternatives of a choice may be listed in another order, the elements may not.
        order = list(dict.fromkeys(ours.get(key, key) for key in sequence))
        if order != list(facts.elements):
            differences.append((facts.name, "order", order))
        for element in facts.element_list:
            for ref in element.types:
                key = element.key_for(ref.code)
                if key not in fields:
                    differences.append((facts.name, key, "absent"))
                    continue
                compared += 1
                field, extra = fields[key]
                annotation = str(field.annotation)
                if key != "id" and not (facts.name == "Extension" and key == "url"):
                    expected = ref.code if model.is_primitive(ref.code) else class_name(ref.code)
                    if annotated_type(annotation) != expected:
                        differences.append((facts.name, key, annotation, expected))
                if ("List[" in annotation and key != "id") != element.many:
                    differences.append((facts.name, key, "list", annotation))
                required = bool(
                    field.is_required() or extra.get("element_required") or extra.get("one_of_many_required")
                )
                if required != (element.min > 0):
                    differences.append((facts.name, key, "required", element.min))
                if ref.code == "Reference":
                    targets = set(extra.get("enum_reference_types", [])) - {"Resource"}
                    if targets != set(ref.targets):
                        differences.append((facts.name, key, targets ^ set(ref.targets)))
    assert not differences, differences[:10]
    assert compared > 5700


def test_every_type_and_path_can_be_reached(model: Model) -> None:
    for facts in model:
        assert facts.elements.keys() == {e.name for e in facts.element_list}
        for element in facts.element_list:
            assert element.types, f"{facts.name}.{element.name}"
            assert model.element(f"{facts.name}.{element.name}") is not None
            for ref in element.types:
                assert ref.code in model.types or ref.code.startswith("System.")
                assert facts.keys[element.key_for(ref.code)].element == element
                assert set(ref.targets) <= model.resource_types


def test_paths_choices_and_content_references(model: Model) -> None:
    assert model.element("Patient.contact.name.family") is not None
    assert model.element("Questionnaire.item.item.item.linkId") is not None
    assert model.element("Observation.valueQuantity.unit") == model.element("Observation.value.unit")
    assert model.element("Observation.component.referenceRange.low") is not None
    assert model.element("Patient.nothing") is None
    assert model.element("Nothing") is None
    item = model.types["Questionnaire.item"].elements["item"]
    assert item.content_reference == "Questionnaire.item" and item.types[0].code == "Questionnaire.item"
    value = model.types["Observation"].elements["value[x]"]
    assert value.choice and value.stem == "value" and "valueQuantity" in value.keys
    key = model.types["Observation"].key("valueQuantity")
    assert key is not None and key.type.code == "Quantity"
    assert model.types["Observation"].key("valueAddress") is None


def test_type_hierarchy(model: Model) -> None:
    assert model.ancestors("Age") == ("Age", "Quantity", "Element")
    assert model.ancestors("Patient") == ("Patient", "DomainResource", "Resource")
    assert model.ancestors("Patient.contact") == ("Patient.contact", "BackboneElement", "Element")
    assert model.is_subtype("code", "string") and not model.is_subtype("string", "code")
    assert "id" in model.subtypes("string")
    assert not model.is_subtype("Nothing", "Element") and model.ancestors("Nothing") == ()
    assert "Patient" in model.resource_types and "DomainResource" not in model.resource_types
    assert not model.is_resource(None) and not model.is_resource("Coding")


def test_normalised_facts(model: Model) -> None:
    assert model.types["Extension"].elements["url"].types[0].code == "uri"
    assert model.types["Patient"].elements["id"].types[0].code == "id"
    assert model.types["HumanName"].elements["id"].types[0].code == "string"
    assert model.types["decimal"].elements["value"].types[0].code == "System.number"
    assert model.types["Narrative"].elements["div"].types[0].code == "xhtml"
    assert model.types["Patient"].elements["extension"].defined_in == "DomainResource"
    subject = model.types["Patient"].elements["generalPractitioner"].types[0]
    assert subject.code == "Reference" and {"Organization", "Practitioner"} <= set(subject.targets)


def test_structure_file_round_trips(model: Model) -> None:
    again = decode_model(encode_model(model))
    assert again.version == model.version
    assert [t.name for t in again] == [t.name for t in model]
    assert all(again.types[t.name].element_list == t.element_list for t in model)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'[99,"3.0.2","",[]]', b"\xff", b"["])
def test_unusable_structure_file_is_a_configuration_error(data: bytes) -> None:
    with pytest.raises(ConfigurationError):
        decode_model(data)


def test_versions_and_derived_tables() -> None:
    assert version_of("STU3") == version_of("3.0.1") == "3.0.2"
    assert version_of("r4") == "4.0.1"
    with pytest.raises(ConfigurationError, match=r"5\.0\.0"):
        load_model("5.0.0")
    model = load_model("R4")
    made: list[Model] = []
    assert load_model("4.0.1") is model
    assert model.derived("test", lambda m: made.append(m) or len(made)) == 1
    assert model.derived("test", lambda m: made.append(m) or len(made)) == 1

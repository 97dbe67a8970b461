"""The embedded base specification: completeness, no prose, and that it is what its builder makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigurationError, InputError
from harness.fhir.model import build
from harness.fhir.model.definitions import FILES, Base, embedded, search_parameters
from harness.fhir.model.types import DATA
from harness.fhir.packages.resources import ResourceStore, pack
from harness.fhir.profiles.distill import OWN_SYSTEMS, distill


@pytest.fixture(scope="module", params=["3.0.2", "4.0.1"])
def base(request: pytest.FixtureRequest) -> Base:
    return embedded(request.param)


@pytest.mark.official
def test_embedded_facts_are_what_the_builder_makes(material: Path) -> None:
    made = build.build(material / "hl7-stu3" / "definitions-3.0.2.zip")
    assert set(made) == set(FILES)
    for name, data in made.items():
        assert data == (DATA / "stu3" / name).read_bytes(), f"{name}: rebuild the embedded facts"


def test_paths_of_constraints_and_bindings_exist(base: Base) -> None:
    model = base.model
    for path in base.constraints:
        assert model.type(path) is not None or model.element(path) is not None, path
    bound = [p for p in base.bindings if p not in ("Age", "Distance", "Duration")]
    for path in bound:
        assert model.element(path) is not None, path
    assert len(bound) > 800


def test_type_constraints_include_inherited_ones(base: Base) -> None:
    keys = {c.key for c in base.type_constraints("Observation")}
    assert {"obs-6", "obs-7", "dom-2", "dom-3"} <= keys
    assert {c.key for c in base.type_constraints("Patient.contact")} == {"pat-1", "ele-1"}
    assert {c.key for c in base.type_constraints("Age")} == {"age-1", "qty-3", "ele-1"}
    assert base.type_constraints("Nothing") == ()
    assert all(
        c.expression and c.severity in ("error", "warning") for cs in base.constraints.values() for c in cs
    )


def test_bindings_are_found_for_inherited_elements(base: Base) -> None:
    gender = base.binding("Patient", "gender")
    assert gender is not None and gender.strength == "required"
    assert base.resources.get("ValueSet", gender.value_set) is not None
    comparator = base.binding("Age", "comparator")
    assert comparator is not None and "quantity-comparator" in comparator.value_set
    assert base.binding("Patient", "nothing") is None


def test_required_value_sets_are_there(base: Base) -> None:
    missing = {
        b.value_set
        for b in base.bindings.values()
        if b.strength == "required" and b.value_set and base.resources.get("ValueSet", b.value_set) is None
    }
    external = {m for m in missing if not m.startswith("http://hl7.org/fhir/ValueSet")}
    assert missing == external


def test_search_parameters_and_compartments(base: Base) -> None:
    codes = {(b, p.code) for p in base.search_parameters for b in p.base}
    assert {("Observation", "code"), ("Patient", "identifier"), ("Resource", "_id")} <= codes
    assert base.compartment("Patient")["Observation"] == ("subject", "performer")
    assert base.compartment("Nothing") == {}
    assert search_parameters(base.version) is base.search_parameters
    types = set(base.model.types)
    assert all(
        set(p.base) | set(p.targets) <= types
        for p in base.search_parameters
        if p.url.startswith("http://hl7.org")
    )


PROSE = {
    *(
        "title",
        "description",
        "definition",
        "comment",
        "requirements",
        "display",
        "short",
        "human",
        "purpose",
    ),
    *("copyright", "text", "mapping", "alias", "designation", "meaningWhenMissing", "publisher", "contact"),
}


def keys_of(value: Any) -> set[str]:
    """All keys, except inside fixed and pattern values: what they hold is what an instance must hold."""
    if isinstance(value, dict):
        below = [v for k, v in value.items() if not k.startswith(("fixed", "pattern"))]
        return set(value) | {k for v in below for k in keys_of(v)}
    return {k for v in value for k in keys_of(v)} if isinstance(value, list) else set()


def test_embedded_resources_hold_no_prose(base: Base) -> None:
    """Displays only of HL7's own code systems: codings repeat them."""
    for row in base.resources.rows:
        own = row.type == "CodeSystem" and row.url.startswith(OWN_SYSTEMS)
        assert not keys_of(base.resources.load(row)) & (PROSE - ({"display"} if own else set())), row


def test_distill_keeps_what_validation_needs() -> None:
    element = {
        "id": "Observation.value", "path": "Observation.valueQuantity", "short": "x", "definition": "y",
        "sliceName": "s", "min": 1, "max": "1", "type": [{"code": "Quantity", "profile": "http://p"}],
        "patternQuantity": {"code": "kg"}, "minValueDecimal": 1, "isModifier": False, "mustSupport": True,
        "constraint": [{"key": "k", "severity": "error", "human": "h", "expression": "e", "xpath": "x"}],
        "binding": {"strength": "required", "description": "d",
                    "valueSetReference": {"reference": "http://v", "display": "d"}},
        "slicing": {"discriminator": [{"type": "value", "path": "url"}], "description": "d", "rules": "open"},
    }  # fmt: skip
    kept = distill({
        "resourceType": "StructureDefinition", "url": "http://x", "title": "t", "description": "d",
        "differential": {"element": [element]}, "snapshot": {"element": []},
    })  # fmt: skip
    assert kept == {
        "resourceType": "StructureDefinition", "url": "http://x",
        "differential": {"element": [{
            "id": "Observation.value", "path": "Observation.valueQuantity",
            "sliceName": "s", "min": 1, "max": "1",
            "patternQuantity": {"code": "kg"}, "minValueDecimal": 1,
            "slicing": {"discriminator": [{"type": "value", "path": "url"}], "rules": "open"},
            "type": [{"code": "Quantity", "profile": "http://p"}],
            "constraint": [{"key": "k", "severity": "error", "expression": "e"}],
            "binding": {"strength": "required", "valueSetReference": {"reference": "http://v"}},
        }]},
    }  # fmt: skip
    assert distill({"resourceType": "Patient"}) is None
    assert distill({"resourceType": "ValueSet", "compose": {"include": "wrong"}}) == {
        "resourceType": "ValueSet",
        "compose": {"include": []},
    }


def test_store_finds_by_canonical_and_version() -> None:
    resources = [
        {"resourceType": "ValueSet", "url": "http://v", "version": "1", "id": "a"},
        {"resourceType": "ValueSet", "url": "http://v", "version": "2", "id": "b"},
        {"resourceType": "CodeSystem", "url": "http://v", "id": "c"},
    ]
    store = ResourceStore.from_bytes(*pack((r, "f") for r in resources))
    assert len(store) == 3
    assert store.get("ValueSet", "http://v|1") == resources[0]
    assert store.get("ValueSet", "http://v") == resources[1]
    assert store.get("ValueSet", "http://v|3") is None
    assert store.get("CodeSystem", "http://v") == resources[2]
    assert store.get("StructureDefinition", "http://v") is None
    assert store.get("ValueSet", "http://v") is store.get("ValueSet", "http://v|2")


def test_damaged_store_is_reported(tmp_path: Path) -> None:
    data, index = pack([({"resourceType": "ValueSet", "url": "http://v"}, "")])
    (tmp_path / "s.jsonl").write_bytes(data.replace(b"http", b"hxxp"))
    (tmp_path / "s.index.json").write_bytes(index)
    with pytest.raises(ConfigurationError, match="checksum"):
        ResourceStore.open(tmp_path, "s").get("ValueSet", "http://v")
    (tmp_path / "s.jsonl").write_bytes(data[:-5])
    with pytest.raises(ConfigurationError):
        ResourceStore.open(tmp_path, "s")
    with pytest.raises(ConfigurationError):
        ResourceStore.open(tmp_path, "absent")


def test_builder_refuses_what_is_no_base_specification(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "profiles-types.xml").write_text('<Bundle xmlns="http://hl7.org/fhir"/>')
    (tmp_path / "profiles-resources.xml").write_text('<Bundle xmlns="http://hl7.org/fhir"/>')
    with pytest.raises(ConfigurationError):
        build.build(tmp_path)
    with pytest.raises(InputError):
        build.build(tmp_path / "absent.zip")
    assert build.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err

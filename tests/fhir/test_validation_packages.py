"""What a package adds: extension contexts by version, contained value sets, versions of canonicals, ``%resource``, defects
of the package itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fhir.fhirpath import compile as compile_path
from harness.fhir.model.definitions import embedded
from harness.fhir.packages.cache import Cache
from harness.fhir.packages.load import load_packages
from harness.fhir.validation import Validator
from harness.fhir.validation.checks.natives import NATIVE

Json = dict[str, Any]
CORE = "http://hl7.org/fhir/StructureDefinition/"


def definition(name: str, base: str, fhir: str, elements: list[Json], **extra: Any) -> Json:
    """A StructureDefinition that constrains ``base``."""
    return {
        "resourceType": "StructureDefinition",
        "url": f"http://x.nl/{name}",
        "name": name,
        "status": "active",
        "fhirVersion": fhir,
        "kind": "complex-type" if base == "Extension" else "resource",
        "abstract": False,
        "type": base,
        "baseDefinition": CORE + base,
        "derivation": "constraint",
        "differential": {"element": elements},
        **extra,
    }


def extension(name: str, version: str, **context: Any) -> Json:
    """A simple extension with a string."""
    elements = [
        {"id": "Extension", "path": "Extension"},
        {"id": "Extension.url", "path": "Extension.url", "fixedUri": f"http://x.nl/{name}"},
        {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, "type": [{"code": "string"}]},
    ]
    return definition(name, "Extension", version, elements, **context)


def validator(
    tmp_path: Path, *resources: Json, version: str = "4.0.1", embedded_facts: bool = False
) -> Validator:
    """A validator with a package of these resources."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "package.json").write_text(
        json.dumps({"name": "own", "version": "1", "fhirVersions": [version]})
    )
    for number, resource in enumerate(resources):
        (folder / f"r{number}.json").write_text(json.dumps(resource))
    packages = load_packages([folder], cache=Cache(tmp_path / "cache"), fhir_cache=tmp_path / "none")
    return Validator(packages, embedded=embedded_facts)


def errors(made: Validator, resource: Json) -> set[tuple[str, str]]:
    return {(i.rule, i.path) for i in made.validate(resource) if i.severity == "error"}


def use(name: str, **extra: Any) -> list[Json]:
    return [{"url": f"http://x.nl/{name}", "valueString": "x", **extra}]


R4_CONTEXTS: list[tuple[str, list[Json], Json, Json]] = [
    ("Element", [{"type": "element", "expression": "Element"}], {"extension": use("e")}, {}),
    ("path", [{"type": "element", "expression": "Patient.name"}], {"name": [{"text": "x", "extension": use("e")}]}, {"extension": use("e")}),
    ("data type", [{"type": "element", "expression": "HumanName"}], {"name": [{"text": "x", "extension": use("e")}]}, {"address": [{"text": "x", "extension": use("e")}]}),
    ("Resource", [{"type": "element", "expression": "Resource"}], {"extension": use("e")}, {"name": [{"text": "x", "extension": use("e")}]}),
    ("CanonicalResource", [{"type": "element", "expression": "CanonicalResource"}], {}, {"extension": use("e")}),
    ("fhirpath", [{"type": "fhirpath", "expression": "Patient.address.where(use = 'home')"}], {"address": [{"use": "home", "extension": use("e")}]}, {"address": [{"use": "work", "extension": use("e")}]}),
    ("fhirpath on a primitive", [{"type": "fhirpath", "expression": "Patient.name.given.first()"}], {"name": [{"given": ["a", "b"], "_given": [{"extension": use("e")}, None]}]}, {"name": [{"given": ["a", "b"], "_given": [None, {"extension": use("e")}]}]}),
    ("fhirpath on the resource", [{"type": "fhirpath", "expression": "Patient.where(active)"}], {"active": True, "extension": use("e")}, {"active": False, "extension": use("e")}),
    ("extension", [{"type": "extension", "expression": "http://x.nl/outer"}], {"extension": use("outer", _valueString={"extension": use("e")})}, {"extension": use("e")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("context", "good", "bad"), [c[1:] for c in R4_CONTEXTS], ids=[c[0] for c in R4_CONTEXTS]
)
def test_contexts_of_r4(tmp_path: Path, context: list[Json], good: Json, bad: Json) -> None:
    outer = extension("outer", "4.0.1", context=[{"type": "element", "expression": "Element"}])
    made = validator(tmp_path, extension("e", "4.0.1", context=context), outer)
    assert errors(made, {"resourceType": "Patient", "id": "1", **good}) == set()
    if bad:
        assert {r for r, _ in errors(made, {"resourceType": "Patient", "id": "1", **bad})} == {
            "fhir-extension-context"
        }


def test_a_context_that_cannot_be_evaluated_is_not_checked(tmp_path: Path) -> None:
    made = validator(
        tmp_path, extension("e", "4.0.1", context=[{"type": "fhirpath", "expression": "Patient.where("}])
    )
    found = made.validate({"resourceType": "Patient", "extension": use("e")})
    assert ("fhir-extension-context-not-checked", "not-checked") in {(i.rule, i.severity) for i in found}


def test_context_invariants(tmp_path: Path) -> None:
    context = {
        "context": [{"type": "element", "expression": "Patient"}],
        "contextInvariant": ["active.exists()"],
    }
    made = validator(tmp_path, extension("e", "4.0.1", **context))
    assert errors(made, {"resourceType": "Patient", "active": True, "extension": use("e")}) == set()
    assert errors(made, {"resourceType": "Patient", "gender": "male", "extension": use("e")}) == {
        ("fhir-extension-context", "Patient.extension[0]")
    }


def test_contexts_of_stu3(tmp_path: Path) -> None:
    outer = extension("outer", "3.0.1", contextType="datatype", context=["Element"])
    inner = extension("e", "3.0.1", contextType="extension", context=["http://x.nl/outer"])
    made = validator(tmp_path, outer, inner, version="3.0.2")
    nested = use("outer", _valueString={"extension": use("e")})
    assert errors(made, {"resourceType": "Patient", "extension": nested}) == set()
    assert errors(made, {"resourceType": "Patient", "name": [{"text": "x", "extension": nested}]}) == set()
    assert errors(made, {"resourceType": "Patient", "extension": use("e")}) == {
        ("fhir-extension-context", "Patient.extension[0]")
    }


def test_data_that_a_definition_quotes_is_not_judged_by_context(tmp_path: Path) -> None:
    made = validator(
        tmp_path, extension("e", "4.0.1", context=[{"type": "element", "expression": "Patient"}])
    )
    quoted = {
        "id": "HumanName.text",
        "path": "HumanName.text",
        "fixedString": "x",
        "_fixedString": {"extension": use("e")},
    }
    profile = definition("p", "HumanName", "4.0.1", [{"id": "HumanName", "path": "HumanName"}, quoted])
    assert ("fhir-extension-context") not in {
        rule for rule, _ in errors(made, {**profile, "kind": "complex-type"})
    }
    misplaced = {**profile, "kind": "complex-type", "contact": [{"name": "x", "extension": use("e")}]}
    assert "fhir-extension-context" in {rule for rule, _ in errors(made, misplaced)}


def test_value_set_that_the_profile_contains(tmp_path: Path) -> None:
    contained = {
        "resourceType": "ValueSet", "id": "v", "status": "active",
        "compose": {"include": [{"system": "http://x.nl/cs", "concept": [{"code": "a"}]}]},
    }  # fmt: skip
    element = {
        "id": "Observation.method",
        "path": "Observation.method",
        "binding": {"strength": "required", "valueSet": "#v"},
    }
    profile = definition("p", "Observation", "4.0.1", [element], contained=[contained])
    made = validator(tmp_path, profile)

    def coded(code: str) -> Json:
        return {
            "resourceType": "Observation", "meta": {"profile": ["http://x.nl/p"]}, "status": "final",
            "code": {"text": "x"}, "method": {"coding": [{"system": "http://x.nl/cs", "code": code}]},
        }  # fmt: skip

    assert errors(made, coded("a")) == set()
    assert errors(made, coded("z")) == {("fhir-binding-required", "Observation.method.coding[0]")}


def test_a_version_is_resolved_or_not_checked(tmp_path: Path) -> None:
    element = {"id": "Patient.active", "path": "Patient.active", "min": 1}
    made = validator(tmp_path, definition("p", "Patient", "4.0.1", [element], version="1.0.0"))

    def claims(url: str) -> set[tuple[str, str]]:
        resource = {"resourceType": "Patient", "id": "1", "meta": {"profile": [url]}}
        return {(i.rule, i.severity) for i in made.validate(resource) if i.rule != "dom-6"}

    broken = {("fhir-cardinality-min", "error")}
    assert claims("http://x.nl/p") == claims("http://x.nl/p|1.0.0") == broken
    assert claims("http://x.nl/p|9.9.9") == {("fhir-profile-version", "not-checked")}
    assert claims(CORE + "Patient|4.0.1") == claims(CORE + "Patient|4.0") == set()
    assert claims(CORE + "Patient|3.0.1") == {("fhir-profile-version", "not-checked")}
    assert claims("http://x.nl/q|1") == {("fhir-profile-unknown", "not-checked")}


def test_environment_of_a_rule_on_a_contained_resource(tmp_path: Path) -> None:
    def rule(key: str, expression: str) -> Json:
        return {"key": key, "severity": "error", "human": key, "expression": expression}

    elements = [
        {"id": "Patient.contained", "path": "Patient.contained", "type": [{"code": "Practitioner"}]},
        {
            "id": "Patient.contained.name",
            "path": "Patient.contained.name",
            "constraint": [
                rule("good-1", "%resource.type().name = 'Practitioner'"),
                rule("good-2", "%rootResource.type().name = 'Patient'"),
                rule("good-3", "%context.type().name = 'HumanName'"),
                rule("bad-1", "%resource.type().name = 'Patient'"),
            ],
        },
    ]
    made = validator(tmp_path, definition("p", "Patient", "4.0.1", elements))
    resource = {
        "resourceType": "Patient",
        "meta": {"profile": ["http://x.nl/p"]},
        "contained": [{"resourceType": "Practitioner", "id": "c", "name": [{"text": "x"}]}],
        "generalPractitioner": [{"reference": "#c"}],
    }
    assert {rule for rule, _ in errors(made, resource)} == {"bad-1"}


def test_a_rule_that_says_neither_is_not_broken(tmp_path: Path) -> None:
    """``{}.not()`` is empty in the normative dialect: the rule is silent, not broken; a false one is."""
    silent = {
        "key": "s-1",
        "severity": "error",
        "human": "x",
        "expression": "photo.title.contains('x').not()",
    }
    false = {"key": "f-1", "severity": "error", "human": "x", "expression": "gender = 'female'"}
    made = validator(
        tmp_path,
        definition(
            "p", "Patient", "3.0.2", [{"id": "Patient", "path": "Patient", "constraint": [silent, false]}]
        ),
        version="3.0.2",
    )
    resource = {"resourceType": "Patient", "gender": "male", "meta": {"profile": ["http://x.nl/p"]}}
    assert {rule for rule, _ in errors(made, resource)} == {"f-1"}


def test_a_defect_of_a_definition_is_said_once_and_is_no_error(tmp_path: Path) -> None:
    loop = {**definition("p", "Patient", "4.0.1", []), "baseDefinition": "http://x.nl/p"}
    made = validator(tmp_path, loop)
    resource = {"resourceType": "Patient", "meta": {"profile": ["http://x.nl/p"]}}
    for _ in range(2):  # a failure is remembered, and said again
        found = [(i.rule, i.severity) for i in made.validate(resource) if i.rule.startswith("fhir-")]
        assert found == [("fhir-package-defect", "warning")]


# -- fast forms of invariants -----------------------------------------------------------------------

moments = st.sampled_from(
    ["2020", "2020-01", "2020-01-02", "2020-01-02T10:00:00Z", "2020-01-02T10:00:00+01:00", "2019-12-31"]
)
extra = st.fixed_dictionaries({"extension": st.just(use("x"))})
texts = st.sampled_from(["a", "b"])
VALUES: dict[str, tuple[str, st.SearchStrategy[Json]]] = {
    "ext-1": ("Extension", st.fixed_dictionaries({"url": texts}, optional={"valueString": texts, "_valueString": extra, "extension": st.just(use("y"))})),
    "qty-3": ("Quantity", st.fixed_dictionaries({"value": st.integers(0, 3)}, optional={"code": texts, "system": texts, "_code": extra, "_system": extra})),
    "cpt-2": ("ContactPoint", st.fixed_dictionaries({"use": st.just("home")}, optional={"value": texts, "system": texts, "_value": extra, "_system": extra})),
    "att-1": ("Attachment", st.fixed_dictionaries({"title": texts}, optional={"data": texts, "contentType": texts, "_data": extra, "_contentType": extra})),
    "per-1": ("Period", st.fixed_dictionaries({}, optional={"start": moments, "end": moments, "_start": extra, "_end": extra})),
    "rng-2": ("Range", st.fixed_dictionaries({}, optional={k: st.fixed_dictionaries({}, optional={"value": st.integers(0, 3), "code": texts, "system": texts}) for k in ("low", "high")})),
    "obs-6": ("Observation", st.fixed_dictionaries({"resourceType": st.just("Observation")}, optional={"valueString": texts, "_valueString": extra, "dataAbsentReason": st.just({"text": "x"})})),
}  # fmt: skip
PARTS = st.fixed_dictionaries(
    {"resourceType": st.just("Practitioner")},
    optional={
        "text": st.sampled_from([{"status": "generated"}, {"status": "generated", "div": "x"}]),
        "meta": st.sampled_from(
            [{}, {"versionId": "1"}, {"lastUpdated": "2020"}, {"_versionId": {"extension": use("x")}}]
        ),
        "contained": st.just([{"resourceType": "Patient"}]),
    },
)
for _key in ("dom-1", "dom-2", "dom-4"):
    VALUES[_key] = ("Patient", st.builds(lambda parts: {"resourceType": "Patient", "contained": parts}, st.lists(PARTS, min_size=1, max_size=2)))  # fmt: skip


DRAWN = sorted(
    form for form in NATIVE if form[0] in VALUES
)  # test_fhirpath_shortcuts has all, on random objects


@pytest.mark.parametrize(("key", "text"), DRAWN, ids=lambda value: str(value)[:30])
@given(content=st.data())
def test_a_fast_form_means_what_its_text_means(key: str, text: str, content: st.DataObject) -> None:
    """Where the normative dialect says true or false, the fast form says the same (or leaves it to the text)."""
    code, strategy = VALUES[key]
    value = content.draw(strategy)
    model = embedded("3.0.2" if ".hasValue()" not in text else "4.0.1").model
    fast = NATIVE[key, text](value)
    resource = value if "resourceType" in value else {"resourceType": "Basic", "id": "1"}
    expression = compile_path(text, model=model, dialect="strict")
    if "resourceType" in value:
        slow = expression.verdict(resource)
    else:
        holder = {"resourceType": "Parameters", "parameter": [{"name": "x", f"value{code}": value}]}
        if code == "Extension":
            holder = {"resourceType": "Basic", "extension": [value]}
        path = "extension" if code == "Extension" else "parameter.value"
        context = compile_path(path, model=model, dialect="strict").evaluate(holder)
        slow = expression.verdict(holder, context=context)
    assert fast is None or slow is None or fast is slow

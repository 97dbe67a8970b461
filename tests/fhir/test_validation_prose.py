"""Rules that the specification states in prose: for each a document that keeps it and one that breaks it alone.

Every case is (what, good, bad, rule, severity, path). The good one gives no finding of the rule and no error at all; the
bad one gives the rule at the path with that severity, and no other error.
"""

from __future__ import annotations

import base64
import copy
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fhir import ucum
from harness.fhir.codec.documents import parse
from harness.fhir.model.definitions import embedded
from harness.fhir.validation import Validator
from harness.fhir.validation.checks.natives import NATIVE

Json = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
MARITAL = "http://hl7.org/fhir/v3/MaritalStatus"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


@pytest.fixture(scope="module")
def stu3() -> Validator:
    """Base specification STU3."""
    return Validator(embedded=False)


@pytest.fixture(scope="module")
def r4() -> Validator:
    """Base specification R4."""
    return Validator(embedded=False, version="4.0.1")


def patient(**extra: Any) -> Json:
    return {"resourceType": "Patient", "id": "1", "gender": "male", **extra}


def quantity(code: str, system: str = UCUM) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "valueQuantity": {"value": 1, "system": system, "code": code},
    }


def attachment(**extra: Any) -> Json:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"text": "x"},
        "indexed": "2020-06-15T10:00:00Z",
        "content": [{"attachment": {"contentType": "application/pdf", **extra}}],
    }


def data(content: bytes) -> str:
    return base64.b64encode(content).decode()


def bundle(kind: str, *entries: tuple[str, Json], **extra: Any) -> Json:
    return {
        "resourceType": "Bundle",
        "type": kind,
        "meta": {"lastUpdated": "2020-01-01T00:00:00Z"},
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
        **extra,
    }


def composition(**extra: Any) -> Json:
    return {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "x"},
        "date": "2020",
        "title": "t",
        "subject": {"reference": "Patient/1"},
        "author": [{"reference": "Practitioner/2"}],
        **extra,
    }


BASE = "https://x.nl/fhir/"
PATIENT = (BASE + "Patient/1", patient())
DOCTOR = (BASE + "Practitioner/2", {"resourceType": "Practitioner", "id": "2", "name": [{"text": "x"}]})
OTHER = (BASE + "Patient/3", {"resourceType": "Patient", "id": "3"})
IDENT = {"identifier": {"system": "urn:x:y", "value": "1"}}


def document(*entries: tuple[str, Json], **extra: Any) -> Json:
    return bundle(
        "document", (BASE + "Composition/9", {**composition(**extra), "id": "9"}), *entries, **IDENT
    )


def message(*entries: tuple[str, Json]) -> Json:
    head = {
        "resourceType": "MessageHeader",
        "id": "9",
        "event": {"system": "urn:x:y", "code": "a"},
        "timestamp": "2020-01-01T00:00:00Z",
        "source": {"endpoint": "urn:x:z"},
        "focus": [{"reference": "Patient/1"}],
    }
    return bundle("message", (BASE + "MessageHeader/9", head), *entries)


def observation(subject: str, ident: str = "5") -> tuple[str, Json]:
    return BASE + f"Observation/{ident}", {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": subject},
    }


def coding(**extra: Any) -> Json:
    return patient(maritalStatus={"coding": [extra]})


def narrative(content: str) -> Json:
    return patient(text={"status": "generated", "div": DIV.format(content)})


def code_system(**extra: Any) -> Json:
    return {
        "resourceType": "CodeSystem",
        "url": "http://x.nl/cs",
        "status": "draft",
        "content": "complete",
        "property": [{"code": "kind", "type": "string"}],
        "concept": [{"code": "a", "property": [{"code": "kind", "valueString": "x"}]}],
        **extra,
    }


def profile(kind: str) -> Json:
    return {
        "resourceType": "StructureDefinition",
        "url": "http://x.nl/p",
        "name": "p",
        "status": "draft",
        "kind": kind,
        "abstract": False,
        "type": "HumanName",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/HumanName",
        "derivation": "constraint",
        "differential": {"element": [{"id": "HumanName", "path": "HumanName"}]},
    }


PDF = data(b"%PDF-1.7 x")
OBS = "Observation.value"
CASES: list[tuple[str, Json, Json, str, str, str]] = [
    ("unit", quantity("mm[Hg]"), quantity("mmHg"), "fhir-unit-unknown", "error", f"{OBS}.code"),
    ("second", quantity("s"), quantity("sec"), "fhir-unit-unknown", "error", f"{OBS}.code"),
    ("unit of another system", quantity("M", MARITAL), quantity("Q", MARITAL), "fhir-code-unknown", "error", f"{OBS}.code"),
    ("annotation", quantity("{stuks}/d"), quantity("{stuks per dag}"), "fhir-unit-annotation", "warning", f"{OBS}.code"),
    ("relative unit system", quantity("mg"), quantity("mg", "ucum"), "fhir-system-relative", "error", f"{OBS}.system"),
    ("relative code system", coding(system="urn:x:y", code="1"), coding(system="x", code="1"), "fhir-system-relative", "error", "Patient.maritalStatus.coding[0].system"),
    ("display", coding(system=MARITAL, code="M", display="married "), coding(system=MARITAL, code="M", display="Gescheiden"), "fhir-display", "warning", "Patient.maritalStatus.coding[0].display"),
    ("code", coding(system=MARITAL, code="M"), coding(system=MARITAL, code="Q"), "fhir-code-unknown", "error", "Patient.maritalStatus.coding[0].code"),
    ("code of another version", coding(system=MARITAL, code="M"), coding(system=MARITAL, code="Q", version="9"), "fhir-code-version", "not-checked", "Patient.maritalStatus.coding[0].version"),
    ("bsn", patient(identifier=[{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "999990019"}]), patient(identifier=[{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "999990018"}]), "fhir-bsn", "warning", "Patient.identifier[0].value"),
    ("size", attachment(data=data(b"ABC"), size=3), attachment(data=data(b"ABC"), size=4), "fhir-attachment-size", "error", "DocumentReference.content[0].attachment.size"),
    ("hash", attachment(data=data(b"ABC"), hash=data(hashlib.sha1(b"ABC").digest())), attachment(data=data(b"ABC"), hash=data(hashlib.sha1(b"x").digest())), "fhir-attachment-hash", "error", "DocumentReference.content[0].attachment.hash"),
    ("content type", attachment(data=PDF), attachment(data=PDF, contentType="image/png"), "fhir-attachment-type", "warning", "DocumentReference.content[0].attachment.contentType"),
    ("line feed before a PDF", attachment(data=data(b"\n%PDF-1.7 x")), attachment(data=data(b"\n%PDF-1.7 x"), contentType="image/png"), "fhir-attachment-type", "warning", "DocumentReference.content[0].attachment.contentType"),
    ("no-break space as text", narrative("&#160;"), narrative("<p>\n\t </p>"), "txt-2", "error", "Patient.text.div"),
    ("end of a lower precision", patient(name=[{"period": {"start": "2012-02-03T10:00:00Z", "end": "2012-02-03"}}]), patient(name=[{"period": {"start": "2012-02-04T10:00:00Z", "end": "2012-02-03"}}]), "per-1", "error", "Patient.name[0].period"),
    ("start of a lower precision", patient(name=[{"period": {"start": "2012", "end": "2012-02-03"}}]), patient(name=[{"period": {"start": "2013", "end": "2012-02-03"}}]), "per-1", "error", "Patient.name[0].period"),
    ("not what it says", attachment(data=PDF), attachment(data=data(b"hello")), "fhir-attachment-type", "warning", "DocumentReference.content[0].attachment.contentType"),
    ("uuid", bundle("collection", ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", patient())), bundle("collection", ("urn:uuid:0C3151BD-1cbf-4d64-b04d-cd9187a4c6e0", patient())), "fhir-primitive-format", "error", "Bundle.entry[0].fullUrl"),
    ("element ids", patient(name=[{"id": "a", "text": "x"}, {"id": "b", "text": "y"}]), patient(name=[{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]), "fhir-id-duplicate", "error", "Patient.name[1].id"),
    ("subject of a document", document(PATIENT, DOCTOR), document(DOCTOR), "fhir-bundle-unresolved", "error", "Bundle.entry[0].resource.subject.reference"),
    ("author of a document", document(PATIENT, DOCTOR), document(PATIENT), "fhir-bundle-unresolved", "error", "Bundle.entry[0].resource.author[0].reference"),
    ("entry of a nested section", document(PATIENT, DOCTOR, section=[{"section": [{"entry": [{"reference": "Patient/1"}]}]}]), document(PATIENT, DOCTOR, section=[{"section": [{"entry": [{"reference": "Patient/7"}]}]}]), "fhir-bundle-unresolved", "error", "Bundle.entry[0].resource.section[0].section[0].entry[0].reference"),
    ("focus of a message", message(PATIENT), message(DOCTOR), "fhir-bundle-unresolved", "error", "Bundle.entry[0].resource.focus[0].reference"),
    ("date of a document", document(PATIENT, DOCTOR), {**document(PATIENT, DOCTOR), "meta": {"versionId": "1"}}, "fhir-document-date", "warning", "Bundle"),
    ("two answers", bundle("collection", PATIENT, observation("Patient/1")), bundle("collection", (PATIENT[0], patient(meta={"versionId": "1"})), (PATIENT[0], patient(meta={"versionId": "2"})), observation("Patient/1")), "fhir-reference-ambiguous", "warning", "Bundle.entry[2].resource.subject.reference"),
    ("two answers, one of the version", bundle("collection", (PATIENT[0], patient(meta={"versionId": "1"})), (PATIENT[0], patient(meta={"versionId": "2"})), observation("Patient/1/_history/2")), bundle("collection", (PATIENT[0], patient(meta={"versionId": "1"})), (PATIENT[0], patient(meta={"versionId": "2"})), observation("Patient/1")), "fhir-reference-ambiguous", "warning", "Bundle.entry[2].resource.subject.reference"),
    ("one fullUrl, one version", bundle("collection", (PATIENT[0], patient(meta={"versionId": "1"})), (PATIENT[0], patient(meta={"versionId": "2"}))), bundle("collection", PATIENT, PATIENT), "bdl-7", "error", "Bundle"),
    ("type of the target", bundle("collection", PATIENT, observation(PATIENT[0])), bundle("collection", (PATIENT[0], {"resourceType": "Practitioner", "id": "1"}), observation(PATIENT[0])), "fhir-reference-type", "error", "Bundle.entry[1].resource.subject.reference"),
    ("form of a reference", observation("Patient/1")[1], observation("patient")[1], "fhir-reference-format", "warning", "Observation.subject.reference"),
    ("form of a uuid", observation("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0")[1], observation("urn:uuid:0C3151BD-1cbf-4d64-b04d-cd9187a4c6e0")[1], "fhir-reference-format", "warning", "Observation.subject.reference"),
    ("contained", patient(contained=[{"resourceType": "Practitioner", "id": "c"}], generalPractitioner=[{"reference": "#c"}]), patient(contained=[{"resourceType": "Practitioner", "id": "c"}]), "dom-3", "error", "Patient.contained[0]"),
    ("text in contained", patient(contained=[{"resourceType": "Practitioner", "id": "c"}], generalPractitioner=[{"reference": "#c"}]), patient(contained=[{"resourceType": "Practitioner", "id": "c", "text": {"status": "generated", "div": DIV.format("x")}}], generalPractitioner=[{"reference": "#c"}]), "dom-1", "error", "Patient"),
    ("paragraph", narrative("<p><b>x</b></p><table><tr><td>y</td></tr></table>"), narrative("<p><table><tr><td>y</td></tr></table></p>"), "fhir-xhtml", "error", "Patient.text.div"),
    ("link", narrative("<a href='a.html#b:c'>x</a>"), narrative("<a href='http://x.nl/{a}'>x</a>"), "fhir-xhtml", "error", "Patient.text.div"),
    ("security label", patient(meta={"security": [{"system": "urn:x:y", "code": "R"}, {"system": "urn:x:y", "code": "V"}]}), patient(meta={"security": [{"system": "urn:x:y", "code": "R"}, {"system": "urn:x:y", "code": "R"}]}), "fhir-security-duplicate", "error", "Patient.meta.security[1]"),
    ("language", patient(language="en-US"), patient(language="en-U"), "fhir-binding-required", "error", "Patient.language"),
    ("system of a value set", {"resourceType": "ValueSet", "status": "draft", "compose": {"include": [{"system": "urn:x:y"}]}}, {"resourceType": "ValueSet", "status": "draft", "compose": {"include": [{"system": "x"}]}}, "fhir-canonical-relative", "error", "ValueSet.compose.include[0].system"),
    ("type of the parent", profile("complex-type"), {**profile("complex-type"), "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Address"}, "fhir-definition-type", "error", "StructureDefinition.type"),
    ("kind", profile("complex-type"), profile("resource"), "fhir-definition-kind", "error", "StructureDefinition.kind"),
    ("canonical", code_system(), code_system(url="cs"), "fhir-canonical-relative", "error", "CodeSystem.url"),
    ("property twice", code_system(), code_system(property=[{"code": "kind", "type": "string"}] * 2), "fhir-code-system-property-twice", "error", "CodeSystem.property[1].code"),
    ("property", code_system(), code_system(property=[{"code": "other", "type": "string"}]), "fhir-code-system-property", "error", "CodeSystem.concept[0].property[0].code"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("good", "bad", "rule", "severity", "path"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_rule(stu3: Validator, good: Json, bad: Json, rule: str, severity: str, path: str) -> None:
    kept, broken = stu3.validate(copy.deepcopy(good)), stu3.validate(copy.deepcopy(bad))
    assert not [i for i in kept if i.rule == rule or i.severity == "error"]
    assert (rule, severity, path) in {(i.rule, i.severity, i.path) for i in broken}
    assert {i.rule for i in broken if i.severity == "error"} <= {rule}


def test_ids_of_element_definitions_occur_in_both_views(stu3: Validator) -> None:
    element = [{"id": "Patient", "path": "Patient"}]
    definition = {
        "resourceType": "StructureDefinition", "url": "http://x.nl/p", "name": "p", "status": "draft", "kind": "resource",
        "abstract": False, "type": "Patient", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation": "constraint", "differential": {"element": element},
        "snapshot": {"element": [{**element[0], "definition": "x", "min": 0, "max": "*"}]},
    }  # fmt: skip
    assert "fhir-id-duplicate" not in {i.rule for i in stu3.validate(definition)}


def test_contained_is_named_by_a_canonical_in_r4_only(stu3: Validator, r4: Validator) -> None:
    response = {
        "resourceType": "QuestionnaireResponse",
        "contained": [{"resourceType": "Questionnaire", "id": "q", "status": "active", "title": "x"}],
        "questionnaire": "#q",
        "status": "completed",
    }
    assert "dom-3" not in {i.rule for i in r4.validate(response)}
    assert "dom-3" in {i.rule for i in r4.validate({**response, "questionnaire": "http://x.nl/q"})}
    url = {"url": "http://x.nl/e", "valueUri": "#c"}
    only = patient(contained=[{"resourceType": "Practitioner", "id": "c"}], extension=[url])
    assert "dom-3" in {i.rule for i in stu3.validate(only)}


def test_references_of_an_inner_bundle_resolve_there(stu3: Validator) -> None:
    inner = bundle(
        "collection",
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", OTHER[1]),
        observation("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"),
    )
    outer = bundle("collection", ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", {"resourceType": "Practitioner"}), ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1", inner))  # fmt: skip
    assert not [i for i in stu3.validate(outer) if i.severity == "error"]


def test_relative_reference_is_below_the_server_of_its_entry(stu3: Validator) -> None:
    elsewhere = ("https://other.nl/fhir/Patient/1", patient())
    found = {i.rule for i in stu3.validate(document(elsewhere, DOCTOR))}
    assert "fhir-bundle-unresolved" in found


def test_what_the_codec_drops_is_said(stu3: Validator) -> None:
    head = 'xmlns="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    source = f'<Patient {head} xsi:schemaLocation="http://hl7.org/fhir patient.xsd"><active value="true"/></Patient>'
    document = parse(source.encode(), model=stu3.model)
    assert document.issues == []
    found = [(i.rule, i.severity, i.path) for i in stu3.validate(document)]
    assert found == [("fhir-xml-dropped", "information", "Patient")]


# -- units ------------------------------------------------------------------------------------------


UNITS = (
    "mg kg/m2 10*9/L 10*-9 10^3 /d {score} mg{x} % 1 [iU]/mL k[iU] mm[Hg] m[H2O] (mg/d)/L mol/kg/s m+2 s-1 L/(12.h) B[SPL] dB "
    "Cel [degF] ' '' g% dag 1/d [lb_av] umol {a}/min mmol/L/h/(m2.a) ((m)) U/L hL [arb'U] m2{a}"
)
NONE = (
    "mmHg sec mg/ m2. da 2mg kmin m[pH] () m() m- m--1 bpm cel mcg tbl µg {é} {a{b}} {a}mg / (m m) {a a} mg, m[arb'U]"
)  # fmt: skip


@pytest.mark.parametrize("code", UNITS.split())
def test_units_of_ucum(code: str) -> None:
    assert ucum.check(code) is ucum.Unit.GOOD


@pytest.mark.parametrize("code", [*NONE.split(), "", " ", "mg dL", "x" * 600])
def test_what_ucum_does_not_have(code: str) -> None:
    assert ucum.check(code) is ucum.Unit.UNKNOWN


@given(st.text(alphabet="mgkL[]{}()./*^+-0123456789 Hé'%", max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    assert ucum.check(text) in ucum.Unit


@given(
    st.lists(st.sampled_from(["mg", "L", "10*3", "{x}", "s-1", "(m.s)"]), min_size=1, max_size=6),
    st.sampled_from("./"),
)
def test_products_of_units_are_units(parts: list[str], sign: str) -> None:
    assert ucum.check(sign.join(parts)) is ucum.Unit.GOOD


# -- invariants written out -----------------------------------------------------------------------


def test_fast_forms_stand_for_texts_of_the_specification() -> None:
    texts = {
        (c.key, c.expression)
        for v in ("3.0.2", "4.0.1")
        for found in embedded(v).constraints.values()
        for c in found
    }
    assert NATIVE.keys() <= texts

"""The person of the token is the person of every answer, whatever kind of answer it is; and nobody is accused wrongly."""

from __future__ import annotations

import base64
import json
from functools import cache

import pytest
from standard_cell import StandardCell, T, edit, encode, own_persons

from harness.core.run.exchanges import Response
from harness.core.verdicts import worst
from harness.judge.every_standard.identity.owners import every_resource
from harness.network.person.persons import fixture_person
from harness.reference.records import Records

pytestmark = pytest.mark.usefixtures("literals")

HG, PD, ZM = "huisartsgegevens-2.0", "pdfa-3.0", "zelfmetingen-2.0"
OTHER = "bram-lisdodde"


def verdict(cell, requirement, **settings):
    return worst([item.verdict for item in cell.findings(requirement, **settings)]).value


@cache
def other(kind):
    """A resource of another person's record, the one that says most."""
    record = own_persons(T).of(OTHER, PD)
    found = [
        stored.resource for stored in record if stored.type == kind and stored.key not in record.withheld
    ]
    return max(found, key=lambda item: len(json.dumps(item, default=str)))


def answered(operation, make):
    """A change of all answers of an operation into another resource."""

    def change(name, request, response):
        if not name.startswith(operation):
            return response
        xml = name.endswith("xml")
        kind = ("Content-Type", "application/fhir+xml" if xml else "application/fhir+json")
        return Response(status=200, headers=(kind,), body=encode(make(), "xml" if xml else "json"))

    return change


def within(operation, put):
    """A change within the first match of the answers of an operation."""

    def change(name, request, response):
        if not name.startswith(operation) or b"searchset" not in response.body:
            return response
        return edit(response, lambda bundle: put(bundle["entry"][0]["resource"], bundle))

    return change


def test_a_document_reference_that_is_read_is_the_persons_own():
    change = answered("pd-manifest-document", lambda: other("DocumentReference"))
    assert verdict(StandardCell(PD, change=change), "PD-GEN-022") == "fail"
    assert verdict(StandardCell(PD, change=change), "PD-GEN-022", records=Records()) == "fail"


@pytest.mark.parametrize("form", ["json", "xml", "native"])
def test_a_document_of_another_is_seen_in_every_form(form):
    content = base64.b64decode(other("Binary")["content"])

    def change(name, request, response):
        if name != f"pd-retrieve-{form}":
            return response
        if form == "native":
            return Response(status=200, headers=(("Content-Type", "application/pdf"),), body=content)
        return answered("pd-retrieve", lambda: other("Binary"))(name, request, response)

    cell = StandardCell(PD, change=change)
    said = [item.received for item in cell.findings("PD-GEN-022") if item.verdict.value == "fail"]
    assert fixture_person(OTHER) and any("somebody else" in item for item in said), said


def test_what_is_contained_or_comes_in_a_bundle_within_counts():
    def contained(resource, bundle):
        resource.setdefault("contained", []).append({**other("Observation"), "id": "bijlage-x"})

    def nested(resource, bundle):
        inner = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": other("Observation")}],
        }
        bundle["entry"].append({"resource": inner, "search": {"mode": "include"}})

    for put in (contained, nested):
        assert verdict(StandardCell(HG, change=within("hg-episodes", put)), "HG-GEN-022") == "fail"


def test_an_error_text_that_names_somebody_else():
    name = other("Patient")["name"][0]["family"]

    def change(operation, request, response):
        if operation != "hg-allergy-json":
            return response
        body = f"<html>geen relatie met {name} Lisdodde</html>".encode()
        return Response(status=500, headers=(("Content-Type", "text/html"),), body=body)

    found = StandardCell(HG, change=change).findings("HG-GEN-022")
    known = own_persons(T).known.marks.owners
    assert any(item.verdict.value == "fail" for item in found) == any(text in name for text in known)


def test_other_patients_in_other_roles_accuse_nobody():
    """A parent who measured, a partner who is told of: that a resource names them says nothing of whose it is."""

    def put(resource, bundle):
        resource["performer"] = [{"reference": "Patient/ouder", "display": "moeder"}]

    assert verdict(StandardCell(ZM, change=within("zm-glucose", put)), "ZM-GEN-022") == "pass"


def test_a_contained_patient_with_a_local_id_is_the_person():
    def put(resource, bundle):
        own = fixture_person("hanna-wilgenkamp")
        patient = next(item for item in own.resources(T) if item["resourceType"] == "Patient")
        resource["contained"] = [{**patient, "id": "p", "meta": {}}]
        resource["patient"] = {"reference": "#p", "display": "mevrouw"}

    found = verdict(StandardCell(HG, change=within("hg-episodes", put)), "HG-GEN-022")
    assert found == "pass"


def test_every_resource_of_an_answer_has_its_place():
    inner = {"resourceType": "Flag", "contained": [{"resourceType": "Patient"}]}
    outer = {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "Bundle", "entry": [{"resource": inner}]}}],
    }
    places = [place for place, _ in every_resource(outer)]
    base = "Bundle.entry[0].resource.entry[0].resource"
    assert places == [base, f"{base}.contained[0]"]
    assert (
        list(every_resource("x")) == [] and list(every_resource({"resourceType": "Bundle", "entry": 3})) == []
    )

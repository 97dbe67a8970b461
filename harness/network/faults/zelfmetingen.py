"""Faults of a HIS and a PGO in Zelfmetingen that the catalogue cannot describe."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from harness.core.run.exchanges import Request
from harness.fhir.codec.documents import parse, to_json, to_xml
from harness.fhir.model.types import load_model
from harness.network.faults.answer import LOINC, NICTIZ, UCUM, Answer, Json, coded, walk
from harness.network.faults.registry import his_fault, pgo_fault

VITAL = coded("http://hl7.org/fhir/observation-category", "vital-signs", "Vital Signs")


def weight(answer: Answer, day: int) -> Json:
    """A zib-BodyWeight."""
    return {
        "resourceType": "Observation",
        "id": "fout-gewicht",
        "meta": {"profile": [NICTIZ + "zib-BodyWeight"]},
        "status": "final",
        "category": [VITAL],
        "code": coded(LOINC, "29463-7", "Body weight"),
        "subject": answer.subject,
        "effectiveDateTime": f"{answer.day(day)}T07:40:00+01:00",
        "valueQuantity": {"value": Decimal("78.1"), "unit": "kg", "system": UCUM, "code": "kg"},
    }


def blood_pressure(answer: Answer, day: int) -> Json:
    """A zib-BloodPressure."""

    def part(code: str, display: str, value: int) -> Json:
        return {
            "code": coded(LOINC, code, display),
            "valueQuantity": {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        }

    return {
        "resourceType": "Observation",
        "id": "fout-bloeddruk",
        "meta": {"profile": [NICTIZ + "zib-BloodPressure"]},
        "status": "final",
        "category": [VITAL],
        "code": coded(LOINC, "85354-9", "Blood pressure panel with all children optional"),
        "subject": answer.subject,
        "effectiveDateTime": f"{answer.day(day)}T07:30:00+01:00",
        "component": [
            part("8480-6", "Systolic blood pressure", 131),
            part("8462-4", "Diastolic blood pressure", 82),
        ],
    }


@his_fault("measurement-outside-period")
def outside_period(answer: Answer) -> None:
    """A blood pressure of another period."""
    answer.add(blood_pressure(answer, -10))


@his_fault("lastn-all")
def older_too(answer: Answer) -> None:
    """An older weight comes along."""
    answer.add(weight(answer, -20))


@his_fault("lastn-oldest")
def oldest(answer: Answer) -> None:
    """An older value as the latest."""
    for resource in answer.matches()[:1]:
        resource["valueQuantity"]["value"] = Decimal("78.4")


@his_fault("value-without-unit")
def no_unit(answer: Answer) -> None:
    """A value without unit."""
    for resource in answer.matches()[:1]:
        resource.get("valueQuantity", {}).pop("unit", None)


@his_fault("bloodpressure-half")
def half(answer: Answer) -> None:
    """A blood pressure without diastolic part."""
    for resource in answer.matches()[:1]:
        resource["component"] = resource.get("component", [])[:1]


@his_fault("batch-refused")
def batch_refused(answer: Answer) -> None:
    """Batches in XML are refused."""
    if answer.answered == "xml":
        answer.refuse(400, "not-supported", "batch wordt niet ondersteund")


@his_fault("batch-entry-refused")
def entry_refused(answer: Answer) -> None:
    """One entry of the batch fails."""
    for entry in answer.entries[-1:]:
        entry["response"]["status"] = "400 Bad Request"


@his_fault("batch-minimal")
def minimal(answer: Answer) -> None:
    """No resources in the answer to an XML batch."""
    if answer.answered == "xml":
        for entry in answer.entries:
            entry.pop("resource", None)
            entry.pop("fullUrl", None)


@his_fault("batch-value-changed")
def value_changed(answer: Answer) -> None:
    """A value comes back rounded."""
    for item in walk(answer.resource):
        quantity = item.get("valueQuantity")
        if isinstance(quantity, dict) and "value" in quantity:
            quantity["value"] = int(quantity["value"]) + 1
            return


@his_fault("batch-missing-profile")
def no_profile(answer: Answer) -> None:
    """Stored resources lose their profile."""
    for entry in answer.entries:
        entry.get("resource", {}).pop("meta", None)


def _bundle(request: Request, edit: Callable[[dict[str, Any]], None]) -> Request:
    model = load_model("3.0.2")
    document = parse(request.body, model=model)
    edit(document.resource)
    body = to_xml(document.resource, model) if document.format == "xml" else to_json(document.resource)
    return Request(method=request.method, url=request.url, headers=request.headers, body=body)


@pgo_fault("pgo-bundle-type")
def bundle_type(request: Request) -> Request:
    """A collection is sent."""
    return _bundle(request, lambda bundle: bundle.update(type="collection"))


def _own_id(bundle: dict[str, Any]) -> None:
    for entry in bundle.get("entry", [])[-1:]:
        entry["resource"]["id"] = "eigen-id"
        entry.pop("fullUrl", None)


@pgo_fault("pgo-bundle-ids")
def bundle_ids(request: Request) -> Request:
    """A new resource has an id already."""
    return _bundle(request, _own_id)


def _no_meta(bundle: dict[str, Any]) -> None:
    for entry in bundle.get("entry", []):
        entry["resource"].pop("meta", None)


@pgo_fault("pgo-bundle-without-profile")
def bundle_profiles(request: Request) -> Request:
    """What is sent does not say its profile."""
    return _bundle(request, _no_meta)

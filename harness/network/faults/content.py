"""Faults in the content of one standard: what is left out, let through, or changed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from decimal import Decimal
from functools import cache

from harness.core.data import data_path
from harness.core.tdates import shift
from harness.network.faults.his import fault
from harness.network.faults.searchsets import duplicate
from harness.network.faults.tools import (
    NICTIZ,
    SCT,
    Answer,
    Json,
    appointment,
    blood_pressure,
    closed_episode,
    coded,
    document,
    journal_line,
    practitioner,
    walk,
    weight,
)

# -- Huisartsgegevens ---------------------------------------------------------------------------------


@fault("patient-twice", "hg-patient")
def patient_twice(answer: Answer) -> None:
    """The patient is found twice."""
    duplicate(answer)


@fault("practitioner-extra", "hg-patient")
def extra_practitioner(answer: Answer) -> None:
    """A second practitioner comes along."""
    answer.add(practitioner(), "include")


def _exclude(answer: Answer, kind: str, key: str) -> None:
    """Leave out what an ``_include`` asks for, as entry or contained."""
    answer.entries[:] = [e for e in answer.entries if e.get("resource", {}).get("resourceType") != kind]
    for resource in answer.matches():
        found = resource.get(key)
        kept = [item for item in resource.get("contained", []) if item.get("resourceType") != kind]
        if isinstance(found, dict) and str(found.get("reference", "")).startswith("#"):
            found["reference"] = f"{kind}/niet-meegeleverd"
            resource["contained"] = kept
            if not kept:
                del resource["contained"]


@fault("include-missing-practitioner", "hg-patient")
def no_practitioner(answer: Answer) -> None:
    """The general practitioner does not come along."""
    _exclude(answer, "Practitioner", "generalPractitioner")


@fault("include-missing-specimen", "hg-observation")
def no_specimen(answer: Answer) -> None:
    """Specimens do not come along."""
    _exclude(answer, "Specimen", "specimen")


@fault("include-missing-medication", "hg-medicationrequest")
def no_medication(answer: Answer) -> None:
    """Medications do not come along."""
    _exclude(answer, "Medication", "medicationReference")


def _without(name: str, operation: str, key: str, **unlike: str) -> None:
    def change(answer: Answer) -> None:
        resource = answer.pick(**unlike)
        if resource is not None:
            resource.pop(key, None)

    change.__doc__ = f"One match without ``{key}``."
    fault(name, operation)(change)


_without("episode-without-diagnosis", "hg-episodes", "diagnosis", expected="Boezem")
_without("encounter-without-type", "hg-encounter", "type", visit="Visite", call="Telefonisch", mail="E-mail")
_without("composition-without-title", "hg-composition", "title")
_without("observation-without-context", "hg-observation", "context")
_without("medication-without-context", "hg-medicationrequest", "context")
_without("document-without-master-identifier", "pd-find-current", "masterIdentifier")
_without("appointment-without-identifier", "ea-future", "identifier")
_without("measurement-without-time", "zm-heartrate", "effectiveDateTime")


@fault("so-section", "hg-composition")
def so_section(answer: Answer) -> None:
    """A report with an S section."""
    for resource in answer.matches()[:1]:
        div = '<div xmlns="http://www.w3.org/1999/xhtml">pijn bij bewegen</div>'
        section = {
            "code": coded("http://fhir.nl/fhir/NamingSystem/journaalregeltypen", "S", "Subjectief"),
            "text": {"status": "generated", "div": div},
        }
        resource.setdefault("section", []).insert(0, section)


@fault("composition-other-type", "hg-composition")
def other_report(answer: Answer) -> None:
    """Another kind of report among the reports."""
    for resource in answer.matches()[:1]:
        resource["type"] = coded("http://loinc.org", "34133-9", "Summarization of episode note")


def _result(answer: Answer) -> Json | None:
    """A result that no expectation looks at."""
    return answer.pick(culture="1334", glucose="3208", weight="'357'", pulse="1875")


@fault("observation-without-nhg45", "hg-observation")
def no_nhg_code(answer: Answer) -> None:
    """A result with a code of another table."""
    resource = _result(answer)
    if resource is not None:
        resource["code"] = coded("http://loinc.org", "8462-4", "Diastolic blood pressure")


@fault("observation-too-old", "hg-observation")
def old_result(answer: Answer) -> None:
    """A result of fifteen months ago."""
    resource = _result(answer)
    if resource is not None:
        resource["effectiveDateTime"] = shift(answer.t, "M", -15).isoformat()


@fault("medication-other-category", "hg-medicationrequest")
def other_category(answer: Answer) -> None:
    """An administration agreement among the medication agreements."""
    for resource in answer.matches()[:1]:
        resource["category"] = coded(SCT, "422037009", "Verstrekken")


@fault("medication-ended", "hg-medicationrequest")
def ended(answer: Answer) -> None:
    """Medication that stopped last week."""
    for resource in answer.matches()[:1]:
        kept = []
        for extension in resource.get("extension", []):
            if extension["url"] == NICTIZ + "zib-Medication-PeriodOfUse":
                extension["valuePeriod"] = {"start": answer.day(-60), "end": answer.day(-7)}
            if extension["url"] != NICTIZ + "zib-MedicationUse-Duration":
                kept.append(extension)
        resource["extension"] = kept


@fault("allergy-other-category", "hg-allergy")
def other_allergy(answer: Answer) -> None:
    """An allergy that is not about medication."""
    for resource in answer.matches()[:1]:
        resource["category"] = ["environment"]
        resource.pop("_category", None)


@fault("so-observation", "hg-encounter")
def so_observation(answer: Answer) -> None:
    """An S line comes along with the contacts."""
    for encounter in answer.matches()[:1]:
        answer.add(journal_line(answer, encounter), "include")


@fault("lines-before-online-access", "hg-composition")
def old_lines(answer: Answer) -> None:
    """A report from before online access."""
    for resource in answer.matches()[:1]:
        resource["date"] = "2020-05-04"


@fault("hidden-episode", "hg-episodes")
def hidden_episode(answer: Answer) -> None:
    """A closed episode without attention flag is shown."""
    answer.add(closed_episode(answer))


def _lost(name: str, operation: str, unlike: str = "") -> None:
    def change(answer: Answer) -> None:
        answer.drop_last_match(unlike)

    change.__doc__ = f"One match of {operation} is missing."
    fault(name, operation)(change)


_lost("encounter-lost", "hg-encounter")
_lost("composition-lost", "hg-composition")
_lost("observation-lost", "hg-observation", "diastol")
_lost("medication-lost", "hg-medicationrequest")
_lost("allergy-lost", "hg-allergy")
_lost("manifest-lost", "pd-manifest-current")
_lost("appointment-lost", "ea-future")
_lost("measurement-lost", "zm-bloodpressure")
_lost("glucose-lost", "zm-glucose")
_lost("heartrate-lost", "zm-heartrate")
_lost("period-lost", "zm-period")
_lost("vitalsigns-lost", "zm-vitalsigns")

# -- PDF/A ----------------------------------------------------------------------------------------------


def _status(name: str, operation: str) -> None:
    def change(answer: Answer) -> None:
        for resource in answer.matches()[:1]:
            resource["status"] = "entered-in-error"

    change.__doc__ = f"A withdrawn one among the current ones of {operation}."
    fault(name, operation)(change)


_status("document-withdrawn", "pd-find-current")
_status("manifest-withdrawn", "pd-manifest-current")


@fault("document-outside-period", "pd-find-empty")
def outside_period(answer: Answer) -> None:
    """A document of another period."""
    answer.add(document(answer, -30))


@fault("bad-path-200", "pd-bad-path")
def bad_path(answer: Answer) -> None:
    """A nonsense path is answered with an empty searchset."""
    answer.status = 200
    answer.resource = {"resourceType": "Bundle", "type": "searchset", "total": 0}


@fault("unknown-binary-500", "pd-unknown-binary")
def unknown_binary(answer: Answer) -> None:
    """An unknown document crashes."""
    answer.refuse(500, "exception", "interne fout")


@fault("document-gone", "pd-retrieve")
def gone(answer: Answer) -> None:
    """Documents cannot be retrieved as XML."""
    if answer.kind == "xml":
        answer.refuse(404, "not-found", "document niet gevonden")


@fault("binary-without-content", "pd-retrieve")
def no_content(answer: Answer) -> None:
    """The Binary is empty in XML."""
    if answer.kind == "xml" and answer.resource is not None:
        answer.resource.pop("content", None)


@fault("native-content-type", "pd-retrieve")
def native_type(answer: Answer) -> None:
    """The document itself comes without its type."""
    if answer.kind == "native":
        answer.content_type = "application/octet-stream"


@fault("native-other-bytes", "pd-retrieve")
def native_bytes(answer: Answer) -> None:
    """The document itself is another version."""
    if answer.kind == "native":
        answer.body += b"\n"


def _attachments(answer: Answer) -> list[Json]:
    return [item for item in walk(answer.resource) if "contentType" in item and "url" in item]


def _attachment(name: str, change: Callable[[Json], None]) -> None:
    def changed(answer: Answer) -> None:
        for attachment in _attachments(answer)[:1]:
            change(attachment)

    changed.__doc__ = "Metadata of one document is wrong."
    fault(name, "pd-find-current")(changed)


_attachment("document-content-type-word", lambda item: item.update(contentType="text/plain"))
_attachment("document-wrong-size", lambda item: item.update(size=int(item.get("size", 0)) + 1))
_attachment("document-wrong-hash", lambda item: item.update(hash=base64.b64encode(b"x" * 20).decode()))


@cache
def _file(name: str) -> bytes:
    return data_path("fixtures", "documenten", name).read_bytes()


def _replaced(name: str, file: str) -> None:
    """Every document is another file; the metadata agrees with it."""

    def change(answer: Answer) -> None:
        data = _file(file)
        if answer.operation == "pd-retrieve":
            if answer.resource is None:
                answer.body = data
            elif answer.resource.get("resourceType") == "Binary":
                answer.resource["content"] = base64.b64encode(data).decode()
            return
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        for attachment in _attachments(answer):
            attachment.update(size=len(data), hash=base64.b64encode(digest).decode())

    fault(name, "pd-retrieve", "pd-find-current")(change)


_replaced("document-not-pdfa", "geen-pdfa.pdf")
_replaced("document-empty-page", "lege-bladzijde.pdf")


@fault("document-other-description", "pd-find-current")
def other_description(answer: Answer) -> None:
    """Documents lose their description."""
    for resource in answer.matches():
        resource["description"] = "Document"


@fault("manifest-500", "pd-manifest-current")
def manifest_error(answer: Answer) -> None:
    """The search for manifests crashes in XML."""
    if answer.kind == "xml":
        answer.refuse(500, "exception", "interne fout")


@fault("manifest-outside-period", "pd-manifest-created")
def manifest_period(answer: Answer) -> None:
    """A manifest of another period."""
    for resource in answer.matches()[:1]:
        resource["created"] = f"{answer.day(-10)}T00:00:00+01:00"


@fault("manifest-document-gone", "pd-manifest-document")
def manifest_document(answer: Answer) -> None:
    """What a manifest refers to is not there."""
    answer.refuse(404, "not-found", "document niet gevonden")


@fault("manifest-period-extra", "pd-manifest-created")
def manifest_extra(answer: Answer) -> None:
    """A manifest is listed twice."""
    duplicate(answer)


# -- eAfspraak --------------------------------------------------------------------------------------------


def _extra(name: str, operation: str, make: Callable[[Answer, int], Json], day: int) -> None:
    def change(answer: Answer) -> None:
        answer.add(make(answer, day))

    change.__doc__ = f"One too many in {operation}."
    fault(name, operation)(change)


_extra("appointment-outside-period", "ea-empty", appointment, -10)
_extra("appointment-month-extra", "ea-month", appointment, -5)
_extra("appointment-year-extra", "ea-year", appointment, -200)


@fault("appointment-without-patient", "ea-future")
def no_participant(answer: Answer) -> None:
    """The patient is no participant."""
    for resource in answer.matches()[:1]:
        resource["participant"] = [
            item
            for item in resource.get("participant", [])
            if not str(item.get("actor", {}).get("reference", "")).startswith("Patient/")
        ]


# -- Zelfmetingen -------------------------------------------------------------------------------------------

_extra("measurement-outside-period", "zm-empty", blood_pressure, -10)
_extra("lastn-all", "zm-weight-last", weight, -20)


@fault("measurement-other-code", "zm-heartrate")
def other_code(answer: Answer) -> None:
    """Another measurement among those asked for."""
    for resource in answer.matches()[:1]:
        resource["code"] = coded("http://loinc.org", "8893-0", "Heart rate Peripheral artery by palpation")


@fault("lastn-oldest", "zm-weight-last")
def oldest(answer: Answer) -> None:
    """An older value as the latest."""
    for resource in answer.matches()[:1]:
        resource["valueQuantity"]["value"] = Decimal("78.4")


@fault("measurement-other-category", "zm-vitalsigns")
def no_vital_sign(answer: Answer) -> None:
    """A laboratory result among the vital signs."""
    for resource in answer.matches()[:1]:
        resource["category"] = [coded("http://hl7.org/fhir/observation-category", "laboratory", "Laboratory")]


@fault("value-without-unit", "zm-glucose")
def no_unit(answer: Answer) -> None:
    """A value without unit."""
    for resource in answer.matches()[:1]:
        resource.get("valueQuantity", {}).pop("unit", None)


@fault("bloodpressure-half", "zm-bloodpressure")
def half(answer: Answer) -> None:
    """A blood pressure without diastolic part."""
    for resource in answer.matches()[:1]:
        resource["component"] = resource.get("component", [])[:1]


@fault("batch-refused", "zm-send")
def batch_refused(answer: Answer) -> None:
    """Batches in XML are refused."""
    if answer.answered == "xml":
        answer.refuse(400, "not-supported", "batch wordt niet ondersteund")


@fault("batch-entry-refused", "zm-send")
def entry_refused(answer: Answer) -> None:
    """One entry of the batch fails."""
    for entry in answer.entries[-1:]:
        entry["response"]["status"] = "400 Bad Request"


@fault("batch-minimal", "zm-send")
def minimal(answer: Answer) -> None:
    """No resources in the answer to an XML batch."""
    if answer.answered == "xml":
        for entry in answer.entries:
            entry.pop("resource", None)
            entry.pop("fullUrl", None)


@fault("batch-value-changed", "zm-send")
def value_changed(answer: Answer) -> None:
    """A value comes back rounded."""
    for item in walk(answer.resource):
        quantity = item.get("valueQuantity")
        if isinstance(quantity, dict) and "value" in quantity:
            quantity["value"] = int(quantity["value"]) + 1
            return


@fault("batch-missing-profile", "zm-send")
def no_profile(answer: Answer) -> None:
    """Stored resources lose their profile."""
    for entry in answer.entries:
        entry.get("resource", {}).pop("meta", None)

"""Faults of every standard: what is wrong with a searchset whatever it holds, and with a request for one."""

from __future__ import annotations

import base64
import json
import re
from datetime import date, timedelta

from msgspec.structs import replace

from harness.core.run.exchanges import Request
from harness.network.faults.answer import BSN, SCT, Answer, walk
from harness.network.faults.registry import his_fault, pgo_fault
from harness.network.person.persons import fixture_persons

_NUMBER = "999990019"
_DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
_STATE = "https://his.example/fhir/StructureDefinition/toestand"


@his_fault("search-status-500")
def search_status(answer: Answer) -> None:
    """XML only, so that the content is still seen in JSON."""
    if answer.kind == "xml":
        answer.refuse(500, "exception", "interne fout")


@his_fault("bundle-type-collection")
def bundle_type(answer: Answer) -> None:
    """A collection, which has no total and no search modes."""
    if answer.resource is not None:
        answer.resource["type"] = "collection"
        answer.resource.pop("total", None)
        for entry in answer.entries:
            entry.pop("search", None)


@his_fault("missing-resource-id")
def missing_id(answer: Answer) -> None:
    """One resource without id."""
    for resource in answer.matches()[:1]:
        resource.pop("id", None)


@his_fault("missing-meta-profile")
def missing_profile(answer: Answer) -> None:
    """No resource says its profile."""
    for entry in answer.entries:
        entry.get("resource", {}).pop("meta", None)


@his_fault("fullurl-other-id")
def other_full_url(answer: Answer) -> None:
    """fullUrl of the first entry ends with another id."""
    for entry in answer.entries[:1]:
        entry["fullUrl"] = str(entry.get("fullUrl", "https://his.example/fhir/X/x")) + "-anders"


@his_fault("relative-fullurl")
def relative_full_url(answer: Answer) -> None:
    """fullUrl of the first entry is a path."""
    for entry in answer.entries[:1]:
        resource = entry["resource"]
        entry["fullUrl"] = f"{resource['resourceType']}/{resource.get('id', 'x')}"


@his_fault("coding-without-system")
def coding_without_system(answer: Answer) -> None:
    """A tag with a code only."""
    for resource in answer.matches()[:1]:
        resource.setdefault("meta", {})["tag"] = [{"code": "actueel"}]


@his_fault("zib-valueset-as-system")
def value_set_as_system(answer: Answer) -> None:
    """A tag with a value set as its system."""
    for resource in answer.matches()[:1]:
        tag = {"system": "urn:oid:2.16.840.1.113883.2.4.3.11.60.40.2.13.3.2", "code": "1"}
        resource.setdefault("meta", {})["tag"] = [tag]


@his_fault("concept-without-display")
def concept_without_display(answer: Answer) -> None:
    """The first coded concept of a resource loses its words."""
    for resource in answer.matches()[:1]:
        for item in walk(resource):
            if isinstance(item.get("coding"), list):
                item.pop("text", None)
                item.pop("extension", None)
                for coding in item["coding"]:
                    coding.pop("display", None)
                return


@his_fault("reference-without-display")
def reference_without_display(answer: Answer) -> None:
    """The reference to the patient (or its participant) loses its words."""
    for resource in answer.matches()[:1]:
        for item in walk(resource):
            if str(item.get("reference", "")).startswith("Patient/"):
                item.pop("display", None)
                return


@his_fault("identifier-without-value")
def identifier_without_value(answer: Answer) -> None:
    """An identifier with a system only."""
    for resource in answer.matches()[:1]:
        resource.setdefault("identifier", []).append({"system": "https://his.example/nummer"})


@his_fault("bsn-in-identifier")
def bsn_in_identifier(answer: Answer) -> None:
    """A BSN as identifier."""
    for resource in answer.matches()[:1]:
        resource.setdefault("identifier", []).append({"system": BSN, "value": _NUMBER})


@his_fault("total-too-high")
def total_too_high(answer: Answer) -> None:
    """total counts what is not there."""
    if answer.resource is not None:
        answer.resource["total"] = len(answer.entries) + 5


@his_fault("no-self-link")
def no_self_link(answer: Answer) -> None:
    """No link at all."""
    if answer.resource is not None:
        answer.resource.pop("link", None)


@his_fault("bsn-in-self-link")
def bsn_in_self_link(answer: Answer) -> None:
    """The HIS shows how it searches."""
    for link in (answer.resource or {}).get("link", []):
        sign = "&" if "?" in link["url"] else "?"
        link["url"] += f"{sign}patient.identifier=http://fhir.nl/fhir/NamingSystem/bsn%7C{_NUMBER}"


@his_fault("self-link-drops-parameters")
def self_link_drops(answer: Answer) -> None:
    """The self link forgets the query."""
    for link in (answer.resource or {}).get("link", []):
        link["url"] = link["url"].split("?")[0]


@his_fault("wrong-status-code")
def wrong_code(answer: Answer) -> None:
    """A code that FHIR does not know, in an element that no other rule looks at."""
    for resource in answer.matches()[:1]:
        div = '<div xmlns="http://www.w3.org/1999/xhtml">tekst</div>'
        resource["text"] = {"status": "bestaat-niet", "div": div}


@his_fault("ignores-accept")
def ignores_accept(answer: Answer) -> None:
    """JSON whatever was asked for."""
    answer.answered = "json"


@his_fault("unknown-element")
def unknown_element(answer: Answer) -> None:
    """An element that FHIR does not have, in XML."""
    if answer.kind == "xml":
        answer.finish = lambda body: body.replace(b"<link>", b'<eigenVeld value="waarde"/><link>', 1)


@his_fault("xml-other-ids")
def xml_other_ids(answer: Answer) -> None:
    """In XML a resource has another id."""
    if answer.kind == "xml":
        for entry in answer.entries[:1]:
            entry["resource"]["id"] = str(entry["resource"].get("id", "x")) + "-xml"
            if "fullUrl" in entry:
                entry["fullUrl"] += "-xml"


@his_fault("other-patient")
def other_patient(answer: Answer) -> None:
    """One resource is about somebody else."""
    for resource in answer.matches()[:1]:
        for item in walk(resource):
            if str(item.get("reference", "")).startswith("Patient/"):
                item["reference"] = "Patient/iemand-anders"
                return


@his_fault("contained-of-another")
def contained_of_another(answer: Answer) -> None:
    """An extension of the HIS refers to a contained resource that is about somebody else."""
    for resource in answer.matches()[:1]:
        subject = {"reference": "Patient/iemand-anders", "display": "iemand anders"}
        account = {"resourceType": "Account", "id": "rekening", "status": "active", "subject": subject}
        resource.setdefault("contained", []).append(account)
        own = {
            "url": "https://his.example/fhir/StructureDefinition/rekening",
            "valueReference": {"reference": "#rekening", "display": "rekening"},
        }
        resource.setdefault("extension", []).append(own)


@his_fault("empty-search-404")
def empty_search(answer: Answer) -> None:
    """Nothing found is treated as an error, in XML."""
    if answer.kind == "xml":
        answer.refuse(404, "not-found", "niets gevonden")


@his_fault("canary-leak")
def canary(answer: Answer) -> None:
    """What the GP keeps in the HIS shows in a narrative."""
    for resource in answer.matches()[:1]:
        resource["text"] = {"status": "generated", "div": f"{_DIV}{_kept(answer)}</div>"}


@his_fault("canary-coded")
def canary_coded(answer: Answer) -> None:
    """What the GP keeps in the HIS stands in base64 in an extension of the vendor."""
    word = base64.b64encode(_kept(answer).encode()).decode()
    for resource in answer.matches()[:1]:
        resource.setdefault("extension", []).append({"url": _STATE, "valueString": word})


@his_fault("bsn-coded")
def bsn_coded(answer: Answer) -> None:
    """The state of a session of the vendor's own, with the BSN in its claims."""
    head, claims = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, {"iss": "his.example", "sub": _NUMBER})
    )
    for resource in answer.matches()[:1]:
        word = f"{head}.{claims}.c2lnbmF0dXJl"
        resource.setdefault("extension", []).append({"url": _STATE, "valueString": word})


@his_fault("bsn-in-narrative")
def bsn_in_narrative(answer: Answer) -> None:
    """The page of the vendor as narrative, with the BSN as people write it."""
    first, rest = f"{_NUMBER[:3]}.", f"{_NUMBER[3:6]}.{_NUMBER[6:]}"
    for resource in answer.matches()[:1]:
        div = f"{_DIV}<p><b>{first}</b>{rest}</p></div>"
        resource["text"] = {"status": "generated", "div": div}


def _kept(answer: Answer) -> str:
    """A text of the patient that stays in the HIS."""
    owners = [item for item in fixture_persons() if item.patient == answer.patient]
    kept = (str(item.get("valueString", "")) for person in owners for item in person.kept(answer.t))
    return next(filter(None, kept), "")


@his_fault("moment-shifted")
def shifted(answer: Answer) -> None:
    """The first date is a day earlier, or the first time five minutes later."""
    for resource in answer.matches():
        for item in walk(resource):
            for key in ("effectiveDateTime", "onsetDateTime", "created", "start", "date"):
                value = str(item.get(key, ""))
                if _MINUTES.search(value):
                    item[key] = _MINUTES.sub(":05:", value)
                    return
                if len(value) == len("2026-03-01"):
                    item[key] = (date.fromisoformat(value) - timedelta(days=1)).isoformat()
                    return


_MINUTES = re.compile(r"(?<=T\d\d):\d\d:")


@his_fault("status-changed")
def other_status(answer: Answer) -> None:
    """What counts is said to be a mistake; an intolerance, to be unsure."""
    for resource in answer.matches()[:1]:
        if "verificationStatus" in resource:
            resource["verificationStatus"] = "unconfirmed"
        else:
            resource["status"] = "entered-in-error"


@his_fault("two-formats-differ")
def formats_differ(answer: Answer) -> None:
    """As ``moment-shifted``, in XML only."""
    if answer.kind == "xml":
        shifted(answer)


@his_fault("reference-to-nothing")
def lost_reference(answer: Answer) -> None:
    """An extension of the HIS refers to what is nowhere."""
    for resource in answer.matches()[:1]:
        gone = {"reference": "urn:uuid:5f0c2d1e-7c55-4f0b-8f5e-2b6a1f0d9c77", "display": "weg"}
        own = {"url": "https://his.example/fhir/StructureDefinition/bron", "valueReference": gone}
        resource.setdefault("extension", []).append(own)


@his_fault("total-too-low")
def total_too_low(answer: Answer) -> None:
    """total leaves one match out."""
    if answer.resource is not None and answer.matches():
        answer.resource["total"] = len(answer.matches()) - 1


@his_fault("says-incomplete")
def says_incomplete(answer: Answer) -> None:
    """An error of the HIS that something could not be found in time, in an answer that seems to be good."""
    issue = {"severity": "error", "code": "incomplete", "diagnostics": "niet alle bronnen gaven antwoord"}
    answer.entries.append(
        {
            "fullUrl": "urn:uuid:0b1f3c52-7f7e-4a63-9d0c-0a5f2f1f7c11",
            "resource": {"resourceType": "OperationOutcome", "issue": [issue]},
            "search": {"mode": "outcome"},
        }
    )


_HAPPENED = {
    "EpisodeOfCare": ("period", "finished"),
    "Appointment": ("start", "fulfilled"),
    "Observation": ("effectiveDateTime", "final"),
    "DocumentManifest": ("created", "current"),
    "AllergyIntolerance": ("onsetDateTime", "active"),
}
"""Element and status of what has happened, by type."""


@his_fault("of-the-future")
def of_the_future(answer: Answer) -> None:
    """Something that is over or settled begins next month."""
    for resource in answer.matches()[:1]:
        element, status = _HAPPENED[resource["resourceType"]]
        value = resource.get(element)
        day = answer.day(40)
        if isinstance(value, dict):
            resource[element] = {"start": day}
        else:
            resource[element] = day + str(value or "")[10:]
        if "end" in resource:
            resource["end"] = day + str(resource["end"])[10:]
        resource["clinicalStatus" if resource["resourceType"] == "AllergyIntolerance" else "status"] = status


@his_fault("code-of-wrong-shape")
def wrong_shape(answer: Answer) -> None:
    """A tag with a code that lost its last digit."""
    for resource in answer.matches()[:1]:
        tag = {"system": SCT, "code": "4958100014610", "display": "actueel"}
        resource.setdefault("meta", {})["tag"] = [tag]


@his_fault("garbled-text")
def garbled(answer: Answer) -> None:
    """A narrative in which UTF-8 was read as Windows-1252."""
    for resource in answer.matches()[:1]:
        div = '<div xmlns="http://www.w3.org/1999/xhtml">co\u00c3\u00b6rdinatie</div>'
        resource["text"] = {"status": "generated", "div": div}


def _practitioner(number: int) -> dict[str, object]:
    return {
        "resourceType": "Practitioner",
        "id": f"waarnemer-{number}",
        "meta": {"profile": ["http://fhir.nl/fhir/StructureDefinition/nl-core-practitioner"]},
        "name": [{"text": "waarnemer"}],
    }


@his_fault("unasked-resource")
def unasked(answer: Answer) -> None:
    """A practitioner comes along for no reason."""
    if answer.matches():
        answer.add(_practitioner(1), mode="include")


@his_fault("same-under-two-ids")
def two_ids(answer: Answer) -> None:
    """A practitioner comes along under two ids."""
    if answer.matches():
        answer.add(_practitioner(1), mode="include")
        answer.add(_practitioner(2), mode="include")


def _with(request: Request, parameter: str) -> Request:
    sign = "&" if "?" in request.url else "?"
    return replace(request, url=f"{request.url}{sign}{parameter}")


@pgo_fault("pgo-sends-patient-parameter")
def patient_parameter(request: Request) -> Request:
    """The query points at the person."""
    return _with(request, "patient=Patient/123")


@pgo_fault("pgo-extra-parameter")
def extra_parameter(request: Request) -> Request:
    """The query asks for a page, which no standard does."""
    return _with(request, "_count=5")


@pgo_fault("pgo-wrong-query")
def wrong_query(request: Request) -> Request:
    """The last parameter is forgotten."""
    base, _, query = request.url.partition("?")
    kept = query.split("&")[:-1]
    return replace(request, url=base + ("?" + "&".join(kept) if kept else ""))


@pgo_fault("pgo-without-token")
def without_token(request: Request) -> Request:
    """The query has no Authorization header."""
    kept = tuple(item for item in request.headers if item[0].lower() != "authorization")
    return replace(request, headers=kept)

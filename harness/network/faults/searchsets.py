"""Faults that every standard shares: what is wrong with a searchset, whatever it holds."""

from __future__ import annotations

import copy

from harness.network.faults.his import fault
from harness.network.faults.tools import BSN, Answer, walk

TARGETS = ("hg-episodes", "pd-manifest-current", "ea-future", "zm-glucose")
"""One query per standard for defects that need no more; none of these answers is asked for includes."""
FILTERED = ("hg-composition", "pd-manifest-created", "ea-month", "zm-period")


@fault("search-status-500", *TARGETS)
def search_status(answer: Answer) -> None:
    """XML only, so that the content is still seen in JSON."""
    if answer.kind == "xml":
        answer.refuse(500, "exception", "interne fout")


@fault("bundle-type-collection", *TARGETS)
def bundle_type(answer: Answer) -> None:
    """A collection, which has no total and no search modes."""
    if answer.resource is not None:
        answer.resource["type"] = "collection"
        answer.resource.pop("total", None)
        for entry in answer.entries:
            entry.pop("search", None)


@fault("missing-resource-id", *TARGETS)
def missing_id(answer: Answer) -> None:
    """One resource without id."""
    for resource in answer.matches()[:1]:
        resource.pop("id", None)


@fault("missing-meta-profile")
def missing_profile(answer: Answer) -> None:
    """No resource says its profile."""
    for entry in answer.entries:
        entry.get("resource", {}).pop("meta", None)


@fault("fullurl-other-id", *TARGETS)
def other_full_url(answer: Answer) -> None:
    """fullUrl of the first entry ends with another id."""
    for entry in answer.entries[:1]:
        entry["fullUrl"] = str(entry.get("fullUrl", "https://his.example/fhir/X/x")) + "-anders"


@fault("relative-fullurl", *TARGETS)
def relative_full_url(answer: Answer) -> None:
    """fullUrl of the first entry is a path."""
    for entry in answer.entries[:1]:
        resource = entry["resource"]
        entry["fullUrl"] = f"{resource['resourceType']}/{resource.get('id', 'x')}"


@fault("coding-without-system", *TARGETS)
def coding_without_system(answer: Answer) -> None:
    """A tag with a code only."""
    for resource in answer.matches()[:1]:
        resource.setdefault("meta", {})["tag"] = [{"code": "actueel"}]


@fault("zib-valueset-as-system", *TARGETS)
def value_set_as_system(answer: Answer) -> None:
    """A tag with a value set as its system."""
    for resource in answer.matches()[:1]:
        tag = {"system": "urn:oid:2.16.840.1.113883.2.4.3.11.60.40.2.13.3.2", "code": "1"}
        resource.setdefault("meta", {})["tag"] = [tag]


@fault("concept-without-display", *TARGETS)
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


@fault("reference-without-display", *TARGETS)
def reference_without_display(answer: Answer) -> None:
    """The reference to the patient (or its participant) loses its words."""
    for resource in answer.matches()[:1]:
        for item in walk(resource):
            if str(item.get("reference", "")).startswith("Patient/"):
                item.pop("display", None)
                return


@fault("identifier-without-value", *TARGETS)
def identifier_without_value(answer: Answer) -> None:
    """An identifier with a system only."""
    for resource in answer.matches()[:1]:
        resource.setdefault("identifier", []).append({"system": "https://his.example/nummer"})


@fault("bsn-in-identifier", *TARGETS)
def bsn_in_identifier(answer: Answer) -> None:
    """A BSN as identifier."""
    for resource in answer.matches()[:1]:
        resource.setdefault("identifier", []).append({"system": BSN, "value": "999990019"})


@fault("total-too-high")
def total_too_high(answer: Answer) -> None:
    """total counts what is not there."""
    if answer.resource is not None:
        answer.resource["total"] = len(answer.entries) + 5


@fault("no-self-link", *TARGETS)
def no_self_link(answer: Answer) -> None:
    """No link at all."""
    if answer.resource is not None:
        answer.resource.pop("link", None)


@fault("bsn-in-self-link")
def bsn_in_self_link(answer: Answer) -> None:
    """The HIS shows how it searches."""
    for link in (answer.resource or {}).get("link", []):
        sign = "&" if "?" in link["url"] else "?"
        link["url"] += f"{sign}patient.identifier=http://fhir.nl/fhir/NamingSystem/bsn%7C999990019"


@fault("self-link-drops-parameters", *FILTERED)
def self_link_drops(answer: Answer) -> None:
    """The self link forgets the query."""
    for link in (answer.resource or {}).get("link", []):
        link["url"] = link["url"].split("?")[0]


@fault("next-link", *TARGETS)
def next_link(answer: Answer) -> None:
    """A second page is promised."""
    if answer.resource is not None:
        first = answer.resource.get("link", [{"url": "https://his.example/fhir"}])[0]["url"]
        answer.resource.setdefault("link", []).append({"relation": "next", "url": first})


@fault("wrong-status-code", *TARGETS)
def wrong_code(answer: Answer) -> None:
    """A code that FHIR does not know, in an element that no other rule looks at."""
    for resource in answer.matches()[:1]:
        div = '<div xmlns="http://www.w3.org/1999/xhtml">tekst</div>'
        resource["text"] = {"status": "bestaat-niet", "div": div}


@fault("ignores-accept", *TARGETS)
def ignores_accept(answer: Answer) -> None:
    """JSON whatever was asked for."""
    answer.answered = "json"


@fault("unknown-element", *TARGETS)
def unknown_element(answer: Answer) -> None:
    """An element that FHIR does not have, in XML."""
    if answer.kind == "xml":
        answer.finish = lambda body: body.replace(b"<link>", b'<eigenVeld value="waarde"/><link>', 1)


@fault("xml-other-ids", *TARGETS)
def xml_other_ids(answer: Answer) -> None:
    """In XML a resource has another id."""
    if answer.kind == "xml":
        for entry in answer.entries[:1]:
            entry["resource"]["id"] = str(entry["resource"].get("id", "x")) + "-xml"
            if "fullUrl" in entry:
                entry["fullUrl"] += "-xml"


@fault("other-patient", *TARGETS)
def other_patient(answer: Answer) -> None:
    """One resource is about somebody else."""
    for resource in answer.matches()[:1]:
        for item in walk(resource):
            if str(item.get("reference", "")).startswith("Patient/"):
                item["reference"] = "Patient/iemand-anders"
                return


@fault("empty-search-404", "pd-find-empty", "ea-empty", "zm-empty")
def empty_search(answer: Answer) -> None:
    """Nothing found is treated as an error, in XML."""
    if answer.kind == "xml":
        answer.refuse(404, "not-found", "niets gevonden")


@fault("canary-leak", "hg-encounter", "pd-manifest-current")
def canary(answer: Answer) -> None:
    """A working note shows in a narrative."""
    for resource in answer.matches()[:1]:
        div = '<div xmlns="http://www.w3.org/1999/xhtml">KANARIE werknotitie</div>'
        resource["text"] = {"status": "generated", "div": div}


def duplicate(answer: Answer, index: int = 0) -> None:
    """A match twice."""
    found = answer.matches()
    if found:
        answer.add(copy.deepcopy(found[index]))

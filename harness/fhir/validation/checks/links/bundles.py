"""What holds for a Bundle as a whole and is no FHIRPath invariant (STU3 bundle.html).

``fullUrl`` and ``resource.id`` agree (bundle.html#resource.fullUrl), a document starts with a Composition
and a message with a MessageHeader, what that one names is there (:mod:`.documents`), and an entry of a
document or message can be referred to.
"""

from __future__ import annotations

import re
from typing import Any

from harness.fhir.phrases import ABSOLUTE_URL, NO_ENTRY, NO_RESOURCE
from harness.fhir.validation.checks.links import documents
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Run

_FREE = frozenset(("transaction", "batch", "transaction-response", "batch-response"))
"""Types whose entries need no ``fullUrl``."""

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+").fullmatch
_REST = re.compile(r"https?://\S+/([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/\S+)?").fullmatch
_FIRST = {"document": "Composition", "message": "MessageHeader"}


def check(value: Any, place: Place, run: Run) -> None:
    """Checks a structurally correct Bundle."""
    entries = value.get("entry")
    kind = value.get("type")
    wanted = _FIRST.get(kind) if type(kind) is str else None
    if kind == "document":
        documents.date_check(value, place, run)
    if type(entries) is not list or not entries:
        if wanted is not None:
            run.add("fhir-bundle-first-entry", place, expected=wanted, received=NO_ENTRY)
        return
    for index, entry in enumerate(entries):
        at: Place = (place, "entry", index, "entry")
        resource = entry.get("resource") if type(entry) is dict else None
        if index == 0 and wanted is not None:
            found = resource.get("resourceType") if type(resource) is dict else None
            if found != wanted:
                run.add("fhir-bundle-first-entry", at, expected=wanted, received=found or NO_RESOURCE)
        if type(resource) is not dict:
            continue
        if index == 0 and wanted is not None:
            url = entry.get("fullUrl")
            documents.check(value, resource, url if type(url) is str else "", at, run)
        _full_url(entry, resource, kind, at, run)


def _full_url(entry: Json, resource: Json, kind: Any, at: Place, run: Run) -> None:
    """Present (except where a server still has to choose it), absolute, and of the resource that it stands
    with."""
    url, ident, name = entry.get("fullUrl"), resource.get("id"), resource.get("resourceType")
    place: Place = (at, "fullUrl", -1, "fullUrl")
    if url is None and "_fullUrl" not in entry:
        if kind not in _FREE:
            run.add("fhir-cardinality-min", at, name="fullUrl", expected="fullUrl 1..1", received="0")
        return
    if type(url) is not str:
        return
    if _ABSOLUTE(url) is None:
        run.add("fhir-bundle-fullurl", place, expected=ABSOLUTE_URL, received=url)
        return
    if type(ident) is not str or url.startswith("urn:") or kind in ("batch-response", "transaction-response"):
        return
    match = _REST(url)
    if match is not None and match.group(1) in run.rules.model.resource_types:
        if match.groups() != (name, ident):
            run.add("fhir-bundle-fullurl", place, expected=f"…/{name}/{ident}", received=url)
    elif "/" in url and url.partition("/_history/")[0].rsplit("/", 1)[-1] != ident:
        run.add("fhir-bundle-fullurl", place, expected=f"…/{ident}", received=url)

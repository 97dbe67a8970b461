"""What holds for a Bundle as a whole and is no FHIRPath invariant (STU3 bundle.html).

``fullUrl`` and ``resource.id`` agree (bundle.html#resource.fullUrl), a document starts with a Composition
and a message with a MessageHeader, and an entry of a document or message can be referred to.
"""

from __future__ import annotations

from typing import Any

from harness.fhir.validation.run import Place, Run

_FIRST = {"document": "Composition", "message": "MessageHeader"}


def check(value: Any, place: Place, run: Run) -> None:
    """Checks a structurally correct Bundle."""
    entries = value.get("entry")
    kind = value.get("type")
    wanted = _FIRST.get(kind) if type(kind) is str else None
    if type(entries) is not list or not entries:
        if wanted is not None:
            run.add("fhir-bundle-first-entry", place, expected=wanted, received="no entry")
        return
    for index, entry in enumerate(entries):
        at: Place = (place, "entry", index, "entry")
        resource = entry.get("resource") if type(entry) is dict else None
        if index == 0 and wanted is not None:
            found = resource.get("resourceType") if type(resource) is dict else None
            if found != wanted:
                run.add("fhir-bundle-first-entry", at, expected=wanted, received=found or "no resource")
        if type(resource) is not dict:
            continue
        url, ident = entry.get("fullUrl"), resource.get("id")
        if type(url) is not str or type(ident) is not str or url.startswith(("urn:", "#")):
            continue
        if kind in ("batch-response", "transaction-response"):
            continue
        tail = url.partition("/_history/")[0].rsplit("/", 1)[-1]
        if "/" in url and tail != ident:
            run.add(
                "fhir-bundle-fullurl", (at, "fullUrl", -1, "fullUrl"), expected=f"…/{ident}", received=url
            )

"""Deliberate defects of a PGO twin in the requests of a standard: pure changes of one request, by name.

::

    request = change(["pgo-wrong-query"], "hg-composition", "xml", request)

Each acts on one query and one format, so that the rest of the flow stays as it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from harness.core.run.exchanges import Request
from harness.fhir.codec.documents import parse, to_json, to_xml
from harness.fhir.model.types import load_model

FILTERED = ("hg-composition", "pd-find-empty", "ea-month", "zm-period")
PLAIN = ("hg-episodes", "pd-manifest-current", "ea-future", "zm-glucose")
SENT = ("zm-send-weight",)

RequestChange = Callable[[Request], Request]


def _url(request: Request, url: str) -> Request:
    return Request(method=request.method, url=url, headers=request.headers, body=request.body)


def _patient_parameter(request: Request) -> Request:
    sign = "&" if "?" in request.url else "?"
    return _url(request, f"{request.url}{sign}patient=Patient/123")


def _wrong_query(request: Request) -> Request:
    """The last parameter is forgotten."""
    base, _, query = request.url.partition("?")
    kept = query.split("&")[:-1]
    return _url(request, base + ("?" + "&".join(kept) if kept else ""))


def _without_token(request: Request) -> Request:
    headers = tuple(item for item in request.headers if item[0].lower() != "authorization")
    return Request(method=request.method, url=request.url, headers=headers, body=request.body)


def _bundle(request: Request, edit: Callable[[dict[str, Any]], None]) -> Request:
    model = load_model("3.0.2")
    document = parse(request.body, model=model)
    edit(document.resource)
    body = to_xml(document.resource, model) if document.format == "xml" else to_json(document.resource)
    return Request(method=request.method, url=request.url, headers=request.headers, body=body)


def _bundle_type(bundle: dict[str, Any]) -> None:
    bundle["type"] = "collection"


def _bundle_ids(bundle: dict[str, Any]) -> None:
    for entry in bundle.get("entry", [])[-1:]:
        entry["resource"]["id"] = "eigen-id"
        entry.pop("fullUrl", None)


def _bundle_profiles(bundle: dict[str, Any]) -> None:
    for entry in bundle.get("entry", []):
        entry["resource"].pop("meta", None)


CHANGES: dict[str, tuple[tuple[str, ...], RequestChange]] = {
    "pgo-sends-patient-parameter": (PLAIN, _patient_parameter),
    "pgo-wrong-query": (FILTERED, _wrong_query),
    "pgo-without-token": (PLAIN, _without_token),
    "pgo-bundle-type": (SENT, lambda request: _bundle(request, _bundle_type)),
    "pgo-bundle-ids": (SENT, lambda request: _bundle(request, _bundle_ids)),
    "pgo-bundle-without-profile": (SENT, lambda request: _bundle(request, _bundle_profiles)),
}
"""Fault name → (queries it acts on, what it does)."""


def change(faults: Iterable[str], operation: str, kind: str, request: Request) -> Request:
    """The request with the given defects.

    :param faults: names of switched-on faults; unknown ones are ignored.
    :param operation: query name without format.
    :param kind: format of the request; defects are only made in XML.
    """
    if kind != "xml":
        return request
    for name in sorted(set(faults) & CHANGES.keys()):
        operations, edit = CHANGES[name]
        if operation in operations:
            request = edit(request)
    return request

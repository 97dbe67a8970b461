"""Batch and transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.server.call import Call, status_line
from harness.fhir.server.errors import FhirError
from harness.fhir.server.instances import own_patient, remove, update, write, written_entry
from harness.fhir.server.state import ServerState
from harness.fhir.store import LOCAL_REFERENCE

MAX_ENTRIES = 2_000
Route: TypeAlias = Callable[[Call], Response]
"""Answers a call by its method and path."""

_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "GET": 3, "HEAD": 3}


def rewrite(node: Any, mapping: dict[str, str]) -> Any:
    """A copy of a resource in which every string that is a mapped full URL is replaced; also in narrative."""
    if isinstance(node, dict):
        return {key: rewrite(value, mapping) for key, value in node.items()}
    if isinstance(node, list):
        return [rewrite(value, mapping) for value in node]
    if isinstance(node, str):
        if node in mapping:
            return mapping[node]
        if node.startswith("<div") and "urn:" in node:
            for old, new in mapping.items():
                node = node.replace(f'"{old}"', f'"{new}"')
    return node


def _entries(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FhirError(
            400, "structure", Text(nl="Bundle.entry is geen lijst", en="Bundle.entry is not a list")
        )
    if len(entries) > MAX_ENTRIES:
        raise FhirError(413, "too-costly", Text(nl="te veel entries", en="too many entries"))
    return entries


def _requests(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for number, entry in enumerate(entries):
        request = entry.get("request")
        method = request.get("method") if isinstance(request, dict) else None
        url = request.get("url") if isinstance(request, dict) else None
        if method not in _ORDER or not isinstance(url, str):
            raise FhirError(
                400,
                "required",
                Text(
                    nl=f"entry[{number}] heeft geen geldige request.method en request.url",
                    en=f"entry[{number}] has no valid request.method and request.url",
                ),
                expression=f"Bundle.entry[{number}].request",
            )
        found.append((method, url))
    return found


def _assign(
    server: ServerState, call: Call, entries: list[dict[str, Any]], requests: list[tuple[str, str]]
) -> tuple[dict[str, str], dict[int, str]]:
    """New ids of created resources, and what each full URL of the Bundle becomes."""
    mapping: dict[str, str] = {}
    ids: dict[int, str] = {}
    for number, (entry, (method, url)) in enumerate(zip(entries, requests, strict=True)):
        resource = entry.get("resource")
        full = entry.get("fullUrl")
        if method == "POST" and isinstance(resource, dict) and not url.startswith(("$", "_")):
            kind = resource.get("resourceType")
            own = kind == "Patient" and server.options.received_patient == "own"
            # with a token for several patients nothing says which of them is sent
            ids[number] = call.patient if own and isinstance(call.patient, str) else server.new_id()
            if isinstance(full, str) and full:
                mapping[full] = f"{kind}/{ids[number]}"
        elif method == "PUT" and str(full).startswith("urn:") and LOCAL_REFERENCE.fullmatch(url):
            mapping[str(full)] = url
    return mapping, ids


def run_bundle(server: ServerState, call: Call, bundle: dict[str, Any], route: Route) -> dict[str, Any]:
    """Execute a batch or transaction Bundle on the server's store.

    A transaction works on a copy of the store and takes effect as a whole or not at all. In a batch each
    entry stands alone for errors; links between entries by full URL are resolved all the same, because
    senders of measurements use them.

    :param route: answers the reads and searches in it.
    :raises FhirError: for a Bundle that is not understood, or a transaction of which one entry fails.
    """
    kind = bundle.get("type")
    if bundle.get("resourceType") != "Bundle" or kind not in ("batch", "transaction"):
        raise FhirError(
            400,
            "invalid",
            Text(
                nl="verwacht een Bundle van type batch of transaction",
                en="expected a Bundle of type batch or transaction",
            ),
            expression="Bundle.type",
        )
    entries = _entries(bundle)
    requests = _requests(entries)
    mapping, ids = _assign(server, call, entries, requests)
    order = (
        sorted(range(len(entries)), key=lambda n: _ORDER[requests[n][0]])
        if kind == "transaction"
        else range(len(entries))
    )
    before = server.store
    if kind == "transaction":
        server.store = before.copy()
    results: dict[int, dict[str, Any]] = {}
    try:
        for number in order:
            entry = entries[number]
            work: Callable[[], dict[str, Any]] = lambda n=number, e=entry: _run_entry(  # type: ignore[misc]  # noqa: E731
                server, call, e, requests[n], ids.get(n), mapping, route
            )
            try:
                results[number] = work()
            except FhirError as error:
                if kind == "transaction":
                    where = f"Bundle.entry[{number}]"
                    raise FhirError(
                        error.status, error.code, error.message, expression=where, issues=error.issues
                    ) from None
                results[number] = {
                    "response": {"status": status_line(error.status), "outcome": error.outcome()}
                }
    except BaseException:
        server.store = before
        raise
    response: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": server.new_id(),
        "type": f"{kind}-response",
        "link": [{"relation": "self", "url": call.base}],
        "entry": [results[number] for number in range(len(entries))],
    }
    if not response["entry"]:
        del response["entry"]
    return response


def _run_entry(
    server: ServerState,
    call: Call,
    entry: dict[str, Any],
    request: tuple[str, str],
    identity: str | None,
    mapping: dict[str, str],
    route: Route,
) -> dict[str, Any]:
    method, url = request
    target = url[len(call.base) + 1 :] if url.startswith(call.base + "/") else url
    if method in ("GET", "HEAD"):
        return _read_entry(server, call, target, route)
    parts = urlsplit(target)
    if parts.query:
        raise FhirError(
            412,
            "not-supported",
            Text(
                nl="voorwaardelijke opdrachten worden niet ondersteund",
                en="conditional requests are not supported",
            ),
        )
    segments = parts.path.strip("/").split("/")
    if method == "DELETE":
        if len(segments) != 2:
            raise FhirError(400, "invalid", Text(nl="DELETE verwacht Type/id", en="DELETE expects Type/id"))
        remove(server, call, segments[0], segments[1])
        return {"response": {"status": status_line(204)}}
    resource = entry.get("resource")
    if not isinstance(resource, dict):
        raise FhirError(400, "required", Text(nl="entry zonder resource", en="entry without resource"))
    resource = rewrite(resource, mapping)
    if isinstance(entry.get("request"), dict) and "ifNoneExist" in entry["request"]:
        raise FhirError(
            412,
            "not-supported",
            Text(nl="ifNoneExist wordt niet ondersteund", en="ifNoneExist is not supported"),
        )
    if method == "POST":
        if len(segments) != 1 or segments[0] != resource.get("resourceType"):
            raise FhirError(
                400,
                "invalid",
                Text(nl="request.url past niet bij de resource", en="request.url does not fit the resource"),
            )
        own = own_patient(server, call, resource, identity)
        stored, created = (own, False) if own else write(server, {**resource, "id": identity})
    else:
        if len(segments) != 2:
            raise FhirError(400, "invalid", Text(nl="PUT verwacht Type/id", en="PUT expects Type/id"))
        stored, created = update(server, call, segments[0], segments[1], resource)
    return written_entry(server, call, stored, created=created)


def _read_entry(server: ServerState, call: Call, target: str, route: Route) -> dict[str, Any]:
    response = route(call.with_target("GET", target))
    resource = server.decoded(response)
    answer: dict[str, Any] = {"response": {"status": status_line(response.status)}}
    if response.status >= 400:
        answer["response"]["outcome"] = resource
        return answer
    answer["resource"] = resource
    if isinstance(resource, dict) and "id" in resource and resource.get("resourceType") != "Bundle":
        answer = {"fullUrl": f"{call.base}/{resource['resourceType']}/{resource['id']}", **answer}
    return answer

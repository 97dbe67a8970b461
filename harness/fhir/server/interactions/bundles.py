"""Batch and transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.search.query import SearchError
from harness.fhir.server.call import Call, status_line
from harness.fhir.server.errors import FhirError, refused_search
from harness.fhir.server.interactions.conditional import resolve_references, the_one
from harness.fhir.server.interactions.instances import (
    own_patient,
    remove,
    update,
    update_where,
    write,
    written_entry,
)
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
        resource, full = entry.get("resource"), entry.get("fullUrl")
        named = isinstance(full, str) and bool(full)
        if method not in ("POST", "PUT") or not isinstance(resource, dict) or url.startswith(("$", "_")):
            continue
        kind = str(resource.get("resourceType"))
        condition = entry["request"].get("ifNoneExist") if method == "POST" else url.partition("?")[2]
        known = _known(server, call, kind, condition) if isinstance(condition, str) and condition else ""
        if known:
            if named:
                mapping[str(full)] = known
        elif method == "POST" or condition:
            own = kind == "Patient" and server.options.received_patient == "own" and method == "POST"
            # with a token for several patients nothing says which of them is sent
            ids[number] = call.patient if own and isinstance(call.patient, str) else server.new_id()
            if method == "PUT" and isinstance(resource.get("id"), str):
                ids[number] = resource["id"]
            if named:
                mapping[str(full)] = f"{kind}/{ids[number]}"
        elif str(full).startswith("urn:") and LOCAL_REFERENCE.fullmatch(url):
            mapping[str(full)] = url
    return mapping, ids


def _known(server: ServerState, call: Call, kind: str, condition: str) -> str:
    """Key of the resource that meets a condition; ``""`` when none does, or the entry itself will fail."""
    try:
        found = the_one(server, call, kind, condition)
    except (FhirError, SearchError):
        return ""
    return found.key if found is not None else ""


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
    call = call.for_entry()
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
            try:
                results[number] = _run_entry(
                    server, call, entry, requests[number], ids.get(number), mapping, route
                )
            except (FhirError, SearchError) as problem:
                error = problem if isinstance(problem, FhirError) else refused_search(problem)
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
    path, _, condition = target.partition("?")
    segments = path.strip("/").split("/")
    if len(segments) != (1 if condition or method == "POST" else 2):
        raise FhirError(
            400,
            "invalid",
            Text(
                nl=f"request.url past niet bij {method}: {url[:200]}",
                en=f"request.url does not fit {method}: {url[:200]}",
            ),
        )
    kind = segments[0]
    if method == "DELETE":
        if condition:
            server.check_type(kind)
            found = the_one(server, call, kind, condition)
            if found is not None:
                remove(server, call, kind, found.id)
        else:
            remove(server, call, kind, segments[1])
        return {"response": {"status": status_line(204)}}
    resource = entry.get("resource")
    if not isinstance(resource, dict):
        raise FhirError(400, "required", Text(nl="entry zonder resource", en="entry without resource"))
    resource = resolve_references(server, call, rewrite(resource, mapping))
    if kind != resource.get("resourceType"):
        raise FhirError(
            400,
            "invalid",
            Text(nl="request.url past niet bij de resource", en="request.url does not fit the resource"),
        )
    if method == "POST":
        exists = entry["request"].get("ifNoneExist")
        known = own_patient(server, call, resource, identity)
        if known is None and isinstance(exists, str):
            known = the_one(server, call, kind, exists)
        if known is not None:
            return written_entry(server, call, known, created=False)
        stored, created = write(server, {**resource, "id": identity})
    elif condition:
        if identity is not None:
            resource = {"id": identity, **resource}
        stored, created = update_where(server, call, kind, condition, resource)
    else:
        expected = entry["request"].get("ifMatch")
        if isinstance(expected, str):
            call = call.for_entry(("If-Match", expected))
        stored, created = update(server, call, kind, segments[1], resource)
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

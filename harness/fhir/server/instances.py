"""Reading, creating, updating and deleting one resource."""

from __future__ import annotations

from typing import Any

from harness.core.http.media import parse_accept, parse_media
from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.codec.media import format_of
from harness.fhir.server.call import Call, status_line
from harness.fhir.server.content import binary_content, fragment
from harness.fhir.server.errors import FhirError, method_not_allowed
from harness.fhir.server.options import Validation
from harness.fhir.server.state import ServerState
from harness.fhir.store import ID, Stored, ids_of


def readable(server: ServerState, call: Call, kind: str, identity: str) -> Stored:
    """A resource that the call may read.

    :raises FhirError: 404, also for what exists outside the compartment; 410 when it was deleted.
    """
    stored = server.store.get(kind, identity)
    if stored is None or stored.key in server.options.drop or not server.store.readable(stored, call.patient):
        key = f"{kind}/{identity}"
        if stored is None and server.store.deleted(key):
            code = "deleted" if server.model.version.startswith("4") else "not-found"
            raise FhirError(410, code, Text(nl=f"{key} is verwijderd", en=f"{key} was deleted"))
        raise FhirError(404, "not-found", Text(nl=f"{key} is niet gevonden", en=f"{key} is not found"))
    return stored


def read(server: ServerState, call: Call, stored: Stored) -> Response:
    """GET: a resource, or the document in a Binary."""
    headers: list[tuple[str, str]] = [("ETag", f'W/"{stored.version}"')]
    if call.header("if-none-match") == headers[0][1]:
        return Response(status=304, headers=tuple(headers))
    stored = server.outgoing(stored)
    if stored.type == "Binary" and not call.negotiated.explicit and "_format" not in call.query:
        content, media = binary_content(stored.resource)
        accepted = [m.name for m in parse_accept(call.header("accept"))]
        wanted = parse_media(media)
        name = wanted.name if wanted else media
        fits = not accepted or any(m in ("*/*", name, name.partition("/")[0] + "/*") for m in accepted)
        if fits:
            return Response(status=200, headers=(("Content-Type", media), *headers), body=content)
        if not any(format_of(m) for m in accepted):
            raise FhirError(
                406, "not-supported", Text(nl=f"het document is {media}", en=f"the document is {media}")
            )
    body = fragment(stored, call.negotiated.format, server.model)
    return Response(status=200, headers=(("Content-Type", call.negotiated.content_type), *headers), body=body)


def _check_write(server: ServerState, resource: dict[str, Any]) -> None:
    if server.options.read_only:
        raise method_not_allowed("write", "GET")
    server.check_type(resource["resourceType"])


def write(server: ServerState, resource: dict[str, Any]) -> tuple[Stored, bool]:
    """Store a resource that a client sends; whether it is new.

    :raises FhirError: when the options do not allow it.
    """
    _check_write(server, resource)
    if server.options.task_needs_response and resource["resourceType"] == "Task":
        _check_task(server, resource)
    if server.options.validate_writes is not None:
        _check_content(server.options.validate_writes, resource)
    return server.put(resource)


def _check_content(validate: Validation, resource: dict[str, Any]) -> None:
    errors = [issue for issue in validate(resource) if issue.severity == "error"]
    if errors:
        raise FhirError(
            422,
            "invalid",
            Text(
                nl="de resource voldoet niet aan de FHIR-specificatie",
                en="the resource does not conform to the FHIR specification",
            ),
            issues=errors[:50],
        )


def _check_task(server: ServerState, resource: dict[str, Any]) -> None:
    if resource.get("status") != "completed":
        return
    task = Stored(resource)
    linked = any(
        key.startswith("QuestionnaireResponse/") and server.store.find(key) for key in task.references
    )
    linked = linked or any(
        key.startswith("QuestionnaireResponse/") for key in server.store.incoming(task.key)
    )
    if not linked:
        raise FhirError(
            422,
            "business-rule",
            Text(
                nl="een Task kan pas completed worden als er een QuestionnaireResponse bij is",
                en="a Task can become completed only with a QuestionnaireResponse",
            ),
            expression="Task.status",
        )


def update(
    server: ServerState, call: Call, kind: str, identity: str, resource: dict[str, Any]
) -> tuple[Stored, bool]:
    """PUT: replace a resource, or create it with the client's id."""
    server.check_type(kind)
    if not ID.fullmatch(identity):
        raise FhirError(400, "value", Text(nl="ongeldige id", en="invalid id"))
    if resource.get("resourceType") != kind or resource.get("id") != identity:
        raise FhirError(
            400,
            "invalid",
            Text(
                nl=f"de resource moet type {kind} en id {identity} hebben",
                en=f"the resource must have type {kind} and id {identity}",
            ),
            expression=f"{kind}.id",
        )
    old = server.store.get(kind, identity)
    if old is not None and not server.store.readable(old, call.patient):
        raise FhirError(
            403,
            "forbidden",
            Text(nl="de resource is van een andere patiënt", en="the resource is another patient's"),
        )
    expected = call.header("if-match")
    if expected and (old is None or expected != f'W/"{old.version}"'):
        raise FhirError(412, "conflict", Text(nl="de versie klopt niet", en="the version does not match"))
    return write(server, resource)


def remove(server: ServerState, call: Call, kind: str, identity: str) -> None:
    """DELETE: remove a resource; removing what is not there is no error."""
    server.check_type(kind)
    if server.options.read_only:
        raise method_not_allowed("DELETE", "GET")
    stored = server.store.get(kind, identity)
    if stored is None:
        return
    if not server.store.readable(stored, call.patient):
        raise FhirError(
            403,
            "forbidden",
            Text(nl="de resource is van een andere patiënt", en="the resource is another patient's"),
        )
    server.store.delete(kind, identity)


def own_patient(
    server: ServerState, call: Call, resource: dict[str, Any], identity: str | None
) -> Stored | None:
    """The stored Patient, when one is sent with its own token (``received_patient="own"``)."""
    if resource.get("resourceType") != "Patient" or identity is None or call.patient is None:
        return None
    return server.store.get("Patient", identity) if identity in ids_of(call.patient) else None


def create(server: ServerState, call: Call) -> Response:
    """POST: a new resource with an id of the server."""
    kind = call.segments[0]
    if call.header("if-none-exist"):
        raise FhirError(
            412,
            "not-supported",
            Text(
                nl="voorwaardelijk aanmaken wordt niet ondersteund",
                en="conditional create is not supported",
            ),
        )
    resource = server.body(call, kind)
    stored, _ = write(server, {**resource, "id": server.new_id()})
    return written(server, call, stored, created=True)


def written(server: ServerState, call: Call, stored: Stored, *, created: bool) -> Response:
    """The answer to a write."""
    headers: list[tuple[str, str]] = [
        ("ETag", f'W/"{stored.version}"'),
        ("Location", f"{call.base}/{stored.key}/_history/{stored.version}"),
    ]
    status = 201 if created else 200
    if "return=minimal" in call.preference:
        return Response(status=status, headers=tuple(headers))
    body = fragment(server.outgoing(stored), call.negotiated.format, server.model)
    return Response(
        status=status, headers=(("Content-Type", call.negotiated.content_type), *headers), body=body
    )


def written_entry(server: ServerState, call: Call, stored: Stored, *, created: bool) -> dict[str, Any]:
    """Entry of a batch or transaction response."""
    entry: dict[str, Any] = {"fullUrl": f"{call.base}/{stored.key}"}
    if "return=minimal" not in call.preference:
        entry["resource"] = server.outgoing(stored).resource
    entry["response"] = {
        "status": status_line(201 if created else 200),
        "location": f"{stored.key}/_history/{stored.version}",
        "etag": f'W/"{stored.version}"',
        "lastModified": server.instant(),
    }
    return entry

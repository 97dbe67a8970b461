"""Reading, creating, updating, patching and deleting one resource."""

from __future__ import annotations

from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from harness.core.http.media import parse_media, ranges_of, weight_of
from harness.core.run.exchanges import Response, header, header_values
from harness.core.text import Text
from harness.fhir.server.call import Call, status_line
from harness.fhir.server.conformance import check_content
from harness.fhir.server.content import binary_content, fragment
from harness.fhir.server.errors import FhirError, method_not_allowed
from harness.fhir.server.interactions.conditional import the_one
from harness.fhir.server.interactions.patch import MEDIA_TYPE, apply_patch, parse_patch
from harness.fhir.server.state import ServerState
from harness.fhir.server.subset import Shape
from harness.fhir.store import ID, Stored, ids_of


def not_found(server: ServerState, key: str, *, gone: bool = False) -> FhirError:
    """404 for a resource that is not there, 410 for one that was deleted."""
    if gone or server.store.deleted(key):
        code = "deleted" if server.model.version.startswith("4") else "not-found"
        return FhirError(410, code, Text(nl=f"{key} is verwijderd", en=f"{key} was deleted"))
    return FhirError(404, "not-found", Text(nl=f"{key} is niet gevonden", en=f"{key} is not found"))


def readable(server: ServerState, call: Call, kind: str, identity: str) -> Stored:
    """A resource that the call may read.

    :raises FhirError: 404, also for what exists outside the compartment; 410 when it was deleted.
    """
    stored = server.store.get(kind, identity)
    if stored is None:
        raise not_found(server, f"{kind}/{identity}")
    if stored.key in server.options.drop or not server.store.readable(stored, call.patient):
        raise FhirError(
            404, "not-found", Text(nl=f"{stored.key} is niet gevonden", en=f"{stored.key} is not found")
        )
    return stored


def read(server: ServerState, call: Call, stored: Stored, shape: Shape | None = None) -> Response:
    """GET: a resource (or the part of it that is asked for), or the document in a Binary."""
    headers = _version_headers(stored)
    if _unchanged(call, headers):
        return Response(status=304, headers=headers)
    stored = server.outgoing(stored, shape)
    if stored.type == "Binary":
        content, media = binary_content(stored.resource)
        wanted = parse_media(media)
        asked = call.negotiated
        weight = weight_of(wanted.name if wanted else media, ranges_of(call.accept)) if call.accept else 1.0
        if weight > asked.weight or (weight == asked.weight > 0 and not asked.explicit):
            return Response(status=200, headers=(("Content-Type", media), *headers), body=content)
        if not asked.weight:
            raise FhirError(
                406, "not-supported", Text(nl=f"het document is {media}", en=f"the document is {media}")
            )
    body = fragment(stored, call.negotiated.format, server.model)
    return Response(status=200, headers=(("Content-Type", call.negotiated.content_type), *headers), body=body)


def _version_headers(stored: Stored) -> tuple[tuple[str, str], ...]:
    """``ETag``, and ``Last-Modified`` when the resource says when."""
    moment = stored.modified()
    tag = ("ETag", f'W/"{stored.version}"')
    return (tag, ("Last-Modified", format_datetime(moment, usegmt=True))) if moment else (tag,)


def _unchanged(call: Call, headers: tuple[tuple[str, str], ...]) -> bool:
    """Whether the client has this version already (``If-None-Match``, else ``If-Modified-Since``)."""
    known = call.header("if-none-match")
    if known:
        return headers[0][1] in (tag.strip() for tag in known.split(",")) or known.strip() == "*"
    since = call.header("if-modified-since")
    if not since or len(headers) < 2:
        return False
    try:
        return parsedate_to_datetime(headers[1][1]) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # no date, or one without a zone: as if it were not there
        return False


# -- writing


def write(server: ServerState, resource: dict[str, Any]) -> tuple[Stored, bool]:
    """Store a resource that a client sends; whether it is new.

    :raises FhirError: when the options do not allow it.
    """
    if server.options.read_only:
        raise method_not_allowed("write", "GET")
    server.check_type(resource["resourceType"])
    if server.options.task_needs_response and resource["resourceType"] == "Task":
        _check_task(server, resource)
    check_content(server, resource)
    return server.put(resource)


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


def _writable(server: ServerState, call: Call, old: Stored | None) -> None:
    """Refuse to change another patient's resource, or another version than the client knows."""
    if old is not None and not server.store.readable(old, call.patient):
        raise FhirError(
            403,
            "forbidden",
            Text(nl="de resource is van een andere patiënt", en="the resource is another patient's"),
        )
    expected = header(call.request.headers, "if-match")
    if expected is not None and (old is None or (expected != f'W/"{old.version}"' and expected != "*")):
        raise FhirError(412, "conflict", Text(nl="de versie klopt niet", en="the version does not match"))


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
    _writable(server, call, server.store.get(kind, identity))
    return write(server, resource)


def update_where(
    server: ServerState, call: Call, kind: str, condition: str, resource: dict[str, Any]
) -> tuple[Stored, bool]:
    """PUT on a condition: replace the one resource that meets it, or create one."""
    server.check_type(kind)
    found = the_one(server, call, kind, condition)
    if found is None:
        identity = resource.get("id")
        return (
            update(server, call, kind, identity, resource)
            if isinstance(identity, str)
            else write(server, {**resource, "id": server.new_id()})
        )
    return update(server, call, kind, found.id, {"id": found.id, **resource})


def patch(server: ServerState, call: Call, stored: Stored) -> Stored:
    """PATCH: change a resource by a JSON Patch.

    :raises FhirError: 415 for another kind of patch; 400 or 422 when it cannot be done, or its result is no
        resource of this type and id.
    """
    media = parse_media(call.header("content-type"))
    if media is None or media.name != MEDIA_TYPE:
        raise FhirError(
            415,
            "not-supported",
            Text(nl=f"verwacht {MEDIA_TYPE}", en=f"expected {MEDIA_TYPE}"),
            headers=(("Accept-Patch", MEDIA_TYPE),),
        )
    changed = server.reread(apply_patch(stored.resource, parse_patch(call.request.body)))
    return update(server, call, stored.type, stored.id, changed)[0]


def remove(server: ServerState, call: Call, kind: str, identity: str) -> None:
    """DELETE: remove a resource; removing what is not there is no error."""
    server.check_type(kind)
    if server.options.read_only:
        raise method_not_allowed("DELETE", "GET")
    stored = server.store.get(kind, identity)
    if stored is None:
        return
    _writable(server, call, stored)
    server.store.delete(kind, identity, server.instant())


def own_patient(
    server: ServerState, call: Call, resource: dict[str, Any], identity: str | None
) -> Stored | None:
    """The stored Patient, when one is sent with its own token (``received_patient="own"``)."""
    if resource.get("resourceType") != "Patient" or identity is None or call.patient is None:
        return None
    return server.store.get("Patient", identity) if identity in ids_of(call.patient) else None


def create(server: ServerState, call: Call) -> Response:
    """POST: a new resource with an id of the server; with ``If-None-Exist`` only when there is none yet."""
    kind = call.segments[0]
    resource = server.body(call, kind)
    conditions = header_values(call.request.headers, "if-none-exist")
    if len(conditions) > 1:  # no list (RFC 9110, 5.3), and one of them would decide
        raise FhirError(
            400,
            "invalid",
            Text(
                nl=f"If-None-Exist staat er {len(conditions)} keer; het is één zoekvraag",
                en=f"If-None-Exist is there {len(conditions)} times; it is one search",
            ),
        )
    found = the_one(server, call, kind, conditions[0]) if conditions else None
    if found is not None:
        return written(server, call, found, created=False)
    stored, _ = write(server, {**resource, "id": server.new_id()})
    return written(server, call, stored, created=True)


def written(server: ServerState, call: Call, stored: Stored, *, created: bool) -> Response:
    """The answer to a write."""
    headers: list[tuple[str, str]] = [
        *_version_headers(stored),
        ("Location", f"{call.base}/{stored.key}/_history/{stored.version}"),
    ]
    status = 201 if created else 200
    if "return=minimal" in call.preference:
        return Response(status=status, headers=tuple(headers))
    headers.insert(0, ("Content-Type", call.negotiated.content_type))
    if "return=operationoutcome" in call.preference:
        body = server.encoded_note(call, f"{stored.key}/_history/{stored.version}")
    else:
        body = fragment(server.outgoing(stored), call.negotiated.format, server.model)
    return Response(status=status, headers=tuple(headers), body=body)


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

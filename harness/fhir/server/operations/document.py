"""``Composition/[id]/$document``: a Composition with everything that it is about, as one document."""

from __future__ import annotations

from typing import Any

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.search.scope import Scope
from harness.fhir.server.call import Call
from harness.fhir.server.errors import FhirError, method_not_allowed
from harness.fhir.server.interactions.instances import readable
from harness.fhir.server.operations.parameters import Given
from harness.fhir.server.state import ServerState
from harness.fhir.store import Stored

MAX_ENTRIES = 2_000


def document(server: ServerState, call: Call) -> Response:
    """Answer the operation: a Bundle of type ``document``, kept as well when ``persist`` asks it.

    :raises FhirError: no such Composition, or more than fits in one document.
    """
    given = Given(server, call, ("id", "persist"))
    identity = call.segments[1] if len(call.segments) == 3 else given.first("id").rpartition("/")[2]
    if not identity:
        raise FhirError(400, "required", Text(nl="parameter id ontbreekt", en="parameter id is missing"))
    persist = given.first("persist")
    if persist not in ("", "true", "false"):
        raise FhirError(
            400, "invalid", Text(nl="persist is true of false", en="persist is either true or false")
        )
    bundle = _bundle(server, call, readable(server, call, "Composition", identity))
    if persist == "true":
        if server.options.read_only:
            raise method_not_allowed("persist", "GET")
        bundle = server.put(bundle)[0].resource
    return server.answer(call, 200, bundle)


def _bundle(server: ServerState, call: Call, composition: Stored) -> dict[str, Any]:
    identity = server.new_id()
    found: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": identity,
        "meta": {"lastUpdated": server.instant()},
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identity}"},
        "type": "document",
    }
    if not server.model.version.startswith("3"):  # STU3 has no Bundle.timestamp
        found["timestamp"] = server.instant()
    found["entry"] = [
        {"fullUrl": f"{call.base}/{stored.key}", "resource": server.outgoing(stored).resource}
        for stored in _parts(Scope(server.store, call.patient), composition)
    ]
    return found


def _parts(scope: Scope, composition: Stored) -> list[Stored]:
    """The Composition first, then what can be reached from it by references, so that they resolve inside."""
    found: dict[str, Stored] = {composition.key: composition}
    frontier = [composition]
    while frontier:
        stored = frontier.pop(0)
        for key in sorted(stored.references):
            target = scope.visible(key) if key not in found else None
            if target is not None:
                found[key] = target
                frontier.append(target)
        if len(found) > MAX_ENTRIES:
            raise FhirError(
                413, "too-costly", Text(nl="het document wordt te groot", en="the document is too large")
            )
    return list(found.values())

"""``$validate``: what is wrong with a resource that is sent, or with one that is stored."""

from __future__ import annotations

from typing import Any

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.outcomes import operation_outcome, outcome
from harness.fhir.server.call import Call
from harness.fhir.server.conformance import validation_of
from harness.fhir.server.errors import FhirError, method_not_allowed
from harness.fhir.server.interactions.instances import readable
from harness.fhir.server.operations.parameters import Given
from harness.fhir.server.state import ServerState

_MODES = ("", "create", "update", "delete", "profile")


def validate(server: ServerState, call: Call) -> Response:
    """Answer the operation: 200 with an OperationOutcome, whatever is found.

    :raises FhirError: nothing to validate, another type, an unknown mode.
    """
    kind, instance = call.segments[0], len(call.segments) == 3
    if not instance and call.request.method.upper() == "GET":
        raise method_not_allowed("GET", "POST")
    given = Given(server, call, ("resource", "mode", "profile"))
    mode = given.first("mode")
    if mode not in _MODES:
        raise FhirError(
            400, "invalid", Text(nl=f"onbekende mode {mode[:40]}", en=f"unknown mode {mode[:40]}")
        )
    resource = given.resource
    if instance:
        stored = readable(server, call, kind, call.segments[1])
        resource = resource if resource is not None else stored.resource
    if mode == "delete":
        fine = Text(nl="deze resource kan weg", en="this resource can be deleted")
        return server.answer(call, 200, outcome("information", "informational", fine))
    return server.answer(call, 200, _checked(server, kind, resource, given.all("profile")))


def _checked(
    server: ServerState, kind: str, resource: dict[str, Any] | None, profiles: tuple[str, ...]
) -> dict[str, Any]:
    if resource is None:
        raise FhirError(
            400, "required", Text(nl="parameter resource ontbreekt", en="parameter resource is missing")
        )
    if resource.get("resourceType") != kind:
        sent = str(resource.get("resourceType"))[:64]
        raise FhirError(
            400,
            "invalid",
            Text(nl=f"verwacht {kind}, gekregen {sent}", en=f"expected {kind}, received {sent}"),
        )
    return operation_outcome(validation_of(server)(resource, profiles, True))

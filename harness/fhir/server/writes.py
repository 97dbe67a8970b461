"""Writing: create, update, delete, and Bundles; the half of the server that changes its store."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.server import operations
from harness.fhir.server.base import ServerBase
from harness.fhir.server.call import Call
from harness.fhir.server.content import fragment, parse_body
from harness.fhir.server.outcome import FhirError
from harness.fhir.server.store import ID, Stored, ids_of

if TYPE_CHECKING:
    from harness.fhir.server.service import FhirServer
    from harness.fhir.validation import Validator


@cache
def _validator(version: str) -> Validator:
    """The validator of the base specification; loaded only when a server validates what it gets."""
    from harness.fhir.validation import Validator

    return Validator(embedded=False, version=version)


class Writes(ServerBase):
    """Write interactions of :class:`~harness.fhir.server.service.FhirServer`."""

    def _check_write(self, call: Call, resource: dict[str, Any]) -> None:
        if self.options.read_only:
            raise self._method_not_allowed("write", "GET")
        self.check_type(resource["resourceType"])

    def write(self, call: Call, resource: dict[str, Any], *, new: bool = False) -> tuple[Stored, bool]:
        """Store a resource on behalf of a call; whether it is new."""
        self._check_write(call, resource)
        if self.options.task_needs_response and resource["resourceType"] == "Task":
            self._check_task(resource)
        if self.options.validate_writes:
            self._check_content(resource)
        return self._put(resource)

    def _check_content(self, resource: dict[str, Any]) -> None:
        issues = _validator(self.model.version).validate(resource, declared=False)
        errors = [issue for issue in issues if issue.severity == "error"]
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

    def _check_task(self, resource: dict[str, Any]) -> None:
        if resource.get("status") != "completed":
            return
        task = Stored(resource)
        linked = any(
            key.startswith("QuestionnaireResponse/") and self.store.find(key) for key in task.references
        )
        linked = linked or any(
            key.startswith("QuestionnaireResponse/") for key in self.store.incoming(task.key)
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

    def update(self, call: Call, kind: str, identity: str, resource: dict[str, Any]) -> tuple[Stored, bool]:
        """PUT: replace a resource, or create it with the client's id."""
        self.check_type(kind)
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
        old = self.store.get(kind, identity)
        if old is not None and not self.store.readable(old, call.patient):
            raise FhirError(
                403,
                "forbidden",
                Text(nl="de resource is van een andere patiënt", en="the resource is another patient's"),
            )
        expected = call.header("if-match")
        if expected and (old is None or expected != f'W/"{old.version}"'):
            raise FhirError(412, "conflict", Text(nl="de versie klopt niet", en="the version does not match"))
        return self.write(call, resource)

    def remove(self, call: Call, kind: str, identity: str) -> None:
        """DELETE: remove a resource; removing what is not there is no error."""
        self.check_type(kind)
        if self.options.read_only:
            raise self._method_not_allowed("DELETE", "GET")
        stored = self.store.get(kind, identity)
        if stored is None:
            return
        if not self.store.readable(stored, call.patient):
            raise FhirError(
                403,
                "forbidden",
                Text(nl="de resource is van een andere patiënt", en="the resource is another patient's"),
            )
        self.store.delete(kind, identity)

    def own_patient(self, call: Call, resource: dict[str, Any], identity: str | None) -> Stored | None:
        """The stored Patient, when one is sent with its own token (``received_patient="own"``)."""
        if resource.get("resourceType") != "Patient" or identity is None or call.patient is None:
            return None
        return self.store.get("Patient", identity) if identity in ids_of(call.patient) else None

    def _create(self, call: Call) -> Response:
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
        resource = self._body(call, kind)
        stored, _ = self.write(call, {**resource, "id": self.new_id()}, new=True)
        return self._written(call, stored, created=True)

    def _written(self, call: Call, stored: Stored, *, created: bool) -> Response:
        headers: list[tuple[str, str]] = [
            ("ETag", f'W/"{stored.version}"'),
            ("Location", f"{call.base}/{stored.key}/_history/{stored.version}"),
        ]
        status = 201 if created else 200
        if "return=minimal" in call.preference:
            return Response(status=status, headers=tuple(headers))
        body = fragment(self.outgoing(stored), call.negotiated.format, self.model)
        return Response(
            status=status, headers=(("Content-Type", call.negotiated.content_type), *headers), body=body
        )

    def written_entry(self, call: Call, stored: Stored, *, created: bool) -> dict[str, Any]:
        """Entry of a batch or transaction response."""
        entry: dict[str, Any] = {"fullUrl": f"{call.base}/{stored.key}"}
        if "return=minimal" not in call.preference:
            entry["resource"] = self.outgoing(stored).resource
        entry["response"] = {
            "status": operations.status_line(201 if created else 200),
            "location": f"{stored.key}/_history/{stored.version}",
            "etag": f'W/"{stored.version}"',
            "lastModified": self._instant(),
        }
        return entry

    def _bundle(self, call: Call) -> Response:
        if self.options.read_only:
            raise self._method_not_allowed("POST", "GET")
        bundle = parse_body(call.request.body, call.header("content-type"), self.model)
        return self._resource(call, 200, operations.run_bundle(cast("FhirServer", self), call, bundle))

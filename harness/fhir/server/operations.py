"""Operations: ``Observation/$lastn`` and ``Patient/[id]/$purge``."""

from __future__ import annotations

from typing import Any

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.outcomes import outcome
from harness.fhir.server.call import Call
from harness.fhir.server.errors import FhirError, method_not_allowed
from harness.fhir.server.searches import last_observations
from harness.fhir.server.state import ServerState
from harness.fhir.store import Store, ids_of


def operation(server: ServerState, call: Call, method: str) -> Response:
    """Answer a call whose path has an operation."""
    segments = call.segments
    if segments[0] != "$" and not segments[0].startswith("$"):
        server.check_type(segments[0])
    if segments == ("Observation", "$lastn"):
        if method != "GET":
            raise method_not_allowed(method, "GET")
        return last_observations(server, call)
    if len(segments) == 3 and segments[0] == "Patient" and segments[2] == "$purge":
        if method != "POST":
            raise method_not_allowed(method, "POST")
        if server.options.read_only:
            raise method_not_allowed(method, "GET")
        if call.patient is not None and segments[1] not in ids_of(call.patient):
            raise FhirError(
                403, "forbidden", Text(nl="niet de eigen patiënt", en="not the token's own patient")
            )
        return server.answer(call, 200, _purged(purge(server.store, segments[1])))
    raise FhirError(
        400,
        "not-supported",
        Text(
            nl=f"onbekende operatie: {'/'.join(segments)[:100]}",
            en=f"unknown operation: {'/'.join(segments)[:100]}",
        ),
    )


def purge(store: Store, patient: str) -> int:
    """Remove everything in a patient's compartment, the Patient included; the number of resources removed."""
    compartment = store.compartment(patient)
    doomed = [stored for members in compartment.members.values() for stored in members]
    for stored in doomed:
        # what also belongs to another patient stays
        if stored.type != "Patient" and len(store.owners(stored) - {patient}) > 0:
            continue
        store.delete(stored.type, stored.id)
    return len(doomed)


def _purged(count: int) -> dict[str, Any]:
    """The answer to ``$purge``."""
    return outcome(
        "information",
        "informational",
        Text(nl=f"{count} resources verwijderd", en=f"{count} resources removed"),
    )

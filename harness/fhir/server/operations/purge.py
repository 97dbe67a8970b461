"""``Patient/[id]/$purge``: a test server forgets one patient."""

from __future__ import annotations

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.outcomes import outcome
from harness.fhir.server.call import Call
from harness.fhir.server.errors import FhirError, method_not_allowed
from harness.fhir.server.state import ServerState
from harness.fhir.store import Store, ids_of


def purged(server: ServerState, call: Call) -> Response:
    """Answer the operation.

    :raises FhirError: 403 for another patient than the token's, 405 on a server that takes no writes.
    """
    if server.options.read_only:
        raise method_not_allowed("POST", "GET")
    patient = call.segments[1]
    if call.patient is not None and patient not in ids_of(call.patient):
        raise FhirError(403, "forbidden", Text(nl="niet de eigen patiënt", en="not the token's own patient"))
    count = purge(server.store, patient)
    removed = Text(nl=f"{count} resources verwijderd", en=f"{count} resources removed")
    return server.answer(call, 200, outcome("information", "informational", removed))


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

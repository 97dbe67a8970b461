"""Which operation a call asks for: the last part of its path, on the server, a type or an instance."""

from __future__ import annotations

from collections.abc import Callable

from harness.core.run.exchanges import Response
from harness.core.text import Text
from harness.fhir.server.call import Call
from harness.fhir.server.errors import FhirError, method_not_allowed
from harness.fhir.server.interactions.searches import last_observations
from harness.fhir.server.operations.document import document
from harness.fhir.server.operations.purge import purged
from harness.fhir.server.operations.validate import validate
from harness.fhir.server.state import ServerState

Answer = Callable[[ServerState, Call], Response]

OPERATIONS: tuple[tuple[str, str, tuple[int, ...], tuple[str, ...], Answer], ...] = (
    ("$lastn", "Observation", (2,), ("GET",), last_observations),
    ("$document", "Composition", (2, 3), ("GET", "POST"), document),
    ("$purge", "Patient", (3,), ("POST",), purged),
    ("$validate", "*", (2, 3), ("GET", "POST"), validate),
)
"""Name, resource type (``*`` for any), lengths of its path, methods, what answers it."""


def operation(server: ServerState, call: Call, method: str) -> Response:
    """Answer a call whose path has an operation.

    :raises FhirError: 400 for one that the server does not have.
    """
    segments = call.segments
    if not segments[0].startswith("$"):
        server.check_type(segments[0])
    for name, kind, lengths, methods, answer in OPERATIONS:
        if segments[-1] == name and kind in ("*", segments[0]) and len(segments) in lengths:
            if method not in methods:
                raise method_not_allowed(method, ", ".join(methods))
            return answer(server, call)
    raise FhirError(
        400,
        "not-supported",
        Text(
            nl=f"onbekende operatie: {'/'.join(segments)[:100]}",
            en=f"unknown operation: {'/'.join(segments)[:100]}",
        ),
    )

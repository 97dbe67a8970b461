"""Parameters of an operation: in the URL of a GET, in a Parameters resource, or the resource itself."""

from __future__ import annotations

from typing import Any

from harness.core.text import Text
from harness.fhir.server.call import Call, loose_pairs
from harness.fhir.server.content import parse_body
from harness.fhir.server.errors import FhirError
from harness.fhir.server.state import ServerState

_OF_ANY = ("_format", "_pretty")
"""What any request may have."""


class Given:
    """What a caller of an operation gave.

    :ivar values: plain parameters, in order.
    :ivar resource: the resource parameter, ``None`` when there is none.
    """

    def __init__(self, server: ServerState, call: Call, names: tuple[str, ...]) -> None:
        """
        :param names: the parameters that the operation has.
        :raises FhirError: a body that cannot be read, another parameter (unless the call is lenient).
        """
        self.values: list[tuple[str, str]] = loose_pairs(call.query)
        self.resource: dict[str, Any] | None = None
        if call.request.body:
            self._read(server, call)
        wrong = next((name for name, _ in self.values if name not in (*names, *_OF_ANY)), None)
        if wrong is not None and not server.lenient(call):
            raise FhirError(
                400,
                "not-supported",
                Text(
                    nl=f"{call.segments[-1]} heeft geen parameter {wrong[:64]}",
                    en=f"{call.segments[-1]} has no parameter {wrong[:64]}",
                ),
            )

    def _read(self, server: ServerState, call: Call) -> None:
        body = parse_body(call.request.body, call.header("content-type"), server.model)
        if body["resourceType"] != "Parameters":
            self.resource = body
            return
        found = body.get("parameter")
        for item in found if isinstance(found, list) else ():
            if not isinstance(item, dict):
                continue
            if isinstance(item.get("resource"), dict):
                self.resource = item["resource"]
                self.values.append((str(item.get("name", "")), ""))
            for key, value in item.items():
                if key.startswith("value") and isinstance(value, (str, bool, int)):
                    text = str(value).lower() if isinstance(value, bool) else str(value)
                    self.values.append((str(item.get("name", "")), text))

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter."""
        return tuple(value for key, value in self.values if key == name)

    def first(self, name: str) -> str:
        """The first value of a parameter, ``""`` when it is absent."""
        return next(iter(self.all(name)), "")

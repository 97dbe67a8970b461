"""Parameters of an operation: in the URL of a GET, in a Parameters resource, or the resource itself."""

from __future__ import annotations

from typing import Any

from harness.fhir.server.call import Call, loose_pairs
from harness.fhir.server.content import parse_body
from harness.fhir.server.state import ServerState


class Given:
    """What a caller of an operation gave.

    :ivar values: plain parameters, in order.
    :ivar resource: the resource parameter, ``None`` when there is none.
    """

    def __init__(self, server: ServerState, call: Call) -> None:
        """:raises FhirError: a body that cannot be read."""
        self.values: list[tuple[str, str]] = loose_pairs(call.query)
        self.resource: dict[str, Any] | None = None
        if not call.request.body:
            return
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

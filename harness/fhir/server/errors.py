"""What the server refuses, each with a status and an OperationOutcome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.core.issues import Issue
from harness.core.text import Text, both
from harness.fhir.outcomes import issue_entry, printable
from harness.fhir.search.query import SearchError


class FhirError(Exception):
    """A request that the server answers with an error status and an OperationOutcome.

    :param status: HTTP status code.
    :param code: FHIR issue type (``not-found``, ``not-supported``, ``invalid`` …).
    :param message: what is wrong, for people.
    :param issues: detailed defects (of a body that cannot be parsed).
    :param headers: extra response headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: Text | str,
        *,
        expression: str = "",
        issues: Iterable[Issue] = (),
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.status = status
        self.code = code
        self.message = message if isinstance(message, Text) else both(message)
        self.expression = expression
        self.issues = tuple(issues)
        self.headers = headers
        super().__init__(self.message.en)

    def outcome(self) -> dict[str, Any]:
        """The error as an OperationOutcome resource."""
        entry: dict[str, Any] = {
            "severity": "error",
            "code": self.code,
            "details": {"text": printable(self.message.nl)},
            "diagnostics": printable(self.message.en),
        }
        if self.expression:
            entry["expression"] = [printable(self.expression)]
        return {"resourceType": "OperationOutcome", "issue": [entry, *map(issue_entry, self.issues)]}


def refused_search(error: SearchError) -> FhirError:
    """400 for a search string that the server refuses."""
    where = f"http.{error.parameter}" if error.parameter else ""
    return FhirError(400, error.code, error.message, expression=where)


def method_not_allowed(method: str, allowed: str) -> FhirError:
    """405 for a method that a path does not have."""
    return FhirError(
        405,
        "not-supported",
        Text(nl=f"{method[:16]} kan hier niet", en=f"{method[:16]} is not allowed here; allowed: {allowed}"),
        headers=(("Allow", allowed),),
    )


def type_not_supported(kind: str) -> FhirError:
    """404 for a resource type that the server does not have."""
    return FhirError(
        404,
        "not-supported",
        Text(
            nl=f"resourcetype {kind[:64]} wordt niet ondersteund",
            en=f"resource type {kind[:64]} is not supported",
        ),
    )


def unsupported_path() -> FhirError:
    """400 for a path that means nothing."""
    return FhirError(
        400, "not-supported", Text(nl="dit pad wordt niet ondersteund", en="this path is not supported")
    )

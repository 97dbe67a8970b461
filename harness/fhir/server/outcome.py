"""Errors of a FHIR server, and OperationOutcomes from them and from issues."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from harness.core.issues import Issue
from harness.core.text import Text, both

_SEVERITY = {
    "error": "error",
    "warning": "warning",
    "information": "information",
    "not-checked": "information",
}


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


_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """A text in which what cannot stand in XML is replaced: messages quote what clients send."""
    return _UNPRINTABLE.sub("\ufffd", text)


def issue_entry(issue: Issue) -> dict[str, Any]:
    """One :class:`Issue` as an OperationOutcome issue."""
    place = f" (line {issue.line}, column {issue.column})" if issue.line else ""
    detail = "; ".join(
        f"{label}: {value}"
        for label, value in (("expected", issue.expected), ("received", issue.received))
        if value
    )
    entry: dict[str, Any] = {
        "severity": _SEVERITY[issue.severity],
        "code": "incomplete" if issue.severity == "not-checked" else "invalid",
        "details": {"text": printable(issue.message.nl)},
        "diagnostics": printable(
            f"{issue.rule}: {issue.message.en}{place}" + (f" [{detail}]" if detail else "")
        ),
    }
    if issue.path:
        entry["expression"] = [printable(issue.path)]
    return entry


def outcome(severity: str, code: str, message: Text | str) -> dict[str, Any]:
    """An OperationOutcome with one issue."""
    text = message if isinstance(message, Text) else both(message)
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": severity, "code": code, "details": {"text": text.nl}, "diagnostics": text.en},
        ],
    }

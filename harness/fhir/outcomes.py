"""OperationOutcomes from issues and from sentences for people."""

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


def operation_outcome(found: Iterable[Issue]) -> dict[str, Any]:
    """Issues as an OperationOutcome; one ``informational`` issue when there is nothing to say."""
    entries = [issue_entry(issue) for issue in found]
    if not entries:
        entries = [
            {
                "severity": "information",
                "code": "informational",
                "details": {"text": "Geen bevindingen / No issues"},
            }
        ]
    return {"resourceType": "OperationOutcome", "issue": entries}

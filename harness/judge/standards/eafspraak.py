"""Judges of the standard eAfspraak (viewing appointments)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.run.findings import Finding
from harness.judge.every_standard.answers import Json
from harness.judge.every_standard.content import each_match, lacks
from harness.judge.every_standard.expectations import expected_content
from harness.judge.every_standard.filters import empty_answer, within_window
from harness.judge.every_standard.searchsets import patient_references
from harness.judge.registry import judge
from harness.judge.view import CellView

OPERATIONS = ("ea-future", "ea-month", "ea-year", "ea-empty")


@judge("EA-APT-001")
def window(view: CellView) -> Iterator[Finding]:
    """Every appointment starts in the window that was asked for."""
    for operation in OPERATIONS:
        yield from within_window(view, "EA-APT-001", operation, "date", "start")


@judge("EA-APT-002")
def complete(view: CellView) -> Iterator[Finding]:
    """Identifier, start and participants."""
    for operation in OPERATIONS:
        yield from each_match(
            view,
            "EA-APT-002",
            operation,
            lacks("identifier", "start", "participant"),
            "Appointment.identifier + start + participant",
        )


@judge("EA-APT-003")
def own_appointment(view: CellView) -> Iterator[Finding]:
    """The patient takes part."""

    def check(resource: Json) -> str:
        return "" if patient_references(resource) else "no Patient participant"

    for operation in OPERATIONS:
        yield from each_match(
            view, "EA-APT-003", operation, check, "participant.actor = Patient/…", "participant"
        )


@judge("EA-EMP-001")
def nothing_found(view: CellView) -> Iterator[Finding]:
    """An empty window gives an empty searchset."""
    return empty_answer(view, "EA-EMP-001", "ea-empty")


@judge("EA-EXP-001")
def expected_future(view: CellView) -> Iterator[Finding]:
    """Expectations of ea-future."""
    return expected_content(view, "EA-EXP-001", "ea-future")


@judge("EA-EXP-002")
def expected_month(view: CellView) -> Iterator[Finding]:
    """Expectations of ea-month."""
    return expected_content(view, "EA-EXP-002", "ea-month")


@judge("EA-EXP-003")
def expected_year(view: CellView) -> Iterator[Finding]:
    """Expectations of ea-year."""
    return expected_content(view, "EA-EXP-003", "ea-year")


@judge("EA-EXP-004")
def expected_empty(view: CellView) -> Iterator[Finding]:
    """Expectations of ea-empty."""
    return expected_content(view, "EA-EXP-004", "ea-empty")

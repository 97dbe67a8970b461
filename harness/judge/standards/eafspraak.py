"""Judges of the standard eAfspraak (viewing appointments)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.every_standard.answers import Json
from harness.judge.every_standard.content import each_match
from harness.judge.every_standard.identity.owners import patient_references
from harness.judge.registry import judge
from harness.judge.view import CellView

NO_PATIENT = Text(nl="geen Patient als deelnemer", en="no Patient participant")
OPERATIONS = ("ea-future", "ea-month", "ea-year", "ea-empty")


@judge("EA-APT-003")
def own_appointment(view: CellView) -> Iterator[Finding]:
    """The patient takes part."""

    def check(resource: Json) -> Phrase:
        return "" if patient_references(resource) else NO_PATIENT

    for operation in OPERATIONS:
        yield from each_match(
            view,
            "EA-APT-003",
            operation,
            check,
            "participant.actor = Patient/…",
            "participant",
            compares=("participant.actor.reference",),
        )

"""How far a dossier shows that its supplier is, by milestone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from harness.core.algebra import State
from harness.core.run.agreed.attestations import Attestation
from harness.core.text import Text
from harness.report.dossier.check import CheckedDossier
from harness.report.programme.basiseisen import BasiseisRow
from harness.report.programme.milestones import Milestone, milestones
from harness.report.programme.veldtest import step_rows


class Reached(str, Enum):
    """How far a milestone is."""

    REACHED = "reached"
    NOT_MET = "not-met"
    RUNNING = "running"
    NOT_YET = "not-yet"


WORD = {
    Reached.REACHED: Text(nl="behaald", en="reached"),
    Reached.NOT_MET: Text(nl="niet behaald", en="not met"),
    Reached.RUNNING: Text(nl="loopt", en="running"),
    Reached.NOT_YET: Text(nl="nog niet", en="not yet"),
}
SYMBOL = {Reached.REACHED: "✓", Reached.NOT_MET: "✗", Reached.RUNNING: "…", Reached.NOT_YET: "○"}


@dataclass(frozen=True)
class MilestoneRow:
    """One milestone of one dossier; ``missing``: ids of what it waits for."""

    milestone: Milestone
    reached: Reached
    missing: tuple[str, ...]


def milestone_rows(found: CheckedDossier, day: date) -> list[MilestoneRow]:
    """How far the supplier is, by what the dossier shows on a day."""
    rows = [_row(item, found, day) for item in milestones()]
    return [_as_agreed(row) if found.unagreed and _on_words(row.milestone, found) else row for row in rows]


def _on_words(item: Milestone, found: CheckedDossier) -> bool:
    """Whether a milestone may rest on words of the supplier: reviews, or waivers of what was tested."""
    return item.by != "tests" or bool(found.waivers)


def _as_agreed(row: MilestoneRow) -> MilestoneRow:
    """A milestone as long as no bureau agreed with what it rests on: not reached."""
    if row.reached is not Reached.REACHED:
        return row
    return MilestoneRow(row.milestone, Reached.RUNNING, row.missing)


def _row(item: Milestone, found: CheckedDossier, day: date) -> MilestoneRow:
    rows = [row for row in found.basiseisen if row.basiseis.blocking]
    if item.by == "attest":
        return _attested(item, [one for one in found.attestations if one.item == item.id], day)
    if item.by == "field-test":
        steps = step_rows(found.attestations, day)
        refused = [step.id for step, told in steps if any(one.result == "not-met" for one in told)]
        missing = [step.id for step, told in steps if not any(one.accepted(day) for one in told)]
        return _reached(item, refused, missing, begun=len(missing) < len(steps))
    if item.by == "tests":
        rows = [row for row in rows if row.basiseis.kind == "A"]
    elif item.by == "basiseisen":
        rows = [row for row in found.basiseisen if row.basiseis.id in item.ids]
    return _of_rows(item, rows)


def _attested(item: Milestone, told: list[Attestation], day: date) -> MilestoneRow:
    holding = [one for one in told if one.holds(day)]
    refused = [item.id for one in holding if one.result == "not-met"]
    return _reached(
        item, refused, [] if any(one.accepted(day) for one in holding) else [item.id], begun=bool(holding)
    )


def _of_rows(item: Milestone, rows: Iterable[BasiseisRow]) -> MilestoneRow:
    every = list(rows)
    bad = [row.basiseis.id for row in every if row.state is State.NOT_MET]
    missing = [row.basiseis.id for row in every if not row.state.good]
    begun = any(row.state.good or row.attestation is not None for row in every)
    return _reached(item, bad, missing, begun=begun)


def _reached(item: Milestone, bad: list[str], missing: list[str], *, begun: bool) -> MilestoneRow:
    reached = Reached.RUNNING if begun else Reached.NOT_YET
    if bad:
        reached = Reached.NOT_MET
    elif not missing:
        reached = Reached.REACHED
    return MilestoneRow(item, reached, tuple(dict.fromkeys([*bad, *missing])))

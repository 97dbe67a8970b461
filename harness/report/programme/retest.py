"""What has to be tested again when something has a new version, by the rules of the programme.

* Only a new version is tested again. Then every cell that failed by what changed, one passed cell of the same
  HIS and one of the same PGO, so that a repair is not paid for elsewhere.
* A blocker (the wrong person, what has to stay in the HIS, no data at all) repeats the whole row of the HIS.
* A verdict is of a HIS, a DVZA and a standard, each in a version. A change in one of them reopens every
  requirement whose verdict depends on it; a new version of a standard reopens all of its cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from harness.core.run.findings import Cell, Finding
from harness.core.run.info import ParticipantVersion, RunInfo
from harness.core.text import Text
from harness.core.verdicts import Verdict, worst
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.progress import progress_of
from harness.judge.outcome.tally import key_of

_BLOCKERS: Final = ("identity", "leak")
"""Topics of which a fault stops everything else."""
_BAD: Final = (Verdict.FAIL,)
_OPEN: Final = (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_TESTED)
_GOOD: Final = (Verdict.PASS, Verdict.WARNING)


class Why(str, Enum):
    """Why a cell is to be tested again; of several the first."""

    BLOCKER = "blocker"
    FAILED = "failed"
    STANDARD = "standard"
    NOT_DONE = "not-done"
    SAME_HIS = "same-his"
    SAME_PGO = "same-pgo"


WHY: Final[Mapping[Why, Text]] = {
    Why.BLOCKER: Text(
        nl="een blokkerende fout: de hele rij van dit HIS", en="a blocking fault: the whole row of this HIS"
    ),
    Why.FAILED: Text(nl="voldeed niet", en="was not met"),
    Why.STANDARD: Text(nl="de standaard heeft een andere versie", en="the standard has another version"),
    Why.NOT_DONE: Text(nl="was nog niet beslist", en="was not decided yet"),
    Why.SAME_HIS: Text(nl="een geslaagde cel van hetzelfde HIS", en="a passed cell of the same HIS"),
    Why.SAME_PGO: Text(nl="een geslaagde cel van hetzelfde PGO", en="a passed cell of the same PGO"),
}


@dataclass(frozen=True)
class CellAgain:
    """A cell to be tested again; ``by``: the party or standard that changed."""

    cell: Cell
    why: Why
    by: str


@dataclass(frozen=True)
class Reopened:
    """A requirement of a party whose verdict does not hold any more."""

    party: str
    requirement: str
    by: str


@dataclass(frozen=True)
class Plan:
    """What has to be tested again.

    :ivar waiting: cells that are not met, of which nobody has a new version: those are not tested again.
    :ivar kept: how many verdicts of requirements still hold.
    """

    cells: tuple[CellAgain, ...]
    requirements: tuple[Reopened, ...]
    waiting: tuple[Cell, ...]
    kept: int


def retest_plan(
    info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue, changed: Iterable[str]
) -> Plan:
    """The plan for a run that was made.

    :param changed: ids of parties and of standards that have another version now.
    """
    plan = _Planning(info, findings, catalogue, tuple(dict.fromkeys(changed)))
    return Plan(tuple(plan.cells()), tuple(plan.requirements()), tuple(plan.waiting()), plan.kept)


def versions_changed(before: Iterable[ParticipantVersion], after: Iterable[ParticipantVersion]) -> list[str]:
    """The parties of which product or version is another one, or which are new."""
    known = {item.id: (item.product, item.version) for item in before}
    return [item.id for item in after if known.get(item.id) != (item.product, item.version)]


class _Planning:
    """The rules, over one run."""

    def __init__(
        self, info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue, changed: tuple[str, ...]
    ) -> None:
        self.info = info
        self.catalogue = catalogue
        self.changed = changed
        self.kept = 0
        self.cells_of_plan = info.plan
        by_key = {cell.key: cell for cell in info.plan}
        self.of: dict[str, list[Finding]] = {cell.key: [] for cell in info.plan}
        for item in findings:
            if item.requirement in catalogue:
                for key in (item.cell.key, *(key for key in item.holds_for if key in by_key)):
                    self.of.setdefault(key, []).append(item)

    def verdict(self, cell: Cell) -> Verdict:
        """The worst that was found in a cell, or holds for it."""
        found = [item.verdict for item in self.of[cell.key]]
        return worst(found) if found else Verdict.NOT_TESTED

    def failed_by(self, cell: Cell, party: str) -> list[Finding]:
        """What a party did not meet in a cell."""
        return [
            item
            for item in self.of[cell.key]
            if item.verdict in _BAD and key_of(self.catalogue[item.requirement], item.cell).party == party
        ]

    def blocked(self, cell: Cell, failed: Sequence[Finding]) -> bool:
        """Whether a fault stops everything: the wrong person, what has to stay in, no data."""
        if any(self.catalogue[item.requirement].topic in _BLOCKERS for item in failed):
            return True
        content = [item for item in self.of[cell.key] if self.catalogue[item.requirement].standard]
        return bool(failed and content) and not any(item.verdict in _GOOD for item in content)

    def cells(self) -> Iterator[CellAgain]:
        """The cells to be tested again, each once, in the order of the plan."""
        found: dict[str, CellAgain] = {}
        for name in self.changed:
            for item in self._by(name):
                known = found.get(item.cell.key)
                if known is None or list(Why).index(item.why) < list(Why).index(known.why):
                    found[item.cell.key] = item
        return (found[cell.key] for cell in self.cells_of_plan if cell.key in found)

    def _by(self, name: str) -> Iterator[CellAgain]:
        for cell in self.cells_of_plan:
            if cell.standard == name:
                yield CellAgain(cell, Why.STANDARD, name)
        mine = [cell for cell in self.cells_of_plan if name in _parties(cell)]
        for cell in mine:
            failed = self.failed_by(cell, name)
            if failed:
                yield CellAgain(cell, Why.FAILED, name)
                yield from self._beside(cell, name)
            elif self.verdict(cell) in _OPEN or progress_of(self.info, cell, ()) is not None:
                yield CellAgain(cell, Why.NOT_DONE, name)
            if self.blocked(cell, failed):
                row = (one for one in self.cells_of_plan if one.his == cell.his)
                yield from (CellAgain(one, Why.BLOCKER, name) for one in row)
        if mine:
            yield from self._beside(mine[0], name)

    def _beside(self, cell: Cell, name: str) -> Iterator[CellAgain]:
        """One passed cell of the same HIS and one of the same PGO, of the same standard when there is one."""
        for why, role in ((Why.SAME_HIS, "his"), (Why.SAME_PGO, "pgo")):
            passed = [
                one
                for one in self.cells_of_plan
                if one.party(role) == cell.party(role) and self.verdict(one) in _GOOD
            ]
            if passed:
                yield CellAgain(min(passed, key=lambda one: one.standard != cell.standard), why, name)

    def requirements(self) -> Iterator[Reopened]:
        """The requirements whose verdict does not hold any more."""
        seen: set[tuple[str, str]] = set()
        held: set[tuple[str, str]] = set()
        for cell in self.cells_of_plan:
            for item in self.of[cell.key]:
                requirement = self.catalogue[item.requirement]
                about = (key_of(requirement, item.cell).party, requirement.id)
                by = next(
                    (name for name in self.changed if self._depends(requirement.depends, name, cell)), ""
                )
                if by and about not in seen:
                    seen.add(about)
                    yield Reopened(*about, by)
                elif not by:
                    held.add(about)
        self.kept = len(held - seen)

    def _depends(self, depends: Sequence[str], name: str, cell: Cell) -> bool:
        """Whether a verdict in a cell depends on what changed."""
        if name == cell.standard:
            return bool({"standard", "cell"} & set(depends))
        role = next((role for role in ("his", "dvza", "pgo") if cell.party(role) == name), "")
        return bool(role) and bool({role, "cell"} & set(depends))

    def waiting(self) -> Iterator[Cell]:
        """What is not met and has no new version."""
        again = {item.cell.key for item in self.cells()}
        for cell in self.cells_of_plan:
            if self.verdict(cell) in _BAD and cell.key not in again:
                yield cell


def _parties(cell: Cell) -> tuple[str, str, str]:
    return cell.his, cell.dvza, cell.pgo

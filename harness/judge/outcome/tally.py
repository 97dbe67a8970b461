"""From findings to tallies, and what had to be found: the input of :mod:`harness.core.algebra`.

Pure. What is *asked* stands in ``run.json``; what is *demanded* follows from the catalogue and from what a
party declares, also when no cell asked it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from harness.core.algebra import Claim, Key, Tally
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import VOUCHED, ParticipantVersion, RunInfo
from harness.core.verdicts import Strength, Verdict
from harness.judge.catalogue import Catalogue, Requirement
from harness.medmij.situations.table import whole

_COUNTER: Mapping[Verdict, str] = {
    Verdict.PASS: "passed",
    Verdict.WARNING: "warned",
    Verdict.FAIL: "failed",
    Verdict.INCONCLUSIVE: "undecided",
    Verdict.ERROR: "undecided",
    Verdict.DISPUTED: "disputed",
    Verdict.NOT_TESTED: "not_tested",
    Verdict.NOT_APPLICABLE: "not_applicable",
}


def key_of(requirement: Requirement, cell: Cell) -> Key:
    """What a judgement of a requirement in a cell counts for: the party whose role the requirement names."""
    return Key(cell.party(requirement.role), requirement.id, requirement.standard, cell.release)


def tally(findings: Iterable[Finding], catalogue: Catalogue, waived: Container[str] = ()) -> dict[Key, Tally]:
    """How often each kind of verdict was given, per key.

    A cell counts once per kind, however many findings say so. Undecided because another party failed first
    counts as blocked; an error never does. Findings of requirements that the catalogue does not know do not
    count.

    :param waived: ids of the fails that a waiver covers.
    """
    said: dict[Key, set[tuple[Cell, str]]] = {}
    for item in findings:
        if item.requirement not in catalogue:
            continue
        key = key_of(catalogue[item.requirement], item.cell)
        counter = _COUNTER[item.verdict]
        if item.verdict is Verdict.INCONCLUSIVE and item.cause not in ("", key.party):
            counter = "blocked"
        elif item.verdict is Verdict.FAIL and item.id in waived:
            counter = "waived"
        said.setdefault(key, set()).add((item.cell, counter))
    return {key: _counts(counter for _, counter in marks) for key, marks in said.items()}


def _counts(counters: Iterable[str]) -> Tally:
    total: dict[str, int] = {}
    for name in counters:
        total[name] = total.get(name, 0) + 1
    return Tally(**total)


@dataclass(frozen=True)
class Shortfall:
    """What a run did not ask of a party although it is declared or demanded; any makes it a *deelrun*.

    :ivar standards: declared standards in which nothing was asked.
    :ivar releases: release families that the selection left out.
    :ivar parties: other parties that the selection left out.
    :ivar requirements: ids of MUSTs that were not asked in every combination that was run.
    """

    standards: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.standards or self.releases or self.parties or self.requirements)


class Asking:
    """What one run asked of each party, and what had to be asked of it."""

    def __init__(self, info: RunInfo, catalogue: Catalogue) -> None:
        self.info = info
        self.catalogue = catalogue

    @cached_property
    def parties(self) -> dict[str, ParticipantVersion]:
        """The participants of the planned cells by id, in the order of the network file."""
        seen = {cell.party(role) for cell in self.info.plan for role in ("his", "dvza", "pgo")}
        return {item.id: item for item in self.info.participants if item.id in seen}

    @cached_property
    def asked(self) -> dict[Key, Strength]:
        """Every key that some cell was asked, with its strength."""
        return {
            key_of(requirement, cell): requirement.strength
            for cell, requirement in self._asked_requirements()
        }

    def _asked_requirements(self) -> Iterator[tuple[Cell, Requirement]]:
        for cell in self.info.plan:
            for identifier in self.info.asked(cell):
                if identifier in self.catalogue:
                    yield cell, self.catalogue[identifier]

    @cached_property
    def _asked_groups(self) -> set[tuple[str, ...]]:
        planned = {cell.key: cell for cell in self.info.plan}
        found = set()
        for cell in self.info.plan:
            held = self.info.holds_for(cell)
            for identifier in self.info.asked(cell):
                if identifier in self.catalogue:
                    others = (planned[key] for key in held.get(identifier, ()) if key in planned)
                    found |= {_group(self.catalogue[identifier], one) for one in (cell, *others)}
        return found

    def cells(self, party: str) -> list[Cell]:
        """The planned cells in which a party takes part."""
        return [cell for cell in self.info.plan if party in (cell.his, cell.dvza, cell.pgo)]

    def demanded(self, party: ParticipantVersion) -> frozenset[Key]:
        """Every MUST of a party: of its role, of the standards it declares, in the releases of this run.

        A declared standard that no cell can have in a release is demanded in the releases of the run.
        """
        releases = {cell.release for cell in self.cells(party.id)}
        possible = {
            (cell.standard, cell.release)
            for cell in (*self.info.plan, *self.info.left_out)
            if party.id in (cell.his, cell.dvza, cell.pgo) and cell.release in releases
        }
        shared = {standard for standard, _ in possible}
        possible |= {
            (name, release) for name in party.standards if name not in shared for release in releases
        }
        return frozenset(
            Key(party.id, requirement.id, requirement.standard, release)
            for requirement in self._musts(party)
            for standard, release in possible
            if requirement.applies_to(standard, release)
        )

    def _musts(self, party: ParticipantVersion) -> list[Requirement]:
        return [
            item
            for item in self.catalogue
            if item.role == party.role
            and item.strength is Strength.MUST
            and item.state == "active"
            and not item.left_out(self.info.settings.intensity)
        ]

    def shortfall(self, party: ParticipantVersion) -> Shortfall:
        """What was not asked of a party."""
        cells = self.cells(party.id)
        left_out = [cell for cell in self.info.left_out if party.id in (cell.his, cell.dvza, cell.pgo)]
        run = {cell.standard for cell in cells if self.info.asked(cell)}
        releases = {cell.release for cell in cells}
        met = {other for cell in cells for other in (cell.his, cell.dvza, cell.pgo)}
        missed = dict.fromkeys(other for cell in left_out for other in (cell.his, cell.dvza, cell.pgo))
        standards = tuple(name for name in party.standards if name not in run)
        return Shortfall(
            standards=standards,
            releases=tuple(dict.fromkeys(cell.release for cell in left_out if cell.release not in releases)),
            parties=tuple(other for other in missed if other not in met),
            requirements=tuple(
                item.id
                for item in self._musts(party)
                if item.standard not in standards
                and any(
                    _group(item, cell) not in self._asked_groups or self._in_part(item, cell)
                    for cell in cells
                    if item.applies_to(cell.standard, cell.release)
                )
            ),
        )

    def _in_part(self, requirement: Requirement, cell: Cell) -> bool:
        """Whether a session with a live PGO played only a part of what decides a requirement."""
        played = self.info.settings.situations
        of_standard = bool(requirement.standard)
        return bool(played) and not whole(requirement.id, cell.release, played, of_standard=of_standard)

    def claim(self, party: ParticipantVersion) -> Claim:
        """What the run may say of a party besides its tallies."""
        demanded = self.demanded(party)
        known = {key.standard for key in demanded}
        declared = party.standards or tuple({cell.standard for cell in self.cells(party.id)})
        return Claim(
            standards=frozenset(name if name in known or "" not in known else "" for name in declared),
            demanded=demanded,
            whole=not self.shortfall(party),
            record=all(self.origin(cell) in VOUCHED for cell in self.cells(party.id)),
            live=party.kind == "live",
        )

    def origin(self, cell: Cell) -> str:
        """Origin of the record that the answers of a cell are compared with, ``""`` without one."""
        settings = self.info.settings
        found = settings.records.get(settings.persons.get(cell.key, ""))
        return found.origin if found is not None else ""


def _group(requirement: Requirement, cell: Cell) -> tuple[str, ...]:
    """The cells in which asking a requirement once is enough.

    A requirement of the framework belongs to every standard: once per HIS, DVZA, PGO and release. Asked of
    one cell for others, it is asked in those too.
    """
    standard = requirement.standard and cell.standard
    return (requirement.id, cell.his, cell.dvza, cell.pgo, standard, cell.release)

"""The facts of a report, per party: outcome, what was asked, findings, what is open and why.

Everything that a page or the console says about a run is put together here, so that it can be tested without
reading HTML. What a party's standing is, :mod:`harness.judge.outcome.result` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.core.algebra import Key, Standing, State, Tally, together
from harness.core.run.agreed.attestations import Attestation, attestations
from harness.core.run.agreed.waivers import Waiver
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import ParticipantVersion, RunInfo
from harness.core.text import Text
from harness.core.verdicts import Verdict, worst
from harness.judge.catalogue import Catalogue, Requirement
from harness.judge.evidence.assigned import unassigned
from harness.judge.outcome.progress import Progress, progress_of
from harness.judge.outcome.result import STELSELNODE, PartyResult, RunResult, run_result
from harness.judge.outcome.tally import key_of
from harness.medmij.releases import oldest_first
from harness.report.grouping import (
    OPEN,
    UNREACHED,
    OpenGroup,
    UnassignedGroup,
    by_reason,
    count,
    shared_verdicts,
    unassigned_groups,
    verdicts,
    why_not_asked,
    worst_first,
)
from harness.report.headlines import headline, scope

ROLES = ("his", "dvza", "pgo")


@dataclass(frozen=True)
class Row:
    """One requirement of one party in one release: its state and the counts behind it."""

    requirement: Requirement
    release: str
    tally: Tally
    state: State


@dataclass(frozen=True)
class CellSummary:
    """One cell: the worst verdict, the count of requirements per verdict, whose requirements are worst.

    :ivar counts: what was found in the cell itself; ``shared``: elsewhere, and it holds for this cell too.
    :ivar sides: roles.
    :ivar progress: how far it came when it was not driven to its end.
    """

    cell: Cell
    verdict: Verdict
    counts: Mapping[Verdict, int]
    shared: Mapping[Verdict, int]
    sides: tuple[str, ...]
    progress: Progress | None = None


@dataclass(frozen=True)
class PartySummary:
    """One party in this run.

    :ivar findings: what is broken, remarked or disputed, worst first.
    :ivar waived: what is broken and may stay for now, by waiver.
    :ivar open: what was asked and is not decided, by reason.
    :ivar not_asked: requirements of its role that the run did not ask, with the reason.
    :ivar shared: the standards, releases and other parties (ids per role) that it was run with.
    """

    result: PartyResult
    headline: Text
    cells: tuple[CellSummary, ...]
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    waived: tuple[tuple[Waiver, tuple[Finding, ...]], ...]
    open: tuple[OpenGroup, ...]
    not_asked: tuple[tuple[Requirement, Text], ...]
    standards: tuple[str, ...]
    releases: tuple[str, ...]
    others: Mapping[str, tuple[str, ...]]

    @property
    def party(self) -> ParticipantVersion:
        """Who it is."""
        return self.result.party

    @property
    def standing(self) -> Standing:
        """Its outcome and what stands in the way of one."""
        return self.result.standing


@dataclass(frozen=True)
class RunSummary:
    """A whole run.

    :ivar parties: by id, in the order of the network file.
    :ivar elsewhere: findings about none of the parties (the stelselnode), worst first.
    :ivar unassigned: exchanges that end in no finding, and why.
    :ivar attestations: what people stated beside it.
    """

    info: RunInfo
    result: RunResult
    parties: Mapping[str, PartySummary]
    cells: tuple[CellSummary, ...]
    elsewhere: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    counts: Mapping[Verdict, int]
    unassigned: tuple[UnassignedGroup, ...] = ()
    attestations: tuple[Attestation, ...] = ()

    @property
    def rehearsal(self) -> bool:
        """Whether nobody who took part is live."""
        return self.result.rehearsal

    def of_role(self, role: str) -> list[PartySummary]:
        """The parties of a role."""
        return [item for item in self.parties.values() if item.party.role == role]

    def stated(self, item: PartySummary) -> bool:
        """Whether the run says anything about a party: live ones, and all of them in a rehearsal."""
        return self.rehearsal or item.party.kind == "live"

    def dvzas_of(self, item: PartySummary) -> list[PartySummary]:
        """The DVZAs that a HIS was run with; they are its supplier's as well."""
        found = item.others.get("dvza", ()) if item.party.role == "his" else ()
        return [self.parties[name] for name in found if name in self.parties]

    def together(self, item: PartySummary) -> Standing | None:
        """The standing of a HIS and its DVZA as one; ``None`` when one of them is not stated."""
        parts = [item, *self.dvzas_of(item)]
        if len(parts) < 2 or not all(self.stated(part) for part in parts):
            return None
        return together([part.standing for part in parts])


def summarise(
    info: RunInfo,
    findings: Sequence[Finding],
    catalogue: Catalogue,
    folder: RunFolder | None = None,
    day: date | None = None,
) -> RunSummary:
    """The facts of a run.

    :param folder: where its recordings are; without them nothing is said of exchanges that end in no finding.
    :param day: on which waivers have to hold; by default that of the run.
    :raises EvidenceError: a recording is damaged.
    """
    found = _Summary(info, findings, catalogue, day).run()
    if folder is None:
        return found
    return replace(
        found,
        unassigned=unassigned_groups(unassigned(folder, info, findings, catalogue)),
        attestations=tuple(item.attestation for item in attestations(folder.path)),
    )


class _Summary:
    """Puts the facts of one run together."""

    def __init__(
        self, info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue, day: date | None
    ) -> None:
        self.info = info
        self.catalogue = catalogue
        self.result = run_result(info, findings, catalogue, day)
        self.findings = worst_first(findings, catalogue)
        self.decided = verdicts(findings)
        self.shared = shared_verdicts(findings)
        self._of: dict[str, list[Finding]] = {}
        for item in self.findings:
            self._of.setdefault(self._party(item.requirement, item.cell), []).append(item)

    def _party(self, requirement: str, cell: Cell) -> str:
        """The party that a judgement is about; ``""`` for a requirement that the catalogue does not know."""
        return key_of(self.catalogue[requirement], cell).party if requirement in self.catalogue else ""

    def run(self) -> RunSummary:
        """The whole run."""
        return RunSummary(
            info=self.info,
            result=self.result,
            parties={name: self.party(item) for name, item in self.result.parties.items()},
            cells=tuple(self.cell(cell) for cell in self.info.plan),
            elsewhere=tuple(self._of.get(STELSELNODE, ())),
            findings=tuple(self.findings),
            counts=count(verdict for found in self.decided.values() for verdict in found.values()),
        )

    def party(self, result: PartyResult) -> PartySummary:
        """One party."""
        name = result.party.id
        cells = [cell for cell in self.info.plan if name in (cell.his, cell.dvza, cell.pgo)]
        others = {
            role: tuple(dict.fromkeys(cell.party(role) for cell in cells))
            for role in ROLES
            if role != result.party.role
        }
        run = [cell for cell in cells if self.info.asked(cell)]
        standards = tuple(sorted({cell.standard for cell in run}))
        releases = tuple(oldest_first(cell.release for cell in run))
        mine = self._of.get(name, [])
        waived = self.result.cover.waived
        whom = {role: len(ids) for role, ids in others.items() if role != "dvza"}
        return PartySummary(
            result=result,
            headline=headline(result, scope(standards, releases, whom), rehearsal=self.result.rehearsal),
            cells=tuple(self.cell(cell, name) for cell in cells),
            rows=tuple(self.rows(name)),
            findings=tuple(item for item in mine if item.verdict not in OPEN and item.id not in waived),
            waived=by_waiver((waived[item.id], item) for item in mine if item.id in waived),
            open=(*by_reason(mine), *self.unreached(name)),
            not_asked=tuple(self.not_asked(result.party, cells)),
            standards=standards,
            releases=releases,
            others=others,
        )

    def rows(self, party: str) -> Iterable[Row]:
        """Every requirement that was demanded or asked of a party, or judged for it, in id order."""
        keys = {key for key in (*self.result.strengths, *self.result.tallies) if key.party == party}
        keys |= self.result.parties[party].demanded
        for key in sorted(keys, key=lambda item: (item.requirement, item.release)):
            counts = self.result.tallies.get(key, Tally())
            yield Row(self.catalogue[key.requirement], key.release, counts, counts.state)

    def cell(self, cell: Cell, party: str = "") -> CellSummary:
        """One cell, or what of it is about one party."""
        own, shared = (
            {
                requirement: verdict
                for requirement, verdict in said.get(cell.key, {}).items()
                if party in ("", self._party(requirement, cell))
            }
            for said in (self.decided, self.shared)
        )
        every = [*own.items(), *shared.items()]
        found = worst([verdict for _, verdict in every])
        sides = {
            self.catalogue[requirement].role
            for requirement, verdict in every
            if verdict is found and requirement in self.catalogue
        }
        return CellSummary(
            cell=cell,
            verdict=found,
            counts=count(own.values()),
            shared=count(shared.values()),
            sides=tuple(role for role in (*ROLES, STELSELNODE) if role in sides),
            progress=progress_of(self.info, cell, self.decided.get(cell.key, {}).values()),
        )

    def unreached(self, party: str) -> list[OpenGroup]:
        """What was asked and never judged, because the run ended before."""
        missing: list[Key] = [
            key for key in self.result.strengths if key.party == party and key not in self.result.tallies
        ]
        if not missing:
            return []
        return [
            OpenGroup(
                verdict=Verdict.NOT_TESTED,
                reason=UNREACHED,
                blame=None,
                cause="",
                received="",
                requirements=tuple(sorted({key.requirement for key in missing})),
                evidence=(),
            )
        ]

    def not_asked(
        self, party: ParticipantVersion, cells: Sequence[Cell]
    ) -> Iterable[tuple[Requirement, Text]]:
        """The requirements of a party's role and standards that no cell was asked, with the reason."""
        asked = {key.requirement for key in self.result.strengths if key.party == party.id}
        releases = {cell.release for cell in cells}
        run = {cell.standard for cell in cells}
        for requirement in sorted(self.catalogue, key=lambda item: item.id):
            declared = ("", *(party.standards or run))
            if requirement.role != party.role or requirement.standard not in declared:
                continue
            if requirement.id not in asked and releases & set(requirement.releases):
                yield requirement, self._why_not(requirement, run, party)

    def _why_not(self, requirement: Requirement, run: set[str], party: ParticipantVersion) -> Text:
        if requirement.standard not in ("", *run):
            return Text(
                nl=f"{requirement.standard} is in deze run niet gedraaid",
                en=f"{requirement.standard} was not part of this run",
            )
        beside = party.kind == "twin" and not self.result.rehearsal and not self.info.selection.only
        return why_not_asked(requirement, self.info.settings.intensity, bystander=beside)


def by_waiver(pairs: Iterable[tuple[Waiver, Finding]]) -> tuple[tuple[Waiver, tuple[Finding, ...]], ...]:
    """Each waiver with the findings that it covers."""
    found: dict[Waiver, list[Finding]] = {}
    for waiver, item in pairs:
        found.setdefault(waiver, []).append(item)
    return tuple((waiver, tuple(items)) for waiver, items in found.items())

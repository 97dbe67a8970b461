"""The facts of a report: headline, rows and tables per vendor, computed from findings alone.

Everything that a page or the console says about a run is decided here, so that it can be tested without
reading HTML. The headline is a tested artefact: it says ``geen oordeel`` unless every active MUST is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.core.run.findings import Cell, Finding
from harness.core.run.info import ParticipantVersion, RunInfo
from harness.core.text import Text
from harness.core.verdicts import SEVERITY, Strength, Verdict, worst
from harness.judge.catalogue import Catalogue, Requirement
from harness.medmij.releases import oldest_first
from harness.report.words import Outcome, headline, scope

QUIET = (Verdict.PASS, Verdict.NOT_APPLICABLE)
"""Verdicts that nobody has to do anything about."""
DECIDED = (Verdict.PASS, Verdict.WARNING, Verdict.FAIL, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True)
class Row:
    """One requirement of one vendor: its worst verdict, and the verdict per cell."""

    requirement: Requirement
    verdict: Verdict
    cells: Mapping[str, Verdict]


@dataclass(frozen=True)
class CellSummary:
    """One cell: the worst verdict and the count of requirements per verdict."""

    cell: Cell
    verdict: Verdict
    counts: Mapping[Verdict, int]


@dataclass(frozen=True)
class VendorSummary:
    """One HIS in this run.

    :ivar outcome: what the headline says.
    :ivar findings: everything but pass and not-applicable, worst first.
    :ivar not_tested: requirements of the standards that this run did not decide, with the reason.
    """

    his: ParticipantVersion
    dvza: tuple[ParticipantVersion, ...]
    outcome: Outcome
    headline: Text
    cells: tuple[CellSummary, ...]
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    not_tested: tuple[tuple[Requirement, Text], ...]


@dataclass(frozen=True)
class RunSummary:
    """A whole run."""

    info: RunInfo
    vendors: tuple[VendorSummary, ...]
    counts: Mapping[Verdict, int]


def by_requirement(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """Findings grouped by (cell key, requirement id)."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for item in findings:
        grouped.setdefault((item.cell.key, item.requirement), []).append(item)
    return grouped


def verdicts(findings: Iterable[Finding]) -> dict[tuple[str, str], Verdict]:
    """Worst verdict per (cell key, requirement id)."""
    return {key: worst([item.verdict for item in items]) for key, items in by_requirement(findings).items()}


def count(values: Iterable[Verdict]) -> dict[Verdict, int]:
    """How often each verdict occurs; every verdict is a key."""
    result = dict.fromkeys(SEVERITY, 0)
    for value in values:
        result[value] += 1
    return result


def worst_first(findings: Iterable[Finding], catalogue: Catalogue) -> list[Finding]:
    """Findings that ask for attention, worst first, a MUST before a SHOULD; not the :data:`QUIET` ones."""

    def order(item: Finding) -> tuple[int, bool, str, str]:
        must = item.requirement in catalogue and catalogue[item.requirement].strength is Strength.MUST
        return SEVERITY.index(item.verdict), not must, item.requirement, item.id

    return sorted((item for item in findings if item.verdict not in QUIET), key=order)


def grouped(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same of different cells and exchanges, together; the order is kept.

    The same: requirement, verdict, side, party, path, expected, received, next step, and how it was decided.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for item in findings:
        key = (
            item.requirement,
            item.verdict,
            item.blame,
            item.party,
            item.where.path,
            item.expected,
            item.received,
            item.next_step,
            item.mode,
            item.rule,
        )
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def summarise(info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue) -> RunSummary:
    """The facts of a run."""
    decided = verdicts(findings)
    names = {item.id: item for item in info.participants}
    his_ids = list(dict.fromkeys(cell.his for cell in info.plan))
    vendors = tuple(_vendor(his_id, info, findings, decided, catalogue, names) for his_id in his_ids)
    return RunSummary(info=info, vendors=vendors, counts=count(decided.values()))


def _vendor(
    his_id: str,
    info: RunInfo,
    findings: Sequence[Finding],
    decided: Mapping[tuple[str, str], Verdict],
    catalogue: Catalogue,
    names: Mapping[str, ParticipantVersion],
) -> VendorSummary:
    cells = [cell for cell in info.plan if cell.his == his_id]
    keys = {cell.key for cell in cells}
    rows = []
    not_tested: list[tuple[Requirement, Text]] = []
    missing_must = 0
    for requirement in sorted(catalogue, key=lambda item: item.id):
        mine = [cell for cell in cells if requirement.applies_to(cell.standard, cell.release)]
        if not mine:
            continue
        per_cell = {
            cell.key: decided[(cell.key, requirement.id)]
            for cell in mine
            if (cell.key, requirement.id) in decided
        }
        if per_cell:
            rows.append(Row(requirement=requirement, verdict=worst(list(per_cell.values())), cells=per_cell))
        if _gap(requirement, mine, per_cell):
            not_tested.append((requirement, why_not_tested(requirement)))
            missing_must += requirement.decidable and requirement.strength is Strength.MUST
    bad = worst_first((item for item in findings if item.cell.key in keys), catalogue)
    must = [row for row in rows if row.requirement.strength is Strength.MUST]
    failed = [row for row in must if row.verdict is Verdict.FAIL]
    undecided = sum(row.verdict not in DECIDED for row in must) + missing_must
    his = names.get(his_id) or ParticipantVersion(id=his_id, role="his", kind="live")
    outcome: Outcome = "undecided" if undecided or not must else ("fail" if failed else "pass")
    return VendorSummary(
        his=his,
        dvza=tuple(names[cell.dvza] for cell in {c.dvza: c for c in cells}.values() if cell.dvza in names),
        outcome=outcome,
        headline=headline(
            " ".join(part for part in (his.product or his.id, his.version) if part),
            scope(
                ", ".join(sorted({cell.standard for cell in cells})) or "-",
                ", ".join(oldest_first(cell.release for cell in cells)) or "-",
                len({cell.pgo for cell in cells}),
            ),
            outcome,
            passed=len(must) - len(failed),
            failed=len(failed),
            undecided=undecided,
        ),
        cells=tuple(_cell(cell, decided) for cell in cells),
        rows=tuple(rows),
        findings=tuple(bad),
        not_tested=tuple(not_tested),
    )


def _gap(requirement: Requirement, cells: Sequence[Cell], decided: Mapping[str, Verdict]) -> bool:
    """Whether some cell should have decided the requirement and did not.

    A requirement of the framework belongs to every standard; deciding it in one standard's cell is enough
    for the same HIS, DVZA, PGO and release.
    """

    def group(cell: Cell) -> tuple[str, ...]:
        standard = requirement.standard and cell.standard
        return (cell.his, cell.dvza, cell.pgo, standard, cell.release)

    done = {group(cell) for cell in cells if cell.key in decided}
    return any(group(cell) not in done for cell in cells)


def _cell(cell: Cell, decided: Mapping[tuple[str, str], Verdict]) -> CellSummary:
    mine = [verdict for (key, _), verdict in decided.items() if key == cell.key]
    return CellSummary(cell=cell, verdict=worst(mine), counts=count(mine))


def why_not_tested(requirement: Requirement) -> Text:
    """Why a requirement has no verdict in this run."""
    if requirement.state == "planned":
        return requirement.reason
    if requirement.kind == "manual":
        return Text(nl="handmatig te toetsen", en="to be tested by hand")
    if requirement.kind == "semi":
        return Text(
            nl="halfautomatisch: een mens beoordeelt het bewijs", en="semi-automatic: a person reviews it"
        )
    return Text(nl="niet geselecteerd in deze run", en="not selected in this run")

"""Judging the cells of a run from its run folder: the same call live and, offline, on any other day.

``run.json`` (:class:`~harness.core.run.info.RunInfo`) holds everything besides the exchanges that a verdict
depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import msgspec

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding, finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo, Trouble
from harness.core.run.results import CellResult, cell_result
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView
from harness.record.chain.read import judged_unit
from harness.reference.records import Records


def cell_view(
    info: RunInfo, cell: Cell, exchanges: Sequence[Exchange], catalogue: Catalogue, records: Records
) -> CellView:
    """The view that judges get of one cell."""
    settings = info.settings
    by_id = {item.id: item for item in info.participants}
    participants = {
        role: by_id[identifier]
        for role, identifier in (("his", cell.his), ("dvza", cell.dvza), ("pgo", cell.pgo))
        if identifier in by_id
    }
    return CellView(
        cell,
        exchanges,
        catalogue,
        t=date.fromisoformat(info.t),
        now=datetime.fromisoformat(info.now),
        participants=participants,
        records=records,
        settings=settings,
    )


def cell_exchanges(folder: RunFolder, cell: Cell) -> Sequence[Exchange]:
    """The recorded exchanges of one cell; none when nothing was recorded, or no attempt at it finished.

    :raises EvidenceError: the recording is damaged, or of another run.
    """
    unit = judged_unit(folder.path, cell.key, run=folder.run)
    return unit.exchanges if unit is not None else ()


def judge_cell(
    info: RunInfo, cell: Cell, exchanges: Sequence[Exchange], catalogue: Catalogue, records: Records
) -> list[Finding]:
    """Findings of one cell for the requirements that the run asked of it, and for what could not be done.

    :param records: those that the run froze.
    """
    known = [requirement_id for requirement_id in info.asked(cell) if requirement_id in catalogue]
    view = cell_view(info, cell, exchanges, catalogue, records)
    try:
        judged = judge_requirements(view, known)
    finally:
        view.forget()
    return [*_holding(info, cell, judged), *trouble_findings(info, cell, catalogue)]


def _holding(info: RunInfo, cell: Cell, findings: Iterable[Finding]) -> list[Finding]:
    """Findings of a cell that say for which other cells they hold."""
    held = info.holds_for(cell)
    return [
        msgspec.structs.replace(item, holds_for=held[item.requirement]) if item.requirement in held else item
        for item in findings
    ]


def trouble_findings(info: RunInfo, cell: Cell, catalogue: Catalogue) -> list[Finding]:
    """An error for every requirement of a cell that something outside the product stood in the way of."""
    found = [
        finding(
            identifier,
            cell,
            Verdict.ERROR,
            blame=trouble.blame,
            party=cell.party(catalogue[identifier].role),
            received=": ".join(part for part in (trouble.where, trouble.received) if part),
            next_step=_step(trouble),
            mode="drive",
        )
        for trouble in info.troubles
        if trouble.cell == cell.key
        for identifier in trouble.requirements
        if identifier in catalogue
    ]
    return _holding(info, cell, found)


def _step(trouble: Trouble) -> Text:
    """What went wrong and what to do, as one text."""
    return Text(
        nl=". ".join(part for part in (trouble.what.nl, trouble.next_step.nl) if part),
        en=". ".join(part for part in (trouble.what.en, trouble.next_step.en) if part),
    )


def judge_run(
    folder: RunFolder, info: RunInfo, catalogue: Catalogue, records: Records
) -> Iterator[CellResult]:
    """What comes of every cell that a run reached, recomputed from its recording, in the order of the plan.

    :param info: what is known of the run.
    :param records: those that it froze.
    :raises EvidenceError: a recording is damaged.
    """
    for cell in info.plan:
        if cell.key in info.unjudged or not (info.asked(cell) or folder.findings_path(cell).is_file()):
            continue
        exchanges = cell_exchanges(folder, cell)
        found = judge_cell(info, cell, exchanges, catalogue, records)
        yield cell_result(info, cell, found, exchanges=len(exchanges))

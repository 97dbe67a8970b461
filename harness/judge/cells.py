"""Judging the cells of a run from its run folder: the same call live and, offline, on any other day.

``run.json`` (:class:`~harness.core.run.info.RunInfo`) holds everything besides the exchanges that a verdict
depends on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.judge.catalogue import Catalogue
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView
from harness.record.har import read_har


def cell_view(info: RunInfo, cell: Cell, exchanges: Sequence[Exchange], catalogue: Catalogue) -> CellView:
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
        expectations=settings.expectations.get(settings.persons.get(cell.key, "")),
        settings=settings,
    )


def cell_exchanges(folder: RunFolder, cell: Cell) -> list[Exchange]:
    """The recorded exchanges of one cell; none when nothing was recorded."""
    path = folder.har(cell.key)
    return read_har(path) if path.exists() else []


def judge_cell(
    info: RunInfo, cell: Cell, exchanges: Sequence[Exchange], catalogue: Catalogue
) -> list[Finding]:
    """Findings of one cell for the requirements that the run asked of it."""
    known = [requirement_id for requirement_id in info.asked(cell) if requirement_id in catalogue]
    return judge_requirements(cell_view(info, cell, exchanges, catalogue), known)


def judge_run(folder: RunFolder, catalogue: Catalogue) -> list[Finding]:
    """Findings of every cell of a run folder, recomputed from its exchanges."""
    info = folder.info()
    return [
        item for cell in info.plan for item in judge_cell(info, cell, cell_exchanges(folder, cell), catalogue)
    ]

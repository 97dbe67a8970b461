"""Judging the cells of a run from its run folder: the same call live and, offline, on any other day.

``run.json`` (:class:`~harness.core.run.info.RunInfo`) holds everything besides the exchanges that a verdict
depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding, finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo, Trouble
from harness.core.run.results import CellResult, cell_result
from harness.core.standards.queries import base_operation
from harness.core.text import Text, joined
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue, Requirement
from harness.judge.causes import operations
from harness.judge.judging import judge_requirements
from harness.judge.trust.steps import AGAIN, MAIN_FLOWS
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

    A trouble that is of no flow is of all of them: then the recording says nothing about its requirements.

    :param records: those that the run froze.
    """
    own = [trouble for trouble in info.troubles if trouble.cell == cell.key]
    void = {name for trouble in own if not trouble.flow for name in trouble.requirements}
    known = [requirement_id for requirement_id in info.asked(cell) if requirement_id in catalogue]
    view = cell_view(info, cell, exchanges, catalogue, records)
    try:
        judged = judge_requirements(view, [name for name in known if name not in void])
        troubles = [_left_open(trouble, judged, view) for trouble in own]
    finally:
        view.forget()
    open_ = msgspec.structs.replace(info, troubles=tuple(troubles))
    return _once(_holding(info, cell, judged), trouble_findings(open_, cell, catalogue))


def _left_open(trouble: Trouble, judged: Sequence[Finding], view: CellView) -> Trouble:
    """A limit that ended a main flow leaves decided what the exchanges before it decide."""
    walked = trouble.flow == AGAIN and view.find(flow=AGAIN, interface="token")
    if trouble.limit is None or not (walked or trouble.flow in MAIN_FLOWS):
        return trouble
    said: dict[str, list[Finding]] = {}
    for item in judged:
        said.setdefault(item.requirement, []).append(item)
    still = [
        name
        for name in trouble.requirements
        if not (all(map(_decides, said.get(name, ()))) and _all_asked(view.catalogue[name], view))
    ]
    return msgspec.structs.replace(trouble, requirements=tuple(still))


def _decides(item: Finding) -> bool:
    """Whether a finding rests on an exchange; what rests on none may be what was not driven."""
    return item.verdict in (Verdict.PASS, Verdict.WARNING, Verdict.FAIL) and bool(item.where.exchange)


def _all_asked(requirement: Requirement, view: CellView) -> bool:
    """Whether all that a requirement looks at was answered: for the framework a step is enough, of a standard
    the operations that its check names."""
    if not requirement.standard:
        return True
    names = operations(requirement)
    answered = {base_operation(item.operation)[0] for item in view.exchanges if item.response is not None}
    return bool(names) and answered.issuperset(names)


def _once(judged: Sequence[Finding], troubled: Sequence[Finding]) -> list[Finding]:
    """The findings of a cell, where a limit that was reached explains what was not seen: that is said once.

    A judge that found the same cause points at the exchange that shows it; what rests on no exchange says
    nothing when not everything was driven.
    """
    limits = {(item.requirement, item.next_step) for item in troubled if item.verdict is not Verdict.ERROR}
    explained = {name for name, _ in limits}
    kept = [
        item
        for item in judged
        if item.requirement not in explained or _decides(item) or (item.requirement, item.next_step) in limits
    ]
    shown = {(item.requirement, item.next_step) for item in kept} & limits
    return [*kept, *(item for item in troubled if (item.requirement, item.next_step) not in shown)]


def _holding(info: RunInfo, cell: Cell, findings: Iterable[Finding]) -> list[Finding]:
    """Findings of a cell that say for which other cells they hold."""
    held = info.holds_for(cell)
    return [
        msgspec.structs.replace(item, holds_for=held[item.requirement]) if item.requirement in held else item
        for item in findings
    ]


def trouble_findings(info: RunInfo, cell: Cell, catalogue: Catalogue) -> list[Finding]:
    """What stood in the way of a requirement of a cell: an error, or undecided when a limit was reached."""
    found = [
        _troubled(identifier, cell, trouble, cell.party(catalogue[identifier].role))
        for trouble in info.troubles
        if trouble.cell == cell.key
        for identifier in trouble.requirements
        if identifier in catalogue
    ]
    return _holding(info, cell, found)


_UNSEEN: Final = {"": Verdict.ERROR, "read-only": Verdict.NOT_TESTED}


def _troubled(identifier: str, cell: Cell, trouble: Trouble, party: str) -> Finding:
    return finding(
        identifier,
        cell,
        _UNSEEN.get(trouble.limit or "", Verdict.INCONCLUSIVE),
        blame=trouble.blame if trouble.limit is None else None,
        party=party,
        received=joined(trouble.where, trouble.received),
        next_step=_step(trouble),
        mode="drive",
        cause=trouble.cause if trouble.cause != party else "",
    )


def _step(trouble: Trouble) -> Text:
    """What went wrong and what to do, as one text."""
    return Text(
        nl=". ".join(part for part in (trouble.what.nl, trouble.next_step.nl) if part),
        en=". ".join(part for part in (trouble.what.en, trouble.next_step.en) if part),
    )


def reached(folder: RunFolder, info: RunInfo) -> list[Cell]:
    """The cells that a run reached, in the order of the plan."""
    return [
        cell
        for cell in info.plan
        if cell.key not in info.unjudged and (info.asked(cell) or folder.findings_path(cell).is_file())
    ]


def judged_again(
    folder: RunFolder, info: RunInfo, cell: Cell, catalogue: Catalogue, records: Records
) -> CellResult:
    """What comes of a cell, recomputed from its recording.

    :param info: what is known of the run.
    :param records: those that it froze.
    :raises EvidenceError: the recording is damaged.
    """
    exchanges = cell_exchanges(folder, cell)
    found = judge_cell(info, cell, exchanges, catalogue, records)
    return cell_result(info, cell, found, exchanges=len(exchanges))

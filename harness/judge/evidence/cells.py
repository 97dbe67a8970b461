"""Whether what stands in a run folder of a cell is what its recording gives, and nothing was left to another
cell that this one decided; for a run that ended and for one that is gone on with.
"""

from __future__ import annotations

import hashlib

import msgspec

from harness.core.run import manifest, results
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import END, RunFolder
from harness.core.run.info import RunInfo
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, Problem, ProblemKind, short
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges, judge_cell
from harness.reference.records import Records


def moved_problem(folder: RunFolder, info: RunInfo, catalogue: Catalogue, records: Records) -> Problem | None:
    """Whether cells left to others only what they could not decide: a fault stays where it was seen.

    :raises EvidenceError: a recording is damaged.
    """
    start, troubled = folder.start(), {trouble.cell for trouble in info.troubles}
    for cell in info.plan:
        moved = tuple(name for name in start.asked(cell) if name not in info.asked(cell))
        fault = _fault(folder, info, cell, moved, catalogue, records) if cell.key not in troubled else None
        if fault is not None:
            return _left(fault, END)
    return None


def _fault(
    folder: RunFolder,
    info: RunInfo,
    cell: Cell,
    moved: tuple[str, ...],
    catalogue: Catalogue,
    records: Records,
) -> Finding | None:
    """The first fault that the recording of a cell shows of requirements that were left to another one."""
    if not moved:
        return None
    settings = msgspec.structs.replace(info.settings, requirements={cell.key: moved}, shared={})
    before = msgspec.structs.replace(info, settings=settings)
    found = judge_cell(before, cell, cell_exchanges(folder, cell), catalogue, records)
    return next((item for item in found if item.verdict is Verdict.FAIL), None)


def _left(fault: Finding, where: str) -> Problem:
    return Problem(
        kind=ProblemKind.DESCRIPTION,
        where=where,
        message=Text(
            nl=f"laat {fault.requirement} aan een andere cel over, maar de opname toont een fout",
            en=f"leaves {fault.requirement} to another cell, but the recording shows a fault",
        ),
        expected=short(fault.cell.key),
        received=_said(fault),
    )


def check_cell(
    folder: RunFolder, start: RunInfo, stored: results.CellResult, catalogue: Catalogue, records: Records
) -> None:
    """Whether the findings of a cell that was finished earlier are those that its recording gives.

    :raises EvidenceError: they are not, or the recording is damaged.
    """
    key = stored.cell.key
    settings = msgspec.structs.replace(
        start.settings, requirements={key: stored.requirements}, shared={key: stored.shared}
    )
    info = msgspec.structs.replace(start, settings=settings, troubles=stored.troubles)
    exchanges = cell_exchanges(folder, stored.cell)
    found = judge_cell(info, stored.cell, exchanges, catalogue, records)
    problem = cell_problem(folder, results.cell_result(info, stored.cell, found, exchanges=len(exchanges)))
    where = f"findings/{folder.findings_path(stored.cell).name}"
    if problem is None and not set(stored.elsewhere.values()) <= {cell.key for cell in start.plan}:
        message = Text(nl="noemt een cel die er niet is", en="names a cell that is not there")
        problem = Problem(kind=ProblemKind.RESULT, where=where, message=message)
    if problem is None and not stored.troubles:
        fault = _fault(folder, info, stored.cell, tuple(stored.elsewhere), catalogue, records)
        problem = _left(fault, where) if fault is not None else None
    if problem is not None:
        raise problem.error()


def cell_problem(folder: RunFolder, result: results.CellResult) -> Problem | None:
    """What differs between what stands there of a cell and what its recording gives."""
    path = folder.findings_path(result.cell)
    name = f"findings/{path.name}"
    try:
        stored = folder.cell(result.cell)
        if stored is None:
            return Problem(kind=ProblemKind.RESULT, where=name, message=Text(nl="ontbreekt", en="is missing"))
        again = msgspec.structs.replace(result, elsewhere=stored.elsewhere)  # how it went, no result
        _, digest = manifest.digest_of(path)
    except EvidenceError as error:
        return error.problem
    except OSError as error:
        return Problem(
            kind=ProblemKind.RESULT,
            where=name,
            message=Text(nl="kan niet worden gelezen", en="cannot be read"),
            received=disk.reason(error),
        )
    if digest == hashlib.sha256(results.encode(again)).hexdigest():
        return None
    before, after = ({item.id: item for item in one.findings} for one in (stored, again))
    changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    return Problem(
        kind=ProblemKind.RESULT,
        where=name,
        message=Text(
            nl="bevat andere bevindingen dan de opname geeft",
            en="holds other findings than the recording gives",
        ),
        expected=_said(after.get(changed[0])) if changed else "",
        received=_said(before.get(changed[0])) if changed else "",
    )


def _said(item: Finding | None) -> str:
    return f"{short(item.id, 60)}: {item.verdict.value}" if item is not None else "-"

"""How far a cell came that was not driven to its end: planned, blocked, aborted."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from harness.core.run.findings import Cell
from harness.core.run.info import RunInfo
from harness.core.verdicts import Verdict
from harness.judge.trust.steps import MAIN_FLOWS

_DECIDED = (Verdict.PASS, Verdict.WARNING, Verdict.FAIL)


class Progress(str, Enum):
    """Why nobody should read more into a cell than that it is to be driven."""

    PLANNED = "planned"
    """In the plan, and not reached yet."""
    BLOCKED = "blocked"
    """Nothing of it could be driven: somebody did not answer, or something is not as it has to be."""
    ABORTED = "aborted"
    """It was begun, and ended before it was done: no time was left for it, or it was too large."""


def progress_of(info: RunInfo, cell: Cell, verdicts: Iterable[Verdict]) -> Progress | None:
    """How far a cell came; ``None``: as far as it had to.

    :param verdicts: of what was found in the cell itself.
    """
    stopped = [
        item
        for item in info.troubles
        if item.cell == cell.key and (not item.flow or item.flow in MAIN_FLOWS) and item.limit != "read-only"
    ]
    if any(item.limit in ("run", "cell", "recording") for item in stopped):
        return Progress.ABORTED
    if cell.key in info.unjudged:
        return Progress.PLANNED
    if stopped and not any(verdict in _DECIDED for verdict in verdicts):
        return Progress.BLOCKED
    return None

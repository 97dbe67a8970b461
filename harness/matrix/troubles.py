"""What stood in the way of a flow, a cell or a run, as it is told."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from harness.core.errors import HarnessError, UserError
from harness.core.run.findings import Cell
from harness.core.run.info import Trouble
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.network.limits.endurance import LimitReached


def trouble_of(
    error: Exception, what: Text, cell: Cell, requirements: Sequence[str], where: str, flow: str = ""
) -> Trouble:
    """What stood in the way; a mistake that the user can correct is one of the configuration."""
    found = as_harness_error(error, what, where)
    if isinstance(found, LimitReached):
        what = found.message
    elif found is error:
        what = Text(nl=f"{what.nl}: {found.message.nl}", en=f"{what.en}: {found.message.en}")
    return Trouble(
        cell=cell.key,
        requirements=tuple(requirements),
        blame=Blame.CONFIGURATION if isinstance(found, UserError | LimitReached) else Blame.HARNESS,
        what=what,
        where=found.where,
        received=found.received,
        next_step=found.next_step,
        flow=flow,
        limit=found.limit if isinstance(found, LimitReached) else None,
        cause=found.cause if isinstance(found, LimitReached) else "",
    )


def as_harness_error(error: Exception, what: Text, where: str) -> HarnessError:
    """The error itself when it has a message for people, else a defect of the harness."""
    if isinstance(error, HarnessError):
        return error
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return HarnessError(
        what,
        where=where,
        received=f"{type(error).__name__}: {error} ({frame.name}:{frame.lineno})",
        next_step=Text(
            nl="Fout in de harness zelf; meld dit met de run-map.",
            en="A defect of the harness itself; report it with the run folder.",
        ),
    )

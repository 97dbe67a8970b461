"""What stood in the way while cells were driven or judged, outside the products."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Final

from harness.core.errors import HarnessError, UserError
from harness.core.run.findings import Cell
from harness.core.run.info import Trouble
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.network.limits.endurance import LimitReached

MOST_MOVED: Final = 20.0
"""Seconds that the clock may move while a cell is driven: less than anything that is asked of a time."""
UNDRIVEN = Text(nl="deze stroom kon niet worden aangestuurd", en="this flow could not be driven")
UNJUDGED = Text(nl="deze cel kon niet worden beoordeeld", en="this cell could not be judged")
_MOVED: Final = Text(
    nl="de klok van deze machine versprong tijdens deze cel, of de machine sliep: tijden zeggen niets",
    en="the clock of this machine moved during this cell, or the machine slept: times say nothing",
)


def clock_moved(cell: Cell, requirements: Sequence[str], seconds: float) -> Trouble:
    """Nothing of a cell can be decided when time itself was moved: codes expire, and nobody is to blame."""
    return Trouble(
        cell=cell.key,
        requirements=tuple(requirements),
        blame=Blame.CONFIGURATION,
        what=_MOVED,
        received=f"{seconds:+.0f} s",
        next_step=Text(nl="zet de klok vast en draai opnieuw", en="keep the clock steady and run again"),
    )


def trouble_of(
    error: Exception, what: Text, cell: Cell, requirements: Sequence[str], where: str, flow: str = ""
) -> Trouble:
    """What stood in the way; a mistake that the user can correct is one of the configuration."""
    found = for_people(error, what, where)
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
        received=found.seen,
        next_step=found.next_step,
        flow=flow,
        limit=found.limit if isinstance(found, LimitReached) else None,
        cause=found.cause if isinstance(found, LimitReached) else "",
    )


def for_people(error: Exception, what: Text, where: str) -> HarnessError:
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

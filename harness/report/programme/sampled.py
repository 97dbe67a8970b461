"""What a sample of availability makes of a basic requirement that is decided by one.

The sources name no percentage. So nobody is accused by a number: a party that answered no question at all is
not available, one that missed some waits for a person who knows what was agreed (the SLA), and even a sample
without a miss waits for one, since the service desk is part of the requirement.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from harness.core.algebra import State
from harness.core.clock import AMSTERDAM
from harness.core.run.agreed.sampling import HOURS, Measured
from harness.core.text import Text

_MEASURED: Final = Text(
    nl="gemeten van {begin} tot {end}: {answered} van {samples} vragen beantwoord, {gaps} keer niet "
    "gevraagd, {hours} van de 24 uren van de dag gezien; een steekproef is geen monitoring",
    en="measured from {begin} to {end}: {answered} of {samples} questions answered, not asked {gaps} times, "
    "{hours} of the 24 hours of a day seen; a sample is no monitoring",
)
NO_SAMPLE: Final = Text(
    nl="het bewijs is geen steekproef van harness availability",
    en="the proof is no sample of harness availability",
)
_SHORT: Final = Text(
    nl="{told}; 'altijd' vraagt een steekproef over alle uren van de dag",
    en="{told}; 'at any time' asks for a sample over all hours of a day",
)
_MISSED: Final = Text(
    nl="{told}; geen bron noemt een percentage: een beoordelaar legt dit naast de SLA",
    en="{told}; no source names a percentage: a reviewer compares this with the SLA",
)
_SLA: Final = Text(
    nl="{told}; servicedesk en SLA zijn nog door niemand beoordeeld",
    en="{told}; nobody has reviewed service desk and SLA yet",
)


def measured_line(told: Measured) -> Text:
    """What was measured, in one line."""
    return _MEASURED.format(
        begin=_shown(told.begin),
        end=_shown(told.end),
        answered=told.answered,
        samples=told.samples,
        gaps=len(told.gaps),
        hours=told.hours,
    )


def _shown(instant: str) -> Text:
    """A moment as people write it, in Amsterdam."""
    at = datetime.fromisoformat(instant).astimezone(AMSTERDAM)
    return Text(nl=f"{at:%d-%m-%Y %H:%M}", en=f"{at:%Y-%m-%d %H:%M}")


def sampled(told: Measured | None, *, accepted: bool) -> tuple[State, Text]:
    """The state of a requirement with a sample as proof, and why.

    :param accepted: somebody else looked at it, and agreed.
    """
    if told is None:
        return State.NOT_TESTED, NO_SAMPLE
    line = measured_line(told)
    if not told.answered:
        return State.NOT_MET, line
    if told.hours < HOURS:
        return State.NOT_TESTED, _SHORT.format(told=line)
    if accepted:
        return State.MET, line
    if told.answered < told.samples:
        return State.UNDECIDED, _MISSED.format(told=line)
    return State.NOT_TESTED, _SLA.format(told=line)

"""What is said of evidence that was made with another catalogue than it is judged with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.core.run.problems import short
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.judge.evidence.otherwise import Otherwise
from harness.report.words import amount

_THEN: Final = Text(
    nl="gemaakt met catalogus {then} (harness {harness}); de oordelen hier zijn van nu, met catalogus {now}",
    en="made with catalogue {then} (harness {harness}); the verdicts here are of now, with catalogue {now}",
)
_SAME: Final = Text(
    nl="met dezelfde catalogus {now} (harness {harness}) in een andere release beoordeeld",
    en="judged with the same catalogue {now} (harness {harness}) in another release",
)
_AGAIN: Final = Text(
    nl="{count} staan niet in de opnamen; wat er opnieuw moet: harness judge PAD --catalogue installed",
    en="{count} are not in the recordings; what to drive again: harness judge PATH --catalogue installed",
)
_SHOWN: Final = 12
"""Digits of a hash."""


def made_with(run: Otherwise, catalogue: Catalogue) -> Text:
    """With what a run was judged then, and with what now."""
    told = _THEN if run.made_with != catalogue.digest else _SAME
    return told.format(
        then=short(run.made_with[:_SHOWN]), harness=short(run.harness), now=catalogue.digest[:_SHOWN]
    )


def told_otherwise(runs: Sequence[Otherwise], catalogue: Catalogue) -> list[Text]:
    """What a reader has to know: with what evidence was made, and what the recordings do not hold."""
    found = list(dict.fromkeys(made_with(run, catalogue) for run in runs))
    again = {item.requirement for run in runs for item in run.again}
    if again:
        found.append(_AGAIN.format(count=amount(len(again), "any requirement")))
    return found

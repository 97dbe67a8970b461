"""Verdicts that rest on a known fault of an official script: disputed until somebody rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from harness.core.errors import HarnessError
from harness.core.standards.ledger import Entry, ledger
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.testscript.judge.bodies import plain
from harness.testscript.judge.case import Evidence, Judgement
from harness.testscript.read.model import Assert, TestScript


@dataclass
class Disputes:
    """The entries of the ledger that are about one script, and which of them its exchanges ran into.

    :ivar entries: those that were not ruled to be as the script says.
    :ivar met: entry by number of the exchange whose status is that of the other reading: what fails after it
        on the same answer follows from it.
    """

    entries: tuple[Entry, ...]
    met: dict[int, Entry]

    @classmethod
    def of(cls, script: TestScript, entries: Iterable[Entry] | None = None) -> Disputes:
        """What is known of a script."""
        known = ledger() if entries is None else entries
        return cls(
            tuple(item for item in known if not item.broken and item.about(script.id, script.info.standard)),
            {},
        )

    def weigh(
        self, check: Assert, judgement: Judgement, evidence: Evidence | None, now: datetime | date
    ) -> Judgement:
        """The judgement; one against the product that rests on an entry of the ledger is disputed, or good
        when another reading was ruled to be the right one."""
        against = judgement.verdict is Verdict.FAIL or (
            judgement.verdict is Verdict.ERROR and judgement.blame is Blame.SPECIFICATION
        )
        if not self.entries or not against or evidence is None:
            return judgement
        entry = self.met.get(evidence.number) or self._known(check, evidence, now)
        if entry is None:
            return judgement
        ruled = entry.ruling is not None
        return replace(
            judgement,
            verdict=Verdict.PASS if ruled else Verdict.DISPUTED,
            blame=None if ruled else Blame.SPECIFICATION,
            ledger=entry.id,
            next_step=Text(
                nl=f"{entry.id}: {entry.title.nl} ({entry.told.nl})",
                en=f"{entry.id}: {entry.title.en} ({entry.told.en})",
            ),
        )

    def _known(self, check: Assert, evidence: Evidence, now: datetime | date) -> Entry | None:
        for entry in self.entries:
            for item in entry.asserts:
                if not item.fits(check.criterion, check.subject.strip()):
                    continue
                status = evidence.response.status if evidence.response is not None else 0
                if (not item.status or status in item.status) and _holds(item.holds, evidence, now):
                    if item.status:
                        self.met[evidence.number] = entry
                    return entry
        return None


def _holds(expression: str, evidence: Evidence, now: datetime | date) -> bool:
    """Whether an expression is true of an answer; not where it cannot be evaluated."""
    if not expression:
        return True
    if evidence.response_body.resource is None:
        return False
    try:
        found = evidence.response_body.evaluate(expression, now)
    except HarnessError:
        return False
    return len(found) == 1 and plain(found[0]) is True

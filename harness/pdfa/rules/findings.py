"""Facts in, violations out: every fact is held against the rules of one flavour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from harness.core.issues import shortened
from harness.core.text import Phrase, Text, dutch, joined, said
from harness.pdfa.model import Flavour, Violation
from harness.pdfa.rules.profile import rule_set
from harness.pdfa.rules.rule import Dispute, Rule

if TYPE_CHECKING:
    from harness.core.standards.ledger import Entry


class Findings:
    """Collects the violations of one check (a :class:`~harness.pdfa.facts.context.Sink`).

    Violations are capped per rule, their number is not.

    :ivar counts: violations per rule id.
    :ivar settled: rule ids with a violation that no reference disputes.
    :ivar page: number of the page that facts belong to, 0 outside pages.
    :ivar object: number of the indirect object that holds them, 0 outside objects.
    """

    def __init__(self, flavour: Flavour, cap: int) -> None:
        self.counts: dict[str, int] = {}
        self.settled: set[str] = set()
        self.page = 0
        self.object = 0
        self._rules = rule_set(flavour)
        self._cap = cap
        self._violations: list[Violation] = []

    def take(self, kind: str, fact: Any, where: str = "", received: Phrase = "") -> None:
        """Apply all rules on facts of type ``kind``; record each that does not hold."""
        for id_, one in self._rules.get(kind, ()):
            if not one.test(fact):
                self._record(id_, one, fact, where or kind, received)

    def _record(self, id_: str, one: Rule, fact: Any, where: str, received: Phrase) -> None:
        entry = _entry(one.dispute) if one.dispute is not None and one.dispute.when(fact) else None
        if entry is not None and entry.broken is False:
            return  # it was ruled that this breaks nothing
        count = self.counts.get(id_, 0) + 1
        self.counts[id_] = count
        disputed = entry is not None and entry.broken is None
        if not disputed:
            self.settled.add(id_)
        if count > self._cap:
            return
        found: Phrase = received or str(getattr(fact, "received", "") or "")
        expected: Phrase = ""
        if one.values is not None:
            expected, got = (
                shortened(value if isinstance(value, Text) else str(value)) for value in one.values(fact)
            )
            found = joined(found, got) if found and found != got else got
        self._violations.append(
            Violation(
                rule=id_,
                message=one.text,
                where=where,
                page=self.page,
                object=self.object,
                expected=said(expected, "en"),
                received=said(found, "en"),
                nl=dutch(expected, found),
                disputed=entry.told if disputed and entry is not None else None,
            )
        )

    def result(self, mark: str = "") -> list[Violation]:
        """The violations with their total counts, rule ids prefixed with ``mark``."""
        return [
            msgspec.structs.replace(v, rule=mark + v.rule, count=self.counts[v.rule])
            for v in self._violations
        ]


def _entry(dispute: Dispute) -> Entry:
    # late: few documents break a disputed rule, and reading YAML takes longer than checking one
    from harness.core.standards.ledger import entry_of

    return entry_of(dispute.ledger)

"""Facts in, violations out: every fact is held against the rules of one flavour."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.pdfa.model import Flavour, Violation
from harness.pdfa.rules.profile import rule_set


class Findings:
    """Collects the violations of one check (a :class:`~harness.pdfa.facts.context.Sink`).

    Violations are capped per rule, their number is not.

    :ivar counts: violations per rule id.
    :ivar page: number of the page that facts belong to, 0 outside pages.
    """

    def __init__(self, flavour: Flavour, cap: int) -> None:
        self.counts: dict[str, int] = {}
        self.page = 0
        self._rules = rule_set(flavour)
        self._cap = cap
        self._violations: list[Violation] = []

    def take(self, kind: str, fact: Any, where: str = "", received: str = "") -> None:
        """Apply all rules on facts of type ``kind``; record each that does not hold."""
        for id_, one in self._rules.get(kind, ()):
            if not one.test(fact):
                count = self.counts.get(id_, 0) + 1
                self.counts[id_] = count
                if count <= self._cap:
                    self._violations.append(
                        Violation(
                            rule=id_,
                            message=one.text,
                            where=where or kind,
                            page=self.page,
                            received=received or getattr(fact, "received", "") or "",
                        )
                    )

    def result(self, mark: str = "") -> list[Violation]:
        """The violations with their total counts, rule ids prefixed with ``mark``."""
        return [
            msgspec.structs.replace(v, rule=mark + v.rule, count=self.counts[v.rule])
            for v in self._violations
        ]

"""Registry of rules: a rule is a small predicate over one fact object.

Facts are plain objects that other modules compute (``CosStream``, ``PDFont``, ``Glyph``, …); a rule
says which fact type it looks at and returns True when the fact conforms. The rule id per part of the
standard follows the numbering that veraPDF prints, so that reports can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from harness.core.text import Text
from harness.pdfa.model import Flavour, Violation

Predicate = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Rule:
    """One registered rule.

    :ivar ids: rule id per part; a part that is absent does not have the rule.
    :ivar levels: conformance levels that have it (``bua`` = all).
    :ivar on: name of the fact type.
    :ivar text: what the rule asks.
    :ivar test: predicate, True when the fact conforms.
    """

    ids: dict[int, str]
    levels: str
    on: str
    text: Text
    test: Predicate


_RULES: list[Rule] = []


def rule(
    on: str,
    part1: str | None = None,
    part2: str | None = None,
    *,
    part3: str | None = None,
    levels: str = "bua",
    nl: str,
    en: str,
) -> Callable[[Predicate], Predicate]:
    """Register a predicate for fact type ``on`` under its ids in parts 1, 2 and 3.

    Part 3 shares the id of part 2 unless ``part3`` says otherwise (``""`` = not in part 3).
    """
    ids: dict[int, str] = {}
    if part1:
        ids[1] = part1
    if part2:
        ids[2] = part2
    third = part2 if part3 is None else part3
    if third:
        ids[3] = third

    def register(test: Predicate) -> Predicate:
        _RULES.append(Rule(ids, levels, on, Text(nl=nl, en=en), test))
        return test

    return register


def all_rules() -> tuple[Rule, ...]:
    """Every registered rule (importing the rule modules on first use)."""
    import harness.pdfa.rules  # noqa: F401  (registers)

    return tuple(_RULES)


@lru_cache(maxsize=16)
def rule_set(flavour: Flavour) -> dict[str, tuple[tuple[str, Rule], ...]]:
    """Rules of a flavour by fact type: ``{"CosStream": (("6.1.7.1-1", rule), …)}``."""
    found: dict[str, list[tuple[str, Rule]]] = {}
    for one in all_rules():
        if flavour.part in one.ids and flavour.level in one.levels:
            found.setdefault(one.on, []).append((one.ids[flavour.part], one))
    return {on: tuple(rules) for on, rules in found.items()}


def rule_ids(flavour: Flavour) -> dict[str, Rule]:
    """All rule ids of a flavour with their rules."""
    return {id_: one for rules in rule_set(flavour).values() for id_, one in rules}


class Findings:
    """Collects violations of one check; caps them per rule but keeps the counts."""

    def __init__(self, flavour: Flavour, cap: int) -> None:
        self.flavour = flavour
        self.by_type = rule_set(flavour)
        self.cap = cap
        self.counts: dict[str, int] = {}
        self.violations: list[Violation] = []
        self.page = 0

    def judge(self, on: str, fact: Any, where: str = "", received: str = "") -> None:
        """Apply all rules of fact type ``on`` to ``fact``; record each that does not hold."""
        for id_, one in self.by_type.get(on, ()):
            if not one.test(fact):
                count = self.counts.get(id_, 0) + 1
                self.counts[id_] = count
                if count <= self.cap:
                    self.violations.append(
                        Violation(
                            rule=id_,
                            message=one.text,
                            where=where or f"{on}",
                            page=self.page,
                            received=received or getattr(fact, "received", "") or "",
                        )
                    )

    def result(self, mark: str = "") -> list[Violation]:
        """The violations with their total counts, rule ids prefixed with ``mark``."""
        return [
            msgspec.structs.replace(v, rule=mark + v.rule, count=self.counts[v.rule]) for v in self.violations
        ]

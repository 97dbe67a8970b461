"""What a rule is: a small predicate over one fact.

Facts are plain objects that the walkers of :mod:`harness.pdfa.facts` find (``CosStream``, ``PDFont``,
``Glyph``, …). A rule names the type of fact that it looks at, and says True when the fact conforms. Its id
per part of the standard follows the numbering that veraPDF prints, so that reports can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from harness.core.text import Text

Predicate = Callable[[Any], object]
Values = Callable[[Any], tuple[object, object]]
"""Says of a fact that breaks a rule what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two readings of a rule that references apply differently.

    :ivar when: of which facts that break the rule it is disputed whether they do.
    :ivar ledger: id of its entry, whose first reading is that they do.
    """

    when: Predicate
    ledger: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    :ivar ids: rule id per part; a part that is absent does not have the rule.
    :ivar levels: conformance levels that have it (``bua`` = all).
    :ivar on: type of fact.
    :ivar text: what the rule asks.
    :ivar test: predicate, True when the fact conforms.
    :ivar values: both values of a mismatch, where the rule compares two.
    :ivar dispute: which breaks of it are disputed.
    """

    ids: dict[int, str]
    levels: str
    on: str
    text: Text
    test: Predicate
    values: Values | None = None
    dispute: Dispute | None = None


class AddRule(Protocol):
    """Adds the rule whose predicate it decorates to the list of its module."""

    def __call__(
        self,
        on: str,
        part1: str | None = None,
        part2: str | None = None,
        *,
        part3: str | None = None,
        levels: str = "bua",
        nl: str,
        en: str,
        values: Values | None = None,
        dispute: Dispute | None = None,
    ) -> Callable[[Predicate], Predicate]:
        """Add a predicate over facts of type ``on`` with its ids in parts 1, 2 and 3.

        Part 3 shares the id of part 2 unless ``part3`` says otherwise (``""`` = not in part 3).
        """


def rule_list() -> tuple[list[Rule], AddRule]:
    """An empty list of rules, and the decorator that fills it."""
    rules: list[Rule] = []

    def rule(
        on: str,
        part1: str | None = None,
        part2: str | None = None,
        *,
        part3: str | None = None,
        levels: str = "bua",
        nl: str,
        en: str,
        values: Values | None = None,
        dispute: Dispute | None = None,
    ) -> Callable[[Predicate], Predicate]:
        parts = {1: part1, 2: part2, 3: part2 if part3 is None else part3}
        ids = {part: id_ for part, id_ in parts.items() if id_}

        def add(test: Predicate) -> Predicate:
            rules.append(Rule(ids, levels, on, Text(nl=nl, en=en), test, values, dispute))
            return test

        return add

    return rules, rule

"""The profile of a flavour: which rules it has, by type of fact."""

from __future__ import annotations

from functools import lru_cache

from harness.pdfa.model import Flavour
from harness.pdfa.rules import (
    color,
    document,
    file_structure,
    fonts,
    graphics,
    implementation_limits,
    interactive,
    metadata,
)
from harness.pdfa.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    *interactive.RULES,
    *document.RULES,
    *fonts.RULES,
    *color.RULES,
    *graphics.RULES,
    *metadata.RULES,
    *file_structure.RULES,
    *implementation_limits.RULES,
)
"""Every rule of every part."""


@lru_cache(maxsize=16)
def rule_set(flavour: Flavour) -> dict[str, tuple[tuple[str, Rule], ...]]:
    """Rules of a flavour by type of fact: ``{"CosStream": (("6.1.7.1-1", rule), …)}``."""
    found: dict[str, list[tuple[str, Rule]]] = {}
    for one in RULES:
        if flavour.part in one.ids and flavour.level in one.levels:
            found.setdefault(one.on, []).append((one.ids[flavour.part], one))
    return {on: tuple(rules) for on, rules in found.items()}


def rule_ids(flavour: Flavour) -> dict[str, Rule]:
    """All rule ids of a flavour with their rules."""
    return {id_: one for rules in rule_set(flavour).values() for id_, one in rules}

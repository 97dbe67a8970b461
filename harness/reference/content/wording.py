"""Which words name which code: a display may be in other words, but not in those of another code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.core.normal import codes
from harness.core.normal.texts import folded


class Wording:
    """The displays of the codes in some resources.

    :param resources: those of all known records.
    """

    def __init__(self, resources: Iterable[Mapping[str, Any]] = ()) -> None:
        self._codes: dict[tuple[str, str], set[str]] = {}
        for resource in resources:
            self._learn(resource)

    def _learn(self, resource: Mapping[str, Any]) -> None:
        stack: list[Any] = [resource]
        while stack:
            node = stack.pop()
            if isinstance(node, list):
                stack.extend(node)
                continue
            if not isinstance(node, dict):
                continue
            stack.extend(node.values())
            found, words = codes.coding(node), node.get("display")
            if found is not None and found[0] and isinstance(words, str):
                self._codes.setdefault((found[0], folded(words).lower()), set()).add(found[1])

    def names_another(self, coding: Mapping[str, Any], words: str) -> bool:
        """Whether these words are those of another code of the same system, and not of this one."""
        found = codes.coding(coding)
        if found is None:
            return False
        known = self._codes.get((found[0], folded(words).lower()), set())
        return bool(known) and found[1] not in known


NO_WORDING = Wording()
"""Nothing is known."""

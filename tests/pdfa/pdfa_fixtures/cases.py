"""Registry of fixture cases: for each rule a function that builds the passing or the failing document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .builder import Doc

Post = Callable[[bytes], bytes]
Build = Callable[[Doc, bool], Post | None]


@dataclass(frozen=True)
class Case:
    """One rule with its documents.

    :ivar ids: rule id per part.
    :ivar levels: conformance levels in which the rule exists.
    :ivar build: changes a valid document; with ``bad`` true it puts in the defect.
    :ivar also: rule ids that the failing document unavoidably breaks too.
    """

    ids: dict[int, str]
    levels: str
    build: Build
    also: frozenset[str]

    def document(self, part: int, level: str, bad: bool) -> bytes:
        """The document for a flavour."""
        doc = Doc(part, level)
        post = self.build(doc, bad)
        data = doc.write()
        return post(data) if post is not None else data


CASES: list[Case] = []


def case(
    part1: str | None,
    part2: str | None = None,
    *,
    part3: str | None = None,
    levels: str = "bua",
    also: str = "",
) -> Callable[[Build], Build]:
    """Register a builder for a rule; ``also`` lists rule ids separated by spaces. Part 3 follows part 2."""
    third = part2 if part3 is None else part3
    ids = {part: id_ for part, id_ in ((1, part1), (2, part2), (3, third)) if id_}

    def register(build: Build) -> Build:
        CASES.append(Case(ids, levels, build, frozenset(also.split())))
        return build

    return register


def find(part: int, level: str, id_: str) -> Case | None:
    """The case for a rule of a flavour."""
    for one in CASES:
        if one.ids.get(part) == id_ and level in one.levels:
            return one
    return None

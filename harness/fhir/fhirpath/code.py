"""Compiled pieces: closures with the few facts that the compiler needs to combine them well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from harness.fhir.fhirpath.nodes import Items

if TYPE_CHECKING:
    from harness.fhir.fhirpath.context import Evaluation

Run: TypeAlias = "Callable[[Evaluation, Items], Items]"
"""``run(evaluation, this) -> items`` of an expression; ``this`` is the collection that ``$this`` stands
for."""
Test: TypeAlias = "Callable[[Evaluation, Items], bool | None]"
"""Like :data:`Run` for an expression that gives at most one boolean; ``None`` is empty."""
StepRun: TypeAlias = "Callable[[Evaluation, Items, Items], Items]"
"""``run(evaluation, input, this) -> items`` of a step in a path."""
StepTest: TypeAlias = "Callable[[Evaluation, Items, Items], bool | None]"
"""Like :data:`StepRun` for a step that gives at most one boolean."""

# Shared results. No function may change a collection that it was given or has returned.
NONE: Items = []
TRUE: Items = [True]
FALSE: Items = [False]


def boxed(value: bool | None) -> Items:
    """A three-valued boolean as a collection."""
    return TRUE if value else (NONE if value is None else FALSE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a piece at compile time.

    :ivar pure: the result depends on the document and ``this`` only, so it may be remembered per document.
    :ivar safe: it cannot raise, so an operator may leave it out.
    :ivar index: it reads ``$index``.
    :ivar scoped: it calls ``defineVariable``, so its surroundings must restore the variables.
    """

    pure: bool = True
    safe: bool = False
    index: bool = False
    scoped: bool = False

    def __or__(self, other: Facts) -> Facts:
        """Facts of two pieces together."""
        return Facts(
            self.pure and other.pure,
            self.safe and other.safe,
            self.index or other.index,
            self.scoped or other.scoped,
        )


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled expression; ``test`` when it gives at most one boolean. ``constant`` when it is a
    literal."""

    run: Run
    facts: Facts
    test: Test | None = None
    constant: Items | None = None


@dataclass(frozen=True, slots=True)
class StepCode:
    """A compiled step."""

    run: StepRun
    facts: Facts
    test: StepTest | None = None


def code_of_test(test: Test, facts: Facts) -> Code:
    """A boolean expression as :class:`Code`."""

    def run(c: Evaluation, this: Items) -> Items:
        value = test(c, this)
        return TRUE if value else (NONE if value is None else FALSE)

    return Code(run, facts, test)


def step_of_test(test: StepTest, facts: Facts) -> StepCode:
    """A boolean step as :class:`StepCode`."""

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        value = test(c, coll, this)
        return TRUE if value else (NONE if value is None else FALSE)

    return StepCode(run, facts, test)

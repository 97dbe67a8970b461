"""Compiled pieces: closures with the few facts that the compiler needs to combine them well.

:class:`Compiling` is what every module of this package and every builder of a function knows of the compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.dialect import Dialect
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.nodes import Items, Schema
from harness.fhir.fhirpath.syntax import Call, Expr
from harness.fhir.fhirpath.types import TypeName

Run: TypeAlias = Callable[[Evaluation, Items], Items]
"""``run(evaluation, this) -> items`` of an expression; ``this`` is the collection that ``$this`` stands
for."""
Test: TypeAlias = Callable[[Evaluation, Items], bool | None]
"""Like :data:`Run` for an expression that gives at most one boolean; ``None`` is empty."""
StepRun: TypeAlias = Callable[[Evaluation, Items, Items], Items]
"""``run(evaluation, input, this) -> items`` of a step in a path."""
StepTest: TypeAlias = Callable[[Evaluation, Items, Items], bool | None]
"""Like :data:`StepRun` for a step that gives at most one boolean."""

# Shared results. No function may change a collection that it was given or has returned.
NONE: Items = []
TRUE: Items = [True]
FALSE: Items = [False]


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

    def raising(self) -> Facts:
        """The same facts of something that can raise."""
        return Facts(self.pure, False, self.index, self.scoped)


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


def merged(codes: list[Code]) -> Facts:
    """Facts of several operands together."""
    facts = codes[0].facts
    for code in codes[1:]:
        facts = facts | code.facts
    return facts


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


def apply(code: Code, step: StepCode) -> Code:
    """A step behind an expression."""
    facts = code.facts | step.facts
    first = code.run
    if step.test is not None:
        test = step.test
        return code_of_test(lambda c, this: test(c, first(c, this), this), facts)
    second = step.run
    return Code(lambda c, this: second(c, first(c, this), this), facts)


def truth(items: Items, lenient: bool) -> bool | None:
    """A collection where a boolean is expected: a boolean is itself, any other single item is true.

    Several items are an error in the strict dialect and true in the hapi dialects.
    """
    if not items:
        return None
    if len(items) == 1:
        item = items[0]
        value = item[0] if item.__class__ is tuple else item
        if value.__class__ is bool:
            return bool(value)
        return None if value is None and not lenient else True
    if lenient:
        return True
    raise evaluation_error(
        "hier hoort één ja/nee-waarde, geen lijst",
        "one boolean is expected here, not a list",
        expected="boolean",
        received=items,
    )


class Compiling(Protocol):
    """What the code of operators, paths and functions asks of the compiler that it is made for."""

    @property
    def dialect(self) -> Dialect:
        """The dialect that is compiled for."""

    @property
    def schema(self) -> Schema:
        """Types of the FHIR version that is compiled for."""

    @property
    def nested(self) -> bool:
        """Whether an argument of a function is being compiled."""

    def expr(self, tree: Expr) -> Code:
        """Code of an expression."""

    def operand(self, tree: Expr) -> Code:
        """Code of an operand or argument: variables that it defines do not leave it."""

    def argument(self, tree: Expr) -> Code:
        """Code of an argument of a function."""

    def call(self, tree: Call) -> StepCode:
        """Code of a function."""

    def type_name(self, text: str) -> TypeName:
        """A type specifier as it was written."""


Build: TypeAlias = Callable[[Compiling, Call], StepCode]
"""Compiles one call of a function."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how to compile a call, and how many arguments it takes."""

    build: Build
    arity: tuple[int, int]

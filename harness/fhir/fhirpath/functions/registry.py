"""The table of functions and the helpers that put functions in it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.fhir.fhirpath.code import NONE, Facts, StepCode, step_of_test
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.syntax import Call
from harness.fhir.fhirpath.values.comparison import raw, single
from harness.fhir.fhirpath.values.quantity import Quantity, plain_number

if TYPE_CHECKING:
    from harness.fhir.fhirpath.compiler import Compiler
    from harness.fhir.fhirpath.context import Evaluation

Build = Callable[["Compiler", Call], StepCode]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how to compile a call, and how many arguments it takes."""

    build: Build
    arity: tuple[int, int]


FUNCTIONS: dict[str, Function] = {}


def register(name: str, least: int = 0, most: int | None = None) -> Callable[[Build], Build]:
    """Put a builder in the table."""

    def add(build: Build) -> Build:
        FUNCTIONS[name] = Function(build, (least, least if most is None else most))
        return build

    return add


def closest(name: str) -> str:
    """The function that a mistyped name most looks like, ``""`` when none does."""
    found = difflib.get_close_matches(name, FUNCTIONS, n=1, cutoff=0.6)
    return f"{found[0]}()" if found else ""


def items(
    name: str, least: int = 0, most: int | None = None, *, safe: bool = False, pure: bool = True
) -> Callable[[Callable[..., Items]], Callable[..., Items]]:
    """Register ``fn(evaluation, input, *arguments) -> items``; every argument is a collection, evaluated
    once."""

    def add(fn: Callable[..., Items]) -> Callable[..., Items]:
        def build(compiler: Compiler, call: Call) -> StepCode:
            args = [compiler.argument(a) for a in call.args]
            facts = Facts(pure=pure, safe=safe)
            for code in args:
                facts = facts | code.facts
            runs = tuple(code.run for code in args)
            if not runs:
                return StepCode(lambda c, coll, this: fn(c, coll), facts)
            if len(runs) == 1:
                only = runs[0]
                return StepCode(lambda c, coll, this: fn(c, coll, only(c, this)), facts)
            return StepCode(lambda c, coll, this: fn(c, coll, *[run(c, this) for run in runs]), facts)

        FUNCTIONS[name] = Function(build, (least, least if most is None else most))
        return fn

    return add


def boolean(
    name: str, least: int = 0, most: int | None = None, *, safe: bool = False, pure: bool = True
) -> Callable[[Callable[..., bool | None]], Callable[..., bool | None]]:
    """Like :func:`items` for a function that gives a boolean or (``None``) nothing."""

    def add(fn: Callable[..., bool | None]) -> Callable[..., bool | None]:
        def build(compiler: Compiler, call: Call) -> StepCode:
            args = [compiler.argument(a) for a in call.args]
            facts = Facts(pure=pure, safe=safe)
            for code in args:
                facts = facts | code.facts
            runs = tuple(code.run for code in args)
            if not runs:
                return step_of_test(lambda c, coll, this: fn(c, coll), facts)
            if len(runs) == 1:
                only = runs[0]
                return step_of_test(lambda c, coll, this: fn(c, coll, only(c, this)), facts)
            return step_of_test(lambda c, coll, this: fn(c, coll, *[run(c, this) for run in runs]), facts)

        FUNCTIONS[name] = Function(build, (least, least if most is None else most))
        return fn

    return add


def scalar(
    name: str, least: int = 0, most: int | None = None, *, safe: bool = False, pure: bool = True
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Like :func:`items` for a function that gives one value or (``None``) nothing."""

    def add(fn: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(c: Evaluation, coll: Items, *args: Items) -> Items:
            value = fn(c, coll, *args)
            return NONE if value is None else [value]

        items(name, least, most, safe=safe, pure=pure)(wrapped)
        return fn

    return add


def string_of(coll: Items, what: str) -> str | None:
    """The one string of a collection, ``None`` when it is empty.

    :raises FHIRPathError: for several items or another type.
    """
    if not coll:
        return None
    value = raw(single(coll, what))
    if value is None or value.__class__ is str:
        return value if value is None else str(value)
    raise evaluation_error(
        f"{what} werkt op tekst", f"{what} works on strings", expected="string", received=value
    )


def integer_of(coll: Items, what: str) -> int | None:
    """The one integer of a collection, ``None`` when it is empty."""
    if not coll:
        return None
    value = raw(single(coll, what))
    if isinstance(value, Quantity):
        value = plain_number(value)
    if value.__class__ is not bool:
        if isinstance(value, int):
            return int(value)
        if isinstance(value, Decimal) and value == value.to_integral_value() and abs(value.adjusted()) < 30:
            return int(value)
    if value is None:
        return None
    raise evaluation_error(
        f"{what} vraagt een geheel getal", f"{what} takes an integer", expected="integer", received=value
    )

"""Tables of functions, the decorators that fill them, and readers of arguments.

Every module of functions has a table of its own; :mod:`.table` joins them for the compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from harness.fhir.fhirpath.compiler.code import (
    NONE,
    Build,
    Code,
    Compiling,
    Facts,
    Function,
    StepCode,
    step_of_test,
)
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.syntax import Call
from harness.fhir.fhirpath.values.items import is_number, plain, raw, single
from harness.fhir.fhirpath.values.quantity import Quantity, plain_number
from harness.fhir.phrases import NUMBER


class Functions(dict[str, Function]):
    """Functions by name; its methods are the decorators that add one.

    ``least`` and ``most`` say how many arguments a call has (``most`` is ``least`` when not given). ``safe``
    says that the function itself raises nothing, ``pure`` that its result depends on input and arguments only
    (:class:`~harness.fhir.fhirpath.compiler.code.Facts`).
    """

    def compiled(self, name: str, least: int = 0, most: int | None = None) -> Callable[[Build], Build]:
        """Add a function that compiles its own calls."""

        def add(build: Build) -> Build:
            self[name] = Function(build, (least, least if most is None else most))
            return build

        return add

    def collection(
        self, name: str, least: int = 0, most: int | None = None, *, safe: bool = False, pure: bool = True
    ) -> Callable[[Callable[..., Items]], Callable[..., Items]]:
        """Add ``fn(evaluation, input, *arguments) -> items``; every argument is a collection, evaluated
        once."""

        def add(fn: Callable[..., Items]) -> Callable[..., Items]:
            def build(compiler: Compiling, call: Call) -> StepCode:
                args, facts = _arguments(compiler, call, Facts(pure=pure, safe=safe))
                runs = tuple(code.run for code in args)
                if not runs:
                    return StepCode(lambda c, coll, this: fn(c, coll), facts)
                if len(runs) == 1:
                    only = runs[0]
                    return StepCode(lambda c, coll, this: fn(c, coll, only(c, this)), facts)
                return StepCode(lambda c, coll, this: fn(c, coll, *[run(c, this) for run in runs]), facts)

            self.compiled(name, least, most)(build)
            return fn

        return add

    def boolean(
        self, name: str, least: int = 0, most: int | None = None, *, safe: bool = False, pure: bool = True
    ) -> Callable[[Callable[..., bool | None]], Callable[..., bool | None]]:
        """Like :meth:`collection` for a function that gives a boolean or (``None``) nothing."""

        def add(fn: Callable[..., bool | None]) -> Callable[..., bool | None]:
            def build(compiler: Compiling, call: Call) -> StepCode:
                args, facts = _arguments(compiler, call, Facts(pure=pure, safe=safe))
                runs = tuple(code.run for code in args)
                if not runs:
                    return step_of_test(lambda c, coll, this: fn(c, coll), facts)
                if len(runs) == 1:
                    only = runs[0]
                    return step_of_test(lambda c, coll, this: fn(c, coll, only(c, this)), facts)
                return step_of_test(lambda c, coll, this: fn(c, coll, *[run(c, this) for run in runs]), facts)

            self.compiled(name, least, most)(build)
            return fn

        return add

    def scalar(
        self, name: str, least: int = 0, most: int | None = None, *, safe: bool = False, pure: bool = True
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Like :meth:`collection` for a function that gives one value or (``None``) nothing."""

        def add(fn: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(c: Evaluation, coll: Items, *args: Items) -> Items:
                value = fn(c, coll, *args)
                return NONE if value is None else [value]

            self.collection(name, least, most, safe=safe, pure=pure)(wrapped)
            return fn

        return add


def _arguments(compiler: Compiling, call: Call, facts: Facts) -> tuple[list[Code], Facts]:
    """Code of the arguments of a call, and what is known of the call as a whole."""
    args = [compiler.argument(tree) for tree in call.args]
    for code in args:
        facts = facts | code.facts
    return args, facts


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


def number_of(coll: Items, what: str) -> Any:
    """The one number of a collection as decimal (or integer), ``None`` when it is empty."""
    if not coll:
        return None
    value = plain(single(coll, what))
    if value.__class__ is Quantity:
        value = plain_number(value) or value
    if value is None or is_number(value):
        return value
    raise evaluation_error(
        f"{what} rekent met een getal", f"{what} takes a number", expected=NUMBER, received=value
    )

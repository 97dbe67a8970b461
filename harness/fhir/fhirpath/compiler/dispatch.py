"""Syntax tree -> closures: each kind of tree goes to the module that makes its code.

An operand of an operator and an argument of a function are evaluated against ``$this``, a step against the
output of the step before it. Paths that start at the document are remembered per document, prefix by prefix
(:class:`~harness.fhir.fhirpath.context.DocumentContext`).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from harness.core.text import Text
from harness.fhir.fhirpath.compiler.code import NONE, Code, Facts, Function, StepCode, apply
from harness.fhir.fhirpath.compiler.literals import constant, literal, special, variable
from harness.fhir.fhirpath.compiler.operators import binary, unary
from harness.fhir.fhirpath.compiler.paths import path
from harness.fhir.fhirpath.compiler.type_tests import as_code, is_code
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.dialect import Dialect
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.nodes import SYSTEM_TYPES, Items, Schema
from harness.fhir.fhirpath.syntax import (
    Binary,
    Call,
    Empty,
    Expr,
    Literal,
    Member,
    Path,
    QuantityLiteral,
    Special,
    TypeTest,
    Unary,
    Variable,
    unparse,
)
from harness.fhir.fhirpath.types import TypeName
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.phrases import ARITY, UNKNOWN_FUNCTION, UNKNOWN_TYPE


class Compiler:
    """Turns one tree into code for one dialect and one model.

    :param functions: the functions that expressions may call, by name.
    :ivar warnings: what is odd but no error until it is reached (unknown function, wrong number of
        arguments).
    """

    def __init__(self, dialect: Dialect, schema: Schema, functions: Mapping[str, Function]) -> None:
        self.dialect = dialect
        self.schema = schema
        self.functions = functions
        self.warnings: list[Text] = []
        self._arguments = 0

    @property
    def nested(self) -> bool:
        """Whether an argument of a function is being compiled."""
        return self._arguments > 0

    # -- expressions

    def expr(self, tree: Expr) -> Code:
        """Code of an expression."""
        if isinstance(tree, Path):
            return path(self, tree)
        if isinstance(tree, Literal):
            return literal(tree)
        if isinstance(tree, Binary):
            return binary(self, tree)
        if isinstance(tree, (Member, Call)):
            return path(self, Path(tree, ()))
        if isinstance(tree, Special):
            return special(tree)
        if isinstance(tree, TypeTest):
            name, operand = self.type_name(tree.type), self.operand(tree.operand)
            if tree.operator == "is":
                return apply(operand, is_code(self, name))
            return apply(operand, as_code(self, name, function=False))
        if isinstance(tree, Unary):
            return unary(self, tree)
        if isinstance(tree, Variable):
            return variable(tree.name)
        if isinstance(tree, QuantityLiteral):
            return constant([Quantity(tree.value, tree.unit, tree.calendar)])
        if isinstance(tree, Empty):
            return constant(NONE)
        return self.expr(tree.operand)  # ``x desc``, which only ``sort()`` looks at

    def operand(self, tree: Expr) -> Code:
        """Code of an operand or argument: variables that it defines do not leave it."""
        code = self.expr(tree)
        if not code.facts.scoped:
            return code
        inner = code.run

        def run(c: Evaluation, this: Items) -> Items:
            saved = c.variables
            c.variables = dict(saved) if saved is not None else None
            try:
                return inner(c, this)
            finally:
                c.variables = saved

        return Code(run, Facts(pure=False, index=code.facts.index))

    def argument(self, tree: Expr) -> Code:
        """Code of an argument of a function; a type name at its start only counts where it is the
        document."""
        self._arguments += 1
        try:
            return self.operand(tree)
        finally:
            self._arguments -= 1

    def call(self, tree: Call) -> StepCode:
        """Code of a function."""
        builder = self.functions.get(tree.name)
        if builder is None:
            self.warnings.append(UNKNOWN_FUNCTION.format(name=tree.name))
            name, known = tree.name, self.functions

            def unknown(c: Evaluation, coll: Items, this: Items) -> Items:
                raise evaluation_error(
                    f"onbekende functie {name}()",
                    f"unknown function {name}()",
                    expected=_closest(name, known),
                    received=name,
                )

            return StepCode(unknown, Facts(pure=False))
        least, most = builder.arity
        if not least <= len(tree.args) <= most:
            return self.wrong_arity(tree, least, most)
        return builder.build(self, tree)

    def wrong_arity(self, tree: Call, least: int, most: int) -> StepCode:
        """A call with the wrong number of arguments: empty, as in fhirpath.js; an error for a function that
        takes none."""
        given = len(tree.args)
        self.warnings.append(ARITY.format(name=tree.name, least=least, most=most, given=given))
        if most:
            return StepCode(lambda c, coll, this: NONE, Facts(safe=True))

        def refuse(c: Evaluation, coll: Items, this: Items) -> Items:
            raise evaluation_error(
                f"{tree.name}() heeft geen argumenten",
                f"{tree.name}() takes no arguments",
                received=unparse(tree),
            )

        return StepCode(refuse, Facts(pure=False))

    # -- types

    def type_name(self, text: str) -> TypeName:
        """A type specifier as it was written; whether it exists is decided when it is used."""
        parts = text.split(".")
        namespace = parts[0] if len(parts) == 2 else ""
        name = parts[-1]
        model = self.schema.model
        in_fhir = name in model.types and "." not in name
        if namespace == "System":
            known = name in SYSTEM_TYPES
        elif namespace == "FHIR":
            known = in_fhir
        else:
            known = len(parts) == 1 and (name in SYSTEM_TYPES or in_fhir)
        if not known and self.dialect.fold_type_names and len(parts) <= 2:
            # HAPI takes no notice of case: `is(coding)`
            for candidate in model.types:
                if candidate.lower() == name.lower() and namespace != "System":
                    return TypeName(namespace, candidate, text, known=True)
        if not known:
            self.warnings.append(UNKNOWN_TYPE.format(name=text))
        return TypeName(namespace, name, text, known)


def _closest(name: str, functions: Mapping[str, Function]) -> str:
    """The function that a mistyped name most looks like, ``""`` when none does."""
    found = difflib.get_close_matches(name, functions, n=1, cutoff=0.6)
    return f"{found[0]}()" if found else ""

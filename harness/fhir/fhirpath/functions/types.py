"""``is``, ``as``, ``ofType`` and ``type()`` as functions (FHIRPath N1 section 6.3)."""

from __future__ import annotations

from harness.fhir.fhirpath.compiler.code import (
    Compiling,
    StepCode,
)
from harness.fhir.fhirpath.compiler.type_tests import as_code, is_code, of_type_code
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.functions.registry import Functions
from harness.fhir.fhirpath.nodes import Items
from harness.fhir.fhirpath.syntax import Call, Expr, Member, Path
from harness.fhir.fhirpath.types import TypeName, type_of

FUNCTIONS = Functions()


def type_argument(compiler: Compiling, tree: Expr) -> TypeName:
    """The type specifier in ``is(T)``: a name, or two joined by a dot."""
    if isinstance(tree, Member):
        return compiler.type_name(tree.name)
    if (
        isinstance(tree, Path)
        and isinstance(tree.head, Member)
        and all(isinstance(s, Member) for s in tree.steps)
    ):
        return compiler.type_name(
            ".".join([tree.head.name, *(s.name for s in tree.steps if isinstance(s, Member))])
        )
    return TypeName("", "", "?", known=False)


@FUNCTIONS.compiled("is", 1)
def _is(compiler: Compiling, call: Call) -> StepCode:
    return is_code(compiler, type_argument(compiler, call.args[0]))


@FUNCTIONS.compiled("as", 1)
def _as(compiler: Compiling, call: Call) -> StepCode:
    return as_code(compiler, type_argument(compiler, call.args[0]), function=True)


@FUNCTIONS.compiled("ofType", 1)
def _of_type(compiler: Compiling, call: Call) -> StepCode:
    return of_type_code(compiler, type_argument(compiler, call.args[0]))


@FUNCTIONS.collection("type", safe=True)
def _type(c: Evaluation, coll: Items) -> Items:
    return [type_of(item) for item in coll]

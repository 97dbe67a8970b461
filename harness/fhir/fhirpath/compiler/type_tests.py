"""Code of ``is``, ``as`` and ``ofType`` (FHIRPath N1 section 6.3)."""

from __future__ import annotations

from harness.fhir.fhirpath.compiler.code import NONE, Compiling, Facts, StepCode, StepTest, step_of_test
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.nodes import SYSTEM_OF, Item, Items
from harness.fhir.fhirpath.types import TypeName, has_just_type, has_type


def is_test(compiler: Compiling, name: TypeName) -> StepTest:
    """The test of ``is`` (operator and function)."""
    dialect = compiler.dialect
    fold, lenient = dialect.fold_system_names, dialect.lenient_boolean
    none = False if dialect.lenient_is else None
    strict_unknown = not name.known and not lenient

    def test(c: Evaluation, coll: Items, this: Items) -> bool | None:
        if strict_unknown:
            raise name.error()
        if len(coll) == 1:
            return has_type(coll[0], name, fold)
        if not coll:
            return none
        if lenient:
            return False
        raise evaluation_error(
            f"'is {name.text}' werkt op één item",
            f"'is {name.text}' takes one item",
            expected="1 item",
            received=coll,
        )

    return test


def is_code(compiler: Compiling, name: TypeName) -> StepCode:
    """Code of ``is`` (operator and function)."""
    return step_of_test(is_test(compiler, name), Facts(safe=compiler.dialect.lenient_boolean))


def as_code(compiler: Compiling, name: TypeName, *, function: bool) -> StepCode:
    """Code of ``as``; as a function the STU3 engine of HAPI lets it filter a collection."""
    dialect = compiler.dialect
    lenient, exact = dialect.lenient_boolean, dialect.exact_as
    filters = dialect.filter_as and function
    strict_unknown = not name.known and (not lenient or (function and not dialect.filter_as))

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        if strict_unknown:
            raise name.error()
        if len(coll) == 1:
            fits = has_just_type(coll[0], name) if exact else has_type(coll[0], name, False)
            return coll if fits else NONE
        if not coll:
            return NONE
        if filters:
            return [item for item in coll if has_type(item, name, True)]
        if lenient and not function:
            return NONE
        raise evaluation_error(
            f"'as {name.text}' werkt op één item",
            f"'as {name.text}' takes one item",
            expected="1 item",
            received=coll,
        )

    return StepCode(run, Facts(safe=lenient and not function))


def of_type_code(compiler: Compiling, name: TypeName) -> StepCode:
    """Code of ``ofType``: a filter; FHIR primitives also count as their system type."""
    exact = compiler.dialect.exact_as
    unknown = not name.known

    def fits(item: Item) -> bool:
        if item.__class__ is tuple and name.namespace != "FHIR" and SYSTEM_OF.get(item[1].name) == name.name:
            return name.namespace == "System" or name.name != "Quantity" or item[1].name == "Quantity"
        if exact and item.__class__ is tuple and item[1].primitive:
            return has_just_type(item, name)
        return has_type(item, name, False)

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        if unknown:
            raise name.error()
        return [item for item in coll if fits(item)]

    return StepCode(run, Facts())

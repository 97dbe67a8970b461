"""``is``, ``as``, ``ofType`` and ``type()`` (FHIRPath N1 section 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from harness.fhir.fhirpath.code import NONE, Facts, StepCode, step_of_test
from harness.fhir.fhirpath.errors import FHIRPathError, evaluation_error
from harness.fhir.fhirpath.nodes import SYSTEM_OF, Item, Items, Long, TypeInfo
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.temporal import Temporal

if TYPE_CHECKING:
    from harness.fhir.fhirpath.compiler import Compiler
    from harness.fhir.fhirpath.context import Evaluation


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type specifier.

    :ivar namespace: ``FHIR``, ``System`` or ``""``.
    :ivar name: name without the namespace.
    :ivar text: as written.
    :ivar known: whether the model or the system namespace has it.
    """

    namespace: str
    name: str
    text: str
    known: bool

    def error(self) -> FHIRPathError:
        """What the strict dialect says of an unknown type."""
        return evaluation_error(
            f"onbekend type {self.text}",
            f"unknown type {self.text}",
            expected="a FHIR or System type",
            received=self.text,
        )


_TEMPORAL_NAMES = {"date": "Date", "dateTime": "DateTime", "time": "Time"}


def system_name(value: object) -> str:
    """Name in the System namespace of a plain value."""
    if value is True or value is False:
        return "Boolean"
    if isinstance(value, str):
        return "String"
    if isinstance(value, Long):
        return "Long"
    if isinstance(value, int):
        return "Integer"
    if isinstance(value, (Decimal, float)):
        return "Decimal"
    if isinstance(value, Temporal):
        return _TEMPORAL_NAMES[value.kind]
    if isinstance(value, Quantity):
        return "Quantity"
    if isinstance(value, TypeInfo):
        return "TypeInfo"
    return "Object"


def type_of(item: Item) -> TypeInfo:
    """Type of an item; an element that the model does not know has the system type of its value."""
    if item.__class__ is tuple:
        kind = item[1]
        if kind.name:
            return TypeInfo("FHIR", kind.shown)
        return TypeInfo("System", system_name(item[0]))
    return TypeInfo("System", system_name(item))


def has_type(item: Item, name: TypeName, fold: bool) -> bool:
    """Whether an item has a type or a type that specialises it."""
    if item.__class__ is tuple and item[1].name:
        if name.namespace == "System":
            return False
        kind = item[1]
        return name.name in kind.supers or (fold and name.name.lower() in kind.supers_folded)
    if name.namespace == "FHIR":
        return False
    own = system_name(item[0] if item.__class__ is tuple else item)
    return own == name.name or (fold and own.lower() == name.name.lower())


def _exactly(item: Item, name: TypeName) -> bool:
    """Whether an item has just this type: what ``as`` asks in the hapi dialects."""
    if item.__class__ is tuple and item[1].name:
        return name.namespace != "System" and item[1].shown == name.name
    return has_type(item, name, fold=False)


def is_code(compiler: Compiler, name: TypeName, *, function: bool) -> StepCode:
    """Code of ``is`` (operator and function)."""
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

    return step_of_test(test, Facts(safe=lenient))


def as_code(compiler: Compiler, name: TypeName, *, function: bool) -> StepCode:
    """Code of ``as``; as a function the STU3 engine of HAPI lets it filter a collection."""
    dialect = compiler.dialect
    lenient, exact = dialect.lenient_boolean, dialect.exact_as
    filters = dialect.filter_as and function
    strict_unknown = not name.known and (not lenient or (function and not dialect.filter_as))

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        if strict_unknown:
            raise name.error()
        if len(coll) == 1:
            fits = _exactly(coll[0], name) if exact else has_type(coll[0], name, False)
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


def of_type_code(compiler: Compiler, name: TypeName) -> StepCode:
    """Code of ``ofType``: a filter; FHIR primitives also count as their system type."""
    exact = compiler.dialect.exact_as
    unknown = not name.known

    def fits(item: Item) -> bool:
        if item.__class__ is tuple and name.namespace != "FHIR" and SYSTEM_OF.get(item[1].name) == name.name:
            return name.namespace == "System" or name.name != "Quantity" or item[1].name == "Quantity"
        if exact and item.__class__ is tuple and item[1].primitive:
            return _exactly(item, name)
        return has_type(item, name, False)

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        if unknown:
            raise name.error()
        return [item for item in coll if fits(item)]

    return StepCode(run, Facts())

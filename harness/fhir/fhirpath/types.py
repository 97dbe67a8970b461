"""Type specifiers, and the type of an item (FHIRPath N1 sections 2.1 and 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from harness.fhir.fhirpath.errors import FHIRPathError, evaluation_error
from harness.fhir.fhirpath.nodes import Item, Long, TypeInfo
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.temporal import Temporal
from harness.fhir.phrases import A_TYPE


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
            expected=A_TYPE,
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


def has_just_type(item: Item, name: TypeName) -> bool:
    """Whether an item has just this type: what ``as`` asks in the hapi dialects."""
    if item.__class__ is tuple and item[1].name:
        return name.namespace != "System" and item[1].shown == name.name
    return has_type(item, name, fold=False)

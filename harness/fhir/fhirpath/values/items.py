"""Items as operators and functions read them: values, texts, numbers, the only one of a collection."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from harness.fhir.fhirpath.errors import FHIRPathError, describe, evaluation_error
from harness.fhir.fhirpath.nodes import Item, Items
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.reach import within_reach
from harness.fhir.fhirpath.values.temporal import Temporal
from harness.fhir.phrases import ONE_KIND

MAX_STRING = 2_000_000
"""Longest string (characters) that an operator or function may make."""
NUMBERS = (int, Decimal, float)
"""Classes of numbers; ``bool`` is one of ``int`` and has to be left out."""


def plain(item: Item) -> Any:
    """Value of an item for operators: dates and UCUM quantities as system values; ``None`` for a node
    without value."""
    if item.__class__ is tuple:
        convert = item[1].convert
        value = item[0]
        if convert is not None and value is not None:
            return convert(value)
        if value.__class__ is Decimal:
            return within_reach(value)
        return Decimal(repr(value)) if value.__class__ is float else value
    return item


def raw(item: Item) -> Any:
    """JSON value of a node, or the value itself."""
    return item[0] if item.__class__ is tuple else item


def is_number(value: Any) -> bool:
    """Whether a plain value is a number (booleans are not)."""
    return isinstance(value, NUMBERS) and value.__class__ is not bool


def text_of(value: Any) -> str | None:
    """How a value is written: what ``toString()`` gives; ``None`` for complex values."""
    if value.__class__ is str:
        return str(value)
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{within_reach(value):f}"
    if isinstance(value, (int, Temporal, Quantity)):
        return str(value)
    return None


def single(items: Items, what: str) -> Item:
    """The only item of a collection.

    :raises FHIRPathError: when there is not exactly one.
    """
    if len(items) != 1:
        raise evaluation_error(
            f"{what} werkt op één item, niet op {len(items)}",
            f"{what} takes one item, not {len(items)}",
            expected="1 item",
            received=items,
        )
    return items[0]


def types_differ(a: Any, b: Any, what: str) -> FHIRPathError:
    """The error for two values that an operator cannot combine."""
    return evaluation_error(
        f"{what} kan {type(a).__name__} en {type(b).__name__} niet combineren",
        f"{what} cannot combine {type(a).__name__} and {type(b).__name__}",
        expected=ONE_KIND,
        received=f"{describe(a, 50)} {what} {describe(b, 50)}",
    )

"""Equality, equivalence, order and arithmetic of items (FHIRPath N1 sections 6.1, 6.2, 6.6)."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Context, Decimal, DecimalException, localcontext
from typing import Any

from harness.fhir.fhirpath.dialect import Dialect
from harness.fhir.fhirpath.errors import FHIRPathError, describe, evaluation_error
from harness.fhir.fhirpath.nodes import Item, Items, Long
from harness.fhir.fhirpath.values import quantity as quantities
from harness.fhir.fhirpath.values import temporal as temporals
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.temporal import Temporal

STEP = Decimal("0.00000001")
"""Smallest difference between decimals that counts in the strict dialect (N1 section 2.1.5)."""
MAX_DIGITS = 400
"""Numbers beyond this many digits are an error: no document needs them, hostile expressions make them."""
MAX_STRING = 2_000_000
"""Longest string (characters) that an operator or function may make."""
_NUMBERS = (int, Decimal, float)
_WIDE = Context(prec=60)


def plain(item: Item) -> Any:
    """Value of an item for operators: dates and UCUM quantities as system values; ``None`` for a node
    without value."""
    if item.__class__ is tuple:
        convert = item[1].convert
        value = item[0]
        if convert is not None and value is not None:
            return convert(value)
        return Decimal(repr(value)) if value.__class__ is float else value
    return item


def raw(item: Item) -> Any:
    """JSON value of a node, or the value itself."""
    return item[0] if item.__class__ is tuple else item


def is_number(value: Any) -> bool:
    """Whether a plain value is a number (booleans are not)."""
    return isinstance(value, _NUMBERS) and value.__class__ is not bool


def text_of(value: Any) -> str | None:
    """How a value is written: what ``toString()`` gives; ``None`` for complex values."""
    if value.__class__ is str:
        return str(value)
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (int, Temporal, Quantity)):
        return str(value)
    return None


def same_number(a: Any, b: Any, rounded: bool) -> bool:
    """Equality of numbers: exact, or (``rounded``) after rounding both to 8 decimals."""
    if a == b:
        return True
    if not rounded or (a.__class__ is int and b.__class__ is int):
        return False
    try:
        left, right = (
            Decimal(a).quantize(STEP, "ROUND_HALF_UP", _WIDE),
            Decimal(b).quantize(STEP, "ROUND_HALF_UP", _WIDE),
        )
        return left == right
    except DecimalException:
        return False


def value_equal(a: Any, b: Any, dialect: Dialect, zone: int | None) -> bool | None:
    """``=`` of two plain values; ``None`` when it cannot be decided."""
    kind_a, kind_b = a.__class__, b.__class__
    if kind_a is str and kind_b is str:
        return bool(a == b)
    if a is None or b is None:
        return a is b
    if kind_a is bool or kind_b is bool:
        if kind_a is kind_b:
            return bool(a == b)
        return dialect.text_equality and text_of(a) == text_of(b)
    number_a, number_b = isinstance(a, _NUMBERS), isinstance(b, _NUMBERS)
    if number_a and number_b:
        return same_number(a, b, not dialect.text_equality)
    if kind_a is Temporal and kind_b is Temporal:
        if dialect.text_order and a.text == b.text:
            return True
        if not temporals.same_family(a, b):
            return False
        order = temporals.compare(a, b, zone)
        return None if order is None else order == 0
    if kind_a is Quantity or kind_b is Quantity:
        if number_a:
            a, kind_a = Quantity(Decimal(a), "1"), Quantity
        elif number_b:
            b, kind_b = Quantity(Decimal(b), "1"), Quantity
        return quantities.equal(a, b) if kind_a is kind_b else False
    if kind_a is dict and kind_b is dict:
        if len(a) != len(b) or a.keys() != b.keys():
            return False
        return all(value_equal(v, b[k], dialect, zone) for k, v in a.items())
    if kind_a is list and kind_b is list:
        return len(a) == len(b) and all(value_equal(v, w, dialect, zone) for v, w in zip(a, b, strict=True))
    if dialect.text_equality:
        text = text_of(a)
        return text is not None and text == text_of(b)
    return bool(kind_a is kind_b and a == b)


def item_equal(a: Item, b: Item, dialect: Dialect, zone: int | None) -> bool | None:
    """``=`` of two items. Two nodes are only equal when their ids and extensions are (not so in the hapi
    dialects)."""
    result = value_equal(plain(a), plain(b), dialect, zone)
    if result and a.__class__ is tuple and b.__class__ is tuple:
        if not dialect.text_equality and a[2] != b[2]:
            return False
        if a[0].__class__ is dict and plain(a).__class__ is Quantity:
            return bool(a[0].get("id") == b[0].get("id") and a[0].get("extension") == b[0].get("extension"))
    return result


def collection_equal(left: Items, right: Items, dialect: Dialect, zone: int | None) -> bool | None:
    """``=`` of two collections: same length, same order."""
    if not left or not right:
        return len(left) == len(right) if dialect.empty_equality else None
    if len(left) != len(right):
        return False
    if len(left) == 1:
        return item_equal(left[0], right[0], dialect, zone)
    return all(item_equal(a, b, dialect, zone) for a, b in zip(left, right, strict=True))


def _number_key(value: Any) -> Hashable:
    """A key that numbers share when they are equal after rounding to 8 decimals."""
    if value.__class__ is not Decimal:
        return ("number", value)
    try:
        rounded: Decimal = value.quantize(STEP, "ROUND_HALF_UP", _WIDE)
        return ("number", rounded)
    except DecimalException:
        return "number"


def bucket(item: Item) -> Hashable:
    """A key that equal items share: makes ``distinct`` and friends linear."""
    value = plain(item)
    kind = value.__class__
    if kind is str:
        return str(value)
    if kind is bool or value is None:
        return (kind, value)
    if isinstance(value, _NUMBERS):
        return _number_key(value)
    if kind is dict:
        return ("dict", frozenset(value), str(value.get("id") or value.get("url") or value.get("code"))[:40])
    return str(kind)


class ItemSet:
    """Items seen so far, compared with ``=``."""

    __slots__ = ("_buckets", "_dialect", "_zone")

    def __init__(self, dialect: Dialect, zone: int | None, items: Items = ()) -> None:  # type: ignore[assignment]
        self._buckets: dict[Hashable, Items] = {}
        self._dialect = dialect
        self._zone = zone
        for item in items:
            self.add(item)

    def _key(self, item: Item) -> Hashable:
        # text equality makes 'true' equal to true and dates equal to strings: then only complex values get
        # a bucket
        value = raw(item)
        if self._dialect.text_equality and value.__class__ is not dict:
            number = value.__class__ is not bool and isinstance(value, _NUMBERS)
            return _number_key(value) if number else text_of(value)
        return bucket(item)

    def __contains__(self, item: object) -> bool:
        found = self._buckets.get(self._key(item))
        return found is not None and any(
            item_equal(other, item, self._dialect, self._zone) for other in found
        )

    def add(self, item: Item) -> bool:
        """Add an item; ``False`` when an equal one was there."""
        found = self._buckets.setdefault(self._key(item), [])
        for other in found:
            if item_equal(other, item, self._dialect, self._zone):
                return False
        found.append(item)
        return True


def distinct(items: Items, dialect: Dialect, zone: int | None) -> Items:
    """Items without those that equal an earlier one."""
    if len(items) < 2:
        return items
    if len(items) == 2:
        return items[:1] if item_equal(items[0], items[1], dialect, zone) else items
    seen = ItemSet(dialect, zone)
    return [item for item in items if seen.add(item)]


def equivalent(a: Any, b: Any, zone: int | None) -> bool:
    """``~`` of two plain values: case and white space of strings do not count, nor does a finer precision."""
    if a.__class__ is str and b.__class__ is str:
        return " ".join(a.split()).casefold() == " ".join(b.split()).casefold()
    if is_number(a) and is_number(b):
        return quantities.equivalent(Quantity(Decimal(a), "1"), Quantity(Decimal(b), "1"))
    if a.__class__ is Temporal and b.__class__ is Temporal:
        return temporals.equivalent(a, b, zone)
    if a.__class__ is Quantity and b.__class__ is Quantity:
        return quantities.equivalent(a, b)
    if a.__class__ is dict and b.__class__ is dict:
        return a.keys() == b.keys() and all(equivalent(v, b[k], zone) for k, v in a.items())
    if a.__class__ is list and b.__class__ is list:
        return len(a) == len(b) and all(equivalent(v, w, zone) for v, w in zip(a, b, strict=True))
    return bool(a.__class__ is b.__class__ and a == b)


def collection_equivalent(left: Items, right: Items, zone: int | None) -> bool:
    """``~`` of two collections: same items, in any order."""
    if len(left) != len(right):
        return False
    rest = [plain(item) for item in right]
    if len(left) > 2000:
        raise evaluation_error(
            "te veel items voor ~", "too many items for ~", expected="at most 2000", received=str(len(left))
        )
    for item in left:
        value = plain(item)
        for at, other in enumerate(rest):
            if equivalent(value, other, zone):
                del rest[at]
                break
        else:
            return False
    return True


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


def _types_differ(a: Any, b: Any, what: str) -> FHIRPathError:
    return evaluation_error(
        f"{what} kan {type(a).__name__} en {type(b).__name__} niet combineren",
        f"{what} cannot combine {type(a).__name__} and {type(b).__name__}",
        expected="two values of one kind",
        received=f"{describe(a, 50)} {what} {describe(b, 50)}",
    )


def order_of(a: Any, b: Any, dialect: Dialect, zone: int | None, what: str) -> int | None:
    """-1, 0 or 1 for two plain values; ``None`` (empty) when they have no order.

    :raises FHIRPathError: for values of different kinds.
    """
    if a is None or b is None:
        return None
    kind_a, kind_b = a.__class__, b.__class__
    if (kind_a is str and kind_b is str) or (kind_a is bool and kind_b is bool):
        return int(a > b) - int(a < b)
    if is_number(a) and is_number(b):
        return 0 if same_number(a, b, not dialect.text_equality) else int(a > b) - int(a < b)
    if kind_a is Temporal and kind_b is Temporal and temporals.same_family(a, b):
        if dialect.text_order:
            return int(a.text > b.text) - int(a.text < b.text)
        return temporals.compare(a, b, zone)
    if kind_a is Quantity or kind_b is Quantity:
        if is_number(a):
            return quantities.compare(Quantity(Decimal(a), "1"), b)
        if is_number(b):
            return quantities.compare(a, Quantity(Decimal(b), "1"))
        if kind_a is kind_b:
            return quantities.compare(a, b)
    if kind_a is dict and kind_b is dict:
        return _quantity_order(a, b) if dialect.text_equality else 0
    if dialect.lenient_order:
        return None
    raise _types_differ(a, b, what)


def _quantity_order(a: dict[str, Any], b: dict[str, Any]) -> int | None:
    """Order of two FHIR quantities without UCUM code: by value when unit, code and system are equal.

    The strict dialect never gets here: like fhirpath.js it calls two objects neither smaller nor greater.
    """
    if any(a.get(key) != b.get(key) for key in ("unit", "code", "system")):
        return None
    left: Any = a.get("value")
    right: Any = b.get("value")
    if not is_number(left) or not is_number(right):
        return None
    return int(left > right) - int(left < right)


def _bounded(value: Any) -> Any:
    """``value``, refused when it has grown beyond all reason."""
    if value.__class__ is int and value.bit_length() > MAX_DIGITS * 4:
        raise evaluation_error(
            "het getal wordt te groot", "the number gets too large", expected=f"{MAX_DIGITS} digits"
        )
    if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS):
        raise evaluation_error(
            "het getal wordt te groot", "the number gets too large", expected=f"{MAX_DIGITS} digits"
        )
    if value.__class__ is str and len(value) > MAX_STRING:
        raise evaluation_error(
            "de tekst wordt te lang", "the text gets too long", expected=f"{MAX_STRING} characters"
        )
    return value


def _move(value: Temporal, amount: Quantity, sign: int) -> Temporal | None:
    unit = amount.singular
    if unit is None or (value.kind == "time" and temporals.UNIT_LEVEL[unit] < temporals.HOUR):
        raise evaluation_error(
            "alleen een tijdsduur kan bij een datum of tijd worden opgeteld",
            "only a duration can be added to a date or time",
            expected="years, months, weeks, days, hours, minutes, seconds or milliseconds (not 'a' or 'mo')",
            received=str(amount),
        )
    return temporals.add(value, sign * amount.value, unit)


def arithmetic(operator: str, a: Any, b: Any) -> Any:
    """``+ - * / div mod`` of two plain values; ``None`` is empty (division by zero, no date).

    :raises FHIRPathError: when the kinds do not fit the operator.
    """
    if a is None or b is None:
        return None
    try:
        with localcontext() as context:
            context.prec = 31
            return _bounded(_arithmetic(operator, a, b))
    except DecimalException as error:
        raise evaluation_error(
            "de berekening is niet mogelijk",
            "the calculation is not possible",
            received=f"{a} {operator} {b}",
        ) from error


def _arithmetic(operator: str, a: Any, b: Any) -> Any:
    if is_number(a) and is_number(b):
        return _numbers(operator, a, b)
    if operator == "+" and a.__class__ is str and b.__class__ is str:
        return a + b
    if operator in "+-":
        sign = 1 if operator == "+" else -1
        if a.__class__ is Temporal and b.__class__ is Quantity:
            return _move(a, b, sign)
        if operator == "+" and a.__class__ is Quantity and b.__class__ is Temporal:
            return _move(b, a, sign)
    if operator in "+-*/" and (a.__class__ is Quantity or b.__class__ is Quantity):
        left = Quantity(Decimal(a), "1") if is_number(a) else a
        right = Quantity(Decimal(b), "1") if is_number(b) else b
        if left.__class__ is Quantity and right.__class__ is Quantity:
            if operator in "+-":
                return quantities.add(left, right, 1 if operator == "+" else -1)
            return quantities.multiply(left, right, divide=operator == "/")
    raise _types_differ(a, b, operator)


def _numbers(operator: str, a: Any, b: Any) -> Any:
    if operator in ("/", "div", "mod") and not b:
        return None
    whole = isinstance(a, int) and isinstance(b, int)
    if not whole:
        a, b = Decimal(a), Decimal(b)
    if operator == "+":
        result = a + b
    elif operator == "-":
        result = a - b
    elif operator == "*":
        result = a * b
    elif operator == "/":
        result = Decimal(a) / Decimal(b)
        if result == result.to_integral_value() and abs(result) < 10**15:
            result = result.quantize(Decimal(1))
    elif operator == "div":
        result = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return int(result)
    else:
        result = a - b * int(a / b) if not whole else abs(a) % abs(b) * (-1 if a < 0 else 1)
    return Long(result) if a.__class__ is Long and result.__class__ is int else result

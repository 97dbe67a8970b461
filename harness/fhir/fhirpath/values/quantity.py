"""Quantities of FHIRPath: a decimal with a UCUM unit or a calendar word (N1 sections 2.1.8, 6.1, 6.6)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from harness.fhir.fhirpath.values.ucum import Dimension, Unit, base_code, parse_unit

CALENDAR_SECONDS: dict[str, Fraction] = {
    word + end: value
    for word, value in (
        ("year", Fraction(31536000)), ("month", Fraction(2592000)), ("week", Fraction(604800)),
        ("day", Fraction(86400)), ("hour", Fraction(3600)), ("minute", Fraction(60)), ("second", Fraction(1)),
        ("millisecond", Fraction(1, 1000)),
    )
    for end in ("", "s")
}  # fmt: skip
_MONTHS = {"year": 12, "years": 12, "month": 1, "months": 1}
CALENDAR_TO_UCUM = {
    "year": "a", "month": "mo", "week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s",
    "millisecond": "ms",
}  # fmt: skip
UCUM_TO_CALENDAR = {code: word for word, code in CALENDAR_TO_UCUM.items()}
_ABOVE_WEEKS = frozenset(_MONTHS)
_UCUM_ABOVE_WEEKS = frozenset({"a", "mo"})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit.

    :ivar value: the number.
    :ivar unit: UCUM code without quotes, or a calendar word.
    :ivar calendar: whether ``unit`` is a calendar word.
    :ivar from_fhir: whether it was read from a FHIR ``Quantity``; its ``a`` and ``mo`` may stand for
        calendar units.
    """

    value: Decimal
    unit: str
    calendar: bool = False
    from_fhir: bool = False

    def __str__(self) -> str:
        return f"{self.value:f} {self.unit}" if self.calendar else f"{self.value:f} '{self.unit}'"

    @property
    def singular(self) -> str | None:
        """The calendar unit for date arithmetic: ``day`` for ``days`` and ``'d'``; ``None`` when there is
        none.

        ``'a'`` and ``'mo'`` only count when they come from a FHIR Quantity.
        """
        if self.calendar:
            return self.unit.removesuffix("s")
        if self.unit in _UCUM_ABOVE_WEEKS and not self.from_fhir:
            return None
        return UCUM_TO_CALENDAR.get(self.unit)


def fraction_to_decimal(value: Fraction) -> Decimal:
    """A fraction as decimal with 31 significant digits."""
    with localcontext() as context:
        context.prec = 31
        return Decimal(value.numerator) / Decimal(value.denominator)


def _ucum(quantity: Quantity) -> Unit | None:
    if quantity.calendar:
        return Unit(CALENDAR_SECONDS[quantity.unit], (("s", 1),))
    return parse_unit(quantity.unit)


def _base(quantity: Quantity) -> tuple[Fraction, Dimension] | None:
    unit = _ucum(quantity)
    if unit is None:
        return None
    return Fraction(quantity.value) * unit.factor + unit.offset, unit.dimension


def _mixed_above_weeks(a: Quantity, b: Quantity) -> bool:
    """A calendar year or month against a definite duration: not comparable."""
    if a.calendar == b.calendar:
        return False
    word, code = (a, b) if a.calendar else (b, a)
    definite = parse_unit(code.unit)
    if definite is None or definite.dimension != (("s", 1),):
        return False
    return word.unit in _ABOVE_WEEKS or code.unit in _UCUM_ABOVE_WEEKS


def compare(a: Quantity, b: Quantity) -> int | None:
    """-1, 0 or 1; ``None`` when the units cannot be compared."""
    if a.unit == b.unit and a.calendar == b.calendar:
        return (a.value > b.value) - (a.value < b.value)
    if a.calendar and b.calendar and a.unit in _MONTHS and b.unit in _MONTHS:
        left, right = a.value * _MONTHS[a.unit], b.value * _MONTHS[b.unit]
        return (left > right) - (left < right)
    if _mixed_above_weeks(a, b):
        word, code = (a, b) if a.calendar else (b, a)
        if not code.from_fhir or code.unit not in UCUM_TO_CALENDAR:
            return None
        bridged = Quantity(code.value, UCUM_TO_CALENDAR[code.unit], calendar=True)
        return compare(word, bridged) if a.calendar else compare(bridged, word)
    first, second = _base(a), _base(b)
    if first is None or second is None or first[1] != second[1]:
        return None
    return (first[0] > second[0]) - (first[0] < second[0])


def equal(a: Quantity, b: Quantity) -> bool | None:
    """``=``; ``None`` (empty) for a calendar year or month against a definite duration, ``False`` for other
    units."""
    order = compare(a, b)
    if order is None:
        return None if _mixed_above_weeks(a, b) else False
    return order == 0


def equivalent(a: Quantity, b: Quantity) -> bool:
    """``~``: equal at the precision of the least precise side, in the finer of the two units."""
    if a.unit == b.unit and a.calendar == b.calendar:
        return _round_equal(a.value, b.value)
    left = Quantity(a.value, CALENDAR_TO_UCUM[a.unit.removesuffix("s")]) if a.calendar else a
    right = Quantity(b.value, CALENDAR_TO_UCUM[b.unit.removesuffix("s")]) if b.calendar else b
    one, two = parse_unit(left.unit), parse_unit(right.unit)
    if one is None or two is None or one.dimension != two.dimension:
        return False
    coarse, fine, unit_coarse, unit_fine = (
        (left, right, one, two) if one.factor >= two.factor else (right, left, two, one)
    )
    # the precision of a side is that of its own number: 4 'g' ~ 4040 'mg', because 4 g has no decimals
    step = Fraction(1, 10 ** max(0, -_exponent(coarse.value)))
    in_coarse = (
        Fraction(fine.value) * unit_fine.factor + unit_fine.offset - unit_coarse.offset
    ) / unit_coarse.factor
    return round(in_coarse / step) == round(Fraction(coarse.value) / step)


def _exponent(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _round_equal(a: Decimal, b: Decimal) -> bool:
    step = Fraction(1, 10 ** min(max(0, -_exponent(a)), max(0, -_exponent(b))))
    return round(Fraction(a) / step) == round(Fraction(b) / step)


def convert(quantity: Quantity, unit: str, calendar: bool) -> Quantity | None:
    """``quantity`` in another unit, ``None`` when that cannot be."""
    target = Quantity(Decimal(1), unit, calendar)
    if quantity.unit == unit and quantity.calendar == calendar:
        return quantity
    if calendar and quantity.calendar and unit in _MONTHS and quantity.unit in _MONTHS:
        value = Fraction(quantity.value) * _MONTHS[quantity.unit] / _MONTHS[unit]
        return Quantity(fraction_to_decimal(value), unit, calendar)
    if _mixed_above_weeks(quantity, target):
        return None
    source, wanted = _base(quantity), _ucum(target)
    if source is None or wanted is None or source[1] != wanted.dimension:
        return None
    return Quantity(fraction_to_decimal((source[0] - wanted.offset) / wanted.factor), unit, calendar)


def add(a: Quantity, b: Quantity, sign: int) -> Quantity | None:
    """Sum (``sign`` 1) or difference (-1), in the finer of the two units; ``None`` when they do not fit."""
    if a.unit == b.unit and a.calendar == b.calendar:
        return Quantity(a.value + sign * b.value, a.unit, a.calendar, a.from_fhir)
    one, two = _ucum(a), _ucum(b)
    if one is None or two is None or one.dimension != two.dimension or one.special or two.special:
        return None
    if one.factor <= two.factor:
        other = convert(b, a.unit, a.calendar)
        return Quantity(a.value + sign * other.value, a.unit, a.calendar) if other else None
    other = convert(a, b.unit, b.calendar)
    return Quantity(other.value + sign * b.value, b.unit, b.calendar) if other else None


def multiply(a: Quantity, b: Quantity, divide: bool) -> Quantity | None:
    """Product or quotient; a plain number keeps the unit of the other side, else the result is in base
    units."""
    if divide and not b.value:
        return None
    one, two = _ucum(a), _ucum(b)
    if one is None or two is None or one.special or two.special:
        return None
    if not two.dimension:
        value = Fraction(b.value) * two.factor
        result = Fraction(a.value) / value if divide else Fraction(a.value) * value
        return Quantity(fraction_to_decimal(result), a.unit, a.calendar, a.from_fhir)
    if not divide and not one.dimension:
        return Quantity(
            fraction_to_decimal(Fraction(a.value) * one.factor * Fraction(b.value)), b.unit, b.calendar
        )
    if a.calendar or b.calendar:
        return None
    powers = dict(one.dimension)
    for name, power in two.dimension:
        powers[name] = powers.get(name, 0) + (-power if divide else power)
    left, right = Fraction(a.value) * one.factor, Fraction(b.value) * two.factor
    dimension = tuple(sorted((n, p) for n, p in powers.items() if p))
    return Quantity(fraction_to_decimal(left / right if divide else left * right), base_code(dimension))


def plain_number(quantity: Quantity) -> Decimal | None:
    """The number that a quantity without dimension stands for (``50 '%'`` is 0.5), else ``None``."""
    base = _base(quantity)
    return fraction_to_decimal(base[0]) if base is not None and not base[1] else None

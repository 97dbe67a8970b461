"""Numbers, quantities and ranges of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from harness.core.text import Text
from harness.fhir.search.extractors import Node
from harness.fhir.search.query import SearchError, split_escaped, unescape
from harness.fhir.search.values.prefixes import HIGH, LOW, compare, split_prefix


class QuantityValue(NamedTuple):
    """A quantity or range of quantities."""

    low: Decimal
    high: Decimal
    system: str
    code: str
    unit: str


def parse_number(text: str) -> tuple[Decimal, Decimal] | None:
    """The interval that a number stands for by its precision: ``5.4`` is 5.35 up to 5.45."""
    if not re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?([eE][+-]?\d{1,3})?", text, re.ASCII):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    exponent = value.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1) if isinstance(exponent, int) else Decimal(0)
    return value - half, value + half


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    return Decimal(value) if isinstance(value, (int, Decimal)) else None


def index_quantity(nodes: list[Node]) -> list[QuantityValue]:
    """Quantities, ranges, money, and plain numbers."""
    result: list[QuantityValue] = []
    for value, _ in nodes:
        number = _number(value)
        if number is not None:
            result.append(QuantityValue(number, number, "", "", ""))
        elif isinstance(value, dict):
            result += _quantity(value)
    return result


def _quantity(value: dict[str, Any]) -> list[QuantityValue]:
    """A Range (with the unit of its low end) or a Quantity; nothing when it has no number."""
    low, high = value.get("low"), value.get("high")
    unit = low if isinstance(low, dict) else high if isinstance(high, dict) else None
    if unit is not None:
        first = _number(low.get("value")) if isinstance(low, dict) else None
        last = _number(high.get("value")) if isinstance(high, dict) else None
        bounds = (Decimal(LOW) if first is None else first, Decimal(HIGH) if last is None else last)
    else:
        number = _number(value.get("value"))
        if number is None:
            return []
        bounds, unit = (number, number), value
    return [QuantityValue(*bounds, *(str(unit.get(k) or "") for k in ("system", "code", "unit")))]


def match_quantity(text: str, parameter: str) -> Callable[[list[QuantityValue]], bool]:
    """Matcher of ``[prefix]number``, ``number|system|code``, ``number||unit``."""
    parts = [unescape(part) for part in split_escaped(text, "|")]
    prefix, rest = split_prefix(parts[0])
    number = parse_number(rest)
    if number is None or len(parts) > 3:
        raise SearchError(
            Text(nl=f"{parameter}={text} is geen getal", en=f"{parameter}={text} is not a number"),
            parameter=parameter,
        )
    low, high = number
    if prefix not in ("eq", "ne", "ap"):
        low = high = (low + high) / 2
    elif prefix == "ap":
        margin = abs(low + high) / 20
        low, high = low - margin, high + margin
    system = parts[1] if len(parts) > 1 else ""
    code = parts[2] if len(parts) > 2 else ""
    prefix = "eq" if prefix == "ap" else prefix

    def run(values: list[QuantityValue]) -> bool:
        return any(
            compare(prefix, v.low, v.high, low, high)
            and (not code or code in ((v.code,) if system else (v.code, v.unit)))
            and (not system or v.system == system)
            for v in values
        )

    return run

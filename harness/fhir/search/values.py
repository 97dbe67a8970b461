"""Search values: what a resource offers under a parameter, and whether a query value matches it.

One indexer and one matcher per parameter type (token, date, reference, string, uri, number, quantity).
Indexers work by the shape of the value (a dict with ``coding`` is a CodeableConcept), so that they need no
FHIR version.

Dates are compared as intervals. A query without a time zone is compared on the wall clock of the resource
value, so that ``ge2026-01-01`` finds ``2026-01-01T00:00:00+01:00``; a query with a zone is compared on
instants.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from harness.core.text import Text
from harness.fhir.search.extractors import Node
from harness.fhir.search.query import PREFIXES, SearchError, split_escaped, unescape
from harness.fhir.server.store import LOCAL_REFERENCE

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_CONTACT_SYSTEMS = frozenset(("phone", "fax", "email", "pager", "url", "sms", "other"))
_EPOCH = datetime(1970, 1, 1)
LOW = -(10**18)
HIGH = 10**18
"""Open ends of an interval, in microseconds."""


class TokenValue(NamedTuple):
    """A code with its system; ``system`` is ``None`` when the element has none by its type (``code``,
    boolean)."""

    system: str | None
    code: str
    text: str


class DateValue(NamedTuple):
    """A closed interval in microseconds since 1970: on the wall clock and as instants."""

    low: int
    high: int
    low_utc: int
    high_utc: int


class ReferenceValue(NamedTuple):
    """A reference: type and id of a local one, the literal text, and an identifier."""

    type: str
    id: str
    literal: str
    identifier: TokenValue | None
    contained: str


class QuantityValue(NamedTuple):
    """A quantity or range of quantities."""

    low: Decimal
    high: Decimal
    system: str
    code: str
    unit: str


# -- dates -----


def parse_date(text: str) -> tuple[DateValue, bool] | None:
    """Interval of a FHIR date, dateTime or instant, and whether it names a zone; ``None`` when it is none."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        start = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),
        )
        if fraction:
            start += timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
    except (ValueError, OverflowError):
        return None
    low = (start - _EPOCH) // timedelta(microseconds=1)
    if fraction:
        width = 10 ** max(0, 6 - len(fraction))
    elif second:
        width = 1_000_000
    elif hour:
        width = 60_000_000
    elif day:
        width = 86_400_000_000
    elif month:
        width = calendar.monthrange(start.year, start.month)[1] * 86_400_000_000
    else:
        width = (366 if calendar.isleap(start.year) else 365) * 86_400_000_000
    high = low + width - 1
    shift = 0
    if zone and zone != "Z":
        sign = 1 if zone[0] == "+" else -1
        shift = sign * (int(zone[1:3]) * 60 + int(zone[4:6])) * 60_000_000
    return DateValue(low, high, low - shift, high - shift), bool(zone)


def _period(value: dict[str, Any]) -> DateValue | None:
    start = parse_date(value["start"]) if isinstance(value.get("start"), str) else None
    end = parse_date(value["end"]) if isinstance(value.get("end"), str) else None
    if start is None and end is None:
        return None
    first = start[0] if start else DateValue(LOW, LOW, LOW, LOW)
    last = end[0] if end else DateValue(HIGH, HIGH, HIGH, HIGH)
    return DateValue(first.low, last.high, first.low_utc, last.high_utc)


def index_date(nodes: list[Node]) -> list[DateValue]:
    """Intervals of date, dateTime, instant, Period and Timing values."""
    result: list[DateValue] = []
    for value, _ in nodes:
        if isinstance(value, str):
            parsed = parse_date(value)
            if parsed:
                result.append(parsed[0])
        elif isinstance(value, dict):
            if "event" in value or "repeat" in value:
                events = [e for e in value.get("event", ()) if isinstance(e, str)]
                result.extend(index_date([(event, "") for event in events]))
                repeat = value.get("repeat")
                bounds = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
                value = bounds if isinstance(bounds, dict) else {}
            period = _period(value)
            if period:
                result.append(period)
    return result


def _split_prefix(text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def _compare(prefix: str, low: Any, high: Any, wanted_low: Any, wanted_high: Any) -> bool:
    """Interval comparison: resource value [low, high] against query value."""
    if prefix == "eq":
        return bool(wanted_low <= low and high <= wanted_high)
    if prefix == "ne":
        return not (wanted_low <= low and high <= wanted_high)
    if prefix == "gt":
        return bool(high > wanted_high)
    if prefix == "lt":
        return bool(low < wanted_low)
    if prefix == "ge":
        return bool(high >= wanted_low)
    if prefix == "le":
        return bool(low <= wanted_high)
    if prefix == "sa":
        return bool(low > wanted_high)
    return bool(high < wanted_low)


def match_date(text: str, parameter: str, now: datetime | None = None) -> Callable[[list[DateValue]], bool]:
    """Matcher of one query value of a date parameter."""
    prefix, rest = _split_prefix(text)
    parsed = parse_date(rest.replace(" ", "+"))
    if parsed is None:
        raise SearchError(
            Text(nl=f"{parameter}={text} is geen datum", en=f"{parameter}={text} is not a date"),
            parameter=parameter,
        )
    wanted, zoned = parsed
    if prefix == "ap":
        reference = parse_date((now or datetime(2000, 1, 1)).isoformat()[:19])
        distance = abs((reference[0].low if reference else wanted.low) - wanted.low) // 10
        low, high = wanted.low - distance, wanted.high + distance
        return lambda values: any(v.low <= high and v.high >= low for v in values)
    if zoned:
        return lambda values: any(
            _compare(prefix, v.low_utc, v.high_utc, wanted.low_utc, wanted.high_utc) for v in values
        )
    return lambda values: any(_compare(prefix, v.low, v.high, wanted.low, wanted.high) for v in values)


# -- tokens -----


def index_token(nodes: list[Node]) -> list[TokenValue]:
    """Codes of CodeableConcept, Coding, Identifier, ContactPoint, code, string and boolean values."""
    result: list[TokenValue] = []
    for value, _ in nodes:
        if isinstance(value, bool):
            result.append(TokenValue(None, "true" if value else "false", ""))
        elif isinstance(value, str):
            result.append(TokenValue(None, value, ""))
        elif isinstance(value, dict):
            if "coding" in value or ("text" in value and "value" not in value):
                text = value.get("text", "")
                for coding in value.get("coding") or ():
                    if isinstance(coding, dict):
                        display = coding.get("display") or ""
                        result.append(_token(coding, "code", f"{display}\n{text}"))
                if not value.get("coding") and isinstance(text, str):
                    result.append(TokenValue("", "", text))
            elif "code" in value and "value" not in value:
                result.append(_token(value, "code", value.get("display") or ""))
            elif "value" in value:
                contact = value.get("system") in _CONTACT_SYSTEMS
                token = _token(value, "value", "")
                result.append(token._replace(system=None) if contact else token)
        elif isinstance(value, (int, Decimal)):
            result.append(TokenValue(None, str(value), ""))
    return result


def _token(value: dict[str, Any], key: str, text: str) -> TokenValue:
    system, code = value.get("system"), value.get(key)
    return TokenValue(system if isinstance(system, str) else "", code if isinstance(code, str) else "", text)


def match_token(text: str, modifier: str) -> Callable[[list[TokenValue]], bool]:
    """Matcher of ``code``, ``system|code``, ``system|`` or ``|code``; ``:text`` looks in the display."""
    if modifier == "text":
        wanted = fold(unescape(text))
        return lambda values: any(wanted in fold(v.text) for v in values)
    parts = split_escaped(text, "|")
    if len(parts) == 1:
        code = unescape(parts[0])
        return lambda values: any(v.code == code for v in values)
    system, code = unescape(parts[0]), unescape("|".join(parts[1:]))
    if not code:
        return lambda values: any(v.system == system for v in values)
    # a value of type code, string or boolean has no system of its own in the instance: the code decides
    return lambda values: any(v.code == code and (v.system is None or v.system == system) for v in values)


# -- references -----


def index_reference(nodes: list[Node]) -> list[ReferenceValue]:
    """References, canonical URLs and URIs."""
    result: list[ReferenceValue] = []
    for value, _ in nodes:
        identifier: TokenValue | None = None
        literal: Any = value
        if isinstance(value, dict):
            literal = value.get("reference")
            ident = value.get("identifier")
            if isinstance(ident, dict):
                identifier = _token(ident, "value", "")
        if not isinstance(literal, str):
            if identifier:
                result.append(ReferenceValue("", "", "", identifier, ""))
            continue
        if literal.startswith("#"):
            result.append(ReferenceValue("", "", literal, identifier, literal[1:]))
            continue
        match = LOCAL_REFERENCE.fullmatch(literal)
        kind, identity = (match.group(1), match.group(2)) if match else ("", "")
        result.append(ReferenceValue(kind, identity, literal, identifier, ""))
    return result


def match_reference(
    text: str, modifier: str, base: str, targets: tuple[str, ...] = ()
) -> Callable[[list[ReferenceValue]], bool]:
    """Matcher of ``Type/id``, ``id``, an absolute URL, or with ``:identifier`` a token."""
    if modifier == "identifier":
        token = match_token(text, "")
        return lambda values: any(v.identifier is not None and token([v.identifier]) for v in values)
    wanted = unescape(text)
    if base and wanted.startswith(base + "/"):
        wanted = wanted[len(base) + 1 :]
    match = LOCAL_REFERENCE.fullmatch(wanted)
    if match:
        kind, identity = match.group(1), match.group(2)
        if modifier and modifier != kind:
            return lambda values: False
        full = f"{base}/{kind}/{identity}" if base else ""
        return lambda values: any(
            (v.type == kind and v.id == identity) or (v.literal == full != "") for v in values
        )
    if "/" not in wanted and ":" not in wanted:
        return lambda values: any(v.id == wanted and (not modifier or v.type == modifier) for v in values)
    return lambda values: any(v.literal == wanted for v in values)


# -- strings, uris -----


def fold(text: str) -> str:
    """Text without case and accents, as string search compares."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


def index_string(nodes: list[Node]) -> list[str]:
    """Strings, also those inside a HumanName or Address."""
    result: list[str] = []
    for value, _ in nodes:
        if isinstance(value, str):
            result.append(value)
        elif isinstance(value, dict):
            for key in (
                "text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "country",
                "postalCode",
            ):  # fmt: skip
                part = value.get(key)
                if isinstance(part, str):
                    result.append(part)
                elif isinstance(part, list):
                    result.extend(item for item in part if isinstance(item, str))
    return result


def match_string(text: str, modifier: str) -> Callable[[list[str]], bool]:
    """Matcher of a string: starts with; ``:contains``; ``:exact``."""
    wanted = unescape(text)
    if modifier == "exact":
        return lambda values: wanted in values
    folded = fold(wanted)
    if modifier == "contains":
        return lambda values: any(folded in fold(v) for v in values)
    return lambda values: any(fold(v).startswith(folded) for v in values)


def match_uri(text: str, modifier: str) -> Callable[[list[str]], bool]:
    """Matcher of a URI: exact; ``:below`` (starts with) and ``:above``."""
    wanted = unescape(text)
    if modifier == "below":
        return lambda values: any(v.startswith(wanted) for v in values)
    if modifier == "above":
        return lambda values: any(wanted.startswith(v) for v in values)
    return lambda values: wanted in values


# -- numbers and quantities -----


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
            low, high = value.get("low"), value.get("high")
            if isinstance(low, dict) or isinstance(high, dict):
                first = _number(low.get("value")) if isinstance(low, dict) else None
                last = _number(high.get("value")) if isinstance(high, dict) else None
                unit = low if isinstance(low, dict) else high
                bounds = (Decimal(LOW) if first is None else first, Decimal(HIGH) if last is None else last)
            else:
                number = _number(value.get("value"))
                if number is None:
                    continue
                bounds, unit = (number, number), value
            assert isinstance(unit, dict)
            result.append(
                QuantityValue(*bounds, *(str(unit.get(k) or "") for k in ("system", "code", "unit")))
            )
    return result


def match_quantity(text: str, parameter: str) -> Callable[[list[QuantityValue]], bool]:
    """Matcher of ``[prefix]number``, ``number|system|code``, ``number||unit``."""
    parts = [unescape(part) for part in split_escaped(text, "|")]
    prefix, rest = _split_prefix(parts[0])
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
            _compare(prefix, v.low, v.high, low, high)
            and (not code or code in ((v.code,) if system else (v.code, v.unit)))
            and (not system or v.system == system)
            for v in values
        )

    return run

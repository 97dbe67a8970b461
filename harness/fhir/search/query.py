"""The search string of FHIR: parameters, modifiers, chains, prefixes, includes. Syntax only.

::

    query = parse_query("code=http://loinc.org|8867-4&date=ge2026-01-01&_include=Observation:specimen")
    query.criteria[0].values        # ('http://loinc.org|8867-4',)
    query.includes[0].code          # 'specimen'

What a parameter means (its type and where it looks) is decided by :mod:`harness.fhir.search.parameters`. A
string that cannot be understood raises :class:`SearchError`, never anything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from harness.core.text import Text

MAX_QUERY = 65_536
MAX_PARAMETERS = 200
MAX_VALUES = 500
MAX_CHAIN = 8

_CODE = re.compile(r"_?[A-Za-z][A-Za-z0-9\-_]{0,63}", re.ASCII)
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}", re.ASCII)

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
"""Prefixes of date, number and quantity values (STU3 and R4)."""

RESULT_PARAMETERS = frozenset(
    (
        "_sort",
        "_count",
        "_include",
        "_revinclude",
        "_summary",
        "_elements",
        "_contained",
        "_containedType",
        "_format",
        "_pretty",
        "_total",
        "_offset",
    )
)
SUMMARIES = frozenset(("true", "text", "data", "count", "false"))
TOTALS = frozenset(("none", "estimate", "accurate"))
_ELEMENT = re.compile(r"(?:[A-Z][A-Za-z]{1,63}\.)?[a-z][A-Za-z0-9]{0,63}", re.ASCII)
"""Parameters that shape the result and do not filter."""


class SearchError(Exception):
    """A search that the server refuses.

    :ivar code: FHIR issue code (``invalid``, ``not-supported``, ``too-costly``).
    :ivar parameter: the parameter at fault.
    """

    def __init__(self, message: Text, *, code: str = "invalid", parameter: str = "") -> None:
        self.message = message
        self.code = code
        self.parameter = parameter
        super().__init__(message.en)


@dataclass(frozen=True)
class Link:
    """One step of a chain: a reference parameter and, when given, the type it must point at."""

    code: str
    target: str = ""


@dataclass(frozen=True)
class Has:
    """One step of a reverse chain ``_has:Type:reference``."""

    type: str
    reference: str


@dataclass(frozen=True)
class Criterion:
    """One parameter that filters; several of the same name are joined by AND.

    :ivar name: the left side as written (decoded).
    :ivar code: parameter code at the end of the chain.
    :ivar modifier: ``exact``, ``missing``, a type name …, or ``""``.
    :ivar chain: reference parameters to follow first.
    :ivar has: reverse chain to follow first.
    :ivar values: alternatives (OR), still with their escapes.
    """

    name: str
    code: str
    values: tuple[str, ...]
    modifier: str = ""
    chain: tuple[Link, ...] = ()
    has: tuple[Has, ...] = ()


@dataclass(frozen=True)
class Include:
    """``_include`` or ``_revinclude``: source type, reference parameter (``*`` for all), target type."""

    source: str
    code: str
    target: str = ""
    iterate: bool = False
    reverse: bool = False


@dataclass(frozen=True)
class Sort:
    """One sort key."""

    code: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """A parsed search.

    :ivar pairs: every parameter with its decoded name and value and the text as it was sent.
    :ivar summary: ``true``, ``text``, ``data``, ``count`` or ``""``.
    :ivar total: ``none``, ``estimate``, ``accurate`` or ``""``.
    :ivar elements: element names, with or without a type before them.
    :ivar other: parameters on the form of the result that a search does not have.
    """

    pairs: tuple[tuple[str, str, str], ...] = ()
    criteria: tuple[Criterion, ...] = ()
    includes: tuple[Include, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int | None = None
    offset: int = 0
    summary: str = ""
    format: str = ""
    total: str = ""
    elements: tuple[str, ...] = ()
    other: tuple[tuple[str, str], ...] = ()

    def without(self, names: frozenset[str]) -> str:
        """The query string as it was sent, without the parameters ``names``."""
        return "&".join(raw for name, _, raw in self.pairs if name not in names)


def _invalid(parameter: str, nl: str, en: str) -> SearchError:
    return SearchError(Text(nl=nl, en=en), parameter=parameter)


def split_escaped(text: str, separator: str) -> list[str]:
    r"""Split on a separator that is not escaped by ``\``; escapes stay.

    >>> split_escaped(r"a\,b,c", ",")
    ['a\\,b', 'c']
    """
    if separator not in text:
        return [text]
    if "\\" not in text:
        return text.split(separator)
    parts: list[str] = []
    current: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            current.append(text[position : position + 2])
            position += 2
            continue
        if char == separator:
            parts.append("".join(current))
            current = []
        else:
            current.append(char)
        position += 1
    parts.append("".join(current))
    return parts


def unescape(text: str) -> str:
    r"""Undo the escapes ``\,`` ``\$`` ``\|`` ``\\`` of a search value."""
    return re.sub(r"\\([,$|\\])", r"\1", text) if "\\" in text else text


def escape(text: str) -> str:
    """Escape a literal so that it is one search value."""
    return re.sub(r"([,$|\\])", r"\\\1", text)


def split_pairs(raw: str) -> list[tuple[str, str, str]]:
    """``(name, value, as sent)`` of each parameter of a query string.

    :raises SearchError: too long, too many, or not UTF-8.
    """
    if len(raw) > MAX_QUERY:
        raise SearchError(Text(nl="zoekvraag is te lang", en="search is too long"), code="too-costly")
    parts = [part for part in raw.split("&") if part]
    if len(parts) > MAX_PARAMETERS:
        raise SearchError(
            Text(nl="te veel zoekparameters", en="too many search parameters"), code="too-costly"
        )
    result = []
    for part in parts:
        name, _, value = part.partition("=")
        try:
            pair = unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
        except UnicodeDecodeError:
            raise _invalid(
                name, f"parameter {name} is geen UTF-8", f"parameter {name} is not UTF-8"
            ) from None
        result.append((*pair, part))
    return result


def _name(name: str) -> tuple[tuple[Has, ...], tuple[Link, ...], str, str]:
    """Parse the left side: reverse chain, chain, code, modifier."""

    def bad() -> SearchError:
        return _invalid(
            name,
            f"zoekparameter '{name}' is niet te begrijpen",
            f"search parameter '{name}' cannot be understood",
        )

    has: list[Has] = []
    rest = name
    while rest.startswith("_has:"):
        parts = rest.split(":", 3)
        if len(parts) != 4 or not _TYPE.fullmatch(parts[1]) or not _CODE.fullmatch(parts[2]):
            raise bad()
        has.append(Has(parts[1], parts[2]))
        rest = parts[3]
        if len(has) > MAX_CHAIN:
            raise bad()
    *steps, last = rest.split(".")
    if len(steps) > MAX_CHAIN:
        raise bad()
    chain: list[Link] = []
    for step in steps:
        code, colon, target = step.partition(":")
        if not _CODE.fullmatch(code) or (colon and not _TYPE.fullmatch(target)):
            raise bad()
        chain.append(Link(code, target))
    code, colon, modifier = last.partition(":")
    if not _CODE.fullmatch(code) or (colon and not re.fullmatch(r"[A-Za-z\-]{1,64}", modifier)):
        raise bad()
    return tuple(has), tuple(chain), code, modifier


def _include(name: str, value: str) -> Include:
    base, _, modifier = name.partition(":")
    if modifier not in ("", "recurse", "iterate"):
        raise _invalid(
            name, f"onbekende toevoeging aan {base}: {modifier}", f"unknown modifier of {base}: {modifier}"
        )
    parts = value.strip().split(":")
    star = value.strip() == "*"
    if not star and not (
        2 <= len(parts) <= 3
        and _TYPE.fullmatch(parts[0])
        and (parts[1] == "*" or _CODE.fullmatch(parts[1]))
        and (len(parts) == 2 or parts[2] == "" or _TYPE.fullmatch(parts[2]))
    ):
        raise _invalid(
            name,
            f"{base}={value}: verwacht Type:parameter of Type:parameter:Doeltype",
            f"{base}={value}: expected Type:parameter or Type:parameter:TargetType",
        )
    source, code = ("", "*") if star else (parts[0], parts[1])
    target = parts[2] if len(parts) == 3 else ""
    return Include(source, code, target, iterate=bool(modifier), reverse=base == "_revinclude")


def _whole(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        raise _invalid(name, f"{name}={value} is geen geheel getal", f"{name}={value} is not a whole number")
    return int(value)


def _sorts(value: str) -> tuple[Sort, ...]:
    keys = []
    for part in value.split(","):
        code = part.strip()
        descending = code.startswith("-")
        code = code.removeprefix("-")
        if not _CODE.fullmatch(code):
            raise _invalid(
                "_sort", f"_sort={value} is niet te begrijpen", f"_sort={value} cannot be understood"
            )
        keys.append(Sort(code, descending))
    return tuple(keys)


def _one_of(name: str, value: str, known: frozenset[str]) -> str:
    if value not in known:
        words = ", ".join(sorted(known))
        raise _invalid(
            name, f"{name}={value}: verwacht een van {words}", f"{name}={value}: expected one of {words}"
        )
    return value


def elements_of(value: str) -> tuple[str, ...]:
    """The names in ``_elements``, each with or without a type before it.

    :raises SearchError: something else than names of elements.
    """
    names = tuple(part.strip() for part in value.split(",") if part.strip())
    wrong = next((item for item in names if not _ELEMENT.fullmatch(item)), None)
    if wrong is not None or not names:
        raise _invalid(
            "_elements", f"_elements={value} is niet te begrijpen", f"_elements={value} cannot be understood"
        )
    return names


def _criterion(name: str, value: str) -> Criterion:
    has, chain, code, modifier = _name(name)
    values = tuple(part.strip() for part in split_escaped(value, ","))
    if len(values) > MAX_VALUES:
        raise SearchError(
            Text(nl=f"te veel waarden voor {name}", en=f"too many values for {name}"),
            code="too-costly",
            parameter=name,
        )
    return Criterion(name, code, tuple(part for part in values if part), modifier, chain, has)


def _shaped(shape: dict[str, Any], name: str, value: str) -> bool:
    """Note a parameter that is about the form of the result; whether it is one."""
    match name:
        case "_sort":
            shape["sort"] = shape.get("sort", ()) + _sorts(value)
        case "_count":
            shape["count"] = _whole(name, value)
        case "_offset":
            shape["offset"] = _whole(name, value)
        case "_summary":
            shape["summary"] = _one_of(name, value, SUMMARIES).replace("false", "")
        case "_total":
            shape["total"] = _one_of(name, value, TOTALS)
        case "_elements":
            shape["elements"] = shape.get("elements", ()) + elements_of(value)
        case "_format":
            shape["format"] = value
        case _ if name in RESULT_PARAMETERS:
            if name not in ("_pretty", "_contained") or (name == "_contained" and value != "false"):
                shape["other"] = (*shape.get("other", ()), (name, value))
        case _:
            return False
    return True


def parse_query(raw: str) -> Query:
    """Parse a query string (without ``?``).

    :raises SearchError: when it cannot be understood.
    """
    pairs = split_pairs(raw)
    criteria: list[Criterion] = []
    includes: list[Include] = []
    shape: dict[str, Any] = {}
    for name, value, _ in pairs:
        if name.partition(":")[0] in ("_include", "_revinclude"):
            includes.append(_include(name, value))
        elif not _shaped(shape, name, value):
            criteria.append(_criterion(name, value))
    return Query(tuple(pairs), tuple(criteria), tuple(includes), **shape)

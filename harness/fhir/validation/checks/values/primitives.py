"""Formats of the primitive types (STU3 datatypes.html, R4 datatypes.html), each as one linear-time test.

``TESTS[type]`` gives the Python types that the JSON-shaped value may have, a predicate on such a value and
what is expected, for people. The specification's own regexes are not used where they are exponential
(``code``, ``base64Binary``). Dates are also checked against the calendar (a 30 February is not a date).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from harness.core.text import Phrase
from harness.fhir.phrases import (
    A_CODE,
    A_TEXT,
    A_URI,
    DECIMAL,
    INTEGER_ABOVE,
    INTEGER_OF_BITS,
    WITHOUT_SPACES,
)


class Primitive(NamedTuple):
    """How to test one primitive type: JSON kinds, predicate, description of what is expected."""

    kinds: tuple[type, ...]
    test: Callable[[Any], bool]
    expected: Phrase


_CODE = re.compile(r"[^\s]+(?: [^\s]+)*").fullmatch
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch
_OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+").fullmatch
_OID_IN_URI = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+").fullmatch
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_DATE = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?").fullmatch
_DATETIME = re.compile(
    r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01])"
    r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,40})?"
    r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?"
).fullmatch
_INSTANT = re.compile(
    r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
    r"(?:\.[0-9]{1,40})?(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
).fullmatch
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,40})?").fullmatch
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]").search
_SPACE = re.compile(r"\s").search
_BASE64_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE64_SPACE = re.compile(r"[ \t\r\n]+")
_MAX_INT = 2_147_483_647
_MAX_TEXT = 1024 * 1024
"""Characters of a string (datatypes.html#string: "SHALL NOT exceed 1MB in size")."""


def _real_day(match: re.Match[str] | None) -> bool:
    """Whether the day of a matched date exists."""
    if match is None:
        return False
    year, month, day = match.group(1), match.group(2), match.group(3)
    if day is None or int(day) <= 28:
        return year != "0000"
    return year != "0000" and int(day) <= calendar.monthrange(int(year), int(month))[1]


def _string(value: str) -> bool:
    return 0 < len(value) <= _MAX_TEXT and (value.isprintable() or _CONTROL(value) is None)


def _uri(value: str) -> bool:
    if not value or _SPACE(value) is not None:
        return False
    if value.startswith("urn:"):
        if value.startswith("urn:oid:"):
            return _OID_IN_URI(value) is not None
        if value.startswith("urn:uuid:"):
            return _UUID(value) is not None
    return True


def _base64(value: str) -> bool:
    if not value.isascii():
        return False
    if "\n" in value or " " in value or "\r" in value or "\t" in value:
        value = _BASE64_SPACE.sub("", value)
    # What is left after all letters of the alphabet: only padding may be. Several times faster than decoding.
    padding = len(value.encode().translate(None, _BASE64_LETTERS))
    size = len(value)
    return size > 0 and size % 4 == 0 and padding <= 2 and (not padding or value.endswith("=" * padding))


def _integer(value: int) -> bool:
    return -_MAX_INT - 1 <= value <= _MAX_INT


def _decimal(value: Decimal | int) -> bool:
    return not isinstance(value, Decimal) or value.is_finite()


_ZONE = "YYYY-MM-DDThh:mm:ss(.sss)+zz:zz"

TESTS: dict[str, Primitive] = {
    "boolean": Primitive((bool,), lambda value: True, "true | false"),
    "integer": Primitive((int,), _integer, INTEGER_OF_BITS.format(bits=32)),
    "positiveInt": Primitive((int,), lambda value: 1 <= value <= _MAX_INT, INTEGER_ABOVE.format(limit="> 0")),
    "unsignedInt": Primitive(
        (int,), lambda value: 0 <= value <= _MAX_INT, INTEGER_ABOVE.format(limit=">= 0")
    ),
    "integer64": Primitive(
        (str,), lambda value: value.lstrip("-").isdecimal(), INTEGER_OF_BITS.format(bits=64)
    ),
    "decimal": Primitive((int, Decimal), _decimal, DECIMAL),
    "string": Primitive((str,), _string, A_TEXT),
    "markdown": Primitive((str,), _string, A_TEXT),
    "code": Primitive((str,), lambda value: _CODE(value) is not None, A_CODE),
    "id": Primitive((str,), lambda value: _ID(value) is not None, "A-Z a-z 0-9 - . (1..64)"),
    "uri": Primitive((str,), _uri, A_URI),
    "url": Primitive((str,), _uri, WITHOUT_SPACES.format(what="URL")),
    "canonical": Primitive((str,), _uri, WITHOUT_SPACES.format(what="URL(|version)")),
    "oid": Primitive((str,), lambda value: _OID(value) is not None, "urn:oid:n.n.n"),
    "uuid": Primitive(
        (str,), lambda value: _UUID(value) is not None, "urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
    ),
    "date": Primitive((str,), lambda value: _real_day(_DATE(value)), "YYYY | YYYY-MM | YYYY-MM-DD"),
    "dateTime": Primitive(
        (str,), lambda value: _real_day(_DATETIME(value)), f"YYYY | YYYY-MM | YYYY-MM-DD | {_ZONE}"
    ),
    "instant": Primitive((str,), lambda value: _real_day(_INSTANT(value)), _ZONE),
    "time": Primitive((str,), lambda value: _TIME(value) is not None, "hh:mm:ss(.sss)"),
    "base64Binary": Primitive((str,), _base64, "base64"),
    "xhtml": Primitive((str,), bool, '<div xmlns="http://www.w3.org/1999/xhtml">…</div>'),
}
"""Test per primitive type. ``bool`` is checked before ``int`` by the callers (Python's ``True`` is an
``int``)."""


def primitive(name: str) -> Primitive:
    """The test of a primitive type; an unknown one is treated as ``string``."""
    return TESTS.get(name, TESTS["string"])

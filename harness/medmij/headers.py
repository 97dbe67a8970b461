"""Correlation identifiers: ``MedMij-Request-ID`` and ``X-Correlation-ID`` (2.x).

On the authorization interface they are query parameters (a browser redirect cannot carry headers), on the
token and resource interfaces they are HTTP headers (``core.authint.208``, ``core.tknint.208``,
``core.rscint.201``).
"""

from __future__ import annotations

import re
from typing import Final

from harness.core.issues import Issue, issue
from harness.core.run.exchanges import Headers, header_values
from harness.core.text import Phrase, Text
from harness.medmij.forms import ONE_VALUE

REQUEST_ID: Final = "MedMij-Request-ID"
CORRELATION_ID: Final = "X-Correlation-ID"
A_UUID: Final = Text(nl="een UUID", en="a UUID")
UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def is_uuid(value: str) -> bool:
    """Whether ``value`` is a UUID in its canonical text form (any version, either case)."""
    return UUID.fullmatch(value) is not None


def check_id(name: str, values: list[str]) -> list[Issue]:
    """One identifier: exactly one value, and a UUID."""
    if not values:
        return [_issue("correlation-missing", name, A_UUID, "")]
    if len(values) > 1:
        return [_issue("correlation-repeated", name, ONE_VALUE, ", ".join(values))]
    if not is_uuid(values[0]):
        return [_issue("correlation-uuid", name, A_UUID, values[0])]
    return []


def check_headers(headers: Headers) -> list[Issue]:
    """Both identifiers as HTTP headers."""
    return [
        found
        for name in (REQUEST_ID, CORRELATION_ID)
        for found in check_id(name, header_values(headers, name))
    ]


def _issue(rule: str, path: str, expected: Phrase, received: str) -> Issue:
    return issue(rule, _MESSAGES[rule].format(name=path), path=path, expected=expected, received=received)


_MESSAGES: Final = {
    "correlation-missing": Text(nl="{name} ontbreekt", en="{name} is missing"),
    "correlation-repeated": Text(nl="{name} komt meer dan eens voor", en="{name} occurs more than once"),
    "correlation-uuid": Text(nl="{name} is geen UUID", en="{name} is not a UUID"),
}

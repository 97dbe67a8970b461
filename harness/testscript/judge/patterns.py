"""Patterns and mapper functions of Conformancelab: what a script takes out of a text, and compares."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from urllib.parse import quote, unquote_plus

from harness.fhir.fhirpath.values import regexes

_BEHIND = re.compile(r"\(\?<=((?:[^()\\]|\\.)*)\)(.*)", re.DOTALL)
_AHEAD = re.compile(r"(.*)\(\?=((?:[^()\\]|\\.)*)\)", re.DOTALL)


def found(pattern: str, text: str) -> str | None:
    """The first match of a pattern in a text, ``None`` when there is none.

    Patterns run in linear time. Look-behind at the beginning and look-ahead at the end are understood, which
    isolate a part of a text; elsewhere they are not.

    :raises FHIRPathError: a pattern that is wrong, or that linear time cannot do.
    """
    before = after = ""
    behind = _BEHIND.fullmatch(pattern)
    if behind:
        before, pattern = behind.groups()
    ahead = _AHEAD.fullmatch(pattern)
    if ahead:
        pattern, after = ahead.groups()
    match = regexes.compiled(f"(?:{before})(?P<it>{pattern})(?:{after})").search(text)
    return None if match is None else str(match.group("it"))


def _decoded(text: str) -> str:
    """Base64 or base64url, with or without padding.

    :raises ValueError: for anything else.
    """
    plain = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8")
    except ValueError as error:
        raise ValueError(f"not base64: {error}") from None


MAPPERS: dict[str, Callable[[str], str]] = {
    "length": lambda text: str(len(text)),
    "urlDecode": unquote_plus,
    "urlEncode": lambda text: quote(text, safe=""),
    "base64Decode": _decoded,
    "base64Encode": lambda text: base64.b64encode(text.encode()).decode(),
}
"""Functions that an assert may put a value through before it is compared."""

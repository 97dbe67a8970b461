"""Credentials, challenges and cache directives as they stand in header fields (RFC 9110, 6750, 9111)."""

from __future__ import annotations

import re
from typing import Final

from harness.core.http.media import split

_BEARER: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9\-._~+/]+=*)")


def bearer_token(value: str) -> str | None:
    """The token of an ``Authorization`` field; ``None`` when it is no well-formed bearer credential.

    The scheme has any case and one or more blanks behind it (RFC 9110 sections 11.1 and 11.4), the token is
    as RFC 6750 section 2.1 writes it: a tab, a comma list or a second part is none.
    """
    match = _BEARER.fullmatch(value.strip(" \t"))
    return match.group(1) if match else None


def directives(values: list[str]) -> frozenset[str]:
    """The names of the directives in all ``Cache-Control`` fields of a message, in lower case."""
    names = (part.partition("=")[0].strip().lower() for value in values for part in split(value, ","))
    return frozenset(name for name in names if name)

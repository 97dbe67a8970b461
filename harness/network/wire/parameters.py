"""The parameters of a request, read to know what it is; not whether they stand in the right place."""

from __future__ import annotations

from typing import Final

import msgspec

from harness.core.run.exchanges import media_type
from harness.medmij import forms
from harness.network.wire.serving import Incoming

MAX_VALUES: Final = 100
"""Values of one request that are looked at."""


def offered(request: Incoming) -> list[str]:
    """Every value that a token request offers: in the form, the query, or (which is wrong) a JSON object."""
    found = [value for _, value in _pairs(request)]
    if media_type(request.headers).endswith("json"):
        try:
            told = msgspec.json.decode(request.body)
        except (msgspec.DecodeError, RecursionError):
            told = None
        if isinstance(told, dict):
            found += [value for value in told.values() if isinstance(value, str)]
    return found[:MAX_VALUES]


def fields_of(request: Incoming) -> dict[str, str]:
    """First value of each parameter of query and form body."""
    found: dict[str, str] = {}
    for name, value in _pairs(request):
        found.setdefault(name, value)
    return found


def _pairs(request: Incoming) -> list[tuple[str, str]]:
    """The parameters of query and form body; a part that cannot be read gives none."""
    found: list[tuple[str, str]] = []
    for text in (request.query, request.body.decode("latin-1") if request.method == "POST" else ""):
        try:
            found += [(pair.name, pair.value) for pair in forms.parse(text)]
        except forms.FormError:
            continue
    return found

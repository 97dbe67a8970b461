"""References, canonical URLs and URIs that a reference parameter looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from harness.fhir.search.extractors import Node
from harness.fhir.search.query import unescape
from harness.fhir.search.values.tokens import TokenValue, match_token, token_of
from harness.fhir.store import LOCAL_REFERENCE


class ReferenceValue(NamedTuple):
    """A reference: type and id of a local one, the literal text, and an identifier."""

    type: str
    id: str
    literal: str
    identifier: TokenValue | None
    contained: str


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
                identifier = token_of(ident, "value", "")
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


def target_key(value: ReferenceValue, base: str) -> str:
    """``Type/id`` of a reference to the server itself, ``""`` for any other.

    :param base: absolute base URL of the server.
    """
    if value.type:
        return f"{value.type}/{value.id}"
    if base and value.literal.startswith(base + "/"):
        return value.literal[len(base) + 1 :]
    return ""

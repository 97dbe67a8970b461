"""Tokens: codes with their systems, identifiers, booleans."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from harness.fhir.search.extractors import Node
from harness.fhir.search.query import split_escaped, unescape
from harness.fhir.search.values.strings import fold

_CONTACT_SYSTEMS = frozenset(("phone", "fax", "email", "pager", "url", "sms", "other"))


class TokenValue(NamedTuple):
    """A code with its system; ``system`` is ``None`` when the element has none by its type (``code``,
    boolean)."""

    system: str | None
    code: str
    text: str


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
                        result.append(token_of(coding, "code", f"{display}\n{text}"))
                if not value.get("coding") and isinstance(text, str):
                    result.append(TokenValue("", "", text))
            elif "code" in value and "value" not in value:
                result.append(token_of(value, "code", value.get("display") or ""))
            elif "value" in value:
                contact = value.get("system") in _CONTACT_SYSTEMS
                token = token_of(value, "value", "")
                result.append(token._replace(system=None) if contact else token)
        elif isinstance(value, (int, Decimal)):
            result.append(TokenValue(None, str(value), ""))
    return result


def token_of(value: dict[str, Any], key: str, text: str) -> TokenValue:
    """The token of an object: its ``system``, and its code under ``key``."""
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

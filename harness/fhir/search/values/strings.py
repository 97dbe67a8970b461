"""Strings and URIs."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from harness.fhir.search.extractors import Node
from harness.fhir.search.query import unescape


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

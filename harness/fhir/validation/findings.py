"""Findings while a document is being checked, and the issues that they become."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from harness.core.issues import Issue, Severity, shorten, shortened
from harness.core.text import Phrase, Text, dutch, said
from harness.fhir.validation.places import Place, render


class Found(NamedTuple):
    """A finding before its position in the source is looked up."""

    rule: str
    severity: Severity
    message: Text
    place: Place | None
    expected: Phrase
    received: Phrase


def phrase_of(value: object) -> Phrase:
    """What was asked or received, short: words in both languages, else the value itself."""
    if isinstance(value, Text):
        return shortened(value)
    return describe(value) if value != "" else ""


def describe(value: object) -> str:
    """A received value, short and literal: strings as they are, structures as one-line JSON."""
    if isinstance(value, str):
        return shorten(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return shorten(
            "{" + ", ".join(f"{key}: {describe(item)}" for key, item in list(value.items())[:8]) + "}"
        )
    if isinstance(value, list):
        return shorten("[" + ", ".join(describe(item) for item in value[:8]) + "]")
    return shorten(value)


def issues(found: Iterable[Found], locate: Callable[[str], tuple[int, int]] | None) -> list[Issue]:
    """Findings as issues, in the order given, without repeats. Positions of errors are looked up. That takes
    a second reading of the source, so the others are left to ``Document.locate``.
    """
    result: list[Issue] = []
    seen: set[tuple[str, str, Phrase, Phrase]] = set()
    for one in found:
        path = render(one.place)
        identity = (one.rule, path, one.expected, one.received)
        if identity in seen:
            continue
        seen.add(identity)
        line = column = 0
        if locate is not None and one.severity == "error":
            line, column = locate(path)
        words = isinstance(one.expected, Text) or isinstance(one.received, Text)
        result.append(
            Issue(
                rule=one.rule,
                severity=one.severity,
                message=one.message,
                path=path,
                line=line,
                column=column,
                expected=said(one.expected, "en"),
                received=said(one.received, "en"),
                nl=dutch(one.expected, one.received) if words else None,
            )
        )
    return result

"""One data shape for low-level defects: FHIR validation, list XML, PDF/A, configuration.

An issue says which rule was broken, where in the source, what was expected and what was received.
Judges turn issues into findings; commands such as ``harness validate`` print them directly.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.core.text import Dutch, Phrase, Text, Told, dutch, said

Severity = Literal["error", "warning", "information", "not-checked"]
"""``not-checked`` is a rule that could not be decided (for example a code system that is not
available offline); it never counts as pass and never as failure."""

EXCERPT_LIMIT = 200
"""Longest excerpt (characters) that an issue may carry."""


class Issue(msgspec.Struct, Told, frozen=True, kw_only=True):
    """One broken (or undecidable) rule at one place.

    :ivar rule: stable rule id, e.g. ``fhir-cardinality-min``, ``vs-2``, ``6.7.2-1``.
    :ivar severity: see :data:`Severity`; only ``error`` makes a document fail.
    :ivar path: FHIRPath, XPath or object path; ``""`` when the rule is about the whole document.
    :ivar line: 1-based line in the source, 0 when unknown.
    :ivar column: 1-based column in the source, 0 when unknown.
    :ivar expected: what the rule asks, short: a literal, or English words.
    :ivar received: what was found, short; likewise.
    :ivar excerpt: fragment of the source, at most :data:`EXCERPT_LIMIT` characters.
    :ivar message: a sentence for people in both languages.
    :ivar nl: Dutch for what is words; ``None``: there are literals only.
    """

    rule: str
    severity: Severity
    message: Text
    path: str = ""
    line: int = 0
    column: int = 0
    expected: str = ""
    received: str = ""
    excerpt: str = ""
    nl: Dutch | None = None


def issue(
    rule: str,
    message: Text,
    *,
    severity: Severity = "error",
    path: str = "",
    line: int = 0,
    column: int = 0,
    expected: Phrase = "",
    received: Phrase = "",
    excerpt: str = "",
) -> Issue:
    """An issue of which what is words is told in both languages; what was received is cut."""
    got = shortened(received)
    return Issue(
        rule=rule,
        severity=severity,
        message=message,
        path=path,
        line=line,
        column=column,
        expected=said(expected, "en"),
        received=said(got, "en"),
        excerpt=excerpt,
        nl=dutch(expected, got),
    )


def shorten(value: object, limit: int = EXCERPT_LIMIT) -> str:
    """``str(value)`` cut to ``limit`` characters with an ellipsis, newlines made visible."""
    text = str(value).replace("\r", "\\r").replace("\n", "\\n")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shortened(found: Phrase, limit: int = EXCERPT_LIMIT) -> Phrase:
    """A phrase of which each language is cut as :func:`shorten` does."""
    if isinstance(found, Text):
        if (
            len(found.nl) <= limit
            and len(found.en) <= limit
            and found.nl.isprintable()
            and found.en.isprintable()
        ):
            return found
        return Text(nl=shorten(found.nl, limit), en=shorten(found.en, limit))
    return shorten(found, limit)

"""One data shape for low-level defects: FHIR validation, list XML, PDF/A, configuration.

An issue says which rule was broken, where in the source, what was expected and what was received.
Judges turn issues into findings; commands such as ``harness validate`` print them directly.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.core.text import Text

Severity = Literal["error", "warning", "information", "not-checked"]
"""``not-checked`` is a rule that could not be decided (for example a code system that is not
available offline); it never counts as pass and never as failure."""

EXCERPT_LIMIT = 200
"""Longest excerpt (characters) that an issue may carry."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One broken (or undecidable) rule at one place.

    :ivar rule: stable rule id, e.g. ``fhir-cardinality-min``, ``vs-2``, ``6.7.2-1``.
    :ivar severity: see :data:`Severity`; only ``error`` makes a document fail.
    :ivar path: FHIRPath, XPath or object path; ``""`` when the rule is about the whole document.
    :ivar line: 1-based line in the source, 0 when unknown.
    :ivar column: 1-based column in the source, 0 when unknown.
    :ivar expected: what the rule asks, short and literal.
    :ivar received: what was found, short and literal.
    :ivar excerpt: fragment of the source, at most :data:`EXCERPT_LIMIT` characters.
    :ivar message: a sentence for people in both languages.
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


def shorten(value: object, limit: int = EXCERPT_LIMIT) -> str:
    """``str(value)`` cut to ``limit`` characters with an ellipsis, newlines made visible."""
    text = str(value).replace("\r", "\\r").replace("\n", "\\n")
    return text if len(text) <= limit else text[: limit - 1] + "…"

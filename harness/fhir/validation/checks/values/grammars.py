"""Code systems and value sets that are a grammar: membership is a matter of form."""

from __future__ import annotations

import re
from collections.abc import Callable

_MIME = re.compile(
    r"(?:xml|json|ttl|turtle)|"
    r"[A-Za-z0-9!#$&^_.+\-]+/[A-Za-z0-9!#$&^_.+\-*]+"
    r"(?:\s*;\s*[^\s;=]+=(?:\"[^\"]*\"|[^\s;]+))*"
).fullmatch
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,3}|[ix])(?:-[A-Za-z0-9]{1,8})*").fullmatch


GRAMMARS: dict[str, Callable[[str], object]] = {
    "urn:ietf:bcp:13": _MIME,
    "urn:ietf:bcp:47": _LANGUAGE,
    "https://www.usps.com/": re.compile(r"[A-Z]{2}").fullmatch,
}
"""Code systems that are a grammar: membership is a matter of form."""

GRAMMAR_SETS: dict[str, Callable[[str], object]] = {
    "http://www.rfc-editor.org/bcp/bcp13.txt": _MIME,
    "http://hl7.org/fhir/ValueSet/mimetypes": _MIME,
    "http://hl7.org/fhir/ValueSet/all-languages": _LANGUAGE,
}
"""Value sets that are a grammar as a whole."""

MAX_SETS: dict[str, Callable[[str], object]] = {"http://hl7.org/fhir/ValueSet/languages": _LANGUAGE}
"""Value sets that the base specification binds extensibly within a maximum value set that is a grammar."""

"""Code systems and value sets that are a grammar: membership is a matter of form."""

from __future__ import annotations

import re
from collections.abc import Callable

_MIME = re.compile(
    r"(?:xml|json|ttl|turtle)|"
    r"[A-Za-z0-9!#$&^_.+\-]+/[A-Za-z0-9!#$&^_.+\-*]+"
    r"(?:\s*;\s*[^\s;=]+=(?:\"[^\"]*\"|[^\s;]+))*"
).fullmatch
_LANGUAGE = re.compile(
    r"(?i)(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+"
    r"|i-[a-z]{2,8}|en-gb-oed|sgn-(?:be-fr|be-nl|ch-de)|art-lojban|cel-gaulish|zh-min(?:-nan)?"
).fullmatch
"""RFC 5646, section 2.1, with the irregular tags. Which subtags are registered is not looked up."""


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

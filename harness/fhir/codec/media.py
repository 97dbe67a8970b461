"""Media types of FHIR: which form they stand for, and which form a request asks for."""

from __future__ import annotations

from typing import Final

from harness.core.http.media import parse_accept

JSON_TYPES: Final = frozenset(
    ("application/fhir+json", "application/json+fhir", "application/json", "text/json")
)
XML_TYPES: Final = frozenset(("application/fhir+xml", "application/xml+fhir", "application/xml", "text/xml"))


def format_of(name: str) -> str:
    """``json`` or ``xml`` for a media type (lower case, without parameters), ``""`` for anything else."""
    if name in JSON_TYPES:
        return "json"
    return "xml" if name in XML_TYPES else ""


def asked_format(accept: str, word: str = "") -> str:
    """The form that a request asks for: ``json``, ``xml``, or ``native`` when it is no FHIR.

    :param accept: ``Accept``; the FHIR form of the highest weight counts.
    :param word: ``_format`` (decoded; a blank in it was a plus), which goes before ``Accept``.
    """
    if word in ("json", "xml"):
        return word
    ranges = parse_accept(word.replace(" ", "+") or accept)
    return next((found for media in ranges if (found := format_of(media.name))), "native")

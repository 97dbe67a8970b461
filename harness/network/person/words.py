"""The words of FHIR: names, codes and units that are nobody's, and words of errors of servers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.fhir.model.definitions import embedded
from harness.fhir.model.types import FhirVersion, load_model
from harness.fhir.profiles.books.embedded import embedded_facts
from harness.fhir.ucum import Unit, check
from harness.network.person.error_words import ERROR_WORDS
from harness.record import Vocabulary
from harness.record.redact.letters import word_parts

FHIR_VERSIONS: Final[tuple[FhirVersion, ...]] = ("3.0.2", "4.0.1")
_CODE: Final = re.compile(rb'"code":"([^"\\]{1,80})"')
_MEDIA: Final = frozenset(
    {
        "application/fhir+json", "application/fhir+xml", "application/json", "application/json+fhir",
        "application/octet-stream", "application/pdf", "application/xml", "application/xml+fhir",
        "application/zip", "image/bmp", "image/gif", "image/jpeg", "image/png", "image/svg+xml", "image/tiff",
        "text/csv", "text/html", "text/plain", "text/rtf", "text/xml",
    }
)  # fmt: skip


def vocabulary(resources: Iterable[Mapping[str, Any]], coded: frozenset[str]) -> Vocabulary:
    """The words of FHIR, and the codes of these resources.

    :param coded: elements in which no words stand.
    """
    found = {value for resource in resources for value in _codes_in(resource, coded)}
    return Vocabulary(protocol_words(), published_codes() | found, _unit)


def _unit(text: str) -> bool:
    return check(text) is Unit.GOOD


def _codes_in(resource: Any, coded: frozenset[str]) -> Iterator[str]:
    stack = [resource]
    while stack:
        found = stack.pop()
        if isinstance(found, dict):
            for name, child in found.items():
                if name in coded:
                    values = child if isinstance(child, list) else [child]
                    yield from (value for value in values if isinstance(value, str))
            stack += found.values()
        elif isinstance(found, list):
            stack += found


@cache
def protocol_words() -> frozenset[str]:
    """The words of the names of FHIR, and those with which servers say what went wrong."""
    names: set[str] = set()
    for version in FHIR_VERSIONS:
        for kind in load_model(version).types.values():
            names.update((kind.name, *kind.keys))
    return ERROR_WORDS | {part.casefold() for name in names for part in word_parts(name)}


@cache
def published_codes() -> frozenset[str]:
    """Codes of the specifications and profiles that we know, media types, statuses of HTTP, and what can be
    searched for.
    """
    found = {*_MEDIA, *(f"{status.value} {status.phrase}" for status in HTTPStatus)}
    for version in FHIR_VERSIONS:
        base = embedded(version)
        found.update(code.decode() for code in _CODE.findall((base.folder / "resources.jsonl").read_bytes()))
        found.update(item.code for item in base.search_parameters)
    facts = embedded_facts()
    if facts is not None:
        for value_set in facts.value_sets.values():
            found.update(code for part in value_set.include for code in part.codes)
        for system in facts.code_systems.values():
            found.update(system.codes)
        found.update(facts.searches)
    for standard in standards():
        for query in load_queries(standard):
            found.update(name.partition(":")[0] for name, _ in query.params)
    return frozenset(found)

"""Answers of a HIS taken apart: the resources of one query, over all its pages, in either format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from harness.fhir.store import LOCAL_REFERENCE

_TAIL = re.compile(r"(?:^|/)" + LOCAL_REFERENCE.pattern + r"$", re.ASCII)


def reference_key(text: Any) -> str:
    """``Type/id`` of a reference, relative or absolute; the text itself of any other (``urn:uuid:…``)."""
    if not isinstance(text, str):
        return ""
    return _short(text) if len(text) <= _SHORT else _key_of(text)


_SHORT = 200
"""Characters up to which a reference is remembered."""


def _key_of(text: str) -> str:
    match = _TAIL.search(text)
    return f"{match.group(1)}/{match.group(2)}" if match else text


_short = lru_cache(maxsize=16_384)(_key_of)


@dataclass(frozen=True)
class Given:
    """One resource in an answer.

    :ivar key: ``Type/id`` in the answer, ``""`` when it has no id.
    :ivar place: FHIRPath location.
    """

    key: str
    resource: dict[str, Any]
    place: str

    @property
    def kind(self) -> str:
        """Resource type."""
        return str(self.resource.get("resourceType") or "")


@dataclass(frozen=True)
class Answer:
    """The answer to one query: the resources of all its pages.

    :ivar aliases: ``fullUrl`` to key, for references by urn.
    """

    operation: str
    given: tuple[Given, ...]
    aliases: dict[str, str] = field(default_factory=dict)


def answer_of(operation: str, pages: Iterable[dict[str, Any]]) -> Answer:
    """The answer that consists of these Bundles (pages of one searchset) or of one resource.

    An OperationOutcome is no content, and left out.
    """
    given: list[Given] = []
    aliases: dict[str, str] = {}
    for number, page in enumerate(pages):
        for item, url in _resources(page, number):
            if item.kind != "OperationOutcome":
                given.append(item)
            if url and item.key:
                aliases[url] = item.key
    return Answer(operation, tuple(given), aliases)


_PAGE = re.compile(r"Bundle\((\d+)\)")


def on_page(place: str) -> tuple[int, str]:
    """The number of the page (from 0) that a place of :func:`answer_of` is on, and the place on that page."""
    match = _PAGE.match(place)
    return (int(match.group(1)) - 1, "Bundle" + place[match.end() :]) if match else (0, place)


def _resources(page: dict[str, Any], number: int) -> Iterator[tuple[Given, str]]:
    if page.get("resourceType") != "Bundle":
        yield Given(_key(page), page, str(page.get("resourceType") or "")), ""
        return
    name = "Bundle" if number == 0 else f"Bundle({number + 1})"
    entries = page.get("entry")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        url = entry.get("fullUrl")
        place = f"{name}.entry[{index}].resource"
        yield Given(_key(resource), resource, place), url if isinstance(url, str) else ""


def _key(resource: dict[str, Any]) -> str:
    kind, identity = resource.get("resourceType"), resource.get("id")
    return f"{kind}/{identity}" if isinstance(kind, str) and isinstance(identity, str) else ""

"""Faults of a HIS that only show in searches that no standard asks."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from harness.fhir.search.values.prefixes import split_prefix
from harness.network.faults.answer import Answer, walk
from harness.network.faults.registry import his_fault


def _pairs(answer: Answer) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(answer.url).query, keep_blank_values=True)


def _bounds(answer: Answer) -> list[str]:
    """Days that the search names after a prefix."""
    split = (split_prefix(value) for _, value in _pairs(answer) if value[:2].isalpha())
    return [day for prefix, day in split if prefix in ("ge", "le") and day[:4].isdigit()]


def _dates(resource: object) -> Iterator[str]:
    for node in walk(resource):
        yield from (value for value in node.values() if isinstance(value, str) and value[4:5] == "-")


def _paged(answer: Answer) -> bool:
    return any(name in ("_count", "_page", "_offset") for name, _ in _pairs(answer))


@his_fault("bound-day-lost")
def bound_day_lost(answer: Answer) -> None:
    """What lies on the day of a bound is not found; pages are left as they are."""
    bounds = _bounds(answer)
    if _paged(answer) or not bounds:
        return
    lost = [
        index
        for index, entry in enumerate(answer.entries)
        if entry.get("search", {}).get("mode", "match") == "match"
        and any(value[:10] in bounds for value in _dates(entry.get("resource")))
    ]
    for index in reversed(lost):
        del answer.entries[index]
        answer.count(-1)


@his_fault("lone-filter-loses-match")
def lone_filter(answer: Answer) -> None:
    """Without a second filter the last match is left out."""
    filters = [name for name, _ in _pairs(answer) if not name.startswith("_")]
    if not _paged(answer) and len(filters) <= 1:
        answer.drop_last_match()


@his_fault("second-page-loses-match")
def second_page(answer: Answer) -> None:
    """The last match of a later page is left out."""
    if any(name in ("_page", "_offset") for name, _ in _pairs(answer)) and answer.matches():
        answer.drop_last_match()
        answer.count(1)


@his_fault("search-in-xml-loses-match")
def in_xml(answer: Answer) -> None:
    """In XML the last match is left out."""
    if answer.answered == "xml" and not _paged(answer):
        answer.drop_last_match()

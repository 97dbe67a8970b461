"""``Observation/$lastn``: the newest Observations per code."""

from __future__ import annotations

from dataclasses import replace

from harness.core.text import Text
from harness.fhir.search.query import Criterion, Query, SearchError
from harness.fhir.search.scope import Scope
from harness.fhir.search.searcher import Found, Searcher
from harness.fhir.search.sorting import sort
from harness.fhir.search.values.dates import index_date
from harness.fhir.search.values.prefixes import HIGH, LOW
from harness.fhir.search.values.tokens import index_token
from harness.fhir.store import Stored


def _codes(stored: Stored) -> list[tuple[str, str]]:
    concept = stored.resource.get("code")
    tokens = index_token([(concept, "")]) if isinstance(concept, dict) else []
    found = [(token.system or "", token.code) for token in tokens if token.code]
    return found or [("text", str(concept.get("text", ""))) if isinstance(concept, dict) else ("", "")]


def group_by_code(observations: list[Stored]) -> list[list[Stored]]:
    """Groups of Observations that share a coding, directly or through others; by first member."""
    parent = list(range(len(observations)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[tuple[str, str], int] = {}
    for index, stored in enumerate(observations):
        for code in _codes(stored):
            if code in first:
                parent[root(index)] = root(first[code])
            else:
                first[code] = index
    groups: dict[int, list[Stored]] = {}
    for index, stored in enumerate(observations):
        groups.setdefault(root(index), []).append(stored)
    return list(groups.values())


def _moment(stored: Stored) -> int:
    resource = stored.resource
    nodes = [
        (resource[key], "")
        for key in ("effectiveDateTime", "effectivePeriod", "effectiveInstant")
        if key in resource
    ]
    dates = index_date(nodes) or index_date([(resource.get("issued"), "")])
    return max((min(date.high, HIGH - 1) for date in dates), default=LOW)


def lastn(searcher: Searcher, query: Query, scope: Scope, *, lenient: bool) -> Found:
    """``Observation/$lastn``: the newest ``max`` (default 1) Observations of each code group that matches.

    :raises SearchError: for parameters that are not understood.
    """
    limit = 1
    criteria: list[Criterion] = []
    for criterion in query.criteria:
        if criterion.name == "max":
            text = criterion.values[0] if criterion.values else ""
            if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10_000:
                raise SearchError(
                    Text(nl="max is geen geheel getal", en="max is not a whole number"), parameter="max"
                )
            limit = int(text)
        else:
            criteria.append(criterion)
    bare = replace(query, criteria=tuple(criteria), sort=())
    found = searcher.find(("Observation",), bare, scope, lenient=lenient)
    matches: list[Stored] = []
    for group in group_by_code(found.matches):
        matches.extend(sorted(group, key=_moment, reverse=True)[:limit])
    ignored: set[str] = set(found.ignored)
    matches = sort(searcher.registry, "Observation", matches, query.sort, ignored if lenient else None)
    return Found(matches, found.includes, frozenset(ignored))

"""Searches over the resources that a caller may see.

A search looks at the resources of one type in a scope (a patient compartment or the whole store), keeps
those that match every criterion, then follows ``_include`` and ``_revinclude``. Strict: what is not
understood is refused with :class:`~harness.fhir.search.query.SearchError` (or ignored and left out of the
self link, when the caller says so).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harness.core.text import Text
from harness.fhir.search.criteria import Criteria
from harness.fhir.search.includes import check_includes, follow_includes
from harness.fhir.search.parameters import Registry
from harness.fhir.search.query import Query, SearchError
from harness.fhir.search.scope import Scope
from harness.fhir.search.sorting import sort
from harness.fhir.store import Stored

MAX_RESULTS = 20_000


@dataclass(frozen=True)
class Result:
    """Outcome of a search.

    :ivar matches: resources that match, sorted, on this page.
    :ivar included: resources added by includes, without duplicates.
    :ivar total: number of matches before paging.
    :ivar ignored: names of parameters that were not understood (only in lenient handling).
    """

    matches: list[Stored]
    included: list[Stored]
    total: int
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Searcher:
    """Executes searches with one registry.

    :param base: absolute base URL; absolute references that start with it count as local.
    :param now: for approximate (``ap``) dates.
    :param type_prefix: accept the own type before a parameter (``Patient.identifier`` on Patient).
    """

    registry: Registry
    base: str = ""
    now: datetime | None = None
    type_prefix: bool = False

    def run(self, kind: str, query: Query, scope: Scope, *, lenient: bool = False) -> Result:
        """Execute a search on one type.

        :raises SearchError: what is not understood or not supported.
        """
        ignored: set[str] = set()
        noted = ignored if lenient else None
        criteria = Criteria(self.registry, scope, self.base, self.now, self.type_prefix)
        predicates = criteria.predicates(kind, query.criteria, noted)
        found = scope.candidates(kind)
        for predicate in predicates:
            found = [stored for stored in found if predicate(stored)]
        if len(found) > MAX_RESULTS:
            raise SearchError(Text(nl="te veel resultaten", en="too many results"), code="too-costly")
        found = sort(self.registry, kind, list(found), query.sort, noted)
        includes = check_includes(self.registry, query.includes, noted)
        total = len(found)
        page = found[query.offset :]
        if query.count is not None:
            page = page[: query.count]
        included = follow_includes(self.registry, self.base, page, includes, scope) if includes else []
        return Result(page, included, total, frozenset(ignored))

"""Searches over the resources that a caller may see.

A search looks at the resources of one type (or of several) in a scope (a patient compartment or the whole
store), keeps those that match every criterion, then follows ``_include`` and ``_revinclude``. Strict: what is
not understood is refused with :class:`~harness.fhir.search.query.SearchError` (or ignored and left out of the
self link, when the caller says so).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.core.text import Text
from harness.fhir.search.criteria import Criteria, Predicate
from harness.fhir.search.includes import check_includes
from harness.fhir.search.parameters import Registry
from harness.fhir.search.query import Include, Query, SearchError
from harness.fhir.search.scope import Scope
from harness.fhir.search.sorting import sort
from harness.fhir.store import Stored

MAX_RESULTS = 20_000


@dataclass(frozen=True)
class Found:
    """What a search finds, before it is cut into pages.

    :ivar matches: all resources that match, sorted.
    :ivar includes: what is to be included with those of a page.
    :ivar ignored: names of parameters that were not understood (only in lenient handling).
    """

    matches: list[Stored]
    includes: list[Include]
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

    def find(
        self,
        kinds: Sequence[str],
        query: Query,
        scope: Scope,
        *,
        lenient: bool = False,
        only: Predicate | None = None,
    ) -> Found:
        """Everything of some types that a search finds.

        :param only: what a resource must meet besides the criteria.
        :raises SearchError: what is not understood or not supported.
        """
        ignored: set[str] = set()
        noted = ignored if lenient else None
        criteria = Criteria(self.registry, scope, self.base, self.now, self.type_prefix)
        found: list[Stored] = []
        for kind in kinds:
            some = scope.candidates(kind)
            predicates = criteria.predicates(kind, query.criteria, noted)
            for predicate in (*predicates, only) if only is not None else predicates:
                some = [stored for stored in some if predicate(stored)]
            found += some
        if len(found) > MAX_RESULTS:
            raise SearchError(Text(nl="te veel resultaten", en="too many results"), code="too-costly")
        found = sort(self.registry, kinds[0] if len(kinds) == 1 else "Resource", found, query.sort, noted)
        includes = check_includes(self.registry, query.includes, noted)
        return Found(found, includes, frozenset(ignored))

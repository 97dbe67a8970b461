"""An answer to any search against the reference record: what must be in it, and what must not.

A server may fill elements that the record does not have, and leave out others. So nobody is accused on an
element alone: what is *missing* must have been shown by the server itself, in answer to a query of the
standard, with content that fits the search; what should *not* be there must not fit the search as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from harness.fhir.search.query import Query, parse_query
from harness.fhir.search.scope import Scope
from harness.fhir.search.searcher import Searcher
from harness.fhir.store import Store
from harness.reference.oracle.expect import Expectation, expect_search
from harness.reference.oracle.rules import NOT_SELECTED
from harness.reference.oracle.selection import localised, search_registry
from harness.reference.reconcile.answers import answer_of
from harness.reference.reconcile.cell import Reconciliation
from harness.reference.reconcile.differences import Difference, Kind
from harness.reference.reconcile.known import Known
from harness.reference.record.model import Record
from harness.reference.searching.promise import SHAPING, Pairs, Promise
from harness.reference.searching.replies import Reply

SELECTION: Final[frozenset[Kind]] = frozenset({"foreign", "not-allowed", "missing", "duplicated", "unknown"})
"""Kinds of differences that are about whole resources."""


class Selection:
    """What searches must bring of one person on one day.

    :param known: all records, for who the owner is of what does not belong here.
    """

    def __init__(self, promise: Promise, record: Record, known: Known, day: date) -> None:
        self._promise, self._record, self._known, self._day = promise, record, known, day
        self._shown: dict[str, Mapping[str, Any]] = {}
        self._expected: dict[tuple[str, Pairs], Expectation] = {}

    def show(self, kind: str, pairs: Pairs, reply: Reply) -> None:
        """Learn what the server shows of each item in answer to a query of the standard."""
        cell, _ = self._reconciled(kind, pairs, reply)
        places = {given.place: given.resource for given in answer_of("search", [dict(reply.resource)]).given}
        for (_, place), key in cell.partners.items():
            self._shown.setdefault(key, places[place])

    def differences(self, kind: str, pairs: Pairs, reply: Reply) -> list[Difference]:
        """What is wrong with an answer that is whole, the worst first.

        :raises SearchError: the search is not understood.
        """
        _, found = self._reconciled(kind, pairs, reply)
        places = {given.place: given.resource for given in answer_of("search", [dict(reply.resource)]).given}
        return [
            item
            for item in found
            if item.kind in SELECTION
            and item.broken
            and not item.said
            and self._shows(item, kind, pairs, places)
        ]

    def _shows(
        self, item: Difference, kind: str, pairs: Pairs, places: Mapping[str, Mapping[str, Any]]
    ) -> bool:
        """Whether a difference is one of selection, and not of an element that a server is free to fill."""
        if item.kind == "missing":
            shown = self._shown.get(item.item)
            return shown is not None and _fits(kind, pairs, shown)
        if item.kind == "not-allowed" and item.rule == NOT_SELECTED.id:
            return item.place in places and not _fits(kind, pairs, places[item.place])
        return True

    def _reconciled(self, kind: str, pairs: Pairs, reply: Reply) -> tuple[Reconciliation, list[Difference]]:
        expected = self._expectation(kind, tuple(sorted(pair for pair in pairs if pair[0] not in SHAPING)))
        cell = Reconciliation(self._known, self._record)
        return cell, cell.run([(answer_of("search", [dict(reply.resource)]), expected)])

    def _expectation(self, kind: str, pairs: Pairs) -> Expectation:
        key = kind, pairs
        if key not in self._expected:
            self._expected[key] = expect_search(
                self._promise.standard, kind, urlencode(pairs), self._record, self._day
            )
        return self._expected[key]


def _fits(kind: str, pairs: Iterable[tuple[str, str]], resource: Mapping[str, Any]) -> bool:
    """Whether a resource is found by a search, as it is written and on the clock of Amsterdam."""
    query = parse_query(urlencode([pair for pair in pairs if pair[0] not in SHAPING]))
    return all(
        _found(kind, query, made)
        for made in ({**resource, "id": "1"}, {**localised(dict(resource)), "id": "1"})
    )


def _found(kind: str, query: Query, resource: dict[str, Any]) -> bool:
    store = Store()
    store.put(resource)
    return bool(Searcher(search_registry()).find([kind], query, Scope(store)).matches)

"""When a record that was loaded once is too old: the day on which a query starts to select something else.

What must come back stays right on any day; what a query can show does not: it needs something on both sides
of
its boundaries. Age is advice, and never a finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from harness.core.standards.queries import Query, load_queries
from harness.reference.oracle.expect import expect
from harness.reference.record.model import Record

HORIZON = 400
"""Days that are looked ahead: longer than any period that a query asks for."""


@dataclass(frozen=True)
class Reload:
    """From ``day`` on the answer to ``operation`` is no longer that of the day of loading.

    :ivar empty: whether nothing is left that must be in it.
    """

    operation: str
    day: date
    empty: bool


def reload_advice(standard: str, record: Record, horizon: int = HORIZON) -> list[Reload]:
    """The first day per query whose bounds move with the day, the earliest first."""
    found = []
    for query in load_queries(standard):
        if not query.search or not any("${" in value for _, value in query.params):
            continue
        first = _selected(standard, query, record, record.loaded)
        for day in _days(record.loaded, horizon):
            now = _selected(standard, query, record, day)
            if now != first:
                found.append(Reload(query.operation, day, bool(first) and not now))
                break
    return sorted(found, key=lambda item: (item.day, item.operation))


def _selected(standard: str, query: Query, record: Record, day: date) -> frozenset[str]:
    return frozenset(expect(standard, query, record, day).must)


def _days(start: date, horizon: int) -> Iterable[date]:
    return (start + timedelta(days=number) for number in range(1, horizon + 1))

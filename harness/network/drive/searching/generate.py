"""Searches that a server promises, as strategies: values are sampled from the record (or from what came),
never invented; days lie on an item, the day before and the day after. The first choice is the simplest one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from harness.fhir.search.values.dates import DateValue
from harness.fhir.search.values.prefixes import HIGH, LOW, split_prefix
from harness.fhir.search.values.tokens import TokenValue
from harness.fhir.store import Stored
from harness.reference.oracle.selection import search_registry
from harness.reference.searching.promise import Pairs, Promise

MAX_FILTERS: Final = 3
_DAY: Final = 86_400_000_000
_POINTS: Final = ("ge", "le")
"""Prefixes whose meaning for a period is read in one way."""
_NUMBER: Final = re.compile(r"\d{9}")
"""What could be a BSN is masked in a recording, so that nobody could judge the search."""
_SAFE: Final = "$-._~"


@dataclass(frozen=True)
class Search:
    """One search: ``GET kind?pairs``."""

    kind: str
    pairs: Pairs = ()

    def path(self, extra: Pairs = ()) -> str:
        """Path and search string, percent-encoded."""
        words = (
            f"{quote(name, safe=_SAFE)}={quote(value, safe=_SAFE)}" for name, value in (*self.pairs, *extra)
        )
        text = "&".join(words)
        return f"{self.kind}?{text}" if text else self.kind

    @property
    def size(self) -> tuple[int, int]:
        """How long it is; the judges show the smallest."""
        return len(self.pairs), len(self.path())


@dataclass(frozen=True)
class Narrower:
    """A search and one that asks for part of it."""

    wide: Search
    narrow: Search


class Pool:
    """Values that resources offer under their search parameters.

    :param resources: those of the record, else what was seen.
    """

    def __init__(self, resources: Iterable[Mapping[str, Any]]) -> None:
        self._stored: dict[str, list[Stored]] = {}
        for resource in resources:
            stored = Stored(dict(resource))
            self._stored.setdefault(stored.type, []).append(stored)

    def _values(self, kind: str, name: str) -> list[Any]:
        bound = search_registry().bind(kind, name)
        return [
            value
            for stored in self._stored.get(kind, ())
            for value in (bound.values(stored) if bound else ())
        ]

    def lying(self, kind: str, name: str) -> list[date]:
        """Days on which something begins or ends, the first one first."""
        found: set[date] = set()
        for value in self._values(kind, name):
            if isinstance(value, DateValue):
                found |= {_day(edge) for edge in (value.low, value.high) if LOW < edge < HIGH}
        return sorted(found)

    def days(self, kind: str, name: str) -> list[str]:
        """Days on which something lies, and those beside them."""
        found = set(self.lying(kind, name))
        around = {day + timedelta(days=step) for day in found for step in (-1, 0, 1)}
        return [
            day.isoformat() for day in sorted(around, key=lambda day: (day not in found, -day.toordinal()))
        ]

    def points(self, kind: str, name: str) -> bool:
        """Whether every value lies within a day."""
        values = [value for value in self._values(kind, name) if isinstance(value, DateValue)]
        return all(value.high - value.low < _DAY for value in values)

    def tokens(self, kind: str, name: str) -> list[str]:
        """Codes, with and without their system."""
        found: dict[str, None] = {}
        for value in self._values(kind, name):
            if isinstance(value, TokenValue) and value.code:
                if value.system:
                    found[f"{value.system}|{value.code}"] = None
                found[value.code] = None
        plain = (text for text in found if not set(",$\\").intersection(text) and not _NUMBER.search(text))
        return sorted(plain, key=lambda text: (len(text), text))


def _day(microseconds: int) -> date:
    return (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)).date()


def searches(promise: Promise, pool: Pool) -> SearchStrategy[Search] | None:
    """Searches that the server promises; ``None`` when it promises nothing besides the standard's own."""
    found = [one for kind in promise.kinds if (one := _of_kind(promise, pool, kind)) is not None]
    return st.one_of(found) if found else None


def edges(promise: Promise, own: Search, found: Iterable[Mapping[str, Any]]) -> list[Search]:
    """A search of the standard with a bound on the day of the last, and of the first, that it found."""
    pool, kind, made = Pool(found), own.kind, []
    for name in sorted(name for name, word in promise.parameters(kind).items() if word == "date"):
        days = pool.lying(kind, name)
        bounds = {"ge": days[-1], "le": days[0]} if days else {}
        for prefix, day in bounds.items():
            if prefix in promise.prefixes(kind, name):
                made.append(_merged(kind, own.pairs, [(name, f"{prefix}{day.isoformat()}")]))
    return made


def narrowed(promise: Promise, pool: Pool) -> SearchStrategy[Narrower] | None:
    """Searches with one more filter than another."""
    found = []
    for kind in promise.kinds:
        filters = _filters(promise, pool, kind)
        if filters:
            wide = _of_kind(promise, pool, kind)
            if wide is None:
                continue
            found.append(st.builds(_narrower, wide, st.one_of(filters)))
    return st.one_of(found) if found else None


def _narrower(wide: Search, extra: tuple[str, str]) -> Narrower:
    return Narrower(wide, Search(wide.kind, (*wide.pairs, extra)))


def _of_kind(promise: Promise, pool: Pool, kind: str) -> SearchStrategy[Search] | None:
    filters = _filters(promise, pool, kind)
    if not filters:
        return None
    chosen = st.lists(
        st.one_of(filters),
        min_size=1,
        max_size=MAX_FILTERS,
        unique_by=lambda pair: (pair[0], split_prefix(pair[1])[0] if pair[1][:2].isalpha() else ""),
    )
    own = st.sampled_from(sorted(promise.own(kind), key=len))
    return st.builds(lambda base, more: _merged(kind, base, more), own, chosen).flatmap(_reordered)


def _merged(kind: str, base: Pairs, more: list[tuple[str, str]]) -> Search:
    """The standard's own search with other values for the parameters that were chosen."""
    changed = {name for name, _ in more}
    return Search(kind, (*(pair for pair in base if pair[0] not in changed), *more))


def _reordered(search: Search) -> SearchStrategy[Search]:
    if len(search.pairs) < 2:
        return st.just(search)
    return st.permutations(search.pairs).map(lambda pairs: Search(search.kind, tuple(pairs)))


def _filters(promise: Promise, pool: Pool, kind: str) -> list[SearchStrategy[tuple[str, str]]]:
    found: list[SearchStrategy[tuple[str, str]]] = []
    for name, word in sorted(promise.parameters(kind).items(), key=lambda item: (item[1], item[0])):
        made = _dates(promise, pool, kind, name) if word == "date" else _codes(pool, kind, name)
        if made is not None:
            found.append(made)
    return found


def _dates(promise: Promise, pool: Pool, kind: str, name: str) -> SearchStrategy[tuple[str, str]] | None:
    days = pool.days(kind, name)
    plain = pool.points(kind, name)
    prefixes = [item for item in promise.prefixes(kind, name) if plain or item in _POINTS]
    if not days or not prefixes:
        return None
    return st.builds(
        lambda prefix, day: (name, f"{'' if prefix == 'eq' else prefix}{day}"),
        st.sampled_from(prefixes),
        st.sampled_from(days),
    )


def _codes(pool: Pool, kind: str, name: str) -> SearchStrategy[tuple[str, str]] | None:
    codes = pool.tokens(kind, name)
    if not codes:
        return None
    listed = st.lists(st.sampled_from(codes), min_size=1, max_size=3, unique=True)
    return listed.map(lambda some: (name, ",".join(some)))

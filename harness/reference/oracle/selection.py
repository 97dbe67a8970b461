"""What a query selects from a record: our own search, run twice where the time zone could matter.

A query that names a day is answered on the wall clock of each value, and on its date in Amsterdam; what only
one
of the two selects is on a boundary that the standard does not settle.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from harness.core.clock import AMSTERDAM
from harness.core.data import data_path
from harness.core.normal.moments import moment
from harness.fhir.model.types import load_model
from harness.fhir.search.includes import follow_includes
from harness.fhir.search.lastn import lastn
from harness.fhir.search.parameters import Registry, from_yaml, registry
from harness.fhir.search.query import Query, parse_query
from harness.fhir.search.scope import Scope
from harness.fhir.search.searcher import Found, Searcher
from harness.fhir.store import Store, Stored
from harness.reference.record.model import Record


@cache
def search_registry() -> Registry:
    """Search parameters of STU3 and of the Dutch standards."""
    return registry(load_model("3.0.2"), from_yaml(data_path("profiles", "search", "stu3.yaml")))


@dataclass(frozen=True)
class Selected:
    """Keys that a query selects.

    :ivar sure: whatever the time zone.
    :ivar boundary: in one reading of the time zone only, or one of several that are equally new.
    :ivar included: added by the includes of the query.
    """

    sure: frozenset[str]
    boundary: frozenset[str]
    included: frozenset[str]


def select(
    path: str, query: str, record: Record, allowed: Collection[str], certain: Collection[str]
) -> Selected:
    """What ``GET path?query`` selects from a record.

    :param path: ``Observation`` or ``Observation/$lastn``.
    :param query: search string, dates filled in.
    :param allowed: keys that may leave the HIS.
    :param certain: those of them that must, when they are selected.
    :raises SearchError: a query that is not understood.
    """
    parsed = parse_query(query)
    wall, local = _scopes(record)
    if path.endswith("/$lastn"):
        found = [_newest(parsed, scope, keys) for scope in (wall, local) for keys in (allowed, certain)]
    else:
        kind = path.split("/", 1)[0]
        found = [Searcher(search_registry()).find([kind], parsed, scope) for scope in (wall, local)]
    sets = [{item.key for item in result.matches if item.key in allowed} for result in found]
    ties = _ties(parsed, wall, found[0], allowed) if path.endswith("/$lastn") else set()
    sure = set.intersection(*sets) - ties
    scopes = (wall, local) if len(found) == 2 else (wall, wall, local, local)
    included = {
        item.key
        for result, scope in zip(found, scopes, strict=True)
        for item in follow_includes(search_registry(), "", result.matches, result.includes, scope)
        if item.key in allowed
    }
    return Selected(frozenset(sure), frozenset(set.union(*sets) | ties) - sure, frozenset(included))


def _newest(parsed: Query, scope: Scope, keys: Collection[str]) -> Found:
    store = Store()
    store.load(stored.resource for stored in scope.store if stored.key in keys or stored.type == "Patient")
    return lastn(Searcher(search_registry()), parsed, Scope(store, scope.patient), lenient=False)


def _ties(parsed: Query, scope: Scope, newest: Found, keys: Collection[str]) -> set[str]:
    """Those of the newest that share their instant with another of the same group."""
    criteria = tuple(item for item in parsed.criteria if item.name != "max")
    everything = Searcher(search_registry()).find(["Observation"], Query(parsed.pairs, criteria), scope)
    tied: set[str] = set()
    for chosen in newest.matches:
        when, codes = _instant(chosen), _codes(chosen)
        others = {
            item.key
            for item in everything.matches
            if item.key in keys and item.key != chosen.key and _instant(item) == when and codes & _codes(item)
        }
        if others:
            tied |= others | {chosen.key}
    return tied


def _instant(stored: Stored) -> str:
    found = moment(str(stored.resource.get("effectiveDateTime", "")))
    return (found.instant or found.day) if found else ""


def _codes(stored: Stored) -> set[tuple[str, str]]:
    concept = stored.resource.get("code")
    listed = concept.get("coding", ()) if isinstance(concept, dict) else ()
    return {(str(item.get("system")), str(item.get("code"))) for item in listed if isinstance(item, dict)}


def _scopes(record: Record) -> tuple[Scope, Scope]:
    """The record as it is written, and with every instant on Amsterdam's clock; kept with the record."""
    local = _LOCAL.get(record.store)
    if local is None:
        local = _LOCAL[record.store] = Store(record.store.through)
        local.load(localised(stored.resource) for stored in record.store)
    return record.scope, Scope(local, record.patient)


_LOCAL: WeakKeyDictionary[Store, Store] = WeakKeyDictionary()


def localised(value: Any) -> Any:
    """A resource with every instant written on the clock of Amsterdam; what has none is itself, no copy."""
    if isinstance(value, dict):
        changed = {key: new for key, item in value.items() if (new := localised(item)) is not item}
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [localised(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, str) and len(value) >= 17 and value[4:5] == "-" and value[10:11] == "T":
        found = moment(value)
        if found is not None and found.instant:
            local = datetime.fromisoformat(found.instant).replace(tzinfo=UTC).astimezone(AMSTERDAM)
            return local.isoformat()
    return value

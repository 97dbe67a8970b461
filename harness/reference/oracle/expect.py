"""What must, may and must not come back of a query of a standard, of one record, on one day.

::

    expected = expect("huisartsgegevens-2.0", query, record, day)
    expected.must                   # {"EpisodeOfCare/…": Item}
    expected.refusal("EpisodeOfCare/…")     # the rule that keeps it in
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Literal
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from harness.core.standards.queries import Query
from harness.core.tdates import TDates
from harness.fhir.store import LOCAL_REFERENCE, Store, Stored
from harness.medmij.age import may_collect
from harness.reference.oracle.rules import NOT_SELECTED, UNDER_AGE, Rule, Ruling, rule_on, rules_of
from harness.reference.oracle.selection import select
from harness.reference.record.model import Record

Part = Literal["match", "include"]

BESIDE = frozenset(
    {"Practitioner", "Organization", "PractitionerRole", "Location", "Medication", "Specimen", "Patient"}
)
"""Types that an answer may hold beside what was asked, when something in it refers to them."""


@dataclass(frozen=True)
class Item:
    """A resource that is expected.

    :ivar resource: as it may leave the HIS (a report without its S and O lines).
    """

    stored: Stored
    resource: dict[str, Any]
    part: Part


@dataclass(frozen=True)
class Expectation:
    """What an answer must and may hold; everything else of the record must not be in it.

    :ivar kind: resource type that was asked for.
    :ivar rulings: what the rules say of each resource of the record.
    :ivar displaced: what need not be there any more when what the person sent is.
    """

    kind: str
    must: Mapping[str, Item]
    may: Mapping[str, Item]
    rulings: Mapping[str, Ruling]
    displaced: frozenset[str] = frozenset()

    def item(self, key: str) -> Item | None:
        """What is expected under a key of the record, or ``None``."""
        return self.must.get(key) or self.may.get(key)

    def refusal(self, key: str) -> Rule:
        """Why a resource of the record should not be in the answer."""
        ruling = self.rulings.get(key)
        return ruling.rule if ruling and ruling.standing == "not" and ruling.rule else NOT_SELECTED

    def view(self, stored: Stored) -> dict[str, Any]:
        """A resource of the record as it may leave the HIS."""
        ruling = self.rulings.get(stored.key)
        return ruling.resource if ruling else stored.resource


def expect(standard: str, query: Query, record: Record, day: date) -> Expectation:
    """The expectation for one query (not one that reads, or sends).

    :param day: Amsterdam date of the request.
    :raises SearchError: the query is not understood.
    """
    pairs = query.resolved(TDates(day))
    return expect_search(standard, query.path, urlencode(pairs), record, day, query.operation)


def expect_search(
    standard: str, path: str, query: str, record: Record, day: date, operation: str = ""
) -> Expectation:
    """The expectation for ``GET path?query``.

    :param query: search string, percent-encoded, dates filled in.
    :param operation: name of the query in the standard, for rules that hold for some only.
    :raises SearchError: the query is not understood.
    """
    found = _expect(standard, path, query, record, day, operation)
    if not record.sent:
        return found
    # What was sent may be in the HIS already, and be the last one where the last one is asked.
    after = _expect(standard, path, query, _with_sent(record), day, operation)
    return replace(found, displaced=frozenset(found.must.keys() - after.must.keys()))


_AFTER: Final[WeakKeyDictionary[Store, Record]] = WeakKeyDictionary()


def _with_sent(record: Record) -> Record:
    """The record after all that its person sends in a run; kept with the record."""
    known = _AFTER.get(record.store)
    if known is not None and known.sent is record.sent:
        return known
    store = Store(record.store.through)
    store.load(stored.resource for stored in record.store)
    for number, resource in enumerate(record.sent):
        store.put({**resource, "id": f"harness-sent-{number}", "subject": {"reference": record.key}})
    after = _AFTER[record.store] = replace(record, store=store)
    return after


def _expect(standard: str, path: str, query: str, record: Record, day: date, operation: str) -> Expectation:
    rulings = rule_all(standard, record, day, operation)
    allowed = {key for key, ruling in rulings.items() if ruling.standing != "not"}
    certain = {key for key, ruling in rulings.items() if ruling.standing == "must"}
    found = select(path, query, record, allowed, certain)
    must: dict[str, Item] = {}
    may: dict[str, Item] = {}
    for keys, part in ((found.sure, "match"), (found.boundary, "match"), (found.included, "include")):
        for key in sorted(keys):
            stored = record.store.find(key)
            if stored is None or key in must or key in may:
                continue
            sure = key in certain and keys is not found.boundary
            item = Item(stored, rulings[key].resource, "match" if part == "match" else "include")
            (must if sure else may)[key] = item
    _beside(record, rulings, must, may)
    return Expectation(path.split("/", 1)[0], must, may, rulings)


@dataclass(frozen=True)
class _Ruled:
    """The rulings of one record, and what they follow from besides its resources."""

    withheld: object
    dangling: object
    rulings: dict[tuple[object, ...], Mapping[str, Ruling]] = field(default_factory=dict)


_KEPT: Final = 4
"""Rulings of one record that are kept: searches of our own ask for the same again and again, others once."""
_RULED: Final[WeakKeyDictionary[Store, _Ruled]] = WeakKeyDictionary()


def rule_all(standard: str, record: Record, day: date, operation: str = "") -> Mapping[str, Ruling]:
    """What the rules say of each resource of a record; decided once and kept with the record."""
    known = _RULED.get(record.store)
    if known is None or known.withheld is not record.withheld or known.dangling is not record.dangling:
        known = _RULED[record.store] = _Ruled(record.withheld, record.dangling)
    key = (standard, day, operation, record.richtlijn, record.key, len(record.store))
    if key not in known.rulings:
        if len(known.rulings) >= _KEPT:
            known.rulings.clear()
        known.rulings[key] = _ruled(standard, record, day, operation)
    return known.rulings[key]


def _ruled(standard: str, record: Record, day: date, operation: str) -> dict[str, Ruling]:
    rules = rules_of(standard)
    birth = record.birth
    if birth is not None and not may_collect(birth, day):
        return {stored.key: Ruling("not", UNDER_AGE, stored.resource) for stored in record}
    return {stored.key: rule_on(stored, rules, operation, record, day) for stored in record}


def _beside(
    record: Record, rulings: Mapping[str, Ruling], must: dict[str, Item], may: dict[str, Item]
) -> None:
    """What the expected resources refer to may be there as well."""
    pending = [item.stored for item in (*must.values(), *may.values())]
    while pending:
        for key in sorted(pending.pop().references):
            if not LOCAL_REFERENCE.fullmatch(key) or key in must or key in may:
                continue
            stored = record.store.find(key)
            if stored is not None and stored.type in BESIDE and rulings[key].standing != "not":
                may[key] = Item(stored, rulings[key].resource, "include")
                pending.append(stored)

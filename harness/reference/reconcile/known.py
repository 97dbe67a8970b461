"""All records that are known in a run, indexed by what their resources say."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import re2

from harness.core.normal.texts import folded
from harness.fhir.store import Stored
from harness.reference.content.facts import Fact, Facts, facts_of
from harness.reference.content.table import ContentTable, content_table
from harness.reference.record.checks import telling_texts
from harness.reference.record.model import Record

MARK = 6
"""Characters that a text needs to name its owner by itself."""
_MEMORY = 256 * 1024 * 1024
"""Bytes for the automaton that finds all texts of all records at once."""


@dataclass(frozen=True)
class Entry:
    """One resource of one record.

    :ivar weight: of all its facts together.
    """

    number: int
    record: Record
    stored: Stored
    facts: Facts
    weight: float = 0.0

    @property
    def key(self) -> str:
        """``Type/id`` in the record."""
        return self.stored.key


@dataclass
class Known:
    """The index. Built once per run; a few tenths of a millisecond per resource.

    :ivar weights: how much a fact tells, by fact: rare ones more.
    :ivar by_fact: numbers of the entries that have a fact.
    :ivar owners: person by text that only this person's record holds.
    """

    records: Sequence[Record]
    table: ContentTable
    entries: list[Entry] = field(default_factory=list)
    weights: dict[Fact, float] = field(default_factory=dict)
    by_fact: dict[Fact, list[int]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    _by_key: dict[tuple[str, str], Entry] = field(default_factory=dict)
    _pattern: Any = None

    def entry(self, person: str, key: str) -> Entry | None:
        """The entry of a key in a person's record."""
        return self._by_key.get((person, key))

    def weight(self, facts: Iterable[Fact]) -> float:
        """Weight of facts together; a fact that no record has weighs as much as the rarest."""
        weights, rare = self.weights, self.rare
        return sum(weights.get(fact, rare) for fact in facts)

    @property
    def rare(self) -> float:
        """Weight of a fact that one resource has."""
        return math.log(1 + max(1, len(self.entries)))

    def leaks(self, text: str, person: str) -> Iterator[tuple[str, str]]:
        """Texts in ``text`` that belong to others, or that this person's HIS should keep in, with their
        owner.
        """
        if self._pattern is None:
            return
        for match in self._pattern.finditer(text):
            found = match.group()
            owner = self.owners.get(found, "")
            if (owner and owner != person) or self.withheld.get(found) == person:
                yield found, owner


def index_records(records: Sequence[Record], table: ContentTable | None = None) -> Known:
    """Index the records of all persons of a run."""
    known = Known(records, table or content_table())
    counts: Counter[Fact] = Counter()
    made: list[tuple[Record, Stored, Facts]] = []
    for record in records:
        for stored in record:
            facts = facts_of(stored.resource, known.table)
            made.append((record, stored, facts))
            counts.update(facts)
    total = len(made)
    known.weights = {fact: math.log(1 + total / amount) for fact, amount in counts.items()}
    by_fact: dict[Fact, list[int]] = defaultdict(list)
    for number, (record, stored, facts) in enumerate(made):
        entry = Entry(number, record, stored, facts, sum(known.weights[fact] for fact in facts))
        known.entries.append(entry)
        known._by_key[record.person, stored.key] = entry
        for fact in facts:
            by_fact[fact].append(number)
    known.by_fact = dict(by_fact)
    _mark(known)
    return known


def _mark(known: Known) -> None:
    """Which texts name their owner, and which have to stay inside."""
    holders: dict[str, set[str]] = defaultdict(set)
    inside: dict[str, str] = {}
    outside: set[tuple[str, str]] = set()
    for record in known.records:
        for text in record.markers:
            holders[folded(text)].add(record.person)
        for stored in record:
            kept = stored.key in record.withheld
            for text in telling_texts(stored.resource):
                holders[text].add(record.person)
                if kept:
                    inside[text] = record.person
                else:
                    outside.add((record.person, text))
        for reference, facts in record.documents.items():
            for phrase in facts.text:
                holders[folded(phrase)].add(record.person)
                if reference in record.withheld:
                    inside[folded(phrase)] = record.person
    known.owners = {
        text: next(iter(who)) for text, who in holders.items() if len(who) == 1 and len(text) >= MARK
    }
    known.withheld = {text: who for text, who in inside.items() if (who, text) not in outside}
    words = sorted({*known.owners, *known.withheld}, key=len, reverse=True)
    if words:
        options = re2.Options()
        options.max_mem = _MEMORY
        known._pattern = re2.compile("|".join(map(re2.escape, words)), options)


def strings_of(node: Any) -> Iterator[str]:
    """Every text in a resource, folded, but for its bytes."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in ("content", "data", "meta") or not isinstance(value, str):
                yield from strings_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from strings_of(item)
    elif isinstance(node, str):
        yield folded(node)

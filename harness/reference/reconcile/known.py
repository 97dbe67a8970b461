"""All records that are known in a run, indexed by what their resources say."""

from __future__ import annotations

import html
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import re2

from harness.core.normal.texts import document_text, words_of
from harness.fhir.store import Stored
from harness.reference.content.facts import Fact, Facts, facts_of
from harness.reference.content.table import ContentTable, content_table
from harness.reference.content.wording import Wording
from harness.reference.reconcile.marks import NO_MARKS, Marks, marks_of
from harness.reference.record.model import Record

_PAGE = 40
"""Characters of a text that is long enough to have blanks."""
_BARE = 12
"""Characters that a text needs when blanks do not count."""
_MEMORY = 256 * 1024 * 1024
"""Bytes for the automaton that finds all texts of all records at once."""


Identifiers = frozenset[tuple[str, str]]
"""System and value of each."""


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
    identifiers: Identifiers = frozenset()

    @property
    def key(self) -> str:
        """``Type/id`` in the record."""
        return self.stored.key


@dataclass
class Known:
    """The index. Built once per run; a few tenths of a millisecond per resource.

    :ivar weights: how much a fact tells, by fact: rare ones more.
    :ivar by_fact: numbers of the entries that have a fact.
    :ivar marks: texts that name their owner, and texts that have to stay inside.
    """

    records: Sequence[Record]
    table: ContentTable
    entries: list[Entry] = field(default_factory=list)
    weights: dict[Fact, float] = field(default_factory=dict)
    by_fact: dict[Fact, list[int]] = field(default_factory=dict)
    marks: Marks = NO_MARKS
    _by_key: dict[tuple[str, str], Entry] = field(default_factory=dict)
    _patterns: dict[str, tuple[Any, dict[str, str]]] = field(default_factory=dict)
    _bare: dict[str, tuple[Any, dict[str, str]]] = field(default_factory=dict)

    def entry(self, person: str, key: str) -> Entry | None:
        """The entry of a key in a person's record."""
        return self._by_key.get((person, key))

    @cached_property
    def wording(self) -> Wording:
        """The words of every code in the records."""
        return Wording(entry.stored.resource for entry in self.entries)

    @property
    def rare(self) -> float:
        """Weight of a fact that one resource has."""
        return math.log(1 + max(1, len(self.entries)))

    def leaks(self, text: str, person: str) -> Iterator[tuple[str, str]]:
        """Texts in ``text`` (see :func:`plain_text`) that belong to others, or that this person's HIS should
        keep in, with their owner. Capitals and punctuation do not hide them.
        """
        if person not in self._patterns:
            self._patterns[person] = self._pattern(person)
        pattern, said = self._patterns[person]
        text = text.casefold() if said else ""
        for match in pattern.finditer(text) if said else ():
            if _is_whole(text, match.start(), match.end()):
                found = said[words_of(match.group())]
                yield found, self.marks.owners.get(found, "")

    def found_in(self, text: str, person: str) -> Iterator[tuple[str, str]]:
        """:meth:`leaks` of a text that is no JSON, for an answer to ``person``; the owner is always named.

        A text with hardly any blanks is searched without: that is how documents come.
        """
        text = text.encode("utf-8", "replace").decode()  # bytes that are no UTF-8 break the automaton
        encoded = msgspec.json.encode(text)
        seen: set[str] = set()
        for found, owner in self.leaks(plain_text(encoded), person):
            seen.add(found)
            yield found, owner or person
        if len(text) > _PAGE and text.count(" ") * 20 < len(text):
            if person not in self._bare:
                self._bare[person] = self._pattern(person, bare=True)
            pattern, said = self._bare[person]
            for match in pattern.finditer(document_text(text).casefold()) if said else ():
                found = said[match.group()]
                if found not in seen:
                    yield found, self.marks.owners.get(found, "") or person

    def _pattern(self, person: str, bare: bool = False) -> tuple[Any, dict[str, str]]:
        """What finds all texts that may not be in an answer to a person, and which text each form is of: its
        words, or, ``bare``, as texts of documents are compared.
        """
        texts = self.marks.not_for(person)
        if bare:
            forms = {text: document_text(text) for text in texts}
            said = {form.casefold(): text for text, form in forms.items() if len(form) >= _BARE}
        else:
            said = {words_of(plain_text(text.encode())): text for text in texts}
            said.pop("", None)
        options = re2.Options()
        options.max_mem = _MEMORY
        ordered = sorted(said, key=len, reverse=True)
        return re2.compile("|".join(map(_between_words, ordered)), options), said


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
        weight = sum(known.weights[fact] for fact in facts)
        entry = Entry(number, record, stored, facts, weight, identifiers_of(stored.resource))
        known.entries.append(entry)
        known._by_key[record.person, stored.key] = entry
        for fact in facts:
            by_fact[fact].append(number)
    known.by_fact = dict(by_fact)
    known.marks = marks_of(records)
    return known


def _between_words(form: str) -> str:
    """What finds these words, whatever punctuation stands between them."""
    return _PUNCTUATION.join(map(re2.escape, form.split(" ")))


_PUNCTUATION = r"[ -/:-@\[-^`{-~]+"
"""ASCII without letters, digits and the underscore; one class of single bytes keeps the automaton small."""


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a part of a text does not begin or end within a word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() and text[start].isalnum()) and not (
        after.isalnum() and text[end - 1].isalnum()
    )


def identifiers_of(resource: dict[str, Any]) -> Identifiers:
    """The identifiers of a resource: they decide between equals, and nothing else."""
    found = resource.get("identifier")
    return frozenset(
        (str(item.get("system")), str(item["value"]))
        for item in (found if isinstance(found, list) else [found])
        if isinstance(item, dict) and isinstance(item.get("value"), str)
    )


def plain_text(encoded: bytes) -> str:
    """What an encoded resource says: JSON with line breaks, entities and runs of blanks folded."""
    text = encoded.decode().replace("\\n", " ").replace("\\t", " ").replace("\\r", " ")
    if "&" in text:
        text = html.unescape(text)
    return " ".join(text.split())

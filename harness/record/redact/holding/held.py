"""What the reference records of a run hold of people, in the normal forms in which answers are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from harness.core.normal.people import NAME_WORD, contact_point, name_words
from harness.core.normal.texts import folded, narrative, words_of
from harness.record.redact.holding.groups import Group, tells
from harness.record.redact.holding.in_json import values_in

_WORD: Final = re.compile(r"\w+")
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_DIGIT: Final = re.compile(r"[0-9]", re.ASCII)
_ACT: Final = re.compile(
    r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:urn:oid:)?[0-2](?:\.[0-9]{1,20}){3,40}"
    r"|[0-9]{1,8}",
    re.ASCII | re.I,
)
"""Identifiers that name nobody: UUIDs, OIDs, short numbers."""
_FEW: Final = 6


@dataclass(frozen=True)
class Held:
    """What records hold, by group.

    :ivar coded: elements of FHIR that hold no words: codes, dates, numbers, addresses of things.
    :ivar persons: ids of those who have a record.
    :ivar names: words of names; ``addresses``: words of addresses; the others are whole values.
    """

    coded: frozenset[str]
    persons: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    births: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()

    def keeps(self, group: Group, value: str) -> bool:
        """Whether a value may stay in a document of a declared person."""
        if group == "member":
            return False
        if group == "label":
            return not tells(value) or self._says(value)
        if group == "name":
            return self.names.issuperset(word for word in name_words(value) if len(word) > 1)
        if group == "address":
            return self.addresses.issuperset(word for word in _words(value) if len(word) > 1)
        if group == "contact":
            return _contact(value) in self.contacts
        if group == "birth":
            return any(birth.startswith(value) for birth in self.births)
        if group == "identifier":
            return _ACT.fullmatch(value) is not None or folded(value) in self.identifiers
        return self._says(value)

    def without(self, group: Group, value: str, tag: Callable[[str], str]) -> str:
        """What may be written of a value that may not stay: of a name or address the words that are known,
        for a judge compares them word by word.
        """
        if group not in ("name", "address") or not self._knows(group, value):
            return tag(value)
        pattern = NAME_WORD if group == "name" else _WORD

        def word(found: re.Match[str]) -> str:
            said = found.group()
            number = "0" if group == "address" and _DIGIT.search(said) else ""  # the number of a house
            return said if self.keeps(group, said) else tag(said) + number

        return pattern.sub(word, value)

    def _knows(self, group: Group, value: str) -> bool:
        """Whether any word of a name or address is one that records hold."""
        known, words = (self.names, name_words(value)) if group == "name" else (self.addresses, _words(value))
        return not known.isdisjoint(words)

    def _says(self, text: str) -> bool:
        """Whether a record has a text, whatever its capitals and punctuation; or it is hardly one."""
        words = words_of(folded(text))
        return words in self.texts or (_LETTERS.search(words) is None and len(_DIGIT.findall(words)) <= _FEW)


def _contact(value: str) -> str:
    return contact_point({"value": value})


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(text).casefold())


def held_by(
    resources: Iterable[Mapping[str, Any]], coded: frozenset[str], persons: Iterable[str] = ()
) -> Held:
    """What these resources hold.

    :param persons: those whose records they are.
    """
    names: set[str] = set()
    addresses: set[str] = set()
    whole: dict[Group, set[str]] = {group: set() for group in ("contact", "identifier", "birth", "text")}
    for resource in resources:
        for group, value in values_in(resource, coded):
            if group == "name":
                names |= name_words(value)
            elif group == "address":
                addresses.update(_words(value))
                addresses.update(_words(value.replace(" ", "")))
            elif group == "contact":
                whole[group].add(_contact(value))
            elif group in ("identifier", "birth"):
                whole[group].add(folded(value))
            said = narrative(value) if group == "narrative" else value
            whole["text"].add(words_of(folded(said)))
    return Held(
        coded,
        frozenset(persons),
        frozenset(names),
        frozenset(addresses),
        frozenset(whole["contact"]),
        frozenset(whole["identifier"]),
        frozenset(whole["birth"]),
        frozenset(whole["text"]),
    )

"""What the reference records of a run hold of people, in the normal forms in which answers are compared."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha1, sha256
from typing import Any, Final

from harness.core.normal.people import NAME_WORD, contact_point, name_words
from harness.core.normal.texts import folded, narrative, words_of
from harness.record.redact.holding.groups import HOLDING, Group, tells
from harness.record.redact.holding.in_json import values_in
from harness.record.redact.letters import word_parts

_WORD: Final = re.compile(r"\w+")
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_DIGIT: Final = re.compile(r"\d")
_ACT: Final = re.compile(
    r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:urn:oid:)?[0-2](?:\.[0-9]{1,20}){3,40}"
    r"|[0-9]{1,8}",
    re.ASCII | re.I,
)
"""Identifiers that name nobody: UUIDs, OIDs, short numbers."""
_FEW: Final = 6
STEM: Final = 4
_ERROR: Final = re.compile(r"\S+")
_ALL: Final = re.compile(r".+", re.S)
_WORDS: Final = {"name": NAME_WORD, "address": _WORD, "error": _ERROR}
_LETTER: Final = re.compile(r"[^\W\d_]+")
_HOLDING: Final = tuple(scheme.decode() for scheme in HOLDING)
_SAMPLES: Final = re.compile(r"[0-9EUL. +-]*", re.ASCII)
"""The data of measurements (SampledData)."""
_CODED: Final = re.compile(r"(?:[A-Za-z0-9+/]{4}|\s)*(?:[A-Za-z0-9+/]{2}(?:==|[A-Za-z0-9+/]=))?\s*", re.ASCII)


@dataclass(frozen=True)
class Held:
    """What records hold, by group.

    :ivar coded: elements of FHIR that hold no words: codes, dates, numbers, addresses of things.
    :ivar persons: ids of those who have a record.
    :ivar names: words of names; ``addresses``: words of addresses; ``stems``: how words of texts begin;
        ``documents``: their SHA-256, ``sums`` their SHA-1 in base64; ``protocol``: words of FHIR and
        of errors; the others are whole values.
    """

    coded: frozenset[str]
    persons: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    births: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    sums: frozenset[str] = frozenset()
    protocol: frozenset[str] = frozenset()

    def keeps(self, group: Group, value: str) -> bool:
        """Whether a value may stay in a document of a declared person."""
        if group in ("member", "code"):
            return False
        if group == "uri":
            return not value.lower().lstrip().startswith(_HOLDING)
        if group == "data":
            return _SAMPLES.fullmatch(value) is not None or _digest(value) in self.documents
        if group == "sum":
            return "".join(value.split()) in self.sums
        if group == "error":
            plain = not tells(value) and all(map(self._plain, _ERROR.findall(value)))
            return plain or self._says(value)
        if group == "display":
            return not tells(value) or self._says(value)
        if group == "label":
            return self._says(value) or (not tells(value) and not self.stems.isdisjoint(_stems(value)))
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
        """What may be written of a value that may not stay: of a name, an address and an error the words that
        are known, for a judge compares them word by word.
        """

        def word(found: re.Match[str]) -> str:
            said = found.group()
            number = "0" if group == "address" and _DIGIT.search(said) else ""  # the number of a house
            return said if self.keeps(group, said) else tag(said) + number

        whole = not self._knows(group, value) or (group == "error" and tells(value))
        return _ALL.sub(word, value, count=1) if whole else _WORDS.get(group, _ALL).sub(word, value)

    def _plain(self, word: str) -> bool:
        """Whether a word of an error names nobody: one of FHIR or of errors, or hardly one."""
        parts = _LETTER.findall(word)
        said = {part.casefold() for whole in parts for part in word_parts(whole) or [whole] if len(part) > 1}
        return len(_DIGIT.findall(word)) < 4 and said <= self.protocol

    def _knows(self, group: Group, value: str) -> bool:
        """Whether any word of a name or an address is one that records hold, or of an error one of errors."""
        if group == "error":
            return any(map(self._plain, _ERROR.findall(value)))
        if group == "name":
            return not self.names.isdisjoint(name_words(value))
        return group == "address" and not self.addresses.isdisjoint(_words(value))

    def _says(self, text: str) -> bool:
        """Whether a record has a text, whatever its capitals and punctuation; or it is hardly one."""
        words = words_of(folded(text))
        return words in self.texts or (_LETTERS.search(words) is None and len(_DIGIT.findall(words)) <= _FEW)


def _digest(data: str) -> str:
    """The SHA-256 of what base64 holds."""
    document = _decoded(data)
    return sha256(document).hexdigest() if document is not None else ""


def _decoded(data: str) -> bytes | None:
    return base64.b64decode("".join(data.split())) if _CODED.fullmatch(data) else None


def sum_of(document: bytes) -> str:
    """The hash that FHIR gives of a document: SHA-1 in base64."""
    return base64.b64encode(sha1(document, usedforsecurity=False).digest()).decode()


def _stems(text: str) -> list[str]:
    """How the words of a text begin: a concept may be called otherwise, but something of it is the same."""
    return [word[:STEM] for word in words_of(folded(text)).split() if len(word) >= STEM]


def _contact(value: str) -> str:
    return contact_point({"value": value})


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(text).casefold())


def held_by(
    resources: Iterable[Mapping[str, Any]],
    coded: frozenset[str],
    persons: Iterable[str] = (),
    protocol: frozenset[str] = frozenset(),
    documents: Iterable[bytes] = (),
) -> Held:
    """What these resources hold.

    :param persons: those whose records they are.
    :param documents: those that are nobody's, besides.
    """
    names: set[str] = set()
    addresses: set[str] = set()
    stems: set[str] = set()
    whole: dict[Group, set[str]] = {
        group: set() for group in ("contact", "identifier", "birth", "text", "sum")
    }
    papers = list(documents)
    for resource in resources:
        for group, value in values_in(resource, coded):
            if group == "data":
                papers.append(_decoded(value) or b"")
                continue
            if group == "name":
                names |= name_words(value)
            elif group == "address":
                addresses.update(_words(value))
                addresses.update(_words(value.replace(" ", "")))
            elif group == "contact":
                whole[group].add(_contact(value))
            elif group in ("identifier", "birth", "sum"):
                whole[group].add(folded(value))
            said = narrative(value) if group == "narrative" else value
            whole["text"].add(words_of(folded(said)))
            if group in ("label", "display", "text"):
                stems.update(_stems(said))
    return Held(
        coded,
        frozenset(persons),
        frozenset(names),
        frozenset(addresses),
        frozenset(whole["contact"]),
        frozenset(whole["identifier"]),
        frozenset(whole["birth"]),
        frozenset(whole["text"]),
        frozenset(stems),
        frozenset(sha256(paper).hexdigest() for paper in papers),
        frozenset(whole["sum"].union(map(sum_of, papers))),
        protocol,
    )

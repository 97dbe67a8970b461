"""Which words name what in the known records.

A server may use other words, but not those of something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

from harness.core.normal import codes
from harness.core.normal.codes import concept_text
from harness.core.normal.people import human_name, name_text, name_words
from harness.core.normal.texts import folded, words_of

_QUANTITY = frozenset({"value", "unit"})
_SPAN = 4
"""Words of a text that names one thing."""
_STEM = 4
"""Letters by which words are akin."""
_PERSONS = frozenset({"Practitioner", "Patient", "RelatedPerson"})
_THINGS = frozenset({"Medication", "EpisodeOfCare", "Condition", "DocumentReference"})
"""Types of which the display of a reference says which one it is; others have common names."""


Told = Literal["", "garbled", "opposite", "named", "other", "unlike"]
"""What another name comes to: nothing; in a wrong character set; the opposite; the name of another code; that
of another resource; like none that is known."""


class Wording:
    """Displays and texts of codes, words of units, and displays of references.

    :param resources: those of all known records.
    :ivar told: what names came to that were judged before, by what they name, the record's words and theirs.
    """

    def __init__(self, resources: Iterable[Mapping[str, Any]] = ()) -> None:
        self._codes: dict[tuple[str, str], set[str]] = {}
        self._units: dict[tuple[str, str], set[str]] = {}
        self._references: dict[tuple[str, str], set[str]] = {}
        self._called: dict[tuple[str, str], frozenset[str]] = {}
        self._words: set[str] = set()
        self.told: dict[tuple[Any, ...], Told] = {}
        self._stems: dict[tuple[bool, tuple[str, str]], frozenset[str]] = {}
        for resource in resources:
            self._learn(resource)
            self._learn_names(resource)

    def _learn_names(self, resource: Mapping[str, Any]) -> None:
        """What a resource itself is called by: its name, its text, the words of its code."""
        itself = str(resource.get("resourceType")), str(resource.get("id"))
        names = resource.get("name")
        for one in names if isinstance(names, list) else [names]:
            self._said(self._references, itself, name_text(one) or human_name(one) or one)
        self._said(self._references, itself, resource.get("valueString"))
        self._said(self._references, itself, concept_text(resource.get("code")) or None)

    def _learn(self, resource: Mapping[str, Any]) -> None:
        stack: list[Any] = [resource]
        while stack:
            node = stack.pop()
            if isinstance(node, list):
                stack.extend(node)
                continue
            if not isinstance(node, dict):
                continue
            stack.extend(node.values())
            self._learn_words(node)
            found = codes.codings(node)
            for one in found:
                self._said(self._codes, one, node.get("text"))

    def _learn_words(self, node: Mapping[str, Any]) -> None:
        found = codes.coding(node)
        if found is not None:
            self._said(self._codes, found, node.get("display"))
            if node.keys() >= _QUANTITY:
                self._said(self._units, found, node.get("unit"))
        target = _target(node)
        if target is not None:
            self._said(self._references, target, node.get("display"))

    def _said(self, table: dict[tuple[str, str], set[str]], what: tuple[str, str], words: Any) -> None:
        if what[0] and isinstance(words, str):
            form = folded(words).lower()
            self._words.add(form)
            table.setdefault((what[0], form), set()).add(what[1])
            if table is self._references:
                self._called[what] = self._called.get(what, frozenset()) | _words(words)

    def knows(self, words: str) -> bool:
        """Whether the records use these words for anything."""
        return folded(words).lower() in self._words

    def names_another(self, coding: Mapping[str, Any], words: str) -> bool:
        """Whether these words are those of another code of the same system, and not of this one."""
        return _of_another(self._codes, codes.coding(coding), words)

    def tells_of_another(self, codings: Iterable[Mapping[str, Any]], words: str) -> bool:
        """Whether a few words hold the name of other codes of a system of these, and none that names one of
        these.
        """
        said = folded(words).lower().split(" ")
        if len(said) > _SPAN:
            return False  # a sentence may speak of anything
        spans = {
            " ".join(said[start:end]) for start in range(len(said)) for end in range(start + 1, len(said) + 1)
        }
        another = False
        for one in codings:
            found = codes.coding(one)
            if found is None or not found[0]:
                continue
            known = [self._codes[found[0], span] for span in spans if (found[0], span) in self._codes]
            if any(found[1] in those for those in known) or _words(one.get("display")) & set(said):
                return False
            another = another or bool(known)
        return another

    def is_patient(self, words: str) -> bool:
        """Whether these words are the name of a known patient."""
        return ("Patient", folded(words).lower()) in self._references

    def unit_of_another(self, quantity: Mapping[str, Any], words: str) -> bool:
        """Whether these words are those of another unit than the code of this quantity."""
        return _of_another(self._units, codes.coding(quantity), words)

    def refers_to_another(self, reference: Mapping[str, Any], words: str) -> bool:
        """Whether these words are those of another resource of the type of this reference, and no other way
        to call this one: a person has a word in common with them, a thing has them all or only them.
        """
        target = _target(reference)
        if target is None or not _of_another(self._references, target, words):
            return False
        called = self._called.get(target, frozenset()) | _words(reference.get("display"))
        said = _words(words)
        if target[0] in _PERSONS:
            return not called & said
        return target[0] in _THINGS and not (called <= said or said <= called)

    def unlike_any(self, named: Mapping[str, Any], words: str) -> bool:
        """Whether these words have nothing in common with any that the records use for this code, or for what
        is referred to: not the beginning of one word, nor the code itself.
        """
        found, target = codes.coding(named), _target(named)
        table, what = (self._codes, found) if found is not None else (self._references, target)
        if what is None or (table is self._references and what[0] not in _THINGS):
            return False  # people are called in many ways
        ours = self._stems.get((table is self._codes, what))
        if ours is None:
            known = [form for (where, form), names in table.items() if where == what[0] and what[1] in names]
            ours = _stems(" ".join((*known, what[1]))) if known else frozenset()
            self._stems[table is self._codes, what] = ours
        return bool(ours) and not (ours | _stems(str(named.get("display") or ""))) & _stems(words)


def _of_another(table: Mapping[tuple[str, str], set[str]], what: tuple[str, str] | None, words: str) -> bool:
    if what is None:
        return False
    known = table.get((what[0], folded(words).lower()), set())
    return bool(known) and what[1] not in known


def _words(text: Any) -> frozenset[str]:
    return name_words(text) if isinstance(text, str) else frozenset()


def _stems(text: str) -> frozenset[str]:
    """The beginnings of the words of a text."""
    return _short_stems(text) if len(text) <= _SHORT else _all_stems(text)


def _all_stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in words_of(text).split())


_short_stems = lru_cache(maxsize=4_096)(_all_stems)
_SHORT = 200
"""Characters of a text that is remembered."""


def _target(node: Mapping[str, Any]) -> tuple[str, str] | None:
    """Type and id of a reference to a resource of its own."""
    text = node.get("reference")
    if not isinstance(text, str) or text.startswith(("#", "urn:")):
        return None
    kind, _, name = "/".join(text.rsplit("/", 2)[-2:]).partition("/")
    return (kind, name) if name else None


NO_WORDING = Wording()
"""Nothing is known."""

"""Texts that say whose they are, and texts that have to stay in the HIS, in whatever case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from harness.core.normal.people import human_name, may_be_called
from harness.core.normal.texts import folded, words_of
from harness.reference.record.checks import telling_texts
from harness.reference.record.model import Record

MARK = 6
"""Characters that an invented text needs to name its owner by itself."""
WORDS, LETTERS = 5, 30
"""Words and characters of a sentence that one person's record holds and no other is likely to."""
KEPT_WORDS, KEPT_LETTERS = 2, 12
"""The same for a text that has to stay inside: that of this person, in answers about this person."""
PART_WORDS, PART_LETTERS = 4, 22
"""Words in a row, and their characters, by which a part of such a text is recognised."""
_COMMON: Final = frozenset(
    {
        "de",
        "het",
        "een",
        "van",
        "voor",
        "met",
        "bij",
        "aan",
        "op",
        "in",
        "en",
        "of",
        "te",
        "ten",
        "der",
        "is",
        "the",
        "a",
    }
)
"""Words that say nothing."""
PRACTICE: Final = frozenset({"Practitioner", "Organization", "PractitionerRole", "Location", "Medication"})
"""Types that say nothing of a person."""


@dataclass(frozen=True)
class Marks:
    """What texts of some records say.

    :ivar owners: person by text that only this person's record holds.
    :ivar withheld: persons by text that must not be in answers about them.
    :ivar own: all texts of a person, in lower case.
    :ivar names: HumanNames of each person.
    """

    owners: Mapping[str, str]
    withheld: Mapping[str, frozenset[str]]
    own: Mapping[str, str]
    names: Mapping[str, Sequence[Any]]

    def not_for(self, person: str) -> list[str]:
        """Texts that may not be in an answer about a person: those of others, and what stays inside.

        A text of another person that stands in one of this person's (a name with its initials), or by which
        this person may be called too, accuses nobody.
        """
        own, names = self.own.get(person, ""), self.names.get(person, ())
        others = (text for text, owner in self.owners.items() if owner != person)
        foreign = (
            text
            for text in others
            if text.casefold() not in own and not any(may_be_called(name, text) for name in names)
        )
        return [*foreign, *(text for text, who in self.withheld.items() if person in who)]


NO_MARKS = Marks({}, {}, {}, {})
"""Nothing is known."""


@dataclass
class _Seen:
    """What the records hold, by texts in lower case."""

    holders: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    spelled: dict[str, str] = field(default_factory=dict)
    inside: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    outside: set[tuple[str, str]] = field(default_factory=set)
    terms: set[str] = field(default_factory=set)
    names: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def hold(self, text: str, person: str) -> str:
        """Note whose record holds a text; gives it in lower case."""
        form = text.casefold()
        self.spelled.setdefault(form, text)
        self.holders[form].add(person)
        return form

    def look(self, record: Record) -> None:
        """Note the texts of a record."""
        person = record.person
        for text in record.markers:
            self.hold(folded(text), person)
        for stored in record:
            self.terms.update(_terms(stored.resource))
            if stored.type == "Patient":
                listed = stored.resource.get("name")
                self.names[person] += listed if isinstance(listed, list) else []
            if stored.type in PRACTICE:
                self.terms.update(text.casefold() for text in telling_texts(stored.resource))
                continue
            for text in telling_texts(_said(stored.resource)):
                form = self.hold(text, person)
                if stored.key in record.withheld:
                    self.inside[form].add(person)
                else:
                    self.outside.add((person, form))
        for reference, facts in record.documents.items():
            for phrase in facts.text:
                form = self.hold(folded(phrase), person)
                if reference in record.withheld:
                    self.inside[form].add(person)

    def own(self) -> dict[str, str]:
        """All texts and names of each person."""
        texts: dict[str, list[str]] = defaultdict(list)
        for form, who in self.holders.items():
            for person in who:
                texts[person].append(form)
        for person, listed in self.names.items():
            texts[person] += map(human_name, listed)
        return {person: "\x1f".join(found) for person, found in texts.items()}

    def kept(self) -> dict[str, frozenset[str]]:
        """Texts, and parts of them, that only stand in what is withheld."""
        found: dict[str, frozenset[str]] = {}
        parts: dict[str, set[str]] = defaultdict(set)
        shown = self._shown()
        for form, who in self.inside.items():
            persons = frozenset(person for person in who if (person, form) not in self.outside)
            if persons and form not in self.terms and _tells(form, KEPT_WORDS, KEPT_LETTERS):
                found[self.spelled[form]] = persons
                for part in _parts(form):
                    parts[part] |= {person for person in persons if f" {part} " not in shown[person]}
        for part, left in parts.items():
            if left and part not in found:
                found[part] = frozenset(left)
        return found

    def _shown(self) -> dict[str, str]:
        """The words of everything that a person may see, and of all terms."""
        texts: dict[str, list[str]] = defaultdict(list)
        for person, form in self.outside:
            texts[person].append(words_of(form))
        terms = [words_of(term) for term in self.terms]
        persons = {person for who in self.inside.values() for person in who}
        return {person: f" {' | '.join([*texts[person], *terms])} " for person in persons}


def marks_of(records: Sequence[Record]) -> Marks:
    """The marks of all records of a run: what may stand in anybody's record is none."""
    seen = _Seen()
    for record in records:
        seen.look(record)
    owners = {
        seen.spelled[form]: next(iter(who))
        for form, who in seen.holders.items()
        if len(who) == 1 and form not in seen.terms and _tells(form, WORDS, LETTERS)
    }
    return Marks(owners, seen.kept(), seen.own(), seen.names)


def _tells(text: str, words: int, letters: int) -> bool:
    """Whether a text says whose it is: invented, or a sentence. A term may stand in anybody's record."""
    invented = "_" in text and len(text) >= MARK
    return invented or (len(text) >= letters and text.count(" ") >= words - 1)


def _parts(text: str) -> Iterator[str]:
    """Each few words in a row that tell."""
    words = words_of(text).split()
    for start in range(len(words) - PART_WORDS + 1 if len(words) > PART_WORDS else 0):
        part = words[start : start + PART_WORDS]
        if len(" ".join(part)) >= PART_LETTERS and sum(word in _COMMON for word in part) < len(part) / 2:
            yield " ".join(part)


def _said(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource without what programs write by themselves: its narrative, and how a medicine is taken."""
    return {key: value for key, value in resource.items() if key not in ("text", "dosageInstruction")}


def _terms(node: Any) -> Iterator[str]:
    """Names of codes and of practices, in lower case."""
    if isinstance(node, dict):
        words, target = node.get("display"), str(node.get("reference") or "Practitioner/")
        if isinstance(words, str) and ("code" in node or target.split("/")[-2:][0] in PRACTICE):
            yield folded(words).casefold()
        for value in node.values():
            yield from _terms(value)
    elif isinstance(node, list):
        for item in node:
            yield from _terms(item)

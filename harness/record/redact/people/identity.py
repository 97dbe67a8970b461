"""Whose record a FHIR document is: decided before anything in it is masked.

A Patient resource tells by birth date, family name and BSN. A document without one tells by the Patients that
it refers to, as far as they were seen before in the same cell.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, Literal

from harness.core.run.exchanges import Belongs, Identity
from harness.record.redact.documents.parts import PatientFacts, People
from harness.record.redact.people.persons import DeclaredPerson, Persons
from harness.record.redact.tag import Tags

_REMEMBERED: Final = 2_000
"""Patients that are remembered per cell."""
FOREIGN_NUMBER: Final = "bsn of somebody else"
STRANGER: Final = "patient that is not declared"
NOT_COMPARABLE: Final = "patient of whom nothing can be compared"
OF_STRANGER: Final = "record of a patient that is not declared"


@dataclass(frozen=True)
class _Other:
    """A person who is not the one of the session: a declared one, or another by tag.

    :ivar undeclared: nobody declared this person, so nothing of the record may be kept.
    """

    person: str = ""
    who: str = ""
    differs: tuple[str, ...] = ()
    undeclared: bool = False


@dataclass
class _Seen:
    """What the documents of one message say so far."""

    own: bool = False
    others: dict[str, _Other] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def add(self, found: _Other | None) -> None:
        """A person who was recognised; ``None`` is the person of the session."""
        if found is None:
            self.own = True
        else:
            self.others.setdefault(found.person or found.who, found)

    @property
    def belongs(self) -> Belongs:
        """Whose the document is."""
        if len(self.others) > 1 or (self.own and self.others):
            return "mixed"
        if self.others:
            return "other"
        return "declared" if self.own else "unknown"


class Identities:
    """Decides whose record documents are, and remembers the Patients of each cell. Thread-safe."""

    def __init__(self, persons: Persons, tags: Tags) -> None:
        self._persons = persons
        self._tags = tags
        self._lock = threading.Lock()
        self._patients: dict[str, OrderedDict[str, _Other | None]] = {}

    def of(
        self, people: People, declared: DeclaredPerson, cell: str, side: Literal["request", "response"]
    ) -> tuple[Identity, list[str]]:
        """Whose record a document in a session of a declared person is, and why it must be masked if so."""
        seen = _Seen()
        for patient in people.patients:
            self._patient(patient, declared, cell, seen)
        for subject in sorted(people.subjects):
            self._subject(subject, declared, cell, seen)
        own = {number for patient in people.patients for number in patient.numbers}
        for number in people.numbers:
            owner = self._persons.owners.get(number)
            if owner is None:
                seen.reasons.append(FOREIGN_NUMBER)
            if number not in own and number != declared.bsn:
                seen.add(_Other(person=owner) if owner else _Other(who=self._tags.tag("person", number)))
        others = list(seen.others.values())
        single = others[0] if len(others) == 1 else _Other()
        identity = Identity(
            side=side,
            belongs=seen.belongs,
            differs=tuple(dict.fromkeys(name for other in others for name in other.differs)),
            person=single.person,
            who=single.who,
        )
        return identity, seen.reasons

    def _patient(self, patient: PatientFacts, declared: DeclaredPerson, cell: str, seen: _Seen) -> None:
        differs = declared.differs(patient)
        if differs is None:
            if patient.id in declared.patients:
                seen.add(None)
            elif not self._seen_before(patient.id, cell, seen) and patient.personal:
                seen.reasons.append(NOT_COMPARABLE)
            return
        found = None
        if differs:
            found = self._other(patient, differs)
            if self._persons.stranger(patient):
                seen.reasons.append(STRANGER)
        seen.add(found)
        if patient.id:
            self._remember(patient.id, found, cell)

    def _other(self, patient: PatientFacts, differs: tuple[str, ...]) -> _Other:
        like = self._persons.like(patient)
        if like is not None:
            return _Other(person=like.id, differs=differs)
        name = f"Patient/{patient.id}" if patient.id else f"{patient.birth} {patient.families}"
        foreign = any(number not in self._persons.owners for number in patient.numbers)
        return _Other(
            who=self._tags.tag("person", name),
            differs=differs,
            undeclared=foreign or self._persons.stranger(patient),
        )

    def _subject(self, patient: str, declared: DeclaredPerson, cell: str, seen: _Seen) -> None:
        if not self._seen_before(patient, cell, seen) and patient in declared.patients:
            seen.add(None)

    def _seen_before(self, patient: str, cell: str, seen: _Seen) -> bool:
        """Whether a Patient was recognised in an answer of the cell that said more; then so is this one."""
        with self._lock:
            known = self._patients.get(cell, OrderedDict())
            if not patient or patient not in known:
                return False
            found = known[patient]
        seen.add(found)
        if found is not None and found.undeclared:
            seen.reasons.append(OF_STRANGER)
        return True

    def _remember(self, patient: str, found: _Other | None, cell: str) -> None:
        with self._lock:
            known = self._patients.setdefault(cell, OrderedDict())
            known[patient] = found
            while len(known) > _REMEMBERED:
                known.popitem(last=False)

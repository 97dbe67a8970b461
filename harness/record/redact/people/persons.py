"""Declared test persons: what is known of them, and which element of a document agrees with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from harness.core.run.exchanges import NONE, NOT_COMPARED
from harness.record.redact.documents.parts import PatientFacts

_APART: Final = re.compile(r"[\s,.]+")
_INDEX: Final = re.compile(r"\[\d+\]")


class DeclaredPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A test person that the fixtures or the network file declare.

    :ivar id: name of the person in fixtures and network files.
    :ivar bsn: number of the official test range, ``""`` when unknown.
    :ivar birth_date: ``YYYY-MM-DD`` or ``""``.
    :ivar family: family names that the person goes by, lower case.
    :ivar patients: ids of the Patient resources that are this person.
    """

    id: str
    bsn: str = ""
    birth_date: str = ""
    family: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()

    def differs(self, patient: PatientFacts) -> tuple[str, ...] | None:
        """Elements in which a Patient differs from this person; ``None`` when none can be compared."""
        compared = self._compared(patient)
        return tuple(element for element, equal in compared if not equal) if compared else None

    def is_said_by(self, patient: PatientFacts) -> bool:
        """Whether a Patient says that it is this person: nothing differs, and more than a birth date agrees.

        People share birth dates (our look-alikes do): alone it names nobody.
        """
        compared = self._compared(patient)
        agreed = {element for element, equal in compared if equal}
        named = patient.id in self.patients or "identifier" in agreed or len(agreed) > 1
        return bool(compared) and len(agreed) == len(compared) and named

    def _compared(self, patient: PatientFacts) -> list[tuple[str, bool]]:
        """What can be compared, and whether it agrees."""
        compared: list[tuple[str, bool]] = []
        if self.birth_date and patient.birth:
            compared.append(("birthDate", same_date(patient.birth, self.birth_date)))
        families = [family.strip().lower() for family in patient.families if family.strip()]
        whole = [f" {_APART.sub(' ', name.lower()).strip()} " for name in patient.names]
        if self.family and (families or whole):
            named = any(family in self.family for family in families)
            named = named or any(f" {family} " in name for family in self.family for name in whole)
            compared.append(("name.family", named))
        if self.bsn and patient.numbers:
            compared.append(("identifier", self.bsn in patient.numbers))
        return compared

    def equals(self, path: str, value: str) -> str:
        """The element of this person that a value in a document equals; ``none`` when it is another value,
        ``not-compared`` when nothing is declared of such an element.

        :param path: where the value stands, e.g. ``Bundle.entry[0].resource.birthDate``.
        """
        steps = _INDEX.sub("", path).split(".")
        last = steps[-1]
        if last == "birthDate" and self.birth_date:
            return last if same_date(value, self.birth_date) else NONE
        if steps[-2:] == ["name", "family"] and self.family:
            return "name.family" if value.strip().lower() in self.family else NONE
        if last == "value" and value and value == self.bsn:
            return "identifier"
        if last in ("id", "reference", "fullUrl") and any(
            f"/{value}".endswith(f"/{patient}") for patient in self.patients
        ):
            return "id"
        return NOT_COMPARED


def same_date(seen: str, declared: str) -> bool:
    """Whether a date is the declared one; a partial date is when the declared one lies in it."""
    seen = seen.strip()
    return seen == declared or (len(seen) in (4, 7) and declared.startswith(f"{seen}-"))


class Persons:
    """The declared test persons of one run."""

    def __init__(self, persons: Iterable[DeclaredPerson] = ()) -> None:
        self._by_id = {person.id: person for person in persons}
        self.owners = {person.bsn: person.id for person in self._by_id.values() if person.bsn}
        """Id of the declared person by BSN."""

    def get(self, person: str | None) -> DeclaredPerson | None:
        """The declared person with an id."""
        return self._by_id.get(person) if person is not None else None

    def like(self, patient: PatientFacts) -> DeclaredPerson | None:
        """The declared person who a Patient says that it is."""
        return next((item for item in self._by_id.values() if item.is_said_by(patient)), None)

    def stranger(self, patient: PatientFacts) -> bool:
        """Whether birth date or family name say that a Patient is no declared person at all."""
        named = PatientFacts(birth=patient.birth, families=patient.families, names=patient.names)
        return all(item.differs(named) for item in self._by_id.values())

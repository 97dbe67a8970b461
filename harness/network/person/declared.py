"""The persons of a network: those that are declared, and what our DVZA knows of those who can log in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import msgspec

from harness.network.file import Network
from harness.network.person.persons import fixture_persons
from harness.record import DeclaredPerson, Persons


@dataclass(frozen=True)
class KnownPerson:
    """What the DVZA knows of a test person after the mock login.

    :ivar patients: Patient id per HIS id (``""``: any HIS).
    """

    id: str
    display: str
    birth: date | None = None
    treatment_relation: bool = True
    data_available: bool = True
    patients: Mapping[str, str] = field(default_factory=dict)

    def patient(self, his: str) -> str:
        """Patient id in a HIS."""
        return self.patients.get(his) or self.patients.get("", self.id)


def declared_persons(network: Network, t: date) -> Persons:
    """The declared test persons of a run: those of the network file, and our own who may be met in it.

    What the network file states of one of our own persons goes before what the fixture says; the rest stays.
    """
    declared = {
        item.id: DeclaredPerson(
            id=item.id,
            bsn=item.bsn,
            birth_date=item.birth_date(t).isoformat(),
            patients=(item.patient,),
        )
        for item in network.own_persons()
    }
    for person in network.persons:
        ours = declared.get(person.id) or DeclaredPerson(id=person.id)
        declared[person.id] = DeclaredPerson(
            id=person.id,
            bsn=person.bsn or ours.bsn,
            birth_date=person.birth_date or ours.birth_date,
            family=tuple(name.strip().lower() for name in person.family) or ours.family,
            patients=person.patients or ours.patients,
        )
    for his in network.of_role("his"):
        for person_id, patient in his.id_map.items():
            if person_id in declared:
                known = declared[person_id]
                declared[person_id] = msgspec.structs.replace(known, patients=(*known.patients, patient))
    return Persons(declared.values())


def known_persons(network: Network, t: date) -> list[KnownPerson]:
    """Persons that can log in at our DVZA: our fixtures, and those of the network file."""
    found = {
        item.id: KnownPerson(
            id=item.id,
            display=item.display,
            birth=item.birth_date(t),
            treatment_relation=item.treatment_relation,
            data_available=item.data_available,
            patients={"": item.patient},
        )
        for item in fixture_persons()
    }
    for person in network.persons:
        known = found.get(person.id) or KnownPerson(id=person.id, display=person.id)
        found[person.id] = replace(
            known,
            display=person.name or known.display,
            birth=date.fromisoformat(person.birth_date) if person.birth_date else known.birth,
            patients={"": person.patients[0]} if person.patients else known.patients,
        )
    for his in network.of_role("his"):
        for person_id, patient in his.id_map.items():
            if person_id in found:
                known = found[person_id]
                found[person_id] = replace(known, patients={**known.patients, his.id: patient})
    return list(found.values())

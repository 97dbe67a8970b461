"""What the faults of HIS twins work on: one answer of one query, and the resources that faults add."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from harness.core.tdates import shift

Json = dict[str, Any]
NICTIZ = "http://nictiz.nl/fhir/StructureDefinition/"
SCT = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
BSN = "http://fhir.nl/fhir/NamingSystem/bsn"
JOURNAL = "http://fhir.nl/fhir/NamingSystem/journaalregeltypen"
VITAL = {
    "coding": [
        {
            "system": "http://hl7.org/fhir/observation-category",
            "code": "vital-signs",
            "display": "Vital Signs",
        }
    ]
}


@dataclass
class Answer:
    """One answer of a HIS twin while a fault changes it.

    :ivar operation: query of the standard (without format); ``zm-send`` for every Bundle that is posted.
    :ivar kind: ``json``, ``xml`` or ``native``: the form that was asked for.
    :ivar answered: the form that will be sent (a fault may change it).
    :ivar resource: the body as FHIR; ``None`` for a native body.
    :ivar body: the native body.
    :ivar patient: id of the patient whose record it is.
    :ivar finish: last change, of the encoded body.
    """

    operation: str
    kind: str
    answered: str
    status: int
    resource: Json | None
    body: bytes
    content_type: str
    patient: str
    t: date
    finish: Callable[[bytes], bytes] | None = None

    @property
    def entries(self) -> list[Json]:
        """Entries of the Bundle (the list itself), made when there was none."""
        assert self.resource is not None
        found: list[Json] = self.resource.setdefault("entry", [])
        return found

    def matches(self) -> list[Json]:
        """Resources of entries that are no includes."""
        return [
            entry["resource"]
            for entry in self.entries
            if entry.get("search", {}).get("mode", "match") == "match" and "resource" in entry
        ]

    def pick(self, **unlike: str) -> Json | None:
        """The first match that has none of these texts: faults leave alone what expectations look at."""
        for resource in self.matches():
            text = str(resource)
            if not any(word in text for word in unlike.values()):
                return resource
        found = self.matches()
        return found[0] if found else None

    def drop_last_match(self, unlike: str = "") -> None:
        """Remove a match and count it no more."""
        for index in range(len(self.entries) - 1, -1, -1):
            entry = self.entries[index]
            if entry.get("search", {}).get("mode", "match") != "match":
                continue
            if unlike and unlike in str(entry):
                continue
            del self.entries[index]
            self.count(-1)
            return

    def add(self, resource: Json, mode: str = "match") -> None:
        """Add an entry and count it when it is a match; its fullUrl is of a server of its own, so unique."""
        number = len(self.entries)
        url = f"https://his-{number}.example/fhir/{resource['resourceType']}/{resource['id']}"
        self.entries.append({"fullUrl": url, "resource": resource, "search": {"mode": mode}})
        if mode == "match":
            self.count(1)

    def count(self, step: int) -> None:
        """Move ``total``, when there is one."""
        if self.resource is not None and "total" in self.resource:
            self.resource["total"] += step

    def refuse(self, status: int, code: str, text: str) -> None:
        """Answer an OperationOutcome."""
        self.status = status
        self.resource = {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": code, "diagnostics": text}],
        }

    def day(self, days: int) -> str:
        """``T`` moved by days, as text."""
        return shift(self.t, "D", days).isoformat()

    @property
    def subject(self) -> Json:
        """Reference to the patient."""
        return {"reference": f"Patient/{self.patient}", "display": "Testpersoon"}


def walk(value: Any) -> Iterator[Json]:
    """Every object in a JSON tree, parents first."""
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from walk(child)
    elif isinstance(value, list):
        for child in value:
            yield from walk(child)


def coded(system: str, code: str, display: str) -> Json:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def own_identifier(name: str) -> Json:
    """An identifier of the fault's own resource."""
    return {"system": "https://his.example/fhir/NamingSystem/fout", "value": name}


def document(answer: Answer, indexed: int) -> Json:
    """A DocumentReference that conforms to the profile."""
    return {
        "resourceType": "DocumentReference",
        "id": "fout-document",
        "meta": {"profile": [NICTIZ + "IHE.MHD.Minimal.DocumentReference"]},
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.1.1"},
        "status": "current",
        "type": coded(SCT, "11071000146104", "ontslagbrief"),
        "subject": answer.subject,
        "indexed": f"{answer.day(indexed)}T00:00:00+01:00",
        "content": [{"attachment": {"contentType": "application/pdf", "url": "Binary/fout-document"}}],
    }


def appointment(answer: Answer, day: int) -> Json:
    """An Appointment that conforms to the profile."""
    return {
        "resourceType": "Appointment",
        "id": "fout-afspraak",
        "meta": {"profile": [NICTIZ + "eAfspraak-Appointment"]},
        "identifier": [own_identifier("afspraak")],
        "status": "booked",
        "description": "Extra afspraak",
        "start": f"{answer.day(day)}T09:00:00+01:00",
        "end": f"{answer.day(day)}T09:20:00+01:00",
        "participant": [{"actor": answer.subject, "status": "accepted"}],
    }


def weight(answer: Answer, day: int) -> Json:
    """A zib-BodyWeight."""
    return {
        "resourceType": "Observation",
        "id": "fout-gewicht",
        "meta": {"profile": [NICTIZ + "zib-BodyWeight"]},
        "status": "final",
        "category": [VITAL],
        "code": coded(LOINC, "29463-7", "Body weight"),
        "subject": answer.subject,
        "effectiveDateTime": f"{answer.day(day)}T07:40:00+01:00",
        "valueQuantity": {"value": Decimal("78.1"), "unit": "kg", "system": UCUM, "code": "kg"},
    }


def blood_pressure(answer: Answer, day: int) -> Json:
    """A zib-BloodPressure."""

    def part(code: str, display: str, value: int) -> Json:
        return {
            "code": coded(LOINC, code, display),
            "valueQuantity": {"value": value, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        }

    return {
        "resourceType": "Observation",
        "id": "fout-bloeddruk",
        "meta": {"profile": [NICTIZ + "zib-BloodPressure"]},
        "status": "final",
        "category": [VITAL],
        "code": coded(LOINC, "85354-9", "Blood pressure panel with all children optional"),
        "subject": answer.subject,
        "effectiveDateTime": f"{answer.day(day)}T07:30:00+01:00",
        "component": [
            part("8480-6", "Systolic blood pressure", 131),
            part("8462-4", "Diastolic blood pressure", 82),
        ],
    }


def practitioner() -> Json:
    """A Practitioner that nothing refers to."""
    return {
        "resourceType": "Practitioner",
        "id": "fout-zorgverlener",
        "meta": {"profile": ["http://fhir.nl/fhir/StructureDefinition/nl-core-practitioner"]},
        "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/uzi-nr-pers", "value": "000099099"}],
        "name": [{"text": "Waarnemer"}],
    }


def journal_line(answer: Answer, encounter: Json) -> Json:
    """An S line of a contact, as a gp-JournalEntry."""
    return {
        "resourceType": "Observation",
        "id": "fout-s-regel",
        "meta": {"profile": [NICTIZ + "gp-JournalEntry"]},
        "status": "final",
        "code": coded(JOURNAL, "S", "Subjectief"),
        "subject": answer.subject,
        "context": {"reference": f"Encounter/{encounter.get('id')}", "display": "Contact"},
        "effectiveDateTime": str(encounter.get("period", {}).get("start", answer.day(0)))[:10],
        "valueString": "pijn bij bewegen",
    }


def closed_episode(answer: Answer) -> Json:
    """A closed EpisodeOfCare without attention flag."""
    return {
        "resourceType": "EpisodeOfCare",
        "id": "fout-episode",
        "meta": {"profile": ["http://fhir.nl/fhir/StructureDefinition/nl-core-episodeofcare"]},
        "status": "finished",
        "type": [coded(SCT, "64572001", "aandoening")],
        "diagnosis": [
            {"condition": {"reference": "Condition/fout-aandoening", "display": "Scheurwond/snijwond"}}
        ],
        "patient": answer.subject,
        "period": {"start": answer.day(-700), "end": answer.day(-670)},
    }

"""What the faults of HIS twins work on: one answer of one query."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from harness.core.tdates import shift

Json = dict[str, Any]
SEARCHED = "search"
"""Operation of a search that no standard asks, and of a later page."""
NICTIZ = "http://nictiz.nl/fhir/StructureDefinition/"
SCT = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
BSN = "http://fhir.nl/fhir/NamingSystem/bsn"


@dataclass
class Answer:
    """One answer of a HIS twin while a fault changes it.

    :ivar operation: query of the standard (without format); ``send`` for every Bundle that is posted.
    :ivar kind: ``json``, ``xml`` or ``native``: the form that was asked for.
    :ivar answered: the form that will be sent (a fault may change it).
    :ivar resource: the body as FHIR; ``None`` for a native body.
    :ivar body: the native body.
    :ivar patient: id of the patient whose record it is.
    :ivar finish: last change, of the encoded body.
    :ivar url: what was asked.
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
    url: str = ""

    @property
    def entries(self) -> list[Json]:
        """Entries of the Bundle (the list itself), made when there was none; a native body has none."""
        if self.resource is None:
            return []
        found: list[Json] = self.resource.setdefault("entry", [])
        return found

    def matches(self) -> list[Json]:
        """Resources of entries that are no includes."""
        return [
            entry["resource"]
            for entry in self.entries
            if entry.get("search", {}).get("mode", "match") == "match" and "resource" in entry
        ]

    def drop_last_match(self) -> None:
        """Remove the last match and count it no more."""
        for index in range(len(self.entries) - 1, -1, -1):
            entry = self.entries[index]
            if entry.get("search", {}).get("mode", "match") != "match":
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

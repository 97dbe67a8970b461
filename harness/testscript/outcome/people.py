"""The test persons of a run of scripts, and whose a request is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.core.run.exchanges import Request, header
from harness.record import DeclaredPerson, Persons


@dataclass(frozen=True)
class People:
    """The test persons of the sets that are run.

    :ivar patients: their Patient resources.
    :ivar tokens: id of the Patient by ``Authorization`` value.
    """

    patients: Sequence[dict[str, Any]] = ()
    tokens: Mapping[str, str] = field(default_factory=dict)

    def declared(self) -> Persons:
        """As the declared persons of a recording."""
        return Persons(_declared(self.patients))

    def of(self, request: Request) -> str:
        """The person of a request: whose token it has, else the only one there is; ``""`` for anybody."""
        token = header(request.headers, "authorization") or ""
        only = str(self.patients[0].get("id", "")) if len(self.patients) == 1 else ""
        return self.tokens.get(token, only)


def _declared(patients: Iterable[dict[str, Any]]) -> list[DeclaredPerson]:
    """The Patients of a set as declared test persons."""
    found = []
    for patient in patients:
        names = [name for name in patient.get("name", []) if isinstance(name, dict)]
        numbers = [
            str(item["value"])
            for item in patient.get("identifier", [])
            if isinstance(item, dict) and "value" in item and str(item.get("system", "")).endswith("/bsn")
        ]
        found.append(
            DeclaredPerson(
                id=str(patient.get("id", "")),
                bsn=numbers[0] if numbers else "",
                birth_date=str(patient.get("birthDate", "")),
                family=tuple(str(name["family"]).lower() for name in names if "family" in name),
                patients=(str(patient.get("id", "")),),
            )
        )
    return found

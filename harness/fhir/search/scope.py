"""What a search may see."""

from __future__ import annotations

from dataclasses import dataclass

from harness.fhir.store import Patients, Store, Stored


@dataclass(frozen=True)
class Scope:
    """What a search may see: the whole store, or one patient's compartment."""

    store: Store
    patient: Patients | None = None

    def candidates(self, kind: str) -> list[Stored]:
        """Resources of one type that a search may find."""
        if self.patient is None:
            return self.store.all(kind)
        return self.store.compartment(self.patient).searchable.get(kind, [])

    def visible(self, key: str) -> Stored | None:
        """A resource that a chain or include may reach."""
        if self.patient is not None and key not in self.store.compartment(self.patient).reachable:
            return None
        return self.store.find(key)

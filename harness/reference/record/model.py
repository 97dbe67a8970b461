"""What a reference record says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from harness.core.normal.moments import day_of
from harness.fhir.search.scope import Scope
from harness.fhir.store import Store, Stored

Origin = Literal["bureau", "official", "own", "vendor", "draft"]
Why = Literal["rule", "shielded", "working-note", "not-shared"]

COMPLETE: frozenset[Origin] = frozenset(("bureau", "official", "own"))
"""Origins of which the record is known to be whole: what it does not hold should not come out."""


@dataclass(frozen=True)
class DocumentFacts:
    """What is known of a document beside its bytes.

    :ivar text: phrases that a reader finds in it.
    """

    text: tuple[str, ...] = ()
    pages: int = 0


@dataclass(frozen=True)
class Record:
    """What a HIS holds of one person, shared or not. Dates are filled in.

    :ivar person: name of the person in the run.
    :ivar patient: id of the Patient inside the record.
    :ivar loaded: day on which the HIS was filled; what T stood for.
    :ivar online_since: start of online access; ``None``: no lower bound.
    :ivar withheld: why, by ``Type/id``. ``rule``: a rule of the oracle keeps it in, nothing else does.
    :ivar dangling: keys that are referred to and lead to nothing, on purpose.
    :ivar store: everything, shared resources of the practice included.
    :ivar sent: what the person sends in a run, so that an earlier cell or run may have put it into the HIS.
    """

    person: str
    patient: str
    origin: Origin
    loaded: date
    store: Store
    folder: Path
    bsn: str = ""
    display: str = ""
    richtlijn: str = "2017"
    standards: tuple[str, ...] = ()
    online_since: date | None = None
    correspondence_since: date | None = None
    withheld: Mapping[str, Why] = field(default_factory=dict)
    dangling: frozenset[str] = frozenset()
    documents: Mapping[str, DocumentFacts] = field(default_factory=dict)
    markers: tuple[str, ...] = ()
    sent: tuple[dict[str, Any], ...] = ()

    @property
    def key(self) -> str:
        """``Patient/id`` inside the record."""
        return f"Patient/{self.patient}"

    @property
    def scope(self) -> Scope:
        """What a search with this person's token may see."""
        return Scope(self.store, self.patient)

    @property
    def birth(self) -> date | None:
        """Birth date as the Patient says it, ``None`` when it is no full date."""
        stored = self.store.find(self.key)
        text = day_of(str(stored.resource.get("birthDate", ""))) if stored else ""
        return date.fromisoformat(text) if len(text) == 10 else None

    @property
    def complete(self) -> bool:
        """Whether what the record does not hold should not come out."""
        return self.origin in COMPLETE

    def __iter__(self) -> Iterator[Stored]:
        return iter(self.store)

    def resource(self, key: str) -> dict[str, Any] | None:
        """A resource by ``Type/id``."""
        stored = self.store.find(key)
        return stored.resource if stored else None

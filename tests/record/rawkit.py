"""What drivers and mocks hand to the recorder, for its tests."""

from __future__ import annotations

from datetime import UTC, datetime

from harness.record import DeclaredPerson, Persons, RawExchange

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BSN = "999990019"
PERSONS = Persons([DeclaredPerson(id="anna", bsn=BSN, birth_date="1970-01-02", family=("voorbeeld",))])
CELL = "his-a+dvza-a+pgo-1+huisartsgegevens-2.0+mm-2.2"


def raw(**changes: object) -> RawExchange:
    """A request for a Patient in :data:`CELL`, with these fields changed."""
    base: dict[str, object] = {
        "interface": "resource",
        "flow": "collect",
        "operation": "hg-patient-json",
        "client": "pgo-1",
        "server": "dvza-a",
        "started": NOW,
        "duration": 0.0123456789,
        "method": "GET",
        "url": "https://mtls.dva.example/fhir/Patient",
        "cell": CELL,
    }
    return RawExchange(**{**base, **changes})  # type: ignore[arg-type]

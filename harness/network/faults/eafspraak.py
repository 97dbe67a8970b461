"""Faults of a HIS in eAfspraak that the catalogue cannot describe."""

from __future__ import annotations

from harness.network.faults.answer import NICTIZ, Answer, Json, own_identifier
from harness.network.faults.registry import his_fault


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


def _extra(name: str, day: int) -> None:
    def change(answer: Answer) -> None:
        answer.add(appointment(answer, day))

    change.__doc__ = "One too many, of another day."
    his_fault(name)(change)


_extra("appointment-outside-period", -10)
_extra("appointment-month-extra", -5)
_extra("appointment-year-extra", -200)


@his_fault("appointment-without-patient")
def no_participant(answer: Answer) -> None:
    """The patient is no participant."""
    for resource in answer.matches()[:1]:
        resource["participant"] = [
            item
            for item in resource.get("participant", [])
            if not str(item.get("actor", {}).get("reference", "")).startswith("Patient/")
        ]

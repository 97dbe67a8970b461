"""Faults of a HIS in Huisartsgegevens that the catalogue cannot describe."""

from __future__ import annotations

from harness.network.faults.answer import NICTIZ, SCT, Answer, Json, coded
from harness.network.faults.registry import his_fault

JOURNAL = "http://fhir.nl/fhir/NamingSystem/journaalregeltypen"


def _exclude(answer: Answer, kind: str, key: str) -> None:
    """Leave out what an ``_include`` asks for, as entry or contained."""
    answer.entries[:] = [e for e in answer.entries if e.get("resource", {}).get("resourceType") != kind]
    for resource in answer.matches():
        found = resource.get(key)
        kept = [item for item in resource.get("contained", []) if item.get("resourceType") != kind]
        if isinstance(found, dict) and str(found.get("reference", "")).startswith("#"):
            found["reference"] = f"{kind}/niet-meegeleverd"
            resource["contained"] = kept
            if not kept:
                del resource["contained"]


@his_fault("include-missing-practitioner")
def no_practitioner(answer: Answer) -> None:
    """The general practitioner does not come along."""
    _exclude(answer, "Practitioner", "generalPractitioner")


@his_fault("include-missing-specimen")
def no_specimen(answer: Answer) -> None:
    """Specimens do not come along."""
    _exclude(answer, "Specimen", "specimen")


@his_fault("include-missing-medication")
def no_medication(answer: Answer) -> None:
    """Medications do not come along."""
    _exclude(answer, "Medication", "medicationReference")


@his_fault("so-section")
def so_section(answer: Answer) -> None:
    """A report with an S section."""
    for resource in answer.matches()[:1]:
        div = '<div xmlns="http://www.w3.org/1999/xhtml">pijn bij bewegen</div>'
        section = {
            "code": coded("http://fhir.nl/fhir/NamingSystem/journaalregeltypen", "S", "Subjectief"),
            "text": {"status": "generated", "div": div},
        }
        resource.setdefault("section", []).insert(0, section)


@his_fault("medication-ended")
def ended(answer: Answer) -> None:
    """Medication that stopped last week."""
    for resource in answer.matches()[:1]:
        kept = []
        for extension in resource.get("extension", []):
            if extension["url"] == NICTIZ + "zib-Medication-PeriodOfUse":
                extension["valuePeriod"] = {"start": answer.day(-60), "end": answer.day(-7)}
            if extension["url"] != NICTIZ + "zib-MedicationUse-Duration":
                kept.append(extension)
        resource["extension"] = kept


@his_fault("so-observation")
def so_observation(answer: Answer) -> None:
    """An S line comes along with the contacts."""
    for encounter in answer.matches()[:1]:
        answer.add(journal_line(answer, encounter), "include")


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


@his_fault("hidden-episode")
def hidden_episode(answer: Answer) -> None:
    """A closed episode without attention flag is shown."""
    answer.add(closed_episode(answer))


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

"""Judge of whose record the answers are: one and the same person."""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.every_standard.answers import (
    OFFENDERS,
    Answer,
    Json,
    objects,
    own,
    reference_of,
    searchsets,
    text,
)
from harness.judge.registry import judge_every
from harness.judge.view import CellView


def patient_references(resource: Json) -> list[tuple[str, str]]:
    """``(path, Patient/id)`` of everything in a resource that says whose record it is."""
    found = []
    if resource.get("resourceType") == "Patient" and text(resource.get("id")):
        found.append(("id", f"Patient/{resource['id']}"))
    for key in ("subject", "patient"):
        found.append((f"{key}.reference", reference_of(resource.get(key))))
    for index, participant in enumerate(objects(resource.get("participant"))):
        found.append((f"participant[{index}].actor.reference", reference_of(participant.get("actor"))))
    kept = []
    for path, reference in found:
        parts = reference.split("/_history/")[0].split("/")
        if len(parts) >= 2 and parts[-2] == "Patient":
            kept.append((path, f"Patient/{parts[-1]}"))
    return kept


@judge_every("GEN-022")
def one_person(view: CellView) -> Iterator[Finding]:
    """Every resource of the cell is about the same patient."""
    requirement = own(view, "GEN-022")
    seen: list[tuple[Answer, str, str]] = [
        (answer, f"{path}.{step}", patient)
        for answer in searchsets(view)
        for path, resource in answer.resources
        for step, patient in patient_references(resource)
    ]
    if not seen:
        return
    tally: dict[str, int] = {}
    for _, _, patient in seen:
        tally[patient] = tally.get(patient, 0) + 1
    usual = max(sorted(tally), key=lambda patient: tally[patient])
    strangers = [item for item in seen if item[2] != usual]
    if not strangers:
        yield view.ok(requirement, seen[0][0].exchange, received=usual)
    for answer, path, patient in strangers[:OFFENDERS]:
        line, column = answer.line(path)
        yield view.fail(
            requirement,
            exchange=answer.exchange,
            path=path,
            line=line,
            column=column,
            expected=usual,
            received=patient,
            next_step=Text(
                nl="Gegevens van een andere persoon in het antwoord: filter elke zoekvraag op de persoon "
                "van het token. Dit is een blokkerende bevinding.",
                en="Data of another person in the answer: filter every search on the person of the token. "
                "This is a blocking finding.",
            ),
        )

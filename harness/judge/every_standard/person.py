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
from harness.judge.every_standard.record import foreign
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
        if reference.startswith("[") and not path.startswith("participant"):
            kept.append((path, reference))  # a tag
        parts = reference.split("/_history/")[0].split("/")
        if len(parts) >= 2 and parts[-2] == "Patient":
            kept.append((path, f"Patient/{parts[-1]}"))
    return kept


@judge_every("GEN-022")
def one_person(view: CellView) -> Iterator[Finding]:
    """Every resource of the cell is about the same patient, and none says what is another person's."""
    requirement = own(view, "GEN-022")
    plain: list[tuple[Answer, str, str]] = []
    hidden: list[tuple[Answer, str, str]] = []
    for answer in searchsets(view):
        for path, resource in answer.resources:
            for step, patient in patient_references(resource):
                place = f"{path}.{step}"
                (hidden if answer.masks.hides(place) else plain).append((answer, place, patient))
    strangers = _strangers(plain)  # a tag says nothing of a value: one reference is written in many ways
    others = list(foreign(view, requirement))
    yield from others
    if not (strangers or others) and (view.ownership.belongs == "other" or hidden):
        yield view.masked(requirement, next((item.exchange for item in searchsets(view)), None))
    elif not (strangers or others) and plain:
        first, _, patient = plain[0]
        yield view.ok(requirement, first.exchange, received=patient)
    for answer, path, patient, usual in strangers[:OFFENDERS]:
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


def _strangers(seen: list[tuple[Answer, str, str]]) -> list[tuple[Answer, str, str, str]]:
    """Places that name another patient than most do, with the usual one."""
    tally: dict[str, int] = {}
    for _, _, patient in seen:
        tally[patient] = tally.get(patient, 0) + 1
    usual = max(sorted(tally), key=lambda patient: tally[patient], default="")
    return [(*item, usual) for item in seen if item[2] != usual]

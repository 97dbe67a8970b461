"""Judges of the standard Huisartsgegevens: what each of the seven answers must and must not hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from harness.core.run.findings import Finding
from harness.core.tdates import shift
from harness.core.text import Text
from harness.judge.every_standard.answers import (
    OFFENDERS,
    Json,
    codings,
    extensions,
    objects,
    searchsets,
    text,
)
from harness.judge.every_standard.content import each_match
from harness.judge.every_standard.paging.chains import chains
from harness.judge.every_standard.periods import day_bounds, period_end
from harness.judge.registry import judge
from harness.judge.view import CellView

JOURNAL = "http://fhir.nl/fhir/NamingSystem/journaalregeltypen"
NHG45 = "https://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen"
ONLINE_ACCESS = date(2020, 7, 1)
"""Start of online access when no record says when it was."""


@judge("HG-PAT-001")
def one_patient(view: CellView) -> Iterator[Finding]:
    """Exactly one Patient."""
    for chain in chains(view):
        answer = chain.first
        if answer.query.operation == "hg-patient":
            found = (item for page in chain.answers for _, item in page.resources)
            number = sum(1 for item in found if item.get("resourceType") == "Patient")
            if number == 1:
                yield view.ok("HG-PAT-001", answer.exchange)
            else:
                yield view.fail(
                    "HG-PAT-001",
                    exchange=answer.exchange,
                    path="Bundle.entry",
                    expected="1 Patient",
                    received=f"{number} Patient",
                )


def _private_sections(resource: Json) -> str:
    found = [
        f"section {code}"
        for section in _all_sections(resource)
        for system, code in codings(section.get("code"))
        if system == JOURNAL and code in ("S", "O")
    ]
    return ", ".join(found)


def _all_sections(resource: Json) -> list[Json]:
    open_list = objects(resource.get("section"))
    found: list[Json] = []
    while open_list and len(found) < 10_000:
        section = open_list.pop(0)
        found.append(section)
        open_list += objects(section.get("section"))
    return found


@judge("HG-COM-002")
def no_private_sections(view: CellView) -> Iterator[Finding]:
    """No S or O section."""
    return each_match(
        view,
        "HG-COM-002",
        "hg-composition",
        _private_sections,
        "sections E and P only",
        "section",
        Text(
            nl="S- en O-regels zijn niet voor de patiënt: laat die secties weg.",
            en="S and O lines are not for the patient: leave those sections out.",
        ),
    )


def _codes(concepts: object) -> str:
    return ", ".join(f"{system}|{code}" for system, code in codings(concepts)) or "no code"


@judge("HG-OBS-001")
def result_code(view: CellView) -> Iterator[Finding]:
    """A code of NHG table 45."""
    return each_match(
        view,
        "HG-OBS-001",
        "hg-observation",
        lambda item: (
            "" if any(s == NHG45 for s, _ in codings(item.get("code"))) else _codes(item.get("code"))
        ),
        f"code of {NHG45}",
        "code",
    )


@judge("HG-OBS-002")
def result_age(view: CellView) -> Iterator[Finding]:
    """Not older than fourteen months."""
    first = shift(view.t, "M", -14)

    def check(resource: Json) -> str:
        last = day_bounds(resource, "effective")[1]
        return "" if last is None or last >= first else last.isoformat()

    return each_match(
        view,
        "HG-OBS-002",
        "hg-observation",
        check,
        f">= {first.isoformat()}",
        "effective",
        compares=("effective",),
    )


PERIOD = "http://nictiz.nl/fhir/StructureDefinition/zib-Medication-PeriodOfUse"
DURATION = "http://nictiz.nl/fhir/StructureDefinition/zib-MedicationUse-Duration"


def last_day_of_use(resource: Json) -> date | None:
    """Last day of use, ``None`` when open-ended (as search parameter periodofuse reads it)."""
    period = next((item.get("valuePeriod") for item in extensions(resource, PERIOD)), None)
    duration = next((item.get("valueDuration") for item in extensions(resource, DURATION)), None)
    return period_end(period, duration)


@judge("HG-MED-002")
def medication_current(view: CellView) -> Iterator[Finding]:
    """In use today or later."""

    def check(resource: Json) -> str:
        last = last_day_of_use(resource)
        return "" if last is None or last >= view.t else f"until {last.isoformat()}"

    return each_match(
        view,
        "HG-MED-002",
        "hg-medicationrequest",
        check,
        f"in use on or after {view.t.isoformat()}",
        "extension",
        Text(
            nl="periodofuse: zonder einde geldt begin plus gebruiksduur; zonder beide loopt het door.",
            en="periodofuse: a missing end is start plus duration; when both are missing it runs on.",
        ),
        compares=("extension.url", "extension.valuePeriod", "extension.valueDuration"),
    )


@judge("HG-ALL-001")
def allergy_category(view: CellView) -> Iterator[Finding]:
    """Category medication."""

    def check(resource: Json) -> str:
        found = resource.get("category")
        values = [text(item) for item in found] if isinstance(found, list) else [text(found)]
        return "" if "medication" in values else ", ".join(values) or "no category"

    return each_match(view, "HG-ALL-001", "hg-allergy", check, "category medication", "category")


def _private_line(resource: Json) -> bool:
    kind = resource.get("resourceType")
    return kind == "Observation" and any(
        system == JOURNAL and code in ("S", "O") for system, code in codings(resource.get("code"))
    )


@judge("HG-PRV-001")
def no_private_lines(view: CellView) -> Iterator[Finding]:
    """No S or O journal entry as a resource (also contained) in any answer."""
    for answer in searchsets(view):
        if not answer.entries:
            continue
        wrong = [
            path
            for path, resource in answer.resources
            if _private_line(resource) or any(map(_private_line, objects(resource.get("contained"))))
        ]
        if not wrong:
            yield view.ok("HG-PRV-001", answer.exchange)
        for path in wrong[:OFFENDERS]:
            line, column = answer.line(path)
            yield view.fail(
                "HG-PRV-001",
                exchange=answer.exchange,
                path=path,
                line=line,
                column=column,
                expected="journal lines E and P only",
                received="S or O line",
            )


@judge("HG-PRV-003")
def lines_after_start(view: CellView) -> Iterator[Finding]:
    """Reports with E and P lines date from after the start of online access."""
    stated = view.record.online_since if view.record is not None else None
    start = stated or ONLINE_ACCESS

    def check(resource: Json) -> str:
        last = day_bounds(resource, "date")[1]
        return "" if last is None or last >= start else last.isoformat()

    return each_match(
        view, "HG-PRV-003", "hg-composition", check, f">= {start.isoformat()}", "date", compares=("date",)
    )

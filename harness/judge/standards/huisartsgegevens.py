"""Judges of the standard Huisartsgegevens: what each of the seven answers must and must not hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from harness.core.run.findings import Finding
from harness.core.tdates import shift
from harness.core.text import Phrase, Text, joined
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
from harness.judge.phrases import NO_CATEGORY, NO_CODE
from harness.judge.registry import judge
from harness.judge.view import CellView

SECTION = Text(nl="sectie {code}", en="section {code}")
ONLY_E_AND_P = Text(nl="alleen secties E en P", en="sections E and P only")
LINES_E_AND_P = Text(nl="alleen journaalregels E en P", en="journal lines E and P only")
LINE_S_OR_O = Text(nl="een S- of O-regel", en="S or O line")
OF_SYSTEM = Text(nl="code uit {system}", en="code of {system}")
UNTIL = Text(nl="tot en met {day}", en="until {day}")
IN_USE = Text(nl="in gebruik op of na {day}", en="in use on or after {day}")
MEDICATION = Text(nl="categorie medication", en="category medication")
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


def _private_sections(resource: Json) -> Phrase:
    found = [
        SECTION.format(code=code)
        for section in _all_sections(resource)
        for system, code in codings(section.get("code"))
        if system == JOURNAL and code in ("S", "O")
    ]
    return joined(*found, separator=", ")


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
        ONLY_E_AND_P,
        "section",
        Text(
            nl="S- en O-regels zijn niet voor de patiënt: laat die secties weg.",
            en="S and O lines are not for the patient: leave those sections out.",
        ),
    )


def _codes(concepts: object) -> Phrase:
    return ", ".join(f"{system}|{code}" for system, code in codings(concepts)) or NO_CODE


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
        OF_SYSTEM.format(system=NHG45),
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

    def check(resource: Json) -> Phrase:
        last = last_day_of_use(resource)
        return "" if last is None or last >= view.t else UNTIL.format(day=last.isoformat())

    return each_match(
        view,
        "HG-MED-002",
        "hg-medicationrequest",
        check,
        IN_USE.format(day=view.t.isoformat()),
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

    def check(resource: Json) -> Phrase:
        found = resource.get("category")
        values = [text(item) for item in found] if isinstance(found, list) else [text(found)]
        return "" if "medication" in values else ", ".join(values) or NO_CATEGORY

    return each_match(view, "HG-ALL-001", "hg-allergy", check, MEDICATION, "category")


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
                expected=LINES_E_AND_P,
                received=LINE_S_OR_O,
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

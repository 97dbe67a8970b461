"""Faults of a HIS whose periods are one day off: too strict by a day, or too wide by a day."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from urllib.parse import parse_qsl, urlsplit

from harness.core.tdates import TDates
from harness.fhir.search.values.prefixes import split_prefix
from harness.network.faults.answer import NICTIZ, Answer, Json
from harness.network.faults.registry import his_fault
from harness.network.person.persons import fixture_person

_DATES = {
    "Observation": "effectiveDateTime",
    "Appointment": "start",
    "DocumentReference": "indexed",
    "DocumentManifest": "created",
    "Composition": "date",
}
_PERIOD = NICTIZ + "zib-Medication-PeriodOfUse"


def _bounds(answer: Answer) -> Iterator[tuple[str, date]]:
    """Prefix and day of each bound that the search names."""
    for _, value in parse_qsl(urlsplit(answer.url).query):
        prefix, day = split_prefix(value)
        if prefix in ("ge", "le") and len(day) == 10 and day[4] == "-":
            yield prefix, date.fromisoformat(day)


def _lose(answer: Answer, index: int) -> None:
    del answer.entries[index]
    answer.count(-1)


def _bound_lost(answer: Answer, prefix: str) -> None:
    """What lies on the day of a bound is not found."""
    days = {day.isoformat() for found, day in _bounds(answer) if found == prefix}
    for index in reversed(range(len(answer.entries))):
        resource = answer.entries[index].get("resource", {})
        if str(resource.get(_DATES.get(resource.get("resourceType"), "")))[:10] in days:
            _lose(answer, index)


def _beyond(answer: Answer, prefix: str, step: int) -> None:
    """An item of the person's own lies a day beyond a bound, and is found."""
    kind = answer.url.partition("?")[0].rstrip("/").rpartition("/")[2]
    element = _DATES[kind]
    person = fixture_person(answer.patient)
    shown = {resource.get("id") for resource in answer.matches()}
    for found, day in _bounds(answer):
        own = person.resources(answer.t) if person is not None and found == prefix else ()
        for resource in own:
            if resource["resourceType"] != kind or resource["id"] in shown or element not in resource:
                continue
            if not _alike(resource, answer):
                continue
            made = copy.deepcopy(resource)
            made[element] = (day + timedelta(days=step)).isoformat() + str(made[element])[10:]
            answer.add(made)
            return


def _alike(resource: Json, answer: Answer) -> bool:
    """Whether a measurement has a code that the search asks for; other types are as good as each other."""
    asked = [value for name, value in parse_qsl(urlsplit(answer.url).query) if name == "code"]
    codes = {
        (str(item.get("system")), str(item.get("code")))
        for item in resource.get("code", {}).get("coding", ())
    }
    return not asked or any(
        word.split("|")[0] == system and word.split("|")[-1] in ("", code)
        for value in asked
        for word in value.split(",")
        for system, code in codes
    )


def _use(resource: Json) -> Json:
    for extension in resource.get("extension", ()):
        if extension.get("url") == _PERIOD:
            found: Json = extension.get("valuePeriod", {})
            return found
    return {}


@his_fault("medication-of-today-lost")
def medication_of_today(answer: Answer) -> None:
    """Medication whose use ends today is not current any more."""
    for index in reversed(range(len(answer.entries))):
        if _use(answer.entries[index].get("resource", {})).get("end", "")[:10] == answer.day(0):
            _lose(answer, index)


def _with_product(resource: Json, own: list[Json]) -> Json:
    """The prescription with its product inside, so that nothing it refers to is missing."""
    name = resource.get("medicationReference", {}).get("reference")
    for item in own:
        if f"{item['resourceType']}/{item['id']}" == name:
            inner = {key: value for key, value in item.items() if key not in ("meta", "text")} | {
                "id": "middel"
            }
            resource["contained"] = [inner]
            resource["medicationReference"]["reference"] = "#middel"
    return resource


@his_fault("medication-of-yesterday-shown")
def medication_of_yesterday(answer: Answer) -> None:
    """Medication whose use ended yesterday is still current."""
    person = fixture_person(answer.patient)
    own = person.resources(answer.t) if person is not None else []
    for resource in own:
        ended = _use(resource).get("end", "")[:10] == answer.day(-1)
        if resource["resourceType"] == "MedicationRequest" and ended:
            answer.add(_with_product(resource, own))


@his_fault("report-before-online-shown")
def report_before_online(answer: Answer) -> None:
    """A report of the day before the start of online access is shown."""
    person = fixture_person(answer.patient)
    if person is None:
        return
    for resource in person.kept(answer.t):
        if resource["resourceType"] == "Composition":
            resource["date"] = TDates(answer.t).resolve("${DATE, T, D, -501}", strict=True)
            if resource["id"].endswith("-08"):
                answer.add(resource)


for _name, _change in {
    "observation-of-first-day-lost": partial(_bound_lost, prefix="ge"),
    "observation-of-day-before-shown": partial(_beyond, prefix="ge", step=-1),
    "appointment-of-first-day-lost": partial(_bound_lost, prefix="ge"),
    "appointment-of-last-day-lost": partial(_bound_lost, prefix="le"),
    "appointment-of-day-before-shown": partial(_beyond, prefix="ge", step=-1),
    "appointment-of-day-after-shown": partial(_beyond, prefix="le", step=1),
    "measurement-of-first-day-lost": partial(_bound_lost, prefix="ge"),
    "measurement-of-day-before-shown": partial(_beyond, prefix="ge", step=-1),
    "measurement-of-day-after-shown": partial(_beyond, prefix="le", step=1),
    "manifest-of-day-before-shown": partial(_beyond, prefix="ge", step=-1),
    "manifest-of-day-after-shown": partial(_beyond, prefix="le", step=1),
    "document-of-day-before-shown": partial(_beyond, prefix="ge", step=-1),
    "document-of-day-after-shown": partial(_beyond, prefix="le", step=1),
}.items():
    his_fault(_name)(_change)

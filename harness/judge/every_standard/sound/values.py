"""Judges of what a value can be at all: codes of the form of their system, times that fit a status, text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, Final

from harness.core.http.media import charset_of
from harness.core.normal.codes import system as system_of
from harness.core.normal.texts import lost_letter, mojibake
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.every_standard.answers import Answer, Json, objects, text
from harness.judge.every_standard.periods import day_bounds, text_bounds
from harness.judge.every_standard.sound.looking import Wrong, each_answer, nodes
from harness.judge.registry import judge_every
from harness.judge.view import CellView

NOT_AFTER: Final = Text(nl="niet na {day} ({status})", en="not after {day} ({status})")
NOT_ENDED: Final = Text(nl="niet geëindigd ({status})", en="not ended ({status})")
IN_UTF8: Final = Text(nl="tekst in UTF-8", en="text in UTF-8")
NO_MEASUREMENT: Final = Text(
    nl="geen value, component, related of dataAbsentReason",
    en="no value, component, related or dataAbsentReason",
)
WITHOUT_VALUE: Final = Text(nl="een hoeveelheid zonder getal", en="a quantity without value")
WITHOUT_UNIT: Final = Text(nl="een hoeveelheid zonder eenheid", en="a quantity without unit")

# -- codes -------------------------------------------------------------------------------------------------

_VERHOEFF: Final = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
"""The permutations of the check digit of Verhoeff."""
_DIHEDRAL: Final = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip


def verhoeff(digits: str) -> bool:
    """Whether a number ends with its check digit of Verhoeff, as an SCTID does.

    >>> verhoeff("49581000146104"), verhoeff("49581000146105")
    (True, False)
    """
    check = 0
    for index, digit in enumerate(reversed(digits)):
        check = int(_DIHEDRAL[check][int(_VERHOEFF[index % 8][int(digit)])])
    return check == 0


def loinc(code: str) -> bool:
    """Whether a LOINC number ends with its check digit (mod 10, doubling from the right).

    >>> loinc("85354-9"), loinc("85354-8"), loinc("LP7839-6")
    (True, False, True)
    """
    match = re.fullmatch(r"(\d{1,7})-(\d)", code, re.ASCII)
    if match is None:
        return re.fullmatch(r"(?:LP|LA|LL|MTHU)\d+-?\d*", code, re.ASCII) is not None
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(match[1]))]
    return (10 - sum(value // 10 + value % 10 for value in doubled) % 10) % 10 == int(match[2])


def _sctid(code: str) -> bool:
    return re.fullmatch(r"[1-9]\d{5,17}", code, re.ASCII) is not None and verhoeff(code)


def _form(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.ASCII).fullmatch


_DIGIT: Final = Text(nl="{what} met zijn controlecijfer", en="{what} with its check digit")
SHAPES: Final[dict[str, tuple[Text, Callable[[str], object]]]] = {
    "http://hl7.org/fhir/sid/icpc-1-nl": (
        Text(nl="ICPC: A12 of A12.03", en="ICPC: A12 or A12.03"),
        _form(r"[ABDFHKLNPR-UW-Z]\d\d(?:\.\d\d)?"),
    ),
    "http://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen": (
        Text(nl="NHG-tabel 45: een getal", en="NHG table 45: a number"),
        _form(r"\d{1,5}"),
    ),
    "http://referentiemodel.nhg.org/tabellen/nhg-tabel-14-contactwijze": (
        Text(nl="NHG-tabel 14: twee cijfers", en="NHG table 14: two digits"),
        _form(r"\d\d"),
    ),
    "http://loinc.org": (
        _DIGIT.format(what=Text(nl="LOINC: een getal", en="LOINC: a number")),
        loinc,
    ),
    "http://snomed.info/sct": (
        _DIGIT.format(what=Text(nl="SNOMED CT: een SCTID", en="SNOMED CT: an SCTID")),
        _sctid,
    ),
    "http://www.whocc.no/atc": (
        Text(nl="ATC: A10BA02 of een deel ervan", en="ATC: A10BA02 or part of it"),
        _form(r"[A-Z](?:\d\d(?:[A-Z](?:[A-Z](?:\d\d)?)?)?)?"),
    ),
}
"""What codes of a system look like, in words and as a test (from their owners: NHG, LOINC, SNOMED, WHO)."""


@judge_every("GEN-028")
def shapes(view: CellView) -> Iterator[Finding]:
    """A code has the form of the codes of its system; SNOMED expressions are left alone."""

    def look(answer: Answer) -> Iterator[Wrong]:
        for place, resource in answer.resources:
            for path, node in nodes(resource, place):
                system, code = node.get("system"), node.get("code")
                if not isinstance(system, str) or not isinstance(code, str):
                    continue
                words, fits = SHAPES.get(system_of(system), (None, None))
                if words and fits and not fits(code) and ":" not in code and "+" not in code:
                    yield Wrong(f"{path}.code", words, code)

    advice = Text(
        nl="Deze code kan niet uit dit codestelsel komen: horen system en code bij elkaar?",
        en="This code cannot be of this code system: do system and code belong together?",
    )
    return each_answer(view, "GEN-028", look, advice)


# -- times -------------------------------------------------------------------------------------------------

_PAST: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "EpisodeOfCare": ("period", frozenset(("active", "onhold", "finished"))),
    "Encounter": ("period", frozenset(("finished", "in-progress", "arrived"))),
    "Appointment": ("start", frozenset(("fulfilled", "arrived", "noshow"))),
    "Observation": ("effective", frozenset(("final", "amended", "corrected"))),
    "Composition": ("date", frozenset(("final", "amended"))),
    "DocumentReference": ("indexed", frozenset(("current", "superseded"))),
    "DocumentManifest": ("created", frozenset(("current", "superseded"))),
    "AllergyIntolerance": ("onset", frozenset(("active", "inactive", "resolved"))),
}
"""Element by type, and the statuses in which what it says has happened."""
_STATUS: Final = {"AllergyIntolerance": "clinicalStatus"}
_OVER: Final[dict[str, frozenset[str]]] = {
    "EpisodeOfCare": frozenset(("active", "planned", "waitlist")),
    "Encounter": frozenset(("planned",)),
}
"""Statuses in which a period has not ended."""


@judge_every("GEN-027")
def times(view: CellView) -> Iterator[Finding]:
    """What has happened is not of later; what still goes on has not ended. A day of margin for clocks."""
    latest, earliest = view.t + timedelta(days=1), view.t - timedelta(days=1)

    def look(answer: Answer) -> Iterator[Wrong]:
        for place, resource in answer.resources:
            kind = text(resource.get("resourceType"))
            status = text(resource.get(_STATUS.get(kind, "status")))
            element, statuses = _PAST.get(kind, ("", frozenset()))
            if kind in _PAST or kind in _OVER:
                read = (f"{place}.{name}" for name in (element, _STATUS.get(kind, "status")) if name)
                yield from (Wrong(path, "", "") for path in read if answer.masks.hides(path))
            first, last = _bounds(resource, element)
            if status in statuses and first is not None and first > latest:
                yield Wrong(
                    f"{place}.{element}", NOT_AFTER.format(day=view.t, status=status), first.isoformat()
                )
            elif status in _OVER.get(kind, ()) and last is not None and last < earliest:
                yield Wrong(f"{place}.{element}", NOT_ENDED.format(status=status), last.isoformat())

    advice = Text(
        nl="Status en datum spreken elkaar tegen: kijk in het HIS welke van de twee klopt.",
        en="Status and date contradict each other: see in the HIS which of them is right.",
    )
    return each_answer(view, "GEN-027", look, advice)


def _bounds(resource: Json, element: str) -> tuple[date | None, date | None]:
    """First and last day of an element: a date, or a Period."""
    period = resource.get(element)
    if isinstance(period, dict):
        return text_bounds(period.get("start"))[0], text_bounds(period.get("end"))[1]
    return day_bounds(resource, element) if element else (None, None)


# -- letters -----------------------------------------------------------------------------------------------


@judge_every("GEN-029")
def letters(view: CellView) -> Iterator[Finding]:
    """Texts are UTF-8, and say so where the media type names a character set."""

    def look(answer: Answer) -> Iterator[Wrong]:
        stated = charset_of(answer.exchange.response.headers) if answer.exchange.response else ""
        if stated not in ("", "utf-8", "utf8", "us-ascii"):
            yield Wrong("Content-Type", "charset=UTF-8", f"charset={stated}")
        for place, resource in answer.resources:
            for path, value in _texts(resource, place):
                bad = mojibake(value) or (lost_letter(value) if path.endswith(".display") else "")
                if bad:
                    yield Wrong(path, IN_UTF8, f"{bad} in {value}")

    advice = Text(
        nl="De tekst is in een verkeerde tekenset gelezen of geschreven; lees, bewaar en stuur overal UTF-8.",
        en="The text was read or written in a wrong character set; read, keep and send UTF-8 everywhere.",
    )
    return each_answer(view, "GEN-029", look, advice)


def _texts(resource: Json, place: str) -> Iterator[tuple[str, str]]:
    for path, node in nodes(resource, place):
        for name, value in node.items():
            for index, item in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(item, str) and (name == "display" or not item.isascii()):
                    yield f"{path}.{name}[{index}]" if isinstance(value, list) else f"{path}.{name}", item


# -- measured values ---------------------------------------------------------------------------------------


def measured(resource: Json) -> Phrase:
    """What is missing of the values of an Observation; ``""`` when nothing is.

    A result has a value, parts, members or the reason why not; a quantity has a number and a unit.
    """
    if not any(
        key.startswith("value") or key in ("component", "dataAbsentReason", "related", "_value")
        for key in resource
    ):
        return NO_MEASUREMENT
    for item in (resource, *objects(resource.get("component"))):
        missing = _quantity(item.get("valueQuantity"))
        if missing:
            return missing
    return ""


def _quantity(value: Any) -> Phrase:
    if not isinstance(value, dict):
        return ""
    if "value" not in value:
        return WITHOUT_VALUE
    return "" if text(value.get("unit")) or text(value.get("code")) else WITHOUT_UNIT

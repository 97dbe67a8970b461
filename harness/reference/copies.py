"""A copy of a record on paper (*elektronisch afschrift*): is all of the record in it, and nobody else's?

What is looked for is what a person reads: names, texts, numbers, days in any usual form; for a code its name
or the code itself. Where it stands in the text and in which order is the producer's. What the record keeps in
by a rule of a standard is neither asked nor forbidden; shielded items and working notes are forbidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from harness.core.normal.codes import concept_text
from harness.core.normal.moments import day_of
from harness.core.normal.texts import document_text
from harness.reference.record.checks import telling_texts
from harness.reference.record.model import Record
from harness.reference.records import Records

KINDS: Final = (
    "Patient",
    "EpisodeOfCare",
    "Condition",
    "Encounter",
    "Composition",
    "Observation",
    "MedicationRequest",
    "AllergyIntolerance",
    "DocumentReference",
)
"""What a copy has to tell; appointments and what is of the practice are no part of a file."""
FORBIDDEN: Final = frozenset({"shielded", "working-note"})
TELLING: Final = 12
"""Characters that a text needs to be recognised without blanks."""
_CONCEPTS: Final = ("code", "medicationCodeableConcept", "valueCodeableConcept")
_DAYS: Final = ("effectiveDateTime", "date", "authoredOn", "birthDate", "onsetDateTime", "indexed")
_SYSTEM: Final = frozenset({"text", "contained", "meta", "extension", "content", "identifier", "note"})
_SENTENCE: Final = re.compile(r"(?<=[.;:!?])\s+")
_MONTHS: Final = (
    ("januari", "january"), ("februari", "february"), ("maart", "march"), ("april", "april"), ("mei", "may"),
    ("juni", "june"), ("juli", "july"), ("augustus", "august"), ("september", "september"),
    ("oktober", "october"), ("november", "november"), ("december", "december"),
)  # fmt: skip


@dataclass(frozen=True)
class Missing:
    """An item of the record that the copy does not say wholly.

    :ivar key: ``Type/id`` in the record; ``words``: what was not found.
    """

    key: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Copy:
    """What a copy says.

    :ivar told: how many items it says wholly, of ``asked``.
    :ivar foreign: texts of others in it, with their owners; ``forbidden``: keys of what had to be left out.
    :ivar others: how many records of others it was compared with.
    """

    asked: int
    told: int
    missing: tuple[Missing, ...]
    foreign: tuple[tuple[str, str], ...]
    forbidden: tuple[str, ...]
    others: int

    @property
    def good(self) -> bool:
        """Whether all of the record is told and nothing else."""
        return not (self.missing or self.foreign or self.forbidden)


def compare_copy(text: str, record: Record, records: Records, others: int) -> Copy:
    """Compare the text of a copy with the record of its person.

    :param records: those of everybody who is known; ``others``: how many of them are of somebody else.
    """
    bare = document_text(text).casefold()
    asked = [one for one in record if one.type in KINDS and one.key not in record.withheld]
    missing = [
        Missing(one.key, words)
        for one in asked
        if (words := tuple(dict.fromkeys(_absent(one.resource, record, text, bare))))
    ]
    foreign = dict(records.found_in(text, record.person))
    return Copy(
        asked=len(asked),
        told=len(asked) - len(missing),
        missing=tuple(missing),
        foreign=tuple((said, owner) for said, owner in foreign.items() if owner != record.person),
        forbidden=tuple(_forbidden(record, bare)),
        others=others,
    )


def _absent(resource: dict[str, Any], record: Record, text: str, bare: str) -> Iterator[str]:
    """What an item says and the copy does not."""
    for phrase in _phrases(resource):
        form = document_text(phrase).casefold()
        if form and form not in bare:
            yield phrase
    for concept in _concepts(resource, record):
        names = [name for name in _names(concept) if name]
        if names and not any(document_text(name).casefold() in bare for name in names):
            yield names[0]
    for number in _numbers(resource):
        if not _number(number).search(text):
            yield number
    day = _day(resource)
    if day is not None and not _written(day).search(text):
        yield day.isoformat()


def _phrases(resource: dict[str, Any]) -> Iterator[str]:
    names = resource.get("name")
    for name in names if isinstance(names, list) else ():
        if isinstance(name, dict) and isinstance(name.get("family"), str):
            yield name["family"]
    said = {name: value for name, value in resource.items() if name not in _SYSTEM}
    for found in telling_texts(said):
        yield from _SENTENCE.split(found)


def _concepts(resource: dict[str, Any], record: Record) -> Iterator[Any]:
    """What an item is, as a code; a line of a journal is what it says, and the parts of a measurement are
    their numbers."""
    if not isinstance(resource.get("valueString"), str):
        yield from (resource.get(element) for element in _CONCEPTS)
    for reference in _references(resource):
        target = record.resource(reference)
        yield target.get("code") if target else None


def _names(concept: Any) -> Iterator[str]:
    """What a code may be called."""
    yield concept_text(concept)
    listed = concept.get("coding") if isinstance(concept, dict) else None
    for coding in listed if isinstance(listed, list) else ():
        if isinstance(coding, dict):
            yield from (str(coding.get(name) or "") for name in ("display", "code"))


def _references(resource: dict[str, Any]) -> Iterator[str]:
    """What an item is about, where it only refers to it: a diagnosis, a product."""
    for item in resource.get("diagnosis", ()):
        yield str(item.get("condition", {}).get("reference", ""))
    yield str((resource.get("medicationReference") or {}).get("reference", ""))


def _parts(resource: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in resource.get("component", ()) if isinstance(item, dict)]


def _numbers(resource: dict[str, Any]) -> Iterator[str]:
    for part in (resource, *_parts(resource)):
        value = part.get("valueQuantity")
        if isinstance(value, dict) and value.get("value") is not None:
            yield str(value["value"])


def _day(resource: dict[str, Any]) -> date | None:
    period = resource.get("period")
    begin = period.get("start") if isinstance(period, dict) else None
    for value in (*(resource.get(name) for name in _DAYS), begin):
        day = day_of(value) if isinstance(value, str) else ""
        if len(day) == 10:
            return date.fromisoformat(day)
    return None


def _number(value: str) -> re.Pattern[str]:
    """A number by itself, with a point or a comma, whatever zeros stand behind it."""
    whole, _, rest = value.partition(".")
    rest = rest.rstrip("0")
    behind = rf"[.,]{re.escape(rest)}0*" if rest else r"(?:[.,]0+)?"
    return re.compile(rf"(?<![\d.,]){re.escape(whole)}{behind}(?!\d|[.,]\d)")


def _written(day: date) -> re.Pattern[str]:
    """A day in any form that people write."""
    months = "|".join(name[:3] + f"(?:{name[3:]})?" for name in _MONTHS[day.month - 1])
    month, number = f"0?{day.month}", f"0?{day.day}"
    apart = r"\s*[-/.\u2010-\u2015]\s*"
    forms = (
        rf"{day.year}{apart}{month}{apart}{number}",
        rf"{number}{apart}{month}{apart}{day.year}",
        rf"{number}\s*[- ]?\s*(?:{months}|mrt)\.?\s*[- ]?\s*{day.year}" if day.month == 3
        else rf"{number}\s*[- ]?\s*(?:{months})\.?\s*[- ]?\s*{day.year}",
    )  # fmt: skip
    return re.compile(rf"(?<!\d)(?:{'|'.join(forms)})(?!\d)", re.I)


def _forbidden(record: Record, bare: str) -> Iterator[str]:
    """What had to be left out and stands there; what shared items say too accuses nobody."""
    shared = " ".join(
        form for one in record if one.key not in record.withheld for form in _forms(record, one.key)
    )
    for key, why in record.withheld.items():
        if why in FORBIDDEN and any(
            len(form) >= TELLING and form in bare and form not in shared for form in _forms(record, key)
        ):
            yield key


def _forms(record: Record, key: str) -> Iterator[str]:
    """The telling texts of an item, or of the document that it is, as they are compared."""
    document = record.documents.get(key)
    for said in (*telling_texts(record.resource(key) or {}), *(document.text if document else ())):
        yield document_text(said).casefold()

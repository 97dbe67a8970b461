"""The printable sheet of a session: what a person does, and what the PGO must, may and must not show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from harness.core.clock import AMSTERDAM
from harness.core.run.info import RunInfo
from harness.core.standards.queries import Query, load_queries
from harness.core.standards.table import standard
from harness.core.tdates import TDates
from harness.core.text import Lang, Text
from harness.fhir.search.query import SearchError
from harness.matrix.sessions.held import Held
from harness.network.file import Network
from harness.reference.records import Records, frozen_records
from harness.report.pages.frame import render

SHOWN: Final = 3
"""Items of an answer that are named, so that they can be found on the screen."""
_NAMED: Final = (
    "code", "medicationCodeableConcept", "medicationReference", "vaccineCode", "type", "serviceType", "class",
)  # fmt: skip


_KINDS: Final = {
    "Patient": Text(nl="Persoonsgegevens en huisarts", en="Personal data and GP"),
    "EpisodeOfCare": Text(nl="Episodes", en="Episodes"),
    "Encounter": Text(nl="Contacten", en="Encounters"),
    "Composition": Text(nl="Contactverslagen", en="Encounter reports"),
    "Observation": Text(nl="Metingen en uitslagen", en="Measurements and results"),
    "MedicationRequest": Text(nl="Medicatie", en="Medication"),
    "AllergyIntolerance": Text(nl="Overgevoeligheden", en="Allergies and intolerances"),
    "DocumentManifest": Text(nl="Documenten", en="Documents"),
    "DocumentReference": Text(nl="Documenten", en="Documents"),
    "Appointment": Text(nl="Afspraken", en="Appointments"),
    "DiagnosticReport": Text(nl="Uitslagen", en="Reports"),
}
"""What a person calls types of resources."""


@dataclass(frozen=True)
class Row:
    """What comes of one query.

    :ivar asked: parameters that narrow the query, for who knows FHIR.
    :ivar count: how many are certain to come; ``more`` how many may come besides.
    :ivar items: some of them, by what a screen shows.
    :ivar hidden: some that must not be shown.
    """

    kind: str
    asked: str
    count: int
    more: int
    items: tuple[str, ...]
    hidden: tuple[str, ...]


def sheet_page(held: Held, network: Network, lang: Lang) -> str:
    """The sheet as HTML, for one sheet of paper or two.

    :raises EvidenceError: the record of the person cannot be read.
    """
    records = frozen_records(held.keeper.folder, held.info)
    session = held.session
    found = _rows(held, records, lang)
    shown: dict[str, Any] = {
        "info": held.info,
        "session": session,
        "standard": standard(session.cell.standard).title.of(lang),
        "provider": network.participant(session.cell.his).title,
        "pgo": session.pgo.title,
        "display": _display(held, records),
        "situations": [(item.title.of(lang), item.do.of(lang)) for item in session.wanted.values()],
        "rows": found,
        "closes": _day(held.info),
    }
    return render("sheet", lang, shown).decode()


def _day(info: RunInfo) -> str:
    return info.now[:16].replace("T", " ")


def _display(held: Held, records: Records) -> str:
    record = records.of(held.session.person, held.session.cell.standard)
    return record.display if record is not None and record.display else held.session.person


def _rows(held: Held, records: Records, lang: Lang) -> list[Row]:
    cell = held.session.cell
    record = records.of(held.session.person, cell.standard)
    if record is None:
        return []
    day = held.session.started.astimezone(AMSTERDAM).date()
    rows = []
    for query in load_queries(cell.standard):
        if not query.search or query.each is not None or query.body or query.flow != "collect":
            continue
        try:
            expected = records.expected(cell.standard, query, record, day)
        except SearchError:
            continue
        must = [item for item in expected.must.values() if item.part == "match"]
        may = [item for item in expected.may.values() if item.part == "match"]
        hidden = [
            item
            for item in record.store.all(expected.kind)
            if item.key not in expected.must and item.key not in expected.may
        ]
        rows.append(
            Row(
                kind=_KINDS[expected.kind].of(lang) if expected.kind in _KINDS else expected.kind,
                asked=_asked(query, day),
                count=len(must),
                more=len(may),
                items=tuple(_named([item.resource for item in must]))[:SHOWN],
                hidden=tuple(_named([item.resource for item in hidden]))[:SHOWN],
            )
        )
    return rows


def _asked(query: Query, day: date) -> str:
    return ", ".join(f"{name}={value}" for name, value in query.resolved(TDates(day)) if name != "_include")


def _named(resources: list[dict[str, Any]]) -> Iterator[str]:
    """What a person recognises of resources, each once."""
    seen: set[str] = set()
    for resource in resources:
        name = _name(resource)
        if name and name not in seen:
            seen.add(name)
            yield name


def _name(resource: dict[str, Any]) -> str:
    for diagnosis in resource.get("diagnosis", ()):
        text = _text(diagnosis.get("condition")) if isinstance(diagnosis, dict) else ""
        if text:
            return _dated(text, resource)
    for element in _NAMED:
        value = resource.get(element)
        for one in value if isinstance(value, list) else [value]:
            text = _text(one)
            if text:
                return _dated(text, resource)
    for element in ("title", "description"):
        if isinstance(resource.get(element), str):
            return _dated(resource[element], resource)
    return _person(resource)


def _text(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    codings = [item for item in value.get("coding", ()) if isinstance(item, dict)]
    shown = [str(item["display"]) for item in codings if item.get("display")]
    return str(value.get("text") or value.get("display") or (shown[0] if shown else ""))


def _dated(text: str, resource: dict[str, Any]) -> str:
    for name in ("effectiveDateTime", "date", "onsetDateTime", "authoredOn", "assertedDate", "indexed"):
        value = resource.get(name)
        if isinstance(value, str):
            return f"{text} ({value[:10]})"
    period = resource.get("period") or resource.get("effectivePeriod")
    if isinstance(period, dict) and isinstance(period.get("start"), str):
        return f"{text} ({period['start'][:10]})"
    return text


def _person(resource: dict[str, Any]) -> str:
    names = resource.get("name")
    first = names[0] if isinstance(names, list) and names and isinstance(names[0], dict) else {}
    return str(first.get("text") or " ".join([*first.get("given", ()), first.get("family", "")])).strip()

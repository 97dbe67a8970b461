"""A printable sheet for people who type a record into a HIS: what to enter, and what has to stay inside.

One HTML page without scripts, in Dutch or English, per kind of data and by date.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any, Final

from harness.core.normal.codes import concept_text
from harness.core.normal.texts import folded, narrative
from harness.core.text import Lang, Text
from harness.fhir.store import Stored
from harness.reference.record.model import Record

KINDS: Final[dict[str, Text]] = {
    "Patient": Text(nl="Persoon", en="Person"),
    "EpisodeOfCare": Text(nl="Episodes", en="Episodes of care"),
    "Condition": Text(nl="Problemen", en="Problems"),
    "Flag": Text(nl="Attentiewaarden", en="Attention flags"),
    "Encounter": Text(nl="Contacten", en="Contacts"),
    "Composition": Text(nl="Verslagen", en="Reports"),
    "Observation": Text(
        nl="Journaalregels, uitslagen en metingen", en="Journal lines, results and measurements"
    ),
    "MedicationRequest": Text(nl="Voorschriften", en="Prescriptions"),
    "AllergyIntolerance": Text(nl="Overgevoeligheden", en="Intolerances"),
    "DocumentReference": Text(nl="Documenten", en="Documents"),
    "DocumentManifest": Text(nl="Verzamelingen van documenten", en="Sets of documents"),
    "Appointment": Text(nl="Afspraken", en="Appointments"),
    "Practitioner": Text(nl="Zorgverleners", en="Practitioners"),
    "Organization": Text(nl="Organisaties", en="Organizations"),
}
WHY: Final[dict[str, Text]] = {
    "rule": Text(nl="blijft in het HIS: selectieregel", en="stays in the HIS: selection rule"),
    "shielded": Text(nl="afschermen voor de patiënt", en="shield from the patient"),
    "working-note": Text(nl="als persoonlijke werkaantekening", en="as a personal working note"),
    "not-shared": Text(nl="niet delen", en="do not share"),
    "": Text(nl="wordt gedeeld", en="is shared"),
}
_HEAD: Final = {
    "title": Text(nl="Laadblad", en="Loading sheet"),
    "intro": Text(
        nl="Voer dit in het HIS in, precies zoals het er staat. Datums gelden voor laden op {day}; "
        "laad opnieuw op of voor {reload}.",
        en="Enter this into the HIS exactly as it is written. Dates are for loading on {day}; "
        "load again on or before {reload}.",
    ),
    "again": Text(nl="het dossier het zegt", en="the record says so"),
    "what": Text(nl="Wat", en="What"),
    "when": Text(nl="Wanneer", en="When"),
    "value": Text(nl="Waarde of tekst", en="Value or text"),
    "status": Text(nl="Status", en="Status"),
    "share": Text(nl="Delen", en="Sharing"),
    "done": Text(nl="Klaar", en="Done"),
}
_STYLE: Final = (
    "body{font:11pt/1.4 sans-serif;margin:2em}table{border-collapse:collapse;width:100%;margin-bottom:2em}"
    "th,td{border:1px solid #888;padding:.3em .5em;text-align:left;vertical-align:top}"
    "tr.in{background:#eee}@media print{h2{break-after:avoid}tr{break-inside:avoid}}"
)
_DATES: Final = (
    "effectiveDateTime",
    "date",
    "start",
    "authoredOn",
    "indexed",
    "created",
    "onsetDateTime",
    "birthDate",
    "period",
    "effectivePeriod",
)


def loading_sheet(record: Record, lang: Lang, reload: str = "") -> str:
    """The sheet as one HTML page.

    :param reload: day before which the record has to be loaded again, ``""`` when not known.
    """
    words = {key: text.of(lang) for key, text in _HEAD.items()}
    intro = words["intro"].format(day=record.loaded.isoformat(), reload=reload or words["again"])
    title = f"{words['title']}: {record.display}"
    parts = [
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{html.escape(title)}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1><p>{html.escape(intro)}</p>",
    ]
    for kind, label in KINDS.items():
        rows = sorted(_row(stored, record) for stored in record.store.all(kind))
        if rows:
            parts += _table(label.of(lang), rows, words, lang)
    return "".join((*parts, "</body></html>\n"))


def _table(label: str, rows: Sequence[tuple[str, ...]], words: dict[str, str], lang: Lang) -> Iterator[str]:
    yield f"<h2>{html.escape(label)}</h2><table><thead><tr>"
    for name in ("when", "what", "value", "status", "share", "done"):
        yield f'<th scope="col">{html.escape(words[name])}</th>'
    yield "</tr></thead><tbody>"
    for when, what, value, status, why in rows:
        cells = (when, what, value, status, WHY[why].of(lang), "☐")
        inside = ' class="in"' if why else ""
        yield f"<tr{inside}>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table>"


def _row(stored: Stored, record: Record) -> tuple[str, str, str, str, str]:
    resource = stored.resource
    return (
        _when(resource),
        _what(resource, record),
        _value(resource),
        str(resource.get("status") or resource.get("clinicalStatus") or ""),
        str(record.withheld.get(stored.key, "")),
    )


def _when(resource: dict[str, Any]) -> str:
    for name in _DATES:
        value = resource.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, dict) and isinstance(value.get("start"), str):
            return f"{value['start']} – {value.get('end', '')}".strip(" –")
    return ""


def _what(resource: dict[str, Any], record: Record) -> str:
    for name in ("description", "title"):
        if isinstance(resource.get(name), str):
            return folded(resource[name])
    names = resource.get("name")
    if isinstance(names, str):
        return names
    if isinstance(names, list) and names and isinstance(names[0], dict):
        given = " ".join(str(item) for item in names[0].get("given", ()))
        return folded(f"{given} {names[0].get('family', '')}") or str(names[0].get("text", ""))
    for name in ("code", "type", "class", "medicationCodeableConcept"):
        value = resource.get(name)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict):
            return _coded(value)
    for name in ("medicationReference",):
        target = record.resource(str((resource.get(name) or {}).get("reference", "")))
        if target is not None:
            return _coded(target.get("code") or {})
    for item in resource.get("diagnosis", ()):
        return str(item.get("condition", {}).get("display", ""))
    return ""


def _coded(concept: dict[str, Any]) -> str:
    listed = concept.get("coding") if isinstance(concept.get("coding"), list) else [concept]
    codes = [str(item["code"]) for item in listed or () if isinstance(item, dict) and item.get("code")]
    text = concept_text(concept) or str(concept.get("display") or "")
    return folded(f"{text} ({', '.join(codes)})") if codes else text


def _value(resource: dict[str, Any]) -> str:
    found = []
    for part in (resource, *(item for item in resource.get("component", ()) if isinstance(item, dict))):
        value = part.get("valueQuantity")
        if isinstance(value, dict):
            found.append(
                folded(f"{value.get('comparator', '')} {value.get('value', '')} {value.get('unit', '')}")
            )
        elif isinstance(part.get("valueString"), str):
            found.append(folded(part["valueString"]))
        elif isinstance(part.get("valueCodeableConcept"), dict):
            found.append(_coded(part["valueCodeableConcept"]))
    for section in resource.get("section", ()):
        if isinstance(section, dict):
            text = narrative(str((section.get("text") or {}).get("div", "")))
            found.append(f"{_coded(section.get('code') or {})}: {text}")
    found += [str(item["text"]) for item in resource.get("dosageInstruction", ()) if item.get("text")]
    return "; ".join(found)

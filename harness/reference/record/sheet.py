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
    "PractitionerRole": Text(nl="Functies", en="Roles"),
    "Location": Text(nl="Locaties", en="Locations"),
    "Medication": Text(nl="Middelen", en="Products"),
    "Specimen": Text(nl="Monsters", en="Specimens"),
    "Binary": Text(nl="Bestanden", en="Files"),
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
    "further": Text(nl="Verder", en="Further"),
    "done": Text(nl="Klaar", en="Done"),
    "login": Text(
        nl="Inloggen met burgerservicenummer {bsn}. {shared} gegevens worden gedeeld, {inside} blijven in "
        "het HIS.",
        en="Log in with citizen service number {bsn}. {shared} items are shared, {inside} stay in the HIS.",
    ),
}
_STYLE: Final = (
    "body{font:11pt/1.4 sans-serif;margin:2em}table{border-collapse:collapse;width:100%;margin-bottom:2em}"
    "th,td{border:1px solid #888;padding:.3em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "table{table-layout:fixed}td:nth-child(5){font-size:9pt}"
    "th:nth-child(1){width:11%}th:nth-child(2){width:19%}th:nth-child(3){width:18%}th:nth-child(4){width:8%}"
    "th:nth-child(5){width:27%}th:nth-child(6){width:11%}th:nth-child(7){width:6%}"
    "tr.in{background:#eee}tr.in td:nth-child(6){font-weight:bold}"
    "@page{size:A4 landscape;margin:12mm}"
    "@media print{body{margin:0;font-size:9.5pt}h2{break-after:avoid}tr{break-inside:avoid}}"
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
    total, inside = len(record.store), len(record.withheld)
    login = words["login"].format(bsn=record.bsn or "…", shared=total - inside, inside=inside)
    parts.append(f"<p>{html.escape(login)}</p>")
    others = sorted({stored.type for stored in record} - KINDS.keys())
    for kind in (*KINDS, *others):
        rows = sorted(_row(stored, record) for stored in record.store.all(kind))
        if rows:
            label = KINDS[kind].of(lang) if kind in KINDS else kind
            parts += _table(label, rows, words, lang)
    return "".join((*parts, "</body></html>\n"))


def _table(label: str, rows: Sequence[tuple[str, ...]], words: dict[str, str], lang: Lang) -> Iterator[str]:
    yield f"<h2>{html.escape(label)}</h2><table><thead><tr>"
    for name in ("when", "what", "value", "status", "further", "share", "done"):
        yield f'<th scope="col">{html.escape(words[name])}</th>'
    yield "</tr></thead><tbody>"
    for when, what, value, status, further, why in rows:
        cells = (when, what, value, status, further, WHY[why].of(lang), "☐")
        inside = ' class="in"' if why else ""
        yield f"<tr{inside}>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table>"


def _row(stored: Stored, record: Record) -> tuple[str, str, str, str, str, str]:
    resource = stored.resource
    return (
        _when(resource),
        _what(resource, record),
        _value(resource),
        str(resource.get("status") or resource.get("clinicalStatus") or ""),
        "; ".join(_further(resource, record)),
        str(record.withheld.get(stored.key, "")),
    )


def _when(resource: dict[str, Any]) -> str:
    for name in _DATES:
        value = resource.get(name)
        if isinstance(value, str):
            return _moment(value)
        if isinstance(value, dict) and isinstance(value.get("start"), str):
            return f"{_moment(value['start'])} – {_moment(str(value.get('end', '')))}".strip(" –")
    return ""


def _moment(text: str) -> str:
    """A date and time as people write it, on its own clock."""
    return f"{text[:10]} {text[11:16]}" if text[10:11] == "T" else text


def _what(resource: dict[str, Any], record: Record) -> str:
    for name in ("description", "title"):
        if isinstance(resource.get(name), str):
            return folded(resource[name])
    for item in resource.get("diagnosis", ()):
        condition = item.get("condition", {})
        target = record.resource(str(condition.get("reference", "")))
        return _coded(target.get("code") or {}) if target else str(condition.get("display", ""))
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


_SHOWN: Final = frozenset(
    {
        *_DATES,
        *(
            "resourceType",
            "id",
            "meta",
            "text",
            "contained",
            "language",
            "implicitRules",
            "status",
            "clinicalStatus",
        ),
        *(
            "code",
            "description",
            "title",
            "name",
            "medicationCodeableConcept",
            "medicationReference",
            "class",
        ),
        *(
            "valueQuantity",
            "valueString",
            "valueCodeableConcept",
            "component",
            "section",
            "diagnosis",
            "subject",
        ),
        *("patient", "identifier", "content", "fullUrl"),
    }
)
"""Elements that stand in a column of their own, or that are of the system."""
_MAX_FURTHER: Final = 400


def _further(resource: dict[str, Any], record: Record) -> Iterator[str]:
    """Every other element in words: ``name: value``; names of people, codes with their text, what is "
    "referred to."""
    for name, value in resource.items():
        if name in _SHOWN or name.startswith("_"):
            if name == "name" and isinstance(value, list):
                yield from (f"{key}: {text}" for key, text in _leaves(value, "name", record))
            elif name == "content" and resource["resourceType"] == "Binary":
                yield f"{len(str(value)) * 3 // 4} bytes"
            elif name == "content":
                yield from (f"{key}: {text}" for key, text in _leaves(value, name, record))
            elif name == "identifier":
                listed = value if isinstance(value, list) else [value]
                yield from (f"identifier: {item['value']}" for item in listed if item.get("value"))
            continue
        yield from (f"{key}: {text}" for key, text in _leaves(value, name, record))


def _leaves(node: Any, name: str, record: Record) -> Iterator[tuple[str, str]]:
    """What an element says, in the shortest form that a person can enter."""
    if isinstance(node, list):
        for item in node:
            yield from _leaves(item, name, record)
    elif isinstance(node, dict):
        if "coding" in node or ("code" in node and "system" in node and "value" not in node):
            yield name, _coded(node)
        elif isinstance(node.get("reference"), str):
            target = record.resource(node["reference"])
            shown = _what(target, record) if target else str(node.get("display") or node["reference"])
            yield name, " ".join(word for word in (shown, _when(target) if target else "") if word)
        elif "value" in node and ("unit" in node or "code" in node):
            yield name, folded(f"{node.get('comparator', '')} {node['value']} {node.get('unit', '')}")
        elif "url" in node and name.endswith("xtension"):
            word = str(node["url"]).rpartition("/")[2]
            for key, value in node.items():
                if key != "url":
                    yield from _leaves(value, word, record)
        else:
            for key, value in node.items():
                if not key.startswith("_") and key not in ("id", "div", "system"):
                    yield from _leaves(value, key if key == "extension" else f"{name}.{key}", record)
    else:
        yield name, folded(str(node))[:_MAX_FURTHER]

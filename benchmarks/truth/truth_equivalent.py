"""Rewrites that say the same: what a correct but unusual server may do. Each must change nothing.

One function per freedom of ``profiles/fhir/content-stu3.yaml``, over all answers of a cell at once, because a
server renames consistently.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from truth_cells import BASE, MODEL, Cell, Json, shuffled, walk

from harness.fhir.codec.documents import parse, to_xml

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
Rewrite = Callable[[Cell, random.Random], None]
NATIONAL = ("uzi", "agb", "ura", "big", "bsn")

ADDED: dict[str, Json] = {
    "Patient": {"telecom": [{"system": "phone", "value": "06 0000 0000"}], "active": True},
    "Practitioner": {"telecom": [{"system": "email", "value": "praktijk@voorbeeld.example"}]},
    "EpisodeOfCare": {"statusHistory": [{"status": "active", "period": {"start": "2020-01-01"}}]},
    "Encounter": {
        "length": {"value": 10, "unit": "min", "system": "http://unitsofmeasure.org", "code": "min"}
    },
    "Observation": {"issued": "2026-01-01T08:00:00Z"},
    "AllergyIntolerance": {"note": [{"text": "gemeld bij inschrijving"}]},
    "MedicationRequest": {"note": [{"text": "in overleg"}], "priority": "routine"},
    "Appointment": {"priority": 5, "comment": "eigen opmerking van het systeem"},
    "DocumentReference": {"language": "nl"},
    "Composition": {"confidentiality": "N"},
}
# what its profile demands (category of an Observation, title and author of a Composition, type and source of a
# DocumentManifest) is no option
OPTIONAL = {
    "Patient": ["address", "telecom"],
    "EpisodeOfCare": ["managingOrganization", "extension"],
    "Encounter": ["participant", "serviceProvider", "episodeOfCare"],
    "Observation": [
        "performer",
        "context",
        "interpretation",
        "referenceRange",
        "extension",
        "comment",
    ],
    "MedicationRequest": ["requester", "context"],
    "AllergyIntolerance": ["recorder", "asserter", "reaction", "onsetDateTime"],
    "DocumentReference": ["class", "author", "securityLabel", "description", "contained"],
    "DocumentManifest": ["description"],
    "Appointment": ["specialty", "appointmentType", "description"],
    "Organization": ["type", "address", "telecom"],
}
CODINGS_FIXED = {
    "Appointment.specialty": "eAfspraak-Appointment fixes the system of every coding",
    "Composition.type": "gp-EncounterReport fixes system and code of every coding",
    "Composition.section.extension.value": "code-specification of gp-EncounterReport fixes the system",
    "Observation.category": "vs-4 of the vital signs profile asks for a category with one coding",
}
"""Where a further coding breaks a MUST of the profile, and which; elsewhere it is free."""
OIDS = {
    "http://snomed.info/sct": "urn:oid:2.16.840.1.113883.6.96",
    "http://loinc.org": "urn:oid:2.16.840.1.113883.6.1",
    "http://hl7.org/fhir/sid/icpc-1-nl": "urn:oid:2.16.840.1.113883.2.4.4.31.1",
}


def everything(cell: Cell) -> Any:
    """Every resource in the cell."""
    for item in cell.bundles.values():
        for entry in item["entry"]:
            yield entry, entry["resource"]


def added_elements(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for name, value in ADDED.get(resource["resourceType"], {}).items():
            resource.setdefault(name, deepcopy(value))


def identifiers(cell: Cell, rng: random.Random) -> None:
    names: dict[str, str] = {}

    def renamed(key: str) -> str:
        kind, _, _identity = key.partition("/")
        if key not in names:
            names[key] = f"{kind}/{rng.getrandbits(64):x}"
        return names[key]

    for entry, resource in everything(cell):
        resource["id"] = renamed(f"{resource['resourceType']}/{resource['id']}").split("/")[1]
        entry["fullUrl"] = f"{BASE}{resource['resourceType']}/{resource['id']}"
        for parent, key, value, kind, path in list(walk(resource, resource["resourceType"])):
            if kind == "Reference" and re.fullmatch(r"[A-Z]\w+/[\w.-]+", value.get("reference", "")):
                value["reference"] = renamed(value["reference"])
            elif kind == "Identifier" and "value" in value and path in ("identifier", "masterIdentifier"):
                if not any(word in value.get("system", "").lower() for word in NATIONAL):
                    value |= {"system": "https://his.example/nummers", "value": f"{rng.getrandbits(40)}"}
            elif kind == "uri" and path.endswith("attachment.url"):
                parent[key] = renamed(value)


def reference_form(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for _, _, value, kind, _ in list(walk(resource, resource["resourceType"])):
            if kind == "Reference" and re.fullmatch(r"[A-Z]\w+/[\w.-]+", value.get("reference", "")):
                value["reference"] = BASE + value["reference"]


def contained(cell: Cell, rng: random.Random) -> None:
    for item in cell.bundles.values():
        inside = {
            f"{entry['resource']['resourceType']}/{entry['resource']['id']}": entry
            for entry in item["entry"]
            if entry["search"]["mode"] == "include"
            and entry["resource"]["resourceType"] in ("Practitioner", "Medication", "Specimen")
        }
        moved = set()
        for entry in item["entry"]:
            resource = entry["resource"]
            for _, _, value, kind, path in list(walk(resource, resource["resourceType"])):
                target = value.get("reference", "") if kind == "Reference" else ""
                if target in inside and inside[target] is not entry and not path.startswith("contained"):
                    inner = deepcopy(inside[target]["resource"])
                    inner["id"] = f"c{len(resource.get('contained', []))}"
                    inner.pop("meta", None)
                    resource.setdefault("contained", []).append(inner)
                    value["reference"] = "#" + inner["id"]
                    moved.add(target)
        item["entry"] = [entry for entry in item["entry"] if not any(entry is inside[key] for key in moved)]


def displays(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for _, _, value, kind, _ in list(walk(resource, resource["resourceType"])):
            if kind in ("Coding", "Reference") and "display" in value:
                value["display"] = "in eigen woorden"
            elif kind in ("Quantity", "Duration") and "unit" in value and "code" in value:
                value["unit"] = "eenheid"


def extra_codings(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for _, _, value, kind, path in list(walk(resource, resource["resourceType"])):
            fixed = f"{resource['resourceType']}.{path}" in CODINGS_FIXED
            if kind == "CodeableConcept" and value.get("coding") and not fixed:
                extra = {
                    "system": "https://his.example/codes",
                    "code": f"{crc32(str(value['coding'][0]).encode()) % 10**6}",  # the same wherever it stands
                    "display": "eigen",
                }
                value["coding"] = [*value["coding"], extra]


def system_form(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for _, _, value, kind, _ in list(walk(resource, resource["resourceType"])):
            if kind == "Coding" and value.get("system") in OIDS:
                value["system"] = OIDS[value["system"]]


def profiles(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        resource["meta"] = {
            "profile": ["https://his.example/fhir/StructureDefinition/eigen"],
            "versionId": "7",
        }


def order(cell: Cell, rng: random.Random) -> None:
    for item in cell.bundles.values():
        item["entry"] = shuffled(item["entry"], rng)
    for _, resource in everything(cell):
        for parent, key, _value, _kind, path in list(walk(resource, resource["resourceType"])):
            if (
                isinstance(parent, list)
                and key == 0
                and path.split(".")[-1] not in ("given", "line", "event")
            ):
                parent[:] = shuffled(parent, rng)


def absent_optional(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for name in OPTIONAL.get(resource["resourceType"], ()):
            if name == "extension":
                kept = [
                    item
                    for item in resource.get(name, [])
                    if "EpisodeOfCare" not in item["url"] and "context" not in item["url"]
                ]
                resource[name] = kept
                if not kept:
                    del resource[name]
            else:
                resource.pop(name, None)


def narrative(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        resource["text"] = {
            "status": "generated",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml">samenvatting</div>',
        }


def numbers(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for parent, key, value, kind, _ in list(walk(resource, resource["resourceType"])):
            if kind == "decimal":
                parent[key] = Decimal(f"{Decimal(str(value)):f}" + ("0" if "." in str(value) else ".0"))


def zones(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for parent, key, value, kind, _ in list(walk(resource, resource["resourceType"])):
            if kind in ("dateTime", "instant") and "T" in str(value):
                moment = datetime.fromisoformat(value)
                parent[key] = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for parent, key, value, kind, _ in list(walk(resource, resource["resourceType"])):
            if kind == "dateTime" and len(str(value)) == 10:
                moment = datetime.fromisoformat(value).replace(tzinfo=AMSTERDAM)
                parent[key] = (
                    moment.isoformat()
                    if rng.random() < 0.5
                    else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                )


def blanks(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        for parent, key, value, kind, path in list(walk(resource, resource["resourceType"])):
            if kind == "string" and isinstance(value, str) and " " in value and not path.endswith("display"):
                parent[key] = value.replace(" ", "  ") + "\n"
            elif kind == "xhtml" and isinstance(value, str):
                text = re.sub(r"<[^>]+>", "", value)
                coded = "".join(
                    f"&#{ord(char)};" if char == "e" else html.escape(char) for char in html.unescape(text)
                )
                parent[key] = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{coded}</p></div>'


def extra_extensions(cell: Cell, rng: random.Random) -> None:
    for _, resource in everything(cell):
        own = {"url": "https://his.example/fhir/StructureDefinition/bron", "valueString": "eigen systeem"}
        resource["extension"] = [own, *resource.get("extension", [])]


def format(cell: Cell, rng: random.Random) -> None:
    for name, item in cell.bundles.items():
        if item["entry"]:
            cell.bundles[name] = parse(to_xml(item, MODEL), model=MODEL).resource


REWRITES: dict[str, Rewrite] = {
    "added-elements": added_elements,
    "identifiers": identifiers,
    "contained": contained,
    "reference-form": reference_form,
    "displays": displays,
    "extra-codings": extra_codings,
    "system-form": system_form,
    "profiles": profiles,
    "order": order,
    "absent-optional": absent_optional,
    "narrative": narrative,
    "numbers": numbers,
    "zones": zones,
    "midnight": midnight,
    "blanks": blanks,
    "extra-extensions": extra_extensions,
    "format": format,
}
"""In an order in which they can be applied one after the other."""

BREAK_A_MUST = {
    "system-form": "terminologies-systems (STU3): the URI of the list SHALL be used where a system has one; "
    "what says the same to a reader of the record is an error to a program",
}
"""Rewrites that say the same as the record and break a MUST besides: no equivalent message."""

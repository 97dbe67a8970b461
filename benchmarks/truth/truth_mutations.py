"""Mutations of answers by generic operators, with their own idea of what must be noticed.

The operators know FHIR's shapes, not our judges, our table of content or our rules. ``must`` when the record
says something else than the mutated answer, ``free`` when FHIR or the standard leaves it to the server,
``unclassified`` when neither is plain.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from truth_cells import Cell, Json, Known, bundle, resources, walk

from harness.core.standards.queries import load_queries
from harness.reference.oracle.expect import expect

Class = Literal["must", "free", "unclassified"]

TECHNICAL = ("id", "meta", "text", "language", "implicitRules", "contained", "identifier", "masterIdentifier")
"""Elements at the top of a resource that identify or describe the copy, not the patient."""
BY_SERVER = (
    "issued", "attachment.url", "attachment.size", "attachment.hash", "minutesDuration", "created",
    "assertedDate", "recorder", "statusHistory", "docStatus", "source",
)  # fmt: skip
PEOPLE = ("name", "address", "telecom", "contact")
"""Written in many ways: capitals and parts of parts are the system's."""
LABELS = ("display", "unit", "version", "userSelected")
CLINICAL = {
    "Patient": ("name", "birthDate", "gender"),
    "EpisodeOfCare": ("status", "diagnosis", "period"),
    "Encounter": ("status", "class", "period"),
    "Composition": ("type", "date", "section", "section.code", "section.text"),
    "Observation": ("status", "code", "effective", "value", "component", "component.value", "value.value"),
    "MedicationRequest": ("medication", "authoredOn", "dosageInstruction", "extension.value.start"),
    "Medication": ("code",),
    "AllergyIntolerance": ("code", "category", "verificationStatus", "clinicalStatus"),
    "DocumentReference": ("status", "type", "indexed", "content"),
    "DocumentManifest": ("status", "created", "content"),
    "Appointment": ("status", "start", "end", "participant"),
    "Practitioner": ("name",),
    "Specimen": ("type",),
}
"""What makes a resource worth having: without it the patient is told something else."""
STATUSES = {
    "EpisodeOfCare": ("active", "finished", "onhold", "cancelled"),
    "Encounter": ("finished", "in-progress", "cancelled", "planned"),
    "Observation": ("final", "amended", "cancelled", "entered-in-error"),
    "Appointment": ("booked", "cancelled", "fulfilled", "noshow"),
    "DocumentReference": ("current", "superseded", "entered-in-error"),
    "DocumentManifest": ("current", "superseded", "entered-in-error"),
    "AllergyIntolerance": ("active", "inactive", "resolved"),
    "Composition": ("final", "amended", "preliminary", "entered-in-error"),
}
CODES = ("code", "system", "status", "clinicalStatus", "verificationStatus", "gender", "intent", "category")


@dataclass(frozen=True)
class Mutation:
    """What was done to a cell.

    :ivar topics: kinds of difference that name this defect rightly.
    """

    operator: str
    where: str
    what: Class
    topics: frozenset[str]


_MEANT = 0.9
"""Part of the changes at random places that is made where it tells the patient something else."""
CONTENT = frozenset(("altered", "absent", "foreign", "unknown", "missing", "not-allowed", "duplicated"))
GONE, TWICE = frozenset(("missing",)), frozenset(("duplicated", "altered"))
LEAK, FOREIGN = frozenset(("not-allowed", "not-asked")), frozenset(("foreign",))
Operator = Callable[[Cell, Known, random.Random], Mutation | None]


def classify(kind: str, path: str, type_: str) -> Class:
    """Whether another value at a place tells the patient something else."""
    parts = path.split(".")
    if parts[0] in TECHNICAL or any(part in LABELS for part in parts):
        return "free"
    if any(path.endswith(name) for name in BY_SERVER) or type_ in ("id", "base64Binary"):
        return "free"
    if parts[0] == "extension" and "url" in parts[-1]:
        return "unclassified"
    if parts[0] in PEOPLE and ("extension" in parts or parts[-1] in ("type", "country", "use", "rank")):
        return "free"
    if (parts[0] in PEOPLE and parts[-1] == "text") or parts == [
        "title"
    ]:  # a label of the system or of a person
        return "unclassified"
    if (
        parts[-1] in ("use", "system", "url", "reference", "mode", "rank", "title", "status")
        and len(parts) > 1
    ):
        return "unclassified"
    return "must"


def _leaves(cell: Cell) -> list[tuple[str, int, Json, Any, Any, Any, str, str]]:
    found = []
    for name, index, resource in resources(cell):
        for parent, key, value, type_, path in walk(resource, resource["resourceType"]):
            if not isinstance(value, dict):
                found.append((name, index, resource, parent, key, value, type_, path))
    return found


def perturb(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """Another number, text, date or code."""
    leaves = _leaves(cell)
    if rng.random() < _MEANT:
        leaves = [item for item in leaves if classify("", item[7], item[6]) == "must"]
    name, index, resource, parent, key, value, type_, path = rng.choice(leaves)
    changed = _other(value, type_, path, rng)
    if changed is None or changed == value:
        return None
    kind = resource["resourceType"]
    what = classify(kind, path, type_)
    if _inside_code_specification(resource, parent):
        what = "unclassified"
    if (
        what == "must"
        and path.endswith((".text",))
        and path.count("coding") == 0
        and type_ == "string"
        and "coding" in parent
    ):
        what = "free"  # the text beside a coding
    parent[key] = changed
    return Mutation("perturb", f"{name}[{index}] {kind}.{path}", what, CONTENT)


def _inside_code_specification(resource: Json, parent: Any) -> bool:
    """Extensions that repeat a code in another system hang on the primitive (``_status``)."""

    def holds(node: Any) -> bool:
        if node is parent:
            return True
        if isinstance(node, dict):
            return any(holds(item) for item in node.values())
        return isinstance(node, list) and any(holds(item) for item in node)

    return any(key.startswith("_") and holds(value) for key, value in resource.items())


def _other(value: Any, type_: str, path: str, rng: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal | float):
        return value + rng.choice((1, 10, -1)) if type_ != "decimal" else Decimal(str(value)) + Decimal("0.1")
    text = str(value)
    if type_ in ("date", "dateTime", "instant"):
        moved = datetime.fromisoformat(text[:10]) + timedelta(days=rng.choice((-30, -1, 1, 400)))
        return moved.date().isoformat() + text[10:]
    if type_ in ("code", "uri", "id"):
        return text + "x"
    if type_ == "xhtml":
        return text.replace("</div>", " niet</div>")
    options = [text + " niet", text[: max(1, len(text) // 2)]]
    if path.split(".")[0] not in PEOPLE:
        options.append(text.swapcase())
    return rng.choice(options)


def delete(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """Without an element."""
    name, index, resource = rng.choice(resources(cell))
    kind = resource["resourceType"]
    places = [item for item in walk(resource, kind) if isinstance(item[0], dict)]
    if rng.random() < _MEANT:
        places = [item for item in places if item[4] in CLINICAL.get(kind, ())] or places
    parent, key, _, _, path = rng.choice(places)
    what: Class = "unclassified"
    if path in CLINICAL.get(kind, ()) and not path.startswith("extension"):
        what = "must"
    elif path.split(".")[0] in TECHNICAL or path.split(".")[-1] in LABELS:
        what = "free"
    del parent[key]
    return Mutation("delete", f"{name}[{index}] {kind}.{path}", what, CONTENT)


def lose(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """Without a resource that was asked for."""
    found = [
        (name, entry)
        for name, item in cell.bundles.items()
        for entry in item["entry"]
        if entry["search"]["mode"] == "match"
    ]
    name, entry = rng.choice(found)
    cell.bundles[name]["entry"].remove(entry)
    return Mutation("lose", f"{name} {entry['resource']['resourceType']}", "must", GONE)


def duplicate(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """The same resource twice, the second under another id."""
    name, index, resource = rng.choice(resources(cell))
    again = copy.deepcopy(cell.bundles[name]["entry"][index])
    again["resource"]["id"] = f"{rng.getrandbits(32):x}"
    again["fullUrl"] = "urn:uuid:" + again["resource"]["id"]
    cell.bundles[name]["entry"].insert(rng.randrange(len(cell.bundles[name]["entry"]) + 1), again)
    return Mutation("duplicate", f"{name} {resource['resourceType']}", "must", TWICE)


def foreign(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """A resource of somebody else, added or instead of an own one, with its own or with this patient's reference."""
    name, index, resource = rng.choice(resources(cell))
    kind = resource["resourceType"]
    if kind in ("Practitioner", "Organization", "PractitionerRole", "Location", "Medication"):
        return None  # of nobody, or a product
    others = [
        entry for entry in known.entries if entry.record is not cell.record and entry.stored.type == kind
    ]
    if not others:
        return None
    taken = copy.deepcopy(rng.choice(others).stored.resource)
    if rng.random() < 0.5:
        taken["id"] = f"{rng.getrandbits(32):x}"
        for _, _, value, type_, _ in list(walk(taken, kind)):
            if type_ == "Reference" and value.get("reference", "").startswith("Patient/"):
                value["reference"] = cell.record.key
    entry = {
        "fullUrl": f"https://his.example/fhir/{kind}/{taken['id']}",
        "resource": taken,
        "search": {"mode": "match"},
    }
    entries = cell.bundles[name]["entry"]
    entries[index : index + rng.randrange(2)] = [entry]
    return Mutation("foreign", f"{name} {kind}", "must", FOREIGN)


def leak(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """A resource of this person's record that the query does not select or that has to stay inside."""
    name = rng.choice(list(cell.bundles))
    expected = cell.expected[name]
    kinds = {expected.kind, "Observation"} if rng.random() < 0.3 else {expected.kind}
    held = [stored for stored in cell.record if stored.type in kinds and expected.item(stored.key) is None]
    if not held:
        return None
    stored = rng.choice(held)
    resource = copy.deepcopy(stored.resource)
    resource["id"] = f"{rng.getrandbits(32):x}"
    cell.bundles[name]["entry"].append(
        {
            "fullUrl": f"https://his.example/fhir/{stored.type}/{resource['id']}",
            "resource": resource,
            "search": {"mode": "match"},
        }
    )
    return Mutation("leak", f"{name} {stored.key}", "must", LEAK)


def leak_text(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """A line that has to stay inside, in a text of something that is shared."""
    hidden = [
        stored
        for stored in cell.record
        if stored.key in cell.record.withheld and "valueString" in stored.resource
    ]
    if not hidden:
        return None
    line = rng.choice(hidden).resource["valueString"]
    name, index, resource = rng.choice(resources(cell))
    how = rng.randrange(4)
    if how == 0 and resource["resourceType"] == "Composition":
        resource["section"].append(copy.deepcopy(resource["section"][0]))
        resource["section"][-1]["text"]["div"] = f'<div xmlns="http://www.w3.org/1999/xhtml">{line}</div>'
    elif how == 1:
        resource["text"] = {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{line}</div>',
        }
    elif how == 2:
        resource.setdefault("extension", []).append({"url": "https://his.example/x", "valueString": line})
    else:
        found = [item for item in walk(resource, resource["resourceType"]) if item[4].endswith("display")]
        if not found:
            return None
        parent, key, *_ = rng.choice(found)
        parent[key] = line
    return Mutation(
        "leak-text",
        f"{name}[{index}] {resource['resourceType']}",
        "must",
        frozenset(("not-allowed", "altered")),
    )


def swap(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """Values exchanged between two resources of one type."""
    name = rng.choice(list(cell.bundles))
    entries = [entry["resource"] for entry in cell.bundles[name]["entry"]]
    pairs = [
        (a, b) for a in entries for b in entries if a is not b and a["resourceType"] == b["resourceType"]
    ]
    if not pairs:
        return None
    left, right = rng.choice(pairs)
    keys = [
        key
        for key in left
        if key in right
        and left[key] != right[key]
        and key not in (*TECHNICAL, "subject")
        and not key.startswith("_")
    ]
    keys = [key for key in keys if not isinstance(left[key], dict) or "reference" not in left[key]]
    if len(keys) < 2:
        return None
    key = rng.choice(keys)
    if classify(left["resourceType"], key, "") != "must" or key in ("extension", "content", "participant"):
        return None
    left[key], right[key] = right[key], left[key]
    return Mutation("swap", f"{name} {left['resourceType']}.{key}", "must", CONTENT)


def restatus(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """Another status of the same value set."""
    name, index, resource = rng.choice(resources(cell))
    element = "clinicalStatus" if resource["resourceType"] == "AllergyIntolerance" else "status"
    words = [word for word in STATUSES.get(resource["resourceType"], ()) if word != resource.get(element)]
    if not words or element not in resource:
        return None
    resource[element] = rng.choice(words)
    return Mutation("restatus", f"{name}[{index}] {resource['resourceType']}", "must", CONTENT)


def reunit(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """Another unit, with or without converting the value."""
    found = [
        (name, index, resource, value, path)
        for name, index, resource in resources(cell)
        for _, _, value, type_, path in walk(resource, resource["resourceType"])
        if type_ == "Quantity" and "code" in value
    ]
    if not found:
        return None
    name, index, resource, value, path = rng.choice(found)
    value["code"], value["unit"] = ("g", "g") if value["code"] == "kg" else ("mg/dL", "mg/dL")
    if rng.random() < 0.5:
        value["value"] = Decimal(str(value["value"])) * 18
    return Mutation("reunit", f"{name}[{index}] {resource['resourceType']}.{path}", "must", CONTENT)


def redate(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """A date shifted, cut to the month, or moved a day by a conversion to UTC."""
    dated = ("date", "dateTime", "instant")
    found = [item for item in _leaves(cell) if item[6] in dated and classify("", item[7], item[6]) == "must"]
    if not found:
        return None
    name, index, resource, parent, key, value, type_, path = rng.choice(found)
    day = date.fromisoformat(str(value)[:10])
    options = [(day - timedelta(days=1)).isoformat() + str(value)[10:], f"{day.year + 1}{str(value)[4:]}"]
    if type_ != "instant":
        options.append(str(value)[:7])
    parent[key] = rng.choice(options)
    return Mutation("redate", f"{name}[{index}] {resource['resourceType']}.{path}", "must", CONTENT)


def garble(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """UTF-8 read as Windows-1252, or letters beyond ASCII lost."""
    found = [
        item for item in _leaves(cell)
        if isinstance(item[5], str) and not item[5].isascii() and classify("", item[7], item[6]) == "must"
    ]  # fmt: skip
    if not found:
        return None
    name, index, resource, parent, key, value, _, path = rng.choice(found)
    bad = value.encode().decode("cp1252", "replace")
    parent[key] = rng.choice((bad, value.encode("ascii", "replace").decode()))
    return Mutation("garble", f"{name}[{index}] {resource['resourceType']}.{path}", "must", CONTENT)


def retarget(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """A reference that leads to another resource: another person's, or another of this person."""
    found = [
        (name, index, resource, value, path)
        for name, index, resource in resources(cell)
        for _, _, value, type_, path in walk(resource, resource["resourceType"])
        if type_ == "Reference" and "/" in value.get("reference", "")
    ]
    if not found:
        return None
    name, index, resource, value, path = rng.choice(found)
    kind, _, _ = value["reference"].partition("/")
    if any(path.endswith(element) for element in BY_SERVER):
        return None
    others = [
        entry for entry in known.entries if entry.stored.type == kind and entry.key != value["reference"]
    ]
    if not others:
        return None
    own = [entry for entry in others if entry.record is cell.record]
    chosen = rng.choice(own if own and rng.random() < 0.5 else others)
    same = next((item for item in known.entries if item.key == value["reference"]), None)
    if same is None or same.facts == chosen.facts:
        return None
    value["reference"] = chosen.key
    return Mutation("retarget", f"{name}[{index}] {resource['resourceType']}.{path}", "must", CONTENT)


def relabel(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """A code under another code system."""
    found = [
        (name, index, resource, value, path)
        for name, index, resource in resources(cell)
        for _, _, value, type_, path in walk(resource, resource["resourceType"])
        if type_ == "Coding" and classify("", path, type_) == "must" and not path.startswith("securityLabel")
    ]
    if not found:
        return None
    name, index, resource, value, path = rng.choice(found)
    if _inside_code_specification(resource, value):
        return None
    value["system"] = (
        "http://snomed.info/sct" if "snomed" not in value.get("system", "") else "http://loinc.org"
    )
    return Mutation("relabel", f"{name}[{index}] {resource['resourceType']}.{path}", "must", CONTENT)


def repeat_item(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """An item of a list twice."""
    found = []
    for name, index, resource in resources(cell):
        for parent, _key, value, _, path in walk(resource, resource["resourceType"]):
            if (
                isinstance(parent, list)
                and isinstance(value, dict)
                and path in CLINICAL.get(resource["resourceType"], ())
            ):
                found.append((name, index, resource, parent, value, path))
    if not found:
        return None
    name, index, resource, parent, value, path = rng.choice(found)
    parent.append(copy.deepcopy(value))
    return Mutation("repeat-item", f"{name}[{index}] {resource['resourceType']}.{path}", "must", CONTENT)


def wrong_day(cell: Cell, known: Known, rng: random.Random) -> Mutation | None:
    """The answer to the same question of another day: boundaries a day, a month or a year off."""
    name = rng.choice(list(cell.bundles))
    query = load_queries(cell.standard)[name]
    if not query.params:
        return None
    day = known.records[0].loaded + timedelta(days=rng.choice((-31, -1, 1, 31, 400)))
    other = expect(cell.standard, query, cell.record, day)
    if other.must.keys() == cell.expected[name].must.keys():
        return None
    cell.bundles[name] = bundle(other)
    return Mutation("wrong-day", name, "must", GONE | LEAK)


OPERATORS: dict[str, Operator] = {
    "perturb": perturb, "delete": delete, "lose": lose, "duplicate": duplicate, "foreign": foreign, "leak": leak,
    "leak-text": leak_text, "swap": swap, "restatus": restatus, "reunit": reunit, "redate": redate, "garble": garble,
    "retarget": retarget, "relabel": relabel, "repeat-item": repeat_item, "wrong-day": wrong_day,
}  # fmt: skip

"""Records of what somebody gives: a vendor's own export, or the answers of a run as a draft for people to
read.

Whoever gives it, one folder per person is written, and ``_practice`` for what belongs to nobody or to
several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from harness.core.errors import InputError, UserError
from harness.core.normal.codes import BSN, system
from harness.core.text import Text
from harness.fhir.codec.documents import read
from harness.fhir.model.types import load_model
from harness.fhir.store import Store, Stored
from harness.reference.record.load import MAX_BYTES, MAX_RESOURCES, RESOURCES
from harness.reference.record.write import write_practice, write_record

_NAME = re.compile(r"[^a-z0-9]+")
_NUMBER = re.compile(r"[0-9]{9}")


@dataclass(frozen=True)
class Written:
    """One record that was written.

    :ivar person: name of its folder.
    """

    person: str
    patient: str
    resources: int


def divide(store: Store, patients: Iterable[str]) -> tuple[dict[str, list[Stored]], list[Stored]]:
    """Resources per person, and those that belong to nobody or to several.

    :param patients: ids of the persons.
    """
    owned: dict[str, list[Stored]] = {patient: [] for patient in patients}
    shared: list[Stored] = []
    reach = {patient: store.compartment(patient).reachable for patient in owned}
    for stored in store:
        owners = store.owners(stored) & owned.keys()
        if not owners and stored.type == "Binary":
            owners = frozenset(patient for patient in owned if stored.key in reach[patient])
        if len(owners) == 1:
            owned[next(iter(owners))].append(stored)
        else:
            shared.append(stored)
    return owned, shared


def read_export(place: Path) -> tuple[Store, list[str]]:
    """What a vendor exported: a Bundle, or a folder of resources and Bundles (JSON or XML).

    :returns: the resources, and what could not be read, in one line each.
    :raises InputError: nothing is there, or too much.
    """
    files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    files = [path for path in files if path.suffix.lower() in RESOURCES]
    store, problems = Store(), []
    size = sum(path.stat().st_size for path in files)
    for path in files if size <= MAX_BYTES else ():
        try:
            resource = read(path.read_bytes(), model=load_model("3.0.2"), where=str(path))
            for one in _inside(resource):
                store.put(one)
        except (UserError, OSError, ValueError, KeyError) as error:
            problems.append(f"{path}: {error}")
        if len(store) > MAX_RESOURCES:
            break
    if size > MAX_BYTES or len(store) > MAX_RESOURCES:
        raise InputError(
            Text(nl="de export is te groot", en="the export is too large"),
            where=str(place),
            expected=f"<= {MAX_RESOURCES} resources, <= {MAX_BYTES // 1024 // 1024} MB",
            received=f"{len(store)} resources, {size // 1024 // 1024} MB",
            next_step=Text(nl="exporteer de testpersonen apart", en="export the test persons one at a time"),
        )
    if not store.all("Patient"):
        raise InputError(
            Text(nl="er staat geen Patient in de export", en="there is no Patient in the export"),
            where=str(place),
            expected="Bundle | *.json | *.xml, FHIR STU3",
            received=problems[0] if problems else f"{len(files)} files",
        )
    return store, problems


def _inside(resource: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The resources of a Bundle, Bundles in it too; or the resource itself."""
    if resource.get("resourceType") != "Bundle":
        yield dict(resource)
        return
    for entry in resource.get("entry", ()):
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            yield from _inside(inner)


def write_given(
    store: Store,
    out: Path,
    *,
    about: Mapping[str, Any],
    loaded: date,
    names: Mapping[str, str] | None = None,
    wanted: Iterable[str] = (),
    apart: bool = False,
) -> list[Written]:
    """Write the records of the persons in a store.

    :param about: further keys of ``record.yaml``: origin, source, note …
    :param names: names of folders by Patient id; made of the family name when not given.
    :param wanted: family names or Patient ids; everybody when empty.
    :param apart: what several persons share is written with each of them, not beside them.
    :raises UsageError: a folder is there already and holds something.
    """
    patients = {stored.id: stored.resource for stored in store.all("Patient")}
    chosen = {word.lower() for word in wanted}
    owned, shared = divide(store, patients)
    held = {stored.key for stored in store}
    written: list[Written] = []
    for patient, resource in patients.items():
        display = _display(resource) or patient
        if chosen and not chosen & {patient.lower(), display.lower(), *display.lower().split()}:
            continue
        made = _NAME.sub("-", display.lower()).strip("-")[:60] or "persoon"
        person = (names or {}).get(patient) or made
        if person in {item.person for item in written}:
            person = f"{person}-{len(written) + 1}"
        content = {
            "person": person,
            "display": display,
            "patient": f"Patient/{patient}",
            **about,
            "loaded": loaded.isoformat(),
        }
        number = _bsn(resource)
        if number:
            content["bsn"] = number
        missing = {key for item in (*owned[patient], *shared) for key in item.references} - held
        if missing:
            content["dangling"] = sorted(missing)
        own = [*owned[patient], *(shared if apart else ())]
        write_record(out / person, content, [stored.resource for stored in own], {})
        written.append(Written(person, patient, len(own)))
    if shared and not apart:
        write_practice(out, [stored.resource for stored in shared])
    return written


def _display(patient: Mapping[str, Any]) -> str:
    for name in patient.get("name", ()):
        if isinstance(name, dict):
            given = " ".join(str(item) for item in name.get("given", ())[:1])
            return f"{given} {name.get('family', '')}".strip() or str(name.get("text", ""))
    return ""


def _bsn(patient: Mapping[str, Any]) -> str:
    """The number that a person logs in with, when the export has it."""
    for item in patient.get("identifier", ()):
        if isinstance(item, dict) and system(str(item.get("system"))) == system(BSN):
            found = str(item.get("value", ""))
            return found if _NUMBER.fullmatch(found) else ""
    return ""

"""The reference records of an official set: what its load script makes a HIS hold, per person.

By use, not by folder: what the load script writes is held; entries of Bundles are what a client sends; the
rest of
``_reference`` is held when a rule keeps it in anyway (S and O lines), and otherwise no part of the record:
it was
never loaded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from harness.core.errors import HarnessError, InputError, UsageError, nearest
from harness.core.normal import people
from harness.core.standards.table import standards
from harness.core.text import Text
from harness.fhir.model.types import load_model
from harness.fhir.store import Store, Stored
from harness.reference.oracle.rules import rules_of
from harness.reference.record.given import divide
from harness.reference.record.write import write_practice, write_record
from harness.testscript.execute.settings import Settings
from harness.testscript.execute.sources import Sources
from harness.testscript.own.fixtures import read_content
from harness.testscript.read.model import LOAD_FOLDER, Fixture, TestScript
from harness.testscript.read.sets import read_info
from harness.testscript.read.tokens import TestPerson, find_token_map, read_token_map

Json = dict[str, Any]
_PLACE = "https://example.org/fhir"


@dataclass
class SetRecords:
    """What one set holds, before it is divided over persons.

    :ivar loaded: what the load script writes.
    :ivar kept: what was never loaded and a rule keeps in, so that a HIS may hold it.
    :ivar sent: Bundles by name of their file.
    """

    loaded: Store = field(default_factory=Store)
    kept: list[Json] = field(default_factory=list)
    sent: dict[str, Json] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Imported:
    """One record that was written."""

    person: str
    patient: str
    resources: int
    withheld: int
    sent: int


def read_set(goal: Path, loaded: date) -> SetRecords:
    """The resources of a goal folder (``…/Cert``) by use, dates as on the day of loading.

    :raises InputError: the folder is no set.
    """
    if not (goal / "_reference").is_dir() and not (goal / LOAD_FOLDER).is_dir():
        raise InputError(
            Text(nl="dit is geen map van een officiële set", en="this is no folder of an official set"),
            where=str(goal),
            expected=f"_reference, {LOAD_FOLDER}",
            next_step=Text(
                nl="wijs de map van het doel aan, bijvoorbeeld GenPractData-2-0/MedMij/Cert",
                en="point at the folder of the goal, for example GenPractData-2-0/MedMij/Cert",
            ),
        )
    info = read_info(goal)
    settings = Settings(load_model("3.0.2"), loaded, _PLACE, _PLACE)
    content = read_content(goal, info, settings)
    found = SetRecords(problems=list(content.problems))
    found.loaded.load(content.resources.values())
    files = sorted(
        path
        for path in (goal / "_reference").rglob("*")
        if path.suffix.lower() in (".xml", ".json") and path.is_file()
    )
    fixtures = {str(path): Fixture(str(path), path) for path in files}
    sources = Sources(
        TestScript(path=goal / "_reference", id="reference", fixtures=fixtures, info=info), settings
    )
    for name, fixture in fixtures.items():
        try:
            resource = sources.body(name).resource
        except HarnessError as error:
            found.problems.append(f"{fixture.path.name}: {error.message.en}")
            continue
        if resource is None or not isinstance(resource.get("id"), str | None):
            continue
        if resource.get("resourceType") == "Bundle":
            found.sent[fixture.path.stem] = resource
        elif found.loaded.find(f"{resource.get('resourceType')}/{resource.get('id')}") is None:
            if resource.get("id") and _journal_line(resource):
                found.kept.append(resource)
            else:
                found.problems.append(f"{fixture.path.name} is not loaded, and left out")
    return found


def _journal_line(resource: Json) -> bool:
    """Whether a rule keeps it in: an S or O line."""
    rule = next(rule for rule in rules_of("huisartsgegevens-2.0") if rule.id == "so-lines")
    concept = resource.get("code")
    codes = {item.get("code") for item in concept.get("coding", ())} if isinstance(concept, dict) else set()
    return resource.get("resourceType") in rule.types and bool(codes & set(rule.when[0]["in"]))


def import_set(
    goal: Path, out: Path, loaded: date, wanted: Sequence[str] = (), tokens: Path | None = None
) -> tuple[list[Imported], list[str]]:
    """Write the records of a set: one folder per person, and ``_practice`` for what belongs to nobody.

    :param wanted: family names or Patient ids of the persons to write; all when empty.
    :param tokens: the official token map; looked for above the folder when not given.
    :returns: what was written, and problems in one line each.
    :raises UsageError: an unknown person, or a folder that holds something already.
    :raises InputError: the folder is no set.
    """
    found = read_set(goal, loaded)
    place = tokens or find_token_map(goal)
    persons = {item.patient: item for item in read_token_map(place)} if place else {}
    patients = [stored.id for stored in found.loaded.all("Patient")]
    chosen = _chosen(patients, persons, wanted)
    owned, shared = divide(found.loaded, patients)
    written = []
    for patient in chosen:
        about, extra = _about(goal, patient, persons.get(patient), found, owned, shared, loaded)
        resources = [stored.resource for stored in owned[patient]] + extra
        held = found.loaded.get("Patient", patient)
        sent = {name: item for name, item in found.sent.items() if held and _sent_by(item, held.resource)}
        write_record(out / about["person"], about, resources, sent)
        written.append(
            Imported(about["person"], patient, len(resources), len(about.get("withheld", ())), len(sent))
        )
    if shared:
        write_practice(out, [stored.resource for stored in shared])
    return written, found.problems


def _chosen(patients: list[str], persons: Mapping[str, TestPerson], wanted: Sequence[str]) -> list[str]:
    names = {patient: persons[patient].family if patient in persons else "" for patient in patients}
    if not wanted:
        return patients
    chosen = []
    for word in wanted:
        match = next(
            (patient for patient in patients if word.lower() in (patient.lower(), names[patient].lower())),
            None,
        )
        if match is None:
            known = [word for pair in names.items() for word in pair if word]
            hint = nearest(word, known)
            raise UsageError(
                Text(nl=f"onbekende persoon '{word}'", en=f"unknown person '{word}'"),
                expected=", ".join(known),
                received=word,
                next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
            )
        chosen.append(match)
    return chosen


def _about(
    goal: Path,
    patient: str,
    person: TestPerson | None,
    found: SetRecords,
    owned: Mapping[str, list[Stored]],
    shared: list[Stored],
    loaded: date,
) -> tuple[dict[str, Any], list[Json]]:
    """``record.yaml`` of one person, and what of the set was not loaded for this person."""
    family = person.family if person else ""
    name = re.sub(r"[^a-z0-9]+", "-", (family or patient).lower()).strip("-")
    kept = [item for item in found.kept if f"Patient/{patient}" in Stored(item).references]
    held = {stored.key for stored in (*owned[patient], *shared)}
    held |= {Stored(item).key for item in kept}
    referred = {key for item in (*owned[patient], *shared, *map(Stored, kept)) for key in item.references}
    standard = next((item for item in standards().values() if set(goal.parts) & set(item.official)), None)
    about: dict[str, Any] = {
        "person": name,
        "display": family or patient,
        "patient": f"Patient/{patient}",
        "origin": "official",
        "source": {"set": "/".join(goal.parts[-3:]), "version": "", "hash": _hash(goal)},
        "loaded": loaded.isoformat(),
        "richtlijn": "2017",
    }
    if person and re.fullmatch(r"[0-9]{9}", person.bsn):
        about["bsn"] = person.bsn
    if standard is not None:
        about["standards"] = [standard.id]
    withheld = [{"ref": Stored(item).key, "why": "rule"} for item in kept]
    if withheld:
        about["withheld"] = withheld
    if referred - held:
        about["dangling"] = sorted(referred - held)
    return about, kept


def _sent_by(bundle: Json, patient: Json) -> bool:
    """Whether a Bundle is sent by a person: the Patient in it has the same name."""
    names = {
        people.human_name(name)
        for entry in bundle.get("entry", ())
        for name in entry.get("resource", {}).get("name", ())
        if entry["resource"].get("resourceType") == "Patient"
    }
    return any(people.human_name(name) in names for name in patient.get("name", ()))


def _hash(goal: Path) -> str:
    """SHA-256 over the files of the set, by name."""
    total = hashlib.sha256()
    for place in ("_reference", LOAD_FOLDER):
        for path in sorted((goal / place).rglob("*")) if (goal / place).is_dir() else ():
            if path.is_file():
                total.update(path.relative_to(goal).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()

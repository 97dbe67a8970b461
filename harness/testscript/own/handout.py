"""Writes the resources of script sets with T filled in, so that a vendor can load them into a HIS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.core.run.place import disk
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import load_model
from harness.testscript.own.server import OwnServer, build
from harness.testscript.plan.items import collect
from harness.testscript.plan.plan import Plan
from harness.testscript.read.model import TestScript
from harness.testscript.read.sets import goal_folder


def write_fixtures(paths: Sequence[Path], out: Path, plan: Plan, formats: frozenset[str]) -> dict[str, Any]:
    """Write ``OUT/<set>/<Type>-<id>.json|xml`` and ``OUT/loading.json``; returns the latter's content.

    :param formats: ``json`` and/or ``xml``.
    :raises HarnessError: when a set's fixtures are missing or cannot be resolved.
    """
    sets: dict[Path, tuple[OwnServer, list[TestScript]]] = {}
    files: dict[Path, list[str]] = {}
    for item in collect(paths, plan):
        if item.script is None:
            continue
        goal = goal_folder(item.script.path)
        if goal not in sets:
            sets[goal] = (build(item.script, plan.t, now=plan.now), [])
        sets[goal][1].append(item.script)
        files.setdefault(goal, []).append(item.file)
    made = []
    for goal, (loaded, scripts) in sets.items():
        made.append(_write_set(goal, loaded, scripts, files[goal], out, formats))
    result = {"schema": "testscript-fixtures-1", "t": plan.t.isoformat(), "out": str(out), "sets": made}
    disk.write(out / "loading.json", msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    return result


def _folder_name(goal: Path) -> str:
    return "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", part) for part in goal.parts[-3:])


def _write_set(
    goal: Path,
    loaded: OwnServer,
    scripts: list[TestScript],
    files: list[str],
    out: Path,
    formats: frozenset[str],
) -> dict[str, Any]:
    model = load_model(scripts[0].info.fhir_version)
    folder = out / _folder_name(goal)
    store = loaded.server.store
    for stored in store:
        name = f"{stored.type}-{stored.id}"  # safe: a FHIR id has letters, digits, - and . only
        if "json" in formats:
            disk.write(folder / f"{name}.json", codec.to_json(stored.resource) + b"\n", durable=False)
        if "xml" in formats:
            disk.write(folder / f"{name}.xml", codec.to_xml(stored.resource, model), durable=False)
    per_script = []
    for script, file in sorted(zip(scripts, files, strict=True), key=lambda pair: pair[1]):
        patients = loaded.patients_of(script)
        needed = sorted(
            key for patient in patients for key in store.compartment(patient).reachable if store.find(key)
        )
        per_script.append(
            {
                "file": file,
                "id": script.id,
                "title": script.title,
                "side": script.side,
                "patients": list(patients),
                "load": needed if script.side == "server" else [],
                "sends": sorted(str(fixture.path.name) for fixture in script.fixtures.values()),
            }
        )
    return {
        "folder": folder.name,
        "resources": len(store),
        "patients": [stored.id for stored in store.all("Patient")],
        "problems": list(loaded.problems),
        "scripts": per_script,
    }

"""A draft of reference records from the answers of a run, for people to read before anybody relies on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from harness.core.errors import UsageError
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.tdates import parse_day
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.fhir.codec.documents import to_json
from harness.fhir.store import Store
from harness.judge.catalogue import load_catalogue
from harness.judge.cells import cell_exchanges, cell_view
from harness.judge.every_standard.answers import answers
from harness.judge.view import CellView
from harness.reference.record.given import Written, write_given
from harness.reference.records import Records

_MASK: Final = re.compile(rb"\[[a-z]+:[0-9a-f]{4,}\]")
"""What the recorder puts in the place of a value."""


def draft(place: Path, out: Path, *, red: bool = False) -> tuple[list[Written], list[str]]:
    """Write draft records of the persons of a run.

    :param red: also of a run in which the HIS failed; the record then says so.
    :returns: what was written, and what was left out, in one line each.
    :raises UsageError: the run is red, or holds no answers of a declared person.
    """
    folder = RunFolder.open(place)
    info = folder.info()
    failures = _failures(folder)
    if failures and not red:
        raise UsageError(
            Text(
                nl=f"deze run is rood: {len(failures)} eisen aan het HIS zijn niet voldaan",
                en=f"this run is red: {len(failures)} requirements of the HIS are not met",
            ),
            where=str(place),
            received=", ".join(failures[:8]),
            next_step=Text(
                nl="herstel het HIS en draai opnieuw; of geef --red, het dossier zegt er dan bij dat het "
                "van een rode "
                "run is",
                en="correct the HIS and run again; or give --red, and the record says that it is of a red "
                "run",
            ),
        )
    written: list[Written] = []
    left_out: list[str] = []
    for person in dict.fromkeys(info.settings.persons.values()):
        store, patient = _answers(folder, info, person, left_out)
        if not patient:
            continue
        note = "draft of a run; read it before you rely on it"
        if failures:
            note = f"draft of a RED run ({', '.join(failures[:20])}); correct it first"
        written += write_given(
            store,
            out,
            about={
                "origin": "draft",
                "source": {"set": folder.path.name, "version": info.harness, "hash": ""},
                "note": note,
            },
            loaded=parse_day(info.t),
            names={patient: person},
            wanted=[patient],
            apart=True,
        )
    if not written:
        raise UsageError(
            Text(
                nl="deze run heeft geen antwoorden over een opgegeven testpersoon",
                en="this run holds no answers about a declared test person",
            ),
            where=str(place),
        )
    return written, left_out


def _failures(folder: RunFolder) -> list[str]:
    """Ids of the requirements of HISs that failed."""
    catalogue = load_catalogue()
    return sorted(
        {
            item.requirement
            for item in folder.findings()
            if item.verdict is Verdict.FAIL
            and item.requirement in catalogue
            and catalogue[item.requirement].role == "his"
        }
    )


def _answers(folder: RunFolder, info: RunInfo, person: str, left_out: list[str]) -> tuple[Store, str]:
    """What the answers about a person hold, and the id of the Patient."""
    store = Store()
    for cell in info.plan:
        if info.settings.persons.get(cell.key) != person or not folder.findings_path(cell).is_file():
            continue
        view = cell_view(info, cell, cell_exchanges(folder, cell), load_catalogue(), Records())
        for name, resource in _resources(view):
            if _MASK.search(to_json(resource)):
                left_out.append(f"{name}: masked in the recording")
            elif store.find(name) is None:
                store.put(resource)
    found = [stored.id for stored in store.all("Patient")]
    if not found:
        subjects = [key for stored in store for key in stored.references if key.startswith("Patient/")]
        if subjects:
            patient = max(set(subjects), key=subjects.count).partition("/")[2]
            store.put({"resourceType": "Patient", "id": patient})
            found = [patient]
    return store, found[0] if found else ""


def _resources(view: CellView) -> list[tuple[str, dict[str, Any]]]:
    """Resources in the answers to the standard's queries, by key."""
    found = []
    for answer in answers(view, pages=True):
        if answer.query.flow != "collect" or not answer.answered:
            continue
        listed = [one for _, one in answer.resources] or [answer.resource]
        for resource in listed:
            kind, name = resource.get("resourceType"), resource.get("id")
            if isinstance(kind, str) and isinstance(name, str) and kind not in ("Bundle", "OperationOutcome"):
                found.append((f"{kind}/{name}", dict(resource)))
    return found

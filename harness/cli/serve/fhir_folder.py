"""What is served: the resources below a folder, and what is wrong with its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from harness.core.errors import HarnessError, InputError
from harness.core.issues import shorten
from harness.core.tdates import TDates
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import Model
from harness.fhir.server.conformance import check_content
from harness.fhir.server.errors import FhirError
from harness.fhir.server.service import FhirServer
from harness.fhir.store import ID

SHOWN = 20
"""Bad files that one message names."""


@dataclass
class Folder:
    """What a folder holds.

    :ivar resources: with type and id, placeholders filled in.
    :ivar problems: ``(file, what is wrong)`` of what cannot be served.
    """

    resources: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    problems: list[tuple[str, Text]] = field(default_factory=list)


def read_folder(path: Path, model: Model, t: date, now: datetime | None = None) -> Folder:
    """All resources below a folder (JSON and XML; Bundles are opened).

    :raises InputError: no folder, or one without any file that could be a resource.
    """
    if not path.is_dir():
        raise InputError(Text(nl="map bestaat niet", en="folder does not exist"), where=str(path))
    dates = TDates(t, now)
    found = Folder()
    for file in sorted(path.rglob("*")):
        if file.suffix.lower() not in (".json", ".xml") or not file.is_file():
            continue
        name = str(file.relative_to(path))
        try:
            resource = _read(file, name, model, dates)
        except HarnessError as error:
            detail = f": {shorten(error.received, 120)}" if error.received else ""
            what = Text(nl=error.message.nl + detail, en=error.message.en + detail)
            found.problems.append((name, what))
            continue
        for place, part in _parts(name, resource):
            if not isinstance(part.get("id"), str) or not ID.fullmatch(part["id"]):
                found.problems.append(
                    (place, Text(nl="resource heeft geen (geldige) id", en="resource has no (valid) id"))
                )
            else:
                found.resources.append((place, part))
    if not found.resources and not found.problems:
        raise InputError(
            Text(nl="map bevat geen FHIR-resources", en="folder holds no FHIR resources"), where=str(path)
        )
    return found


def _read(file: Path, name: str, model: Model, dates: TDates) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Text(nl="kan niet worden gelezen", en="cannot be read"), received=str(error)
        ) from None
    return codec.read(dates.resolve(text, strict=True, where=name).encode(), model=model, where=name)


def _parts(name: str, resource: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The resource itself, or what is in a Bundle (outcomes of a search left out), each with its place."""
    if resource.get("resourceType") != "Bundle":
        yield name, resource
        return
    entries = resource.get("entry")
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        part = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(part, dict) and part.get("resourceType") not in (None, "OperationOutcome"):
            yield f"{name}: Bundle.entry[{number}]", part


def load(server: FhirServer, folder: Folder) -> int:
    """Store what a folder holds, as strictly as the server takes writes; how many resources it has then.

    What does not conform is added to the problems.
    """
    for place, resource in folder.resources:
        try:
            server.check_type(str(resource["resourceType"]))
            check_content(server, resource)
        except FhirError as error:
            first = next((issue for issue in error.issues), None)
            what = error.message if first is None else _because(error.message, first.path, first.message)
            folder.problems.append((place, what))
            continue
        server.load([resource])
    return len(server.store)


def _because(message: Text, path: str, why: Text) -> Text:
    return Text(nl=f"{message.nl}: {path}: {why.nl}", en=f"{message.en}: {path}: {why.en}")


def refuse(path: Path, folder: Folder) -> InputError:
    """The error that names the files that cannot be served."""
    lines = [f"{place}: {what.en}" for place, what in folder.problems[:SHOWN]]
    more = len(folder.problems) - len(lines)
    count = len(folder.problems)
    return InputError(
        Text(nl=f"{count} bestand(en) kunnen niet worden aangeboden", en=f"{count} file(s) cannot be served"),
        where=str(path),
        received="; ".join(lines) + (f"; … +{more}" if more else ""),
        next_step=Text(
            nl="herstel ze, of laat ze weg met --skip-bad-files",
            en="correct them, or leave them out with --skip-bad-files",
        ),
    )

"""Reads record folders; refuses what contradicts itself, with file and line.

::

    record = load_record(Path("fixtures/records/hanna-wilgenkamp"), t=date(2026, 11, 27))
    records = load_records([folder, …], t=…)                # also: no two persons with one BSN or one Patient
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from harness.core.data import data_path
from harness.core.errors import ConfigurationError, InputError, UsageError
from harness.core.tdates import TDates
from harness.core.text import Text
from harness.core.yamlfile import YamlDocument, load_yaml
from harness.fhir.codec.documents import read
from harness.fhir.model.types import load_model
from harness.fhir.store import Store
from harness.reference.record.checks import check_record
from harness.reference.record.model import DocumentFacts, Record

FILE = "record.yaml"
PRACTICE = "_practice"
MAX_RESOURCES = 20_000
"""Resources of one record. A GP record of a lifetime has some thousands."""
MAX_BYTES = 200 * 1024 * 1024
"""Size of all files of a record together."""
RESOURCES = (".json", ".xml")


def own_records(t: date) -> list[Record]:
    """The records of our own persons."""
    folders = sorted(path.parent for path in data_path("fixtures", "records").glob(f"*/{FILE}"))
    return load_records(folders, t=t)


def load_records(folders: Sequence[Path], *, t: date) -> list[Record]:
    """The records of several persons, in the order given.

    :raises ConfigurationError: a record is wrong, or two are of one person.
    :raises InputError: a file cannot be read.
    """
    records = [load_record(folder, t=t) for folder in folders]
    for word, values in (
        ("bsn", [item.bsn for item in records]),
        ("patient", [item.key for item in records]),
        ("person", [item.person for item in records]),
    ):
        seen: dict[str, Record] = {}
        for record, value in zip(records, values, strict=True):
            if value and value in seen:
                raise ConfigurationError(
                    Text(
                        nl=f"twee testpersonen met dezelfde {word}: {seen[value].person} en {record.person}",
                        en=f"two test persons with one {word}: {seen[value].person} and {record.person}",
                    ),
                    where=str(record.folder / FILE),
                    next_step=Text(
                        nl=f"geef elke testpersoon een eigen {word}",
                        en=f"give each test person a {word} of their own",
                    ),
                )
            seen[value] = record
    return records


def record_folders(folder: Path) -> list[Path]:
    """The folder itself when it is a record, else the records in it.

    :raises UsageError: neither.
    """
    if (folder / FILE).is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob(f"*/{FILE}"))
    if not found:
        raise UsageError(
            Text(nl="geen dossier gevonden", en="no record found"),
            where=str(folder),
            expected=FILE,
            next_step=Text(
                nl="maak er een met: harness record import SET --out DIR",
                en="make one with: harness record import SET --out DIR",
            ),
        )
    return found


def load_record(folder: Path, *, t: date) -> Record:
    """The record of one person.

    :param t: what T stands for when the record does not say when it was loaded.
    :raises ConfigurationError: the record contradicts itself, or says what is not so.
    :raises InputError: a file cannot be read, or a date cannot be resolved.
    """
    document = load_yaml(folder / FILE, schema="record")
    data = document.data
    loaded = _day(data.get("loaded"), TDates(t), document, "loaded") or t
    dates = TDates(loaded)
    store = Store()
    places = [folder / "resources"]
    practice = folder.parent / PRACTICE / "resources"
    if practice.is_dir():
        places.insert(0, practice)
    files = _fill(store, places, dates)
    _add_documents(store, folder, document)
    record = Record(
        person=data["person"],
        patient=data["patient"].removeprefix("Patient/"),
        origin=data["origin"],
        loaded=loaded,
        store=store,
        folder=folder,
        bsn=data.get("bsn", ""),
        display=data.get("display", data["person"]),
        richtlijn=data.get("richtlijn", "2017"),
        standards=tuple(data.get("standards", ())),
        online_since=_day(data.get("online_since"), dates, document, "online_since"),
        correspondence_since=_day(data.get("correspondence_since"), dates, document, "correspondence_since"),
        dangling=frozenset(data.get("dangling", ())),
        documents={
            item["ref"]: DocumentFacts(tuple(item.get("text", ())), item.get("pages", 0))
            for item in data.get("documents", ())
        },
        markers=tuple(data.get("markers", ())),
        sent=tuple(_sent(folder, TDates(t))),
    )
    record = replace(record, withheld=_withheld(store, data.get("withheld", ())))
    check_record(record, document, files)
    return record


def _sent(folder: Path, dates: TDates) -> Iterator[dict[str, Any]]:
    """What the person sends on the day of a run, the Patient of it aside."""
    model = load_model("3.0.2")
    for path in sorted((folder / "sent").glob("*.json")):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                Text(nl="kan niet worden gelezen", en="cannot be read"), where=str(path), received=str(error)
            ) from None
        resolved = dates.resolve(text, strict=True, where=str(path))
        bundle = read(resolved.encode(), model=model, where=str(path))
        entries = bundle.get("entry")
        for entry in entries if isinstance(entries, list) else ():
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict) and resource.get("resourceType") != "Patient":
                yield resource


def _day(value: str | None, dates: TDates, document: YamlDocument, key: str) -> date | None:
    if value is None:
        return None
    where = document.where(key)
    text = dates.resolve(value, strict=True, where=where)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            Text(nl=f"{key} is geen datum", en=f"{key} is not a date"),
            where=where,
            expected="YYYY-MM-DD / ${DATE, T, D, -500}",
            received=value,
        ) from None


def _withheld(store: Store, listed: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Why, by key; with ``also: references`` what refers to it goes with it, and so on."""
    found = {item["ref"]: item["why"] for item in listed}
    for item in listed:
        pending = [item["ref"]] if item.get("also") else []
        while pending:
            for key in store.incoming(pending.pop()):
                if key not in found:
                    found[key] = item["why"]
                    pending.append(key)
    return found


def _fill(store: Store, places: Iterable[Path], dates: TDates) -> dict[str, Path]:
    """Read the resources; which file each came from."""
    model = load_model("3.0.2")
    size = 0
    found: dict[str, Path] = {}
    for place in places:
        if not place.is_dir():
            raise InputError(
                Text(nl="de map met resources ontbreekt", en="the folder with resources is missing"),
                where=str(place),
                next_step=Text(
                    nl="zet er één FHIR-resource per bestand in, JSON of XML",
                    en="put one FHIR resource per file into it, JSON or XML",
                ),
            )
        files = sorted(
            path for path in place.rglob("*") if path.suffix.lower() in RESOURCES and path.is_file()
        )
        size += sum(path.stat().st_size for path in files)
        if len(store) + len(files) > MAX_RESOURCES or size > MAX_BYTES:
            raise InputError(
                Text(nl="het dossier is te groot", en="the record is too large"),
                where=str(place),
                expected=f"<= {MAX_RESOURCES} resources, <= {MAX_BYTES // 1024 // 1024} MB",
                received=f"{len(store) + len(files)} resources, {size // 1024 // 1024} MB",
                next_step=Text(
                    nl="laat weg wat geen standaard raadpleegt, of verdeel het over testpersonen",
                    en="leave out what no standard asks for, or divide it over test persons",
                ),
            )
        for path in files:
            found[_put(store, path, dates, model)] = path
    return found


def _put(store: Store, path: Path, dates: TDates, model: Any) -> str:
    """Read one file; the key of its resource."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Text(nl="kan niet worden gelezen", en="cannot be read"), where=str(path), received=str(error)
        ) from None
    resolved = dates.resolve(text, strict=True, where=str(path))
    resource = read(resolved.encode(), model=model, where=str(path))
    try:
        known = store.get(str(resource.get("resourceType")), str(resource.get("id")))
        if known is not None and known.resource != resource:
            raise ConfigurationError(
                Text(
                    nl=f"{known.key} staat er twee keer, met verschillende inhoud",
                    en=f"{known.key} is there twice, with different content",
                ),
                where=str(path),
            )
        return store.put(resource)[0].key
    except ValueError:
        raise InputError(
            Text(nl="de resource heeft geen geldige id", en="the resource has no valid id"),
            where=str(path),
            received=json.dumps(resource.get("id")),
        ) from None


def _add_documents(store: Store, folder: Path, document: YamlDocument) -> None:
    """Documents that stand beside the record as files become Binary resources."""
    for number, item in enumerate(document.data.get("documents", ())):
        if "file" not in item:
            continue
        path = folder / item["file"]
        where = document.where("documents", number, "file")
        if not path.is_file():
            raise ConfigurationError(
                Text(nl="het document ontbreekt", en="the document is missing"),
                where=where,
                received=str(path),
            )
        content = base64.b64encode(path.read_bytes()).decode()
        kind, _, identity = item["ref"].partition("/")
        store.put(
            {"resourceType": kind, "id": identity, "contentType": "application/pdf", "content": content}
        )

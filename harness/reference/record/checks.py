"""What a record may not say: it would make expectations that no HIS can meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.core.errors import ConfigurationError
from harness.core.issues import shorten
from harness.core.normal.moments import day_of
from harness.core.normal.texts import folded, narrative
from harness.core.text import Text
from harness.core.yamlfile import YamlDocument
from harness.fhir.store import Stored
from harness.reference.record.model import Record

MIN_QUOTE = 8
"""Characters from which on a text is taken for a quotation; shorter ones stand in many records."""
_ENDED = {"EpisodeOfCare": ("status", ("finished", "cancelled"), "period.end")}
"""Statuses that say that something has ended, and where the end stands: a rule needs it."""
_TELLING = frozenset({"valueString", "description", "comment", "div", "title", "text"})


def check_record(record: Record, document: YamlDocument, files: Mapping[str, Path]) -> None:
    """Refuse a record that contradicts itself.

    :param files: which file each resource came from, for messages.

    :raises ConfigurationError: the first contradiction, with its place.
    """
    if record.store.find(record.key) is None:
        raise ConfigurationError(
            Text(nl=f"{record.key} staat niet in het dossier", en=f"{record.key} is not in the record"),
            where=document.where("patient"),
            expected=", ".join(stored.key for stored in record.store.all("Patient"))
            or "resources/patient.json",
        )
    for key, where in _named(document):
        if record.store.find(key) is None:
            raise ConfigurationError(
                Text(nl=f"{key} staat niet in het dossier", en=f"{key} is not in the record"), where=where
            )
    others = [stored.key for stored in record.store.all("Patient") if stored.key != record.key]
    if others:
        raise ConfigurationError(
            Text(nl="het dossier is van meer dan één persoon", en="the record is of more than one person"),
            where=str(record.folder),
            received=", ".join((record.key, *others)),
            next_step=Text(
                nl="maak van elke persoon een eigen dossier", en="make a record of its own for each person"
            ),
        )
    for stored in record:
        _check_references(record, stored, files)
        _check_end(record, stored, files)
        _check_online(record, stored, files)
    _check_quotes(record, files)


def _named(document: YamlDocument) -> Iterator[tuple[str, str]]:
    """What ``record.yaml`` names by key, with its place."""
    for name in ("withheld", "documents"):
        for number, item in enumerate(document.data.get(name, ())):
            yield item["ref"], document.where(name, number)


def _line(files: Mapping[str, Path], key: str, text: str, record: Record) -> str:
    """``file:line`` of a text in the file of a resource; the folder when it came from elsewhere."""
    path = files.get(key)
    if path is None:
        return str(record.folder)
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    number = next((number for number, line in enumerate(lines, 1) if text in line), 1)
    return f"{path}:{number}"


def _check_references(record: Record, stored: Stored, files: Mapping[str, Path]) -> None:
    for key in stored.references:
        if record.store.find(key) is None and key not in record.dangling:
            raise ConfigurationError(
                Text(
                    nl=f"{stored.key} verwijst naar niets: {key}", en=f"{stored.key} refers to nothing: {key}"
                ),
                where=_line(files, stored.key, key, record),
                expected=key,
                next_step=Text(
                    nl=f"voeg {key} toe, of noem het onder dangling als dat met opzet is",
                    en=f"add {key}, or name it under dangling when that is on purpose",
                ),
            )


def _check_end(record: Record, stored: Stored, files: Mapping[str, Path]) -> None:
    rule = _ENDED.get(stored.type)
    if rule is None or record.withheld.get(stored.key, "rule") != "rule":
        return
    element, words, place = rule
    outer, _, inner = place.partition(".")
    if stored.resource.get(element) in words and not (stored.resource.get(outer) or {}).get(inner):
        raise ConfigurationError(
            Text(
                nl=f"{stored.key} is {stored.resource[element]} en heeft geen {place}",
                en=f"{stored.key} is {stored.resource[element]} and has no {place}",
            ),
            where=_line(files, stored.key, '"period"', record),
            expected=place,
        )


def _check_online(record: Record, stored: Stored, files: Mapping[str, Path]) -> None:
    """A report from before the start of online access is kept in by a rule, and the record says so."""
    if stored.type != "Composition" or record.online_since is None or stored.key in record.withheld:
        return
    day = day_of(str(stored.resource.get("date", "")))
    if day and day < record.online_since.isoformat():
        raise ConfigurationError(
            Text(
                nl=f"{stored.key} is van {day}, van voor het begin van de online inzage",
                en=f"{stored.key} is of {day}, from before the start of online access",
            ),
            where=_line(files, stored.key, '"date"', record),
            expected=f">= {record.online_since.isoformat()} (online_since)",
            received=day,
            next_step=Text(
                nl="zet het onder withheld met why: rule, of pas online_since aan",
                en="name it under withheld with why: rule, or change online_since",
            ),
        )


def telling_texts(node: Any, name: str = "") -> Iterator[str]:
    """Texts of a resource that say something of this person: lines, descriptions, titles."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in ("coding", "meta"):
                yield from telling_texts(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from telling_texts(item, name)
    elif isinstance(node, str) and name in _TELLING:
        text = narrative(node) if name == "div" else folded(node)
        if len(text) >= MIN_QUOTE:
            yield text


def _check_quotes(record: Record, files: Mapping[str, Path]) -> None:
    """What is shared does not quote what is withheld."""
    shared = [stored for stored in record if stored.key not in record.withheld]
    said = {text for stored in shared for text in telling_texts(stored.resource)}
    displays = {text: stored.key for stored in shared for text in _displays(stored.resource)}
    for key in record.withheld:
        stored = record.store.find(key)
        for text in telling_texts(stored.resource) if stored else ():
            quoted = displays.get(text)
            if quoted is not None and text not in said:
                raise ConfigurationError(
                    Text(
                        nl=f"{quoted} haalt aan wat in het HIS moet blijven ({key})",
                        en=f"{quoted} quotes what has to stay in the HIS ({key})",
                    ),
                    where=_line(files, quoted, text, record),
                    received=shorten(text),
                )


def _displays(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "display" and isinstance(value, str):
                yield folded(value)
            else:
                yield from _displays(value)
    elif isinstance(node, list):
        for item in node:
            yield from _displays(item)

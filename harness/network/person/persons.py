"""The synthetic persons of ``fixtures/records``: who can log in, and what their HIS shares."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from harness.core.data import data_path
from harness.core.errors import ConfigurationError
from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.core.text import Text
from harness.core.yamlfile import load_yaml

_TYPE = re.compile(r'"resourceType":\s*"(\w+)"')


@dataclass(frozen=True)
class FixturePerson:
    """One of our own persons, dates not yet filled in.

    :ivar birth: literal of the file; may be a placeholder.
    :ivar withheld: ``Type/id`` of what the record holds and the HIS does not share.
    :ivar standards: standards of which the person has a full record; none for a look-alike.
    """

    id: str
    display: str
    bsn: str
    birth: str
    patient: str
    treatment_relation: bool
    data_available: bool
    folder: Path
    withheld: frozenset[str] = field(default_factory=frozenset)
    standards: frozenset[str] = field(default_factory=frozenset)

    def birth_date(self, t: date) -> date:
        """Birth date for a given ``T``."""
        return date.fromisoformat(TDates(t).resolve(self.birth, strict=True))

    def resources(self, t: date, now: datetime | None = None) -> list[dict[str, Any]]:
        """The resources that the HIS shares, dates filled in."""
        return [item for item, kept in self._all(t, now) if not kept]

    def kept(self, t: date) -> list[dict[str, Any]]:
        """The resources that stay in the HIS, dates filled in."""
        return [item for item, kept in self._all(t, None) if kept]

    def _all(self, t: date, now: datetime | None) -> Iterable[tuple[dict[str, Any], bool]]:
        """Every resource, and whether it stays in the HIS."""
        for path in sorted(self.folder.glob("resources/*.json")):
            item = _load(path, t, now)
            yield item, f"{item['resourceType']}/{item['id']}" in self.withheld

    def kinds(self) -> frozenset[str]:
        """Every resource type that the record holds or that the person sends, contained ones included."""
        return frozenset(
            name
            for path in (*self.folder.glob("resources/*.json"), *self.folder.glob("sent/*.json"))
            for name in _TYPE.findall(path.read_text(encoding="utf-8"))
        )

    def bundle(self, name: str, t: date, now: datetime | None = None) -> dict[str, Any]:
        """A Bundle that the person sends (``sent/<name>.json``).

        :raises ConfigurationError: no such file.
        """
        path = self.folder / "sent" / f"{name}.json"
        if not path.is_file():
            raise ConfigurationError(
                Text(nl="te versturen Bundle ontbreekt", en="Bundle to send is missing"), where=str(path)
            )
        return _load(path, t, now)


def _load(path: Path, t: date, now: datetime | None) -> dict[str, Any]:
    text = TDates(t, now).resolve(path.read_text(encoding="utf-8"), strict=True, where=str(path))
    loaded: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return loaded


@cache
def fixture_persons() -> tuple[FixturePerson, ...]:
    """All our persons, by name of their folder."""
    found = []
    for path in sorted(data_path("fixtures", "records").glob("*/record.yaml")):
        data = load_yaml(path).data
        found.append(
            FixturePerson(
                id=str(data["person"]),
                display=str(data["display"]),
                bsn=str(data["bsn"]),
                birth=str(data["birth"]),
                patient=str(data["patient"]).removeprefix("Patient/"),
                treatment_relation=bool(data.get("treatment_relation", True)),
                data_available=bool(data.get("data_available", True)),
                folder=path.parent,
                withheld=frozenset(str(item["ref"]) for item in data.get("withheld", ())),
                standards=frozenset() if data.get("look_alike_of") else _standards(path.parent),
            )
        )
    return tuple(found)


def _standards(folder: Path) -> frozenset[str]:
    """Standards that ask for something that the person has, and whose Bundles the person can send."""
    types: set[str] = set()
    for path in folder.glob("resources/*.json"):
        found = _TYPE.search(path.read_text(encoding="utf-8"))
        types.add(found.group(1) if found else "")
    bodies = {path.stem for path in folder.glob("sent/*.json")}
    asked = {name: load_queries(name) for name in standards()}
    return frozenset(
        name for name, item in asked.items() if types & item.resource_types and item.bodies <= bodies
    )


def fixture_person(person_id: str) -> FixturePerson | None:
    """One of our persons, or ``None``."""
    return next((item for item in fixture_persons() if item.id == person_id), None)


def resolve_tree(value: Any, dates: TDates) -> Any:
    """A YAML or JSON tree with every date placeholder filled in."""
    if isinstance(value, str):
        return dates.resolve(value)
    if isinstance(value, Mapping):
        return {key: resolve_tree(child, dates) for key, child in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [resolve_tree(child, dates) for child in value]
    return value

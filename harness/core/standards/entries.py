"""Requirements and faults as the YAML files state them, entry by entry, what every standard shares included.

``profiles/afsprakenstelsel`` belongs to the trust framework, the folder of a standard to that standard, and
``profiles/every-standard`` to each of them: its entries are written once and filled in per standard.

=================  ==========================================================================================
``{prefix}``       the prefix of the standard, in ids
``{basiseis}``     in ``basiseis``: the basic requirements that the standard as a whole stands for; a standard
                   outside the OPEN programme has none, and its requirements then stand for none
``{searches}``     in ``official``: the server scripts that the searches of the standard rehearse
``{questions}``    in ``official``: the client scripts that the queries for collecting rehearse
``needs: TARGET``  a requirement exists only in a standard that names a query as that target
``on: TARGET``     a fault acts on the query that the standard names as that target, and not at all in a
                   standard that names none; without it a fault acts on every search
=================  ==========================================================================================

Entries that hold for a whole file stand in its ``defaults``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from harness.core.data import data_path
from harness.core.standards.queries import Query, read_queries
from harness.core.standards.table import Standard
from harness.core.yamlfile import YamlDocument, check_schema, load_yaml

TRUST_FOLDER: Final = "afsprakenstelsel"
EVERY_FOLDER: Final = "every-standard"
_NUMBERS = re.compile(r"-(\d+)-(\d+)(?:-|$)")


@dataclass(frozen=True)
class Entry:
    """One requirement or fault as data.

    :ivar standard: id of the standard it belongs to, ``""``: the trust framework, or every standard.
    :ivar where: file and line, for messages.
    """

    data: Mapping[str, Any]
    standard: str
    where: str


@cache
def read_source(path: Path) -> YamlDocument:
    """A file of entries with its ``defaults`` filled in, not yet checked against its schema.

    :raises ConfigurationError: unreadable, or not YAML.
    """
    document = load_yaml(path)
    data = document.data
    if isinstance(data, dict) and isinstance(data.get("defaults"), dict):
        common = data.pop("defaults")
        for key, entries in data.items():
            if isinstance(entries, list):
                data[key] = [{**common, **raw} if isinstance(raw, dict) else raw for raw in entries]
    return document


def _entries(document: YamlDocument, key: str, standard: str = "") -> list[Entry]:
    return [Entry(raw, standard, document.where(key, index)) for index, raw in enumerate(document.data[key])]


def _checked(path: Path, key: str) -> list[Entry]:
    document = read_source(path)
    check_schema(document, key)
    return _entries(document, key)


def trust_entries(key: str) -> list[Entry]:
    """Entries of the trust framework: ``requirements`` or ``faults``.

    :raises ConfigurationError: a file is wrong.
    """
    folder = data_path("profiles", TRUST_FOLDER)
    return [entry for path in sorted(folder.glob(f"{key}*.yaml")) for entry in _checked(path, key)]


def own_entries(item: Standard, key: str) -> list[Entry]:
    """Entries that a standard states itself; :mod:`harness.core.standards.completeness` checks the file.

    :raises ConfigurationError: unreadable, or not YAML.
    """
    return _entries(read_source(item.folder / f"{key}.yaml"), key, item.id)


def every_requirement(item: Standard) -> list[Entry]:
    """The requirements of every standard, filled in for one of them.

    :raises ConfigurationError: the file is wrong.
    """
    queries = read_queries(item)
    lists = {
        "{basiseis}": item.basiseis,
        "{searches}": official(query for query in queries if query.search).server,
        "{questions}": official(query for query in queries if query.flow == "collect").client,
    }
    found = []
    for entry in _checked(data_path("profiles", EVERY_FOLDER, "requirements.yaml"), "requirements"):
        data = _filled(entry.data, item.prefix, lists)
        target = data.pop("needs", "plain")
        if item.targets.of(target):
            found.append(Entry(data if item.basiseis else {**data, "basiseis": []}, item.id, entry.where))
    return found


def _filled(value: Any, prefix: str, lists: Mapping[str, Sequence[str]]) -> Any:
    if isinstance(value, str):
        return value.replace("{prefix}", prefix)
    if isinstance(value, list):
        parts = [lists.get(child, [child]) if isinstance(child, str) else [child] for child in value]
        return [_filled(child, prefix, lists) for part in parts for child in part]
    if isinstance(value, Mapping):
        return {_filled(key, prefix, lists): _filled(child, prefix, lists) for key, child in value.items()}
    return value


@dataclass(frozen=True)
class Official:
    """Official scripts without format suffix, each once, in the order of their numbers."""

    server: tuple[str, ...]
    client: tuple[str, ...]


def official(queries: Iterable[Query]) -> Official:
    """The official scripts that some queries rehearse."""
    names = dict.fromkeys(name for query in queries for name in query.official)
    ordered = sorted(names, key=_number)
    return Official(
        tuple(name for name in ordered if "-phr-" not in name),
        tuple(name for name in ordered if "-phr-" in name),
    )


def _number(name: str) -> tuple[int, ...]:
    found = _NUMBERS.search(name)
    return tuple(map(int, found.groups())) if found else ()


def every_fault(table: Iterable[Standard]) -> Iterator[Entry]:
    """The faults of every standard: what each kills, takes along and acts on in all of these standards.

    :raises ConfigurationError: a file is wrong.
    """
    items = list(table)
    for entry in _checked(data_path("profiles", EVERY_FOLDER, "faults.yaml"), "faults"):
        target = entry.data.get("on")
        here = [item for item in items if target is None or item.targets.of(target)]
        kills: list[str] = []
        also: dict[str, str] = {}
        for item in here:
            more = read_source(item.folder / "faults.yaml").data.get("of_every_standard", {})
            extra = more.get(entry.data["name"], {})
            kills += _filled([*entry.data["kills"], *extra.get("kills", [])], item.prefix, {})
            also |= _filled({**entry.data.get("also", {}), **extra.get("also", {})}, item.prefix, {})
        on = [] if target is None else [item.targets.of(target) for item in here]
        yield Entry({**entry.data, "kills": kills, "also": also, "on": on}, "", entry.where)

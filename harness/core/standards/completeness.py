"""Whether the folders of the standards are whole: what each file says, and what they say about each other."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.core.errors import ConfigurationError, nearest
from harness.core.standards.entries import every_fault, every_requirement, read_source, trust_entries
from harness.core.standards.groups import groups_of
from harness.core.standards.problems import refuse
from harness.core.standards.table import CONTENTS, FACTS, Standard, standards
from harness.core.text import Text
from harness.core.yamlfile import YamlDocument, schema_errors

POSTED = "send"
"""What faults call a Bundle that is posted, of whichever query: requests do not tell them apart."""


@cache
def require_complete() -> None:
    """Refuse the standards of this installation unless every folder is whole; looked at once.

    :raises ConfigurationError: with every problem of every folder.
    """
    check(standards())


def check(table: Mapping[str, Standard]) -> None:
    """Refuse these standards unless every folder is whole.

    :raises ConfigurationError: with every problem of every folder.
    """
    problems: list[ConfigurationError] = []
    whole: list[_Folder] = []
    for item in table.values():
        documents: dict[str, YamlDocument] = {}
        for name in CONTENTS:
            try:
                document = read_source(item.folder / name)
            except ConfigurationError as error:
                problems.append(error)
                continue
            wrong = schema_errors(document, name.removesuffix(".yaml"))
            problems += wrong
            if not wrong:
                documents[name] = document
        problems += _modules(item)
        if len(documents) == len(CONTENTS):
            whole.append(_Folder(item, *(documents[name] for name in CONTENTS)))
    known = _known(whole)
    for folder in whole:
        problems += _queries(folder)
        problems += _requirements(folder, known)
        problems += _faults(folder, known)
    refuse(problems)


@dataclass(frozen=True)
class _Folder:
    """A standard whose files follow their schemas."""

    item: Standard
    queries: YamlDocument
    requirements: YamlDocument
    faults: YamlDocument

    @property
    def operations(self) -> Counter[str]:
        return Counter(raw["operation"] for raw in self.queries.data["queries"])


@dataclass(frozen=True)
class _Known:
    """Names that any of the folders may refer to, with how often they are given."""

    requirements: Counter[str]
    faults: Counter[str]
    of_every_standard: frozenset[str]


def _known(whole: Iterable[_Folder]) -> _Known:
    folders = list(whole)
    table = [folder.item for folder in folders]
    every = [entry.data for entry in every_fault(table)]
    ids = [entry.data["id"] for entry in trust_entries("requirements")]
    names = [entry.data["name"] for entry in trust_entries("faults")] + [raw["name"] for raw in every]
    for folder in folders:
        ids += [entry.data["id"] for entry in every_requirement(folder.item)]
        ids += [raw["id"] for raw in folder.requirements.data["requirements"]]
        names += [raw["name"] for raw in folder.faults.data["faults"]]
    return _Known(Counter(ids), Counter(names), frozenset(raw["name"] for raw in every))


def _modules(item: Standard) -> Iterator[ConfigurationError]:
    for key, names in (("judges", item.judges), ("faults", item.faults)):
        for name in names:
            try:
                found = importlib.util.find_spec(name) is not None
            except ImportError:
                found = False
            if not found:
                yield _problem(
                    f"{item.folder / FACTS}: {key}",
                    Text(nl=f"module '{name}' bestaat niet", en=f"module '{name}' does not exist"),
                )


def _queries(folder: _Folder) -> Iterator[ConfigurationError]:
    operations, short = folder.operations, folder.item.short
    for index, raw in enumerate(folder.queries.data["queries"]):
        where = folder.queries.where("queries", index, "operation")
        name = raw["operation"]
        if operations[name] > 1:
            yield _twice(where, name)
        if not name.startswith(f"{short}-"):
            yield _problem(
                where,
                Text(nl=f"een operatie begint met '{short}-'", en=f"an operation starts with '{short}-'"),
                name,
            )
        roles = [role for service in folder.item.services for role in service.roles]
        if "role" in raw and not any(raw["role"] in role for role in roles):
            yield _problem(
                folder.queries.where("queries", index, "role"),
                Text(nl="geen systeemrol met dit deel", en="no system role with this part"),
                raw["role"],
            )
        if "each" in raw:
            yield from _unknown(folder.queries.where("queries", index, "each"), [raw["each"][0]], operations)
    targets = folder.item.targets
    named = [item for item in (targets.plain, targets.filtered, targets.empty, targets.hidden) if item]
    yield from _unknown(f"{folder.item.folder / FACTS}: targets", named, operations)


def _requirements(folder: _Folder, known: _Known) -> Iterator[ConfigurationError]:
    prefix = f"{folder.item.prefix}-"
    for index, raw in enumerate(folder.requirements.data["requirements"]):
        where = folder.requirements.where("requirements", index, "id")
        if not raw["id"].startswith(prefix):
            yield _problem(
                where,
                Text(
                    nl=f"een eis van deze standaard begint met '{prefix}'",
                    en=f"a requirement of this standard starts with '{prefix}'",
                ),
                raw["id"],
            )
        if known.requirements[raw["id"]] > 1:
            yield _twice(where, raw["id"])
        if raw["state"] == "planned" and "reason" not in raw:
            yield _problem(
                where,
                Text(nl="een geplande eis zonder reden", en="a planned requirement without a reason"),
                raw["id"],
            )
        if "needs" in raw:
            yield _problem(
                folder.requirements.where("requirements", index, "needs"),
                Text(
                    nl="'needs' is voor eisen van elke standaard",
                    en="'needs' is for requirements of every standard",
                ),
            )
        check = raw.get("check", {})
        names = [group.name for group in groups_of(folder.item)]
        yield from _unknown(folder.requirements.where("requirements", index, "group"), [raw["group"]], names)
        asked = [*check.get("operations", ()), *([check["operation"]] if "operation" in check else ())]
        yield from _unknown(
            folder.requirements.where("requirements", index, "check"), asked, folder.operations
        )


def _faults(folder: _Folder, known: _Known) -> Iterator[ConfigurationError]:
    document = folder.faults
    operations = {*folder.operations, POSTED}
    for index, raw in enumerate(document.data["faults"]):
        where = document.where("faults", index, "name")
        if known.faults[raw["name"]] > 1:
            yield _twice(where, raw["name"])
        yield from _catches(document, ("faults", index), raw, known)
        on = raw.get("on", [])
        yield from _unknown(
            document.where("faults", index, "on"), [on] if isinstance(on, str) else on, operations
        )
    for name, raw in document.data.get("of_every_standard", {}).items():
        yield from _unknown(document.where("of_every_standard", name), [name], known.of_every_standard)
        yield from _catches(document, ("of_every_standard", name), raw, known)


def _catches(
    document: YamlDocument, keys: tuple[str | int, ...], raw: Mapping[str, Any], known: _Known
) -> Iterator[ConfigurationError]:
    for key in ("kills", "also"):
        yield from _unknown(document.where(*keys, key), raw.get(key, ()), known.requirements)


def _unknown(where: str, names: Iterable[str], known: Collection[str]) -> Iterator[ConfigurationError]:
    for name in names:
        if name not in known:
            hint = nearest(name, known)
            yield _problem(
                where,
                Text(nl=f"'{name}' bestaat niet", en=f"'{name}' does not exist"),
                next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
            )


def _twice(where: str, name: str) -> ConfigurationError:
    return _problem(where, Text(nl=f"'{name}' staat er vaker", en=f"'{name}' appears more than once"))


def _problem(where: str, message: Text, received: str = "", next_step: Text | str = "") -> ConfigurationError:
    return ConfigurationError(message, where=where, received=received, next_step=next_step)

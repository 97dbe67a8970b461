"""The catalogue of requirements: every testable statement with its source, strength and state.

Read from the folders of the trust framework and of the standards. The catalogue hash goes into every run, so
that a verdict says which catalogue decided it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from harness.core.errors import ConfigurationError, UsageError, nearest
from harness.core.ids import check_requirement_id
from harness.core.run.findings import Cell
from harness.core.standards.completeness import require_complete
from harness.core.standards.entries import Entry, every_requirement, own_entries, trust_entries
from harness.core.standards.faults import faults
from harness.core.standards.groups import groups_of, trust_groups
from harness.core.standards.table import standards
from harness.core.text import Text
from harness.core.verdicts import Strength
from harness.core.yamlfile import check_schema, load_yaml
from harness.judge.checks import Check
from harness.medmij.releases import release_ids

Dependence = Literal["dvza", "his", "pgo", "standard", "cell", "network"]
"""What can change a verdict: one of the parties, the standard, the combination as a whole, the lists."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """One testable statement.

    :ivar depends: what can change its verdict; a run asks it once per value of these.
    :ivar topic: what it is about, whatever the standard.
    :ivar group: the group of requirements that it is asked with.
    :ivar check: what a judge of the harness looks at, where data can state it.
    :ivar intensity: the only intensity at which it is asked, ``""``: at each of them.
    :ivar flows: flows in which it is exercised, of the trust framework.
    :ivar faults: faults of twins that kill it.
    """

    id: str
    title: Text
    source: str
    topic: str
    group: str
    mark: str
    role: str
    depends: tuple[Dependence, ...]
    strength: Strength
    kind: str
    state: str
    standard: str = ""
    releases: tuple[str, ...] = msgspec.field(default_factory=release_ids)
    basiseis: tuple[str, ...] = ()
    official: tuple[str, ...] = ()
    reason: Text = Text(nl="", en="")
    samples: dict[str, int] = {}
    waiting: dict[str, float] = {}
    intensity: str = ""
    faults: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    check: Check | None = None

    @property
    def decidable(self) -> bool:
        """Whether a judge decides it (active and automatic)."""
        return self.state == "active" and self.kind == "automatic"

    def waits_longer(self, intensity: str) -> bool:
        """Whether deciding it takes real waiting that an intensity leaves out."""
        return bool(self.waiting) and intensity not in self.waiting

    def left_out(self, intensity: str) -> bool:
        """Whether it is not asked at an intensity, of anybody."""
        return self.intensity not in ("", intensity)

    def needs_more(self, intensity: str) -> bool:
        """Whether deciding it takes a larger sample than an intensity draws."""
        return bool(self.samples) and intensity not in self.samples

    def applies_to(self, standard: str, release: str) -> bool:
        """Whether it belongs to cells of this standard and release."""
        return self.standard in ("", standard) and release in self.releases


class Catalogue:
    """All requirements by id.

    :ivar digest: hash of everything that it says.
    """

    def __init__(self, requirements: Iterable[Requirement], digest: str) -> None:
        self._by_id = {item.id: item for item in requirements}
        self._by_group: dict[tuple[str, str], list[Requirement]] = {}
        for item in self:
            self._by_group.setdefault((item.standard, item.group), []).append(item)
        self.digest = digest

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, requirement_id: object) -> bool:
        return requirement_id in self._by_id

    def __getitem__(self, requirement_id: str) -> Requirement:
        """The requirement with this id.

        :raises UsageError: when there is none; names the nearest id.
        """
        try:
            return self._by_id[requirement_id]
        except KeyError:
            hint = nearest(requirement_id, self._by_id)
            raise UsageError(
                Text(nl=f"onbekende eis '{requirement_id}'", en=f"unknown requirement '{requirement_id}'"),
                next_step=Text(nl=f"bedoelde u {hint}?", en=f"did you mean {hint}?") if hint else "",
            ) from None

    def in_group(self, standard: str, group: str) -> tuple[Requirement, ...]:
        """Requirements of a group of a standard (``""``: of the trust framework)."""
        return tuple(self._by_group.get((standard, group), ()))

    def of_cell(self, standard: str, release: str) -> list[Requirement]:
        """Requirements that belong to cells of this standard and release, in id order."""
        return sorted((item for item in self if item.applies_to(standard, release)), key=lambda item: item.id)


def _requirement(entry: Entry, killers: Mapping[str, tuple[str, ...]]) -> Requirement:
    identifier = check_requirement_id(entry.data["id"], entry.where)
    facts = {**entry.data, "standard": entry.standard, "faults": killers.get(identifier, ())}
    return msgspec.convert(facts, Requirement)


def _killers() -> dict[str, tuple[str, ...]]:
    """Names of the faults that kill a requirement, by its id."""
    found: dict[str, tuple[str, ...]] = {}
    for name, item in faults().items():
        for identifier in item.kills:
            found[identifier] = (*found.get(identifier, ()), name)
    return found


@cache
def load_catalogue() -> Catalogue:
    """The catalogue of this installation (read once per process).

    :raises ConfigurationError: a folder of a standard is not whole.
    """
    require_complete()
    table = standards().values()
    entries = [
        *trust_entries("requirements"),
        *(entry for item in table for entry in own_entries(item, "requirements")),
        *(entry for item in table for entry in every_requirement(item)),
    ]
    killers = _killers()
    return _catalogue(sorted((_requirement(entry, killers) for entry in entries), key=lambda item: item.id))


def with_changes(catalogue: Catalogue, path: Path) -> Catalogue:
    """A catalogue with the changes of a file: requirements that are new or say something else, and those that
    are withdrawn.

    :raises UsageError: what is withdrawn is not known.
    :raises ConfigurationError: against the schema, or an unknown standard.
    """
    document = load_yaml(path, schema="catalogue-changes")
    withdrawn = frozenset(catalogue[name].id for name in document.data.pop("withdrawn", ()))
    kept = {item.id: item for item in catalogue if item.id not in withdrawn}
    entries = document.data.setdefault("requirements", [])
    of: list[str] = []
    for number, data in enumerate(entries):
        before = kept.get(data["id"])
        of.append(data.pop("standard", before.standard if before is not None else ""))
        where = document.where("requirements", number)
        if of[-1] not in ("", *standards()):
            raise _unknown(Text(nl="onbekende standaard", en="unknown standard"), where, standards(), of[-1])
        entries[number] = {**(_stated(before) if before is not None else {}), **data}
    check_schema(document, "requirements")
    killers = _killers()
    for number, data in enumerate(entries):
        where = document.where("requirements", number)
        found = groups_of(standards()[of[number]]) if of[number] else trust_groups()
        groups = {item.name for item in found}
        if data["group"] not in groups:
            raise _unknown(Text(nl="onbekende groep", en="unknown group"), where, groups, data["group"])
        kept[data["id"]] = _requirement(Entry(data, of[number], where), killers)
    return _catalogue(sorted(kept.values(), key=lambda item: item.id))


def _unknown(message: Text, where: str, known: Iterable[str], received: str) -> ConfigurationError:
    return ConfigurationError(message, where=where, expected=", ".join(sorted(known)), received=received)


def _stated(requirement: Requirement) -> dict[str, Any]:
    """A requirement as an entry would state it."""
    told = msgspec.json.decode(msgspec.json.encode(requirement))
    empty = {"nl": "", "en": ""}
    return {
        name: value
        for name, value in told.items()
        if name not in ("standard", "faults") and value not in ("", [], {}, None, empty)
    }


def _catalogue(found: Sequence[Requirement]) -> Catalogue:
    digest = hashlib.sha256(msgspec.json.encode(found, order="deterministic")).hexdigest()
    return Catalogue(found, digest)


def client_requirements(cell: Cell, catalogue: Catalogue) -> tuple[str, ...]:
    """Ids of the requirements that a cell decides in which a live PGO came to our mocks: those of the PGO."""
    return tuple(
        item.id
        for item in catalogue
        if item.role == "pgo" and item.decidable and item.applies_to(cell.standard, cell.release)
    )

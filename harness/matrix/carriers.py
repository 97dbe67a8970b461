"""Which cells carry what depends on less than the whole cell: one finding there holds for the others.

What a requirement depends on is data (``depends`` in the catalogue). Cells with the same value of it, in the
same release, form a group. The first cell of a group carries it: only there it is asked and driven. What
depends on the cell, or on what a standard exchanges, is asked in every cell: each drives the main flows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from harness.core.run.findings import Cell
from harness.core.run.info import Intensity
from harness.core.standards.table import standard
from harness.judge.catalogue import Dependence, Requirement
from harness.medmij.flows import variants
from harness.medmij.urls import host_of
from harness.network.file import Network, Participant
from harness.network.twins.stelselnode import endpoints

SAMPLE: Final[dict[Intensity, int]] = {"smoke": 1, "normal": 1, "full": 2}
"""In how many cells of a group the same is asked; when they differ, a dependence is missing."""
ATTEMPTS: Final = 3
"""Cells of a group in which a requirement is tried until one of them decides it."""
ROLES: Final[tuple[Dependence, ...]] = ("his", "dvza", "pgo")


class Kind(NamedTuple):
    """Requirements that are carried by the same cells.

    :ivar standard: id of the standard they belong to, ``""``: the trust framework.
    :ivar stand_in: whether our own DVZA or stelselnode has to misbehave, to see whether the PGO notices.
    """

    depends: tuple[Dependence, ...]
    standard: str
    stand_in: bool

    @property
    def everywhere(self) -> bool:
        """Whether every cell is asked."""
        return "cell" in self.depends or "standard" in self.depends


def kind_of(requirement: Requirement) -> Kind:
    """The kind of a requirement."""
    return Kind(requirement.depends, requirement.standard, any(map(varies_for_pgo, requirement.flows)))


@cache
def varies_for_pgo(flow: str) -> bool:
    """Whether a flow is a variant in which our parties misbehave towards the PGO."""
    return flow in variants() and variants()[flow].subject == "pgo"


@dataclass(frozen=True)
class _Group:
    """Cells with the same value of what a kind depends on, the best carriers first."""

    cells: tuple[Cell, ...]
    first: Cell
    carriers: frozenset[Cell]


class Carriers:
    """The carriers of one plan. Made in one pass over the cells per kind.

    :param sharing: without it every cell carries everything.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        network: Network,
        intensity: Intensity = "normal",
        *,
        sharing: bool = True,
    ) -> None:
        self._cells = tuple(cells)
        self._index = {cell: index for index, cell in enumerate(self._cells)}
        self._parties = {item.id: item for item in network.participants}
        self._sample = SAMPLE[intensity] if sharing else len(self._cells)
        self._groups: dict[Kind, dict[tuple[object, ...], _Group]] = {}

    def carries(self, kind: Kind, cell: Cell) -> bool:
        """Whether requirements of a kind are asked in a cell."""
        if kind.standard not in ("", cell.standard):
            return False
        return kind.everywhere or cell in self._group(kind, cell).carriers

    def held_by(self, kind: Kind, cell: Cell) -> tuple[Cell, ...]:
        """The other cells for which the finding of a carrier holds.

        Of several carriers the first speaks for the cells that carry nothing themselves.
        """
        if kind.everywhere:
            return ()
        group = self._group(kind, cell)
        if cell != group.first:
            return ()
        return tuple(sorted(group.carriers.symmetric_difference(group.cells), key=self._index.__getitem__))

    def others(self, kind: Kind, tried: Sequence[Cell]) -> list[Cell]:
        """Cells that can carry a kind when those that tried broke: fewest parties in common first."""
        if kind.everywhere:
            return []
        group = self._group(kind, tried[0])
        fit = self._fit(kind, group.cells)
        return _spread((cell for cell in fit if cell not in group.carriers and cell not in tried), tried)

    def stands_in(self, cell: Cell) -> bool:
        """Whether the DVZA of a cell can misbehave for the PGO's sake: our own, with no fault of its own."""
        dvza = self._parties[cell.dvza]
        return dvza.kind == "twin" and not dvza.faults

    def _fit(self, kind: Kind, cells: Sequence[Cell]) -> list[Cell]:
        """Those of some cells that can carry a kind; all of them when none can."""
        able = [cell for cell in cells if not kind.stand_in or self.stands_in(cell)]
        return able or list(cells)

    def _group(self, kind: Kind, cell: Cell) -> _Group:
        if kind not in self._groups:
            self._groups[kind] = self._grouped(kind)
        return self._groups[kind][self._key(kind, cell)]

    def _grouped(self, kind: Kind) -> dict[tuple[object, ...], _Group]:
        found: dict[tuple[object, ...], list[Cell]] = {}
        for cell in self._cells:
            if kind.standard in ("", cell.standard):
                found.setdefault(self._key(kind, cell), []).append(cell)
        return {key: self._led(kind, cells) for key, cells in found.items()}

    def _led(self, kind: Kind, cells: list[Cell]) -> _Group:
        """A group with its carriers."""
        ordered = sorted(cells, key=lambda cell: self._disturbance(kind, cell))
        fit = self._fit(kind, ordered)
        chosen = fit if self._sample >= len(fit) else fit[:1]
        while len(chosen) < min(self._sample, len(fit)):
            chosen.append(_spread((cell for cell in fit if cell not in chosen), chosen)[0])
        return _Group(tuple(ordered), chosen[0], frozenset(chosen))

    def _disturbance(self, kind: Kind, cell: Cell) -> tuple[bool, int]:
        """How much in a cell may be blamed on others than what the kind depends on."""
        others = [self._parties[cell.party(role)] for role in ROLES if role not in kind.depends]
        return "pgo" in kind.depends and not self.stands_in(cell), sum(bool(item.faults) for item in others)

    def _key(self, kind: Kind, cell: Cell) -> tuple[object, ...]:
        return (cell.release, *(self._value(name, cell) for name in kind.depends))

    def _value(self, name: Dependence, cell: Cell) -> object:
        if name == "dvza":
            return cell.dvza, reach(self._parties[cell.his], self._parties[cell.dvza], cell)
        return cell.party(name)


def reach(his: Participant, dvza: Participant, cell: Cell) -> tuple[str, ...]:
    """Where a DVZA answers for a HIS, as far as it is known before the run.

    The lists that a live DVZA reads are not: each of its HISs may then have hosts of its own.
    """
    if dvza.kind == "live" and dvza.lists:
        return dvza.lists, his.provider_name
    named = (endpoints(his, dvza, cell.release, item.id) for item in standard(cell.standard).services)
    found = {(authorize, token, host_of(resource)) for authorize, token, resource in filter(None, named)}
    return tuple(text for urls in sorted(found) for text in urls)


def _spread(cells: Iterable[Cell], tried: Collection[Cell]) -> list[Cell]:
    """Cells in the order in which a next one is worth trying: fewest parties and standards in common."""

    def common(cell: Cell) -> int:
        shared = sum(cell.party(role) == one.party(role) for one in tried for role in ROLES)
        return 2 * shared + sum(cell.standard == one.standard for one in tried)

    return sorted(cells, key=common)

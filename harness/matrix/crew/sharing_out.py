"""Which process drives which cells: those of one HIS together, the most work first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from harness.core.run.findings import Cell

_KEYS: Final[tuple[Callable[[Cell], tuple[str, ...]], ...]] = (
    lambda cell: (cell.his,),
    lambda cell: (cell.his, cell.pgo),
    lambda cell: (cell.key,),
)
"""What stays together, the most first: another cell of the same HIS is who can decide what one could not."""


def shared_out(work: Mapping[Cell, int], jobs: int) -> list[list[Cell]]:
    """The cells in at most ``jobs`` parts with about the same work, each in the order of the plan.

    :param work: how much each cell takes, in any unit, in the order of the plan.
    :return: the parts that hold anything, the one with the first cell first.
    """
    groups = next(found for found in map(_grouped(tuple(work)), _KEYS) if len(found) >= jobs or _last(found))
    parts: list[list[Cell]] = [[] for _ in range(jobs)]
    loads = [0] * jobs
    for group in sorted(groups, key=lambda cells: -_load(work, cells)):
        least = loads.index(min(loads))
        parts[least] += group
        loads[least] += _load(work, group)
    order = {cell: number for number, cell in enumerate(work)}
    filled = [sorted(part, key=order.__getitem__) for part in parts if part]
    return sorted(filled, key=lambda part: order[part[0]])


def _load(work: Mapping[Cell, int], cells: Sequence[Cell]) -> int:
    return sum(max(1, work[cell]) for cell in cells)


def _grouped(cells: Sequence[Cell]) -> Callable[[Callable[[Cell], tuple[str, ...]]], list[list[Cell]]]:
    def by(key: Callable[[Cell], tuple[str, ...]]) -> list[list[Cell]]:
        found: dict[tuple[str, ...], list[Cell]] = {}
        for cell in cells:
            found.setdefault(key(cell), []).append(cell)
        return list(found.values())

    return by


def _last(groups: Sequence[Sequence[Cell]]) -> bool:
    """Whether there is nothing smaller to divide into."""
    return all(len(group) == 1 for group in groups)

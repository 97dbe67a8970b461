"""How exchange ids begin: short names of cells, the same in every attempt at a run."""

from __future__ import annotations

from collections.abc import Iterable

from harness.core.ids import safe_name
from harness.core.standards.table import standards


class Prefixes:
    """Gives each unit its own short name, in the order in which it is asked; those of the plan come first.

    :param cells: keys of the planned cells in the order of the plan.
    """

    def __init__(self, cells: Iterable[str] = ()) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        for cell in cells:
            self.of(cell)

    def of(self, unit: str) -> str:
        """The name of a unit: a cell key, or another name."""
        if unit not in self._given:
            name = next(item for item in _candidates(unit) if item not in self._taken)
            self._given[unit] = name
            self._taken.add(name)
        return self._given[unit]


def _candidates(unit: str) -> Iterable[str]:
    parts = unit.split("+")
    if len(parts) == 5:
        his, _, pgo, standard, release = parts
        known = standards().get(standard)
        short = f"{his}.{pgo}.{known.short if known is not None else standard}"
        yield short
        yield f"{short}.{release}"
    yield safe_name(unit, 100)
    yield f"{safe_name(unit, 90)}-x"

"""What changed since an earlier run: marks for the matrix, and the page that lists it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from harness.core.run.findings import Cell, Finding
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.report.dossier.compare import TITLES, Change, Changed, Comparison

MARK: Final[Mapping[Change, str]] = {
    Change.NEW: "▼",
    Change.STILL: "=",
    Change.NO_LONGER: "○",
    Change.FIXED: "▲",
}
"""The sign of a change; beside it stands its word."""
LOOK: Final[Mapping[Change, str]] = {
    Change.NEW: "f",
    Change.STILL: "f",
    Change.NO_LONGER: "n",
    Change.FIXED: "p",
}
KEY: Final[Mapping[Change, str]] = {
    Change.NEW: "new",
    Change.STILL: "still",
    Change.NO_LONGER: "gone",
    Change.FIXED: "fixed",
}
"""What a change is called in the address of a page."""
_FIRST: Final = 6


@dataclass(frozen=True)
class Line:
    """One requirement of one party that changed in the same way in these cells.

    :ivar before: verdicts that were; ``None`` is not asked.
    :ivar cells: keys of the cells that carry it.
    """

    change: Change
    party: str
    requirement: str
    before: Verdict | None
    after: Verdict | None
    cells: tuple[str, ...]

    @property
    def first(self) -> tuple[str, ...]:
        """The cells that are shown at once."""
        return self.cells[:_FIRST]

    @property
    def rest(self) -> tuple[str, ...]:
        """The others."""
        return self.cells[_FIRST:]


@dataclass(frozen=True)
class Since:
    """An earlier run beside this one.

    :ivar marks: what changed in a cell, or holds there too, by its key.
    """

    comparison: Comparison
    marks: Mapping[str, tuple[Change, ...]]

    @property
    def lists(self) -> Mapping[Change, tuple[Line, ...]]:
        """What changed, per change; those without lines are left out."""
        return {change: lines for change in Change if (lines := _lines(self.comparison, change))}

    @property
    def earlier(self) -> str:
        """The name of the earlier run, without the folders around it."""
        return PurePath(self.comparison.before.name).name

    @property
    def parties(self) -> tuple[str, ...]:
        """Ids of the parties that something changed of."""
        return tuple(sorted({item.about.party for item in self.comparison.changes}))

    def of(self, cell: Cell) -> tuple[Change, ...]:
        """What changed in a cell."""
        return self.marks.get(cell.key, ())

    def count(self, change: Change) -> int:
        """How many requirements of parties changed so, whatever the number of cells."""
        return len({(line.party, line.requirement) for line in self.lists.get(change, ())})


def since(comparison: Comparison, findings: Iterable[Finding]) -> Since:
    """An earlier run beside this one.

    :param findings: of this run; they say in which other cells a judgement holds.
    """
    held: dict[tuple[str, str], set[str]] = {}
    for item in findings:
        held.setdefault((item.requirement, item.cell.key), set()).update(item.holds_for)
    marks: dict[str, set[Change]] = {}
    for one in comparison.changes:
        about = one.about
        for key in {about.cell, *held.get((about.requirement, about.cell), ())}:
            marks.setdefault(key, set()).add(one.change)
    order = list(Change)
    return Since(comparison, {key: tuple(sorted(found, key=order.index)) for key, found in marks.items()})


def told(changes: Sequence[Change]) -> Text:
    """Changes in words: ``nieuw, hersteld``."""
    words = [TITLES[change] for change in changes]
    return Text(nl=", ".join(word.nl for word in words), en=", ".join(word.en for word in words))


def counted(marks: Iterable[Sequence[Change]]) -> Mapping[Change, int]:
    """In how many cells something changed so."""
    found = Counter(change for changes in marks for change in changes)
    return {change: found[change] for change in Change if found[change]}


def _lines(comparison: Comparison, change: Change) -> tuple[Line, ...]:
    groups: dict[tuple[object, ...], list[Changed]] = {}
    for item in comparison.changes:
        if item.change is change:
            key = (item.about.party, item.about.requirement, item.before, item.after)
            groups.setdefault(key, []).append(item)
    return tuple(
        Line(
            change,
            items[0].about.party,
            items[0].about.requirement,
            items[0].before,
            items[0].after,
            tuple(item.about.cell for item in items),
        )
        for items in groups.values()
    )

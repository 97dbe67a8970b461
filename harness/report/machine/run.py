"""A judged run as documents for programs take it: who was judged on what, where the evidence stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from harness.core.run.agreed.waivers import Waiver, fingerprint
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.text import Lang
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.tally import key_of
from harness.record.chain.units import UnitFile, stem_of, units_in
from harness.report.html import page
from harness.report.summary import RunSummary

TRUST_FRAMEWORK: Final = "afsprakenstelsel"
"""What documents call what is of no standard."""


@dataclass(frozen=True)
class JudgedRun:
    """One run with everything that was found in it.

    :ivar findings: all of them, also those that nobody has to do anything about.
    """

    folder: RunFolder
    summary: RunSummary
    findings: Sequence[Finding]
    catalogue: Catalogue

    @property
    def began(self) -> datetime:
        """When it began."""
        return datetime.fromisoformat(self.summary.info.now)

    @property
    def ended(self) -> datetime | None:
        """When it ended; ``None``: nobody noted it."""
        ended = self.summary.info.ended
        return datetime.fromisoformat(ended.at) if ended is not None else None

    def judged_on(self, requirement: str, cell: Cell) -> str:
        """The party that a requirement is about in a cell; ``""`` when the catalogue does not know it."""
        return key_of(self.catalogue[requirement], cell).party if requirement in self.catalogue else ""

    def fingerprint(self, item: Finding) -> str:
        """What a finding has in common with the same fault in other cells and runs; what a waiver names."""
        return fingerprint(key_of(self.catalogue[item.requirement], item.cell), item)

    def waiver(self, item: Finding) -> Waiver | None:
        """The waiver that covers a finding."""
        return self.summary.result.cover.waived.get(item.id)

    @cached_property
    def _of_cells(self) -> dict[Cell, dict[str, list[Finding]]]:
        found: dict[Cell, dict[str, list[Finding]]] = {}
        for item in self.findings:
            found.setdefault(item.cell, {}).setdefault(item.requirement, []).append(item)
        return found

    def of_cell(self, cell: Cell) -> Iterator[tuple[str, Sequence[Finding]]]:
        """The requirements that a cell was asked, or that were judged in it, with what was found; by id."""
        found = self._of_cells.get(cell, {})
        for name in sorted({*self.summary.info.asked(cell), *found}):
            yield name, found.get(name, ())

    @cached_property
    def _recordings(self) -> dict[str, UnitFile]:
        """The recording of each unit: of several attempts the last one that ended, else the last."""
        found: dict[str, UnitFile] = {}
        for item in units_in(self.folder.path):
            if item.packed or item.stem not in found or not found[item.stem].packed:
                found[item.stem] = item
        return found

    def evidence(self, cell: Cell) -> str:
        """The file that holds what was recorded in a cell, else its findings; relative to the run folder."""
        recording = self._recordings.get(stem_of(cell.key))
        if recording is not None:
            return recording.place
        return self.folder.findings_path(cell).relative_to(self.folder.path).as_posix()

    def shown(self, requirement: str, cell: Cell, lang: Lang) -> str:
        """Where a person reads of a requirement; relative to the run folder, ``""`` when on no page."""
        party = self.judged_on(requirement, cell)
        if party not in self.summary.parties:
            return ""
        report = self.folder.report.relative_to(self.folder.path)
        return f"{report.as_posix()}/{page('vendor', party, lang)}#{requirement}"

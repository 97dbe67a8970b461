"""One qualification run: plan, drive each cell once, judge it, keep the run folder complete.

The pytest plugin registers what its items need, then asks for findings; the first question about a cell
drives all flows that the registered scenarios of that cell need. Judging always reads the recording back
from the run folder, so that live and later see the same.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from harness.core.clock import Clock
from harness.core.errors import HarnessError
from harness.core.run.events import EventStream
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder, RunInfo
from harness.core.text import Text
from harness.judge.catalogue import Catalogue, Requirement
from harness.judge.cells import cell_exchanges, judge_cell
from harness.matrix.plan import Selection
from harness.matrix.runinfo import run_info
from harness.network.file import Network
from harness.network.person.declared import declared_persons
from harness.network.running import RunningNetwork, start
from harness.record.recorder import Recorder
from harness.scenario import Scenario


@dataclass
class CellState:
    """What is known of one cell while the run goes on."""

    cell: Cell
    requirements: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)
    findings: list[Finding] | None = None
    trouble: dict[str, HarnessError] = field(default_factory=dict)
    exchanges: list[Exchange] | None = None


class Qualification:
    """A run in progress.

    :param t: the date that ``T`` stands for; ``now`` the frozen instant of the run.
    :param settings: settings that judges need (``intensity``, ``dialect`` …); go into ``run.json``.
    """

    def __init__(
        self,
        network: Network,
        cells: Iterable[Cell],
        folder: RunFolder,
        catalogue: Catalogue,
        *,
        clock: Clock,
        t: date,
        now: datetime,
        selection: Selection,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.network = network
        self.folder = folder
        self.catalogue = catalogue
        self.clock = clock
        self.t = t
        self.now = now
        self.selection = selection
        self.settings = dict(settings or {})
        self.events = EventStream(clock, folder.events)
        self._states = {cell.key: CellState(cell) for cell in cells}
        self._recorder: Recorder | None = None
        self._running: RunningNetwork | None = None
        self._begun = False

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The planned cells."""
        return tuple(state.cell for state in self._states.values())

    def wanted(self, requirement: Requirement, scenario: Scenario) -> bool:
        """Whether the selection (``--only``) asks for this requirement of this scenario."""
        only = self.selection.only
        return not only or requirement.id in only or scenario.name in only

    def runs(self, cell: Cell, scenario: Scenario) -> bool:
        """Whether a scenario is exercised in this cell (see :attr:`Scenario.once`)."""
        if not scenario.runs_in(cell):
            return False
        if not scenario.once or self.settings.get("intensity") == "full":
            return True
        return cell == next(
            other for other in self.cells if scenario.runs_in(other) and _trio(other) == _trio(cell)
        )

    def register(self, cell: Cell, scenario: Scenario) -> list[str]:
        """Note what a collected item needs; returns the requirement ids it will be judged on."""
        state = self._states[cell.key]
        ids = [
            requirement_id
            for requirement_id in scenario.requirements
            if self.wanted(self.catalogue[requirement_id], scenario)
            and self.catalogue[requirement_id].decidable
            and self.catalogue[requirement_id].applies_to(cell.standard, cell.release)
        ]
        state.requirements += [item for item in ids if item not in state.requirements]
        if ids:
            state.flows += [flow for flow in scenario.all_flows if flow not in state.flows]
        return ids

    def begin(self) -> None:
        """Write ``run.json`` and start the network (twins, connect map); once."""
        if self._begun:
            return
        self._begun = True
        self.folder.write_info(self._info())
        self.events.emit("run-started", cells=len(self._states), t=self.t.isoformat())
        for state in self._states.values():
            self.events.emit("cell-planned", cell=state.cell.key, flows=list(state.flows))
        persons = declared_persons(self.network, self.t)
        self._recorder = Recorder(self.folder, self.events, persons)
        self._running = start(
            self.network,
            recorder=self._recorder,
            clock=self.clock,
            t=self.t,
            intensity=str(self.settings.get("intensity", "normal")),
        )

    def findings(self, cell: Cell, scenario: Scenario, requirement_ids: Iterable[str]) -> list[Finding]:
        """Findings of a cell for some requirements; drives and judges the cell at the first question.

        :raises HarnessError: when a flow that the scenario needs could not be driven.
        """
        state = self._states[cell.key]
        if state.findings is None:
            self._drive(state)
        for flow in scenario.all_flows:
            if flow in state.trouble:
                raise state.trouble[flow]
        wanted = set(requirement_ids)
        return [item for item in state.findings or [] if item.requirement in wanted]

    def _drive(self, state: CellState) -> None:
        self.begin()
        assert self._running is not None
        key = state.cell.key
        self.events.emit("cell-started", cell=key)
        for flow in state.flows:
            try:
                self._running.drive(state.cell, flow)
            except HarnessError as error:
                state.trouble[flow] = error
            except Exception as error:  # noqa: BLE001 - one broken flow must not lose the others' results
                state.trouble[flow] = _defect(error, f"{key} {flow}")
        exchanges = self.exchanges(state.cell)
        state.findings = judge_cell(self._info(), state.cell, exchanges, self.catalogue)
        for item in state.findings:
            self.events.emit(
                "finding", cell=key, id=item.id, requirement=item.requirement, verdict=item.verdict.value
            )
        self.events.emit("cell-finished", cell=key, findings=len(state.findings))

    def exchanges(self, cell: Cell) -> list[Exchange]:
        """The recorded exchanges of a cell that was judged, read once."""
        state = self._states[cell.key]
        if state.exchanges is None:
            state.exchanges = cell_exchanges(self.folder, cell)
        return state.exchanges

    def finish(self) -> list[Finding]:
        """Stop the network, write ``findings.json`` and the final ``run.json``; returns all findings."""
        if self._running is not None:
            self._running.close()
        if self._recorder is not None:
            self._recorder.close()
        findings = [item for state in self._states.values() for item in state.findings or []]
        if self._begun:
            self.folder.write_info(self._info(final=True))
            self.folder.write_findings(findings)
            self.events.emit("run-finished", findings=len(findings))
        self.events.close()
        return findings

    def _info(self, *, final: bool = False) -> RunInfo:
        states = [state for state in self._states.values() if not final or state.findings is not None]
        return run_info(
            self.folder.path.name,
            self.network,
            self.catalogue,
            self.cells,
            {state.cell.key: state.requirements for state in states},
            t=self.t,
            now=self.now,
            settings=self.settings,
            selection=self.selection,
        )


def _defect(error: Exception, where: str) -> HarnessError:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return HarnessError(
        Text(nl="deze stroom kon niet worden aangestuurd", en="this flow could not be driven"),
        where=where,
        received=f"{type(error).__name__}: {error} ({frame.name}:{frame.lineno})",
        next_step=Text(
            nl="Fout in de harness zelf; meld dit met de run-map.",
            en="A defect of the harness itself; report it with the run folder.",
        ),
    )


def _trio(cell: Cell) -> tuple[str, ...]:
    return (cell.his, cell.dvza, cell.pgo, cell.release)


def default_folder(now: datetime, base: Path = Path("reports")) -> Path:
    """Where a run goes when the user names no folder: ``reports/<date>-<time>``."""
    return base / now.strftime("%Y%m%d-%H%M%S")

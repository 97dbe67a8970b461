"""A run in progress: drive each cell once, judge it, keep the run folder complete.

The pytest plugin registers what its items need, then asks for findings; the first question about a cell
drives all flows that the registered scenarios of that cell need. Judging always reads the recording back
from the run folder, so that live and later see the same.
"""

from __future__ import annotations

import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field

from harness.core.clock import Clock
from harness.core.errors import HarnessError
from harness.core.run.events import EventStream
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges, judge_cell
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.network.person.declared import declared_persons
from harness.network.running import RunningNetwork, start
from harness.record.recorder import Recorder
from harness.scenario import Scenario


@dataclass
class CellState:
    """What is known of one cell while the run goes on.

    :ivar trouble: why a flow could not be driven.
    :ivar refusal: why the cell could not be judged.
    """

    cell: Cell
    requirements: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)
    findings: list[Finding] | None = None
    trouble: dict[str, HarnessError] = field(default_factory=dict)
    refusal: HarnessError | None = None
    exchanges: list[Exchange] | None = None


@dataclass(frozen=True)
class Started:
    """A run whose network is up and whose ``run.json`` is written."""

    info: RunInfo
    network: RunningNetwork


class Qualification:
    """A run in progress, whole or refused: whoever asks after a refusal gets the first one again."""

    def __init__(self, plan: Plan, facts: RunFacts, folder: RunFolder, clock: Clock) -> None:
        self.plan = plan
        self.facts = facts
        self.folder = folder
        self.clock = clock
        self.events = EventStream(clock, folder.events)
        self._states = {cell.key: CellState(cell) for cell in plan.cells}
        self._stack = ExitStack()
        self._started: Started | None = None
        self._refusal: HarnessError | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that decides this run."""
        return self.plan.catalogue

    def register(self, cell: Cell, scenario: Scenario) -> None:
        """Note what an item needs; all of them before the first :meth:`findings`."""
        state = self._states[cell.key]
        ids = self.plan.asked(scenario, cell)
        state.requirements += [item for item in ids if item not in state.requirements]
        if ids:
            state.flows += [flow for flow in scenario.all_flows if flow not in state.flows]

    def begin(self) -> Started:
        """Start the network (twins, connect map) and write ``run.json``; once.

        :raises HarnessError: the first time, and ever after, when it cannot be started.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._started is None:
            try:
                self._started = self._start()
            except Exception as error:  # noqa: BLE001 - every later question gets this answer
                self._refusal = _harness_error(
                    error,
                    Text(nl="de run kon niet worden gestart", en="the run could not be started"),
                    str(self.folder.path),
                )
                self.events.emit("run-refused", message=self._refusal.render("en"))
                raise self._refusal from None
        return self._started

    def _start(self) -> Started:
        facts = self.facts
        self.events.emit("run-started", cells=len(self._states), t=facts.t.isoformat())
        for state in self._states.values():
            self.events.emit("cell-planned", cell=state.cell.key, flows=list(state.flows))
        info = self._info(list(self._states.values()))
        with ExitStack() as stack:
            recorder = Recorder(self.folder, self.events, declared_persons(facts.network, facts.t))
            stack.callback(recorder.close)
            network = start(
                facts.network,
                recorder=recorder,
                clock=self.clock,
                t=facts.t,
                intensity=facts.intensity,
            )
            stack.callback(network.close)
            self.folder.write_info(info)
            self._stack = stack.pop_all()
        return Started(info, network)

    def findings(self, cell: Cell, scenario: Scenario) -> list[Finding]:
        """Findings of a cell for what is asked of a scenario; the first question drives and judges the cell.

        :raises HarnessError: when the run could not be started, a flow of the scenario not be driven, or
            the cell not be judged.
        """
        started = self.begin()
        state = self._states[cell.key]
        if state.findings is None and state.refusal is None:
            self._drive(state, started)
        for flow in scenario.all_flows:
            if flow in state.trouble:
                raise state.trouble[flow]
        if state.refusal is not None:
            raise state.refusal
        wanted = set(self.plan.asked(scenario, cell))
        unasked = wanted.difference(state.requirements)
        if unasked:
            raise HarnessError("not registered before the run began", where=", ".join(sorted(unasked)))
        return [item for item in state.findings or [] if item.requirement in wanted]

    def _drive(self, state: CellState, started: Started) -> None:
        key = state.cell.key
        self.events.emit("cell-started", cell=key)
        undriven = Text(nl="deze stroom kon niet worden aangestuurd", en="this flow could not be driven")
        for flow in state.flows:
            try:
                started.network.drive(state.cell, flow)
            except Exception as error:  # noqa: BLE001 - one broken flow must not lose the others' results
                state.trouble[flow] = _harness_error(error, undriven, f"{key} {flow}")
        try:
            found = judge_cell(started.info, state.cell, self.exchanges(state.cell), self.catalogue)
        except Exception as error:  # noqa: BLE001 - every item of the cell says why
            unjudged = Text(nl="deze cel kon niet worden beoordeeld", en="this cell could not be judged")
            state.refusal = _harness_error(error, unjudged, key)
            return
        state.findings = found
        for item in found:
            self.events.emit(
                "finding", cell=key, id=item.id, requirement=item.requirement, verdict=item.verdict.value
            )
        self.events.emit("cell-finished", cell=key, findings=len(found))

    def exchanges(self, cell: Cell) -> list[Exchange]:
        """The recorded exchanges of a cell that was judged, read once."""
        state = self._states[cell.key]
        if state.exchanges is None:
            state.exchanges = cell_exchanges(self.folder, cell)
        return state.exchanges

    def finish(self) -> list[Finding]:
        """Stop the network, write ``findings.json`` and the final ``run.json``; returns all findings."""
        self._stack.close()
        judged = [state for state in self._states.values() if state.findings is not None]
        findings = [item for state in judged for item in state.findings or []]
        if self._started is not None:
            self.folder.write_info(self._info(judged))
            self.folder.write_findings(findings)
            self.events.emit("run-finished", findings=len(findings))
        self.events.close()
        return findings

    def _info(self, asked: list[CellState]) -> RunInfo:
        requirements = {state.cell.key: state.requirements for state in asked}
        return self.facts.info(self.folder.path.name, self.plan.cells, requirements)


def _harness_error(error: Exception, what: Text, where: str) -> HarnessError:
    """The error itself when it has a message for people, else a defect of the harness."""
    if isinstance(error, HarnessError):
        return error
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return HarnessError(
        what,
        where=where,
        received=f"{type(error).__name__}: {error} ({frame.name}:{frame.lineno})",
        next_step=Text(
            nl="Fout in de harness zelf; meld dit met de run-map.",
            en="A defect of the harness itself; report it with the run folder.",
        ),
    )

"""A run in progress: drive each cell once, judge it, keep the run folder complete.

The pytest plugin registers what its items need, then asks for findings; the first question about a cell
drives all flows that the registered scenarios of that cell need. Judging always reads the recording back
from the run folder, so that live and later see the same.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import msgspec

from harness.core.clock import Clock
from harness.core.errors import HarnessError, UserError
from harness.core.run.events import EventStream
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo, Trouble
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges, judge_cell, trouble_findings
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.network.person.declared import declared_persons
from harness.network.running import RunningNetwork, start
from harness.record.recorder import Recorder
from harness.scenario import Scenario

UNDRIVEN = Text(nl="deze stroom kon niet worden aangestuurd", en="this flow could not be driven")
UNJUDGED = Text(nl="deze cel kon niet worden beoordeeld", en="this cell could not be judged")


@dataclass
class CellState:
    """What is known of one cell while the run goes on.

    :ivar flows: the flows to drive, each with the requirements that need it.
    :ivar troubles: what could not be driven or judged.
    """

    cell: Cell
    requirements: list[str] = field(default_factory=list)
    flows: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] | None = None
    troubles: list[Trouble] = field(default_factory=list)
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
        for flow in scenario.all_flows if ids else ():
            known = state.flows.setdefault(flow, [])
            known += [item for item in ids if item not in known]

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
        info = self.info()
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

        What could not be driven or judged is an ``error`` among them.

        :raises HarnessError: when the run could not be started.
        """
        started = self.begin()
        state = self._states[cell.key]
        if state.findings is None:
            self._drive(state, started)
        wanted = set(self.plan.asked(scenario, cell))
        unasked = wanted.difference(state.requirements)
        if unasked:
            raise HarnessError("not registered before the run began", where=", ".join(sorted(unasked)))
        return [item for item in state.findings or [] if item.requirement in wanted]

    def _drive(self, state: CellState, started: Started) -> None:
        key = state.cell.key
        self.events.emit("cell-started", cell=key)
        for flow, needing in state.flows.items():
            try:
                started.network.drive(state.cell, flow)
            except Exception as error:  # noqa: BLE001 - one broken flow must not lose the others' results
                state.troubles.append(_trouble(error, UNDRIVEN, state.cell, needing, f"{key} {flow}"))
        info = msgspec.structs.replace(started.info, troubles=tuple(state.troubles))
        try:
            found = judge_cell(info, state.cell, self.exchanges(state.cell), self.catalogue)
        except Exception as error:  # noqa: BLE001 - every item of the cell says why
            trouble = _trouble(error, UNJUDGED, state.cell, state.requirements, key)
            state.troubles.append(msgspec.structs.replace(trouble, blame=Blame.HARNESS))
            found = trouble_findings(state.troubles, state.cell, self.catalogue)
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

    @property
    def recorded(self) -> int:
        """How many exchanges of judged cells are recorded."""
        return sum(len(state.exchanges or ()) for state in self._states.values())

    @property
    def troubles(self) -> list[Trouble]:
        """What could not be driven or judged so far."""
        return [trouble for state in self._states.values() for trouble in state.troubles]

    def finish(self) -> list[Finding]:
        """Stop the network, write ``findings.json`` and the final ``run.json``; returns all findings."""
        self._stack.close()
        findings = [item for state in self._states.values() for item in state.findings or ()]
        if self._started is not None:
            self.folder.write_info(self.info())
            self.folder.write_findings(findings)
            self.events.emit("run-finished", findings=len(findings))
        self.events.close()
        return findings

    def info(self) -> RunInfo:
        """``run.json`` of this moment."""
        states = self._states.values()
        missed = [state.cell.key for state in states if state.requirements and state.findings is None]
        return self.facts.info(
            self.folder.path.name,
            self.plan.cells,
            {state.cell.key: state.requirements for state in states},
            troubles=self.troubles,
            unjudged=missed if self._started is not None else (),
        )


def _trouble(error: Exception, what: Text, cell: Cell, requirements: Sequence[str], where: str) -> Trouble:
    """What stood in the way; a mistake that the user can correct is one of the configuration."""
    found = _harness_error(error, what, where)
    return Trouble(
        cell=cell.key,
        requirements=tuple(requirements),
        blame=Blame.CONFIGURATION if isinstance(found, UserError) else Blame.HARNESS,
        what=found.message,
        where=found.where,
        received=found.received,
        next_step=found.next_step,
    )


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

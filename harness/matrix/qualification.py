"""A run in progress: drive each cell once, judge it, keep the run folder complete.

The pytest plugin registers what its items need, then asks for findings; the first question about a cell
drives all flows that the registered scenarios of that cell need. Judging always reads the recording back
from the run folder, so that live and later see the same.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

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
from harness.matrix.carriers import ATTEMPTS, kind_of
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.matrix.state import CellState
from harness.network.person.declared import declared_persons
from harness.network.running import RunningNetwork, start
from harness.record.recorder import Recorder
from harness.scenario import Scenario

UNDRIVEN = Text(nl="deze stroom kon niet worden aangestuurd", en="this flow could not be driven")
UNJUDGED = Text(nl="deze cel kon niet worden beoordeeld", en="this cell could not be judged")


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
        """Note what an item needs; all of them before the first :meth:`findings`.

        :param scenario: the part of a scenario that the item asks.
        """
        for name in scenario.requirements:
            held = self.plan.carriers.held_by(kind_of(self.catalogue[name]), cell)
            self._states[cell.key].ask(
                name, self.plan.needs(scenario, name), tuple(item.key for item in held)
            )

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
        """Findings for what a part of a scenario asks of a cell; the first question drives and judges it.

        What could not be driven or judged is an ``error`` among them; what another cell decided in its place
        is among them too.

        :raises HarnessError: when the run could not be started.
        """
        started = self.begin()
        state = self._states[cell.key]
        if state.findings is None:
            self._drive(state, started)
        if not state.finished:
            self._settle(state, started)
            self._finish(state)
        wanted = set(scenario.requirements)
        unasked = wanted.difference(state.requirements, state.elsewhere)
        if unasked:
            raise HarnessError("not registered before the run began", where=", ".join(sorted(unasked)))
        others = (state.elsewhere[name] for name in scenario.requirements if name in state.elsewhere)
        holders = dict.fromkeys((cell.key, *(other.key for other in others)))
        found = (item for key in holders for item in self._states[key].findings or ())
        return [item for item in found if item.requirement in wanted]

    def _drive(self, state: CellState, started: Started) -> None:
        key = state.cell.key
        self.events.emit("cell-started", cell=key)
        for flow, needing in state.flows.items():
            try:
                started.network.drive(state.cell, flow)
            except Exception as error:  # noqa: BLE001 - one broken flow must not lose the others' results
                state.troubles.append(_trouble(error, UNDRIVEN, state.cell, needing, f"{key} {flow}"))
        info = self._info_of(state, started)
        try:
            found = judge_cell(info, state.cell, self.exchanges(state.cell), self.catalogue)
        except Exception as error:  # noqa: BLE001 - every item of the cell says why
            trouble = _trouble(error, UNJUDGED, state.cell, state.requirements, key)
            state.troubles.append(msgspec.structs.replace(trouble, blame=Blame.HARNESS))
            found = trouble_findings(self._info_of(state, started), state.cell, self.catalogue)
            state.exchanges = state.exchanges or []  # what cannot be read is not read again by a report
        state.findings = found

    def _info_of(self, state: CellState, started: Started) -> RunInfo:
        """What a cell is judged with: ``run.json`` as far as it is about this cell."""
        key = state.cell.key
        settings = msgspec.structs.replace(
            started.info.settings, requirements={key: tuple(state.requirements)}, shared={key: state.shares}
        )
        return msgspec.structs.replace(started.info, settings=settings, troubles=tuple(state.troubles))

    def _settle(self, state: CellState, started: Started) -> None:
        """Let other cells decide what a cell was asked for them too and could not decide.

        Each is tried in at most two more. When none decides it, what the first said stands.
        """
        tried = {name: [state.cell] for name in state.undecided()}
        for _ in range(ATTEMPTS - 1):
            chosen: dict[str, list[str]] = {}
            for name, cells in tried.items():
                other = self._next(name, cells)
                if other is not None:
                    chosen.setdefault(other.cell.key, []).append(name)
            for key, names in chosen.items():
                other = self._states[key]
                for name in names:
                    held = {state.cell.key, *state.held.get(name, ())} - {key}
                    other.ask(name, state.needs(name), tuple(item for item in self._states if item in held))
                self._drive(other, started)
                undecided = other.undecided()
                for name in names:
                    if name in undecided:
                        other.drop(name)
                        tried[name].append(other.cell)
                    else:
                        state.drop(name)
                        state.elsewhere[name] = other.cell
                        del tried[name]

    def _next(self, requirement: str, tried: Sequence[Cell]) -> CellState | None:
        """The next cell to try a requirement in, of those that were not judged yet."""
        others = self.plan.carriers.others(kind_of(self.catalogue[requirement]), tried)
        states = (self._states[cell.key] for cell in others)
        return next((item for item in states if item.findings is None), None)

    def _finish(self, state: CellState) -> None:
        """The findings of a cell stand."""
        state.finished = True
        key, found = state.cell.key, state.findings or []
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
        for state in self._states.values():
            if state.findings is not None and not state.finished:
                self._finish(state)
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
            {state.cell.key: state.requirements for state in states if state.requirements},
            shared={state.cell.key: state.shares for state in states if state.held},
            troubles=self.troubles,
            unjudged=missed if self._started is not None else (),
        )


def _trouble(error: Exception, what: Text, cell: Cell, requirements: Sequence[str], where: str) -> Trouble:
    """What stood in the way; a mistake that the user can correct is one of the configuration."""
    found = _harness_error(error, what, where)
    if found is error:
        what = Text(nl=f"{what.nl}: {found.message.nl}", en=f"{what.en}: {found.message.en}")
    return Trouble(
        cell=cell.key,
        requirements=tuple(requirements),
        blame=Blame.CONFIGURATION if isinstance(found, UserError) else Blame.HARNESS,
        what=what,
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

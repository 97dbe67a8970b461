"""A run in progress: drive each cell once, judge it, keep the run folder complete.

The pytest plugin registers what its items need, then asks for findings; the first question about a cell
drives all flows that the registered scenarios of that cell need. Judging always reads the recording back
from the run folder, so that live and later see the same. What came of a cell stands in the run folder when
the cell ends, and leaves memory.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import msgspec

from harness.core.clock import Clock
from harness.core.errors import HarnessError, UserError
from harness.core.run.challenge import Challenge, Minter
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import Binding, RunInfo, Trouble
from harness.core.run.results import CellResult, cell_result
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges, judge_cell, trouble_findings
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.network.person.declared import declared_persons
from harness.network.running import RunningNetwork, start
from harness.record.keeper import RunKeeper
from harness.record.recorder import Recorder
from harness.scenario import Scenario

UNDRIVEN = Text(nl="deze stroom kon niet worden aangestuurd", en="this flow could not be driven")
UNJUDGED = Text(nl="deze cel kon niet worden beoordeeld", en="this cell could not be judged")


@dataclass
class CellState:
    """What is known of one cell while the run goes on.

    :ivar flows: the flows to drive, each with the requirements that need it.
    :ivar done: whether its findings stand in the run folder.
    :ivar recorded: exchanges that were recorded of it.
    :ivar troubles: what could not be driven or judged.
    """

    cell: Cell
    requirements: list[str] = field(default_factory=list)
    flows: dict[str, list[str]] = field(default_factory=dict)
    done: bool = False
    recorded: int = 0
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True)
class Started:
    """A run whose network is up and whose ``run-start.json`` is written."""

    info: RunInfo
    network: RunningNetwork
    recorder: Recorder


class Qualification:
    """A run in progress, whole or refused: whoever asks after a refusal gets the first one again."""

    def __init__(
        self,
        plan: Plan,
        facts: RunFacts,
        keeper: RunKeeper,
        clock: Clock,
        challenge: Challenge | None = None,
    ) -> None:
        self.plan = plan
        self.facts = facts
        self.keeper = keeper
        self.clock = clock
        self.events = keeper.events
        self._challenge = challenge
        self._states = {cell.key: CellState(cell) for cell in plan.cells}
        self._minters: dict[str, Minter] = {}
        self._last: CellResult | None = None
        self._stack = ExitStack()
        self._started: Started | None = None
        self._refusal: HarnessError | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that decides this run."""
        return self.plan.catalogue

    @property
    def folder(self) -> RunFolder:
        """The run folder."""
        return self.keeper.folder

    def register(self, cell: Cell, scenario: Scenario) -> None:
        """Note what an item needs; all of them before the first :meth:`findings`."""
        state = self._states[cell.key]
        ids = self.plan.asked(scenario, cell)
        state.requirements += [item for item in ids if item not in state.requirements]
        for flow in scenario.all_flows if ids else ():
            known = state.flows.setdefault(flow, [])
            known += [item for item in ids if item not in known]

    def begin(self) -> Started:
        """Write ``run-start.json`` and start the network (twins, connect map); once.

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
        states = self._states.values()
        self.events.emit("run-started", cells=len(states), t=facts.t.isoformat())
        for state in states:
            self.events.emit("cell-planned", cell=state.cell.key, flows=list(state.flows))
        with ExitStack() as stack:
            network = start(
                facts.network,
                recorder=(recorder := self._recorder()),
                clock=self.clock,
                t=facts.t,
                intensity=facts.intensity,
                mint=lambda cell: self._minters[cell.key](),
            )
            stack.callback(network.close)
            info = self.keeper.begin(recorder, self._described(self._binding()))
            self._stack = stack.pop_all()
        for state in states:
            self._keep(state, self.keeper.finished(state.cell))
        return Started(info, network, recorder)

    def _recorder(self) -> Recorder:
        persons = declared_persons(self.facts.network, self.facts.t)
        return Recorder(self.folder.path, self.events, persons, [cell.key for cell in self.plan.cells])

    def _binding(self) -> Binding:
        minters = [
            item.id
            for item in self.facts.network.of_role("pgo")
            if item.kind == "twin" and "fixed-request-id" not in item.faults
        ]
        return self.keeper.binding(self._challenge, minters)

    def _described(self, binding: Binding | None = None) -> RunInfo:
        asked = {state.cell.key: state.requirements for state in self._states.values()}
        return self.facts.info(self.folder.path.name, self.plan.cells, asked, binding)

    def findings(self, cell: Cell, scenario: Scenario) -> list[Finding]:
        """Findings of a cell for what is asked of a scenario; the first question drives and judges the cell.

        What could not be driven or judged is an ``error`` among them.

        :raises HarnessError: when the run could not be started, or cannot go on.
        """
        started = self.begin()
        state = self._states[cell.key]
        if not state.done:
            try:
                self._drive(state, started)
            except HarnessError as error:
                self._refusal = error
                raise
        wanted = set(self.plan.asked(scenario, cell))
        unasked = wanted.difference(state.requirements)
        if unasked:
            raise HarnessError("not registered before the run began", where=", ".join(sorted(unasked)))
        return [item for item in self._result(cell).findings if item.requirement in wanted]

    def _drive(self, state: CellState, started: Started) -> None:
        """Drive and judge a cell.

        :raises HarnessError: what came of it cannot be written.
        """
        cell, key = state.cell, state.cell.key
        self.events.emit("cell-started", cell=key)
        self._minters[key] = self.keeper.minter(cell, started.recorder.begin(key))
        troubles = []
        for flow, needing in state.flows.items():
            try:
                started.network.drive(cell, flow)
            except Exception as error:  # noqa: BLE001 - one broken flow must not lose the others' results
                troubles.append(_trouble(error, UNDRIVEN, cell, needing, f"{key} {flow}"))
            if self.keeper.broken is not None:
                raise self.keeper.broken
        recorded = 0
        try:
            exchanges = cell_exchanges(self.folder, cell)
            recorded = len(exchanges)
            info = msgspec.structs.replace(started.info, troubles=tuple(troubles))
            found = judge_cell(info, cell, exchanges, self.catalogue)
        except Exception as error:  # noqa: BLE001 - every item of the cell says why
            trouble = _trouble(error, UNJUDGED, cell, state.requirements, key)
            troubles.append(msgspec.structs.replace(trouble, blame=Blame.HARNESS))
            found = trouble_findings(troubles, cell, self.catalogue)
        result = cell_result(cell, found, exchanges=recorded, troubles=troubles)
        self.keeper.end_cell(result)
        del self._minters[key]
        self._keep(state, result)
        for item in result.findings:
            if item.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
                self.events.emit("finding", cell=key, id=item.id, verdict=item.verdict.value)
        counts = Counter(item.verdict.value for item in result.findings)
        self.events.emit("cell-finished", cell=key, exchanges=recorded, verdicts=dict(sorted(counts.items())))

    def _keep(self, state: CellState, result: CellResult | None) -> None:
        """Remember of a cell that it is done, and its findings until those of another cell are asked."""
        if result is None:
            return
        state.done, state.recorded, state.troubles = True, result.exchanges, result.troubles
        self._last = result

    def _result(self, cell: Cell) -> CellResult:
        if self._last is None or self._last.cell != cell:
            self._last = self.folder.cell(cell)
        if self._last is None:
            raise HarnessError("the findings of a cell are gone", where=cell.key)
        return self._last

    @property
    def recorded(self) -> int:
        """How many exchanges of judged cells are recorded."""
        return sum(state.recorded for state in self._states.values())

    @property
    def complete(self) -> bool:
        """Whether every cell that was asked something is done."""
        return self._refusal is None and all(
            state.done for state in self._states.values() if state.requirements
        )

    def finish(self) -> bool:
        """Stop the network and close the run folder; says whether anything was judged.

        A run that did not reach all of its cells is left as it is, to be gone on with.

        :raises HarnessError: the run folder cannot be written.
        """
        self._stack.close()
        if self._started is not None and self.complete:
            self.keeper.finish(self.info())
        else:
            self.keeper.leave()
        return any(state.done for state in self._states.values())

    def info(self) -> RunInfo:
        """``run.json`` of this moment."""
        states = self._states.values()
        started = self._started.info if self._started is not None else self._described()
        missed = [state.cell.key for state in states if state.requirements and not state.done]
        return msgspec.structs.replace(
            started,
            troubles=tuple(trouble for state in states for trouble in state.troubles),
            unjudged=tuple(missed) if self._started is not None else (),
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

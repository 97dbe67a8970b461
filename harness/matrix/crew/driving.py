"""What each process of a run does: begin, drive a cell, judge it, keep what came of it.

Judging always reads the recording back from the run folder, so that live and later see the same. What came of
a cell stands there, and leaves memory.
"""

from __future__ import annotations

import gc
import threading
from collections import Counter
from collections.abc import Collection, Container, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec

from harness.core.clock import Clock, Steadiness
from harness.core.errors import HarnessError
from harness.core.run.challenge import Challenge, Minter
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import Binding, RunInfo
from harness.core.run.place import disk
from harness.core.run.results import CellResult, cell_result
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges, judge_cell, trouble_findings
from harness.matrix.carriers import ATTEMPTS, kind_of
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.matrix.state import CellState
from harness.matrix.troubles import MOST_MOVED, UNDRIVEN, UNJUDGED, clock_moved, for_people, trouble_of
from harness.network.limits.endurance import Endurance, not_ours
from harness.network.person.declared import declared_persons
from harness.network.person.looking import looking
from harness.network.running import RunningNetwork, start
from harness.record.chain.units import shared_by
from harness.record.keeper import RunKeeper
from harness.record.recorder import Recorder
from harness.reference.records import Records, frozen_records
from harness.scenario import Scenario


@dataclass(frozen=True)
class Started:
    """A run whose ``run-start.json`` is written.

    :ivar records: those that the run froze, as the run folder gives them.
    :ivar network: up until the run ends; then it leaves memory, so that the reports find room.
    :ivar recorded: how many exchanges were recorded when it ended.
    """

    info: RunInfo
    records: Records
    network: RunningNetwork | None
    recorded: int = 0

    @property
    def count(self) -> int:
        """How many exchanges are recorded."""
        return self.network.recorder.count if self.network is not None else self.recorded


class Driving:
    """A process that drives cells of a run, whole or refused: who asks after a refusal gets the first again.

    :param began: when its budget began (monotonic).
    :param mine: the cells that this process drives; ``None``: all that it is asked.
    :ivar hurried: whether there is so little time left that judging may be interrupted.
    """

    def __init__(
        self,
        plan: Plan,
        facts: RunFacts,
        keeper: RunKeeper,
        clock: Clock,
        challenge: Challenge | None = None,
        began: float | None = None,
        mine: Collection[Cell] | None = None,
    ) -> None:
        self.plan = plan
        self.facts = facts
        self.keeper = keeper
        self.clock = clock
        self.events = keeper.events
        self._challenge = challenge
        self._endurance = Endurance(facts.limits, not_ours(facts.network), began=began)
        self._states = {cell.key: CellState(cell) for cell in plan.cells}
        self._mine = frozenset(mine) if mine is not None else None
        self._minters: dict[str, Minter] = {}
        self._last: CellResult | None = None
        self._stack = ExitStack()
        self._started: Started | None = None
        self._refusal: HarnessError | None = None
        self._judging = False
        self._hurrying = threading.Lock()
        self.hurried = False

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that decides this run."""
        return self.plan.catalogue

    @property
    def folder(self) -> RunFolder:
        """The run folder."""
        return self.keeper.folder

    def register(self, cell: Cell, scenario: Scenario, asked: Container[str] | None = None) -> None:
        """Note what an item needs; all of them before the first :meth:`findings`.

        :param scenario: the part of a scenario that the item asks.
        :param asked: the requirements of it that count; ``None``: all.
        """
        for name in scenario.requirements:
            if asked is not None and name not in asked:
                continue
            held = self.plan.carriers.held_by(kind_of(self.catalogue[name]), cell)
            self._states[cell.key].ask(
                name, self.plan.needs(scenario, name), tuple(item.key for item in held)
            )

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
                self._refusal = for_people(
                    error,
                    Text(nl="de run kon niet worden gestart", en="the run could not be started"),
                    str(self.folder.path),
                )
                self.events.emit("run-refused", message=self._refusal.render("en"))
                raise self._refusal from None
        return self._started

    def _start(self) -> Started:
        facts = self.facts
        with ExitStack() as stack:
            network = start(
                facts.network,
                recorder=(recorder := self._recorder()),
                clock=self.clock,
                t=facts.t,
                intensity=facts.intensity,
                mint=lambda cell: self._minters[cell.key](),
                endurance=self._endurance,
            )
            stack.callback(network.close)
            info = self.keeper.begin(recorder, self._described(self._binding()), facts.frozen)
            self._stack = stack.pop_all()
        started = Started(info, frozen_records(self.folder, info), network)
        self._joined(started)
        gc.collect()
        gc.freeze()  # what stands now stays: only what cells leave is looked at, and is free sooner
        return started

    def _joined(self, started: Started) -> None:
        """The run folder is written and the network is up; nothing was driven."""

    def _recorder(self) -> Recorder:
        persons = declared_persons(self.facts.network, self.facts.t)
        cells = [cell.key for cell in self.plan.cells]
        known = looking(self.facts.records, self.facts.network)
        shared = shared_by(self.keeper.part)
        return Recorder(self.folder.path, self.events, persons, cells, known, shared=shared)

    def _binding(self) -> Binding:
        minters = [
            item.id
            for item in self.facts.network.of_role("pgo")
            if item.kind == "twin" and "fixed-request-id" not in item.faults
        ]
        return self.keeper.binding(self._challenge, minters)

    def _described(self, binding: Binding | None = None) -> RunInfo:
        states = self._states.values()
        return self.facts.info(
            self.folder.path.name,
            self.plan.cells,
            {state.cell.key: state.requirements for state in states if state.requirements},
            shared={state.cell.key: state.shares for state in states if state.held},
            binding=binding,
        )

    def settle(self, cell: Cell) -> None:
        """Drive, judge and finish a cell.

        :raises HarnessError: the run cannot be begun, or cannot go on.
        """
        started, state = self.begin(), self._states[cell.key]
        if not state.judged:
            self._drive(state, started)
        if not state.finished:
            self._settle(state, started)
            self._finish(state, started)

    def _finish_others(self, started: Started) -> None:
        """Finish the cells that were judged for others, and asked nothing themselves.

        :raises HarnessError: something cannot be written.
        """
        for state in self._states.values():
            if state.findings is not None:
                self._finish(state, started)

    def _drive(self, state: CellState, started: Started) -> None:
        """Drive and judge a cell.

        :raises HarnessError: what happens cannot be written.
        """
        cell, key = state.cell, state.cell.key
        if started.network is None:
            raise HarnessError("the run has ended", where=key)
        self.events.emit("cell-started", cell=key)
        self._minters[key] = self.keeper.minter(cell, started.network.recorder.begin(key))
        left = sum(1 for item in self._states.values() if item.requirements and not item.judged)
        self._endurance.begin(left)
        steady = Steadiness()
        for flow, needing in state.flows.items():
            try:
                started.network.drive(cell, flow)
            except Exception as error:  # noqa: BLE001 - one broken flow must not lose the others' results
                if (refused := disk.refused(error)) is not None:
                    raise refused from None
                state.troubles.append(trouble_of(error, UNDRIVEN, cell, needing, f"{key} {flow}", flow))
            if self.keeper.broken is not None:
                raise self.keeper.broken
        del self._minters[key]
        if abs(seconds := steady.moved()) > MOST_MOVED:
            state.troubles.append(clock_moved(cell, state.requirements, seconds))
        try:
            state.findings = self._judged(state, started)
        except Exception as error:  # noqa: BLE001 - every item of the cell says why
            trouble = trouble_of(error, UNJUDGED, cell, state.requirements, key)
            state.troubles.append(msgspec.structs.replace(trouble, blame=Blame.HARNESS))
            state.findings = trouble_findings(state.info(started.info), cell, self.catalogue)

    def _judged(self, state: CellState, started: Started) -> list[Finding]:
        """The findings of a cell, from its recording; undecided when there is no time for that."""
        before = self.hurried
        exchanges = cell_exchanges(self.folder, state.cell)
        state.recorded = len(exchanges)

        def judge() -> list[Finding]:
            return judge_cell(
                state.info(started.info), state.cell, exchanges, self.catalogue, started.records
            )

        try:
            with self._hurrying:
                self._judging = self.hurried is before
            if self._judging:
                return judge()
        except KeyboardInterrupt:
            if not self.hurried:
                raise
        finally:
            self._judging = False
        late = self._endurance.too_much()
        state.late(trouble_of(late, UNJUDGED, state.cell, state.requirements, state.cell.key))
        return judge()

    def hurry(self) -> bool:
        """There is little time left: judging, when that is going on, may be interrupted once."""
        with self._hurrying:
            self.hurried = True
            return self._judging

    def _settle(self, state: CellState, started: Started) -> None:
        """Let other cells decide what a cell was asked for them too and could not decide.

        Each is tried in at most two more. When none decides it, what the first said stands.

        :raises HarnessError: what happens cannot be written.
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
                    self._ask_instead(name, state, other)
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

    def _ask_instead(self, requirement: str, state: CellState, other: CellState) -> None:
        """Ask of another cell what a cell was asked, for the same cells."""
        held = {state.cell.key, *state.held.get(requirement, ())} - {other.cell.key}
        other.ask(requirement, state.needs(requirement), tuple(item for item in self._states if item in held))

    def _next(self, requirement: str, tried: Sequence[Cell]) -> CellState | None:
        """The next cell to try a requirement in, of those that were not judged yet."""
        others = self.plan.carriers.others(kind_of(self.catalogue[requirement]), tried)
        mine = (cell for cell in others if self._mine is None or cell in self._mine)
        states = (self._states[cell.key] for cell in mine)
        return next((item for item in states if not item.judged), None)

    def _finish(self, state: CellState, started: Started) -> None:
        """The findings of a cell stand: keep them, and end its recording.

        :raises HarnessError: that cannot be written.
        """
        key = state.cell.key
        result = cell_result(
            state.info(started.info),
            state.cell,
            state.findings or (),
            exchanges=state.recorded,
            elsewhere={name: other.key for name, other in state.elsewhere.items()},
        )
        self.keeper.end_cell(result)
        state.finish(result)
        self._last = result
        for item in result.findings:
            if item.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
                self.events.emit("finding", cell=key, id=item.id, verdict=item.verdict.value)
        counts = Counter(item.verdict.value for item in result.findings)
        self.events.emit(
            "cell-finished", cell=key, exchanges=result.exchanges, verdicts=dict(sorted(counts.items()))
        )

"""A run in progress: drive each cell once, judge it, keep the run folder complete.

The pytest plugin registers what its items need, then asks for findings; the first question about a cell
drives all flows that the registered scenarios of that cell need. Judging always reads the recording back
from the run folder, so that live and later see the same. What came of a cell stands there, and leaves memory.
"""

from __future__ import annotations

import gc
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

import msgspec

from harness.core.clock import Clock, Steadiness
from harness.core.errors import HarnessError
from harness.core.run.challenge import LAST_ATTEMPT, Challenge, Minter
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import Binding, Cleaned, RunInfo
from harness.core.run.place import disk
from harness.core.run.results import CellResult, cell_result
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges, judge_cell, trouble_findings
from harness.judge.evidence.cells import check_cell
from harness.judge.evidence.shares import sharing
from harness.matrix.carriers import ATTEMPTS, kind_of
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.matrix.state import CellState, as_asked
from harness.matrix.troubles import MOST_MOVED, UNDRIVEN, UNJUDGED, clock_moved, for_people, trouble_of
from harness.network.limits.endurance import Endurance, not_ours
from harness.network.person.declared import declared_persons
from harness.network.person.looking import looking
from harness.network.running import RunningNetwork, start
from harness.record.chain.read import all_recorded
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


class Qualification:
    """A run in progress, whole or refused: whoever asks after a refusal gets the first one again.

    :param began: when its budget began (monotonic).
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
    ) -> None:
        self.plan = plan
        self.facts = facts
        self.keeper = keeper
        self.clock = clock
        self.events = keeper.events
        self._challenge = challenge
        self._endurance = Endurance(facts.limits, not_ours(facts.network), began=began)
        self._states = {cell.key: CellState(cell) for cell in plan.cells}
        self._minters: dict[str, Minter] = {}
        self._last: CellResult | None = None
        self._stack = ExitStack()
        self._started: Started | None = None
        self._refusal: HarnessError | None = None
        self._cleaned: list[Cleaned] = []
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
                endurance=self._endurance,
            )
            stack.callback(network.close)
            info = self.keeper.begin(recorder, self._described(self._binding()), facts.frozen)
            self._stack = stack.pop_all()
        started = Started(info, frozen_records(self.folder, info), network)
        self._restore(started)
        gc.collect()
        gc.freeze()  # what stands now stays: only what cells leave is looked at, and is free sooner
        return started

    def _recorder(self) -> Recorder:
        persons = declared_persons(self.facts.network, self.facts.t)
        cells = [cell.key for cell in self.plan.cells]
        known = looking(self.facts.records, self.facts.network)
        return Recorder(self.folder.path, self.events, persons, cells, known)

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

    def _restore(self, started: Started) -> None:
        """Take over the cells that an earlier process finished, and ask again what they left to others.

        :raises EvidenceError: findings of such a cell are not those that its recording gives.
        """
        done = {state.cell.key: self.keeper.finished(state.cell) for state in self._states.values()}
        for result in done.values():
            if result is not None:
                check_cell(self.folder, started.info, result, self.catalogue, started.records)
        for key, result in done.items():
            state = self._states[key]
            for requirement, other in result.elsewhere.items() if result is not None else ():
                state.elsewhere[requirement] = self._states[other].cell
                if done[other] is None:
                    self._ask_instead(requirement, state, self._states[other])
        for key, result in done.items():
            if result is not None:
                self._states[key].finish(result)

    def findings(self, cell: Cell, scenario: Scenario) -> list[Finding]:
        """Findings for what a part of a scenario asks of a cell; the first question drives and judges it.

        What could not be driven or judged is an ``error`` among them; what another cell decided in its place
        is among them too.

        :raises HarnessError: when the run could not be started, or cannot go on.
        """
        started = self.begin()
        state = self._states[cell.key]
        try:
            if not state.judged:
                self._drive(state, started)
            if not state.finished:
                self._settle(state, started)
                self._finish(state, started)
        except HarnessError as error:
            self._refusal = error
            raise
        wanted = set(scenario.requirements)
        unasked = wanted.difference(state.requirements, state.elsewhere)
        if unasked:
            raise HarnessError("not registered before the run began", where=", ".join(sorted(unasked)))
        others = (state.elsewhere[name] for name in scenario.requirements if name in state.elsewhere)
        holders = dict.fromkeys((cell.key, *(other.key for other in others)))
        found = (item for key in holders for item in self._found(self._states[key]))
        return [item for item in found if item.requirement in wanted]

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
        states = (self._states[cell.key] for cell in others)
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

    def _found(self, state: CellState) -> Sequence[Finding]:
        """The findings of a cell that was judged; those of the last one that finished stay in memory."""
        if state.findings is not None:
            return state.findings
        if self._last is None or self._last.cell != state.cell:
            self._last = self.folder.cell(state.cell)
        return self._last.findings if self._last is not None else ()

    @property
    def recorded(self) -> int:
        """How many exchanges of judged cells are recorded; before any is judged, how many at all."""
        if not any(state.judged for state in self._states.values()):
            return self._started.count if self._started is not None else 0
        return sum(state.recorded for state in self._states.values())

    @property
    def complete(self) -> bool:
        """Whether every cell that was asked something is finished."""
        return self._refusal is None and all(
            state.finished for state in self._states.values() if state.requirements
        )

    def finish(self) -> bool:
        """Stop the network and close the run folder; says whether there is anything to report.

        A run that did not reach all of its cells is left as it is, to be gone on with; what it did reach
        is reported all the same.

        :raises HarnessError: the run folder cannot be written.
        """
        started = self._started
        try:
            if started is not None and not self.info().unjudged and self._refusal is None:
                for state in self._states.values():
                    if state.findings is not None:  # judged for another cell, and asked nothing itself
                        self._finish(state, started)
            if started is not None and self.facts.limits.clean_up and self.keeper.broken is None:
                self._clean_up(started)
        finally:
            self._stack.close()
        if started is not None:
            self._started = started = replace(started, network=None, recorded=started.count)
            gc.unfreeze()
            gc.collect()
        if started is not None and self.complete:
            self.keeper.finish(self.info(), sharing(self.catalogue))
        else:
            self.keeper.leave()
        recorded = started is not None and started.recorded > 0
        return recorded or any(state.finished for state in self._states.values())

    def _clean_up(self, started: Started) -> None:
        """Delete what was written to live parties; stopped once more, the rest stays where it is.

        :raises HarnessError: what happens cannot be written.
        """
        network = started.network
        if network is None:
            return
        for state in self._states.values():
            if not state.finished:
                network.recorder.end(state.cell.key, "aborted")
        for cell in self.plan.cells:
            self._minters[cell.key] = self.keeper.minter(cell, LAST_ATTEMPT)
        self.events.emit("clean-up-started")
        found = network.driver.clean_up(all_recorded(self.folder.path, run=self.folder.run), self.plan.cells)
        with suppress(KeyboardInterrupt):
            for item in found:
                said = network.recorder.said(item.where)
                self._cleaned.append(msgspec.structs.replace(item, where=said or ""))
        self.folder.write_cleaned(self._cleaned)
        self.events.emit("clean-up-finished", deleted=sum(not item.why for item in self._cleaned))

    def info(self) -> RunInfo:
        """``run.json`` of this moment."""
        states = self._states.values()
        started = self._started.info if self._started is not None else self._described()
        missed = [state.cell.key for state in states if state.requirements and not state.judged]
        return msgspec.structs.replace(
            started,
            settings=as_asked(started.settings, states),
            troubles=tuple(trouble for state in states for trouble in state.troubles),
            cleaned=tuple(self._cleaned),
            unjudged=tuple(missed) if self._started is not None else (),
        )

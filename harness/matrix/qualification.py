"""A run in progress: drive each cell once, judge it, keep the run folder complete.

The pytest plugin registers what its items need, then asks for findings; the first question about a cell
drives all flows that the registered scenarios of that cell need. Judging always reads the recording back
from the run folder, so that live and later see the same. What came of a cell stands there, and leaves memory.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

import msgspec

from harness.core.clock import Clock
from harness.core.errors import HarnessError
from harness.core.run.challenge import LAST_ATTEMPT, Challenge
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import Cleaned, RunInfo
from harness.judge.evidence.cells import check_cell
from harness.judge.evidence.shares import sharing
from harness.matrix.crew.crew import Crew, take_over
from harness.matrix.crew.driving import Driving, Started
from harness.matrix.crew.sharing_out import shared_out
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.matrix.state import CellState, as_asked
from harness.record.chain.read import all_recorded
from harness.record.keeper import RunKeeper
from harness.scenario import Scenario

WORK: Final = 4
"""What a cell costs whatever it is asked, in flows."""


class Qualification(Driving):
    """The run, in the process that owns its folder.

    :param jobs: how many processes drive; the others are started when the run begins.
    :param joining: the options of the run as JSON, for these others.
    """

    def __init__(
        self,
        plan: Plan,
        facts: RunFacts,
        keeper: RunKeeper,
        clock: Clock,
        challenge: Challenge | None = None,
        began: float | None = None,
        *,
        jobs: int = 1,
        joining: bytes = b"",
    ) -> None:
        super().__init__(plan, facts, keeper, clock, challenge, began)
        self._jobs = jobs
        self._joining = joining
        self._parts: list[list[Cell]] = []
        self._crew: Crew | None = None
        self._cleaned: list[Cleaned] = []

    def share_out(self) -> list[Cell]:
        """Everything is registered: say who drives which cells; gives them in the order of being asked.

        This process drives its own first, and then takes over what the others finished meanwhile.
        """
        if self._jobs < 2:
            return list(self.plan.cells)
        states = self._states.values()
        own, *self._parts = shared_out(
            {state.cell: WORK + len(state.flows) if state.requirements else 0 for state in states}, self._jobs
        )
        self._mine = frozenset(own)
        return [*own, *(cell for part in self._parts for cell in part)]

    def _start(self) -> Started:
        states = self._states.values()
        self.events.emit("run-started", cells=len(states), t=self.facts.t.isoformat())
        for state in states:
            self.events.emit("cell-planned", cell=state.cell.key, flows=list(state.flows))
        return super()._start()

    def _joined(self, started: Started) -> None:
        take_over(self.folder, self.events)
        self._restore(started)
        parts = [[cell for cell in part if not self._states[cell.key].finished] for part in self._parts]
        if any(parts):
            self._crew = Crew(self.folder, self._joining, [part for part in parts if part])

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

    def _take(self, state: CellState, crew: Crew) -> None:
        """Take over what another process finished; a cell that it could not is driven here."""
        result = crew.result(state.cell)
        if result is not None:
            state.elsewhere = {name: self._states[key].cell for name, key in result.elsewhere.items()}
            state.finish(result)

    def findings(self, cell: Cell, scenario: Scenario) -> list[Finding]:
        """Findings for what a part of a scenario asks of a cell; the first question drives and judges it.

        What could not be driven or judged is an ``error`` among them; what another cell decided in its place
        is among them too.

        :raises HarnessError: when the run could not be started, or cannot go on.
        """
        _ = self.begin()
        state = self._states[cell.key]
        try:
            if not state.judged and self._crew is not None and self._crew.drives(cell):
                self._take(state, self._crew)
            self.settle(cell)
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
        self._dismiss()
        try:
            if started is not None and not self.info().unjudged and self._refusal is None:
                self._finish_others(started)
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

    def _dismiss(self) -> None:
        """End the others, and take over what they finished that no item asked for itself."""
        crew, self._crew = self._crew, None
        if crew is None:
            return
        for text in crew.stop(self.events):
            self.events.emit("helper-failed", message=text)
        for state in self._states.values():
            if not state.judged and crew.drives(state.cell):
                result = crew.finished(state.cell)
                if result is not None:
                    state.finish(result)

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

"""Judging while live parties come to our mocks: a cell when it falls silent, and all of them at the end."""

from __future__ import annotations

import signal
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from harness.cli.serve.bounds import Bounds
from harness.cli.serve.ending import Ending, Overdue
from harness.cli.serve.memory import give_back
from harness.core.exits import ExitCode
from harness.core.run.findings import Cell
from harness.core.run.info import RunInfo, Trouble
from harness.core.run.limits import MOST_RECORDED, left_out, unjudged
from harness.core.run.problems import short
from harness.core.run.results import CellResult, cell_result
from harness.core.text import Lang
from harness.core.verdicts import Blame
from harness.judge.catalogue import client_requirements
from harness.judge.cells import cell_exchanges, judge_cell
from harness.judge.evidence.shares import sharing
from harness.matrix.facts import RunFacts
from harness.matrix.sessions.desk import Desk, worst_code
from harness.matrix.sessions.held import Held
from harness.network.running import RunningNetwork
from harness.network.wire.handshake import Handshake
from harness.record.chain.units import SHARED
from harness.record.keeper import RunKeeper
from harness.record.recorder import Recorder
from harness.reference.records import Records, frozen_records
from harness.report.console import unassigned_lines
from harness.report.html import write_report
from harness.report.summary import summarise

QUIET: Final = timedelta(seconds=3)
"""A cell is judged when nothing happened in it for this long."""


def _tell_refused(failed: Handshake, client: str) -> None:
    """One line for whoever sits before the screen; what a stranger's certificate says may move no cursor."""
    shown = failed.presented
    whose = f" ({', '.join(shown.dns_names) or shown.subject}, {shown.issuer})" if shown is not None else ""
    host = failed.server_name or failed.host
    sys.stderr.write(short(f"TLS {client}{whose} {failed.peer} -> {host}: {failed.told}", 400) + "\n")
    sys.stderr.flush()


class Watch:
    """Judges what is recorded of a network that is served, and keeps the run folder complete.

    :ivar lang: language of what is told; ``bounds``: how much may be recorded, ``None``: whatever comes;
        ``ending``: how long it may take.
    """

    def __init__(self, running: RunningNetwork, keeper: RunKeeper, facts: RunFacts) -> None:
        self.running = running
        self.keeper = keeper
        self.facts = facts
        self._earlier: list[CellResult] = []
        self._judged: dict[str, datetime] = {}
        self._stop = threading.Event()
        self._hurried = False
        self.lang: Lang = "nl"
        self.bounds: Bounds | None = None
        self.ending = Ending(facts.limits)
        self._full: set[str] = set()
        self._late: list[Trouble] = []
        self._records = Records()
        self._desk: Desk | None = None
        self._told: dict[str, tuple[int, str, str]] = {}

    def begin(self, recorder: Recorder) -> Desk:
        """Write what is served before anybody comes; which cells that will give nobody knows yet.

        Gives the desk at which sessions are opened.

        :raises HarnessError: it cannot be written, or is not what an unfinished run in the folder served.
        """
        info = self.facts.info(self.keeper.folder.path.name, (), {}, binding=self.keeper.binding())
        if self.running.observer is not None:
            self.running.observer.connections.listeners.append(_tell_refused)
        begun = self.keeper.begin(recorder, info, self.facts.frozen)
        self._records = frozen_records(self.keeper.folder, begun)
        self._earlier = self.keeper.ended_cells()
        self._desk = Desk(
            self.running,
            self.facts,
            self.keeper,
            recorder,
            self.running.clock,
            publish=lambda folder, info, found: write_report(folder, info, found, self.facts.catalogue),
            told=self._tell,
        )
        return self._desk

    def run(self, seconds: float) -> ExitCode:
        """Until Ctrl-C, SIGTERM, or ``seconds`` have passed; returns the exit code of what was seen.

        :raises HarnessError: the run folder cannot be written.
        """
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._hurry)
        waited = 0.0
        try:
            while not self._stop.is_set() and (not seconds or waited < seconds):
                step = min(0.5, seconds - waited) if seconds else 0.5
                self._stop.wait(step)
                waited += step
                self.judge_quiet()
        except KeyboardInterrupt:
            pass
        return self.finish()

    def _hurry(self, *_: object) -> None:
        """Somebody wants it gone soon: it is judged, and pages are made when they are asked for."""
        self._hurried = True
        self._stop.set()

    def judge_quiet(self) -> None:
        """Judge the cells in which something happened and nothing more does; stop when there is too much.

        :raises HarnessError: what happens cannot be written any more.
        """
        if self.keeper.broken is not None:
            raise self.keeper.broken
        full = self.bounds.reached() if self.bounds is not None else None
        over = full or self.ending.reached()
        if over is not None:
            sys.stderr.write(f"{over.of(self.lang)}\n")
            self._stop.set()
            return
        self._tell_full()
        if self._desk is not None:
            self._desk.tick()
            for held in self._desk.open:
                if self._stop.is_set():
                    return
                self._tell(held)
        observer = self.running.observer
        if observer is None:
            return
        now = self.running.clock.now()
        for cell in observer.cells:
            last = observer.last_activity.get(cell.key)
            if last is None or now - last < QUIET or self._judged.get(cell.key) == last:
                continue
            self._judged[cell.key] = last
            self._judge(cell, self.info())
            give_back()

    def _tell_full(self) -> None:
        """Say once of a combination that no more of it is recorded."""
        for trouble in self._left_out():
            if trouble.cell not in self._full:
                self._full.add(trouble.cell)
                sys.stderr.write(f"{trouble.what.of(self.lang)}\n")

    def _left_out(self) -> list[Trouble]:
        """What was not recorded, for there was too much of it: what the rest does not decide is undecided."""
        observer = self.running.observer
        if observer is None:
            return []
        found = []
        for key, number in sorted(observer.left_out.items()):
            cell = next((item for item in observer.cells if item.key == key), None)
            found.append(
                Trouble(
                    cell=key or SHARED,
                    requirements=client_requirements(cell, self.facts.catalogue) if cell else (),
                    blame=Blame.CONFIGURATION,
                    what=left_out(number, MOST_RECORDED, key),
                    flow="collect",
                    limit="recording",
                )
            )
        return found

    def _tell(self, held: Held) -> None:
        """Say of a session what is new: what the PGO is to do, and when it falls silent what was found."""
        session = held.session
        playing = session.now.id if session.now is not None else ""
        quiet = self.running.clock.now() - session.last >= QUIET or bool(held.reason)
        lines, state, told = self._told.get(session.id, (-1, "", ""))
        if (state, told) == (held.state, playing) and (lines == session.lines or not quiet):
            return
        counts = held.counts() if quiet else {}
        self._told[session.id] = (session.lines if quiet else lines, held.state, playing)
        found = ", ".join(f"{said} {count}" for said, count in counts.items())
        parts = [held.state, f"exit {held.exit:d}" if held.exit is not None else playing, found]
        sys.stderr.write(f"{session.id} {session.cell.pgo}: " + " · ".join(filter(None, parts)) + "\n")
        sys.stderr.flush()

    def _judge(self, cell: Cell, info: RunInfo) -> CellResult:
        """Judge a cell from its recording and say what was found."""
        exchanges = cell_exchanges(self.keeper.folder, cell)
        found = judge_cell(info, cell, exchanges, self.facts.catalogue, self._records)
        counts = Counter(item.verdict.value for item in found)
        text = ", ".join(f"{verdict} {count}" for verdict, count in sorted(counts.items()))
        sys.stderr.write(f"{cell.key}: {text}\n")
        sys.stderr.flush()
        return cell_result(info, cell, found, exchanges=len(exchanges))

    def _judged_in_time(self, cell: Cell, info: RunInfo) -> CellResult:
        """Judge a cell for good, as far as there is time."""
        try:
            with self.ending.judged():
                return self._judge(cell, info)
        except Overdue:
            late = Trouble(
                cell=cell.key,
                requirements=info.asked(cell),
                blame=Blame.CONFIGURATION,
                what=unjudged(self.facts.limits.run, cell.pgo),
                limit="run",
                cause=cell.pgo,
            )
            self._late.append(late)
            return self._judge(cell, msgspec.structs.replace(info, troubles=(*info.troubles, late)))

    def finish(self) -> ExitCode:
        """Judge everything once more, close the run folder, and report."""
        observer = self.running.observer
        sessions = self._desk.close() if self._desk is not None else None
        if observer is not None:
            observer.flush()
        info = self.info()
        findings = [item for result in self._earlier for item in result.findings]
        recorded = sum(result.exchanges for result in self._earlier)
        for cell in self._new_cells():
            result = self._judged_in_time(cell, info)
            self.keeper.end_cell(result)
            findings += result.findings
            recorded += result.exchanges
        self.running.close()
        info = msgspec.structs.replace(info, troubles=(*info.troubles, *self._late))
        self.keeper.finish(info, sharing(self.facts.catalogue))
        if recorded and not self._hurried:
            write_report(self.keeper.folder, info, findings, self.facts.catalogue)
        for trouble in info.troubles:
            if trouble.limit == "recording":
                sys.stderr.write(f"{trouble.what.of(self.lang)}\n")
        told = summarise(info, findings, self.facts.catalogue, self.keeper.folder)
        sys.stderr.write("".join(f"{line}\n" for line in unassigned_lines(told, self.lang)))
        code = told.result.code(exchanges=recorded)
        if sessions is None:
            return code
        return (worst_code([sessions, code]) or code) if recorded else sessions

    def _new_cells(self) -> Sequence[Cell]:
        observer = self.running.observer
        known = {result.cell for result in self._earlier}
        return [cell for cell in observer.cells if cell not in known] if observer is not None else []

    def info(self) -> RunInfo:
        """``run.json`` of this moment: as at the start, with the cells that occurred since."""
        cells = sorted([*(result.cell for result in self._earlier), *self._new_cells()])
        requirements = {cell.key: client_requirements(cell, self.facts.catalogue) for cell in cells}
        now = self.facts.info(self.keeper.folder.path.name, cells, requirements)
        start = self.keeper.start
        return msgspec.structs.replace(
            now,
            id=start.id,
            python=start.python,
            binding=start.binding,
            troubles=tuple(self._left_out()),
        )

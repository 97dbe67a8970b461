"""A process that drives some cells of a run that another one owns: ``python -m harness.matrix.crew.helper``.

Its first line says what to do. When its standard input ends, its owner has no more use for it, or is gone: it
leaves, and what it did not finish is driven by somebody else.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from harness.core.clock import SystemClock
from harness.core.errors import HarnessError
from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder
from harness.core.run.place.claim import Claim
from harness.judge.catalogue import load_catalogue
from harness.matrix.crew.crew import Work
from harness.matrix.crew.driving import Driving
from harness.matrix.preparation import RunOptions, prepare
from harness.record.keeper import RunKeeper
from harness.scenario import shipped_scenarios


class Part(Driving):
    """The cells of a run that one helper drives."""

    def work(self, cells: Sequence[Cell]) -> None:
        """Drive, judge and finish cells; what is not finished is driven by the owner.

        :raises HarnessError: the run cannot be joined, or cannot go on.
        """
        try:
            for cell in cells:
                if self._states[cell.key].requirements:
                    self.settle(cell)
            self._finish_others(self.begin())
            self._stack.close()
            self.keeper.end_part()
        finally:
            self._stack.close()
            self.keeper.leave()


def joined(work: Work) -> Part:
    """The run as a helper sees it, with everything registered that its owner registered.

    :raises HarnessError: it is not the run that the options describe.
    """
    catalogue, clock = load_catalogue(), SystemClock()
    options = msgspec.json.decode(work.options, type=RunOptions)
    prepared = prepare(replace(options, mode="resume"), catalogue, clock)
    folder = RunFolder(prepared.folder)
    start = folder.start()
    keeper = RunKeeper(Claim(folder, resumed=True), clock, part=work.number)
    run = Part(
        prepared.plan,
        prepared.facts,
        keeper,
        clock,
        prepared.challenge,
        prepared.began,
        mine=work.cells,
    )
    for cell, part in prepared.plan.pairs(shipped_scenarios()):
        asked = set(start.asked(cell)).intersection(part.requirements)
        if asked:
            run.register(cell, part, asked)
    return run


def main() -> int:
    """Drive the cells of the first line; exit code 0 when all of them are finished."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _thread.interrupt_main())
    try:
        work = msgspec.json.decode(sys.stdin.buffer.readline(), type=Work)
        run = joined(work)
        threading.Thread(target=_leave_with_owner, daemon=True).start()
        run.work(work.cells)
    except KeyboardInterrupt:
        return 1
    except HarnessError as error:
        print(error.render("en"), file=sys.stderr)
        return int(error.exit_code)
    return 0


def _leave_with_owner() -> None:
    """Wait until nobody can say anything more, and end the work."""
    while os.read(0, 4096):  # not through the buffer: at the end of the process its lock would be held
        pass
    _thread.interrupt_main()


if __name__ == "__main__":
    raise SystemExit(main())

"""The processes that drive cells beside the one that owns the run."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec

from harness.core.errors import HarnessError
from harness.core.run.events import Event, EventStream, parts_of
from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder
from harness.core.run.place import disk
from harness.core.run.results import CellResult
from harness.record.chain.read import ended, judged_unit
from harness.record.chain.units import shared_by
from harness.record.chain.write import settle

STEP: Final = 0.03
"""Seconds between two looks whether a cell is finished."""
PATIENCE: Final = 5.0
"""Seconds that a process has to end in order, when it is asked to."""


class Work(msgspec.Struct, frozen=True):
    """What a helper is told on its first line.

    :ivar options: of the run, as JSON; the folder in them is the one to join.
    :ivar number: 1 and up; part of the names of what only this helper writes.
    """

    options: msgspec.Raw
    number: int
    cells: tuple[Cell, ...]


@dataclass
class _Helper:
    number: int
    process: subprocess.Popen[bytes]
    told: IO[bytes]

    @property
    def works(self) -> bool:
        return self.process.poll() is None


class Crew:
    """Helpers of one run, started at once. Whoever makes it owns the run folder.

    :param options: of the run, as JSON.
    :param parts: the cells of each helper.
    """

    def __init__(self, folder: RunFolder, options: bytes, parts: Sequence[Sequence[Cell]]) -> None:
        self._folder = folder
        self._helpers: list[_Helper] = []
        self._hands: dict[Cell, _Helper] = {}
        for number, cells in enumerate(parts, start=1):
            helper = _started(Work(msgspec.Raw(options), number, tuple(cells)))
            self._helpers.append(helper)
            self._hands |= dict.fromkeys(cells, helper)

    def drives(self, cell: Cell) -> bool:
        """Whether a cell was given to a helper."""
        return cell in self._hands

    def result(self, cell: Cell) -> CellResult | None:
        """What came of a helper's cell, when that is finished; ``None`` when its helper died before.

        Then nothing of it is open any more: who owns the run can drive it.

        :raises EvidenceError: its findings cannot be read.
        :raises HarnessError: what it left cannot be closed.
        """
        helper = self._hands[cell]
        while True:
            alive = helper.works
            found = self.finished(cell)
            if found is not None or not alive:
                break
            time.sleep(STEP)
        if not alive:
            settle(self._folder.path, cell.key)
            found = self._surely(cell)
        return found

    def finished(self, cell: Cell) -> CellResult | None:
        """What came of a cell, when a helper finished it: findings are written before a recording ends."""
        return self._folder.cell(cell) if ended(self._folder.path, cell.key) else None

    def _surely(self, cell: Cell) -> CellResult | None:
        """The same when the helper may have died between the two."""
        unit = judged_unit(self._folder.path, cell.key, run=self._folder.run)
        return self._folder.cell(cell) if unit is not None and unit.finished else None

    def stop(self, events: EventStream) -> list[str]:
        """End all helpers in order, and take over what they told; gives what one complained of.

        :raises HarnessError: what one left cannot be closed.
        """
        for helper in self._helpers:
            with contextlib.suppress(OSError):
                if helper.process.stdin is not None:
                    helper.process.stdin.close()  # nothing more is asked: end what you do and leave
        complaints = []
        for helper in self._helpers:
            try:
                code = helper.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                helper.process.kill()
                code = helper.process.wait()
            with helper.told as told:
                told.seek(0)
                text = told.read().decode("utf-8", "replace").strip()
            if code and text:
                complaints.append(text)
            settle(self._folder.path, shared_by(helper.number))
        self._helpers = []
        take_over(self._folder, events)
        return complaints


def take_over(folder: RunFolder, events: EventStream) -> None:
    """The events of helpers go on in those of the run, also of helpers whose owner was killed."""
    for path in parts_of(folder.events):
        for event in _read(path):
            events.emit(event.kind, cell=event.cell, **event.data)
        path.unlink(missing_ok=True)


def _started(work: Work) -> _Helper:
    told = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the helper has ended
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "harness.matrix.crew.helper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=told,
            start_new_session=True,  # Ctrl-C is for the owner, who then ends the others
        )
        if process.stdin is not None:
            process.stdin.write(msgspec.json.encode(work) + b"\n")
            process.stdin.flush()
    except OSError as error:
        raise HarnessError("a process could not be started", received=disk.reason(error)) from None
    return _Helper(work.number, process, told)


def _read(path: Path) -> Iterator[Event]:
    """The events of a file that stand whole."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        with contextlib.suppress(msgspec.MsgspecError):
            yield msgspec.json.decode(line, type=Event)

"""The folder of a run in progress: from the first line of its description to its manifest."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from harness.core.clock import Clock
from harness.core.errors import HarnessError, UsageError
from harness.core.run import challenge, manifest
from harness.core.run.events import EventStream, part_of
from harness.core.run.findings import Cell
from harness.core.run.folder import CLEANED, RunFolder
from harness.core.run.info import Binding, Ended, RunInfo
from harness.core.run.place import disk
from harness.core.run.place.claim import Claim
from harness.core.run.place.contents import SALT
from harness.core.run.results import CellResult
from harness.core.text import Text
from harness.record.chain.read import judged_unit
from harness.record.chain.write import settle
from harness.record.recorder import Recorder


class RunKeeper:
    """Keeps one run folder, of which this process is the owner.

    :param part: number of a process that works for the owner: it only records, and ends cells.
    :ivar events: the event stream; the file goes on where an earlier process left it.
    """

    def __init__(self, claimed: Claim, clock: Clock, part: int = 0) -> None:
        self.claim = claimed
        self.part = part
        self.folder: RunFolder = claimed.folder
        self.events = EventStream(clock, part_of(claimed.folder.events, part))
        self._clock = clock
        self._start: RunInfo | None = None
        self._recorder: Recorder | None = None
        self._salt = b""
        self._left = False

    def binding(self, given: challenge.Challenge | None = None, minters: Iterable[str] = ()) -> Binding:
        """What identifiers are made of: of a new run, or of the one that is gone on with.

        :param minters: participants whose identifiers we make.
        :raises UserError: the salt of the run that is gone on with is gone, or is not the one it began with.
        :raises HarnessError: the salt cannot be written.
        """
        path = self.folder.path / SALT
        stored = self.folder.start().binding if self.claim.resumed else None
        if stored is None:
            self._salt = challenge.new_salt()
            _write_private(path, self._salt.hex().encode())
            return Binding(
                commitment=challenge.commitment(self._salt), challenge=given, minters=tuple(minters)
            )
        try:
            self._salt = bytes.fromhex(disk.read(path, 1024).decode("ascii"))
        except ValueError:
            self._salt = b""
        challenge.check_commitment(self._salt, stored.commitment, SALT)
        if given is not None and given != stored.challenge:
            raise UsageError(
                Text(
                    nl="begon met een ander controlegetal van een bureau",
                    en="began with another challenge of a bureau",
                ),
                where=str(self.folder.path),
            )
        return stored

    def begin(self, recorder: Recorder, info: RunInfo, records: Mapping[str, bytes]) -> RunInfo:
        """Write what is going to be tested, or go on with the run that stands there; gives its description.

        :param recorder: has recorded nothing yet.
        :param records: what answers are compared with, by person.

        :raises UsageError: what is asked now is not what the run that is gone on with was asked.
        :raises EvidenceError: that run cannot be read.
        :raises HarnessError: something cannot be written.
        """
        if self.claim.resumed:
            info = _same(self.folder.start(), info, str(self.folder.path))
            for cut in () if self.part else settle(self.folder.path):
                self.events.emit("recording-cut", message=cut.sentence().en)
        else:
            for person, data in records.items():
                self.folder.write_record(person, data)
            self.folder.write_start(info)
        self._start, self._recorder = info, recorder
        return info

    @property
    def start(self) -> RunInfo:
        """``run-start.json``.

        :raises HarnessError: nothing began.
        """
        if self._start is None:
            raise HarnessError("the run has not begun", where=str(self.folder.path))
        return self._start

    @property
    def broken(self) -> HarnessError | None:
        """Why something could not be written; the run cannot go on."""
        recorder = self._recorder.broken if self._recorder is not None else None
        return recorder or self.events.broken

    def minter(self, cell: Cell, attempt: int) -> challenge.Minter:
        """What gives the identifiers of one attempt at a cell.

        :raises HarnessError: nothing began.
        """
        bound = self.start.binding.challenge if self.start.binding is not None else None
        nonce = bound.nonce_bytes if bound is not None else b""
        return challenge.Minter(self._salt, nonce, self.start.plan.index(cell), attempt)

    def finished(self, cell: Cell) -> CellResult | None:
        """What came of a cell that an earlier process finished; ``None``: it has to be driven.

        :raises EvidenceError: its recording or findings cannot be read.
        """
        if not self.claim.resumed:
            return None
        unit = judged_unit(self.folder.path, cell.key, run=self.folder.run)
        return self.folder.cell(cell) if unit is not None and unit.finished else None

    def ended_cells(self) -> list[CellResult]:
        """What came of every cell that an earlier process finished; nothing more is recorded of those.

        :raises EvidenceError: a recording or its findings cannot be read.
        """
        found = []
        for result in self.folder.results() if self.claim.resumed else ():
            if self.finished(result.cell) is not None and self._recorder is not None:
                self._recorder.skip(result.cell.key)
                found.append(result)
        return found

    def end_cell(self, result: CellResult) -> None:
        """Keep what came of a cell, and end its recording: in this order, for a cell is finished by both.

        :raises HarnessError: something cannot be written; the cell is then not finished.
        """
        self.folder.write_cell(result)
        if self._recorder is not None:
            self._recorder.end(result.cell.key, "finished")

    def finish(self, info: RunInfo, last: Callable[[RunFolder], None]) -> None:
        """The run has ended: write what is known now, join the findings, fix every file by its hash.

        :param info: what the run knows at its end.
        :param last: writes what is made of the findings and has to be fixed with them.
        :raises HarnessError: something cannot be written; the run is then not finished.
        """
        if self._recorder is not None:
            self._recorder.close("finished")
        ended = Ended(at=self._clock.now().isoformat(), salt=self._salt.hex())
        self.folder.write_end(msgspec.structs.replace(info, ended=ended))
        self.folder.join(info.plan)
        self.events.emit("run-finished")
        self.events.close()
        if self.broken is not None:
            raise self.broken
        self._recorder = None  # what it remembers of a run is large
        (self.folder.path / CLEANED).unlink(missing_ok=True)  # run.json says it
        last(self.folder)
        manifest.write_manifest(self.folder.path)
        (self.folder.path / SALT).unlink(missing_ok=True)
        self._left = True
        self.claim.release()

    def end_part(self) -> None:
        """Every cell of this process is finished: end what belongs to no cell.

        :raises HarnessError: it cannot be written.
        """
        if self._recorder is not None:
            self._recorder.close("finished")

    def leave(self) -> None:
        """The run ends without being finished: what was recorded stays, for ``--resume``.

        Does nothing after :meth:`finish`.
        """
        if self._left:
            return
        self._left = True
        with contextlib.suppress(HarnessError):  # what was recorded stands there, whatever else fails
            if self._recorder is not None:
                self._recorder.close("aborted")
            if self._start is not None and not self.part:
                self.folder.join(self._start.plan)
        with contextlib.suppress(HarnessError):
            self.events.close()
        self.claim.release()


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read.

    :raises HarnessError: it cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise disk.not_written(path, error) from None


def _same(stored: RunInfo, now: RunInfo, where: str) -> RunInfo:
    """The description of the run that is gone on with, when what is asked now is the same.

    :raises UsageError: it is not; names the first difference.
    """
    for name in stored.__struct_fields__:
        if name in ("id", "python", "now", "binding"):  # a folder may be moved; the rest stays
            continue
        before, after = getattr(stored, name), getattr(now, name)
        if name == "limits":  # there may be more time now
            before, after = before.read_only, after.read_only
        if before != after:
            raise UsageError(
                Text(
                    nl="is een run van iets anders dan wat nu wordt gevraagd; verdergaan kan niet",
                    en="is a run of something else than what is asked now; it cannot be gone on with",
                ),
                where=where,
                expected=_shown(name, before, after),
                received=_shown(name, after, before),
                next_step=Text(
                    nl="vraag hetzelfde als toen, of begin opnieuw met --replace",
                    en="ask the same as then, or start again with --replace",
                ),
            )
    return stored


def _shown(name: str, value: object, other: object) -> str:
    """The part of a field in which it differs, short."""
    if isinstance(value, dict) and isinstance(other, dict):
        for key in sorted({*value, *other}, key=str):
            if value.get(key) != other.get(key):
                return _shown(f"{name}.{key}", value.get(key), other.get(key))
    if isinstance(value, msgspec.Struct) and type(value) is type(other):
        for field in value.__struct_fields__:
            if getattr(value, field) != getattr(other, field):
                return _shown(f"{name}.{field}", getattr(value, field), getattr(other, field))
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"{name}: {text[:120]}{'…' if len(text) > 120 else ''}"

"""The writer of one recording, and what becomes of recordings that a killed run left behind.

A line is written with one call to an unbuffered file: what :meth:`UnitWriter.write` accepted survives the
death of the process. What must survive a power cut is waited for when the unit ends.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import threading
from pathlib import Path
from typing import IO, BinaryIO, Final, NamedTuple

from harness.core.errors import HarnessError
from harness.core.run.exchanges import Exchange, Tls
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.core.text import Text
from harness.record.chain.bodies import BodyStore
from harness.record.chain.lines import (
    FORMAT,
    ZERO,
    Body,
    End,
    Head,
    Reason,
    TlsLine,
    encode,
    exchange_line,
    line_hash,
)
from harness.record.chain.recover import Cut, recover
from harness.record.chain.units import FOLDER, PACKED, PLAIN, UnitFile, attempts, file_name, units_in


class _State(NamedTuple):
    """How far a recording is; replaced as a whole, so that an interrupt never sees half of it.

    ``last`` is the hash of the last line, ``seq`` the number of the next one, ``exchanges`` and ``tls`` how
    many lines of that kind there are.
    """

    size: int = 0
    seq: int = 0
    last: str = ZERO
    exchanges: int = 0
    tls: int = 0


_APPEND: Final = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)


class UnitWriter:
    """Appends the exchanges of one unit to its recording. Thread-safe; one process owns the file.

    Made by :meth:`start` and :meth:`reopen`.

    :ivar path: the file; after :meth:`end` the compressed one.
    :ivar attempt: how many recordings of the unit were made before this one.
    """

    def __init__(self, path: Path, bodies: BodyStore, attempt: int = 0) -> None:
        self.path = path
        self.attempt = attempt
        self._bodies = bodies
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._state = _State()
        self._tls: dict[Tls, int] = {}
        self._stored: set[str] = set()
        self._ended = False
        self._broken = False

    @classmethod
    def start(cls, run_folder: Path, unit: str, run: str, bodies: BodyStore | None = None) -> UnitWriter:
        """A new recording of a unit: its first attempt, or the one after those that stand there.

        :param run: SHA-256 of ``run-start.json``.
        :raises HarnessError: an earlier attempt is still open (see :func:`settle`), or it cannot be written.
        """
        earlier = attempts(run_folder, unit)
        if any(not item.packed for item in earlier):
            raise HarnessError(
                Text(nl="wordt al opgenomen", en="is being recorded already"), where=earlier[-1].place
            )
        attempt = earlier[-1].attempt + 1 if earlier else 0
        path = run_folder / FOLDER / file_name(unit, attempt)
        writer = cls(path, bodies or BodyStore(run_folder), attempt)
        head = encode(Head(format=FORMAT, run=run, unit=unit, attempt=attempt, prev=ZERO))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, 0o644))
        except OSError as error:
            raise disk.not_written(path, error) from None
        try:
            writer._append(head)
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        return writer

    @classmethod
    def reopen(cls, path: Path, bodies: BodyStore) -> tuple[UnitWriter, Cut | None]:
        """Go on with a recording that did not end; a torn last line is cut off and reported.

        :raises EvidenceError: the file is no recording.
        :raises HarnessError: it cannot be written.
        """
        reader, cut = recover(path, bodies)
        if reader.head is None:
            raise EvidenceError(
                ProblemKind.HEAD, Text(nl="is leeg", en="is empty"), where=f"{FOLDER}/{path.name}"
            )
        writer = cls(path, bodies, reader.head.attempt)
        writer._state = _State(reader.offset, reader.lines, reader.last, reader.count, len(reader.tls))
        writer._tls = {tls: number for number, tls in reader.tls.items()}
        writer._stored = reader.referred
        writer._ended = reader.end is not None
        return writer, cut

    @property
    def count(self) -> int:
        """Exchanges in the recording."""
        return self._state.exchanges

    def write(self, exchange: Exchange) -> None:
        """Record one exchange; when this returns, no crash of the process can lose it.

        :raises HarnessError: it cannot be written or expressed; the recording is as it was before.
        """
        asked = self._refer(exchange.request.body)
        answer = self._refer(exchange.response.body) if exchange.response else None
        with self._lock:
            number = 0
            if exchange.tls is not None:
                number = self._tls.get(exchange.tls, 0) or self._new_tls(exchange.tls)
            seq, last = self._state.seq, self._state.last
            line = exchange_line(exchange, seq=seq, prev=last, tls=number, request=asked, response=answer)
            self._append(encode(line), exchanges=1)

    def release(self) -> None:
        """Close the file; the next :meth:`write` opens it again (to limit the number of open files)."""
        with self._lock:
            self._close()

    def end(self, reason: Reason) -> Path:
        """Write the last line, wait for the disk, compress; gives the final file.

        :raises HarnessError: it cannot be written; what was recorded stays.
        """
        with self._lock:
            if not self._ended:
                state = self._state
                end = End(seq=state.seq, prev=state.last, count=state.exchanges, reason=reason)
                self._append(encode(end))
                self._ended = True
            self._close()
            self._bodies.sync(self._stored)
            packed = self.path.with_name(self.path.name.removesuffix(PLAIN) + PACKED)
            try:
                disk.sync_file(self.path)
                with self.path.open("rb") as source:
                    disk.replace(packed, lambda target: _compress(source, target))
                self.path.unlink()
            except OSError as error:
                raise disk.not_written(self.path, error) from None
            self.path = packed
            return packed

    def _refer(self, body: bytes) -> Body | None:
        found = self._bodies.refer(body)
        if found is not None and found.sha256 is not None:
            self._stored.add(found.sha256)
        return found

    def _new_tls(self, tls: Tls) -> int:
        state = self._state
        number = state.tls + 1
        self._append(encode(TlsLine(seq=state.seq, prev=state.last, n=number, tls=tls)), tls=1)
        self._tls[tls] = number
        return number

    def _append(self, line: bytes, *, exchanges: int = 0, tls: int = 0) -> None:
        """Write one line; on any failure the file is cut back to the lines before it."""
        if self._ended or self._broken:
            raise HarnessError(
                Text(nl="neemt niets meer op", en="does not record any more"),
                where=f"{FOLDER}/{self.path.name}",
            )
        before, data = self._state, line + b"\n"
        after = _State(
            before.size + len(data),
            before.seq + 1,
            line_hash(line),
            before.exchanges + exchanges,
            before.tls + tls,
        )
        try:
            if self._file is None:
                self._file = os.fdopen(os.open(self.path, _APPEND), "ab", buffering=0)
            view = memoryview(data)
            while view:  # one call, but for a disk that is almost full
                view = view[self._file.write(view) :]
            self._state = after
        except BaseException as error:
            if self._size() == after.size:  # interrupted, but the line stands
                self._state = after
            else:
                self._cut_back(before.size)
            if isinstance(error, OSError):
                raise disk.not_written(self.path, error) from None
            raise

    def _size(self) -> int:
        with contextlib.suppress(OSError):
            return self.path.stat().st_size
        return -1

    def _cut_back(self, size: int) -> None:
        try:
            if self._file is not None:
                self._file.truncate(size)
        except OSError:
            self._broken = True  # half a line stands there: nothing may follow it

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def settle(run_folder: Path, unit: str = "") -> list[Cut]:
    """Close the recordings that a killed run left open, so that their units can be driven again.

    Each is cut back to its last good line and ended as ``aborted``; it stays as evidence. One without a
    complete head holds nothing and is removed. Call this only as the owner of the folder
    (:mod:`harness.core.run.place.lock`).

    :param unit: only those of this unit.
    :returns: what was cut off.
    :raises EvidenceError: a file is no recording; nothing is done with it.
    :raises HarnessError: a file cannot be written.
    """
    bodies = BodyStore(run_folder)
    cuts = []
    for item in attempts(run_folder, unit) if unit else units_in(run_folder):
        if item.packed:
            continue
        cut = _settle(item, bodies)
        if cut is not None:
            cuts.append(cut)
    return cuts


def _settle(item: UnitFile, bodies: BodyStore) -> Cut | None:
    reader, cut = recover(item.path, bodies)
    if reader.head is None:
        item.path.unlink()
        return cut
    UnitWriter.reopen(item.path, bodies)[0].end("aborted")
    return cut


def _compress(source: BinaryIO, target: BinaryIO) -> None:
    """gzip without name and time, so that equal recordings give equal files."""
    with gzip.GzipFile(filename="", mode="wb", fileobj=target, compresslevel=6, mtime=0) as packed:
        shutil.copyfileobj(source, packed, 256 * 1024)

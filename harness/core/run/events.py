"""The event stream of a run: reporters are listeners, test bodies never call one.

Events are appended to ``events.jsonl`` in the run folder and handed to the listeners in order. They are
small and flat; anything large stays in the exchanges or findings they refer to.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from harness.core.clock import Clock
from harness.core.errors import HarnessError
from harness.core.run.place import disk

_TAIL: Final = 1024 * 1024
"""Bytes of an existing file that are looked at; no event is as long."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened.

    :ivar kind: ``run-started``, ``cell-planned``, ``cell-started``, ``exchange``, ``cell-finished``,
        ``item-started``, ``finding``, ``item-finished``, ``script-…``, ``run-finished``.
    :ivar at: ISO 8601 instant by the injected clock.
    :ivar cell: cell key or ``""``.
    :ivar data: small JSON object.
    """

    seq: int
    kind: str
    at: str
    cell: str = ""
    data: dict[str, Any] = {}


Listener = Callable[[Event], None]


class EventStream:
    """Appends events to a file and tells listeners; thread-safe.

    A listener that raises does not stop the run: the error is kept in :attr:`listener_errors`. In an existing
    file the numbers go on, after half a line of a killed process is cut off.

    :ivar broken: why an event could not be written; from then on only the listeners are told.
    :raises HarnessError: the file cannot be written.
    """

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._seq = 0
        self._listeners: list[Listener] = []
        self._path = path
        self._file: IO[bytes] | None = None
        self.listener_errors: list[Exception] = []
        self.broken: HarnessError | None = None
        if path is not None:
            try:
                self._file = path.open("ab", buffering=0)
                self._seq = _last(path)
            except OSError as error:
                raise disk.not_written(path, error) from None

    def subscribe(self, listener: Listener) -> None:
        """Add a listener; it gets every later event."""
        self._listeners.append(listener)

    def emit(self, kind: str, *, cell: str = "", **data: Any) -> Event:
        """Record one event and hand it to the listeners."""
        with self._lock:
            self._seq += 1
            event = Event(seq=self._seq, kind=kind, at=self._clock.now().isoformat(), cell=cell, data=data)
            self._write(event)
            for listener in self._listeners:
                try:
                    listener(event)
                except Exception as error:  # noqa: BLE001 - reporting must never change a verdict
                    self.listener_errors.append(error)
            return event

    def close(self) -> None:
        """Wait for the disk and close the file; later events only reach the listeners.

        :raises HarnessError: the disk does not take it.
        """
        with self._lock:
            file, self._file = self._file, None
            if file is None or self._path is None:
                return
            try:
                with file:
                    os.fsync(file.fileno())
            except OSError as error:
                raise disk.not_written(self._path, error) from None

    def _write(self, event: Event) -> None:
        if self._file is None or self._path is None:
            return
        data = msgspec.json.encode(event) + b"\n"
        try:
            if self._file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self.broken = disk.not_written(self._path, error)
            self._file.close()
            self._file = None


def part_of(path: Path, part: int) -> Path:
    """Where one of several processes writes its events while a run goes on; 0: the owner."""
    return path.with_name(f"{path.stem}-{part}{path.suffix}") if part else path


def parts_of(path: Path) -> list[Path]:
    """What other processes wrote beside the events of the owner, by name."""
    return sorted(path.parent.glob(f"{path.stem}-*{path.suffix}"))


def _last(path: Path) -> int:
    """Number of the last event of a file; half a line after it is cut off."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        data = file.read(size - file.tell())
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, size - len(data) + whole)
    last = data[:whole].rstrip(b"\n").rpartition(b"\n")[2]
    try:
        return msgspec.json.decode(last, type=Event).seq
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return 0

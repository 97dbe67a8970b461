"""The event stream of a run: reporters are listeners, test bodies never call one.

Events are appended to ``events.jsonl`` in the run folder and handed to the listeners in order. They are
small and flat; anything large stays in the exchanges or findings they refer to.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from harness.core.clock import Clock


class Event(msgspec.Struct, frozen=True, kw_only=True):
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

    A listener that raises does not stop the run: the error is kept in :attr:`listener_errors`.
    """

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._seq = 0
        self._listeners: list[Listener] = []
        self._file: BinaryIO | None = path.open("ab") if path else None
        self.listener_errors: list[Exception] = []

    def subscribe(self, listener: Listener) -> None:
        """Add a listener; it gets every later event."""
        self._listeners.append(listener)

    def emit(self, kind: str, *, cell: str = "", **data: Any) -> Event:
        """Record one event and hand it to the listeners."""
        with self._lock:
            self._seq += 1
            event = Event(seq=self._seq, kind=kind, at=self._clock.now().isoformat(), cell=cell, data=data)
            if self._file is not None:
                self._file.write(msgspec.json.encode(event) + b"\n")
                self._file.flush()
            for listener in self._listeners:
                try:
                    listener(event)
                except Exception as error:  # noqa: BLE001 - reporting must never change a verdict
                    self.listener_errors.append(error)
            return event

    def close(self) -> None:
        """Close the file; later events only reach the listeners."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def read_events(path: Path) -> list[Event]:
    """Events of an ``events.jsonl``; a torn last line (killed run) is dropped."""
    events: list[Event] = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            events.append(msgspec.json.decode(line, type=Event))
        except msgspec.DecodeError:
            if number >= len(lines) - 2:
                break
            raise
    return events

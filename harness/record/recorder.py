"""The recorder: every driver and mock hands its raw exchanges to one of these.

It redacts, gives the exchange its id, writes it to the recording of its *unit* (a cell, or ``shared``), tells
the event stream, and returns the object that judges will see. Nothing unredacted is kept, and what was
returned survives the death of the process.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from harness.core.errors import HarnessError
from harness.core.run.events import EventStream
from harness.core.run.exchanges import Exchange
from harness.core.run.manifest import run_digest
from harness.core.text import Text
from harness.record.chain.bodies import BodyStore
from harness.record.chain.lines import Reason, UnrecordableError
from harness.record.chain.units import SHARED
from harness.record.chain.write import UnitWriter
from harness.record.clean import clean, hidden, shortened
from harness.record.looking import Looking
from harness.record.names import Prefixes
from harness.record.raw import RawExchange
from harness.record.redact.people.persons import Persons
from harness.record.redact.redactor import Redactor
from harness.record.redact.tag import Secrets

_OPEN_FILES: Final = 64


@dataclass
class _Unit:
    """One unit while it is recorded. ``redactor`` holds the key of its tags, which is never written.

    :ivar prefix: what the ids of its exchanges begin with.
    :ivar kept: its exchanges, without a run folder.
    """

    name: str
    prefix: str
    redactor: Redactor
    writer: UnitWriter | None
    number: int = 0
    kept: list[Exchange] = field(default_factory=list)
    ended: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class Recorder:
    """Records exchanges of one run. Thread-safe.

    :param folder: run folder in which ``run-start.json`` stands before the first exchange comes; ``None``
        keeps the exchanges in memory only (tests, ``testscript``).
    :param persons: the declared test persons.
    :param cells: keys of the planned cells in the order of the plan; exchange ids follow from them.
    :param looking: what is looked for in messages besides numbers and secrets.
    :param beside: a recorder of the same connections; what it learned to be secret is secret here too, and
        this one looks with what it looks with.
    :param shared: the unit of what belongs to no cell.
    :ivar count: exchanges that were recorded.
    :ivar broken: why something could not be written; from then on nothing is recorded any more.
    """

    def __init__(
        self,
        folder: Path | None = None,
        events: EventStream | None = None,
        persons: Persons | None = None,
        cells: Iterable[str] = (),
        looking: Looking | None = None,
        beside: Recorder | None = None,
        shared: str = SHARED,
    ) -> None:
        self._looking: Looking | None = looking or (beside._looking if beside is not None else None)
        self._folder = folder
        self._events = events
        self._persons = persons
        self._secrets: Secrets = beside._secrets if beside is not None else Secrets()
        self._bodies = BodyStore(folder) if folder is not None else None
        self._prefixes = Prefixes(cells)
        self._lock = threading.Lock()
        self._units: dict[str, _Unit | None] = {}  # None: it has ended
        self._open: OrderedDict[str, UnitWriter] = OrderedDict()
        self._run = ""
        self._shared = shared
        self.count = 0
        self.broken: HarnessError | None = None

    def record(self, raw: RawExchange) -> Exchange:
        """Redact, number, write, tell, and return one exchange.

        :raises HarnessError: it cannot be written (a full disk, say); :attr:`broken` is that error.
        """
        raw = clean(raw)
        written = self._record(raw.cell or self._shared, raw)
        if written is None:  # the cell has ended
            written = self._record(self._shared, raw)
        if written is None:
            raise HarnessError(
                Text(nl="de opname is afgesloten", en="the recording has ended"), where=raw.operation
            )
        exchange = written
        if self._events is not None:
            outcome = {"error": exchange.error} if exchange.error else {}
            status = exchange.response.status if exchange.response is not None else 0
            self._events.emit("exchange", cell=exchange.cell, id=exchange.id, status=status, **outcome)
        return exchange

    def said(self, value: Any, cell: str = "") -> Any:
        """What may be written of JSON-like data that quotes the exchanges of a cell, redacted as those are;
        ``None`` when that cannot be said."""
        unit = self._unit(cell or self._shared) or self._unit(self._shared)
        try:
            return unit.redactor.said(value) if unit is not None else None
        except Exception:  # noqa: BLE001 - never raw
            return None

    def begin(self, cell: str) -> int:
        """Start the recording of a cell; gives how often that was done before.

        :raises HarnessError: it cannot be written.
        """
        unit = self._unit(cell)
        return unit.writer.attempt if unit is not None and unit.writer is not None else 0

    def skip(self, cell: str) -> None:
        """A cell was finished by an earlier process: what comes of it now goes to ``shared``."""
        with self._lock:
            self._units[cell] = None

    def learn(self, kind: str, value: str, cell: str = "") -> None:
        """Announce a secret before it is seen on any connection."""
        self._secrets.remember(kind, value, cell, announced=True)

    def exchanges(self, cell: str = "") -> list[Exchange]:
        """Exchanges of a cell that were kept in memory (only without a run folder)."""
        with self._lock:
            unit = self._units.get(cell or self._shared)
        return list(unit.kept) if unit is not None else []

    def end(self, cell: str, reason: Reason) -> None:
        """End the recording of a cell and wait for the disk; what comes of it later goes to ``shared``.

        :raises HarnessError: it cannot be written; what was recorded stays.
        """
        with self._lock:
            unit = self._units.get(cell)
            if unit is None or unit.writer is None:
                return
            self._units[cell] = None
            self._open.pop(cell, None)
        self._secrets.leave(cell)
        with unit.lock:
            unit.ended = True
            unit.writer.end(reason)

    def close(self, reason: Reason = "finished") -> None:
        """End ``shared`` as ``reason``, and every cell that did not end itself as aborted.

        :raises HarnessError: something cannot be written; what was recorded stays.
        """
        with self._lock:
            cells = [name for name, unit in self._units.items() if name != self._shared and unit is not None]
        for cell in cells:
            self.end(cell, "aborted")
        self.end(self._shared, reason)

    def _record(self, name: str, raw: RawExchange) -> Exchange | None:
        """Redact and write an exchange in a unit; ``None`` when the unit has ended."""
        unit = self._unit(name)
        if unit is None:
            return None
        try:
            exchange = unit.redactor.exchange(raw, "")
        except Exception as error:  # noqa: BLE001 - never raw, and never lost
            exchange = hidden(raw, error)
        with unit.lock:
            return None if unit.ended else self._write(unit, exchange)

    def _unit(self, name: str) -> _Unit | None:
        """A unit, started when it is new; ``None`` when it has ended."""
        with self._lock:
            if name not in self._units:
                redactor = Redactor(secrets.token_bytes(32), self._persons, self._secrets, self._looking)
                self._units[name] = _Unit(name, self._prefixes.of(name), redactor, self._start(name))
            return self._units[name]

    def _start(self, name: str) -> UnitWriter | None:
        if self._folder is None:
            return None
        self._run = self._run or run_digest(self._folder)
        try:
            return UnitWriter.start(self._folder, name, self._run, self._bodies)
        except HarnessError as error:
            self.broken = self.broken or error
            raise

    def _write(self, unit: _Unit, exchange: Exchange) -> Exchange:
        """Number and write an exchange, or what can be written of it; gives what was written."""
        if self.broken is not None:
            raise self.broken
        name = f"{unit.prefix}.{unit.number + 1:04d}"
        exchange = msgspec.structs.replace(exchange, id=name)
        if unit.writer is None:
            unit.kept.append(exchange)
        else:
            try:
                exchange = _recorded(unit.writer, exchange)
            except HarnessError as error:
                self.broken = error
                raise
        unit.number += 1
        with self._lock:
            self.count += 1
            if unit.writer is not None:
                self._open[unit.name] = unit.writer
                self._open.move_to_end(unit.name)
                if len(self._open) > _OPEN_FILES:
                    self._open.popitem(last=False)[1].release()
        return exchange


def _recorded(writer: UnitWriter, exchange: Exchange) -> Exchange:
    """Write an exchange; one that is too large is shortened first."""
    try:
        writer.write(exchange)
    except UnrecordableError:
        exchange = shortened(exchange)
        writer.write(exchange)
    return exchange

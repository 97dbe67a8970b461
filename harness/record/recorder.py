"""The recorder: every driver and mock hands its raw exchanges to one of these.

It redacts, gives the exchange its id, appends it to the HAR file of its cell, tells the event stream, and
returns the object that judges will see. Nothing unredacted is kept.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from pathlib import Path

from harness.core.ids import safe_name
from harness.core.run.events import EventStream
from harness.core.run.exchanges import Exchange
from harness.core.run.folder import RunFolder
from harness.core.standards.table import standards
from harness.record.har import HarFile
from harness.record.raw import RawExchange
from harness.record.redact.people.persons import Persons
from harness.record.redact.redactor import Redactor

_OPEN_FILES = 64


class Recorder:
    """Records exchanges of one run. Thread-safe.

    :param folder: run folder; ``None`` keeps the exchanges in memory only (tests, ``testscript``).
    :param persons: the declared test persons.
    """

    def __init__(
        self,
        folder: RunFolder | None = None,
        events: EventStream | None = None,
        persons: Persons | None = None,
    ) -> None:
        self._folder = folder
        self._events = events
        self._redactor = Redactor(secrets.token_bytes(32), persons)
        self._lock = threading.Lock()
        self._files: OrderedDict[Path, HarFile] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._prefixes: dict[str, str] = {}
        self._kept: dict[str, list[Exchange]] = {}
        self.count = 0

    def record(self, raw: RawExchange) -> Exchange:
        """Redact, number, write, tell, and return one exchange."""
        with self._lock:
            exchange_id = self._next_id(raw.cell)
        exchange = self._redactor.exchange(raw, exchange_id)
        with self._lock:
            self.count += 1
            if self._folder is not None:
                self._file(self._folder.har(raw.cell)).append(exchange)
            else:
                self._kept.setdefault(raw.cell, []).append(exchange)
        if self._events is not None:
            self._events.emit(
                "exchange",
                cell=exchange.cell,
                id=exchange.id,
                interface=exchange.interface,
                flow=exchange.flow,
                operation=exchange.operation,
                client=exchange.client,
                server=exchange.server,
                method=exchange.request.method,
                url=exchange.request.url.partition("?")[0],
                status=exchange.response.status if exchange.response else 0,
                error=exchange.error,
                duration=exchange.duration,
            )
        return exchange

    def learn(self, kind: str, value: str, cell: str = "") -> None:
        """Announce a secret before it is seen on any connection."""
        self._redactor.learn(kind, value, cell)

    def exchanges(self, cell: str = "") -> list[Exchange]:
        """Exchanges of a cell that were kept in memory (only without a run folder)."""
        with self._lock:
            return list(self._kept.get(cell, ()))

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    def _file(self, path: Path) -> HarFile:
        file = self._files.get(path)
        if file is None:
            file = self._files[path] = HarFile(path)
            if len(self._files) > _OPEN_FILES:
                _, old = self._files.popitem(last=False)
                old.close()
        self._files.move_to_end(path)
        return file

    def _next_id(self, cell: str) -> str:
        prefix = self._prefixes.get(cell)
        if prefix is None:
            prefix = _prefix(cell)
            taken = set(self._prefixes.values())
            if prefix in taken:  # two cells that differ in DVZA or release only
                prefix = safe_name(cell, 100) if cell else f"{prefix}-x"
            self._prefixes[cell] = prefix
        number = self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
        return f"{prefix}.{number:04d}"


def _prefix(cell: str) -> str:
    parts = cell.split("+")
    if len(parts) != 5:
        return safe_name(cell or "network")
    his, _, pgo, standard, _ = parts
    known = standards().get(standard)
    return f"{his}.{pgo}.{known.short if known is not None else standard}"

"""The reader of recordings: one line at a time, bounded; no line that does not follow from the one before.

The folder may be a stranger's: lines, bodies and nesting have limits, compressed files are inflated in small
pieces, the hash of each body is checked, and whatever is wrong is one :class:`EvidenceError` with its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from harness.core.run.exchanges import Exchange, Request, Response, Tls
from harness.core.run.once import Once
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.record.chain.bodies import BodyStore
from harness.record.chain.lines import (
    ZERO,
    Body,
    End,
    ExchangeLine,
    Head,
    Line,
    TlsLine,
    decode,
    decode_head,
    exchange_of,
    line_hash,
)
from harness.record.chain.raw import raw_lines
from harness.record.chain.units import FOLDER, PACKED, UnitFile, attempts, file_name, units_in

_REPEATED: Final = ("cell", "interface", "flow", "operation", "client", "server")
"""Labels of an exchange that many others of its cell have too."""
Message = TypeVar("Message", Request, Response)


class ChainReader:
    """Reads one recording; iterate over it for its exchanges.

    While and after iterating:

    :ivar head: the first line, ``None`` when there is no complete one.
    :ivar end: the last line, ``None`` while the unit has not ended.
    :ivar lines: complete lines that were read, the head included.
    :ivar last: hash of the last good line.
    :ivar offset: bytes up to and including the last good line (of a plain file: where to go on).
    :ivar count: exchanges so far.
    :ivar torn: bytes after the last line feed: a line that was cut off by a crash.
    :ivar tls: TLS facts by number.
    :ivar referred: hashes of the bodies that lie outside the lines.
    """

    def __init__(self, path: Path, bodies: BodyStore, *, run: str | None = None) -> None:
        self.path = path
        self.head: Head | None = None
        self.end: End | None = None
        self.lines = 0
        self.last = ZERO
        self.offset = 0
        self.count = 0
        self.torn = 0
        self.tls: dict[int, Tls] = {}
        self.referred: set[str] = set()
        self._bodies = bodies
        self._run = run
        self._once = Once()
        self._apart: dict[Body, bytes] = {}
        self._place = f"{FOLDER}/{path.name}"

    def __iter__(self) -> Iterator[Exchange]:
        """The exchanges in the order in which they were recorded.

        :raises EvidenceError: the first line that is not right, or the end when it is not.
        """
        for data, complete in raw_lines(self.path, self._place):
            where = f"{self._place}, line {self.lines + 1}"
            if not complete:
                self.torn = len(data)
                break
            if self.head is None:
                self._check_head(decode_head(data, where), where)
                exchange = None
            else:
                exchange = self._follow(decode(data, where), where)
            self.lines += 1
            self.last = line_hash(data)
            self.offset += len(data) + 1
            if exchange is not None:
                self.count += 1
                yield exchange
        if self.path.name.endswith(PACKED) and (self.end is None or self.torn):
            raise EvidenceError(
                ProblemKind.END,
                Text(nl="is ingepakt maar niet afgesloten", en="is compressed but did not end"),
                where=self._place,
            )

    def _check_head(self, head: Head, where: str) -> None:
        if self._run is not None and head.run != self._run:
            raise EvidenceError(
                ProblemKind.RUN,
                Text(nl="is een opname van een andere run", en="is a recording of another run"),
                where=where,
                expected=self._run,
                received=head.run,
            )
        expected = file_name(head.unit, head.attempt, "")
        if self.path.name.removesuffix(".gz").removesuffix(".jsonl") != expected or head.prev != ZERO:
            raise EvidenceError(
                ProblemKind.HEAD,
                Text(nl="is een opname van een andere eenheid", en="is a recording of another unit"),
                where=where,
                expected=short(self.path.name),
                received=f"{short(expected)}, prev {head.prev[:8]}…",
            )
        self.head = head

    def _follow(self, line: Line, where: str) -> Exchange | None:
        """Check a line after the head, and give its exchange when it holds one."""
        if isinstance(line, Head) or self.end is not None:
            raise EvidenceError(
                ProblemKind.CHAIN,
                Text(nl="staat na het einde van de opname", en="stands after the end of the recording")
                if self.end is not None
                else Text(nl="is een tweede kopregel", en="is a second head line"),
                where=where,
            )
        if line.prev != self.last or line.seq != self.lines:
            raise EvidenceError(
                ProblemKind.CHAIN,
                Text(
                    nl="sluit niet aan op de regel ervoor: daar is iets veranderd, weggelaten of verplaatst",
                    en="does not follow from the line before it: something was changed, left out or moved",
                ),
                where=where,
                expected=f"seq {self.lines}, prev {self.last}",
                received=f"seq {line.seq}, prev {line.prev}",
            )
        if isinstance(line, ExchangeLine):
            return self._exchange(line, where)
        if isinstance(line, TlsLine):
            if line.n != len(self.tls) + 1:
                raise _bad_line(where, f"tls n {len(self.tls) + 1}", f"tls n {line.n}")
            self.tls[line.n] = line.tls
            return None
        if line.count != self.count:
            raise EvidenceError(
                ProblemKind.END,
                Text(nl="noemt een ander aantal uitwisselingen", en="names another number of exchanges"),
                where=where,
                expected=str(self.count),
                received=str(line.count),
            )
        self.end = line
        return None

    def _exchange(self, line: ExchangeLine, where: str) -> Exchange:
        if line.tls and line.tls not in self.tls:
            raise _bad_line(where, f"tls ≤ {len(self.tls)}", f"tls {line.tls}")
        exchange = exchange_of(
            line,
            tls=self.tls[line.tls] if line.tls else None,
            request=self._body(line.request.body, where),
            response=self._body(line.response.body if line.response else None, where),
        )
        return msgspec.structs.replace(
            exchange,
            request=self._shared(exchange.request),
            response=self._shared(exchange.response) if exchange.response is not None else None,
            facts=tuple(self._once(fact) for fact in exchange.facts),
            notes=self._once.by(msgspec.json.encode(exchange.notes), exchange.notes),
            **{name: self._once(getattr(exchange, name)) for name in _REPEATED},
        )

    def _shared(self, message: Message) -> Message:
        """A message that shares what is the same in earlier ones: a recording is judged as a whole."""
        return msgspec.structs.replace(
            message,
            headers=self._once(tuple(self._once(pair) for pair in message.headers)),
            body=self._once(message.body),
        )

    def _body(self, body: Body | None, where: str) -> bytes:
        """The bytes of a body; one that stands apart and is referred to again is not read again."""
        if body is None or body.sha256 is None:
            return self._bodies.get(body, where)
        if body not in self._apart:
            self._apart[body] = self._bodies.get(body, where)
            self.referred.add(body.sha256)
        return self._apart[body]


@dataclass(frozen=True)
class Unit:
    """One recording in memory.

    :ivar end: ``None`` while it has not ended.
    :ivar torn: bytes of a last line that was cut off by a crash; they are not among the exchanges.
    """

    head: Head
    exchanges: tuple[Exchange, ...]
    end: End | None
    torn: int

    @property
    def finished(self) -> bool:
        """Whether it may be judged."""
        return self.end is not None and self.end.reason == "finished"


def read_unit(path: Path, bodies: BodyStore, *, run: str | None = None) -> Unit:
    """A whole recording.

    :param run: SHA-256 of ``run-start.json``, when the recording must belong to it.
    :raises EvidenceError: it is not a recording of this harness, or damaged; a torn last line is no damage.
    """
    reader = ChainReader(path, bodies, run=run)
    exchanges = tuple(reader)
    if reader.head is None:
        raise EvidenceError(
            ProblemKind.HEAD, Text(nl="is leeg", en="is empty"), where=f"{FOLDER}/{path.name}"
        )
    return Unit(head=reader.head, exchanges=exchanges, end=reader.end, torn=reader.torn)


def judged_unit(run_folder: Path, unit: str, *, run: str | None = None) -> Unit | None:
    """The recording of a unit that may be judged: the one that finished, or while it grows the last one.

    :param run: SHA-256 of ``run-start.json``, when the recording must belong to it.
    :raises EvidenceError: a recording is damaged.
    """
    bodies = BodyStore(run_folder)
    for item in reversed(attempts(run_folder, unit)):
        if not begun(item):
            continue
        found = read_unit(item.path, bodies, run=run)
        if found.finished or found.end is None:
            return found
    return None


def ended(run_folder: Path, unit: str) -> bool:
    """Whether nothing is being recorded of a unit, and something was."""
    found = attempts(run_folder, unit)
    return bool(found) and all(item.packed for item in found)


def all_recorded(run_folder: Path, *, run: str) -> Iterator[Exchange]:
    """The exchanges of all recordings, also of attempts that are not judged; a damaged one up to its damage.

    :param run: SHA-256 of ``run-start.json``.
    """
    bodies = BodyStore(run_folder)
    for item in units_in(run_folder):
        with suppress(EvidenceError):
            yield from ChainReader(item.path, bodies, run=run)


def begun(item: UnitFile) -> bool:
    """Whether a recording has its first line; one that a crash cut off before that holds nothing.

    :raises EvidenceError: it cannot be read.
    """
    return item.packed or any(complete for _, complete in raw_lines(item.path, item.place))


def unit_name(item: UnitFile) -> str:
    """The unit that a recording is of.

    :raises EvidenceError: it does not begin with a head line.
    """
    where = f"{item.place}, line 1"
    for data, _ in raw_lines(item.path, item.place):
        return decode_head(data, where).unit
    raise EvidenceError(ProblemKind.HEAD, Text(nl="is leeg", en="is empty"), where=item.place)


def check_single(finished: dict[str, UnitFile], item: UnitFile) -> None:
    """Note that an attempt finished; only one of a unit may, for else somebody could choose.

    :raises EvidenceError: another one did too.
    """
    other = finished.setdefault(item.stem, item)
    if other is not item:
        raise EvidenceError(
            ProblemKind.UNIT,
            Text(nl="is tweemaal afgerond", en="was finished twice"),
            where=item.place,
            received=f"{other.place}, {item.place}",
        )


def _bad_line(where: str, expected: str, received: str) -> EvidenceError:
    return EvidenceError(
        ProblemKind.CHAIN,
        Text(nl="verwijst naar iets dat er niet is", en="refers to something that is not there"),
        where=where,
        expected=expected,
        received=received,
    )

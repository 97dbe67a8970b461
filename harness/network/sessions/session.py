"""One session with a live PGO: which situation is played now, and when the PGO has met it.

The state is told in the recording: what was played stands in the notes of an exchange, that a situation was
watched to its end, and that the session was ended, are lines of their own (interface ``session``). So judges
need nothing of what stands here.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final, Literal
from urllib.parse import urlsplit

from harness.core.clock import Clock
from harness.core.run.findings import Cell
from harness.core.standards.table import standard
from harness.medmij.releases import ListKind
from harness.medmij.situations.table import ORDINARY, Situation
from harness.network.file import Network
from harness.network.sessions.lists import server_list, tripwire_list, whitelist_with
from harness.network.sessions.stage import AUTHORIZE, Stage
from harness.network.sessions.visit import Visit
from harness.network.twins.stelselnode import Stelselnode
from harness.record import RawExchange

Standing = Literal["waiting", "playing", "met", "left"]
"""Of a situation: its turn has not come, it is played, the PGO met it, or it was left before that."""
SHARED: Final = "*"
"""Client of lists that a component without a PGO's own certificate fetches."""
QUIET: Final = timedelta(seconds=3)
"""A situation that was met makes way for the next one when nothing happened for this long."""
VISITS: Final = 2
"""Ordinary visits with data that a PGO makes."""
_NOTHING: Final = frozenset[str]()


class Session:
    """One session. Thread-safe.

    :param identifier: ``s1``, ``s2`` …
    :param person: id of the test person.
    :param wanted: situations in the order in which they are played.
    :param record: takes what happens; after :meth:`close` it is not called any more.
    :ivar standing: of every situation, by id.
    :ivar unassigned: how many exchanges were not this session's, by reason.
    :ivar last: when something last happened.
    :ivar count: exchanges so far; ``lines`` all that was recorded.
    """

    def __init__(
        self,
        identifier: str,
        network: Network,
        cell: Cell,
        person: str,
        wanted: Iterable[Situation],
        *,
        node: Stelselnode,
        stage: Stage,
        clock: Clock,
        record: Callable[[RawExchange], object],
    ) -> None:
        self.id = identifier
        self.cell = cell
        self.person = person
        self.pgo = network.participant(cell.pgo)
        self.his = network.participant(cell.his)
        self.wanted = {item.id: item for item in wanted}
        self.standing: dict[str, Standing] = dict.fromkeys(self.wanted, "waiting")
        self.unassigned: Counter[str] = Counter()
        self.now: Situation | None = None
        self.closed = False
        self.count = self.lines = 0
        self.stage = stage
        self.started = self.last = clock.now()
        self._clock = clock
        self._node = node
        self._record = record
        self._lock = threading.RLock()
        self._visits: dict[str, Visit] = {}
        self._fetched = False  # the list of the situation that is played now
        self._shared = standard(cell.standard).share is None
        self._ordinary = 0
        self._before: list[RawExchange] = []

    @property
    def host(self) -> str:
        """Host of the PGO, lower case."""
        return self.pgo.pgo_host.lower()

    @property
    def seen(self) -> bool:
        """Whether the PGO did anything."""
        return self.count > 0

    @property
    def pending(self) -> bool:
        """Whether something is watched of which the horizon has not come."""
        with self._lock:
            return any(item.came is not None and not item.watched for item in self._visits.values())

    # -- situations -------------------------------------------------------------------------------

    def begin(self) -> None:
        """Play the first situation."""
        if any(item.server for item in self.wanted.values()):
            self._publish("whl", whitelist_with(self.stage.admitted))
        self.next()

    def next(self, identifier: str = "", after: str = "") -> Situation | None:
        """Play another situation: the named one, else the first whose turn has not come. Gives it.

        :param after: only if this one is still played; it may have made way by itself in the meantime.
        :raises KeyError: the session has no such situation.
        """
        with self._lock:
            unknown = next((name for name in (identifier, after) if name and name not in self.wanted), "")
            if unknown:
                raise KeyError(unknown)
            if after and (self.now is None or self.now.id != after):
                return self.now
            if self.now is not None and self.standing[self.now.id] == "playing":
                self.standing[self.now.id] = "left"
            waiting = (name for name, state in self.standing.items() if state == "waiting")
            chosen = identifier or next(waiting, "")
            self.now, self._fetched = self.wanted.get(chosen), False
            if self.now is not None:
                self.standing[chosen] = "playing"
            self._publish("zal", self._list(self.now))
            return self.now

    def _list(self, situation: Situation | None) -> Callable[..., bytes] | None:
        if situation is None or not situation.fetched:
            return None
        if situation.list:
            place = f"{self.stage.hosts[AUTHORIZE]}/{self._number(situation)}"
            return tripwire_list(situation.list, self.his.provider_name, place)
        return server_list(self.his.provider_name, self.stage.hosts[situation.server])

    def _number(self, situation: Situation) -> int:
        """Number of a situation: its portal has it in its path, so that it tells which list led there."""
        return list(self.wanted).index(situation.id) + 1

    def _publish(self, kind: ListKind, own: Callable[..., bytes] | None) -> None:
        for client in (self.host, SHARED) if self.pgo.list_fetcher == "shared" else (self.host,):
            self._node.publish_own(client, self.cell.release, kind, own)

    def met(self, situation: Situation | None) -> None:
        """The PGO met a situation."""
        if situation is not None and self.standing.get(situation.id) in ("playing", "left"):
            self.standing[situation.id] = "met"

    def tick(self) -> None:
        """What time brings: horizons pass, and a situation that was met makes way for the next one."""
        with self._lock:
            now = self._clock.now()
            for visit in self._visits.values():
                if visit.came is None or visit.watched or visit.situation is None:
                    continue
                if now - visit.came >= timedelta(seconds=visit.situation.horizon):
                    self._watched(visit, "horizon")
            done = self.now is not None and self.standing[self.now.id] == "met"
            if done and now - self.last >= QUIET:
                self.next()

    def close(self, reason: str) -> None:
        """End it: nothing is recorded any more, and the PGO gets the lists of everybody.

        :param reason: why; only ``ended`` means that the PGO was given the time that it wanted.
        """
        with self._lock:
            if self.closed:
                return
            if self.seen:
                self._tell("ended", "", {"reason": reason})
            self.closed = True
            self._publish("zal", None)
            self._publish("whl", None)

    # -- visits -----------------------------------------------------------------------------------

    def enter(self, function: str, redirect_uri: str) -> Visit:
        """An authorization request came: a new visit. It is the horizon of those before it."""
        with self._lock:
            for earlier in self._visits.values():
                if earlier.came is not None and not earlier.watched:
                    self._watched(earlier, "next visit")
            situation = self.now
            if situation is not None and situation.id != ORDINARY:
                fits = self._fetched if situation.fetched else self.standing[situation.id] == "playing"
                situation = situation if fits and function == "collect" else None
            number = len(self._visits) + 1
            own = situation is not None and situation.id != ORDINARY
            visit = Visit(
                name=f"{self.id}.{number}",
                flow=situation.flow if own and situation is not None else function,
                situation=situation if own else None,
                redirect_uri=redirect_uri,
                played=self._played(situation) if own else _NOTHING,
            )
            self._visits[visit.name] = visit
            if situation is not None and situation.after == "lists":
                self.met(situation)
            return visit

    def _played(self, situation: Situation | None) -> frozenset[str]:
        if situation is None or not situation.play:
            return _NOTHING
        if situation.play == "narrow-scope":
            return frozenset({f"narrow-scope:{standard(self.cell.standard).collect.id}"})
        return frozenset({situation.play})

    def visit(self, name: str) -> Visit | None:
        """A visit by its name; ``""``: the last one."""
        with self._lock:
            if name:
                return self._visits.get(name)
            return next(reversed(self._visits.values()), None)

    def came(self, visit: Visit) -> None:
        """A visit came to the point where a wrong PGO goes on."""
        with self._lock:
            if visit.came is None and visit.situation is not None and visit.situation.after == "refusal":
                visit.came = self._clock.now()

    def used(self, visit: Visit) -> None:
        """Data were asked for in a visit."""
        with self._lock:
            first, visit.data = not visit.data, True
            if visit.situation is not None and visit.situation.after == "visit":
                self.met(visit.situation)
            if first and visit.flow == "collect":
                self._ordinary += 1
            self._shared = self._shared or visit.flow == "share"
            if self._ordinary >= VISITS and self._shared:
                self.met(self.wanted.get(ORDINARY))

    def refreshed(self, visit: Visit) -> None:
        """A token was refreshed in a visit."""
        with self._lock:
            visit.refreshes += 1
            if visit.situation is not None and visit.situation.after == "refreshes" and visit.refreshes > 1:
                self.met(visit.situation)

    def _watched(self, visit: Visit, until: str) -> None:
        visit.watched = True
        self.met(visit.situation)
        seconds = (self._clock.now() - visit.came).total_seconds() if visit.came is not None else 0.0
        self._tell("watched", visit.flow, {"until": until, "seconds": round(seconds, 1), "visit": visit.name})

    # -- what happens -----------------------------------------------------------------------------

    def record(self, raw: RawExchange, visit: Visit | None) -> None:
        """Record an exchange of the session."""
        notes = {**raw.notes, "visit": visit.name} if visit is not None else raw.notes
        self._write(replace(raw, cell=self.cell.key, notes=notes))

    def outside(self, raw: RawExchange, reason: str) -> None:
        """Record what is the PGO's, but not this session's."""
        with self._lock:
            self.unassigned[reason] += 1
        self._write(replace(raw, cell="", flow="", notes={**raw.notes, "unassigned": reason}))

    def before(self, fetches: Iterable[RawExchange]) -> None:
        """Lists that the PGO fetched before the session; they are recorded when it does something."""
        self._before = [
            replace(raw, cell=self.cell.key, flow="", notes={**raw.notes, "before": True}) for raw in fetches
        ]

    def fetched(self, raw: RawExchange, kind: str) -> bool:
        """Record the fetch of a list; gives whether it was the same as everybody's."""
        with self._lock:
            situation = self.now if self.now is not None and self.now.fetched and kind == "zal" else None
            if situation is not None and raw.status == 200:
                self._fetched = True
            flow = situation.flow if situation is not None else ""
        self._write(replace(raw, cell=self.cell.key, flow=flow, client=self.pgo.id))
        return not flow

    def reached(self, kind: str, raw: RawExchange | None) -> None:
        """A server of the stage was reached: by a request, or by a connection that ended."""
        with self._lock:
            situation = next((item for item in self.wanted.values() if item.server == kind), None)
            flow = situation.flow if situation is not None else "var-foreign-next"
            if kind == AUTHORIZE and raw is not None:
                number = urlsplit(raw.url).path.lstrip("/").partition("/")[0]
                led = [item for item in self.wanted.values() if str(self._number(item)) == number]
                flow = led[0].flow if led and led[0].list else "collect"
                self.met(led[0] if led else None)
                if self._fetched and self.now is not None and self.now.after == "lists":
                    self.met(self.now)  # it did not take over the list of now
            if raw is None:
                self._tell("connection", flow, {"server": kind})
                return
        self._write(replace(raw, cell=self.cell.key, flow=flow, notes={**raw.notes, "stage": kind}))

    def _tell(self, operation: str, flow: str, notes: dict[str, object]) -> None:
        """A line of our own in the recording."""
        self._write(
            RawExchange(
                interface="session",
                flow=flow,
                operation=operation,
                client="",
                server="",
                started=self._clock.now(),
                duration=0.0,
                method="",
                url="",
                cell=self.cell.key,
                notes={"side": "server", **notes},
            )
        )

    def _write(self, raw: RawExchange) -> None:
        with self._lock:
            if self.closed:
                return
            for earlier in self._before:
                self.lines += 1
                self._record(earlier)
            self._before.clear()
            self.lines += 1
            if raw.interface != "session":
                self.count += 1
                self.last = self._clock.now()
            self._record(raw)

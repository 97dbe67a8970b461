"""The desk: opens sessions with live PGOs, lets time pass in them, closes them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from harness.core.clock import Clock
from harness.core.exits import ExitCode
from harness.core.run.limits import MOST_RECORDED
from harness.core.run.place.claim import claim
from harness.core.text import Text
from harness.judge.catalogue import client_requirements
from harness.matrix.facts import RunFacts
from harness.matrix.sessions.held import Held, Published, asked_info
from harness.matrix.sessions.wish import RefusalError, Settled, Wish, settle
from harness.medmij.situations.table import deciding
from harness.network.person.declared import declared_persons
from harness.network.running import RunningNetwork
from harness.network.sessions.session import Session
from harness.record.keeper import RunKeeper
from harness.record.recorder import Recorder
from harness.reference.records import frozen_records

MAX_OPEN: Final = 50
MAX_ALL: Final = 2000
CLOSING: Final = 2.0
"""Seconds in which open sessions are judged when serving stops."""
FOLDER: Final = "sessions"
_ORDER: Final = (ExitCode.FAILED, ExitCode.HARNESS_ERROR, ExitCode.UNDECIDED, ExitCode.NOTHING_RAN)
_NAME: Final = re.compile(r"s([0-9]{1,6})")


class Desk:
    """All sessions of one run that serves. Thread-safe.

    :param base: the run that serves; its folder holds those of the sessions.
    :param publish: writes the report of a session that was closed.
    :param told: is told when a session opens, changes or closes.
    """

    def __init__(
        self,
        running: RunningNetwork,
        facts: RunFacts,
        base: RunKeeper,
        recorder: Recorder,
        clock: Clock,
        *,
        publish: Published,
        told: Callable[[Held], None] = lambda held: None,
    ) -> None:
        self._running = running
        self._facts = facts
        self._base = base
        self._recorder = recorder
        self._clock = clock
        self._publish = publish
        self._told = told
        self._lock = threading.RLock()
        self._all: dict[str, Held] = {}
        folder = base.folder.path / FOLDER
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        self._last = max((int(found[1]) for name in names if (found := _NAME.fullmatch(name))), default=0)

    # -- opening ----------------------------------------------------------------------------------

    def start(self, wish: Wish) -> Held:
        """Open a session.

        :raises RefusalError: 422 something is unknown, 409 the PGO has a session already, 503 too many.
        :raises HarnessError: its run folder cannot be written.
        """
        settled = settle(wish, self._running.network, self._running.t)
        with self._lock:
            self._room(settled)
            self._last += 1
            held = self._open(f"s{self._last}", settled)
            self._all[held.session.id] = held
        self._told(held)
        return held

    def _room(self, settled: Settled) -> None:
        held = self.open
        host = self._running.network.participant(settled.cell.pgo).pgo_host.lower()
        busy = next((item for item in held if item.session.host == host), None)
        if busy is not None:
            raise RefusalError(
                409,
                Text(nl="dit PGO heeft al een sessie", en="this PGO has a session already"),
                where="pgo",
                received=busy.session.id,
                next_step=Text(
                    nl=f"beëindig {busy.session.id} eerst, of wacht tot zij afloopt",
                    en=f"end {busy.session.id} first, or wait until it runs out",
                ),
            )
        if len(held) >= MAX_OPEN or len(self._all) >= MAX_ALL:
            raise RefusalError(
                503,
                Text(nl="er zijn te veel sessies", en="there are too many sessions"),
                expected=f"<= {MAX_OPEN}, <= {MAX_ALL}",
                received=f"{len(held)}, {len(self._all)}",
            )

    def _open(self, identifier: str, settled: Settled) -> Held:
        running, cell = self._running, settled.cell
        observer, network = running.observer, running.network
        if observer is None:
            raise RefusalError(
                409, Text(nl="dit netwerk wordt niet bekeken", en="this network is not observed")
            )
        stage = observer.stage(running.hosts, network.participant(cell.pgo), network.participant(cell.dvza))
        keeper = RunKeeper(claim(self._base.folder.path / FOLDER / identifier), self._clock)
        try:
            asked = self._asked(settled)
            plain = self._facts.info(identifier, (cell,), {cell.key: asked}, binding=keeper.binding())
            info = asked_info(plain, settled, asked, self._clock.now())
            recorder = Recorder(
                keeper.folder.path,
                keeper.events,
                declared_persons(network, running.t),
                [cell.key],
                beside=self._recorder,
            )
            info = keeper.begin(recorder, info, self._facts.frozen)
            session = Session(
                identifier,
                network,
                cell,
                settled.person,
                settled.situations,
                node=running.twins.stelselnode,
                stage=stage,
                clock=self._clock,
                record=recorder.record,
            )
            keeper.events.emit("session-opened", cell=cell.key, person=settled.person)
            observer.earlier_lists(session)
            session.begin()
        except BaseException:
            keeper.leave()
            raise
        observer.floor.add(session)
        records = frozen_records(keeper.folder, info)
        return Held(session, settled, keeper, info, self._facts.catalogue, records)

    def _asked(self, settled: Settled) -> tuple[str, ...]:
        """The requirements that the situations decide."""
        catalogue, played = self._facts.catalogue, {item.id for item in settled.situations}
        return tuple(
            name
            for name in client_requirements(settled.cell, catalogue)
            if any(
                item.id in played
                for item in deciding(name, settled.cell.release, of_standard=bool(catalogue[name].standard))
            )
        )

    # -- looking ----------------------------------------------------------------------------------

    @property
    def all(self) -> list[Held]:
        """Every session of this run, in the order in which they were opened."""
        with self._lock:
            return list(self._all.values())

    @property
    def open(self) -> list[Held]:
        """Those that are open."""
        return [item for item in self.all if not item.reason]

    def get(self, identifier: str) -> Held:
        """A session.

        :raises RefusalError: 404.
        """
        with self._lock:
            found = self._all.get(identifier)
        if found is None:
            raise RefusalError(
                404,
                Text(nl="deze sessie is er niet", en="there is no such session"),
                where="session",
                expected=", ".join(self._all) or "-",
                received=identifier,
            )
        return found

    # -- going on ---------------------------------------------------------------------------------

    def next(self, identifier: str, situation: str = "", after: str = "") -> Held:
        """Play the next situation, or the named one.

        :param after: only if this one is still played.
        :raises RefusalError: 404, 410 the session has ended, 422 it has no such situation.
        """
        held = self.going(identifier)
        try:
            held.session.next(situation, after)
        except KeyError as error:
            unknown = str(error.args[0])
            known = held.session.wanted
            raise RefusalError(
                422,
                Text(nl="deze situatie hoort niet bij de sessie", en="the session has no such situation"),
                where="situation" if unknown == situation else "after",
                expected=", ".join(known),
                received=unknown,
            ) from None
        self._told(held)
        return held

    def going(self, identifier: str) -> Held:
        """A session that is open.

        :raises RefusalError: 404, or 410: it has ended.
        """
        held = self.get(identifier)
        if held.reason:
            raise RefusalError(
                410,
                Text(nl="deze sessie is beëindigd", en="this session has ended"),
                where="session",
                received=f"{identifier}: {held.reason}",
            )
        return held

    def end(self, identifier: str, reason: str = "ended", *, report: bool = True) -> Held:
        """Close a session; one that has ended stays as it is.

        :raises RefusalError: 404.
        :raises HarnessError: its run folder cannot be written.
        """
        held = self.get(identifier)
        if not held.reason:
            held.close(reason, self._publish if report else None)
            if self._running.observer is not None:
                self._running.observer.floor.remove(held.session)
            self._told(held)
        return held

    def tick(self) -> None:
        """Let time pass: horizons, idle sessions, sessions that go on for too long.

        :raises HarnessError: what happened could not be written.
        """
        now = self._clock.now()
        for held in self.open:
            if held.keeper.broken is not None:
                raise held.keeper.broken
            session, wish = held.session, held.settled.wish
            session.tick()
            if held.ending:
                continue
            if now - session.last >= timedelta(minutes=wish.idle):
                self.end(session.id, "idle")
            elif now - session.started >= timedelta(minutes=wish.longest):
                self.end(session.id, "too long")
            elif session.count >= MOST_RECORDED:
                self.end(session.id, "too much traffic")

    def close(self) -> ExitCode | None:
        """Interrupt what is open; gives the worst exit code of all sessions, ``None``: there were none.

        What cannot be judged in time is only let go of; it counts as undecided.

        :raises HarnessError: a run folder cannot be written.
        """
        until = self._clock.monotonic() + CLOSING
        for held in self.open:
            if self._clock.monotonic() < until:
                self.end(held.session.id, "interrupted", report=False)
            else:
                held.leave()
        return worst_code([ExitCode.UNDECIDED if item.exit is None else item.exit for item in self.all])


def worst_code(codes: list[ExitCode]) -> ExitCode | None:
    """The first in the order of exit codes, ``None``: there are none."""
    return next((code for code in _ORDER if code in codes), ExitCode.OK) if codes else None

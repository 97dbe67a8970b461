"""Recording what live parties do at our mocks, with or without a session: what is of a session goes there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from harness.core.clock import Clock
from harness.core.run.exchanges import header
from harness.medmij import authorization
from harness.medmij.releases import framework
from harness.network.file import STELSELNODE, Network, Participant
from harness.network.hosts import Hosts
from harness.network.observe import Labels, Observer
from harness.network.sessions.floor import Floor, Place
from harness.network.sessions.paging import with_next
from harness.network.sessions.session import Session
from harness.network.sessions.stage import AUTHORIZE, ELSEWHERE, Stage, Stages
from harness.network.sessions.visit import Visit
from harness.network.twins.dvza.state import DvzaState
from harness.network.twins.dvza.token import SLOW_SECONDS
from harness.network.twins.stelselnode import Stelselnode, client_host
from harness.network.wire.handshake import Handshake
from harness.network.wire.parameters import fields_of
from harness.network.wire.serving import Handler, Incoming, Outgoing
from harness.record import RawExchange, Recorder

FOREIGN_TRAFFIC: Final = "foreign-traffic"
"""Why a request is of nothing: it is no step of the framework."""
_LOOK: Final = 0.1
"""How often it is looked whether a client still waits (seconds)."""


class SessionObserver(Observer):
    """An observer that knows of sessions.

    :ivar floor: the sessions that are open.
    """

    def __init__(self, network: Network, recorder: Recorder, clock: Clock, t: date) -> None:
        super().__init__(network, recorder, clock, t)
        self.floor = Floor({item.pgo_host.lower() for item in network.of_role("pgo")})
        self._plain: dict[tuple[str, str], RawExchange] = {}
        self._stages: Stages | None = None

    # -- lists ------------------------------------------------------------------------------------

    def lists_of(self, node: Stelselnode) -> None:
        """Let a stelselnode give each client the lists of its session."""
        node.list_client = lambda host: self.floor.list_client(host, self._known(host))

    def _known(self, host: str) -> bool:
        return any(item.pgo_host.lower() == host for item in self.network.of_role("pgo"))

    def stelselnode(self, handler: Handler) -> Handler:
        usual = super().stelselnode(handler)

        async def observed(request: Incoming) -> Outgoing:
            started, before = self.clock.now(), self.clock.monotonic()
            answer = await usual(request)
            host = client_host(request)
            kinds = {name: kind for kind, name in framework().files.items()}
            kind = kinds.get(request.path.lstrip("/"), "unknown")
            labels = Labels("list", f"list-{kind}")
            duration = self.clock.monotonic() - before
            raw = self.raw(request, answer, started, duration, labels, self.pgo_of(host), STELSELNODE, "")
            sessions = self.floor.fetching(host, self._known(host))
            plain = [session.fetched(raw, kind) for session in sessions]
            if all(plain):
                self._plain[(raw.client, kind)] = raw
            return answer

        return observed

    def earlier_lists(self, session: Session) -> None:
        """Tell a session which lists its PGO fetched before it began."""
        self.connections.forget(session.pgo.id)
        session.before([raw for (client, _), raw in self._plain.items() if client == session.pgo.id])

    # -- connections ------------------------------------------------------------------------------

    def handshake(self, failed: Handshake) -> None:
        raw = self.connections.handshake(failed)
        if raw is None:
            return
        for session in self.floor.sessions:
            if raw.client == session.pgo.id and raw.server in (STELSELNODE, session.cell.dvza):
                session.record(raw, None)
        self._of_everything(raw)

    # -- the DVZA ---------------------------------------------------------------------------------

    def dvza(self, twin: DvzaState, handler: Handler) -> Handler:
        usual = super().dvza(twin, handler)

        async def observed(request: Incoming) -> Outgoing:
            _, rest = twin.release_of(request.path)
            place = self.floor.place(twin, request, rest, fields_of(request))
            if place is None:
                return await usual(request)
            return await self._in_session(twin, handler, request, place)

        return observed

    async def _in_session(
        self, twin: DvzaState, handler: Handler, request: Incoming, place: Place
    ) -> Outgoing:
        started, before = self.clock.now(), self.clock.monotonic()
        labels, session = self.labels(twin, request), place.session
        visit = self._visit(place, labels, request)
        if visit is not None:
            request = replace(request, visit=visit.name, played=visit.played)
        notes: dict[str, object] = {}
        answer = await self._answer(handler, request, labels, session, visit, notes)
        if labels.interface == "token" and request.connection:
            notes["connection"] = {"number": request.connection, "age": round(request.age, 3)}
        flow = visit.flow if visit is not None else labels.flow
        client = session.pgo.id if session is not None else self.pgo_of(client_host(request))
        raw = self.raw(
            request,
            answer,
            started,
            self.clock.monotonic() - before,
            replace(labels, flow=flow),
            client,
            twin.participant.id,
            "",
        )
        raw = replace(raw, notes={**raw.notes, **notes})
        if session is None:
            self.keep(replace(raw, flow="", notes={**raw.notes, "unassigned": place.reason}))
        elif place.reason:
            session.outside(raw, place.reason)
        else:
            session.record(raw, visit)
            if visit is not None:
                _progress(session, visit, labels, answer)
        return answer

    def _visit(self, place: Place, labels: Labels, request: Incoming) -> Visit | None:
        if place.session is None or place.reason:
            return None
        if labels.operation != "authorize":
            return place.visit
        return place.session.enter(labels.flow, fields_of(request).get("redirect_uri", ""))

    async def _answer(
        self,
        handler: Handler,
        request: Incoming,
        labels: Labels,
        session: Session | None,
        visit: Visit | None,
        notes: dict[str, object],
    ) -> Outgoing:
        """The answer of the DVZA, with what is played in the visit."""
        if session is None or visit is None:
            return await handler(request)
        if labels.operation == "token-code" and visit.once("token-500-once"):
            notes["played"] = "token-500-once"
            return Outgoing(status=500, headers=(("Content-Type", "text/plain"),), body=b"storing\n")
        answer = await handler(request)
        if labels.operation == "token-code" and answer.status == 200 and visit.once("token-slow"):
            notes["played"] = "token-slow"
            notes["gone"] = await self._wait(request)
        if labels.interface == "resource" and answer.status == 200 and visit.still("foreign-next"):
            changed = with_next(answer, session.stage.hosts[ELSEWHERE], request.url)
            if changed is not None:
                visit.once("foreign-next")
                notes["played"] = "foreign-next"
                return changed
        return answer

    async def _wait(self, request: Incoming) -> bool:
        """Wait as long as a DVZA may; whether the client did not."""
        until = asyncio.get_running_loop().time() + SLOW_SECONDS
        while (left := until - asyncio.get_running_loop().time()) > 0:
            if request.gone():
                return True
            await asyncio.sleep(min(_LOOK, left))
        return request.gone()

    # -- the stage --------------------------------------------------------------------------------

    def stage(self, hosts: Hosts, pgo: Participant, dvza: Participant) -> Stage:
        """The servers that a PGO must not trust, at a DVZA; made when they are first needed.

        :raises ConfigurationError: there is no place to listen.
        """
        if self._stages is None:
            self._stages = Stages(hosts, self._told)
        return self._stages.open(pgo, dvza)

    def _told(self, kind: str, host: str, request: Incoming | None) -> None:
        session = next((item for item in self.floor.sessions if host in item.stage.hosts.values()), None)
        if session is not None:
            dvza = self.network.participant(session.cell.dvza)
            raw = self._reached(kind, request, session, dvza, self.clock.now()) if request else None
            if raw is not None and request is not None and not _is_step(kind, request):
                session.outside(raw, FOREIGN_TRAFFIC)
            else:
                session.reached(kind, raw)

    def _reached(
        self, kind: str, request: Incoming, session: Session, dvza: Participant, now: datetime
    ) -> RawExchange:
        labels = Labels("token", "token-code")
        if kind == AUTHORIZE:
            labels = Labels("authorization", "authorize")
        elif kind == ELSEWHERE:
            labels = Labels("resource", "unknown")
        answer = Outgoing(status=421)
        return self.raw(request, answer, now, 0.0, labels, session.pgo.id, dvza.id, "")


def _is_step(kind: str, request: Incoming) -> bool:
    """Whether a request at a server of the stage is what a PGO must not do there: offer its code.

    Health checks and the like come to every address that is published.
    """
    if kind in (AUTHORIZE, ELSEWHERE):
        return True
    return request.method == "POST" or bool({"grant_type", "code", "refresh_token"} & set(fields_of(request)))


def _progress(session: Session, visit: Visit, labels: Labels, answer: Outgoing) -> None:
    """What an exchange means for the visit that it is of."""
    situation = visit.situation
    ends_here = situation is not None and (situation.play.startswith("redirect-") or bool(situation.server))
    if ends_here and _goes_back(answer, visit):
        session.came(visit)
    if labels.interface == "token":
        if labels.operation == "token-refresh" and answer.status == 200:
            session.refreshed(visit)
        granted = answer.status == 200 and situation is not None and situation.play == "narrow-scope"
        if granted or "token-500-once" in visit.spent:
            session.came(visit)
        if "token-slow" in visit.spent and situation is not None:
            session.met(situation)
    elif labels.interface in ("resource", "document") and labels.operation != "fhir-metadata":
        session.used(visit)
        if "foreign-next" in visit.spent:
            session.came(visit)


def _goes_back(answer: Outgoing, visit: Visit) -> bool:
    location = header(answer.headers, "location") or ""
    return bool(location and visit.redirect_uri) and authorization.returns_to(location, visit.redirect_uri)

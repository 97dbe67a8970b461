"""Recording on the server side: what live participants do at our mocks, with the labels that judges need.

A bare-name scope (2.x) does not say which standard a PGO is after. Trust exchanges are therefore held back
per PGO, HIS and release until the first resource request (or the scope itself) names the service; then they
are written to the cell of that standard, and again to that of the next standard. What never got that far goes
to the first standard that both parties know. Everything is written to ``shared`` the moment it happens; a
number in the notes (``seen``) tells what in a cell is the same.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from harness.core.clock import Clock
from harness.core.http.credentials import bearer_token
from harness.core.run.exchanges import header
from harness.core.run.findings import Cell
from harness.core.run.limits import MOST_RECORDED
from harness.core.standards.queries import load_queries
from harness.core.standards.table import service_standard, standard
from harness.core.tdates import TDates
from harness.fhir.codec.media import asked_format
from harness.medmij.headers import REQUEST_ID
from harness.medmij.releases import framework, newest
from harness.medmij.urls import host_of
from harness.network.connections import UNKNOWN, Connections
from harness.network.file import STELSELNODE, Network, Participant
from harness.network.twins.dvza.records import hashed
from harness.network.twins.dvza.state import DvzaState
from harness.network.twins.stelselnode import client_host
from harness.network.wire.handshake import Broken, Handshake
from harness.network.wire.parameters import fields_of, offered
from harness.network.wire.serving import Handler, Incoming, Outgoing
from harness.record import Known, RawExchange, Recorder

_OPERATIONS = {
    "authorize": ("authorization", "authorize"),
    "landing": ("authorization", "landing"),
    "login": ("login", "login"),
    "consent": ("consent", "consent"),
    "token": ("token", "token-code"),
}
_FETCHES = 8
"""Fetches of one list by one PGO that are kept, the last ones; another list does not push them out."""
_HELD = 400
"""Most exchanges that are held back per PGO, HIS and release; most requests whose identifier is known."""


@dataclass
class _Trail:
    """Trust exchanges of one PGO at one HIS in one release."""

    pgo: Participant
    his: Participant
    release: str
    held: list[RawExchange] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True)
class Labels:
    """What a request at a DVZA is."""

    interface: str
    operation: str
    flow: str = "collect"
    person: str | None = None
    trail: _Trail | None = None
    service: str = ""
    known: tuple[Known, ...] = ()
    client: str = ""


class Observer:
    """Wraps handlers of mocks so that every exchange is recorded. Thread-safe.

    :ivar left_out: how many exchanges of a cell (``""``: of none) were not recorded, for there were too many.
    """

    def __init__(self, network: Network, recorder: Recorder, clock: Clock, t: date) -> None:
        self.network = network
        self.recorder = recorder
        self.clock = clock
        self.dates = TDates(t)
        self._lock = threading.RLock()
        self._trails: dict[tuple[str, str, str], _Trail] = {}
        self._by_transaction: dict[str, _Trail] = {}
        self._lists: dict[tuple[str, str], deque[RawExchange]] = {}
        self._start = clock.now().isoformat(timespec="seconds")
        self._seen = 0
        self._asked: dict[str, Callable[[], bool]] = {}
        self.connections = Connections(network, clock, self.pgo_of, self._notes)
        self.last_activity: dict[str, datetime] = {}
        self._kept: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    def stelselnode(self, handler: Handler) -> Handler:
        """Record fetches of lists."""

        async def observed(request: Incoming) -> Outgoing:
            started, before = self.clock.now(), self.clock.monotonic()
            answer = await handler(request)
            files = {name: kind for kind, name in framework().files.items()}
            kind = files.get(request.path.lstrip("/"), "unknown")
            raw = self.raw(
                request,
                answer,
                started,
                self.clock.monotonic() - before,
                Labels("list", f"list-{kind}"),
                self.pgo_of(client_host(request)),
                STELSELNODE,
                "",
            )
            self._of_everything(raw)
            return answer

        return observed

    def handshake(self, failed: Handshake) -> None:
        """Record a TLS handshake that failed."""
        raw = self.connections.handshake(failed)
        if raw is not None:
            self._of_everything(raw)

    def broken(self, broken: Broken) -> None:
        """Record what came on a connection and is no HTTP request."""
        raw = self.connections.broken(broken)
        if raw is not None:
            self.keep(raw)

    def _of_everything(self, raw: RawExchange) -> None:
        """Keep what belongs to all that a PGO does: it is written to each of its cells, also later ones."""
        with self._lock:
            kept = self._lists.setdefault((raw.client, raw.operation), deque(maxlen=_FETCHES))
            kept.append(raw)
            for trail in self._trails.values():
                if trail.pgo.id == raw.client and raw.server in (STELSELNODE, trail.his.dvza):
                    for cell in trail.cells:
                        self._write(replace(raw, cell=cell.key))
        self.keep(raw)

    def dvza(self, twin: DvzaState, handler: Handler) -> Handler:
        """Record what happens at a DVZA."""

        async def observed(request: Incoming) -> Outgoing:
            started, before = self.clock.now(), self.clock.monotonic()
            labels = self.labels(twin, request)
            answer = await handler(request)
            duration = self.clock.monotonic() - before
            with self._lock:
                self._keep(twin, request, answer, started, duration, labels)
            return answer

        return observed

    def flush(self) -> None:
        """Write what was held back without ever reaching a service."""
        with self._lock:
            self._open_refused()
            for trail in self._trails.values():
                if trail.held and not trail.cells:
                    shared = [item for item in trail.his.standards if item in trail.pgo.standards]
                    if shared:
                        self._open(trail, shared[0])

    def _open_refused(self) -> None:
        """Give whoever came no further than a refused certificate a cell in which that is judged."""
        seen = {trail.pgo.id for trail in self._trails.values() if trail.cells}
        for (client, operation), kept in list(self._lists.items()):
            pgo = next((item for item in self.network.of_role("pgo") if item.id == client), None)
            if operation != "refused" or pgo is None or client in seen:
                continue
            servers = {raw.server for raw in kept}
            for his in sorted(self.network.of_role("his"), key=lambda item: item.dvza not in servers):
                shared = [item for item in his.standards if item in pgo.standards]
                if shared and servers & {STELSELNODE, his.dvza}:
                    release = newest(item for item in his.releases if item in pgo.releases)
                    trail = self._trail(pgo.pgo_host, his.id, release)
                    if trail is not None:
                        self._open(trail, shared[0])
                    break

    @property
    def cells(self) -> list[Cell]:
        """Cells with recorded exchanges."""
        with self._lock:
            return sorted({cell for trail in self._trails.values() for cell in trail.cells})

    # -- labels -----------------------------------------------------------------------------------

    def labels(self, twin: DvzaState, request: Incoming) -> Labels:
        rel, rest = twin.release_of(request.path)
        asked = host_of(request.url)
        item = twin.participant
        if asked not in (item.front_host.lower(), item.back_host.lower()):
            return Labels("probe", "unknown-host")
        if rel is None or not rest:
            return Labels("probe", "unknown")
        if len(rest) >= 3 and rest[2] == "fhir":
            return self._resource(twin, request, rel.id, rest)
        interface, operation = _OPERATIONS.get(rest[0], ("probe", "unknown"))
        fields = fields_of(request)
        if operation == "authorize":
            return self._authorize(twin, request, rel.id, fields)
        if operation == "token-code":
            return self._token(twin, request, rel.id, fields)
        with twin.lock:
            session = twin.sessions.get(hashed(fields.get("transaction", "")))
        if session is None or not session.client_id:
            return Labels(interface, f"{operation}-without-flow")
        person = session.person or fields.get("person") or None
        trail = self._trail(session.client_id, session.his.id, rel.id)
        known = (Known("state", "state-sent", session.state),)
        return Labels(interface, operation, session.function, person, trail, known=known)

    def _token(self, twin: DvzaState, request: Incoming, release: str, fields: dict[str, str]) -> Labels:
        """By what is offered, in whatever field or form; else by who asks, in what it did last."""
        values = [hashed(value) for value in offered(request)]
        code = next((twin.codes[value] for value in values if value in twin.codes), None)
        refresh = next((twin.refresh[value] for value in values if value in twin.refresh), None)
        refreshing = refresh is not None and code is None
        if code is None and refresh is None:
            refreshing = fields.get("grant_type") == "refresh_token" or (
                "refresh_token" in fields and "code" not in fields
            )
        grant = refresh if refreshing else code
        host = client_host(request)
        if grant is not None and host not in ("", grant.client_id.lower()):
            grant = None  # somebody else's: the certificate says who asks
        trail = self._trail(grant.client_id, grant.his, release) if grant else self._last(twin, host, release)
        flow = grant.function if grant is not None else "collect"
        return Labels("token", "token-refresh" if refreshing else "token-code", flow, None, trail)

    def _last(self, twin: DvzaState, host: str, release: str) -> _Trail | None:
        """Where a PGO was last seen at this DVZA in this release."""
        pgo = self.pgo_of(host)
        with self._lock:
            return next(
                (
                    trail
                    for trail in reversed(self._trails.values())
                    if (trail.pgo.id, trail.release, trail.his.dvza) == (pgo, release, twin.participant.id)
                ),
                None,
            )

    def _authorize(self, twin: DvzaState, request: Incoming, release: str, fields: dict[str, str]) -> Labels:
        name, _, service = fields.get("scope", "").partition(" ")[0].partition("~")
        his = twin.his_by_name(name)
        client = fields.get("client_id", "")
        trail = self._trail(client, his.id, release) if his is not None else None
        known = service_standard(service) if service else None
        flow = "share" if known is not None and known.share and known.share.id == service else "collect"
        operation = "authorize" if request.method in ("GET", "HEAD") else "authorize-post"
        who = self.pgo_of(client.lower())
        return Labels("authorization", operation, flow, None, trail, service, client=who)

    def _resource(self, twin: DvzaState, request: Incoming, release: str, rest: tuple[str, ...]) -> Labels:
        service = rest[1]
        trail = self._trail(client_host(request), rest[0], release)
        token = bearer_token(header(request.headers, "authorization") or "") or ""
        grant = twin.access.get(hashed(token)) if token else None
        person = grant.person if grant is not None else ""
        flow = grant.function if grant is not None else "collect"
        path = "/".join(rest[3:])
        media = asked_format(header(request.headers, "accept") or "", fields_of(request).get("_format", ""))
        if path == "metadata":
            return Labels("resource", "fhir-metadata", flow, person, trail, service)
        known = service_standard(service)
        operation, interface = "unknown", "resource"
        if known is not None:
            queries = load_queries(known.id)
            query = queries.meant(request.method, request.url, self.dates)
            read = next(
                (item for item in queries if item.document and path.startswith(f"{item.reads}/")), None
            )
            if query is not None:
                operation = f"{query.operation}-{media}"
            elif request.method == "POST" and not path:
                operation = f"{known.short}-send-{media}"
            elif read is not None:
                operation, interface = f"{read.operation}-{media}", "document"
        return Labels(interface, operation, flow, person, trail, service)

    def pgo_of(self, host: str) -> str:
        found = next((item for item in self.network.of_role("pgo") if item.pgo_host.lower() == host), None)
        return found.id if found is not None else (host or UNKNOWN)

    def _trail(self, host: str, his_id: str, release: str) -> _Trail | None:
        pgo = next(
            (item for item in self.network.of_role("pgo") if item.pgo_host.lower() == host.lower()), None
        )
        his = next((item for item in self.network.of_role("his") if item.id == his_id), None)
        if pgo is None or his is None:
            return None
        with self._lock:
            key = (pgo.id, his.id, release)
            trail = self._trails.pop(key, None) or _Trail(pgo, his, release)
            self._trails[key] = trail  # in the order in which they were last used
            return trail

    # -- writing ----------------------------------------------------------------------------------

    def _keep(
        self,
        twin: DvzaState,
        request: Incoming,
        answer: Outgoing,
        started: datetime,
        duration: float,
        labels: Labels,
    ) -> None:
        client = labels.trail.pgo.id if labels.trail is not None else labels.client
        client = client or self.pgo_of(client_host(request))
        raw = self.raw(request, answer, started, duration, labels, client, twin.participant.id, "")
        trail = labels.trail
        if trail is None:
            self.keep(raw)
            return
        known = service_standard(labels.service) if labels.service else None
        if labels.interface in ("resource", "document") and known is not None:
            cell = self._open(trail, known.id)
            self._write(replace(raw, cell=cell.key))
            return
        trail.held.append(raw)
        del trail.held[:-_HELD]
        if not trail.cells and known is None:
            self.keep(raw)  # what waits in memory dies with the process
        if known is not None:
            if not any(item.standard == known.id for item in trail.cells):
                self._open(trail, known.id)
                return
            trail_cells = [item for item in trail.cells if item.standard == known.id]
        else:
            trail_cells = trail.cells
        for cell in trail_cells:
            self._write(replace(raw, cell=cell.key))

    def _open(self, trail: _Trail, standard_id: str) -> Cell:
        """The cell of a standard; the first time, everything that was held back is written to it."""
        found = next((item for item in trail.cells if item.standard == standard_id), None)
        if found is not None:
            return found
        cell = Cell(
            his=trail.his.id,
            dvza=trail.his.dvza,
            pgo=trail.pgo.id,
            standard=standard(standard_id).id,
            release=trail.release,
        )
        trail.cells.append(cell)
        lists = [
            raw
            for (client, _), kept in self._lists.items()
            if client == trail.pgo.id
            for raw in kept
            if raw.server in (STELSELNODE, trail.his.dvza)
        ]
        for raw in sorted((*lists, *trail.held), key=lambda raw: raw.started):
            self._write(replace(raw, cell=cell.key))
        return cell

    def keep(self, raw: RawExchange) -> None:
        """Record an exchange, unless its cell is full: what is recorded of it is then as if it had ended."""
        with self._lock:
            full = self._kept[raw.cell] >= MOST_RECORDED
            (self.left_out if full else self._kept)[raw.cell] += 1
        if not full:
            self.recorder.record(raw)

    def _write(self, raw: RawExchange) -> None:
        if raw.flow == "":
            raw = replace(raw, flow="collect")
        self.keep(raw)
        self.last_activity[raw.cell] = self.clock.now()

    def raw(
        self,
        request: Incoming,
        answer: Outgoing,
        started: datetime,
        duration: float,
        labels: Labels,
        client: str,
        server: str,
        cell: str,
    ) -> RawExchange:
        lists = labels.interface == "list"
        return RawExchange(
            interface=labels.interface,
            flow="" if lists else labels.flow,
            operation=labels.operation,
            client=client,
            server=server,
            started=started,
            duration=duration,
            method=request.method,
            url=request.url,
            request_headers=request.headers,
            request_body=request.body,
            status=answer.status,
            response_headers=answer.headers,
            response_body=answer.body,
            tls=request.tls,
            cell=cell,
            person=labels.person,
            known=labels.known,
            notes=self._notes(**self._went(request)),
        )

    def _went(self, request: Incoming) -> dict[str, Any]:
        """Whether the client is gone, and whether it did not take the answer to the same request before."""
        found: dict[str, Any] = {"gone": True} if request.gone() else {}
        identifier = header(request.headers, REQUEST_ID)
        if identifier:
            with self._lock:
                earlier = self._asked.pop(identifier, None)
                self._asked[identifier] = request.unread
                if len(self._asked) > _HELD:
                    self._asked.pop(next(iter(self._asked)))
            if earlier is not None and earlier():
                found["unread_before"] = True
        return found

    def _notes(self, **facts: Any) -> dict[str, Any]:
        """The notes of an exchange, with a number by which its copies are known."""
        with self._lock:
            self._seen += 1
            return {"side": "server", "seen": f"{self._start}.{self._seen}", **facts}

"""What the authorization, token and resource server of a DVZA twin share: its state, and its rules about it.

Secrets come from :mod:`secrets` and are kept as hashes only, so that looking one up takes the same time
whatever was offered.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from harness.core.clock import Clock, today
from harness.core.standards.faults import active
from harness.core.standards.table import service_standard
from harness.medmij import age
from harness.medmij.lists import Ocl, Whitelist
from harness.medmij.releases import Function, Release, release
from harness.network.file import Network, Participant
from harness.network.person.declared import KnownPerson
from harness.network.twins.backends import Backend
from harness.network.twins.dvza.records import Consent, Grant, Kept, Session, hashed
from harness.network.twins.stelselnode import Stelselnode, client_host, published_services, release_path
from harness.network.wire.serving import Incoming, Outgoing

ANYBODY = "*"
"""Caller without client certificate, at a DVZA that does not ask for one (a fault)."""


class DvzaState:
    """State and rules of one DVZA twin.

    :param backends: what stands behind each HIS id.
    :param persons: persons that can log in.
    :param t: the day on which ages are reckoned (``T``: persons are born relative to it); default today.
    :param learn: told about every secret that is made (kind, value), for the recorder.
    :ivar explains: whether refusals say why; a real DVZA need not, one that others test against does.
    """

    def __init__(
        self,
        participant: Participant,
        network: Network,
        stelselnode: Stelselnode,
        clock: Clock,
        *,
        backends: Mapping[str, Backend],
        persons: Iterable[KnownPerson],
        learn: Callable[[str, str], None] = lambda kind, value: None,
        t: date | None = None,
    ) -> None:
        self.participant = participant
        self.network = network
        self.stelselnode = stelselnode
        self.clock = clock
        self.backends = dict(backends)
        self.persons = {item.id: item for item in persons}
        self.learn = learn
        self.t = t
        self.lock = threading.RLock()
        self.sessions = Kept[Session]()
        self.codes = Kept[Grant]()
        self.access = Kept[Grant]()
        self.refresh = Kept[Grant]()
        self.consents = Kept[Consent]()
        self.withdrawn = Kept[Consent]()
        self.spent: set[tuple[str, str]] = set()
        self._faults: dict[str, frozenset[str]] = {"": frozenset(participant.faults)}
        self.explains = False
        self._repeated = secrets.token_urlsafe(32)
        self._admitted: set[str] = set()
        self._prefix, self._issued = secrets.token_urlsafe(32), 0
        self._releases = {release_path(item): release(item) for item in participant.releases}
        self._his = {item.id: item for item in network.behind(participant.id)}
        self._services: dict[tuple[str, str], tuple[tuple[str, bool], ...]] = {}

    # -- faults -----------------------------------------------------------------------------------

    def begin_flow(self, flow: str) -> None:
        """Only the faults of the network file that belong to this flow (or to all flows) are on."""
        with self.lock:
            self._faults[""] = active(self.participant.faults, flow)

    def set_faults(self, client: str, faults: Iterable[str]) -> None:
        """Faults for one client host while a flow runs; an empty set ends them."""
        with self.lock:
            chosen = frozenset(faults)
            if chosen:
                self._faults[client] = chosen
            else:
                self._faults.pop(client, None)
            self.spent = {item for item in self.spent if item[1] != client}

    def fault(self, name: str, client: str = "") -> bool:
        """Whether a fault is switched on, for everybody or for this client host."""
        with self.lock:
            return name in self._faults.get("", ()) or (bool(client) and name in self._faults.get(client, ()))

    def plays(self, held: Session | Grant, name: str) -> bool:
        """Whether a fault is on for the client of a request or grant, or is played in the visit it is of."""
        return name in held.played or self.fault(name, held.client_id)

    def fault_once(self, name: str, client: str) -> bool:
        """As :meth:`fault`, but only the first time it is asked for this client."""
        with self.lock:
            if not self.fault(name, client) or (name, client) in self.spent:
                return False
            self.spent.add((name, client))
            return True

    # -- what the lists say -----------------------------------------------------------------------

    def release_of(self, path: str) -> tuple[Release | None, tuple[str, ...]]:
        """Release and remaining path segments of a request path."""
        segments = tuple(part for part in path.split("/") if part)
        return (self._releases.get(segments[0]) if segments else None), segments[1:]

    def organisation(self, client_id: str, rel: Release) -> str | None:
        """Name of a client on the OCL, ``None`` when it is not there."""
        ocl = self.stelselnode.document("ocl", rel.id)
        client = ocl.client(client_id) if isinstance(ocl, Ocl) else None
        return client.organisation if client is not None else None

    def client_services(self, client_id: str, rel: Release) -> frozenset[str] | None:
        """Services of a client on the OCL; ``None`` when the list does not say."""
        ocl = self.stelselnode.document("ocl", rel.id)
        client = ocl.client(client_id) if isinstance(ocl, Ocl) else None
        return client.services(rel.interface_version) if client is not None else None

    def whitelisted(self, host: str, rel: Release) -> bool:
        """Whether a node may take part."""
        whitelist = self.stelselnode.document("whl", rel.id)
        return isinstance(whitelist, Whitelist) and whitelist.allows(host)

    def his_by_name(self, name: str) -> Participant | None:
        """The HIS behind a MedMij name (without suffix)."""
        wanted = name.removesuffix("@medmij").casefold()
        return next(
            (item for item in self._his.values() if item.provider_name.removesuffix("@medmij") == wanted),
            None,
        )

    def names(self, rel: Release) -> tuple[str, ...]:
        """MedMij names (without suffix) that this DVZA authorizes for."""
        return tuple(
            item.provider_name.removesuffix("@medmij")
            for item in self._his.values()
            if rel.id in item.releases
        )

    def services(self, his: Participant, rel: Release, function: Function | None = None) -> tuple[str, ...]:
        """GegevensdienstIds that a HIS offers, of one function or of both."""
        key = (his.id, rel.id)
        if key not in self._services:
            ids = [service.id for service in published_services(his, self.participant, rel)]
            self._services[key] = tuple((item, _shares(item)) for item in ids)
        return tuple(
            item
            for item, shares in self._services[key]
            if function is None or (function == "share") == shares
        )

    def his(self, his_id: str) -> Participant | None:
        """A HIS behind this DVZA."""
        return self._his.get(his_id)

    def service_names(self, services: Iterable[str]) -> list[str]:
        """Display names of services, for the screens."""
        return [self.stelselnode.service_name(item) for item in services]

    # -- persons ----------------------------------------------------------------------------------

    def unavailable(self, person: KnownPerson, his: Participant) -> str:
        """Why the availability check fails, ``""`` when data may be given."""
        if not person.treatment_relation:
            return "no-relation"
        if not person.data_available:
            return "no-data"
        if person.birth is not None and not age.may_collect(person.birth, self.t or today(self.clock)):
            return "age"
        return ""

    # -- authorization requests under way -----------------------------------------------------------

    def remember(self, session: Session) -> None:
        """Keep a session."""
        with self.lock:
            self.sessions[hashed(session.id)] = session

    # -- secrets ----------------------------------------------------------------------------------

    def new_secret(self, kind: str, client: str = "") -> str:
        """A fresh secret of 256 bits, announced to the recorder."""
        value = secrets.token_urlsafe(32)
        if client and self.fault("short-secrets", client):
            value = f"{secrets.randbelow(10**8):08d}"
        if client and kind == "token" and self.fault("token-repeated", client):
            value = self._repeated
        if client and self.fault("growing-secrets", client):
            self._issued += 1
            value = f"{self._prefix}{self._issued:010d}"
        self.learn(kind, value)
        return value

    def age(self, secret: str, seconds: float) -> None:
        """Make one grant or authorization request older: the clock of everything else stands as it stood."""
        with self.lock:
            session = self.sessions.get(hashed(secret))
            if session is not None:
                session.created -= timedelta(seconds=seconds)
            for store in (self.codes, self.access, self.refresh):
                grant = store.get(hashed(secret))
                if grant is not None:
                    store[hashed(secret)] = replace(grant, issued=grant.issued - timedelta(seconds=seconds))

    # -- callers ----------------------------------------------------------------------------------

    def caller(self, request: Incoming) -> str:
        """Host of the client certificate, ``""`` without one; :data:`ANYBODY` when that does not matter."""
        host = client_host(request)
        if not host and self.fault("client-certificate-ignored"):
            return ANYBODY
        return host

    def admitted(self, host: str, rel: Release) -> bool:
        """Whether a node may use the back channel."""
        if host == ANYBODY or (host and self.fault("whitelist-ignored", host)):
            return True
        listed = bool(host) and self.whitelisted(host, rel)
        if listed:
            self._admitted.add(host)
        return listed or (host in self._admitted and self.fault("whitelist-remembered", host))


def not_found() -> Outgoing:
    """A plain 404."""
    return Outgoing(status=404, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=b"not found\n")


def _shares(service: str) -> bool:
    """Whether a service is one that data are shared with."""
    known = service_standard(service)
    return known is not None and known.share is not None and known.share.id == service

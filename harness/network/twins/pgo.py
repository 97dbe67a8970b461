"""The PGO twin: a strict MedMij client that does the duties of section 7.2 of the facts.

It keeps the four lists per release (validated, never back to an older one), only talks to hosts on the
Whitelist, sends the scope and identifiers of the release, checks ``state``, offers a code once, keeps the
rotated refresh token, and honours the granted scope and lifetime. Faults switch single duties off, by name.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from harness.core.errors import ConfigurationError
from harness.core.standards.faults import active
from harness.core.text import Text
from harness.medmij.lists import Ocl, ServiceNames, Whitelist, Zal
from harness.medmij.lists.cache import CacheState, Step, due, failed, received
from harness.medmij.releases import ListKind, Release
from harness.network.file import Network, Participant
from harness.network.twins.stelselnode import SPARE_PGO, live_hosts
from harness.network.wire.client import HttpClient
from harness.network.wire.connect import ConnectMap
from harness.pki.authority import Identity, TestPki
from harness.pki.contexts import client_context


class Lists:
    """What a PGO holds of the lists of one release."""

    def __init__(self) -> None:
        self.states: dict[ListKind, CacheState] = {}
        self._lock = threading.Lock()

    def due(self, kind: ListKind, now: datetime) -> bool:
        """Whether a list must be fetched (again)."""
        state = self.states.get(kind)
        return state is None or due(state, now)

    def received(self, kind: ListKind, body: bytes, rel: Release, now: datetime) -> Step:
        """A body came in."""
        with self._lock:
            step = received(self._state(kind), body, rel, now)
            self.states[kind] = step.state
            return step

    def failed(self, kind: ListKind, reason: str, now: datetime) -> Step:
        """Nothing usable came in."""
        with self._lock:
            step = failed(self._state(kind), reason, now)
            self.states[kind] = step.state
            return step

    def received_anyway(self, kind: ListKind, body: bytes, rel: Release, now: datetime) -> Step:
        """As :meth:`received`, for a client that goes back to older lists (a fault)."""
        with self._lock:
            step = received(CacheState(kind=kind), body, rel, now)
            if step.state.document is not None:
                self.states[kind] = step.state
            return step

    def forget(self) -> None:
        """Fetch everything again at the next occasion, without losing what is held."""
        with self._lock:
            for kind, state in self.states.items():
                self.states[kind] = CacheState(
                    kind=kind, document=state.document, fetched=state.fetched, failures=state.failures
                )

    def _state(self, kind: ListKind) -> CacheState:
        return self.states.get(kind) or CacheState(kind=kind)

    @property
    def zal(self) -> Zal | None:
        """The provider list."""
        found = self.states.get("zal")
        return found.document if found and isinstance(found.document, Zal) else None

    @property
    def ocl(self) -> Ocl | None:
        """The client list."""
        found = self.states.get("ocl")
        return found.document if found and isinstance(found.document, Ocl) else None

    @property
    def gnl(self) -> ServiceNames | None:
        """The service names."""
        found = self.states.get("gnl")
        return found.document if found and isinstance(found.document, ServiceNames) else None

    @property
    def whitelist(self) -> Whitelist | None:
        """The whitelist."""
        found = self.states.get("whl")
        return found.document if found and isinstance(found.document, Whitelist) else None


class PgoTwin:
    """One PGO of the network: identity, clients, lists.

    :param connect: where public names listen.
    :param trust: PEM anchors for both channels; ``None`` uses those of the machine.
    """

    def __init__(
        self,
        participant: Participant,
        network: Network,
        pki: TestPki,
        connect: ConnectMap,
        *,
        front_trust: bytes | None,
        back_trust: bytes | None,
        proxy: str = "",
    ) -> None:
        self.participant = participant
        self.network = network
        self.pki = pki
        self.connect = connect
        self.proxy = proxy
        self._stated = frozenset(
            host.lower()
            for item in network.of_role("dvza")
            if item.kind == "live" and not item.lists
            for host in live_hosts(item)
        )
        self._front_trust = front_trust
        self._back_trust = back_trust
        self._clients: dict[str, HttpClient] = {}
        self._lists: dict[str, Lists] = {}
        self._lock = threading.RLock()
        self._faults: frozenset[str] = frozenset(participant.faults)
        self._flow_faults: frozenset[str] = frozenset()
        self._beside: dict[str, PgoTwin] = {}

    @property
    def host(self) -> str:
        """Node host, which is the client id."""
        return self.participant.pgo_host

    def fault(self, name: str) -> bool:
        """Whether a duty is switched off."""
        return name in self._faults or name in self._flow_faults

    @property
    def faults(self) -> frozenset[str]:
        """All duties that are switched off now."""
        return self._faults | self._flow_faults

    def set_faults(self, faults: Iterable[str]) -> None:
        """Further faults while a flow runs."""
        self._flow_faults = frozenset(faults)

    def begin_flow(self, flow: str) -> None:
        """Only the faults of the network file that belong to this flow (or to all flows) are on."""
        on = active(self.participant.faults, flow)
        if on != self._faults:
            self._faults = on
            self.close()

    def lists(self, rel: Release) -> Lists:
        """The lists of a release."""
        with self._lock:
            return self._lists.setdefault(rel.id, Lists())

    def forget(self, release_id: str) -> None:
        """Fetch the lists of a release again at the next occasion."""
        with self._lock:
            if release_id in self._lists:
                self._lists[release_id].forget()

    def identity(self) -> Identity:
        """The node's own client certificate: of the network file, else issued by the test PKI."""
        with self._lock:
            if self.participant.certificate:
                return file_identity(self.network, self.participant)
            return self.pki.client(self.host)

    def front(self) -> HttpClient:
        """The person's browser: no client certificate."""
        return self._client(
            "front",
            lambda: HttpClient(self.connect, client_context(trust=self._front_trust), proxy=self.proxy),
        )

    def back(self, kind: str = "own", *, connect: ConnectMap | None = None) -> HttpClient:
        """The node on the back channel.

        :param kind: certificate to show, a name of :data:`harness.medmij.flows.CertificateKind`.
        :param connect: other places where names listen (faulty servers), for one flow.
        """
        if connect is not None:
            return self._make(self._identity_of(kind), connect)
        return self._client(f"back-{kind}", lambda: self._make(self._identity_of(kind), self.connect))

    def _make(self, identity: Identity | None, connect: ConnectMap) -> HttpClient:
        context = client_context(
            identity, trust=self._back_trust, verify=not self.fault("ignore-certificates")
        )
        lax = self.fault("ignore-certificates") or self.fault("accept-wildcard")
        return HttpClient(connect, context, identity=identity, proxy=self.proxy, refuse_wildcards=not lax)

    def _identity_of(self, kind: str) -> Identity | None:
        if kind in ("own", "not-on-whitelist"):  # for the latter the Whitelist is what changes
            return self.identity()
        if kind == "none":
            return None
        if kind == "other-pgo":
            other = self._other_participant()
            if other is not None and other.certificate:
                return file_identity(self.network, other)
            return self.pki.client(other_pgo(self.network, self.participant))
        return self.pki.client(self.host, fault=kind)

    def beside(self, participant: Participant) -> PgoTwin:
        """Another PGO in the same network, without faults; made once."""
        with self._lock:
            if participant.id not in self._beside:
                self._beside[participant.id] = PgoTwin(
                    msgspec.structs.replace(participant, faults=()),
                    self.network,
                    self.pki,
                    self.connect,
                    front_trust=self._front_trust,
                    back_trust=self._back_trust,
                    proxy=self.proxy,
                )
            return self._beside[participant.id]

    def _other_participant(self) -> Participant | None:
        return next((i for i in self.network.of_role("pgo") if i.id != self.participant.id), None)

    def has_other_identity(self) -> bool:
        """Whether a live party would know the certificate of a second PGO."""
        other = self._other_participant()
        return other is not None and bool(other.certificate)

    def _client(self, key: str, make: Callable[[], HttpClient]) -> HttpClient:
        with self._lock:
            if key not in self._clients:
                self._clients[key] = make()
            return self._clients[key]

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
            for other in self._beside.values():
                other.close()
            self._beside.clear()

    def allowed_host(self, rel: Release, host: str) -> bool:
        """Whether the node may talk to a host on the back channel: it is on the Whitelist."""
        if self.fault("foreign-host") or self.fault("ignore-certificates"):
            return True
        if host.lower() in self._stated:
            return True
        whitelist = self.lists(rel).whitelist
        return whitelist is None or whitelist.allows(host)

    def certificate_notes(self, kind: str) -> dict[str, Any]:
        """Which client certificate an exchange used, when it was not the node's own."""
        return {} if kind == "own" else {"certificate": kind}


def other_pgo(network: Network, participant: Participant) -> str:
    """Host of another PGO in the network."""
    others = [item.pgo_host for item in network.of_role("pgo") if item.id != participant.id]
    return others[0] if others else SPARE_PGO


def file_identity(network: Network, participant: Participant) -> Identity:
    """Certificate and key of the network file.

    :raises ConfigurationError: the files do not hold a certificate and an unencrypted key that belong
        together.
    """
    certificate, key = network.base / participant.certificate, network.base / participant.key
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
        return Identity(participant.id, (), certificate.read_bytes(), key.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            Text(
                nl="certificaat en sleutel kunnen niet worden gebruikt",
                en="certificate and key cannot be used",
            ),
            where=f"{certificate}, {key}",
            received=str(error),
        ) from None

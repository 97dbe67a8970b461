"""A running network: twins on real sockets in one background event loop, and flows driven in it.

::

    network = Network.load("demo")
    with start(network, recorder=recorder, clock=clock, t=t) as running:
        running.drive(cell, "collect")

``drive`` is synchronous and records every exchange; what it means is the judges' business.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import date
from types import TracebackType
from typing import Any, Final

from harness.core.clock import Clock, OffsetClock, SystemClock, today
from harness.core.errors import ConfigurationError, UsageError
from harness.core.run.events import EventStream
from harness.core.run.exchanges import Request, Response
from harness.core.run.findings import Cell
from harness.core.standards.table import standard
from harness.core.tdates import TDates
from harness.core.text import Text
from harness.medmij.flows import Variant, variants
from harness.medmij.releases import Function, release
from harness.network.drive.driver import Driver
from harness.network.drive.session import FlowSession, Parties
from harness.network.file import Network, Participant
from harness.network.observe import Observer
from harness.network.person import login
from harness.network.person.persons import declared_persons, fixture_persons
from harness.network.twins.backends import Backend, LiveBackend, TwinBackend
from harness.network.twins.dvza.shared import DvzaTwin, KnownPerson
from harness.network.twins.his import HisTwin
from harness.network.twins.pgo import PgoTwin, file_identity
from harness.network.twins.stelselnode import Stelselnode, list_host
from harness.network.wire.client import HttpClient
from harness.network.wire.connect import ConnectMap
from harness.network.wire.serving import Handler, HandlerApp, Hosting, Incoming, Outgoing
from harness.pki.authority import TestPki
from harness.pki.contexts import client_context, server_context
from harness.pki.facts import certificate_facts
from harness.record import RawExchange, Recorder

FRONT_CERTIFICATES: Final = {
    "front-certificate-wildcard": "wildcard",
    "front-certificate-no-organisation": "no-organisation",
}
"""Faults of a DVZA twin that change its front-channel certificate."""
WEAK_TLS: Final[dict[str, dict[str, Any]]] = {
    "tls-1-0": {"minimum": ssl.TLSVersion.TLSv1, "ciphers": "DEFAULT:ALL", "security_level": 0},
    "weak-suites": {"ciphers": "ALL:!aNULL:!eNULL", "security_level": 0},
    "tls-1-1-only": {
        "minimum": ssl.TLSVersion.TLSv1_1,
        "maximum": ssl.TLSVersion.TLSv1_1,
        "ciphers": "ALL",
        "security_level": 0,
    },
}
"""TLS settings of servers that should not exist."""
MAIN_FLOWS: tuple[Function, ...] = ("collect", "share")


def start(
    network: Network,
    *,
    recorder: Recorder | None = None,
    clock: Clock | None = None,
    events: EventStream | None = None,
    t: date | None = None,
    intensity: str = "normal",
    pki: TestPki | None = None,
    observe: bool = False,
) -> RunningNetwork:
    """Start the twins of a network.

    :param recorder: where exchanges go; default: kept in memory.
    :param clock: time of the run. Twins get it when it can be moved, else a clock of their own that can.
    :param t: the date ``T``; default today.
    :param intensity: ``smoke``, ``normal`` or ``full``: how often sampled flows repeat, whether live parties
        are really waited for.
    :param pki: test certificate authorities; default fresh ones.
    :param observe: record what others do at our mocks (``harness serve``); not together with driving.
    :raises ConfigurationError: a certificate, key or address cannot be used.
    """
    return RunningNetwork(
        network,
        recorder=recorder,
        clock=clock,
        events=events,
        t=t,
        intensity=intensity,
        pki=pki,
        observe=observe,
    )


class RunningNetwork:
    """See the top of this module. Use it as a context manager, or call :meth:`close`."""

    def __init__(
        self,
        network: Network,
        *,
        recorder: Recorder | None,
        clock: Clock | None,
        events: EventStream | None,
        t: date | None,
        intensity: str,
        pki: TestPki | None,
        observe: bool = False,
    ) -> None:
        self.network = network
        real = clock or SystemClock()
        self.clock: Clock = OffsetClock() if isinstance(real, SystemClock) else real
        self.t = t or today(self.clock)
        self.events = events
        self.intensity = intensity
        self.recorder = recorder or Recorder(persons=declared_persons(network, self.t))
        self.pki = pki or TestPki(self.clock.now())
        self.connect = ConnectMap(network.connect)
        self.hosting = Hosting()
        self._clients: list[HttpClient] = []
        self._recipes: dict[str, login.Recipe] = {}
        self.errors: list[BaseException] = []
        self.observer = Observer(network, self.recorder, self.clock, self.t) if observe else None
        try:
            self.stelselnode = Stelselnode(network, self.clock)
            self.his = {
                item.id: HisTwin(item, t=self.t, clock=self.clock)
                for item in network.of_role("his")
                if item.kind == "twin"
            }
            self.dvzas = {
                item.id: self._dvza(item) for item in network.of_role("dvza") if item.kind == "twin"
            }
            self.pgos = {item.id: self._pgo(item) for item in network.of_role("pgo")}
            self._serve()
        except BaseException:
            self.close()
            raise

    # -- starting ---------------------------------------------------------------------------------

    def front_trust(self) -> bytes | None:
        """PEM anchors for the front channel."""
        return self._trust("front")

    def back_trust(self) -> bytes | None:
        """PEM anchors for the back channel."""
        return self._trust("back")

    def _trust(self, channel: Any) -> bytes | None:
        files = self.network.trust
        if files == "system":
            return _system_trust() + self.pki.trust(channel)
        anchors = b"".join((self.network.base / str(name)).read_bytes() + b"\n" for name in files)
        return anchors + self.pki.trust(channel)

    def _proxy(self, scheme: str = "https") -> str:
        if self.network.proxy == "none":
            return ""
        if self.network.proxy != "env":
            return self.network.proxy
        from urllib.request import getproxies

        return getproxies().get(scheme, "")

    def _pgo(self, item: Participant) -> PgoTwin:
        return PgoTwin(
            item,
            self.network,
            self.pki,
            self.connect,
            front_trust=self.front_trust(),
            back_trust=self.back_trust(),
            proxy=self._proxy(),
        )

    def _dvza(self, item: Participant) -> DvzaTwin:
        backends: dict[str, Backend] = {}
        for his in self.network.behind(item.id):
            if his.kind == "twin":
                backends[his.id] = TwinBackend(self.his[his.id])
            else:
                backends[his.id] = self._live_backend(item, his)
        return DvzaTwin(
            item,
            self.network,
            self.stelselnode,
            self.clock,
            backends=backends,
            persons=self.known_persons(),
            learn=self.recorder.learn,
            t=self.t,
        )

    def _live_backend(self, dvza: Participant, his: Participant) -> LiveBackend:
        identity = file_identity(self.network, his) if his.certificate else None
        context = client_context(identity, trust=self.back_trust())
        client = HttpClient(self.connect, context, identity=identity, proxy=self._proxy())
        self._clients.append(client)
        credential = his.credential.read(self.network.base) if his.credential is not None else ""
        if credential:
            self.recorder.learn("key", credential)

        def told(request: Request, response: Response | None, error: str) -> None:
            now = self.clock.now()
            self.recorder.record(
                RawExchange(
                    interface="resource",
                    flow="upstream",
                    operation="upstream",
                    client=dvza.id,
                    server=his.id,
                    started=now,
                    duration=0.0,
                    method=request.method,
                    url=request.url,
                    request_headers=request.headers,
                    request_body=request.body,
                    status=response.status if response is not None else 0,
                    response_headers=response.headers if response is not None else (),
                    response_body=response.body if response is not None else b"",
                    error=error,
                    person="",
                )
            )

        return LiveBackend(his, client, credential, told)

    def known_persons(self) -> list[KnownPerson]:
        """Persons that can log in at our DVZA: our fixtures, and those of the network file."""
        found = {
            item.id: KnownPerson(
                id=item.id,
                display=item.display,
                birth=item.birth_date(self.t),
                treatment_relation=item.treatment_relation,
                data_available=item.data_available,
                patients={"": item.patient},
            )
            for item in fixture_persons()
        }
        for person in self.network.persons:
            known = found.get(person.id)
            patients = {"": person.patients[0]} if person.patients else dict(known.patients if known else {})
            found[person.id] = KnownPerson(
                id=person.id,
                display=person.name or (known.display if known else person.id),
                birth=date.fromisoformat(person.birth_date)
                if person.birth_date
                else (known and known.birth) or None,
                treatment_relation=known.treatment_relation if known else True,
                data_available=known.data_available if known else True,
                patients=patients,
            )
        for his in self.network.of_role("his"):
            for person_id, patient in his.id_map.items():
                if person_id in found:
                    old = found[person_id]
                    found[person_id] = KnownPerson(
                        id=old.id,
                        display=old.display,
                        birth=old.birth,
                        treatment_relation=old.treatment_relation,
                        data_available=old.data_available,
                        patients={**old.patients, his.id: patient},
                    )
        return list(found.values())

    def _serve(self) -> None:
        releases = {item for participant in self.network.participants for item in participant.releases}
        node = self.network.stelselnode
        if node.kind == "twin":
            mtls = node.mtls and not {"list-without-mtls", "no-mtls"} & set(node.faults)
            for host in sorted({list_host(self.network, item) for item in releases}):
                handler: Handler = self.stelselnode.handle
                if self.observer is not None:
                    handler = self.observer.stelselnode(handler)
                self.serve_host(host, handler, channel="back", mtls=mtls)
        for twin in self.dvzas.values():
            item = twin.participant
            weak = next((name for name in WEAK_TLS if name in item.faults), "")
            front = next((fault for name, fault in FRONT_CERTIFICATES.items() if name in item.faults), "")
            front_handler: Handler = twin.front
            back_handler: Handler = twin.back
            if self.observer is not None:
                front_handler = self.observer.dvza(twin, front_handler)
                back_handler = self.observer.dvza(twin, back_handler)
            self.serve_host(
                item.front_host, front_handler, channel="front", mtls=False, fault=front, weak=weak
            )
            self.serve_host(
                item.back_host,
                back_handler,
                channel="back",
                mtls=True,
                weak=weak,
                lax="client-certificate-ignored" in item.faults,
            )
            if "plain-http" in item.faults:
                for host in (item.front_host, item.back_host):
                    port = self.hosting.listen(HandlerApp(_plain_data), None)
                    self.connect.add(host, 80, "127.0.0.1", port)

    def serve_host(
        self,
        host: str,
        handler: Handler,
        *,
        channel: Any,
        mtls: bool,
        fault: str = "",
        weak: str = "",
        lax: bool = False,
        publish: bool = True,
        address: str = "127.0.0.1",
    ) -> int:
        """Serve a public name; returns the real port.

        :param fault: name of a faulty certificate.
        :param weak: a name of :data:`WEAK_TLS`.
        :param lax: take any client certificate of ours, good or faulty, or none.
        :param publish: enter it in the connect map.
        """
        identity = self.pki.server(host, channel=channel, fault=fault)
        trust = self.back_trust() or b""
        if lax:
            trust += b"".join(self.faulty_anchors())
        context = server_context(
            identity,
            client_trust=trust if mtls else None,
            client_auth=("optional" if lax else "required") if mtls else "none",
            **WEAK_TLS.get(weak, {}),
        )
        if lax:
            context.verify_flags = (
                context.verify_flags & ~ssl.VERIFY_X509_STRICT
            ) | ssl.VERIFY_X509_PARTIAL_CHAIN
        der = ssl.PEM_cert_to_DER_cert(
            identity.chain.decode("ascii").split("-----END CERTIFICATE-----")[0]
            + "-----END CERTIFICATE-----\n"
        )
        app = HandlerApp(handler, own=certificate_facts(der), sleep=self._sleep, on_error=self.errors.append)
        port = self.hosting.listen(app, context, address=address)
        if publish:
            self.connect.add(host, 443, address, port)
        return port

    def faulty_anchors(self) -> list[bytes]:
        """What a server must trust to take even our faulty client certificates."""
        found = []
        for pgo in self.network.of_role("pgo"):
            for fault in ("untrusted", "self-signed"):
                found += _certificates(self.pki.client(pgo.pgo_host, fault=fault).chain)
        return found

    async def _sleep(self, seconds: float) -> None:
        advance = getattr(self.clock, "advance", None)
        if advance is not None and self.intensity != "full":
            advance(seconds)
        else:
            await self.clock.sleep(seconds)

    # -- driving ----------------------------------------------------------------------------------

    def drive(self, cell: Cell, flow: str) -> None:
        """Drive one flow of a cell; everything that happens is recorded.

        :param flow: ``collect``, ``share``, or a variant of ``profiles/afsprakenstelsel/flows.yaml``.
        :raises UsageError: unknown flow.
        :raises ConfigurationError: a recipe, credential or certificate of the network file is wrong.
        """
        self.begin_flow(flow)
        if flow in MAIN_FLOWS:
            self._drive_main(cell, flow)
            return
        known = variants()
        if flow not in known:
            raise UsageError(
                Text(nl=f"onbekende stroom '{flow}'", en=f"unknown flow '{flow}'"),
                expected=", ".join((*MAIN_FLOWS, *sorted(known))),
                received=flow,
            )
        chosen = known[flow]
        if self.can_drive(cell, chosen):
            from harness.network.drive.circumstances import circumstances

            repeats = chosen.repeat.get(self.intensity, 1)
            with circumstances(self, cell, chosen) as connect:
                for _ in range(repeats):
                    self._driver(cell, flow, chosen.function, chosen, connect).run()

    def begin_flow(self, flow: str) -> None:
        """Switch on the faults that belong to a flow, in every twin."""
        if self.stelselnode.begin_flow(flow):
            self.forget_lists()
        for dvza in self.dvzas.values():
            dvza.begin_flow(flow)
        for his in self.his.values():
            his.begin_flow(flow)
        for pgo in self.pgos.values():
            pgo.begin_flow(flow)

    def forget_lists(self) -> None:
        """Let every PGO fetch its lists again at the next occasion."""
        for pgo in self.pgos.values():
            for item in pgo.participant.releases:
                pgo.forget(item)

    def can_drive(self, cell: Cell, chosen: Variant) -> bool:
        """Whether a variant can be driven in a cell: release, kinds of parties, waiting."""
        dvza = self.network.participant(cell.dvza)
        if cell.release not in chosen.releases:
            return False
        if chosen.function == "share" and standard(cell.standard).share is None:
            return False
        if chosen.subject == "pgo" and (
            dvza.kind != "twin" or self.network.participant(cell.pgo).kind != "twin"
        ):
            return False
        return dvza.kind == "twin" or self._can_drive_live(cell, dvza, chosen)

    def _can_drive_live(self, cell: Cell, dvza: Participant, chosen: Variant) -> bool:
        """Towards a live DVZA some variants need real waiting, another node, or persons that only we have."""
        if chosen.server or (chosen.waiting and self.intensity != "full"):
            return False
        for kind in (chosen.token.certificate, chosen.resource.certificate):
            if kind == "other-pgo" and not self.pgos[cell.pgo].has_other_identity():
                return False
            if kind in ("not-on-whitelist", "expired"):
                return False
        return chosen.person == "default" or dvza.login in ("", "mock")

    def _drive_main(self, cell: Cell, flow: Function) -> None:
        if flow == "share" and standard(cell.standard).share is None:
            return
        self._driver(cell, flow, flow, None, None).run()

    def authorized(self, cell: Cell, function: Function, person: str = "") -> FlowSession:
        """A session that has walked the flow up to its access token, for drivers with requests of their own.

        :param person: test person, by default that of the cell. Without ``values["token"]`` the flow failed.
        """
        driver = self._driver(cell, function, function, None, None)
        if person:
            driver.session.person = person
            driver.person_values = self._person_values(person)
            if driver.supplied_token:
                driver.supplied_token = self._supplied_token(person)
        driver.obtain_token()
        return driver.session

    def _driver(
        self, cell: Cell, flow: str, function: Function, chosen: Variant | None, connect: ConnectMap | None
    ) -> Driver:
        parties = Parties(
            his=self.network.participant(cell.his),
            dvza=self.network.participant(cell.dvza),
            pgo=self.network.participant(cell.pgo),
        )
        known = standard(cell.standard)
        service = known.share if function == "share" and known.share is not None else known.collect
        person = self.network.person_of(cell)
        session = FlowSession(
            cell=cell,
            flow=flow,
            function=function,
            release=release(cell.release),
            standard=known,
            service=service,
            parties=parties,
            person=person,
            dates=TDates(self.t),
            pgo=self.pgos[cell.pgo],
            recorder=self.recorder,
            clock=self.clock,
        )
        tokens = parties.dvza.login == "tokens"
        node = self.network.stelselnode
        hosts = node.url if node.kind == "live" and node.url else list_host(self.network, cell.release)
        if parties.dvza.kind == "live" and parties.dvza.lists:
            hosts = parties.dvza.lists
        return Driver(
            session,
            chosen,
            recipe=None if tokens else self._recipe(parties.dvza),
            person_values=self._person_values(person),
            list_host=hosts,
            connect=connect,
            supplied_token=self._supplied_token(person) if tokens else "",
            mock_pages=parties.dvza.login in ("", "mock"),
        )

    def _recipe(self, dvza: Participant) -> login.Recipe:
        if dvza.login in ("", "mock"):
            return login.MOCK
        if dvza.id not in self._recipes:
            self._recipes[dvza.id] = login.load_recipe(self.network.base / dvza.login)
        return self._recipes[dvza.id]

    def _person_values(self, person: str) -> dict[str, str]:
        found = next((item for item in self.network.persons if item.id == person), None)
        if found is None:
            return {}
        values = {
            name: value if isinstance(value, str) else value.read(self.network.base)
            for name, value in found.values.items()
        }
        for name, value in found.values.items():
            if not isinstance(value, str):
                self.recorder.learn("key", values[name])
        if found.bsn:
            values.setdefault("bsn", found.bsn)
        return values

    def _supplied_token(self, person: str) -> str:
        found = next((item for item in self.network.persons if item.id == person), None)
        if found is None or found.token is None:
            raise ConfigurationError(
                Text(
                    nl=f"login: tokens, maar persoon '{person or '?'}' heeft geen 'token'",
                    en=f"login: tokens, but person '{person or '?'}' has no 'token'",
                ),
                where=self.network.path,
                expected="persons: - {id: …, token: {env: NAME}}",
            )
        return found.token.read(self.network.base)

    # -- stopping ---------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop everything; calling it twice is fine."""
        for pgo in getattr(self, "pgos", {}).values():
            pgo.close()
        for client in self._clients:
            client.close()
        self._clients.clear()
        self.hosting.close()

    def __enter__(self) -> RunningNetwork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def _plain_data(request: Incoming) -> Outgoing:
    """Data over plain http (a fault)."""
    body = b'{"resourceType":"CapabilityStatement","status":"active"}'
    return Outgoing(headers=(("Content-Type", "application/fhir+json"),), body=body)


def _certificates(pem: bytes) -> list[bytes]:
    end = b"-----END CERTIFICATE-----"
    return [part.strip() + b"\n" + end + b"\n" for part in pem.split(end) if b"BEGIN" in part]


def _system_trust() -> bytes:
    """The trust anchors of this machine as PEM."""
    context = ssl.create_default_context()
    return b"".join(ssl.DER_cert_to_PEM_cert(der).encode() for der in context.get_ca_certs(binary_form=True))


Progress = Callable[[str], None]

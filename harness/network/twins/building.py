"""Building the twins of a network from its network file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from harness.core.clock import Clock
from harness.core.run.findings import Cell
from harness.core.standards.table import standard
from harness.network.file import Network, Participant
from harness.network.limits.endurance import Endurance
from harness.network.person.declared import known_persons
from harness.network.trust import Trust
from harness.network.twins.backends import Backend, LiveBackend, PassedOn, TwinBackend
from harness.network.twins.dvza.twin import DvzaTwin
from harness.network.twins.his import HisTwin
from harness.network.twins.pgo import PgoTwin, file_identity
from harness.network.twins.stelselnode import Stelselnode, endpoints
from harness.network.wire.client import HttpClient
from harness.network.wire.connect import ConnectMap
from harness.pki.authority import TestPki
from harness.pki.contexts import client_context
from harness.record import RawExchange, Recorder


@dataclass(frozen=True)
class Twins:
    """All twins of a network, by participant id.

    :ivar upstream: our connections to live HISs behind our DVZAs.
    """

    stelselnode: Stelselnode
    his: dict[str, HisTwin]
    dvzas: dict[str, DvzaTwin]
    pgos: dict[str, PgoTwin]
    upstream: tuple[HttpClient, ...]

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

    def close(self) -> None:
        """Close all connections."""
        for pgo in self.pgos.values():
            pgo.close()
        for client in self.upstream:
            client.close()


HIS_SECONDS: Final = 60.0
"""How long our DVZA waits for the HIS behind it: it has to answer its PGO itself (``core.rscint.202``)."""


class Builder:
    """What twins are built with.

    :param t: the date ``T``.
    :param connect: where public names listen.
    :param endurance: is told how a live HIS answers.
    """

    def __init__(
        self,
        network: Network,
        *,
        pki: TestPki,
        trust: Trust,
        connect: ConnectMap,
        recorder: Recorder,
        clock: Clock,
        t: date,
        endurance: Endurance,
    ) -> None:
        self._network = network
        self._pki = pki
        self._trust = trust
        self._connect = connect
        self._recorder = recorder
        self._clock = clock
        self._t = t
        self._endurance = endurance
        self._upstream: list[HttpClient] = []

    def build(self) -> Twins:
        """All twins of the network.

        :raises ConfigurationError: a certificate, key or credential cannot be used.
        """
        network = self._network
        node = Stelselnode(network, self._clock)
        his = {
            item.id: HisTwin(item, t=self._t, clock=self._clock)
            for item in network.of_role("his")
            if item.kind == "twin"
        }
        dvzas = {
            item.id: self._dvza(item, node, his) for item in network.of_role("dvza") if item.kind == "twin"
        }
        pgos = {item.id: self._pgo(item) for item in network.of_role("pgo")}
        return Twins(node, his, dvzas, pgos, tuple(self._upstream))

    def _pgo(self, item: Participant) -> PgoTwin:
        return PgoTwin(
            item,
            self._network,
            self._pki,
            self._connect,
            front_trust=self._trust.front,
            back_trust=self._trust.back,
            proxy=self._trust.proxy,
        )

    def _dvza(self, item: Participant, node: Stelselnode, twins: dict[str, HisTwin]) -> DvzaTwin:
        backends: dict[str, Backend] = {
            his.id: TwinBackend(twins[his.id]) if his.kind == "twin" else self._live_backend(item, his)
            for his in self._network.behind(item.id)
        }
        return DvzaTwin(
            item,
            self._network,
            node,
            self._clock,
            backends=backends,
            persons=known_persons(self._network, self._t),
            learn=self._recorder.learn,
            t=self._t,
        )

    def _live_backend(self, dvza: Participant, his: Participant) -> LiveBackend:
        identity = file_identity(self._network, his) if his.certificate else None
        context = client_context(identity, trust=self._trust.back)
        client = HttpClient(
            self._connect, context, identity=identity, proxy=self._trust.proxy, timeout=HIS_SECONDS
        )
        self._upstream.append(client)
        credential = his.credential.read(self._network.base) if his.credential is not None else ""
        if credential:
            self._recorder.learn("key", credential)
        return LiveBackend(his, client, credential, self._told(dvza, his))

    def _told(self, dvza: Participant, his: Participant) -> Callable[[PassedOn], None]:
        """Records what goes on between our DVZA and a live HIS, in the cell that it belongs to."""
        services = {
            urls[2]: (name, release)
            for name in his.standards
            for release in his.releases
            for service in standard(name).services
            if (urls := endpoints(his, dvza, release, service.id)) is not None
        }

        def told(passed: PassedOn) -> None:
            request, response = passed.request, passed.response
            started = self._clock.now() - timedelta(seconds=passed.duration)
            self._endurance.seen(request.url, his.id, passed.error, started.isoformat())
            pgo = next(
                (item for item in self._network.of_role("pgo") if item.pgo_host == passed.asker.host), None
            )
            served = services.get(passed.base)
            cell = ""
            if pgo is not None and served is not None:
                name, release = served
                cell = Cell(his=his.id, dvza=dvza.id, pgo=pgo.id, standard=name, release=release).key
            self._recorder.record(
                RawExchange(
                    interface="resource",
                    flow="upstream",
                    operation="upstream",
                    client=dvza.id,
                    server=his.id,
                    started=started,
                    duration=passed.duration,
                    method=request.method,
                    url=request.url,
                    request_headers=request.headers,
                    request_body=request.body,
                    status=response.status if response is not None else 0,
                    response_headers=response.headers if response is not None else (),
                    response_body=response.body if response is not None else b"",
                    error=passed.error,
                    cell=cell,
                    person=passed.asker.person,
                )
            )

        return told

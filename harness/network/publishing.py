"""Publishing: every twin of a network under its public names, with the certificate and TLS it is given."""

from __future__ import annotations

from typing import Final

from harness.network.file import Network
from harness.network.hosts import WEAK_TLS, Hosts
from harness.network.sessions.watching import SessionObserver
from harness.network.twins.building import Twins
from harness.network.twins.dvza.twin import DvzaTwin
from harness.network.twins.stelselnode import list_host
from harness.network.wire.serving import Handler, Incoming, Outgoing

FRONT_CERTIFICATES: Final = {
    "front-certificate-wildcard": "wildcard",
    "front-certificate-no-organisation": "no-organisation",
}
"""Faults of a DVZA twin that change its front-channel certificate."""


def publish(network: Network, twins: Twins, hosts: Hosts, observer: SessionObserver | None) -> None:
    """Serve the lists and the DVZAs of a network.

    :param observer: records what others do there; ``None`` when only we drive.
    """
    if observer is not None:
        hosts.hosting.refused, hosts.hosting.broken = observer.handshake, observer.broken
    if network.stelselnode.kind == "twin":
        _publish_lists(network, twins, hosts, observer)
    for dvza in twins.dvzas.values():
        _publish_dvza(dvza, hosts, observer)


def _publish_lists(network: Network, twins: Twins, hosts: Hosts, observer: SessionObserver | None) -> None:
    node = network.stelselnode
    handler: Handler = twins.stelselnode.handle
    if observer is not None:
        observer.lists_of(twins.stelselnode)
        handler = observer.stelselnode(handler)
    mtls = node.mtls and not {"list-without-mtls", "no-mtls"} & set(node.faults)
    releases = {item for participant in network.participants for item in participant.releases}
    for host in sorted({list_host(network, item) for item in releases}):
        hosts.publish(host, handler, channel="back", mtls=mtls)


def _publish_dvza(dvza: DvzaTwin, hosts: Hosts, observer: SessionObserver | None) -> None:
    item = dvza.participant
    front: Handler = dvza.front
    back: Handler = dvza.back
    if observer is not None:
        dvza.explains = True
        front, back = observer.dvza(dvza, front), observer.dvza(dvza, back)
    weak = next((name for name in WEAK_TLS if name in item.faults), "")
    fault = next((value for name, value in FRONT_CERTIFICATES.items() if name in item.faults), "")
    hosts.publish(item.front_host, front, channel="front", mtls=False, fault=fault, weak=weak)
    lax = "client-certificate-ignored" in item.faults
    hosts.publish(item.back_host, back, channel="back", mtls=True, weak=weak, lax=lax)
    if "plain-http" in item.faults:
        for host in (item.front_host, item.back_host):
            hosts.publish_plain(host, _plain_data)


async def _plain_data(request: Incoming) -> Outgoing:
    """Data over plain http (a fault)."""
    body = b'{"resourceType":"CapabilityStatement","status":"active"}'
    return Outgoing(headers=(("Content-Type", "application/fhir+json"),), body=body)

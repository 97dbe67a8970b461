"""Where the parties of a network file are reached, and with which certificate."""

from __future__ import annotations

from urllib.parse import urlsplit

from harness.network.doctor.connection import Endpoint
from harness.network.file import Network, Participant
from harness.pki.authority import Identity


def identity_of(network: Network, item: Participant) -> Identity | None:
    """The client certificate of a participant, or ``None`` when it has none (or a broken one)."""
    if not item.certificate:
        return None
    try:
        chain = (network.base / item.certificate).read_bytes()
        key = (network.base / (item.key or item.certificate)).read_bytes()
    except OSError:
        return None
    return Identity(name=item.id, hosts=(item.pgo_host,), chain=chain, key=key)


def address_of(network: Network, url: str) -> tuple[str, int]:
    """Where to connect for a URL, after the connect map."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    mapped = network.connect.get(f"{parts.hostname}:{port}")
    if mapped:
        host, _, number = mapped.rpartition(":")
        return host, int(number)
    return parts.hostname or "", port


def endpoint_of(network: Network, party: str, url: str, *, certificate: bool) -> Endpoint:
    """Something of a party to connect to."""
    return Endpoint(party=party, url=url, address=address_of(network, url), needs_certificate=certificate)

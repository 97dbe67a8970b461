"""What our own connections rest on: trust anchors of the network file and of the test PKI, and the proxy."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from urllib.request import getproxies

from harness.network.file import Network
from harness.pki.authority import TestPki


@dataclass(frozen=True)
class Trust:
    """Anchors (PEM) of the front and back channel, and the URL of the proxy (``""``: none)."""

    front: bytes = field(repr=False)
    back: bytes = field(repr=False)
    proxy: str = ""

    @classmethod
    def of(cls, network: Network, pki: TestPki) -> Trust:
        """What a network file states, plus the test PKI that our own mocks are certified by."""
        stated = _system_anchors() if network.trust == "system" else stated_anchors(network)
        return cls(front=stated + pki.trust("front"), back=stated + pki.trust("back"), proxy=_proxy(network))


def stated_anchors(network: Network) -> bytes:
    """PEM anchors of the files that the network file names; empty when it names none."""
    if isinstance(network.trust, str):
        return b""
    return b"".join((network.base / name).read_bytes() + b"\n" for name in network.trust)


def _system_anchors() -> bytes:
    """The trust anchors of this machine."""
    context = ssl.create_default_context()
    return b"".join(ssl.DER_cert_to_PEM_cert(der).encode() for der in context.get_ca_certs(binary_form=True))


def _proxy(network: Network) -> str:
    if network.proxy == "none":
        return ""
    return getproxies().get("https", "") if network.proxy == "env" else network.proxy

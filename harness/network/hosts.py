"""The public names of the mocks: each gets a certificate, a TLS context, a real port and its place in the
connect map."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from harness.network.file import Network
from harness.network.trust import Trust
from harness.network.wire.connect import ConnectMap
from harness.network.wire.handshake import Handshake
from harness.network.wire.serving import NO_OTHERS, Handler, HandlerApp, Hosting
from harness.network.wire.terminated import Served, TerminatedApp, Verifier
from harness.pki.authority import Channel, TestPki
from harness.pki.contexts import server_context
from harness.pki.facts import certificate_facts

ADDRESS: Final = "127.0.0.1"
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


class Hosts:
    """Everything of one network that listens on this machine.

    :param sleep: how delays of handlers are waited out.
    :ivar connect: public ``host:port`` → where it really listens.
    :ivar hosting: the event loop that everything is served in.
    :ivar errors: defects of handlers, as they were raised.
    :ivar served: what is served, by public name.
    """

    def __init__(
        self, network: Network, pki: TestPki, trust: Trust, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self.connect = ConnectMap(network.connect)
        self.hosting = Hosting()
        self.errors: list[BaseException] = []
        self.served: dict[str, Served] = {}
        self._network = network
        self._pki = pki
        self._trust = trust
        self._sleep = sleep

    def publish(
        self,
        host: str,
        handler: Handler,
        *,
        channel: Channel,
        mtls: bool,
        fault: str = "",
        weak: str = "",
        lax: bool = False,
    ) -> None:
        """Serve a public name, and enter it in the connect map; parameters as :meth:`listen`."""
        port = self.listen(host, handler, channel=channel, mtls=mtls, fault=fault, weak=weak, lax=lax)
        self.connect.add(host, 443, ADDRESS, port)

    def publish_plain(self, host: str, handler: Handler) -> None:
        """Serve a public name over plain http too (a fault)."""
        self.connect.add(host, 80, ADDRESS, self.hosting.listen(HandlerApp(handler), None))

    def listen(
        self,
        host: str,
        handler: Handler,
        *,
        channel: Channel,
        mtls: bool,
        fault: str = "",
        weak: str = "",
        lax: bool = False,
        trap: bool = False,
        others: Mapping[str, ssl.SSLContext] = NO_OTHERS,
    ) -> int:
        """Serve a public name, without telling anybody where; returns the real port.

        :param fault: name of a faulty certificate.
        :param weak: a name of :data:`WEAK_TLS`.
        :param lax: take any client certificate of ours, good or faulty, or none.
        :param trap: a place where clients must not go on: handshakes that fail there are told to nobody.
        :param others: contexts (:meth:`context`) of other names at the same port; may grow while it serves.
        """
        context = self.context(host, channel=channel, mtls=mtls, fault=fault, weak=weak, lax=lax)
        own = certificate_facts(self._pki.server(host, channel=channel, fault=fault).der)
        app = HandlerApp(handler, own=own, sleep=self._sleep, on_error=self.errors.append)
        if not trap:
            self.served.setdefault(host.lower(), Served(app=app, mtls=mtls and not lax))
        return self.hosting.listen(app, context, address=ADDRESS, trap=trap, others=others)

    def context(
        self, host: str, *, channel: Channel, mtls: bool, fault: str = "", weak: str = "", lax: bool = False
    ) -> ssl.SSLContext:
        """What a server of a public name speaks; parameters as :meth:`listen`."""
        identity = self._pki.server(host, channel=channel, fault=fault)
        trust = self._trust.back
        if lax:
            trust += b"".join(self._faulty_anchors())
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
        return context

    def _faulty_anchors(self) -> list[bytes]:
        """What a server must trust to take even our faulty client certificates."""
        return [
            part
            for pgo in self._network.of_role("pgo")
            for fault in ("untrusted", "self-signed")
            for part in _certificates(self._pki.client(pgo.pgo_host, fault=fault).chain)
        ]

    def behind(
        self, secret: str, peers: Sequence[str], address: str, port: int, now: Callable[[], datetime]
    ) -> int:
        """Serve all names over plain HTTP to a reverse proxy that ends TLS; returns the port.

        :param secret: what the proxy sends to be known; ``peers``: addresses that it comes from.
        :raises ConfigurationError: the address or port cannot be used.
        """
        between = b"".join(_certificates(self._pki.client("between.example").chain)[1:])
        verifier = Verifier(self._trust.back, between, now)

        def refused(failed: Handshake) -> None:
            if self.hosting.refused is not None:
                self.hosting.refused(failed)

        app = TerminatedApp(secret, peers, self.served, verifier, refused)
        return self.hosting.listen(app, None, address=address, port=port)

    def close(self) -> None:
        """Stop listening."""
        self.hosting.close()


def _certificates(pem: bytes) -> list[bytes]:
    end = b"-----END CERTIFICATE-----"
    return [part.strip() + b"\n" + end + b"\n" for part in pem.split(end) if b"BEGIN" in part]

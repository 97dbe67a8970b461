"""Requests whose TLS a reverse proxy ended: what it says of the connection counts only when it proves itself.

The proxy must come from a configured address and know a secret; the certificate that it passes on is verified
again here. Without all of that there is no client certificate, never a trusted one.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from harness.core.run.exchanges import Certificate, Tls
from harness.network.wire.handshake import Handshake
from harness.network.wire.serving import HandlerApp, Incoming, Outgoing, Receive, Scope, Send
from harness.pki.facts import certificate_facts

SECRET: Final = "x-harness-secret"
PEM_HEADER: Final = "x-ssl-client-cert"
"""URL-encoded PEM (``$ssl_client_escaped_cert`` of nginx); ``client-cert`` is the form of RFC 9440."""
RFC_HEADER: Final = "client-cert"
FACTS: Final = "x-ssl-facts"
"""``protocol;cipher;server name``."""
OWN: Final = frozenset({SECRET, PEM_HEADER, RFC_HEADER, FACTS})
MAX_CERTIFICATE: Final = 16 * 1024


@dataclass(frozen=True, kw_only=True)
class Served:
    """A public name behind the proxy.

    :ivar mtls: whether it is served to clients with a certificate only.
    """

    app: HandlerApp
    mtls: bool


class Verifier:
    """Verifies client certificates against anchors and time, as the TLS library would.

    :param anchors: PEM; ``between``: PEM of CAs between anchors and clients, which a proxy does not pass on.
    """

    def __init__(self, anchors: bytes, between: bytes, now: Callable[[], datetime]) -> None:
        self._store = Store(x509.load_pem_x509_certificates(anchors))
        self._between = x509.load_pem_x509_certificates(between) if between else []
        self._now = now

    def verify(self, certificate: x509.Certificate) -> str:
        """Why a certificate is refused; ``""`` when it is good."""
        verifier = PolicyBuilder().store(self._store).time(self._now()).build_client_verifier()
        try:
            verifier.verify(certificate, self._between)
        except (VerificationError, ValueError) as error:
            return str(error).partition(" (encountered")[0]
        return ""


class TerminatedApp(HandlerApp):
    """Serves all public names of a network over plain HTTP to one reverse proxy.

    :param secret: what the proxy must send; ``peers``: addresses that it may come from.
    :param served: the names, lower case.
    :param refused: told of each request without the certificate that its name asks for.
    """

    def __init__(
        self,
        secret: str,
        peers: Sequence[str],
        served: Mapping[str, Served],
        verifier: Verifier,
        refused: Callable[[Handshake], None],
    ) -> None:
        super().__init__(_nobody)
        self._secret = secret.encode()
        self._peers = frozenset(peers)
        self._served = served
        self._verifier = verifier
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        told = _own_headers(scope)
        client = scope.get("client")
        peer = str(client[0]) if client else ""
        if peer not in self._peers or told is None or not self._knows(told.get(SECRET, b"")):
            await _say(scope, send, 403, "this port is for the reverse proxy of this network")
            return
        host = _host(scope)
        found = self._served.get(host)
        if found is None:
            await _say(scope, send, 421, "no name of this network")
            return
        certificate, why = self._certificate(told)
        if found.mtls and (certificate is None or why):
            self._refused(_handshake(host, peer, certificate, why))
            await _say(scope, send, 400, "a valid client certificate is needed")
            return
        protocol, cipher, name, *_ = [*told.get(FACTS, b"").decode("latin-1").split(";"), "", "", ""]
        trusted = certificate if not why else None
        headers = [item for item in scope["headers"] if item[0].lower().decode("latin-1") not in OWN]
        tls = Tls(version=protocol, cipher=cipher, server_name=name, server=found.app.own, client=trusted)
        await found.app({**scope, "headers": headers, "scheme": "https", "harness.tls": tls}, receive, send)

    def _knows(self, secret: bytes) -> bool:
        return bool(self._secret) and hmac.compare_digest(secret, self._secret)

    def _certificate(self, told: Mapping[str, bytes]) -> tuple[Certificate | None, str]:
        """The certificate that was passed on, and why it is refused."""
        loaded = _loaded(told)
        if loaded is None:
            return None, ""
        return certificate_facts(loaded.public_bytes(Encoding.DER)), self._verifier.verify(loaded)


async def _nobody(request: Incoming) -> Outgoing:
    return Outgoing(status=421)


def _own_headers(scope: Scope) -> dict[str, bytes] | None:
    """The headers of the proxy; ``None`` when one of them is there twice, so that one may be forged."""
    found: dict[str, bytes] = {}
    for raw, value in scope["headers"]:
        name = raw.lower().decode("latin-1")
        if name in OWN:
            if name in found:
                return None
            found[name] = value
    return found


def _host(scope: Scope) -> str:
    value = next((value for name, value in scope["headers"] if name.lower() == b"host"), b"")
    return str(value.decode("latin-1")).partition(":")[0].lower()


def _loaded(told: Mapping[str, bytes]) -> x509.Certificate | None:
    pem, structured = told.get(PEM_HEADER, b""), told.get(RFC_HEADER, b"")
    try:
        if pem and len(pem) <= MAX_CERTIFICATE:
            return x509.load_pem_x509_certificate(unquote(pem.decode("ascii")).encode())
        if structured[:1] == b":" == structured[-1:] and len(structured) <= MAX_CERTIFICATE:
            return x509.load_der_x509_certificate(base64.b64decode(structured[1:-1], validate=True))
    except (ValueError, binascii.Error):
        return None
    return None


def _handshake(host: str, peer: str, presented: Certificate | None, why: str) -> Handshake:
    """What a refusal behind the proxy is: seen as HTTP, with the certificate that the proxy passed on."""
    return Handshake(
        host=host,
        peer=peer,
        reason="CERTIFICATE_VERIFY_FAILED" if presented is not None else "PEER_DID_NOT_RETURN_A_CERTIFICATE",
        server_name=host,
        detail=f"{why} (behind the proxy)" if why else "behind the proxy",
        presented=presented,
    )


async def _say(scope: Scope, send: Send, status: int, text: str) -> None:
    body = f"{text}\n".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

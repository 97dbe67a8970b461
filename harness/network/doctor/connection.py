"""Checks of one endpoint over the wire: name, port, TLS chain, host, expiry, client certificate, clock."""

from __future__ import annotations

import socket
import ssl
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httptools

from harness.core.http.bounds import MAX_HEAD
from harness.core.run.exchanges import Certificate
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.medmij.urls import is_hostname
from harness.network.doctor.diagnosis import Diagnosis, fine, problem
from harness.network.wire.client import decoded
from harness.pki.authority import Identity
from harness.pki.contexts import client_context
from harness.pki.facts import certificate_facts

TIMEOUT = 10.0
MAX_BODY = 4 * 1024 * 1024
SKEW = timedelta(seconds=60)
LARGE_SKEW = timedelta(seconds=300)
"""Up to here ages of codes and tokens can still be judged by our clock; further, nothing is worth testing."""
ROOT_AGAIN = Text(
    nl="trust: maak de eigen root opnieuw met -addext keyUsage=critical,keyCertSign,cRLSign",
    en="trust: make the own root again with -addext keyUsage=critical,keyCertSign,cRLSign",
)


@dataclass(frozen=True)
class Endpoint:
    """Something to connect to.

    :ivar address: where to connect after the connect map.
    """

    party: str
    url: str
    address: tuple[str, int]
    needs_certificate: bool

    @property
    def host(self) -> str:
        """Public host name."""
        return urlsplit(self.url).hostname or ""

    @property
    def place(self) -> str:
        """Public host, and where it was really connected to when that differs."""
        actual = f"{self.address[0]}:{self.address[1]}"
        return actual if self.host == self.address[0] else f"{self.host} → {actual}"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    certificate: Certificate | None = None


class Refused(Exception):
    """The connection did not give an answer; carries the diagnosis."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(diagnosis.check)
        self.diagnosis = diagnosis


def fetch(
    endpoint: Endpoint,
    path: str,
    *,
    trust: bytes | None,
    identity: Identity | None,
    accept: str = "*/*",
    headers: Sequence[tuple[str, str]] = (),
) -> Reply:
    """One GET over a fresh connection.

    :raises Refused: with the diagnosis of why there is no answer.
    """
    try:
        raw = socket.create_connection(endpoint.address, timeout=TIMEOUT)
    except socket.gaierror as error:
        raise Refused(_unresolved(endpoint, error)) from None
    except OSError as error:
        raise Refused(_unreachable(endpoint, error)) from None
    with raw:
        secure = urlsplit(endpoint.url).scheme == "https"
        connection = _secured(raw, endpoint, trust, identity) if secure else raw
        with connection:
            return _exchange(connection, endpoint, path, [("Accept", accept), *headers])


def _secured(
    raw: socket.socket, endpoint: Endpoint, trust: bytes | None, identity: Identity | None
) -> ssl.SSLSocket:
    context = client_context(identity, trust=trust)
    try:
        return context.wrap_socket(raw, server_hostname=endpoint.host)
    except ssl.SSLCertVerificationError as error:
        raise Refused(_bad_certificate(endpoint, error)) from None
    except (ssl.SSLError, OSError) as error:
        raise Refused(_no_handshake(endpoint, error)) from None


def _exchange(
    connection: socket.socket, endpoint: Endpoint, path: str, sent: Sequence[tuple[str, str]]
) -> Reply:
    lines = [f"GET {path} HTTP/1.1", f"Host: {endpoint.host}", *(f"{name}: {value}" for name, value in sent)]
    request = "\r\n".join([*lines, "Connection: close", "", ""])
    seen = connection.getpeercert(True) if isinstance(connection, ssl.SSLSocket) else None  # gone when closed
    answer, until = _Answer(), time.monotonic() + TIMEOUT
    try:
        connection.sendall(request.encode("ascii", errors="replace"))
        size = 0
        while not answer.complete and size <= MAX_BODY + MAX_HEAD:
            connection.settimeout(max(0.001, until - time.monotonic()))  # not from piece to piece
            chunk = connection.recv(65536)
            if not chunk:
                break
            size += len(chunk)
            answer.feed(chunk)
        body = decoded(bytes(answer.body), tuple(answer.headers), MAX_BODY)
    except (ssl.SSLError, OSError) as error:
        raise Refused(_dropped(endpoint, error)) from None
    except (httptools.HttpParserError, zlib.error, ValueError):
        answer.status = 0
    if not answer.status:
        raise Refused(_dropped(endpoint, ValueError("geen HTTP-antwoord / no HTTP response")))
    headers = {name.lower(): value for name, value in answer.headers}
    return Reply(answer.status, headers, body, certificate_facts(seen) if seen else None)


class _Answer:
    """An answer as it comes in; what is interim (1xx) is passed over.

    :ivar complete: whether it was there as a whole before the connection was closed.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.complete = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Read on.

        :raises httptools.HttpParserError: this is no HTTP.
        """
        if not self.complete:
            self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.headers.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1").strip(), value.decode("latin-1").strip()))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete = self.status >= 200


def clock_skew(endpoint: Endpoint, reply: Reply, now: datetime) -> Iterator[Diagnosis]:
    """Whether the other party's clock agrees with ours."""
    try:
        theirs = parsedate_to_datetime(reply.headers["date"])
    except (KeyError, ValueError, TypeError):
        return
    difference = abs((theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)) - now)
    if difference > SKEW:
        seconds = int(difference.total_seconds())
        yield problem(
            "clock-skew",
            endpoint.party,
            Blame.CONFIGURATION,
            Text(nl=f"klokken verschillen {seconds} seconden", en=f"clocks differ by {seconds} seconds"),
            Text(
                nl="zet tijdsynchronisatie (NTP) aan op beide systemen",
                en="enable time synchronisation (NTP) on both systems",
            ),
            where=endpoint.place,
            detail=theirs.isoformat(),
            level="note" if difference <= LARGE_SKEW else "problem",
        )


def wildcard(endpoint: Endpoint, reply: Reply) -> Iterator[Diagnosis]:
    """Whether the server has a wildcard certificate, which PGOs are to refuse (``core.tls.302``)."""
    names = [name for name in reply.certificate.dns_names if "*" in name] if reply.certificate else []
    if names:
        yield problem(
            "server-certificate-wildcard",
            endpoint.party,
            Blame.PRODUCT,
            Text(nl="wildcardcertificaat; PGO's weigeren dat", en="wildcard certificate; PGOs refuse it"),
            Text(
                nl=f"geef de server een certificaat met SAN {endpoint.host}",
                en=f"give the server a certificate with SAN {endpoint.host}",
            ),
            where=endpoint.place,
            detail=", ".join(item for item in names if is_hostname(item.removeprefix("*."))),
            level="note",
        )


def reachable_without_certificate(endpoint: Endpoint, trust: bytes | None, path: str) -> Iterator[Diagnosis]:
    """Whether a back channel refuses, and a front channel admits, a client without certificate.

    With TLS 1.3 a refusal only shows after a request was sent, so one is.
    """
    try:
        reply = fetch(endpoint, path, trust=trust, identity=None)
    except Refused as refused:
        if endpoint.needs_certificate:
            what = Text(nl="weigert een client zonder certificaat", en="refuses a client without certificate")
            yield fine("client-certificate", endpoint.party, what, endpoint.place)
        else:
            yield refused.diagnosis
        return
    if endpoint.needs_certificate and reply.status not in (400, 401, 403, 495, 496):
        yield problem(
            "client-certificate-not-demanded",
            endpoint.party,
            Blame.PRODUCT,
            Text(
                nl=f"antwoordt {reply.status} zonder clientcertificaat",
                en=f"answers {reply.status} without a client certificate",
            ),
            Text(
                nl="laat de backchannel om een clientcertificaat vragen (mutual TLS)",
                en="make the back channel demand a client certificate (mutual TLS)",
            ),
            where=endpoint.place,
        )


def _unresolved(endpoint: Endpoint, error: OSError) -> Diagnosis:
    return problem(
        "name-unknown",
        endpoint.party,
        Blame.CONFIGURATION,
        Text(nl="hostnaam is niet bekend in DNS", en="host name is not known in DNS"),
        Text(
            nl=f"corrigeer de naam, of voeg connect: {{'{endpoint.host}:443': '<adres>:<poort>'}} toe",
            en=f"correct the name, or add connect: {{'{endpoint.host}:443': '<address>:<port>'}}",
        ),
        where=endpoint.place,
        detail=str(error),
    )


def _unreachable(endpoint: Endpoint, error: OSError) -> Diagnosis:
    slow = isinstance(error, TimeoutError)
    return problem(
        "port-silent" if slow else "port-closed",
        endpoint.party,
        Blame.CONFIGURATION,
        Text(nl="geen antwoord", en="no answer")
        if slow
        else Text(nl="verbinding geweigerd", en="connection refused"),
        Text(
            nl="start het systeem, open de firewall, of corrigeer adres en poort",
            en="start the system, open the firewall, or correct address and port",
        ),
        where=endpoint.place,
        detail=str(error),
    )


def _bad_certificate(endpoint: Endpoint, error: ssl.SSLCertVerificationError) -> Diagnosis:
    reason = error.verify_message or str(error)
    seen = _look(endpoint)
    if "expired" in reason or "not yet valid" in reason:
        return problem(
            "server-certificate-expired",
            endpoint.party,
            Blame.PRODUCT,
            Text(nl="servercertificaat is nu niet geldig", en="server certificate is not valid now"),
            Text(nl="vervang het servercertificaat", en="replace the server certificate"),
            where=endpoint.place,
            detail=f"{reason}; {seen}",
        )
    if "Hostname mismatch" in reason or "match" in reason:
        return problem(
            "server-certificate-host",
            endpoint.party,
            Blame.PRODUCT,
            Text(nl="servercertificaat is voor een andere host", en="server certificate is for another host"),
            Text(
                nl=f"geef het certificaat een SAN {endpoint.host}, of corrigeer de host in de lijst",
                en=f"give the certificate a SAN {endpoint.host}, or correct the host in the list",
            ),
            where=endpoint.place,
            detail=f"{reason}; {seen}",
        )
    if "key usage" in reason:
        return problem(
            "root-without-key-usage",
            endpoint.party,
            Blame.CONFIGURATION,
            Text(
                nl="een CA in de keten heeft geen keyUsage; zo'n CA mag niets ondertekenen (RFC 5280)",
                en="a CA of the chain has no keyUsage; such a CA may sign nothing (RFC 5280)",
            ),
            ROOT_AGAIN,
            where=endpoint.place,
            detail=f"{reason}; {seen}",
        )
    return problem(
        "server-certificate-untrusted",
        endpoint.party,
        Blame.CONFIGURATION,
        Text(
            nl="keten van het servercertificaat wordt niet vertrouwd",
            en="server certificate chain is not trusted",
        ),
        Text(
            nl="trust: voeg het PEM-bestand van de root toe (of laat de server de hele keten sturen)",
            en="trust: add the PEM file of the root (or make the server send its whole chain)",
        ),
        where=endpoint.place,
        detail=f"{reason}; {seen}",
    )


def _look(endpoint: Endpoint) -> str:
    """Hosts and validity of the certificate that was refused; a subject may name somebody."""
    try:
        with (
            socket.create_connection(endpoint.address, timeout=TIMEOUT) as raw,
            client_context(None, verify=False).wrap_socket(raw, server_hostname=endpoint.host) as connection,
        ):
            facts = certificate_facts(connection.getpeercert(binary_form=True) or b"")
    except (OSError, ssl.SSLError):
        return ""
    names = ", ".join(filter(is_hostname, facts.dns_names)) if facts else ""
    return f"{names} {facts.not_before[:10]}…{facts.not_after[:10]}" if facts else ""


def _no_handshake(endpoint: Endpoint, error: Exception) -> Diagnosis:
    text = str(error)
    plain = "WRONG_VERSION_NUMBER" in text or "record layer" in text.lower()
    if plain:
        return problem(
            "tls-not-spoken",
            endpoint.party,
            Blame.CONFIGURATION,
            Text(nl="op deze poort wordt geen TLS gesproken", en="this port does not speak TLS"),
            Text(nl="corrigeer de poort of zet TLS aan", en="correct the port or switch TLS on"),
            where=endpoint.place,
            detail=text,
        )
    return problem(
        "tls-handshake",
        endpoint.party,
        Blame.PRODUCT,
        Text(nl="TLS-handshake mislukt", en="TLS handshake failed"),
        Text(
            nl="laat de server TLS 1.2 of 1.3 met NCSC-'goede' suites aanbieden",
            en="make the server offer TLS 1.2 or 1.3 with suites that NCSC rates good",
        ),
        where=endpoint.place,
        detail=text,
    )


def _dropped(endpoint: Endpoint, error: Exception) -> Diagnosis:
    text = str(error)
    certificate = "certificate" in text.lower() or "alert" in text.lower()
    return problem(
        "client-certificate-refused" if certificate else "connection-dropped",
        endpoint.party,
        Blame.CONFIGURATION if certificate else Blame.PRODUCT,
        Text(nl="ons clientcertificaat wordt geweigerd", en="our client certificate is refused")
        if certificate
        else Text(nl="verbinding verbroken zonder antwoord", en="connection dropped without an answer"),
        Text(
            nl="certificate: gebruik er een van een CA die deze partij vertrouwt, met een host op de WHL",
            en="certificate: use one from a CA that this party trusts, with a host on the Whitelist",
        )
        if certificate
        else Text(nl="kijk in het log van de server", en="look into the server's log"),
        where=endpoint.place,
        detail=text,
    )

"""TLS that a reverse proxy ended: its word counts only when it proves itself. With Debian's nginx where it is there.

``HARNESS_NGINX`` names the binary when it is not on the path.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness.core.clock import SystemClock
from harness.network.file import read_network
from harness.network.hosts import Hosts
from harness.network.trust import Trust
from harness.network.wire.handshake import Handshake
from harness.network.wire.serving import Incoming, Outgoing
from harness.pki.authority import TestPki
from harness.pki.contexts import client_context

FRONT, BACK, CLIENT, SECRET = "front.example", "back.example", "pgo.example", "a-secret-of-the-proxy"
NGINX = os.environ.get("HARNESS_NGINX") or shutil.which("nginx") or ""
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "serving.md"


class Place:
    """Two names behind a proxy: one for anybody, one for clients with a certificate."""

    def __init__(self) -> None:
        self.pki = TestPki(SystemClock().now())
        network = read_network("demo")
        self.hosts = Hosts(network, self.pki, Trust.of(network, self.pki), asyncio.sleep)
        self.refused: list[Handshake] = []
        self.hosts.hosting.refused = self.refused.append
        self.hosts.publish(FRONT, _answer, channel="front", mtls=False)
        self.hosts.publish(BACK, _answer, channel="back", mtls=True)
        self.port = self.hosts.behind(SECRET, ["127.0.0.1"], "127.0.0.1", 0, SystemClock().now)

    def ask(self, host: str, *headers: str, port: int = 0) -> tuple[int, str]:
        """Status and body over plain HTTP."""
        head = "\r\n".join(["GET /a%2Fb//c?x=%3a HTTP/1.1", f"Host: {host}", "Connection: close", *headers])
        with socket.create_connection(("127.0.0.1", port or self.port), timeout=5) as plain:
            plain.sendall(head.encode() + b"\r\n\r\n")
            return _read(plain)

    def certificate(self, fault: str = "") -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.pki.client(CLIENT, fault=fault).chain)[0]


def _read(connection: socket.socket) -> tuple[int, str]:
    got = b""
    while part := connection.recv(65536):
        got += part
    return int(got.split(b" ")[1]), got.partition(b"\r\n\r\n")[2].decode()


async def _answer(request: Incoming) -> Outgoing:
    who = request.tls.client.dns_names if request.tls is not None and request.tls.client is not None else ()
    version = request.tls.version if request.tls is not None else ""
    leaked = [
        name for name, _ in request.headers if name.lower() in ("x-harness-secret", "x-ssl-client-cert")
    ]
    return Outgoing(body=f"{request.url} {','.join(who)} {version} {leaked}".encode())


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    made = Place()
    yield made
    made.hosts.close()


PROOF = f"X-Harness-Secret: {SECRET}"


def pem(certificate: x509.Certificate) -> str:
    return f"X-SSL-Client-Cert: {quote(certificate.public_bytes(Encoding.PEM).decode(), safe='')}"


def test_the_proxy_that_proves_itself_is_believed_after_verification(place: Place) -> None:
    facts = "X-SSL-Facts: TLSv1.3;TLS_AES_128_GCM_SHA256;back.example"
    status, body = place.ask(BACK, PROOF, pem(place.certificate()), facts)
    assert (status, body) == (200, f"https://{BACK}/a%2Fb//c?x=%3a {CLIENT} TLSv1.3 []")
    der = base64.b64encode(place.certificate().public_bytes(Encoding.DER)).decode()
    assert place.ask(BACK, PROOF, f"Client-Cert: :{der}:")[0] == 200
    assert place.ask(FRONT, PROOF)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("X-Harness-Secret: wrong",),
        ("X-Harness-Secret:",),
        (PROOF, PROOF),
        (PROOF, "x-harness-secret: other"),
    ],
)
def test_without_proof_nothing_is_served(place: Place, headers: tuple[str, ...]) -> None:
    for host in (FRONT, BACK):
        assert place.ask(host, *headers, pem(place.certificate()))[0] == 403


@pytest.mark.parametrize("fault", ["expired", "self-signed", "untrusted", "not-yet-valid"])
def test_a_certificate_is_verified_again(place: Place, fault: str) -> None:
    before = len(place.refused)
    assert place.ask(BACK, PROOF, pem(place.certificate(fault)), "X-SSL-Client-Verify: SUCCESS")[0] == 400
    seen = place.refused[before]
    assert seen.reason == "CERTIFICATE_VERIFY_FAILED" and "behind the proxy" in seen.detail
    assert seen.presented is not None and seen.presented.dns_names == (CLIENT,)


@pytest.mark.parametrize("value", ["", "x", "%ZZ", ":::", "-----BEGIN CERTIFICATE-----", "A" * 20000])
def test_what_is_no_certificate_is_none(place: Place, value: str) -> None:
    assert place.ask(BACK, PROOF, f"X-SSL-Client-Cert: {value}")[0] == 400
    assert place.refused[-1].reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE"
    assert place.ask(BACK, PROOF, f"Client-Cert: {value}")[0] == 400


def test_other_names_are_misdirected(place: Place) -> None:
    assert place.ask("elsewhere.example", PROOF)[0] == 421


@pytest.mark.skipif(not NGINX, reason="nginx is not installed (Debian: nginx-light)")
def test_nginx_as_documented(place: Place, tmp_path: Path) -> None:
    found = re.search(r"```nginx\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    certificate, key = place.pki.server(BACK, channel="back").write(tmp_path)
    (tmp_path / "trust.pem").write_bytes(place.pki.trust("back"))
    values = {
        "LISTEN": f"127.0.0.1:{port}",
        "NAMES": BACK,
        "CERTIFICATE": str(certificate),
        "KEY": str(key),
        "TRUST": str(tmp_path / "trust.pem"),
        "BEHIND": f"127.0.0.1:{place.port}",
        "SECRET": SECRET,
    }
    server = re.sub(r"\b(" + "|".join(values) + r")\b", lambda match: values[match[1]], found[1])
    temporary = "".join(
        f"{name}_temp_path {tmp_path}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error;"
        f"events {{}} http {{ access_log off; {temporary} {server} }}"
    )
    words = [NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error")]
    process = subprocess.Popen(words)
    try:
        assert through(place, port, CLIENT)[0] == 200
        status, body = through(place, port, CLIENT)
        assert status == 200 and f"/a%2Fb//c?x=%3a {CLIENT} TLSv1.3 []" in body, body
        forged = (pem(place.certificate()), PROOF, "X_SSL_CLIENT_CERT: x", "Client-Cert: :AAAA:")
        assert through(place, port, "", *forged)[0] == 400, "a forged header is overwritten"
        for fault in ("self-signed", "untrusted", "expired"):
            assert through(place, port, CLIENT, fault=fault)[0] == 400
        assert {item.reason for item in place.refused} >= {"CERTIFICATE_VERIFY_FAILED"}
    finally:
        process.terminate()
        process.wait(timeout=10)


def through(place: Place, port: int, client: str, *headers: str, fault: str = "") -> tuple[int, str]:
    """Ask by way of nginx."""
    identity = place.pki.client(client, fault=fault) if client else None
    context = client_context(identity, trust=place.pki.trust("back"))
    until = time.monotonic() + 10
    while True:
        try:
            plain = socket.create_connection(("127.0.0.1", port), timeout=5)
            break
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
    with plain, context.wrap_socket(plain, server_hostname=BACK) as tls:
        assert isinstance(tls, ssl.SSLSocket)
        lines = ["GET /a%2Fb//c?x=%3a HTTP/1.1", f"Host: {BACK}", "Connection: close", *headers]
        tls.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        return _read(tls)

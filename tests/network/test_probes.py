"""TLS probes: each "must be refused" has a positive control, a twin that accepts exactly that."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

from harness.network.probes import hello
from harness.network.probes.client_hello import read_client_hello
from harness.network.probes.scan import Probe, plain_http, scan
from harness.network.wire.connect import ConnectMap
from harness.pki import ncsc
from harness.pki.authority import Identity, TestPki
from harness.pki.contexts import client_context, server_context

HOST = "mtls.dva.example"


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki(datetime.now(UTC))


@contextmanager
def listening(serve: object) -> Iterator[ConnectMap]:
    """A server that calls ``serve(socket)`` per connection, as public name HOST:443."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                connection.settimeout(5)
                with connection, suppress(Exception):
                    serve(connection)  # type: ignore[operator]

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield ConnectMap({f"{HOST}:443": f"127.0.0.1:{listener.getsockname()[1]}"})
    finally:
        stop.set()
        with suppress(OSError):
            socket.create_connection(listener.getsockname(), timeout=1).close()
        listener.close()
        thread.join(2)


def tls_server(context: ssl.SSLContext) -> object:
    return lambda connection: context.wrap_socket(connection, server_side=True).close()


def by_name(probes: Iterator[Probe]) -> dict[str, Probe]:
    return {item.offered: item for item in probes}


def test_a_good_server(pki: TestPki) -> None:
    context = server_context(pki.server(HOST), client_trust=pki.trust("back"), client_auth="required")
    with listening(tls_server(context)) as connect:
        found = by_name(scan(connect, HOST))
    assert {name for name, item in found.items() if item.outcome == "accepted"} == {
        "TLSv1.2",
        "TLSv1.3",
        "highest of TLSv1.2 and TLSv1.3",
        "good",
    }
    assert {item.outcome for item in found.values()} == {"accepted", "refused"}
    assert found["cbc"].detail == "handshake_failure"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_seen(pki: TestPki, version: ssl.TLSVersion) -> None:
    identity = pki.identity(HOST, key="rsa")
    context = server_context(identity, minimum=version, ciphers="ALL", security_level=0)
    with listening(tls_server(context)) as connect:
        found = by_name(scan(connect, HOST))
    name = {ssl.TLSVersion.TLSv1: "TLSv1", ssl.TLSVersion.TLSv1_1: "TLSv1.1"}[version]
    assert found[name].outcome == "accepted"
    assert found[name].allowed is False
    assert found["cbc"].outcome == "accepted"
    assert found["static-rsa"].outcome == "accepted"
    assert found["dhe"].outcome in ("accepted", "refused")  # OpenSSL may lack DH parameters
    assert found["SSLv3"].outcome == "refused"


def test_highest_version_must_win(pki: TestPki) -> None:
    """A server that knows TLS 1.3 but prefers 1.2 cannot be built with OpenSSL; the reading is tested raw."""
    only12 = server_context(pki.server(HOST), maximum=ssl.TLSVersion.TLSv1_2)
    with listening(tls_server(only12)) as connect:
        found = by_name(scan(connect, HOST))
    assert found["TLSv1.3"].outcome == "refused"
    assert found["TLSv1.3"].optional
    assert "highest of TLSv1.2 and TLSv1.3" not in found


def tlslite_server(identity: Identity, **options: object) -> object:
    chain = X509CertChain()
    chain.parsePemList(identity.chain.decode())
    key = serialization.load_pem_private_key(identity.key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    private = parsePEMKey(key.decode(), private=True)

    def serve(connection: socket.socket) -> None:
        wanted = HandshakeSettings()
        for name, value in options.items():
            setattr(wanted, name, value)
        TLSConnection(connection).handshakeServer(certChain=chain, privateKey=private, settings=wanted)

    return serve


@pytest.mark.parametrize(
    ("offered", "options"),
    [
        ("SSLv3", {"minVersion": (3, 0), "maxVersion": (3, 3)}),
        ("rc4", {"cipherNames": ["rc4", "aes128gcm"], "maxVersion": (3, 3)}),
        ("3des", {"cipherNames": ["3des", "aes128gcm"], "maxVersion": (3, 3)}),
        ("static-rsa", {"keyExchangeNames": ["rsa", "ecdhe_rsa"], "maxVersion": (3, 3)}),
        ("dhe", {"keyExchangeNames": ["dhe_rsa", "ecdhe_rsa"], "maxVersion": (3, 3)}),
        (
            "null",
            {
                "cipherNames": ["null", "aes128gcm"],
                "macNames": ["sha", "sha256", "aead"],
                "maxVersion": (3, 3),
            },
        ),
    ],
)
def test_what_openssl_refuses_to_speak_is_seen(
    pki: TestPki, offered: str, options: dict[str, object]
) -> None:
    with listening(tlslite_server(pki.identity(HOST, key="rsa"), **options)) as connect:
        found = by_name(scan(connect, HOST))
    assert found[offered].outcome == "accepted", found[offered]
    assert not found[offered].allowed


def test_servers_that_are_no_tls_servers_decide_nothing() -> None:
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as connect:
        assert {item.outcome for item in scan(connect, HOST)} == {"unreachable"}
    nowhere = ConnectMap({f"{HOST}:443": "127.0.0.1:9"})
    assert {item.outcome for item in scan(nowhere, HOST)} == {"unreachable"}


def test_plain_http() -> None:
    answer = b"HTTP/1.1 301 Moved\r\nLocation: https://x/\r\n\r\n"
    with listening(lambda connection: (connection.recv(999), connection.sendall(answer))) as connect:
        port = int(connect.resolve(HOST, 443)[1])
        seen = plain_http(ConnectMap({f"{HOST}:80": f"127.0.0.1:{port}"}), HOST, "/token")
    assert (seen.status, seen.headers) == (301, (("Location", "https://x/"),))
    assert plain_http(ConnectMap({f"{HOST}:80": "127.0.0.1:9"}), HOST, "/").status == 0


def test_client_hello_reads_what_we_write_and_what_openssl_writes(pki: TestPki) -> None:
    suites = [item.code for item in ncsc.facts().suites if item.rating == "good"]
    offer = read_client_hello(hello.client_hello(HOST, (hello.TLS12, hello.TLS13), suites))
    assert offer is not None
    assert offer.versions == (hello.TLS13, hello.TLS12)
    assert offer.suites == tuple(suites)
    assert offer.server_name == HOST
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context(trust=pki.trust()).wrap_bio(incoming, outgoing, server_hostname=HOST)
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    offer = read_client_hello(outgoing.read())
    assert offer is not None
    assert set(offer.versions) == {hello.TLS12, hello.TLS13}
    assert set(offer.suites) <= set(suites)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=120))
def test_reading_never_raises(data: bytes) -> None:
    hello.read_answer(data)
    hello.need_more(data)
    read_client_hello(data)
    hello.read_answer(b"\x16\x03\x03" + len(data).to_bytes(2, "big") + data)
    body = b"\x01" + (len(data)).to_bytes(3, "big") + data
    read_client_hello(b"\x16\x03\x01" + len(body).to_bytes(2, "big") + body)

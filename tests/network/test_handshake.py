"""Handshakes that fail are seen, and the client gets the alert that says why; real sockets, TLS 1.2 and 1.3."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.clock import SystemClock
from harness.network.wire.handshake import Handshake, first_certificate, offered_versions
from harness.network.wire.serving import HandlerApp, Hosting, Incoming, Outgoing
from harness.pki.authority import TestPki
from harness.pki.contexts import client_context, server_context
from harness.pki.facts import certificate_facts

HOST, CLIENT = "mtls.example", "pgo.example"
PKI = TestPki(SystemClock().now())


class Door:
    """A listener with mutual TLS."""

    def __init__(self) -> None:
        self.failed: list[Handshake] = []
        self._came = threading.Semaphore(0)
        identity = PKI.server(HOST, channel="back")
        self.hosting = Hosting()
        self.hosting.refused = self._refused
        app = HandlerApp(_answer, own=certificate_facts(identity.der))
        context = server_context(identity, client_trust=PKI.trust("back"), client_auth="required")
        self.port = self.hosting.listen(app, context)

    def _refused(self, failed: Handshake) -> None:
        self.failed.append(failed)
        self._came.release()

    def last(self) -> Handshake:
        assert self._came.acquire(timeout=5)
        return self.failed[-1]

    def knock(self, context: ssl.SSLContext) -> str:
        """What a client hears: the beginning of the answer, or the error."""
        try:
            with (
                socket.create_connection(("127.0.0.1", self.port), timeout=5) as plain,
                context.wrap_socket(plain, server_hostname=HOST) as tls,
            ):
                tls.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return tls.recv(100).decode()
        except ssl.SSLError as error:
            return error.reason or ""


async def _answer(request: Incoming) -> Outgoing:
    return Outgoing(body=b"ok")


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.hosting.close()


VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("fault", "heard", "sent", "verify"),
    [
        ("expired", "SSLV3_ALERT_CERTIFICATE_EXPIRED", "certificate_expired", 10),
        ("self-signed", "TLSV1_ALERT_UNKNOWN_CA", "unknown_ca", 18),
        ("untrusted", "TLSV1_ALERT_UNKNOWN_CA", "unknown_ca", 20),
    ],
)
def test_a_refused_certificate_is_named_on_both_sides(
    door: Door, version: ssl.TLSVersion, fault: str, heard: str, sent: str, verify: int
) -> None:
    context = client_context(PKI.client(CLIENT, fault=fault), trust=PKI.trust("back"), maximum=version)
    assert door.knock(context) == heard
    seen = door.last()
    assert (seen.reason, seen.sent, seen.verify) == ("CERTIFICATE_VERIFY_FAILED", sent, verify)
    assert seen.presented is not None and seen.presented.dns_names == (CLIENT,)
    assert (seen.server_name, seen.host, seen.peer) == (HOST, HOST, "127.0.0.1")
    assert seen.facts()["presented"]["dns_names"] == [CLIENT]


@pytest.mark.parametrize("version", VERSIONS)
def test_no_certificate(door: Door, version: ssl.TLSVersion) -> None:
    heard = door.knock(client_context(None, trust=PKI.trust("back"), maximum=version))
    assert heard in ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE")
    assert door.last().reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_that_distrusts_us_says_so(door: Door, version: ssl.TLSVersion) -> None:
    context = client_context(PKI.client(CLIENT), trust=PKI.trust("front"), maximum=version)
    assert door.knock(context) == "CERTIFICATE_VERIFY_FAILED"
    assert door.last().received == "unknown_ca"


def test_an_old_version_is_refused_with_what_was_offered(door: Door) -> None:
    old = ssl.TLSVersion.TLSv1_1
    context = client_context(
        None, trust=PKI.trust("back"), minimum=old, maximum=old, ciphers="ALL", security_level=0
    )
    assert door.knock(context) == "TLSV1_ALERT_PROTOCOL_VERSION"
    seen = door.last()
    assert (seen.reason, seen.sent, seen.versions) == ("UNSUPPORTED_PROTOCOL", "protocol_version", (0x0302,))


def test_plain_http_silence_and_a_health_check(door: Door) -> None:
    for data, reason, spoke in ((b"GET / HTTP/1.1\r\n\r\n", "HTTP_REQUEST", True), (b"", "HANG_UP", False)):
        with socket.create_connection(("127.0.0.1", door.port), timeout=5) as plain:
            plain.sendall(data)
        seen = door.last()
        assert (seen.reason, seen.spoke, seen.presented) == (reason, spoke, None)


def test_who_is_let_in_is_no_failure(door: Door) -> None:
    before = len(door.failed)
    answer = door.knock(client_context(PKI.client(CLIENT), trust=PKI.trust("back")))
    assert answer.startswith("HTTP/1.1 200") and len(door.failed) == before


@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_a_hello_and_as_certificates(data: bytes) -> None:
    assert all(item >> 8 == 3 or item == offered_versions(data)[0] for item in offered_versions(data))
    assert len(first_certificate(data)) <= len(data)

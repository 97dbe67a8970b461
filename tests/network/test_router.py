"""Routing by SNI: every cut of a real ClientHello is understood, nonsense is refused, bytes stay as sent."""

from __future__ import annotations

import functools
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.clock import SystemClock
from harness.network.wire.client import HttpClient
from harness.network.wire.connect import ConnectMap
from harness.network.wire.router import SniRouter, server_name
from harness.network.wire.serving import HandlerApp, Hosting, Incoming, Outgoing
from harness.pki.authority import TestPki
from harness.pki.contexts import client_context, server_context


@functools.cache
def hello(host: str | None) -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = host is not None
    if host is None:
        context.verify_mode = ssl.CERT_NONE
    client = context.wrap_bio(incoming, outgoing, server_hostname=host)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_name_of_a_real_hello() -> None:
    data = hello("Inlog.DVZA.example")
    assert server_name(data) == "inlog.dvza.example"
    assert server_name(hello(None)) == ""
    for cut in range(len(data)):
        assert server_name(data[:cut]) is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=300), st.integers(0, 400), st.binary(max_size=4))
def test_nonsense_never_crashes(data: bytes, place: int, change: bytes) -> None:
    real = hello("a.example")
    for text in (data, b"\x16\x03\x01" + data, real[:place] + change + real[place + len(change) :]):
        try:
            found = server_name(text)
        except ValueError:
            continue
        assert found is None or isinstance(found, str)


async def host(request: Incoming) -> Outgoing:
    return Outgoing(body=request.url.encode())


def test_many_hosts_behind_one_port() -> None:
    pki = TestPki(SystemClock().now())
    hosting = Hosting()
    try:
        ports = {
            name: hosting.listen(HandlerApp(host), server_context(pki.server(name)))
            for name in ("a.example", "b.example")
        }
        router = SniRouter(lambda name: ("127.0.0.1", ports[name]) if name in ports else None)
        port = hosting.call(router.start("127.0.0.1", 0))
        connect = ConnectMap({f"{name}:443": f"127.0.0.1:{port}" for name in (*ports, "c.example")})
        client = HttpClient(connect, client_context(trust=pki.trust("back")))
        for name in (*ports, *ports):
            answer = client.request("POST", f"https://{name}/x", body=b"y" * 100_000)
            assert answer.body.decode() == f"https://{name}/x"
        assert client.request("GET", "https://c.example/", timeout=5).status == 0
    finally:
        hosting.close()

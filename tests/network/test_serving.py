"""The servers: peer certificates from the connection, limits, and survival."""

from __future__ import annotations

import asyncio
import gc
import select
import socket
import ssl
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.clock import SystemClock
from harness.network.limits.crowd import peer_of
from harness.network.wire import forward, protocol, router, serving
from harness.network.wire.client import HttpClient, RequestError
from harness.network.wire.connect import ConnectMap
from harness.network.wire.joined import Joined
from harness.network.wire.protocol import End
from harness.network.wire.serving import PIECE, HandlerApp, Hosting, Incoming, Outgoing
from harness.pki.authority import TestPki
from harness.pki.contexts import client_context, server_context

HOST = "node.example"


async def mirror(request: Incoming) -> Outgoing:
    """Answers with the host of the client certificate, the SNI name and the request line as seen."""
    if request.path == "/boom":
        raise RuntimeError("geheim detail")
    if request.path == "/hang-up":
        return Outgoing(hang_up=True)
    if request.path == "/short":
        return Outgoing(body=b"x" * 1000, truncate=10)
    client = request.tls.client if request.tls else None
    names = ",".join(client.dns_names) if client else "-"
    name = request.tls.server_name if request.tls else ""
    return Outgoing(body=f"{names}|{name}|{request.method} {request.url}|{len(request.body)}".encode())


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki(SystemClock().now())


@pytest.fixture(scope="module")
def connect(pki: TestPki) -> Iterator[ConnectMap]:
    hosting = Hosting()
    context = server_context(pki.server(HOST), client_trust=pki.trust("back"), client_auth="required")
    port = hosting.listen(HandlerApp(mirror, limit=100_000), context)
    yield ConnectMap({f"{HOST}:443": f"127.0.0.1:{port}"})
    hosting.close()


def client(pki: TestPki, connect: ConnectMap, host: str | None) -> HttpClient:
    identity = pki.client(host) if host else None
    return HttpClient(connect, client_context(identity, trust=pki.trust("back")), identity=identity)


def test_two_clients_on_one_port_are_told_apart(pki: TestPki, connect: ConnectMap) -> None:
    """The certificate comes from each connection, also when both are kept alive and used in turn."""
    first, second = client(pki, connect, "pgo-1.example"), client(pki, connect, "pgo-2.example")
    for _ in range(3):
        assert first.request("GET", f"https://{HOST}/").body.startswith(b"pgo-1.example|node.example|")
        assert second.request("GET", f"https://{HOST}/").body.startswith(b"pgo-2.example|node.example|")


def test_a_closed_connection_leaves_memory(pki: TestPki, connect: ConnectMap) -> None:
    """Some hundred kilobytes of OpenSSL each: what is known of its TLS must not keep the connection."""
    caller = client(pki, connect, "pgo-1.example")

    def open_ones() -> int:
        return sum(type(item).__name__ == "_SSLSocket" for item in gc.get_objects())

    before = open_ones()
    for _ in range(12):
        answer = caller.request("GET", f"https://{HOST}/", [("Connection", "close")])
        assert answer.status == 200 and answer.tls is not None and answer.tls.client is not None
    assert open_ones() < before + 6
    caller.close()


class Seen:
    """A server that keeps what it was asked, and a client of which each byte is known."""

    def __init__(self, pki: TestPki) -> None:
        self.asked: list[Incoming] = []
        self.busy = 0.0
        self.hosting = Hosting()
        self._pki = pki
        context = server_context(pki.server(HOST), client_trust=pki.trust("back"), client_auth="required")
        self._port = self.hosting.listen(HandlerApp(self._answer), context)

    async def _answer(self, request: Incoming) -> Outgoing:
        self.asked.append(request)
        time.sleep(self.busy)  # the loop waits too
        return Outgoing(body=b"read me")

    def connected(self) -> ssl.SSLSocket:
        context = client_context(self._pki.client("pgo-1.example"), trust=self._pki.trust("back"))
        plain = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        return context.wrap_socket(plain, server_hostname=HOST)


@pytest.fixture
def seen(pki: TestPki) -> Iterator[Seen]:
    made = Seen(pki)
    yield made
    made.hosting.close()


ASKED = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def test_an_answer_that_nobody_took_is_known_afterwards(seen: Seen) -> None:
    """Reset with bytes that were not read; the first request of that connection was read."""
    with seen.connected() as connection:
        connection.sendall(ASKED)
        while b"read me" not in connection.recv(1000):
            continue
        connection.sendall(ASKED)
        select.select([connection], [], [], 10)
    until = time.monotonic() + 10
    while not seen.asked[-1].unread() and time.monotonic() < until:
        time.sleep(0.01)
    assert [item.unread() for item in seen.asked] == [False, True]


def test_who_left_before_the_answer_did_not_take_it(seen: Seen) -> None:
    """Closed without a word while the server is busy: the loop hears of it only after the answer."""
    seen.busy = 0.5
    with seen.connected() as connection:
        connection.sendall(ASKED)
    until = time.monotonic() + 10
    while not (seen.asked and seen.asked[-1].unread()) and time.monotonic() < until:
        time.sleep(0.01)
    assert [item.unread() for item in seen.asked] == [True]


@pytest.mark.parametrize("orderly", [True, False])
def test_who_read_the_answer_and_leaves_took_it(seen: Seen, orderly: bool) -> None:
    with seen.connected() as connection:
        connection.sendall(ASKED)
        while b"read me" not in connection.recv(1000):
            continue
        if orderly:
            connection.unwrap()
    time.sleep(0.3)
    assert [item.unread() for item in seen.asked] == [False]


@pytest.mark.parametrize(
    "name", ["X-Client-Cert", "X-SSL-Client-Cert", "harness.tls", "X-Forwarded-Client-Cert"]
)
def test_a_header_cannot_forge_the_certificate(pki: TestPki, connect: ConnectMap, name: str) -> None:
    answer = client(pki, connect, "pgo-1.example").request(
        "GET", f"https://{HOST}/", [(name, "pgo-2.example")]
    )
    assert answer.body.startswith(b"pgo-1.example|")


def test_tls_facts_on_the_client_side(pki: TestPki, connect: ConnectMap) -> None:
    answer = client(pki, connect, "pgo-1.example").request("GET", f"https://{HOST}/")
    assert answer.tls is not None
    assert answer.tls.version == "TLSv1.3"
    assert answer.tls.server is not None
    assert answer.tls.server.dns_names == (HOST,)
    assert answer.tls.client is not None
    assert answer.tls.client.dns_names == ("pgo-1.example",)


def test_client_certificate_is_only_a_fact_when_it_was_asked(pki: TestPki) -> None:
    hosting = Hosting()
    try:
        port = hosting.listen(HandlerApp(mirror), server_context(pki.server(HOST)))
        connect = ConnectMap({f"{HOST}:443": f"127.0.0.1:{port}"})
        answer = client(pki, connect, "pgo-1.example").request("GET", f"https://{HOST}/")
        assert answer.body.startswith(b"-|")
        assert answer.tls is not None
        assert answer.tls.client is None
    finally:
        hosting.close()


@pytest.mark.parametrize("fault", ["", "untrusted", "self-signed", "expired"])
def test_missing_or_bad_client_certificate_is_refused(pki: TestPki, connect: ConnectMap, fault: str) -> None:
    identity = pki.client("pgo-1.example", fault=fault) if fault else None
    bad = HttpClient(connect, client_context(identity, trust=pki.trust("back")), identity=identity)
    answer = bad.request("GET", f"https://{HOST}/", timeout=5)
    assert answer.status == 0
    assert answer.error.startswith(("tls", "protocol"))


def test_server_certificates_are_checked(pki: TestPki) -> None:
    hosting = Hosting()
    try:
        for fault, word in (
            ("expired", "expired"),
            ("wrong-host", "Hostname mismatch"),
            ("untrusted", "issuer"),
            ("wildcard", "wildcard"),
        ):
            host = "a.node.example"
            port = hosting.listen(HandlerApp(mirror), server_context(pki.server(host, fault=fault)))
            strict = HttpClient(
                ConnectMap({f"{host}:443": f"127.0.0.1:{port}"}),
                client_context(trust=pki.trust("back")),
                refuse_wildcards=True,
            )
            answer = strict.request("GET", f"https://{host}/", timeout=5)
            assert answer.status == 0, fault
            assert answer.error.startswith("tls") and word in answer.error, answer.error
    finally:
        hosting.close()


def test_request_target_is_sent_exactly(pki: TestPki, connect: ConnectMap) -> None:
    target = "/a%2Fb?x=%253A&y=a+b&z=[1]&q='"
    answer = client(pki, connect, "pgo-1.example").request("GET", f"https://{HOST}{target}#gone")
    assert answer.body.decode().split("|")[2] == f"GET https://{HOST}{target}"


@pytest.mark.parametrize(
    "url", ["https://a b.example/", "ftp://x.example/", "https:///x", "https://x.example/\r\nA: b"]
)
def test_impossible_requests_are_refused_before_sending(pki: TestPki, connect: ConnectMap, url: str) -> None:
    with pytest.raises(RequestError):
        client(pki, connect, "pgo-1.example").request("GET", url)


def test_defects_and_rude_answers(pki: TestPki, connect: ConnectMap) -> None:
    caller = client(pki, connect, "pgo-1.example")
    boom = caller.request("GET", f"https://{HOST}/boom")
    assert boom.status == 500
    assert b"geheim" not in boom.body
    assert caller.request("GET", f"https://{HOST}/hang-up", timeout=5).error.startswith(("protocol", "tls"))
    assert caller.request("GET", f"https://{HOST}/short", timeout=5).error.startswith(("protocol", "tls"))
    assert caller.request("POST", f"https://{HOST}/", body=b"x" * 200_000).status == 413
    assert caller.request("GET", f"https://{HOST}/", [("X", "y" * 40_000)]).status in (431, 0)
    assert caller.request("GET", f"https://{HOST}/").status == 200


@pytest.mark.parametrize("cut", [None, PIECE + 5], ids=["whole", "cut off"])
def test_a_large_body_leaves_in_pieces(cut: int | None) -> None:
    """Each waits until the peer takes it: nothing holds a body once more, or four times."""
    body = bytes(range(256)) * (PIECE // 100)
    sent: list[dict[str, Any]] = []

    async def handler(_: Incoming) -> Outgoing:
        return Outgoing(body=body, truncate=cut)

    async def nothing() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    closed = []
    transport = SimpleNamespace(
        is_closing=lambda: False, abort=None, close=lambda: closed.append(True), get_extra_info=lambda _: None
    )
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "harness.end": End()}
    asyncio.run(HandlerApp(handler)({**scope, "harness.transport": Joined(transport)}, nothing, send))
    pieces = [message["body"] for message in sent[1:]]
    assert b"".join(pieces) == body[:cut] and max(map(len, pieces)) <= PIECE
    more = [message["more_body"] for message in sent[1:]]
    assert all(more[:-1]) and more[-1] is (cut is not None) and bool(closed) is (cut is not None)


def test_slow_client_is_cut_off(pki: TestPki, connect: ConnectMap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.4)
    context = client_context(pki.client("pgo-1.example"), trust=pki.trust("back"))
    raw = socket.create_connection(connect.resolve(HOST, 443))
    with context.wrap_socket(raw, server_hostname=HOST) as slow:
        started = time.monotonic()
        slow.settimeout(5)
        try:
            for byte in b"GET / HTTP/1.1\r\nHost: node.example\r\nX: ":
                slow.send(bytes([byte]))
                time.sleep(0.05)
            ended = slow.recv(10) == b""
        except (OSError, ssl.SSLError):
            ended = True
        assert ended
        assert time.monotonic() - started < 4
    assert client(pki, connect, "pgo-2.example").request("GET", f"https://{HOST}/").status == 200


def test_a_burst_of_silent_connections_is_bounded_too(monkeypatch):
    """Those that make room leave at once, and all listeners together count."""
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 4)

    async def answer(request):
        return Outgoing(body=b"ok")

    def closed(one):
        one.settimeout(0.05)
        try:
            return one.recv(10) == b""
        except TimeoutError:
            return False
        except OSError:
            return True

    hosting = Hosting()
    try:
        ports = [hosting.listen(HandlerApp(answer), None) for _ in range(2)]
        made = [socket.create_connection(("127.0.0.1", ports[n % 2]), timeout=5) for n in range(16)]
        until = time.monotonic() + 5
        while (left := sum(not closed(one) for one in made)) > 4 and time.monotonic() < until:
            time.sleep(0.05)
        assert left == 4
        for one in made:
            one.close()
    finally:
        hosting.close()


def test_idle_connections_are_bounded(monkeypatch):
    """The one that is idle longest makes room; who asks something is answered."""
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 4)

    async def answer(request):
        return Outgoing(body=b"ok")

    def whole(one):
        got = b""
        while not got.endswith(b"ok"):
            got += one.recv(1000)
        return got

    hosting = Hosting()
    try:
        port = hosting.listen(HandlerApp(answer), None)
        opened = []
        for _ in range(8):
            one = socket.create_connection(("127.0.0.1", port), timeout=5)
            one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert whole(one).startswith(b"HTTP/1.1 200")
            opened.append(one)
        assert [one.recv(10) for one in opened[:4]] == [b""] * 4, "the oldest are closed"
        opened[-1].sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert whole(opened[-1]).startswith(b"HTTP/1.1 200")
        for one in opened:
            one.close()
    finally:
        hosting.close()


def test_head_and_body_of_an_answer_arrive_together(pki: TestPki, connect: ConnectMap) -> None:
    """One TLS record each; of two requests at once both answers come whole and in order."""
    address, _, port = connect.entries()[f"{HOST}:443"].rpartition(":")
    context = client_context(pki.client("pgo-1.example"), trust=pki.trust("back"))
    with (
        socket.create_connection((address, int(port)), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as secured,
    ):
        secured.sendall(f"GET /one HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        whole = secured.recv(16384)
        assert whole.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\n\r\npgo-1.example|" in whole and b"GET https://node.example/one|0" in whole
        two = "".join(f"GET /{name} HTTP/1.1\r\nHost: {HOST}\r\n\r\n" for name in ("two", "three"))
        secured.sendall(two.encode())
        got = b""
        while got.count(b"HTTP/1.1 200") < 2 or not got.endswith(b"|0"):
            got += secured.recv(16384)
        assert got.index(b"/two|0") < got.index(b"/three|0")


OTHER = ("127.0.0.2", 0)
"""Another address of this machine, where there is one: to a server another peer."""


def other(port: int) -> socket.socket:
    """A connection of another peer."""
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=5, source_address=OTHER)
    except OSError:
        pytest.skip("this machine has no second address")


def asked(one: socket.socket, body: bytes = b"") -> bytes:
    """The beginning of the answer to a request over a connection; ``b""``: it is closed."""
    try:
        one.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        return one.recv(1000)
    except OSError:
        return b""


def test_a_peer_with_many_connections_keeps_nobody_out(monkeypatch):
    """It makes room itself, however long the other one was silent."""
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 6)

    async def answer(request):
        return Outgoing(body=b"ok")

    hosting = Hosting()
    try:
        port = hosting.listen(HandlerApp(answer), None)
        quiet = other(port)
        assert asked(quiet).startswith(b"HTTP/1.1 200")
        made = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(40)]
        assert asked(made[-1]).startswith(b"HTTP/1.1 200")
        assert asked(quiet).startswith(b"HTTP/1.1 200")
        for one in (*made, quiet):
            one.close()
    finally:
        hosting.close()


@pytest.mark.parametrize("kind", ["router", "proxy"])
def test_a_peer_with_many_tunnels_keeps_nobody_out(monkeypatch, kind):
    monkeypatch.setattr(router, "MAX_TUNNELS", 6)
    monkeypatch.setattr(forward, "MAX_TUNNELS", 6)
    hosting = Hosting()
    door = (
        router.SniRouter(lambda host: None)
        if kind == "router"
        else forward.ForwardProxy(lambda host, port: None)
    )
    try:
        port = hosting.call(door.start("127.0.0.1", 0))
        quiet = other(port)
        made = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(40)]
        time.sleep(0.3)
        quiet.settimeout(0.2)
        with pytest.raises(TimeoutError):
            quiet.recv(1)
        assert len(door.tunnels) == 6
        for one in (*made, quiet):
            one.close()
    finally:
        hosting.call(door.stop())
        hosting.close()


def test_bodies_of_one_peer_are_bounded_together(monkeypatch):
    """Who sends much at once is put off; others are not, and later it goes on."""
    monkeypatch.setattr(serving, "MAX_HELD", 50_000)

    async def answer(request):
        return Outgoing(body=b"ok")

    hosting = Hosting()
    try:
        app = HandlerApp(answer)
        port = hosting.listen(app, None)
        begun = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(2)]
        for one in begun:
            one.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n" + b"x" * 20_000)
        time.sleep(0.2)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as third:
            assert asked(third, b"x" * 20_000).startswith(b"HTTP/1.1 503")
        with other(port) as quiet:
            assert asked(quiet, b"x" * 20_000).startswith(b"HTTP/1.1 200")
        for one in begun:
            one.sendall(b"x" * 10_000)
            assert one.recv(100).startswith(b"HTTP/1.1 200")
            one.close()
        time.sleep(0.1)
        assert not app.bodies
    finally:
        hosting.close()


def test_a_peer_is_an_address_or_the_network_of_a_customer():
    assert peer_of(("192.0.2.7", 1)) == "192.0.2.7"
    assert peer_of(("2001:db8:1:2::7", 1, 0, 0)) == peer_of(("2001:db8:1:2:ffff::1", 1, 0, 0))
    assert peer_of(("2001:db8:1:3::7", 1, 0, 0)) != peer_of(("2001:db8:1:2::7", 1, 0, 0))
    assert peer_of(("fe80::1%eth0", 1, 0, 2)) and peer_of("") == peer_of(None) == ""

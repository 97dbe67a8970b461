"""The client: proxies, stale connections, limits, content coding."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from harness.network.wire.client import Answer, HttpClient
from harness.network.wire.connect import ConnectMap
from harness.network.wire.serving import HandlerApp, Hosting, Incoming, Outgoing


async def answer(request: Incoming) -> Outgoing:
    if request.path == "/gzip":
        return Outgoing(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(b"x" * 1000))
    if request.path == "/bomb":
        return Outgoing(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(b"x" * 5_000_000))
    if request.path == "/broken":
        return Outgoing(headers=(("Content-Encoding", "gzip"),), body=b"not gzip")
    if request.path == "/big":
        return Outgoing(body=b"x" * 3_000_000)
    return Outgoing(body=request.url.encode())


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    hosting = Hosting()
    yield hosting.listen(HandlerApp(answer), None)
    hosting.close()


class Proxy:
    """Answers every CONNECT with 502 and remembers the request line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.lines.append(connection.recv(4096).split(b"\r\n")[0].decode())
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    def close(self) -> None:
        self._listener.close()


def test_loopback_and_mapped_names_never_go_through_the_proxy(port: int) -> None:
    proxy = Proxy()
    connect = ConnectMap({"node.example:80": f"127.0.0.1:{port}"})
    client = HttpClient(connect, ssl.create_default_context(), proxy=f"http://127.0.0.1:{proxy.port}")
    assert client.request("GET", f"http://127.0.0.1:{port}/a").status == 200
    assert client.request("GET", f"http://localhost:{port}/a").status == 200
    assert client.request("GET", "http://node.example/a").body == b"http://node.example/a"
    assert proxy.lines == []
    outside = client.request("GET", "https://elders.example/x", timeout=5)
    assert outside.status == 0
    assert proxy.lines == ["CONNECT elders.example:443 HTTP/1.1"]
    proxy.close()
    client.close()


def test_content_coding_and_limits(port: int) -> None:
    client = HttpClient(ConnectMap(), ssl.create_default_context())
    base = f"http://127.0.0.1:{port}"
    assert client.request("GET", f"{base}/gzip").body == b"x" * 1000
    for path in ("/bomb", "/broken", "/big"):
        found = client.request("GET", base + path, limit=1_000_000)
        assert found.status == 0
        assert found.error.startswith("protocol"), found.error
    assert client.request("GET", f"{base}/a").status == 200


def test_a_connection_that_the_server_closed_in_the_meantime_is_replaced() -> None:
    """A GET on a kept-alive connection that turns out to be dead is sent once more; a POST never is."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    requests: list[bytes] = []

    def serve() -> None:
        for number in range(4):
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                for _ in range(2):
                    data = connection.recv(4096)
                    if not data:
                        break
                    requests.append(data.split(b" ")[0] + str(number).encode())
                    if _ == 1:
                        break  # the second request on a connection finds it closed, without an answer
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    threading.Thread(target=serve, daemon=True).start()
    client = HttpClient(ConnectMap(), ssl.create_default_context())
    url = f"http://127.0.0.1:{port}/"
    assert client.request("GET", url).status == 200
    assert client.request("GET", url, timeout=5).status == 200
    assert client.request("POST", url, body=b"x", timeout=5).status == 0
    assert sum(item.startswith(b"POST") for item in requests) == 1
    listener.close()


def test_closing_ends_a_wait_for_an_answer() -> None:
    """Also beneath a GET, which otherwise is sent again on a new connection."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        client = HttpClient(ConnectMap(), ssl.create_default_context())
        answers: list[Answer] = []
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread = threading.Thread(target=lambda: answers.append(client.request("GET", url)))
        thread.start()
        connection, _ = server.accept()
        connection.recv(1000)
        began = time.monotonic()
        client.close()
        thread.join(timeout=30)
        assert time.monotonic() - began < 5
        assert answers[0].status == 0 and answers[0].error == "ended: closed by us"
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


def test_closing_ends_a_handshake_that_nobody_answers() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        client = HttpClient(ConnectMap(), ssl.create_default_context())
        answers: list[Answer] = []
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        thread = threading.Thread(target=lambda: answers.append(client.request("GET", url)))
        thread.start()
        connection, _ = server.accept()
        connection.recv(1000)  # its hello: the handshake has begun
        began = time.monotonic()
        client.close()
        thread.join(timeout=30)
        assert time.monotonic() - began < 5
        assert answers[0].status == 0 and answers[0].error == "ended: closed by us"
        connection.close()


def test_a_handshake_that_is_broken_off_is_told_in_our_words():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(65536)

        threading.Thread(target=serve, daemon=True).start()
        client = HttpClient(ConnectMap(), ssl.create_default_context())
        found = client.request("GET", f"https://localhost:{listener.getsockname()[1]}/", timeout=5)
        client.close()
    assert (found.status, found.error) == (0, "tls: connection closed")


def test_what_nobody_asked_is_not_taken_for_the_next_answer():
    """A server that answers twice, or goes on after the length that it stated, would shift all later answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            for _ in range(3):
                connection, _ = listener.accept()
                with connection:
                    while asked := connection.recv(65536):
                        body = asked.split(b" ")[1]
                        once = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
                        connection.sendall(once * 2)

        threading.Thread(target=serve, daemon=True).start()
        client = HttpClient(ConnectMap(), ssl.create_default_context())
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        found = [client.request("GET", f"{address}/{name}", timeout=5) for name in "abc"]
        client.close()
    assert [(item.status, item.body) for item in found] == [(200, b"/a"), (200, b"/b"), (200, b"/c")]

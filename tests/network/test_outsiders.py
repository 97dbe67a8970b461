"""A product from outside reaches what is served with one setting, and the proxy is open for nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.network.wire.forward import MAX_HEAD, ForwardProxy
from harness.network.wire.serving import Hosting

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "benchmarks" / "foreign_client" / "client.py"
BAR = 300.0
"""Seconds from the start of ``serve`` to the first token by the printed instructions."""


def test_a_foreign_client_gets_its_token_by_what_is_printed(tmp_path: Path) -> None:
    started = time.monotonic()
    served = tmp_path / "served.json"
    clean = {key: value for key, value in os.environ.items() if "PROXY" not in key.upper()}
    with served.open("wb") as out:
        words = ["-m", "harness", "serve", "--out", str(tmp_path / "run"), "--json"]
        process = subprocess.Popen([sys.executable, "-u", *words], stdout=out, cwd=ROOT, env=clean)
    try:
        while not served.read_bytes().endswith(b"\n"):
            assert process.poll() is None
            time.sleep(0.1)
        alone = {key: value for key, value in clean.items() if key != "PYTHONPATH"}
        done = subprocess.run(
            [sys.executable, "-I", str(CLIENT), str(served)],
            capture_output=True,
            text=True,
            env=alone,
            cwd=tmp_path,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "/token" in done.stdout and "Bundle with" in done.stdout
        assert time.monotonic() - started < BAR
        told = json.loads(served.read_text())
        assert told["lists"]["mm-2.2"]["zal"].endswith("/MedMij_Zorgaanbiederslijst.xml?api=2")
    finally:
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    assert time.monotonic() - asked < 5.0, "serve stops in time"
    assert "import harness" not in CLIENT.read_text() and "from harness" not in CLIENT.read_text()


def test_a_public_host_and_a_hosts_file_are_printed(tmp_path: Path) -> None:
    words = ["-m", "harness", "serve", "--json", "--seconds", "1", "--out", str(tmp_path / "run")]
    words += ["--listen", "127.0.0.1:0", "--public-host", "test.example", "--proxy", "127.0.0.1:0"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=ROOT, timeout=120)
    told = json.loads(done.stdout)
    assert told["reach"]["proxy"].startswith("http://test.example:")
    assert all(real.startswith("test.example:") for real in told["connect"].values())
    assert told["reach"]["hosts_file"] == [], "names without port 443 cannot be in a hosts file"
    assert (tmp_path / "run" / "handout" / "trust.pem").read_text().count("BEGIN CERTIFICATE") >= 2


class Echo:
    """A listener behind the proxy, and the proxy."""

    def __init__(self) -> None:
        self.hosting = Hosting()
        self.unknown: list[str] = []
        self.behind = self.hosting.call(self._echo())
        self.proxy = self.hosting.call(ForwardProxy(self._resolve, self.unknown.append).start("127.0.0.1", 0))

    async def _echo(self) -> int:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"echo:" + await reader.read(100))
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    def _resolve(self, host: str, port: int) -> tuple[str, int] | None:
        return ("127.0.0.1", self.behind) if (host, port) == ("mtls.example", 443) else None

    def say(self, head: bytes, then: bytes = b"") -> bytes:
        with socket.create_connection(("127.0.0.1", self.proxy), timeout=5) as plain:
            plain.sendall(head)
            got = plain.recv(4096)
            if then and b" 200 " in got:
                plain.sendall(then)
                plain.shutdown(socket.SHUT_WR)
                while part := plain.recv(4096):
                    got += part
            return got


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.hosting.close()


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("name", ["mtls.example", "MTLS.example", "mtls.example."])
def test_public_names_are_passed_on(echo: Echo, version: str, name: str) -> None:
    head = f"CONNECT {name}:443 HTTP/{version}\r\nHost: {name}:443\r\n\r\n".encode()
    got = echo.say(head, b"hello")
    assert got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"echo:hello")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("CONNECT elsewhere.example:443 HTTP/1.1", 502),
        ("CONNECT mtls.example:80 HTTP/1.1", 502),
        ("CONNECT 127.0.0.1:22 HTTP/1.1", 502),
        ("CONNECT [::1]:22 HTTP/1.1", 502),
        ("CONNECT localhost:443 HTTP/1.1", 502),
        ("GET http://mtls.example/ HTTP/1.1", 403),
        ("POST / HTTP/1.1", 403),
        ("CONNECT mtls.example HTTP/1.1", 403),
        ("CONNECT mtls.example:443@elsewhere.example:443 HTTP/1.1", 403),
    ],
)
def test_nothing_else_is(echo: Echo, line: str, status: int) -> None:
    got = echo.say(f"{line}\r\nHost: x\r\n\r\n".encode())
    assert int(got.split(b" ")[1]) == status and b"X-Harness-Reason: " in got


def test_unknown_names_are_told_once_and_large_heads_are_cut_off(echo: Echo) -> None:
    for _ in range(3):
        echo.say(b"CONNECT told.example:443 HTTP/1.1\r\n\r\n")
    assert echo.unknown.count("told.example:443") == 1
    big = b"CONNECT mtls.example:443 HTTP/1.1\r\nX: " + b"a" * (2 * MAX_HEAD) + b"\r\n\r\n"
    assert int(echo.say(big).split(b" ")[1]) == 431


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=200).filter(lambda data: b"mtls.example:443" not in data.lower()))
def test_no_bytes_open_it(echo: Echo, data: bytes) -> None:
    got = echo.say(data.replace(b"\r\n\r\n", b"") + b"\r\n\r\n")
    assert not got.startswith(b"HTTP/1.1 200")

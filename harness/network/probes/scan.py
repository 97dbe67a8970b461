"""Which probes a TLS server gets, and their outcomes.

* one per protocol version: SSLv3, TLS 1.0 and 1.1 (to be refused), 1.2 (to be accepted), 1.3 (may be absent),
  and one that offers 1.2 and 1.3 together (the highest must win);
* one per class of cipher suites that the NCSC does not rate good (to be refused), and one with the good ones.

``accepted`` means that a ServerHello with the offered thing came back. ``refused`` means an alert or a closed
connection *after* the same server accepted a good offer: without that control the outcome is ``unreachable``.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from harness.network.probes import hello
from harness.network.wire.connect import ConnectMap
from harness.pki import ncsc

Outcome = Literal["accepted", "refused", "unreachable"]
TIMEOUT: Final = 5.0
_GOOD: Final = [item.code for item in ncsc.facts().suites if item.rating == "good"]
_OLD: Final = [item.code for item in ncsc.facts().suites if item.kind not in ("tls13",)]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One probe and what came of it.

    :ivar kind: ``version`` or ``suites``.
    :ivar offered: what was offered, e.g. ``TLSv1.1`` or ``cbc``.
    :ivar allowed: whether a server may accept it; ``optional``: it may also refuse.
    :ivar detail: chosen version and suite, or the alert.
    """

    kind: Literal["version", "suites"]
    offered: str
    outcome: Outcome
    allowed: bool
    optional: bool = False
    detail: str = ""


def _describe(answer: hello.HelloAnswer) -> str:
    if answer.version:
        version = next(
            (item.id for item in ncsc.facts().versions if item.wire == answer.version), hex(answer.version)
        )
        suite = ncsc.suite(answer.suite)
        return f"{version} {suite.openssl if suite else hex(answer.suite)}"
    return answer.alert or "closed"


def exchange(
    connect: Callable[[], socket.socket], server_name: str, versions: Sequence[int], suites: Sequence[int]
) -> hello.HelloAnswer | None:
    """Send one ClientHello; ``None`` when no TCP connection could be made."""
    try:
        connection = connect()
    except OSError:
        return None
    data = b""
    deadline = time.monotonic() + TIMEOUT
    with connection:
        try:
            connection.settimeout(TIMEOUT)
            connection.sendall(hello.client_hello(server_name, versions, suites))
            while hello.need_more(data) and time.monotonic() < deadline:
                chunk = connection.recv(16_384)
                if not chunk:
                    break
                data += chunk
        except OSError:
            pass  # reset or silence is an answer too: refused
    return hello.read_answer(data)


def connector(connect: ConnectMap, host: str, port: int) -> Callable[[], socket.socket]:
    """Opens TCP connections to a public name through the connect map."""

    def open_socket() -> socket.socket:
        return socket.create_connection(connect.resolve(host, port), timeout=TIMEOUT)

    return open_socket


def scan(connect: ConnectMap, host: str, port: int = 443) -> Iterator[Probe]:
    """All TLS probes of one server."""
    opener = connector(connect, host, port)
    control = exchange(opener, host, (hello.TLS12, hello.TLS13), _GOOD)
    alive = control is not None and bool(control.version)

    def outcome(answer: hello.HelloAnswer | None, versions: Sequence[int], suites: Sequence[int]) -> Outcome:
        if answer is None or not alive:
            return "unreachable" if answer is None or not answer.version else "accepted"
        accepted = answer.version in versions and answer.suite in suites
        return "accepted" if accepted else "refused"

    for version in ncsc.facts().versions:
        suites = _GOOD if version.allowed else _OLD
        answer = exchange(opener, host, (version.wire,), suites)
        yield Probe(
            kind="version",
            offered=version.id,
            outcome=outcome(answer, (version.wire,), suites),
            allowed=version.allowed,
            optional=version.id == "TLSv1.3",
            detail=_describe(answer) if answer else "",
        )
    yield from _highest(opener, host, control)
    for kind, items in ncsc.classes(good=False).items():
        suites = [item.code for item in items]
        answer = exchange(opener, host, (hello.TLS12,), suites)
        yield Probe(
            kind="suites",
            offered=kind,
            outcome=outcome(answer, (hello.TLS12,), suites),
            allowed=False,
            detail=_describe(answer) if answer else "",
        )
    good = [item.code for item in ncsc.facts().suites if item.rating == "good" and item.kind != "tls13"]
    answer = exchange(opener, host, (hello.TLS12,), good)
    yield Probe(
        kind="suites",
        offered="good",
        outcome=outcome(answer, (hello.TLS12,), good),
        allowed=True,
        detail=_describe(answer) if answer else "",
    )


def _highest(
    opener: Callable[[], socket.socket], host: str, control: hello.HelloAnswer | None
) -> Iterator[Probe]:
    """core.tls.304: with TLS 1.2 and 1.3 on offer a server that knows 1.3 picks it."""
    alone = exchange(opener, host, (hello.TLS13,), _GOOD)
    if control is None or alone is None or alone.version != hello.TLS13:
        return
    yield Probe(
        kind="version",
        offered="highest of TLSv1.2 and TLSv1.3",
        outcome="accepted" if control.version == hello.TLS13 else "refused",
        allowed=True,
        detail=_describe(control),
    )


class PlainAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of a plain-http probe: status 0 when nothing (or no HTTP) answered; ``error`` says why."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str = ""


def plain_http(connect: ConnectMap, host: str, path: str) -> PlainAnswer:
    """Ask the same path without TLS on port 80 (core.tls.300)."""
    try:
        connection = connector(connect, host, 80)()
    except OSError as error:
        return PlainAnswer(error=f"connect: {type(error).__name__}")
    data = b""
    with connection:
        try:
            request = (
                f"GET {path or '/'} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
            )
            connection.sendall(request.encode("ascii", "replace"))
            deadline = time.monotonic() + TIMEOUT
            while len(data) < 20_000 and time.monotonic() < deadline:
                chunk = connection.recv(8_192)
                if not chunk:
                    break
                data += chunk
        except OSError as error:
            if not data:
                return PlainAnswer(error=f"protocol: {type(error).__name__}")
    return _read_http(data)


def _read_http(data: bytes) -> PlainAnswer:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if not first.startswith("HTTP/") or len(parts) < 2 or not parts[1].isdigit():
        return PlainAnswer(error="protocol: no HTTP")
    headers = tuple(
        (name.strip(), value.strip()) for name, mark, value in (line.partition(":") for line in lines) if mark
    )
    return PlainAnswer(status=int(parts[1]), headers=headers, body=body)

"""Whatever a client does to servers that are served, it is recorded and ends in a finding or in the list.

Real sockets and real mutual TLS, against ``harness serve`` as a process of its own.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from processes import serving

from harness.core.clock import SystemClock
from harness.core.run.folder import RunFolder
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.assigned import Reason, Unassigned, unassigned
from harness.judge.evidence.verification import rejudge
from harness.pki import authority
from harness.pki.authority import Identity, TestPki
from harness.pki.contexts import client_context
from harness.record.chain.read import judged_unit
from harness.record.chain.units import SHARED

FRONT, BACK, NODE = "inlog.dvza-eik.example", "mtls.dvza-eik.example", "stelselnode.medmij.example"
PGO = "pgo.zonnewijzer.example"
FORM = "Content-Type: application/x-www-form-urlencoded"


@dataclass
class Served:
    """A network that is served by another process."""

    connect: dict[str, str]
    pki: TestPki
    folder: Path

    def send(
        self, host: str, data: bytes, identity: Identity | None = None, *, trusting: bool = True
    ) -> bytes:
        """What comes back of some bytes; ``b""`` when the connection is refused."""
        address, port = self.connect[f"{host}:443"].rsplit(":", 1)
        channel = "front" if host == FRONT else "back"
        other = "back" if channel == "front" else "front"
        context = client_context(identity, trust=self.pki.trust(channel if trusting else other))
        with (
            suppress(OSError),
            socket.create_connection((address, int(port)), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=host) as tls,
        ):
            tls.sendall(data)
            return tls.recv(65536)
        return b""

    def ask(self, host: str, line: str, *headers: str, body: bytes = b"", own: bool = True) -> int:
        """The status of an answer."""
        head = [
            f"{line} HTTP/1.1",
            f"Host: {host}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *headers,
        ]
        identity = self.pki.client(PGO) if own and host != FRONT else None
        answer = self.send(host, "\r\n".join(head).encode() + b"\r\n\r\n" + body, identity)
        return int(answer.split(b" ", 2)[1]) if answer else 0


@dataclass
class Ended:
    """What a run folder says after the process has stopped."""

    folder: RunFolder
    rest: list[Unassigned]
    findings: list
    exchanges: list

    def seen(self, operation: str) -> list:
        return [item for item in self.exchanges if item.operation == operation]


@contextmanager
def visited(folder: Path, visit: Callable[[Served], None]) -> Iterator[Ended]:
    words = ("--pki", folder / "pki", "--out", folder / "run", "--at", "2026-03-01", "--json")
    with serving("serve", *words) as ready:
        told = json.loads(ready)
        visit(Served(told["connect"], authority.load(folder / "pki", SystemClock().now()), folder))
        time.sleep(0.2)
    run = RunFolder.open(folder / "run")
    found = rejudge(folder / "run", load_catalogue())
    assert found.problem is None, found.problem
    units = [judged_unit(run.path, name) for name in (SHARED, *(cell.key for cell in found.info.plan))]
    exchanges = [item for unit in units if unit is not None for item in unit.exchanges]
    rest = list(unassigned(run, found.info, found.findings, load_catalogue()))
    yield Ended(run, rest, list(found.findings), exchanges)


def test_everything_odd_is_recorded_and_ends_somewhere(tmp_path: Path) -> None:
    def visit(served: Served) -> None:
        assert served.ask(FRONT, "GET /favicon.ico") == 404
        assert served.ask(FRONT, "POST /mm22/authorize", FORM, body=b"client_id=" + PGO.encode()) == 405
        assert served.ask(FRONT, f"GET /mm22/authorize?client_id={PGO}&scope=nergens") in (302, 400)
        assert served.ask(BACK, "POST /mm22/token", FORM, body=b"grant_type=password&username=x") == 400
        assert served.ask(BACK, "POST /mm22/token", FORM, body=b"%zz=%") == 400
        assert served.ask(BACK, "POST /mm22/token", "Content-Type: application/json", body=b"{") in (400, 415)
        assert served.ask(BACK, "GET /nergens") == 404
        assert served.ask(NODE, "GET /MedMij_Onbekend.xml?api=2") == 404
        assert served.send(BACK, b"GET\x00 / HTTP/9.9\r\n\r\n", served.pki.client(PGO)).startswith(
            b"HTTP/1.1 400"
        )
        assert served.send(BACK, b"GET / HTTP/1.1\r\n\r\n") == b""
        assert served.send(BACK, b"GET / HTTP/1.1\r\n\r\n", served.pki.client(PGO, fault="expired")) == b""
        assert (
            served.send(NODE, b"GET / HTTP/1.1\r\n\r\n", served.pki.client(PGO, fault="self-signed")) == b""
        )
        assert served.send(BACK, b"GET / HTTP/1.1\r\n\r\n", served.pki.client(PGO), trusting=False) == b""

    with visited(tmp_path, visit) as ended:
        refused = {item.error.partition(";")[0] for item in ended.seen("refused")}
        assert refused == {
            "tls: PEER_DID_NOT_RETURN_A_CERTIFICATE",
            "tls: CERTIFICATE_VERIFY_FAILED",
            "tls: TLSV1_ALERT_UNKNOWN_CA",
        }
        reasons = {(item.what, item.reason) for item in ended.rest}
        assert ("probe/unknown", Reason.FOREIGN) in reasons
        assert ("probe/unknown", Reason.UNKNOWN_ADDRESS) in reasons
        assert ("probe/unknown-malformed", Reason.UNKNOWN_ADDRESS) in reasons
        assert ("tls/refused", Reason.NO_PARTY) in reasons
        assert ("authorization/authorize", Reason.NO_FLOW) in reasons
        certificate = [item for item in ended.findings if item.where.path == "client certificate"]
        said = {(item.requirement, item.verdict.value, item.party) for item in certificate}
        assert ("MM-CLI-013", "warning", "pgo-zon") in said or ("MM-CLI-013", "fail", "pgo-zon") in said
        whole(ended)


def test_a_pgo_that_only_shows_a_bad_certificate_gets_its_finding(tmp_path: Path) -> None:
    def visit(served: Served) -> None:
        served.send(BACK, b"GET / HTTP/1.1\r\n\r\n", served.pki.client(PGO, fault="expired"))
        served.send(NODE, b"GET / HTTP/1.1\r\n\r\n", served.pki.client(PGO, fault="self-signed"))

    with visited(tmp_path, visit) as ended:
        told = {(item.requirement, item.verdict.value): item for item in ended.findings}
        assert (
            "certificate has expired; sent alert certificate_expired" in told["MM-CLI-013", "fail"].received
        )
        assert ("MM-CLI-001", "inconclusive") in told, "anybody can write a name in a certificate"
        assert ("MM-CLI-001", "fail") not in told
        assert {item.cause for item in ended.findings} == {""}, "it is the PGO that has to act"
        whole(ended)


def whole(ended: Ended) -> None:
    """Every exchange that was recorded is pointed at, spoken of, or in the list; none of the list is pointed at."""
    listed = {item.exchange for item in ended.rest}
    ids = {item.id for item in ended.exchanges}
    pointed = {item.where.exchange for item in ended.findings if item.where.exchange}
    assert listed <= ids and not listed & pointed
    assert all(item.reason in Reason for item in ended.rest)


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, list[tuple[str, int]]]]:
    """A process that a property visits often; afterwards everything that was sent must be there."""
    folder = tmp_path_factory.mktemp("endless")
    sent: list[tuple[str, int]] = []
    words = ("--pki", folder / "pki", "--out", folder / "run", "--at", "2026-03-01", "--json")
    with serving("serve", *words) as ready:
        told = json.loads(ready)
        yield Served(told["connect"], authority.load(folder / "pki", SystemClock().now()), folder), sent
    found = rejudge(folder / "run", load_catalogue())
    run = RunFolder.open(folder / "run")
    shared = judged_unit(run.path, SHARED)
    assert found.problem is None and shared is not None
    seen = {item.notes["seen"] for item in shared.exchanges}
    for cell in found.info.plan:
        unit = judged_unit(run.path, cell.key)
        seen |= {item.notes["seen"] for item in unit.exchanges} if unit is not None else set()
    assert len(seen) == len(sent), (len(seen), len(sent))
    listed = list(unassigned(run, found.info, found.findings, load_catalogue()))
    assert len(listed) <= len(shared.exchanges)


TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
PAIRS = st.lists(
    st.tuples(st.sampled_from(["code", "grant_type", "scope", "client_id", "state", "x"]), TEXT), max_size=5
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    host=st.sampled_from([FRONT, BACK, NODE]),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    path=st.one_of(
        st.sampled_from(["/mm22/authorize", "/mm22/token", "/mm22/login", "/MedMij_Whitelist.xml"]), TEXT
    ),
    query=PAIRS,
    form=PAIRS,
    kind=st.sampled_from([FORM, "Content-Type: application/json", "X-None: 1"]),
)
def test_no_malformed_request_is_lost(endless, host, method, path, query, form, kind) -> None:
    served, sent = endless
    joined = "&".join(f"{name}={value}" for name, value in query)
    target = "/" + path.lstrip("/").replace("#", "").replace("?", "")
    body = "&".join(f"{name}={value}" for name, value in form).encode()
    status = served.ask(host, f"{method} {target}?{joined}", kind, body=body)
    assert 200 <= status < 500, (status, method, target, joined)
    sent.append((host, status))

"""The probes of a cell: every endpoint host of the provider is scanned; each probe is one exchange."""

from __future__ import annotations

from urllib.parse import urlsplit

from harness.network.drive.session import FlowSession
from harness.network.probes.scan import plain_http, scan
from harness.network.wire.connect import ConnectMap
from harness.record import RawExchange


def endpoints(session: FlowSession) -> list[tuple[str, int, str]]:
    """Distinct ``(host, port, path)`` of the listed endpoints, in order."""
    listed = session.endpoint
    if listed is None:
        return []
    urls = [listed.authorization_endpoint, listed.token_endpoint]
    urls += [role.resource_endpoint for role in listed.roles]
    found: dict[tuple[str, int], str] = {}
    for url in urls:
        parts = urlsplit(url)
        if parts.hostname:
            found.setdefault((parts.hostname, parts.port or 443), parts.path)
    return [(host, port, path) for (host, port), path in found.items()]


def run(session: FlowSession, connect: ConnectMap, *, proxied: bool = False) -> None:
    """Probe every endpoint host of the cell's provider and record what came back.

    :param proxied: connections would have to go through a proxy, which would answer in the server's place;
        then nothing is tried and the record says so.
    """
    for host, port, path in endpoints(session):
        if proxied and not connect.mapped(host, port):
            notes: dict[str, object] = {"offered": "TLS", "outcome": "not-sent", "allowed": True}
            for kind in ("version", "suites"):
                _record(
                    session,
                    operation=f"probe-{kind}",
                    url=f"https://{host}/",
                    error="connect: a proxy stands between",
                    notes={**notes, "probe": kind},
                )
            continue
        _plain(session, connect, host, path)
        for index, probe in enumerate(scan(connect, host, port)):
            _record(
                session,
                operation=f"probe-{probe.kind}-{index:02d}",
                url=f"https://{host}/",
                error="" if probe.outcome == "accepted" else f"tls: {probe.outcome} {probe.detail}".strip(),
                notes={
                    "probe": probe.kind,
                    "offered": probe.offered,
                    "outcome": probe.outcome,
                    "allowed": probe.allowed,
                    "optional": probe.optional,
                    "detail": probe.detail,
                },
            )


def _plain(session: FlowSession, connect: ConnectMap, host: str, path: str) -> None:
    if connect.mapped(host, 443) and not connect.mapped(host, 80):
        answer_error = "connect: nothing listens"  # a name of the connect map exists nowhere else
        _record(session, operation="probe-http", url=f"http://{host}{path}", error=answer_error, notes={})
        return
    answer = plain_http(connect, host, path)
    _record(
        session,
        operation="probe-http",
        url=f"http://{host}{path}",
        error=answer.error,
        notes={},
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
    )


def _record(
    session: FlowSession,
    *,
    operation: str,
    url: str,
    error: str,
    notes: dict[str, object],
    status: int = 0,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> None:
    session.recorder.record(
        RawExchange(
            interface="probe",
            flow=session.flow,
            operation=operation,
            client=session.parties.pgo.id,
            server=session.parties.dvza.id,
            started=session.clock.now(),
            duration=0.0,
            method="GET",
            url=url,
            status=status,
            response_headers=headers,
            response_body=body,
            error=error,
            cell=session.cell.key,
            person="",
            notes=notes,
        )
    )

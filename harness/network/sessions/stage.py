"""The servers of a stage: hosts that a PGO must not trust, or not come to, each with a name of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from harness.medmij import urls
from harness.network.file import Participant
from harness.network.hosts import ADDRESS, Hosts
from harness.network.wire.router import SniRouter
from harness.network.wire.serving import Handler, Incoming, Outgoing
from harness.pki.authority import Channel

AUTHORIZE: Final = "authorize"
"""The authorization endpoint of lists that must not be taken over."""
ELSEWHERE: Final = "elsewhere"
"""A good server that is not on the Whitelist, where a next page leads to."""
OFF_LIST: Final = "off-list"
"""A good server that is not on the Whitelist, as token endpoint."""
_NAMES: Final = {
    AUTHORIZE: "portaal",
    ELSEWHERE: "vervolg",
    OFF_LIST: "uitgifte1",
    "expired": "uitgifte2",
    "untrusted": "uitgifte3",
    "wrong-host": "uitgifte4",
    "wildcard": "uitgifte5",
    "tls-1-1-only": "uitgifte6",
}
"""First part of the host name of each; it does not tell what is wrong with it."""
Told = Callable[[str, str, Incoming | None], None]
"""Is told which server was reached, as kind and host: with a request, or ``None``: a connection has ended."""


@dataclass(frozen=True)
class Stage:
    """The servers of one PGO at one DVZA.

    :ivar hosts: public name by kind of server.
    :ivar entries: the part of the connect map that leads there.
    """

    hosts: Mapping[str, str]
    entries: Mapping[str, str]

    @property
    def admitted(self) -> list[str]:
        """Hosts that stand on the Whitelist, so that only their certificate or TLS version is wrong."""
        return [host for kind, host in self.hosts.items() if kind not in (AUTHORIZE, ELSEWHERE, OFF_LIST)]


class Stages:
    """The stages of a network. One listener per kind serves all PGOs; before them stands a router, which sees
    connections that never became a request: that a client refused a server shows only there.

    :param told: is told of every request, and of every connection that began with a TLS greeting.
    """

    def __init__(self, hosts: Hosts, told: Told) -> None:
        self._published = hosts
        self._told = told
        self._lock = threading.Lock()
        self._kinds: dict[str, str] = {}  # by host
        self._ports: dict[str, int] = {}  # by kind
        self._contexts: dict[str, dict[str, ssl.SSLContext]] = {}
        self._router = 0

    def open(self, pgo: Participant, dvza: Participant) -> Stage:
        """The stage of a PGO at a DVZA, made when it is first asked for; not in the event loop.

        :raises ConfigurationError: there is no place to listen.
        """
        names = {
            kind: f"{name}-{pgo.id}.{dvza.front_host if kind == AUTHORIZE else dvza.back_host}"
            for kind, name in _NAMES.items()
        }
        with self._lock:
            for kind, host in names.items():
                if host not in self._kinds:
                    self._open(kind, host)
        connect = self._published.connect.entries()
        return Stage(names, {f"{host}:443": connect[f"{host}:443"] for host in names.values()})

    def _open(self, kind: str, host: str) -> None:
        weak = kind if kind == "tls-1-1-only" else ""
        fault = "" if weak or kind in (AUTHORIZE, ELSEWHERE, OFF_LIST) else kind
        channel: Channel = "front" if kind == AUTHORIZE else "back"
        back = channel == "back"
        contexts = self._contexts.setdefault(kind, {})
        if kind not in self._ports:
            self._ports[kind] = self._published.listen(
                host,
                self._handler(kind),
                channel=channel,
                mtls=back,
                fault=fault,
                weak=weak,
                lax=back,
                trap=True,
                others=contexts,
            )
        contexts[host] = self._published.context(
            host, channel=channel, mtls=back, fault=fault, weak=weak, lax=back
        )
        if not self._router:
            router = SniRouter(self._target, lambda name: self._told(self._kinds[name], name, None))
            self._router = self._published.hosting.call(router.start(ADDRESS, 0))
        self._kinds[host] = kind
        self._published.connect.add(host, 443, ADDRESS, self._router)

    def _target(self, host: str) -> tuple[str, int] | None:
        kind = self._kinds.get(host)
        return (ADDRESS, self._ports[kind]) if kind is not None else None

    def _handler(self, kind: str) -> Handler:
        async def handle(request: Incoming) -> Outgoing:
            self._told(kind, urls.host_of(request.url), request)
            return NOT_HERE

        return handle


NOT_HERE: Final = Outgoing(
    status=421,
    headers=(("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")),
    body=b'<!doctype html><html lang="nl"><title>Verkeerd adres</title><h1>Verkeerd adres</h1>'
    b"<p>Uw PGO heeft u of zichzelf hierheen gestuurd, en had dat niet mogen doen. Er is niets met uw "
    b"gegevens gebeurd.</p></html>",
)
"""What every server of a stage answers."""

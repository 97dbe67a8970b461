"""The servers of a stage: hosts that a PGO must not trust, or not come to, each with a name of its own.

Made once per PGO and DVZA. Before each stands a :class:`Tap`, which sees connections that never became a
request: that a client refused a server shows only there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from harness.network.file import Participant
from harness.network.hosts import ADDRESS, Hosts
from harness.network.wire.router import pipe
from harness.network.wire.serving import Handler, Incoming, Outgoing

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
_CHUNK: Final = 64 * 1024
_HELLO: Final = b"\x16\x03"
_SECONDS: Final = 15.0
"""Within which a connection must have said something."""

Told = Callable[[str, Incoming | None], None]
"""Is told which server was reached: with a request, or ``None`` for a connection that ended."""


class Stage:
    """The servers of one PGO at one DVZA.

    :param told: is told of every request and every connection that ended.
    :ivar hosts: public name by kind of server.
    """

    def __init__(self, hosts: Hosts, pgo: Participant, dvza: Participant, told: Told) -> None:
        self.hosts = {
            kind: f"{name}-{pgo.id}.{dvza.front_host if kind == AUTHORIZE else dvza.back_host}"
            for kind, name in _NAMES.items()
        }
        self._published = hosts
        self._told = told

    def open(self) -> None:
        """Start to listen; not in the event loop.

        :raises ConfigurationError: there is no place to listen.
        """
        for kind, host in self.hosts.items():
            if self._published.connect.mapped(host, 443):
                continue
            handler = self._handler(kind)
            if kind == AUTHORIZE:
                self._published.publish(host, handler, channel="front", mtls=False)
                continue
            plain = kind in (ELSEWHERE, OFF_LIST)
            weak = kind if kind == "tls-1-1-only" else ""
            port = self._published.listen(
                host,
                handler,
                channel="back",
                mtls=True,
                fault="" if plain or weak else kind,
                weak=weak,
                lax=True,
            )
            tap = Tap((ADDRESS, port), lambda kind=kind: self._told(kind, None))  # type: ignore[misc]
            self._published.connect.add(host, 443, ADDRESS, self._published.hosting.call(tap.start()))

    @property
    def admitted(self) -> list[str]:
        """Hosts that stand on the Whitelist, so that only their certificate or TLS version is wrong."""
        return [host for kind, host in self.hosts.items() if kind not in (AUTHORIZE, ELSEWHERE, OFF_LIST)]

    def entries(self) -> dict[str, str]:
        """The part of the connect map that leads here."""
        known = {f"{host}:443" for host in self.hosts.values()}
        return {name: real for name, real in self._published.connect.entries().items() if name in known}

    def _handler(self, kind: str) -> Handler:
        async def handle(request: Incoming) -> Outgoing:
            self._told(kind, request)
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


class Tap:
    """Passes connections on, and tells of each that began a TLS handshake when it has ended.

    :param target: address and port that everything goes to.
    """

    def __init__(self, target: tuple[str, int], ended: Callable[[], None]) -> None:
        self._target = target
        self._ended = ended
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on a free port of this machine; returns the port."""
        self._server = await asyncio.start_server(self._accept, ADDRESS, 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun = False
        try:
            first = await asyncio.wait_for(reader.read(_CHUNK), _SECONDS)
            begun = first.startswith(_HELLO)
            if not begun:
                return
            up_reader, up_writer = await asyncio.open_connection(*self._target)
            up_writer.write(first)
            try:
                await asyncio.gather(pipe(reader, up_writer), pipe(up_reader, writer))
            finally:
                up_writer.close()
        except (OSError, TimeoutError):
            return
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()
            if begun:
                self._ended()

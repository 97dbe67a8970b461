"""The HTTP protocol of our servers: uvicorn's, with facts of the peer, limits on the head, and time limits.

What it knows of a connection reaches the application in the ASGI scope, under ``harness.`` names.
"""

from __future__ import annotations

import asyncio
import itertools
import select
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from harness.core.run.exchanges import Certificate, Tls
from harness.network.limits.crowd import holds_most, peer_of
from harness.network.wire import handshake
from harness.network.wire.handshake import Broken
from harness.network.wire.joined import Joined

MAX_HEADERS: Final = 32 * 1024
"""Largest request head (bytes)."""
HEAD_SECONDS: Final = 15.0
"""Time within which a request must be complete; slow clients are cut off, at most a second later."""
MAX_CONNECTIONS: Final = 512
"""Connections of all listeners together that are open at once, each some 100 kB with TLS; of more, one of
whoever has most of them is closed."""


LEAVING: Final = 0.5
"""Seconds in which a connection that makes room may say farewell."""


def public_name(own: Certificate | None) -> str:
    """The public name of a listener."""
    return own.dns_names[0].lower() if own is not None and own.dns_names else ""


@dataclass
class End:
    """How a connection ended, without keeping it.

    :ivar reset: the peer broke it off; ``late``: it had closed its side when an answer left.
    :ivar requests: how many came on it.
    """

    reset: bool = False
    late: bool = False
    requests: int = 0

    def answers(self, transport: asyncio.BaseTransport) -> None:
        """An answer leaves: look whether the peer still waits for it."""
        self.late = hung_up(transport)

    def after(self, request: int) -> bool:
        """Whether the answer to this request was not taken, and none was asked for later.

        A client that is gone before the answer has closed when it leaves, or resets when it comes; one that
        took it closes in order, or asks on.
        """
        return (self.reset or self.late) and self.requests == request


def hung_up(transport: asyncio.BaseTransport) -> bool:
    """Whether the peer has closed its side, by what the system knows now: the loop hears of it later."""
    held = transport.get_extra_info("socket")
    if held is None or held.fileno() < 0:
        return True
    events = getattr(select, "POLLRDHUP", 0)  # Linux; elsewhere only what the loop has heard
    if not events:
        return transport.is_closing()
    look = select.poll()
    look.register(held.fileno(), events)
    return bool(look.poll(0))


class PeerProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol plus peer facts, a limit on the request head, and a time limit on it.

    :ivar peer: who has the connection.
    """

    own: Certificate | None = None
    _numbers = itertools.count(1)
    _number = 0
    _made = 0.0
    _tls: Tls | None = None
    peer = ""
    _head_size = 0
    _since = 0.0
    _awaited: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Joined(transport))  # type: ignore[arg-type]
        ssl_object = transport.get_extra_info("ssl_object")
        if ssl_object is not None:
            self._tls = handshake.peer_facts(ssl_object, getattr(self.config.app, "own", None))
        self._since = self._made = self._awaited = self.loop.time()
        self._number = next(self._numbers)
        self.peer = peer_of(transport.get_extra_info("peername"))
        self._end = End()
        states: Sequence[ServerState] = getattr(self.config.app, "states", ())
        if sum(len(state.connections) for state in states) > MAX_CONNECTIONS:
            self._make_room(item for state in states for item in state.connections)

    def _make_room(self, connections: Iterable[object]) -> None:
        """Of whoever has most of them, close the connection that has been idle longest; when none is, this
        one if it is theirs, else the one that has been busy longest."""
        held = [
            item for item in connections if isinstance(item, PeerProtocol) and not item.transport.is_closing()
        ]
        largest = holds_most(item.peer for item in held)
        theirs = [item for item in held if item.peer == largest]
        idle = [
            item
            for item in theirs
            if item is not self and (item.cycle is None or item.cycle.response_complete)
        ]
        busy = self if self.peer == largest else min(theirs, key=lambda item: item._since)
        leaving = min(idle, key=lambda item: item._since, default=busy).transport
        leaving.close()
        self.loop.call_later(LEAVING, leaving.abort)  # who says nothing says no farewell either

    def connection_lost(self, exc: Exception | None) -> None:
        self._awaited = None
        self._end.reset = exc is not None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._awaited is None and (self.cycle is None or self.cycle.response_complete):
            self._awaited = self.loop.time()
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size = 0
        self.scope["harness.tls"] = self._tls  # type: ignore[typeddict-unknown-key]
        self.scope["harness.transport"] = self.transport  # type: ignore[typeddict-unknown-key]
        self.scope["harness.connection"] = (  # type: ignore[typeddict-unknown-key]
            self._number,
            self.loop.time() - self._made,
        )
        self._end.requests += 1
        self.scope["harness.end"] = self._end  # type: ignore[typeddict-unknown-key]

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._head_size > MAX_HEADERS:
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._head_size <= MAX_HEADERS:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._awaited = None
        self._since = self.loop.time()
        if self._head_size <= MAX_HEADERS:
            super().on_message_complete()

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > MAX_HEADERS and not self.transport.is_closing():
            self._tell(431, "request head too large")
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
                b"connection: close\r\ncontent-length: 0\r\n\r\n"
            )
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """As that of uvicorn."""
        self._tell(400, msg)
        super().send_400_response(msg)

    def _tell(self, status: int, why: str) -> None:
        app = self.config.app
        on_broken: Callable[[Broken], None] | None = getattr(app, "on_broken", None)
        if on_broken is not None:
            peer = self.transport.get_extra_info("peername")
            address = str(peer[0]) if isinstance(peer, tuple) else ""
            on_broken(
                Broken(
                    host=public_name(getattr(app, "own", None)),
                    status=status,
                    why=why,
                    tls=self._tls,
                    peer=address,
                )
            )

    def cut_when_late(self, now: float) -> None:
        """Close the connection when a request is not complete in time.

        :param now: time of the loop (seconds).
        """
        if self._awaited is None or now - self._awaited < HEAD_SECONDS:
            return
        self._awaited = None
        if self.transport is not None and not self.transport.is_closing():
            if self._head_size:
                self._tell(408, "request head or body not complete in time")
            self.transport.close()

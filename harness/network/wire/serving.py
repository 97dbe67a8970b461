"""Servers of all mocks: many hosts and ports in one event loop thread, TLS peer facts in the ASGI scope.

The peer certificate of mutual TLS reaches the application as ``scope["harness.tls"]``
(:class:`~harness.core.run.exchanges.Tls`), put there by a small subclass of uvicorn's HTTP protocol from the
connection itself. It never travels in a header, so nobody can forge it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from harness.core.errors import ConfigurationError
from harness.core.run.exchanges import Certificate, Headers, Tls
from harness.core.text import Text
from harness.network.limits.crowd import Crowd, peer_of
from harness.network.wire import handshake
from harness.network.wire.handshake import Broken
from harness.network.wire.protocol import PeerProtocol, public_name

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

KEEP_ALIVE: Final = 90
MAX_HELD: Final = 32 * 1024 * 1024
"""Bytes of request bodies of one peer that are held at once."""
PIECE: Final = 256 * 1024
"""Bytes of a body that are written at once; the rest follows as the peer takes them."""
NO_OTHERS: Final[Mapping[str, ssl.SSLContext]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A request as a mock's handler gets it.

    :ivar url: as the client named it: scheme, Host header, exact path and query.
    :ivar path: decoded path.
    :ivar query: raw query.
    :ivar tls: facts of the connection; ``tls.client`` is the verified peer certificate.
    :ivar gone: whether the client has closed the connection meanwhile.
    :ivar unread: whether the client broke the connection off without taking the answer; known afterwards.
    :ivar connection: number of the connection, ``0``: not known; ``age``: seconds since it was made.
    :ivar visit: the visit of a session (:mod:`harness.network.sessions`) that it belongs to, ``""``: none.
    :ivar played: what our side plays in that visit.
    """

    method: str
    url: str
    path: str
    query: str
    headers: Headers
    body: bytes
    tls: Tls | None = None
    peer: str = ""
    gone: Callable[[], bool] = lambda: False
    unread: Callable[[], bool] = lambda: False
    connection: int = 0
    age: float = 0.0
    visit: str = ""
    played: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A response of a mock, with opt-in misbehaviour.

    :ivar delay: seconds (by the mock's clock) before the answer.
    :ivar truncate: send only this many bytes of the body and hang up.
    :ivar hang_up: close the connection without an answer.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
    delay: float = 0.0
    truncate: int | None = None
    hang_up: bool = False


Handler = Callable[[Incoming], Awaitable[Outgoing]]


class HandlerApp:
    """ASGI application around a :data:`Handler`; a defect of the handler is a plain 500 without detail.

    :param own: facts of the server's own certificate.
    :param sleep: how delays are waited out (the clock of the mock).
    :param limit: largest request body (bytes).
    """

    def __init__(
        self,
        handler: Handler,
        *,
        own: Certificate | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limit: int = 4 * 1024 * 1024,
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        self.handler = handler
        self.own = own
        self.sleep = sleep
        self.limit = limit
        self.on_error = on_error
        self.on_broken: Callable[[Broken], None] | None = None
        self.states: Sequence[ServerState] = ()
        self.bodies: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return None
        peer = peer_of(scope.get("client"))
        held = [0]
        try:
            return await self._handled(scope, receive, send, peer, held)
        finally:
            self.bodies[peer] -= held[0]
            if not self.bodies[peer]:
                del self.bodies[peer]

    async def _handled(self, scope: Scope, receive: Receive, send: Send, peer: str, held: list[int]) -> None:
        body = await self._body(receive, peer, held)
        if isinstance(body, int):
            return await _answer(scope, send, Outgoing(status=body, headers=(("Connection", "close"),)))
        try:
            answer = await self.handler(incoming(scope, body))
            if answer.delay:
                await self.sleep(answer.delay)
        except Exception as error:
            if self.on_error is not None:
                self.on_error(error)
            logging.getLogger("harness.network").debug("handler failed", exc_info=error)
            answer = Outgoing(
                status=500, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=b"internal error\n"
            )
        return await _answer(scope, send, answer)

    async def _body(self, receive: Receive, peer: str, held: list[int]) -> bytes | int:
        """The body of a request, or the status with which it is refused.

        :param held: gets the bytes that are held of it, which count for its peer.
        """
        parts: list[bytes] = []
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b"".join(parts)
            part = message.get("body", b"")
            held[0] += len(part)
            self.bodies[peer] += len(part)
            if held[0] > self.limit:
                return 413
            if self.bodies[peer] > MAX_HELD:
                return 503
            parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts)


def incoming(scope: Scope, body: bytes) -> Incoming:
    """The request of an ASGI scope."""
    headers: Headers = tuple(
        (key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"]
    )
    hosts = [value for key, value in headers if key.lower() == "host"]
    raw = (scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")).split(b"?")[0]
    query = scope.get("query_string", b"").decode("latin-1")
    target = raw.decode("latin-1") + (f"?{query}" if query else "")
    host = hosts[0] if hosts else ""
    client = scope.get("client")
    transport = scope.get("harness.transport")
    end = scope.get("harness.end")
    connection, age = scope.get("harness.connection", (0, 0.0))
    return Incoming(
        method=scope["method"],
        url=f"{scope.get('scheme', 'http')}://{host}{target}",
        path=scope["path"],
        query=query,
        headers=headers,
        body=body,
        tls=scope.get("harness.tls"),
        peer=str(client[0]) if client else "",
        gone=transport.is_closing if transport is not None else lambda: False,
        unread=partial(end.after, end.requests) if end is not None else lambda: False,
        connection=connection,
        age=age,
    )


async def _answer(scope: Scope, send: Send, answer: Outgoing) -> None:
    transport = scope.get("harness.transport")
    if answer.hang_up and transport is not None:
        transport.abort()
        return
    headers = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in answer.headers]
    bodyless = answer.status in (204, 304) or 100 <= answer.status < 200
    if not bodyless and not any(key.lower() == b"content-length" for key, _ in headers):
        headers.append((b"content-length", str(len(answer.body)).encode()))
    body = b"" if bodyless or scope["method"] == "HEAD" else answer.body
    whole = transport is None or answer.truncate is None
    if transport is not None:
        scope["harness.end"].answers(transport)
    size = len(body) if whole else min(len(body), answer.truncate or 0)

    async def write(start: int) -> None:
        end = min(start + PIECE, size)
        await send(
            {"type": "http.response.body", "body": body[start:end], "more_body": not whole or end < size}
        )

    with transport if transport is not None else nullcontext():
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await write(0)
    for start in range(PIECE, size, PIECE):
        await write(start)
    if transport is not None and not whole:
        transport.close()


class Hosting:
    """An event loop in a background thread that serves any number of listeners.

    :ivar refused: told of each TLS handshake that failed, in the loop; ``broken`` of what is no HTTP request.
    """

    def __init__(self) -> None:
        self.refused: Callable[[handshake.Handshake], None] | None = None
        self.broken: Callable[[Broken], None] | None = None
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._servers: list[asyncio.Server] = []
        self._states: list[ServerState] = []
        self._pending = Crowd(handshake.MAX_PENDING)
        self._bodies: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._run, name="harness-hosting", daemon=True)
        self._closed = False
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._tick)
        self._loop.run_forever()

    def _tick(self) -> None:
        date = [(b"date", formatdate(usegmt=True).encode())]
        now = self._loop.time()
        for state in self._states:
            state.default_headers = date
            for connection in list(state.connections):
                if isinstance(connection, PeerProtocol):
                    connection.cut_when_late(now)
        self._loop.call_later(1.0, self._tick)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, for other servers that want to live in it."""
        return self._loop

    def listen(
        self,
        app: HandlerApp,
        context: ssl.SSLContext | None,
        *,
        address: str = "127.0.0.1",
        port: int = 0,
        trap: bool = False,
        others: Mapping[str, ssl.SSLContext] = NO_OTHERS,
    ) -> int:
        """Serve an application; returns the port (``port=0``: a free one).

        :param trap: connections that come to no request are told to nobody.
        :param others: contexts of other hosts at the same port, by name; may grow while it serves.
        :raises ConfigurationError: the address or port cannot be used.
        """
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        # With the protocol stated, asyncio switches off Nagle's algorithm on accepted connections.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(256)
        except OSError as error:
            listener.close()
            raise ConfigurationError(
                Text(nl="hier kan niet worden geluisterd", en="cannot listen here"),
                where=f"{address}:{port}",
                received=error.strerror or str(error),
            ) from None
        app.on_broken = None if trap else self._tell_broken
        if context is not None:
            handshake.watch(context, others)
        self.call(self._serve(app, context, listener, trap))
        return int(listener.getsockname()[1])

    async def _serve(
        self, app: HandlerApp, context: ssl.SSLContext | None, listener: socket.socket, trap: bool
    ) -> None:
        config = Config(
            app,
            http=PeerProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
        )
        config.load()
        state = ServerState()
        state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
        self._states.append(state)
        app.states = self._states
        app.bodies = self._bodies

        def protocol() -> asyncio.BaseProtocol:
            plain = PeerProtocol(config, state, {}, self._loop)
            if context is None:
                return plain
            refused = None if trap else self._tell_refused
            return handshake.WatchedProtocol(
                self._loop,
                plain,
                context,
                host=public_name(app.own),
                refused=refused,
                pending=self._pending,
            )

        server = await self._loop.create_server(protocol, sock=listener)
        self._servers.append(server)

    def _tell_refused(self, failed: handshake.Handshake) -> None:
        if self.refused is not None:
            self.refused(failed)

    def _tell_broken(self, broken: Broken) -> None:
        if self.broken is not None:
            self.broken(broken)

    def call(self, coroutine: Any, timeout: float = 30.0) -> Any:
        """Run a coroutine in the loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    def close(self) -> None:
        """Stop all listeners and the thread."""
        if self._closed:
            return
        self._closed = True

        async def stop() -> None:
            for server in self._servers:
                server.close()
            for state in self._states:
                for connection in list(state.connections):
                    if connection.transport is not None:
                        connection.transport.abort()
            await asyncio.sleep(0.01)
            tasks = [task for task in asyncio.all_tasks(self._loop) if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        try:
            with contextlib.suppress(TimeoutError):  # a handler is busy with what somebody sent
                self.call(stop(), 10.0)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10.0)
            if not self._thread.is_alive():
                self._loop.close()

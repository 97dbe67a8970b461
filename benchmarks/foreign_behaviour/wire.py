"""An HTTP/1.1 server as other people write one: right, and in a style of its own.

It answers with the handlers of a DVZA; framing, coding, spelling of headers and how long a connection is kept are its own.
"""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from time import time
from urllib.parse import unquote

from harness.core.run.exchanges import header
from harness.network.wire import handshake
from harness.network.wire.serving import Hosting, Incoming, Outgoing

Handler = Callable[[Incoming], Awaitable[Outgoing]]
BODYLESS = (204, 304)


@dataclass(frozen=True, kw_only=True)
class Wire:
    """The style of a server.

    :ivar chunked: bodies in chunks, with a trailing header; ``coded``: in gzip (who sends no Accept-Encoding takes all).
    :ivar idle: seconds that a connection stays open without a request; it is closed without a word.
    :ivar interim: answers begin with an interim one (103).
    :ivar upper: names of headers in capitals.
    :ivar ahead: seconds that its clock runs ahead.
    """

    chunked: bool = False
    coded: bool = False
    idle: float = 60.0
    interim: bool = False
    upper: bool = False
    ahead: float = 0.0

    def listen(self, hosting: Hosting, handler: Handler, context: ssl.SSLContext) -> int:
        """Serve a handler; gives the port."""

        async def open_server() -> int:
            server = await asyncio.start_server(
                lambda reader, writer: self._connection(reader, writer, handler), "127.0.0.1", 0, ssl=context
            )
            return int(server.sockets[0].getsockname()[1])

        return int(hosting.call(open_server()))

    async def _connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler
    ) -> None:
        tls = handshake.peer_facts(writer.get_extra_info("ssl_object"), None)
        try:
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self.idle)
                request = await _request(head, reader, writer, tls)
                writer.write(self._written(request, await handler(request)))
                await writer.drain()
                if "close" in (header(request.headers, "connection") or "").lower():
                    return
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    def _written(self, request: Incoming, answer: Outgoing) -> bytes:
        headers = [pair for pair in answer.headers if pair[0].lower() != "content-length"]
        headers.append(("Date", formatdate(time() + self.ahead, usegmt=True)))
        body = b"" if answer.status in BODYLESS else answer.body
        if self.coded and body:
            body = gzip.compress(body)
            headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        if self.chunked and body:
            headers += [("Transfer-Encoding", "chunked"), ("Trailer", "X-Checksum")]
        else:
            headers.append(("Content-Length", str(len(body))))
        shown = [(name.upper() if self.upper else name, value) for name, value in headers]
        lines = [f"HTTP/1.1 {answer.status} ", *(f"{name}: {value}" for name, value in shown)]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        if self.interim:
            head = b"HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n" + head
        if request.method == "HEAD":
            return head
        return head + (_chunks(body) if self.chunked and body else body)


def _chunks(body: bytes) -> bytes:
    """A body in pieces, with an extension and a trailing header."""
    pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
    written = b"".join(b"%X;piece\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return written + b"0\r\nX-Checksum: 1\r\n\r\n"


async def _request(
    head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: object
) -> Incoming:
    """A request as a handler gets it."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = tuple(
        (name, value.strip()) for line in lines if line for name, _, value in [line.partition(":")]
    )
    named = {name.lower(): value for name, value in headers}
    if named.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(int(named.get("content-length", "0")))
    path, _, query = target.partition("?")
    return Incoming(
        method=method,
        url=f"https://{named.get('host', '')}{target}",
        path=unquote(path),
        query=query,
        headers=headers,
        body=body,
        tls=tls,  # type: ignore[arg-type]
    )

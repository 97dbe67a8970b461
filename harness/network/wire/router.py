"""One public port for many hosts: routes TLS connections by their SNI name, without decrypting them.

``harness serve --listen ADDR:443`` needs it, because the hosts of a network have different certificates and
different policies for client certificates.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from harness.network.limits.crowd import Crowd, peer_of

MAX_HELLO: Final = 16 * 1024 + 5
HELLO_SECONDS: Final = 10.0
MAX_TUNNELS: Final = 256
"""Connections that are passed on at once; of more, one of whoever has most of them is closed."""
_CHUNK: Final = 64 * 1024


def server_name(data: bytes) -> str | None:
    """SNI host of a TLS ClientHello.

    :returns: the name in lower case, ``""`` when the hello carries none, ``None`` when more bytes are needed.
    :raises ValueError: the bytes are not a TLS ClientHello.
    """
    if len(data) < 5:
        if data[:1] not in (b"", b"\x16"):
            raise ValueError("not TLS")
        return None
    if data[0] != 0x16 or data[1] != 3:
        raise ValueError("not TLS")
    length = int.from_bytes(data[3:5], "big")
    if len(data) < 5 + length:
        if length + 5 > MAX_HELLO:
            raise ValueError("ClientHello too large")
        return None
    return _name(data[5 : 5 + length])


def _name(hello: bytes) -> str:
    try:
        if hello[0] != 1:
            raise ValueError("no ClientHello")
        position = 4 + 2 + 32
        position += 1 + hello[position]
        position += 2 + int.from_bytes(hello[position : position + 2], "big")
        position += 1 + hello[position]
        end = position + 2 + int.from_bytes(hello[position : position + 2], "big")
        position += 2
        while position + 4 <= min(end, len(hello)):
            kind = int.from_bytes(hello[position : position + 2], "big")
            size = int.from_bytes(hello[position + 2 : position + 4], "big")
            body = hello[position + 4 : position + 4 + size]
            position += 4 + size
            if kind == 0 and len(body) >= 5 and body[2] == 0:
                name = body[5 : 5 + int.from_bytes(body[3:5], "big")]
                return name.decode("ascii").lower()
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError("broken ClientHello") from error
    return ""


class SniRouter:
    """Accepts connections and pipes each to the port that its SNI name maps to.

    :param resolve: address and port for a host, ``None`` when it is not ours.
    :param ended: is told the host of every connection that was passed on, when it has ended.
    :ivar tunnels: the connections that are passed on.
    """

    def __init__(
        self,
        resolve: Callable[[str], tuple[str, int] | None],
        ended: Callable[[str], None] = lambda host: None,
    ) -> None:
        self._resolve = resolve
        self._ended = ended
        self.tunnels = Crowd(MAX_TUNNELS)
        self._server: asyncio.Server | None = None

    async def start(self, address: str, port: int) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._accept, address, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached = ""
        enter(self.tunnels, writer)
        try:
            head, name = await asyncio.wait_for(self._hello(reader), HELLO_SECONDS)
            target = self._resolve(name)
            if target is None:
                return
            reached = name
            up_reader, up_writer = await asyncio.open_connection(*target)
            up_writer.write(head)
            try:
                await through(self.tunnels, (reader, writer), (up_reader, up_writer))
            finally:
                up_writer.close()
        except (OSError, ValueError, TimeoutError):
            return
        finally:
            self.tunnels.left(writer)
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()
            if reached:
                self._ended(reached)

    async def _hello(self, reader: asyncio.StreamReader) -> tuple[bytes, str]:
        data = b""
        while True:
            part = await reader.read(_CHUNK)
            if not part:
                return data, ""
            data += part
            name = server_name(data)
            if name is not None:
                return data, name

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def enter(tunnels: Crowd, writer: asyncio.StreamWriter) -> None:
    """Somebody comes; whoever has most of the tunnels makes room."""
    tunnels.join(writer, peer_of(writer.get_extra_info("peername")), writer.transport.abort)


async def through(tunnels: Crowd, ours: Ends, theirs: Ends) -> None:
    """Pass on what comes, both ways, until both sides close."""

    def used() -> None:
        tunnels.used(ours[1])

    await asyncio.gather(_pipe(ours[0], theirs[1], used), _pipe(theirs[0], ours[1], used))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, used: Callable[[], None]) -> None:
    """Pass on what comes, until one side closes."""
    try:
        while part := await reader.read(_CHUNK):
            used()
            writer.write(part)
            await writer.drain()
    except (OSError, RuntimeError):
        return
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()

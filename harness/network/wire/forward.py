"""A forward proxy for foreign products: one setting makes the public names of a served network reachable.

Only ``CONNECT`` to names of the connect map is answered: it is no open proxy. TLS stays between client and
mock, so certificates and SNI are what they are without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from typing import Final

from harness.network.limits.crowd import Crowd
from harness.network.wire.router import MAX_TUNNELS, enter, through

MAX_HEAD: Final = 8 * 1024
"""Largest request head (bytes)."""
HEAD_SECONDS: Final = 10.0
MAX_NAMES: Final = 200
"""Unknown names that are told."""
_CONNECT: Final = re.compile(
    rb"CONNECT \[?([A-Za-z0-9._:-]{1,255}?)\]?:([0-9]{1,5}) HTTP/1\.[01]", re.ASCII | re.IGNORECASE
)


class ForwardProxy:
    """Accepts ``CONNECT host:port`` and pipes to where the host really listens.

    :param resolve: address and port of a public name and port, ``None`` when it is not ours.
    :param unknown: told of each name that is not ours, once.
    :ivar tunnels: those that are open.
    """

    def __init__(
        self,
        resolve: Callable[[str, int], tuple[str, int] | None],
        unknown: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._resolve = resolve
        self._unknown = unknown
        self._named: set[str] = set()
        self.tunnels = Crowd(MAX_TUNNELS)
        self._server: asyncio.Server | None = None

    async def start(self, address: str, port: int) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._accept, address, port, limit=MAX_HEAD)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        enter(self.tunnels, writer)
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
            await self._answer(head.split(b"\r\n", 1)[0], reader, writer)
        except (asyncio.LimitOverrunError, ValueError):
            await _refuse(writer, 431, "request head too large")
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            return
        finally:
            self.tunnels.left(writer)
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found = _CONNECT.fullmatch(line)
        if found is None:
            await _refuse(writer, 403, "only CONNECT to the public names of this network")
            return
        host, port = found[1].decode().lower().rstrip("."), int(found[2])
        target = self._resolve(host, port)
        if target is None:
            name = f"{host}:{port}"
            if name not in self._named and len(self._named) < MAX_NAMES:
                self._named.add(name)
                self._unknown(name)
            await _refuse(writer, 502, f"{name} is no name of this network")
            return
        up_reader, up_writer = await asyncio.open_connection(*target)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await through(self.tunnels, (reader, writer), (up_reader, up_writer))
        finally:
            up_writer.close()


async def _refuse(writer: asyncio.StreamWriter, status: int, reason: str) -> None:
    body = f"{reason}\n".encode()
    head = (
        f"HTTP/1.1 {status} Refused\r\nX-Harness-Reason: {reason}\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with contextlib.suppress(OSError, RuntimeError):
        writer.write(head.encode("ascii", "replace") + body)
        await writer.drain()

"""The connect map: public ``host:port`` to the address and port where it really listens.

It is applied when a socket is opened, so that URL, ``Host`` header, SNI and certificate checks all see the
public name. Nothing on the machine (hosts file, resolver, proxy) is touched.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import weakref
from collections.abc import Iterable, Mapping
from typing import Any, Final

import httpcore
import httpx
from httpcore._backends.sync import SyncStream

from harness.network.wire.bounded import Bounded

MAX_HELD: Final = 64 * 1024
"""Most of a request that waits for the rest (bytes)."""


class ConnectMap:
    """Where public names listen. Thread-safe."""

    def __init__(self, entries: Mapping[str, str] | None = None) -> None:
        """:param entries: ``host:port`` → ``address:port`` as in the network file."""
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, int], tuple[str, int]] = {}
        for public, real in (entries or {}).items():
            host, _, port = public.rpartition(":")
            address, _, real_port = real.rpartition(":")
            self.add(host, int(port), address.strip("[]"), int(real_port))

    def add(self, host: str, port: int, address: str, real_port: int) -> None:
        """Map one public name."""
        with self._lock:
            self._entries[(host.lower(), port)] = (address, real_port)

    def resolve(self, host: str, port: int) -> tuple[str, int]:
        """Where to connect for a public name; itself when it is not mapped."""
        with self._lock:
            return self._entries.get((host.lower(), port), (host, port))

    def mapped(self, host: str, port: int) -> bool:
        """Whether a public name is in the map."""
        with self._lock:
            return (host.lower(), port) in self._entries

    def entries(self) -> dict[str, str]:
        """The map in the form of the network file, sorted."""
        with self._lock:
            return {
                f"{host}:{port}": f"[{address}]:{real}" if ":" in address else f"{address}:{real}"
                for (host, port), (address, real) in sorted(self._entries.items())
            }

    def chromium_rules(self) -> str:
        """Value for Chromium's ``--host-resolver-rules``."""
        return ", ".join(f"MAP {public} {real}" for public, real in self.entries().items())


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class _Stream(SyncStream):
    """A connection that its backend can cut while another thread waits for an answer on it."""

    def __init__(self, sock: socket.socket, backend: MappedBackend) -> None:
        super().__init__(sock)
        self._backend = backend
        backend.opened(sock)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with self.get_extra_info("socket").dup() as held:  # the handshake takes the socket itself away
            self._backend.opened(held)
            stream = super().start_tls(ssl_context, server_hostname, timeout)
        if self._backend.refuse_wildcards:
            _refuse_wildcard(stream)
        self._backend.opened(stream.get_extra_info("socket"))
        return _Joined(stream, self._backend.bounded)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        bounded = self._backend.bounded
        return bounded.counted(super().read(max_bytes, bounded.left(timeout)))


class _Joined(httpcore.NetworkStream):
    """A connection on which head and body of a request leave together, before the answer is read."""

    def __init__(self, stream: httpcore.NetworkStream, bounded: Bounded) -> None:
        self._stream = stream
        self._bounded = bounded
        self._held: list[bytes] = []
        self._size = 0

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._held.append(buffer)
        self._size += len(buffer)
        if self._size > MAX_HELD:
            self._send(timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with contextlib.suppress(httpcore.WriteError):  # as httpcore: the answer may say why
            self._send(timeout)
        return self._bounded.counted(self._stream.read(max_bytes, self._bounded.left(timeout)))

    def _send(self, timeout: float | None) -> None:
        held, self._held, self._size = self._held, [], 0
        if held:
            self._stream.write(b"".join(held), timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return self._stream.start_tls(ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _refuse_wildcard(stream: httpcore.NetworkStream) -> None:
    """Hang up on a server that shows a wildcard certificate (``core.tls.315``).

    :raises httpcore.ConnectError: it does.
    """
    ssl_object = stream.get_extra_info("ssl_object")
    shown = ssl_object.getpeercert() if ssl_object is not None else None
    names = [str(value) for kind, value in (shown or {}).get("subjectAltName", ()) if kind == "DNS"]
    if any(name.startswith("*") for name in names):
        stream.close()
        try:
            raise ssl.SSLCertVerificationError("wildcard certificate")
        except ssl.SSLCertVerificationError:  # as context, which httpcore keeps when it raises again
            raise httpcore.ConnectError("wildcard certificate")  # noqa: B904


class MappedBackend(httpcore.SyncBackend):
    """Opens sockets through a connect map.

    :param refuse_wildcards: hang up, before anything is sent, on servers with a wildcard certificate.
    :ivar bounded: bounds of the exchange that a thread is in.
    """

    def __init__(self, connect: ConnectMap, *, refuse_wildcards: bool = False) -> None:
        self._connect = connect
        self.bounded = Bounded()
        self.refuse_wildcards = refuse_wildcards
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()

    def opened(self, sock: socket.socket) -> None:
        """Note a connection."""
        with self._lock:
            self._sockets.add(sock)

    def cut(self) -> None:
        """End every connection at once: whoever waits on one gets a transport error."""
        with self._lock:
            sockets = list(self._sockets)
        for sock in sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # also beneath TLS, without its farewell

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """As :class:`httpcore.SyncBackend`, at the mapped address."""
        address, real = self._connect.resolve(host, port)
        stream = super().connect_tcp(address, real, timeout, local_address, socket_options)
        return _Stream(stream.get_extra_info("socket"), self)


def httpx_transport(connect: ConnectMap, context: ssl.SSLContext) -> httpx.HTTPTransport:
    """An httpx transport that uses the map (for programs that bring their own httpx client)."""
    transport = httpx.HTTPTransport(verify=context)
    transport._pool.close()
    transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=MappedBackend(connect))
    return transport

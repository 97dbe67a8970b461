"""TLS handshakes that did not come to an end: what a server can know of them, and the alert that explains it.

asyncio drops a failed handshake silently and hangs up before the alert leaves, so that a foreign client sees
an empty answer. :class:`WatchedProtocol` sends the alert first and hands over what was seen. Certificates,
alerts and what a ClientHello offers come from OpenSSL's message callback, which the ssl module only offers as
a debugging hook; where it is missing, the reason alone is known.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from asyncio import sslproto
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.core.run.exchanges import Certificate, Tls
from harness.network.limits.crowd import Crowd, peer_of
from harness.pki.facts import certificate_facts

HANDSHAKE_SECONDS: Final = 15
SHUTDOWN_SECONDS: Final = 2
MAX_PENDING: Final = 256
"""Handshakes of all listeners that go on at once; of more, the one of whoever has most of them that takes
longest is ended."""
MAX_CERTIFICATE: Final = 64 * 1024
"""Largest client certificate that is looked at (bytes)."""
_HANDSHAKE, _ALERT = 22, 21
_CLIENT_HELLO, _CERTIFICATE = 1, 11
"""TLS content types and handshake message types (RFC 8446)."""
ALERTS: Final = {
    0: "close_notify",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    48: "unknown_ca",
    49: "access_denied",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    112: "unrecognized_name",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""Names of the alerts that a handshake ends with (RFC 8446 section 6)."""


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """A handshake that failed.

    :ivar host: public name of the listener; ``server_name`` what the client asked for, ``""``: nothing.
    :ivar peer: address of the client.
    :ivar reason: OpenSSL's, e.g. ``CERTIFICATE_VERIFY_FAILED``; ``HANG_UP`` or ``TIMEOUT`` when it gave none.
    :ivar detail: why a certificate was refused, in OpenSSL's words.
    :ivar verify: OpenSSL's number for that; 0: no certificate was refused.
    :ivar sent: the alert that we sent; ``received`` the one that came. Names of :data:`ALERTS`.
    :ivar presented: the client's certificate as it came, *not verified*; ``None``: none came.
    :ivar versions: TLS versions that the client offers, as numbers.
    :ivar spoke: whether the client sent anything; a health check does not.
    """

    host: str
    peer: str
    reason: str
    server_name: str = ""
    detail: str = ""
    verify: int = 0
    sent: str = ""
    received: str = ""
    presented: Certificate | None = None
    versions: tuple[int, ...] = ()
    spoke: bool = True

    def facts(self) -> dict[str, Any]:
        """What is written down of it."""
        shown = self.presented
        return {
            "reason": self.reason,
            "detail": self.detail,
            "verify": self.verify,
            "sent": self.sent,
            "received": self.received,
            "server_name": self.server_name,
            "versions": [f"{item:#06x}" for item in self.versions],
            "presented": None
            if shown is None
            else {"dns_names": list(shown.dns_names), "issuer": shown.issuer, "not_after": shown.not_after},
        }

    @property
    def told(self) -> str:
        """What was seen, on one line."""
        alerts = [
            f"{way} alert {name}" for way, name in (("sent", self.sent), ("received", self.received)) if name
        ]
        return "; ".join(part for part in (self.reason, self.detail, *alerts) if part)


@dataclass(frozen=True, kw_only=True)
class Broken:
    """What came on a connection and is no HTTP request.

    :ivar host: public name of the listener.
    :ivar status: what we answered; ``why`` in words.
    """

    host: str
    status: int
    why: str
    tls: Tls | None = None
    peer: str = ""


@dataclass
class _Seen:
    """What was noted of one connection while it shook hands."""

    server_name: str = ""
    sent: str = ""
    received: str = ""
    presented: bytes = b""
    versions: tuple[int, ...] = ()
    reason: str = ""
    detail: str = ""
    verify: int = 0
    spoke: bool = field(default=False)


class WatchedObject(ssl.SSLObject):
    """An SSL object that remembers why its handshake failed."""

    seen: _Seen

    def do_handshake(self) -> None:
        """As that of the ssl module."""
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            seen = seen_of(self)
            seen.reason = error.reason or type(error).__name__
            if isinstance(error, ssl.SSLCertVerificationError):
                seen.detail, seen.verify = error.verify_message, error.verify_code
            raise


def seen_of(connection: Any) -> _Seen:
    """What was noted of a connection."""
    found: _Seen | None = getattr(connection, "seen", None)
    if found is None:
        found = connection.seen = _Seen()
    return found


def watch(context: ssl.SSLContext, others: Mapping[str, ssl.SSLContext]) -> None:
    """Let every connection of a server context remember what happens in its handshake.

    :param others: contexts of other hosts at the same listener, by name; may grow.
    """
    context.sslobject_class = WatchedObject

    def named(connection: Any, name: str | None, _: ssl.SSLContext) -> None:
        connection.harness_server_name = name
        if name is not None and name in others:
            connection.context = others[name]
        seen_of(connection).server_name = name or ""

    def message(connection: Any, direction: str, version: int, content: int, kind: int, data: bytes) -> None:
        if content not in (_ALERT, _HANDSHAKE):
            return
        note = seen_of(connection)
        if content == _ALERT and len(data) >= 2:
            name = ALERTS.get(data[1], str(data[1]))
            if direction == "read":
                note.received = name
            else:
                note.sent = name
        elif content == _HANDSHAKE and direction == "read" and kind == _CLIENT_HELLO:
            note.versions = offered_versions(data)
        elif content == _HANDSHAKE and direction == "read" and kind == _CERTIFICATE:
            note.presented = first_certificate(data)

    context.sni_callback = named
    hook = getattr(ssl.SSLContext.__mro__[1], "_msg_callback", None)
    if hook is not None:  # that of OpenSSL itself: the one of the ssl module makes names of all numbers first
        hook.__set__(context, message)


def offered_versions(hello: bytes) -> tuple[int, ...]:
    """TLS versions that a ClientHello (a handshake message with its header) offers, as it orders them.

    Without the extension of TLS 1.3 it is the one version of the message itself; nothing when it is broken.
    """
    try:
        position = 4
        legacy = int.from_bytes(hello[position : position + 2], "big")
        position += 2 + 32
        position += 1 + hello[position]
        position += 2 + int.from_bytes(hello[position : position + 2], "big")
        position += 1 + hello[position]
        position += 2
        while position + 4 <= len(hello):
            kind, size = (int.from_bytes(hello[position + at : position + at + 2], "big") for at in (0, 2))
            body = hello[position + 4 : position + 4 + size]
            position += 4 + size
            if kind == 43 and body:
                listed = body[1 : 1 + body[0]]
                found = [int.from_bytes(listed[at : at + 2], "big") for at in range(0, len(listed) - 1, 2)]
                return tuple(item for item in found if item >> 8 == 3)  # the others are GREASE (RFC 8701)
    except IndexError:
        return ()
    return (legacy,)


def first_certificate(message: bytes) -> bytes:
    """DER of the first certificate of a Certificate message, TLS 1.2 or 1.3; ``b""`` when there is none."""
    body = message[4:]
    for skipped in (1 + body[0] if body else 0, 0):  # 1.3 begins with a context (RFC 8446 section 4.4.2)
        rest = body[skipped:]
        whole = int.from_bytes(rest[:3], "big")
        size = int.from_bytes(rest[3:6], "big")
        if 0 < size <= min(whole, MAX_CERTIFICATE) and len(rest) == 3 + whole and rest[6:7] == b"\x30":
            return rest[6 : 6 + size]
    return b""


@functools.lru_cache(maxsize=4096)
def _facts(der: bytes) -> Certificate | None:
    return certificate_facts(der)


def peer_facts(ssl_object: ssl.SSLObject, own: Certificate | None) -> Tls:
    """TLS facts of a connection that we accepted."""
    der = ssl_object.getpeercert(True)
    cipher = ssl_object.cipher()
    return Tls(
        version=ssl_object.version() or "",
        cipher=cipher[0] if cipher else "",
        server_name=str(getattr(ssl_object, "harness_server_name", "") or ""),
        server=own,
        client=_facts(der) if der else None,
    )


class WatchedProtocol(sslproto.SSLProtocol):
    """TLS of asyncio, which says what became of a handshake.

    :param host: public name of the listener.
    :param refused: told of each handshake that failed, once, in the loop.
    """

    max_size = 16 * 1024  # bytes kept per open connection: a TLS record; asyncio keeps 256 kB

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.Protocol,
        context: ssl.SSLContext,
        *,
        host: str,
        refused: Callable[[Handshake], None] | None,
        pending: Crowd,
    ) -> None:
        self._harness_pending = pending
        super().__init__(
            loop,
            protocol,
            context,
            None,  # type: ignore[arg-type]
            True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )
        self._harness_host = host
        self._harness_refused = refused
        self._harness_peer = ""
        self._harness_done = False
        self._harness_spoke = False
        self._harness_error: BaseException | None = None
        self._harness_object: ssl.SSLObject | None = None

    def connection_made(self, transport: Any) -> None:
        """As that of asyncio."""
        peer = transport.get_extra_info("peername")
        self._harness_peer = str(peer[0]) if isinstance(peer, tuple) else ""
        self._harness_pending.join(self, peer_of(peer), transport.abort)
        super().connection_made(transport)
        self._harness_object = getattr(self, "_sslobj", None)

    def buffer_updated(self, nbytes: int) -> None:
        """As that of asyncio."""
        self._harness_spoke = True
        super().buffer_updated(nbytes)

    def _on_handshake_complete(self, handshake_exc: BaseException | None) -> None:
        self._harness_pending.left(self)
        if handshake_exc is None:
            self._harness_done = True
        else:
            self._harness_error = handshake_exc
            outgoing, transport = getattr(self, "_outgoing", None), getattr(self, "_transport", None)
            alert = outgoing.read() if outgoing is not None else b""
            if alert and transport is not None:
                transport.write(alert)
        super()._on_handshake_complete(handshake_exc)

    def connection_lost(self, exc: BaseException | None) -> None:
        """As that of asyncio; a handshake that is not complete by now has failed."""
        self._harness_pending.left(self)
        if not self._harness_done:
            self._harness_done = True
            if self._harness_refused is not None:
                self._harness_refused(self._failed(exc))
        super().connection_lost(exc)

    def _failed(self, exc: BaseException | None) -> Handshake:
        note = seen_of(self._harness_object) if self._harness_object is not None else _Seen()
        late = isinstance(exc, ConnectionAbortedError)
        return Handshake(
            host=self._harness_host,
            peer=self._harness_peer,
            reason=note.reason or ("TIMEOUT" if late else "HANG_UP"),
            server_name=note.server_name.lower(),
            detail=note.detail,
            verify=note.verify,
            sent=note.sent,
            received=note.received,
            presented=_facts(note.presented) if note.presented else None,
            versions=note.versions,
            spoke=self._harness_spoke,
        )

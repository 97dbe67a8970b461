"""The HTTP client of all drivers: exact bytes out, everything about the answer back, no helpful magic.

No redirects are followed, no cookies kept, no headers added but ``Host``, ``Content-Length`` and what the
caller gives; the request target is sent exactly as written. Errors become an :class:`Answer` with ``error``
(``tls: …``, ``connect: …``, ``timeout: …``, ``protocol: …``) because a refused connection is evidence too.
"""

from __future__ import annotations

import functools
import re
import socket
import ssl
import time
import weakref
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from harness.core.http.bounds import MAX_BODY, MAX_HEAD, larger
from harness.core.run.exchanges import Certificate, Headers, Tls, header
from harness.core.run.limits import ENDED
from harness.core.run.place import disk
from harness.network.wire.bounded import HEAD_TOO_LARGE, TooMuch
from harness.network.wire.connect import ConnectMap, MappedBackend, is_loopback
from harness.pki.authority import Identity
from harness.pki.facts import certificate_facts

_KEPT = 4
"""Idle connections that stay open: the hosts of one cell; each costs some 300 kB on our two sides."""
_HANDSHAKE, _CERTIFICATE_REQUEST = 22, 13
"""TLS content type and handshake message type (RFC 8446)."""
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,255}", re.ASCII)
_TARGET = re.compile(r"[\x21-\x7e]*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back.

    :ivar status: 0 when there was no (complete) response; ``error`` says why.
    :ivar sent_headers: the headers that went out, in order.
    :ivar duration: seconds until the last byte.
    """

    status: int = 0
    headers: Headers = ()
    body: bytes = b""
    error: str = ""
    duration: float = 0.0
    sent_headers: Headers = ()
    tls: Tls | None = None


class RequestError(ValueError):
    """A request that cannot be sent as HTTP at all (control characters in the URL, no host)."""


@functools.lru_cache(maxsize=4096)
def _facts(der: bytes) -> Certificate | None:
    return certificate_facts(der)


def server_facts(
    ssl_object: ssl.SSLSocket | ssl.SSLObject, server_name: str, client: Certificate | None
) -> Tls:
    """TLS facts of a connection that we opened."""
    der = ssl_object.getpeercert(True)
    cipher = ssl_object.cipher()
    return Tls(
        version=ssl_object.version() or "",
        cipher=cipher[0] if cipher else "",
        server_name=server_name,
        server=_facts(der) if der else None,
        client=client,
    )


def watch_certificate_requests(context: ssl.SSLContext) -> bool:
    """Note on each connection whether the server asked a client certificate.

    The ssl module only tells this through a debugging hook; where that is missing, ``False``.
    """
    if not hasattr(context, "_msg_callback"):
        return False

    def callback(
        connection: Any, direction: str, version: Any, content: Any, message: Any, data: bytes
    ) -> None:
        if message == _CERTIFICATE_REQUEST and content == _HANDSHAKE and direction == "read":
            connection.harness_asked = True

    context._msg_callback = callback
    return True


class HttpClient:
    """A keep-alive client with one TLS identity. Thread-safe.

    :param context: TLS context (trust anchors, client certificate).
    :param identity: the client certificate inside ``context``, for the recorded facts.
    :param proxy: URL of an HTTP proxy for names outside the connect map; loopback never goes through it.
    :param timeout: seconds for a whole exchange, from the connection to the last byte.
    """

    def __init__(
        self,
        connect: ConnectMap,
        context: ssl.SSLContext,
        *,
        identity: Identity | None = None,
        proxy: str = "",
        timeout: float = 75.0,
        refuse_wildcards: bool = False,
    ) -> None:
        self._connect = connect
        self._timeout = timeout
        self._client = _facts(identity.der) if identity is not None else None
        self._watching = identity is not None and watch_certificate_requests(context)
        self._backend = backend = MappedBackend(connect, refuse_wildcards=refuse_wildcards)
        self._closed = False
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            network_backend=backend,
            max_connections=64,
            max_keepalive_connections=_KEPT,
            keepalive_expiry=60.0,
        )
        self._proxied: httpcore.ConnectionPool | None = None
        if proxy:
            self._proxied = httpcore.ConnectionPool(
                ssl_context=context,
                network_backend=backend,
                proxy=httpcore.Proxy(proxy),
                max_keepalive_connections=_KEPT,
                keepalive_expiry=60.0,
            )
        self._seen: weakref.WeakKeyDictionary[socket.socket, Tls] = weakref.WeakKeyDictionary()

    def close(self) -> None:
        """Close all connections, also those on which somebody waits for an answer."""
        self._closed = True
        self._backend.cut()
        self._pool.close()
        if self._proxied is not None:
            self._proxied.close()

    def request(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        *,
        timeout: float | None = None,
        limit: int = MAX_BODY,
    ) -> Answer:
        """Send one request.

        :param timeout: seconds for the whole exchange; default the client's.
        :param limit: largest accepted body in bytes.
        :raises RequestError: the URL cannot be sent.
        :raises HarnessError: this machine has no descriptor for it.
        """
        scheme, host, port, target = _split(url)
        authority = f"[{host}]" if ":" in host else host
        default = 443 if scheme == "https" else 80
        sent: list[tuple[str, str]] = list(headers)
        if header(tuple(sent), "host") is None:
            sent.insert(0, ("Host", authority if port == default else f"{authority}:{port}"))
        if body or method in ("POST", "PUT", "PATCH"):
            sent.append(("Content-Length", str(len(body))))
        allowed = self._timeout if timeout is None else timeout
        request = httpcore.Request(
            method=method.encode("ascii"),
            url=httpcore.URL(
                scheme=scheme.encode(), host=host.encode("ascii"), port=port, target=target.encode("ascii")
            ),
            headers=[(key.encode("latin-1"), value.encode("latin-1")) for key, value in sent],
            content=body or None,
            extensions={
                "timeout": {"connect": min(allowed, 20.0), "read": allowed, "write": allowed, "pool": 30.0}
            },
        )
        pool = self._pool
        if self._proxied is not None and not self._connect.mapped(host, port) and not is_loopback(host):
            pool = self._proxied
        with self._backend.bounded.exchange(allowed, MAX_HEAD):
            return self._exchange(pool, request, tuple(sent), host, allowed, limit)

    def _exchange(
        self,
        pool: httpcore.ConnectionPool,
        request: httpcore.Request,
        sent: Headers,
        host: str,
        allowed: float,
        limit: int,
    ) -> Answer:
        started = time.perf_counter()
        try:
            try:
                response = pool.handle_request(request)
            except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
                # A kept-alive connection that the server closed meanwhile. Only a GET may be sent again:
                # a code, for example, is offered once.
                if request.method != b"GET" or self._closed:
                    raise
                response = pool.handle_request(request)
        except Exception as error:  # noqa: BLE001 - every failure to get an answer is recorded evidence
            if (refused := disk.refused(error)) is not None:
                raise refused from None
            why = f"{ENDED}closed by us" if self._closed else describe(error)
            return Answer(error=why, duration=time.perf_counter() - started, sent_headers=sent)
        tls = self._tls(response, host)
        received: Headers = tuple(
            (key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers
        )
        body, problem = b"", ""
        try:
            self._backend.bounded.head_is_in()
            body = _read(response, limit, started + allowed)
        except Exception as error:  # noqa: BLE001 - as above
            problem = f"{ENDED}closed by us" if self._closed else describe(error)
        finally:
            more = _more_came(response)
            response.close()
            if more:
                response.extensions["network_stream"].close()
        if not problem:
            try:
                body = decoded(body, received, limit)
            except (zlib.error, ValueError) as error:
                problem = f"protocol: content coding: {error}"
        return Answer(
            status=0 if problem else response.status,
            headers=received,
            body=body,
            error=problem,
            duration=time.perf_counter() - started,
            sent_headers=sent,
            tls=tls,
        )

    def _tls(self, response: httpcore.Response, host: str) -> Tls | None:
        """TLS facts of the connection that an answer came over; each connection is looked at once."""
        stream = response.extensions.get("network_stream")
        ssl_object = stream.get_extra_info("ssl_object") if stream is not None else None
        if stream is None or ssl_object is None:
            return None
        connection = stream.get_extra_info("socket")
        kept = self._seen.get(connection)
        if kept is None:
            asked = not self._watching or getattr(connection, "harness_asked", False)
            kept = server_facts(ssl_object, host, self._client if asked else None)
            self._seen[connection] = kept
        return kept


def _split(url: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise RequestError(f"not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        raise RequestError(f"not an http(s) URL with a host: {url[:200]}")
    after = url.split("://", 1)[1]
    start = min((index for index in (after.find("/"), after.find("?")) if index >= 0), default=len(after))
    target = after[start:].partition("#")[0]
    if not target.startswith("/"):
        target = f"/{target}"
    if not _TARGET.fullmatch(target):
        raise RequestError("control characters, blanks or non-ASCII in the request target")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target


def _more_came(response: httpcore.Response) -> bool:
    """Whether a server sent more than its answer: on that connection it would be taken for the next answer.

    What comes later the pool sees itself. Nobody but the parser knows what is left of what was read.
    """
    connection = getattr(getattr(response.stream, "_stream", None), "_connection", None)
    state = getattr(connection, "_h11_state", None)
    return state is not None and bool(state.trailing_data[0])


def _read(response: httpcore.Response, limit: int, until: float) -> bytes:
    """The body of an answer.

    :param until: when it has to be there.
    :raises TooMuch: it is larger than ``limit`` bytes; ``TimeoutError``: it takes longer.
    """
    body = bytearray()
    for part in response.iter_stream():
        body += part
        if len(body) > limit:
            raise TooMuch(larger(limit))
        if time.perf_counter() > until:
            raise TimeoutError("answer not complete")
    return bytes(body)


_IN_OUR_WORDS: Final = (
    # Whether a refusal arrives as a reset or as an orderly close is a race; it is one fact.
    ("disconnected without sending a response", "closed without an answer"),
    ("closed connection without sending complete message body", "closed within an answer"),
    ("Receive buffer too long", HEAD_TOO_LARGE),
    ("illegal request line", "no HTTP: illegal status line"),  # so it is called in an answer too
)
_SENT: Final = re.compile(r":? ?(?:bytearray\(|b['\"])| ?\(")


def describe(error: BaseException) -> str:
    """Kind and detail of a failed exchange."""
    if isinstance(error, TooMuch):
        return f"protocol: {error}"
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    for item in chain:
        if isinstance(item, ssl.SSLCertVerificationError):
            return f"tls: certificate: {getattr(item, 'verify_message', '') or item}"
        if isinstance(item, ssl.SSLEOFError):
            return "tls: connection closed"
        if isinstance(item, ssl.SSLError):
            return f"tls: {item.reason or item}"
    if any(isinstance(item, httpcore.TimeoutException | TimeoutError) for item in chain):
        return f"timeout: {type(error).__name__}"
    if any(isinstance(item, httpcore.ConnectError) for item in chain):
        return f"connect: {chain[-1]}"
    if any(isinstance(item, ConnectionResetError | BrokenPipeError) for item in chain):
        return "protocol: closed without an answer"
    told = str(error)
    known = next((ours for theirs, ours in _IN_OUR_WORDS if theirs in told), "")
    if known or not isinstance(error, httpcore.RemoteProtocolError):
        return f"protocol: {known or f'{type(error).__name__}: {error}'}"
    # What comes after the words of the library is what the server sent.
    return f"protocol: no HTTP: {_SENT.split(told, maxsplit=1)[0].lower()}"


def decoded(body: bytes, headers: Headers, limit: int) -> bytes:
    """A body without its content coding.

    :param limit: most bytes that it may become.
    :raises ValueError: an unknown coding, or more than that; ``zlib.error``: it is broken.
    """
    coding = (header(headers, "content-encoding") or "identity").strip().lower()
    if coding == "identity" or not body:
        return body
    if coding not in ("gzip", "deflate"):
        raise ValueError(f"unknown coding {coding[:20]}")
    decoder = zlib.decompressobj(wbits=47 if coding == "gzip" else zlib.MAX_WBITS)
    result = decoder.decompress(body, limit)
    if decoder.unconsumed_tail:
        raise ValueError(larger(limit))
    return result

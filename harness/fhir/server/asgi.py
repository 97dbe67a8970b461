"""The FHIR server as an ASGI application (for uvicorn or inside Starlette)."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from harness.core.http.media import takes_coding
from harness.core.run.exchanges import Request, Response, header, header_values
from harness.fhir.server.service import MAX_BODY, FhirServer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[[Request], Response]

SMALL = 1_024
"""Bodies below this many bytes are sent as they are: compressed they are hardly smaller."""
_GZIP = 16 + zlib.MAX_WBITS


def request_of(scope: Scope, body: bytes) -> Request:
    """The ASGI request with its absolute URL as the client named it (Host header)."""
    headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"])
    host = next((value for key, value in headers if key.lower() == "host"), "localhost")
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    target = raw.split(b"?")[0].decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    return Request(
        method=scope["method"],
        url=f"{scope.get('scheme', 'http')}://{host}{target}",
        headers=headers,
        body=body,
    )


class AsgiApp:
    """ASGI application around a handler; by default :meth:`FhirServer.handle`.

    ::

        uvicorn.run(AsgiApp(server))

    :param compress: answer in gzip where the client takes it, and take gzip in requests.
    :param delay: seconds before every answer.
    """

    def __init__(
        self,
        server: FhirServer | None = None,
        *,
        handler: Handler | None = None,
        compress: bool = True,
        delay: float = 0.0,
    ) -> None:
        if handler is None:
            if server is None:
                raise ValueError("a server or a handler is needed")
            handler = server.handle
        self.handler = handler
        self.compress = compress
        self.delay = delay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            return
        if len(body) > MAX_BODY:
            await _answer(send, Response(status=413, headers=(("Connection", "close"),)))
            return
        request = request_of(scope, body)
        if self.delay:
            await asyncio.sleep(self.delay)
        if not self.compress:
            await _answer(send, self.handler(request))
            return
        opened = decompressed(request)
        answer = opened if isinstance(opened, Response) else self.handler(opened)
        await _answer(send, compressed(request, answer))


async def _body(receive: Receive) -> bytes | None:
    """The request body, one byte more than allowed when it is too large; ``None`` when the client left."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        parts.append(part)
        if size > MAX_BODY or not message.get("more_body"):
            return b"".join(parts)


def decompressed(request: Request) -> Request | Response:
    """The request with its body unpacked, or why not: 415 for another coding, 400 or 413 for a bad one."""
    coding = (header(request.headers, "content-encoding") or "identity").strip().lower()
    if coding == "identity":
        return request
    if coding not in ("gzip", "x-gzip"):
        return Response(status=415, headers=(("Accept-Encoding", "gzip"),))
    unpacker = zlib.decompressobj(_GZIP)
    try:
        body = unpacker.decompress(request.body, MAX_BODY + 1)
    except zlib.error:
        return Response(status=400)
    if len(body) > MAX_BODY:
        return Response(status=413)
    if not unpacker.eof:
        return Response(status=400)
    headers = tuple(item for item in request.headers if item[0].lower() != "content-encoding")
    return Request(method=request.method, url=request.url, headers=headers, body=body)


def compressed(request: Request, response: Response) -> Response:
    """The answer in gzip when the client takes it and it is worth it."""
    taken = ",".join(header_values(request.headers, "accept-encoding"))
    if len(response.body) < SMALL or not takes_coding(taken, ("gzip", "x-gzip")):
        return response
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    body = packer.compress(response.body) + packer.flush()
    headers = (*response.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return Response(status=response.status, headers=headers, body=body)


async def _answer(send: Send, response: Response) -> None:
    headers = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in response.headers]
    if not any(key.lower() == b"content-length" for key, _ in headers) and response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return

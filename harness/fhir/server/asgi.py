"""The FHIR server as an ASGI application (for uvicorn or inside Starlette)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from harness.core.run.exchanges import Request, Response
from harness.fhir.server.service import MAX_BODY, FhirServer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[[Request], Response]


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
    """

    def __init__(self, server: FhirServer | None = None, *, handler: Handler | None = None) -> None:
        if handler is None:
            if server is None:
                raise ValueError("a server or a handler is needed")
            handler = server.handle
        self.handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message.get("body", b""))
            if size > MAX_BODY:
                await _answer(send, Response(status=413, headers=(("Connection", "close"),)))
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                break
        await _answer(send, self.handler(request_of(scope, b"".join(parts))))


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

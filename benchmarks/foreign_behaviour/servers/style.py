"""What a DVZA of somebody else is: ours, with answers that it gives in its own way."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from foreign_behaviour.wire import Wire
from harness.core.run.exchanges import header
from harness.network.wire.serving import Incoming, Outgoing

Answer = Callable[[Incoming], Awaitable[Outgoing]]


class Style:
    """As ours.

    :cvar wire: an HTTP server of its own; ``front``: only for the back channel when false.
    :cvar asks_certificate: whether TLS demands a certificate, or the server asks and decides itself.
    """

    wire: Wire | None = None
    asks_certificate = False

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        """The authorization endpoint and its pages."""
        return await answer(request)

    async def back(self, request: Incoming, answer: Answer) -> Outgoing:
        """The token endpoint and the data."""
        if is_token(request):
            return await self.token(request, answer)
        return await self.data(request, answer)

    async def token(self, request: Incoming, answer: Answer) -> Outgoing:
        """The token endpoint."""
        return await answer(request)

    async def data(self, request: Incoming, answer: Answer) -> Outgoing:
        """The resource endpoint."""
        return await answer(request)


def is_token(request: Incoming) -> bool:
    """Whether a request is for the token endpoint."""
    return request.path.endswith("/token")


def is_authorize(request: Incoming) -> bool:
    """Whether a request is for the authorization endpoint."""
    return request.path.endswith("/authorize")


def query(request: Incoming) -> dict[str, str]:
    """The parameters in the URL of a request."""
    return dict(parse_qsl(request.query, keep_blank_values=True))


def form(request: Incoming) -> dict[str, str]:
    """The parameters in the body of a request."""
    return dict(parse_qsl(request.body.decode("latin-1"), keep_blank_values=True))


def with_header(answer: Outgoing, name: str, value: str | None) -> Outgoing:
    """An answer with another value of a header; ``None``: without it."""
    kept = tuple(pair for pair in answer.headers if pair[0].lower() != name.lower())
    return replace(answer, headers=kept if value is None else (*kept, (name, value)))


def location(answer: Outgoing) -> str:
    """Where an answer leads."""
    return header(answer.headers, "location") or ""


def body_of(answer: Outgoing) -> dict[str, Any]:
    """The JSON of an answer, ``{}`` when it is none."""
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def with_body(answer: Outgoing, body: dict[str, Any]) -> Outgoing:
    """An answer with another JSON object."""
    return with_header(replace(answer, body=json.dumps(body).encode()), "content-length", None)


def page(status: int, text: str) -> Outgoing:
    """A page of HTML."""
    html = f"<!DOCTYPE html><html lang=nl><title>Melding</title><h1>Melding</h1><p>{text}</p></html>"
    return Outgoing(
        status=status, headers=(("Content-Type", "text/html; charset=utf-8"),), body=html.encode()
    )

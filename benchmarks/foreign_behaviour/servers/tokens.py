"""Styles of the token endpoint."""

from __future__ import annotations

from typing import Any

from foreign_behaviour.servers.style import Answer, Style, body_of, form, with_body, with_header
from harness.network.wire.serving import Incoming, Outgoing


class Fields(Style):
    """A token response with other fields."""

    def changed(self, body: dict[str, Any]) -> dict[str, Any]:
        """The fields of an answer with a token."""
        return body

    async def token(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        return with_body(given, self.changed(body_of(given))) if given.status == 200 else given


class ExpiresAsText(Fields):
    """``expires_in`` is a string."""

    def changed(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "expires_in": str(body["expires_in"])}


class BearerLower(Fields):
    """``token_type`` in lower case."""

    def changed(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "token_type": "bearer"}


class NoScope(Fields):
    """No ``scope``: as asked."""

    def changed(self, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if name != "scope"}


class ScopeReordered(Fields):
    """Members and scopes in another order, with members that nobody knows."""

    def changed(self, body: dict[str, Any]) -> dict[str, Any]:
        scope = " ".join(reversed(body.get("scope", "").split()))
        turned = dict(reversed(body.items()))
        return {**turned, "scope": scope, "session_state": "x", "not-before-policy": 0, "id_token": None}


class ErrorsAsText(Style):
    """Errors are JSON that says it is plain text."""

    async def token(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        return (
            with_header(given, "Content-Type", "text/plain; charset=UTF-8") if given.status >= 400 else given
        )


class Burnt(Style):
    """A code is gone once it was offered, however badly the request was made."""

    def __init__(self) -> None:
        self.burnt: set[str] = set()

    async def token(self, request: Incoming, answer: Answer) -> Outgoing:
        code = form(request).get("code", "")
        if code and code in self.burnt:
            gone = form(request) | {"code": "weg"}
            return await answer(_with(request, gone))
        given = await answer(request)
        if given.status >= 400 and code:
            self.burnt.add(code)
        return given


class Grace(Style):
    """A refresh token that was used gives the same successor for a while."""

    def __init__(self) -> None:
        self.given: dict[tuple[str, str], Outgoing] = {}

    async def token(self, request: Incoming, answer: Answer) -> Outgoing:
        client = request.tls.client.sha256 if request.tls and request.tls.client else ""
        key = (form(request).get("refresh_token", ""), client)
        if key in self.given and form(request).get("grant_type") == "refresh_token":
            return self.given[key]
        given = await answer(request)
        if given.status == 200 and key[0]:
            self.given[key] = given
        return given


def _with(request: Incoming, fields: dict[str, str]) -> Incoming:
    from dataclasses import replace
    from urllib.parse import urlencode

    return replace(request, body=urlencode(fields).encode())

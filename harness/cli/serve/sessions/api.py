"""The HTTP API of sessions, on the servers of the mocks: bounded requests, JSON in, JSON or problems out.

It listens on this machine only, or asks for a key. A browser page of somebody else's cannot use it: requests
name an address of this machine, and what changes something is ``application/json``.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from harness.cli.serve.sessions.documents import (
    findings_document,
    line_document,
    problem_document,
    session_document,
    situations_document,
)
from harness.core.errors import HarnessError
from harness.core.http.credentials import bearer_token
from harness.core.run.exchanges import header, media_type
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.matrix.sessions.desk import Desk
from harness.matrix.sessions.held import Held
from harness.matrix.sessions.wish import RefusalError, Wish
from harness.network.running import RunningNetwork
from harness.network.wire.connect import is_loopback
from harness.network.wire.serving import Incoming, Outgoing

BODY: Final = 64 * 1024
ENDING: Final = 60.0
"""Longest time that an end waits for horizons (seconds)."""
_STEP: Final = 0.25
_ONE: Final = re.compile(r"/sessions/(s[0-9]{1,6})(?:/(findings|next|end|sheet))?")
Answer = tuple[int, Any]


class _Next(msgspec.Struct, forbid_unknown_fields=True):
    situation: str = ""
    after: str = ""


class _Empty(msgspec.Struct, forbid_unknown_fields=True):
    pass


@dataclass(frozen=True)
class _Page:
    html: str


class Api:
    """The handler of the API.

    :param key: what a client must show, ``""``: it has to be on this machine.
    :param sheet: makes the printable sheet of a session in a language.
    """

    def __init__(
        self,
        desk: Desk,
        running: RunningNetwork,
        catalogue: Catalogue,
        *,
        key: str = "",
        sheet: Callable[[Held, str], str],
    ) -> None:
        self._desk = desk
        self._running = running
        self._catalogue = catalogue
        self._key = key
        self._sheet = sheet

    async def handle(self, request: Incoming) -> Outgoing:
        """Answer a request; whatever is wrong with it is a problem document."""
        try:
            self._admit(request)
            status, document = await self._route(request)
        except RefusalError as error:
            return _problem(error.status, error)
        except HarnessError as error:
            return _problem(500, error)
        if isinstance(document, _Page):
            return _out(status, "text/html; charset=utf-8", document.html.encode())
        return _out(status, "application/json", msgspec.json.encode(document))

    def _admit(self, request: Incoming) -> None:
        if self._key:
            given = bearer_token(header(request.headers, "authorization") or "") or ""
            if not hmac.compare_digest(given.encode(), self._key.encode()):
                message = Text(nl="toon de sleutel die serve noemt", en="show the key that serve names")
                raise RefusalError(401, message, where="Authorization", expected="Bearer …")
            return
        host = request.url.partition("://")[2].partition("/")[0]
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        if not is_loopback(name):
            message = Text(
                nl="zonder sleutel alleen voor deze machine", en="without a key for this machine only"
            )
            raise RefusalError(403, message, where="Host", expected="127.0.0.1", received=host[:100])

    async def _route(self, request: Incoming) -> Answer:
        method, path = request.method, request.path
        if path == "/openapi.json":
            self._only("GET", method)
            return 200, openapi()
        if path == "/situations":
            self._only("GET", method)
            return 200, situations_document()
        if path == "/sessions":
            if method == "GET":
                return 200, {"sessions": [line_document(item) for item in self._desk.all]}
            self._only("POST", method, "GET")
            wish = _read(request, Wish)
            return 201, await asyncio.to_thread(lambda: self._shown(self._desk.start(wish)))
        match = _ONE.fullmatch(path)
        if match is None:
            message = Text(nl="dit adres is er niet", en="there is no such address")
            raise RefusalError(404, message, where=path[:200], expected="/openapi.json")
        return await self._one(request, match[1], match[2] or "")

    async def _one(self, request: Incoming, identifier: str, what: str) -> Answer:
        desk, method = self._desk, request.method
        if what == "next":
            self._only("POST", method)
            wish = _read(request, _Next)
            return 200, await asyncio.to_thread(
                lambda: self._shown(desk.next(identifier, wish.situation, wish.after), now=False)
            )
        if what == "end":
            self._only("POST", method)
            _read(request, _Empty)
            return 200, await self._end(identifier)
        self._only("GET", method)
        held = desk.get(identifier)
        if what == "findings":
            since = _since(request)
            return 200, await asyncio.to_thread(findings_document, held, since)
        if what == "sheet":
            lang = "en" if "lang=en" in request.query else "nl"
            return 200, _Page(await asyncio.to_thread(self._sheet, held, lang))
        return 200, await asyncio.to_thread(self._shown, held)

    async def _end(self, identifier: str) -> dict[str, Any]:
        """Close a session when what is watched has run out, or after a minute."""
        held = self._desk.get(identifier)
        if not held.reason:
            held.ending = True
            loop = asyncio.get_running_loop()
            until = loop.time() + ENDING
            while held.session.pending and not held.reason and loop.time() < until:
                await asyncio.sleep(_STEP)
        return await asyncio.to_thread(lambda: self._shown(self._desk.end(identifier)))

    def _shown(self, held: Held, *, now: bool = True) -> dict[str, Any]:
        return session_document(held, self._running, self._catalogue, now=now)

    @staticmethod
    def _only(allowed: str, method: str, *more: str) -> None:
        if method != allowed and not (allowed == "GET" and method == "HEAD"):
            message = Text(nl="dit kan hier niet", en="this is not possible here")
            raise RefusalError(405, message, expected=", ".join((allowed, *more)), received=method[:20])


@cache
def openapi() -> dict[str, Any]:
    """The description of the API (OpenAPI 3.1)."""
    text = (Path(__file__).parent / "openapi.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def _read(request: Incoming, kind: type[Any]) -> Any:
    """The body as a document of a kind.

    :raises RefusalError: 415 no JSON, 400 not readable, 422 not of that kind.
    """
    if media_type(request.headers) != "application/json":
        message = Text(nl="de inhoud moet JSON zijn", en="the body has to be JSON")
        raise RefusalError(
            415,
            message,
            where="Content-Type",
            expected="application/json",
            received=media_type(request.headers),
        )
    try:
        return msgspec.json.decode(request.body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        text, _, field = str(error).partition(" - at `$.")
        message = Text(nl="klopt niet met de beschrijving", en="does not fit the description")
        raise RefusalError(
            422, message, where=field.rstrip("`") or "body", received=text[:300], expected="/openapi.json"
        ) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        message = Text(nl="is geen JSON", en="is no JSON")
        raise RefusalError(400, message, where="body", received=str(error)[:300]) from None


def _since(request: Incoming) -> int:
    found = re.search(r"(?:^|&)since=([0-9]{1,9})(?:&|$)", request.query)
    return int(found[1]) if found else 0


def _problem(status: int, error: HarnessError) -> Outgoing:
    body = msgspec.json.encode(problem_document(status, error))
    extra: tuple[tuple[str, str], ...] = ()
    if status == 401:
        extra = (("WWW-Authenticate", "Bearer"),)
    elif status == 405:
        extra = (("Allow", error.expected),)
    return _out(status, "application/problem+json", body, extra)


def _out(status: int, kind: str, body: bytes, extra: tuple[tuple[str, str], ...] = ()) -> Outgoing:
    headers = (
        ("Content-Type", kind),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *extra,
    )
    return Outgoing(status=status, headers=headers, body=body)

"""Styles of the authorization endpoint and its pages."""

from __future__ import annotations

import asyncio
import random
import re
import secrets
from dataclasses import replace
from html import escape
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from foreign_behaviour.servers.style import (
    Answer,
    Style,
    form,
    is_authorize,
    location,
    page,
    query,
    with_header,
)
from harness.core.run.exchanges import header
from harness.network.wire.serving import Incoming, Outgoing


class EchoesRejected(Style):
    """An error page repeats what was rejected, escaped."""

    def shown(self, text: str) -> str:
        """How it stands on the page."""
        return escape(text)

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        if is_authorize(request) and given.status == 400:
            sent = " ".join(f"{name}={value}" for name, value in query(request).items())
            return page(400, f"Deze aanvraag is ongeldig: {self.shown(sent)}")
        return given


class EchoesMarkup(EchoesRejected):
    """The same, as markup."""

    def shown(self, text: str) -> str:
        return text


class ErrorRepeats(Style):
    """Error redirects and token errors repeat all that was sent."""

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        if is_authorize(request) and "error=" in location(given):
            sent = query(request)
            more = {f"request_{name}": sent[name] for name in ("scope", "response_type") if name in sent}
            return with_header(given, "Location", f"{location(given)}&{urlencode(more)}")
        return given

    async def token(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        if given.status >= 400:
            code = form(request).get("code", "")
            text = b'{"error":"invalid_grant","error_description":"code ' + code.encode() + b' is not valid"}'
            wrong = b"invalid_grant" in given.body and code.isprintable() and '"' not in code
            return replace(given, body=text) if wrong else given
        return given


class UnknownParameterRefused(Style):
    """A parameter that it does not know is an error."""

    KNOWN = frozenset(
        {
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "MedMij-Request-ID",
            "X-Correlation-ID",
        }
    )

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        sent = query(request)
        given = await answer(request)
        if is_authorize(request) and given.status == 200 and set(sent) - self.KNOWN:
            back = urlencode({"error": "invalid_request", "state": sent.get("state", "")})
            return Outgoing(status=302, headers=(("Location", f"{sent['redirect_uri']}?{back}"),))
        return given


class StateChanged(Style):
    """State comes back in another spelling."""

    def spelled(self, state: str) -> str:
        """How state is written in the redirect."""
        return quote(quote(state, safe=""), safe="")

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        where = urlsplit(location(given))
        pairs = parse_qsl(where.query, keep_blank_values=True)
        if not any(name == "state" for name, _ in pairs):
            return given
        written = "&".join(
            f"{name}={self.spelled(value) if name == 'state' else quote(value, safe='')}"
            for name, value in pairs
        )
        return with_header(given, "Location", urlunsplit(where._replace(query=written)))


class StateUnencoded(StateChanged):
    """State is put into the redirect as it is, so that a plus becomes a blank."""

    def spelled(self, state: str) -> str:
        return state.replace("%", "%25").replace("#", "%23").replace("&", "%26").replace(" ", "+")


class StateEquivalent(StateChanged):
    """State is encoded in another right way: blanks as plus, hexadecimals in lower case."""

    def spelled(self, state: str) -> str:
        return re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), quote(state, safe="")).replace(
            "%20", "+"
        )


class Uneven(Style):
    """Each page takes as long as it takes, whoever asks."""

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        await asyncio.sleep(random.random() * 0.08)
        return await answer(request)


class AsksAgain(Style):
    """When there is no data it asks once more before it says so."""

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        given = await answer(request)
        if request.path.endswith("/login") and "error=access_denied" in location(given):
            await asyncio.sleep(0.4)
        return given


class AuthorizeTakesPost(Style):
    """The authorization endpoint takes a form too, as RFC 6749 lets it."""

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        if is_authorize(request) and request.method == "POST":
            return await answer(replace(request, method="GET", query=request.body.decode(), body=b""))
        return await answer(request)


class OwnRedirects(Style):
    """Pages are reached by redirects: relative ones, and ones that name the default port."""

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        if request.path.endswith("/start"):
            path = request.path.removesuffix("/start")
            moved = replace(request, path=path, url=request.url.replace("/start?", "?"))
            return await answer(moved)
        if is_authorize(request) and request.method == "GET" and "hop=1" not in request.query:
            host = (header(request.headers, "host") or "").partition(":")[0]
            target = f"https://{host}:443{request.path}?{request.query}&hop=1"
            return Outgoing(status=303, headers=(("location", target),))
        if is_authorize(request) and request.method == "GET":
            relative = f"{request.path.rpartition('/')[2]}/start?{request.query.replace('&hop=1', '')}"
            return Outgoing(status=302, headers=(("LOCATION", relative),))
        return await answer(request)


class Remembers(Style):
    """A cookie of its own remembers who the person is; a second visit has fewer pages.

    :cvar skips: steps that a known browser does not see.
    """

    skips: tuple[str, ...] = ("login",)
    COOKIE = "kent-u-nog"

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    async def front(self, request: Incoming, answer: Answer) -> Outgoing:
        cookies = header(request.headers, "cookie") or ""
        found = re.search(rf"{self.COOKIE}=(\w+)", cookies)
        word = found.group(1) if found else secrets.token_hex(8)
        given = await answer(request)
        if is_authorize(request) and not found:
            kept = ("Set-Cookie", f"{self.COOKIE}={word}; Path=/; Secure; HttpOnly")
            given = replace(given, headers=(*given.headers, kept))
        person = self.known.get(word, "")
        if request.path.endswith("/login"):
            self.known[word] = form(request).get("person", "")
        while person:
            step = re.search(rb'data-step="([a-z]+)"', given.body)
            if step is None or step.group(1).decode() not in self.skips:
                break
            given = await self._pressed(step.group(1).decode(), request, given, answer, person)
        return given

    async def _pressed(
        self, step: str, request: Incoming, given: Outgoing, answer: Answer, person: str
    ) -> Outgoing:
        """What the server does itself instead of showing a page."""
        text = given.body.decode()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
        fields["action"] = {"landing": "continue", "login": "login", "consent": "yes"}[step]
        fields["person"] = person
        action = re.search(r'<form method="post" action="([^"]+)"', text)
        path = action.group(1) if action else ""
        held = header(given.headers, "set-cookie") or ""
        cookie = held.partition(";")[0] or header(request.headers, "cookie") or ""
        content = ("Content-Type", "application/x-www-form-urlencoded")
        next_one = replace(
            request,
            method="POST",
            path=path,
            query="",
            url=f"https://{urlsplit(request.url).netloc}{path}",
            headers=(("Cookie", cookie), content),
            body=urlencode(fields).encode(),
        )
        shown = await answer(next_one)
        if held and not location(shown):
            shown = replace(shown, headers=(*shown.headers, ("Set-Cookie", held)))
        return shown


class RemembersConsent(Remembers):
    """A known browser is not asked for consent."""

    skips = ("consent",)


class RemembersEverything(Remembers):
    """A known browser gets a code at once."""

    skips = ("landing", "login", "consent")


class RemembersLanding(Remembers):
    """A known browser does not see the landing page."""

    skips = ("landing",)

"""PGOs of somebody else: the scripted one of ``live_pgo``, with requests that it makes in its own way."""

from __future__ import annotations

import contextlib
import re
import secrets
import socket
import ssl
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
from live_pgo.pgo import Pgo, Tokens


class Changed(Pgo):
    """Requests are changed before they leave.

    :cvar declares: what the network file says of it besides.
    """

    declares: ClassVar[dict[str, Any]] = {}

    def change(self, request: httpx.Request, *, back: bool) -> None:
        """Another spelling of a request."""

    def client(self, *, back: bool, timeout: float = 15.0) -> httpx.Client:
        made = super().client(back=back, timeout=timeout)
        made.event_hooks = {"request": [lambda request: self.change(request, back=back)]}
        return made


class Pooled(Changed):
    """One connection for everything and everybody."""

    def __init__(self, *known: Any, **more: Any) -> None:
        super().__init__(*known, **more)
        self.kept: dict[bool, httpx.Client] = {}

    def client(self, *, back: bool, timeout: float = 15.0) -> Any:
        if back not in self.kept:
            self.kept[back] = super().client(back=back, timeout=timeout)
        return contextlib.nullcontext(self.kept[back])


class ListsElsewhere(Changed):
    """Another component fetched the lists, before."""

    declares: ClassVar[dict[str, Any]] = {"list_fetcher": "shared"}

    def __init__(self, *known: Any, **more: Any) -> None:
        super().__init__(*known, **more)
        super().fetch_lists()

    def fetch_lists(self) -> None:
        """They are there."""


class LowerBearer(Changed):
    """``bearer`` in lower case, and two blanks."""

    def change(self, request: httpx.Request, *, back: bool) -> None:
        value = request.headers.get("authorization", "")
        if value:
            request.headers["authorization"] = "bearer  " + value.removeprefix("Bearer ")


class EncodesMore(Changed):
    """Unreserved characters are encoded too, with small hexadecimals."""

    def change(self, request: httpx.Request, *, back: bool) -> None:
        path, mark, query = request.url.raw_path.decode().partition("?")
        if mark:
            small = re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), query)
            parts = [part.partition("=") for part in small.split("&")]
            wide = "&".join(f"{name}{equal}{_encoded(value)}" for name, equal, value in parts)
            request.url = request.url.copy_with(raw_path=f"{path}?{wide}".encode())


def _encoded(value: str) -> str:
    """A value in which letters at the begin are encoded though they need not be."""
    return re.sub(r"^[A-Za-z]", lambda found: f"%{ord(found.group()):02x}", value).replace("-", "%2d")


class AcceptsAll(Changed):
    """``Accept`` ends with everything else, weighed."""

    def change(self, request: httpx.Request, *, back: bool) -> None:
        value = request.headers.get("accept", "")
        if "fhir" in value:
            request.headers["accept"] = f"{value}, application/json;q=0.9, */*;q=0.1"


class ExtraHeaders(Changed):
    """Headers of proxies and tracing, and cookies on the back channel."""

    def change(self, request: httpx.Request, *, back: bool) -> None:
        request.headers["traceparent"] = f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
        request.headers["via"] = "1.1 gateway.pgo.example"
        request.headers["x-forwarded-for"] = "10.0.0.7"
        if back:
            request.headers["cookie"] = "route=node-1"


class HostWithPort(Changed):
    """The host in capitals, with the default port."""

    def change(self, request: httpx.Request, *, back: bool) -> None:
        request.headers["host"] = f"{request.url.host.upper()}:443"


class NumberLikeIds(Changed):
    """Identifiers whose digits pass the eleven-test of a BSN."""

    def ids(self, *, fresh: bool = False) -> dict[str, str]:
        if fresh:
            super().ids(fresh=True)
            self.correlation = _numbered(self.correlation)
        return {"MedMij-Request-ID": _numbered(str(uuid.uuid4())), "X-Correlation-ID": self.correlation}

    def change(self, request: httpx.Request, *, back: bool) -> None:
        request.headers["x-b3-traceid"] = f"{uuid.uuid4().hex[:7]}{_eleven_proof()}"


def _numbered(identifier: str) -> str:
    """A UUID that ends in a number of nine digits and three letters."""
    return f"{identifier[:24]}{_eleven_proof()}{identifier[33:]}"


def _eleven_proof() -> str:
    """A random number that passes the eleven-test."""
    while True:
        digits = [secrets.randbelow(9) + 1, *(secrets.randbelow(10) for _ in range(7))]
        last = sum(weight * digit for weight, digit in zip(range(9, 1, -1), digits, strict=True)) % 11
        if last < 10:
            return "".join(map(str, [*digits, last]))


class EveryMinute(Changed):
    """The lists are read again and again."""

    def exchange(self, name: str, code: str) -> Tokens | None:
        self.fetch_lists()
        return super().exchange(name, code)

    def collect(self, name: str, tokens: Tokens) -> None:
        self.fetch_lists()
        super().collect(name, tokens)


class OtherTraffic(Changed):
    """Favicons, robots, health checks and half connections at the hosts of the DVZA."""

    def visit(self, name: str, person: str, **more: Any) -> Tokens | None:
        self.fetch_lists()
        where = self.provider(name)
        if where is not None:
            self._knock(urlsplit(where.authorize).hostname or "", back=False)
            self._knock(urlsplit(where.token).hostname or "", back=True)
        return super().visit(name, person, **more)

    def _knock(self, host: str, *, back: bool) -> None:
        with self.client(back=back) as http, contextlib.suppress(httpx.HTTPError):
            for path in ("/favicon.ico", "/robots.txt", "/health", "/"):
                http.get(f"https://{host}{path}")
            http.head(f"https://{host}/")
        address, _, port = self.hosts.get(f"{host}:443", f"{host}:443").rpartition(":")
        with socket.create_connection((address, int(port)), timeout=10):
            pass


class OnlyHttp2(OtherTraffic):
    """A gateway tries HTTP/2 first, and falls back."""

    def _knock(self, host: str, *, back: bool) -> None:
        context = ssl.create_default_context(cafile=self.back_trust if back else self.front_trust)
        context.set_alpn_protocols(["h2"])
        if back:
            context.load_cert_chain(*self.pair)
        address, _, port = self.hosts.get(f"{host}:443", f"{host}:443").rpartition(":")
        with (
            contextlib.suppress(OSError),
            socket.create_connection((address, int(port)), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            secured.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
            secured.recv(1000)


class Prefetches(Changed):
    """The browser asks for the authorization page twice: once ahead."""

    def browse(self, url: str, person: str, **more: Any) -> str:
        with self.client(back=False) as http:
            http.get(url, headers={"Purpose": "prefetch"})
        return super().browse(url, person, **more)


class DoubleClick(Changed):
    """The person presses the last button twice."""

    def client(self, *, back: bool, timeout: float = 15.0) -> httpx.Client:
        made = super().client(back=back, timeout=timeout)
        usual = made.post

        def post(url: Any, **more: Any) -> httpx.Response:
            answer = usual(url, **more)
            if not back and str(url).endswith("/consent"):
                usual(url, **more)
            return answer

        made.post = post  # type: ignore[method-assign]
        return made


class LogsInAgain(Changed):
    """When it cannot refresh it begins again with a login."""

    def live_on(self, name: str, person: str) -> None:
        super().live_on(name, person)
        self.visit(name, person)


class EmptySecret(Changed):
    """An empty ``client_secret``."""

    def ask_tokens(self, url: str, form: dict[str, str]) -> Tokens | None:
        return super().ask_tokens(url, {**form, "client_secret": ""})


class SecondVisit(Changed):
    """What it does of its own shows in its second visit only."""

    def __init__(self, *known: Any, **more: Any) -> None:
        super().__init__(*known, **more)
        self.visits = 0

    @property
    def now(self) -> bool:
        """Whether this is that visit."""
        return self.visits == 2

    def visit(self, name: str, person: str, **more: Any) -> Tokens | None:
        self.visits += 1
        return super().visit(name, person, **more)


class EmptyState(SecondVisit):
    """``state=`` without a value."""

    def change(self, request: httpx.Request, *, back: bool) -> None:
        if self.now and "response_type=" in str(request.url):
            path = re.sub(r"state=[^&]*", "state=", request.url.raw_path.decode())
            request.url = request.url.copy_with(raw_path=path.encode())


class HangsUp(SecondVisit):
    """Now and then a connection breaks before the answer is read."""

    def _lost(self, method: str, url: str, headers: dict[str, str], body: bytes) -> None:
        """Send a request and do not wait for its answer."""
        parts = urlsplit(url)
        context = ssl.create_default_context(cafile=self.back_trust)
        context.load_cert_chain(*self.pair)
        address, _, port = self.hosts.get(f"{parts.hostname}:443", f"{parts.hostname}:443").rpartition(":")
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent = {"Host": parts.hostname or "", **headers, "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        with (
            socket.create_connection((address, int(port)), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            secured.sendall(f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body)


class RetriesGet(HangsUp):
    """A lost answer to a GET is asked again, by the HTTP library: the same request."""

    fresh = False

    def __init__(self, *known: Any, **more: Any) -> None:
        super().__init__(*known, **more)
        self.again: dict[str, str] = {}

    def pages(self, http: httpx.Client, url: str, tokens: Tokens) -> None:
        if self.now and "EpisodeOfCare" in url:
            first = self.ids()
            headers = {"Accept": "application/fhir+json; fhirVersion=3.0", **first}
            headers["Authorization"] = f"Bearer {tokens.access}"
            self._lost("GET", url, headers, b"")
            self.again = {} if self.fresh else first
        super().pages(http, url, tokens)
        self.again = {}

    def ids(self, *, fresh: bool = False) -> dict[str, str]:
        return self.again or super().ids(fresh=fresh)


class RetriesGetFresh(RetriesGet):
    """The same, with new identifiers."""

    fresh = True


class AnsweredTwice(SecondVisit):
    """A request is sent twice with one identifier, though it was answered."""

    def pages(self, http: httpx.Client, url: str, tokens: Tokens) -> None:
        held = self.ids()
        if self.now and "EpisodeOfCare" in url:
            self.ids = lambda fresh=False: held  # type: ignore[method-assign]
            super().pages(http, url, tokens)
            super().pages(http, url, tokens)
            del self.ids  # type: ignore[method-assign]
        else:
            super().pages(http, url, tokens)


class RetriesToken(HangsUp):
    """A token request whose answer was lost is sent again."""

    def ask_tokens(self, url: str, form: dict[str, str]) -> Tokens | None:
        if self.now:
            body = str(httpx.QueryParams(form)).encode()
            self._lost("POST", url, {**self.ids(), "Content-Type": "application/x-www-form-urlencoded"}, body)
        return super().ask_tokens(url, form)


class TwoWorkers(Changed):
    """Two workers refresh at once, with the same token, each over a connection of its own."""

    def live_on(self, name: str, person: str) -> None:
        tokens = self.visit(name, person, long_term=True)
        for _ in range(2):
            tokens = self.refresh(name, tokens) if tokens is not None else None
        where = self.provider(name)
        if tokens is None or where is None:
            return
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh, "client_id": self.client_id}
        ready = Barrier(2)

        def work(_: int) -> None:
            headers = {**super(TwoWorkers, self).ids(), "X-Correlation-ID": str(uuid.uuid4())}
            with self.client(back=True) as http:
                http.head(f"https://{urlsplit(where.token).hostname}/")  # the connection stands
                ready.wait(10)
                http.post(where.token, data=form, headers=headers)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, range(2)))


class OlderRefresh(Changed):
    """A worker that did not hear of it refreshes with the token from before."""

    def live_on(self, name: str, person: str) -> None:
        tokens = self.visit(name, person, long_term=True)
        old = tokens
        for _ in range(2):
            tokens = self.refresh(name, tokens) if tokens is not None else None
        if old is not None:
            self.refresh(name, old)


class FollowsElsewhere(Changed):
    """A next page is asked wherever it is, with the token."""

    def has(self, name: str) -> bool:
        return name == "any-next" or super().has(name)


class Chunks(Changed):
    """Token requests come in chunks, after ``Expect: 100-continue``, with a charset."""

    def ask_tokens(self, url: str, form: dict[str, str]) -> Tokens | None:
        body = str(httpx.QueryParams(form)).encode()

        def parts() -> Iterator[bytes]:
            yield body[:20]
            yield body[20:]

        content = "application/x-www-form-urlencoded;charset=UTF-8"
        headers = {**self.ids(), "Content-Type": content, "Expect": "100-continue"}
        with self.client(back=True) as http:
            answer = http.post(url, content=parts(), headers=headers)
        return Tokens.of(answer)


STYLES: dict[str, type[Changed]] = {
    "pgo-as-ours": Changed,
    "lists-elsewhere": ListsElsewhere,
    "pooled": Pooled,
    "retries-get": RetriesGet,
    "retries-get-fresh": RetriesGetFresh,
    "answered-twice": AnsweredTwice,
    "retries-token": RetriesToken,
    "two-workers": TwoWorkers,
    "older-refresh": OlderRefresh,
    "lower-bearer": LowerBearer,
    "encodes-more": EncodesMore,
    "accepts-all": AcceptsAll,
    "extra-headers": ExtraHeaders,
    "prefetches": Prefetches,
    "double-click": DoubleClick,
    "empty-secret": EmptySecret,
    "empty-state": EmptyState,
    "only-http2": OnlyHttp2,
    "other-traffic": OtherTraffic,
    "host-with-port": HostWithPort,
    "logs-in-again": LogsInAgain,
    "every-minute": EveryMinute,
    "follows-elsewhere": FollowsElsewhere,
    "number-like-ids": NumberLikeIds,
    "chunks": Chunks,
}
"""The styles by the name of their row."""

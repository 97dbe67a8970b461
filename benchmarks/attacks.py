"""Attacks on the pages and interfaces of our mocks, and then a storm: nothing gives way, nothing is lost.

``harness serve`` runs in a process of its own; what attacks it is sockets and httpx::

    python benchmarks/attacks.py [--requests 20000] [--idle 5000]

First some seventy attacks (scripts in parameters, foreign pages, sessions of others, smuggled requests, stolen codes and
tokens, foreign tenants, ways out of folders, ways through the proxy), each with what has to come of it, and between
them a legal visit that still works. Then two storms of requests, and idle connections beside them: every request is
answered and recorded, the process stays small, and the second storm adds nothing. Exits 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import re
import resource
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import sessions
from live_pgo.pgo import Pgo, Tokens
from serve_day import memory

MEGABYTES = 250.0
GROWTH = 0.05
PGOS = 6
"""Of one combination 20,000 exchanges are recorded, and the rest is counted (``docs/serving.md``)."""
PERSON, OTHER = "hanna-wilgenkamp", "bram-lisdodde"
SCRIPT = '"><script>alert(1)</script>'
Check = Callable[[], str]


class Target:
    """The served network, as an attacker with a good certificate of a PGO sees it."""

    def __init__(self, served: dict[str, Any]) -> None:
        self.served = served
        self.pgo, self.thief = Pgo(served, 0), Pgo(served, 1)
        for one in (self.pgo, self.thief):
            one.fetch_lists()
        self.names = [item["provider"] for item in served["his"]]
        place = self.pgo.provider(self.names[0])
        assert place is not None
        self.place = place
        self.front = urlsplit(place.authorize).hostname or ""
        self.back = urlsplit(place.token).hostname or ""
        self.node = urlsplit(self.pgo.lists["zal"]).hostname or ""
        self.api = served["sessions"]["api"]

    # -- means ---------------------------------------------------------------------------------------

    def good(self, **changes: str | None) -> str:
        """A legal authorization request, changed."""
        pairs: dict[str, str | None] = {
            "response_type": "code", "client_id": self.pgo.client_id, "redirect_uri": self.pgo.redirect,
            "scope": self.names[0].removesuffix("@medmij"), "state": "s" * 32, **self.pgo.ids(fresh=True), **changes,
        }  # fmt: skip
        kept = {name: value for name, value in pairs.items() if value is not None}
        return f"{self.place.authorize}?{urlencode(kept, quote_via=quote)}"

    def browser(self, **headers: str) -> httpx.Client:
        client = self.pgo.client(back=False)
        client.headers.update(headers)
        return client

    def code(self) -> str:
        """A fresh code of the person."""
        return self.pgo.came_back(self.pgo.authorize(self.names[0], PERSON))

    def tokens(self) -> Tokens:
        found = self.pgo.exchange(self.names[0], self.code())
        assert found is not None
        return found

    def raw(self, host: str, data: bytes, *, back: bool = False) -> bytes:
        """What comes back when these bytes are sent over TLS."""
        context = ssl.create_default_context(cafile=self.pgo.back_trust if back else self.pgo.front_trust)
        if back:
            context.load_cert_chain(*self.pgo.pair)
        address, _, port = self.pgo.hosts[f"{host}:443"].rpartition(":")
        got = b""
        with (
            contextlib.suppress(OSError),
            socket.create_connection((address, int(port)), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            secured.settimeout(2)
            secured.sendall(data)
            while part := secured.recv(65536):
                got += part
        return got

    def fhir(
        self, path: str, token: str, *, thief: bool = False, method: str = "GET", **more: Any
    ) -> httpx.Response:
        """A request for data."""
        pgo = self.thief if thief else self.pgo
        headers = {
            "Accept": "application/fhir+json; fhirVersion=3.0",
            "Authorization": f"Bearer {token}",
            **pgo.ids(),
        }
        headers |= more.pop("headers", {})
        with pgo.client(back=True) as http:
            return http.request(
                method, path if "://" in path else f"{self.place.resource}{path}", headers=headers, **more
            )

    def token(self, *, thief: bool = False, **form: str) -> httpx.Response:
        """A token request."""
        pgo = self.thief if thief else self.pgo
        with pgo.client(back=True) as http:
            return http.post(self.place.token, data=form, headers=pgo.ids())


def attacks(target: Target) -> Iterator[tuple[str, Check]]:
    """Every attack with what is wrong when it works, ``""``: nothing."""
    yield from scripts(target)
    yield from redirects(target)
    yield from browsers(target)
    yield from smuggling(target)
    yield from stolen(target)
    yield from paths(target)
    yield from bombs(target)
    yield from beside(target)


def refused(answer: httpx.Response, *statuses: int) -> str:
    """Whether it was refused."""
    good = answer.status_code in statuses if statuses else 400 <= answer.status_code < 500
    return "" if good else f"HTTP {answer.status_code}: {answer.text[:80]}"


def scripts(target: Target) -> Iterator[tuple[str, Check]]:
    """What is sent comes back as text at most."""

    def reflected(url: str, **headers: str) -> str:
        with target.browser(**headers) as http:
            answer = http.get(url)
        return (
            ""
            if SCRIPT not in answer.text and answer.status_code < 500
            else f"HTTP {answer.status_code}: reflected"
        )

    for name in (
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "MedMij-Request-ID",
        "extra",
    ):
        yield f"script in {name}", lambda name=name: reflected(target.good(**{name: SCRIPT}))
    yield "script in the path", lambda: reflected(f"https://{target.front}/{quote(SCRIPT)}")
    yield "script in Accept-Language", lambda: reflected(target.good(), **{"Accept-Language": SCRIPT})
    yield "script in a cookie", lambda: reflected(target.good(), Cookie=f"a={quote(SCRIPT)}")

    def policy() -> str:
        with target.browser() as http:
            headers = http.get(target.good()).headers
        wanted = ("content-security-policy", "x-frame-options", "x-content-type-options", "cache-control")
        missing = [name for name in wanted if name not in headers]
        return f"missing: {missing}" if missing else ""

    yield "page in a frame of others", policy


def redirects(target: Target) -> Iterator[tuple[str, Check]]:
    """Nobody is sent to where the client list does not send him."""
    host = urlsplit(target.pgo.redirect).hostname

    def stays(value: str) -> str:
        with target.browser() as http:
            answer = http.get(target.good(redirect_uri=value))
        return f"sent to {answer.headers['location']}" if "location" in answer.headers else refused(answer)

    for value in (
        "https://evil.example/redirect", f"https://{host}.evil.example/redirect", f"https://{host}@evil.example/redirect",
        f"https://evil.example\\@{host}/redirect", f"https://{host}.:443/redirect", "javascript:alert(1)",
        f"http://{host}/redirect", f"//{host}/redirect", f"https://{host}:8443/redirect", f"{target.pgo.redirect}\r\nX: y",
        f"{target.pgo.redirect}#x", "data:text/html,x", "",
    ):  # fmt: skip
        yield f"redirect_uri {value[:40]!r}", lambda value=value: stays(value)


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Action and hidden fields of the form of a page."""
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    return action.group(1) if action else "", dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    )


def browsers(target: Target) -> Iterator[tuple[str, Check]]:
    """One browser cannot act in the session of another one."""

    def cross(
        *, keep: str = "", headers: dict[str, str] | None = None, change: dict[str, str] | None = None
    ) -> str:
        with target.browser() as victim, target.browser(**(headers or {})) as attacker:
            page = victim.get(target.good())
            action, fields = form_of(page.text)
            if keep == "own":
                attacker.get(target.good())
            if keep == "fixed":
                attacker.cookies.update(dict.fromkeys(victim.cookies, "f" * 32))
            answer = attacker.post(
                str(page.url.join(action)), data={**fields, **(change or {}), "action": "continue"}
            )
        moved = "data-step=" in answer.text and answer.status_code == 200
        return (
            "the session of another browser goes on"
            if moved or "code=" in answer.headers.get("location", "")
            else ""
        )

    yield "form of another browser", lambda: cross()
    yield "form of another browser, with a session of its own", lambda: cross(keep="own")
    yield "cookie that was fixed before", lambda: cross(keep="fixed")
    yield (
        "form from a foreign page",
        lambda: cross(headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}),
    )

    def guessed() -> str:
        with target.browser() as http:
            page = http.get(target.good())
            action, fields = form_of(page.text)
            fields = {name: "0" * len(value) for name, value in fields.items()}
            return refused(http.post(str(page.url.join(action)), data={**fields, "action": "continue"}))

    yield "guessed transaction", guessed

    def skipped() -> str:
        with target.browser() as http:
            page = http.get(target.good())
            action, fields = form_of(page.text)
            url = str(page.url.join(action)).replace("landing", "consent")
            answer = http.post(url, data={**fields, "action": "yes"})
        return "a code without a login" if "code=" in answer.headers.get("location", "") else ""

    yield "consent without a login", skipped

    def cookie() -> str:
        with target.browser() as http:
            values = http.get(target.good()).headers.get_list("set-cookie")
        bad = [
            item
            for item in values
            if not all(word in item.lower() for word in ("httponly", "secure", "samesite"))
        ]
        return f"cookie {bad[0][:60]}" if bad else ""

    yield "cookie that scripts or others can use", cookie


def smuggling(target: Target) -> Iterator[tuple[str, Check]]:
    """No request hides in another one."""
    inner = f"GET /smuggled HTTP/1.1\r\nHost: {target.front}\r\n\r\n"

    def one(lines: list[str], body: str = "") -> str:
        text = "\r\n".join([*lines, "", body])
        answers = target.raw(target.front, text.encode("latin-1")).count(b"HTTP/1.1 ")
        return "" if answers <= 1 else f"{answers} answers"

    start = ["POST /mm22/landing HTTP/1.1", f"Host: {target.front}"]
    chunk = f"0\r\n\r\n{inner}"
    yield (
        "length and chunks",
        lambda: one([*start, f"Content-Length: {len(chunk)}", "Transfer-Encoding: chunked"], chunk),
    )
    yield "chunks and length", lambda: one([*start, "Transfer-Encoding: chunked", "Content-Length: 4"], chunk)
    yield "two lengths", lambda: one([*start, "Content-Length: 0", f"Content-Length: {len(inner)}"], inner)
    yield "length with a sign", lambda: one([*start, "Content-Length: +0"], inner)
    yield (
        "blank before the colon",
        lambda: one([*start, "Transfer-Encoding : chunked", f"Content-Length: {len(chunk)}"], chunk),
    )
    yield (
        "folded header",
        lambda: one([*start, "Transfer-Encoding:\r\n chunked", f"Content-Length: {len(chunk)}"], chunk),
    )
    yield (
        "chunked in another word",
        lambda: one([*start, "Transfer-Encoding: xchunked", f"Content-Length: {len(chunk)}"], chunk),
    )
    yield (
        "two hosts",
        lambda: one(["GET / HTTP/1.1", f"Host: {target.front}", "Host: evil.example", "Connection: close"]),
    )
    yield "NUL in a header", lambda: one([*start, "X: a\x00b", "Content-Length: 0", "Connection: close"])
    yield "head of a megabyte", lambda: one([*start, *[f"X-{n}: {'v' * 1000}" for n in range(1000)]])
    yield "no HTTP at all", lambda: one(["\x16\x03\x01" * 100])


def stolen(target: Target) -> Iterator[tuple[str, Check]]:
    """Codes and tokens are good for their owner, their provider and once."""

    def form(code: str, **more: str) -> dict[str, str]:
        return {"grant_type": "authorization_code", "code": code, "redirect_uri": target.pgo.redirect,
                "client_id": target.pgo.client_id, **more}  # fmt: skip

    yield (
        "stolen code, own client_id",
        lambda: refused(target.token(thief=True, **form(target.code(), client_id=target.thief.client_id))),
    )
    yield (
        "stolen code, client_id of the owner",
        lambda: refused(target.token(thief=True, **form(target.code()))),
    )
    yield (
        "code with another redirect_uri",
        lambda: refused(target.token(**form(target.code(), redirect_uri=target.thief.redirect))),
    )

    def again() -> str:
        code = target.code()
        first = target.token(**form(code))
        return refused(target.token(**form(code))) if first.status_code == 200 else "the first was refused"

    yield "code used twice", again
    yield "guessed code", lambda: refused(target.token(**form("0" * 43)))
    yield (
        "stolen token",
        lambda: refused(target.fhir("/Patient", target.tokens().access, thief=True), 401, 403),
    )

    def spoofed() -> str:
        pem = quote(Path(target.pgo.pair[0]).read_text())
        headers = {
            "X-SSL-Client-Cert": pem,
            "X-Client-Cert": pem,
            "X-Forwarded-Client-Cert": pem,
            "X-Harness-Secret": "x",
        }
        return refused(target.fhir("/Patient", target.tokens().access, thief=True, headers=headers), 401, 403)

    yield "stolen token with the owner's certificate in a header", spoofed
    others = [name for name in target.names[1:] if target.pgo.provider(name)]
    for name in others[:1]:
        other = target.pgo.provider(name)
        assert other is not None
        yield (
            "token at another provider",
            lambda other=other: refused(
                target.fhir(f"{other.resource}/Patient", target.tokens().access), 401, 403
            ),
        )
        path = urlsplit(other.resource).path
        back = "/".join([".."] * urlsplit(target.place.resource).path.count("/"))
        yield (
            "token at another provider by dots",
            lambda back=back, path=path: refused(
                target.fhir(f"/{back}{path}/Patient".replace("..", "%2e%2e"), target.tokens().access)
            ),
        )
    yield "token of nobody", lambda: refused(target.fhir("/Patient", "x" * 40), 401)
    yield (
        "token in the query",
        lambda: refused(target.fhir(f"/Patient?access_token={target.tokens().access}", "x"), 400, 401),
    )
    yield (
        "token that is a header of lines",
        lambda: refused(target.fhir("/Patient", "x" * 20_000), 400, 401, 431),
    )
    yield (
        "refresh token as access token",
        lambda: refused(target.fhir("/Patient", target.tokens().refresh or "x"), 401),
    )

    def other_person() -> str:
        answer = target.fhir(f"/Patient/{OTHER}", target.tokens().access)
        return refused(answer, 401, 403, 404)

    yield "another person by id", other_person

    def other_found() -> str:
        answer = target.fhir(f"/Patient?_id={OTHER}", target.tokens().access)
        return "shown" if answer.status_code == 200 and answer.json().get("entry") else ""

    yield "another person by search", other_found
    yield (
        "another person by include",
        lambda: (
            ""
            if "lisdodde"
            not in target.fhir("/Encounter?_include=*&_revinclude=*", target.tokens().access).text.lower()
            else "shown"
        ),
    )
    yield (
        "writing with a token to read",
        lambda: refused(
            target.fhir("/Patient", target.tokens().access, method="POST", content=b"{}"),
            400,
            403,
            404,
            405,
            415,
        ),
    )
    yield (
        "deleting with a token to read",
        lambda: refused(
            target.fhir("/Patient/x", target.tokens().access, method="DELETE"), 400, 403, 404, 405
        ),
    )


def paths(target: Target) -> Iterator[tuple[str, Check]]:
    """Nothing but what is offered can be read."""

    def closed(host: str, path: str) -> str:
        got = target.raw(
            host,
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1"),
            back=host != target.front,
        )
        status = got.partition(b"\r\n")[0]
        leaks = b"root:" in got or b"PRIVATE KEY" in got or b"Traceback" in got
        return f"{status[:40]!r}" if leaks or b" 200 " in status or b" 500 " in status else ""

    for path in ("/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cetc", "/mm22/../../run.json", "//evil.example/", "/%00", "/.git/config", "/mm22/consents/../token"):  # fmt: skip
        yield f"path {path}", lambda path=path: closed(target.front, path)
    yield "list by dots", lambda: closed(target.node, "/../MedMij_Whitelist.xml/../../etc/passwd")
    yield "address as target", lambda: closed(target.front, "http://evil.example/")
    yield "another host in the header", lambda: closed_host(target)


def closed_host(target: Target) -> str:
    """A Host header of somebody else leads to nothing that names it."""
    got = target.raw(
        target.front, b"GET /mm22/authorize HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    )
    return "evil.example named" if b"//evil.example" in got else ""


def bombs(target: Target) -> Iterator[tuple[str, Check]]:
    """Bodies that grow, nest or never end."""
    kinds = {"json": "application/fhir+json", "xml": "application/fhir+xml"}

    def sent(body: bytes, kind: str, **headers: str) -> str:
        answer = target.fhir(
            "/Patient",
            target.tokens().access,
            method="POST",
            content=body,
            headers={"Content-Type": kinds[kind], **headers},
        )
        return refused(answer)

    yield "nested JSON", lambda: sent(b"[" * 500_000, "json")
    yield "numbers without end", lambda: sent(b'{"a":1' + b"0" * 1_000_000 + b"}", "json")
    yield (
        "entity bomb",
        lambda: sent(
            b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 1000 + b'">]><a>' + b"&b;" * 10_000 + b"</a>", "xml"
        ),
    )
    yield (
        "external entity",
        lambda: sent(b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Patient>&b;</Patient>', "xml"),
    )
    yield (
        "packed bomb",
        lambda: sent(gzip.compress(bytes(50_000_000)), "json", **{"Content-Encoding": "gzip"}),
    )
    yield "body of ten megabytes", lambda: sent(b" " * 10_000_000, "json")
    yield "a hundred thousand fields", lambda: refused(target.token(**{f"a{n}": "b" for n in range(100_000)}))


def beside(target: Target) -> Iterator[tuple[str, Check]]:
    """The API of sessions and the proxy are for who is meant."""

    def api(method: str, path: str, **headers: str) -> str:
        answer = httpx.request(
            method,
            target.api + path,
            json={"pgo": "pgo-0", "standard": "hg"},
            headers=headers,
            timeout=30,
            trust_env=False,
        )
        return refused(answer)

    yield (
        "session from a page of others",
        lambda: api("POST", "/sessions", **{"Origin": "https://evil.example", "Content-Type": "text/plain"}),
    )
    yield "session by a name of others", lambda: api("POST", "/sessions", Host="evil.example")
    yield "sheet by dots", lambda: api("GET", "/sessions/..%2f..%2frun.json/sheet")

    def proxied(line: str) -> str:
        place = re.search(r"http://([\d.]+):(\d+)", str(target.served["reach"]["one_setting"]))
        assert place is not None
        with socket.create_connection((place.group(1), int(place.group(2))), timeout=5) as sock:
            sock.sendall(f"{line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            status = sock.recv(200).partition(b"\r\n")[0]
        return f"{status!r}" if b" 200 " in status else ""

    for line in (
        "CONNECT 127.0.0.1:22",
        "CONNECT evil.example:443",
        "GET http://127.0.0.1/",
        f"CONNECT {target.front}:22",
    ):
        yield f"proxy: {line}", lambda line=line: proxied(line)


# --- storms -------------------------------------------------------------------------------------------------


def pgo_token(pgo: Pgo, target: Target) -> str:
    """A token of a legal visit of this PGO."""
    pgo.fetch_lists()
    found = pgo.exchange(target.names[0], pgo.came_back(pgo.authorize(target.names[0], PERSON)))
    return found.access if found is not None else ""


def storm(target: Target, count: int, workers: int = 8) -> tuple[int, float]:
    """So many requests of all kinds; gives how many were answered, and the seconds."""
    answered = [0] * workers

    def work(number: int) -> None:
        share, pgo = count // workers, Pgo(target.served, 2 + number % (PGOS - 2))
        token = pgo_token(pgo, target)
        with (
            pgo.client(back=False, timeout=60) as front,
            pgo.client(back=True, timeout=60) as back,
        ):
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json; fhirVersion=3.0"}
            for turn in range(share):
                kind = turn % 4
                with contextlib.suppress(httpx.HTTPError):
                    if kind == 0:
                        front.get(
                            target.good(
                                state=f"{number}-{turn}-{'x' * 24}",
                                client_id=pgo.client_id,
                                redirect_uri=pgo.redirect,
                            )
                        )
                    elif kind == 1:
                        back.get(f"{target.place.resource}/Patient", headers={**headers, **pgo.ids()})
                    elif kind == 2:
                        back.post(
                            target.place.token,
                            data={"grant_type": "authorization_code", "code": f"{turn}"},
                            headers=pgo.ids(),
                        )
                    else:
                        back.get(
                            f"{target.place.resource}/Patient/{turn}",
                            headers={**headers, "Authorization": f"Bearer {turn}"},
                        )
                    answered[number] += 1

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(answered), time.monotonic() - began


def recorded(run: Path) -> int:
    """Exchanges that are recorded; one that belongs to several combinations counts once."""
    seen: set[bytes] = set()
    for path in (run / "exchanges").glob("*.jsonl*"):
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
        for number, line in enumerate(lines):
            if b'"kind":"exchange"' in line:
                found = re.search(rb'"seen":"[^"]+"', line)
                seen.add(found.group() if found else f"{path.name} {number}".encode())
    return len(seen)


def idle(target: Target, count: int) -> list[ssl.SSLSocket]:
    """Connections over which nothing is said, at every name."""
    context = ssl.create_default_context(cafile=target.served["trust"]["both"])
    context.load_cert_chain(*target.pgo.pair)
    places = [
        (target.front, target.pgo.hosts[f"{target.front}:443"]),
        (target.back, target.pgo.hosts[f"{target.back}:443"]),
        (target.node, target.pgo.hosts[f"{target.node}:443"]),
    ]
    made: list[ssl.SSLSocket] = []
    for number in range(count):
        host, real = places[number % len(places)]
        address, _, port = real.rpartition(":")
        with contextlib.suppress(OSError):
            made.append(
                context.wrap_socket(
                    socket.create_connection((address, int(port)), timeout=30), server_hostname=host
                )
            )
    return made


def visits(target: Target) -> str:
    """Whether a legal visit still works; ``""``: it does."""
    answer = target.fhir("/Patient", target.tokens().access)
    return (
        ""
        if answer.status_code == 200 and '"Patient"' in answer.text
        else f"a legal visit: HTTP {answer.status_code}"
    )


def main() -> int:
    """Attack; 1 when something gives way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--idle", type=int, default=5_000)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    bad: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        document = sessions.network([""] * PGOS)
        document["participants"].insert(1, {**document["participants"][0], "id": "his-b"})
        with sessions.serving(Path(temporary), document) as (served, process):
            target = Target(served)
            done = 0
            for name, check in attacks(target):
                try:
                    wrong = check()
                except Exception as error:
                    wrong = f"{type(error).__name__}: {error}"[:200]
                done += 1
                if wrong:
                    bad.append(f"{name}: {wrong}")
                    print(f"BAD {name}: {wrong}", flush=True)
                if done % 20 == 0 and (wrong := visits(target)):
                    bad.append(f"after {name}: {wrong}")
            print(
                f"{done} attacks, {len(bad)} gave way; a legal visit after them: {visits(target) or 'works'}",
                flush=True,
            )
            run = Path(served["run"])

            def told(what: str) -> float:
                held = memory(process.pid)
                print(f"{what:44} {held:7.1f} MB", flush=True)
                return held

            told("before the storm")
            held = []
            for number in ("first", "second"):
                before = recorded(run)
                answered, seconds = storm(target, options.requests // 8 * 8)
                written = recorded(run) - before
                held.append(told(f"after the {number} storm"))
                print(
                    f"  {answered} answered in {seconds:.0f} s ({answered / seconds:.0f}/s), {written} recorded",
                    flush=True,
                )
                if answered < options.requests // 8 * 8 or written < answered:
                    bad.append(
                        f"{number} storm: {options.requests} sent, {answered} answered, {written} recorded"
                    )
            if held[1] > held[0] * (1 + GROWTH):
                bad.append(f"the second storm adds {held[1] - held[0]:.0f} MB")
            began = time.monotonic()
            connections = idle(target, options.idle)
            at_idle = told(f"{len(connections)} idle connections made in {time.monotonic() - began:.0f} s")
            if at_idle > MEGABYTES:
                bad.append(f"{at_idle:.0f} MB at {len(connections)} idle connections (bar {MEGABYTES:.0f})")
            if len(connections) < options.idle:
                bad.append(f"{len(connections)} of {options.idle} connections were taken")
            if wrong := visits(target):
                bad.append(f"beside the idle connections: {wrong}")
            for one in connections:
                with contextlib.suppress(OSError):
                    one.close()
            told("closed again")
            if process.poll() is not None:
                bad.append("it ended")
    for item in bad:
        print(f"BAD {item}")
    print(json.dumps({"attacks": done, "bad": len(bad)}))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

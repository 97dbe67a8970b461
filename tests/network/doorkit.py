"""A person and a PGO at a DVZA twin, without sockets: from authorization request to code, token and data."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

from harness.core.run.exchanges import Certificate, Tls
from harness.network.running import RunningNetwork
from harness.network.wire.serving import Incoming, Outgoing

PGO = "pgo.zonnewijzer.example"
FRONT, BACK = "inlog.dvza-eik.example", "mtls.dvza-eik.example"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Accept", "application/fhir+json; fhirVersion=3.0")
REDIRECT = f"https://{PGO}/redirect"


class Visitor:
    """Somebody with a client certificate at the DVZA twin of the demo network.

    :param release: segment of the path, ``mm22``.
    """

    def __init__(self, running: RunningNetwork, release: str = "mm22", host: str = PGO) -> None:
        self.dvza = running.twins.dvzas["dvza-eik"]
        self.release = release
        self.tls = Tls(version="TLSv1.3", client=Certificate(dns_names=(host,)))

    def ask(
        self,
        handler: Callable[[Incoming], Awaitable[Outgoing]],
        host: str,
        target: str,
        method: str = "GET",
        body: bytes = b"",
        *headers: tuple[str, str],
    ) -> Outgoing:
        path, _, query = target.partition("?")
        incoming = Incoming(
            method=method,
            url=f"https://{host}{target}",
            path=path,
            query=query,
            headers=headers,
            body=body,
            tls=self.tls,
        )

        async def answered() -> Outgoing:
            return await handler(incoming)

        return asyncio.run(answered())

    def authorize(self, scope: str, **more: str) -> Outgoing:
        pairs = {
            "response_type": "code",
            "client_id": PGO,
            "redirect_uri": REDIRECT,
            "scope": scope,
            "state": uuid4().hex,
            **(
                {"MedMij-Request-ID": str(uuid4()), "X-Correlation-ID": str(uuid4())}
                if "2" in self.release
                else {}
            ),
            **more,
        }
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs.items())
        return self.ask(self.dvza.front, FRONT, f"/{self.release}/authorize?{query}")

    def code(self, scope: str, person: str = "hanna-wilgenkamp") -> str:
        page = self.authorize(scope)
        assert page.status == 200, page
        cookie = ("Cookie", dict(page.headers)["Set-Cookie"].partition(";")[0])
        transaction = page.body.split(b'name="transaction" value="')[1].split(b'"')[0].decode()
        for step, more in (
            ("landing", "action=continue"),
            ("login", f"action=login&person={person}"),
            ("consent", "action=yes&long_term=yes"),
        ):
            body = f"transaction={transaction}&{more}".encode()
            page = self.ask(self.dvza.front, FRONT, f"/{self.release}/{step}", "POST", body, FORM, cookie)
        return parse_qs(urlsplit(dict(page.headers)["Location"]).query)["code"][0]

    def exchange(self, *headers: tuple[str, str], **fields: str) -> Outgoing:
        body = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items()).encode()
        return self.ask(self.dvza.back, BACK, f"/{self.release}/token", "POST", body, *(headers or (FORM,)))

    def token(self, scope: str, person: str = "hanna-wilgenkamp") -> dict[str, Any]:
        answer = self.exchange(
            grant_type="authorization_code",
            code=self.code(scope, person),
            redirect_uri=REDIRECT,
            client_id=PGO,
        )
        assert answer.status == 200, answer
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def data(
        self,
        service: str,
        target: str,
        token: str,
        method: str = "GET",
        body: bytes = b"",
        *headers: tuple[str, str],
    ) -> Outgoing:
        sent = (("Authorization", f"Bearer {token}"), JSON, *headers)
        return self.ask(
            self.dvza.back, BACK, f"/{self.release}/his-eik/{service}/fhir{target}", method, body, *sent
        )

"""A small PGO, written as a foreign product would be: httpx, XML, and what ``harness serve`` prints.

``wrong`` holds names of mistakes; without any it does what it should.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import socket
import ssl
import time
import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit
from xml.etree import ElementTree

import httpcore
import httpx
from httpcore._backends.sync import SyncBackend

KINDS = ("zal", "ocl", "gnl", "whl")
ZAL = "{xmlns://afsprakenstelsel.medmij.nl/zorgaanbiederslijst/release3/}"
JSON = "application/fhir+json; fhirVersion=3.0"
SERVICE = "49"


def queries(day: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the standard Huisartsgegevens asks of a PGO."""
    past = day.year * 12 + day.month - 1 - 14
    last = min(
        day.day, [31, 29 if past // 12 % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][past % 12]
    )
    since = date(past // 12, past % 12 + 1, last)
    nhg45 = "https://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen|"
    return [
        ("Patient", [("_include", "Patient:general-practitioner")]),
        ("EpisodeOfCare", []),
        ("Encounter", []),
        ("Composition", [("type", "http://loinc.org|67781-5")]),
        (
            "Observation",
            [
                ("code", nhg45),
                ("_include", "Observation:related-target"),
                ("_include", "Observation:specimen"),
                ("date", f"ge{since.isoformat()}"),
            ],
        ),
        (
            "MedicationRequest",
            [
                ("periodofuse", f"ge{day.isoformat()}"),
                ("category", "http://snomed.info/sct|16076005"),
                ("_include", "MedicationRequest:medication"),
            ],
        ),
        ("AllergyIntolerance", [("category", "medication")]),
    ]


class Resolved(SyncBackend):
    """What a line in a hosts file does, with a port."""

    def __init__(self, hosts: dict[str, str]) -> None:
        self.hosts = hosts

    def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> Any:
        address, _, real = self.hosts.get(f"{host}:{port}", f"{host}:{port}").rpartition(":")
        return super().connect_tcp(address, int(real), *rest, **more)


@dataclass
class Provider:
    """What the provider list says of one service."""

    authorize: str
    token: str
    resource: str


@dataclass
class Tokens:
    """What a token request gave."""

    access: str
    refresh: str = ""
    expires: float = 900.0
    scope: str = ""
    at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, answer: httpx.Response) -> Tokens | None:
        """What an answer gives; ``None``: nothing."""
        if answer.status_code != 200:
            return None
        found = answer.json()
        return cls(
            found["access_token"],
            found.get("refresh_token", ""),
            float(found.get("expires_in", 900)),
            found.get("scope", ""),
        )


class Pgo:
    """One PGO of one vendor.

    :param served: what ``harness serve --json`` printed; ``number``: which PGO of it.
    """

    def __init__(self, served: dict[str, Any], number: int = 0, wrong: frozenset[str] = frozenset()) -> None:
        me = served["pgo"][number]
        self.wrong = wrong
        self.client_id, self.redirect = me["client_id"], me["redirect_uri"]
        self.pair = (me["certificate"], me["certificate"].removesuffix(".pem") + ".key")
        self.front_trust, self.back_trust = served["trust"]["front"], served["trust"]["back"]
        self.hosts = dict(served["connect"])
        self.lists: dict[str, str] = served["lists"]["mm-2.2"]
        self.day = date.fromisoformat(served["t"])
        self.zal: tuple[int, ElementTree.Element] | None = None
        self.whitelist: set[str] = set()
        self.state = ""
        self.correlation = str(uuid.uuid4())
        self.fixed = secrets.token_urlsafe(32)
        self.last: Tokens | None = None
        self.old_code = ""
        self.proxy = ""  # address and port of a forward proxy

    def has(self, name: str) -> bool:
        """Whether it makes a mistake."""
        return name in self.wrong

    def trusts_anybody(self, name: str) -> bool:
        """Whether it goes to hosts that are not on the Whitelist: by mistake, or because it does not read one."""
        return self.has(name) or self.has("no-whitelist")

    # -- connections ------------------------------------------------------------------------------

    def client(self, *, back: bool, timeout: float = 15.0) -> httpx.Client:
        """A client for the back channel (own certificate) or for the browser."""
        context = ssl.create_default_context(cafile=self.back_trust if back else self.front_trust)
        if back and self.has("no-tls-check"):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if back and self.has("no-host-check"):
            context.check_hostname = False
        if back and self.has("old-tls-too"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        if back:
            context.load_cert_chain(*self.pair)
        proxy = f"http://{self.proxy}" if self.proxy else None
        transport = httpx.HTTPTransport(verify=context, trust_env=False, proxy=proxy)
        if not proxy:
            backend = Resolved(self.hosts)
            transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=backend)
        return httpx.Client(transport=transport, timeout=timeout, follow_redirects=False)

    def named(self, host: str) -> bool:
        """Whether the certificate of a host is good and names it without a wildcard."""
        context = ssl.create_default_context(cafile=self.back_trust)
        context.check_hostname = not self.has("no-host-check")
        context.load_cert_chain(*self.pair)
        if self.has("old-tls-too"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        address, _, port = (self.proxy or self.hosts.get(f"{host}:443", f"{host}:443")).rpartition(":")
        try:
            with (
                self.tunnel(socket.create_connection((address, int(port)), timeout=10), host) as plain,
                context.wrap_socket(plain, server_hostname=host) as secured,
            ):
                names = [name for _, name in secured.getpeercert().get("subjectAltName", ())]  # type: ignore[union-attr]
        except OSError:
            return False
        return not any(name.startswith("*") for name in names)

    def tunnel(self, plain: socket.socket, host: str) -> socket.socket:
        """A connection to a host, through the proxy when there is one."""
        if self.proxy:
            plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
            got = b""
            while b"\r\n\r\n" not in got and (part := plain.recv(1)):
                got += part
        return plain

    # -- lists ------------------------------------------------------------------------------------

    def fetch_lists(self) -> None:
        """Read the four lists; what is not good is not taken over."""
        kinds = [kind for kind in KINDS if not (self.has("no-whitelist") and kind == "whl")]
        if self.has("lists-once") and self.zal is not None:
            return
        with self.client(back=True) as http:
            for kind in kinds:
                answer = http.get(self.lists[kind])
                if answer.status_code == 200:
                    self.take(kind, answer.content)

    def take(self, kind: str, data: bytes) -> None:
        """Take a list over, when it is good and newer."""
        root = ElementTree.fromstring(data)
        if kind == "whl":
            self.whitelist = {(item.text or "") for item in root.iter() if item.tag.endswith("}MedMijNode")}
            self.whitelist |= {(item.text or "") for item in root.iter() if item.tag.endswith("}Hostname")}
        if kind != "zal":
            return
        good = root.tag.startswith(ZAL) or self.has("any-namespace")
        names = [item.text for item in root.iter() if item.tag.endswith("}Zorgaanbiedernaam")]
        good = good and (len(set(names)) == len(names) or self.has("any-duplicate"))
        stamp = next((item.text or "" for item in root.iter() if item.tag.endswith("}Tijdstempel")), "")
        zoned = bool(re.search(r"(Z|[+-]\d\d:\d\d)$", stamp))
        good = good and (zoned or self.has("any-time"))
        number = int(
            next((item.text or "0" for item in root.iter() if item.tag.endswith("}Volgnummer")), "0")
        )
        newer = self.zal is None or number >= self.zal[0] or self.has("older-lists")
        if good and newer:
            self.zal = (number, root)

    def provider(self, name: str) -> Provider | None:
        """The endpoints of a provider for the own interface version."""
        if self.zal is None:
            return None

        def text(node: ElementTree.Element, name: str) -> str:
            return next((item.text or "" for item in node.iter() if item.tag.endswith("}" + name)), "")

        for item in self.zal[1].iter():
            if not item.tag.endswith("}Zorgaanbieder") or text(item, "Zorgaanbiedernaam") != name:
                continue
            versions = [node for node in item.iter() if node.tag.endswith("}Interfaceversie")]
            own = [node for node in versions if text(node, "InterfaceversieId") == "2"]
            chosen = versions[:1] if self.has("first-version") else own[:1]
            for service in (node for part in chosen for node in part.iter()):
                if service.tag.endswith("}Gegevensdienst") and text(service, "GegevensdienstId") == SERVICE:
                    return Provider(
                        text(service, "AuthorizationEndpointuri"),
                        text(service, "TokenEndpointuri"),
                        text(service, "ResourceEndpointuri"),
                    )
        return None

    # -- the browser of the person ----------------------------------------------------------------

    def browse(self, url: str, person: str, *, consent: str, long_term: bool) -> str:
        """Go through the pages; gives where the DVZA sends the browser back to, ``""``: nowhere."""
        with self.client(back=False) as http:
            answer = http.get(url)
            for _ in range(8):
                location = answer.headers.get("location", "")
                if location.startswith(self.redirect):
                    return location
                page = answer.text
                form = re.search(r'<form method="post" action="([^"]+)"', page)
                if form is None:
                    return ""
                fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
                step = re.search(r'data-step="([a-z]+)"', page)
                action = {"landing": "continue", "login": "login", "consent": consent}
                fields["action"] = action.get(step.group(1) if step else "", "continue")
                if step and step.group(1) == "login":
                    fields["person"] = person
                if step and step.group(1) == "consent" and long_term:
                    fields["long_term"] = "yes"
                answer = http.post(urljoin(str(answer.url), form.group(1)), data=fields)
        return ""

    def ids(self, *, fresh: bool = False) -> dict[str, str]:
        """The identifiers of a request."""
        request = (
            str(uuid.uuid4()) if not self.has("same-request-id") else "5f9a2d3c-0000-4000-8000-0123456789ab"
        )
        if fresh:
            self.correlation = str(uuid.uuid4())
        correlation = str(uuid.uuid4()) if self.has("thread-lost") else self.correlation
        if self.has("no-ids"):
            return {}
        return {"MedMij-Request-ID": request, "X-Correlation-ID": correlation}

    def authorize(self, name: str, person: str, *, consent: str = "yes", long_term: bool = False) -> str:
        """Send the person to the DVZA; gives the redirect back."""
        where = self.provider(name)
        if where is None:
            return ""
        self.state = self.fixed if self.has("state-fixed") else secrets.token_urlsafe(32)
        if self.has("state-short"):
            self.state = f"{secrets.randbelow(10000):04d}"
        scope = name.removesuffix("@medmij")
        pairs = {
            "response_type": "token" if self.has("response-type") else "code",
            "client_id": "iemand.anders.example" if self.has("foreign-client-id") else self.client_id,
            "redirect_uri": self.redirect,
            "scope": name if self.has("scope-suffix") else scope,
            "state": self.state,
            **self.ids(fresh=not self.has("thread-kept")),
        }
        if self.has("redirect-port"):
            pairs["redirect_uri"] = self.redirect.replace(".example/", ".example:8443/")
        query = urlencode(pairs, quote_via=quote)
        if self.has("encoded-twice"):
            query = query.replace("%3A", "%253A")
        return self.browse(f"{where.authorize}?{query}", person, consent=consent, long_term=long_term)

    # -- back channel -----------------------------------------------------------------------------

    def came_back(self, location: str) -> str:
        """The code of a redirect, ``""`` when there is nothing to exchange."""
        found = {key: value[0] for key, value in parse_qs(urlsplit(location).query).items()}
        code = found.get("code", "")
        if "error" in found and not (self.has("code-despite-error") or self.has("old-code-on-error")):
            return ""
        if "error" in found and self.has("old-code-on-error"):
            return self.old_code or code
        if not self.has("state-ignored"):
            missing_is_fine = self.has("state-missing-fine") and "state" not in found
            if found.get("state") != self.state and not missing_is_fine:
                return ""
        return code

    def exchange(self, name: str, code: str) -> Tokens | None:
        """The tokens of a code."""
        where = self.provider(name)
        host = urlsplit(where.token).hostname if where else ""
        if where is None or (host not in self.whitelist and not self.trusts_anybody("any-host")):
            return None
        if not (self.has("wildcard-fine") or self.has("no-tls-check") or self.named(host or "")):
            return None
        self.old_code = code
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect + ("/" if self.has("other-redirect") else ""),
            "client_id": self.client_id,
        }
        if self.has("client-secret"):
            form["client_secret"] = "geheim"
        if self.has("no-client-id"):
            del form["client_id"]
        return self.ask_tokens(where.token, form)

    def ask_tokens(self, url: str, form: dict[str, str]) -> Tokens | None:
        """One token request."""
        headers = self.ids()
        if self.has("basic"):
            headers["Authorization"] = "Basic cGdvOmdlaGVpbQ=="
        patience = 5.0 if self.has("impatient") else 15.0
        with self.client(back=True, timeout=patience) as http:
            try:
                if self.has("token-json"):
                    answer = http.post(url, json=form, headers=headers)
                else:
                    answer = http.post(url, data=form, headers=headers)
                if answer.status_code >= 500 and self.has("code-again"):
                    answer = http.post(url, data=form, headers={**headers, **self.ids()})
                elif self.has("code-twice"):
                    http.post(url, data=form, headers={**headers, **self.ids()})
            except httpx.HTTPError:
                return None
        return Tokens.of(answer)

    def refresh(self, name: str, tokens: Tokens) -> Tokens | None:
        """New tokens for old ones."""
        where = self.provider(name)
        if where is None or not tokens.refresh:
            return None
        if not self.has("refresh-same-thread"):
            self.correlation = str(uuid.uuid4())
        grant = "refresh_code" if self.has("refresh-grant") else "refresh_token"
        form = {"grant_type": grant, "refresh_token": tokens.refresh, "client_id": self.client_id}
        found = self.ask_tokens(where.token, form)
        if found is not None and self.has("refresh-old"):
            found.refresh = tokens.refresh
        return found

    def collect(self, name: str, tokens: Tokens) -> None:
        """Ask for all data that were granted; follow pages."""
        where = self.provider(name)
        if where is None:
            return
        granted = {item.rpartition("~")[2] for item in tokens.scope.split()}
        bare = not tokens.scope or name.removesuffix("@medmij") in granted
        if not bare and SERVICE not in granted and not self.has("scope-ignored"):
            return
        asked = queries(self.day)
        if self.has("query-missing"):
            asked = asked[:-1]
        with self.client(back=True) as http:
            for path, pairs in asked:
                url = f"{where.resource}{'//' if self.has('two-slashes') else '/'}{path}"
                if self.has("patient-named") and path != "Patient":
                    pairs = [*pairs, ("patient", "Patient/1")]
                if self.has("bsn-sent"):
                    pairs = [*pairs, ("identifier", "http://fhir.nl/fhir/NamingSystem/bsn|999990019")]
                if self.has("other-parameters"):
                    pairs = [*pairs, ("_count", "10")]
                if self.has("token-in-url"):
                    pairs = [*pairs, ("access_token", tokens.access)]
                self.pages(http, url + ("?" + urlencode(pairs) if pairs else ""), tokens)

    def pages(self, http: httpx.Client, url: str, tokens: Tokens) -> None:
        """One search with its next pages."""
        for _ in range(5):
            headers = {"Accept": JSON, "Authorization": f"Bearer {tokens.access}", **self.ids()}
            if self.has("accept-plain"):
                headers["Accept"] = "application/json"
            if self.has("no-bearer"):
                del headers["Authorization"]
            with contextlib.suppress(httpx.HTTPError):
                answer = http.get(url, headers=headers)
            if answer.status_code != 200:
                return
            links = {item["relation"]: item["url"] for item in answer.json().get("link", ())}
            url = links.get("next", "")
            if not url:
                return
            if urlsplit(url).hostname not in self.whitelist and not self.trusts_anybody("any-next"):
                return

    # -- a visit ----------------------------------------------------------------------------------

    def visit(
        self, name: str, person: str, *, consent: str = "yes", long_term: bool = False
    ) -> Tokens | None:
        """A whole visit, as a person makes it."""
        self.fetch_lists()
        code = self.came_back(self.authorize(name, person, consent=consent, long_term=long_term))
        if not code:
            return None
        if self.has("lists-in-between"):
            self.fetch_lists()
        tokens = self.exchange(name, code)
        if tokens is not None:
            self.collect(name, tokens)
        return tokens

    def live_on(self, name: str, person: str) -> None:
        """A visit with long-term consent, and two refreshes."""
        tokens = self.visit(name, person, long_term=True)
        for _ in range(2):
            if tokens is None:
                return
            tokens = self.refresh(name, tokens)
            if tokens is not None:
                self.collect(name, tokens)

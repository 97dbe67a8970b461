"""The steps of a flow, main or variant, as a PGO does them.

The main flow (``collect`` or ``share``): lists → authorization request → landing → login → consent →
redirect → token → CapabilityStatement → all queries of the standard. A variant
(``profiles/afsprakenstelsel/flows.yaml``) changes something on the way and stops after its last step. A flow
stops earlier when it cannot go on; the recording shows why, the judges say what that means.
"""

from __future__ import annotations

import json
import secrets
from typing import Any, Final
from urllib.parse import quote, urlsplit

from harness.core.standards.table import Service
from harness.medmij import authorization, pages, scope, token
from harness.medmij.flows import Changes, Variant
from harness.medmij.headers import CORRELATION_ID, REQUEST_ID
from harness.medmij.lists import Service as ListedService
from harness.medmij.lists import SystemRole
from harness.medmij.lists import url as list_url
from harness.medmij.releases import ListKind, framework
from harness.network.drive import queries
from harness.network.drive.session import STELSELNODE, FlowSession, new_id
from harness.network.file import Participant
from harness.network.person import browser as login_browser
from harness.network.person import login
from harness.network.twins.stelselnode import LIST_KINDS, endpoints
from harness.network.wire.client import Answer, HttpClient
from harness.network.wire.connect import ConnectMap

_INTERFACES: Final = {"landing": "authorization", "login": "login", "consent": "consent"}
"""Which interface a page of the recipe belongs to."""
MAIN_STEPS: Final = ("lists", "authorize", "landing", "login", "consent", "token", "metadata", "resource")
TOKEN_TIMEOUT: Final = 12.0
"""Seconds: the framework allows 10 (``core.tknint.206``)."""
MAX_PAGES: Final = 25


class Stop(Exception):
    """The flow cannot go on; the reason is in the recording."""


class Driver:
    """Drives one flow.

    :param recipe: how the person walks the DVZA's pages; ``None`` when tokens are supplied.
    :param person_values: placeholders for the recipe.
    :param list_host: where the lists are: public host, or base URL of a live stelselnode.
    :param mock_pages: the DVZA has the pages of our twin, the one with consents included.
    :param connect: other places where names listen, for this flow only (faulty servers).
    """

    def __init__(
        self,
        session: FlowSession,
        variant: Variant | None,
        *,
        recipe: login.Recipe | None,
        person_values: dict[str, str],
        list_host: str,
        connect: ConnectMap | None = None,
        supplied_token: str = "",
        mock_pages: bool = False,
    ) -> None:
        self.session = session
        self.variant = variant
        self.recipe = recipe
        self.person_values = person_values
        self.list_host = list_host
        self.connect = connect
        self.supplied_token = supplied_token
        self.mock_pages = mock_pages
        self.pgo = session.pgo
        self._cookies = login.Cookies()
        self._special: list[HttpClient] = []
        self._page: pages.Page | None = None

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps of this flow."""
        return tuple(self.variant.steps) if self.variant is not None else MAIN_STEPS

    def run(self) -> None:
        """All steps."""
        steps = self.steps
        try:
            self.lists(forced="lists" in steps and self.variant is not None)
            if steps == ("lists",):
                return
            self.find_endpoint()
            if steps == ("probe",):
                from harness.network.probes import flow as probes

                probes.run(self.session, self.connect or self.pgo.connect, proxied=bool(self.pgo.proxy))
                return
            if self.supplied_token:
                self.session.values["token"] = self.supplied_token
                self.session.values["correlation"] = new_id()
                self.session.remember("token", "token-supplied", self.supplied_token)
            else:
                self.authorize()
                if "token" not in steps:
                    return
                self.token()
            if "metadata" in steps:
                self.metadata()
            if "resource" in steps:
                self.resource()
            if "refresh" in steps:
                self.refresh()
        except Stop:
            return

    def obtain_token(self) -> None:
        """The steps up to the access token only."""
        try:
            self.lists()
            self.find_endpoint()
            if self.supplied_token:
                self.session.values["token"] = self.supplied_token
                self.session.values["correlation"] = new_id()
                self.session.remember("token", "token-supplied", self.supplied_token)
            else:
                self.authorize()
                self.token()
        except Stop:
            return
        finally:
            for client in self._special:
                client.close()

    # -- lists ------------------------------------------------------------------------------------

    def lists(self, *, forced: bool = False) -> None:
        """Fetch what is due; an invalid or older list never replaces a good one."""
        session, pgo = self.session, self.pgo
        held = pgo.lists(session.release)
        now = session.clock.now()
        main = self.variant is None
        for kind in LIST_KINDS:
            if kind == "gnl" and pgo.fault("skip-gnl"):
                continue
            if not (forced or main or held.due(kind, now)):
                continue
            self._fetch(kind)
        if held.zal is None or held.whitelist is None:
            raise Stop

    def _fetch(self, kind: ListKind) -> None:
        session, held = self.session, self.pgo.lists(self.session.release)
        lax = (self.pgo.fault("accept-invalid-list"), self.pgo.fault("accept-stale-list"))

        def annotate(answer: Answer) -> dict[str, Any]:
            now = session.clock.now()
            if answer.status != 200:
                step = held.failed(kind, answer.error or f"HTTP {answer.status}", now)
            elif lax[1]:
                step = held.received_anyway(kind, answer.body, session.release, now)
            else:
                step = held.received(kind, answer.body, session.release, now)
            outcome = "replaced" if lax[0] and step.outcome == "refused" else step.outcome
            return {
                "list": {
                    "outcome": outcome,
                    "sequence": getattr(step.state.document, "sequence", 0),
                    "issues": [issue.rule for issue in step.issues],
                }
            }

        if "://" in self.list_host:
            url = f"{self.list_host.rstrip('/')}/{framework().files[kind]}?api={session.release.api}"
        else:
            url = list_url(self.list_host, kind, session.release)
        session.send(
            self.pgo.back(),
            "GET",
            url,
            [("Accept", "application/xml, text/xml")],
            interface="list",
            operation=f"list-{kind}",
            server=STELSELNODE,
            timeout=30.0,
            annotate=annotate,
        )

    def find_endpoint(self) -> None:
        """The endpoints of the provider for this release, from the list."""
        session = self.session
        his, dvza = session.parties.his, session.parties.dvza
        if dvza.kind == "live" and not dvza.lists:  # the network file itself names the endpoints
            session.endpoint = _stated_endpoint(his, dvza, session.release.id, session.service)
            session.values["name"] = his.provider_name.removesuffix("@medmij")
        else:
            zal = self.pgo.lists(session.release).zal
            provider = zal.provider(his.provider_name) if zal is not None else None
            if provider is None:
                raise Stop
            session.endpoint = provider.service(session.service.id, session.release.interface_version)
            session.values["name"] = provider.name.removesuffix("@medmij")
        if session.endpoint is None:
            raise Stop

    # -- authorization ----------------------------------------------------------------------------

    def authorize(self) -> None:
        """From the authorization request to the redirect with a code, with the person's browser."""
        session, variant = self.session, self.variant
        assert session.endpoint is not None
        if self.recipe is None:
            raise Stop
        url = self._authorization_url()
        answers: dict[str, str] = {
            "landing": variant.landing if variant is not None else "continue",
            "consent": variant.consent.answer if variant is not None else "yes",
        }
        if variant is None and self.recipe.browser:
            self._returned(self._walk_in_browser(url, answers))
            return
        answer = self._visit("GET", url, "authorization", "authorize", page="")
        if variant is not None and variant.steps[-1] == "authorize":
            return
        location = self._walk(url, answer, answers)
        self._returned(location)

    def _walk_in_browser(self, url: str, answers: dict[str, str]) -> str:
        """The pages of the main flow in Chromium; variants that break things stay with plain HTTP."""
        assert self.recipe is not None
        session = self.session
        labels = ["authorization", "authorize"]

        def visit(method: str, target: str, body: bytes, is_page: bool) -> Answer:
            operation = labels[1] if is_page else "page-resource"
            return self._visit(method, target, labels[0], operation, page="", body=body)

        def entered(step: login.Step) -> None:
            if step.page != "other":
                labels[0] = _INTERFACES[step.page]
                labels[1] = step.page
            session.logged_in = session.logged_in or step.page == "login"

        values = {**self.person_values, "person": session.person, "long_term": "no"}
        redirect_uri = session.values["redirect_uri"]
        location = login_browser.walk(
            self.recipe, url, redirect_uri, values, answers, visit=visit, entered=entered
        )
        if not location:
            raise Stop
        return location

    def _authorization_url(self) -> str:
        session, pgo, rel = self.session, self.pgo, self.session.release
        assert session.endpoint is not None
        state = "vaste-state-0123456789abcdef" if pgo.fault("fixed-state") else secrets.token_urlsafe(32)
        session.values["state"] = state
        session.remember("state", "state-sent", state)
        session.values["correlation"] = new_id() if rel.correlation else ""
        redirect_uri = session.parties.pgo.redirect
        if pgo.fault("redirect-port"):
            redirect_uri = redirect_uri.replace(pgo.host, f"{pgo.host}:8443", 1)
        session.values["redirect_uri"] = redirect_uri
        wanted = scope.build(rel, session.function, session.values["name"], (session.service.id,))
        if pgo.fault("scope-suffix"):
            wanted = wanted.replace(session.values["name"], f"{session.values['name']}@medmij", 1)
        fixed = "00000000-0000-4000-8000-000000000000"
        request_id = fixed if pgo.fault("fixed-request-id") else new_id()
        if pgo.fault("fixed-request-id"):
            session.values["fixed_request_id"] = fixed
        pairs = [
            ("response_type", "code"),
            ("client_id", pgo.host),
            ("redirect_uri", redirect_uri),
            ("scope", wanted),
            ("state", state),
        ]
        if rel.correlation:
            pairs += [(REQUEST_ID, request_id), (CORRELATION_ID, session.values["correlation"])]
        if self.variant is not None:
            pairs = self.variant.authorize.apply(pairs, self._placeholders())
        endpoint = session.endpoint.authorization_endpoint
        encoded = [(name, quote(value, safe="")) for name, value in pairs]
        if pgo.fault("double-encode"):
            encoded = [
                (name, quote(value, safe="") if name == "redirect_uri" else value) for name, value in encoded
            ]
        query = "&".join(f"{quote(name, safe='')}={value}" for name, value in encoded)
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def _placeholders(self) -> dict[str, str]:
        values = self.session.values
        return {
            "client": self.pgo.host,
            "redirect_uri": self.session.parties.pgo.redirect,
            "name": values.get("name", ""),
            "service": self.session.service.id,
            "code": values.get("code", ""),
            "token": values.get("token", ""),
        }

    def _visit(
        self, method: str, url: str, interface: str, operation: str, *, page: str, body: bytes = b""
    ) -> Answer:
        """One request of the person's browser."""
        headers = [
            ("Accept", "text/html,application/xhtml+xml"),
            ("Accept-Language", "nl"),
            ("User-Agent", "harness-browser/1"),
            *self._cookies.header(url),
        ]
        if method == "POST":
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))

        def annotate(answer: Answer) -> dict[str, Any]:
            seen = self._page = login.read_page(answer, url)
            if seen is None or self.recipe is None:
                return {}
            return {"page": login.page_facts(seen, login.kind_of(self.recipe, seen, url))}

        answer = self.session.send(
            self.pgo.front(),
            method,
            url,
            headers,
            body,
            interface=interface,
            operation=operation,
            person=self.session.person if self.session.logged_in else None,
            timeout=30.0,
            annotate=annotate,
        )
        self._cookies.update(url, answer)
        return answer

    def _walk(self, url: str, answer: Answer, answers: dict[str, str]) -> str:
        """Pages and redirects until one leads back to the client; that ``Location``."""
        assert self.recipe is not None
        session = self.session
        interface, operation = "authorization", "authorize"
        long_term = self.variant is not None and self.variant.consent.long
        values = {**self.person_values, "person": session.person, "long_term": "yes" if long_term else "no"}
        if self.variant is not None and self.variant.person != "default":
            values = {**values, **self._other_person()}
        stop_after = self.steps[-1]
        for _ in range(MAX_PAGES):
            location = login.redirect_target(answer, url)
            if location:
                if login.returns_to(location, session.values["redirect_uri"]):
                    return location
                if urlsplit(location).scheme not in ("https", urlsplit(url).scheme):
                    raise Stop
                url = location
                answer = self._visit("GET", url, interface, operation, page="")
                continue
            seen = self._page
            if seen is None or answer.status >= 400:
                raise Stop
            step = login.submission(self.recipe, seen, url, values, answers)
            if step is None:
                raise Stop
            operation = step.page if step.page != "other" else operation
            interface = _INTERFACES.get(step.page, interface)
            if operation == "login":
                session.logged_in = True
            url = step.url
            answer = self._visit(step.method, url, interface, operation, page=step.page, body=step.body)
            if operation == stop_after and operation in ("landing", "login"):
                location = login.redirect_target(answer, url)
                if location and login.returns_to(location, session.values["redirect_uri"]):
                    return location
                raise Stop
        raise Stop

    def _other_person(self) -> dict[str, str]:
        """Which person of our fixtures a variant asks for."""
        assert self.variant is not None
        return {"person": PERSONS.get(self.variant.person, ""), "variant": self.variant.person}

    def _returned(self, location: str) -> None:
        """The redirect back: check ``state``, then take the code."""
        session = self.session
        found = authorization.parse_redirect(location, session.values["redirect_uri"])
        for kind, name in (("code", "code-received"), ("state", "state-received")):
            value = found.code if kind == "code" else found.state
            if value and value != session.values.get("state"):
                session.remember(kind, name, value)
        if found.error and not self.pgo.fault("ignore-error"):
            raise Stop
        if found.state != session.values["state"] and not self.pgo.fault("ignore-state"):
            raise Stop
        if not found.code:
            if not (found.error and self.pgo.fault("ignore-error")):
                raise Stop
            session.values["code"] = "geen-code-ontvangen"
            return
        session.values["code"] = found.code

    # -- token ------------------------------------------------------------------------------------

    def token(self) -> None:
        """Offer the code; keep what comes back."""
        variant = self.variant
        step = variant.token if variant is not None else None
        if step is not None and step.wait:
            wait(self.session, step.wait)
        session = self.session
        pairs = [
            ("grant_type", "authorization_code"),
            ("code", session.values.get("code", "")),
            ("redirect_uri", session.values["redirect_uri"]),
            ("client_id", self.pgo.host),
        ]
        if step is not None:
            pairs = step.apply(pairs, self._placeholders())
        kind = step.certificate if step is not None else "own"
        answer = self._token_request(pairs, "token-code", kind)
        if answer is None:
            raise Stop
        if answer.status >= 500 and self.pgo.fault("retry-code"):
            answer = self._token_request(pairs, "token-code", kind) or answer
        ok = self._keep(answer)
        for _ in range((step.times if step is not None else 1) - 1):
            self._token_request(pairs, "token-code-again", kind)
        if not ok:
            raise Stop

    def _token_request(self, pairs: list[tuple[str, str]], operation: str, certificate: str) -> Answer | None:
        session, pgo = self.session, self.pgo
        assert session.endpoint is not None
        url = session.endpoint.token_endpoint
        if pgo.fault("foreign-endpoint"):
            url = f"{url}/elders"
        if not pgo.allowed_host(session.release, urlsplit(url).hostname or ""):
            return None
        request_id = session.values.get("fixed_request_id") or new_id()
        headers = token.request_headers(session.release, request_id, session.values.get("correlation", ""))
        if pgo.fault("client-secret"):
            pairs = [*pairs, ("client_secret", secrets.token_urlsafe(24))]
        body = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs).encode()
        if pgo.fault("token-json"):
            body = json.dumps(dict(pairs)).encode()
            headers = [(n, "application/json" if n == "Content-Type" else v) for n, v in headers]
        client = pgo.back(certificate)
        if self.connect is not None:
            client = pgo.back(certificate, connect=self.connect)
            self._special.append(client)
        return session.send(
            client,
            "POST",
            url,
            headers,
            body,
            interface="token",
            operation=operation,
            timeout=5.0 if pgo.fault("impatient") else TOKEN_TIMEOUT,
            notes=pgo.certificate_notes(certificate),
        )

    def _keep(self, answer: Answer) -> bool:
        """Take over a token response; whether there is an access token."""
        session = self.session
        if not answer.status:
            return False
        parsed = token.parse_response(answer.status, answer.headers, answer.body, session.release)
        found = parsed.response
        if found is None or answer.status != 200:
            return False
        session.values["token"] = found.access_token
        session.remember("token", "token-received", found.access_token)
        if found.refresh_token:
            session.values["refresh"] = found.refresh_token
            session.remember("refresh", "refresh-received", found.refresh_token)
        session.expires_in = found.expires_in
        session.issued = session.clock.now()
        session.granted = scope.parse_granted(found.scope) if found.scope else None
        return True

    # -- resource ---------------------------------------------------------------------------------

    def metadata(self) -> None:
        """The CapabilityStatement of the resource server."""
        session = self.session
        base = queries.resource_base(session, "").rstrip("/")
        if not self.pgo.allowed_host(session.release, urlsplit(base).hostname or ""):
            raise Stop
        accept = f"application/fhir+json; fhirVersion={session.standard.fhir_version}"
        headers = [("Accept", accept), ("Authorization", f"Bearer {session.values['token']}")]
        if session.release.correlation:
            headers += [(REQUEST_ID, new_id()), (CORRELATION_ID, session.values["correlation"])]
        session.send(
            self.pgo.back(),
            "GET",
            f"{base}/metadata",
            headers,
            interface="resource",
            operation="fhir-metadata",
            person=session.person,
            timeout=queries.TIMEOUT,
        )

    def resource(self) -> None:
        """The queries of the standard; a variant sends the first one only."""
        session, variant = self.session, self.variant
        if session.granted is not None and session.service.id not in session.granted:
            names_only = session.release.correlation and session.granted == ()
            narrower = bool(session.granted) or (names_only and self._narrowed())
            if narrower and not self.pgo.fault("ignore-granted-scope"):
                raise Stop
        if variant is None:
            queries.run(session)
            return
        if variant.resource.wait:
            wait(session, variant.resource.wait)
            session.ignore_expiry = True
        queries.run(session, first_only=True, step=variant.resource)

    def _narrowed(self) -> bool:
        """A scope without services in the answer: our DVZA twin says so when it granted nothing."""
        return self.variant is not None and "token-no-services" in self.variant.server

    # -- refresh ----------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Long-term consent: exchange the refresh token, keep the rotated one."""
        session = self.session
        assert self.variant is not None
        step = self.variant.refresh
        first = session.values.get("refresh", "")
        if not first:
            raise Stop
        if step.withdraw:
            self._withdraw()
        for _ in range(step.times):
            if not self.pgo.fault("refresh-keeps-correlation"):
                session.values["correlation"] = new_id()
            answer = self._refresh_request(session.values["refresh"], "token-refresh")
            if answer is None or not self._keep(answer):
                raise Stop
        if step.reuse:
            self._refresh_request(first, "token-refresh-again")

    def _refresh_request(self, value: str, operation: str) -> Answer | None:
        grant = "refresh_code" if self.pgo.fault("refresh-code-grant") else "refresh_token"
        pairs = [("grant_type", grant), ("refresh_token", value), ("client_id", self.pgo.host)]
        return self._token_request(pairs, operation, "own")

    def _withdraw(self) -> None:
        """The person withdraws the consent in the DVZA's own screens (our twin only)."""
        if not self.mock_pages or self.recipe is None or self.session.endpoint is None:
            raise Stop
        url = f"{self.session.endpoint.authorization_endpoint.removesuffix('/authorize')}/consents"
        self._visit("GET", url, "consent", "withdraw", page="")
        values = {**self.person_values, "person": self.session.person}
        for _ in range(MAX_PAGES):
            seen = self._page
            if seen is None or not seen.forms:
                return
            step = login.submission(self.recipe, seen, url, values, {})
            if step is not None:
                url, body = step.url, step.body
            else:
                form = seen.forms[0]
                pairs = [
                    (item.name, item.value) for item in form.controls if item.kind in ("hidden", "submit")
                ]
                url = form.action
                body = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in pairs).encode()
            self._visit("POST", url, "consent", "withdraw", page="", body=body)


def _stated_endpoint(
    his: Participant, dvza: Participant, release_id: str, service: Service
) -> ListedService | None:
    """Endpoints of a live DVZA that the network file states, in the shape of a list entry."""
    urls = endpoints(his, dvza, release_id, service.id)
    if urls is None:
        return None
    roles = tuple(SystemRole(code=code, resource_endpoint=urls[2]) for code in service.roles)
    return ListedService(id=service.id, authorization_endpoint=urls[0], token_endpoint=urls[1], roles=roles)


PERSONS: Final = {
    "no-data": "lege-persoon",
    "age-15": "fenna-vijftien",
    "age-16": "joris-zestien",
    "failure": "technische-storing",
}
"""Our fixture person (or mock login choice) for each kind of person that variants ask for."""


def wait(session: FlowSession, seconds: float) -> None:
    """Let time pass: a clock that can be moved is moved, otherwise it is really waited."""
    advance = getattr(session.clock, "advance", None)
    if advance is not None:
        advance(seconds)
        return
    import time

    time.sleep(seconds)


__all__ = ["MAIN_STEPS", "PERSONS", "Changes", "Driver", "Stop", "wait"]

"""Authorization: from the authorization request to the redirect with a code, with the person's browser."""

from __future__ import annotations

import secrets
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

from harness.core.http import addresses
from harness.medmij import authorization, scope
from harness.medmij.flows import Variant
from harness.medmij.headers import CORRELATION_ID, REQUEST_ID
from harness.network.drive.session import FlowSession, Stop
from harness.network.drive.visits import Visits
from harness.network.person import browser, login
from harness.network.person.logins import Login
from harness.network.wire.client import Answer

INTERFACES: Final = {"landing": "authorization", "login": "login", "consent": "consent"}
"""Which interface a page of the recipe belongs to."""
MAX_PAGES: Final = 25
PERSONS: Final = {
    "no-data": "lege-persoon",
    "no-relation": "geen-relatie",
    "age-15": "fenna-vijftien",
    "age-16": "joris-zestien",
}
"""Our fixture person for each kind of person that variants ask for."""
SITUATIONS: Final = {
    "no-data": "no-data",
    "no-relation": "no-relation",
    "age-15": "under-16",
    "age-16": "sixteen",
}
"""What the network file says of a declared person, for each kind that variants ask for."""
FAILURE: Final = "technische-storing"
"""The choice at the mock login that ends in a failure."""
_FIXED_ID: Final = "00000000-0000-4000-8000-000000000000"


class Authorization:
    """One authorization request and the pages behind it.

    :param variant: what changes in the request, and what the person answers.
    :param entry: how the person gets in.
    :ivar visits: the person's browser; ``recipe`` how its pages are recognised.
    :ivar answers: what the person answers on them.
    """

    def __init__(
        self, session: FlowSession, variant: Variant, visits: Visits, entry: Login, recipe: login.Recipe
    ) -> None:
        self.session = session
        self._variant = variant
        self.visits = visits
        self._entry = entry
        self.recipe = recipe
        self.answers: dict[str, str] = {"landing": variant.landing, "consent": variant.consent.answer}

    def in_chromium(self) -> None:
        """Walk the pages in Chromium and take the code.

        :raises Stop: the pages end elsewhere, or with an error.
        """
        session = self.session
        labels = ["authorization", "authorize"]

        def visit(method: str, target: str, body: bytes, is_page: bool) -> Answer:
            return self.visits.visit(
                method, target, labels[0], labels[1] if is_page else "page-resource", body
            )

        def entered(step: login.Step) -> None:
            if step.page != "other":
                labels[0] = INTERFACES[step.page]
                labels[1] = step.page
            session.logged_in = session.logged_in or step.page == "login"

        url = self.request()
        values = {**self._entry.values, "person": session.person, "long_term": "no"}
        redirect_uri = session.values["redirect_uri"]
        location = browser.walk(
            self.recipe, url, redirect_uri, values, self.answers, visit=visit, entered=entered
        )
        if not location:
            raise Stop
        self._returned(location)

    def over_http(self) -> None:
        """Walk the pages as the recipe says and take the code; a variant may end on the way.

        :raises Stop: the pages end elsewhere, or with an error.
        """
        url = self.request()
        answer = self.visits.visit("GET", url, "authorization", "authorize")
        if self._variant.steps[-1] != "authorize":
            self._returned(self._walk(url, answer))

    def attempt(self, method: str, note: dict[str, Any]) -> Answer:
        """Send a request that must be refused; where it is taken on, walk on to see where it leads.

        :param note: what the recording says of it. No other host than the first is visited, whatever it says.
        """
        session, visits = self.session, self.visits
        visits.notes = note
        url = self.request()
        sent = self._variant.authorize.set.get("state", session.values["state"])

        def returned(answer: Answer) -> dict[str, Any]:
            """Whether state came back exactly: in the recording its spellings look the same."""
            target = login.redirect_target(answer, url)
            if not authorization.carries_outcome(target):
                return {}
            found = authorization.parse_redirect(target, session.values["redirect_uri"])
            return {"state": "exact" if found.state == sent else "changed"}

        visits.look = returned
        answer = first = visits.visit(method, url, "authorization", "authorize")
        for _ in range(MAX_PAGES):
            location = login.redirect_target(answer, url)
            if location:
                if not stays(location, url) or authorization.carries_outcome(location):
                    break
                url = location
                answer = visits.visit("GET", url, "authorization", "page")
                continue
            if visits.page is None or answer.status >= 400:
                break
            step = login.submission(self.recipe, visits.page, url, self.values(), self.answers)
            if step is None or not stays(step.url, url):
                break
            session.logged_in = session.logged_in or step.page == "login"
            url = step.url
            answer = visits.visit(step.method, url, INTERFACES.get(step.page, "login"), step.page, step.body)
        return first

    def request(self) -> str:
        """The URL of the authorization request."""
        session, pgo, rel = self.session, self.session.pgo, self.session.release
        state = "vaste-state-0123456789abcdef" if pgo.fault("fixed-state") else secrets.token_urlsafe(32)
        session.values["state"] = state
        session.remember("state", "state-sent", state)
        thread = _FIXED_ID if pgo.fault("fixed-correlation-id") else session.new_id()
        session.values["correlation"] = thread if rel.correlation else ""
        redirect_uri = session.parties.pgo.redirect
        if pgo.fault("redirect-port"):
            redirect_uri = redirect_uri.replace(pgo.host, f"{pgo.host}:8443", 1)
        session.values["redirect_uri"] = redirect_uri
        wanted = scope.build(rel, session.function, session.values["name"], (session.service.id,))
        if pgo.fault("scope-suffix"):
            wanted = wanted.replace(session.values["name"], f"{session.values['name']}@medmij", 1)
        request_id = _FIXED_ID if pgo.fault("fixed-request-id") else session.new_id()
        if pgo.fault("fixed-request-id"):
            session.values["fixed_request_id"] = _FIXED_ID
        pairs = [
            ("response_type", "code"),
            ("client_id", pgo.host),
            ("redirect_uri", redirect_uri),
            ("scope", wanted),
            ("state", state),
        ]
        if rel.correlation:
            pairs += [(REQUEST_ID, request_id), (CORRELATION_ID, session.values["correlation"])]
        pairs = self._variant.authorize.apply(pairs, session.placeholders())
        encoded = [(name, quote(value, safe="")) for name, value in pairs]
        if pgo.fault("double-encode"):
            encoded = [
                (name, quote(value, safe="") if name == "redirect_uri" else value) for name, value in encoded
            ]
        query = "&".join(f"{quote(name, safe='')}={value}" for name, value in encoded)
        endpoint = session.listed.authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def _walk(self, url: str, answer: Answer) -> str:
        """Pages and redirects until one leads back to the client; that ``Location``."""
        session, visits = self.session, self.visits
        interface, operation = "authorization", "authorize"
        values = self.values()
        stop_after = self._variant.steps[-1]
        for _ in range(MAX_PAGES):
            location = login.redirect_target(answer, url)
            if location:
                if authorization.returns_to(location, session.values["redirect_uri"]):
                    return location
                if urlsplit(location).scheme not in ("https", urlsplit(url).scheme):
                    raise Stop
                url = location
                answer = visits.visit("GET", url, interface, operation)
                continue
            if visits.page is None or answer.status >= 400:
                raise Stop
            step = login.submission(self.recipe, visits.page, url, values, self.answers)
            if step is None:
                raise Stop
            operation = step.page if step.page != "other" else operation
            interface = INTERFACES.get(step.page, interface)
            if operation == "login":
                session.logged_in = True
            url = step.url
            answer = visits.visit(step.method, url, interface, operation, step.body)
            if operation == stop_after and operation in ("landing", "login"):
                location = login.redirect_target(answer, url)
                if location and authorization.returns_to(location, session.values["redirect_uri"]):
                    return location
                raise Stop
        raise Stop

    def values(self) -> dict[str, str]:
        """Placeholders of the recipe, for the person that the variant asks for."""
        variant = self._variant
        long_term = "yes" if variant.consent.long else "no"
        values = {**self._entry.values, "person": self.session.person, "long_term": long_term}
        if variant.person != "default":
            values |= {"person": PERSONS.get(variant.person, FAILURE), "variant": variant.person}
        return values

    def _returned(self, location: str) -> None:
        """The redirect back: check ``state``, then take the code."""
        session, pgo = self.session, self.session.pgo
        found = authorization.parse_redirect(location, session.values["redirect_uri"])
        for kind, name in (("code", "code-received"), ("state", "state-received")):
            value = found.code if kind == "code" else found.state
            if value and value != session.values.get("state"):
                session.remember(kind, name, value)
        if found.error and not pgo.fault("ignore-error"):
            raise Stop
        if found.state != session.values["state"] and not pgo.fault("ignore-state"):
            raise Stop
        if not found.code:
            if not (found.error and pgo.fault("ignore-error")):
                raise Stop
            session.values["code"] = "geen-code-ontvangen"
            return
        session.values["code"] = found.code


def stays(target: str, url: str) -> bool:
    """Whether an address is of the same server; ``:443`` and case make no other one."""
    return addresses.below(target, urljoin(url, "/"))

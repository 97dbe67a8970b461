"""The front channel of the DVZA twin: which page or step a request is for (section 3 of the facts).

Each step is a page; each page is a form; no step can be skipped, repeated or mixed with another browser's.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie

from harness.core.run.exchanges import header, media_type
from harness.medmij import forms
from harness.medmij.releases import Release
from harness.medmij.token import FORM
from harness.network.twins.dvza import authorize, screens, steps
from harness.network.twins.dvza.records import Session, hashed
from harness.network.twins.dvza.state import DvzaState, not_found
from harness.network.wire.serving import Incoming, Outgoing


def handle(dvza: DvzaState, request: Incoming) -> Outgoing:
    """Dispatch on path and method."""
    rel, rest = dvza.release_of(request.path)
    if rel is None or len(rest) != 1:
        return not_found()
    name = rest[0]
    if name == "authorize":
        if request.method not in ("GET", "HEAD") and not dvza.fault("authorize-any-method"):
            return screens.problem(
                dvza, 405, "Deze pagina kan alleen worden opgevraagd.", headers=(("Allow", "GET"),)
            )
        return authorize.handle(dvza, request, rel)
    if name == "consents" and request.method == "GET":
        return steps.manage(dvza, rel)
    if name not in ("landing", "login", "consent", "consents"):
        return not_found()
    if request.method != "POST":
        return screens.problem(dvza, 405, "Begin opnieuw vanuit uw PGO.", headers=(("Allow", "POST"),))
    fields = _fields(request)
    if fields is None:
        return screens.problem(dvza, 400, "Het formulier kan niet worden gelezen.")
    with dvza.lock:
        session = _session(dvza, request, fields.get("transaction", ""), rel)
        if session is None:
            return screens.problem(dvza, 400, "Deze aanvraag is verlopen of hoort bij een andere browser.")
        if name != session.step:
            return screens.problem(
                dvza, 400, "Deze stap past niet bij uw aanvraag. Begin opnieuw vanuit uw PGO."
            )
        if name == "landing":
            return steps.landing(dvza, session, fields)
        if name == "login":
            return steps.login(dvza, session, fields)
        if name == "consents":
            return steps.withdraw(dvza, session, fields)
        if dvza.fault("consent-assumed", session.client_id) and fields.get("action") != "no":
            fields["action"] = "yes"
        return steps.consent(dvza, session, fields)


def _fields(request: Incoming) -> dict[str, str] | None:
    if media_type(request.headers) != FORM:
        return None
    try:
        pairs = forms.parse(request.body.decode("ascii"))
    except (UnicodeDecodeError, forms.FormError):
        return None
    fields: dict[str, str] = {}
    for pair in pairs:
        if pair.name in fields:
            return None
        fields[pair.name] = pair.value
    return fields


def _session(dvza: DvzaState, request: Incoming, transaction: str, rel: Release) -> Session | None:
    session = dvza.sessions.get(hashed(transaction)) if transaction else None
    if session is None or session.release.id != rel.id:
        return None
    if dvza.clock.now() - session.created > timedelta(minutes=screens.SESSION_MINUTES):
        dvza.sessions.pop(hashed(transaction), None)
        return None
    try:
        cookies: SimpleCookie = SimpleCookie(header(request.headers, "cookie") or "")
    except CookieError:
        return None
    if dvza.fault("browser-unbound", session.client_id):
        return session
    offered = cookies[screens.COOKIE].value if screens.COOKIE in cookies else ""
    return session if secrets.compare_digest(offered.encode(), session.browser.encode()) else None

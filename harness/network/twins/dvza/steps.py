"""The steps of the person at the DVZA twin: landing page, login, availability check, consent, redirect; and
the screens in which consents without end date are seen and withdrawn."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from harness.medmij import authorization
from harness.medmij.releases import Release
from harness.network.twins.dvza import screens
from harness.network.twins.dvza.records import Consent, Grant, Session, hashed
from harness.network.twins.dvza.state import DvzaState, not_found
from harness.network.wire.serving import Outgoing

_ACCEPTED: Final = {"age": "under-age-accepted", "no-relation": "no-relation-accepted"}
"""Faults that let somebody through of whom there is no data to give."""
SLOW_SECONDS: Final = 0.5
"""How much longer a fault lets wait who has data."""


def landing(dvza: DvzaState, session: Session, fields: dict[str, str]) -> Outgoing:
    """The person goes on or cancels."""
    if fields.get("action") == "cancel":
        if dvza.fault("cancel-without-return", session.client_id):
            return screens.problem(dvza, 200, "U hebt geannuleerd. U kunt dit venster sluiten.")
        return _end(dvza, session, error="access_denied")
    if fields.get("action") != "continue":
        return screens.problem(dvza, 400, "Kies verder gaan of annuleren.")
    if dvza.fault("consent-before-login", session.client_id):
        session.step = "consent"
        return screens.consent(dvza, session)
    session.step = "login"
    return screens.login(dvza, session)


def login(dvza: DvzaState, session: Session, fields: dict[str, str]) -> Outgoing:
    """The person is a test person; the availability check comes directly after (when it comes early)."""
    if fields.get("action") == "cancel":
        return _end(dvza, session, error="access_denied")
    chosen = fields.get("person", "")
    if chosen == screens.FAILURE_PERSON:
        dvza.sessions.pop(hashed(session.id), None)
        return screens.failure(dvza, session)
    person = dvza.persons.get(chosen)
    if fields.get("action") != "login" or person is None:
        return screens.problem(dvza, 400, "Deze testpersoon bestaat niet.")
    session.person = person.id
    if not session.client_id:
        session.step = "consents"
        return screens.consents(dvza, session)
    reason = dvza.unavailable(person, session.his) if dvza.participant.availability == "early" else ""
    if reason and dvza.fault(_ACCEPTED.get(reason, ""), session.client_id):
        reason = ""
    if reason:
        told = dvza.fault("no-data-revealed", session.client_id)
        answer = _end(
            dvza, session, error="access_denied", description="Er zijn geen gegevens" if told else ""
        )
        header = ("X-Availability", "none")
        shown = (header,) if dvza.fault("no-data-in-header", session.client_id) else ()
        return replace(answer, headers=(*answer.headers, *shown))
    if session.answered:  # consent was asked before login (a fault)
        return _granted(dvza, session, long_term=False)
    session.step = "consent"
    slow = SLOW_SECONDS if dvza.fault("slow-with-data", session.client_id) else 0.0
    return replace(screens.consent(dvza, session), delay=slow)


def consent(dvza: DvzaState, session: Session, fields: dict[str, str]) -> Outgoing:
    """Yes ends in a code, no in ``access_denied``."""
    if fields.get("action") == "no" and not dvza.fault("consent-refusal-ignored", session.client_id):
        return _end(dvza, session, error="access_denied")
    if fields.get("action") not in ("yes", "no"):
        return screens.problem(dvza, 400, "Kies ja of nee.")
    long_term = (
        fields.get("long_term") == "yes"
        and session.release.long_term_consent
        and session.function == "collect"
    )
    if not session.person:
        session.answered, session.step = True, "login"
        return screens.login(dvza, session)
    return _granted(dvza, session, long_term=long_term)


def _granted(dvza: DvzaState, session: Session, *, long_term: bool) -> Outgoing:
    """A code for what the person allowed."""
    family = secrets.token_hex(8)
    code = dvza.new_secret("code", session.client_id)
    dvza.codes[hashed(code)] = Grant(
        family=family,
        release=session.release.id,
        client_id=session.client_id,
        redirect_uri=session.redirect_uri,
        his=session.his.id,
        function=session.function,
        scope=session.scope,
        services=session.services,
        person=session.person,
        issued=dvza.clock.now(),
        long_term=long_term,
        visit=session.visit,
        played=session.played,
    )
    if long_term:
        dvza.consents[family] = Consent(
            id=secrets.token_hex(8),
            family=family,
            person=session.person,
            client_id=session.client_id,
            organisation=session.organisation,
            services=session.services,
        )
    return _end(dvza, session, code=code)


def _end(
    dvza: DvzaState, session: Session, *, code: str = "", error: str = "", description: str = ""
) -> Outgoing:
    """Leave: back to the PGO with a code or an error; the session is over."""
    dvza.sessions.pop(hashed(session.id), None)
    if not session.client_id:
        return screens.problem(dvza, 200, "U bent uitgelogd.")
    client, state, also = session.client_id, session.state, ""
    if dvza.plays(session, "redirect-state-altered") or dvza.fault("state-not-returned", client):
        state = f"{state[:-1]}{'a' if state[-1:] != 'a' else 'b'}"
    if dvza.fault("state-encoded-twice", client):
        state = quote(state, safe="")
    if dvza.plays(session, "redirect-state-missing"):
        state = ""
    for name, replacement in (
        ("redirect-error-access-denied", "access_denied"),
        ("redirect-error-server-error", "server_error"),
        ("redirect-error-unknown", "onbekende_fout"),
    ):
        if dvza.plays(session, name):
            code, error = "", replacement
            description = "Er ging iets mis" if replacement == "server_error" else ""
    if code and "redirect-error-with-code" in session.played:
        code, error, also = "", "server_error", code
    if code:
        location = authorization.success_redirect(session.redirect_uri, code, state)
    else:
        location = authorization.error_redirect(session.redirect_uri, error, state, description)
    if also:
        location += f"&code={also}"
    if not state:
        location = location.replace("&state=", "")
    answer = screens.redirect(location)
    if code and dvza.fault("code-in-cookie", client):
        cookie = ("Set-Cookie", f"laatste={code}; Path=/; Secure; HttpOnly")
        return replace(answer, headers=(*answer.headers, cookie))
    return answer


# -- consents without end date -------------------------------------------------------------------------


def manage(dvza: DvzaState, rel: Release) -> Outgoing:
    """The person comes by herself, without a PGO: log in first."""
    his = next(iter(dvza.network.behind(dvza.participant.id)), None)
    if his is None:
        return not_found()
    session = Session(
        id=dvza.new_secret("cookie"),
        browser=dvza.new_secret("cookie"),
        release=rel,
        his=his,
        function="collect",
        client_id="",
        organisation="",
        redirect_uri="",
        state="",
        scope="",
        services=(),
        correlation="",
        created=dvza.clock.now(),
        step="login",
    )
    dvza.remember(session)
    answer = screens.login(dvza, session)
    return Outgoing(
        status=answer.status, headers=(*answer.headers, screens.session_cookie(session)), body=answer.body
    )


def withdraw(dvza: DvzaState, session: Session, fields: dict[str, str]) -> Outgoing:
    """End one consent; everything that came from it stops working."""
    for family, item in list(dvza.consents.items()):
        if item.person == session.person and item.id == fields.get("consent"):
            dvza.consents.pop(family)
            if not dvza.fault("refresh-after-withdrawal", item.client_id):
                dvza.withdrawn[family] = item
    return screens.consents(dvza, session)

"""The screens of the DVZA twin's front channel, filled in for an authorization request, and its redirect."""

from __future__ import annotations

import secrets
from typing import Any, Final

from harness.medmij import authorization
from harness.network.twins.dvza.pages import page
from harness.network.twins.dvza.records import Session
from harness.network.twins.dvza.state import DvzaState
from harness.network.twins.stelselnode import release_path
from harness.network.wire.serving import Outgoing

SESSION_MINUTES: Final = 15
COOKIE: Final = "__Host-dva"
FAILURE_PERSON: Final = "technische-storing"
"""Choice on the mock login that makes the DVZA fail technically."""


def login(dvza: DvzaState, session: Session) -> Outgoing:
    """The mock login: the test persons, and a way to fail."""
    choices = [{"id": item.id, "display": item.display} for item in dvza.persons.values()]
    choices.append({"id": FAILURE_PERSON, "display": "Technische storing nabootsen"})
    return step_page(dvza, session, "login", "Inloggen", persons=choices)


def consent(dvza: DvzaState, session: Session) -> Outgoing:
    """The question whether data may be given (or handed over)."""
    collect = session.function == "collect"
    return step_page(
        dvza,
        session,
        "consent",
        "Toestemming" if collect else "Bevestiging",
        services=dvza.service_names(session.services),
        long_term=session.release.long_term_consent and collect,
        preselected=dvza.fault("long-term-preselected", session.client_id),
        pgo="uw PGO" if dvza.fault("consent-without-names", session.client_id) else session.organisation,
    )


def consents(dvza: DvzaState, session: Session) -> Outgoing:
    """The consents without end date of the person who logged in, the newest first."""
    mine = [item for item in reversed(dvza.consents.values()) if item.person == session.person]
    return step_page(
        dvza,
        session,
        "consents",
        "Uw toestemmingen",
        consents=[
            {
                "id": item.id,
                "pgo": item.organisation,
                "services": ", ".join(dvza.service_names(item.services)),
            }
            for item in mine
        ],
    )


def failure(dvza: DvzaState, session: Session) -> Outgoing:
    """A technical failure, with a way back to the PGO."""
    back = ""
    if session.client_id:
        back = authorization.error_redirect(session.redirect_uri, "server_error", session.state)
    trace = session.correlation or secrets.token_hex(16)
    if dvza.fault("failure-without-ids", session.client_id):
        trace = ""
    return page(
        "error",
        status=500,
        step="failure",
        title="Technische storing",
        provider=session.his.title,
        message="Door een storing kunnen wij u nu niet helpen. Probeer het later opnieuw.",
        trace=trace,
        session=secrets.token_hex(8),
        back=back,
        pgo=session.organisation,
    )


def session_cookie(session: Session) -> tuple[str, str]:
    """The header that binds an authorization request to one browser."""
    value = (
        f"{COOKIE}={session.browser}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={SESSION_MINUTES * 60}"
    )
    return ("Set-Cookie", value)


def redirect(location: str) -> Outgoing:
    """A redirect of the browser."""
    return Outgoing(
        status=302,
        headers=(
            ("Location", location),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Set-Cookie", f"{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"),
        ),
    )


def step_page(
    dvza: DvzaState,
    session: Session,
    name: str,
    title: str,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    **values: Any,
) -> Outgoing:
    """The page of a step of an authorization request."""
    common = {"pgo": session.organisation, **values}
    if dvza.fault("page-open-to-others", session.client_id):
        headers = (*headers, ("Access-Control-Allow-Origin", "*"))
    return page(
        name,
        headers=headers,
        title=title,
        provider=session.his.title,
        function=session.function,
        transaction=session.id,
        action=f"/{release_path(session.release.id)}",
        **common,
    )


def problem(
    dvza: DvzaState, status: int, message: str, *, headers: tuple[tuple[str, str], ...] = ()
) -> Outgoing:
    """A page that says why this cannot go on (or that it is done)."""
    return page(
        "error",
        status=status,
        headers=headers,
        title="Dit lukt niet" if status >= 400 else "Klaar",
        provider=dvza.participant.title,
        message=message,
        trace="",
        session="",
        back="",
        pgo="",
    )
